//! Contracts through the program, against a real node without workers: built, deployed, estimated,
//! called, shown. Balances are compared to the planck.

mod common;

use common::{build_contract, planck, run, Node};
use serde_json::Value;

const ACI: u128 = 1_000_000_000_000;
/// A model that nobody runs: in the terms of a contract that asks it.
const MODEL: &str = "hash:0x0303030303030303030303030303030303030303030303030303030303030303";
/// Another one.
const NO_MODEL: &str = "hash:0x0404040404040404040404040404040404040404040404040404040404040404";

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
	value[field].as_str().expect("is text")
}

/// One node for all scenarios: starting one takes longer than all of them.
#[test]
fn contracts_by_the_program() {
	let folder = tempfile::tempdir().expect("a folder");
	let (module, built) = build_contract("marketplace", &folder);
	let entries = built["entry_points"].as_array().expect("is a list");
	assert!(entries.iter().any(|entry| entry == "submit_job"), "{built}");
	assert!(built["bytes"].as_u64().expect("a number") > 1_000);
	let module = module.to_str().expect("is text");

	let node = Node::start();
	what_cannot_be_is_refused_before_anything_is_sent(&node, module);
	let market = a_contract_is_deployed_for_its_deposits_and_fees(&node, module, &built);
	the_second_contract_of_a_code_uploads_nothing(&node, module, &market);
	a_call_is_estimated_refused_and_made(&node, &market);
	a_contract_is_shown_with_its_storage(&node, &market);
}

fn what_cannot_be_is_refused_before_anything_is_sent(node: &Node, module: &str) {
	let before = node.money("charlie");
	let as_charlie = |arguments: &[&str]| {
		node.run(
			&[
				&["contract"],
				arguments,
				&["--account", "charlie", "--json"],
			]
			.concat(),
		)
	};
	let no_module = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
	let ran = as_charlie(&["deploy", no_module, "--yes"]);
	assert_eq!((ran.code, ran.error_code().as_str()), (1, "no-contract"));
	let ran = as_charlie(&["deploy", "/nowhere/module.wasm", "--yes"]);
	assert_eq!((ran.code, ran.error_code().as_str()), (1, "file"));
	let ran = as_charlie(&["deploy", module, "u8:300", "--yes"]);
	assert_eq!((ran.code, ran.error_code().as_str()), (2, "usage"));
	// Nobody can be asked.
	let ran = as_charlie(&["deploy", module]);
	assert_eq!((ran.code, ran.error_code().as_str()), (5, "not-confirmed"));
	let ran = as_charlie(&["call", "dave", "job", "u64:0", "--yes"]);
	assert_eq!((ran.code, ran.error_code().as_str()), (1, "not-found"));
	let ran = as_charlie(&["show", "dave"]);
	assert_eq!((ran.code, ran.error_code().as_str()), (1, "not-found"));
	assert_eq!(node.money("charlie"), before);

	let data = tempfile::tempdir().expect("a folder");
	let ran = run(&["contract", "build", "/nowhere", "--json"], &data);
	assert_eq!((ran.code, ran.error_code().as_str()), (1, "file"));
}

/// Deploys as Charlie; the contract's address.
fn a_contract_is_deployed_for_its_deposits_and_fees(
	node: &Node,
	module: &str,
	built: &Value,
) -> String {
	let (free, held) = node.money("charlie");
	let made = node.json(
		"charlie",
		&["contract", "deploy", module, "--value", "1.5", "--yes"],
	);
	assert_eq!(made["code"], built["code"]);
	assert_eq!(made["uploaded"], Value::Bool(true));
	let deposits = planck(&made["code_deposit"]) + planck(&made["deposit"]);
	let fees = planck(&made["upload_fee"]) + planck(&made["fee"]);
	assert!(deposits > 0 && planck(&made["upload_fee"]) > 0);
	let (free_now, held_now) = node.money("charlie");
	assert_eq!(held_now, held + deposits);
	let contract = text(&made, "contract").to_string();
	let (of_contract, _) = node.money(&contract);
	// The existential deposit comes on top of what was sent.
	assert!(of_contract > 15 * ACI / 10);
	assert_eq!(free_now, free - deposits - fees - of_contract);
	contract
}

fn the_second_contract_of_a_code_uploads_nothing(node: &Node, module: &str, first: &str) {
	let made = node.json("dave", &["contract", "deploy", module, "--yes"]);
	assert_eq!(made["uploaded"], Value::Bool(false));
	assert_eq!(
		(text(&made, "code_deposit"), text(&made, "upload_fee")),
		("0", "0")
	);
	assert_ne!(text(&made, "contract"), first);
	// The same salt is the same contract, of which there is one.
	let again = [
		"contract",
		"deploy",
		module,
		"--salt",
		text(&made, "salt"),
		"--yes",
	];
	let ran = node.run(&[&again[..], &["--account", "dave", "--json"]].concat());
	assert_eq!((ran.code, ran.error_code().as_str()), (1, "would-fail"));
	assert!(ran.stderr.contains("ContractExists"), "{}", ran.stderr);
}

fn a_call_is_estimated_refused_and_made(node: &Node, market: &str) {
	let before = node.money("eve");
	let order = [
		market,
		"submit_job",
		NO_MODEL,
		"text:Why?",
		"aci:1",
		"--value",
		"1",
	];
	let as_eve = |command: &str, arguments: &[&str]| {
		let all = [
			&["contract", command],
			arguments,
			&["--account", "eve", "--json"],
		]
		.concat();
		node.run(&all)
	};
	// The contract's own reason, before a fee is paid.
	for (command, arguments) in [
		("estimate", &order[..]),
		("call", &[&order[..], &["--yes"]].concat()[..]),
	] {
		let ran = as_eve(command, arguments);
		assert_eq!((ran.code, ran.error_code().as_str()), (1, "would-fail"));
		assert!(
			ran.stderr.contains("nobody runs this model"),
			"{}",
			ran.stderr
		);
	}
	let ran = as_eve("call", &[market, "settle", "--yes"]);
	assert_eq!((ran.code, ran.error_code().as_str()), (1, "no-entry"));
	assert!(ran.stderr.contains("settle_job"), "{}", ran.stderr);
	let ran = as_eve("estimate", &[market, "job", "u64:0"]);
	assert!(ran.stderr.contains("no such job"), "{}", ran.stderr);
	assert_eq!(node.money("eve"), before);
}

fn a_contract_is_shown_with_its_storage(node: &Node, market: &str) {
	let shown = node.json("eve", &["contract", "show", market, "--key", "next"]);
	assert_eq!(text(&shown, "value"), "0x0000000000000000");
	assert_eq!(shown["items"], 1);
	let entries = shown["entry_points"].as_array().expect("is a list");
	assert_eq!(entries.len(), 4, "deploy is none: {shown}");
	let nothing = node.json("eve", &["contract", "show", market, "--key", "0x00ff"]);
	assert_eq!(nothing["value"], Value::Null);
	let human = node.run(&["contract", "show", market]);
	assert!(human.stdout.contains("cancel_job"), "{}", human.stdout);
}

#[test]
fn an_entry_point_that_is_called_tells_its_output_gas_deposit_and_events() {
	let folder = tempfile::tempdir().expect("a folder");
	let (module, _) = build_contract("questions", &folder);
	let module = module.to_str().expect("is text");
	let node = Node::start();
	let deploy = [
		"contract", "deploy", module, MODEL, "u32:64", "u32:16", "aci:0.5", "--yes",
	];
	let made = node.json("charlie", &deploy);
	let contract = text(&made, "contract");
	// The terms are stored, at the deposit that was told.
	let terms = node.json("charlie", &["contract", "show", contract, "--key", "terms"]);
	let value = text(&terms, "value");
	assert!(
		value.starts_with("0x0303") && value.len() == 2 + 2 * 56,
		"{value}"
	);
	assert!(planck(&made["deposit"]) > 0);

	// `deploy` is no entry point; others replace nothing here, and nobody runs the model.
	let ask = [
		"contract",
		"estimate",
		contract,
		"ask",
		"text:Why?",
		"--value",
		"1",
	];
	let ran = node.run(&[&ask[..], &["--account", "eve", "--json"]].concat());
	assert_eq!((ran.code, ran.error_code().as_str()), (1, "would-fail"));
	assert!(
		ran.stderr.contains("no worker takes it now"),
		"{}",
		ran.stderr
	);
}
