//! A few nodes with a common block tree and messages that arrive at once, in order.

use crate::{
	machine::{
		BlockTree, Input, Machine, Output, Settings, Signer, Standing, Time, Timing, Votable,
	},
	message::{Context, Message},
	offence::OffenceProof,
	record::VoteRecord,
	scheme::{AuthorityId, AuthoritySignature, Scheme},
	types::{AuthorityIndex, AuthoritySet, BlockHash, Target},
};
use alloc::{
	collections::{BTreeMap, VecDeque},
	vec,
	vec::Vec,
};
use core::cell::RefCell;
use sp_core::H256;

/// A signature is the hash of key and message. It stands in for one that cannot be forged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hashed;

pub fn key(index: AuthorityIndex) -> AuthorityId {
	let mut raw = [7u8; 32];
	raw[..2].copy_from_slice(&index.to_le_bytes());
	AuthorityId::from(sp_core::ed25519::Public::from_raw(raw))
}

pub fn signature(authority: &AuthorityId, message: &[u8]) -> AuthoritySignature {
	let bytes: &[u8] = authority.as_ref();
	let hash = sp_crypto_hashing::blake2_256(&[bytes, message].concat());
	let mut raw = [0u8; 64];
	raw[..32].copy_from_slice(&hash);
	AuthoritySignature::from(sp_core::ed25519::Signature::from_raw(raw))
}

impl Scheme for Hashed {
	fn verify(authority: &AuthorityId, message: &[u8], given: &AuthoritySignature) -> bool {
		signature(authority, message) == *given
	}
}

/// The key of one authority.
pub struct Key(pub AuthorityIndex);

impl Signer for Key {
	fn sign(&self, payload: &[u8]) -> Option<AuthoritySignature> {
		Some(signature(&key(self.0), payload))
	}
}

/// A key that is not to be had.
pub struct NoKey;

impl Signer for NoKey {
	fn sign(&self, _: &[u8]) -> Option<AuthoritySignature> {
		None
	}
}

pub const GENESIS: BlockHash = H256([0xEE; 32]);

pub fn context() -> Context {
	Context {
		genesis: GENESIS,
		set: 0,
	}
}

pub fn set(authorities: u16) -> AuthoritySet {
	AuthoritySet::new(0, (0..authorities).map(key).collect()).expect("distinct keys")
}

pub fn base() -> Target {
	block(0, 0)
}

/// The block at `number` of `fork`.
pub fn block(number: u32, fork: u8) -> Target {
	let mut hash = [fork; 32];
	hash[..4].copy_from_slice(&number.to_le_bytes());
	Target {
		number,
		hash: H256(hash),
	}
}

/// Blocks with their parents, as one node holds them.
#[derive(Clone, Debug, Default)]
pub struct Tree {
	parents: BTreeMap<Target, Target>,
	/// Held, but not to be voted for yet.
	pub not_yet: Vec<Target>,
}

impl Tree {
	pub fn new() -> Self {
		let mut tree = Tree::default();
		tree.parents.insert(base(), base());
		tree
	}

	/// Adds one block, whether or not its parent is held: then it counts only when that comes.
	pub fn grow_one(&mut self, parent: Target, child: Target) {
		self.parents.insert(child, parent);
	}

	/// Adds a chain of blocks of `fork` above `parent` up to `number`.
	pub fn grow(&mut self, mut parent: Target, number: u32, fork: u8) -> Target {
		for number in parent.number + 1..=number {
			let child = block(number, fork);
			self.parents.insert(child, parent);
			parent = child;
		}
		parent
	}
}

impl BlockTree for Tree {
	fn descends(&self, ancestor: &Target, block: &Target) -> Option<bool> {
		self.parents.get(ancestor)?;
		let mut at = *block;
		loop {
			let parent = *self.parents.get(&at)?;
			if at == *ancestor {
				return Some(true);
			}
			if at.number <= ancestor.number {
				return Some(false);
			}
			at = parent;
		}
	}

	fn best(&self, base: &Target) -> Option<Target> {
		self.parents
			.keys()
			.filter(|block| self.descends(base, block) == Some(true))
			.max_by_key(|block| block.number)
			.copied()
	}

	fn votable(&self, target: &Target) -> Votable {
		if self.parents.contains_key(target) && !self.not_yet.contains(target) {
			Votable::Yes
		} else {
			Votable::NotYet
		}
	}
}

/// A node: its machine, its blocks, its disk, and all that it put out.
pub struct Node {
	pub machine: Machine<Hashed>,
	pub tree: Tree,
	pub disk: Option<VoteRecord>,
	pub finalised: Vec<Target>,
	pub offences: Vec<OffenceProof>,
	pub fetched: Vec<Target>,
	pub wake: Option<Time>,
	/// All that it sent.
	pub sent: Vec<Message>,
}

/// Some nodes. Those that are down take part in nothing.
pub struct Network {
	pub nodes: Vec<Node>,
	pub down: Vec<usize>,
	pub now: Time,
	/// Messages that a test holds back: who sent them and what.
	pub held: RefCell<Vec<(usize, Message)>>,
	hold: fn(usize, &Message) -> bool,
}

pub fn settings(authorities: u16, standing: Standing) -> Settings {
	Settings {
		genesis: GENESIS,
		set: set(authorities),
		base: base(),
		standing,
		timing: Timing::default(),
	}
}

pub fn authority(index: AuthorityIndex) -> Standing {
	Standing::Authority {
		index,
		record: VoteRecord::new(context()),
	}
}

impl Network {
	pub fn new(authorities: u16) -> Self {
		let mut network = Network {
			nodes: Vec::new(),
			down: Vec::new(),
			now: 0,
			held: RefCell::default(),
			hold: |_, _| false,
		};
		for index in 0..authorities {
			network.add(authorities, authority(index));
		}
		network
	}

	/// Holds back what `hold` picks.
	pub fn hold(&mut self, hold: fn(usize, &Message) -> bool) {
		self.hold = hold;
	}

	pub fn add(&mut self, authorities: u16, standing: Standing) {
		let (machine, outputs) = Machine::new(settings(authorities, standing), self.now);
		self.nodes.push(Node {
			machine,
			tree: Tree::new(),
			disk: None,
			finalised: vec![],
			offences: vec![],
			fetched: vec![],
			wake: None,
			sent: vec![],
		});
		let at = self.nodes.len() - 1;
		let sent = self.perform(at, outputs);
		assert!(sent.is_empty());
	}

	/// Starts the node's machine again from its disk.
	pub fn restart(&mut self, at: usize, authorities: u16) {
		let index = at as AuthorityIndex;
		let record = self.nodes[at]
			.disk
			.clone()
			.unwrap_or(VoteRecord::new(context()));
		let standing = Standing::Authority { index, record };
		let (machine, outputs) = Machine::new(settings(authorities, standing), self.now);
		self.nodes[at].machine = machine;
		self.nodes[at].wake = None;
		self.perform(at, outputs);
	}

	fn perform(&mut self, at: usize, outputs: Vec<Output>) -> Vec<Message> {
		let node = &mut self.nodes[at];
		let mut sent = Vec::new();
		for (place, output) in outputs.into_iter().enumerate() {
			match output {
				Output::Persist(record) => {
					assert_eq!(place, 0, "the record comes first");
					node.disk = Some(record);
				}
				Output::Broadcast(message) => sent.push(message),
				Output::Finalise(justification) => {
					justification
						.verify::<Hashed>(GENESIS, node.machine.set())
						.expect("sound");
					node.finalised.push(justification.target());
				}
				Output::Fetch(target) => node.fetched.push(target),
				Output::Offence(proof) => {
					proof.verify::<Hashed>().expect("sound");
					node.offences.push(proof);
				}
				Output::Wake(at) => node.wake = Some(at),
				Output::High(_) | Output::View(_) => {}
			}
		}
		node.sent.extend(sent.iter().cloned());
		sent
	}

	/// One step of one node, without delivery of what it sends.
	pub fn step(&mut self, at: usize, input: Input) -> Vec<Message> {
		let node = &mut self.nodes[at];
		if matches!(input, Input::Tick) {
			node.wake = node.wake.filter(|wake| *wake > self.now);
		}
		let key = Key(at as AuthorityIndex);
		let outputs = node.machine.step(input, self.now, &node.tree, &key);
		self.perform(at, outputs)
	}

	/// One step, and everything that follows from it.
	pub fn run(&mut self, at: usize, input: Input) {
		let mut queue: VecDeque<(usize, Message)> = self
			.step(at, input)
			.into_iter()
			.map(|message| (at, message))
			.collect();
		let mut delivered = 0u32;
		while let Some((from, message)) = queue.pop_front() {
			if (self.hold)(from, &message) {
				self.held.borrow_mut().push((from, message));
				continue;
			}
			for to in 0..self.nodes.len() {
				if to != from && !self.down.contains(&to) {
					let sent = self.step(to, Input::Message(message.clone()));
					queue.extend(sent.into_iter().map(|message| (to, message)));
				}
			}
			delivered += 1;
			assert!(delivered < 100_000, "messages without end");
		}
	}

	/// All nodes get the chain of `fork` above `parent` up to `number`.
	pub fn grow(&mut self, parent: Target, number: u32, fork: u8) -> Target {
		let mut head = parent;
		for node in &mut self.nodes {
			head = node.tree.grow(parent, number, fork);
		}
		self.announce();
		head
	}

	/// Tells all nodes that their trees have changed.
	pub fn announce(&mut self) {
		for at in self.up() {
			self.run(at, Input::Blocks);
		}
	}

	pub fn up(&self) -> Vec<usize> {
		(0..self.nodes.len())
			.filter(|at| !self.down.contains(at))
			.collect()
	}

	/// Lets time pass until `until`, stepping each node when it asked for it.
	pub fn pass(&mut self, until: Time) {
		loop {
			let next = self
				.up()
				.into_iter()
				.filter_map(|at| self.nodes[at].wake.map(|wake| (wake, at)))
				.min()
				.filter(|(wake, _)| *wake <= until);
			let Some((wake, at)) = next else { break };
			self.now = self.now.max(wake);
			self.run(at, Input::Tick);
		}
		self.now = until;
	}

	/// The last final block of a node; the base where there is none.
	pub fn finalised(&self, at: usize) -> Target {
		self.nodes[at].finalised.last().copied().unwrap_or(base())
	}

	pub fn all_finalised(&self, target: Target) -> bool {
		self.up().into_iter().all(|at| self.finalised(at) == target)
	}
}
