//! Wash jobs: an owner of client and worker orders from itself, to gain a score, a claim on the fund
//! or the shares of the fees.

use super::*;
use crate::orders::*;
use aci_primitives::{traits::Pot, traits::Pots, Role};

fn wash(client: &AccountId) -> Balance {
	(0..8).map(|_| due(paid(client, &text()))).sum()
}

#[test]
fn an_owner_of_client_and_worker_loses_a_fifth() {
	run(|| {
		let attacker = [clients()[0].clone(), workers()[0].clone()];
		register(&attacker[1], 1);
		let mut spent = 0;
		let profit = profit(&attacker, || {
			spent = wash(&attacker[0]);
			skip(FRAUD_WINDOW + 1);
		});
		let lost = u128::try_from(-profit).expect("a loss");
		// To the unit but for the rounding of each job, which is the worker's.
		assert!(
			lost <= spent / 5 && lost + 8 * 4 >= spent / 5,
			"{lost} of {spent}"
		);
	});
}

/// The owner has all of the class's fund, all validators and their delegations too: of each payment
/// all but the verifiers' part and the burned part come back, and no more.
#[test]
fn an_owner_of_everything_but_the_verifiers_still_loses_the_burned_part() {
	run(|| {
		let [first, second, third] = validators();
		let [investor, _] = investors();
		let (client, worker) = (clients()[0].clone(), workers()[0].clone());
		let attacker = [
			client,
			worker,
			investor.clone(),
			first.clone(),
			second,
			third,
		];
		register(&attacker[1], 1);
		provide(&investor, 1_000_000);
		assert_ok!(StakingSlashing::delegate(
			signed(&investor),
			first.clone(),
			1_000_000
		));
		skip(3 * SESSION);
		let burned = Escrow::burned();
		let mut spent = 0;
		let profit = profit(&attacker, || {
			spent = wash(&attacker[0]);
			skip(FRAUD_WINDOW + 3 * SESSION);
			for who in &attacker[3..] {
				let _ = StakingSlashing::claim_rewards(signed(who), who.clone());
			}
			let _ = StakingSlashing::claim_rewards(signed(&investor), first.clone());
		});
		let lost = u128::try_from(-profit).expect("a loss");
		let verifiers = <Escrow as Pots>::balance(Pot::Verifiers);
		assert!(
			lost >= Escrow::burned() - burned + verifiers,
			"{lost} of {spent}"
		);
		assert!(lost >= spent * 79 / 1_000, "{lost} of {spent}");
	});
}

/// A score raised by wash jobs saves nothing of a slash: the next offence takes the whole bond.
#[test]
fn a_score_that_was_bought_protects_no_bond() {
	run(|| {
		let attacker = [clients()[0].clone(), workers()[0].clone()];
		register(&attacker[1], 1);
		let victim = clients()[1].clone();
		let bond = StakingSlashing::ledger(attacker[1].clone(), Role::Worker)
			.expect("bonded")
			.active;
		let profit = profit(&attacker, || {
			wash(&attacker[0]);
			let id = paid(&victim, &text());
			assert_ok!(dispute(id));
			let wrong = aci_primitives::traits::DisputeVerdict::Wrong;
			assert_ok!(Jobs::decide_dispute(RuntimeOrigin::root(), id, wrong));
			skip(FRAUD_WINDOW + 2);
		});
		assert!(profit < -i128::try_from(bond).expect("fits") / 2);
		// The victim lost nothing but what comes back when its record is pruned.
		skip(RETENTION);
		assert_eq!(total(&victim), START);
	});
}
