//! Handles cannot be made up, kept, shared or used again.

use crate::{
	code::{module, run, words, CONTRACT},
	mock::Mock,
};
use aci_aivm_engine::Trap;
use proptest::prelude::*;

const MAKE: &str = "(call $tensor_alloc (i32.const 1) (i32.const 1) (i32.const 1024))";

#[test]
fn a_handle_that_was_made_up_reaches_nothing() {
	for body in [
		"(call $tensor_free (i64.const 0))",
		"(call $tensor_free (i64.const -1))",
		"(call $tensor_read (i64.const 1) (i32.const 0) (i32.const 0) (i32.const 4))",
		"(call $tensor_write (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 4))",
		"(drop (call $tensor_shape (i64.const 0) (i32.const 0)))",
		"(drop (call $tensor_matmul (i64.const 0) (i64.const 0)))",
		"(drop (call $tensor_norm (i64.const 0) (i64.const 0) (i64.const 0) (i32.const 1)))",
		"(drop (call $tensor_softmax (i64.const 0)))",
		"(drop (call $tensor_convert (i64.const 0) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0)))",
		"(drop (call $model_infer (i64.const 0) (i64.const 0)))",
		"(call $model_hash (i64.const 0) (i32.const 0))",
		"(drop (call $kl_diverge (i64.const 0) (i64.const 0)))",
	] {
		let made = format!("(drop {MAKE}) {body}");
		assert_eq!(run("", &made, &words(&[1])), Err(Trap::Handle), "{body}");
	}
}

#[test]
fn a_handle_that_was_given_up_reaches_nothing_even_when_its_slot_is_used_again() {
	let body = format!(
		"(local.set $a {MAKE}) (call $tensor_free (local.get $a)) (drop {MAKE})
		(call $tensor_read (local.get $a) (i32.const 0) (i32.const 2048) (i32.const 4))"
	);
	assert_eq!(
		run("(local $a i64)", &body, &words(&[1])),
		Err(Trap::Handle)
	);
	let twice = format!(
		"(local.set $a {MAKE}) (call $tensor_free (local.get $a)) (call $tensor_free (local.get $a))"
	);
	assert_eq!(
		run("(local $a i64)", &twice, &words(&[1])),
		Err(Trap::Handle)
	);
}

#[test]
fn a_handle_is_of_one_kind() {
	let body = format!("(call $model_hash {MAKE} (i32.const 0))");
	assert_eq!(run("", &body, &words(&[1])), Err(Trap::Handle));
}

#[test]
fn a_handle_of_one_call_means_nothing_in_the_next() {
	let mock = Mock::new();
	mock.install(
		1,
		&module(&format!(
			r#"(func (export "make") (call $get)
				(i64.store (i32.const 2048) {MAKE}) (call $put (i32.const 8)))
			(func (export "use") (call $get) (drop {MAKE})
				(call $tensor_free (i64.load (i32.const 1024))))"#
		)),
	);
	let handle = mock.run(CONTRACT, "make", &words(&[1])).unwrap();
	assert_eq!(mock.run(CONTRACT, "use", &handle), Err(Trap::Handle));
}

#[test]
fn a_handle_of_the_caller_means_nothing_in_the_contract_that_it_calls() {
	let mock = Mock::new();
	// Gives its own handle to the contract whose account is at 1,024; fails as that does.
	mock.install(
		1,
		&module(
			r#"(func (export "run") (call $get)
			(i64.store (i32.const 1024)
				(call $tensor_alloc (i32.const 1) (i32.const 1) (i32.const 1024)))
			(i64.store (i32.const 0) (i64.const 0x0202020202020202))
			(i64.store (i32.const 8) (i64.const 0x0202020202020202))
			(i64.store (i32.const 16) (i64.const 0x0202020202020202))
			(i64.store (i32.const 24) (i64.const 0x0202020202020202))
			(i32.store (i32.const 100) (i32.const 0x656573))
			(i32.store (i32.const 2048) (call $call (i32.const 0) (i32.const 200) (i64.const 0)
				(i32.const 100) (i32.const 3) (i32.const 1024) (i32.const 8)))
			(call $put (i32.const 4)))"#,
		),
	);
	mock.install(
		2,
		&module(
			r#"(func (export "see") (call $get)
			(drop (call $tensor_alloc (i32.const 1) (i32.const 1) (i32.const 3000)))
			(call $tensor_free (i64.load (i32.const 1024))))
			(func (export "run"))"#,
		),
	);
	assert_eq!(
		mock.run(CONTRACT, "run", &words(&[1])).unwrap(),
		words(&[-1])
	);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]
	#[test]
	fn no_word_but_the_handle_itself_is_one(guess: u64, low in 0u64..4, generation in 0u64..4) {
		let mock = Mock::new();
		mock.install(1, &module(&format!(
			r#"(func (export "run") (local $a i64) (call $get) (local.set $a {MAKE})
				(if (i64.ne (local.get $a) (i64.load (i32.const 1028)))
					(then (call $tensor_free (i64.load (i32.const 1028)))))
				(i64.store (i32.const 2048) (local.get $a)) (call $put (i32.const 8)))"#
		)));
		for guess in [guess, low, generation << 16 | low, guess << 32 | generation << 16 | low] {
			let input = [words(&[1]), guess.to_le_bytes().to_vec()].concat();
			match mock.run(CONTRACT, "run", &input) {
				Ok(handle) => prop_assert_eq!(handle, guess.to_le_bytes().to_vec()),
				Err(trap) => prop_assert_eq!(trap, Trap::Handle),
			}
		}
	}
}
