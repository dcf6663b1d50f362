//! Weights of the calls, from a count of what the worst case does.
//!
//! Database reads and writes are priced by the runtime's `DbWeight`. To them come 20 µs for decoding,
//! checks and an event, and 10 µs for each price on the curve (one division of 512-bit integers).
//! The proof size is zero: the chain is no parachain.
//!
//! | call | reads | writes | prices |
//! | --- | --- | --- | --- |
//! | `create_class` | next number | next number, class, pool | none |
//! | `set_class` | class, pool | class, pool | none |
//! | `set_price` | pool | pool | 1 |
//! | `provide` | pool, provider, shares, pot 3, accounts 2 | provider, shares, pot, accounts 2 | 1 |
//! | `begin_withdrawal` | provider, shares, pot 3 | provider | 1 |
//! | `cancel_withdrawal` | provider | provider | none |
//! | `withdraw_liquidity` | provider, shares, pot 4, accounts 2 | provider, shares, pot, accounts 3 | 1 |
//! | `swap` | class, pool, reserved, 4 of reservations, prepayment 4, account | pool, reserved, 5 of reservations, prepayment 4, account | 5 |
//! | start of a block | epoch, two cursors, agenda | epoch, two cursors | none |
//! | a reservation's end | agenda, reservation, owner's list, pool, reserved, prepayment 4 | the same | none |
//! | a class's close | pool, activity, capital, pot 3 | pool, activity, capital | 3 |
//! | a look at what a worker brought | the entry | the entry | none |
//!
//! A pot's balance is counted as three reads (its account and what waits for it), a payment in or
//! out as the accounts on both sides and a claim. A prepayment is counted as four of each: its
//! record, the owner's free escrow, its holds and its account.
//!
//! What other pallets call through the traits is in their weights. Reading a class or a pool, and a
//! quote, takes one read (a quote two prices more); taking and giving back one read and one write;
//! occupying, vacating and reweighing slots the same;
//! adding and removing capacity two reads, two writes, one price and an event. `paid` takes two
//! reads and a write, `occupy` one read and one write, `vacate` at most four reads and four writes,
//! `note_fee` one read and one write, `refund` six reads, five writes and an event, `split` and
//! `merge` three reads and three writes.

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::WEIGHT_REF_TIME_PER_MICROS, RuntimeDbWeight, Weight},
};

/// Weights of the calls.
pub trait WeightInfo {
	/// Of `create_class`.
	fn create_class() -> Weight;
	/// Of `set_class`.
	fn set_class() -> Weight;
	/// Of `set_price`.
	fn set_price() -> Weight;
	/// Of `provide`.
	fn provide() -> Weight;
	/// Of `begin_withdrawal`.
	fn begin_withdrawal() -> Weight;
	/// Of `cancel_withdrawal`.
	fn cancel_withdrawal() -> Weight;
	/// Of `withdraw_liquidity`.
	fn withdraw_liquidity() -> Weight;
	/// Of `swap`.
	fn swap() -> Weight;
	/// Of the start of a block with so many steps of the agenda, so many classes closed and so
	/// many workers' fees looked at.
	fn on_initialize(ended: u32, closed: u32, looked: u32) -> Weight;
}

const BASE: u64 = 20;
const PRICE: u64 = 10;

fn micros(micros: u64) -> Weight {
	Weight::from_parts(WEIGHT_REF_TIME_PER_MICROS.saturating_mul(micros), 0)
}

/// The weight of so many prices, reads and writes on a database, with the base.
fn counted(database: RuntimeDbWeight, prices: u64, reads: u64, writes: u64) -> Weight {
	micros(BASE.saturating_add(PRICE.saturating_mul(prices)))
		.saturating_add(database.reads_writes(reads, writes))
}

/// The weight of the start of a block.
fn start_of_block(database: RuntimeDbWeight, ended: u32, closed: u32, looked: u32) -> Weight {
	let times = |weight: Weight, count: u32| weight.saturating_mul(count.into());
	database
		.reads_writes(4, 3)
		.saturating_add(times(counted(database, 0, 9, 9), ended))
		.saturating_add(times(counted(database, 3, 6, 3), closed))
		.saturating_add(times(counted(database, 0, 1, 1), looked))
}

/// Weights with the runtime's database.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn create_class() -> Weight {
		counted(T::DbWeight::get(), 0, 1, 3)
	}

	fn set_class() -> Weight {
		counted(T::DbWeight::get(), 0, 2, 2)
	}

	fn set_price() -> Weight {
		counted(T::DbWeight::get(), 1, 1, 1)
	}

	fn provide() -> Weight {
		counted(T::DbWeight::get(), 1, 8, 5)
	}

	fn begin_withdrawal() -> Weight {
		counted(T::DbWeight::get(), 1, 5, 1)
	}

	fn cancel_withdrawal() -> Weight {
		counted(T::DbWeight::get(), 0, 1, 1)
	}

	fn withdraw_liquidity() -> Weight {
		counted(T::DbWeight::get(), 1, 8, 6)
	}

	fn swap() -> Weight {
		counted(T::DbWeight::get(), 5, 12, 12)
	}

	fn on_initialize(ended: u32, closed: u32, looked: u32) -> Weight {
		start_of_block(T::DbWeight::get(), ended, closed, looked)
	}
}

/// ParityDB's figures, for tests.
const TEST_DATABASE: RuntimeDbWeight = RuntimeDbWeight {
	read: 8 * WEIGHT_REF_TIME_PER_MICROS,
	write: 50 * WEIGHT_REF_TIME_PER_MICROS,
};

impl WeightInfo for () {
	fn create_class() -> Weight {
		counted(TEST_DATABASE, 0, 1, 3)
	}

	fn set_class() -> Weight {
		counted(TEST_DATABASE, 0, 2, 2)
	}

	fn set_price() -> Weight {
		counted(TEST_DATABASE, 1, 1, 1)
	}

	fn provide() -> Weight {
		counted(TEST_DATABASE, 1, 8, 5)
	}

	fn begin_withdrawal() -> Weight {
		counted(TEST_DATABASE, 1, 5, 1)
	}

	fn cancel_withdrawal() -> Weight {
		counted(TEST_DATABASE, 0, 1, 1)
	}

	fn withdraw_liquidity() -> Weight {
		counted(TEST_DATABASE, 1, 8, 6)
	}

	fn swap() -> Weight {
		counted(TEST_DATABASE, 5, 12, 12)
	}

	fn on_initialize(ended: u32, closed: u32, looked: u32) -> Weight {
		start_of_block(TEST_DATABASE, ended, closed, looked)
	}
}
