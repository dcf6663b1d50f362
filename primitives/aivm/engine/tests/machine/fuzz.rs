//! Random modules at upload, and random arguments to every opcode: nothing panics, money is kept, gas
//! is bounded (the mock asserts both after every call).

use crate::{
	code::{module, run_module, words, CONTRACT},
	mock::{Mock, CLIENT},
};
use aci_aivm_engine::{aci_aivm::Gas, validate, Trap};
use proptest::prelude::*;

/// The opcodes with the types of their parameters and result.
const OPCODES: &[(&str, &str, &str)] = &[
	("input_length", "", "i"),
	("input_read", "iii", ""),
	("output", "ii", ""),
	("caller", "i", ""),
	("account", "i", ""),
	("value", "i", ""),
	("block", "", "I"),
	("gas_left", "", "I"),
	("storage_read", "iiii", "i"),
	("storage_write", "iiii", ""),
	("storage_remove", "ii", ""),
	("event", "iiii", ""),
	("transfer", "ii", "i"),
	("call", "iiIiiii", "i"),
	("returned_length", "", "i"),
	("returned_read", "iii", ""),
	("tensor_alloc", "iii", "I"),
	("tensor_free", "I", ""),
	("tensor_write", "Iiii", ""),
	("tensor_read", "Iiii", ""),
	("tensor_shape", "Ii", "i"),
	("tensor_matmul", "II", "I"),
	("tensor_norm", "IIIi", "I"),
	("tensor_softmax", "I", "I"),
	("tensor_convert", "Iiiii", "I"),
	("model_load", "i", "I"),
	("model_infer", "II", "I"),
	("model_hash", "Ii", ""),
	("model_order", "iiiiiIi", "i"),
	("tee_verify", "iiii", "i"),
	("hash_compare", "ii", "i"),
	("kl_diverge", "II", "i"),
	("hmm_quote", "iIii", "i"),
	("hmm_swap", "iIiii", "I"),
	("escrow_lock", "ii", "I"),
	("escrow_release", "Iii", "i"),
];

/// One call of an opcode with these arguments. Handles come from local 0, which the results go to;
/// every third is a random word.
fn opcode_call(opcode: usize, arguments: &[u32]) -> String {
	let (name, parameters, result) = OPCODES[opcode % OPCODES.len()];
	let mut text = String::new();
	for (parameter, argument) in parameters.chars().zip(arguments) {
		// Small numbers are pointers and lengths that often fit.
		let word = match argument % 4 {
			0 => argument / 4 % 8,
			1 => argument / 4 % 300,
			2 => argument / 4 % 140_000,
			_ => *argument,
		};
		text += &match parameter {
			'i' => format!("(i32.const {})", word as i32),
			_ if argument % 3 == 0 => format!("(i64.const {word})"),
			_ => "(local.get $h)".to_string(),
		};
	}
	let call = format!("(call ${name} {text})");
	match result {
		"" => call,
		"i" => format!("(drop {call})"),
		_ => format!("(local.set $h {call})"),
	}
}

/// Cases of each search: a few hundred in every run of the tests, or as many as `ACI_FUZZ_CASES` says.
fn config() -> ProptestConfig {
	let cases = std::env::var("ACI_FUZZ_CASES");
	let cases = cases.map(|cases| cases.parse().expect("ACI_FUZZ_CASES is a number"));
	ProptestConfig::with_cases(cases.unwrap_or(300))
}

/// A statement of a function: memory, tables, loops and calls of every kind, with operands that are
/// sometimes in bounds.
fn statement(kind: u8, a: u32, b: u32) -> String {
	let address = match a % 3 {
		0 => a % 131_072,
		1 => 131_060 + a % 16,
		_ => a,
	} as i32;
	let length = if b.is_multiple_of(4) { b } else { b % 70_000 } as i32;
	match kind % 16 {
		0 => format!("(drop (i32.load (i32.const {address})))"),
		1 => format!("(i64.store (i32.const {address}) (i64.const {b}))"),
		2 => format!("(memory.fill (i32.const {address}) (i32.const {b}) (i32.const {length}))"),
		3 => {
			format!("(memory.copy (i32.const {address}) (i32.const {length}) (i32.const {length}))")
		}
		4 => format!("(drop (memory.grow (i32.const {})))", b % 70),
		5 => "(call $run)".to_string(),
		6 => format!("(call_indirect (i32.const {}))", a % 4),
		7 => format!("(loop (br_if 0 (i32.const {})))", a % 2),
		8 => format!("(block (block (br_table 0 1 (i32.const {}))))", a % 4),
		9 => format!(
			"(local.set $i (i32.div_s (i32.const {a}) (i32.const {})))",
			b as i32 % 3
		),
		10 => format!("(local.set $i (i32.rem_u (local.get $i) (i32.const {b})))"),
		11 => format!("(local.set $h (i64.shr_s (local.get $h) (i64.const {b})))"),
		12 => format!("(if (i32.const {}) (then (br 0)) (else (return)))", a % 3),
		13 => "(drop (memory.size))".to_string(),
		14 => format!("(global.set $g (i64.add (global.get $g) (i64.const {b})))"),
		_ => "(unreachable)".to_string(),
	}
}

proptest! {
	#![proptest_config(config())]

	#[test]
	fn random_instructions_end_within_their_gas_and_the_same_way_twice(
		statements in prop::collection::vec(any::<(u8, u32, u32)>(), 1..20),
	) {
		let body: String = statements.iter().map(|(kind, a, b)| statement(*kind, *a, *b)).collect();
		let text = format!(
			r#"(table 3 funcref) (elem (i32.const 0) $run $other) (global $g (mut i64) (i64.const 0))
			(func $other)
			(func $run (export "run") (local $i i32) (local $h i64) {body})"#
		);
		let code = module(&text);
		let run = || {
			let mock = Mock::new();
			mock.install(1, &code);
			mock.run_as(CLIENT, CONTRACT, 0, Gas::from_whole(600), "run", b"")
		};
		let (result, used) = run();
		prop_assert!(!matches!(result, Err(Trap::Module(_))), "a valid module is refused");
		prop_assert_eq!(run(), (result, used));
	}

	#[test]
	fn random_bytes_are_refused_without_a_panic(
		bytes in prop::collection::vec(any::<u8>(), 0..400),
	) {
		prop_assert!(validate(&bytes).is_err());
		let headed = [b"\0asm\x01\0\0\0".to_vec(), bytes].concat();
		let _ = validate(&headed);
	}

	#[test]
	fn a_changed_module_is_refused_or_runs_within_its_gas(
		changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
	) {
		let mut code = run_module("(local $i i32)", "(loop (local.set $i (i32.add (local.get $i)
			(i32.const 1))) (call $storage_write (i32.const 0) (i32.const 4) (i32.const 0)
			(local.get $i)) (br_if 0 (i32.lt_u (local.get $i) (i32.const 9))))");
		for (at, byte) in changes {
			let at = at.index(code.len());
			code[at] = byte;
		}
		if let Ok(info) = validate(&code) {
			let mock = Mock::new();
			mock.install(1, &code);
			for entry in info.entries {
				let gas = Gas::from_whole(20_000);
				let (result, _) = mock.run_as(CLIENT, CONTRACT, 3, gas, &entry, b"input");
				let refused = matches!(result, Err(Trap::Module(_)));
				prop_assert!(!refused, "accepted at upload, refused at a call");
			}
		}
	}

	#[test]
	fn random_arguments_to_opcodes_are_answered_or_end_the_call(
		calls in prop::collection::vec((0..OPCODES.len(), any::<[u32; 7]>()), 1..12),
		shape in prop::array::uniform4(0u32..20),
		value in 0u128..50,
	) {
		let mut body = "(call $get)
			(local.set $h (call $tensor_alloc (i32.const 0) (i32.const 2) (i32.const 1024)))"
			.to_string();
		for (opcode, arguments) in &calls {
			body += &opcode_call(*opcode, arguments);
		}
		let text = format!(
			r#"(data (i32.const 0) "\02\02\02\02\02\02\02\02\02\02\02\02\02\02\02\02run")
			(func (export "run") (local $h i64) {body})"#
		);
		let mock = Mock::new();
		mock.install(1, &module(&text));
		mock.install(2, &run_module("", "nop"));
		mock.world.borrow_mut().models.insert([2; 32], vec![1; 40]);
		let input = words(&shape.map(|dimension| dimension as i32));
		let gas = Gas::from_whole(200_000);
		let (result, used) = mock.run_as(CLIENT, CONTRACT, value, gas, "run", &input);
		// The host answers the same again: so does the machine.
		let again = Mock::new();
		again.install(1, &module(&text));
		again.install(2, &run_module("", "nop"));
		again.world.borrow_mut().models.insert([2; 32], vec![1; 40]);
		prop_assert_eq!(again.run_as(CLIENT, CONTRACT, value, gas, "run", &input), (result, used));
	}
}
