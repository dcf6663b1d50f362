//! Contracts that call contracts: depth, re-entrancy, gas, roll-back.

use crate::{
	code::{module, words, CONTRACT},
	mock::{Mock, CLIENT},
};
use aci_aivm_engine::{aci_aivm::Gas, limits::MAX_CALL_DEPTH, CallStack, StackError, Trap};

/// `run` stores the input's byte 32 under its own name, then calls `run` of the account in the first
/// 32 bytes with the rest of the input as gas (8 bytes) and input. It returns the status and what was
/// returned, and fails when byte 33 is 1.
fn relay() -> Vec<u8> {
	module(
		r#"(data (i32.const 0) "run")
		(func (export "run") (call $get)
			(call $storage_write (i32.const 0) (i32.const 1) (i32.const 1056) (i32.const 1))
			(if (i32.gt_u (call $input_length) (i32.const 42)) (then
				(i32.store (i32.const 2048) (call $call
					(i32.const 1024) (i32.const 3000) (i64.load (i32.const 1058))
					(i32.const 0) (i32.const 3)
					(i32.const 1066) (i32.sub (call $input_length) (i32.const 42))))
				(call $returned_read (i32.const 0) (i32.const 2052) (call $returned_length))))
			(if (i32.load8_u (i32.const 1057)) (then (call $revert (i32.const 0) (i32.const 3))))
			(call $put (i32.add (i32.const 4) (call $returned_length))))
		(func (export "spin") (loop (br 0)))"#,
	)
}

/// One level of input: call `to` with this gas and this input.
fn level(to: u8, mark: u8, fail: bool, gas: u64, input: &[u8]) -> Vec<u8> {
	[
		&[to; 32][..],
		&[mark, u8::from(fail)],
		&gas.to_le_bytes(),
		input,
	]
	.concat()
}

fn marks(mock: &Mock) -> Vec<(u8, u8)> {
	mock.world
		.borrow()
		.storage
		.iter()
		.map(|((account, _), value)| (account[0], value[0]))
		.collect()
}

fn installed(count: u8) -> Mock {
	let mock = Mock::new();
	for number in 1..=count {
		mock.install(number, &relay());
	}
	mock
}

#[test]
fn a_call_returns_what_the_other_returned() {
	let mock = installed(2);
	let input = level(2, 7, false, 0, &level(0, 8, false, 0, b""));
	assert_eq!(mock.run(CONTRACT, "run", &input).unwrap(), words(&[0, 0]));
	assert_eq!(marks(&mock), [(1, 7), (2, 8)]);
}

#[test]
fn a_failed_call_takes_back_its_own_changes_only() {
	let mock = installed(3);
	// 1 calls 2, which calls 3 and then fails: 2 and 3 are undone, 1 goes on.
	let input = level(
		2,
		7,
		false,
		0,
		&level(3, 8, true, 0, &level(0, 9, false, 0, b"")),
	);
	assert_eq!(mock.run(CONTRACT, "run", &input).unwrap(), words(&[-1]));
	assert_eq!(marks(&mock), [(1, 7)]);
}

#[test]
fn no_contract_is_entered_twice() {
	let mock = installed(2);
	let again = level(1, 7, false, 0, &level(0, 8, false, 0, b""));
	assert_eq!(
		mock.run(CONTRACT, "run", &again).unwrap(),
		words(&[-1]),
		"itself"
	);
	let back = level(
		2,
		7,
		false,
		0,
		&level(1, 8, false, 0, &level(0, 9, false, 0, b"")),
	);
	assert_eq!(
		mock.run(CONTRACT, "run", &back).unwrap(),
		words(&[0, -1]),
		"by way of another"
	);
	assert_eq!(marks(&mock), [(1, 7), (2, 8)]);
}

#[test]
fn calls_are_as_deep_as_allowed_and_no_deeper() {
	let count = MAX_CALL_DEPTH as u8 + 2;
	let mock = installed(count);
	let mut input = level(0, count, false, 0, b"");
	for number in (1..count).rev() {
		input = level(number + 1, number, false, 0, &input);
	}
	let mut expected = vec![0; MAX_CALL_DEPTH - 1];
	expected.push(-1);
	assert_eq!(mock.run(CONTRACT, "run", &input).unwrap(), words(&expected));
	assert_eq!(marks(&mock).len(), MAX_CALL_DEPTH);
}

#[test]
fn a_callee_uses_no_more_gas_than_it_is_given() {
	let mock = Mock::new();
	mock.install(
		1,
		&module(
			r#"(data (i32.const 0) "spin") (func (export "run") (call $get)
			(i32.store (i32.const 2048) (call $call (i32.const 1024) (i32.const 3000)
				(i64.const 3000) (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 0)))
			(call $put (i32.const 4)))"#,
		),
	);
	mock.install(2, &relay());
	let gas = Gas::from_whole(50_000);
	let (result, used) = mock.run_as(CLIENT, CONTRACT, 0, gas, "run", &[2; 32]);
	assert_eq!(result.unwrap(), words(&[-1]));
	assert!(
		used > Gas::from_whole(4_000) && used < Gas::from_whole(5_500),
		"{used}"
	);
}

#[test]
fn a_callee_that_takes_all_gas_ends_its_caller_too() {
	let mock = Mock::new();
	mock.install(
		1,
		&module(
			r#"(data (i32.const 0) "spin") (func (export "run") (call $get)
			(drop (call $call (i32.const 1024) (i32.const 3000)
				(i64.const 0) (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 0)))
			(loop (br 0)))"#,
		),
	);
	mock.install(2, &relay());
	let gas = Gas::from_whole(20_000);
	let (result, used) = mock.run_as(CLIENT, CONTRACT, 0, gas, "run", &[2; 32]);
	assert_eq!((result, used), (Err(Trap::OutOfGas), gas));
}

#[test]
fn what_cannot_be_called_is_an_answer() {
	let mock = installed(1);
	let unknown = level(5, 7, false, 0, &level(0, 8, false, 0, b""));
	assert_eq!(mock.run(CONTRACT, "run", &unknown).unwrap(), words(&[-1]));
}

#[test]
fn entry_points_are_called_by_their_names() {
	let mock = Mock::new();
	let code = r#"(func (export "deploy") (call $output (i32.const 0) (i32.const 1)))
		(func (export "run") (call $output (i32.const 0) (i32.const 2)))"#;
	mock.install(1, &module(code));
	assert_eq!(mock.run(CONTRACT, "run", b"").unwrap(), [0; 2]);
	assert_eq!(mock.run(CONTRACT, "deploy", b"").unwrap(), [0; 1]);
	assert_eq!(mock.run(CONTRACT, "nothing", b""), Err(Trap::NoEntry));
	assert_eq!(mock.run(CONTRACT, "memory", b""), Err(Trap::NoEntry));
	// By a contract, `deploy` cannot be called.
	mock.install(
		2,
		&module(
			r#"(data (i32.const 0) "deploy") (func (export "run") (call $get)
			(i32.store (i32.const 2048) (call $call (i32.const 1024) (i32.const 3000)
				(i64.const 0) (i32.const 0) (i32.const 6) (i32.const 0) (i32.const 0)))
			(call $put (i32.const 4)))"#,
		),
	);
	assert_eq!(mock.run([2; 32], "run", &[1; 32]).unwrap(), words(&[-1]));
}

#[test]
fn the_stack_knows_depth_and_membership() {
	let mut stack = CallStack::default();
	for number in 0..MAX_CALL_DEPTH as u8 {
		assert_eq!(stack.enter([number; 32]), Ok(()));
	}
	assert_eq!(stack.enter([200; 32]), Err(StackError::TooDeep));
	assert_eq!(stack.enter([3; 32]), Err(StackError::Reentered));
	stack.leave();
	assert_eq!(stack.depth(), MAX_CALL_DEPTH - 1);
	assert_eq!(stack.enter([200; 32]), Ok(()));
}
