//! The simulation: a heap of timed events over nodes, links and faults.
//!
//! # Guarantees
//!
//! 1. A run is a function of its [`Plan`] and its nodes: it reads no clock, no randomness and no
//!    order of a hash map from outside. [`Simulation::trace`] sums up all that happened.
//! 2. Events happen by time, and those of one time in the order in which they came about.
//! 3. From [`Plan::synchrony`] on, no packet is lost, doubled, held back or stopped, except by a
//!    crash; each takes what its link's latency says.
//! 4. A run ends: after [`Plan::most`] events it is cut off, and says so.

use super::{
	clock::{Clock, Micros, MILLI},
	fault::{DiskFate, Fault, NodeId},
	network::Link,
	node::{Disk, Effects, Event, Node, Outgoing, Packet, TIMERS},
	random::Random,
};
use std::{
	cmp::Reverse,
	collections::{BTreeMap, BinaryHeap},
	ops::ControlFlow,
	rc::Rc,
};

/// What a run is made of, nodes aside.
#[derive(Clone, Debug)]
pub struct Plan {
	/// Seeds all randomness.
	pub seed: u64,
	/// Each node's clock; as many as nodes.
	pub clocks: Vec<Clock>,
	/// Links by sender and receiver: entry `sender * nodes + receiver`.
	pub links: Vec<Link>,
	/// What goes wrong.
	pub faults: Vec<Fault>,
	/// The network is synchronous from this true time on, crashes aside.
	pub synchrony: Micros,
	/// The most events; timers that were set anew and packets to crashed nodes count too.
	pub most: u64,
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
	/// Its time was over, or nothing was left to happen.
	Over,
	/// Its observer broke it off.
	Broken,
	/// It had its most events.
	CutOff,
}

/// What happened in a run, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
	/// Events.
	pub events: u64,
	/// Packets that came.
	pub delivered: u64,
	/// Packets that a link lost.
	pub lost: u64,
	/// Packets that came twice.
	pub doubled: u64,
	/// Packets that a partition stopped.
	pub stopped: u64,
	/// Crashes.
	pub crashes: u64,
	/// Starts after a crash.
	pub recoveries: u64,
}

impl Counts {
	/// Adds another run's.
	pub fn add(&mut self, other: &Self) {
		self.events += other.events;
		self.delivered += other.delivered;
		self.lost += other.lost;
		self.doubled += other.doubled;
		self.stopped += other.stopped;
		self.crashes += other.crashes;
		self.recoveries += other.recoveries;
	}
}

#[derive(Debug)]
enum What<P> {
	Packet {
		from: NodeId,
		packet: Rc<P>,
		digest: u64,
	},
	Timer {
		timer: u8,
		set: u64,
	},
	Crash(DiskFate),
	Boot,
}

#[derive(Debug)]
struct Entry<P> {
	time: Micros,
	sequence: u64,
	node: NodeId,
	what: What<P>,
}

impl<P> PartialEq for Entry<P> {
	fn eq(&self, other: &Self) -> bool {
		self.sequence == other.sequence
	}
}
impl<P> Eq for Entry<P> {}
impl<P> PartialOrd for Entry<P> {
	fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
		Some(self.cmp(other))
	}
}
impl<P> Ord for Entry<P> {
	fn cmp(&self, other: &Self) -> std::cmp::Ordering {
		(self.time, self.sequence).cmp(&(other.time, other.sequence))
	}
}

#[derive(Debug)]
struct Place<N> {
	node: N,
	clock: Clock,
	disk: Disk,
	up: bool,
	/// The number of each timer's newest setting.
	timers: [u64; TIMERS],
	stop_soon: bool,
	links: Random,
	own: Random,
}

/// A run.
#[derive(Debug)]
pub struct Simulation<N: Node> {
	places: Vec<Place<N>>,
	heap: BinaryHeap<Reverse<Entry<N::Packet>>>,
	links: Vec<Link>,
	faults: Vec<Fault>,
	rounds: BTreeMap<u64, Vec<usize>>,
	synchrony: Micros,
	/// Events that are left.
	left: u64,
	now: Micros,
	sequence: u64,
	trace: u64,
	counts: Counts,
}

impl<N: Node> Simulation<N> {
	/// A run of `nodes`, all of which start at time 0.
	pub fn new(plan: Plan, nodes: Vec<N>) -> Self {
		let number = nodes.len();
		assert_eq!(plan.clocks.len(), number, "one clock for each node");
		assert_eq!(
			plan.links.len(),
			number * number,
			"one link for each pair of nodes"
		);
		let places = nodes
			.into_iter()
			.zip(plan.clocks)
			.enumerate()
			.map(|(id, (node, clock))| Place {
				node,
				clock,
				disk: Disk::default(),
				up: true,
				timers: [0; TIMERS],
				stop_soon: false,
				links: Random::new(plan.seed, 1_000 + id as u64),
				own: Random::new(plan.seed, 2_000 + id as u64),
			})
			.collect();
		let mut rounds: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
		for (index, fault) in plan.faults.iter().enumerate() {
			if let Fault::Rounds { from, until, .. } = fault {
				for round in *from..=*until {
					rounds.entry(round).or_default().push(index);
				}
			}
		}
		let mut simulation = Simulation {
			places,
			heap: BinaryHeap::new(),
			links: plan.links,
			faults: plan.faults,
			rounds,
			synchrony: plan.synchrony,
			left: plan.most,
			now: 0,
			sequence: 0,
			trace: 0xcbf2_9ce4_8422_2325,
			counts: Counts::default(),
		};
		for node in 0..number {
			simulation.push(0, node, What::Boot);
		}
		let crashes: Vec<_> = simulation
			.faults
			.iter()
			.filter_map(|fault| match fault {
				Fault::Crash {
					from,
					until,
					node,
					disk,
				} if *node < number => Some((*from * MILLI, *until * MILLI, *node, *disk)),
				_ => None,
			})
			.collect();
		for (from, until, node, disk) in crashes {
			simulation.push(from, node, What::Crash(disk));
			simulation.push(until, node, What::Boot);
		}
		simulation
	}

	/// The true time.
	pub fn now(&self) -> Micros {
		self.now
	}

	/// A digest of all events until now.
	pub fn trace(&self) -> u64 {
		self.trace
	}

	/// What happened until now.
	pub fn counts(&self) -> Counts {
		self.counts
	}

	/// A node.
	pub fn node(&self, node: NodeId) -> &N {
		&self.places[node].node
	}

	/// Whether the node is running.
	pub fn is_up(&self, node: NodeId) -> bool {
		self.places[node].up
	}

	/// Runs until a true time, until nothing is left to happen, until `observe` breaks, or until it
	/// had its most events.
	pub fn run(
		&mut self,
		until: Micros,
		mut observe: impl FnMut(Micros, NodeId, N::Observation) -> ControlFlow<()>,
	) -> End {
		let mut observations = Vec::new();
		while self
			.heap
			.peek()
			.is_some_and(|Reverse(entry)| entry.time <= until)
		{
			if self.left == 0 {
				return End::CutOff;
			}
			self.left -= 1;
			let Some(Reverse(entry)) = self.heap.pop() else {
				break;
			};
			let id = entry.node;
			self.now = entry.time;
			self.happen(entry, &mut observations);
			for observation in observations.drain(..) {
				if observe(self.now, id, observation).is_break() {
					return End::Broken;
				}
			}
		}
		self.now = self.now.max(until);
		End::Over
	}

	fn push(&mut self, time: Micros, node: NodeId, what: What<N::Packet>) {
		self.sequence += 1;
		self.heap.push(Reverse(Entry {
			time,
			sequence: self.sequence,
			node,
			what,
		}));
	}

	fn record(&mut self, word: u64) {
		self.trace = (self.trace.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
	}

	fn happen(&mut self, entry: Entry<N::Packet>, observations: &mut Vec<N::Observation>) {
		let id = entry.node;
		let event = match entry.what {
			What::Crash(fate) => {
				if !self.places[id].up {
					return;
				}
				self.record(entry.time ^ 0xdead);
				if fate == DiskFate::Torn {
					// The next event is cut off in its middle.
					self.places[id].stop_soon = true;
				} else {
					self.stop(id, fate);
				}
				return;
			}
			What::Boot if entry.time > 0 => {
				if self.places[id].stop_soon {
					// Nothing happened since: it stops here.
					self.stop(id, DiskFate::Kept);
				}
				if self.places[id].up {
					return;
				}
				self.places[id].up = true;
				self.counts.recoveries += 1;
				self.record(entry.time ^ 0xb007);
				Event::Boot
			}
			What::Boot => Event::Boot,
			What::Packet {
				from,
				packet,
				digest,
			} => {
				if !self.places[id].up {
					return;
				}
				self.counts.delivered += 1;
				self.record(digest ^ (from as u64) << 8);
				Event::Packet { from, packet }
			}
			What::Timer { timer, set } => {
				if !self.places[id].up || self.places[id].timers[usize::from(timer)] != set {
					return;
				}
				self.record(u64::from(timer) ^ 0x7133);
				Event::Timer(timer)
			}
		};
		self.record(entry.time << 8 ^ id as u64);
		self.counts.events += 1;
		self.handle(id, event, observations);
	}

	fn handle(
		&mut self,
		id: NodeId,
		event: Event<N::Packet>,
		observations: &mut Vec<N::Observation>,
	) {
		let place = &mut self.places[id];
		let stop_after = place.stop_soon.then(|| place.own.below(6));
		let mut effects = Effects {
			now: place.clock.read(self.now),
			disk: &mut place.disk,
			random: &mut place.own,
			stop_after,
			stopped: false,
			packets: Vec::new(),
			timers: Vec::new(),
			observations: std::mem::take(observations),
		};
		place.node.handle(event, &mut effects);
		let Effects {
			stopped,
			packets,
			timers,
			observations: observed,
			..
		} = effects;
		*observations = observed;
		for Outgoing { to, after, packet } in packets {
			self.send(id, to, after * MILLI, packet);
		}
		for (timer, at) in timers {
			let time = self.places[id].clock.when(at).max(self.now + 1);
			let set = self.sequence + 1;
			self.places[id].timers[usize::from(timer)] = set;
			self.push(time, id, What::Timer { timer, set });
		}
		if stopped {
			self.stop(id, DiskFate::Kept);
		}
	}

	fn stop(&mut self, id: NodeId, fate: DiskFate) {
		let place = &mut self.places[id];
		place.up = false;
		place.stop_soon = false;
		place.timers = [0; TIMERS];
		place.node.crash(fate, &mut place.disk);
		self.counts.crashes += 1;
	}

	fn send(&mut self, from: NodeId, to: Option<NodeId>, after: Micros, packet: Rc<N::Packet>) {
		let digest = packet.digest();
		let receivers = match to {
			Some(to) => to..to + 1,
			None => 0..self.places.len(),
		};
		for to in receivers {
			if to == from {
				continue;
			}
			let sent = self.now + after;
			let mut link = self.links[from * self.places.len() + to];
			let mut slow = 0;
			if sent >= self.synchrony {
				link = Link::reliable(link.latency);
			} else {
				if self.cut(from, to, sent, &*packet) {
					self.counts.stopped += 1;
					continue;
				}
				for fault in &self.faults {
					match fault {
						Fault::Loss {
							from,
							until,
							per_mille,
						} if (*from..*until).contains(&(sent / MILLI)) => {
							link.loss = (link.loss + per_mille).min(1_000);
						}
						Fault::Slow {
							from: start,
							until,
							node,
							by,
						} if *node == from && (*start..*until).contains(&(sent / MILLI)) => {
							slow += by * MILLI;
						}
						_ => {}
					}
				}
			}
			let arrivals = link.carry(&mut self.places[from].links);
			self.counts.lost += u64::from(arrivals[0].is_none());
			self.counts.doubled += u64::from(arrivals[1].is_some());
			for arrival in arrivals.into_iter().flatten() {
				let what = What::Packet {
					from,
					packet: packet.clone(),
					digest,
				};
				self.push(sent + slow + arrival, to, what);
			}
		}
	}

	/// Whether a partition stops the packet.
	fn cut(&self, from: NodeId, to: NodeId, sent: Micros, packet: &N::Packet) -> bool {
		let apart = |groups: &[super::fault::NodeSet]| {
			!groups
				.iter()
				.any(|group| group.contains(from) && group.contains(to))
		};
		let by_round = || {
			let kind = packet.kind();
			packet
				.round()
				.and_then(|round| self.rounds.get(&round))
				.into_iter()
				.flatten()
				.any(|index| match &self.faults[*index] {
					Fault::Rounds { kinds, groups, .. } => kinds >> kind & 1 == 1 && apart(groups),
					_ => false,
				})
		};
		let by_time = || {
			self.faults.iter().any(|fault| match fault {
				Fault::Partition {
					from,
					until,
					groups,
				} => (*from..*until).contains(&(sent / MILLI)) && apart(groups),
				_ => false,
			})
		};
		by_round() || by_time()
	}
}
