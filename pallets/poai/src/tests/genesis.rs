use crate::{mock::*, GenesisConfig};
use aci_poai::software_tee;
use aci_primitives::traits::ProofOfAi;
use frame_support::assert_ok;

#[test]
fn genesis_models_are_registered_without_a_deposit() {
	let config = GenesisConfig::<Test> {
		models: vec![(model_id(7), account(1), manifest())],
		..Default::default()
	};
	chain(config).execute_with(|| {
		assert_eq!(PoAi::manifest(&model_id(7)), Some(manifest()));
		assert_invariants();
		assert_ok!(PoAi::remove_model(
			RuntimeOrigin::signed(account(1)),
			model_id(7)
		));
		assert_eq!(Balances::free_balance(account(1)), START_BALANCE);
		assert_invariants();
	});
}

#[test]
fn genesis_sets_the_software_root() {
	development().execute_with(|| {
		assert_eq!(
			PoAi::software_root(),
			Some(software_tee::development_root_key())
		);
	});
}

#[test]
#[should_panic(expected = "is out of bounds")]
fn a_genesis_model_out_of_bounds_stops_the_chain_from_starting() {
	let mut broken = manifest();
	broken.shape.layers = 0;
	chain(GenesisConfig::<Test> {
		models: vec![(model_id(7), account(1), broken)],
		..Default::default()
	});
}

#[test]
#[should_panic(expected = "is there twice")]
fn a_genesis_model_given_twice_stops_the_chain_from_starting() {
	chain(GenesisConfig::<Test> {
		models: vec![
			(model_id(7), account(1), manifest()),
			(model_id(7), account(2), manifest()),
		],
		..Default::default()
	});
}
