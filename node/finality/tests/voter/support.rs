//! Keys, messages, a chain and a network for tests.

use aci_finality::{
	machine::{BlockTree, Votable},
	scheme::AuthorityPair,
	AuthorityId, AuthoritySet, BlockHash, BlockNumber, Context, Ed25519, FirstVote, Justification,
	Message, Phase, QuorumCertificate, SecondVote, SetId, SignedTimeout, SignedVote, Statement,
	Target, Timeout, View, KEY_TYPE,
};
use aci_node_finality::{
	interface::{Chain, ChainEvent, CurrentSet, FinaliseError, Finalised},
	voter::{
		envelope::{Envelope, Payload},
		gossip::Net,
		standing::Notes,
	},
};
use codec::{Decode, Encode};
use futures::{
	channel::mpsc::{unbounded, UnboundedReceiver, UnboundedSender},
	stream::BoxStream,
	StreamExt,
};
use parking_lot::Mutex;
use sp_core::Pair;
use sp_keystore::{testing::MemoryKeystore, Keystore, KeystorePtr};
use std::{
	collections::BTreeMap,
	sync::Arc,
	task::{Context as TaskContext, Poll},
};

pub const GENESIS: BlockHash = BlockHash::repeat_byte(7);

pub fn pair(who: usize) -> AuthorityPair {
	AuthorityPair::from_string(&format!("//{who}"), None).expect("a derivation path")
}

pub fn set(id: SetId, who: impl IntoIterator<Item = usize>) -> AuthoritySet {
	AuthoritySet::new(id, who.into_iter().map(|who| pair(who).public()).collect()).expect("a set")
}

pub fn keystore(who: impl IntoIterator<Item = usize>) -> KeystorePtr {
	let keystore = MemoryKeystore::new();
	for who in who {
		keystore
			.ed25519_generate_new(KEY_TYPE, Some(&format!("//{who}")))
			.expect("memory does not fail");
	}
	Arc::new(keystore)
}

pub fn block(number: BlockNumber) -> Target {
	Target {
		number,
		hash: BlockHash::from_low_u64_be(number.into()),
	}
}

fn sign<T: Clone + Into<Statement>>(
	who: usize,
	set: SetId,
	statement: T,
) -> aci_finality::message::Signed<T> {
	let context = Context {
		genesis: GENESIS,
		set,
	};
	aci_finality::message::Signed {
		signature: pair(who).sign(&context.payload(&statement.clone().into())),
		signer: who as u16,
		statement,
	}
}

pub fn first(who: usize, set: SetId, view: View, target: Target) -> Message {
	Message::Vote(SignedVote::First(sign(
		who,
		set,
		FirstVote {
			view,
			target,
			justify_view: 0,
			timeout_digest: None,
		},
	)))
}

pub fn timeout(who: usize, set: SetId, view: View) -> Message {
	Message::Timeout(SignedTimeout {
		timeout: sign(who, set, Timeout { view, high_view: 0 }),
		high: None,
	})
}

pub fn finality(
	who: impl IntoIterator<Item = usize>,
	set: SetId,
	view: View,
	target: Target,
) -> QuorumCertificate {
	let vote = SecondVote { view, target };
	let signatures: Vec<_> = who
		.into_iter()
		.map(|who| (who as u16, sign(who, set, vote).signature))
		.collect();
	QuorumCertificate {
		set,
		vote: Phase::Second(vote),
		signatures: signatures.try_into().expect("few"),
	}
}

/// Notes in memory.
#[derive(Default)]
pub struct MemoryNotes(Mutex<BTreeMap<AuthorityId, SetId>>);

impl Notes for MemoryNotes {
	fn begun(&self, key: &AuthorityId) -> Result<Option<SetId>, sp_blockchain::Error> {
		Ok(self.0.lock().get(key).copied())
	}

	fn note(&self, key: &AuthorityId, set: SetId) -> Result<(), sp_blockchain::Error> {
		self.0.lock().insert(key.clone(), set);
		Ok(())
	}
}

struct ChainState {
	height: BlockNumber,
	finalised: Target,
	current: CurrentSet,
	/// Blocks that change the set, with the set that follows.
	changes: BTreeMap<BlockNumber, AuthoritySet>,
	lasts: BTreeMap<SetId, Justification>,
	newest: Option<Justification>,
	listeners: Vec<UnboundedSender<ChainEvent>>,
}

/// A chain without forks, whose blocks come when the test says so.
pub struct TestChain(Mutex<ChainState>);

impl TestChain {
	pub fn new(set: AuthoritySet) -> Arc<Self> {
		let genesis = Target {
			number: 0,
			hash: BlockHash::zero(),
		};
		Arc::new(TestChain(Mutex::new(ChainState {
			height: 0,
			finalised: genesis,
			current: CurrentSet { set, base: genesis },
			changes: BTreeMap::new(),
			lasts: BTreeMap::new(),
			newest: None,
			listeners: Vec::new(),
		})))
	}

	/// The block at `number` will change to `set`.
	pub fn change_at(&self, number: BlockNumber, set: AuthoritySet) {
		self.0.lock().changes.insert(number, set);
	}

	pub fn grow_to(&self, height: BlockNumber) {
		let mut state = self.0.lock();
		for number in state.height + 1..=height {
			state.height = number;
			state.tell(ChainEvent::Imported(block(number)));
		}
	}
}

impl ChainState {
	fn tell(&mut self, event: ChainEvent) {
		self.listeners
			.retain(|listener| listener.unbounded_send(event).is_ok());
	}

	fn holds(&self, target: &Target) -> bool {
		target.number <= self.height && block(target.number) == *target
	}

	fn limit(&self) -> BlockNumber {
		let above = self.finalised.number + 1;
		self.changes
			.range(above..)
			.next()
			.map_or(self.height, |(change, _)| *change)
			.min(self.height)
	}
}

impl BlockTree for TestChain {
	fn descends(&self, ancestor: &Target, block: &Target) -> Option<bool> {
		let state = self.0.lock();
		(state.holds(ancestor) && state.holds(block)).then_some(ancestor.number <= block.number)
	}

	fn best(&self, base: &Target) -> Option<Target> {
		let state = self.0.lock();
		let best = block(state.limit());
		(state.holds(base) && best.number > base.number).then_some(best)
	}

	fn votable(&self, target: &Target) -> Votable {
		let state = self.0.lock();
		match target.number {
			number if number <= state.finalised.number => Votable::Never,
			_ if !state.holds(target) || target.number > state.limit() => Votable::NotYet,
			_ => Votable::Yes,
		}
	}
}

impl Chain for TestChain {
	fn genesis(&self) -> BlockHash {
		GENESIS
	}

	fn current(&self) -> CurrentSet {
		self.0.lock().current.clone()
	}

	fn finalised(&self) -> Target {
		self.0.lock().finalised
	}

	fn finalise(&self, justification: Justification) -> Result<Finalised, FinaliseError> {
		let mut state = self.0.lock();
		justification
			.verify::<Ed25519>(GENESIS, &state.current.set)
			.map_err(FinaliseError::Invalid)?;
		let target = justification.target();
		if !state.holds(&target) {
			return Err(FinaliseError::Unknown(target));
		}
		if target.number <= state.finalised.number {
			return Ok(Finalised::Known);
		}
		state.finalised = target;
		state.newest = Some(justification.clone());
		state.tell(ChainEvent::Finalised(target));
		if let Some(set) = state.changes.get(&target.number).cloned() {
			let ended = state.current.set.id();
			state.lasts.insert(ended, justification);
			let id = set.id();
			state.current = CurrentSet { set, base: target };
			state.tell(ChainEvent::SetChanged(id));
		}
		Ok(Finalised::New)
	}

	fn last_of(&self, set: SetId) -> Option<Justification> {
		self.0.lock().lasts.get(&set).cloned()
	}

	fn newest(&self) -> Option<Justification> {
		self.0.lock().newest.clone()
	}

	fn follow(&self, _target: Target) {}

	fn fetch(&self, _target: Target) {}

	fn events(&self) -> BoxStream<'static, ChainEvent> {
		let (sender, receiver) = unbounded();
		self.0.lock().listeners.push(sender);
		receiver.boxed()
	}
}

/// Joins nets: what one says, all others hear, as bytes.
#[derive(Clone, Default)]
pub struct Hub(Arc<Mutex<BTreeMap<usize, UnboundedSender<Vec<u8>>>>>);

impl Hub {
	pub fn join(&self, who: usize) -> TestNet {
		let (sender, heard) = unbounded();
		self.0.lock().insert(who, sender);
		TestNet {
			hub: self.clone(),
			who,
			set: 0,
			heard,
		}
	}

	pub fn leave(&self, who: usize) {
		self.0.lock().remove(&who);
	}

	pub fn say(&self, from: usize, bytes: &[u8]) {
		for (who, listener) in &*self.0.lock() {
			if *who != from {
				let _ = listener.unbounded_send(bytes.to_vec());
			}
		}
	}
}

pub struct TestNet {
	hub: Hub,
	who: usize,
	set: SetId,
	heard: UnboundedReceiver<Vec<u8>>,
}

impl Net for TestNet {
	fn enter(&mut self, set: &AuthoritySet) {
		self.set = set.id();
	}

	fn advance(&mut self, _view: View, _finalised: BlockNumber, _newest: Vec<Message>) {}

	fn broadcast(&mut self, message: &Message) {
		let bytes = Envelope::message(self.set, message.clone()).encode();
		self.hub.say(self.who, &bytes);
	}

	fn poll_message(&mut self, context: &mut TaskContext) -> Poll<Option<Message>> {
		loop {
			match self.heard.poll_next_unpin(context) {
				Poll::Ready(Some(bytes)) => {
					let Ok(envelope) = Envelope::decode(&mut &*bytes) else {
						continue;
					};
					if let (true, Payload::Message(message)) =
						(envelope.set == self.set, envelope.payload)
					{
						return Poll::Ready(Some(message));
					}
				}
				Poll::Ready(None) => return Poll::Ready(None),
				Poll::Pending => return Poll::Pending,
			}
		}
	}
}
