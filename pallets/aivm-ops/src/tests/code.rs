use super::*;
use frame_support::{assert_noop, assert_ok};

fn upload(who: u8, code: Vec<u8>) -> sp_runtime::DispatchResult {
	Aivm::upload_code(
		RuntimeOrigin::signed(account(who)),
		code.try_into().unwrap(),
	)
}

#[test]
fn code_is_kept_against_a_deposit_and_gives_it_back() {
	run(|| {
		let hash = uploaded();
		let deposit = 2 * PER_ITEM + PER_BYTE * module().len() as Balance;
		assert_eq!(held(HoldReason::Code, 1), deposit);
		assert_eq!(Aivm::code(hash).unwrap().memory_pages, 2);
		check();
		assert_ok!(Aivm::remove_code(RuntimeOrigin::signed(account(1)), hash));
		assert_eq!(held(HoldReason::Code, 1), 0);
		assert_eq!(balance(&account(1)), START);
	});
}

#[test]
fn what_is_no_contract_is_refused() {
	run(|| {
		for code in [vec![], b"\0asm\x01\0\0\0".to_vec(), vec![0xff; 1_000]] {
			assert_noop!(upload(1, code), Error::<Test>::InvalidCode);
		}
		let floating = wat::parse_str(
			r#"(module (memory (export "memory") 1) (func (export "run") (drop (f32.const 1))))"#,
		);
		assert_noop!(upload(1, floating.unwrap()), Error::<Test>::InvalidCode);
	});
}

#[test]
fn the_same_code_is_uploaded_once_and_used_by_anyone() {
	run(|| {
		let hash = uploaded();
		assert_noop!(upload(2, module()), Error::<Test>::CodeExists);
		let input = Vec::new().try_into().unwrap();
		let origin = RuntimeOrigin::signed(account(2));
		assert_ok!(Aivm::instantiate(
			origin, hash, 0, GAS, LIMIT, [0; 32], input
		));
		assert_eq!(Aivm::code(hash).unwrap().references, 1);
	});
}

#[test]
fn only_its_owner_removes_code_and_only_when_no_contract_runs_it() {
	run(|| {
		let hash = uploaded();
		let contract = made(hash, 0);
		let signed = |who| RuntimeOrigin::signed(account(who));
		assert_noop!(
			Aivm::remove_code(signed(2), hash),
			Error::<Test>::NotCodeOwner
		);
		assert_noop!(Aivm::remove_code(signed(1), hash), Error::<Test>::CodeInUse);
		assert_ok!(Aivm::remove_contract(signed(1), contract));
		assert_ok!(Aivm::remove_code(signed(1), hash));
		assert_noop!(Aivm::remove_code(signed(1), hash), Error::<Test>::NoCode);
	});
}

#[test]
fn code_beyond_what_its_owner_can_hold_is_refused() {
	run(|| {
		assert!(upload(4, module()).is_err());
		assert_eq!(Codes::<Test>::iter().count(), 0);
	});
}

#[test]
fn the_tables_prices_cover_the_database() {
	use frame_support::traits::Hooks;
	<Aivm as Hooks<_>>::integrity_test();
}
