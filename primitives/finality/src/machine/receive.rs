//! Messages that come in. Cheap questions first, signatures last.

use super::{
	votes::{Novelty, AHEAD},
	Entry, Machine, World,
};
use crate::{
	certificate::{Phase, QuorumCertificate, TimeoutCertificate},
	message::{
		FirstVote, Message, SecondVote, Signed, SignedProposal, SignedTimeout, SignedVote,
		Statement,
	},
	scheme::Scheme,
	types::{AuthorityIndex, View},
};

impl<S: Scheme> Machine<S> {
	pub(super) fn receive(&mut self, message: Message, world: &World) {
		match message {
			Message::Proposal(proposal) => self.on_proposal(proposal, world),
			Message::Vote(SignedVote::First(vote)) => self.on_first(vote, world),
			Message::Vote(SignedVote::Second(vote)) => self.on_second(vote, world),
			Message::Timeout(timeout) => self.on_timeout(timeout, world),
			Message::Certificate(certificate) => self.on_certificate(certificate, world),
			Message::Timeouts(certificate) => self.on_timeouts(certificate, world),
		}
	}

	fn on_proposal(&mut self, proposal: SignedProposal, world: &World) {
		let statement = &proposal.proposal.statement;
		let view = statement.view;
		if proposal.proposal.signer != self.set.leader(view) {
			return;
		}
		let novelty = self.votes.novelty_of_proposal(&proposal.proposal);
		if view < self.view {
			// Only a second proposal of its view is of interest now.
			if novelty == Novelty::Different
				&& proposal.proposal.verify::<S>(self.genesis, &self.set)
			{
				let conflict = self.votes.insert_proposal(&proposal.proposal);
				self.report(proposal.proposal.signer, conflict);
			}
			return;
		}
		// What is known in the present view was voted for, refused, or is waiting.
		let known = novelty == Novelty::Known && view == self.view;
		if known || !fits(&proposal) || !self.safety.is_fresh(&proposal) {
			return;
		}
		if !proposal.proposal.verify::<S>(self.genesis, &self.set) {
			return;
		}
		if let Some(justify) = &proposal.justify {
			if !self.stands(justify) {
				return;
			}
		}
		if let Some(timeouts) = &proposal.timeouts {
			if !self.timeouts_stand(timeouts) {
				return;
			}
		}
		if let Some(justify) = &proposal.justify {
			self.learn_first(justify, false, world);
		}
		if let Some(timeouts) = &proposal.timeouts {
			self.learn_timeouts(timeouts, world);
		}
		let conflict = self.votes.insert_proposal(&proposal.proposal);
		self.report(proposal.proposal.signer, conflict);
		// Its certificates have brought the node into its view, or the node is beyond it.
		if view == self.view && self.pending.is_none() {
			self.pending = Some(proposal);
		}
	}

	fn on_first(&mut self, vote: Signed<FirstVote>, world: &World) {
		let view = vote.statement.view;
		if self.set.authority(vote.signer).is_none() {
			return;
		}
		match self.votes.novelty_of_first(&vote) {
			Novelty::New | Novelty::Different => {}
			Novelty::Known | Novelty::Outside => {
				self.note_late(&vote, view, world);
				return;
			}
		}
		if self.evidence.certifies(&Phase::First(vote.statement)) {
			self.note_late(&vote, view, world);
			return;
		}
		if !vote.verify::<S>(self.genesis, &self.set) {
			return;
		}
		self.count_first(&vote, world);
	}

	/// Counts a checked first vote.
	pub(super) fn count_first(&mut self, vote: &Signed<FirstVote>, world: &World) {
		let conflict = self.votes.insert_first(vote);
		self.report(vote.signer, conflict);
		let statement = Phase::First(vote.statement);
		if self.evidence.certifies(&statement) {
			return;
		}
		let quorum = self.safety.quorum();
		if let Some(certificate) = self.votes.certificate(self.set.id(), statement, quorum) {
			self.learn_first(&certificate, true, world);
		}
	}

	fn on_second(&mut self, vote: Signed<SecondVote>, world: &World) {
		let view = vote.statement.view;
		if self.set.authority(vote.signer).is_none() {
			return;
		}
		match self.votes.novelty_of_second(&vote) {
			Novelty::New | Novelty::Different => {}
			Novelty::Known | Novelty::Outside => {
				self.note_late(&vote, view, world);
				return;
			}
		}
		if !vote.verify::<S>(self.genesis, &self.set) {
			return;
		}
		self.count_second(&vote, world);
	}

	/// Counts a checked second vote.
	pub(super) fn count_second(&mut self, vote: &Signed<SecondVote>, world: &World) {
		let conflict = self.votes.insert_second(vote);
		self.report(vote.signer, conflict);
		let statement = Phase::Second(vote.statement);
		if self.evidence.certifies(&statement) {
			return;
		}
		let quorum = self.safety.quorum();
		if let Some(certificate) = self.votes.certificate(self.set.id(), statement, quorum) {
			self.learn_second(&certificate, world);
		}
	}

	fn on_timeout(&mut self, timeout: SignedTimeout, world: &World) {
		let statement = timeout.timeout.statement;
		let signer = timeout.timeout.signer;
		if self.set.authority(signer).is_none() || statement.view == 0 {
			return;
		}
		let named = timeout.high.as_ref().map_or(0, QuorumCertificate::view);
		let fitting = timeout.high.as_ref().is_none_or(|high| !high.finalises())
			&& named == statement.high_view
			&& named <= statement.view;
		if !fitting {
			return;
		}
		let late = statement.view < self.view;
		let ahead = statement.view > self.view.saturating_add(AHEAD);
		let news = match self.votes.novelty_of_timeout(&timeout.timeout) {
			Novelty::New => true,
			Novelty::Outside => ahead && statement.view > self.votes.given_up_by(signer),
			Novelty::Known | Novelty::Different => false,
		};
		// L5
		let lacks = late || ahead && named < self.safety.high_view();
		let answers = lacks && self.answers(signer) && self.pacemaker.may_answer(world.now);
		if !news && !answers {
			return;
		}
		if !timeout.timeout.verify::<S>(self.genesis, &self.set) {
			return;
		}
		if answers {
			self.answer(signer, world);
		}
		if !news {
			return;
		}
		if let Some(high) = &timeout.high {
			if !self.stands(high) {
				return;
			}
			self.learn_first(high, false, world);
		}
		self.count_timeout(&timeout, world);
	}

	/// Counts a checked timeout, whose certificate is learnt.
	pub(super) fn count_timeout(&mut self, timeout: &SignedTimeout, world: &World) {
		let view = timeout.timeout.statement.view;
		let conflict = self
			.votes
			.insert_timeout(&timeout.timeout, timeout.high.as_ref());
		self.report(timeout.timeout.signer, conflict);
		if view < self.view {
			return;
		}
		let quorum = self.safety.quorum();
		if let Some(certificate) = self.votes.timeout_certificate(self.set.id(), view, quorum) {
			self.learn_timeouts(&certificate, world);
		}
	}

	fn on_certificate(&mut self, certificate: QuorumCertificate, world: &World) {
		let newer = if certificate.finalises() {
			certificate.view() > self.finalised_view()
		} else {
			certificate.view() > self.safety.high_view()
		};
		// One that contradicts what is known matters at any age: it can be laid to somebody.
		let known = if certificate.finalises() {
			self.evidence.second(certificate.view())
		} else {
			self.evidence.first(certificate.view())
		};
		let contradicts = known.is_some_and(|known| known.vote != certificate.vote)
			|| certificate.finalises() && self.is_apart(certificate.target(), world);
		if !newer && !contradicts || self.is_certified(&certificate) {
			return;
		}
		if self.safety.check_votes::<S>(&certificate).is_err() {
			return;
		}
		if certificate.finalises() {
			self.learn_second(&certificate, world);
		} else {
			self.learn_first(&certificate, true, world);
		}
	}

	fn on_timeouts(&mut self, certificate: TimeoutCertificate, world: &World) {
		let view = certificate.view;
		let useful = view >= self.view || self.lacks_entry(view);
		if useful && self.timeouts_stand(&certificate) {
			self.learn_timeouts(&certificate, world);
		}
	}

	/// Whether a carried certificate is one of first votes that checks out.
	fn stands(&self, certificate: &QuorumCertificate) -> bool {
		certificate.set == self.set.id()
			&& !certificate.finalises()
			&& (self.is_certified(certificate) || self.safety.check_votes::<S>(certificate).is_ok())
	}

	fn timeouts_stand(&self, certificate: &TimeoutCertificate) -> bool {
		matches!(&self.entry, Entry::Timeouts(known) if known == certificate)
			|| self.safety.check_timeouts::<S>(certificate).is_ok()
	}

	/// L5: a vote of a view long over.
	fn note_late<T>(&mut self, vote: &Signed<T>, view: View, world: &World)
	where
		T: Clone + Into<Statement>,
	{
		if view < self.view
			&& view <= self.finalised_view().max(self.safety.high_view())
			&& self.pacemaker.is_late(world.now)
			&& self.pacemaker.may_answer(world.now)
			&& self.answers(vote.signer)
			&& vote.verify::<S>(self.genesis, &self.set)
		{
			self.answer(vote.signer, world);
		}
	}

	/// L5: whether this node is among those who answer `laggard`.
	fn answers(&self, laggard: AuthorityIndex) -> bool {
		let length = self.set.len();
		self.safety.index().is_some_and(|own| {
			let distance = (usize::from(own) + length)
				.saturating_sub(usize::from(laggard))
				.checked_rem(length)
				.unwrap_or(0);
			distance >= 1 && distance <= self.more_than_faulty()
		})
	}

	fn answer(&mut self, laggard: AuthorityIndex, world: &World) {
		if self.answers(laggard) && self.pacemaker.may_answer(world.now) {
			self.pacemaker.note_answered(world.now);
			for message in self.newest() {
				self.broadcast(message);
			}
		}
	}
}

/// Whether the parts of a proposal belong together.
fn fits(proposal: &SignedProposal) -> bool {
	let statement = &proposal.proposal.statement;
	let justified = match &proposal.justify {
		None => statement.justify_view == 0,
		Some(justify) => justify.view() == statement.justify_view && !justify.finalises(),
	};
	let after_timeouts = statement.justify_view.checked_add(1) != Some(statement.view);
	let timed_out = match (&proposal.timeouts, statement.timeout_digest) {
		(None, None) => true,
		(Some(timeouts), Some(digest)) => {
			timeouts.view.checked_add(1) == Some(statement.view) && timeouts.digest() == digest
		}
		_ => false,
	};
	statement.view > 0
		&& statement.justify_view < statement.view
		&& justified
		&& timed_out
		&& (after_timeouts || proposal.timeouts.is_none())
}
