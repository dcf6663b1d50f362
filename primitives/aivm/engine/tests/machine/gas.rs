//! What calls cost, to the thousandth.

use crate::{
	code::{gas_of, run_module, words, CONTRACT},
	mock::{Mock, CLIENT},
};
use aci_aivm_engine::{
	aci_aivm::{gas, Gas, Opcode},
	Trap,
};

const LOCALS: &str = "(local $a i64) (local $b i64)";
const MAKE: &str =
	"(local.set $a (call $tensor_alloc (i32.const 0) (i32.const 2) (i32.const 1024)))
	(local.set $b (call $tensor_alloc (i32.const 0) (i32.const 2) (i32.const 1032)))";
/// The same instructions, so that the difference is the opcode alone.
const MULTIPLY: &str = "(drop (call $tensor_matmul (local.get $a) (local.get $b)))";

#[test]
fn matmul_costs_exactly_the_formula_and_the_memory_of_its_result() {
	let body = format!("{MAKE} {MULTIPLY}");
	let cost = |m: i32, k: i32, n: i32| {
		// The operands and the result are paid for by the byte; what is left is the product and what
		// every run costs.
		let memory = (m * k + k * n + 4 * m * n) as u64 * Opcode::TensorAlloc.cost().unit;
		let gas = gas_of(LOCALS, &body, &words(&[m, k, k, n]));
		gas.saturating_sub(Gas::from_milli(memory))
			.saturating_sub(gas::matmul(m as u64, n as u64, k as u64))
	};
	let rest = cost(1, 1, 1);
	for (m, k, n) in [(1, 7, 3), (16, 16, 16), (31, 64, 100), (128, 128, 128)] {
		assert_eq!(cost(m, k, n), rest, "{m} x {k} x {n}");
	}
}

#[test]
fn the_same_call_costs_the_same_every_time() {
	let body = format!("{MAKE} {MULTIPLY}");
	let once = gas_of(LOCALS, &body, &words(&[5, 6, 6, 7]));
	assert_eq!(gas_of(LOCALS, &body, &words(&[5, 6, 6, 7])), once);
}

#[test]
fn exactly_the_gas_that_is_used_is_enough() {
	let mock = Mock::new();
	mock.install(1, &run_module(LOCALS, &format!("{MAKE} {MULTIPLY}")));
	let input = words(&[5, 6, 6, 7]);
	let needed = gas_of(LOCALS, &format!("{MAKE} {MULTIPLY}"), &input);
	let with = |milli: u64| mock.run_as(CLIENT, CONTRACT, 0, Gas::from_milli(milli), "run", &input);
	assert_eq!(with(needed.milli()).0, Ok(Vec::new()));
	assert_eq!(with(needed.milli() - 1).0, Err(Trap::OutOfGas));
	// With any less it ends, takes no more than it was given, and changes nothing.
	for milli in (0..needed.milli()).step_by(needed.milli() as usize / 50) {
		assert_eq!(with(milli), (Err(Trap::OutOfGas), Gas::from_milli(milli)));
	}
}

#[test]
fn every_opcode_costs_at_least_its_base() {
	let made = MAKE.to_string();
	let input = [words(&[2, 2, 2, 2]), vec![1; 64]].concat();
	let nothing = gas_of(LOCALS, &made, &input);
	for (opcode, body) in [
		(Opcode::TensorAlloc, "(drop (call $tensor_alloc (i32.const 0) (i32.const 2) (i32.const 1024)))"),
		(Opcode::TensorMatmul, MULTIPLY),
		(Opcode::TensorRead, "(call $tensor_read (local.get $a) (i32.const 0) (i32.const 0) (i32.const 4))"),
		(Opcode::TensorWrite, "(call $tensor_write (local.get $a) (i32.const 0) (i32.const 0) (i32.const 4))"),
		(Opcode::TensorShape, "(drop (call $tensor_shape (local.get $a) (i32.const 0)))"),
		(Opcode::TensorFree, "(call $tensor_free (local.get $a))"),
		(Opcode::TensorConvert, "(drop (call $tensor_convert (local.get $a) (i32.const 1) (i32.const 1) (i32.const 0) (i32.const 0)))"),
		(Opcode::ModelLoad, "(drop (call $model_load (i32.const 0)))"),
		(Opcode::ModelOrder, "(drop (call $model_order (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 4) (i64.const 0) (i32.const 0)))"),
		(Opcode::TeeVerify, "(drop (call $tee_verify (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 4)))"),
		(Opcode::HashCompare, "(drop (call $hash_compare (i32.const 0) (i32.const 0)))"),
		(Opcode::HmmQuote, "(drop (call $hmm_quote (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0)))"),
		(Opcode::HmmSwap, "(drop (call $hmm_swap (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))"),
		(Opcode::EscrowLock, "(drop (call $escrow_lock (i32.const 0) (i32.const 0)))"),
		(Opcode::EscrowRelease, "(drop (call $escrow_release (i64.const 0) (i32.const 0) (i32.const 0)))"),
		(Opcode::Context, "(call $caller (i32.const 0))"),
		(Opcode::Output, "(call $output (i32.const 0) (i32.const 4))"),
		(Opcode::StorageRead, "(drop (call $storage_read (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 0)))"),
		(Opcode::StorageWrite, "(call $storage_write (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 4))"),
		(Opcode::Event, "(call $event (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 4))"),
		(Opcode::Transfer, "(drop (call $transfer (i32.const 0) (i32.const 64)))"),
		(Opcode::Call, "(drop (call $call (i32.const 0) (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))"),
	] {
		let gas = gas_of(LOCALS, &format!("{made} {body}"), &input);
		let base = Gas::from_whole(opcode.cost().base);
		assert!(gas.saturating_sub(nothing) >= base, "{}", opcode.name());
	}
	let convert = "(local.set $a (call $tensor_convert (local.get $a)
		(i32.const 2) (i32.const 1) (i32.const 0) (i32.const 0)))";
	let fixed = format!("{made} {convert}");
	let nothing = gas_of(LOCALS, &fixed, &input);
	for (opcode, body) in [
		(
			Opcode::TensorNorm,
			"(drop (call $tensor_norm (local.get $a) (i64.const 0) (i64.const 0) (i32.const 1)))",
		),
		(
			Opcode::TensorSoftmax,
			"(drop (call $tensor_softmax (local.get $a)))",
		),
	] {
		let gas = gas_of(LOCALS, &format!("{fixed} {body}"), &input);
		assert!(
			gas.saturating_sub(nothing) >= opcode.gas(4 + 2 * 4),
			"{}",
			opcode.name()
		);
	}
}
