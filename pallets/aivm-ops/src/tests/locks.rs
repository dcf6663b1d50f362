use super::*;
use frame_support::{assert_noop, assert_ok};

fn lock_input(client: u8, amount: Balance) -> Vec<u8> {
	[&[client; 32][..], &amount.to_le_bytes()].concat()
}

fn release_input(lock: u64, payee: u8, amount: Balance) -> Vec<u8> {
	[&lock.to_le_bytes()[..], &[payee; 32], &amount.to_le_bytes()].concat()
}

const NO: [u8; 8] = (-1i64).to_le_bytes();
const REFUSED: [u8; 4] = (-1i32).to_le_bytes();

/// A contract with lock 0 of 600 for account 2, of 1,000 that it sent.
fn locked() -> AccountId {
	let contract = contract();
	assert_ok!(call_as(2, &contract, 1_000, "lock", &lock_input(2, 600)));
	assert_eq!(returned(), 0u64.to_le_bytes());
	contract
}

#[test]
fn money_that_came_with_the_call_is_locked_for_its_caller() {
	run(|| {
		let contract = locked();
		assert_eq!(balance(&account(2)), START - 1_000);
		assert_eq!(balance(&contract), EXISTENTIAL_DEPOSIT + 400);
		let lock = Aivm::contract_lock(contract.clone(), 0).unwrap();
		assert_eq!((lock.client, lock.amount), (account(2), 600));
		assert_eq!(lock.until, 1 + LOCK_PERIOD);
		assert_eq!(Aivm::contract(contract).unwrap().open_locks, 1);
	});
}

#[test]
fn nothing_else_can_be_locked() {
	run(|| {
		let contract = locked();
		let lock = |value: Balance, client: u8, amount: Balance| {
			assert_ok!(call_as(
				2,
				&contract,
				value,
				"lock",
				&lock_input(client, amount)
			));
			returned()
		};
		assert_eq!(lock(0, 2, 1), NO, "what an earlier call left");
		assert_eq!(lock(50, 2, 51), NO, "more than came");
		assert_eq!(lock(50, 3, 50), NO, "of another account");
		assert_eq!(lock(50, 2, Balance::MAX), NO);
		assert_eq!(balance(&account(3)), START);
	});
}

#[test]
fn a_lock_is_released_once_by_its_contract() {
	run(|| {
		let contract = locked();
		let other = made(Aivm::contract(contract.clone()).unwrap().code, 1);
		assert_eq!(
			call(&other, "release", &release_input(0, 3, 600)),
			Ok(REFUSED.to_vec())
		);
		assert_eq!(
			call(&contract, "release", &release_input(0, 3, 601)),
			Ok(REFUSED.to_vec())
		);
		assert_eq!(
			call(&contract, "release", &release_input(1, 3, 1)),
			Ok(REFUSED.to_vec())
		);
		assert_eq!(
			call(&contract, "release", &release_input(0, 3, 450)),
			Ok(vec![0; 4])
		);
		assert_eq!(balance(&account(3)), START + 450);
		assert_eq!(balance(&account(2)), START - 1_000 + 150);
		assert_eq!(
			call(&contract, "release", &release_input(0, 3, 1)),
			Ok(REFUSED.to_vec())
		);
		assert_eq!(Aivm::contract(contract).unwrap().open_locks, 0);
	});
}

#[test]
fn a_client_takes_an_expired_lock_back() {
	run(|| {
		let contract = locked();
		let reclaim = |who: u8, lock| {
			Aivm::reclaim(RuntimeOrigin::signed(account(who)), contract.clone(), lock)
		};
		assert_noop!(reclaim(2, 0), Error::<Test>::LockNotExpired);
		System::set_block_number(u64::from(LOCK_PERIOD) + 1);
		assert_noop!(reclaim(3, 0), Error::<Test>::NotLockClient);
		assert_noop!(reclaim(2, 1), Error::<Test>::NoLock);
		assert_ok!(reclaim(2, 0));
		assert_eq!(balance(&account(2)), START - 400);
		assert_noop!(reclaim(2, 0), Error::<Test>::NoLock);
		assert_eq!(
			call(&contract, "release", &release_input(0, 3, 600)),
			Ok(REFUSED.to_vec())
		);
	});
}

#[test]
fn a_contract_with_an_open_lock_is_not_removed() {
	run(|| {
		let contract = locked();
		let origin = RuntimeOrigin::signed(account(1));
		let remove = Aivm::remove_contract(origin, contract);
		assert_eq!(remove, Err(Error::<Test>::ContractNotEmpty.into()));
	});
}
