//! Every decoder takes any bytes, and what it takes is checked without a panic.

use super::values::*;
use crate::{
	check::check_one,
	checkpoint::{promise::PromisedMatch, Certified, Last},
	dag::Dag,
	equivocation::Equivocation,
	journal,
	machine::Note,
	transaction::Transaction,
	types::Bitmap,
	vertex::{SignedHeader, Vertex},
};
use alloc::vec::Vec;
use codec::{DecodeAll, Encode};
use proptest::prelude::*;
use sp_core::H256;

fn use_all(bytes: &[u8]) {
	let committee = committee(4);
	if let Ok(checked) = check_one::<Hashed>(bytes, &committee, &rules()) {
		let mut dag = Dag::new(committee.clone(), rules(), 0);
		dag.insert(checked);
	}
	if let Ok(vertex) = Vertex::decode_all(&mut &*bytes) {
		let _ = crate::vertex::check_vertex(&vertex, &committee, &rules());
		assert_eq!(vertex.encode(), bytes, "one encoding");
	}
	let _ = SignedHeader::decode_all(&mut &*bytes);
	let _ = Transaction::decode_all(&mut &*bytes);
	let _ = Note::decode_all(&mut &*bytes);
	if let Ok(bitmap) = Bitmap::decode_all(&mut &*bytes) {
		let _ = (bitmap.fits(4), bitmap.count(), bitmap.iter().count());
	}
	if let Ok(proof) = Equivocation::decode_all(&mut &*bytes) {
		let _ = proof.verify::<Hashed>();
	}
	if let Ok(promised) = PromisedMatch::decode_all(&mut &*bytes) {
		let _ = promised.verify::<Hashed>(&authority(0));
	}
	if let Ok(certified) = Certified::decode_all(&mut &*bytes) {
		let last = Last {
			number: 0,
			hash: H256::zero(),
			anchor_round: 0,
			open_locks: 0,
		};
		let _ = certified.check::<Hashed>(&last, &committee, &parameters());
	}
	let _ = journal::replay(&context(), false, bytes);
}

fn encodings() -> Vec<Vec<u8>> {
	let maker = Maker { size: 4 };
	let rounds = maker.full(1);
	let before: Vec<&Vertex> = rounds[0].iter().collect();
	let vertex = maker.vertex(
		0,
		2,
		Some(&rounds[0][0]),
		&before,
		&[],
		|header, transactions| {
			header.accused.insert(2);
			transactions.push(order(0, 0, 1, 10));
			transactions.push(acknowledge(1, H256([1; 32])));
			transactions.push(submission(1, H256([1; 32]), 1));
		},
	);
	let header = &rounds[0][0].signed;
	let offence = Equivocation {
		context: context(),
		offender: authority(0),
		first: header.clone(),
		second: header.clone(),
	};
	let mut journal = journal::entry(&context(), 0, &rounds[0][0]);
	journal.extend(journal::entry(&context(), 1, &vertex));
	[
		vertex.encode(),
		order(0, 0, 1, 10).encode(),
		offence.encode(),
		journal,
	]
	.into()
}

std::thread_local! {
	static ENCODINGS: Vec<Vec<u8>> = encodings();
}

#[test]
fn a_journal_survives_a_cut_and_sees_damage() {
	let rounds = Maker { size: 4 }.full(2);
	let first = journal::entry(&context(), 0, &rounds[0][0]);
	let second = journal::entry(&context(), 1, &rounds[1][0]);
	let whole = [&first[..], &second[..]].concat();
	let replay = |bytes: &[u8]| journal::replay(&context(), true, bytes);
	assert_eq!(replay(&whole).expect("intact").vertices.len(), 2);
	for cut in first.len()..whole.len() {
		let read = replay(&whole[..cut]).expect("a write that was cut off");
		assert_eq!((read.vertices.len(), read.length), (1, first.len()));
	}
	let mut damaged = whole.clone();
	damaged[30] ^= 1;
	assert_eq!(replay(&damaged), Err(journal::Lost::Damaged));
	assert_eq!(replay(&[]), Err(journal::Lost::Missing));
	assert_eq!(replay(&second), Err(journal::Lost::Damaged));
	let mut other = context();
	other.set = 1;
	let of_other = journal::replay(&other, true, &whole);
	assert_eq!(of_other, Err(journal::Lost::OtherSet));
	assert!(journal::replay(&context(), false, &[])
		.expect("new")
		.vertices
		.is_empty());
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(300))]

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
		let encodings = ENCODINGS.with(Clone::clone);
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
