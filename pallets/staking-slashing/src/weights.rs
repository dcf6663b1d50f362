//! Weights of the calls, by count.
//!
//! Until the calls are benchmarked, each weight is a count of the worst case: storage items read
//! and written, priced by the runtime's `DbWeight`, plus reference time for the computation.
//!
//! | operation | reads | writes | reference time |
//! | --- | --- | --- | --- |
//! | bond, withdraw | account, holds, ledger, role's sum, governed numbers: 6 | 4 | 80 µs |
//! | unbond, rebond | ledger, role's sum, candidate, governed numbers: 5 | 4 | 60 µs |
//! | cancel a slash | slash, lists, agenda, open pot, 64 others; for each of 129 parts account, holds, delegation, pool, lists: 1,000 | 780 | 20 ms |
//! | apply a slash | slash, lists, agenda, burned, issuance: 10; for each part account, holds, delegation, pool, lists: 6; for each claim two accounts, holds, the insurer's account, shares and caps: 12 | 9; 6; 10 | 150 µs; 150 µs; 200 µs |
//! | slash | table, times, number, agenda, open pot: 8; for each part account, holds, ledger, pool, lists: 6; an insurer's payment: 10 | 8; 5; 8 | 250 µs; 120 µs |
//! | state a requirement | ledger, role's sum: 2 | 2 | 30 µs |
//! | judge | score, rules, epoch: 3 | 2 | 50 µs |
//! | validate, chill | candidate, count, ledger, governed numbers: 5 | 2 | 40 µs |
//! | delegate, undelegate, withdraw | account, holds, delegation, pool, list, candidate, governed numbers: 8 | 5 | 100 µs |
//! | claim rewards | pool, delegation, list, sum, pot, account, claimable: 9 | 8 | 150 µs |
//! | appeal | slash, agenda, open pot, account, holds: 8 | 6 | 100 µs |
//! | a block's start | agenda and its cursor, epoch, both payments' places: 8 | 3 | 40 µs |
//! | an epoch's end | sums, earnings, roles' sums: 10 | 4 | 50 µs |
//! | pay a verifier | tariff, pot, account, claimable, sums: 6 | 5 | 150 µs |
//! | look at a score | score, rules; a slash of a worker's bond: 16 | 14 | 400 µs |
//!
//! A hold, a release or a transfer takes about 40 µs of reference time on the hardware that the
//! Substrate release is benchmarked on; the figures are larger than the sum of the operations that
//! they stand for. The proof size counts 4 KiB for each item that is read.
//!
//! Elections and the rewards of a session run when the session rotates, which the session pallet
//! counts as a whole block.

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::ParityDbWeight, RuntimeDbWeight, Weight},
};

/// Weights of the pallet's calls, of its hook, and of the traits that other pallets use.
pub trait WeightInfo {
	/// Weight of `bond`.
	fn bond() -> Weight;
	/// Weight of `unbond`.
	fn unbond() -> Weight;
	/// Weight of `withdraw_unbonded`.
	fn withdraw_unbonded() -> Weight;
	/// Weight of `rebond`.
	fn rebond() -> Weight;
	/// Weight of `cancel_slash`.
	fn cancel_slash() -> Weight;
	/// Weight of `apply_slash`, for a pot of so many parts and claims.
	fn apply_slash(parts: u32, claims: u32) -> Weight;
	/// Weight of `validate` and of ending a candidacy.
	fn validate() -> Weight;
	/// Weight of `delegate`, `undelegate` and `withdraw_undelegated`.
	fn delegate() -> Weight;
	/// Weight of `claim_rewards`.
	fn claim_rewards() -> Weight;
	/// Weight of `appeal`.
	fn appeal() -> Weight;
	/// Weight of a block's start without anything due.
	fn agenda() -> Weight;
	/// Weight of an epoch's end.
	fn roll_epoch() -> Weight;
	/// Weight of paying so many verifiers.
	fn pay_verifiers(count: u32) -> Weight;
	/// Weight of looking at so many scores, each below the threshold.
	fn check_quality(count: u32) -> Weight;
	/// Weight of slashing a bond and what is delegated to it, in so many parts.
	fn slash(parts: u32) -> Weight;
	/// Weight of stating how much of a bond is required.
	fn require() -> Weight;
	/// Weight of recording one judged job.
	fn judged() -> Weight;
}

/// Picoseconds in a microsecond.
const MICROSECOND: u64 = 1_000_000;
/// Bytes of proof for one item.
const PROOF: u64 = 4_096;

fn count(db: RuntimeDbWeight, reads: u64, writes: u64, microseconds: u64) -> Weight {
	Weight::from_parts(
		microseconds.saturating_mul(MICROSECOND),
		reads.saturating_mul(PROOF),
	)
	.saturating_add(db.reads_writes(reads, writes))
}

/// The counts of the table, for one source of prices.
macro_rules! counts {
	($db:expr) => {
		fn bond() -> Weight {
			count($db, 6, 4, 80)
		}
		fn unbond() -> Weight {
			count($db, 5, 4, 60)
		}
		fn withdraw_unbonded() -> Weight {
			count($db, 6, 4, 80)
		}
		fn rebond() -> Weight {
			count($db, 5, 4, 60)
		}
		fn cancel_slash() -> Weight {
			count($db, 1_000, 780, 20_000)
		}
		fn apply_slash(parts: u32, claims: u32) -> Weight {
			count($db, 10, 9, 150)
				.saturating_add(count($db, 6, 6, 150).saturating_mul(parts.into()))
				.saturating_add(count($db, 12, 10, 200).saturating_mul(claims.into()))
		}
		fn validate() -> Weight {
			count($db, 5, 2, 40)
		}
		fn delegate() -> Weight {
			count($db, 8, 5, 100)
		}
		fn claim_rewards() -> Weight {
			count($db, 9, 8, 150)
		}
		fn appeal() -> Weight {
			count($db, 8, 6, 100)
		}
		fn agenda() -> Weight {
			count($db, 8, 3, 40)
		}
		fn roll_epoch() -> Weight {
			count($db, 10, 4, 50)
		}
		fn pay_verifiers(paid: u32) -> Weight {
			count($db, 6, 5, 150).saturating_mul(paid.into())
		}
		fn check_quality(judged: u32) -> Weight {
			count($db, 16, 14, 400).saturating_mul(judged.into())
		}
		fn slash(parts: u32) -> Weight {
			count($db, 18, 16, 250)
				.saturating_add(count($db, 6, 5, 120).saturating_mul(parts.into()))
		}
		fn require() -> Weight {
			count($db, 2, 2, 30)
		}
		fn judged() -> Weight {
			count($db, 3, 2, 50)
		}
	};
}

/// The counts, priced by the runtime's `DbWeight`.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	counts!(T::DbWeight::get());
}

/// The counts, priced for ParityDB; for tests.
impl WeightInfo for () {
	counts!(ParityDbWeight::get());
}
