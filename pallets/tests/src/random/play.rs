//! Plays a sequence.

use super::{
	apply,
	coverage::Coverage,
	operation::{Kind, Operation},
};
use crate::{book::Book, check, orders::*, runtime::*, world::*};
use frame_support::storage::{transactional::with_transaction, TransactionOutcome};
use sp_runtime::{traits::Dispatchable, DispatchError, DispatchResult, StateVersion};

/// A game: what is checked beside the chain's own state.
pub struct Game<'a> {
	pub book: Book,
	pub coverage: &'a mut Coverage,
	/// Whether anything but refused calls has happened since the last step.
	pub touched: bool,
}

fn state_root() -> Vec<u8> {
	sp_io::storage::root(StateVersion::V1)
}

/// The state root, seen from within a transaction: the state counts how many are open.
fn state_root_within() -> Vec<u8> {
	let mut root = Vec::new();
	let _ = with_transaction(|| {
		root = state_root();
		TransactionOutcome::Rollback(Ok::<(), DispatchError>(()))
	});
	root
}

impl Game<'_> {
	/// Dispatches a call. One that is refused leaves the state as it was.
	pub fn call(&mut self, origin: RuntimeOrigin, call: impl Into<RuntimeCall>) -> DispatchResult {
		let call = call.into();
		let shown = format!("{call:?}");
		let mut refused_root = None;
		let result = with_transaction(|| match call.clone().dispatch(origin) {
			Ok(_) => {
				self.touched = true;
				TransactionOutcome::Commit(Ok::<(), DispatchError>(()))
			}
			Err(refusal) => {
				refused_root = Some(state_root());
				TransactionOutcome::Rollback(Err(refusal.error))
			}
		});
		if let Some(root) = refused_root {
			assert!(
				root == state_root_within(),
				"a refused call changed the state: {shown}"
			);
		}
		self.coverage.call(&call, result.is_ok());
		result
	}

	/// Does an operation, takes up its events, and compares. Where all was refused the state is the
	/// one that was checked before.
	fn step(&mut self, operation: &Operation) {
		self.touched = false;
		apply::apply(operation, self);
		if !self.touched {
			return;
		}
		let events = System::events();
		System::reset_events();
		for record in &events {
			self.book.take(&record.event);
			self.coverage.event(&record.event);
		}
		self.book.compare();
		check::equations();
		for class in [0, 1] {
			let pool = Hmm::pool_state(class).expect("there is one").pool;
			let waits = pallet_aci_jobs::Open::<Market>::contains_key(class);
			if waits && pool.target > 0 && pool.free < 1_000 {
				self.coverage.state("a pool is full while a job waits");
			}
		}
	}
}

/// Plays from a fresh state: some workers are there, then come the operations, then the time in
/// which everything ends.
pub fn play(operations: &[Operation], coverage: &mut Coverage) {
	genesis().execute_with(|| {
		first_blocks();
		for (place, worker) in workers().iter().enumerate() {
			let class = u32::from(place == 2);
			register_with(worker, class as _, 2, 10_000_000);
		}
		let attests = RuntimeCall::PoAi(attestation(&workers()[0], true));
		attests
			.dispatch(signed(&workers()[0]))
			.expect("the GPU is nobody's");
		for verifier in verifiers() {
			bond_verifier(&verifier);
		}
		System::reset_events();
		let mut game = Game {
			book: Book::open(),
			coverage,
			touched: false,
		};
		for operation in operations {
			game.step(operation);
		}
		let end = System::block_number() + 120;
		while pallet_aci_jobs::Jobs::<Market>::iter_keys()
			.next()
			.is_some()
			|| pallet_aci_staking_slashing::Slashes::<Market>::iter_values()
				.any(|slash| slash.applies_at >= System::block_number())
		{
			assert!(System::block_number() < end, "everything comes to an end");
			game.step(&Operation {
				kind: Kind::NextBlock,
				a: 2,
				b: 0,
				c: 0,
			});
		}
		for worker in pallet_aci_jobs::Workers::<Market>::iter_values() {
			assert_eq!((worker.busy, worker.exposure), (0, 0));
		}
	});
}
