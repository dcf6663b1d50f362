use super::*;
use crate::{Event, NextPaidEpoch, Work};
use aci_primitives::traits::{Pot, Pots, VerifierWork};
use frame_support::assert_ok;

fn delivered(who: u8, tariff: Balance) {
	<StakingSlashing as VerifierWork>::delivered(&account(who), tariff);
}

/// Leaves so much in the verifiers' pool.
fn pool(amount: Balance) {
	let all = PotsDouble::balance(Pot::Verifiers);
	assert_ok!(PotsDouble::pay_out(
		Pot::Verifiers,
		&[(account(CLAIMABLE), all - amount)]
	));
}

#[test]
fn tariffs_are_paid_in_full_at_the_epochs_end() {
	run(|| {
		delivered(1, 100);
		delivered(1, 50);
		delivered(2, 30);
		delivered(3, 0);
		go_to(EPOCH - 1);
		assert_eq!(balance(&account(1)), START);
		go_to(EPOCH);
		assert_eq!(balance(&account(1)), START + 150);
		assert_eq!(balance(&account(2)), START + 30);
		assert_eq!(balance(&account(3)), START);
		System::assert_has_event(
			Event::VerifierPaid {
				epoch: 0,
				verifier: account(1),
				amount: 150,
			}
			.into(),
		);
		go_to(EPOCH + 1);
		assert_eq!(NextPaidEpoch::<Test>::get(), 1);
	});
}

#[test]
fn a_pool_with_less_pays_in_proportion_and_what_it_lacks_is_not_carried_over() {
	run(|| {
		pool(100);
		delivered(1, 300);
		delivered(2, 101);
		go_to(EPOCH + 1);
		// 74.8 and 25.2 of a hundred, rounded down.
		assert_eq!(balance(&account(1)), START + 74);
		assert_eq!(balance(&account(2)), START + 25);
		assert_eq!(PotsDouble::balance(Pot::Verifiers), 1);
		go_to(3 * EPOCH);
		assert_eq!(PotsDouble::balance(Pot::Verifiers), 1);
		assert_eq!(Work::<Test>::iter().count(), 0);
	});
}

#[test]
fn more_verifiers_than_a_block_pays_are_paid_in_the_next_ones() {
	run(|| {
		pool(70);
		for who in 1..=4 {
			delivered(who, 20);
		}
		// A verifier of which nobody knows an account gets dust, which becomes claimable.
		delivered(77, 8);
		go_to(EPOCH);
		assert_eq!(Work::<Test>::iter().count(), 3);
		// Work of the new epoch does not mix with that of the old.
		delivered(1, 1_000);
		check();
		go_to(EPOCH + 2);
		for who in 1..=4 {
			assert_eq!(balance(&account(who)), START + 15);
		}
		assert_eq!(balance(&account(77)), 0);
		assert_eq!(PotsDouble::balance(Pot::Verifiers), 70 - 4 * 15 - 6);
		assert_eq!(Work::<Test>::iter().count(), 1);
	});
}

#[test]
fn tariffs_beyond_the_type_are_not_written() {
	run(|| {
		pool(1_000);
		delivered(1, 500);
		delivered(2, Balance::MAX);
		check();
		go_to(EPOCH);
		assert_eq!(balance(&account(1)), START + 500);
		assert_eq!(balance(&account(2)), START);
	});
}
