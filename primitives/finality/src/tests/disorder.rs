//! Messages lost, late and out of order, nodes that restart, forks: agreement always, progress once
//! all is timely. The simulator searches far wider; this is what runs with every test of the crate.

use super::network::*;
use crate::{
	machine::{BlockTree, Input},
	message::Message,
	types::Target,
};
use alloc::{
	boxed::Box,
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};

/// A small generator of numbers, the same everywhere.
struct Dice(u64);

impl Dice {
	fn roll(&mut self, sides: u64) -> u64 {
		self.0 = self
			.0
			.wrapping_mul(6_364_136_223_846_793_005)
			.wrapping_add(1_442_695_040_888_963_407);
		(self.0 >> 33) % sides
	}
}

/// What is to happen: at a time, in the order of a counter.
enum Event {
	Deliver(usize, Box<Message>),
	Author(usize),
	Block(usize, Target, Target),
	Restart(usize),
}

fn play(seed: u64, authorities: u16) {
	let mut dice = Dice(seed);
	let mut network = Network::new(authorities);
	let mut events: BTreeMap<(u64, u64), Event> = BTreeMap::new();
	let mut counter = 0u64;
	let mut heads: Vec<Target> = alloc::vec![base()];
	let calm = 60_000;
	let end = calm + 240_000;
	let mut time = 500;
	while time < calm + 20_000 {
		counter += 1;
		events.insert(
			(time, counter),
			Event::Author(dice.roll(u64::from(authorities)) as usize),
		);
		time += 2_000;
	}
	for _ in 0..dice.roll(6) {
		counter += 1;
		let at = dice.roll(u64::from(authorities)) as usize;
		events.insert((dice.roll(calm), counter), Event::Restart(at));
	}
	loop {
		let tick = (0..network.nodes.len())
			.filter_map(|at| {
				network.nodes[at]
					.wake
					.map(|wake| (wake.max(network.now), at))
			})
			.min();
		let event = events.keys().next().copied();
		let due = match (tick, event) {
			(Some((wake, _)), Some((time, _))) => wake.min(time),
			(Some((wake, _)), None) => wake,
			(None, Some((time, _))) => time,
			(None, None) => break,
		};
		if due > end {
			break;
		}
		network.now = network.now.max(due);
		let (from, sent) = match (tick, event) {
			(Some((wake, at)), _) if wake == due => (at, network.step(at, Input::Tick)),
			(_, Some(key)) => match events.remove(&key).expect("the first") {
				Event::Deliver(at, message) => (at, network.step(at, Input::Message(*message))),
				Event::Author(at) => {
					// On its highest certificate's branch; now and then on an old head.
					let node = &network.nodes[at];
					let fork = network.now < calm && dice.roll(4) == 0;
					let best = node.tree.best(&node.machine.round_state().high_target);
					let parent = match best {
						Some(best) if !fork => best,
						_ => heads[dice.roll(heads.len() as u64) as usize],
					};
					let child = block(parent.number + 1, heads.len() as u8);
					heads.push(child);
					for to in 0..network.nodes.len() {
						counter += 1;
						let at = network.now + if to == at { 0 } else { dice.roll(700) };
						events.insert((at, counter), Event::Block(to, parent, child));
					}
					(at, Vec::new())
				}
				Event::Block(at, parent, child) => {
					network.nodes[at].tree.grow_one(parent, child);
					(at, network.step(at, Input::Blocks))
				}
				Event::Restart(at) => {
					network.restart(at, authorities);
					(at, Vec::new())
				}
			},
			_ => break,
		};
		let rough = network.now < calm;
		for message in sent {
			for to in (0..network.nodes.len()).filter(|to| *to != from) {
				if rough && dice.roll(5) == 0 {
					continue;
				}
				let delay = if rough {
					dice.roll(2_500)
				} else {
					10 + dice.roll(100)
				};
				counter += 1;
				events.insert(
					(network.now + delay, counter),
					Event::Deliver(to, Box::new(message.clone())),
				);
			}
		}
	}
	// Agreement: all final blocks are on one branch.
	let everything: BTreeSet<Target> = network
		.nodes
		.iter()
		.flat_map(|node| node.finalised.iter().copied())
		.collect();
	let highest = everything.last().copied().expect("something became final");
	for target in &everything {
		let tree = &network.nodes[0].tree;
		assert_eq!(
			tree.descends(target, &highest),
			Some(true),
			"seed {seed}: {target:?}"
		);
	}
	// Progress: the last block is final everywhere, and nobody is accused.
	let newest = heads.last().map_or(0, |head| head.number);
	for at in 0..network.nodes.len() {
		let reached = network.finalised(at).number;
		let state = network.nodes[at].machine.round_state();
		assert!(
			reached >= newest,
			"seed {seed}, node {at}: {reached} of {newest}, {state:?}"
		);
		assert!(network.nodes[at].offences.is_empty(), "seed {seed}");
	}
}

#[test]
fn four_agree_and_go_on() {
	for seed in 0..24 {
		play(seed, 4);
	}
}

#[test]
fn seven_agree_and_go_on() {
	for seed in 0..6 {
		play(seed, 7);
	}
}

#[test]
fn one_two_and_three_agree_and_go_on() {
	for seed in 0..8 {
		for authorities in 1..=3 {
			play(seed, authorities);
		}
	}
}
