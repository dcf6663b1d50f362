//! Who is to blame when two conflicting blocks become final.
//!
//! # Guarantees
//!
//! 1. Every proof that [`offenders`] returns verifies, and names nobody who kept the rules of
//!    [`crate::machine::safety`].
//! 2. Let two blocks that conflict be final in one set, with more than `faults(n)` but fewer than
//!    [`crate::quorum`] authorities dishonest. Then the evidence that honest authorities hold
//!    together, as far as [`Evidence`] keeps it, gives proofs against at least `faults(n) + 1`
//!    authorities.
//!
//! # Why
//!
//! Let the second certificates be for B in view v and C in view w, `v <= w`. Any two certificates
//! have at least `faults(n) + 1` signers in common.
//!
//! * `v = w`: the common signers cast two second votes in v.
//! * `v < w`: some signer of the certificate for C is honest and holds the first certificate of w.
//!   Follow the justifications down from it: each first certificate names the view j of the
//!   certificate that justified it, and an honest signer of it has checked and holds that one. By
//!   S3 each certified block descends from the one below. Since C is not on B's branch, none of
//!   the certified blocks on the way is, down to the first step that reaches a view `j <= v`.
//!   * `j = v`: a first certificate of v for a block other than B exists, and one for B is held by
//!     an honest signer of B's second certificate. The common signers cast two first votes in v.
//!   * `j < v`: the proposal of the step's view u > v rested on a timeout certificate of view
//!     `u - 1 >= v` that names no view above j, so none of v or higher. An honest signer has checked
//!     and holds it. Its common signers with B's second certificate voted in v and then, or before,
//!     gave up a view of v or later naming an older certificate: amnesia.
//!   * Two first certificates of one view with different votes may be met on the way: their common
//!     signers cast two first votes.
//!
//! Finding the pairs needs no walk: every pair of certificates that shows an offence is one, so all
//! pairs are compared.
//!
//! Where a whole quorum is dishonest no honest signer need exist, and the claim ends there: such a
//! quorum can finalise anything without leaving its steps with others.
//!
//! # Bounds
//!
//! A node keeps the certificates of the newest [`EVIDENCE_VIEWS`] views in which it saw any, in
//! memory, until the set ends: at most two first and two second certificates a view, of which the
//! second exists only after an offence, and the timeout certificate of the proposal that it voted
//! for. A conflict that stretches over more views than that, or whose holders all restarted in
//! between, may be seen without being laid to anybody.

use crate::{
	certificate::{Phase, QuorumCertificate, TimeoutCertificate},
	message::{Context, SecondVote, Timeout},
	offence::{Conflict, OffenceKind, OffenceProof},
	scheme::AuthoritySignature,
	types::{AuthorityIndex, AuthoritySet, View},
};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};

/// Views of which a node keeps certificates.
pub const EVIDENCE_VIEWS: usize = 512;

/// Certificates of votes of one phase and view that are kept: two show an offence.
const PER_VIEW: usize = 2;
/// Timeout certificates of one view that are kept. A node votes for one proposal of a view, so it
/// keeps one; more come together only where the evidence of several nodes is joined.
const TIMEOUTS_PER_VIEW: usize = 16;

/// What is known of one view.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct ViewEvidence {
	first: Vec<QuorumCertificate>,
	second: Vec<QuorumCertificate>,
	timeouts: Vec<TimeoutCertificate>,
}

/// Certificates of one set. All that is put in must have been checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
	views: BTreeMap<View, ViewEvidence>,
}

impl Evidence {
	/// Nothing.
	pub fn new() -> Self {
		Self::default()
	}

	/// Keeps a certificate of votes. Tells whether it says something new.
	pub fn insert(&mut self, certificate: QuorumCertificate) -> bool {
		let view = self.view_mut(certificate.view());
		let known = if certificate.finalises() {
			&mut view.second
		} else {
			&mut view.first
		};
		if known.len() >= PER_VIEW || known.iter().any(|other| other.vote == certificate.vote) {
			return false;
		}
		known.push(certificate);
		self.prune();
		true
	}

	/// Keeps a timeout certificate that a proposal rests on.
	pub fn insert_timeouts(&mut self, certificate: TimeoutCertificate) {
		let known = &mut self.view_mut(certificate.view).timeouts;
		if known.len() < TIMEOUTS_PER_VIEW && !known.contains(&certificate) {
			known.push(certificate);
			self.prune();
		}
	}

	/// Adds what another node holds. For tools that gather evidence of several nodes.
	pub fn extend(&mut self, other: &Evidence) {
		for evidence in other.views.values() {
			for certificate in evidence.first.iter().chain(&evidence.second) {
				self.insert(certificate.clone());
			}
			for certificate in &evidence.timeouts {
				self.insert_timeouts(certificate.clone());
			}
		}
	}

	/// A certificate of first votes of `view`.
	pub fn first(&self, view: View) -> Option<&QuorumCertificate> {
		self.views.get(&view)?.first.first()
	}

	/// A certificate of second votes of `view`.
	pub fn second(&self, view: View) -> Option<&QuorumCertificate> {
		self.views.get(&view)?.second.first()
	}

	/// Whether this very vote is known to be certified.
	pub fn certifies(&self, vote: &Phase) -> bool {
		let (view, first) = match vote {
			Phase::First(vote) => (vote.view, true),
			Phase::Second(vote) => (vote.view, false),
		};
		self.views.get(&view).is_some_and(|evidence| {
			let known = if first {
				&evidence.first
			} else {
				&evidence.second
			};
			known.iter().any(|certificate| certificate.vote == *vote)
		})
	}

	/// Whether certificates of this phase of `view` contradict each other.
	pub fn is_split(&self, view: View, second: bool) -> bool {
		self.views.get(&view).is_some_and(|evidence| {
			let known = if second {
				&evidence.second
			} else {
				&evidence.first
			};
			known.len() > 1
		})
	}

	/// How many views are kept.
	pub fn len(&self) -> usize {
		self.views.len()
	}

	/// Whether nothing is kept.
	pub fn is_empty(&self) -> bool {
		self.views.is_empty()
	}

	fn view_mut(&mut self, view: View) -> &mut ViewEvidence {
		self.views.entry(view).or_default()
	}

	fn prune(&mut self) {
		while self.views.len() > EVIDENCE_VIEWS {
			self.views.pop_first();
		}
	}
}

/// Proofs against all whom the evidence convicts: at most one of each kind for an authority.
///
/// Costs at most the square of the views kept, times the set's size; it is called when a conflict
/// has shown.
pub fn offenders(context: Context, set: &AuthoritySet, evidence: &Evidence) -> Vec<OffenceProof> {
	let mut proofs = Proofs {
		context,
		set,
		seen: BTreeSet::new(),
		proofs: Vec::new(),
	};
	for view in evidence.views.values() {
		for certificates in [&view.first, &view.second] {
			if let [one, two, ..] = certificates.as_slice() {
				proofs.two_votes(one, two);
			}
		}
	}
	for (view, voted) in &evidence.views {
		for certificate in &voted.second {
			for (_, given_up) in evidence.views.range(view..) {
				for timeouts in &given_up.timeouts {
					proofs.forgotten(certificate, timeouts);
				}
			}
		}
	}
	proofs.proofs
}

struct Proofs<'a> {
	context: Context,
	set: &'a AuthoritySet,
	seen: BTreeSet<(OffenceKind, AuthorityIndex)>,
	proofs: Vec<OffenceProof>,
}

impl Proofs<'_> {
	/// Two certificates of one view and phase.
	fn two_votes(&mut self, one: &QuorumCertificate, two: &QuorumCertificate) {
		let theirs: BTreeMap<AuthorityIndex, &AuthoritySignature> = two
			.signatures
			.iter()
			.map(|(signer, signature)| (*signer, signature))
			.collect();
		for (signer, signature) in &one.signatures {
			let Some(other) = theirs.get(signer) else {
				continue;
			};
			let other = AuthoritySignature::clone(other);
			let conflict = match (&one.vote, &two.vote) {
				(Phase::First(a), Phase::First(b)) if a.view == b.view && a != b => {
					Conflict::FirstVotes([(*a, signature.clone()), (*b, other)])
				}
				(Phase::Second(a), Phase::Second(b)) if a.view == b.view && a != b => {
					Conflict::SecondVotes([(*a, signature.clone()), (*b, other)])
				}
				_ => return,
			};
			self.push(*signer, conflict);
		}
	}

	/// Second votes, and timeouts of their view or a later one.
	fn forgotten(&mut self, votes: &QuorumCertificate, timeouts: &TimeoutCertificate) {
		let Phase::Second(vote) = votes.vote else {
			return;
		};
		let voters: BTreeMap<AuthorityIndex, &AuthoritySignature> = votes
			.signatures
			.iter()
			.map(|(signer, signature)| (*signer, signature))
			.collect();
		for timeout in &timeouts.timeouts {
			let Some(signature) = voters.get(&timeout.signer) else {
				continue;
			};
			let statement = Timeout {
				view: timeouts.view,
				high_view: timeout.high_view,
			};
			if let Some(conflict) = amnesia(
				(vote, AuthoritySignature::clone(signature)),
				(statement, timeout.signature.clone()),
			) {
				self.push(timeout.signer, conflict);
			}
		}
	}

	fn push(&mut self, signer: AuthorityIndex, conflict: Conflict) {
		let Some(offender) = self.set.authority(signer) else {
			return;
		};
		let proof = OffenceProof {
			context: self.context,
			offender: offender.clone(),
			conflict,
		};
		if self.seen.insert((proof.kind(), signer)) {
			self.proofs.push(proof);
		}
	}
}

/// The conflict between a second vote and a timeout of the same authority, where there is one.
pub(crate) fn amnesia(
	vote: (SecondVote, AuthoritySignature),
	timeout: (Timeout, AuthoritySignature),
) -> Option<Conflict> {
	(timeout.0.view >= vote.0.view && timeout.0.high_view < vote.0.view)
		.then_some(Conflict::Amnesia { vote, timeout })
}
