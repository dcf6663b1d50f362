use super::*;
use crate::{DryRun, DryRunMeans};
use frame_support::assert_ok;

fn dry(contract: &AccountId, entry: &str, input: &[u8], gas: Option<u64>) -> DryRun {
	let entry = entry.as_bytes().to_vec();
	let means = DryRunMeans {
		value: 7,
		gas_limit: gas,
		deposit_limit: None,
	};
	let root = sp_io::storage::root(sp_runtime::StateVersion::V1);
	let result = Aivm::dry_run_call(account(2), contract.clone(), means, entry, input.to_vec());
	assert_eq!(
		sp_io::storage::root(sp_runtime::StateVersion::V1),
		root,
		"nothing is kept"
	);
	result
}

#[test]
fn a_dry_run_tells_result_gas_and_deposit_and_the_gas_is_enough() {
	run(|| {
		let contract = contract();
		let told = dry(&contract, "set", b"hello", None);
		assert_eq!(told.result, Ok(vec![]));
		assert_eq!(told.deposit, deposit_of(5));
		let with = |gas: u64, deposit: Balance| {
			Aivm::call(
				RuntimeOrigin::signed(account(2)),
				contract.clone(),
				7,
				gas,
				deposit,
				b"set".to_vec().try_into().unwrap(),
				b"hello".to_vec().try_into().unwrap(),
			)
		};
		assert_eq!(
			error(with(told.gas_used - 1, told.deposit)),
			Error::<Test>::OutOfGas.into()
		);
		assert_ok!(with(told.gas_used, told.deposit));
	});
}

#[test]
fn a_dry_run_tells_why_a_call_would_fail() {
	run(|| {
		let contract = contract();
		let reason = |told: DryRun| String::from_utf8(told.result.unwrap_err()).unwrap();
		assert_eq!(
			reason(dry(&contract, "fail", b"some", None)),
			"the contract says: says no"
		);
		assert_eq!(
			reason(dry(&contract, "spin", b"", Some(5_000))),
			"the gas is used up"
		);
		assert_eq!(reason(dry(&account(3), "set", b"", None)), "NotAContract");
	});
}

#[test]
fn a_dry_run_of_making_a_contract_tells_its_account() {
	run(|| {
		let code = uploaded();
		let told = Aivm::dry_run_instantiate(
			account(1),
			code,
			DryRunMeans::default(),
			[4; 32],
			b"first".to_vec(),
		);
		assert_eq!(told.result, Ok(vec![]));
		assert_eq!(
			told.contract,
			Some(Aivm::contract_account(account(1), code, [4; 32]))
		);
		assert_eq!(told.deposit, deposit_of(5));
		assert_eq!(Contracts::<Test>::iter().count(), 0);
		let unknown = Hash::repeat_byte(1);
		let told =
			Aivm::dry_run_instantiate(account(1), unknown, DryRunMeans::default(), [4; 32], vec![]);
		assert_eq!(told.result, Err(b"NoCode".to_vec()));
	});
}
