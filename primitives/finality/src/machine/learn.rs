//! What checked certificates change: the highest certificate, the second vote, the last final block,
//! the view.

use super::{Entry, Machine, Output, World};
use crate::{
	accountability::offenders,
	certificate::{Justification, QuorumCertificate, TimeoutCertificate},
	message::{Message, SecondVote, Signed},
	scheme::Scheme,
	types::{Target, View},
};

impl<S: Scheme> Machine<S> {
	/// A checked first certificate. `direct` where it came by itself or was formed here, not inside
	/// a proposal or timeout.
	pub(super) fn learn_first(
		&mut self,
		certificate: &QuorumCertificate,
		direct: bool,
		world: &World,
	) {
		let view = certificate.view();
		if self.evidence.insert(certificate.clone()) {
			self.accuse_split(view, false);
		}
		if (!direct || self.safety.remembers_second()) && self.safety.learn(certificate) {
			self.outputs.push(Output::High(certificate.clone()));
			self.fetch_unknown(certificate.target(), world);
		}
		// Commit: the second vote, by S4, S6 and A1.
		let vote = (view > self.finalised_view())
			.then(|| self.safety.vote_second(certificate, world.signer).ok())
			.flatten();
		self.enter_after(view, Entry::Votes(certificate.clone()), world);
		if let Some(vote) = vote {
			self.send_second(vote, world);
		}
	}

	/// Sends this node's second vote, and counts it.
	pub(super) fn send_second(&mut self, vote: Signed<SecondVote>, world: &World) {
		self.broadcast(Message::Vote(vote.clone().into()));
		self.pacemaker.note_sent(world.now);
		self.count_second(&vote, world);
	}

	/// Decide: a checked second certificate makes its target final.
	pub(super) fn learn_second(&mut self, certificate: &QuorumCertificate, world: &World) {
		let view = certificate.view();
		let target = certificate.target();
		if self.evidence.insert(certificate.clone()) {
			self.accuse_split(view, true);
		}
		if self.is_apart(target, world) {
			self.accuse();
		}
		if view > self.finalised_view() {
			let justification = Justification {
				certificate: certificate.clone(),
			};
			self.finalised = Some(justification.clone());
			self.finalised_target = target;
			self.outputs.push(Output::Finalise(justification));
			self.fetch_unknown(target, world);
		}
		self.enter_after(view, Entry::Votes(certificate.clone()), world);
	}

	/// A checked timeout certificate.
	pub(super) fn learn_timeouts(&mut self, certificate: &TimeoutCertificate, world: &World) {
		if let Some(high) = &certificate.high {
			self.learn_first(high, false, world);
		}
		self.enter_after(
			certificate.view,
			Entry::Timeouts(certificate.clone()),
			world,
		);
	}

	/// Whether `target` and the last final block are on different branches.
	pub(super) fn is_apart(&self, target: Target, world: &World) -> bool {
		let last = self.finalised_target;
		world.blocks.descends(&last, &target) == Some(false)
			&& world.blocks.descends(&target, &last) == Some(false)
	}

	/// Two certificates of one view and phase: their common signers voted twice.
	fn accuse_split(&mut self, view: View, second: bool) {
		if self.evidence.is_split(view, second) {
			self.accuse();
		}
	}

	/// Agreement is broken, or would be with more votes: reports all whom the evidence convicts.
	fn accuse(&mut self) {
		for proof in offenders(self.context(), &self.set, &self.evidence) {
			if let Some(signer) = self.set.index_of(&proof.offender) {
				let conflict = self.votes.once(signer, Some(proof.conflict));
				self.report(signer, conflict);
			}
		}
	}

	/// Whether the node is in the view after `view` without a certificate that lets it propose.
	pub(super) fn lacks_entry(&self, view: View) -> bool {
		let led = match &self.entry {
			Entry::None => false,
			Entry::Votes(certificate) => !certificate.finalises(),
			Entry::Timeouts(_) => true,
		};
		view.checked_add(1) == Some(self.view) && !led
	}

	/// The view after `view` begins, if the node is not in a later one.
	fn enter_after(&mut self, view: View, entry: Entry, world: &World) {
		let by_votes = matches!(entry, Entry::Votes(_));
		if view >= self.view {
			self.enter(view.saturating_add(1), entry, by_votes, world);
		} else if self.lacks_entry(view) {
			self.entry = entry;
		}
	}
}
