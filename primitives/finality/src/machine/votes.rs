//! The votes, timeouts and proposals that a node has seen, and who contradicts himself in them.
//!
//! # Guarantees
//!
//! 1. Kept are the views from [`BEHIND`] before the present one to [`AHEAD`] after it: of each
//!    authority at most one message of each kind and view, the first that came. Beyond that one
//!    number per authority: the highest view that it has given up.
//! 2. So what is kept is linear in the set, whatever anybody sends.
//! 3. Everything kept has a checked signature; the caller checks it.
//! 4. An offence is reported once for each kind and authority, and never for the node's own keys'
//!    place: another process may be using them, and only its keeper should say so.

use crate::{
	accountability::amnesia,
	certificate::{CertifiedTimeout, PerAuthority, Phase, QuorumCertificate, TimeoutCertificate},
	message::{FirstVote, Proposal, SecondVote, Signed, Timeout},
	offence::{Conflict, OffenceKind},
	scheme::AuthoritySignature,
	types::{AuthorityIndex, SetId, View},
};
use alloc::{
	boxed::Box,
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};

/// Past views of which messages are kept.
pub const BEHIND: View = 8;
/// Future views of which messages are kept.
pub const AHEAD: View = 8;

/// What came of one view.
#[derive(Clone, Debug, Default)]
struct Round {
	proposal: Option<Signed<Proposal>>,
	first: BTreeMap<AuthorityIndex, (FirstVote, AuthoritySignature)>,
	second: BTreeMap<AuthorityIndex, (SecondVote, AuthoritySignature)>,
	timeouts: BTreeMap<AuthorityIndex, (Timeout, AuthoritySignature)>,
	/// The highest certificate that the timeouts name.
	high: Option<QuorumCertificate>,
}

/// What a message is, beside those that are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Novelty {
	/// The first of its kind by this authority in its view.
	New,
	/// It is kept already.
	Known,
	/// Another one of its kind is kept.
	Different,
	/// Its view is not among those kept.
	Outside,
}

/// The messages of a set's present views.
#[derive(Clone, Debug)]
pub struct Votes {
	own: Option<AuthorityIndex>,
	view: View,
	rounds: BTreeMap<View, Round>,
	given_up: BTreeMap<AuthorityIndex, View>,
	reported: BTreeSet<(OffenceKind, AuthorityIndex)>,
}

impl Votes {
	/// Nothing yet, in `view`. `own` is the node's own place, never reported.
	pub fn new(own: Option<AuthorityIndex>, view: View) -> Self {
		Votes {
			own,
			view,
			rounds: BTreeMap::new(),
			given_up: BTreeMap::new(),
			reported: BTreeSet::new(),
		}
	}

	/// The present view is now `view`: what is too old is dropped.
	pub fn enter(&mut self, view: View) {
		self.view = view;
		self.rounds = self.rounds.split_off(&view.saturating_sub(BEHIND));
	}

	fn kept(&self, view: View) -> bool {
		view > 0
			&& view >= self.view.saturating_sub(BEHIND)
			&& view <= self.view.saturating_add(AHEAD)
	}

	fn novelty<T: PartialEq>(
		&self,
		view: View,
		said: &T,
		kept: impl FnOnce(&Round) -> Option<&T>,
	) -> Novelty {
		if !self.kept(view) {
			return Novelty::Outside;
		}
		match self.rounds.get(&view).and_then(kept) {
			None => Novelty::New,
			Some(kept) if kept == said => Novelty::Known,
			Some(_) => Novelty::Different,
		}
	}

	/// What a proposal would be. One slot per view: only the leader's proposals may be asked about.
	pub fn novelty_of_proposal(&self, proposal: &Signed<Proposal>) -> Novelty {
		self.novelty(proposal.statement.view, &proposal.statement, |round| {
			round.proposal.as_ref().map(|kept| &kept.statement)
		})
	}

	/// What a first vote would be.
	pub fn novelty_of_first(&self, vote: &Signed<FirstVote>) -> Novelty {
		self.novelty(vote.statement.view, &vote.statement, |round| {
			round.first.get(&vote.signer).map(|(kept, _)| kept)
		})
	}

	/// What a second vote would be.
	pub fn novelty_of_second(&self, vote: &Signed<SecondVote>) -> Novelty {
		self.novelty(vote.statement.view, &vote.statement, |round| {
			round.second.get(&vote.signer).map(|(kept, _)| kept)
		})
	}

	/// What a timeout would be.
	pub fn novelty_of_timeout(&self, timeout: &Signed<Timeout>) -> Novelty {
		self.novelty(timeout.statement.view, &timeout.statement, |round| {
			round.timeouts.get(&timeout.signer).map(|(kept, _)| kept)
		})
	}

	/// Keeps a checked proposal of its view's leader; the offence that it shows, if any.
	pub fn insert_proposal(&mut self, proposal: &Signed<Proposal>) -> Option<Conflict> {
		let view = proposal.statement.view;
		let conflict = match self.novelty_of_proposal(proposal) {
			Novelty::New => {
				self.round(view).proposal = Some(proposal.clone());
				None
			}
			Novelty::Different => self
				.rounds
				.get(&view)
				.and_then(|round| round.proposal.as_ref())
				.map(|kept| {
					Conflict::Proposals([
						(kept.statement.clone(), kept.signature.clone()),
						(proposal.statement.clone(), proposal.signature.clone()),
					])
				}),
			Novelty::Known | Novelty::Outside => None,
		};
		self.once(proposal.signer, conflict)
	}

	/// Keeps a checked first vote; the offence that it shows, if any.
	pub fn insert_first(&mut self, vote: &Signed<FirstVote>) -> Option<Conflict> {
		let said = (vote.statement, vote.signature.clone());
		let conflict = match self.novelty_of_first(vote) {
			Novelty::New => {
				self.round(vote.statement.view)
					.first
					.insert(vote.signer, said);
				None
			}
			Novelty::Different => self
				.rounds
				.get(&vote.statement.view)
				.and_then(|round| round.first.get(&vote.signer))
				.map(|kept| Conflict::FirstVotes([kept.clone(), said])),
			Novelty::Known | Novelty::Outside => None,
		};
		self.once(vote.signer, conflict)
	}

	/// Keeps a checked second vote; the offence that it shows, if any.
	pub fn insert_second(&mut self, vote: &Signed<SecondVote>) -> Option<Conflict> {
		let said = (vote.statement, vote.signature.clone());
		let conflict = match self.novelty_of_second(vote) {
			Novelty::New => {
				let forgotten = self
					.rounds
					.range(vote.statement.view..)
					.filter_map(|(_, round)| round.timeouts.get(&vote.signer))
					.find_map(|timeout| amnesia(said.clone(), timeout.clone()));
				self.round(vote.statement.view)
					.second
					.insert(vote.signer, said);
				forgotten
			}
			Novelty::Different => self
				.rounds
				.get(&vote.statement.view)
				.and_then(|round| round.second.get(&vote.signer))
				.map(|kept| Conflict::SecondVotes([kept.clone(), said])),
			Novelty::Known | Novelty::Outside => None,
		};
		self.once(vote.signer, conflict)
	}

	/// Keeps a checked timeout with the checked certificate that it names; the offence that it
	/// shows, if any.
	pub fn insert_timeout(
		&mut self,
		timeout: &Signed<Timeout>,
		high: Option<&QuorumCertificate>,
	) -> Option<Conflict> {
		let view = timeout.statement.view;
		let reached = self.given_up.entry(timeout.signer).or_default();
		*reached = view.max(*reached);
		if self.novelty_of_timeout(timeout) != Novelty::New {
			return None;
		}
		let said = (timeout.statement, timeout.signature.clone());
		let forgotten = self
			.rounds
			.range(..=view)
			.filter_map(|(_, round)| round.second.get(&timeout.signer))
			.find_map(|vote| amnesia(vote.clone(), said.clone()));
		let round = self.round(view);
		round.timeouts.insert(timeout.signer, said);
		let known = round.high.as_ref().map_or(0, QuorumCertificate::view);
		if let Some(high) = high.filter(|high| high.view() > known) {
			round.high = Some(high.clone());
		}
		self.once(timeout.signer, forgotten)
	}

	/// The highest view that `authority` has given up; 0 for none.
	pub fn given_up_by(&self, authority: AuthorityIndex) -> View {
		self.given_up.get(&authority).copied().unwrap_or(0)
	}

	/// L3: the highest view that at least `authorities` have given up or gone beyond, if that is
	/// the present one or later.
	pub fn given_up_by_many(&self, authorities: usize) -> Option<View> {
		let reached = |view: &&View| **view >= self.view;
		if authorities == 0 || self.given_up.values().filter(reached).count() < authorities {
			return None;
		}
		let mut views: Vec<View> = self.given_up.values().filter(reached).copied().collect();
		views.sort_unstable_by(|a, b| b.cmp(a));
		views.get(authorities.checked_sub(1)?).copied()
	}

	/// The certificate of `vote`, where `quorum` authorities cast it.
	pub fn certificate(&self, set: SetId, vote: Phase, quorum: usize) -> Option<QuorumCertificate> {
		let signatures: Vec<(AuthorityIndex, AuthoritySignature)> = match vote {
			Phase::First(vote) => matching(&self.rounds.get(&vote.view)?.first, &vote, quorum),
			Phase::Second(vote) => matching(&self.rounds.get(&vote.view)?.second, &vote, quorum),
		};
		if signatures.len() < quorum {
			return None;
		}
		Some(QuorumCertificate {
			set,
			vote,
			signatures: PerAuthority::try_from(signatures).ok()?,
		})
	}

	/// The timeout certificate of `view`, where `quorum` authorities gave it up.
	pub fn timeout_certificate(
		&self,
		set: SetId,
		view: View,
		quorum: usize,
	) -> Option<TimeoutCertificate> {
		let round = self.rounds.get(&view)?;
		if round.timeouts.len() < quorum {
			return None;
		}
		let timeouts: Vec<CertifiedTimeout> = round
			.timeouts
			.iter()
			.map(|(signer, (timeout, signature))| CertifiedTimeout {
				signer: *signer,
				high_view: timeout.high_view,
				signature: signature.clone(),
			})
			.collect();
		Some(TimeoutCertificate {
			set,
			view,
			timeouts: PerAuthority::try_from(timeouts).ok()?,
			high: round.high.clone().map(Box::new),
		})
	}

	/// How many authorities cast the most frequent first vote of `view`, cast the most frequent
	/// second vote, and gave it up.
	pub fn counts(&self, view: View) -> (usize, usize, usize) {
		self.rounds.get(&view).map_or((0, 0, 0), |round| {
			(
				most(round.first.values().map(|(vote, _)| vote)),
				most(round.second.values().map(|(vote, _)| vote)),
				round.timeouts.len(),
			)
		})
	}

	/// How many messages are kept.
	pub fn len(&self) -> usize {
		self.rounds
			.values()
			.map(|round| {
				usize::from(round.proposal.is_some())
					+ round.first.len()
					+ round.second.len()
					+ round.timeouts.len()
			})
			.sum()
	}

	/// Whether nothing is kept.
	pub fn is_empty(&self) -> bool {
		self.len() == 0
	}

	/// Lets a conflict through that is to be reported.
	pub fn once(&mut self, signer: AuthorityIndex, conflict: Option<Conflict>) -> Option<Conflict> {
		let conflict = conflict?;
		if self.own == Some(signer) {
			return None;
		}
		self.reported
			.insert((conflict.kind(), signer))
			.then_some(conflict)
	}

	fn round(&mut self, view: View) -> &mut Round {
		self.rounds.entry(view).or_default()
	}
}

/// The first `quorum` signatures under `vote`; none where there are fewer.
fn matching<V: PartialEq>(
	votes: &BTreeMap<AuthorityIndex, (V, AuthoritySignature)>,
	vote: &V,
	quorum: usize,
) -> Vec<(AuthorityIndex, AuthoritySignature)> {
	let same = || votes.iter().filter(|(_, (cast, _))| cast == vote);
	if same().take(quorum).count() < quorum {
		return Vec::new();
	}
	same()
		.map(|(signer, (_, signature))| (*signer, signature.clone()))
		.take(quorum)
		.collect()
}

fn most<'a, V: PartialEq + 'a>(votes: impl Iterator<Item = &'a V> + Clone) -> usize {
	votes
		.clone()
		.map(|vote| votes.clone().filter(|other| *other == vote).count())
		.max()
		.unwrap_or(0)
}
