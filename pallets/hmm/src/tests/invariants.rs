//! Random sequences of operations, with the invariants checked after each.

use crate::{
	mock::*, Activities, Classes, FeesBrought, FundShares, NextClass, NextReservation, Pools,
	Provider, Providers, ReservationEnds, ReservationState, ReservationStates, ReservationsOf,
	Reserved, SliceCount, SliceStates,
};
use aci_market::Slice;
use aci_primitives::{job::Home, traits::MarketQuote, AccountId, ClassId, Reservation};
use proptest::prelude::*;
use sp_runtime::{DispatchResult, StateVersion};
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
enum Step {
	Create {
		par_price: u128,
		floor_share: u32,
		root: bool,
	},
	SetClass {
		id: ClassId,
		memory: u64,
	},
	SetPrice {
		id: ClassId,
		par_price: u128,
		floor_share: u32,
	},
	Add {
		id: ClassId,
		milli_slots: u64,
	},
	Remove {
		id: ClassId,
		milli_slots: u64,
	},
	Take {
		id: ClassId,
		milli_slots: u64,
	},
	GiveBack {
		id: ClassId,
		milli_slots: u64,
	},
	NextBlock,
}

fn capacity() -> impl Strategy<Value = u64> {
	prop_oneof![
		8 => 0..6_000u64,
		1 => any::<u64>(),
		1 => Just(aci_market::MAX_CAPACITY),
	]
}

fn price() -> impl Strategy<Value = (u128, u32)> {
	(
		prop_oneof![4 => 0..10_000u128, 1 => 0..=aci_market::MAX_PAR_PRICE, 1 => any::<u128>()],
		prop_oneof![4 => 0..=aci_market::MAX_FLOOR_SHARE, 1 => any::<u32>()],
	)
}

fn step() -> impl Strategy<Value = Step> {
	let id = 0..4u16;
	prop_oneof![
		1 => (price(), any::<bool>()).prop_map(|((par_price, floor_share), root)| Step::Create {
			par_price,
			floor_share,
			root,
		}),
		1 => (id.clone(), 0..3u64).prop_map(|(id, memory)| Step::SetClass { id, memory }),
		1 => (id.clone(), price()).prop_map(|(id, (par_price, floor_share))| Step::SetPrice {
			id,
			par_price,
			floor_share,
		}),
		3 => (id.clone(), capacity()).prop_map(|(id, milli_slots)| Step::Add { id, milli_slots }),
		2 => (id.clone(), capacity()).prop_map(|(id, milli_slots)| Step::Remove { id, milli_slots }),
		4 => (id.clone(), capacity()).prop_map(|(id, milli_slots)| Step::Take { id, milli_slots }),
		3 => (id, capacity()).prop_map(|(id, milli_slots)| Step::GiveBack { id, milli_slots }),
		1 => Just(Step::NextBlock),
	]
}

fn run(step: &Step) -> DispatchResult {
	let root = RuntimeOrigin::root;
	match *step {
		Step::Create {
			par_price,
			floor_share,
			root: by_root,
		} => {
			let origin = if by_root {
				root()
			} else {
				RuntimeOrigin::signed(AccountId::new([1; 32]))
			};
			Hmm::create_class(origin, h100(), par_price, floor_share)
		}
		Step::SetClass { id, memory } => {
			let mut class = h100();
			class.memory = memory;
			Hmm::set_class(root(), id, class)
		}
		Step::SetPrice {
			id,
			par_price,
			floor_share,
		} => Hmm::set_price(root(), id, par_price, floor_share),
		Step::Add { id, milli_slots } => Hmm::add_capacity(id, milli_slots, WHOLE),
		Step::Remove { id, milli_slots } => Hmm::remove_capacity(id, milli_slots, WHOLE),
		Step::Take { id, milli_slots } => Hmm::take(id, milli_slots),
		Step::GiveBack { id, milli_slots } => Hmm::give_back(id, milli_slots),
		Step::NextBlock => {
			System::set_block_number(System::block_number() + 1);
			Ok(())
		}
	}
}

/// What was added less what was removed, and what was taken less what was given back.
#[derive(Default)]
struct Ledger(BTreeMap<ClassId, (u64, u64)>);

impl Ledger {
	fn follow(&mut self, step: &Step) {
		match *step {
			Step::Add { id, milli_slots } => self.0.entry(id).or_default().0 += milli_slots,
			Step::Remove { id, milli_slots } => self.0.entry(id).or_default().0 -= milli_slots,
			Step::Take { id, milli_slots } => self.0.entry(id).or_default().1 += milli_slots,
			Step::GiveBack { id, milli_slots } => self.0.entry(id).or_default().1 -= milli_slots,
			_ => {}
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn no_sequence_of_operations_breaks_an_invariant(
		steps in proptest::collection::vec(step(), 1..60),
	) {
		chain(vec![(cpu(), PAR_PRICE, FLOOR_SHARE), (h100(), 7, 0)]).execute_with(|| {
			let mut ledger = Ledger::default();
			for step in &steps {
				let before = sp_io::storage::root(StateVersion::V1);
				let result = run(step);
				if result.is_ok() {
					ledger.follow(step);
				} else {
					prop_assert_eq!(&before, &sp_io::storage::root(StateVersion::V1), "{:?}", step);
				}
				assert_invariants();
				for (id, (registered, used)) in &ledger.0 {
					let pool = Hmm::pool(*id).expect("the ledger knows created classes only");
					prop_assert_eq!((pool.target, pool.used()), (*registered, *used));
				}
			}
			Ok(())
		})?;
	}

	#[test]
	fn a_pool_changes_exactly_when_its_version_does(
		steps in proptest::collection::vec(step(), 1..40),
	) {
		one_class().execute_with(|| {
			for step in &steps {
				let before = (Hmm::pool_state(0).expect("known"), Hmm::class(0));
				// The outcome is the other property's subject.
				let _ = run(step);
				let after = (Hmm::pool_state(0).expect("known"), Hmm::class(0));
				let changed = (before.0.pool, &before.1) != (after.0.pool, &after.1);
				prop_assert_eq!(changed, before.0.version != after.0.version, "{:?}", step);
			}
			Ok(())
		})?;
	}
}

#[test]
fn a_broken_invariant_is_found() {
	let broken: [fn(); 20] = [
		|| NextClass::<Test>::put(2),
		|| Pools::<Test>::remove(0),
		|| {
			Classes::<Test>::remove(0);
			Classes::<Test>::insert(5, cpu());
		},
		|| {
			Classes::<Test>::mutate(0, |class| {
				if let Some(class) = class {
					class.memory = 0;
				}
			})
		},
		|| {
			Pools::<Test>::mutate(0, |state| {
				if let Some(state) = state {
					state.pool.free = state.pool.target + 1;
				}
			})
		},
		|| {
			Pools::<Test>::mutate(0, |state| {
				if let Some(state) = state {
					state.pool.par_price = 0;
				}
			})
		},
		|| Activities::<Test>::mutate(0, |state| state.registered = 1),
		|| FundShares::<Test>::insert(0, 1),
		|| Providers::<Test>::insert(0, account(1), Provider::default()),
		|| {
			let provider = Provider {
				shares: 1,
				withdrawals: Default::default(),
			};
			Providers::<Test>::insert(7, account(1), provider);
		},
		|| {
			FeesBrought::<Test>::insert(
				0,
				account(1),
				crate::Brought {
					amount: 0,
					last: 100,
				},
			)
		},
		|| Reserved::<Test>::insert(0, 1),
		|| ReservationEnds::<Test>::insert(200, 0, ()),
		|| ReservationsOf::<Test>::mutate(account(1), |list| list.try_push(0).expect("room")),
		|| ReservationStates::<Test>::insert(0, reservation(0, false)),
		|| {
			// Ended without jobs, but else as it should be.
			NextReservation::<Test>::put(1);
			ReservationStates::<Test>::insert(0, reservation(0, true));
			ReservationsOf::<Test>::mutate(account(1), |list| list.try_push(0).expect("room"));
		},
		|| {
			// Capacity that is not taken out of the pool.
			NextReservation::<Test>::put(1);
			ReservationStates::<Test>::insert(0, reservation(0, false));
			ReservationEnds::<Test>::insert(200, 0, ());
			ReservationsOf::<Test>::mutate(account(1), |list| list.try_push(0).expect("room"));
			Reserved::<Test>::insert(0, 1_000);
		},
		|| SliceCount::<Test>::insert(0, 1),
		|| SliceStates::<Test>::insert(0, Home::Chain, Slice::default()),
		|| {
			let slice = Slice { free: 2, target: 1 };
			SliceStates::<Test>::insert(0, Home::Chain, slice);
			SliceCount::<Test>::insert(0, 1);
			Activities::<Test>::mutate(0, |state| state.registered = 1);
		},
	];
	for (index, break_it) in broken.into_iter().enumerate() {
		one_class().execute_with(|| {
			assert_invariants();
			break_it();
			assert!(Hmm::do_try_state().is_err(), "case {index}");
		});
	}
}

/// A reservation of one slot.
fn reservation(occupied: u64, ended: bool) -> ReservationState {
	ReservationState {
		reservation: Reservation {
			owner: account(1),
			class: 0,
			milli_slots: 1_000,
			occupied,
			from: 101,
			until: 200,
			unit_price: 1,
			paid: 1,
		},
		flops: 1,
		ended,
	}
}
