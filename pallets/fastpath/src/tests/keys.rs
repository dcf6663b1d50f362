//! Order keys.

use crate::{mock::*, Error, KeyOwners, OrderKeys};
use aci_fastpath::transaction::registration_hash;
use frame_support::{assert_noop, assert_ok};

#[test]
fn a_key_signs_for_the_account_that_registers_it() {
	run(|| {
		assert_eq!(Fastpath::order_key(client(0)), Some(key(&client(0))));
		assert_eq!(Fastpath::key_owner(&key(&client(0))), Some(client(0)));
		// The key's consent was for another account.
		let foreign = sign(&account(99), &registration_hash(&GENESIS, &client(1)));
		assert_noop!(
			Fastpath::set_order_key(RuntimeOrigin::signed(client(0)), key(&account(99)), foreign),
			Error::<Test>::WrongSignature
		);
	});
}

#[test]
fn nobody_takes_a_key_that_another_account_has() {
	run(|| {
		let signature = sign(&client(1), &registration_hash(&GENESIS, &client(0)));
		assert_noop!(
			Fastpath::set_order_key(RuntimeOrigin::signed(client(0)), key(&client(1)), signature),
			Error::<Test>::KeyTaken
		);
	});
}

#[test]
fn a_key_that_signs_for_something_leased_stays() {
	run(|| {
		let id = fund(0, 0, 5_000);
		let origin = RuntimeOrigin::signed(client(0));
		assert_noop!(
			Fastpath::clear_order_key(origin.clone()),
			Error::<Test>::KeyInUse
		);
		assert_ok!(Fastpath::end_ticket(origin.clone(), id, None));
		assert_ok!(Fastpath::clear_order_key(origin.clone()));
		assert_eq!(OrderKeys::<Test>::get(client(0)), None);
		assert_eq!(KeyOwners::<Test>::get(key(&client(0))), None);
		assert_noop!(
			Fastpath::fund_ticket(origin, home(0), 5_000, 0),
			Error::<Test>::NoOrderKey
		);
	});
}
