//! The state machine that a node runs for one authority set.
//!
//! One [`Input`] at a time goes in with the present time; what the node must do comes out as a list
//! of [`Output`]s, to be done in that order.
//!
//! * [`safety`]: rules S1 to S8 and A1, A2; the only place where something is signed.
//! * [`pacemaker`]: rules L1 to L7, the rules of time.
//! * [`votes`]: what others said, within bounds.
//! * `receive`, `learn`, `act`: what messages, certificates and time bring about.
//!
//! The code names the rule that each step follows.
//!
//! # Guarantees
//!
//! 1. [`Output::Persist`] is the first output of a step that signed anything.
//! 2. The same settings, inputs, times and answers of the surroundings give the same outputs.
//! 3. What is kept is linear in the set, but for the certificates of
//!    [`crate::accountability::EVIDENCE_VIEWS`] views.
//! 4. A message costs signature checks only if it belongs to the set and to the views that count,
//!    is not known, and fits together; its own signature is checked before a certificate in it.

mod act;
mod interface;
mod learn;
pub mod pacemaker;
mod receive;
pub mod safety;
pub mod votes;

pub use interface::{BlockTree, Input, Output, Settings, Signer, Standing, Time, Timing, Votable};
#[cfg(any(test, feature = "controls"))]
pub use safety::Control;

use crate::{
	accountability::Evidence,
	certificate::{Justification, QuorumCertificate, TimeoutCertificate},
	message::{Context, Message, SignedProposal, SignedTimeout},
	offence::{Conflict, OffenceProof},
	record::VoteRecord,
	scheme::Scheme,
	types::{faults, AuthorityIndex, AuthoritySet, BlockHash, Target, View},
};
use alloc::vec::Vec;
use core::marker::PhantomData;
use pacemaker::Pacemaker;
use safety::Safety;
use votes::Votes;

/// What a step may use.
#[derive(Clone, Copy)]
struct World<'a> {
	now: Time,
	blocks: &'a dyn BlockTree,
	signer: &'a dyn Signer,
}

/// What brought the node into its view.
#[derive(Clone, Debug)]
enum Entry {
	/// The set's start, or others' timeouts.
	None,
	/// Votes of the view before.
	Votes(QuorumCertificate),
	/// Timeouts of the view before.
	Timeouts(TimeoutCertificate),
}

/// What a node tells of its view, for RPC and metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundState {
	/// The view.
	pub view: View,
	/// Who proposes in it.
	pub leader: AuthorityIndex,
	/// Whether this node votes.
	pub voting: bool,
	/// Authorities that cast the most frequent first vote of the view.
	pub first_votes: usize,
	/// Authorities that gave the view up.
	pub timeouts: usize,
	/// View of the highest certificate of first votes.
	pub high_view: View,
	/// Its block.
	pub high_target: Target,
	/// Authorities that cast the most frequent second vote in `high_view`.
	pub second_votes: usize,
	/// The view in which the last final block got its votes.
	pub finalised_view: View,
	/// The last block that this machine has seen become final.
	pub finalised: Target,
}

/// The state machine of one authority set.
#[derive(Clone, Debug)]
pub struct Machine<S> {
	genesis: BlockHash,
	set: AuthoritySet,
	safety: Safety,
	pacemaker: Pacemaker,
	votes: Votes,
	evidence: Evidence,
	view: View,
	entry: Entry,
	/// The proposal of the present view, checked, whose target has not got this node's vote.
	pending: Option<SignedProposal>,
	/// What this node proposed and gave up last, as sent.
	own_proposal: Option<SignedProposal>,
	own_timeout: Option<SignedTimeout>,
	finalised: Option<Justification>,
	finalised_target: Target,
	/// The candidate above the block named first, the last final block being the one named second.
	candidate: Option<(Target, Target, Option<Target>)>,
	/// The block last asked for, and when it may be asked for again.
	fetched: Option<(Target, Time)>,
	wake: Option<Time>,
	outputs: Vec<Output>,
	scheme: PhantomData<S>,
}

impl<S: Scheme> Machine<S> {
	/// The machine at the start of a set, or after a restart. The outputs are to be done as those
	/// of a step.
	///
	/// A record of another set or chain, or an authority's place that the set does not have, makes
	/// the node silent in this set.
	pub fn new(settings: Settings, now: Time) -> (Self, Vec<Output>) {
		let Settings {
			genesis,
			set,
			base,
			standing,
			timing,
		} = settings;
		let context = Context {
			genesis,
			set: set.id(),
		};
		let (own, index, record) = match standing {
			Standing::Authority { index, record }
				if record.context == context && set.authority(index).is_some() =>
			{
				(Some(index), Some(index), record)
			}
			Standing::Authority { index, .. } | Standing::Silent(index) => {
				(Some(index), None, VoteRecord::new(context))
			}
			Standing::Observer => (None, None, VoteRecord::new(context)),
		};
		let view = restored_view(&record);
		let mut votes = Votes::new(own, view);
		let mut evidence = Evidence::new();
		if let Some(high) = &record.high {
			evidence.insert(high.clone());
		}
		// None of these shows an offence: the authority's own place is never reported.
		if let Some(first) = &record.first {
			votes.insert_first(first);
		}
		if let Some(second) = &record.second {
			votes.insert_second(second);
		}
		let own_timeout = record.timeout.as_ref().and_then(|timeout| {
			let high = record
				.high
				.clone()
				.filter(|_| timeout.statement.high_view > 0);
			let named = high.as_ref().map_or(0, QuorumCertificate::view);
			(named == timeout.statement.high_view).then(|| {
				votes.insert_timeout(timeout, high.as_ref());
				SignedTimeout {
					timeout: timeout.clone(),
					high,
				}
			})
		});
		let entry = match &record.high {
			Some(high) if high.view().checked_add(1) == Some(view) => Entry::Votes(high.clone()),
			_ => Entry::None,
		};
		let mut safety = Safety::new(set.clone(), base, index, record);
		safety.set_view(view);
		let machine = Machine {
			genesis,
			set,
			safety,
			pacemaker: Pacemaker::new(timing, now),
			votes,
			evidence,
			view,
			entry,
			pending: None,
			own_proposal: None,
			own_timeout,
			finalised: None,
			finalised_target: base,
			candidate: None,
			fetched: None,
			wake: Some(now),
			outputs: Vec::new(),
			scheme: PhantomData,
		};
		let mut outputs = Vec::new();
		if let Some(high) = &machine.safety.record().high {
			outputs.push(Output::High(high.clone()));
		}
		outputs.push(Output::View(view));
		outputs.push(Output::Wake(now));
		(machine, outputs)
	}

	/// Takes one of the rules out.
	#[cfg(any(test, feature = "controls"))]
	pub fn set_control(&mut self, control: Option<Control>) {
		self.safety.set_control(control);
	}

	/// Takes `input` in at the time `now`.
	///
	/// `now` never goes back; `blocks` and `signer` answer within the step.
	pub fn step(
		&mut self,
		input: Input,
		now: Time,
		blocks: &dyn BlockTree,
		signer: &dyn Signer,
	) -> Vec<Output> {
		let world = World {
			now,
			blocks,
			signer,
		};
		match input {
			Input::Message(message) => self.receive(message, &world),
			Input::Blocks | Input::Tick => self.candidate = None,
		}
		self.advance(&world);
		self.set_wake(&world);
		let mut outputs = core::mem::take(&mut self.outputs);
		// S8
		if let Some(record) = self.safety.unsaved() {
			outputs.insert(0, Output::Persist(record));
		}
		outputs
	}

	/// The present view.
	pub fn view(&self) -> View {
		self.view
	}

	/// The authority set.
	pub fn set(&self) -> &AuthoritySet {
		&self.set
	}

	/// The highest certificate of first votes; none yet in this set.
	pub fn high(&self) -> Option<&QuorumCertificate> {
		self.safety.record().high.as_ref()
	}

	/// What finalised the last block that this machine has seen become final.
	pub fn finalised(&self) -> Option<&Justification> {
		self.finalised.as_ref()
	}

	/// What this node holds against those who would break agreement.
	pub fn evidence(&self) -> &Evidence {
		&self.evidence
	}

	/// The record of what this node signed.
	pub fn record(&self) -> &VoteRecord {
		self.safety.record()
	}

	/// Whether this node signs anything in this set.
	pub fn votes_in_set(&self) -> bool {
		self.safety.index().is_some()
	}

	/// How many messages of others are kept.
	pub fn kept_messages(&self) -> usize {
		self.votes.len()
	}

	/// The present state, for RPC and metrics.
	pub fn round_state(&self) -> RoundState {
		let high_view = self.safety.high_view();
		let (first_votes, _, timeouts) = self.votes.counts(self.view);
		let (_, second_votes, _) = self.votes.counts(high_view);
		RoundState {
			view: self.view,
			leader: self.set.leader(self.view),
			voting: self.votes_in_set(),
			first_votes,
			timeouts,
			high_view,
			high_target: self.safety.high_target(),
			second_votes,
			finalised_view: self.finalised_view(),
			finalised: self.finalised_target,
		}
	}

	/// The newest certificates: what tells a node that lags all that it needs.
	pub fn newest(&self) -> Vec<Message> {
		let mut newest = Vec::new();
		if let Some(finalised) = &self.finalised {
			newest.push(Message::Certificate(finalised.certificate.clone()));
		}
		if let Some(high) = self.high() {
			newest.push(Message::Certificate(high.clone()));
		}
		if let Entry::Timeouts(timeouts) = &self.entry {
			newest.push(Message::Timeouts(timeouts.clone()));
		}
		newest
	}

	fn context(&self) -> Context {
		Context {
			genesis: self.genesis,
			set: self.set.id(),
		}
	}

	fn finalised_view(&self) -> View {
		self.finalised
			.as_ref()
			.map_or(0, |finalised| finalised.certificate.view())
	}

	/// More than can be faulty: at least one of so many is honest.
	fn more_than_faulty(&self) -> usize {
		faults(self.set.len()).saturating_add(1)
	}

	fn report(&mut self, signer: AuthorityIndex, conflict: Option<Conflict>) {
		if let (Some(conflict), Some(offender)) = (conflict, self.set.authority(signer)) {
			self.outputs.push(Output::Offence(OffenceProof {
				context: self.context(),
				offender: offender.clone(),
				conflict,
			}));
		}
	}

	fn is_certified(&self, certificate: &QuorumCertificate) -> bool {
		self.evidence.certifies(&certificate.vote)
	}

	fn broadcast(&mut self, message: Message) {
		self.outputs.push(Output::Broadcast(message));
	}
}

/// The view in which an authority goes on after a restart.
fn restored_view(record: &VoteRecord) -> View {
	let certified = record.high.as_ref().map_or(0, QuorumCertificate::view);
	[
		1,
		record.view,
		certified.saturating_add(1),
		record
			.proposal
			.as_ref()
			.map_or(0, |proposal| proposal.statement.view),
		record.first.as_ref().map_or(0, |vote| vote.statement.view),
		record
			.timeout
			.as_ref()
			.map_or(0, |timeout| timeout.statement.view),
	]
	.into_iter()
	.max()
	.unwrap_or(1)
}
