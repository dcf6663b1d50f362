//! Sell-back: buying capacity, moving the price, and selling the capacity back.

use super::*;
use crate::orders::*;

/// The price is moved by another purchase of the attacker, by governance, by the attacker's own worker
/// that leaves, and by time; reservations are sold in either order.
#[test]
fn a_round_trip_of_reservations_never_profits() {
	for wait in [0, 3, 9] {
		for leaves in [false, true] {
			for factor in [1, 50, 400] {
				for first_first in [false, true] {
					run(|| round_trip(wait, leaves, factor, first_first));
				}
			}
		}
	}
}

fn round_trip(wait: u32, leaves: bool, factor: Balance, first_first: bool) {
	let [one, two] = clients();
	let [stays, goes, _] = workers();
	let attacker = [one.clone(), two.clone(), goes.clone()];
	register(&stays, 4);
	register(&goes, 4);
	let profit = profit(&attacker, || {
		let first = buy(&one, 1_000, 10);
		let second = buy(&two, 2_000, 20);
		if leaves {
			assert_ok!(Jobs::deregister_worker(signed(&goes)));
		}
		let par_price = PAR_PRICE * factor / 20;
		assert_ok!(Hmm::set_price(RuntimeOrigin::root(), CLASS, par_price, 0));
		skip(wait);
		let mut sales = [(&one, first), (&two, second)];
		if !first_first {
			sales.reverse();
		}
		for (owner, reservation) in sales {
			assert_ok!(sell_back(owner, reservation));
			crate::check::equations();
		}
	});
	assert!(profit < 0, "{profit}");
}

/// Locks of jobs that are withdrawn go back to the prepayment while it stands, so they neither save
/// money from the sale nor add to it.
#[test]
fn locking_and_withdrawing_before_the_sale_changes_nothing() {
	let sold = |withdraws: bool| {
		let mut result = 0;
		run(|| {
			let [one, _] = clients();
			register(&workers()[0], 4);
			result = profit(core::slice::from_ref(&one), || {
				let reservation = buy(&one, 1_000, 20);
				if withdraws {
					for _ in 0..3 {
						let id = submit_reserved(&one, &text(), reservation);
						assert_ok!(Jobs::cancel(signed(&one), id));
					}
				}
				next_block();
				assert_ok!(sell_back(&one, reservation));
			});
		});
		result
	};
	assert_eq!(sold(true), sold(false));
	assert!(sold(true) < 0);
}

/// Jobs that were locked when the reservation is sold do not carry their price past the sale.
#[test]
fn a_lock_that_outlives_the_sale_is_burned() {
	run(|| {
		let [one, _] = clients();
		register(&workers()[0], 4);
		let profit = profit(core::slice::from_ref(&one), || {
			let reservation = buy(&one, 1_000, 20);
			let bought = Escrow::prepaid_of(one.clone());
			// The worker is away, so the jobs wait.
			assert_ok!(Jobs::set_active(signed(&workers()[0]), false));
			let ids: Vec<_> = (0..3)
				.map(|_| submit_reserved(&one, &text(), reservation))
				.collect();
			let locked = Escrow::locked(one.clone());
			assert!(locked > bought / 20);
			next_block();
			assert_ok!(sell_back(&one, reservation));
			assert_eq!(Escrow::prepaid_of(one.clone()), 0);
			for id in ids {
				assert_ok!(Jobs::cancel(signed(&one), id));
			}
			assert_eq!(Escrow::locked(one.clone()), 0);
			assert!(Escrow::burned() >= locked);
		});
		assert!(profit < 0, "{profit}");
	});
}
