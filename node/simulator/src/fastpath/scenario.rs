//! What a seed stands for.

use super::{adversary::Behaviour, chain::Policy};
use crate::world::{Clock, Fault, Latency, Link, Random, MILLI};
use aci_fastpath::{machine::Timing, safety::Control};
use std::{collections::BTreeSet, fmt, str::FromStr};

/// The kind of trouble that a scenario is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
	/// None.
	Calm,
	/// Packets are lost, doubled, late and out of order; clocks differ.
	Rough,
	/// Partitions that heal.
	Partitions,
	/// Crashes, with recovery from the journal; also between the effects of one event.
	Crashes,
	/// Crashes, some of which lose the journal.
	LostJournals,
	/// As many dishonest authors as can be borne, each with a behaviour.
	Byzantine,
	/// One authority runs twice.
	Twins,
	/// Leases leave their homes, budgets are scarce, some homes hear late of the chain.
	Leases,
	/// A dishonest author, and packets of single rounds that do not pass.
	Siege,
	/// A home is alone with its vertices for longer than they count.
	Alone,
}

impl Kind {
	/// All kinds.
	pub const ALL: [Kind; 10] = [
		Kind::Calm,
		Kind::Rough,
		Kind::Partitions,
		Kind::Crashes,
		Kind::LostJournals,
		Kind::Byzantine,
		Kind::Twins,
		Kind::Leases,
		Kind::Siege,
		Kind::Alone,
	];

	/// Its name.
	pub fn name(&self) -> &'static str {
		match self {
			Kind::Calm => "calm",
			Kind::Rough => "rough",
			Kind::Partitions => "partitions",
			Kind::Crashes => "crashes",
			Kind::LostJournals => "lost-journals",
			Kind::Byzantine => "byzantine",
			Kind::Twins => "twins",
			Kind::Leases => "leases",
			Kind::Siege => "siege",
			Kind::Alone => "alone",
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Search {
	/// Fewest and most authorities.
	pub authorities: (usize, usize),
	/// Milliseconds before the set ends.
	pub length: u64,
	/// One kind only; each kind in turn where none is named.
	pub kind: Option<Kind>,
	/// The rule that is taken out.
	pub control: Option<Control>,
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
	/// Every node's clock.
	pub clocks: Vec<Clock>,
	/// Every link.
	pub link: Link,
	/// What goes wrong.
	pub faults: Vec<Fault>,
	/// The true millisecond from which the network is synchronous.
	pub synchrony: u64,
	/// Milliseconds of a node's clock at which the set ends.
	pub length: u64,
	/// Milliseconds between two looks of each node at the chain.
	pub polls: Vec<u64>,
	/// What the chain does of its own accord.
	pub policy: Policy,
	/// Tickets have so many times the price of an order.
	pub budget: u128,
	/// Mean milliseconds between two orders of a home.
	pub pace: u64,
	/// The machine's waiting times.
	pub timing: Timing,
	/// The rule that is taken out.
	pub control: Option<Control>,
}

/// Stream of a seed that the scenario is drawn from.
const STREAM: u64 = 3;

impl Scenario {
	/// The scenario of `seed`.
	pub fn of(seed: u64, search: &Search) -> Self {
		let kind = search
			.kind
			.unwrap_or(Kind::ALL[(seed % Kind::ALL.len() as u64) as usize]);
		let mut random = Random::new(seed, STREAM);
		let (fewest, most) = search.authorities;
		let authorities = random.within(fewest as u64, most as u64) as usize;
		let mut scenario = Scenario::calm(seed, authorities, search.length);
		scenario.kind = kind;
		scenario.control = search.control;
		if kind != Kind::Calm {
			scenario.clocks = (0..authorities)
				.map(|_| Clock {
					offset: random.below(40),
					drift: random.below(401) as i32 - 200,
				})
				.collect();
		}
		scenario.trouble(kind, &mut random);
		scenario
	}

	/// Nothing goes wrong.
	pub fn calm(seed: u64, authorities: usize, length: u64) -> Self {
		Scenario {
			seed,
			kind: Kind::Calm,
			authorities,
			byzantine: Vec::new(),
			twins: Vec::new(),
			clocks: vec![Clock::default(); authorities],
			link: Link::reliable(Latency {
				base: 2 * MILLI,
				jitter: 18 * MILLI,
				tail: MILLI,
			}),
			faults: Vec::new(),
			synchrony: 0,
			length,
			polls: vec![60; authorities],
			policy: Policy {
				closings: 0,
				closing: 0,
				top_up: 100,
			},
			budget: 1_000_000,
			pace: 60,
			timing: Timing {
				least: 15,
				most: 30,
				fetch: 40,
			},
			control: None,
		}
	}

	/// Nodes: the authorities, and the second copies of twins.
	pub fn nodes(&self) -> usize {
		self.authorities + self.twins.len()
	}

	/// Authorities that are not honest.
	pub fn dishonest(&self) -> BTreeSet<usize> {
		let byzantine = self.byzantine.iter().map(|(number, _)| *number);
		byzantine.chain(self.twins.iter().copied()).collect()
	}

	/// Nodes that are honest.
	pub fn honest(&self) -> BTreeSet<usize> {
		let dishonest = self.dishonest();
		(0..self.authorities)
			.filter(|node| !dishonest.contains(node))
			.collect()
	}

	/// Authorities that do not go on truly to the end: dishonest, or without a journal.
	pub fn missing(&self) -> BTreeSet<usize> {
		let mut missing = self.dishonest();
		for fault in &self.faults {
			match fault {
				Fault::Crash { node, disk, .. } if disk.damages() => {
					missing.insert(*node);
				}
				_ => {}
			}
		}
		missing
	}
}

impl fmt::Display for Scenario {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		writeln!(f, "seed {} kind {}", self.seed, self.kind.name())?;
		writeln!(
			f,
			"authorities {}, twins {:?}",
			self.authorities, self.twins
		)?;
		for (number, behaviour) in &self.byzantine {
			writeln!(f, "byzantine {number} {behaviour}")?;
		}
		writeln!(f, "link {:?}", self.link)?;
		writeln!(f, "synchrony {} end {}", self.synchrony, self.length)?;
		writeln!(
			f,
			"polls {:?} budget {} {:?}",
			self.polls, self.budget, self.policy
		)?;
		for fault in &self.faults {
			writeln!(f, "fault {fault}")?;
		}
		Ok(())
	}
}

/// The controls by name.
pub const CONTROLS: [(&str, Control); 16] = [
	("S1", Control::S1),
	("S2", Control::S2),
	("S3", Control::S3),
	("S4", Control::S4),
	("S5", Control::S5),
	("S6", Control::S6),
	("S7", Control::S7),
	("S8", Control::S8),
	("S9", Control::S9),
	("S10", Control::S10),
	("S11", Control::S11),
	("S12", Control::S12),
	("S13", Control::S13),
	("S14", Control::S14),
	("S15", Control::S15),
	("S16", Control::S16),
];

/// The rule of this name.
pub fn control(name: &str) -> Option<Control> {
	CONTROLS
		.iter()
		.find(|(known, _)| *known == name)
		.map(|(_, control)| *control)
}
