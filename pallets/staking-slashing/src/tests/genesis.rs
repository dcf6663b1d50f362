use super::*;

#[test]
fn genesis_bonds_are_held_out_of_genesis_balances() {
	let bonds = vec![
		(account(1), Role::Validator, 20_000),
		(account(1), Role::Worker, 1_500),
	];
	genesis(bonds).execute_with(|| {
		check();
		assert_eq!(held(HoldReason::ValidatorBond, &account(1)), 20_000);
		assert_eq!(worker(&account(1)).active, 1_500);
		assert!(worker(&account(1)).eligible);
		assert_eq!(balance(&account(1)), START - 21_500);
	});
}

#[test]
#[should_panic(expected = "BelowMinimum")]
fn a_genesis_bond_below_the_minimum_starts_no_chain() {
	genesis(vec![(account(1), Role::Validator, VALIDATOR - 1)]);
}

#[test]
#[should_panic(expected = "InsufficientFunds")]
fn a_genesis_bond_without_a_balance_starts_no_chain() {
	genesis(vec![(account(99), Role::Worker, WORKER)]);
}

#[test]
fn the_genesis_is_json_under_the_pallets_name() {
	let mut genesis = RuntimeGenesisConfig::default();
	genesis.staking_slashing.bonds = vec![(account(1), Role::Worker, WORKER)];
	let json = serde_json::to_value(&genesis).expect("the genesis of the tests is JSON");
	let bond = &json["stakingSlashing"]["bonds"][0];
	assert_eq!(
		(bond[1].as_str(), bond[2].as_u64()),
		(Some("Worker"), Some(WORKER as u64))
	);
	let back: RuntimeGenesisConfig = serde_json::from_value(json).expect("it reads back");
	assert_eq!(back.staking_slashing.bonds, genesis.staking_slashing.bonds);
}
