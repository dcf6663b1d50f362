//! What a dishonest authority makes of the votes and timeouts that it hears: its own statements for
//! what it sees, and certificates of all signatures that it has.

use super::{Adversary, Signatures};
use crate::finality::{scheme::number_at, validator::Doing};
use aci_finality::{
	certificate::CertifiedTimeout, AuthorityIndex, AuthoritySignature, FirstVote, Message, Phase,
	Proposal, QuorumCertificate, SecondVote, Timeout, TimeoutCertificate, View,
};

impl Adversary {
	pub(super) fn vote(&mut self, proposal: &Proposal, doing: &mut Doing<'_>) {
		let vote = FirstVote {
			view: proposal.view,
			target: proposal.target,
			justify_view: proposal.justify_view,
			timeout_digest: proposal.timeout_digest,
		};
		let mut own = Vec::new();
		for member in self.members() {
			let signed = self.sign(member, vote);
			own.push((signed.signer, signed.signature.clone()));
			let tells =
				doing.random.chance(self.habits.vote) && !doing.random.chance(self.habits.whisper);
			if self.speaks_for(member.0) && tells {
				let to = self.audience(vote.view, &vote.target);
				self.emit(Message::Vote(signed.into()), &to, doing);
			}
		}
		self.add_first(vote, own, doing);
	}

	/// Each dishonest node sends in its own name; all use all keys for certificates.
	fn speaks_for(&self, index: AuthorityIndex) -> bool {
		number_at(index, self.chain.authorities, self.set) == self.number
	}

	pub(super) fn add_first(
		&mut self,
		vote: FirstVote,
		more: impl IntoIterator<Item = (AuthorityIndex, AuthoritySignature)>,
		doing: &mut Doing<'_>,
	) {
		let key = (
			vote.view,
			vote.target,
			vote.justify_view,
			vote.timeout_digest,
		);
		let quorum = self.quorum();
		let signatures = self.first.entry(key).or_default();
		let before = signatures.len();
		signatures.extend(more);
		if before >= quorum {
			return;
		}
		let mut all = signatures.clone();
		for member in self.members() {
			let signed = self.sign(member, vote);
			all.insert(signed.signer, signed.signature);
		}
		if let Some(certificate) = self.certificate(Phase::First(vote), &all) {
			let known = self.certificates.get(&vote.view);
			if !known.is_some_and(|known| known.iter().any(|one| one.vote == certificate.vote)) {
				self.learn(&certificate, doing);
				let to = self.audience(vote.view, &vote.target);
				self.emit(Message::Certificate(certificate), &to, doing);
			}
		}
	}

	pub(super) fn add_second(
		&mut self,
		vote: SecondVote,
		more: impl IntoIterator<Item = (AuthorityIndex, AuthoritySignature)>,
		doing: &mut Doing<'_>,
	) {
		let quorum = self.quorum();
		let signatures = self.second.entry((vote.view, vote.target)).or_default();
		let before = signatures.len();
		signatures.extend(more);
		if before >= quorum || signatures.len() < quorum {
			return;
		}
		let all = signatures.clone();
		if let Some(certificate) = self.certificate(Phase::Second(vote), &all) {
			let to = self.confidants(vote.view, &vote.target, doing);
			self.emit(Message::Certificate(certificate.clone()), &to, doing);
			self.learn(&certificate, doing);
		}
	}

	fn certificate(&self, vote: Phase, from: &Signatures) -> Option<QuorumCertificate> {
		let quorum = self.quorum();
		let signatures: Vec<_> = from
			.iter()
			.take(quorum)
			.map(|(signer, signature)| (*signer, signature.clone()))
			.collect();
		(signatures.len() == quorum).then_some(())?;
		Some(QuorumCertificate {
			set: self.set,
			vote,
			signatures: signatures.try_into().ok()?,
		})
	}

	pub(super) fn learn(&mut self, certificate: &QuorumCertificate, doing: &mut Doing<'_>) {
		let (view, target) = (certificate.view(), certificate.target());
		if certificate.set != self.set {
			return;
		}
		if certificate.finalises() {
			if self.tree.changes(&target) {
				self.tree.finalise(&target);
				self.begin_set(self.set + 1);
			}
			return;
		}
		let known = self.certificates.entry(view).or_default();
		if known.iter().any(|one| one.vote == certificate.vote) {
			return;
		}
		known.push(certificate.clone());
		self.view = self.view.max(view + 1);
		if self.habits.vote == 0 {
			return;
		}
		let vote = SecondVote { view, target };
		let mut own = Vec::new();
		for member in self.members() {
			let signed = self.sign(member, vote);
			own.push((signed.signer, signed.signature.clone()));
			if self.speaks_for(member.0) && doing.random.chance(self.habits.vote) {
				let to = self.confidants(view, &target, doing);
				self.emit(Message::Vote(signed.into()), &to, doing);
			}
		}
		self.add_second(vote, own, doing);
	}

	pub(super) fn learn_timeouts(&mut self, certificate: &TimeoutCertificate) {
		if certificate.set == self.set {
			let known = self.given_up.entry(certificate.view).or_default();
			if known.len() < 4 && !known.contains(certificate) {
				known.push(certificate.clone());
			}
			self.view = self.view.max(certificate.view + 1);
		}
	}

	/// Makes the timeout certificate that names the oldest certificates.
	pub(super) fn gather_timeouts(&mut self, view: View, doing: &mut Doing<'_>) {
		let mut all = self.timeouts.get(&view).cloned().unwrap_or_default();
		for member in self.members() {
			let signed = self.sign(member, Timeout { view, high_view: 0 });
			all.insert(signed.signer, (0, signed.signature));
		}
		let quorum = self.quorum();
		if all.len() < quorum {
			return;
		}
		let mut oldest: Vec<_> = all.into_iter().collect();
		oldest.sort_by_key(|(signer, (high, _))| (*high, *signer));
		oldest.truncate(quorum);
		oldest.sort_by_key(|(signer, _)| *signer);
		let high_view = oldest.iter().map(|(_, (high, _))| *high).max().unwrap_or(0);
		let high = match high_view {
			0 => None,
			view => match self.certificates.get(&view).and_then(|known| known.first()) {
				Some(certificate) => Some(Box::new(certificate.clone())),
				None => return,
			},
		};
		let timeouts: Vec<_> = oldest
			.into_iter()
			.map(|(signer, (high_view, signature))| CertifiedTimeout {
				signer,
				high_view,
				signature,
			})
			.collect();
		let Ok(timeouts) = timeouts.try_into() else {
			return;
		};
		let certificate = TimeoutCertificate {
			set: self.set,
			view,
			timeouts,
			high,
		};
		let known = self
			.given_up
			.get(&view)
			.is_some_and(|known| known.contains(&certificate));
		if !known {
			self.learn_timeouts(&certificate);
			if doing.random.chance(300) {
				self.emit(Message::Timeouts(certificate), &self.everyone(), doing);
			}
		}
	}
}
