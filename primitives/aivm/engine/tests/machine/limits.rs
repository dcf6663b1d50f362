//! Modules that would run for ever, take all memory, or break out.

use crate::{
	code::{module, run, words, CONTRACT},
	mock::{Mock, CLIENT},
};
use aci_aivm_engine::{
	aci_aivm::{Gas, TensorError},
	limits::{MAX_INPUT_BYTES, MAX_LOCALS, MAX_MEMORY_PAGES},
	Refusal, Trap, TrapCode,
};

/// Runs a module's `run` with this much gas.
fn with_gas(text: &str, gas: u64) -> (Result<Vec<u8>, Trap>, Gas) {
	let mock = Mock::new();
	mock.install(1, &module(text));
	mock.run_as(CLIENT, CONTRACT, 0, Gas::from_whole(gas), "run", b"")
}

#[test]
fn an_endless_loop_uses_exactly_its_gas() {
	let (result, used) = with_gas(r#"(func (export "run") (loop (br 0)))"#, 5_000);
	assert_eq!(result, Err(Trap::OutOfGas));
	assert_eq!(used, Gas::from_whole(5_000));
}

#[test]
fn endless_recursion_ends_at_the_stack() {
	let (result, _) = with_gas(r#"(func $f (export "run") (call $f))"#, 100_000);
	assert_eq!(result, Err(Trap::Code(TrapCode::StackOverflow)));
	let fat = "(local i64)".repeat(MAX_LOCALS as usize);
	let text = format!(r#"(func $f (export "run") {fat} (call $f))"#);
	assert_eq!(
		with_gas(&text, 100_000).0,
		Err(Trap::Code(TrapCode::StackOverflow))
	);
}

#[test]
fn gas_below_the_code_runs_nothing() {
	let (result, used) = with_gas(r#"(func (export "run"))"#, 10);
	assert_eq!((result, used), (Err(Trap::OutOfGas), Gas::from_whole(10)));
	assert_eq!(
		with_gas(r#"(func (export "run"))"#, 0).0,
		Err(Trap::OutOfGas)
	);
}

#[test]
fn memory_grows_to_the_limit_and_no_further() {
	let body = format!(
		r#"(func (export "run")
		(i32.store (i32.const 2048) (memory.grow (i32.const {})))
		(i32.store (i32.const 2052) (memory.grow (i32.const 1)))
		(i32.store (i32.const 2056) (memory.grow (i32.const 65536)))
		(call $put (i32.const 12)))"#,
		MAX_MEMORY_PAGES - 2
	);
	assert_eq!(with_gas(&body, 1_000_000).0.unwrap(), words(&[2, -1, -1]));
}

#[test]
fn growing_memory_is_paid_for() {
	let grow = r#"(func (export "run") (drop (memory.grow (i32.const 62))))"#;
	let still = r#"(func (export "run") (drop (memory.grow (i32.const 0))))"#;
	let (grown, kept) = (with_gas(grow, 1_000_000).1, with_gas(still, 1_000_000).1);
	// At least the time to clear the bytes: 0.1 nanoseconds each.
	assert!(grown.milli() - kept.milli() > 62 * 65_536 / 10);
	let fill = r#"(func (export "run") (loop
		(memory.fill (i32.const 0) (i32.const 1) (i32.const 131072)) (br 0)))"#;
	let (result, used) = with_gas(fill, 3_000);
	assert_eq!(
		(result, used),
		(Err(Trap::OutOfGas), Gas::from_whole(3_000))
	);
}

#[test]
fn code_that_breaks_a_rule_stops() {
	for (body, code) in [
		("unreachable", TrapCode::Unreachable),
		(
			"(drop (i32.div_s (i32.const 1) (i32.const 0)))",
			TrapCode::Arithmetic,
		),
		(
			"(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))",
			TrapCode::Arithmetic,
		),
		(
			"(drop (i32.load (i32.const 131072)))",
			TrapCode::MemoryOutOfBounds,
		),
		(
			"(i64.store (i32.const -4) (i64.const 0))",
			TrapCode::MemoryOutOfBounds,
		),
		(
			"(memory.copy (i32.const 0) (i32.const 131000) (i32.const 1000))",
			TrapCode::MemoryOutOfBounds,
		),
	] {
		assert_eq!(run("", body, b""), Err(Trap::Code(code)), "{body}");
	}
	let table = r#"(table 2 funcref) (type $t (func (param i32)))
		(elem (i32.const 0) $get)
		(func (export "null") (call_indirect (i32.const 1)))
		(func (export "type") (call_indirect (type $t) (i32.const 0) (i32.const 0)))
		(func (export "far") (call_indirect (i32.const 7)))"#;
	let mock = Mock::new();
	mock.install(1, &module(table));
	for entry in ["null", "type", "far"] {
		let result = mock.run(CONTRACT, entry, b"");
		assert_eq!(result, Err(Trap::Code(TrapCode::IndirectCall)), "{entry}");
	}
}

#[test]
fn pointers_outside_of_the_memory_are_refused_by_every_opcode() {
	for body in [
		"(call $output (i32.const 131071) (i32.const 2))",
		"(call $output (i32.const -1) (i32.const 2))",
		"(call $caller (i32.const 131060))",
		"(call $value (i32.const -1))",
		"(call $storage_write (i32.const 131070) (i32.const 4) (i32.const 0) (i32.const 1))",
		"(call $storage_write (i32.const 0) (i32.const 4) (i32.const 131070) (i32.const 4))",
		"(call $event (i32.const 0) (i32.const 1) (i32.const 131070) (i32.const 4))",
		"(drop (call $transfer (i32.const 131060) (i32.const 0)))",
		"(drop (call $tensor_alloc (i32.const 0) (i32.const 4) (i32.const 131064)))",
		"(drop (call $model_load (i32.const 131060)))",
		"(drop (call $hash_compare (i32.const 0) (i32.const 131060)))",
		"(drop (call $tee_verify (i32.const 131070) (i32.const 4) (i32.const 0) (i32.const 0)))",
		"(drop (call $hmm_quote (i32.const 131060) (i64.const 0) (i32.const 0) (i32.const 0)))",
		"(drop (call $escrow_lock (i32.const 0) (i32.const 131070)))",
		"(drop (call $call (i32.const 131060) (i32.const 0) (i64.const 0) (i32.const 0)
			(i32.const 0) (i32.const 0) (i32.const 0)))",
		"(call $input_read (i32.const 0) (i32.const 0) (i32.const 1))",
		"(call $input_read (i32.const -1) (i32.const 0) (i32.const 2))",
		"(call $returned_read (i32.const 0) (i32.const 0) (i32.const 1))",
	] {
		let result = run("", body, b"");
		assert!(
			matches!(result, Err(Trap::OutOfBounds)),
			"{body}: {result:?}"
		);
	}
}

#[test]
fn lengths_over_their_limits_are_refused() {
	for body in [
		"(call $output (i32.const 0) (i32.const 65537))",
		"(call $storage_write (i32.const 0) (i32.const 129) (i32.const 0) (i32.const 1))",
		"(call $storage_write (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 16385))",
		"(call $event (i32.const 0) (i32.const 65) (i32.const 0) (i32.const 0))",
		"(call $event (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 4097))",
		"(drop (call $tee_verify (i32.const 0) (i32.const 32769) (i32.const 0) (i32.const 0)))",
	] {
		assert_eq!(run("", body, b""), Err(Trap::Argument), "{body}");
	}
	let result = run("", "nop", &vec![0; MAX_INPUT_BYTES + 1]);
	assert_eq!(result, Err(Trap::InputTooLong));
}

#[test]
fn shapes_that_overflow_are_refused_before_memory_is_taken() {
	let alloc = "(drop (call $tensor_alloc (i32.const 1) (i32.const 4) (i32.const 1024)))";
	for shape in [
		[-1, -1, -1, -1],
		[1 << 16, 1 << 16, 1, 1],
		[1 << 22, 2, 1, 1],
	] {
		let result = run("", alloc, &words(&shape));
		assert_eq!(
			result,
			Err(Trap::Tensor(TensorError::TooLarge)),
			"{shape:?}"
		);
	}
	let result = run("", alloc, &words(&[1, 0, 1, 1]));
	assert_eq!(result, Err(Trap::Tensor(TensorError::Shape)));
	for rank in ["0", "5", "-1"] {
		let alloc =
			format!("(drop (call $tensor_alloc (i32.const 1) (i32.const {rank}) (i32.const 0)))");
		assert_eq!(run("", &alloc, b""), Err(Trap::Tensor(TensorError::Shape)));
	}
	let alloc = "(drop (call $tensor_alloc (i32.const 3) (i32.const 1) (i32.const 1024)))";
	assert_eq!(run("", alloc, &words(&[1])), Err(Trap::Argument));
}

#[test]
fn tensors_beyond_their_bytes_or_number_are_refused() {
	let body =
		"(loop (drop (call $tensor_alloc (i32.const 0) (i32.const 1) (i32.const 1024))) (br 0))";
	assert_eq!(
		run("", body, &words(&[1 << 23])),
		Err(Trap::TooManyTensorBytes)
	);
	assert_eq!(run("", body, &words(&[1])), Err(Trap::TooManyHandles));
	let freed = "(loop (call $tensor_free
		(call $tensor_alloc (i32.const 0) (i32.const 1) (i32.const 1024))) (br 0))";
	// A slot is used 65,535 times, or the gas ends before.
	assert!(matches!(
		run("", freed, &words(&[1])),
		Err(Trap::TooManyHandles | Trap::OutOfGas)
	));
}

#[test]
fn a_large_product_is_refused_for_its_gas_before_it_runs() {
	let body = "(local.set $a (call $tensor_alloc (i32.const 0) (i32.const 2) (i32.const 1024)))
		(local.set $b (call $tensor_alloc (i32.const 0) (i32.const 2) (i32.const 1032)))
		(drop (call $tensor_matmul (local.get $a) (local.get $b)))";
	// 1,000 · 1,000 · 4,000 products take 4,000,000 gas.
	let text = format!(r#"(func (export "run") (local $a i64) (local $b i64) (call $get) {body})"#);
	let mock = Mock::new();
	mock.install(1, &module(&text));
	let input = words(&[1_000, 4_000, 4_000, 1_000]);
	let limit = Gas::from_whole(3_000_000);
	let (result, used) = mock.run_as(CLIENT, CONTRACT, 0, limit, "run", &input);
	assert_eq!((result, used), (Err(Trap::OutOfGas), limit));
}

#[test]
fn storage_and_events_beyond_what_the_chain_allows_end_the_call() {
	let fill = "(loop (i32.store (i32.const 0) (i32.add (i32.const 1) (i32.load (i32.const 0))))
		(call $storage_write (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 16000)) (br 0))";
	assert_eq!(run("", fill, b""), Err(Trap::Refused(Refusal::Deposit)));
	let shout =
		"(loop (call $event (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1)) (br 0))";
	assert_eq!(
		run("", shout, b""),
		Err(Trap::Refused(Refusal::TooManyEvents))
	);
}
