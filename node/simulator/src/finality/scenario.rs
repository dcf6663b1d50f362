//! What a seed stands for. A scenario is text too, one line for each part, which can be kept in a
//! file, edited and played again.

use super::{behaviour::Behaviour, validator::Chain};
use crate::world::{Clock, DiskFate, Fault, Latency, Link, NodeSet, Random, MILLI};
use aci_finality::machine::{Control, Timing};
use std::{collections::BTreeSet, fmt, str::FromStr};

/// The kind of trouble that a scenario is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
	/// No trouble, but forks.
	Calm,
	/// Packets are lost, doubled, late and out of order; clocks differ.
	Rough,
	/// Partitions that heal.
	Partitions,
	/// Crashes, with recovery from the record; also between the effects of one event.
	Crashes,
	/// Crashes, some of which lose the record.
	LostRecords,
	/// As many dishonest authorities as can be borne, each with a behaviour.
	Byzantine,
	/// One authority runs twice, with partitions by view.
	Twins,
	/// A dishonest authority that hears all, and partitions by view and kind of message.
	Siege,
	/// A dishonest authority that makes a block final for few while others vote for another one,
	/// and honest ones that crash every second.
	Ambush,
	/// The set changes every few blocks, with trouble of other kinds.
	Sets,
	/// More dishonest authorities than can be borne: blocks may conflict, and the guilty are named.
	Coalition,
}

impl Kind {
	/// All kinds.
	pub const ALL: [Kind; 11] = [
		Kind::Calm,
		Kind::Rough,
		Kind::Partitions,
		Kind::Crashes,
		Kind::LostRecords,
		Kind::Byzantine,
		Kind::Twins,
		Kind::Siege,
		Kind::Ambush,
		Kind::Sets,
		Kind::Coalition,
	];

	/// Its name.
	pub fn name(&self) -> &'static str {
		match self {
			Kind::Calm => "calm",
			Kind::Rough => "rough",
			Kind::Partitions => "partitions",
			Kind::Crashes => "crashes",
			Kind::LostRecords => "lost-records",
			Kind::Byzantine => "byzantine",
			Kind::Twins => "twins",
			Kind::Siege => "siege",
			Kind::Ambush => "ambush",
			Kind::Sets => "sets",
			Kind::Coalition => "coalition",
		}
	}
}

impl FromStr for Kind {
	type Err = String;

	fn from_str(name: &str) -> Result<Self, String> {
		Kind::ALL
			.into_iter()
			.find(|kind| kind.name() == name)
			.ok_or_else(|| format!("'{name}' is no kind of scenario"))
	}
}

/// Which scenarios a search draws from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
	/// Fewest and most authorities.
	pub authorities: (usize, usize),
	/// Views after which a run ends, where nothing is owed any more.
	pub views: u64,
	/// One kind only; each kind in turn where none is named.
	pub kind: Option<Kind>,
	/// The safety rule that is taken out.
	pub control: Option<Control>,
	/// Only conflicting final blocks count as failures.
	pub conflicts_only: bool,
}

/// A run, nodes, faults and all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
	/// Seeds the randomness of nodes and links.
	pub seed: u64,
	/// The kind.
	pub kind: Kind,
	/// Authorities.
	pub authorities: usize,
	/// Dishonest ones.
	pub byzantine: Vec<(usize, Behaviour)>,
	/// Authorities that run twice; the second copies are the nodes after the authorities.
	pub twins: Vec<usize>,
	/// Nodes that are down for good from the start.
	pub down: usize,
	/// Every node's clock.
	pub clocks: Vec<Clock>,
	/// Every link.
	pub link: Link,
	/// What goes wrong.
	pub faults: Vec<Fault>,
	/// The true millisecond from which the network is synchronous.
	pub synchrony: u64,
	/// Views after which the run ends.
	pub views: u64,
	/// Milliseconds of a slot.
	pub slot: u64,
	/// Blocks beside the best, of a thousand.
	pub fork: u32,
	/// The longest import, in milliseconds.
	pub import: u64,
	/// Blocks for which votes must wait, of a thousand.
	pub incomplete: u32,
	/// The set changes in every so many blocks.
	pub session: Option<u32>,
	/// The machine's waiting times.
	pub timing: Timing,
	/// The rule that is taken out.
	pub control: Option<Control>,
	/// Only conflicting final blocks count as failures.
	pub conflicts_only: bool,
}

/// Streams of a seed that the scenario is drawn from.
const STREAM: u64 = 1;

impl Scenario {
	/// The scenario of `seed`.
	pub fn of(seed: u64, search: &Search) -> Self {
		let kind = search
			.kind
			.unwrap_or(Kind::ALL[(seed % Kind::ALL.len() as u64) as usize]);
		let mut random = Random::new(seed, STREAM);
		let (fewest, most) = search.authorities;
		let authorities = random.within(fewest as u64, most as u64) as usize;
		let mut scenario = Scenario::calm(seed, authorities, search.views);
		scenario.kind = kind;
		scenario.control = search.control;
		scenario.conflicts_only = search.conflicts_only;
		scenario.synchrony = random.within(20_000, 60_000);
		scenario.clocks = (0..authorities)
			.map(|_| Clock {
				offset: random.below(300),
				drift: random.below(401) as i32 - 200,
			})
			.collect();
		scenario.trouble(kind, &mut random);
		if !matches!(kind, Kind::Calm | Kind::Coalition | Kind::Sets) && random.chance(150) {
			scenario.session = Some(random.within(4, 10) as u32);
		}
		scenario
	}

	/// Nothing goes wrong.
	pub fn calm(seed: u64, authorities: usize, views: u64) -> Self {
		Scenario {
			seed,
			kind: Kind::Calm,
			authorities,
			byzantine: Vec::new(),
			twins: Vec::new(),
			down: 0,
			clocks: vec![Clock::default(); authorities],
			link: Link::reliable(Latency {
				base: 10 * MILLI,
				jitter: 60 * MILLI,
				tail: 10 * MILLI,
			}),
			faults: Vec::new(),
			synchrony: 0,
			views,
			slot: 2_000,
			fork: 60,
			import: 150,
			incomplete: 50,
			session: None,
			timing: Timing::default(),
			control: None,
			conflicts_only: false,
		}
	}

	/// Nodes: the authorities, and the second copies of twins.
	pub fn nodes(&self) -> usize {
		self.authorities + self.twins.len()
	}

	/// Events after which a run is cut off. A view costs each pair of nodes some ten packets; this is
	/// ten times as many, and as much again for what is not of a view.
	pub fn most_events(&self) -> u64 {
		let pairs = (self.nodes() * self.nodes()) as u64;
		100_000 + 200 * pairs * self.views.max(20)
	}

	/// What all its nodes have in common.
	pub fn chain(&self) -> Chain {
		Chain {
			authorities: self.authorities,
			slot: self.slot,
			fork: self.fork,
			import: self.import,
			incomplete: self.incomplete,
			session: self.session,
			timing: self.timing,
			control: self.control,
		}
	}

	/// Authorities that are not honest.
	pub fn dishonest(&self) -> BTreeSet<usize> {
		let byzantine = self.byzantine.iter().map(|(number, _)| *number);
		byzantine.chain(self.twins.iter().copied()).collect()
	}

	/// Nodes that are honest and start.
	pub fn honest(&self) -> BTreeSet<usize> {
		let dishonest = self.dishonest();
		(0..self.authorities - self.down)
			.filter(|node| !dishonest.contains(node))
			.collect()
	}

	/// Authorities that vote no more or not truly in the end: dishonest, down or without a record.
	pub fn missing(&self) -> usize {
		let mut missing = self.dishonest();
		missing.extend(self.authorities - self.down..self.authorities);
		for fault in &self.faults {
			match fault {
				Fault::Crash { node, disk, .. } if disk.damages() => {
					missing.insert(*node);
				}
				_ => {}
			}
		}
		missing.len()
	}

	fn trouble(&mut self, kind: Kind, random: &mut Random) {
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

/// The controls by name.
pub const CONTROLS: [(&str, Control); 10] = [
	("S1", Control::S1),
	("S2", Control::S2),
	("S3", Control::S3),
	("S4", Control::S4),
	("S5", Control::S5),
	("S6", Control::S6),
	("S7", Control::S7),
	("S8", Control::S8),
	("A1", Control::A1),
	("A2", Control::A2),
];

/// The rule of this name.
pub fn control(name: &str) -> Option<Control> {
	CONTROLS
		.iter()
		.find(|(known, _)| *known == name)
		.map(|(_, control)| *control)
}

impl fmt::Display for Scenario {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		writeln!(f, "seed {}", self.seed)?;
		writeln!(f, "kind {}", self.kind.name())?;
		writeln!(f, "authorities {}", self.authorities)?;
		for (number, behaviour) in &self.byzantine {
			writeln!(f, "byzantine {number} {behaviour}")?;
		}
		for twin in &self.twins {
			writeln!(f, "twin {twin}")?;
		}
		writeln!(f, "down {}", self.down)?;
		for Clock { offset, drift } in &self.clocks {
			writeln!(f, "clock {offset} {drift}")?;
		}
		let Link {
			latency,
			loss,
			duplicate,
			reorder,
			held,
		} = self.link;
		let Latency { base, jitter, tail } = latency;
		writeln!(
			f,
			"link {base} {jitter} {tail} {loss} {duplicate} {reorder} {held}"
		)?;
		writeln!(f, "synchrony {}", self.synchrony)?;
		writeln!(f, "views {}", self.views)?;
		writeln!(
			f,
			"blocks {} {} {} {}",
			self.slot, self.fork, self.import, self.incomplete
		)?;
		if let Some(session) = self.session {
			writeln!(f, "session {session}")?;
		}
		let Timing {
			base_timeout,
			longest_timeout,
			retry,
		} = self.timing;
		writeln!(f, "timing {base_timeout} {longest_timeout} {retry}")?;
		if let Some((name, _)) = CONTROLS
			.iter()
			.find(|(_, control)| Some(*control) == self.control)
		{
			writeln!(f, "control {name}")?;
		}
		if self.conflicts_only {
			writeln!(f, "judge conflicts")?;
		}
		for fault in &self.faults {
			writeln!(f, "fault {fault}")?;
		}
		Ok(())
	}
}

impl FromStr for Scenario {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		let mut scenario = Scenario::calm(0, 1, 0);
		scenario.clocks.clear();
		for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
			scenario
				.read(line)
				.ok_or_else(|| format!("'{line}' is no line of a scenario"))?;
		}
		scenario.check()?;
		Ok(scenario)
	}
}

impl Scenario {
	fn read(&mut self, line: &str) -> Option<()> {
		let (name, rest) = line.split_once(' ')?;
		if name == "fault" {
			self.faults.push(rest.parse().ok()?);
			return Some(());
		}
		let words: Vec<&str> = rest.split_whitespace().collect();
		let word = |place: usize| -> Option<u64> { words.get(place)?.parse().ok() };
		match name {
			"seed" => self.seed = word(0)?,
			"kind" => self.kind = rest.parse().ok()?,
			"authorities" => self.authorities = word(0)? as usize,
			"byzantine" => {
				self.byzantine
					.push((word(0)? as usize, words.get(1)?.parse().ok()?));
			}
			"twin" => self.twins.push(word(0)? as usize),
			"down" => self.down = word(0)? as usize,
			"clock" => self.clocks.push(Clock {
				offset: word(0)?,
				drift: words.get(1)?.parse().ok()?,
			}),
			"link" => {
				self.link = Link {
					latency: Latency {
						base: word(0)?,
						jitter: word(1)?,
						tail: word(2)?,
					},
					loss: word(3)? as u32,
					duplicate: word(4)? as u32,
					reorder: word(5)? as u32,
					held: word(6)?,
				}
			}
			"synchrony" => self.synchrony = word(0)?,
			"views" => self.views = word(0)?,
			"blocks" => {
				self.slot = word(0)?.max(1);
				self.fork = word(1)? as u32;
				self.import = word(2)?;
				self.incomplete = word(3)? as u32;
			}
			"session" => self.session = Some(word(0)?.max(1) as u32),
			"timing" => {
				self.timing = Timing {
					base_timeout: word(0)?,
					longest_timeout: word(1)?,
					retry: word(2)?,
				}
			}
			"judge" => self.conflicts_only = rest == "conflicts",
			"control" => self.control = Some(control(rest)?),
			_ => return None,
		}
		Some(())
	}

	/// Whether the parts fit together.
	pub fn check(&self) -> Result<(), String> {
		let authorities = self.authorities;
		let known = |number: &usize| *number < authorities;
		if authorities == 0 || self.nodes() > crate::world::MAX_NODES {
			return Err(format!(
				"at least one authority, at most {}",
				crate::world::MAX_NODES
			));
		}
		if self.clocks.len() != self.nodes() {
			return Err(format!("{} nodes need as many clocks", self.nodes()));
		}
		if self.down > authorities || !self.dishonest().iter().all(known) {
			return Err("an authority is named that is not there".into());
		}
		if self.clocks.iter().any(|clock| clock.drift <= -1_000_000) {
			return Err("a clock must go forward".into());
		}
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn search() -> Search {
		Search {
			authorities: (4, 7),
			views: 50,
			kind: None,
			control: Some(Control::S3),
			conflicts_only: true,
		}
	}

	#[test]
	fn a_scenario_is_read_as_it_was_printed() {
		for seed in 0..100 {
			let scenario = Scenario::of(seed, &search());
			assert_eq!(scenario.to_string().parse(), Ok(scenario));
		}
	}

	#[test]
	fn garbage_is_refused() {
		for text in [
			"",
			"seed",
			"seed 1\nauthorities 4",
			"authorities 1\nclock 0 0\nfault flood 1-2",
		] {
			assert!(text.parse::<Scenario>().is_err(), "{text}");
		}
	}

	#[test]
	fn no_more_are_dishonest_than_can_be_borne_but_in_a_coalition() {
		for seed in 0..200 {
			let scenario = Scenario::of(seed, &search());
			let bearable = (scenario.authorities - 1) / 3;
			let dishonest = scenario.dishonest().len();
			assert_eq!(dishonest > bearable, scenario.kind == Kind::Coalition);
		}
	}
}
