//! Scenarios, each named after what it shows. [`crate::mock::run`] checks the invariants before and
//! after each.

mod calls;
mod code;
mod deposits;
mod dry_run;
mod locks;
mod market;
mod marketplace;
mod models;
mod orders;
mod random;

use crate::{mock::*, Codes, Contracts, Error, Event, HoldReason};
use aci_primitives::{AccountId, Balance, Hash};
use frame_support::{
	dispatch::{DispatchResultWithPostInfo, PostDispatchInfo},
	traits::fungible::{Inspect, InspectHold},
};
use sp_runtime::DispatchError;

/// Gas that is enough for what the tests do.
pub const GAS: u64 = 100_000;
/// A limit of deposits that no test reaches by chance.
pub const LIMIT: Balance = 10_000_000;

/// A contract for most tests. Its memory holds the input from address 1,024 on.
///
/// | entry | input | what it does |
/// | --- | --- | --- |
/// | `set` | value | writes the value under the key `k` |
/// | `get` | | returns the value under `k`, at most 1,000 bytes |
/// | `clear` | | removes `k` |
/// | `fail` | value | writes it, emits an event, and says no |
/// | `emit` | data | emits it under the topic `t` |
/// | `send` | account, amount | sends money and returns the status |
/// | `relay` | account, length of a name in 1 byte, name of 15 bytes, input | calls and returns the status and the result |
/// | `spin` | | never ends |
/// | `verify` | length of the statement in 4 bytes, statement, evidence | 1 or 0 |
/// | `lock` | account, amount | locks and returns the number |
/// | `release` | number in 8 bytes, account, amount | releases and returns the status |
/// | `swap` | limit, class in 4 bytes | buys 10 milli-slots for 2 blocks; number and price |
/// | `order` | terms in 84 bytes, gas in 8, length of a name in 1, name of 15, the model's input | orders a run and returns the status and the job |
/// | `infer` | hash, 2 inputs | runs a model of 2 inputs and 1 output; the output, or nothing |
pub fn module() -> Vec<u8> {
	wat::parse_str(
		r#"(module
		(import "aivm" "input_length" (func $input_length (result i32)))
		(import "aivm" "input_read" (func $input_read (param i32 i32 i32)))
		(import "aivm" "output" (func $output (param i32 i32)))
		(import "aivm" "revert" (func $revert (param i32 i32)))
		(import "aivm" "storage_read" (func $storage_read (param i32 i32 i32 i32) (result i32)))
		(import "aivm" "storage_write" (func $storage_write (param i32 i32 i32 i32)))
		(import "aivm" "storage_remove" (func $storage_remove (param i32 i32)))
		(import "aivm" "event" (func $event (param i32 i32 i32 i32)))
		(import "aivm" "transfer" (func $transfer (param i32 i32) (result i32)))
		(import "aivm" "call"
			(func $call (param i32 i32 i64 i32 i32 i32 i32) (result i32)))
		(import "aivm" "returned_length" (func $returned_length (result i32)))
		(import "aivm" "returned_read" (func $returned_read (param i32 i32 i32)))
		(import "aivm" "tee_verify" (func $tee_verify (param i32 i32 i32 i32) (result i32)))
		(import "aivm" "escrow_lock" (func $escrow_lock (param i32 i32) (result i64)))
		(import "aivm" "escrow_release" (func $escrow_release (param i64 i32 i32) (result i32)))
		(import "aivm" "hmm_swap" (func $hmm_swap (param i32 i64 i32 i32 i32) (result i64)))
		(import "aivm" "model_load" (func $model_load (param i32) (result i64)))
		(import "aivm" "model_infer" (func $model_infer (param i64 i64) (result i64)))
		(import "aivm" "model_order"
			(func $model_order (param i32 i32 i32 i32 i32 i64 i32) (result i32)))
		(import "aivm" "tensor_alloc" (func $tensor_alloc (param i32 i32 i32) (result i64)))
		(import "aivm" "tensor_write" (func $tensor_write (param i64 i32 i32 i32)))
		(import "aivm" "tensor_read" (func $tensor_read (param i64 i32 i32 i32)))
		(memory (export "memory") 2)
		(data (i32.const 0) "k")
		(data (i32.const 8) "t")
		(data (i32.const 16) "says no")
		(data (i32.const 32) "\01\00\00\00\02\00\00\00")
		(func $get (call $input_read (i32.const 0) (i32.const 1024) (call $input_length)))
		(func $put (param i32) (call $output (i32.const 512) (local.get 0)))
		(func $status (param i32) (i32.store (i32.const 512) (local.get 0))
			(call $put (i32.const 4)))
		(func $write (call $get)
			(call $storage_write (i32.const 0) (i32.const 1) (i32.const 1024) (call $input_length)))
		(func (export "deploy") (if (call $input_length) (then (call $write))))
		(func (export "set") (call $write))
		(func (export "get") (call $output (i32.const 1024)
			(call $storage_read (i32.const 0) (i32.const 1) (i32.const 1024) (i32.const 1000))))
		(func (export "clear") (call $storage_remove (i32.const 0) (i32.const 1)))
		(func (export "fail") (call $write)
			(call $event (i32.const 8) (i32.const 1) (i32.const 1024) (i32.const 4))
			(call $revert (i32.const 16) (i32.const 7)))
		(func (export "emit") (call $get)
			(call $event (i32.const 8) (i32.const 1) (i32.const 1024) (call $input_length)))
		(func (export "send") (call $get)
			(call $status (call $transfer (i32.const 1024) (i32.const 1056))))
		(func (export "relay") (call $get)
			(i32.store (i32.const 512) (call $call (i32.const 1024) (i32.const 200) (i64.const 0)
				(i32.const 1057) (i32.load8_u (i32.const 1056))
				(i32.const 1072) (i32.sub (call $input_length) (i32.const 48))))
			(call $returned_read (i32.const 0) (i32.const 516) (call $returned_length))
			(call $put (i32.add (i32.const 4) (call $returned_length))))
		(func (export "spin") (loop (br 0)))
		(func (export "verify") (local $length i32) (call $get)
			(local.set $length (i32.load (i32.const 1024)))
			(call $status (call $tee_verify
				(i32.add (i32.const 1028) (local.get $length))
				(i32.sub (call $input_length) (i32.add (i32.const 4) (local.get $length)))
				(i32.const 1028) (local.get $length))))
		(func (export "lock") (call $get)
			(i64.store (i32.const 512) (call $escrow_lock (i32.const 1024) (i32.const 1056)))
			(call $put (i32.const 8)))
		(func (export "release") (call $get) (call $status (call $escrow_release
			(i64.load (i32.const 1024)) (i32.const 1032) (i32.const 1064))))
		(func (export "swap") (call $get)
			(i64.store (i32.const 512) (call $hmm_swap (i32.load (i32.const 1040))
				(i64.const 10) (i32.const 2) (i32.const 1024) (i32.const 520)))
			(call $put (i32.const 24)))
		(func (export "order") (call $get)
			(i32.store (i32.const 512) (call $model_order (i32.const 1024)
				(i32.const 1132) (i32.sub (call $input_length) (i32.const 108))
				(i32.const 1117) (i32.load8_u (i32.const 1116))
				(i64.load (i32.const 1108)) (i32.const 516)))
			(call $put (i32.const 36)))
		(func (export "infer") (local $model i64) (local $input i64) (call $get)
			(local.set $model (call $model_load (i32.const 1024)))
			(if (i64.eqz (local.get $model)) (then (return)))
			(local.set $input (call $tensor_alloc (i32.const 0) (i32.const 2) (i32.const 32)))
			(call $tensor_write (local.get $input) (i32.const 0) (i32.const 1056) (i32.const 2))
			(call $tensor_read (call $model_infer (local.get $model) (local.get $input))
				(i32.const 0) (i32.const 512) (i32.const 4))
			(call $put (i32.const 4)))
		)"#,
	)
	.expect("the tests' module is well-formed")
}

/// Uploads the module for account 1.
pub fn uploaded() -> Hash {
	let code = module();
	let hash = Aivm::hash_of(&code);
	Aivm::upload_code(RuntimeOrigin::signed(account(1)), code.try_into().unwrap()).unwrap();
	hash
}

/// Makes a contract of the uploaded code for account 1.
pub fn made(code: Hash, salt: u8) -> AccountId {
	let origin = RuntimeOrigin::signed(account(1));
	let input = Vec::new().try_into().unwrap();
	Aivm::instantiate(origin, code, 0, GAS, LIMIT, [salt; 32], input).unwrap();
	Aivm::contract_account(account(1), code, [salt; 32])
}

/// One contract, just made.
pub fn contract() -> AccountId {
	made(uploaded(), 0)
}

/// Calls an entry point for an account.
pub fn call_as(
	who: u8,
	contract: &AccountId,
	value: Balance,
	entry: &str,
	input: &[u8],
) -> DispatchResultWithPostInfo {
	let result = Aivm::call(
		RuntimeOrigin::signed(account(who)),
		contract.clone(),
		value,
		GAS,
		LIMIT,
		entry.as_bytes().to_vec().try_into().unwrap(),
		input.to_vec().try_into().unwrap(),
	);
	check();
	result
}

/// Calls an entry point for account 2 and returns what it returned.
pub fn call(contract: &AccountId, entry: &str, input: &[u8]) -> Result<Vec<u8>, DispatchError> {
	call_as(2, contract, 0, entry, input).map_err(|failure| failure.error)?;
	Ok(returned())
}

/// What the last call returned.
pub fn returned() -> Vec<u8> {
	match System::events().pop().map(|record| record.event) {
		Some(RuntimeEvent::Aivm(Event::Called { output, .. })) => output,
		other => panic!("not a call: {other:?}"),
	}
}

/// The error of a call.
pub fn error(result: DispatchResultWithPostInfo) -> DispatchError {
	result.expect_err("the call fails").error
}

fn held(reason: HoldReason, who: u8) -> Balance {
	Balances::balance_on_hold(&reason.into(), &account(who))
}

fn balance(who: &AccountId) -> Balance {
	<Balances as Inspect<AccountId>>::balance(who)
}

/// What an entry of the contract holds: one item, the key's byte and the value.
fn deposit_of(value: usize) -> Balance {
	PER_ITEM + PER_BYTE * (1 + value as Balance)
}
