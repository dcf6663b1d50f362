use super::*;
use crate::WeightInfo;
use aci_aivm_engine::{aci_aivm::Gas, limits::MAX_CALL_DEPTH};
use frame_support::{assert_noop, assert_ok, dispatch::GetDispatchInfo};

/// Input of `relay`: call this entry point of a contract.
fn relay(to: &AccountId, entry: &str, input: &[u8]) -> Vec<u8> {
	let to: &[u8] = to.as_ref();
	let mut name = entry.as_bytes().to_vec();
	name.resize(15, 0);
	[to, &[entry.len() as u8], &name, input].concat()
}

fn status(number: i32, rest: &[u8]) -> Vec<u8> {
	[&number.to_le_bytes()[..], rest].concat()
}

#[test]
fn a_contract_is_made_called_and_removed() {
	run(|| {
		let contract = contract();
		assert_eq!(balance(&contract), EXISTENTIAL_DEPOSIT);
		assert_eq!(call(&contract, "set", b"hello"), Ok(vec![]));
		assert_eq!(call(&contract, "get", b""), Ok(b"hello".to_vec()));
		let state = Aivm::contract(contract.clone()).unwrap();
		assert_eq!((state.items, state.bytes), (1, 6));
		assert_eq!(
			Aivm::contract_storage(contract.clone(), b"k".to_vec()),
			Some(b"hello".to_vec())
		);
		let signed = |who| RuntimeOrigin::signed(account(who));
		let remove = |who| Aivm::remove_contract(signed(who), contract.clone());
		assert_noop!(remove(1), Error::<Test>::ContractNotEmpty);
		assert_ok!(call(&contract, "clear", b""));
		assert_noop!(remove(2), Error::<Test>::NotCreator);
		assert_ok!(remove(1));
		assert_eq!(balance(&contract), 0);
		assert_noop!(remove(1), Error::<Test>::NotAContract);
	});
}

#[test]
fn deploy_runs_once_with_its_input_and_cannot_be_called() {
	run(|| {
		let code = uploaded();
		let origin = RuntimeOrigin::signed(account(1));
		let input = b"first".to_vec().try_into().unwrap();
		assert_ok!(Aivm::instantiate(
			origin.clone(),
			code,
			70,
			GAS,
			LIMIT,
			[0; 32],
			input
		));
		let contract = Aivm::contract_account(account(1), code, [0; 32]);
		assert_eq!(balance(&contract), EXISTENTIAL_DEPOSIT + 70);
		assert_eq!(call(&contract, "get", b""), Ok(b"first".to_vec()));
		assert_eq!(
			call(&contract, "deploy", b"x"),
			Err(Error::<Test>::NoEntry.into())
		);
		let input = Vec::new().try_into().unwrap();
		let again = Aivm::instantiate(origin, code, 0, GAS, LIMIT, [0; 32], input);
		assert_eq!(error(again), Error::<Test>::ContractExists.into());
	});
}

#[test]
fn entry_points_are_told() {
	run(|| {
		let contract = contract();
		let names = Aivm::entry_points(contract.clone());
		assert!(names.contains(&b"set".to_vec()) && !names.contains(&b"deploy".to_vec()));
		assert_eq!(
			call(&contract, "nothing", b""),
			Err(Error::<Test>::NoEntry.into())
		);
		assert_eq!(Aivm::entry_points(account(2)), Vec::<Vec<u8>>::new());
		assert_eq!(
			call(&account(2), "set", b""),
			Err(Error::<Test>::NotAContract.into())
		);
	});
}

#[test]
fn a_call_that_fails_leaves_nothing_and_pays_for_what_it_used() {
	run(|| {
		let contract = contract();
		let before = sp_io::storage::root(sp_runtime::StateVersion::V1);
		let failure = call_as(2, &contract, 500, "fail", b"some").expect_err("it says no");
		assert_eq!(failure.error, Error::<Test>::ContractReverted.into());
		let weight = failure.post_info.actual_weight.unwrap();
		let base = <() as WeightInfo>::call(4);
		assert!(weight.ref_time() > base.ref_time() + Gas::from_whole(300).picoseconds());
		assert!(weight.ref_time() < base.ref_time() + Gas::from_whole(GAS).picoseconds() / 10);
		// The extrinsic's own layer takes back what the dispatch left, which is nothing.
		assert_eq!(sp_io::storage::root(sp_runtime::StateVersion::V1), before);
	});
}

#[test]
fn unused_gas_comes_back_and_an_endless_call_pays_for_all_of_it() {
	run(|| {
		let contract = contract();
		let announced = crate::Call::<Test>::call {
			contract: contract.clone(),
			value: 0,
			gas_limit: GAS,
			deposit_limit: LIMIT,
			entry: b"get".to_vec().try_into().unwrap(),
			input: Vec::new().try_into().unwrap(),
		}
		.get_dispatch_info()
		.call_weight;
		assert_ok!(call_as(2, &contract, 0, "set", b"x"));
		let PostDispatchInfo { actual_weight, .. } = call_as(2, &contract, 0, "get", b"").unwrap();
		assert!(actual_weight.unwrap().ref_time() < announced.ref_time() / 10);
		let failure = call_as(2, &contract, 0, "spin", b"").expect_err("it never ends");
		assert_eq!(failure.error, Error::<Test>::OutOfGas.into());
		assert_eq!(failure.post_info.actual_weight, Some(announced));
	});
}

#[test]
fn contracts_call_each_other_and_a_failed_call_is_taken_back_alone() {
	run(|| {
		let code = uploaded();
		let (first, second) = (made(code, 0), made(code, 1));
		assert_eq!(
			call(&first, "relay", &relay(&second, "set", b"ab")),
			Ok(status(0, b""))
		);
		assert_eq!(
			call(&first, "relay", &relay(&second, "get", b"")),
			Ok(status(0, b"ab"))
		);
		assert_eq!(
			call(&first, "relay", &relay(&second, "fail", b"cd..")),
			Ok(status(-1, b""))
		);
		assert_eq!(call(&second, "get", b""), Ok(b"ab".to_vec()));
		let nobody = relay(&account(3), "get", b"");
		assert_eq!(call(&first, "relay", &nobody), Ok(status(-1, b"")));
	});
}

#[test]
fn no_contract_is_entered_twice() {
	run(|| {
		let code = uploaded();
		let (first, second) = (made(code, 0), made(code, 1));
		let itself = relay(&first, "set", b"x");
		assert_eq!(call(&first, "relay", &itself), Ok(status(-1, b"")));
		let around = relay(&second, "relay", &relay(&first, "set", b"x"));
		assert_eq!(
			call(&first, "relay", &around),
			Ok(status(0, &status(-1, b"")))
		);
		assert_eq!(Aivm::contract(first).unwrap().items, 0);
	});
}

#[test]
fn calls_are_as_deep_as_allowed() {
	run(|| {
		let code = uploaded();
		let contracts: Vec<_> = (0..=MAX_CALL_DEPTH as u8)
			.map(|salt| made(code, salt))
			.collect();
		let mut input = b"deep".to_vec();
		let mut entry = "set";
		for contract in contracts.iter().skip(1).rev() {
			input = relay(contract, entry, &input);
			entry = "relay";
		}
		let output = call(&contracts[0], "relay", &input).unwrap();
		let depth = output.chunks(4).filter(|word| *word == [0; 4]).count();
		assert_eq!(depth, MAX_CALL_DEPTH - 1);
		assert_eq!(
			output.chunks(4).next_back(),
			Some(&(-1i32).to_le_bytes()[..])
		);
		assert!(contracts
			.iter()
			.all(|at| Contracts::<Test>::get(at).unwrap().items == 0));
	});
}

#[test]
fn events_are_told_and_bounded() {
	run(|| {
		let contract = contract();
		assert_ok!(call(&contract, "emit", b"news"));
		let told = System::events().into_iter().any(|record| {
			record.event
				== RuntimeEvent::Aivm(Event::ContractEmitted {
					contract: contract.clone(),
					topic: b"t".to_vec().try_into().unwrap(),
					data: b"news".to_vec().try_into().unwrap(),
				})
		});
		assert!(told);
		let shout = wat::parse_str(
			r#"(module (import "aivm" "event" (func $event (param i32 i32 i32 i32)))
			(memory (export "memory") 1) (func (export "run")
			(loop (call $event (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1)) (br 0))))"#,
		)
		.unwrap();
		let hash = Aivm::hash_of(&shout);
		let origin = RuntimeOrigin::signed(account(1));
		assert_ok!(Aivm::upload_code(origin, shout.try_into().unwrap()));
		let loud = made(hash, 0);
		assert_eq!(
			call(&loud, "run", b""),
			Err(Error::<Test>::TooManyEvents.into())
		);
	});
}

#[test]
fn a_contract_sends_its_money_and_keeps_its_account() {
	run(|| {
		let contract = contract();
		let send = |amount: Balance| {
			let to: &[u8] = &[3; 32];
			[to, &amount.to_le_bytes()].concat()
		};
		assert_ok!(call_as(2, &contract, 1_000, "clear", b""));
		assert_eq!(call(&contract, "send", &send(1_001)), Ok(status(-1, b"")));
		assert_eq!(call(&contract, "send", &send(1_000)), Ok(status(0, b"")));
		assert_eq!(balance(&account(3)), START + 1_000);
		assert_eq!(balance(&contract), EXISTENTIAL_DEPOSIT);
	});
}
