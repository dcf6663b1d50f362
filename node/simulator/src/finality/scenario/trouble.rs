//! What goes wrong in the scenarios of each kind, drawn from the seed.

use super::{Kind, Scenario};
use crate::{
	finality::behaviour::Behaviour,
	world::{DiskFate, Fault, Latency, Link, NodeSet, Random, MILLI},
};
use aci_finality::machine::Timing;
use std::collections::BTreeSet;

impl Scenario {
	pub(super) fn trouble(&mut self, kind: Kind, random: &mut Random) {
		let bearable = (self.authorities - 1) / 3;
		match kind {
			Kind::Calm => self.fork = random.within(0, 300) as u32,
			Kind::Rough => self.roughen(random),
			Kind::Partitions => {
				self.partitions(random);
				if random.chance(300) {
					self.roughen(random);
				}
			}
			Kind::Crashes => {
				let most = self.authorities as u64;
				self.crashes(random, most, 0);
				if random.chance(300) {
					self.partitions(random);
				}
			}
			Kind::LostRecords => self.crashes(random, self.authorities as u64, bearable),
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
					}
				}
				self.fork = 300;
				self.by_view(random, &[]);
			}
			Kind::Siege => {
				let ways = [
					Behaviour::Chaos,
					Behaviour::Conflicter,
					Behaviour::Amnesiac,
					Behaviour::Equivocator,
				];
				self.corrupt(random, bearable, &ways);
				self.siege(random);
			}
			Kind::Ambush => {
				self.corrupt(random, bearable, &[Behaviour::Ambusher]);
				self.ambush(random);
			}
			Kind::Sets => {
				self.session = Some(random.within(3, 8) as u32);
				match random.below(4) {
					0 => self.partitions(random),
					1 => self.crashes(random, 3, bearable),
					2 => self.corrupt(random, bearable, &Behaviour::ALL),
					_ => self.roughen(random),
				}
			}
			Kind::Coalition => {
				let size = random.within(bearable as u64 + 1, 2 * bearable.max(1) as u64) as usize;
				self.corrupt(random, size, &[Behaviour::Chaos, Behaviour::Conflicter]);
				self.siege(random);
			}
		}
	}

	fn roughen(&mut self, random: &mut Random) {
		self.link = Link {
			latency: Latency {
				base: random.within(1, 80) * MILLI,
				jitter: random.within(1, 200) * MILLI,
				tail: random.within(0, 100) * MILLI,
			},
			loss: random.below(250) as u32,
			duplicate: random.below(200) as u32,
			reorder: random.below(200) as u32,
			held: 1_500 * MILLI,
		};
		for _ in 0..random.below(3) {
			let from = random.below(self.synchrony);
			self.faults.push(Fault::Slow {
				from,
				until: self.synchrony.min(from + random.within(1_000, 15_000)),
				node: random.index(self.authorities),
				by: random.within(100, 3_000),
			});
		}
		for _ in 0..random.below(2) {
			let from = random.below(self.synchrony);
			self.faults.push(Fault::Loss {
				from,
				until: self.synchrony.min(from + random.within(1_000, 10_000)),
				per_mille: random.within(200, 1_000) as u32,
			});
		}
		for clock in &mut self.clocks {
			clock.offset = random.below(1_500);
			clock.drift = random.below(20_001) as i32 - 10_000;
		}
	}

	fn groups(&self, random: &mut Random, number: usize, everywhere: &[usize]) -> Vec<NodeSet> {
		let mut groups = vec![NodeSet::default(); number];
		for node in 0..self.nodes() {
			if everywhere.contains(&node) {
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
			let number = random.within(2, 3) as usize;
			self.faults.push(Fault::Partition {
				from,
				until: self.synchrony.min(from + random.within(2_000, 25_000)),
				groups: self.groups(random, number, &[]),
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
				1 if lost == 0 => DiskFate::Torn,
				_ => DiskFate::Kept,
			};
			if disk.damages() {
				losers.insert(node);
			}
			self.faults.push(Fault::Crash {
				from,
				until: self.synchrony.min(from + random.within(100, 12_000)),
				node,
				disk,
			});
		}
	}

	fn corrupt(&mut self, random: &mut Random, number: usize, ways: &[Behaviour]) {
		while self.byzantine.len() < number.min(self.authorities) {
			let authority = random.index(self.authorities);
			let known = self.byzantine.iter().any(|(known, _)| *known == authority);
			if let Some(way) = random.pick(ways).filter(|_| !known) {
				self.byzantine.push((authority, *way));
			}
		}
		self.fork = self.fork.max(150);
	}

	/// Short views and many forks.
	fn hurry(&mut self) {
		self.timing = Timing {
			base_timeout: 600,
			longest_timeout: 1_500,
			retry: 400,
		};
		self.fork = 350;
		self.slot = 1_000;
		self.import = 60;
	}

	/// Who hears all where nodes are divided.
	fn hearing(&self) -> Vec<usize> {
		self.byzantine.iter().map(|(number, _)| *number).collect()
	}

	/// Crashes every second or so of one or two nodes, and nodes that hear nothing for some views.
	fn ambush(&mut self, random: &mut Random) {
		self.hurry();
		self.slot = 500;
		let hearing = self.hearing();
		if random.chance(300) {
			self.by_view(random, &hearing);
		}
		let honest: Vec<usize> = self.honest().into_iter().collect();
		for _ in 0..random.within(1, 2) {
			let node = honest[random.index(honest.len())];
			let mut from = random.within(1_000, 3_000);
			while from < self.synchrony {
				let until = self.synchrony.min(from + random.within(20, 150));
				self.faults.push(Fault::Crash {
					from,
					until,
					node,
					disk: DiskFate::Kept,
				});
				from = until + random.within(100, 900);
			}
		}
		let mut view = random.within(1, 8);
		while view < self.synchrony / 1_000 {
			let last = view + random.within(0, 2);
			let alone = random.index(self.authorities);
			let others = (0..self.nodes()).filter(|node| *node != alone);
			let mut groups = vec![others.collect::<NodeSet>(), NodeSet::default()];
			groups[1].insert(alone);
			for node in &hearing {
				groups[1].insert(*node);
			}
			self.faults.push(Fault::Rounds {
				from: view,
				until: last,
				// First and second votes, timeouts, certificates.
				kinds: 0b11110,
				groups,
			});
			view = last + random.within(1, 8);
		}
	}

	/// Short views, many forks, partitions by view; crashes now and then.
	fn siege(&mut self, random: &mut Random) {
		self.hurry();
		let hearing = self.hearing();
		self.by_view(random, &hearing);
		if random.chance(600) {
			for _ in 0..random.within(2, 12) {
				let from = random.below(self.synchrony);
				self.faults.push(Fault::Crash {
					from,
					until: self.synchrony.min(from + random.within(20, 400)),
					node: random.index(self.authorities),
					disk: if random.chance(500) {
						DiskFate::Kept
					} else {
						DiskFate::Torn
					},
				});
			}
		}
	}

	fn by_view(&mut self, random: &mut Random, everywhere: &[usize]) {
		let views = self.synchrony / 1_000;
		for view in 1..=views {
			if !random.chance(550) {
				continue;
			}
			// Proposals, first and second votes, timeouts, certificates.
			let mut kinds = 0;
			for (kind, chance) in [(0, 300), (1, 450), (2, 550), (3, 150), (4, 600)] {
				if random.chance(chance) {
					kinds |= 1 << kind;
				}
			}
			let number = random.within(2, 3) as usize;
			self.faults.push(Fault::Rounds {
				from: view,
				until: view,
				kinds,
				groups: self.groups(random, number, everywhere),
			});
		}
	}
}
