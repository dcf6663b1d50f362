//! The chain side as a whole, over a client in memory.

use super::{
	testing::{
		change,
		client::{import, MemoryChain, MemoryClient},
		header, justification, keys, set, Block,
	},
	*,
};
use crate::interface::FinaliseError;
use aci_finality::{CertificateError, ENGINE_ID};
use codec::Encode;
use futures::executor::block_on;
use sc_consensus::JustificationImport;
use sp_core::ed25519;
use sp_runtime::DigestItem;

/// A node with four authorities.
struct Node {
	client: Arc<MemoryClient>,
	chain: Arc<MemoryChain>,
	genesis: Target,
}

impl Node {
	fn new() -> Self {
		let client = MemoryClient::new(&keys(4));
		let chain = client.chain();
		let genesis = chain.finalised();
		Node {
			client,
			chain,
			genesis,
		}
	}

	/// The node after a restart.
	fn restarted(&self) -> Self {
		let set = self.chain.current().set;
		let client = self.client.with_runtime(set);
		let chain = client.chain();
		Node {
			client,
			chain,
			genesis: self.genesis,
		}
	}

	/// Imports blocks on `parent`; `branch` makes them differ from others.
	fn grow(&self, parent: Target, count: u32, branch: u8) -> Vec<Target> {
		let mut parent = parent;
		(0..count)
			.map(|_| {
				parent = self.block(parent, vec![DigestItem::Other(vec![branch])]);
				parent
			})
			.collect()
	}

	fn block(&self, parent: Target, logs: Vec<DigestItem>) -> Target {
		let header = header(parent.number + 1, parent.hash, logs);
		import(&self.chain.block_import(), header, None)
			.expect("it is a good block")
			.0
	}

	/// Imports a block that changes to `keys`.
	fn change(&self, parent: Target, keys: &[ed25519::Pair]) -> Target {
		self.block(parent, vec![announcement(keys)])
	}

	fn justify(&self, set: SetId, keys: &[ed25519::Pair], target: Target) -> Justification {
		let signers = aci_finality::quorum(keys.len());
		justification(self.genesis.hash, set, keys, signers, target)
	}

	fn finalise(&self, set: SetId, keys: &[ed25519::Pair], target: Target) {
		let justification = self.justify(set, keys, target);
		let finalised = self.chain.finalise(justification).expect("it is valid");
		assert_eq!(finalised, Finalised::New);
		assert_eq!(self.chain.finalised(), target);
	}
}

fn announcement(keys: &[ed25519::Pair]) -> DigestItem {
	DigestItem::Consensus(ENGINE_ID, change(keys).encode())
}

#[test]
fn a_quorum_of_the_set_in_force_finalises() {
	let node = Node::new();
	let blocks = node.grow(node.genesis, 3, b'a');
	node.finalise(0, &keys(4), blocks[1]);
	let again = node.justify(0, &keys(4), blocks[0]);
	assert_eq!(
		node.chain.finalise(again).expect("it is final"),
		Finalised::Known
	);
	assert_eq!(
		node.chain.newest().map(|newest| newest.target()),
		Some(blocks[1])
	);
}

#[test]
fn fewer_than_a_quorum_finalise_nothing() {
	let node = Node::new();
	let blocks = node.grow(node.genesis, 1, b'a');
	let few = justification(node.genesis.hash, 0, &keys(4), 2, blocks[0]);
	assert!(matches!(
		node.chain.finalise(few),
		Err(FinaliseError::Invalid(CertificateError::NoQuorum))
	));
	assert_eq!(node.chain.finalised(), node.genesis);
}

#[test]
fn finality_of_a_change_puts_the_next_set_into_force() {
	let node = Node::new();
	let end = node.change(node.grow(node.genesis, 2, b'a')[1], &keys(7));
	let above = node.grow(end, 2, b'a');
	assert_eq!(node.chain.current().set.id(), 0);
	node.finalise(0, &keys(4), end);
	let current = node.chain.current();
	assert_eq!(current.set, set(1, &keys(7)));
	assert_eq!(current.base, end);
	// What the old set signs counts no more; what the new one signs does.
	let late = node.justify(0, &keys(4), above[1]);
	assert!(matches!(
		node.chain.finalise(late),
		Err(FinaliseError::Invalid(CertificateError::OtherSet))
	));
	assert_eq!(node.chain.newest(), None);
	node.finalise(1, &keys(7), above[1]);
}

#[test]
fn the_justification_of_a_change_is_kept_with_its_block() {
	let node = Node::new();
	let end = node.change(node.grow(node.genesis, 2, b'a')[1], &keys(7));
	node.finalise(0, &keys(4), end);
	let kept = node.chain.last_of(0).expect("it is mandatory");
	assert_eq!(kept, node.justify(0, &keys(4), end));
	assert_eq!(node.chain.last_of(1), None);
	let blocks = node.grow(end, 2, b'a');
	node.finalise(1, &keys(7), blocks[0]);
	let stored = store::justification_of(node.chain.blocks(), &blocks[0]);
	assert_eq!(stored.expect("memory does not fail"), None);
}

#[test]
fn nothing_is_voted_for_or_finalised_past_a_pending_change() {
	let node = Node::new();
	let below = node.grow(node.genesis, 2, b'a');
	let end = node.change(below[1], &keys(7));
	let above = node.grow(end, 2, b'a');
	assert_eq!(node.chain.best(&node.genesis), Some(end));
	assert_eq!(node.chain.best(&end), Some(end));
	assert_eq!(node.chain.best(&above[0]), None);
	assert_eq!(node.chain.votable(&end), Votable::Yes);
	assert_eq!(node.chain.votable(&above[0]), Votable::Never);
	let past = node.justify(0, &keys(4), above[1]);
	assert!(node.chain.finalise(past).is_err());
	assert_eq!(node.chain.finalised(), node.genesis);
	node.finalise(0, &keys(4), end);
	assert_eq!(node.chain.best(&end), Some(above[1]));
	assert_eq!(node.chain.votable(&above[0]), Votable::Yes);
}

#[test]
fn there_is_nothing_to_vote_for_on_an_idle_chain() {
	let node = Node::new();
	assert_eq!(node.chain.best(&node.genesis), None);
	let blocks = node.grow(node.genesis, 1, b'a');
	assert_eq!(node.chain.best(&node.genesis), Some(blocks[0]));
	node.finalise(0, &keys(4), blocks[0]);
	assert_eq!(node.chain.best(&blocks[0]), None);
}

#[test]
fn votes_are_for_descendants_of_the_finalised_block_that_are_held() {
	let node = Node::new();
	let a = node.grow(node.genesis, 3, b'a');
	let b = node.grow(node.genesis, 3, b'b');
	let unknown = Target {
		number: 4,
		hash: [9; 32].into(),
	};
	assert_eq!(node.chain.votable(&unknown), Votable::NotYet);
	assert_eq!(node.chain.votable(&b[2]), Votable::Yes);
	node.finalise(0, &keys(4), a[1]);
	assert_eq!(node.chain.votable(&a[2]), Votable::Yes);
	assert_eq!(node.chain.votable(&a[1]), Votable::Never);
	assert_eq!(node.chain.votable(&b[2]), Votable::Never);
}

#[test]
fn finality_of_another_branch_is_a_conflict_that_is_refused() {
	let node = Node::new();
	let a = node.grow(node.genesis, 2, b'a');
	let b = node.grow(node.genesis, 3, b'b');
	node.finalise(0, &keys(4), a[1]);
	for other in [b[0], b[2]] {
		let conflict = node.justify(0, &keys(4), other);
		assert!(matches!(
			node.chain.finalise(conflict),
			Err(FinaliseError::Conflict(target)) if target == other
		));
	}
	assert_eq!(node.chain.finalised(), a[1]);
}

#[test]
fn a_justification_waits_for_its_block() {
	let node = Node::new();
	let coming = header(1, node.genesis.hash, Vec::new());
	let target = tree::target_of(&coming);
	let justification = node.justify(0, &keys(4), target);
	assert!(matches!(
		node.chain.finalise(justification),
		Err(FinaliseError::Unknown(unknown)) if unknown == target
	));
	import(&node.chain.block_import(), coming, None).expect("it is a good block");
	assert_eq!(node.chain.finalised(), target);
}

#[test]
fn a_write_that_fails_changes_nothing() {
	let node = Node::new();
	let end = node.change(node.grow(node.genesis, 2, b'a')[1], &keys(7));
	node.client.fail(true);
	let justification = node.justify(0, &keys(4), end);
	assert!(matches!(
		node.chain.finalise(justification),
		Err(FinaliseError::Client(_))
	));
	assert_eq!(node.chain.current().set.id(), 0);
	assert_eq!(node.chain.newest(), None);
	let second = header(4, end.hash, vec![announcement(&keys(5))]);
	assert!(import(&node.chain.block_import(), second, None).is_err());
	assert_eq!(node.chain.authorities().pending(), &[end]);
	node.client.fail(false);
	node.finalise(0, &keys(4), end);
	assert_eq!(node.chain.current().set.id(), 1);
}

#[test]
fn sets_and_pending_changes_outlive_a_restart() {
	let node = Node::new();
	let first = node.change(node.genesis, &keys(7));
	let second = node.change(node.grow(first, 2, b'a')[1], &keys(5));
	let node = node.restarted();
	assert_eq!(node.chain.best(&node.genesis), Some(first));
	node.finalise(0, &keys(4), first);
	let node = node.restarted();
	assert_eq!(node.chain.current().set, set(1, &keys(7)));
	assert_eq!(node.chain.current().base, first);
	assert_eq!(node.chain.best(&first), Some(second));
	node.finalise(1, &keys(7), second);
	assert_eq!(node.chain.current().set, set(2, &keys(5)));
}

#[test]
fn a_set_that_does_not_fit_the_finalised_state_is_taken_from_the_state() {
	let node = Node::new();
	let blocks = node.grow(node.genesis, 2, b'a');
	node.finalise(0, &keys(4), blocks[1]);
	let client = node.client.with_runtime(set(5, &keys(6)));
	let current = client.chain().current();
	assert_eq!(current.set, set(5, &keys(6)));
	assert_eq!(current.base, blocks[1]);
}

#[test]
fn a_block_with_two_changes_is_refused() {
	let node = Node::new();
	let item = announcement(&keys(7));
	let twice = header(1, node.genesis.hash, vec![item.clone(), item]);
	assert!(import(&node.chain.block_import(), twice, None).is_err());
	assert_eq!(node.chain.best(&node.genesis), None);
}

#[test]
fn a_change_asks_for_its_justification_until_it_is_final() {
	let node = Node::new();
	let announcing = header(1, node.genesis.hash, vec![announcement(&keys(7))]);
	let (end, aux) =
		import(&node.chain.block_import(), announcing, None).expect("it is a good block");
	assert!(aux.needs_justification && !aux.bad_justification);
	let asked = block_on(node.restarted().chain.block_import().on_start());
	assert_eq!(asked, [(end.hash, end.number)]);
	node.finalise(0, &keys(4), end);
	assert!(block_on(node.restarted().chain.block_import().on_start()).is_empty());
	let (_, aux) = import(
		&node.chain.block_import(),
		header(2, end.hash, Vec::new()),
		None,
	)
	.expect("it is a good block");
	assert!(!aux.needs_justification);
}

#[test]
fn a_change_that_comes_with_its_justification_is_final_at_once() {
	let node = Node::new();
	let announcing = header(1, node.genesis.hash, vec![announcement(&keys(7))]);
	let end = tree::target_of(&announcing);
	let with = (ENGINE_ID, node.justify(0, &keys(4), end).encode());
	let (_, aux) =
		import(&node.chain.block_import(), announcing, Some(with)).expect("it is a good block");
	assert!(!aux.needs_justification && !aux.bad_justification);
	assert_eq!(node.chain.finalised(), end);
	assert_eq!(node.chain.current().set.id(), 1);
}

#[test]
fn a_bad_justification_does_not_keep_its_block_out() {
	let node = Node::new();
	let announcing = header(1, node.genesis.hash, vec![announcement(&keys(7))]);
	let end = tree::target_of(&announcing);
	let few = justification(node.genesis.hash, 0, &keys(4), 2, end);
	let (_, aux) = import(
		&node.chain.block_import(),
		announcing,
		Some((ENGINE_ID, few.encode())),
	)
	.expect("it is a good block");
	assert!(aux.needs_justification && aux.bad_justification);
	assert_eq!(node.chain.finalised(), node.genesis);
}

#[test]
fn justifications_that_sync_fetches_are_applied_and_others_passed_over() {
	let node = Node::new();
	let end = node.change(node.genesis, &keys(7));
	let mut queue = node.chain.block_import();
	let mut give = |engine, bytes: Vec<u8>| {
		block_on(queue.import_justification(end.hash, end.number, (engine, bytes)))
	};
	let good = node.justify(0, &keys(4), end).encode();
	assert!(give(*b"BEEF", vec![1, 2, 3]).is_ok());
	assert!(give(ENGINE_ID, vec![1, 2, 3]).is_err());
	let elsewhere = node.justify(0, &keys(4), node.genesis).encode();
	assert!(give(ENGINE_ID, elsewhere).is_err());
	assert_eq!(node.chain.finalised(), node.genesis);
	assert!(give(ENGINE_ID, good).is_ok());
	assert_eq!(node.chain.finalised(), end);
	assert_eq!(node.chain.current().set.id(), 1);
}

#[test]
fn blocks_are_built_on_the_branch_that_is_followed() {
	use sp_consensus::SelectChain;
	let node = Node::new();
	let a = node.grow(node.genesis, 3, b'a');
	let b = node.grow(node.genesis, 2, b'b');
	let select = node.chain.select_chain();
	let best = || {
		block_on(select.best_chain())
			.expect("there is a block")
			.hash()
	};
	assert_eq!(best(), a[2].hash);
	node.chain.follow(b[0]);
	assert_eq!(best(), b[1].hash);
	let c = node.grow(b[1], 1, b'b');
	assert_eq!(node.chain.blocks().info().best_hash, c[0].hash);
	assert_eq!(best(), c[0].hash);
	// A block that is not held, or not on the finalised chain, is followed no more.
	node.chain.follow(Target {
		number: 9,
		hash: [9; 32].into(),
	});
	node.finalise(0, &keys(4), a[0]);
	assert_eq!(best(), a[2].hash);
	node.chain.follow(b[1]);
	assert_eq!(best(), a[2].hash);
}

#[test]
fn reverting_forgets_changes_above_the_new_best_block() {
	let node = Node::new();
	let below = node.grow(node.genesis, 2, b'a');
	let end = node.change(below[1], &keys(7));
	assert_eq!(node.chain.best(&node.genesis), Some(end));
	let store = Arc::new(node.client.backend.blockchain().clone());
	revert::<Block, _>(store, 1).expect("there is data of the gadget");
	assert!(node.restarted().chain.authorities().pending().is_empty());
}

#[test]
fn proofs_of_finality_say_what_is_missing() {
	let node = Node::new();
	let blocks = node.grow(node.genesis, 3, b'a');
	assert!(matches!(node.chain.prove(2), Err(ProveError::NotFinal(2))));
	node.finalise(0, &keys(4), blocks[2]);
	assert!(matches!(node.chain.prove(2), Ok(Some(_))));
}

#[test]
fn subscribers_learn_of_justifications_and_the_voter_of_changes() {
	use futures::FutureExt;
	let node = Node::new();
	let mut justifications = node.chain.justifications();
	let mut events = node.chain.events();
	let end = node.change(node.genesis, &keys(7));
	node.finalise(0, &keys(4), end);
	assert_eq!(
		justifications.next().now_or_never().flatten(),
		Some(node.justify(0, &keys(4), end))
	);
	assert_eq!(
		events.next().now_or_never().flatten(),
		Some(ChainEvent::SetChanged(1))
	);
}
