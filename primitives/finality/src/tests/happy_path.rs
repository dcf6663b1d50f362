//! All are honest and up.

use super::network::*;
use crate::message::Message;
use alloc::vec::Vec;

#[test]
fn four_finalise_each_block_as_it_comes() {
	let mut network = Network::new(4);
	network.pass(10);
	let mut head = base();
	for number in 1..=10 {
		network.pass(u64::from(number) * 2_000);
		head = network.grow(head, number, 0);
		assert!(network.all_finalised(head), "block {number}");
	}
	for node in &network.nodes {
		assert_eq!(node.finalised.len(), 10);
		assert_eq!(node.machine.view(), 11);
		assert!(node.offences.is_empty());
		assert!(!node
			.sent
			.iter()
			.any(|message| matches!(message, Message::Timeout(_))));
	}
}

#[test]
fn sets_of_one_two_and_three_finalise() {
	for authorities in 1..=3 {
		let mut network = Network::new(authorities);
		network.pass(10);
		let mut head = base();
		for number in 1..=5 {
			head = network.grow(head, number, 0);
			network.pass(u64::from(number) * 2_000);
			assert!(
				network.all_finalised(head),
				"{authorities} authorities, block {number}"
			);
		}
	}
}

#[test]
fn an_observer_follows() {
	let mut network = Network::new(4);
	network.add(4, crate::machine::Standing::Observer);
	network.pass(10);
	let head = network.grow(base(), 3, 0);
	assert!(network.all_finalised(head));
	assert!(network.nodes[4].sent.is_empty());
}

#[test]
fn an_idle_chain_is_quiet() {
	let mut network = Network::new(4);
	network.pass(10);
	let head = network.grow(base(), 1, 0);
	assert!(network.all_finalised(head));
	let sent: Vec<usize> = network.nodes.iter().map(|node| node.sent.len()).collect();
	network.pass(600_000);
	for (node, sent) in network.nodes.iter().zip(sent) {
		assert_eq!(
			node.sent.len(),
			sent,
			"nothing is sent again once all is final"
		);
		assert_eq!(node.machine.view(), 2);
	}
}
