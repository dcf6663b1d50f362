//! Slot stalling by reservation: holding capacity that is never used, and saving the prepayment from
//! the end of the window.

use super::*;
use crate::orders::*;
use aci_primitives::JobStatus;

/// What the window costs on the curve, when all else is as bought.
fn price_of(blocks: u32) -> Balance {
	Hmm::reservation_quote(CLASS, 1_000, blocks)
		.expect("there is capacity")
		.price
}

/// A scene with one worker of the victim's; returns what the attack brings the client that stalls.
fn stall(blocks: u32, attack: impl FnOnce(&AccountId, u64)) -> (Balance, i128) {
	let (mut price, mut brought) = (0, 0);
	run(|| {
		let [client, _] = clients();
		register(&workers()[0], 4);
		price = price_of(blocks);
		brought = profit(core::slice::from_ref(&client), || {
			let reservation = buy(&client, 1_000, blocks);
			attack(&client, reservation);
			// Until every record is pruned.
			skip(FRAUD_WINDOW + RETENTION + TIMEOUT_BLOCKS);
			assert_eq!(Escrow::prepaid_of(client.clone()), 0);
		});
		assert_eq!(Hmm::pool_state(CLASS).expect("there").pool.free, 4_000);
	});
	(price, brought)
}

fn loss(brought: i128) -> Balance {
	u128::try_from(-brought).expect("a loss")
}

#[test]
fn an_unused_window_costs_all_of_its_price() {
	let (price, brought) = stall(10, |_, _| skip(11));
	assert_eq!(loss(brought), price);
}

#[test]
fn selling_back_costs_at_least_the_time_that_was_used() {
	let (price, brought) = stall(10, |client, reservation| {
		skip(4);
		assert_ok!(sell_back(client, reservation));
	});
	assert!(loss(brought) * 10 >= price * 4);
}

/// Ordering for the whole prepayment just before the window ends, and withdrawing the orders after
/// it: what their locks hold is burned as the rest of the prepayment is.
#[test]
fn orders_of_the_last_block_that_are_withdrawn_after_it_save_nothing() {
	let (price, brought) = stall(10, |client, reservation| {
		// Nobody works, so the orders wait.
		assert_ok!(Jobs::set_active(signed(&workers()[0]), false));
		skip(9);
		let ids = lock_all(client, reservation);
		assert!(Escrow::locked(client.clone()) > price_of(10) / 2);
		skip(2);
		for id in ids {
			assert_eq!(status(id), JobStatus::Open);
			assert_ok!(Jobs::cancel(signed(client), id));
		}
	});
	assert_eq!(loss(brought), price);
}

/// The same without a call: the orders expire.
#[test]
fn orders_of_the_last_block_that_expire_after_it_save_nothing() {
	let (price, brought) = stall(10, |client, reservation| {
		assert_ok!(Jobs::set_active(signed(&workers()[0]), false));
		skip(9);
		lock_all(client, reservation);
		skip(MATCH_BLOCKS + 2);
	});
	assert_eq!(loss(brought), price);
}

/// The same with orders that are matched and that the worker returns twice, because the input is not
/// served.
#[test]
fn orders_of_the_last_block_without_an_input_save_nothing() {
	let (price, brought) = stall(10, |client, reservation| {
		skip(8);
		let id = submit_reserved(client, &served(), reservation);
		for _ in 0..2 {
			next_block();
			let reason = pallet_aci_jobs::types::DeclineReason::InputUnavailable;
			assert_ok!(Jobs::decline(signed(&worker_of(id)), id, reason));
		}
		assert_eq!(status(id), JobStatus::Expired);
	});
	assert_eq!(loss(brought), price);
}

/// The same with the attacker's own worker, which takes the jobs and answers in a word: the rest of
/// the lock is burned, and of the word a fifth is lost.
#[test]
fn short_answers_of_the_own_worker_save_nothing() {
	run(|| {
		let attacker = [clients()[0].clone(), workers()[0].clone()];
		register(&attacker[1], 2);
		let price = price_of(10);
		let mut dues = 0;
		let profit = profit(&attacker, || {
			let reservation = buy(&attacker[0], 1_000, 10);
			skip(9);
			let id = submit_reserved(&attacker[0], &text(), reservation);
			next_block();
			acknowledge(id);
			next_block();
			result(id, 1);
			dues = due(id);
			skip(FRAUD_WINDOW + 3);
		});
		assert!(loss(profit) >= price - dues * 4 / 5 - 4, "{profit}");
		assert!(dues * 4 < price);
	});
}

/// The same with the attacker's own worker that lets the job time out: the lock comes back, since a
/// client whom a worker wronged is refunded in any case, and the worker's bond pays more than that.
#[test]
fn a_timeout_of_the_own_worker_costs_more_than_it_saves() {
	run(|| {
		let attacker = [clients()[0].clone(), workers()[0].clone()];
		// The smallest bond that has room for the job.
		register_with(&attacker[1], CLASS, 2, 0);
		let mut saved = 0;
		let profit = profit(&attacker, || {
			let reservation = buy(&attacker[0], 1_000, 10);
			skip(9);
			let id = submit_reserved(&attacker[0], &text(), reservation);
			saved = Escrow::locked(attacker[0].clone());
			next_block();
			acknowledge(id);
			skip(TIMEOUT_BLOCKS + 1);
			assert_eq!(status(id), JobStatus::TimedOut);
			skip(FRAUD_WINDOW);
		});
		assert!(loss(profit) > saved, "{profit} {saved}");
	});
}

/// The same with a dispute that nobody decides: the client is refunded all of the lock and its bond,
/// though the reservation is over. That brings nothing, but it holds slots for no more than the
/// deposits, wherever committees let disputes pass.
#[test]
fn a_dispute_that_nobody_decides_brings_nothing() {
	run(|| {
		let attacker = [clients()[0].clone(), workers()[0].clone()];
		register(&attacker[1], 2);
		let profit = profit(&attacker, || {
			let reservation = buy(&attacker[0], 1_000, 10);
			skip(9);
			let id = submit_reserved(&attacker[0], &text(), reservation);
			next_block();
			acknowledge(id);
			result(id, 32);
			assert_ok!(dispute(id));
			skip(u32::from(MAX_DRAWS) * (DISPUTE_BLOCKS + 1) + 1);
			assert_eq!(status(id), JobStatus::Refunded);
			skip(RETENTION + 1);
		});
		assert!(profit < 0, "{profit}");
	});
}

/// Locks as much of a prepayment as orders can take.
fn lock_all(client: &AccountId, reservation: u64) -> Vec<aci_primitives::JobId> {
	let mut spec = text();
	let mut ids = Vec::new();
	for tokens in [400, 64, 8, 1] {
		spec.parameters.max_tokens_in = tokens;
		for _ in 0..6 {
			let order = pallet_aci_jobs::LastOrder::<Market>::get(client).unwrap_or_default() + 1;
			let call = frame_support::storage::with_storage_layer(|| {
				Jobs::submit_reserved(signed(client), order, spec.clone(), reservation)
			});
			if call.is_err() {
				break;
			}
			ids.push(id(client, order, &spec));
		}
	}
	ids
}
