//! Weights of the calls and of the hook, by count.
//!
//! Until the calls are benchmarked, each weight is a count of the worst case: storage items read
//! and written, priced by the runtime's `DbWeight`, plus reference time for the computation.
//!
//! | operation | reads | writes | reference time |
//! | --- | --- | --- | --- |
//! | checkpoint, once | set's data, last, escrow's totals, pools, oldest two, sweep: 24 | 24 | 600 µs |
//! | checkpoint, each signer | 0 | 0 | 60 µs |
//! | checkpoint, each entry of its lists | ticket list twice, escrow's sum, account and holds, worker's book, registration twice, slice, pool: 10 | 8 | 140 µs |
//! | checkpoint, each request | list, escrow's sum, queue: 5 | 4 | 60 µs |
//! | `set_order_key`, `clear_order_key` | key, owner, tickets, book, genesis: 5 | 3 | 120 µs |
//! | `fund_ticket` | key, homes, tickets, counts, account, holds, sums, queue: 14 | 12 | 250 µs |
//! | `end_ticket` | tickets, homes, book, queue, account, holds, sums: 12 | 9 | 200 µs |
//! | `lease_slots` | key, homes, bond, attestation, class, pool twice, slice, registration, book, counts, tickets, queue: 20 | 12 | 300 µs |
//! | `end_lease` | book, slice, pool twice, registration, queue: 10 | 8 | 200 µs |
//! | `export_dispute` | lock, two checkpoints, set, job's tables, account, holds, registration: 24 | 18 | 500 µs; 2 µs each member |
//! | `refund_dispute` | lock, totals, account, holds: 8 | 7 | 150 µs |
//! | report | genesis, set, exposure, index: 8; each slash: 18; each part: 6 | 4; 16; 5 | 500 µs; 250 µs; 120 µs; 2 µs each member |
//! | hook, once | ending, sweep, cursor, homes: 6 | 4 | 20 µs |
//! | hook, each account that it looks at | lists, sums, account, holds, registration, slices, queue, for four leases: 60 | 48 | 900 µs |
//!
//! A signature check takes about 50 µs of reference time on the hardware that the Substrate release
//! is benchmarked on. The proof size counts 4 KiB for each item that is read. Reports cost what the
//! staking pallet counts for a slash and its parts.

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::ParityDbWeight, RuntimeDbWeight, Weight},
};

/// Weights of the pallet's calls and of its hook.
pub trait WeightInfo {
	/// Weight of a checkpoint of so many signers and entries, with so many requests handed out.
	fn checkpoint(signers: u32, entries: u32, requests: u32) -> Weight;
	/// Weight of `set_order_key` and `clear_order_key`.
	fn set_order_key() -> Weight;
	/// Weight of `fund_ticket`.
	fn fund_ticket() -> Weight;
	/// Weight of `end_ticket`.
	fn end_ticket() -> Weight;
	/// Weight of `lease_slots`.
	fn lease_slots() -> Weight;
	/// Weight of `end_lease`.
	fn end_lease() -> Weight;
	/// Weight of `export_dispute` with a set of so many members.
	fn export_dispute(members: u32) -> Weight;
	/// Weight of `refund_dispute`.
	fn refund_dispute() -> Weight;
	/// Weight of a report that slashes so many offenders of so many parts each.
	fn report(members: u32, offenders: u32, parts: u32) -> Weight;
	/// Weight of the hook that looked at so many accounts.
	fn hook(accounts: u32) -> Weight;
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
		fn checkpoint(signers: u32, entries: u32, requests: u32) -> Weight {
			count($db, 24, 24, 600)
				.saturating_add(count($db, 0, 0, 60).saturating_mul(signers.into()))
				.saturating_add(count($db, 10, 8, 140).saturating_mul(entries.into()))
				.saturating_add(count($db, 5, 4, 60).saturating_mul(requests.into()))
		}
		fn set_order_key() -> Weight {
			count($db, 5, 3, 120)
		}
		fn fund_ticket() -> Weight {
			count($db, 14, 12, 250)
		}
		fn end_ticket() -> Weight {
			count($db, 12, 9, 200)
		}
		fn lease_slots() -> Weight {
			count($db, 20, 12, 300)
		}
		fn end_lease() -> Weight {
			count($db, 10, 8, 200)
		}
		fn export_dispute(members: u32) -> Weight {
			count($db, 24, 18, 500)
				.saturating_add(count($db, 0, 0, 2).saturating_mul(members.into()))
		}
		fn refund_dispute() -> Weight {
			count($db, 8, 7, 150)
		}
		fn report(members: u32, offenders: u32, parts: u32) -> Weight {
			let slash = count($db, 18, 16, 250)
				.saturating_add(count($db, 6, 5, 120).saturating_mul(parts.into()));
			count($db, 8, 4, 500)
				.saturating_add(count($db, 0, 0, 2).saturating_mul(members.into()))
				.saturating_add(slash.saturating_mul(offenders.into()))
		}
		fn hook(accounts: u32) -> Weight {
			count($db, 6, 4, 20)
				.saturating_add(count($db, 60, 48, 900).saturating_mul(accounts.into()))
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
