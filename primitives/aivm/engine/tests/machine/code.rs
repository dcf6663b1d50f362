//! Modules for tests, as text.

use crate::mock::Mock;
use aci_aivm_engine::{aci_aivm::Gas, Account, Trap};

/// All opcodes.
pub const IMPORTS: &str = r#"
(import "aivm" "input_length" (func $input_length (result i32)))
(import "aivm" "input_read" (func $input_read (param i32 i32 i32)))
(import "aivm" "output" (func $output (param i32 i32)))
(import "aivm" "revert" (func $revert (param i32 i32)))
(import "aivm" "caller" (func $caller (param i32)))
(import "aivm" "account" (func $account (param i32)))
(import "aivm" "value" (func $value (param i32)))
(import "aivm" "block" (func $block (result i64)))
(import "aivm" "gas_left" (func $gas_left (result i64)))
(import "aivm" "storage_read" (func $storage_read (param i32 i32 i32 i32) (result i32)))
(import "aivm" "storage_write" (func $storage_write (param i32 i32 i32 i32)))
(import "aivm" "storage_remove" (func $storage_remove (param i32 i32)))
(import "aivm" "event" (func $event (param i32 i32 i32 i32)))
(import "aivm" "transfer" (func $transfer (param i32 i32) (result i32)))
(import "aivm" "call" (func $call (param i32 i32 i64 i32 i32 i32 i32) (result i32)))
(import "aivm" "returned_length" (func $returned_length (result i32)))
(import "aivm" "returned_read" (func $returned_read (param i32 i32 i32)))
(import "aivm" "tensor_alloc" (func $tensor_alloc (param i32 i32 i32) (result i64)))
(import "aivm" "tensor_free" (func $tensor_free (param i64)))
(import "aivm" "tensor_write" (func $tensor_write (param i64 i32 i32 i32)))
(import "aivm" "tensor_read" (func $tensor_read (param i64 i32 i32 i32)))
(import "aivm" "tensor_shape" (func $tensor_shape (param i64 i32) (result i32)))
(import "aivm" "tensor_matmul" (func $tensor_matmul (param i64 i64) (result i64)))
(import "aivm" "tensor_norm" (func $tensor_norm (param i64 i64 i64 i32) (result i64)))
(import "aivm" "tensor_softmax" (func $tensor_softmax (param i64) (result i64)))
(import "aivm" "tensor_convert" (func $tensor_convert (param i64 i32 i32 i32 i32) (result i64)))
(import "aivm" "model_load" (func $model_load (param i32) (result i64)))
(import "aivm" "model_infer" (func $model_infer (param i64 i64) (result i64)))
(import "aivm" "model_hash" (func $model_hash (param i64 i32)))
(import "aivm" "model_order" (func $model_order (param i32 i32 i32 i32 i32 i64 i32) (result i32)))
(import "aivm" "tee_verify" (func $tee_verify (param i32 i32 i32 i32) (result i32)))
(import "aivm" "hash_compare" (func $hash_compare (param i32 i32) (result i32)))
(import "aivm" "kl_diverge" (func $kl_diverge (param i64 i64) (result i32)))
(import "aivm" "hmm_quote" (func $hmm_quote (param i32 i64 i32 i32) (result i32)))
(import "aivm" "hmm_swap" (func $hmm_swap (param i32 i64 i32 i32 i32) (result i64)))
(import "aivm" "escrow_lock" (func $escrow_lock (param i32 i32) (result i64)))
(import "aivm" "escrow_release" (func $escrow_release (param i64 i32 i32) (result i32)))
"#;

/// A module of this text, in which all opcodes are imported and two pages of memory are there. The
/// input is copied to address 1024 by `$get`, and `$put` returns the bytes from address 2048 on.
pub fn module(text: &str) -> Vec<u8> {
	let text = format!(
		r#"(module {IMPORTS} (memory (export "memory") 2)
		(func $get (call $input_read (i32.const 0) (i32.const 1024) (call $input_length)))
		(func $put (param $length i32) (call $output (i32.const 2048) (local.get $length)))
		{text})"#
	);
	wat::parse_str(text).expect("the test's module is well-formed")
}

/// A module whose only entry point `run` is this.
pub fn run_module(locals: &str, body: &str) -> Vec<u8> {
	module(&format!(
		r#"(func (export "run") {locals} (call $get) {body})"#
	))
}

/// Runs such an entry point once, in a world of its own.
pub fn run(locals: &str, body: &str, input: &[u8]) -> Result<Vec<u8>, Trap> {
	let mock = Mock::new();
	let contract = mock.install(1, &run_module(locals, body));
	mock.run(contract, "run", input)
}

/// The gas of a run that succeeds.
pub fn gas_of(locals: &str, body: &str, input: &[u8]) -> Gas {
	let mock = Mock::new();
	let contract = mock.install(1, &run_module(locals, body));
	let limit = Gas::from_whole(10_000_000);
	let (result, gas) = mock.run_as(crate::mock::CLIENT, contract, 0, limit, "run", input);
	result.expect("the run succeeds");
	gas
}

/// Where the module of a test lives.
pub const CONTRACT: Account = [1; 32];

/// Little-endian bytes of words.
pub fn words(values: &[i32]) -> Vec<u8> {
	values
		.iter()
		.flat_map(|value| value.to_le_bytes())
		.collect()
}
