//! A state that breaks an invariant is found.

use super::*;
use crate::{Authorities, CurrentSet, Pallet, Pending, PendingChange, Reported, Sets, Validators};
use frame_support::BoundedVec;

/// Breaks the state of set 2, and shows that the check says so.
fn found(name: &str, breaks: impl FnOnce()) {
	genesis(VALIDATORS).execute_with(|| {
		start();
		go_to_set(2);
		assert_eq!(Pallet::<Test>::do_try_state(), Ok(()), "{name}");
		breaks();
		assert!(Pallet::<Test>::do_try_state().is_err(), "{name}");
	});
}

#[test]
fn authorities_that_make_no_set() {
	found("none", || Authorities::<Test>::kill());
	found("one twice", || {
		Authorities::<Test>::mutate(|authorities| authorities[0] = key(2))
	});
	found("another", || {
		Authorities::<Test>::mutate(|authorities| authorities[0] = key(OUTSIDER))
	});
	found("another account", || {
		Validators::<Test>::mutate(|validators| validators[0] = account(OUTSIDER))
	});
	found("an account less", || {
		Validators::<Test>::mutate(|validators| {
			validators.pop();
		})
	});
}

#[test]
fn a_change_that_is_still_pending() {
	found("pending", || {
		Pending::<Test>::put(PendingChange {
			session: 3,
			members: BoundedVec::truncate_from(vec![(account(1), key(1))]),
		})
	});
}

#[test]
fn records_that_are_not_those_of_the_last_sets() {
	found("one is missing", || Sets::<Test>::remove(1));
	found("one is of the future", || {
		Sets::<Test>::insert(3, Sets::<Test>::get(2).expect("in force"))
	});
	found("another number", || CurrentSet::<Test>::put(1));
	found("sessions do not rise", || {
		Sets::<Test>::mutate(1, |record| record.as_mut().expect("remembered").session = 2)
	});
}

#[test]
fn reported_authorities_that_are_not_of_a_set_or_twice() {
	let list = |keys: &[u8]| BoundedVec::truncate_from(keys.iter().map(|n| key(*n)).collect());
	found("a forgotten set", || {
		Reported::<Test>::insert(7, list(&[1]))
	});
	found("nobody", || Reported::<Test>::insert(2, list(&[])));
	found("one twice", || Reported::<Test>::insert(2, list(&[1, 1])));
}
