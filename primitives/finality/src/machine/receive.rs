//! Messages that come in. Cheap questions first, signatures last.

use super::{
	votes::{Novelty, AHEAD},
	Entry, Machine, Output, World,
};
use crate::{
	accountability::offenders,
	certificate::{Justification, Phase, QuorumCertificate, TimeoutCertificate},
	message::{
		FirstVote, Message, SecondVote, Signed, SignedProposal, SignedTimeout, SignedVote,
		Statement,
	},
	scheme::Scheme,
	types::{AuthorityIndex, Target, View},
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
		let beyond = statement.view > self.view.saturating_add(AHEAD)
			&& statement.view > self.votes.given_up_by(signer);
		let late = statement.view < self.view;
		let news = match self.votes.novelty_of_timeout(&timeout.timeout) {
			Novelty::New => true,
			Novelty::Outside => beyond,
			Novelty::Known | Novelty::Different => false,
		};
		let answers = late && self.answers(signer) && self.pacemaker.may_answer(world.now);
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
	fn is_apart(&self, target: Target, world: &World) -> bool {
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
	fn lacks_entry(&self, view: View) -> bool {
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
