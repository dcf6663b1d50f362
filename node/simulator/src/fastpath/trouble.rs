//! What goes wrong in the scenarios of each kind, drawn from the seed.

use super::{
	adversary::Behaviour,
	chain::Policy,
	scenario::{Kind, Scenario},
};
use crate::world::{DiskFate, Fault, Latency, Link, NodeSet, Random, MILLI};
use std::collections::BTreeSet;

impl Scenario {
	pub(super) fn trouble(&mut self, kind: Kind, random: &mut Random) {
		let bearable = (self.authorities - 1) / 3;
		self.synchrony = self.length * 4 / 5;
		if random.chance(300) {
			self.leases(random);
		}
		match kind {
			Kind::Calm => self.synchrony = 0,
			Kind::Rough => self.roughen(random),
			Kind::Partitions => {
				self.partitions(random);
				if random.chance(300) {
					self.roughen(random);
				}
			}
			Kind::Crashes => {
				self.crashes(random, self.authorities as u64, 0);
				if random.chance(300) {
					self.partitions(random);
				}
			}
			Kind::LostJournals => self.crashes(random, self.authorities as u64, bearable),
			Kind::Byzantine => {
				self.corrupt(random, bearable, &Behaviour::ALL);
				match random.below(4) {
					0 => self.roughen(random),
					1 => self.partitions(random),
					2 => self.crashes(random, 2, 0),
					_ => {}
				}
			}
			Kind::Twins => {
				for _ in 0..bearable {
					let twin = random.index(self.authorities);
					if !self.twins.contains(&twin) {
						self.twins.push(twin);
						self.clocks.push(self.clocks[twin]);
						self.polls.push(60);
					}
				}
				self.by_round(random);
			}
			Kind::Leases => {
				self.leases(random);
				for node in 0..self.authorities {
					if random.chance(300) {
						self.polls[node] = random.within(200, 1_500);
					}
				}
				if random.chance(500) {
					self.roughen(random);
				}
				if random.chance(200) {
					self.partitions(random);
				}
			}
			Kind::Siege => {
				let ways = [Behaviour::Equivocator, Behaviour::Thin, Behaviour::Chaos];
				self.corrupt(random, bearable, &ways);
				self.by_round(random);
				if random.chance(300) {
					self.roughen(random);
				}
			}
			Kind::Alone => self.alone(random),
		}
	}

	fn leases(&mut self, random: &mut Random) {
		self.policy = Policy {
			closings: random.within(1, 8),
			closing: random.within(200, 800) as u32,
			top_up: 200,
		};
		if random.chance(500) {
			self.budget = random.within(2, 12).into();
		}
		self.pace = random.within(15, 60);
	}

	fn roughen(&mut self, random: &mut Random) {
		self.link = Link {
			latency: Latency {
				base: random.within(1, 15) * MILLI,
				jitter: random.within(1, 60) * MILLI,
				tail: random.within(0, 10) * MILLI,
			},
			loss: random.below(80) as u32,
			duplicate: random.below(50) as u32,
			reorder: random.below(100) as u32,
			held: 200 * MILLI,
		};
	}

	fn groups(&self, random: &mut Random, number: usize) -> Vec<NodeSet> {
		let mut groups = vec![NodeSet::default(); number];
		let hearing: BTreeSet<usize> = self.byzantine.iter().map(|(node, _)| *node).collect();
		for node in 0..self.nodes() {
			if hearing.contains(&node) {
				groups.iter_mut().for_each(|group| group.insert(node));
			} else {
				groups[random.index(number)].insert(node);
			}
		}
		groups
	}

	fn partitions(&mut self, random: &mut Random) {
		for _ in 0..random.within(1, 4) {
			let from = random.below(self.synchrony);
			self.faults.push(Fault::Partition {
				from,
				until: self.synchrony.min(from + random.within(40, 400)),
				groups: self.groups(random, 2),
			});
		}
	}

	fn crashes(&mut self, random: &mut Random, most: u64, lost: usize) {
		let mut losers = BTreeSet::new();
		for _ in 0..random.within(1, most) {
			let node = random.index(self.authorities);
			let from = random.below(self.synchrony);
			let may_lose = losers.len() < lost || losers.contains(&node);
			let disk = match random.below(3) {
				0 if may_lose => *random.pick(&DiskFate::DAMAGING).unwrap_or(&DiskFate::Lost),
				1 => DiskFate::Torn,
				_ => DiskFate::Kept,
			};
			if disk.damages() {
				losers.insert(node);
			}
			self.faults.push(Fault::Crash {
				from,
				until: self.synchrony.min(from + random.within(10, 300)),
				node,
				disk,
			});
		}
	}

	fn corrupt(&mut self, random: &mut Random, number: usize, ways: &[Behaviour]) {
		while self.byzantine.len() < number {
			let authority = random.index(self.authorities);
			let known = self.byzantine.iter().any(|(known, _)| *known == authority);
			if let Some(way) = random.pick(ways).filter(|_| !known) {
				self.byzantine.push((authority, *way));
			}
		}
	}

	/// Vertices of single rounds do not pass between two groups.
	fn by_round(&mut self, random: &mut Random) {
		for round in 1..self.synchrony / 20 {
			if !random.chance(350) {
				continue;
			}
			self.faults.push(Fault::Rounds {
				from: round,
				until: round,
				// Vertices, and now and then requests for them.
				kinds: if random.chance(300) { 0b11 } else { 1 },
				groups: self.groups(random, 2),
			});
		}
	}

	/// One home's vertices of some rounds reach nobody until the rest is far above them.
	fn alone(&mut self, random: &mut Random) {
		self.leases(random);
		self.synchrony = self.length * 4 / 5;
		for _ in 0..random.within(1, 2) {
			let alone = random.index(self.authorities);
			let from = random.below(self.synchrony * 2 / 3);
			let mut groups = vec![NodeSet::default(); 2];
			for node in 0..self.nodes() {
				groups[usize::from(node == alone)].insert(node);
			}
			self.faults.push(Fault::Partition {
				from,
				until: self.synchrony.min(from + random.within(150, 900)),
				groups,
			});
		}
		if random.chance(300) {
			self.roughen(random);
		}
	}
}
