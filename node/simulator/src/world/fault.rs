//! Faults of a run, each one line of text, so that a schedule of faults can be printed, cut down
//! and played again. Times are true milliseconds since the start.
//!
//! | text | meaning |
//! | --- | --- |
//! | `partition 3000-9000 0.1\|2.3` | only nodes within one group hear each other |
//! | `rounds 5-6 12 0.1\|2.3` | the same for packets of rounds 5 and 6 whose kind is in the mask 12 |
//! | `loss 1000-2000 300` | 300 of 1000 packets are lost in addition |
//! | `slow 1000-2000 2 700` | packets from node 2 take 700 ms longer |
//! | `crash 3000-5000 2 kept` | node 2 is down; its disk is as it was |
//! | `crash 3000-5000 2 lost` | its disk lost the file that the node must not lose |
//! | `crash 3000-5000 2 cut` | its disk lost the end of that file |
//! | `crash 3000-5000 2 garbled` | its disk damaged that file all over |
//! | `crash 3000-5000 2 foreign` | its disk has another network's file in its place |
//! | `crash 3000-5000 2 torn` | it stops between two effects of one event, perhaps within a write |

use std::{fmt, str::FromStr};

/// A node's place in the simulation.
pub type NodeId = usize;

/// Most nodes of a simulation.
pub const MAX_NODES: usize = 128;

/// A set of nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeSet(u128);

impl NodeSet {
	/// Nodes `0..nodes`.
	pub fn all(nodes: usize) -> Self {
		(0..nodes).collect()
	}

	/// Adds a node.
	pub fn insert(&mut self, node: NodeId) {
		assert!(
			node < MAX_NODES,
			"a simulation has at most {MAX_NODES} nodes"
		);
		self.0 |= 1 << node;
	}

	/// Whether the node is in the set.
	pub fn contains(&self, node: NodeId) -> bool {
		node < MAX_NODES && self.0 >> node & 1 == 1
	}

	/// The nodes, rising.
	pub fn iter(&self) -> impl Iterator<Item = NodeId> + '_ {
		(0..MAX_NODES).filter(|node| self.contains(*node))
	}
}

impl FromIterator<NodeId> for NodeSet {
	fn from_iter<I: IntoIterator<Item = NodeId>>(nodes: I) -> Self {
		let mut set = NodeSet::default();
		for node in nodes {
			set.insert(node);
		}
		set
	}
}

/// What is left on a disk after a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskFate {
	/// All that was synced.
	Kept,
	/// The vital file is gone.
	Lost,
	/// The vital file's end is gone.
	Cut,
	/// The vital file is damaged all over.
	Garbled,
	/// In place of the vital file there is that of another network.
	Foreign,
	/// The node stops between two effects of one event; a write at that place is cut short.
	Torn,
}

impl DiskFate {
	/// All fates.
	pub const ALL: [DiskFate; 6] = [
		DiskFate::Kept,
		DiskFate::Lost,
		DiskFate::Cut,
		DiskFate::Garbled,
		DiskFate::Foreign,
		DiskFate::Torn,
	];

	/// Those after which a node does not know what it promised.
	pub const DAMAGING: [DiskFate; 4] = [
		DiskFate::Lost,
		DiskFate::Cut,
		DiskFate::Garbled,
		DiskFate::Foreign,
	];

	/// Whether a node does not know then what it promised.
	pub fn damages(&self) -> bool {
		DiskFate::DAMAGING.contains(self)
	}
}

/// Something that goes wrong for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
	/// Packets pass only between nodes that share a group.
	Partition {
		/// From this millisecond on.
		from: u64,
		/// Until this millisecond.
		until: u64,
		/// The groups; a node may be in several.
		groups: Vec<NodeSet>,
	},
	/// The same, for packets of these rounds and kinds only, at any time before synchrony.
	Rounds {
		/// The first round.
		from: u64,
		/// The last round.
		until: u64,
		/// Bit k stands for packets of kind k.
		kinds: u8,
		/// The groups; a node may be in several.
		groups: Vec<NodeSet>,
	},
	/// Packets are lost in addition.
	Loss {
		/// From this millisecond on.
		from: u64,
		/// Until this millisecond.
		until: u64,
		/// How many of a thousand.
		per_mille: u32,
	},
	/// A node's packets take longer.
	Slow {
		/// From this millisecond on.
		from: u64,
		/// Until this millisecond.
		until: u64,
		/// The node.
		node: NodeId,
		/// How much longer, in milliseconds.
		by: u64,
	},
	/// A node is down.
	Crash {
		/// It stops at this millisecond.
		from: u64,
		/// It starts again at this millisecond.
		until: u64,
		/// The node.
		node: NodeId,
		/// What its disk holds then.
		disk: DiskFate,
	},
}

impl Fault {
	/// The true millisecond at which it is over; 0 for what is not bound to time.
	pub fn over(&self) -> u64 {
		match self {
			Fault::Partition { until, .. }
			| Fault::Loss { until, .. }
			| Fault::Slow { until, .. }
			| Fault::Crash { until, .. } => *until,
			Fault::Rounds { .. } => 0,
		}
	}
}

impl fmt::Display for NodeSet {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		for (place, node) in self.iter().enumerate() {
			write!(f, "{}{node}", if place == 0 { "" } else { "." })?;
		}
		Ok(())
	}
}

fn show_groups(groups: &[NodeSet]) -> String {
	let groups: Vec<String> = groups.iter().map(ToString::to_string).collect();
	groups.join("|")
}

impl fmt::Display for DiskFate {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(match self {
			DiskFate::Kept => "kept",
			DiskFate::Lost => "lost",
			DiskFate::Cut => "cut",
			DiskFate::Garbled => "garbled",
			DiskFate::Foreign => "foreign",
			DiskFate::Torn => "torn",
		})
	}
}

impl fmt::Display for Fault {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Fault::Partition {
				from,
				until,
				groups,
			} => write!(f, "partition {from}-{until} {}", show_groups(groups)),
			Fault::Rounds {
				from,
				until,
				kinds,
				groups,
			} => write!(f, "rounds {from}-{until} {kinds} {}", show_groups(groups)),
			Fault::Loss {
				from,
				until,
				per_mille,
			} => write!(f, "loss {from}-{until} {per_mille}"),
			Fault::Slow {
				from,
				until,
				node,
				by,
			} => write!(f, "slow {from}-{until} {node} {by}"),
			Fault::Crash {
				from,
				until,
				node,
				disk,
			} => write!(f, "crash {from}-{until} {node} {disk}"),
		}
	}
}

/// A line that is no fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadFault(pub String);

impl fmt::Display for BadFault {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(
			f,
			"'{}' is no fault; see the table of faults in the documentation",
			self.0
		)
	}
}

impl std::error::Error for BadFault {}

fn groups(text: &str) -> Option<Vec<NodeSet>> {
	let group = |group: &str| -> Option<NodeSet> {
		group
			.split('.')
			.filter(|node| !node.is_empty())
			.map(|node| node.parse().ok().filter(|node: &usize| *node < MAX_NODES))
			.collect()
	};
	text.split('|').map(group).collect()
}

impl FromStr for Fault {
	type Err = BadFault;

	fn from_str(line: &str) -> Result<Self, BadFault> {
		let parse = || -> Option<Fault> {
			let words: Vec<&str> = line.split_whitespace().collect();
			let (from, until) = words.get(1)?.split_once('-')?;
			let (from, until) = (from.parse().ok()?, until.parse().ok()?);
			Some(match words[..] {
				["partition", _, list] => Fault::Partition {
					from,
					until,
					groups: groups(list)?,
				},
				["rounds", _, kinds, list] => Fault::Rounds {
					from,
					until,
					kinds: kinds.parse().ok()?,
					groups: groups(list)?,
				},
				["loss", _, per_mille] => Fault::Loss {
					from,
					until,
					per_mille: per_mille.parse().ok()?,
				},
				["slow", _, node, by] => Fault::Slow {
					from,
					until,
					node: node.parse().ok()?,
					by: by.parse().ok()?,
				},
				["crash", _, node, disk] => Fault::Crash {
					from,
					until,
					node: node.parse().ok()?,
					disk: DiskFate::ALL
						.into_iter()
						.find(|fate| fate.to_string() == disk)?,
				},
				_ => return None,
			})
		};
		parse().ok_or_else(|| BadFault(line.into()))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn every_fault_is_read_as_it_was_printed() {
		for line in [
			"partition 3000-9000 0.1|2.3",
			"rounds 5-6 12 0.1.3|2.3",
			"loss 1000-2000 300",
			"slow 1000-2000 2 700",
			"crash 3000-5000 2 kept",
			"crash 3000-5000 2 lost",
			"crash 3000-5000 2 cut",
			"crash 3000-5000 2 garbled",
			"crash 3000-5000 2 foreign",
			"crash 3000-5000 2 torn",
		] {
			let fault: Fault = line.parse().unwrap();
			assert_eq!(fault.to_string(), line);
		}
	}

	#[test]
	fn garbage_is_refused() {
		for line in [
			"",
			"crash",
			"crash 1-2 0 gone",
			"partition 5 0|1",
			"rounds 1-2 3 0|500",
		] {
			assert_eq!(line.parse::<Fault>(), Err(BadFault(line.into())));
		}
	}
}
