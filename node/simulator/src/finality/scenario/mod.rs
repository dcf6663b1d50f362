//! What a seed stands for. A scenario is text too, one line for each part, which can be kept in a
//! file, edited and played again.

mod text;
mod trouble;

use super::{behaviour::Behaviour, validator::Chain};
use crate::world::{Clock, Fault, Latency, Link, Random, MILLI};
use aci_finality::machine::{Control, Timing};
use std::{collections::BTreeSet, str::FromStr};

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
