use crate::{mock::*, Error, Event, ModelUse, Models};
use aci_primitives::{model::ModelManifest, proof::ProfileKind, traits::ProofOfAi};
use frame_support::{assert_noop, assert_ok};
use sp_core::H256;
use sp_runtime::{traits::BadOrigin, TokenError};

#[test]
fn registering_holds_the_deposit_and_removing_returns_it() {
	development().execute_with(|| {
		assert_ok!(register(1, 7, manifest()));
		System::assert_last_event(
			Event::ModelRegistered {
				model: model_id(7),
				owner: account(1),
				deposit: ModelDeposit::get(),
				manifest: manifest(),
			}
			.into(),
		);
		assert_eq!(held(&account(1)), ModelDeposit::get());
		assert_eq!(
			Balances::free_balance(account(1)),
			START_BALANCE - ModelDeposit::get()
		);
		assert_eq!(PoAi::manifest(&model_id(7)), Some(manifest()));
		assert_invariants();

		assert_ok!(PoAi::remove_model(
			RuntimeOrigin::signed(account(1)),
			model_id(7)
		));
		System::assert_last_event(
			Event::ModelRemoved {
				model: model_id(7),
				owner: account(1),
				deposit: ModelDeposit::get(),
			}
			.into(),
		);
		assert_eq!(held(&account(1)), 0);
		assert_eq!(Balances::free_balance(account(1)), START_BALANCE);
		assert_eq!(PoAi::manifest(&model_id(7)), None);
		assert_invariants();
	});
}

#[test]
fn a_model_is_registered_once() {
	development().execute_with(|| {
		assert_ok!(register(1, 7, manifest()));
		assert_noop!(register(2, 7, manifest()), Error::<Test>::ModelExists);
		assert_noop!(register(1, 7, manifest()), Error::<Test>::ModelExists);
	});
}

#[test]
fn an_account_without_the_deposit_registers_nothing() {
	development().execute_with(|| {
		assert_noop!(register(9, 7, manifest()), TokenError::FundsUnavailable);
		assert_noop!(
			PoAi::register_model(RuntimeOrigin::root(), model_id(7), manifest()),
			BadOrigin
		);
	});
}

#[test]
fn a_manifest_out_of_bounds_is_refused() {
	type Change = fn(&mut ModelManifest);
	let cases: [(Change, Error<Test>); 8] = [
		(|m| m.name = Default::default(), Error::ManifestName),
		(
			|m| m.name = b"  ".to_vec().try_into().expect("short"),
			Error::ManifestName,
		),
		(
			|m| m.name = vec![0xc3, 0x28].try_into().expect("short"),
			Error::ManifestName,
		),
		(
			|m| m.profiles = Default::default(),
			Error::ManifestWithoutProfile,
		),
		(|m| m.weight_bytes = 0, Error::ManifestZeroDimension),
		(
			|m| m.shape.layers = u32::MAX,
			Error::ManifestDimensionTooLarge,
		),
		(
			|m| m.shape.key_value_heads = 2,
			Error::ManifestHeadsNotGrouped,
		),
		(
			|m| m.shape.feed_forward_matrices = 4,
			Error::ManifestFeedForwardMatrices,
		),
	];
	development().execute_with(|| {
		for (change, error) in cases {
			let mut changed = manifest();
			change(&mut changed);
			assert_noop!(register(1, 7, changed), error);
		}
	});
}

#[test]
fn only_the_owner_or_governance_removes_a_model() {
	development().execute_with(|| {
		assert_noop!(
			PoAi::remove_model(RuntimeOrigin::signed(account(1)), model_id(7)),
			Error::<Test>::UnknownModel
		);
		assert_ok!(register(1, 7, manifest()));
		assert_noop!(
			PoAi::remove_model(RuntimeOrigin::signed(account(2)), model_id(7)),
			Error::<Test>::NotModelOwner
		);
		assert_noop!(
			PoAi::remove_model(RuntimeOrigin::none(), model_id(7)),
			BadOrigin
		);
		assert_ok!(PoAi::remove_model(RuntimeOrigin::root(), model_id(7)));
		assert_eq!(held(&account(1)), 0);
		assert_invariants();
	});
}

#[test]
fn a_model_in_use_is_not_removed() {
	development().execute_with(|| {
		assert_noop!(
			<PoAi as ProofOfAi>::acquire(&model_id(7)),
			Error::<Test>::UnknownModel
		);
		assert_ok!(register(1, 7, manifest()));
		assert_ok!(<PoAi as ProofOfAi>::acquire(&model_id(7)));
		assert_ok!(<PoAi as ProofOfAi>::acquire(&model_id(7)));
		<PoAi as ProofOfAi>::release(&model_id(7));
		assert_noop!(
			PoAi::remove_model(RuntimeOrigin::signed(account(1)), model_id(7)),
			Error::<Test>::ModelInUse
		);
		assert_noop!(
			PoAi::remove_model(RuntimeOrigin::root(), model_id(7)),
			Error::<Test>::ModelInUse
		);
		assert_invariants();
		<PoAi as ProofOfAi>::release(&model_id(7));
		assert!(!ModelUse::<Test>::contains_key(model_id(7)));
		assert_ok!(PoAi::remove_model(
			RuntimeOrigin::signed(account(1)),
			model_id(7)
		));
		assert_invariants();
	});
}

#[test]
fn releasing_what_nobody_holds_changes_nothing() {
	development().execute_with(|| {
		assert_ok!(register(1, 7, manifest()));
		<PoAi as ProofOfAi>::release(&model_id(7));
		<PoAi as ProofOfAi>::release(&model_id(8));
		assert_eq!(ModelUse::<Test>::iter().count(), 0);
		assert_invariants();
	});
}

#[test]
fn an_owner_of_several_models_has_several_deposits() {
	development().execute_with(|| {
		assert_ok!(register(1, 7, manifest()));
		assert_ok!(register(1, 8, embedding_manifest()));
		assert_eq!(held(&account(1)), 2 * ModelDeposit::get());
		assert_ok!(PoAi::remove_model(
			RuntimeOrigin::signed(account(1)),
			model_id(7)
		));
		assert_eq!(held(&account(1)), ModelDeposit::get());
		assert_invariants();
	});
}

#[test]
fn models_are_paged() {
	development().execute_with(|| {
		for number in 1..=5 {
			assert_ok!(register(1, number, manifest()));
		}
		let mut seen = Vec::<H256>::new();
		let mut after = None;
		loop {
			let page = PoAi::models(after, 2);
			assert!(page.len() <= 2);
			let Some((last, _)) = page.last() else { break };
			after = Some(*last);
			seen.extend(page.iter().map(|(model, _)| *model));
		}
		seen.sort();
		assert_eq!(seen, (1..=5).map(model_id).collect::<Vec<_>>());
		assert_eq!(PoAi::models(None, 0).len(), 0);
		for number in 6..=80u8 {
			let registered = PoAi::model(model_id(1)).expect("registered");
			Models::<Test>::insert(model_id(number), registered);
		}
		assert_eq!(PoAi::models(None, u32::MAX).len(), 64);
	});
}

#[test]
fn the_most_operations_are_those_of_the_orders_maxima() {
	development().execute_with(|| {
		let text = manifest();
		assert_eq!(PoAi::max_flops(&order(7)), None);
		assert_ok!(register(1, 7, text.clone()));
		let most = aci_poai::compute::operations(text.kind, &text.shape, 64, 32);
		assert_eq!(PoAi::max_flops(&order(7)), most.ok());

		let micros =
			aci_poai::compute::least_duration(&text, &class(), 64, 32).expect("within the model");
		// 98,362,432 · 32 + 11,520 · (65 + … + 95) bytes at 50 GB/s.
		assert_eq!(micros, 63_523);
		assert_eq!(PoAi::least_duration(&order(7), &class()), Some(64));
	});
}

#[test]
fn an_order_that_does_not_fit_the_model_has_no_cost() {
	development().execute_with(|| {
		assert_ok!(register(1, 7, manifest()));
		assert_ok!(register(1, 8, embedding_manifest()));
		let mut embedding = order(8);
		embedding.parameters.max_tokens_out = 0;
		embedding.profile.kind = ProfileKind::Numeric;
		assert!(PoAi::max_flops(&order(7)).is_some());
		assert!(PoAi::max_flops(&embedding).is_some());

		let mut spec = order(7);
		spec.parameters.max_tokens_in = 0;
		assert_eq!(PoAi::max_flops(&spec), None);
		let mut spec = order(7);
		spec.parameters.max_tokens_out = 0;
		assert_eq!(PoAi::max_flops(&spec), None);
		let mut spec = order(7);
		spec.parameters.max_tokens_in = 8_192;
		assert_eq!(PoAi::max_flops(&spec), None);
		assert_eq!(PoAi::least_duration(&spec, &class()), None);
		let mut spec = order(7);
		spec.profile.kind = ProfileKind::Exact;
		assert_eq!(PoAi::max_flops(&spec), None);
		let mut spec = embedding.clone();
		spec.parameters.max_tokens_out = 1;
		assert_eq!(PoAi::max_flops(&spec), None);

		let mut no_bandwidth = class();
		no_bandwidth.bandwidth = 0;
		assert_eq!(PoAi::least_duration(&order(7), &no_bandwidth), None);
	});
}
