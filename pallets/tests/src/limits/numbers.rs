//! Zero, and the largest numbers, in every call that takes an amount: all are refused with an error,
//! none panics or changes anything.

use crate::{orders::*, runtime::*, world::*};
use aci_primitives::{job::Home, Balance, Role};
use frame_support::{assert_noop, assert_storage_noop};
use pallet_aci_hmm::Swap;
use sp_runtime::{traits::Dispatchable, Permill};

fn buy_call(milli_slots: u64, blocks: u32) -> RuntimeCall {
	let action = Swap::Buy {
		class: CLASS,
		milli_slots,
		blocks,
		max_price: Balance::MAX,
	};
	pallet_aci_hmm::Call::swap { action }.into()
}

/// The calls that take an amount or a number of shares.
fn calls_of(amount: Balance) -> Vec<RuntimeCall> {
	use pallet_aci_escrow::Call as Escrow;
	use pallet_aci_hmm::Call as Hmm;
	use pallet_aci_staking_slashing::Call as Staking;
	let home = Home::Validator(validators()[0].clone());
	let validator = validators()[1].clone();
	let mut calls: Vec<RuntimeCall> = vec![
		Escrow::deposit { amount }.into(),
		Escrow::withdraw { amount }.into(),
		Escrow::open_budget { home, amount }.into(),
		Hmm::provide {
			class: CLASS,
			amount,
		}
		.into(),
		Hmm::begin_withdrawal {
			class: CLASS,
			shares: amount,
		}
		.into(),
		Hmm::cancel_withdrawal {
			class: CLASS,
			shares: amount,
		}
		.into(),
		Staking::delegate {
			validator: validator.clone(),
			amount,
		}
		.into(),
		Staking::undelegate { validator, amount }.into(),
	];
	for role in [Role::Validator, Role::Verifier, Role::Worker] {
		calls.push(Staking::bond { role, amount }.into());
		calls.push(Staking::unbond { role, amount }.into());
		calls.push(Staking::rebond { role, amount }.into());
	}
	let mut spec = text();
	spec.max_price = amount;
	calls.push(pallet_aci_jobs::Call::submit { order: 1, spec }.into());
	calls
}

fn all_are_refused(calls: Vec<RuntimeCall>) {
	let who = validators()[0].clone();
	for call in calls {
		assert_storage_noop!(assert!(
			call.clone().dispatch(signed(&who)).is_err(),
			"{call:?} was accepted"
		));
	}
}

/// An account with a bond, a delegation, shares, a withdrawal and free escrow.
fn scene(test: impl FnOnce()) {
	run(|| {
		let [who, other, _] = validators();
		register(&workers()[0], 4);
		StakingSlashing::delegate(signed(&who), other, 20_000).expect("it can");
		Hmm::provide(signed(&who), CLASS, 100_000).expect("it can");
		let shares = Hmm::provider(CLASS, who.clone()).expect("provides").shares;
		Hmm::begin_withdrawal(signed(&who), CLASS, shares / 2).expect("it can");
		Escrow::deposit(signed(&who), 1_000).expect("it can");
		test();
	});
}

#[test]
fn nothing_is_refused_by_every_call_that_takes_an_amount() {
	scene(|| {
		let mut calls = calls_of(0);
		calls.extend([
			buy_call(0, 10),
			buy_call(999, 10),
			buy_call(1_000, 0),
			buy_call(1_000, MIN_WINDOW - 1),
		]);
		all_are_refused(calls);
	});
}

#[test]
fn the_largest_numbers_are_refused_by_every_call_that_takes_an_amount() {
	scene(|| {
		// More than all the issuance and all shares.
		for amount in [1 << 70, Balance::MAX / 2, Balance::MAX] {
			all_are_refused(calls_of(amount));
		}
		all_are_refused(vec![
			buy_call(u64::MAX, MAX_WINDOW),
			buy_call(1_000, u32::MAX),
			buy_call(1 << 48, MAX_WINDOW),
			pallet_aci_staking_slashing::Call::validate {
				commission: Permill::one(),
			}
			.into(),
			pallet_aci_staking_slashing::Call::apply_slash { id: u64::MAX }.into(),
			pallet_aci_hmm::Call::provide {
				class: u16::MAX,
				amount: 1,
			}
			.into(),
		]);
	});
}

/// The dearest price that governance can set: an order costs more than anybody has, waits and comes
/// back; nothing overflows in matching, in the slow control or in the views.
#[test]
fn the_highest_par_price_overflows_nothing() {
	run(|| {
		register(&workers()[0], 2);
		let highest = (0..128)
			.rev()
			.map(|bits| 1u128 << bits)
			.find(|price| Hmm::set_price(RuntimeOrigin::root(), CLASS, *price, 0).is_ok())
			.expect("some price is accepted");
		assert!(highest >= 1 << 60);
		let [client, _] = clients();
		let mut spec = text();
		spec.max_price = START / 2;
		let id = submit(&client, &spec);
		blocks(EPOCH + 1);
		assert!(job_if_any(id).is_none_or(|job| job.assignment.is_none()));
		assert_eq!(total(&client), START);
		let _ = Jobs::quote(text());
		let _ = Hmm::price_curve(CLASS, u32::MAX);
		let _ = Hmm::reservation_quote(CLASS, 1_000, MAX_WINDOW);
		let _ = StakingSlashing::yields();
	});
}

#[test]
fn order_numbers_end_at_the_largest_one() {
	run(|| {
		let [client, _] = clients();
		let order = u64::MAX;
		Jobs::submit(signed(&client), order, text()).expect("it is a number like others");
		assert_noop!(
			Jobs::submit(signed(&client), order, text()),
			pallet_aci_jobs::Error::<Market>::OrderNumberUsed
		);
	});
}
