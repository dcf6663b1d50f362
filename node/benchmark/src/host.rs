//! The host functions that the measured runtime calls: the node's, with a clock around some.
//!
//! The clock around the state root always runs: it reads the time twice in a block. The others run
//! only inside [`with_details`], since there are many calls and the clock costs each about 50 ns.
//! All run on the thread that executes the block, so the records are that thread's.

// The macro asks for the runtime's own target, which this crate is never built for, and makes
// functions for native callers, of which there are none.
#![allow(unexpected_cfgs, dead_code)]

use sp_runtime_interface::{
	pass_by::{
		AllocateAndReturnByCodec, AllocateAndReturnFatPointer, AllocateAndReturnPointer, PassAs,
		PassFatPointerAndRead, PassFatPointerAndReadWrite,
	},
	runtime_interface,
};
use std::{
	cell::{Cell, RefCell},
	collections::BTreeMap,
	time::{Duration, Instant},
};

/// The host functions of a node, with clocks.
pub type HostFunctions = sc_executor::sp_wasm_interface::ExtendedHostFunctions<
	sp_io::SubstrateHostFunctions,
	(timed_storage::HostFunctions, timed_hashing::HostFunctions),
>;

/// What a host function is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
	/// Looks at a value, or whether there is one.
	Read,
	/// Sets or removes a value.
	Write,
	/// Appends to a list without reading it.
	Append,
	/// Looks for the next key.
	NextKey,
	/// Begins or ends a layer of changes that can be taken back.
	Layer,
	/// Hashes.
	Hash,
	/// Computes the root of the state.
	Root,
}

impl Purpose {
	/// As the report names it.
	pub fn name(&self) -> &'static str {
		match self {
			Purpose::Read => "storage reads",
			Purpose::Write => "storage writes",
			Purpose::Append => "storage appends",
			Purpose::NextKey => "next keys",
			Purpose::Layer => "storage layers",
			Purpose::Hash => "hashes",
			Purpose::Root => "state root",
		}
	}
}

/// How often something was called, and how long that took together.
#[derive(Clone, Copy, Debug, Default)]
pub struct Calls {
	/// How often.
	pub count: u64,
	/// How long.
	pub time: Duration,
}

/// The first 32 bytes of a key, which name pallet and storage item. A shorter key ends in zeros.
pub type Item = [u8; 32];

/// What was called.
#[derive(Clone, Debug, Default)]
pub struct Record {
	/// By purpose.
	pub purposes: BTreeMap<Purpose, Calls>,
	/// By storage item and purpose.
	pub items: BTreeMap<(Item, Purpose), Calls>,
}

thread_local! {
	static DETAILED: Cell<bool> = const { Cell::new(false) };
	static ROOT: Cell<Duration> = const { Cell::new(Duration::ZERO) };
	static RECORD: RefCell<Record> = RefCell::new(Record::default());
}

/// Runs something with all clocks on. Returns its result and what it called.
pub fn with_details<R>(run: impl FnOnce() -> R) -> (R, Record) {
	DETAILED.set(true);
	let result = run();
	DETAILED.set(false);
	(result, RECORD.take())
}

/// How long this thread computed state roots since it was last asked.
pub fn take_root_time() -> Duration {
	ROOT.take()
}

/// The storage item of a key.
pub fn item(key: &[u8]) -> Item {
	let mut item = [0; 32];
	for (to, from) in item.iter_mut().zip(key) {
		*to = *from;
	}
	item
}

fn timed<R>(purpose: Purpose, key: Option<&[u8]>, call: impl FnOnce() -> R) -> R {
	if purpose != Purpose::Root && !DETAILED.get() {
		return call();
	}
	let start = Instant::now();
	let result = call();
	let time = start.elapsed();
	if purpose == Purpose::Root {
		ROOT.set(ROOT.get() + time);
	}
	if !DETAILED.get() {
		return result;
	}
	RECORD.with_borrow_mut(|record| {
		let add = |calls: &mut Calls| {
			calls.count += 1;
			calls.time += time;
		};
		add(record.purposes.entry(purpose).or_default());
		if let Some(key) = key {
			add(record.items.entry((item(key), purpose)).or_default());
		}
	});
	result
}

// A trait's name is part of the host functions' names: these two must be called as Substrate's are.
mod timed_storage {
	use super::*;
	use sp_core::storage::StateVersion;
	pub use storage::HostFunctions;

	#[runtime_interface(no_tracing)]
	pub trait Storage {
		fn get(
			&mut self,
			key: PassFatPointerAndRead<&[u8]>,
		) -> AllocateAndReturnByCodec<Option<Vec<u8>>> {
			timed(Purpose::Read, Some(key), || self.storage(key))
		}

		fn read(
			&mut self,
			key: PassFatPointerAndRead<&[u8]>,
			value_out: PassFatPointerAndReadWrite<&mut [u8]>,
			value_offset: u32,
		) -> AllocateAndReturnByCodec<Option<u32>> {
			let value = timed(Purpose::Read, Some(key), || self.storage(key))?;
			let rest = value.get(value_offset as usize..).unwrap_or_default();
			for (to, from) in value_out.iter_mut().zip(rest) {
				*to = *from;
			}
			Some(rest.len() as u32)
		}

		fn exists(&mut self, key: PassFatPointerAndRead<&[u8]>) -> bool {
			timed(Purpose::Read, Some(key), || self.exists_storage(key))
		}

		fn set(&mut self, key: PassFatPointerAndRead<&[u8]>, value: PassFatPointerAndRead<&[u8]>) {
			timed(Purpose::Write, Some(key), || {
				self.set_storage(key.to_vec(), value.to_vec())
			})
		}

		fn clear(&mut self, key: PassFatPointerAndRead<&[u8]>) {
			timed(Purpose::Write, Some(key), || self.clear_storage(key))
		}

		fn append(
			&mut self,
			key: PassFatPointerAndRead<&[u8]>,
			value: PassFatPointerAndRead<Vec<u8>>,
		) {
			timed(Purpose::Append, Some(key), || {
				self.storage_append(key.to_vec(), value)
			})
		}

		fn next_key(
			&mut self,
			key: PassFatPointerAndRead<&[u8]>,
		) -> AllocateAndReturnByCodec<Option<Vec<u8>>> {
			timed(Purpose::NextKey, Some(key), || self.next_storage_key(key))
		}

		fn start_transaction(&mut self) {
			timed(Purpose::Layer, None, || self.storage_start_transaction())
		}

		fn rollback_transaction(&mut self) {
			timed(Purpose::Layer, None, || self.storage_rollback_transaction())
				.expect("the runtime ends only layers that it began");
		}

		fn commit_transaction(&mut self) {
			timed(Purpose::Layer, None, || self.storage_commit_transaction())
				.expect("the runtime ends only layers that it began");
		}

		fn root(&mut self) -> AllocateAndReturnFatPointer<Vec<u8>> {
			timed(Purpose::Root, None, || self.storage_root(StateVersion::V0))
		}

		#[version(2)]
		fn root(
			&mut self,
			version: PassAs<StateVersion, u8>,
		) -> AllocateAndReturnFatPointer<Vec<u8>> {
			timed(Purpose::Root, None, || self.storage_root(version))
		}
	}
}

mod timed_hashing {
	use super::*;
	pub use hashing::HostFunctions;
	use sp_crypto_hashing as functions;

	#[runtime_interface(no_tracing)]
	pub trait Hashing {
		fn sha2_256(data: PassFatPointerAndRead<&[u8]>) -> AllocateAndReturnPointer<[u8; 32], 32> {
			timed(Purpose::Hash, None, || functions::sha2_256(data))
		}

		fn blake2_128(
			data: PassFatPointerAndRead<&[u8]>,
		) -> AllocateAndReturnPointer<[u8; 16], 16> {
			timed(Purpose::Hash, None, || functions::blake2_128(data))
		}

		fn blake2_256(
			data: PassFatPointerAndRead<&[u8]>,
		) -> AllocateAndReturnPointer<[u8; 32], 32> {
			timed(Purpose::Hash, None, || functions::blake2_256(data))
		}

		fn keccak_256(
			data: PassFatPointerAndRead<&[u8]>,
		) -> AllocateAndReturnPointer<[u8; 32], 32> {
			timed(Purpose::Hash, None, || functions::keccak_256(data))
		}

		fn twox_128(data: PassFatPointerAndRead<&[u8]>) -> AllocateAndReturnPointer<[u8; 16], 16> {
			timed(Purpose::Hash, None, || functions::twox_128(data))
		}

		fn twox_64(data: PassFatPointerAndRead<&[u8]>) -> AllocateAndReturnPointer<[u8; 8], 8> {
			timed(Purpose::Hash, None, || functions::twox_64(data))
		}
	}
}
