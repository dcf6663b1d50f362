//! Slot stalling by clients that never serve their inputs.

use super::*;
use crate::orders::*;
use aci_primitives::JobStatus;
use pallet_aci_jobs::types::DeclineReason;

/// All slots of a class are taken again and again by orders whose input nobody serves. Each stall
/// costs the client the slot fee; no worker loses money, rank or score, and an honest order is
/// matched as soon as a worker says that it cannot fetch the input.
#[test]
fn each_stall_costs_the_slot_fee_and_the_workers_nothing() {
	run(|| {
		let [attacker, honest] = clients();
		let [one, two, _] = workers();
		register(&one, 2);
		register(&two, 2);
		let (mut stalls, workers_before) = (0, wealth(&[one.clone(), two.clone()]));
		let profit = profit(core::slice::from_ref(&attacker), || {
			for _ in 0..3 {
				let ids: Vec<_> = (0..4).map(|_| submit(&attacker, &served())).collect();
				for _ in 0..2 {
					next_block();
					for id in &ids {
						assert_eq!(status(*id), JobStatus::Matched);
						let reason = DeclineReason::InputUnavailable;
						assert_ok!(Jobs::decline(signed(&worker_of(*id)), *id, reason));
					}
				}
				stalls += ids.len() as u128;
				let served = submit(&honest, &text());
				next_block();
				acknowledge(served);
				result(served, 32);
				skip(RETENTION + 1);
			}
		});
		assert_eq!(profit, -i128::try_from(stalls * SLOT_FEE).expect("fits"));
		assert!(wealth(&[one.clone(), two.clone()]) > workers_before);
		for who in [one, two] {
			let worker = Jobs::worker(who).expect("registered");
			assert_eq!(worker.worker.missed, 0);
			assert!(worker.quality >= Quality::get().neutral_start);
		}
	});
}

/// The client's own worker takes the orders and says that it cannot fetch them: the fee is burned all
/// the same, so the pair gains nothing.
#[test]
fn the_own_worker_gets_nothing_of_the_slot_fee() {
	run(|| {
		let attacker = [clients()[0].clone(), workers()[0].clone()];
		register(&attacker[1], 1);
		let profit = profit(&attacker, || {
			let id = submit(&attacker[0], &served());
			for _ in 0..2 {
				next_block();
				let reason = DeclineReason::InputUnavailable;
				assert_ok!(Jobs::decline(signed(&attacker[1]), id, reason));
			}
			skip(RETENTION + 1);
		});
		assert_eq!(profit, -i128::try_from(SLOT_FEE).expect("fits"));
	});
}
