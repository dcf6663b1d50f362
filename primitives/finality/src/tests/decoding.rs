//! Every decoder takes any bytes, and what it takes is checked without a panic.

use super::{network::*, values};
use crate::{
	certificate::{Justification, QuorumCertificate, TimeoutCertificate},
	machine::{Input, Machine},
	message::Message,
	offence::OffenceProof,
	record::VoteRecord,
};
use alloc::vec::Vec;
use codec::{DecodeAll, Encode};
use proptest::prelude::*;

/// Decodes `bytes` as everything and uses what comes out.
fn use_all(bytes: &[u8]) {
	let set = set(4);
	if let Ok(message) = Message::decode_all(&mut &*bytes) {
		let (mut machine, _) = Machine::<Hashed>::new(settings(4, authority(0)), 0);
		let mut tree = Tree::new();
		tree.grow(base(), 3, 0);
		machine.step(Input::Message(message.clone()), 1, &tree, &Key(0));
		machine.step(Input::Message(message), 2, &tree, &Key(0));
		machine.step(Input::Tick, u64::MAX, &tree, &Key(0));
	}
	if let Ok(record) = VoteRecord::decode_all(&mut &*bytes) {
		let standing = crate::machine::Standing::Authority { index: 3, record };
		let (mut machine, _) = Machine::<Hashed>::new(settings(4, standing), 0);
		machine.step(Input::Tick, u64::MAX, &Tree::new(), &Key(3));
	}
	if let Ok(justification) = Justification::decode_all(&mut &*bytes) {
		let _ = justification.verify::<Hashed>(GENESIS, &set);
	}
	if let Ok(certificate) = QuorumCertificate::decode_all(&mut &*bytes) {
		let _ = certificate.verify::<Hashed>(GENESIS, &set);
	}
	if let Ok(certificate) = TimeoutCertificate::decode_all(&mut &*bytes) {
		let _ = certificate.verify::<Hashed>(GENESIS, &set);
	}
	if let Ok(proof) = OffenceProof::decode_all(&mut &*bytes) {
		let _ = proof.verify::<Hashed>();
	}
}

fn encodings() -> Vec<Vec<u8>> {
	let mut encodings: Vec<Vec<u8>> = values::messages().iter().map(Encode::encode).collect();
	encodings.extend(values::proofs().iter().map(Encode::encode));
	encodings.push(values::record(3).encode());
	encodings.push(values::justification().encode());
	encodings
}

#[test]
fn what_is_made_verifies_and_decodes() {
	let set = set(4);
	for message in values::messages() {
		assert_eq!(
			Message::decode_all(&mut &*message.encode()),
			Ok(message.clone())
		);
		match message {
			Message::Proposal(proposal) => {
				assert!(proposal.proposal.verify::<Hashed>(GENESIS, &set));
			}
			Message::Vote(crate::SignedVote::First(vote)) => {
				assert!(vote.verify::<Hashed>(GENESIS, &set));
			}
			Message::Vote(crate::SignedVote::Second(vote)) => {
				assert!(vote.verify::<Hashed>(GENESIS, &set));
			}
			Message::Timeout(timeout) => assert!(timeout.timeout.verify::<Hashed>(GENESIS, &set)),
			Message::Certificate(certificate) => {
				assert_eq!(certificate.verify::<Hashed>(GENESIS, &set), Ok(()));
			}
			Message::Timeouts(certificate) => {
				assert_eq!(certificate.verify::<Hashed>(GENESIS, &set), Ok(()));
			}
		}
	}
	for proof in values::proofs() {
		assert_eq!(proof.verify::<Hashed>(), Ok(proof.kind()));
	}
	assert_eq!(
		values::justification().verify::<Hashed>(GENESIS, &set),
		Ok(())
	);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(2_000))]

	#[test]
	fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
		use_all(&bytes);
	}

	#[test]
	fn valid_bytes_changed(
		which in any::<prop::sample::Index>(),
		changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
		cut in proptest::option::of(any::<prop::sample::Index>()),
	) {
		let encodings = encodings();
		let mut bytes = which.get(&encodings).clone();
		for (place, value) in changes {
			let place = place.index(bytes.len());
			bytes[place] = value;
		}
		if let Some(cut) = cut {
			bytes.truncate(cut.index(bytes.len()));
		}
		use_all(&bytes);
	}
}
