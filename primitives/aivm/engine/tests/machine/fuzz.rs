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

proptest! {
	#![proptest_config(ProptestConfig::with_cases(300))]

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
