//! Every opcode through a contract, with golden values where it computes.

use crate::{
	code::{run, run_module, words, CONTRACT},
	mock::{Mock, CLIENT},
	world::{attest, PRICE, WORKER},
};
use aci_aivm_engine::{
	aci_aivm::{convert::Scale, model::Layer, Gas, Model, TensorError},
	Callback, InferenceRequest, Refusal, Trap,
};

/// Locals and code that make tensors of the element type: `$a` of the shape at 1,024 (two words) from
/// 1,040 on, `$b` of the shape at 1,032 from 1,040 + `second` on.
fn two(element: u32, bytes_a: u32, bytes_b: u32) -> String {
	format!(
		"(local.set $a (call $tensor_alloc (i32.const {element}) (i32.const 2) (i32.const 1024)))
		(local.set $b (call $tensor_alloc (i32.const {element}) (i32.const 2) (i32.const 1032)))
		(call $tensor_write (local.get $a) (i32.const 0) (i32.const 1040) (i32.const {bytes_a}))
		(call $tensor_write (local.get $b) (i32.const 0) (i32.const {}) (i32.const {bytes_b}))",
		1040 + bytes_a
	)
}
const LOCALS: &str = "(local $a i64) (local $b i64) (local $c i64)";

/// Reads `$c` and returns so many bytes.
fn read(bytes: u32) -> String {
	format!(
		"(call $tensor_read (local.get $c) (i32.const 0) (i32.const 2048) (i32.const {bytes}))
		(call $put (i32.const {bytes}))"
	)
}

#[test]
fn matmul_of_bytes_and_of_fixed_point() {
	let product = "(local.set $c (call $tensor_matmul (local.get $a) (local.get $b)))";
	let input = [words(&[2, 3, 3, 1]), vec![1, 2, 3, 4, 5, 6, 1, 0, 0xff]].concat();
	let body = [two(0, 6, 3), product.into(), read(8)].concat();
	assert_eq!(run(LOCALS, &body, &input).unwrap(), words(&[-2, -2]));

	let half = 1 << 15;
	let input = words(&[1, 2, 2, 1, half, 3 << 16, 5 << 16, -half]);
	let body = [two(2, 8, 8), product.into(), read(4)].concat();
	assert_eq!(run(LOCALS, &body, &input).unwrap(), words(&[1 << 16]));
}

#[test]
fn norm_softmax_and_divergence_have_their_golden_values() {
	let row = [-196_608, 0, 65_536, 131_072, 32_768, -1, 327_680, 70_000];
	let input = [words(&[1, 8, 1, 8]), words(&row), words(&row)].concat();
	let norm = "(local.set $c (call $tensor_norm
		(local.get $a) (i64.const 0) (i64.const 0) (i32.const 42950)))";
	let body = [two(2, 32, 32), norm.into(), read(32)].concat();
	let expected = [
		-119_723, -25_725, 5_608, 36_941, -10_058, -25_725, 130_940, 7_742,
	];
	assert_eq!(run(LOCALS, &body, &input).unwrap(), words(&expected));

	let softmax = "(local.set $c (call $tensor_softmax (local.get $a)))";
	let body = [two(2, 32, 32), softmax.into(), read(32)].concat();
	let expected = [20, 397, 1_079, 2_933, 654, 397, 58_902, 1_155];
	assert_eq!(run(LOCALS, &body, &input).unwrap(), words(&expected));

	let (p, q) = (
		[10, 20, 30, 40, 0, 5, 65_536, 1],
		[40, 30, 20, 10, 7, 5, 60_000, 2],
	);
	let input = [words(&[1, 8, 1, 8]), words(&p), words(&q)].concat();
	let body = [
		two(2, 32, 32),
		"(i32.store (i32.const 2048) (call $kl_diverge (local.get $a) (local.get $b)))
		(call $put (i32.const 4))"
			.into(),
	]
	.concat();
	assert_eq!(run(LOCALS, &body, &input).unwrap(), words(&[54]));
}

#[test]
fn convert_and_shape() {
	let body = [
		two(1, 8, 8),
		"(local.set $c (call $tensor_convert (local.get $a)
			(i32.const 0) (i32.const 3) (i32.const 4) (i32.const 1)))
		(call $tensor_read (local.get $c) (i32.const 0) (i32.const 2048) (i32.const 2))
		(i32.store (i32.const 2052) (call $tensor_shape (local.get $b) (i32.const 2056)))
		(call $put (i32.const 24))"
			.into(),
	]
	.concat();
	let input = words(&[1, 2, 2, 1, 8, -100, 0, 0]);
	let mut expected = vec![2, 0, 0, 0];
	expected.extend(words(&[1 << 8 | 2, 2, 1, 0, 0]));
	assert_eq!(run(LOCALS, &body, &input).unwrap(), expected);
}

#[test]
fn tensor_errors_end_the_call_and_say_what_was_wrong() {
	let body = [
		two(0, 2, 2),
		"(drop (call $tensor_softmax (local.get $a)))".into(),
	]
	.concat();
	let input = [words(&[1, 2, 2, 1]), vec![1, 2, 3, 4]].concat();
	assert_eq!(
		run(LOCALS, &body, &input),
		Err(Trap::Tensor(TensorError::ElementType))
	);
	let body = [
		two(0, 2, 2),
		"(drop (call $tensor_matmul (local.get $a) (local.get $a)))".into(),
	];
	let result = run(LOCALS, &body.concat(), &input);
	assert_eq!(result, Err(Trap::Tensor(TensorError::ShapesDiffer)));
	let body = [
		two(0, 2, 2),
		"(drop (call $kl_diverge (local.get $a) (local.get $b)))".into(),
	];
	let result = run(LOCALS, &body.concat(), &input);
	assert_eq!(result, Err(Trap::Tensor(TensorError::ShapesDiffer)));
}

fn small_model() -> Model {
	let layer = Layer {
		inputs: 2,
		outputs: 1,
		scale: Scale {
			multiplier: 1 << 16,
			shift: 0,
			rectify: false,
		},
		bias: vec![5],
		weights: vec![-2, 9],
	};
	Model::new(vec![layer]).unwrap()
}

#[test]
fn a_model_on_chain_is_loaded_hashed_and_run() {
	let mock = Mock::new();
	let bytes = small_model().encode();
	let hash = sp_crypto_hashing::sha2_256(&bytes);
	mock.world.borrow_mut().models.insert(hash, bytes);
	let body = "(local.set $a (call $model_load (i32.const 1024)))
		(call $model_hash (local.get $a) (i32.const 2048))
		(local.set $b (call $tensor_alloc (i32.const 0) (i32.const 2) (i32.const 1056)))
		(call $tensor_write (local.get $b) (i32.const 0) (i32.const 1064) (i32.const 4))
		(local.set $c (call $model_infer (local.get $a) (local.get $b)))
		(call $tensor_read (local.get $c) (i32.const 0) (i32.const 2080) (i32.const 8))
		(call $put (i32.const 40))";
	mock.install(1, &run_module(LOCALS, body));
	let input = [hash.to_vec(), words(&[2, 2]), vec![4, 0, 0xff, 1]].concat();
	let output = mock.run(CONTRACT, "run", &input).unwrap();
	assert_eq!(output[..32], hash);
	assert_eq!(output[32..], words(&[-3 << 16, 16 << 16]));
}

#[test]
fn a_model_that_is_not_on_chain_is_zero_and_bytes_that_are_none_end_the_call() {
	let body = "(i64.store (i32.const 2048) (call $model_load (i32.const 1024)))
		(call $put (i32.const 8))";
	assert_eq!(run("", body, &[3; 32]).unwrap(), [0; 8]);
	let mock = Mock::new();
	mock.world
		.borrow_mut()
		.models
		.insert([3; 32], b"no model".to_vec());
	mock.install(1, &run_module("", body));
	let result = mock.run(CONTRACT, "run", &[3; 32]);
	assert!(matches!(result, Err(Trap::Model(_))), "{result:?}");
}

#[test]
fn an_attestation_stands_for_its_statement_only() {
	let body = "(i32.store (i32.const 2048)
		(call $tee_verify (i32.const 1027) (i32.const 41) (i32.const 1024) (i32.const 3)))
		(call $put (i32.const 4))";
	let good = [b"yes".to_vec(), attest(b"yes")].concat();
	assert_eq!(run("", body, &good).unwrap(), words(&[1]));
	let other = [b"yet".to_vec(), attest(b"yes")].concat();
	assert_eq!(run("", body, &other).unwrap(), words(&[0]));
}

#[test]
fn hashes_are_compared_in_all_their_bytes() {
	let body = "(i32.store (i32.const 2048)
		(call $hash_compare (i32.const 1024) (i32.const 1056))) (call $put (i32.const 4))";
	let mut input = [7; 64];
	assert_eq!(run("", body, &input).unwrap(), words(&[1]));
	input[63] = 8;
	assert_eq!(run("", body, &input).unwrap(), words(&[0]));
}

#[test]
fn a_quote_has_price_and_worker_and_an_unknown_model_none() {
	let body = "(i32.store (i32.const 2096) (call $hmm_quote
		(i32.const 1024) (i64.const 11) (i32.const 2048) (i32.const 2064)))
		(call $put (i32.const 52))";
	let output = run("", body, &[1; 32]).unwrap();
	assert_eq!(output[..16], (PRICE + 11).to_le_bytes());
	assert_eq!(output[16..48], WORKER);
	assert_eq!(output[48..], words(&[1]));
	assert_eq!(run("", body, &[0; 32]).unwrap(), [0; 52]);
}

#[test]
fn a_swap_buys_capacity_within_its_limit() {
	let mock = Mock::new();
	let body = "(i64.store (i32.const 2048) (call $hmm_swap (i32.const 1) (i64.const 10)
		(i32.const 3) (i32.const 1024) (i32.const 2056))) (call $put (i32.const 24))";
	mock.install(1, &run_module("", body));
	mock.world.borrow_mut().balances.insert(CONTRACT, 100);
	let limit = |amount: u128| amount.to_le_bytes();
	let output = mock.run(CONTRACT, "run", &limit(30)).unwrap();
	assert_eq!(
		output,
		[1u64.to_le_bytes().to_vec(), limit(30).to_vec()].concat()
	);
	assert_eq!(mock.world.borrow().balances[&CONTRACT], 70);
	let output = mock.run(CONTRACT, "run", &limit(29)).unwrap();
	assert_eq!(output[..8], (-1i64).to_le_bytes());
	assert_eq!(mock.world.borrow().balances[&CONTRACT], 70);
}

/// Orders a run: the terms at 1,024, the gas behind them, then one byte of an entry point's name and
/// four of input. Returns the status and the job.
const ORDER: &str = "(i32.store (i32.const 2048) (call $model_order (i32.const 1024)
	(i32.const 1117) (i32.const 4) (i32.const 1116) (i32.const 1)
	(i64.load (i32.const 1108)) (i32.const 2052))) (call $put (i32.const 36))";

fn order(model: u8, max_price: u128, deposit: u128, gas: u64) -> Vec<u8> {
	[
		&[model; 32][..],
		&words(&[5, 6, 7]),
		&8_000u64.to_le_bytes(),
		&max_price.to_le_bytes(),
		&deposit.to_le_bytes(),
		&gas.to_le_bytes(),
		b"eQed?",
	]
	.concat()
}

#[test]
fn a_run_of_a_model_that_is_not_on_chain_is_ordered_by_its_terms() {
	let mock = Mock::new();
	mock.install(1, &run_module("", ORDER));
	let gas = Gas::from_whole(50_000);
	let run = |input: &[u8]| mock.run_as(CLIENT, CONTRACT, 100, gas, "run", input);
	let (result, with_callback) = run(&order(3, 40, 9, 20_000));
	let job = [words(&[1]), vec![1; 32]].concat();
	assert_eq!(result, Ok(job));
	let expected = InferenceRequest {
		model: [3; 32],
		input: b"Qed?".to_vec(),
		max_tokens_in: 5,
		max_tokens_out: 6,
		temperature: 7,
		sla: 8_000,
		max_price: 40,
		callback: Callback {
			entry: b"e".to_vec(),
			gas: Gas::from_whole(20_000),
			deposit: 9,
		},
	};
	assert_eq!(mock.world.borrow().orders, [expected]);

	// Without its call back the same costs so much less, and what is refused costs no call back.
	let (result, without) = run(&order(3, 40, 9, 0));
	assert!(result.is_ok());
	assert_eq!(
		with_callback.saturating_sub(without),
		Gas::from_whole(20_000)
	);
	let (result, refused) = run(&order(0, 40, 9, 20_000));
	assert_eq!(result, Ok(vec![0; 36]));
	assert!(refused <= without);
	assert_eq!(mock.world.borrow().orders.len(), 2);
}

#[test]
fn an_order_that_cannot_be_paid_ends_the_call() {
	let mock = Mock::new();
	mock.install(1, &run_module("", ORDER));
	let gas = Gas::from_whole(50_000);
	let run = |input: &[u8]| mock.run_as(CLIENT, CONTRACT, 100, gas, "run", input).0;
	assert_eq!(run(&order(3, 40, 9, 49_000)), Err(Trap::OutOfGas));
	assert_eq!(run(&order(3, 40, 9, u64::MAX)), Err(Trap::OutOfGas));
	let too_much = Err(Trap::Refused(Refusal::Deposit));
	assert_eq!(run(&order(3, 40, u128::MAX, 0)), too_much);
	assert!(mock.world.borrow().orders.is_empty());
}

/// `run` locks the amount at 1,024 for the account at 1,040; `pay` releases lock 0: the amount at
/// 1,024 to the account at 1,040.
fn escrow() -> Vec<u8> {
	crate::code::module(
		r#"(func (export "run") (call $get) (i64.store (i32.const 2048)
			(call $escrow_lock (i32.const 1040) (i32.const 1024))) (call $put (i32.const 8)))
		(func (export "pay") (call $get) (i32.store (i32.const 2048)
			(call $escrow_release (i64.const 0) (i32.const 1040) (i32.const 1024)))
			(call $put (i32.const 4)))"#,
	)
}

#[test]
fn escrow_is_locked_for_the_caller_and_released_once() {
	let mock = Mock::new();
	mock.install(1, &escrow());
	let input = |amount: u128, account: [u8; 32]| [&amount.to_le_bytes()[..], &account].concat();
	let gas = Gas::from_whole(100_000);
	let lock = |value: u128, amount: u128, client: [u8; 32]| {
		mock.run_as(CLIENT, CONTRACT, value, gas, "run", &input(amount, client))
			.0
			.unwrap()
	};
	let refused = (-1i64).to_le_bytes();
	assert_eq!(
		lock(50, 51, CLIENT),
		refused,
		"more than came with the call"
	);
	assert_eq!(lock(50, 50, WORKER), refused, "of another account");
	assert_eq!(
		lock(0, 1, CLIENT),
		refused,
		"what earlier calls left is not the caller's"
	);
	assert_eq!(lock(50, 40, CLIENT), [0; 8]);
	let pay = |amount: u128| mock.run(CONTRACT, "pay", &input(amount, WORKER)).unwrap();
	assert_eq!(pay(41), words(&[-1]));
	assert_eq!(pay(30), words(&[0]));
	assert_eq!(pay(1), words(&[-1]), "a lock ends once");
	assert_eq!(mock.world.borrow().balances[&WORKER], 30);
	assert_eq!(mock.world.borrow().balances[&CLIENT], 1_000_000 - 150 + 10);
}

#[test]
fn a_lock_belongs_to_its_contract() {
	let mock = Mock::new();
	mock.install(1, &escrow());
	let other = mock.install(2, &escrow());
	let input = |amount: u128, account: [u8; 32]| [&amount.to_le_bytes()[..], &account].concat();
	let gas = Gas::from_whole(100_000);
	mock.run_as(CLIENT, CONTRACT, 9, gas, "run", &input(9, CLIENT))
		.0
		.unwrap();
	assert_eq!(
		mock.run(other, "pay", &input(9, WORKER)).unwrap(),
		words(&[-1])
	);
}

#[test]
fn storage_keeps_what_was_written_and_forgets_what_was_removed() {
	let body = "(i32.store (i32.const 2048) (call $storage_read
			(i32.const 1024) (i32.const 1) (i32.const 2060) (i32.const 2)))
		(call $storage_write (i32.const 1024) (i32.const 1) (i32.const 1025) (i32.const 3))
		(i32.store (i32.const 2052) (call $storage_read
			(i32.const 1024) (i32.const 1) (i32.const 2060) (i32.const 2)))
		(call $storage_remove (i32.const 1024) (i32.const 1))
		(i32.store (i32.const 2056) (call $storage_read
			(i32.const 1024) (i32.const 1) (i32.const 2062) (i32.const 2)))
		(call $put (i32.const 16))";
	let expected = [words(&[-1, 3, -1]), vec![b'a', b'b', 0, 0]].concat();
	assert_eq!(run("", body, b"kabc").unwrap(), expected);
}

#[test]
fn the_call_knows_its_facts() {
	let mock = Mock::new();
	let body = "(call $caller (i32.const 2048)) (call $account (i32.const 2080))
		(call $value (i32.const 2112)) (i64.store (i32.const 2128) (call $block))
		(i64.store (i32.const 2136) (call $gas_left))
		(call $event (i32.const 1024) (i32.const 2) (i32.const 1026) (i32.const 3))
		(i32.store (i32.const 2144) (call $transfer (i32.const 2048) (i32.const 2112)))
		(call $put (i32.const 100))";
	mock.install(1, &run_module("", body));
	let gas = Gas::from_whole(50_000);
	let (result, _) = mock.run_as(CLIENT, CONTRACT, 77, gas, "run", b"hello");
	let output = result.unwrap();
	assert_eq!(output[..32], CLIENT);
	assert_eq!(output[32..64], CONTRACT);
	assert_eq!(output[64..80], 77u128.to_le_bytes());
	assert_eq!(output[80..88], 5u64.to_le_bytes());
	let left = u64::from_le_bytes(output[88..96].try_into().unwrap());
	assert!(left > 40_000 && left < 50_000, "{left}");
	assert_eq!(output[96..], words(&[0]));
	assert_eq!(
		mock.world.borrow().events,
		[(CONTRACT, b"he".to_vec(), b"llo".to_vec())]
	);
	assert_eq!(mock.world.borrow().balances[&CLIENT], 1_000_000);
}

#[test]
fn a_contract_that_says_no_takes_everything_back() {
	let mock = Mock::new();
	let body = "(call $storage_write (i32.const 1024) (i32.const 1) (i32.const 1025) (i32.const 3))
		(call $event (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1))
		(call $revert (i32.const 1024) (i32.const 4))";
	mock.install(1, &run_module("", body));
	let gas = Gas::from_whole(50_000);
	let (result, used) = mock.run_as(CLIENT, CONTRACT, 77, gas, "run", b"no!!");
	assert_eq!(result, Err(Trap::Reverted(b"no!!".to_vec())));
	assert!(used < gas && used > Gas::ZERO);
	let world = mock.world.borrow();
	assert!(world.storage.is_empty() && world.events.is_empty());
	assert_eq!(world.balances[&CLIENT], 1_000_000);
}
