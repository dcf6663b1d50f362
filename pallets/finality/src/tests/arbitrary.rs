//! Reports made of anything. Account 1 broke every rule in set 1; nobody else broke any.

use super::*;
use codec::{Decode, DecodeAll, Encode};
use proptest::prelude::*;

const OFFENDER: u8 = 1;

/// All that an honest authority may sign of views 5 and 6 together, and the offender's rest.
fn statements(number: u8) -> Vec<Statement> {
	let mut all: Vec<Statement> = vec![
		proposal(5, 1).into(),
		first_vote(5, 1).into(),
		second_vote(5, 1).into(),
		Timeout {
			view: 4,
			high_view: 3,
		}
		.into(),
		Timeout {
			view: 5,
			high_view: 5,
		}
		.into(),
		first_vote(6, 2).into(),
		Timeout {
			view: 6,
			high_view: 5,
		}
		.into(),
	];
	if number == OFFENDER {
		all.extend::<[Statement; 4]>([
			proposal(5, 2).into(),
			first_vote(5, 2).into(),
			second_vote(5, 2).into(),
			Timeout {
				view: 6,
				high_view: 4,
			}
			.into(),
		]);
	}
	all
}

/// Two statements as a conflict, where they are of kinds that a conflict has.
fn conflict(
	one: (Statement, AuthoritySignature),
	two: (Statement, AuthoritySignature),
) -> Option<Conflict> {
	Some(match (one, two) {
		((Statement::Proposal(a), x), (Statement::Proposal(b), y)) => {
			Conflict::Proposals([(a, x), (b, y)])
		}
		((Statement::First(a), x), (Statement::First(b), y)) => {
			Conflict::FirstVotes([(a, x), (b, y)])
		}
		((Statement::Second(a), x), (Statement::Second(b), y)) => {
			Conflict::SecondVotes([(a, x), (b, y)])
		}
		((Statement::Second(vote), x), (Statement::Timeout(timeout), y)) => Conflict::Amnesia {
			vote: (vote, x),
			timeout: (timeout, y),
		},
		_ => return None,
	})
}

/// A report of what authorities signed, put together at will.
#[derive(Clone, Debug)]
struct Put {
	signers: (u8, u8),
	signed_in: u64,
	picks: (usize, usize),
	offender: u8,
	genesis: bool,
	set: u64,
	member: u8,
	session: Option<u32>,
}

fn put() -> impl Strategy<Value = Put> {
	// Mostly what comes near a right report.
	let mostly_same = prop_oneof![4 => Just(None), 1 => (1..=VALIDATORS).prop_map(Some)];
	(
		(1..=VALIDATORS, mostly_same.clone()),
		prop_oneof![4 => Just(1u64), 1 => 0..3u64],
		(0usize..11, 0usize..11),
		mostly_same,
		prop::bool::weighted(0.9),
		prop_oneof![4 => Just(1u64), 1 => 0..3u64],
		1..=VALIDATORS,
		prop_oneof![6 => Just(None), 1 => (0..3u32).prop_map(Some)],
	)
		.prop_map(
			|((one, two), signed_in, picks, offender, genesis, set, member, session)| Put {
				signers: (one, two.unwrap_or(one)),
				signed_in,
				picks,
				offender: offender.unwrap_or(one),
				genesis,
				set,
				member,
				session,
			},
		)
}

fn try_report(put: &Put) -> bool {
	let context = context(put.signed_in);
	let pick = |number, pick: usize| {
		let all = statements(number);
		let statement = all[pick % all.len()].clone();
		(statement.clone(), sign(number, &context, statement))
	};
	let Some(conflict) = conflict(
		pick(put.signers.0, put.picks.0),
		pick(put.signers.1, put.picks.1),
	) else {
		return false;
	};
	let mut proof = proof(put.offender, context, conflict);
	proof.context.set = put.set;
	if !put.genesis {
		proof.context.genesis = H256::zero();
	}
	let mut key_owner = key_owner(put.member);
	if let Some(session) = put.session {
		key_owner.session = session;
	}
	report(proof, key_owner).is_ok()
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(32))]

	#[test]
	fn whoever_keeps_the_rules_is_never_slashed(puts in prop::collection::vec(put(), 1..40)) {
		run(|| {
			go_to_set(1);
			for put in &puts {
				try_report(put);
				assert!((1..=VALIDATORS).all(|number| number == OFFENDER || slashed(number) == 0));
			}
			// It never pays more than for one offender of four.
			assert!(slashed(OFFENDER) <= BOND * 9 / 16);
		});
	}

	#[test]
	fn bytes_that_decode_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
		run(|| {
			go_to_set(1);
			if let Ok(proof) = OffenceProof::decode(&mut &bytes[..]) {
				assert!(report(proof, key_owner(1)).is_err());
			}
			if let Ok(held) = KeyOwner::decode(&mut &bytes[..]) {
				assert!(report(two_first_votes(OFFENDER, 1, 5), held).is_err());
			}
			nobody_is_slashed();
		});
	}

	#[test]
	fn a_right_report_with_one_byte_changed_slashes_nobody_else(
		place in any::<prop::sample::Index>(),
		change in 1u8..,
		of_proof in any::<bool>(),
	) {
		run(|| {
			go_to_set(1);
			let mut proof = two_first_votes(OFFENDER, 1, 5).encode();
			let mut held = key_owner(OFFENDER).encode();
			let bytes = if of_proof { &mut proof } else { &mut held };
			let place = place.index(bytes.len());
			bytes[place] ^= change;
			let decoded = (
				OffenceProof::decode_all(&mut &proof[..]),
				KeyOwner::decode_all(&mut &held[..]),
			);
			if let (Ok(proof), Ok(held)) = decoded {
				assert!(report(proof, held).is_err(), "byte {place} counts for nothing");
			}
			nobody_is_slashed();
		});
	}
}

#[test]
fn the_offender_of_the_random_reports_can_be_found() {
	run(|| {
		go_to_set(1);
		let put = Put {
			signers: (OFFENDER, OFFENDER),
			signed_in: 1,
			picks: (1, 8),
			offender: OFFENDER,
			genesis: true,
			set: 1,
			member: 2,
			session: None,
		};
		assert!(try_report(&put));
		assert_eq!(slashed(OFFENDER), BOND * 9 / 16);
	});
}
