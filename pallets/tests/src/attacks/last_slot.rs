//! The last slot: taking it to keep others out, or to sell it dear.

use super::*;
use crate::orders::*;
use aci_primitives::{traits::MarketQuote, JobStatus};

/// All slots but one are taken by jobs of an honest client.
fn one_slot_left() {
	register(&workers()[0], 4);
	for _ in 0..3 {
		submit(&clients()[1], &text());
	}
	next_block();
	MaxReservedShare::set(1_000_000_000);
	assert_eq!(Hmm::pool_state(CLASS).expect("there").pool.free, 1_000);
}

/// It has a price, the one of 95 % utilisation, and costs the client that takes it no more than its
/// maximum. Who comes next waits, and is matched when a slot is free.
#[test]
fn it_is_sold_at_a_finite_price_and_the_next_waits() {
	run(|| {
		one_slot_left();
		let [_, client] = clients();
		let mut dear = text();
		dear.max_price = 1_000_000;
		let quote = Hmm::quote(CLASS, 1_000, 1_000_000_000_000).expect("it is for sale");
		// 200,000 at par: at most (20/19·4)²/((20/19·4 − 3)·(20/19·4 − 4)) times that.
		assert!(quote.unit_price < PAR_PRICE * 80);
		let taken = submit(&client, &dear);
		next_block();
		assert_eq!(status(taken), JobStatus::Matched);
		assert!(price(taken) <= dear.max_price);
		assert!(Hmm::quote(CLASS, 1_000, 1).is_err());
		let waits = submit(&client, &dear);
		next_block();
		assert_eq!(status(waits), JobStatus::Open);
		acknowledge(taken);
		result(taken, 32);
		next_block();
		assert_eq!(status(waits), JobStatus::Matched);
	});
}

/// Buying it and selling it back, at once or when the others have left, brings nothing.
#[test]
fn buying_it_and_selling_it_back_loses() {
	for wait in [0, 2, 6] {
		run(|| {
			one_slot_left();
			let [attacker, _] = clients();
			let profit = profit(core::slice::from_ref(&attacker), || {
				let reservation = buy(&attacker, 1_000, 8);
				skip(wait);
				assert_ok!(sell_back(&attacker, reservation));
			});
			assert!(profit < 0, "{profit}");
		});
	}
}

/// Keeping it from others by a job that is withdrawn is not possible: a job that has a worker cannot
/// be withdrawn, and one that has none keeps no slot.
#[test]
fn an_order_that_is_withdrawn_keeps_nobody_out() {
	run(|| {
		one_slot_left();
		let [attacker, honest] = clients();
		let mut dear = text();
		dear.max_price = 1_000_000;
		let profit = profit(core::slice::from_ref(&attacker), || {
			let first = submit(&attacker, &dear);
			next_block();
			let error = pallet_aci_jobs::Error::<Market>::NotOpen;
			frame_support::assert_noop!(Jobs::cancel(signed(&attacker), first), error);
			let second = submit(&attacker, &dear);
			assert_ok!(Jobs::cancel(signed(&attacker), second));
			acknowledge(first);
			result(first, 32);
			let next = submit(&honest, &dear);
			next_block();
			assert_eq!(status(next), JobStatus::Matched);
			skip(FRAUD_WINDOW + RETENTION);
		});
		assert!(profit < 0, "{profit}");
	});
}
