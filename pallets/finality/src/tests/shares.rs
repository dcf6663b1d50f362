use super::*;
use crate::{ConflictingStatements, Moment, Reported};
use aci_finality::faults;
use frame_support::dispatch::Pays;
use sp_runtime::Perbill;
use sp_staking::offence::Offence;

fn share(offenders: u32, validators: u32) -> Perbill {
	let offence = ConflictingStatements {
		moment: Moment { set: 0, view: 1 },
		session: 0,
		validators,
		offender: (),
	};
	offence.slash_fraction(offenders)
}

#[test]
fn more_than_f_of_n_lose_everything_and_f_do_not() {
	for validators in 1..=100u32 {
		let most = faults(validators as usize) as u32;
		assert_eq!(share(most + 1, validators), Perbill::one(), "{validators}");
		if most > 0 {
			assert!(share(most, validators) < Perbill::one(), "{validators}");
		}
	}
	assert_eq!(share(1, 100), Perbill::from_parts(900_000));
	assert_eq!(share(u32::MAX, 4), Perbill::one());
}

#[test]
fn more_than_f_offenders_of_a_view_lose_all_that_stood_for_them() {
	run(|| {
		go_to_set(1);
		report(two_first_votes(1, 1, 5), key_owner(1)).expect("it is new");
		assert_eq!(slashed(1), BOND * 9 / 16);
		report(two_first_votes(2, 1, 5), key_owner(2)).expect("it is new");
		assert_eq!([1, 2, 3, 4].map(slashed), [BOND, BOND, 0, 0]);
	});
}

#[test]
fn offenders_of_a_view_count_together_whatever_their_kinds() {
	run(|| {
		go_to_set(1);
		report(vote_and_timeout(1, 1, 5, 1, 0), key_owner(1)).expect("it is new");
		report(two_second_votes(2, 1, 5), key_owner(2)).expect("it is new");
		assert_eq!([1, 2].map(slashed), [BOND; 2]);
	});
}

#[test]
fn offenders_of_different_views_or_sets_count_apart() {
	run(|| {
		go_to_set(1);
		let of_first = key_owner(3);
		report(two_first_votes(1, 1, 5), key_owner(1)).expect("it is new");
		report(two_first_votes(2, 1, 6), key_owner(2)).expect("it is new");
		assert_eq!([1, 2].map(slashed), [BOND * 9 / 16; 2]);
		go_to_set(2);
		report(two_first_votes(3, 1, 7), of_first).expect("it is new");
		report(two_first_votes(4, 2, 7), key_owner(4)).expect("it is new");
		assert_eq!([3, 4].map(slashed), [BOND * 9 / 16; 2]);
	});
}

#[test]
fn the_same_offender_in_another_view_of_the_session_pays_the_larger_share_only_and_is_free_once() {
	run(|| {
		go_to_set(1);
		report(two_first_votes(1, 1, 5), key_owner(1)).expect("it is new");
		// Each leaves a record: the second one is paid for.
		let info = report(two_first_votes(1, 1, 6), key_owner(1)).expect("it is new");
		assert_eq!(info.pays_fee, Pays::Yes);
		assert_eq!(slashed(1), BOND * 9 / 16);
		assert_eq!(reports().len(), 2);
		assert_eq!(Reported::<Test>::get(1).into_inner(), [key(1)]);
		let held = key_owner(2);
		let info = report(two_first_votes(2, 1, 6), held).expect("it is new");
		assert_eq!(info.pays_fee, Pays::No);
		go_to_set(u64::from(HISTORY) + 1);
		assert_eq!(Reported::<Test>::iter().count(), 0);
	});
}
