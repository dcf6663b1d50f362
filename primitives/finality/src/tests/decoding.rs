//! Every decoder takes any bytes, and what it takes is checked without a panic.
//!
//! The environment variable `ACI_FUZZ_CASES` sets how many cases each search tries.

use super::{network::*, values};
use crate::{
	api::OpaqueKeyOwnershipProof,
	certificate::{Justification, QuorumCertificate, TimeoutCertificate},
	digest::ConsensusLog,
	machine::{Input, Machine},
	message::{Message, SignedProposal, SignedTimeout, SignedVote},
	offence::OffenceProof,
	record::{
		slots::{decide, image, Found},
		VoteRecord,
	},
	types::{AuthoritySet, Target, MAX_AUTHORITIES},
};
use alloc::{vec, vec::Vec};
use codec::{Decode, DecodeAll, Encode};
use proptest::prelude::*;

/// Cases of one search.
fn cases() -> u32 {
	std::env::var("ACI_FUZZ_CASES").map_or(2_000, |cases| {
		cases
			.parse()
			.expect("ACI_FUZZ_CASES is the number of cases")
	})
}

/// Decodes `bytes` as a `T`. What was taken is encoded as the bytes that it was taken from: no value
/// has two encodings.
fn decoded<T: Decode + Encode>(bytes: &[u8]) -> Option<T> {
	let value = T::decode_all(&mut &*bytes).ok()?;
	assert_eq!(value.encode(), bytes);
	Some(value)
}

/// Decodes `bytes` as everything and uses what comes out.
fn use_all(bytes: &[u8]) {
	let set = set(4);
	if let Some(message) = decoded::<Message>(bytes) {
		let (mut machine, _) = Machine::<Hashed>::new(settings(4, authority(0)), 0);
		let mut tree = Tree::new();
		tree.grow(base(), 3, 0);
		machine.step(Input::Message(message.clone()), 1, &tree, &Key(0));
		machine.step(Input::Message(message), 2, &tree, &Key(0));
		machine.step(Input::Tick, u64::MAX, &tree, &Key(0));
	}
	decoded::<SignedProposal>(bytes);
	decoded::<SignedVote>(bytes);
	decoded::<SignedTimeout>(bytes);
	decoded::<Target>(bytes);
	decoded::<OpaqueKeyOwnershipProof>(bytes);
	if let Some(record) = decoded::<VoteRecord>(bytes) {
		let standing = crate::machine::Standing::Authority { index: 3, record };
		let (mut machine, _) = Machine::<Hashed>::new(settings(4, standing), 0);
		machine.step(Input::Tick, u64::MAX, &Tree::new(), &Key(3));
	}
	if let Some(justification) = decoded::<Justification>(bytes) {
		let _ = justification.verify::<Hashed>(GENESIS, &set);
	}
	if let Some(certificate) = decoded::<QuorumCertificate>(bytes) {
		let _ = certificate.verify::<Hashed>(GENESIS, &set);
	}
	if let Some(certificate) = decoded::<TimeoutCertificate>(bytes) {
		let _ = certificate.verify::<Hashed>(GENESIS, &set);
	}
	if let Some(proof) = decoded::<OffenceProof>(bytes) {
		let _ = proof.verify::<Hashed>();
	}
	if let Some(log) = decoded::<ConsensusLog>(bytes) {
		let _ = log.next_set(u64::MAX);
	}
	if let Some(set) = decoded::<AuthoritySet>(bytes) {
		assert!(set.len() <= MAX_AUTHORITIES as usize);
		let _ = (set.leader(u64::MAX), set.quorum(), set.authority(0));
	}
	use_slots([bytes, &[]]);
	use_slots([bytes, bytes]);
}

/// Reads two slots; a record that is taken is of this set.
fn use_slots(slots: [&[u8]; 2]) {
	for begun in [false, true] {
		if let Found::Intact { record, .. } = decide(context(), begun, slots) {
			assert_eq!(record.context, context());
		}
	}
}

fn encodings() -> Vec<Vec<u8>> {
	let mut encodings: Vec<Vec<u8>> = values::messages().iter().map(Encode::encode).collect();
	encodings.extend(values::proofs().iter().map(Encode::encode));
	encodings.push(values::record(3).encode());
	encodings.push(values::justification().encode());
	for message in values::messages() {
		// The values inside messages too.
		encodings.push(message.encode().split_off(1));
	}
	encodings.push(set(4).encode());
	encodings.push(ConsensusLog::Change(vec![key(0), key(1)].try_into().expect("few")).encode());
	encodings.push(OpaqueKeyOwnershipProof(vec![1, 2, 3]).encode());
	encodings.push(image(0, &values::record(3)).expect("it fits"));
	encodings.push(image(7, &values::record(5)).expect("it fits"));
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
	#![proptest_config(ProptestConfig::with_cases(cases()))]

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

	/// Lengths that promise more than there is, at any place.
	#[test]
	fn valid_bytes_with_a_false_length(
		which in any::<prop::sample::Index>(),
		place in any::<prop::sample::Index>(),
		length in prop_oneof![0u32..2_000, any::<u32>()],
	) {
		let encodings = encodings();
		let mut bytes = which.get(&encodings).clone();
		let place = place.index(bytes.len());
		let promised = codec::Compact(length).encode();
		bytes.splice(place..(place + promised.len()).min(bytes.len()), promised);
		use_all(&bytes);
	}

	/// Two writes of a file, each changed a little.
	#[test]
	fn slots_changed(
		sequences in [0u64..5, 0u64..5],
		changes in proptest::collection::vec(
			(any::<bool>(), any::<prop::sample::Index>(), any::<u8>()),
			0..3,
		),
		cuts in any::<[Option<prop::sample::Index>; 2]>(),
	) {
		let mut slots = sequences.map(|sequence| {
			image(sequence, &values::record(3)).expect("it fits")
		});
		for (second, place, value) in changes {
			let slot = &mut slots[usize::from(second)];
			let place = place.index(slot.len());
			slot[place] = value;
		}
		for (slot, cut) in slots.iter_mut().zip(cuts) {
			if let Some(cut) = cut {
				slot.truncate(cut.index(slot.len()));
			}
		}
		use_slots([&slots[0], &slots[1]]);
	}
}

#[test]
fn no_list_is_decoded_that_is_longer_than_a_set() {
	let keys = |count: u16| -> Vec<u8> { (0..count).map(key).collect::<Vec<_>>().encode() };
	let most = MAX_AUTHORITIES as u16;
	let change = |count| [vec![0], keys(count)].concat();
	assert!(decoded::<ConsensusLog>(&change(most)).is_some());
	assert!(decoded::<ConsensusLog>(&change(most + 1)).is_none());
	let set = |count| [0u64.encode(), keys(count)].concat();
	assert!(decoded::<AuthoritySet>(&set(most)).is_some());
	assert!(decoded::<AuthoritySet>(&set(most + 1)).is_none());
}
