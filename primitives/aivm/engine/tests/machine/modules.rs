//! Which modules are refused at upload.

use crate::code::{module, IMPORTS};
use aci_aivm_engine::{
	limits::{MAX_CODE_BYTES, MAX_LOCALS},
	validate, ModuleError,
};

fn check(text: &str) -> Result<(), ModuleError> {
	validate(&wat::parse_str(text).expect("well-formed text")).map(|_| ())
}

const MEMORY: &str = r#"(memory (export "memory") 1)"#;
const ENTRY: &str = r#"(func (export "run"))"#;

#[test]
fn a_contract_tells_its_entry_points_and_memory() {
	let code = module(r#"(func (export "deploy")) (func (export "run"))"#);
	let info = validate(&code).unwrap();
	assert_eq!(info.entries, ["deploy", "run"]);
	assert_eq!(info.memory_pages, 2);
}

#[test]
fn bytes_that_are_no_module_are_refused() {
	assert_eq!(validate(b""), Err(ModuleError::Invalid));
	assert_eq!(validate(b"\0asm\x01\0\0\0"), Err(ModuleError::Export));
	assert_eq!(validate(b"\0asm\x02\0\0\0"), Err(ModuleError::Invalid));
	assert_eq!(validate(&[0xff; 100]), Err(ModuleError::Invalid));
	let code = module(r#"(func (export "run"))"#);
	let whole = validate(&code).unwrap();
	for length in 0..code.len() {
		// The names at the end may be cut off, and nothing else.
		if let Ok(cut) = validate(&code[..length]) {
			assert_eq!(cut, whole, "cut at {length}");
			assert!(code[length..].windows(4).any(|bytes| bytes == b"name"));
		}
	}
}

#[test]
fn a_module_over_the_size_is_refused() {
	assert_eq!(
		validate(&vec![0; MAX_CODE_BYTES + 1]),
		Err(ModuleError::TooLarge)
	);
}

#[test]
fn floating_point_is_refused() {
	for body in [
		"(drop (f32.const 1))",
		"(drop (f64.add (f64.const 1) (f64.const 2)))",
		"(drop (i32.trunc_f32_s (f32.const 1)))",
	] {
		let text = format!(r#"(module {MEMORY} (func (export "run") {body}))"#);
		assert_eq!(check(&text), Err(ModuleError::Invalid), "{body}");
	}
	for item in [
		"(func (param f32))",
		"(global f64 (f64.const 0))",
		"(func (local f32))",
	] {
		let text = format!("(module {MEMORY} {item} {ENTRY})");
		assert_eq!(check(&text), Err(ModuleError::Invalid), "{item}");
	}
}

#[test]
fn features_that_are_off_are_refused() {
	for item in [
		"(func (drop (v128.const i64x2 0 0)))",
		"(func (result i32 i32) (i32.const 1) (i32.const 2))",
		"(func $f (return_call $f))",
		"(func (drop (ref.null func)))",
		"(memory 1)",
		"(tag)",
		"(global i32 (i32.add (i32.const 1) (i32.const 2)))",
	] {
		let text = format!("(module {MEMORY} {item} {ENTRY})");
		assert_eq!(check(&text), Err(ModuleError::Invalid), "{item}");
	}
	let wide = format!(r#"(module (memory (export "memory") i64 1) {ENTRY})"#);
	assert_eq!(check(&wide), Err(ModuleError::Invalid));
	let shared = format!(r#"(module (memory (export "memory") 1 1 shared) {ENTRY})"#);
	assert_eq!(check(&shared), Err(ModuleError::Invalid));
}

#[test]
fn a_start_function_is_refused() {
	let text = format!("(module {MEMORY} (func $start) (start $start) {ENTRY})");
	assert_eq!(check(&text), Err(ModuleError::Invalid));
}

#[test]
fn imports_that_are_no_opcodes_are_refused() {
	for import in [
		r#"(import "env" "output" (func (param i32 i32)))"#,
		r#"(import "aivm" "unknown" (func))"#,
		r#"(import "aivm" "output" (func (param i32)))"#,
		r#"(import "aivm" "output" (func (param i64 i32)))"#,
		r#"(import "aivm" "block" (func (result i32)))"#,
		r#"(import "aivm" "output" (global i32))"#,
		r#"(import "aivm" "memory" (memory 1))"#,
		r#"(import "aivm" "table" (table 1 funcref))"#,
	] {
		let memory = if import.contains("(memory") {
			""
		} else {
			MEMORY
		};
		let text = format!("(module {import} {memory} {ENTRY})");
		assert_eq!(check(&text), Err(ModuleError::Import), "{import}");
	}
}

#[test]
fn a_module_without_one_exported_memory_within_the_limit_is_refused() {
	assert_eq!(
		check(&format!("(module {ENTRY})")),
		Err(ModuleError::Memory)
	);
	assert_eq!(
		check(&format!("(module (memory 1) {ENTRY})")),
		Err(ModuleError::Memory)
	);
	for pages in [65, 65_536] {
		let text = format!(r#"(module (memory (export "memory") {pages}) {ENTRY})"#);
		assert_eq!(check(&text), Err(ModuleError::Memory), "{pages}");
	}
	assert_eq!(
		check(&format!(
			r#"(module (memory (export "memory") 64) {ENTRY})"#
		)),
		Ok(())
	);
}

#[test]
fn exports_that_are_no_entry_points_are_refused() {
	let long = "n".repeat(65);
	for item in [
		r#"(func (export "run") (param i32))"#.to_string(),
		r#"(func (export "run") (result i32) (i32.const 1))"#.to_string(),
		format!(r#"(func (export "{long}"))"#),
		r#"(func (export "deploy"))"#.to_string(),
		r#"(table (export "table") 1 funcref)"#.to_string(),
		String::new(),
		(0..65)
			.map(|n| format!(r#"(func (export "run{n}"))"#))
			.collect(),
	] {
		let text = format!("(module {MEMORY} {item})");
		assert_eq!(check(&text), Err(ModuleError::Export), "{item}");
	}
}

#[test]
fn data_and_tables_outside_of_their_limits_are_refused() {
	for item in [
		r#"(data (i32.const 65536) "x")"#,
		r#"(data (i32.const -1) "x")"#,
		"(table 1025 funcref)",
		"(table 9999999 funcref)",
		"(table 1 funcref) (func $f) (elem (i32.const 1) $f)",
	] {
		let text = format!("(module {MEMORY} {item} {ENTRY})");
		assert_eq!(check(&text), Err(ModuleError::Instantiation), "{item}");
	}
}

#[test]
fn very_many_small_functions_are_refused() {
	let functions = "(func)".repeat(11_000);
	let text = format!("(module {MEMORY} {functions} {ENTRY})");
	assert_eq!(check(&text), Err(ModuleError::Invalid));
	let functions = "(func)".repeat(5_000);
	let text = format!("(module {MEMORY} {functions} {ENTRY})");
	assert_eq!(check(&text), Err(ModuleError::Invalid));
}

#[test]
fn very_many_items_of_few_bytes_are_refused() {
	let locals = "(local i64)".repeat(MAX_LOCALS as usize + 1);
	for item in [
		r#"(import "aivm" "block" (func (result i64)))"#.repeat(129),
		(0..1_025)
			.map(|n| format!("(type (func {}))", "(param i32)".repeat(n % 30)))
			.collect(),
		"(global i32 (i32.const 0))".repeat(257),
		r#"(data "x")"#.repeat(257),
		format!("(func {locals})"),
		(0..129)
			.map(|n| format!(r#"(export "g{n}" (global 0))"#))
			.collect::<String>()
			+ "(global i32 (i32.const 0))",
	] {
		let text = format!("(module {item} {MEMORY} {ENTRY})");
		assert_eq!(check(&text), Err(ModuleError::Invalid), "{}", &item[..40]);
	}
}

#[test]
fn deep_nesting_is_validated_without_recursion() {
	let depth = 40_000;
	let text = format!(
		r#"(module {MEMORY} (func (export "run") {} {}))"#,
		"block ".repeat(depth),
		"end ".repeat(depth)
	);
	assert_eq!(check(&text), Ok(()));
}

#[test]
fn every_opcode_can_be_imported() {
	assert_eq!(
		check(&format!("(module {IMPORTS} {MEMORY} {ENTRY})")),
		Ok(())
	);
}
