//! Every rule that agreement rests on, in one place.
//!
//! [`Safety`] holds an authority's record and is the only thing that signs. For each kind of
//! statement there is a pair: `may_...` tells whether the rules allow it, and the function without
//! the prefix asks that again, signs, and records what was signed. No rule here reads a clock.
//!
//! # Rules
//!
//! `B >= X` says that block B is X or descends from it. A *first certificate* is a certificate of
//! first votes. View 0 stands for the base of the set, which is final; the base counts as certified
//! in view 0.
//!
//! * **S1** An authority casts first votes in rising views: one per view at most.
//! * **S2** It votes for a proposal of view v only if the proposal's certificate is of view v - 1,
//!   or comes with a timeout certificate of view v - 1 in which no timeout names a higher view.
//! * **S3** It votes only for a target that is, or descends from, the certified block that
//!   justifies the proposal.
//! * **S4** Before it casts a second vote on a first certificate, its own highest certificate is
//!   that one or a higher one.
//! * **S5** Its timeouts name the view of its highest certificate, and no lower one.
//! * **S6** It casts a second vote in view v only if it has given up no view from v on.
//! * **S7** A certificate needs valid signatures of [`crate::quorum`] different authorities.
//! * **S8** What it signed is on its disk before anybody sees it, and is not forgotten.
//!
//! Two more rules are not needed for agreement. They keep an honest authority from signing what
//! [`crate::offence`] punishes, also where so many others are dishonest that certificates conflict:
//!
//! * **A1** Second votes are cast in rising views: one per view at most.
//! * **A2** Proposals are made in rising views: one per view at most.
//!
//! # Why no two conflicting blocks become final
//!
//! Let at most `faults(n)` authorities of the set break the rules. By S7 any two certificates of
//! the set share an honest signer.
//!
//! *One block per view.* Two first certificates of one view share an honest signer, who by S1 and
//! S8 signed one first vote in it. So they are for the same block. Second votes of honest signers
//! rest on a first certificate of their view, so two second certificates of one view agree too.
//!
//! *What a final block leaves behind.* Let a quorum Q have cast second votes for B in view v, and
//! let T be a timeout certificate of a view u >= v. Q and T share an honest authority, which both
//! voted for B and gave u up. By S6 and S8 the vote came first. By S4, S5 and S8 its timeout then
//! names a view of v or higher. So in every timeout certificate of a view from v on, some timeout
//! names v or more.
//!
//! *No later certificate leaves B's branch.* Suppose that a first certificate of a view w > v is
//! for a block C that is not `>= B`, and take the least such w. An honest authority voted for it
//! with a justification of view j. If j is not w - 1, then S2 asks for a timeout certificate of
//! view w - 1 >= v that names no view above j, so j >= v by the step before. If j is w - 1, then
//! j >= v as well. Say D is the block certified in j. If j = v, then D is B; if v < j < w, then
//! `D >= B` since w is the least exception. By S3 `C >= D >= B`, against the assumption.
//!
//! So every first certificate of a view from v on, and with it every block that becomes final in
//! such a view, is on B's branch. Two final blocks are therefore never in conflict.
//!
//! Not voting at all breaks no rule: every may-not is safe. A node may enter or leave views for any
//! reason, which is why the rules of time are kept apart ([`super::pacemaker`]).

use super::interface::{BlockTree, Signer};
use crate::{
	certificate::{CertificateError, QuorumCertificate, TimeoutCertificate},
	message::{
		Context, FirstVote, Proposal, SecondVote, Signed, SignedProposal, SignedTimeout, Statement,
		Timeout,
	},
	record::VoteRecord,
	scheme::Scheme,
	types::{AuthorityIndex, AuthoritySet, Target, View},
};

/// A rule taken out, to show that a search finds what goes wrong without it.
#[cfg(any(test, feature = "controls"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
	/// Without S1: any number of first votes in a view.
	S1,
	/// Without S2: any certificate justifies a proposal.
	S2,
	/// Without S3: the target may be on another branch than its justification.
	S3,
	/// Without S4: the certificate that a second vote rests on is not remembered.
	S4,
	/// Without S5: timeouts name no certificate.
	S5,
	/// Without S6: second votes also in views that were given up.
	S6,
	/// Without S7: `faults(n) + 1` signatures make a certificate.
	S7,
	/// Without S8: nothing is written to the disk.
	S8,
	/// Without A1: any number of second votes in a view.
	A1,
	/// Without A2: any number of proposals in a view.
	A2,
}

#[cfg(any(test, feature = "controls"))]
impl Control {
	/// The rules that agreement needs.
	pub const SAFETY: [Control; 8] = [
		Control::S1,
		Control::S2,
		Control::S3,
		Control::S4,
		Control::S5,
		Control::S6,
		Control::S7,
		Control::S8,
	];
	/// The rules that keep an honest authority from being accused.
	pub const ACCOUNTABILITY: [Control; 2] = [Control::A1, Control::A2];
}

/// Asks whether a rule is in force. Without the feature `controls` all are, at no cost.
macro_rules! without {
	($safety:expr, $rule:ident) => {{
		#[cfg(any(test, feature = "controls"))]
		let absent = $safety.control == Some(Control::$rule);
		#[cfg(not(any(test, feature = "controls")))]
		let absent = false;
		absent
	}};
}

/// Why something was not signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
	/// The node has no key of the set, or lost its record: it signs nothing in this set.
	NotVoting,
	/// S1, A1, A2: the authority has signed such a statement in this view or a later one.
	AlreadySigned,
	/// S2: the proposal's certificate is too old for its view.
	Unjustified,
	/// S3: the target does not descend from the block that justifies it.
	OtherBranch,
	/// The target, or the block that justifies it, is not held, so S3 cannot be checked.
	NotHeld,
	/// S6: the authority has given up this view or a later one.
	GivenUp,
	/// The key is not to be had now.
	NoKey,
}

/// The record of an authority, and the only way to sign.
#[derive(Clone, Debug)]
pub struct Safety {
	set: AuthoritySet,
	base: Target,
	index: Option<AuthorityIndex>,
	record: VoteRecord,
	unsaved: bool,
	#[cfg(any(test, feature = "controls"))]
	control: Option<Control>,
}

impl Safety {
	/// For the authority at `index` of `set` with its record; `None` for a node that signs nothing,
	/// whose record then only serves to remember the highest certificate.
	pub fn new(
		set: AuthoritySet,
		base: Target,
		index: Option<AuthorityIndex>,
		record: VoteRecord,
	) -> Self {
		Safety {
			set,
			base,
			index,
			record,
			unsaved: false,
			#[cfg(any(test, feature = "controls"))]
			control: None,
		}
	}

	/// Takes a rule out.
	#[cfg(any(test, feature = "controls"))]
	pub fn set_control(&mut self, control: Option<Control>) {
		self.control = control;
	}

	/// The record as it is now.
	pub fn record(&self) -> &VoteRecord {
		&self.record
	}

	/// The authority's place; `None` where nothing is signed.
	pub fn index(&self) -> Option<AuthorityIndex> {
		self.index
	}

	/// Remembers the view, for a restart. No rule depends on it.
	pub fn set_view(&mut self, view: View) {
		self.record.view = view;
	}

	/// S8: the record, where something was signed since this was last asked. It must be on the disk
	/// before what was signed is sent.
	pub fn unsaved(&mut self) -> Option<VoteRecord> {
		let unsaved = core::mem::take(&mut self.unsaved);
		(unsaved && !without!(self, S8)).then(|| self.record.clone())
	}

	/// S7: the signatures that a certificate needs.
	pub fn quorum(&self) -> usize {
		if without!(self, S7) {
			crate::faults(self.set.len()).saturating_add(1)
		} else {
			self.set.quorum()
		}
	}

	/// S7: checks a certificate of votes.
	pub fn check_votes<S: Scheme>(
		&self,
		certificate: &QuorumCertificate,
	) -> Result<(), CertificateError> {
		certificate.verify_quorum::<S>(self.record.context.genesis, &self.set, self.quorum())
	}

	/// S7: checks a timeout certificate with its highest certificate.
	pub fn check_timeouts<S: Scheme>(
		&self,
		certificate: &TimeoutCertificate,
	) -> Result<(), CertificateError> {
		certificate.verify_quorum::<S>(self.record.context.genesis, &self.set, self.quorum())
	}

	/// View of the highest first certificate seen; 0 for none in this set.
	pub fn high_view(&self) -> View {
		self.record.high.as_ref().map_or(0, QuorumCertificate::view)
	}

	/// The block that the highest first certificate is for, or the set's base.
	pub fn high_target(&self) -> Target {
		self.record
			.high
			.as_ref()
			.map_or(self.base, QuorumCertificate::target)
	}

	/// Raises the highest certificate to `certificate`, a checked first certificate, and tells
	/// whether that was higher.
	pub fn learn(&mut self, certificate: &QuorumCertificate) -> bool {
		let higher = !certificate.finalises() && certificate.view() > self.high_view();
		if higher {
			self.record.high = Some(certificate.clone());
		}
		higher
	}

	/// Whether the rules allow to propose in `view`.
	pub fn may_propose(&self, view: View) -> Result<(), Refusal> {
		self.index.ok_or(Refusal::NotVoting)?;
		let last = self
			.record
			.proposal
			.as_ref()
			.map_or(0, |last| last.statement.view);
		// A2
		if view <= last && !without!(self, A2) {
			return Err(Refusal::AlreadySigned);
		}
		Ok(())
	}

	/// Signs a proposal.
	pub fn propose(
		&mut self,
		proposal: Proposal,
		signer: &dyn Signer,
	) -> Result<Signed<Proposal>, Refusal> {
		self.may_propose(proposal.view)?;
		let signed = self.sign(proposal, signer)?;
		self.record.proposal = Some(signed.clone());
		Ok(signed)
	}

	/// S2: whether a proposal's certificates fit its view. They need not be checked yet.
	pub fn is_fresh(&self, proposal: &SignedProposal) -> bool {
		let statement = &proposal.proposal.statement;
		let of_view_before = |view: View| view.checked_add(1) == Some(statement.view);
		without!(self, S2)
			|| of_view_before(statement.justify_view)
			|| proposal.timeouts.as_ref().is_some_and(|timeouts| {
				of_view_before(timeouts.view) && timeouts.high_view() <= statement.justify_view
			})
	}

	/// Whether the rules allow a first vote for `proposal`, whose certificates and signature are
	/// checked.
	pub fn may_vote_first(
		&self,
		proposal: &SignedProposal,
		blocks: &dyn BlockTree,
	) -> Result<(), Refusal> {
		self.index.ok_or(Refusal::NotVoting)?;
		let statement = &proposal.proposal.statement;
		// S1
		let last = self
			.record
			.first
			.as_ref()
			.map_or(0, |last| last.statement.view);
		if statement.view <= last && !without!(self, S1) {
			return Err(Refusal::AlreadySigned);
		}
		// S2
		if !self.is_fresh(proposal) {
			return Err(Refusal::Unjustified);
		}
		// S3
		let justified = proposal
			.justify
			.as_ref()
			.map_or(self.base, QuorumCertificate::target);
		match blocks.descends(&justified, &statement.target) {
			Some(true) => Ok(()),
			_ if without!(self, S3) => Ok(()),
			Some(false) => Err(Refusal::OtherBranch),
			None => Err(Refusal::NotHeld),
		}
	}

	/// Signs a first vote for `proposal`.
	pub fn vote_first(
		&mut self,
		proposal: &SignedProposal,
		blocks: &dyn BlockTree,
		signer: &dyn Signer,
	) -> Result<Signed<FirstVote>, Refusal> {
		self.may_vote_first(proposal, blocks)?;
		let statement = &proposal.proposal.statement;
		let signed = self.sign(
			FirstVote {
				view: statement.view,
				target: statement.target,
				justify_view: statement.justify_view,
				timeout_digest: statement.timeout_digest,
			},
			signer,
		)?;
		self.record.first = Some(signed.clone());
		Ok(signed)
	}

	/// Whether the rules allow a second vote in `view`.
	pub fn may_vote_second(&self, view: View) -> Result<(), Refusal> {
		self.index.ok_or(Refusal::NotVoting)?;
		// A1
		let last = self
			.record
			.second
			.as_ref()
			.map_or(0, |last| last.statement.view);
		if view <= last && !without!(self, A1) {
			return Err(Refusal::AlreadySigned);
		}
		// S6
		if view <= self.given_up() && !without!(self, S6) {
			return Err(Refusal::GivenUp);
		}
		Ok(())
	}

	/// Signs a second vote on `certificate`, a checked first certificate.
	pub fn vote_second(
		&mut self,
		certificate: &QuorumCertificate,
		signer: &dyn Signer,
	) -> Result<Signed<SecondVote>, Refusal> {
		self.may_vote_second(certificate.view())?;
		// S4
		if !without!(self, S4) {
			self.learn(certificate);
		}
		let signed = self.sign(
			SecondVote {
				view: certificate.view(),
				target: certificate.target(),
			},
			signer,
		)?;
		self.record.second = Some(signed.clone());
		Ok(signed)
	}

	/// Whether S4 is in force: only then is a certificate remembered that a second vote rests on.
	pub(super) fn remembers_second(&self) -> bool {
		!without!(self, S4)
	}

	/// The highest view that the authority has given up; 0 for none.
	pub fn given_up(&self) -> View {
		self.record
			.timeout
			.as_ref()
			.map_or(0, |last| last.statement.view)
	}

	/// Gives `view` up, which must be later than any given up before.
	pub fn time_out(&mut self, view: View, signer: &dyn Signer) -> Result<SignedTimeout, Refusal> {
		self.index.ok_or(Refusal::NotVoting)?;
		if view <= self.given_up() {
			return Err(Refusal::AlreadySigned);
		}
		// S5
		let high = self.record.high.clone().filter(|_| !without!(self, S5));
		let timeout = self.sign(
			Timeout {
				view,
				high_view: high.as_ref().map_or(0, QuorumCertificate::view),
			},
			signer,
		)?;
		self.record.timeout = Some(timeout.clone());
		Ok(SignedTimeout { timeout, high })
	}

	fn sign<T: Clone + Into<Statement>>(
		&mut self,
		statement: T,
		signer: &dyn Signer,
	) -> Result<Signed<T>, Refusal> {
		let index = self.index.ok_or(Refusal::NotVoting)?;
		let context: Context = self.record.context;
		let payload = context.payload(&statement.clone().into());
		let signature = signer.sign(&payload).ok_or(Refusal::NoKey)?;
		self.unsaved = true;
		Ok(Signed {
			statement,
			signer: index,
			signature,
		})
	}
}
