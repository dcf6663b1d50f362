//! The command line, without a running node.

use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
	Command::new(env!("CARGO_BIN_EXE_aci-node"))
		.args(arguments)
		.output()
		.expect("it starts")
}

fn specification(arguments: &[&str]) -> serde_json::Value {
	let output = run(arguments);
	assert!(
		output.status.success(),
		"{}",
		String::from_utf8_lossy(&output.stderr)
	);
	serde_json::from_slice(&output.stdout).expect("standard output is one JSON value")
}

fn genesis(specification: &serde_json::Value) -> &serde_json::Value {
	&specification["genesis"]["runtimeGenesis"]["patch"]
}

#[test]
fn the_specification_says_what_wallets_show() {
	let specification = specification(&["export-chain-spec", "--chain", "local"]);
	assert_eq!(specification["properties"]["tokenSymbol"], "ACI");
	assert_eq!(specification["properties"]["tokenDecimals"], 12);
	assert_eq!(specification["properties"]["ss58Format"], 42);
}

#[test]
fn the_specification_selects_the_finality_engine() {
	for (chain, engine) in [
		("dev", "hotstuff"),
		("local", "hotstuff"),
		("production", "hotstuff"),
		("dev-grandpa", "grandpa"),
		("local-grandpa", "grandpa"),
	] {
		let specification = specification(&["export-chain-spec", "--chain", chain]);
		assert_eq!(specification["finalityEngine"], engine, "{chain}");
	}
}

#[test]
fn build_spec_and_export_chain_spec_agree() {
	let exported = specification(&["export-chain-spec", "--chain", "local"]);
	let built = specification(&[
		"build-spec",
		"--chain",
		"local",
		"--disable-default-bootnode",
	]);
	assert_eq!(exported["genesis"], built["genesis"]);
}

#[test]
fn local_lists_validators_and_balances_for_network_tools() {
	let specification = specification(&["export-chain-spec", "--chain", "local"]);
	let genesis = genesis(&specification);
	let keys = genesis["session"]["keys"].as_array().expect("a list");
	assert_eq!(keys.len(), 4);
	for field in [
		"aura",
		"grandpa",
		"finality",
		"fastpath",
		"authority_discovery",
	] {
		assert!(keys[0][2][field].is_string(), "{field}");
	}
	assert!(genesis["balances"]["balances"].is_array());
}

#[test]
fn production_has_neither_sudo_nor_a_software_tee() {
	let specification = specification(&["export-chain-spec", "--chain", "production"]);
	let genesis = genesis(&specification);
	assert!(genesis["sudo"]["key"].is_null());
	assert!(genesis["poAi"]["softwareRoot"].is_null());
}

#[test]
fn a_raw_specification_holds_the_state() {
	let specification = specification(&["export-chain-spec", "--chain", "dev", "--raw"]);
	let top = specification["genesis"]["raw"]["top"]
		.as_object()
		.expect("an object");
	// `:code`
	assert!(top.contains_key("0x3a636f6465"));
}

#[test]
fn an_unknown_chain_names_those_that_there_are() {
	let output = run(&["export-chain-spec", "--chain", "nowhere"]);
	assert!(!output.status.success());
	let message = String::from_utf8_lossy(&output.stderr).into_owned();
	assert!(
		message.contains("dev, local, local-seven and production"),
		"{message}"
	);
}

#[test]
fn sealing_outside_development_is_refused_with_the_reason() {
	let base = tempfile::tempdir().expect("a temporary folder can be made");
	let path = base.path().display().to_string();
	let output = run(&[
		"--chain",
		"local",
		"--sealing",
		"instant",
		"--base-path",
		&path,
		"--rpc-port",
		"0",
		"--listen-addr",
		"/ip4/127.0.0.1/tcp/0",
		"--no-prometheus",
	]);
	assert!(!output.status.success());
	let message = String::from_utf8_lossy(&output.stderr).into_owned();
	assert!(
		message.contains("--sealing is for development chains only"),
		"{message}"
	);
}

#[test]
fn a_wrong_sealing_says_what_is_allowed() {
	let output = run(&["--dev", "--sealing", "sometimes"]);
	assert!(!output.status.success());
	let message = String::from_utf8_lossy(&output.stderr).into_owned();
	assert!(
		message.contains("`instant`, `manual` or a number of milliseconds"),
		"{message}"
	);
}
