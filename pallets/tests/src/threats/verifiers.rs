//! Verifiers that cheat: lying, approving unseen, staying away.

use super::*;
use aci_market::stake::slash_amount;
use aci_poai::selection::{canary_commitment, Canary};
use aci_primitives::{
	proof::Outcome::{Fail, Pass},
	JobStatus,
};

/// A verifier fails honest work. Under the exact profile that costs its bond; the worker keeps its
/// money, and the client has paid for what it got.
#[test]
fn a_lying_verifier_loses_its_bond_and_the_worker_nothing() {
	scenario(|| {
		let ([worker, ..], [client, _]) = (workers(), clients());
		register(&worker, 2);
		let bond = bond_of(&worker, Role::Worker);
		let [liar, ..] = verifiers();
		let job = checked(&liar, &client, &embedding());
		let due = due(job);
		state(&liar, job, Fail);
		committee_finds(Subject::Output(job), Some(Pass));
		assert_eq!(status(job), JobStatus::Settled);
		assert_eq!(bond_of(&worker, Role::Worker), bond);
		assert_eq!(bond_of(&liar, Role::Verifier), 0);
		to_the_end();
		assert_eq!(applied(&liar), (0, 0, VERIFIERS_BOND));
		assert_eq!(total(&liar), START - VERIFIERS_BOND);
		assert_eq!(total(&worker), START + workers_part(due));
		assert_eq!(total(&client), START - due);
		assert_untouched(&[liar]);
	});
}

/// A verifier approves without looking. A canary, which accounts of the protocol ordered and ran with a
/// wrong output, shows it.
#[test]
fn who_approves_unseen_is_caught_by_a_canary() {
	scenario(|| {
		let ([worker, ..], [client, honest]) = (workers(), clients());
		register(&worker, 2);
		let [blind, ..] = verifiers();
		let spec = text();
		let job = id(&client, drawn_by(&blind, &client, &spec), &spec);
		let canaries = vec![Canary { job, wrong: true }];
		let salt = H256::repeat_byte(9);
		let commitment = canary_commitment(&System::block_hash(0), &salt, &canaries);
		assert_ok!(PoAi::commit_canaries(RuntimeOrigin::root(), commitment));
		assert_eq!(checked(&blind, &client, &spec), job);
		let due = due(job);
		state(&blind, job, Pass);
		next_epoch();
		let seed = seed(&blind, epoch() - 1);
		assert_ok!(PoAi::reveal_seed(signed(&blind), epoch() - 1, seed));
		let canaries = canaries.try_into().expect("one");
		assert_ok!(PoAi::open_canaries(signed(&honest), salt, canaries));
		assert_eq!(bond_of(&blind, Role::Verifier), 0);
		reveal_all();
		to_the_end();
		let reward = reward(VERIFIERS_BOND);
		assert_eq!(applied(&blind), (0, reward, VERIFIERS_BOND - reward));
		let paid = paid_for_checks(&blind);
		assert_eq!(total(&blind), START - VERIFIERS_BOND + paid);
		assert!(paid < VERIFIERS_BOND, "no profit");
		assert_eq!(total(&honest), START + reward);
		// The protocol's worker did as it was told.
		assert_eq!(total(&worker), START + workers_part(due));
		assert_untouched(&[blind]);
	});
}

/// The others reveal in this epoch, where `to_the_end` begins with the next one.
fn reveal_all() {
	for verifier in verifiers() {
		let last = epoch() - 1;
		let record = PoAi::seed_record(last, verifier.clone());
		if record.is_some_and(|record| record.seed.is_none()) {
			let seed = seed(&verifier, last);
			assert_ok!(PoAi::reveal_seed(signed(&verifier), last, seed));
		}
	}
}

/// The statistic of a verdict that was given unseen is no more than a guess. Once the seed is known,
/// whoever runs the model can show it to a committee.
#[test]
fn a_made_up_statistic_costs_the_bond() {
	scenario(|| {
		let ([worker, ..], [client, honest]) = (workers(), clients());
		register(&worker, 2);
		let [blind, ..] = verifiers();
		let job = checked(&blind, &client, &text());
		let due = due(job);
		state(&blind, job, Pass);
		next_epoch();
		reveal_all();
		assert_ok!(PoAi::challenge_verdict(signed(&honest), job, blind.clone()));
		committee_finds(Subject::Verdict(job, blind.clone()), Some(Fail));
		assert_eq!(bond_of(&blind, Role::Verifier), 0);
		to_the_end();
		let reward = reward(VERIFIERS_BOND);
		assert_eq!(applied(&blind), (0, reward, VERIFIERS_BOND - reward));
		assert_eq!(total(&honest), START + reward - CHALLENGE_FEE);
		assert_eq!(total(&worker), START + workers_part(due));
		assert_eq!(total(&client), START - due);
		assert!(paid_for_checks(&blind) < VERIFIERS_BOND, "no profit");
		assert_untouched(&[blind]);
	});
}

/// A verifier that draws a job and gives no verdict pays for each that is reported.
#[test]
fn a_verdict_that_was_not_given_costs() {
	scenario(|| {
		let ([worker, ..], [client, honest]) = (workers(), clients());
		register(&worker, 2);
		let [away, ..] = verifiers();
		let job = checked(&away, &client, &text());
		let due = due(job);
		next_epoch();
		reveal_all();
		assert_ok!(PoAi::report_missing_verdict(
			signed(&honest),
			away.clone(),
			job
		));
		to_the_end();
		let share = slash_amount(VERIFIERS_BOND, aci_market::Offence::VerifierAbsence);
		assert_eq!(share, VERIFIERS_BOND / 100);
		assert_eq!(total(&away), START - share);
		assert_eq!(total(&honest), START + reward(share));
		assert_eq!(total(&worker), START + workers_part(due));
		assert_untouched(&[away]);
	});
}

/// Committees that stay away decide nothing: after the last draw the client's bond comes back, nobody
/// is blamed for the output, and every member that was drawn pays.
#[test]
fn committees_that_stay_away_pay_and_nobody_else_does() {
	scenario(|| {
		let ([worker, ..], [client, _]) = (workers(), clients());
		register(&worker, 2);
		let job = paid(&client, &embedding());
		let due = due(job);
		assert_ok!(dispute(job));
		let mut absences = std::collections::BTreeMap::<AccountId, u32>::new();
		for draw in 1..=MAX_DRAWS {
			assert_eq!(Jobs::dispute_of(job).expect("open").draws, draw);
			for member in committee_finds(Subject::Output(job), None) {
				*absences.entry(member).or_default() += 1;
			}
			while Jobs::dispute_of(job).is_some_and(|dispute| dispute.draws == draw) {
				next_block();
			}
		}
		assert_eq!(status(job), JobStatus::Settled);
		to_the_end();
		assert_eq!(total(&worker), START + workers_part(due));
		assert_eq!(total(&client), START - due);
		for (member, times) in &absences {
			let mut bond = VERIFIERS_BOND;
			for _ in 0..*times {
				bond -= slash_amount(bond, aci_market::Offence::VerifierAbsence);
			}
			assert_eq!(bond_of(member, Role::Verifier), bond);
			assert_eq!(total(member), START - VERIFIERS_BOND + bond);
		}
		let members: Vec<AccountId> = absences.into_keys().collect();
		assert_untouched(&members);
	});
}
