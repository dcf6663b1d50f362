//! Committees: who is drawn, how votes are kept secret, and what they come to.
//!
//! A case is decided by the `k` verifiers with the lowest *tickets*: hashes over randomness that came
//! after the case was opened, the case, the number of the draw, and the verifier. Each member first
//! commits to its vote, then reveals it, so nobody copies.
//!
//! # Guarantees
//!
//! 1. A draw is a function of its arguments: everybody computes the same committee, of distinct
//!    accounts, whatever the order in which they are listed. Each eligible account is as likely a
//!    member as another if the randomness is uniform.
//! 2. A vote's commitment is one member's, in one draw of one case: another cannot use it, and the
//!    same vote in another draw has another one.
//! 3. A failure needs two thirds of all members, not of those who voted: [`needed`]. Fewer dishonest
//!    members than that condemn nobody, and up to `size - needed` of them, absent or not, save nobody
//!    whom all others condemn.
//! 4. Who does not vote counts for nothing. With fewer votes than [`needed`] nothing is decided.
//!
//! The randomness is the caller's. Where an author can choose the block that it comes from, the author
//! can choose among as many committees as it tries blocks.
//!
//! The paper lets the sampling validator decide alone (§3.3); committees are an addition.

use aci_primitives::{domain::tagged_hash, proof::Outcome, AccountId};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::H256;

/// Hash domain of a ticket.
const TICKET: &[u8] = b"aci/committee/1";
/// Hash domain of a vote's commitment.
const VOTE: &[u8] = b"aci/vote/1";

/// A verifier's ticket.
pub fn ticket(randomness: &H256, case: &H256, draw: u8, verifier: &AccountId) -> H256 {
	tagged_hash(TICKET, &(randomness, case, draw, verifier))
}

/// The `size` accounts with the lowest tickets, lowest first; all where there are fewer.
pub fn committee<'a>(
	randomness: &H256,
	case: &H256,
	draw: u8,
	eligible: impl IntoIterator<Item = &'a AccountId>,
	size: u32,
) -> Vec<AccountId> {
	let mut tickets: Vec<(H256, &AccountId)> = eligible
		.into_iter()
		.map(|who| (ticket(randomness, case, draw, who), who))
		.collect();
	tickets.sort_unstable();
	tickets.dedup();
	tickets.truncate(usize::try_from(size).unwrap_or(usize::MAX));
	tickets.into_iter().map(|(_, who)| who.clone()).collect()
}

/// What a member commits to before it reveals its vote.
pub fn vote_commitment(
	case: &H256,
	draw: u8,
	member: &AccountId,
	vote: Outcome,
	salt: &H256,
) -> H256 {
	tagged_hash(VOTE, &(case, draw, member, vote, salt))
}

/// How many of a committee's members decide: two thirds, rounded up, and never none.
pub fn needed(size: u32) -> u32 {
	// `size - size / 3` is `ceil(2·size / 3)`.
	size.saturating_sub(size / 3).max(1)
}

/// What votes come to.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub enum Decision {
	/// Two thirds found it wrong.
	#[codec(index = 0)]
	Failed,
	/// Two thirds could not have what they needed to look.
	#[codec(index = 1)]
	Unavailable,
	/// Two thirds found it wrong or could not look; neither side alone is that many.
	#[codec(index = 2)]
	Doubtful,
	/// Enough voted, and there are no two thirds against it.
	#[codec(index = 3)]
	Right,
	/// Too few voted.
	#[codec(index = 4)]
	TooFew,
}

/// The votes of a committee.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Tally {
	/// All members.
	pub size: u32,
	/// Those that found it right.
	pub right: u32,
	/// Those that found it wrong.
	pub failed: u32,
	/// Those that could not have what they needed to look.
	pub unavailable: u32,
}

impl Tally {
	/// Counts votes, one for each member; `None` for a member that did not vote.
	pub fn count(votes: impl IntoIterator<Item = Option<Outcome>>) -> Self {
		let mut tally = Tally::default();
		for vote in votes {
			// Counts of a list in memory.
			tally.size = tally.size.saturating_add(1);
			let side = match vote {
				Some(Outcome::Pass) => &mut tally.right,
				Some(Outcome::Fail) => &mut tally.failed,
				Some(Outcome::Unavailable) => &mut tally.unavailable,
				None => continue,
			};
			*side = side.saturating_add(1);
		}
		tally
	}

	/// What they come to.
	pub fn decision(&self) -> Decision {
		let needed = needed(self.size);
		let against = self.failed.saturating_add(self.unavailable);
		if self.failed >= needed {
			Decision::Failed
		} else if self.unavailable >= needed {
			Decision::Unavailable
		} else if against >= needed {
			Decision::Doubtful
		} else if against.saturating_add(self.right) >= needed {
			Decision::Right
		} else {
			Decision::TooFew
		}
	}
}

impl Decision {
	/// Whether a vote is on the decision's side. Nobody is on the side of none.
	pub fn agrees(&self, vote: Outcome) -> bool {
		match self {
			Decision::Failed => vote == Outcome::Fail,
			Decision::Unavailable => vote == Outcome::Unavailable,
			Decision::Doubtful => vote != Outcome::Pass,
			Decision::Right => vote == Outcome::Pass,
			Decision::TooFew => false,
		}
	}
}
