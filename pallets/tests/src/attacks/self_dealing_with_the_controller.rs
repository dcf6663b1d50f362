//! Self-dealing with the slow control: a worker orders from itself, so that the class looks busy and
//! its par price rises.
//!
//! Against demand that spends a fixed sum, which is an elasticity of one, this loses a fifth of each
//! own order and brings nothing. Against demand that takes any price a worker with most of a class can
//! gain over a long time; `aci_market::control` says why, and a client's maximum price is its defence.

use super::*;
use crate::orders::*;
use aci_primitives::{job::JobSpec, Class};

/// Blocks of which each is one own order.
const BLOCKS: u32 = 4 * EPOCH;
/// What the honest client spends in an epoch, at most.
const BUDGET: Balance = 80_000;

/// Slow hardware, so that a job takes most of a block.
fn slow() -> Class {
	Class {
		bandwidth: 5_000_000_000,
		..class()
	}
}

/// The largest order that costs no more than the budget now.
fn affordable() -> Option<JobSpec> {
	let mut spec = text();
	let fits = |spec: &JobSpec| {
		let quote = Jobs::quote(spec.clone());
		quote.is_ok_and(|quote| quote.price <= BUDGET)
	};
	let tokens = (1..=200).rev().find(|tokens| {
		spec.parameters.max_tokens_in = *tokens;
		fits(&spec)
	})?;
	spec.parameters.max_tokens_in = tokens;
	Some(spec)
}

/// What the owner of the worker has earned, and the par price at the end, with own orders or without.
fn played(washes: bool) -> (i128, Balance) {
	let mut result = (0, 0);
	run(|| {
		// Two clients, since one has room for so many records only.
		let owner = [
			clients()[0].clone(),
			workers()[0].clone(),
			workers()[1].clone(),
		];
		assert_ok!(Hmm::set_class(RuntimeOrigin::root(), CLASS, slow()));
		register(&owner[1], 1);
		let brought = profit(&owner, || {
			for block in 0..BLOCKS {
				let order = if block % EPOCH == EPOCH - 1 {
					affordable().map(|spec| (clients()[1].clone(), spec))
				} else {
					let client = owner[2 * (block as usize % 2)].clone();
					washes.then(|| (client, text()))
				};
				match order {
					Some((client, spec)) => {
						let id = submit(&client, &spec);
						next_block_after(BLOCK_TIME);
						acknowledge(id);
						crate::orders::result(id, 32);
					}
					None => next_block_after(BLOCK_TIME),
				}
			}
			skip(FRAUD_WINDOW + RETENTION);
		});
		result = (
			brought,
			Hmm::pool_state(CLASS).expect("there").pool.par_price,
		);
	});
	result
}

#[test]
fn a_raised_par_price_brings_less_than_it_costs() {
	let (honest, idle_price) = played(false);
	let (attack, busy_price) = played(true);
	assert!(
		busy_price > PAR_PRICE && idle_price < PAR_PRICE,
		"the own orders move the price: {idle_price} {busy_price}"
	);
	assert!(honest > 0);
	assert!(attack < honest, "{attack} {honest}");
	assert!(attack < 0, "{attack}");
}
