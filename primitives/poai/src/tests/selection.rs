use crate::{
	detection::{LEAST_RATE, ONE},
	selection::*,
};
use aci_primitives::AccountId;
use proptest::prelude::*;
use sp_core::H256;

const BUDGET: Budget = Budget {
	compute: 3_100_000,
	ratio: 70_000_000,
	share: 50_000_000,
};

fn facts(verifiers: u32, quality: u32) -> Facts {
	Facts {
		price: 1,
		free_bond: 1_000_000,
		quality,
		verifiers,
	}
}

#[test]
fn jobs_are_selected_as_often_as_the_rate_says() {
	let (seed, anchor) = (H256::repeat_byte(1), H256::repeat_byte(2));
	let count = |rate: u32| {
		(0..20_000u64)
			.filter(|number| selected(&seed, &H256::from_low_u64_be(*number), &anchor, rate))
			.count()
	};
	assert_eq!(count(0), 0);
	assert_eq!(count(ONE), 20_000);
	// Five standard deviations about the mean.
	assert!((855..=1_145).contains(&count(50_000_000)));
	// Who is drawn at a rate is drawn at each higher one.
	for number in 0..2_000u64 {
		let job = H256::from_low_u64_be(number);
		let drawn = |rate| selected(&seed, &job, &anchor, rate);
		assert!(!drawn(50_000_000) || drawn(60_000_000));
	}
}

#[test]
fn seed_job_and_anchor_all_decide() {
	let draws = |seed: u8, anchor: u8| -> Vec<bool> {
		(0..200u64)
			.map(|number| {
				let job = H256::from_low_u64_be(number);
				selected(
					&H256::repeat_byte(seed),
					&job,
					&H256::repeat_byte(anchor),
					ONE / 2,
				)
			})
			.collect()
	};
	assert_eq!(draws(1, 2), draws(1, 2));
	assert_ne!(draws(1, 2), draws(3, 2));
	assert_ne!(draws(1, 2), draws(1, 3));
}

#[test]
fn a_commitment_is_of_one_chain_one_verifier_and_one_epoch() {
	let (genesis, seed) = (H256::repeat_byte(1), H256::repeat_byte(2));
	let who = AccountId::new([3; 32]);
	let commitment = seed_commitment(&genesis, &who, 4, &seed);
	assert_ne!(
		commitment,
		seed_commitment(&H256::repeat_byte(9), &who, 4, &seed)
	);
	assert_ne!(
		commitment,
		seed_commitment(&genesis, &AccountId::new([9; 32]), 4, &seed)
	);
	assert_ne!(commitment, seed_commitment(&genesis, &who, 5, &seed));
	assert_ne!(
		commitment,
		seed_commitment(&genesis, &who, 4, &H256::repeat_byte(9))
	);
}

#[test]
fn canaries_are_fixed_with_their_answers() {
	let (genesis, salt) = (H256::repeat_byte(1), H256::repeat_byte(2));
	let canary = |job, wrong| Canary {
		job: H256::repeat_byte(job),
		wrong,
	};
	let set = [canary(1, true), canary(2, false)];
	let commitment = canary_commitment(&genesis, &salt, &set);
	for other in [
		vec![canary(1, false), canary(2, false)],
		vec![canary(2, false), canary(1, true)],
		vec![canary(1, true)],
	] {
		assert_ne!(commitment, canary_commitment(&genesis, &salt, &other));
	}
	assert_ne!(
		commitment,
		canary_commitment(&genesis, &H256::repeat_byte(3), &set)
	);
}

#[test]
fn the_budget_is_shared_among_verifiers_and_raised_for_low_quality() {
	// 0.31 % at 0.07 buys 4.428 % of the jobs.
	let whole = rate(&facts(1, 1_000_000), &BUDGET);
	assert_eq!(whole, 44_285_714);
	assert_eq!(rate(&facts(4, 1_000_000), &BUDGET), whole / 4);
	assert_eq!(rate(&facts(1, 500_000), &BUDGET), 66_428_571);
	// Many verifiers: each still draws the paper's rate.
	assert_eq!(rate(&facts(100, 1_000_000), &BUDGET), LEAST_RATE);
	// Nobody is there to draw: the rate is the one of a single verifier.
	assert_eq!(rate(&facts(0, 1_000_000), &BUDGET), whole);
}

#[test]
fn a_job_that_is_worth_the_bond_is_checked_by_everybody() {
	let mut exposed = facts(100, 1_000_000);
	exposed.price = 250_000;
	assert_eq!(rate(&exposed, &BUDGET), ONE / 4);
	exposed.free_bond = 250_000;
	assert_eq!(rate(&exposed, &BUDGET), ONE);
	exposed.free_bond = 0;
	assert_eq!(rate(&exposed, &BUDGET), ONE);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	/// Guarantee 4: a cheat's expected loss is at least its gain, `rate × bond >= price`.
	#[test]
	fn a_rate_covers_the_price_and_never_falls_below_the_papers(
		price in 0..u64::MAX, bond in 0..u64::MAX, quality in 0..1_000_000u32, verifiers in 0..200u32,
	) {
		let facts = Facts { price: price.into(), free_bond: bond.into(), quality, verifiers };
		let rate = rate(&facts, &BUDGET);
		prop_assert!((LEAST_RATE..=ONE).contains(&rate));
		let expected = u128::from(rate) * u128::from(bond);
		prop_assert!(rate == ONE || expected >= u128::from(price) * u128::from(ONE));
	}

	/// Guarantee 5.
	#[test]
	fn checks_of_a_job_are_expected_to_cost_no_more_than_the_share(
		price in 0..u64::MAX, rate in LEAST_RATE..=ONE, verifiers in 1..200u32,
	) {
		let paid = tariff(price.into(), rate, verifiers, &BUDGET);
		let expected = paid * u128::from(rate) * u128::from(verifiers);
		prop_assert!(expected <= u128::from(price) * u128::from(BUDGET.share));
		prop_assert!(paid <= u128::from(price) * 7 / 100);
		let votes = vote_tariff(price.into(), verifiers, &BUDGET) * u128::from(verifiers);
		prop_assert!(votes <= u128::from(price) / 20);
	}
}
