//! Sets of authorities that change, who joins late, and who breaks the rules.

use crate::{
	observe::{assert_agreement, offences, round, wait_finalised, LIMIT},
	signing, wallet,
};
use aci_finality::{
	api::OpaqueKeyOwnershipProof, offence::Conflict, AuthorityId, AuthoritySet, Context, FirstVote,
	OffenceProof, Statement, Target,
};
use aci_node_testing::{Network, Node};
use aci_runtime::{Runtime, RuntimeCall, RuntimeEvent, SessionKeys};
use codec::{Decode, Encode};
use serde_json::json;
use sp_core::{Pair, H256};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};

/// One network lives through all of it, as starting nodes takes most of a test's time.
#[test]
fn sets_change_by_session_late_nodes_catch_up_and_an_equivocating_validator_is_slashed() {
	let mut network = Network::start("local", 4, &[]);
	for index in 0..4 {
		wait_finalised(&mut network, index, 2);
	}
	a_validator_leaves_and_another_rotates_its_keys(&mut network);
	an_equivocating_validator_is_slashed(&mut network);
	late_nodes_catch_up(&mut network);
}

/// Dave is no candidate any more and follows as an observer; Bob votes with a new key.
fn a_validator_leaves_and_another_rotates_its_keys(network: &mut Network) {
	let key = round(network.node(1))["role"]["key"].clone();
	assert!(key.is_string(), "Bob votes");
	let chill = pallet_aci_staking_slashing::Call::<Runtime>::chill {};
	wallet::send(network.node(0), Sr25519Keyring::Dave, chill);
	let owner = Sr25519Keyring::Bob.to_account_id();
	let rotated = network.node(1).call(
		"author_rotateKeysWithOwner",
		json!([signing::hexadecimal(&owner.encode())]),
	);
	let keys = signing::bytes(&rotated["keys"]);
	let set_keys = pallet_session::Call::<Runtime>::set_keys {
		keys: SessionKeys::decode(&mut &*keys).expect("the node makes session keys"),
		proof: signing::bytes(&rotated["proof"]),
	};
	wallet::send(network.node(0), Sr25519Keyring::Bob, set_keys);

	network.node(3).wait("Dave as an observer", LIMIT, |node| {
		(round(node)["role"]["is"] == "observer").then_some(())
	});
	let rotated = |node: &Node| {
		let state = round(node);
		(state["role"]["is"] == "authority" && state["role"]["key"] != key).then_some(())
	};
	network.node(1).wait("Bob with a new key", LIMIT, rotated);
	network.node(0).wait("a set of three", LIMIT, |node| {
		(round(node)["authorities"] == 3).then_some(())
	});
	let reached = network.node(0).best() + 2;
	for index in 0..4 {
		wait_finalised(network, index, reached);
	}
	assert_agreement(network, reached);
}

/// Charlie signs two first votes of one view; anyone may report it and all can see the slash.
fn an_equivocating_validator_is_slashed(network: &mut Network) {
	let node = network.node(0);
	let charlie = Ed25519Keyring::Charlie;
	let authority: AuthorityId = AuthorityId::from(charlie.public());
	let set: Option<AuthoritySet> = wallet::ask(node, "FinalityApi_finality_authorities", ());
	let set = set.expect("the chain has authorities");
	assert!(set.index_of(&authority).is_some(), "Charlie votes");
	let key_owner: Option<OpaqueKeyOwnershipProof> = wallet::ask(
		node,
		"FinalityApi_finality_key_ownership_proof",
		(set.id(), &authority),
	);
	let key_owner = key_owner.expect("Charlie holds the key in this session");
	let context = Context {
		genesis: wallet::genesis(node),
		set: set.id(),
	};
	let vote = |hash: u8| {
		let vote = FirstVote {
			view: 1,
			target: Target {
				number: 1,
				hash: H256::repeat_byte(hash),
			},
			justify_view: 0,
			timeout_digest: None,
		};
		let payload = context.payload(&Statement::First(vote));
		(vote, charlie.pair().sign(&payload).into())
	};
	let proof = OffenceProof {
		context,
		offender: authority,
		conflict: Conflict::FirstVotes([vote(1), vote(2)]),
	};
	let report = pallet_aci_finality::Call::<Runtime>::report_offence {
		proof: Box::new(proof),
		key_owner: Box::new(
			Decode::decode(&mut &*key_owner.0).expect("the runtime reads its own proofs"),
		),
	};
	let before = node.best();
	wallet::send(node, Sr25519Keyring::Alice, RuntimeCall::from(report));
	node.wait("the report on chain", LIMIT, |node| {
		(offences(node) == 1).then_some(())
	});
	let events = wallet::events_from(node, before + 1);
	assert!(
		events.iter().any(|event| matches!(
			event,
			RuntimeEvent::Finality(pallet_aci_finality::Event::OffenceReported {
				reporter: Some(reporter),
				..
			}) if *reporter == Sr25519Keyring::Alice.to_account_id()
		)),
		"{events:?}"
	);
	assert!(
		wallet::slashed(&events, Sr25519Keyring::Charlie) > 0,
		"nothing was slashed: {events:?}"
	);
}

/// One node has the whole chain executed, another begins at the last final state.
fn late_nodes_catch_up(network: &mut Network) {
	let bootnode = network.node(0).bootnode();
	let reached = network.node(0).finalised();
	for mode in ["full", "warp"] {
		let folder = tempfile::tempdir().expect("a temporary folder can be made");
		let path = folder.path().display().to_string();
		let mut late = Node::start(&[
			"--chain",
			"local",
			"--base-path",
			&path,
			"--sync",
			mode,
			"--no-prometheus",
			"--no-mdns",
			"--allow-private-ip",
			"--bootnodes",
			&bootnode,
		]);
		late.wait(&format!("finality by {mode} sync"), LIMIT, |node| {
			(node.finalised() >= reached + 2).then_some(())
		});
		// After a warp the blocks before it come later.
		let expected = network.node(0).call("chain_getBlockHash", json!([reached]));
		late.wait(&format!("the same block by {mode} sync"), LIMIT, |node| {
			let hash = node.call("chain_getBlockHash", json!([reached]));
			assert!(
				hash.is_null() || hash == expected,
				"{hash} is not {expected}"
			);
			(hash == expected).then_some(())
		});
		network.node(0).wait("the same set", LIMIT, |node| {
			(round(&late)["set"] == round(node)["set"]).then_some(())
		});
	}
}
