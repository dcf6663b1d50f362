//! V1 and V5, and the form that a header must have.

use super::values::*;
use crate::{
	check::{check_all, check_one, check_transactions},
	vertex::{Invalid, Vertex},
};
use alloc::{vec, vec::Vec};
use codec::Encode;
use sp_core::H256;

fn check(vertex: &Vertex) -> Result<(), Invalid> {
	check_one::<Hashed>(&vertex.encode(), &committee(4), &rules()).map(|_| ())
}

fn base() -> (Maker, Vec<Vertex>) {
	let maker = Maker { size: 4 };
	let first = maker.full(1).remove(0);
	(maker, first)
}

#[test]
fn an_honest_vertex_passes() {
	let (maker, first) = base();
	let before: Vec<&Vertex> = first.iter().collect();
	let second = maker.vertex(0, 2, Some(&first[0]), &before, &[], |_, transactions| {
		transactions.push(order(0, 0, 1, 10));
		transactions.push(submission(1, H256([1; 32]), 1));
	});
	assert_eq!(check(&second), Ok(()));
	assert!(first.iter().all(|vertex| check(vertex) == Ok(())));
}

#[test]
fn v1_signatures() {
	let (maker, first) = base();
	let mut forged = first[0].clone();
	forged.signed.signature = first[1].signed.signature;
	assert_eq!(check(&forged), Err(Invalid::Signature));
	// An order for another home: its signature is over that home's key.
	let elsewhere = maker.vertex(0, 1, None, &[], &[], |_, transactions| {
		transactions.push(order(1, 0, 1, 10));
	});
	assert_eq!(check(&elsewhere), Err(Invalid::Signature));
	let stranger = maker.vertex(4, 1, None, &[], &[], |_, _| {});
	assert_eq!(check(&stranger), Err(Invalid::Author));
	// A receipt that the session key did not sign.
	let receipt = maker.vertex(0, 1, None, &[], &[], |_, transactions| {
		let crate::transaction::Transaction::Submission(mut signed) =
			submission(1, H256([1; 32]), 1)
		else {
			unreachable!("a submission");
		};
		signed.statement.receipt.receipt.duration += 1;
		let statement = signed.statement.clone();
		let signed = sign(worker(1), 0, statement);
		transactions.push(crate::transaction::Transaction::Submission(signed.into()));
	});
	assert_eq!(check(&receipt), Err(Invalid::Signature));
}

#[test]
fn v1_transactions_are_those_of_the_header() {
	let (_, first) = base();
	let mut other = first[0].clone();
	other
		.transactions
		.try_push(order(0, 0, 1, 10))
		.expect("room");
	assert_eq!(check(&other), Err(Invalid::Transactions));
}

#[test]
fn v2_v3_v5_form() {
	let (maker, first) = base();
	let all: Vec<&Vertex> = first.iter().collect();
	let make = |change: fn(&mut crate::vertex::Header)| {
		maker.vertex(0, 2, Some(&first[0]), &all, &[], |header, _| change(header))
	};
	type Change = fn(&mut crate::vertex::Header);
	let cases: Vec<(Change, Invalid)> = vec![
		(|h| h.round = 0, Invalid::Shape),
		(|h| h.own_parent.round = 2, Invalid::OwnParent),
		(|h| h.own_parent.round = 0, Invalid::OwnParent),
		(|h| h.own_parent.hash = H256::zero(), Invalid::OwnParent),
		(
			|h| h.accused = crate::types::Bitmap::empty(20),
			Invalid::Shape,
		),
		(|h| h.base = 1, Invalid::Base),
	];
	for (change, error) in cases {
		assert_eq!(check(&make(change)), Err(error));
	}
	let few = maker.plain(0, 2, Some(&first[0]), &all[..2]);
	assert_eq!(check(&few), Err(Invalid::NoQuorum));
	let late = maker.vertex(0, 2, Some(&first[0]), &all, &[], |header, _| {
		let reference = crate::vertex::Reference {
			author: 1,
			round: 2,
			hash: H256([1; 32]),
		};
		header.late = vec![reference].try_into().expect("one");
	});
	assert_eq!(check(&late), Err(Invalid::LateParents));
	let twice = maker.vertex(0, 2, Some(&first[0]), &all, &[&first[1]], |header, _| {
		let mut late = header.late.to_vec();
		late.extend(late.clone());
		header.late = late.try_into().expect("two");
	});
	assert_eq!(check(&twice), Err(Invalid::LateParents));
	let mut rules = rules();
	rules.parameters.vertex_transactions = 1;
	let large = maker.vertex(0, 1, None, &[], &[], |_, transactions| {
		transactions.extend([order(0, 0, 1, 10), order(0, 0, 2, 10)]);
	});
	let check = |rules: &crate::safety::Rules| {
		check_one::<Hashed>(&large.encode(), &committee(4), rules).map(|_| ())
	};
	assert_eq!(check(&rules), Err(Invalid::TooLarge));
	rules.parameters.vertex_transactions = 2;
	assert_eq!(check(&rules), Ok(()));
	rules.parameters.vertex_bytes = 100;
	assert_eq!(check(&rules), Err(Invalid::TooLarge));
}

#[test]
fn one_bad_vertex_spoils_no_batch() {
	let (_, first) = base();
	let mut forged = first[0].clone();
	forged.signed.signature = first[1].signed.signature;
	let encoded: Vec<Vec<u8>> = [&first[0], &forged, &first[2]].map(Encode::encode).to_vec();
	let slices: Vec<&[u8]> = encoded.iter().map(Vec::as_slice).collect();
	let results = check_all::<Hashed>(&slices, &committee(4), &rules());
	let passed: Vec<bool> = results.iter().map(Result::is_ok).collect();
	assert_eq!(passed, [true, false, true]);
	let transactions = vec![order(0, 0, 1, 10), order(1, 0, 1, 10), order(0, 0, 2, 10)];
	let results = check_transactions::<Hashed>(transactions, &GENESIS, &authority(0));
	let passed: Vec<bool> = results.iter().map(Result::is_ok).collect();
	assert_eq!(passed, [true, false, true]);
}

#[cfg(feature = "batch")]
#[test]
fn a_batch_accepts_what_single_checks_accept() {
	use crate::scheme::{BatchedEd25519, Claim, Ed25519, Scheme};
	use sp_core::{ed25519, Pair};
	let mut claims: Vec<Claim> = (0..40u8)
		.map(|i| {
			let pair = ed25519::Pair::from_seed(&[i % 7; 32]);
			let hash = [i; 32];
			Claim {
				key: pair.public(),
				hash,
				signature: pair.sign(&hash),
			}
		})
		.collect();
	assert!(claims.iter().all(Ed25519::verify));
	assert!(BatchedEd25519::verify_all(&claims));
	claims[17].hash[0] ^= 1;
	assert!(!Ed25519::verify(&claims[17]));
	assert!(!BatchedEd25519::verify_all(&claims));
}
