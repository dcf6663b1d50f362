//! Where validators are, and how long packets take between those places.

use crate::world::{Latency, Link, Micros, MILLI};

/// Regions of a cloud provider.
const REGIONS: [&str; 13] = [
	"us-east-1",
	"us-east-2",
	"us-west-2",
	"ca-central-1",
	"sa-east-1",
	"eu-west-1",
	"eu-west-2",
	"eu-central-1",
	"eu-north-1",
	"ap-south-1",
	"ap-southeast-1",
	"ap-southeast-2",
	"ap-northeast-1",
];

/// Median round trips between instances in these regions, in tenths of a millisecond, the mean of both
/// directions: Amazon Web Services, as published by cloudping.co. Within a region that is the figure
/// between its zones.
const ROUND_TRIPS: [[u64; 13]; 13] = [
	[
		55, 158, 642, 165, 1153, 697, 777, 929, 1125, 1911, 2193, 1997, 1496,
	],
	[
		158, 54, 508, 274, 1257, 805, 885, 1037, 1233, 2023, 2040, 1883, 1360,
	],
	[
		642, 508, 32, 607, 1749, 1184, 1289, 1426, 1551, 2222, 1606, 1411, 984,
	],
	[
		165, 274, 607, 40, 1257, 692, 793, 930, 1056, 1920, 2150, 1982, 1472,
	],
	[
		1153, 1257, 1749, 1257, 33, 1784, 1871, 2045, 2232, 3014, 3277, 3122, 2586,
	],
	[
		697, 805, 1184, 692, 1784, 32, 138, 272, 403, 1256, 1788, 2557, 2024,
	],
	[
		777, 885, 1289, 793, 1871, 138, 33, 177, 313, 1173, 1697, 2662, 2130,
	],
	[
		929, 1037, 1426, 930, 2045, 272, 177, 40, 230, 1291, 1608, 2515, 2273,
	],
	[
		1125, 1233, 1551, 1056, 2232, 403, 313, 230, 33, 1487, 1806, 2714, 2469,
	],
	[
		1911, 2023, 2222, 1920, 3014, 1256, 1173, 1291, 1487, 32, 641, 1548, 1338,
	],
	[
		2193, 2040, 1606, 2150, 3277, 1788, 1697, 1608, 1806, 641, 37, 948, 708,
	],
	[
		1997, 1883, 1411, 1982, 3122, 2557, 2662, 2515, 2714, 1548, 948, 41, 1064,
	],
	[
		1496, 1360, 984, 1472, 2586, 2024, 2130, 2273, 2469, 1338, 708, 1064, 28,
	],
];

/// A placement of validators, evenly over some regions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
	/// Its name.
	pub name: &'static str,
	/// Places in the table of regions.
	regions: &'static [usize],
}

/// The placements that are measured.
pub const PLACEMENTS: [Placement; 3] = [
	Placement {
		name: "europe",
		regions: &[5, 6, 7, 8],
	},
	Placement {
		name: "atlantic",
		regions: &[0, 1, 5, 7],
	},
	Placement {
		name: "world",
		regions: &[0, 2, 3, 4, 5, 7, 9, 10, 11, 12],
	},
];

/// What is added to each packet's way: up to so much, evenly, and a tail of this mean.
const JITTER: Micros = MILLI;
const TAIL: Micros = MILLI / 2;

impl Placement {
	/// The placement of this name.
	pub fn named(name: &str) -> Option<Self> {
		PLACEMENTS
			.into_iter()
			.find(|placement| placement.name == name)
	}

	/// Its regions.
	pub fn regions(&self) -> Vec<&'static str> {
		self.regions.iter().map(|region| REGIONS[*region]).collect()
	}

	/// The round trip between two validators, in microseconds.
	fn round_trip(&self, one: usize, other: usize) -> Micros {
		let region = |node: usize| self.regions[node % self.regions.len()];
		ROUND_TRIPS[region(one)][region(other)] * MILLI / 10
	}

	/// The longest round trip, in microseconds.
	pub fn longest(&self) -> Micros {
		let count = self.regions.len();
		let pairs = (0..count).flat_map(|one| (0..count).map(move |other| (one, other)));
		let trips = pairs.map(|(one, other)| self.round_trip(one, other));
		trips.max().unwrap_or_default()
	}

	/// The links between so many validators.
	pub fn links(&self, nodes: usize) -> Vec<Link> {
		let pairs = (0..nodes).flat_map(|from| (0..nodes).map(move |to| (from, to)));
		pairs
			.map(|(from, to)| {
				Link::reliable(Latency {
					base: self.round_trip(from, to) / 2,
					jitter: JITTER,
					tail: TAIL,
				})
			})
			.collect()
	}

	/// The round trip from each of the validators that are up to the last one of the nearest quorum, in
	/// microseconds, sorted.
	pub fn quorum_round_trips(&self, nodes: usize, up: &[usize]) -> Vec<Micros> {
		let quorum = nodes - (nodes - 1) / 3;
		let mut all: Vec<Micros> = up
			.iter()
			.filter_map(|node| {
				let mut trips: Vec<Micros> = up
					.iter()
					.map(|to| {
						if to == node {
							0
						} else {
							self.round_trip(*node, *to)
						}
					})
					.collect();
				trips.sort_unstable();
				trips.get(quorum - 1).copied()
			})
			.collect();
		all.sort_unstable();
		all
	}
}
