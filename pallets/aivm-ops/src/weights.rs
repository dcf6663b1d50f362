//! Weights of the calls, by count.
//!
//! Until the calls are benchmarked, each weight is a count of the worst case: storage items read and
//! written, priced by the runtime's `DbWeight`, plus reference time for the computation. What a
//! contract does is not in it: a call's weight is its count and the whole gas limit, a microsecond of
//! reference time for each gas; what was not used comes back.
//!
//! | operation | reads | writes | reference time |
//! | --- | --- | --- | --- |
//! | upload_code | info, account, holds: 3 | info, bytes, account, holds: 4 | 300 µs, 130 ns for each byte |
//! | remove_code | info, bytes, account, holds: 4 | 4 | 100 µs, 2 ns for each byte of the longest |
//! | instantiate | info, contract, bytes, two accounts, both accounts' holds: 7 | 6 | 400 µs |
//! | call | contract, bytes, two accounts, holds: 5 | 4 | 250 µs |
//! | both, for each byte of the input | | | 2 ns |
//! | remove_contract | contract, info, two accounts, holds: 5 | 4 | 150 µs |
//! | reclaim | lock, contract, and the escrow's for one job: 12 | 12 | 350 µs |
//! | upload_model | info, account, holds: 3 | info, bytes, account, holds: 4 | 200 µs, 30 ns for each byte |
//! | remove_model | info, bytes, account, holds: 4 | 4 | 100 µs |
//! | begin_block | count of orders, cursor: 2 | cursor: 1 | 10 µs |
//! | visit | the map's next key, order, job with its books and batch: 6 | | 60 µs |
//! | call_back | as `call` without money, order, count, contract's count, holds: 9 | 8 | 350 µs |
//!
//! Validation takes about 35 ns for each byte inside a runtime; a module is hashed, validated and
//! instantiated once. A model is hashed and decoded. A transfer, a hold or a release takes about 40 µs.
//! The proof size counts 4 KiB for each item that is read, and the longest code where code is read.

use crate::types::{MAX_CODE_BYTES, MAX_MODEL_BYTES};
use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::ParityDbWeight, RuntimeDbWeight, Weight},
};

/// Weights of the pallet's calls.
pub trait WeightInfo {
	/// Weight of `upload_code` of so many bytes.
	fn upload_code(bytes: u32) -> Weight;
	/// Weight of `remove_code`.
	fn remove_code() -> Weight;
	/// Weight of `instantiate` with an input of so many bytes, without its gas.
	fn instantiate(bytes: u32) -> Weight;
	/// Weight of `call` with an input of so many bytes, without its gas.
	fn call(bytes: u32) -> Weight;
	/// Weight of `remove_contract`.
	fn remove_contract() -> Weight;
	/// Weight of `reclaim`.
	fn reclaim() -> Weight;
	/// Weight of `upload_model` of so many bytes.
	fn upload_model(bytes: u32) -> Weight;
	/// Weight of `remove_model`.
	fn remove_model() -> Weight;
	/// Weight of the start of a block in which no order is looked at.
	fn begin_block() -> Weight;
	/// Weight of a look at an order.
	fn visit() -> Weight;
	/// Weight of a call back, without its gas.
	fn call_back() -> Weight;
}

/// Picoseconds in a microsecond.
const MICROSECOND: u64 = 1_000_000;
/// Picoseconds in a nanosecond.
const NANOSECOND: u64 = 1_000;
/// Bytes of proof for one item.
const PROOF: u64 = 4_096;

fn count(db: RuntimeDbWeight, reads: u64, writes: u64, microseconds: u64) -> Weight {
	Weight::from_parts(
		microseconds.saturating_mul(MICROSECOND),
		reads.saturating_mul(PROOF),
	)
	.saturating_add(db.reads_writes(reads, writes))
}

fn bytes(number: u32, nanoseconds: u64) -> Weight {
	let time = nanoseconds
		.saturating_mul(NANOSECOND)
		.saturating_mul(number.into());
	Weight::from_parts(time, 0)
}

fn stored(number: u32) -> Weight {
	Weight::from_parts(0, number.into())
}

/// The counts, priced by the runtime's `DbWeight`.
pub struct SubstrateWeight<T>(PhantomData<T>);

macro_rules! counts {
	($db:expr) => {
		fn upload_code(length: u32) -> Weight {
			count($db, 3, 4, 300).saturating_add(bytes(length, 130))
		}
		fn remove_code() -> Weight {
			let code = stored(MAX_CODE_BYTES).saturating_add(bytes(MAX_CODE_BYTES, 2));
			count($db, 4, 4, 100).saturating_add(code)
		}
		fn instantiate(length: u32) -> Weight {
			let code = stored(MAX_CODE_BYTES).saturating_add(bytes(length, 2));
			count($db, 7, 6, 400).saturating_add(code)
		}
		fn call(length: u32) -> Weight {
			let code = stored(MAX_CODE_BYTES).saturating_add(bytes(length, 2));
			count($db, 5, 4, 250).saturating_add(code)
		}
		fn remove_contract() -> Weight {
			count($db, 5, 4, 150)
		}
		fn reclaim() -> Weight {
			count($db, 12, 12, 350)
		}
		fn upload_model(length: u32) -> Weight {
			count($db, 3, 4, 200).saturating_add(bytes(length, 30))
		}
		fn remove_model() -> Weight {
			count($db, 4, 4, 100).saturating_add(stored(MAX_MODEL_BYTES))
		}
		fn begin_block() -> Weight {
			count($db, 2, 1, 10)
		}
		fn visit() -> Weight {
			count($db, 6, 0, 60)
		}
		fn call_back() -> Weight {
			count($db, 9, 8, 350).saturating_add(stored(MAX_CODE_BYTES))
		}
	};
}

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	counts!(T::DbWeight::get());
}

/// The counts, priced for ParityDB; for tests.
impl WeightInfo for () {
	counts!(ParityDbWeight::get());
}
