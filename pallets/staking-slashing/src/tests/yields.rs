use super::*;
use crate::{Earner, Paid, Yield};
use aci_primitives::traits::VerifierWork;
use frame_support::assert_ok;

#[test]
fn a_yield_is_what_was_credited_over_what_was_bonded() {
	run(|| {
		assert!(StakingSlashing::yields().is_empty());
		validate(&account(1), VALIDATOR, 0);
		assert_ok!(delegate(&account(2), &account(1), VALIDATOR));
		assert_ok!(bond(&account(3), Role::Verifier, VERIFIER));
		assert_ok!(bond(&account(3), Role::Worker, 2_000));
		Earned::set((100, 7, 0));
		go_to_session(2, &[]);
		<StakingSlashing as VerifierWork>::delivered(&account(3), 50);
		Earned::set((130, 9, 4_000));
		go_to_session(3, &[1]);
		go_to(2 * EPOCH);
		// The pool is shared by two equal stakes. A year has a hundred epochs of twenty blocks.
		let half = (START - EXISTENTIAL_DEPOSIT) / 2;
		let of = |earner, amount, stake, yearly| Yield {
			earner,
			paid: Paid { amount, stake },
			yearly,
		};
		let large = half as u64 * 100 * 1_000_000 / VALIDATOR as u64;
		assert_eq!(
			StakingSlashing::yields(),
			[
				of(Earner::Validators, half, VALIDATOR, Some(large)),
				of(Earner::Delegators, half, VALIDATOR, Some(large)),
				// Its work of that epoch is paid in the next one.
				of(Earner::Verifiers, 0, VERIFIER, Some(0)),
				of(Earner::Workers, 30, 2_000, Some(1_500_000)),
				of(Earner::LiquidityProviders, 2, 4_000, Some(50_000)),
			]
		);
		go_to(3 * EPOCH);
		let yields = StakingSlashing::yields();
		assert_eq!(
			yields[2],
			of(Earner::Verifiers, 50, VERIFIER, Some(1_000_000))
		);
		assert_eq!(yields[0].yearly, Some(0));
	});
}

#[test]
fn without_a_stake_there_is_no_yield() {
	run(|| {
		go_to(EPOCH);
		let yields = StakingSlashing::yields();
		assert_eq!(yields.len(), 5);
		assert!(yields.iter().all(|of| of.yearly.is_none()));
	});
}
