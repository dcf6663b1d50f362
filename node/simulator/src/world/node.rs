//! What the simulation drives: a node of any protocol.

use super::{
	clock::Millis,
	fault::{DiskFate, NodeId},
	random::Random,
};
use std::{collections::BTreeMap, rc::Rc};

/// What nodes send to each other.
pub trait Packet {
	/// The protocol's round that it belongs to, where it has one.
	fn round(&self) -> Option<u64>;

	/// Its kind, below 8: faults may hit some kinds only.
	fn kind(&self) -> u8;

	/// A digest of its content, for the trace.
	fn digest(&self) -> u64;
}

/// What happens to a node.
#[derive(Clone, Debug)]
pub enum Event<P> {
	/// It starts, for the first time or again after a crash.
	Boot,
	/// A packet came.
	Packet {
		/// From whom.
		from: NodeId,
		/// The packet.
		packet: Rc<P>,
	},
	/// The timer rang.
	Timer(u8),
}

/// Files that survive a crash. What is written is synced at once.
#[derive(Clone, Debug, Default)]
pub struct Disk {
	files: BTreeMap<u8, Vec<u8>>,
}

impl Disk {
	/// Writes a file and syncs it.
	pub fn write(&mut self, file: u8, content: Vec<u8>) {
		self.files.insert(file, content);
	}

	/// Writes over a part of a file, which grows where it is too short, and syncs it.
	pub fn write_at(&mut self, file: u8, offset: usize, bytes: &[u8]) {
		let content = self.files.entry(file).or_default();
		let end = offset + bytes.len();
		if content.len() < end {
			content.resize(end, 0);
		}
		content[offset..end].copy_from_slice(bytes);
	}

	/// Reads a file.
	pub fn read(&self, file: u8) -> Option<&[u8]> {
		self.files.get(&file).map(Vec::as_slice)
	}

	/// Removes a file.
	pub fn remove(&mut self, file: u8) {
		self.files.remove(&file);
	}
}

/// A packet on its way out.
#[derive(Clone, Debug)]
pub struct Outgoing<P> {
	/// To whom; to all others where none is named.
	pub to: Option<NodeId>,
	/// Milliseconds for which the sender holds it back.
	pub after: Millis,
	/// The packet.
	pub packet: Rc<P>,
}

/// What a node has at hand while it handles an event, and what it does.
#[derive(Debug)]
pub struct Effects<'a, P, O> {
	/// What the node's clock shows.
	pub now: Millis,
	/// The node's disk.
	pub disk: &'a mut Disk,
	/// The node's own randomness.
	pub random: &'a mut Random,
	/// The node must stop after this many effects, and then set `stopped`.
	pub stop_after: Option<u64>,
	/// The node has stopped.
	pub stopped: bool,
	pub(super) packets: Vec<Outgoing<P>>,
	pub(super) timers: Vec<(u8, Millis)>,
	pub(super) observations: Vec<O>,
}

impl<P, O> Effects<'_, P, O> {
	/// Sends to all other nodes.
	pub fn broadcast(&mut self, packet: P) {
		self.packets.push(Outgoing {
			to: None,
			after: 0,
			packet: Rc::new(packet),
		});
	}

	/// Sends to one node after a time.
	pub fn send(&mut self, to: NodeId, after: Millis, packet: Rc<P>) {
		self.packets.push(Outgoing {
			to: Some(to),
			after,
			packet,
		});
	}

	/// Sets a timer, below [`TIMERS`], to ring when the node's clock shows `at`. A timer that was
	/// set before rings no more.
	pub fn wake(&mut self, timer: u8, at: Millis) {
		self.timers.push((timer, at));
	}

	/// Tells the oracles something.
	pub fn observe(&mut self, observation: O) {
		self.observations.push(observation);
	}
}

/// Timers of a node.
pub const TIMERS: usize = 4;

/// A node of some protocol.
pub trait Node {
	/// What it sends.
	type Packet: Packet;
	/// What it tells the oracles.
	type Observation;

	/// Handles one event.
	fn handle(
		&mut self,
		event: Event<Self::Packet>,
		effects: &mut Effects<'_, Self::Packet, Self::Observation>,
	);

	/// Forgets all that is not on the disk, and damages the disk as told.
	fn crash(&mut self, fate: DiskFate, disk: &mut Disk);
}
