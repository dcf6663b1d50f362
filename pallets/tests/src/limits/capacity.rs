//! A pool without capacity, and one with a single slot.

use crate::{orders::*, runtime::*, world::*};
use aci_primitives::{traits::MarketQuote, JobStatus};
use frame_support::assert_ok;

/// Nobody works in the class: nothing can be quoted or reserved, orders wait and come back in full,
/// its fund takes deposits, and its epochs close without a price to move.
#[test]
fn a_pool_without_capacity_sells_nothing_and_keeps_nothing() {
	run(|| {
		let [client, _] = clients();
		assert!(Hmm::quote(CLASS, 1_000, 1).is_err());
		assert!(Jobs::quote(text()).is_err());
		assert!(try_buy(&client, 1_000, 10).is_err());
		assert_ok!(Hmm::provide(signed(&investors()[0]), CLASS, 50_000));
		let id = submit(&client, &text());
		next_block();
		assert_eq!(status(id), JobStatus::Open);
		skip(MATCH_BLOCKS + 1);
		assert_eq!(status(id), JobStatus::Expired);
		skip(EPOCH);
		assert_eq!(total(&client), START);
		assert_eq!(Balances::free_balance(&client), START);
		let pool = Hmm::pool_state(CLASS).expect("there").pool;
		assert_eq!((pool.target, pool.par_price), (0, PAR_PRICE));
		assert!(pool.floor_share > 0, "the fund sets the floor all the same");
	});
}

/// The last worker leaves: jobs that are on record stay payable, open ones come back.
#[test]
fn a_pool_that_loses_its_last_worker_ends_what_was_begun() {
	run(|| {
		let ([client, _], worker) = (clients(), workers()[0].clone());
		register(&worker, 1);
		let runs = submit(&client, &text());
		let waits = submit(&client, &text());
		next_block();
		let (runs, waits) = match status(runs) {
			JobStatus::Open => (waits, runs),
			_ => (runs, waits),
		};
		assert_ok!(Jobs::set_active(signed(&worker), false));
		assert!(Jobs::deregister_worker(signed(&worker)).is_err());
		acknowledge(runs);
		result(runs, 32);
		skip(MATCH_BLOCKS + 2);
		assert_eq!(status(runs), JobStatus::Settled);
		assert_eq!(status(waits), JobStatus::Expired);
		skip(FRAUD_WINDOW);
		assert_ok!(Jobs::deregister_worker(signed(&worker)));
		assert_eq!(Hmm::pool_state(CLASS).expect("there").pool.target, 0);
	});
}

/// Two orders of one block for the only slot: the better one has it, the other waits for it.
#[test]
fn a_single_slot_serves_one_job_after_the_other() {
	run(|| {
		let [one, two] = clients();
		register(&workers()[0], 1);
		assert!(
			try_buy(&one, 1_000, 10).is_err(),
			"half of one slot is no slot"
		);
		let mut spec = text();
		spec.max_price = 100_000_000;
		let ids = [submit(&one, &spec), submit(&two, &spec)];
		let mut served = Vec::new();
		for _ in 0..4 {
			next_block();
			let busy: Vec<_> = ids
				.iter()
				.filter(|id| status(**id) == JobStatus::Matched)
				.collect();
			assert!(busy.len() <= 1);
			for id in busy {
				// 20 times the par price at most: what 95 % utilisation costs.
				assert!(price(*id) * 1_000_000 <= price_limit(*id));
				acknowledge(*id);
				result(*id, 32);
				served.push(*id);
			}
		}
		assert_eq!(served.len(), 2);
	});
}

/// A million times the most that a job's operations cost on the last slot of one: the curve's price
/// there is (20/19)²/((20/19)·(1/19)) = 20 times the par price.
fn price_limit(id: aci_primitives::JobId) -> u128 {
	let flops = job(id).assignment.expect("matched").flops;
	// One planck for each rounding.
	flops * 20 * PAR_PRICE / 1_000_000 + 2_000_000
}
