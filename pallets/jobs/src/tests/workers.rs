//! The registry of workers.

use crate::{mock::*, Event};
use aci_primitives::Role;
use frame_support::{assert_noop, assert_ok};
use sp_core::H256;

#[test]
fn registration_says_exactly_what_is_missing() {
	run(|| {
		let [account, ..] = workers();
		let origin = RuntimeOrigin::signed(account.clone());
		assert_noop!(try_register(&account, 0), Failure::SlotsOutOfBounds);
		assert_noop!(try_register(&account, 9), Failure::SlotsOutOfBounds);
		assert_noop!(try_register(&account, 2), Failure::NotAttested);
		attest(&account);
		assert_noop!(try_register(&account, 2), Failure::BondTooSmall);
		bond(&account, bond_for(2) - 1);
		assert_noop!(try_register(&account, 2), Failure::BondTooSmall);
		bond(&account, 1);
		let register = |class, models: Vec<H256>| {
			Jobs::register_worker(
				origin.clone(),
				class,
				2,
				models.try_into().expect("short"),
				Default::default(),
			)
		};
		assert_noop!(register(77, vec![TEXT]), Failure::UnknownClass);
		assert_noop!(register(CLASS, vec![]), Failure::NoModels);
		assert_noop!(register(CLASS, vec![TEXT, TEXT]), Failure::DuplicateModel);
		assert_noop!(
			register(CLASS, vec![H256::repeat_byte(1)]),
			Failure::UnknownModel
		);
		events();
		assert_ok!(register(CLASS, vec![TEXT]));
		assert_eq!(
			events(),
			vec![Event::WorkerRegistered {
				worker: account.clone(),
				class: CLASS,
				slots: 2,
				bond_required: bond_for(2)
			}]
		);
		assert_noop!(register(CLASS, vec![TEXT]), Failure::AlreadyRegistered);
		assert_eq!((pool().target, pool().free), (2_000, 2_000));
		// 1,000,000 + 2 slots of 100,000 and 1,000 TFLOP/s at 1,000 each.
		assert_eq!(bond_for(2), 1_000_000 + 2 * 100_000 + 2 * 1_000 * 1_000);
	});
}

#[test]
fn the_bond_is_pinned_while_the_worker_is_registered() {
	run(|| {
		let [account, ..] = workers();
		register(&account, 2);
		let origin = RuntimeOrigin::signed(account.clone());
		assert!(StakingSlashing::unbond(origin.clone(), Role::Worker, 1).is_err());
		assert_ok!(Jobs::deregister_worker(origin.clone()));
		assert_ok!(StakingSlashing::unbond(origin, Role::Worker, bond_for(2)));
	});
}

#[test]
fn a_worker_leaves_only_without_unfinished_jobs_and_open_fraud_windows() {
	run(|| {
		let [client, _] = clients();
		let [account, ..] = workers();
		let origin = RuntimeOrigin::signed(account.clone());
		assert_noop!(
			Jobs::deregister_worker(origin.clone()),
			Failure::NotRegistered
		);
		register(&account, 2);
		let id = submit(&client, 1, &text());
		next_block();
		assert_noop!(
			Jobs::deregister_worker(origin.clone()),
			Failure::JobsUnfinished
		);
		acknowledge(id);
		assert_noop!(
			Jobs::deregister_worker(origin.clone()),
			Failure::JobsUnfinished
		);
		result(id, 64, 32);
		assert_noop!(
			Jobs::deregister_worker(origin.clone()),
			Failure::ExposureOpen
		);
		blocks(FRAUD_WINDOW);
		assert_noop!(
			Jobs::deregister_worker(origin.clone()),
			Failure::ExposureOpen
		);
		next_block();
		events();
		assert_ok!(Jobs::deregister_worker(origin));
		assert_eq!(
			events(),
			vec![Event::WorkerDeregistered {
				worker: account.clone(),
				class: CLASS
			}]
		);
		assert_eq!((pool().target, pool().free), (0, 0));
		assert!(crate::Workers::<Test>::get(&account).is_none());
		assert_eq!(crate::WorkersOf::<Test>::iter_keys().count(), 0);
		assert_eq!(crate::Offers::<Test>::iter_keys().count(), 0);
	});
}

#[test]
fn an_update_changes_what_a_worker_offers() {
	run(|| {
		let [account, ..] = workers();
		let origin = RuntimeOrigin::signed(account.clone());
		let update = |models: Vec<H256>| {
			Jobs::update_worker(
				origin.clone(),
				models.try_into().expect("short"),
				vec![b"/dns/worker.example/tcp/30400"
					.to_vec()
					.try_into()
					.expect("short")]
				.try_into()
				.expect("short"),
			)
		};
		assert_noop!(update(vec![TEXT]), Failure::NotRegistered);
		assert_noop!(
			Jobs::set_active(origin.clone(), false),
			Failure::NotRegistered
		);
		register(&account, 2);
		assert_noop!(update(vec![]), Failure::NoModels);
		assert_ok!(update(vec![EMBEDDING]));
		assert_eq!(worker(&account).models.to_vec(), vec![EMBEDDING]);
		assert_eq!(worker(&account).endpoints.len(), 1);
		assert!(crate::Offers::<Test>::get((TEXT, CLASS)).is_empty());
		assert_eq!(
			crate::Offers::<Test>::get((EMBEDDING, CLASS)).to_vec(),
			vec![account]
		);
	});
}

#[test]
fn a_class_has_at_most_its_bound_of_workers() {
	run(|| {
		crate::WorkersOf::<Test>::mutate(CLASS, |list| while list.try_push(account(77)).is_ok() {});
		let [account, ..] = workers();
		bond(&account, bond_for(1));
		attest(&account);
		assert_noop!(try_register(&account, 1), Failure::ClassFull);
		crate::WorkersOf::<Test>::remove(CLASS);
	});
}
