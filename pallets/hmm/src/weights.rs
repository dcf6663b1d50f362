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
//!
//! What other pallets call through the trait is in their weights. Reading a class or a pool, and a
//! quote, takes one read (a quote two prices more); taking and giving back one read and one write;
//! adding and removing capacity one read, one write, one price and an event.

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
}

const BASE: u64 = 20;
const PRICE: u64 = 10;

fn micros(micros: u64) -> Weight {
	Weight::from_parts(WEIGHT_REF_TIME_PER_MICROS.saturating_mul(micros), 0)
}

/// Weights with the runtime's database.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn create_class() -> Weight {
		micros(BASE).saturating_add(T::DbWeight::get().reads_writes(1, 3))
	}

	fn set_class() -> Weight {
		micros(BASE).saturating_add(T::DbWeight::get().reads_writes(2, 2))
	}

	fn set_price() -> Weight {
		micros(BASE + PRICE).saturating_add(T::DbWeight::get().reads_writes(1, 1))
	}
}

/// ParityDB's figures, for tests.
const TEST_DATABASE: RuntimeDbWeight = RuntimeDbWeight {
	read: 8 * WEIGHT_REF_TIME_PER_MICROS,
	write: 50 * WEIGHT_REF_TIME_PER_MICROS,
};

impl WeightInfo for () {
	fn create_class() -> Weight {
		micros(BASE).saturating_add(TEST_DATABASE.reads_writes(1, 3))
	}

	fn set_class() -> Weight {
		micros(BASE).saturating_add(TEST_DATABASE.reads_writes(2, 2))
	}

	fn set_price() -> Weight {
		micros(BASE + PRICE).saturating_add(TEST_DATABASE.reads_writes(1, 1))
	}
}
