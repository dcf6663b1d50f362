use super::*;
use crate::SetKeys;
use aci_finality::{OffenceKind, KEY_TYPE};
use aci_primitives::Role;
use frame_support::{dispatch::Pays, traits::KeyOwnerProofSystem};

/// One of four: (3 / 4)^2 of the stake.
const SHARE: u128 = BOND * 9 / 16;

#[test]
fn two_first_votes_of_a_view_cost_the_offender_its_share_and_pay_the_reporter() {
	run(|| {
		go_to_set(1);
		let info = report(two_first_votes(2, 1, 5), key_owner(2)).expect("it is right");
		assert_eq!(info.pays_fee, Pays::No);
		assert_eq!(slashed(2), SHARE);
		assert_eq!([1, 3, 4].map(slashed), [0; 3]);
		assert_eq!(
			reports(),
			[Event::OffenceReported {
				set: 1,
				view: 5,
				session: 1,
				kind: OffenceKind::DoubleFirstVote,
				authority: key(2),
				reporter: Some(account(OUTSIDER)),
			}]
		);
		for _ in 0..=APPEAL {
			next_block();
		}
		assert_eq!(slashed(2), 0);
		assert_eq!(balance(OUTSIDER), START + SHARE / 10);
	});
}

#[test]
fn every_kind_is_slashed() {
	for (proof, kind) in [
		(two_proposals(1, 1, 5), OffenceKind::DoubleProposal),
		(two_first_votes(1, 1, 5), OffenceKind::DoubleFirstVote),
		(two_second_votes(1, 1, 5), OffenceKind::DoubleSecondVote),
		(vote_and_timeout(1, 1, 5, 2, 4), OffenceKind::Amnesia),
	] {
		run(|| {
			go_to_set(1);
			report(proof, key_owner(1)).expect("it is right");
			assert_eq!(slashed(1), SHARE);
			assert!(matches!(
				&reports()[..],
				[Event::OffenceReported { kind: reported, view: 5, .. }] if *reported == kind
			));
		});
	}
}

#[test]
fn a_timeout_that_remembers_the_second_vote_is_no_offence() {
	run(|| {
		go_to_set(1);
		// The certificate of the vote's own view, a later one, and a timeout before the vote.
		for (later, high_view) in [(0, 5), (3, 5), (3, 7)] {
			let honest = vote_and_timeout(1, 1, 5, later, high_view);
			refused(honest, key_owner(1), Error::NoConflict);
		}
		let context = context(1);
		let (vote, timeout) = (
			second_vote(5, 1),
			Timeout {
				view: 4,
				high_view: 3,
			},
		);
		let before = proof(
			1,
			context,
			Conflict::Amnesia {
				vote: (vote, sign(1, &context, vote)),
				timeout: (timeout, sign(1, &context, timeout)),
			},
		);
		refused(before, key_owner(1), Error::NoConflict);
		nobody_is_slashed();
	});
}

#[test]
fn statements_that_do_not_conflict_are_no_offence() {
	run(|| {
		go_to_set(1);
		let context = context(1);
		let first = |view, block| {
			let vote = first_vote(view, block);
			(vote, sign(1, &context, vote))
		};
		let second = |view, block| {
			let vote = second_vote(view, block);
			(vote, sign(1, &context, vote))
		};
		let opened = |view, block| {
			let proposal = proposal(view, block);
			(proposal.clone(), sign(1, &context, proposal))
		};
		for conflict in [
			Conflict::FirstVotes([first(5, 1), first(5, 1)]),
			Conflict::FirstVotes([first(5, 1), first(6, 2)]),
			Conflict::SecondVotes([second(5, 1), second(5, 1)]),
			Conflict::SecondVotes([second(5, 1), second(6, 2)]),
			Conflict::Proposals([opened(5, 1), opened(5, 1)]),
			Conflict::Proposals([opened(5, 1), opened(6, 2)]),
		] {
			refused(proof(1, context, conflict), key_owner(1), Error::NoConflict);
		}
		nobody_is_slashed();
	});
}

#[test]
fn a_signature_of_another_authority_chain_or_set_proves_nothing() {
	run(|| {
		go_to_set(1);
		let mut other = two_first_votes(2, 1, 5);
		other.offender = key(1);
		refused(other, key_owner(1), Error::WrongSignature);

		let mut chain = two_first_votes(1, 1, 5);
		chain.context.genesis = H256::zero();
		refused(chain, key_owner(1), Error::OtherChain);

		let elsewhere = Context {
			genesis: H256::zero(),
			set: 1,
		};
		let votes = [1, 2]
			.map(|block| first_vote(5, block))
			.map(|vote| (vote, sign(1, &elsewhere, vote)));
		let moved = proof(1, context(1), Conflict::FirstVotes(votes));
		refused(moved, key_owner(1), Error::WrongSignature);

		let mut set = two_first_votes(1, 0, 5);
		set.context.set = 1;
		refused(set, key_owner(1), Error::WrongSignature);

		let mut half = two_first_votes(1, 1, 5);
		if let Conflict::FirstVotes([_, (vote, signature)]) = &mut half.conflict {
			*signature = sign(2, &context(1), *vote);
		}
		refused(half, key_owner(1), Error::WrongSignature);
		nobody_is_slashed();
	});
}

#[test]
fn the_key_must_be_proven_for_the_set_of_the_statements() {
	run(|| {
		let first = key_owner(1);
		go_to_set(1);
		// Another set's members.
		refused(two_first_votes(1, 1, 5), first.clone(), Error::OtherSession);
		refused(two_first_votes(1, 0, 5), key_owner(1), Error::OtherSession);
		// Members that the set never had.
		let mut forged = key_owner(1);
		let list = vec![(account(2), key(1))];
		forged.members = list.try_into().expect("bounded");
		refused(two_first_votes(1, 1, 5), forged, Error::KeyNotProven);
		// A session that is right of a set that is not.
		let mut renamed = first;
		renamed.session = 1;
		refused(two_first_votes(1, 1, 5), renamed, Error::KeyNotProven);
		// Somebody else's key, with the true members.
		refused(
			two_first_votes(OUTSIDER, 1, 5),
			key_owner(1),
			Error::KeyNotProven,
		);
		nobody_is_slashed();
	});
}

#[test]
fn a_set_that_has_not_begun_or_is_forgotten_is_refused_and_an_older_one_is_not() {
	run(|| {
		let first = key_owner(1);
		refused(two_first_votes(1, 1, 5), key_owner(1), Error::UnknownSet);
		go_to_set(3);
		report(two_first_votes(1, 0, 5), first).expect("it is remembered");
		assert_eq!(slashed(1), SHARE);
		go_to_set(4);
		let mut late = key_owner(2);
		late.set = 0;
		late.session = 0;
		refused(two_first_votes(2, 0, 5), late, Error::UnknownSet);
		assert_eq!(slashed(2), 0);
	});
}

#[test]
fn an_offence_of_a_view_counts_once_whatever_its_kind() {
	run(|| {
		go_to_set(1);
		report(two_first_votes(1, 1, 5), key_owner(1)).expect("it is new");
		refused(
			two_first_votes(1, 1, 5),
			key_owner(1),
			Error::AlreadyReported,
		);
		refused(
			two_second_votes(1, 1, 5),
			key_owner(1),
			Error::AlreadyReported,
		);
		assert_eq!(slashed(1), SHARE);
		// Also in the next sessions.
		let key_owner = key_owner(1);
		go_to_set(3);
		refused(two_first_votes(1, 1, 5), key_owner, Error::AlreadyReported);
	});
}

#[test]
fn a_validator_that_unbonded_since_is_slashed_for_what_stood_then() {
	run(|| {
		let origin = || RuntimeOrigin::signed(account(3));
		go_to_set(1);
		let held = key_owner(3);
		StakingSlashing::chill(origin()).expect("a candidate");
		StakingSlashing::unbond(origin(), Role::Validator, BOND).expect("it leaves");
		go_to_set(3);
		assert_eq!(Finality::authority_set().expect("three").len(), 3);
		report(two_second_votes(3, 1, 9), held).expect("it is right");
		assert_eq!(slashed(3), SHARE);
	});
}

#[test]
fn new_session_keys_save_no_offender() {
	run(|| {
		go_to_set(1);
		rotate(3, 30);
		go_to_set(2);
		// The old key is in force, and the session pallet's history cannot prove it any more.
		let history = |key| {
			let key = (KEY_TYPE, key);
			Historical::check_proof(key.clone(), Historical::prove(key).expect("always one"))
		};
		assert_eq!(history(key(3)), None);
		assert!(history(key(1)).is_some());
		report(two_first_votes(3, 2, 1), key_owner(3)).expect("it is right");
		assert_eq!(slashed(3), SHARE);
	});
}

#[test]
fn a_key_that_does_not_vote_has_no_proof() {
	run(|| {
		let prove = |kind, number| SetKeys::<Test, Stood>::prove((kind, key(number)));
		assert!(prove(KEY_TYPE, 1).is_some());
		assert_eq!(prove(KEY_TYPE, OUTSIDER), None);
		assert_eq!(prove(sp_runtime::key_types::DUMMY, 1), None);
		let held = key_owner(1);
		let check = |kind| {
			let held = held.clone();
			SetKeys::<Test, Stood>::check_proof((kind, key(1)), held)
		};
		assert_eq!(check(KEY_TYPE).expect("it is right").0, account(1));
		assert_eq!(check(sp_runtime::key_types::DUMMY), None);
	});
}

#[test]
fn only_a_signer_sends_the_signed_report() {
	run(|| {
		go_to_set(1);
		let send = |origin| {
			Finality::report_offence(
				origin,
				Box::new(two_first_votes(1, 1, 5)),
				Box::new(key_owner(1)),
			)
		};
		for origin in [RuntimeOrigin::none(), RuntimeOrigin::root()] {
			let refusal = send(origin).expect_err("nobody signed");
			assert_eq!(refusal.error, sp_runtime::DispatchError::BadOrigin);
		}
		nobody_is_slashed();
	});
}

#[test]
fn a_report_fits_into_half_a_block_and_a_refused_one_costs_its_checks() {
	use frame_support::traits::Get;
	run(|| {
		let limits: frame_system::limits::BlockWeights =
			<Test as frame_system::Config>::BlockWeights::get();
		let weight = Finality::report_weight();
		assert!(weight.all_lte(limits.max_block.saturating_div(2)));
		let refusal = report(two_first_votes(1, 7, 5), key_owner(1)).expect_err("unknown");
		let checks = refusal.post_info.actual_weight.expect("less than declared");
		assert!(checks.ref_time() < weight.ref_time());
	});
}
