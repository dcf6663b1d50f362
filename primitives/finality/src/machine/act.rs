//! What the machine does of itself: propose, vote, give views up, send again.

use super::{safety::Refusal, Entry, Machine, Output, Time, Votable, World};
use crate::{
	certificate::TimeoutCertificate,
	message::{Message, Proposal, SignedProposal},
	scheme::Scheme,
	types::{Target, View},
};

/// Views that one step may pass through by this node's own doing. Only a set whose quorum is one
/// authority passes through any; what is left is done at the next step.
const VIEWS_PER_STEP: usize = 16;

impl<S: Scheme> Machine<S> {
	/// Does all that can be done now.
	pub(super) fn advance(&mut self, world: &World) {
		for _ in 0..VIEWS_PER_STEP {
			let view = self.view;
			self.propose(world);
			self.vote_first(world);
			self.vote_second_late(world);
			self.join(world);
			let waiting = self.pending.is_some() || self.candidate(world).is_some();
			self.pacemaker.set_running(world.now, waiting);
			let over = self
				.pacemaker
				.deadline()
				.is_some_and(|deadline| world.now >= deadline);
			if over {
				self.give_up(self.view, world);
			}
			if self.view == view {
				break;
			}
		}
		self.resend(world);
	}

	/// The certified block that the next target must descend from: the highest one, or the last
	/// final one where the votes of its first phase were not seen.
	fn stem(&self) -> Target {
		if self.finalised_view() > self.safety.high_view() {
			self.finalised_target
		} else {
			self.safety.high_target()
		}
	}

	/// The block that a proposal would name now: the best one above the highest certified one, or
	/// that one itself where it is not final.
	///
	/// The chain is asked once until it says that blocks have changed.
	fn candidate(&mut self, world: &World) -> Option<Target> {
		let (stem, last) = (self.stem(), self.finalised_target);
		if let Some((above, after, candidate)) = self.candidate {
			if (above, after) == (stem, last) {
				return candidate;
			}
		}
		let can_be_final = |target: &Target| {
			target.number > last.number && world.blocks.votable(target) == Votable::Yes
		};
		let best = world.blocks.best(&stem).filter(can_be_final);
		let candidate = best.or_else(|| Some(stem).filter(can_be_final));
		self.candidate = Some((stem, last, candidate));
		candidate
	}

	/// Prepare: the leader opens its view.
	fn propose(&mut self, world: &World) {
		let view = self.view;
		if self.safety.index() != Some(self.set.leader(view)) || self.safety.given_up() >= view {
			return;
		}
		if self
			.own_proposal
			.as_ref()
			.is_some_and(|own| own.proposal.statement.view == view)
		{
			return;
		}
		let high_view = self.safety.high_view();
		// S2, seen from the leader's side.
		let timeouts = match &self.entry {
			_ if high_view.checked_add(1) == Some(view) => None,
			Entry::Timeouts(timeouts)
				if timeouts.view.checked_add(1) == Some(view)
					&& timeouts.high_view() <= high_view =>
			{
				Some(timeouts.clone())
			}
			_ => return,
		};
		let statement = match self.safety.may_propose(view) {
			Ok(()) => {
				let Some(target) = self.candidate(world) else {
					return;
				};
				// L6
				let again = target == self.safety.high_target();
				if again && timeouts.is_none() && world.now < self.pacemaker.repropose_at() {
					return;
				}
				Proposal {
					view,
					target,
					justify_view: high_view,
					timeout_digest: timeouts.as_ref().map(|timeouts| timeouts.digest()),
				}
			}
			Err(_) => {
				self.repeat_proposal(timeouts, world);
				return;
			}
		};
		let Ok(signed) = self.safety.propose(statement, world.signer) else {
			return;
		};
		let conflict = self.votes.insert_proposal(&signed);
		self.report(signed.signer, conflict);
		self.send_proposal(
			SignedProposal {
				proposal: signed,
				justify: self.high().cloned(),
				timeouts,
			},
			world,
		);
	}

	/// After a restart: the proposal of the present view as it was signed before, where the
	/// certificates that it rests on are at hand.
	fn repeat_proposal(&mut self, timeouts: Option<TimeoutCertificate>, world: &World) {
		let Some(signed) = self.safety.record().proposal.clone() else {
			return;
		};
		let same = signed.statement.view == self.view
			&& signed.statement.justify_view == self.safety.high_view()
			&& signed.statement.timeout_digest
				== timeouts.as_ref().map(|timeouts| timeouts.digest());
		if same {
			self.send_proposal(
				SignedProposal {
					proposal: signed,
					justify: self.high().cloned(),
					timeouts,
				},
				world,
			);
		}
	}

	fn send_proposal(&mut self, proposal: SignedProposal, world: &World) {
		self.own_proposal = Some(proposal.clone());
		self.pending = Some(proposal.clone());
		self.broadcast(Message::Proposal(proposal));
		self.pacemaker.note_sent(world.now);
	}

	/// Pre-commit: the first vote for the proposal of the present view.
	fn vote_first(&mut self, world: &World) {
		let Some(proposal) = self.pending.take() else {
			return;
		};
		let statement = &proposal.proposal.statement;
		// L7
		if statement.view != self.view || self.safety.given_up() >= self.view {
			return;
		}
		let target = statement.target;
		match world.blocks.votable(&target) {
			Votable::Yes => {}
			Votable::NotYet => {
				self.fetch_unknown(target, world);
				self.pending = Some(proposal);
				return;
			}
			Votable::Never => return,
		}
		match self
			.safety
			.vote_first(&proposal, world.blocks, world.signer)
		{
			Ok(vote) => {
				// What the vote rests on, in case that agreement breaks.
				if let Some(timeouts) = &proposal.timeouts {
					self.evidence.insert_timeouts(timeouts.clone());
				}
				self.broadcast(Message::Vote(vote.clone().into()));
				self.pacemaker.note_sent(world.now);
				self.count_first(&vote, world);
			}
			Err(Refusal::NotHeld) => {
				self.fetch_unknown(target, world);
				self.pending = Some(proposal);
			}
			Err(Refusal::NoKey) => self.pending = Some(proposal),
			Err(_) => {}
		}
	}

	/// The second vote on the highest certificate, where the key was not to be had before.
	fn vote_second_late(&mut self, world: &World) {
		let Some(high) = self.high() else { return };
		let last = self
			.safety
			.record()
			.second
			.as_ref()
			.map_or(0, |vote| vote.statement.view);
		if high.view() <= last.max(self.finalised_view()) {
			return;
		}
		let high = high.clone();
		if let Ok(vote) = self.safety.vote_second(&high, world.signer) {
			self.send_second(vote, world);
		}
	}

	/// L3
	fn join(&mut self, world: &World) {
		let Some(reached) = self.votes.given_up_by_many(self.more_than_faulty()) else {
			return;
		};
		if reached > self.view {
			self.enter(reached, Entry::None, false, world);
		}
		self.give_up(reached, world);
	}

	/// Gives `view` up, once.
	fn give_up(&mut self, view: View, world: &World) {
		if let Ok(timeout) = self.safety.time_out(view, world.signer) {
			self.own_timeout = Some(timeout.clone());
			self.broadcast(Message::Timeout(timeout.clone()));
			self.pacemaker.note_sent(world.now);
			self.count_timeout(&timeout, world);
		}
	}

	/// Begins `view`, a later one than the present.
	pub(super) fn enter(&mut self, view: View, entry: Entry, by_votes: bool, world: &World) {
		self.view = view;
		self.entry = entry;
		self.safety.set_view(view);
		self.votes.enter(view);
		self.pending = None;
		self.pacemaker.enter(world.now, by_votes);
		self.outputs.push(Output::View(view));
	}

	/// L4: whether something of this node's is still under way.
	fn unsettled(&self) -> bool {
		let record = self.safety.record();
		let voted = record
			.first
			.as_ref()
			.is_some_and(|vote| vote.statement.view == self.view);
		let waits = record
			.second
			.as_ref()
			.is_some_and(|vote| vote.statement.view > self.finalised_view());
		self.safety.index().is_some() && (voted || waits || self.safety.given_up() == self.view)
	}

	/// L4
	fn resend(&mut self, world: &World) {
		if !self.unsettled() || world.now < self.pacemaker.resend_at() {
			return;
		}
		self.pacemaker.note_sent(world.now);
		let view = self.view;
		let carried = self
			.own_proposal
			.as_ref()
			.is_some_and(|own| own.proposal.statement.view == view);
		if !carried {
			match &self.entry {
				Entry::None => {}
				Entry::Votes(certificate) => {
					self.broadcast(Message::Certificate(certificate.clone()))
				}
				Entry::Timeouts(certificate) => {
					self.broadcast(Message::Timeouts(certificate.clone()))
				}
			}
		}
		let record = self.safety.record().clone();
		if let Some(own) = self.own_proposal.clone().filter(|_| carried) {
			self.broadcast(Message::Proposal(own));
		}
		if let Some(vote) = record.first.filter(|vote| vote.statement.view == view) {
			self.broadcast(Message::Vote(vote.into()));
		}
		let finalised = self.finalised_view();
		if let Some(vote) = record.second.filter(|vote| vote.statement.view > finalised) {
			self.broadcast(Message::Vote(vote.into()));
		}
		if self.safety.given_up() == view {
			if let Some(timeout) = self.own_timeout.clone() {
				self.broadcast(Message::Timeout(timeout));
			}
		}
	}

	/// Asks for a block that is named by votes and not held, once per retry interval.
	pub(super) fn fetch_unknown(&mut self, target: Target, world: &World) {
		if world.blocks.descends(&target, &target).is_some() {
			return;
		}
		let due = match self.fetched {
			Some((fetched, at)) => fetched != target || world.now >= at,
			None => true,
		};
		if due {
			self.fetched = Some((target, self.pacemaker.after_retry(world.now)));
			self.outputs.push(Output::Fetch(target));
		}
	}

	/// Says when the machine wants to be stepped next.
	pub(super) fn set_wake(&mut self, world: &World) {
		let given_up = self.safety.given_up() >= self.view;
		let deadline = self.pacemaker.deadline().filter(|_| !given_up);
		let resend = self.unsettled().then(|| self.pacemaker.resend_at());
		let leads = self.safety.index() == Some(self.set.leader(self.view));
		let repropose = (leads && self.candidate(world).is_some() && self.own_proposal_is_old())
			.then(|| self.pacemaker.repropose_at())
			.filter(|at| *at > world.now);
		let fetch = self
			.pending
			.is_some()
			.then(|| self.pacemaker.after_retry(world.now));
		let soonest: Option<Time> = [deadline, resend, repropose, fetch]
			.into_iter()
			.flatten()
			.min();
		// What is overdue could not be done now: it is tried again, but not at once.
		let wake = soonest.map(|at| {
			if at > world.now {
				at
			} else {
				self.pacemaker.after_retry(world.now)
			}
		});
		let pending = self.wake.filter(|at| *at > world.now);
		if let Some(at) = wake.filter(|at| pending.is_none_or(|pending| *at != pending)) {
			self.outputs.push(Output::Wake(at));
		}
		self.wake = wake.or(pending);
	}

	fn own_proposal_is_old(&self) -> bool {
		self.own_proposal
			.as_ref()
			.is_none_or(|own| own.proposal.statement.view < self.view)
	}
}
