//! Running nodes: slots, sealing, restarts, metrics.

use aci_node_testing::{http, Node};
use serde_json::json;
use std::{net::TcpListener, time::Duration};

const LIMIT: Duration = Duration::from_secs(90);

#[test]
fn a_development_node_makes_and_finalises_blocks() {
	let mut node = Node::dev(&[]);
	node.wait("finalised block", LIMIT, |node| {
		(node.finalised() >= 2).then_some(())
	});
	let methods = node.call("rpc_methods", json!([]));
	let methods = methods["methods"].as_array().expect("a list");
	for method in [
		"system_accountNextIndex",
		"payment_queryInfo",
		"finality_roundState",
		"finality_proveFinality",
		"finality_subscribeJustifications",
		"chainHead_v1_follow",
		"author_submitExtrinsic",
		"state_call",
	] {
		assert!(methods.iter().any(|found| found == method), "{method}");
	}
}

#[test]
fn metadata_is_served_in_versions_14_to_16() {
	let node = Node::dev(&["--sealing", "manual"]);
	for (version, argument) in [(14u8, "0x0e000000"), (15, "0x0f000000"), (16, "0x10000000")] {
		let metadata = node.call(
			"state_call",
			json!(["Metadata_metadata_at_version", argument]),
		);
		let metadata = metadata.as_str().expect("bytes").to_string();
		// `Some`, a length, `meta`, the version.
		let marker = format!("6d657461{version:02x}");
		assert!(
			metadata.starts_with("0x01") && metadata[..32].contains(&marker),
			"{version}"
		);
	}
}

#[test]
fn manual_sealing_makes_a_block_when_asked_and_finalises_it() {
	let mut node = Node::dev(&["--sealing", "manual"]);
	assert_eq!(node.best(), 0);
	let made = node.call("engine_createBlock", json!([true, true]));
	assert!(made["hash"].is_string());
	assert_eq!(node.best(), 1);
	node.wait("finality", LIMIT, |node| {
		(node.finalised() == 1).then_some(())
	});
}

#[test]
fn interval_sealing_makes_blocks_by_itself() {
	let mut node = Node::dev(&["--sealing", "100"]);
	node.wait("ten blocks", LIMIT, |node| {
		(node.finalised() >= 10).then_some(())
	});
}

#[test]
fn prometheus_says_the_finalised_height() {
	let (mut node, port) = measured(&["--sealing", "100"]);
	node.wait("a metric above zero", LIMIT, |_| {
		let height = metric(port, "substrate_block_height", "status=\"finalized\"")?;
		(height > 0.0).then_some(())
	});
}

#[test]
fn prometheus_says_how_finality_goes() {
	let (mut node, port) = measured(&[]);
	node.wait("three final blocks", LIMIT, |node| {
		(node.finalised() >= 3).then_some(())
	});
	// Of one validator: every message is its own, no view is given up.
	for (name, label, least, most) in [
		("aci_finality_set", "", 0.0, 1.0),
		("aci_finality_view", "", 1.0, 1e6),
		("aci_finality_silent", "", 0.0, 0.0),
		("aci_finality_offences_total", "", 0.0, 0.0),
		("aci_finality_certificate_seconds_count", "", 1.0, 1e6),
		(
			"aci_finality_import_to_finality_seconds_count",
			"",
			3.0,
			1e6,
		),
	] {
		let value = metric(port, name, label).unwrap_or_else(|| panic!("{name} is missing"));
		assert!((least..=most).contains(&value), "{name} is {value}");
	}
}

/// A development node whose metrics are served, and their port.
fn measured(arguments: &[&str]) -> (Node, u16) {
	let port = TcpListener::bind("127.0.0.1:0")
		.and_then(|listener| listener.local_addr())
		.expect("a free port")
		.port();
	let argument = port.to_string();
	let all = [&["--dev", "--prometheus-port", &argument], arguments].concat();
	(Node::start(&all), port)
}

/// The value of a metric whose line holds this label.
fn metric(port: u16, name: &str, label: &str) -> Option<f64> {
	let metrics = http::get(port, "/metrics").ok()?;
	let line = metrics.lines().find(|line| {
		line.strip_prefix(name)
			.is_some_and(|rest| rest.starts_with(['{', ' ']) && rest.contains(label))
	})?;
	line.rsplit(' ').next()?.parse().ok()
}

#[test]
fn a_killed_node_goes_on_where_it_was() {
	let base = tempfile::tempdir().expect("a temporary folder can be made");
	let path = base.path().display().to_string();
	let arguments = [
		"--dev",
		"--base-path",
		&path,
		"--sealing",
		"100",
		"--no-prometheus",
	];
	let mut node = Node::start(&arguments);
	node.wait("five blocks", LIMIT, |node| {
		(node.finalised() >= 5).then_some(())
	});
	let hash = node.call("chain_getBlockHash", json!([3]));
	node.kill();

	let mut node = Node::start(&arguments);
	assert_eq!(node.call("chain_getBlockHash", json!([3])), hash);
	let before = node.finalised();
	node.wait("new blocks", LIMIT, |node| {
		(node.finalised() > before).then_some(())
	});
}
