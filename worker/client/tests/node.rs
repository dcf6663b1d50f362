//! The program against a real node, without workers.

mod common;

use common::{planck, run, Node};
use serde_json::Value;

const ACI: u128 = 1_000_000_000_000;

/// The fields of a list's records.
fn column(list: &Value, field: &str) -> Vec<String> {
	let records = list.as_array().expect("is a list");
	let text = |record: &Value| record[field].as_str().expect("is text").to_string();
	records.iter().map(text).collect()
}

/// One node for all scenarios: starting one takes longer than all of them.
#[test]
fn the_client_against_a_node() {
	let node = Node::start();
	models_and_classes_are_listed(&node);
	an_order_without_capacity_or_model_says_so(&node);
	an_empty_escrow_and_a_missing_account_say_what_to_do(&node);
	deposit_and_withdrawal_are_exact_to_the_unit(&node);
	a_bond_moves_exactly_and_a_refused_unbond_is_explained(&node);
	an_open_job_is_cancelled_and_refunded_exactly(&node);
	a_job_that_nobody_takes_expires_and_is_refunded_exactly(&node);
	two_transactions_of_one_account_do_not_take_each_others_number(&node);
	a_model_is_registered_and_removed(&node);
	nothing_is_submitted_unconfirmed(&node);
}

fn models_and_classes_are_listed(node: &Node) {
	let models = node.json("alice", &["model", "list"]);
	let names = column(&models, "name");
	assert!(
		names.iter().any(|name| name.contains("SmolLM2")),
		"{names:?}"
	);
	assert!(
		names.iter().any(|name| name.contains("MiniLM")),
		"{names:?}"
	);
	let classes = node.json("alice", &["class", "list"]);
	assert_eq!(column(&classes, "name"), ["cpu", "rtx4090-24g", "h100-80g"]);
	assert!(planck(&classes[0]["par_price"]) > 0);
	let cpu = node.json("alice", &["class", "show", "cpu"]);
	assert_eq!(cpu, classes[0]);
	let human = node.run(&["class", "list"]);
	assert!(human.stdout.starts_with("class"), "{}", human.stdout);
	assert!(human.stdout.contains("rtx4090-24g"));
	assert_eq!(
		node.json("alice", &["worker", "list"]),
		Value::Array(vec![])
	);
}

fn an_order_without_capacity_or_model_says_so(node: &Node) {
	let quote = ["quote", "--model", "smollm2", "--prompt", "Hello"];
	let ran = node.run(&quote);
	assert_eq!(ran.code, 1);
	assert!(ran.stderr.contains("free slot"), "{}", ran.stderr);
	let ran = node.run(&[&quote[..], &["--json"]].concat());
	assert_eq!(ran.error_code(), "no-capacity");
	let ran = node.run(&["quote", "--model", "gpt-9", "--prompt", "Hello"]);
	assert_eq!(ran.code, 1);
	assert!(ran.stderr.contains("SmolLM2"), "{}", ran.stderr);
	let too_long = [&quote[..], &["--max-tokens", "100000", "--json"]].concat();
	assert_eq!(node.run(&too_long).error_code(), "context-exceeded");
	let private = [&quote[..], &["--private", "--json"]].concat();
	assert_eq!(node.run(&private).error_code(), "not-found");
}

fn an_empty_escrow_and_a_missing_account_say_what_to_do(node: &Node) {
	let ran = node.run(&["escrow", "show", "--account", "eve"]);
	assert_eq!(ran.code, 0);
	assert!(ran.stdout.contains("aci escrow deposit"), "{}", ran.stdout);
	let ran = node.run(&["escrow", "claim", "--account", "eve", "--json"]);
	assert_eq!(
		(ran.code, ran.error_code().as_str()),
		(1, "refused-by-chain")
	);
	assert!(
		ran.stderr.contains("Escrow.NothingToClaim"),
		"{}",
		ran.stderr
	);
	let ran = node.run(&["balance"]);
	assert_eq!(ran.code, 2);
	assert!(ran.stderr.contains("--account"), "{}", ran.stderr);
	// An address that nobody has funded: it can be read of, and cannot sign.
	let empty = "5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhM";
	let ran = node.run(&["balance", "--account", empty]);
	assert!(ran.stdout.contains("is empty"), "{}", ran.stdout);
	let ran = node.run(&["escrow", "deposit", "1", "--account", empty]);
	assert_eq!(ran.code, 2);
	assert!(ran.stderr.contains("cannot sign"), "{}", ran.stderr);
}

fn deposit_and_withdrawal_are_exact_to_the_unit(node: &Node) {
	let (free, held) = node.money("bob");
	let deposited = node.json("bob", &["escrow", "deposit", "2.000000000007"]);
	let amount = 2 * ACI + 7;
	assert_eq!(planck(&deposited["free"]), amount);
	let fee = planck(&deposited["fee"]);
	assert!(fee > 0);
	assert_eq!(node.money("bob"), (free - amount - fee, held + amount));
	let ran = node.run(&["escrow", "withdraw", "3", "--account", "bob"]);
	assert_eq!(ran.code, 1);
	assert!(
		ran.stderr.contains("Escrow.InsufficientFreeEscrow"),
		"{}",
		ran.stderr
	);
	assert!(
		ran.stderr.contains("Withdraw at most what is free"),
		"{}",
		ran.stderr
	);
	let (free, held) = node.money("bob");
	let withdrawn = node.json("bob", &["escrow", "withdraw", "2.000000000007ACI"]);
	let fee = planck(&withdrawn["fee"]);
	assert_eq!(node.money("bob"), (free + amount - fee, held - amount));
}

fn a_bond_moves_exactly_and_a_refused_unbond_is_explained(node: &Node) {
	let (free, held) = node.money("charlie");
	let bonded = node.json("charlie", &["stake", "bond", "worker", "250"]);
	assert_eq!(planck(&bonded["bonded"]), 250 * ACI);
	let fee = planck(&bonded["fee"]);
	let after = (free - 250 * ACI - fee, held + 250 * ACI);
	assert_eq!(node.money("charlie"), after);
	let unbond = ["stake", "unbond", "worker", "251", "--account", "charlie"];
	let ran = node.run(&unbond);
	assert_eq!(ran.code, 1);
	assert!(
		ran.stderr.contains("StakingSlashing.InsufficientBond"),
		"{}",
		ran.stderr
	);
	let unbonded = node.json("charlie", &["stake", "unbond", "worker", "250"]);
	assert_eq!(planck(&unbonded["bonded"]), 0);
	let rebonded = node.json("charlie", &["stake", "rebond", "worker", "250"]);
	assert_eq!(planck(&rebonded["bonded"]), 250 * ACI);
	let shown = node.json("charlie", &["stake", "show"]);
	assert_eq!(column(&shown, "role"), ["Worker"]);
}

/// Orders for which there is no worker.
const ORDER: [&str; 7] = [
	"submit", "--model", "smollm2", "--prompt", "Hello", "--class", "cpu",
];

fn an_open_job_is_cancelled_and_refunded_exactly(node: &Node) {
	let (free, held) = node.money("dave");
	let order = [&ORDER[..], &["--max-price", "3", "--no-wait"]].concat();
	let submitted = node.json("dave", &order);
	let fee = planck(&submitted["fee"]);
	let job = submitted["job"].as_str().expect("is text");
	let (free_now, held_now) = node.money("dave");
	assert_eq!(free_now + held_now, free + held - fee);
	let deposit = held_now - held - 3 * ACI;
	assert!(deposit > 0, "the record's deposit is held beside the price");

	let shown = node.json("dave", &["job", job]);
	assert_eq!(shown["status"], "Open");
	assert_eq!(planck(&shown["locked"]), 3 * ACI);
	assert_eq!(column(&node.json("dave", &["jobs"]), "job"), [job]);
	for command in ["result", "receipt"] {
		let ran = node.run(&[command, job, "--json"]);
		assert_eq!(ran.error_code(), "not-found");
	}
	let ran = node.run(&["cancel", job, "--account", "eve"]);
	assert!(ran.stderr.contains("Jobs.NotClient"), "{}", ran.stderr);

	let cancelled = node.json("dave", &["cancel", job]);
	assert_eq!(planck(&cancelled["refund"]), 3 * ACI);
	let fees = fee + planck(&cancelled["fee"]);
	let after = node.money("dave");
	assert_eq!(after, (free - fees - deposit, held + deposit));
}

fn a_job_that_nobody_takes_expires_and_is_refunded_exactly(node: &Node) {
	let (free, held) = node.money("ferdie");
	node.json("ferdie", &["escrow", "deposit", "1"]);
	let (free_then, _) = node.money("ferdie");
	let order = [
		&ORDER[..],
		&["--max-price", "2.5", "--json", "--account", "ferdie"],
	]
	.concat();
	let ran = node.run(&order);
	assert_eq!(ran.code, 3, "{}", ran.stderr);
	assert_eq!(ran.stderr, "");
	let ended = ran.json();
	assert_eq!(ended["status"], "Expired");
	assert_eq!(planck(&ended["refund"]), 5 * ACI / 2);
	let escrow = node.json("ferdie", &["escrow", "show"]);
	assert_eq!(
		planck(&escrow["free"]),
		ACI,
		"what came of the escrow is there again"
	);
	assert_eq!(planck(&escrow["locked"]), 0);
	let (free_now, held_now) = node.money("ferdie");
	let deposit = held_now - held - ACI;
	assert_eq!(free_now, free_then - planck(&ended["fee"]) - deposit);
	assert!(free_now + held_now < free + held, "only fees are gone");

	// The same for people: progress on standard error, line by line.
	let order = [&ORDER[..], &["--max-price", "2.5", "--account", "ferdie"]].concat();
	let ran = node.run(&order);
	assert_eq!(ran.code, 3);
	for part in [
		"Job 0x",
		"Open: 2.500000000000 ACI locked",
		"Expired: no worker took it",
	] {
		assert!(ran.stderr.contains(part), "{}", ran.stderr);
	}
}

fn two_transactions_of_one_account_do_not_take_each_others_number(node: &Node) {
	std::thread::scope(|scope| {
		let submit = || node.json("eve", &["escrow", "deposit", "0.5"]);
		let running: Vec<_> = (0..3).map(|_| scope.spawn(submit)).collect();
		for one in running {
			one.join().expect("was included");
		}
	});
	let escrow = node.json("eve", &["escrow", "show"]);
	assert_eq!(planck(&escrow["free"]), 3 * ACI / 2);
}

fn a_model_is_registered_and_removed(node: &Node) {
	let folder = tempfile::tempdir().expect("a temporary folder");
	let path = folder.path().join("manifest.json");
	let mut manifest = node.json("alice", &["model", "show", "minilm"]);
	manifest["model"] = format!("0x{}", "5e".repeat(32)).into();
	manifest["name"] = "a model of the test".into();
	std::fs::write(&path, manifest.to_string()).expect("is writable");
	let file = path.to_str().expect("is text");
	node.json("bob", &["model", "register", file]);
	let ran = node.run(&["model", "register", file, "--account", "bob"]);
	assert!(ran.stderr.contains("PoAi.ModelExists"), "{}", ran.stderr);
	let shown = node.json("bob", &["model", "show", "5e5e5e5e"]);
	assert_eq!(shown["name"], "a model of the test");
	let removed = node.json("bob", &["model", "remove", "a model of the test"]);
	assert_eq!(removed["deposit"], shown["deposit"]);
	std::fs::write(&path, "{}").expect("is writable");
	let ran = node.run(&["model", "register", file, "--account", "bob", "--json"]);
	assert_eq!(ran.error_code(), "file");
}

fn nothing_is_submitted_unconfirmed(node: &Node) {
	// Without a maximum, without --yes and without a terminal, nothing may be sent. There is no
	// capacity here, so it is the missing price that is named.
	let before = node.money("alice");
	let ran = node.run(&[&ORDER[..], &["--account", "alice", "--json"]].concat());
	assert_eq!(ran.error_code(), "no-capacity");
	let ran = node.run(&[&ORDER[..], &["--max-price", "1,5", "--account", "alice"]].concat());
	assert_eq!(ran.code, 2);
	assert_eq!(node.money("alice"), before);
}

#[test]
fn a_missing_node_is_named_with_what_to_start() {
	let folder = tempfile::tempdir().expect("a temporary folder");
	let ran = run(&["class", "list", "--node", "ws://127.0.0.1:1"], &folder);
	assert_eq!(ran.code, 4);
	for part in ["ws://127.0.0.1:1", "aci-node --dev"] {
		assert!(ran.stderr.contains(part), "{}", ran.stderr);
	}
	let ran = run(
		&["class", "list", "--node", "ws://127.0.0.1:1", "--json"],
		&folder,
	);
	assert_eq!(ran.error_code(), "unreachable");
}

#[test]
fn completion_scripts_need_no_node() {
	let folder = tempfile::tempdir().expect("a temporary folder");
	for shell in ["bash", "zsh", "fish"] {
		let ran = run(
			&["completion", shell, "--node", "ws://127.0.0.1:1"],
			&folder,
		);
		assert_eq!(ran.code, 0);
		assert!(ran.stdout.contains("aci"));
	}
}
