//! Reports of authorities that broke their word.

use crate::{mock::*, Call, Error, Event, Fault};
use aci_fastpath::{
	checkpoint::{
		promise::{match_hash, Passed, Promise, PromisedMatch},
		tree, Effects, VertexLeaf,
	},
	equivocation::Equivocation,
	lane::Match,
	types::Bitmap,
	vertex::{Header, OwnParent, Reference, SignedHeader},
};
use aci_primitives::Hash;
use frame_support::{
	assert_noop, assert_ok,
	pallet_prelude::{DispatchResult, TransactionSource},
};
#[allow(deprecated)]
use sp_runtime::traits::ValidateUnsigned;

fn header(author: u16, time: u64) -> Header {
	Header {
		round: 1,
		author,
		own_parent: OwnParent::default(),
		parents: Bitmap::empty(VALIDATORS.into()),
		control: Hash::zero(),
		late: Default::default(),
		base: 0,
		finalised: 0,
		closing: false,
		accused: Bitmap::empty(VALIDATORS.into()),
		time,
		transactions: Hash::zero(),
	}
}

/// Two vertices of one round of an authority, in the set in force.
fn two_vertices(place: u8) -> Equivocation {
	let context = Fastpath::context(crate::CurrentSet::<Test>::get());
	let signed = |time| {
		let header = header(place.into(), time);
		SignedHeader {
			signature: sign(&home(place), &header.hash(&context)),
			header,
		}
	};
	Equivocation {
		context,
		offender: key(&home(place)),
		first: signed(1),
		second: signed(2),
	}
}

fn report(proof: Equivocation) -> DispatchResult {
	Fastpath::report_equivocation(
		RuntimeOrigin::signed(client(0)),
		Box::new(proof),
		Box::new(membership()),
	)
}

#[test]
fn two_chains_are_reported_once_in_a_set() {
	run(|| {
		assert_ok!(report(two_vertices(2)));
		let offences = counted().offences;
		assert_eq!(offences[0].offender, (home(2), 0));
		assert_eq!((offences[0].set, offences[0].fault), (0, Fault::TwoChains));
		assert_eq!(
			events(),
			[Event::OffenceReported {
				set: 0,
				fault: Fault::TwoChains,
				home: home(2),
				reporter: Some(client(0)),
			}]
		);
		assert_noop!(report(two_vertices(2)), Error::<Test>::AlreadyReported);
		assert_ok!(report(two_vertices(1)));
	});
}

#[test]
fn nobody_honest_is_reported() {
	run(|| {
		let mut same = two_vertices(2);
		same.second = same.first.clone();
		assert_noop!(report(same), Error::<Test>::NoFault);
		let mut forged = two_vertices(2);
		forged.second.signature = sign(&client(0), &Hash::zero());
		assert_noop!(report(forged), Error::<Test>::WrongSignature);
		let mut other_key = two_vertices(2);
		other_key.offender = key(&client(0));
		assert_noop!(report(other_key), Error::<Test>::KeyNotProven);
		let mut other_chain = two_vertices(2);
		other_chain.context.genesis = job(1);
		assert_noop!(report(other_chain), Error::<Test>::OtherChain);
		let mut members = membership();
		members.members[2].0 = client(0);
		assert_noop!(
			Fastpath::report_equivocation(
				RuntimeOrigin::signed(client(0)),
				Box::new(two_vertices(2)),
				Box::new(members)
			),
			Error::<Test>::KeyNotProven
		);
	});
}

#[test]
fn an_offence_of_a_past_set_counts_while_the_set_is_remembered() {
	run(|| {
		let (proof, members) = (two_vertices(2), membership());
		let report = |proof: &Equivocation| {
			Fastpath::report_equivocation(
				RuntimeOrigin::signed(client(0)),
				Box::new(proof.clone()),
				Box::new(members.clone()),
			)
		};
		for session in 1..3 {
			Fastpath::schedule(session, crate::mock::members(2));
			settle_closing(Effects::default(), 0);
		}
		assert_ok!(report(&proof));
		Fastpath::schedule(3, crate::mock::members(2));
		settle_closing(Effects::default(), 0);
		assert_noop!(report(&proof), Error::<Test>::UnknownSet);
	});
}

#[test]
#[allow(deprecated)]
fn a_report_without_a_signature_comes_from_the_own_node_only() {
	run(|| {
		Author::set(Some(account(9)));
		let call = |proof| Call::<Test>::report_equivocation_unsigned {
			proof: Box::new(proof),
			members: Box::new(membership()),
		};
		let right = call(two_vertices(2));
		assert!(Fastpath::validate_unsigned(TransactionSource::Local, &right).is_ok());
		assert!(Fastpath::validate_unsigned(TransactionSource::External, &right).is_err());
		let mut forged = two_vertices(2);
		forged.second.signature = sign(&client(0), &Hash::zero());
		assert!(Fastpath::pre_dispatch(&call(forged)).is_err());
		assert_ok!(Fastpath::pre_dispatch(&right));
		assert_ok!(Fastpath::report_equivocation_unsigned(
			RuntimeOrigin::none(),
			Box::new(two_vertices(2)),
			Box::new(membership())
		));
		assert!(Fastpath::pre_dispatch(&right).is_err(), "it is known");
		assert!(matches!(
			&events()[..],
			[Event::OffenceReported { reporter: Some(author), .. }] if *author == account(9)
		));
	});
}

/// A promise of home 1 in round 5, and a checkpoint whose leaf covers that round with another vertex.
fn broken() -> (PromisedMatch, u32, Passed) {
	let context = Fastpath::context(0);
	let matched = Match {
		job: job(1),
		client: client(0),
		ticket: 1,
		worker: worker(0),
		worker_key: key(&worker(0)),
		price: 1_000,
		flops: 1,
	};
	let vertex = Reference {
		author: 1,
		round: 5,
		hash: job(7),
	};
	let promise = Promise {
		context,
		vertex,
		matches: tree::root(&[match_hash(0, &matched)]),
	};
	let signature = sign(&home(1), &promise.hash());
	let promised = PromisedMatch::all(&promise, &signature, vec![(0, matched)])
		.pop()
		.expect("one match");
	let leaf = VertexLeaf {
		vertex: Reference {
			hash: job(8),
			round: 6,
			..vertex
		},
		previous: OwnParent {
			round: 4,
			hash: job(9),
		},
		outcomes: Hash::zero(),
		transactions: 0,
	};
	let leaves = [leaf.hash()];
	let path = tree::path(&leaves, 0).expect("one leaf");
	next_block();
	let mut checkpoint = next_checkpoint(&Effects::default(), 0, false);
	checkpoint.transactions_root = tree::root(&leaves);
	let number = checkpoint.number;
	assert_ok!(submit(certify(checkpoint, Effects::default(), &[0, 1, 2])));
	let passed = Passed {
		leaf,
		path,
		outcome: None,
	};
	(promised, number, passed)
}

#[test]
fn a_broken_promise_is_reported_once_a_round() {
	run(|| {
		let (promised, number, passed) = broken();
		let report = |promised: &PromisedMatch, number, passed: &Passed| {
			Fastpath::report_broken_promise(
				RuntimeOrigin::signed(client(0)),
				Box::new(promised.clone()),
				number,
				Box::new(passed.clone()),
				Box::new(membership()),
			)
		};
		assert_noop!(
			report(&promised, number + 1, &passed),
			Error::<Test>::UnknownCheckpoint
		);
		let mut forged = promised.clone();
		forged.signature = sign(&home(2), &promised.promise.hash());
		assert_noop!(
			report(&forged, number, &passed),
			Error::<Test>::WrongSignature
		);
		let mut elsewhere = passed.clone();
		elsewhere.leaf.vertex.round = 4;
		assert_noop!(
			report(&promised, number, &elsewhere),
			Error::<Test>::WrongProof
		);
		assert_ok!(report(&promised, number, &passed));
		let offence = counted().offences.pop().expect("reported");
		assert_eq!(offence.offender, (home(1), 0));
		assert_eq!(offence.fault, Fault::BrokenPromise(5));
		assert_noop!(
			report(&promised, number, &passed),
			Error::<Test>::AlreadyReported
		);
	});
}

#[test]
fn a_share_grows_with_the_number_that_offend_together() {
	use sp_runtime::Perbill;
	use sp_staking::offence::Offence;
	run(|| {
		assert_ok!(report(two_vertices(2)));
		let offence = counted().offences.pop().expect("reported");
		assert_eq!(offence.slash_fraction(1), Perbill::from_rational(9u32, 16));
		assert_eq!(offence.slash_fraction(2), Perbill::one());
	});
}
