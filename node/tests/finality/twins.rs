//! One validator's key on two machines.

use crate::{
	observe::{assert_agreement, offences, wait_finalised, LIMIT},
	wallet,
};
use aci_finality::AuthorityId;
use aci_node_testing::{Network, Node};
use aci_runtime::RuntimeEvent;
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};

/// Both machines sign for Charlie, each without knowing of the other. The honest ones see it in the
/// gossip and report it, and no wallet is needed for the slash.
///
/// The two contradict each other only in a view that Charlie leads while each of them has its own
/// block as the best one. How views and slots fall together is chance, so this may take minutes.
#[test]
#[ignore = "waits for chance, minutes at times"]
fn a_validator_that_runs_twice_is_found_out_by_the_others_and_slashed() {
	let mut network = Network::start("local", 4, &[]);
	let folder = tempfile::tempdir().expect("a temporary folder can be made");
	let path = folder.path().display().to_string();
	let bootnode = network.node(0).bootnode();
	let _twin = Node::start(&[
		"--chain",
		"local",
		"--charlie",
		"--base-path",
		&path,
		"--unsafe-force-node-key-generation",
		"--no-prometheus",
		"--no-mdns",
		"--allow-private-ip",
		"--bootnodes",
		&bootnode,
	]);
	network
		.node(0)
		.wait("an offence on chain", 10 * LIMIT, |node| {
			(offences(node) > 0).then_some(())
		});
	let node = network.node(0);
	let events = wallet::events_from(node, 1);
	let charlie = AuthorityId::from(Ed25519Keyring::Charlie.public());
	assert!(
		events.iter().any(|event| matches!(
			event,
			RuntimeEvent::Finality(pallet_aci_finality::Event::OffenceReported {
				authority,
				..
			}) if *authority == charlie
		)),
		"{events:?}"
	);
	assert!(
		wallet::slashed(&events, Sr25519Keyring::Charlie) > 0,
		"nothing was slashed: {events:?}"
	);
	let reached = network.node(0).best() + 2;
	for index in [0, 1, 3] {
		wait_finalised(&mut network, index, reached);
	}
	assert_agreement(&mut network, reached);
}
