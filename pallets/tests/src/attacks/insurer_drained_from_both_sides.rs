//! One owner is client, worker and provider of the fund: it has its own jobs found wrong after its
//! bond is gone, so that the fund answers, and holds shares of the fund to take the rest.

use super::*;
use crate::orders::*;
use aci_primitives::{
	traits::{DisputeVerdict, Verdicts},
	JobId,
};

fn convict(id: JobId) {
	let wrong = DisputeVerdict::Wrong;
	assert_ok!(<Jobs as Verdicts>::convict(
		&id,
		wrong,
		Default::default(),
		None
	));
}

/// What an honest provider's shares are worth.
fn value(who: &AccountId) -> Balance {
	Hmm::provider(CLASS, who.clone()).expect("provides").value
}

/// The attacker's accounts: client, worker, provider.
fn attacker() -> [AccountId; 3] {
	[
		clients()[0].clone(),
		workers()[0].clone(),
		investors()[0].clone(),
	]
}

/// Many jobs are paid, then all are found wrong in one block. One pot has room for one claim, so the
/// others go to the fund at once. It pays no more than those jobs brought it, and the honest provider
/// loses nothing of its deposit.
#[test]
fn claims_beyond_the_pot_take_no_more_of_the_fund_than_the_jobs_brought() {
	run(|| {
		let ([client, worker, provider], honest) = (attacker(), investors()[1].clone());
		register(&worker, 1);
		provide(&honest, 500_000);
		provide(&provider, 500_000);
		let deposited = value(&honest);
		let profit = profit(&attacker(), || {
			let ids: Vec<JobId> = (0..5).map(|_| paid(&client, &text())).collect();
			let brought = Hmm::insured(CLASS, worker.clone());
			let before = Hmm::fund(CLASS).expect("there").assets;
			ids.into_iter().for_each(convict);
			let taken = before - Hmm::fund(CLASS).expect("there").assets;
			assert!(taken > 0 && taken <= brought, "{taken} of {brought}");
			assert_eq!(Hmm::insured(CLASS, worker.clone()), brought - taken);
			skip(FRAUD_WINDOW + 2);
		});
		assert!(profit < 0, "{profit}");
		assert!(value(&honest) >= deposited);
	});
}

/// The bond is gone before: an older offence took it, and its pot was applied while a dispute went
/// through all its draws. So the whole claim is the fund's to answer.
#[test]
fn a_claim_after_the_pot_is_applied_takes_no_more_than_the_jobs_brought() {
	run(|| {
		let ([client, worker, provider], honest) = (attacker(), investors()[1].clone());
		register(&worker, 1);
		provide(&honest, 500_000);
		provide(&provider, 500_000);
		let deposited = value(&honest);
		let profit = profit(&attacker(), || {
			let (first, second) = (paid(&client, &text()), paid(&client, &text()));
			convict(first);
			skip(FRAUD_WINDOW - 3);
			assert_ok!(dispute(second));
			skip(DISPUTE_BLOCKS + 1);
			// The second draw.
			let wrong = DisputeVerdict::Wrong;
			assert_ok!(Jobs::decide_dispute(RuntimeOrigin::root(), second, wrong));
			assert_eq!(
				pallet_aci_staking_slashing::Slashes::<Market>::iter().count(),
				0
			);
			assert_eq!(
				Hmm::insured(CLASS, worker.clone()),
				0,
				"all that was brought is paid"
			);
		});
		assert!(profit < 0, "{profit}");
		assert!(value(&honest) >= deposited);
	});
}

/// Another worker's jobs filled the fund. Nothing of that is for this worker's clients.
#[test]
fn what_an_honest_worker_brought_is_not_for_the_clients_of_another() {
	run(|| {
		let ([client, worker, provider], honest) = (attacker(), workers()[1].clone());
		provide(&provider, 10_000);
		register(&honest, 1);
		for _ in 0..5 {
			paid(&clients()[1], &text());
		}
		let brought = Hmm::insured(CLASS, honest.clone());
		assert!(brought > 0);
		assert_ok!(Jobs::set_active(signed(&honest), false));
		register(&worker, 1);
		let profit = profit(&attacker(), || {
			let ids: Vec<JobId> = (0..3).map(|_| paid(&client, &text())).collect();
			ids.into_iter().for_each(convict);
			skip(FRAUD_WINDOW + 2);
		});
		assert!(profit < 0, "{profit}");
		assert_eq!(Hmm::insured(CLASS, honest), brought);
		assert!(Hmm::fund(CLASS).expect("there").assets >= brought);
	});
}
