use super::*;
use frame_support::assert_ok;

#[test]
fn whoever_writes_an_entry_holds_its_deposit_until_it_goes() {
	run(|| {
		let contract = contract();
		assert_ok!(call_as(2, &contract, 0, "set", b"hello"));
		assert_eq!(held(HoldReason::Storage, 2), deposit_of(5));
		// Another account replaces it: the first gets its deposit back.
		assert_ok!(call_as(3, &contract, 0, "set", b"hi"));
		assert_eq!(held(HoldReason::Storage, 2), 0);
		assert_eq!(held(HoldReason::Storage, 3), deposit_of(2));
		assert_ok!(call_as(2, &contract, 0, "clear", b""));
		assert_eq!(held(HoldReason::Storage, 3), 0);
		assert_eq!(balance(&account(2)), START);
		assert_eq!(balance(&account(3)), START);
	});
}

#[test]
fn a_deposit_over_the_signers_limit_or_means_ends_the_call() {
	run(|| {
		let contract = contract();
		let set = |who: u8, limit: Balance, value: &[u8]| {
			let result = Aivm::call(
				RuntimeOrigin::signed(account(who)),
				contract.clone(),
				0,
				GAS,
				limit,
				b"set".to_vec().try_into().unwrap(),
				value.to_vec().try_into().unwrap(),
			);
			check();
			result
		};
		let limited = Error::<Test>::DepositLimit.into();
		assert_eq!(error(set(2, deposit_of(5) - 1, b"hello")), limited);
		assert_ok!(set(2, deposit_of(5), b"hello"));
		// Only what is added counts: the entry's own deposit comes back first.
		assert_ok!(set(2, PER_BYTE, b"hello!"));
		assert_eq!(held(HoldReason::Storage, 2), deposit_of(6));
		assert_eq!(error(set(4, LIMIT, b"hello")), limited);
		assert_eq!(held(HoldReason::Storage, 2), deposit_of(6));
	});
}

#[test]
fn the_deposit_of_a_call_that_was_taken_back_does_not_count() {
	run(|| {
		let code = uploaded();
		let (first, second) = (made(code, 0), made(code, 1));
		let to: &[u8] = second.as_ref();
		let fail = [to, &[4], b"fail\0\0\0\0\0\0\0\0\0\0\0", &[7; 200]].concat();
		assert_ok!(call_as(2, &first, 0, "relay", &fail));
		assert_eq!(held(HoldReason::Storage, 2), 0);
		let Some(RuntimeEvent::Aivm(Event::Called { deposit, .. })) =
			System::events().pop().map(|record| record.event)
		else {
			panic!("a call");
		};
		assert_eq!(deposit, 0);
	});
}
