use super::*;
use aci_aivm_engine::aci_aivm::{convert::Scale, model::Layer, Model};
use aci_primitives::ModelId;
use frame_support::{assert_noop, assert_ok};

fn model() -> Vec<u8> {
	let layer = Layer {
		inputs: 2,
		outputs: 1,
		scale: Scale {
			multiplier: 1 << 16,
			shift: 0,
			rectify: false,
		},
		bias: vec![5],
		weights: vec![-2, 9],
	};
	Model::new(vec![layer]).unwrap().encode()
}

fn upload(who: u8, weights: Vec<u8>) -> sp_runtime::DispatchResult {
	Aivm::upload_model(
		RuntimeOrigin::signed(account(who)),
		weights.try_into().unwrap(),
	)
}

#[test]
fn a_model_on_chain_is_run_by_contracts() {
	run(|| {
		let contract = contract();
		let hash = ModelId::from(sp_io::hashing::sha2_256(&model()));
		let input = [hash.as_bytes(), &[4, 0xff]].concat();
		assert_eq!(call(&contract, "infer", &input), Ok(vec![]));
		assert_ok!(upload(2, model()));
		let record = Aivm::on_chain_model(hash).unwrap();
		assert_eq!((record.inputs, record.outputs, record.work), (2, 1, 32));
		// -2 · 4 - 9 + 5.
		let expected = (-12i32 << 16).to_le_bytes().to_vec();
		assert_eq!(call(&contract, "infer", &input), Ok(expected));
	});
}

#[test]
fn a_models_deposit_comes_back_when_its_owner_removes_it() {
	run(|| {
		assert_ok!(upload(2, model()));
		let deposit = 2 * PER_ITEM + PER_BYTE * model().len() as Balance;
		assert_eq!(held(HoldReason::Model, 2), deposit);
		assert_noop!(upload(3, model()), Error::<Test>::ModelExists);
		let hash = ModelId::from(sp_io::hashing::sha2_256(&model()));
		let remove = |who: u8| Aivm::remove_model(RuntimeOrigin::signed(account(who)), hash);
		assert_noop!(remove(3), Error::<Test>::NotModelOwner);
		assert_ok!(remove(2));
		assert_noop!(remove(2), Error::<Test>::NoModel);
		assert_eq!(balance(&account(2)), START);
	});
}

#[test]
fn bytes_that_are_no_model_are_refused() {
	run(|| {
		assert_noop!(upload(2, b"ACIM".to_vec()), Error::<Test>::InvalidModel);
		let longer = [model(), vec![0]].concat();
		assert_noop!(upload(2, longer), Error::<Test>::InvalidModel);
	});
}
