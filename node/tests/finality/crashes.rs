//! Validators that go down, come back, and lose sight of each other.

use crate::observe::{assert_agreement, hash, offences, round, wait_finalised, LIMIT, SLOT};
use aci_node_testing::Network;
use std::{fs, thread};

/// One network lives through all of it, as starting nodes takes most of a test's time.
#[test]
fn finality_survives_what_its_assumptions_allow_and_waits_out_the_rest() {
	let mut network = Network::start("local", 4, &[]);
	for index in 0..4 {
		wait_finalised(&mut network, index, 3);
	}
	assert_agreement(&mut network, 3);

	one_of_four_goes_down_and_comes_back(&mut network);
	two_of_four_go_down_and_come_back(&mut network);
	two_halves_lose_sight_of_each_other(&mut network);
	a_lost_record_silences_until_the_next_set(&mut network);

	for node in network.nodes() {
		assert_eq!(offences(node), 0, "honest validators were reported");
	}
}

/// Three of four are a quorum; the fourth catches up and breaks no rule.
fn one_of_four_goes_down_and_comes_back(network: &mut Network) {
	network.kill(3);
	let reached = network.node(0).finalised() + 4;
	wait_finalised(network, 0, reached);
	network.restart(3, &[0], &[]);
	let reached = network.node(0).finalised() + 2;
	wait_finalised(network, 3, reached);
	assert_agreement(network, reached);
	assert_eq!(round(network.node(3))["role"]["is"], "authority");
}

/// Two of four are no quorum: blocks are made and none becomes final, until the others are back.
fn two_of_four_go_down_and_come_back(network: &mut Network) {
	network.kill(2);
	network.kill(3);
	// What was voted on before may still become final.
	thread::sleep(3 * SLOT);
	let stuck = network.node(0).finalised();
	let best = network.node(0).best();
	network.node(0).wait("three blocks", LIMIT, |node| {
		(node.best() >= best + 3).then_some(())
	});
	assert_eq!(network.node(0).finalised(), stuck);
	assert_eq!(network.node(1).finalised(), stuck);
	network.restart(2, &[0], &[]);
	network.restart(3, &[0], &[]);
	for index in 0..4 {
		wait_finalised(network, index, best + 3);
	}
	assert_agreement(network, best + 3);
}

/// Each half builds a chain of its own and finalises nothing; joined, they agree on one.
fn two_halves_lose_sight_of_each_other(network: &mut Network) {
	for index in 0..4 {
		network.kill(index);
	}
	for (first, second) in [(0, 1), (2, 3)] {
		network.restart(first, &[], &[]);
		network.restart(second, &[first], &[]);
	}
	let stuck = network.nodes().map(|node| node.finalised()).max();
	let stuck = stuck.expect("there are validators");
	for index in [0, 2] {
		let best = network.node(index).best();
		network.node(index).wait("three blocks", LIMIT, |node| {
			(node.best() >= best + 3).then_some(())
		});
	}
	let height = network.node(0).best().min(network.node(2).best());
	assert_ne!(
		hash(network.node(0), height),
		hash(network.node(2), height),
		"the halves were not apart"
	);
	assert!(network.nodes().all(|node| node.finalised() <= stuck));
	for (from, to) in [(0, 2), (1, 3), (0, 3), (1, 2)] {
		network.connect(from, to);
	}
	for index in 0..4 {
		wait_finalised(network, index, height + 1);
	}
	assert_agreement(network, height + 1);
}

/// A validator whose record is gone says so and signs nothing in the set that it voted in; in the
/// next set it votes again.
fn a_lost_record_silences_until_the_next_set(network: &mut Network) {
	network.kill(3);
	let mut removed = 0;
	remove_records(network.base(3), &mut removed);
	assert!(removed > 0, "no vote record was found");
	network.restart(3, &[0], &[]);
	let role = network.node(3).wait("a role", LIMIT, |node| {
		let state = round(node);
		state["role"]["is"]
			.as_str()
			.map(|role| (role.to_string(), state))
	});
	let (role, state) = role;
	assert_eq!(role, "silent", "it votes without its record: {state}");
	network
		.node(3)
		.wait("votes in the next set", LIMIT, |node| {
			let now = round(node);
			(now["set"] != state["set"] && now["role"]["is"] == "authority").then_some(())
		});
}

fn remove_records(folder: &std::path::Path, removed: &mut u32) {
	for entry in fs::read_dir(folder).expect("the folder is there").flatten() {
		let path = entry.path();
		if path.is_dir() {
			remove_records(&path, removed);
		} else if path.to_string_lossy().contains("finality") {
			fs::remove_file(&path).expect("it can be removed");
			*removed += 1;
		}
	}
}
