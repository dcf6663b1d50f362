//! Runs of models that contracts order, and the call backs.

use super::*;
use crate::{callback_input, OrderOutcome, Orders, OrdersOf};
use aci_primitives::{
	job::{Content, JobStatus},
	traits::JobEscrow,
	JobId, JobOutput, ModelId,
};
use frame_support::{assert_ok, traits::Hooks, weights::Weight};

/// What the contract offers for a run.
const MAX_PRICE: Balance = 7_000;
/// Gas of a call back that is enough.
const CALLBACK: u64 = 20_000;
/// Room of a call back that is enough.
const ROOM: Balance = 20_000;

pub fn order_input(
	model: ModelId,
	max_price: Balance,
	room: Balance,
	gas: u64,
	entry: &str,
) -> Vec<u8> {
	let mut name = entry.as_bytes().to_vec();
	let length = name.len() as u8;
	name.resize(15, 0);
	[
		model.as_bytes(),
		&[16, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0],
		&30_000u64.to_le_bytes(),
		&max_price.to_le_bytes(),
		&room.to_le_bytes(),
		&gas.to_le_bytes(),
		&[length],
		&name,
		b"a prompt",
	]
	.concat()
}

/// A contract with money of its own.
fn funded() -> AccountId {
	let contract = contract();
	assert_ok!(call_as(3, &contract, 100_000, "clear", b""));
	contract
}

fn try_order(contract: &AccountId, input: &[u8]) -> Option<JobId> {
	let output = call(contract, "order", input).expect("the call succeeds");
	(output[..4] == [1, 0, 0, 0]).then(|| JobId::from_slice(&output[4..]))
}

/// Orders a run for account 2 that calls this entry point back.
fn ordered(contract: &AccountId, entry: &str) -> JobId {
	let input = order_input(MODEL, MAX_PRICE, ROOM, CALLBACK, entry);
	try_order(contract, &input).expect("the market takes it")
}

fn output() -> JobOutput {
	JobOutput::Inline(b"an answer".to_vec().try_into().unwrap())
}

fn done(job: JobId) {
	end_job(job, JobStatus::Settled, 4_000, Some(output()));
}

fn told(job: &JobId) -> Vec<u8> {
	callback_input(job, OrderOutcome::Done, 4_000, Some(&output()))
}

fn last_event() -> Event<Test> {
	match System::events().pop().map(|record| record.event) {
		Some(RuntimeEvent::Aivm(event)) => event,
		other => panic!("not an event of the pallet: {other:?}"),
	}
}

#[test]
fn a_contract_orders_a_run_and_is_told_of_the_verified_output() {
	run(|| {
		let contract = funded();
		let job = ordered(&contract, "set");
		assert_eq!(<Escrow as JobEscrow>::locked(&job), MAX_PRICE);
		assert_eq!(
			balance(&contract),
			EXISTENTIAL_DEPOSIT + 100_000 - MAX_PRICE
		);
		let order = Aivm::model_order(job).unwrap();
		assert_eq!((order.payer.clone(), order.room), (account(2), ROOM));
		assert_eq!(held(HoldReason::Order, 2), order.deposit);

		next_block();
		assert!(Aivm::model_order(job).is_some(), "the job has not ended");
		done(job);
		next_block();
		assert_eq!(Aivm::model_order(job), None);
		assert_eq!(held(HoldReason::Order, 2), 0);
		let stored = Aivm::contract_storage(contract.clone(), b"k".to_vec());
		assert_eq!(stored, Some(told(&job)));
		assert_eq!(held(HoldReason::Storage, 2), deposit_of(told(&job).len()));
		assert_eq!(balance(&contract), EXISTENTIAL_DEPOSIT + 100_000 - 4_000);
		match last_event() {
			Event::CalledBack {
				outcome,
				gas_used,
				deposit,
				..
			} => {
				assert_eq!(outcome, OrderOutcome::Done);
				assert!(gas_used > 0 && gas_used <= CALLBACK);
				assert_eq!(deposit, deposit_of(told(&job).len()));
			}
			other => panic!("{other:?}"),
		}
		assert_eq!(OrdersOf::<Test>::iter().count(), 0);
	});
}

#[test]
fn an_end_without_an_output_is_told_once_too() {
	for (status, outcome) in [
		(JobStatus::Expired, OrderOutcome::Expired),
		(JobStatus::TimedOut, OrderOutcome::TimedOut),
		(JobStatus::Refunded, OrderOutcome::Refunded),
		(JobStatus::Cancelled, OrderOutcome::Cancelled),
	] {
		run(|| {
			let contract = funded();
			let job = ordered(&contract, "set");
			end_job(job, status, 0, None);
			next_block();
			let stored = Aivm::contract_storage(contract.clone(), b"k".to_vec()).unwrap();
			assert_eq!(stored, callback_input(&job, outcome, 0, None));
			assert_eq!(balance(&contract), EXISTENTIAL_DEPOSIT + 100_000);
			let events = System::events().len();
			next_block();
			assert_eq!(System::events().len(), events, "once");
		});
	}
}

#[test]
fn a_job_without_a_record_is_told_as_unknown() {
	run(|| {
		let contract = funded();
		let job = ordered(&contract, "set");
		forget_job(job);
		next_block();
		let stored = Aivm::contract_storage(contract, b"k".to_vec()).unwrap();
		assert_eq!(stored, callback_input(&job, OrderOutcome::Unknown, 0, None));
	});
}

#[test]
fn the_input_of_a_call_back_has_the_encoding_of_contracts() {
	let job = JobId::repeat_byte(7);
	let hash = output().sha256();
	let expected = [
		job.as_bytes(),
		&[0],
		&4_000u128.to_le_bytes(),
		hash.as_bytes(),
		&9u64.to_le_bytes(),
		&9u32.to_le_bytes(),
		b"an answer",
	]
	.concat();
	assert_eq!(told(&job), expected);
	let served = JobOutput::Content(Content {
		sha256: Hash::repeat_byte(3),
		tree_root: Hash::zero(),
		length: 70_000,
		locators: Default::default(),
	});
	let input = callback_input(&job, OrderOutcome::Done, 1, Some(&served));
	assert_eq!(input[49..81], [3; 32]);
	assert_eq!(input[81..89], 70_000u64.to_le_bytes());
	assert_eq!(input[89..], [0; 4]);
}

#[test]
fn a_call_back_that_fails_loses_nothing_but_its_gas() {
	for (entry, expected) in [
		("fail", Error::<Test>::ContractReverted),
		("spin", Error::<Test>::OutOfGas),
		("nothing", Error::<Test>::NoEntry),
	] {
		run(|| {
			let contract = funded();
			let job = ordered(&contract, entry);
			done(job);
			next_block();
			match last_event() {
				Event::CallbackFailed {
					error, gas_used, ..
				} => {
					assert_eq!(error, expected.into());
					assert!(gas_used <= CALLBACK);
				}
				other => panic!("{other:?}"),
			}
			assert_eq!(
				Aivm::contract_storage(contract.clone(), b"k".to_vec()),
				None
			);
			assert_eq!(balance(&contract), EXISTENTIAL_DEPOSIT + 100_000 - 4_000);
			assert_eq!(balance(&account(2)), START);
			assert_eq!(Orders::<Test>::count(), 0);
		});
	}
}

#[test]
fn a_call_back_stores_no_more_than_the_room_that_was_held() {
	run(|| {
		let contract = funded();
		let room = deposit_of(9);
		let input = order_input(MODEL, MAX_PRICE, room, CALLBACK, "set");
		let job = try_order(&contract, &input).unwrap();
		done(job);
		next_block();
		let failed = Error::<Test>::DepositLimit.into();
		assert!(matches!(last_event(), Event::CallbackFailed { error, .. } if error == failed));
		assert_eq!(balance(&account(2)), START);
	});
}

#[test]
fn what_the_market_does_not_take_changes_nothing() {
	run(|| {
		let contract = funded();
		let before = (balance(&contract), balance(&account(2)));
		for input in [
			order_input(ModelId::zero(), MAX_PRICE, ROOM, CALLBACK, "set"),
			order_input(MODEL, PRICE - 1, ROOM, CALLBACK, "set"),
			order_input(MODEL, 1_000_000, ROOM, CALLBACK, "set"),
			order_input(MODEL, MAX_PRICE, ROOM, CALLBACK_GAS + 1, "set"),
		] {
			assert_eq!(try_order(&contract, &input), None);
		}
		assert_eq!((balance(&contract), balance(&account(2))), before);
		assert_eq!(Orders::<Test>::count(), 0);
	});
}

#[test]
fn the_gas_of_a_call_back_is_paid_when_it_is_ordered() {
	run(|| {
		let contract = funded();
		let cost = |gas: u64, model: ModelId| {
			let input = order_input(model, MAX_PRICE, ROOM, gas, "set");
			assert_ok!(call_as(2, &contract, 0, "order", &input));
			match last_event() {
				Event::Called { gas_used, .. } => gas_used,
				other => panic!("{other:?}"),
			}
		};
		let base = cost(0, MODEL);
		assert_eq!(cost(30_000, MODEL), base + 30_000);
		// One that is not taken gives it back.
		assert!(cost(30_000, ModelId::zero()) <= base);
		let input = order_input(MODEL, MAX_PRICE, ROOM, u64::MAX, "set");
		let error = error(call_as(2, &contract, 0, "order", &input));
		assert_eq!(error, Error::<Test>::OutOfGas.into());
	});
}

#[test]
fn an_order_counts_to_the_signers_deposit_limit() {
	run(|| {
		let contract = funded();
		let input = order_input(MODEL, MAX_PRICE, LIMIT, CALLBACK, "set");
		let refused = error(call_as(2, &contract, 0, "order", &input));
		assert_eq!(refused, Error::<Test>::DepositLimit.into());
		assert_eq!(balance(&contract), EXISTENTIAL_DEPOSIT + 100_000);
		let input = order_input(MODEL, MAX_PRICE, Balance::MAX, CALLBACK, "set");
		let refused = error(call_as(2, &contract, 0, "order", &input));
		assert_eq!(refused, Error::<Test>::DepositLimit.into());
	});
}

#[test]
fn a_call_that_fails_takes_its_order_back() {
	run(|| {
		let contract = funded();
		let other = made(Aivm::contract(contract.clone()).unwrap().code, 1);
		let input = order_input(MODEL, MAX_PRICE, ROOM, CALLBACK, "set");
		// The other contract has no money of its own, so its order is not taken.
		let relay = |to: &AccountId| {
			let to: &[u8] = to.as_ref();
			[to, &[5], b"order\0\0\0\0\0\0\0\0\0\0", &input].concat()
		};
		let output = call(&contract, "relay", &relay(&other)).unwrap();
		assert_eq!(output[4..8], [0; 4]);
		let output = call(&other, "relay", &relay(&contract)).unwrap();
		assert_eq!(output[4..8], [1, 0, 0, 0]);
		assert_eq!(
			Orders::<Test>::iter_values().next().unwrap().contract,
			contract
		);
	});
}

#[test]
fn orders_are_bounded_and_every_one_has_its_turn() {
	run(|| {
		let contract = funded();
		let jobs: Vec<_> = (0..MAX_ORDERS)
			.map(|_| ordered(&contract, "emit"))
			.collect();
		let input = order_input(MODEL, MAX_PRICE, ROOM, CALLBACK, "emit");
		assert_eq!(
			try_order(&contract, &input),
			None,
			"as many as there may be"
		);
		assert_eq!(OrdersOf::<Test>::get(&contract), MAX_ORDERS);
		jobs.iter().for_each(|job| done(*job));
		// `emit` takes little gas, so visits are the bound.
		next_block();
		assert_eq!(Orders::<Test>::count(), MAX_ORDERS - MAX_VISITS);
		next_block();
		assert_eq!(Orders::<Test>::count(), 0);
		assert!(try_order(&contract, &input).is_some());
	});
}

#[test]
fn pending_orders_keep_no_other_waiting() {
	run(|| {
		let contract = funded();
		let jobs: Vec<_> = (0..MAX_ORDERS)
			.map(|_| ordered(&contract, "emit"))
			.collect();
		for job in jobs {
			done(job);
			next_block();
			next_block();
			assert_eq!(
				Aivm::model_order(job),
				None,
				"seen in a round of two blocks"
			);
		}
	});
}

#[test]
fn the_call_backs_of_a_block_have_its_gas_together() {
	run(|| {
		let contract = funded();
		let jobs: Vec<_> = (0..3).map(|_| ordered(&contract, "spin")).collect();
		jobs.iter().for_each(|job| done(*job));
		// Two of 20,000 fit 50,000.
		let weight = |number: u64| {
			System::set_block_number(number);
			<Aivm as Hooks<u64>>::on_initialize(number)
		};
		let most = Weight::from_parts((CALLBACK_GAS + 5_000) * 1_000_000, 0);
		let used = weight(2);
		assert!(used.ref_time() > 40_000_000_000 && used.ref_time() < most.ref_time());
		assert_eq!(Orders::<Test>::count(), 1);
		assert!(weight(3).ref_time() < most.ref_time() / 2);
		assert_eq!(Orders::<Test>::count(), 0);
		let idle = weight(4);
		assert_eq!(idle, <() as crate::WeightInfo>::begin_block());
	});
}

#[test]
fn a_contract_that_waits_is_not_removed() {
	run(|| {
		let contract = funded();
		let job = ordered(&contract, "emit");
		let remove = || {
			let origin = RuntimeOrigin::signed(account(1));
			Aivm::remove_contract(origin, contract.clone())
		};
		done(job);
		// Nothing is held of it any more, and still it waits.
		assert_eq!(remove(), Err(Error::<Test>::ContractNotEmpty.into()));
		next_block();
		assert_ok!(remove());
	});
}
