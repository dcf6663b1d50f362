use super::scene::*;
use crate::{mock::*, Anchors, Error, Event, Rosters, Samples, Seeds, Serving};
use aci_market::Offence;
use aci_poai::{
	detection::{LEAST_RATE, ONE},
	selection::{selected, tariff},
};
use aci_primitives::{
	proof::{Outcome, ProfileKind},
	traits::ProofOfAi,
	ACI,
};
use frame_support::{assert_noop, assert_ok};
use sp_core::H256;

#[test]
fn a_verifier_commits_once_for_the_next_epoch_with_its_bond() {
	scene(|| {
		assert_ok!(commit(30));
		assert_eq!(PoAi::verifiers(2), vec![account(30)]);
		assert_eq!(Serving::<Test>::get(2, CLASS), 1);
		assert_noop!(commit(30), Error::<Test>::SeedAlreadyCommitted);
		Unbonded::set(Some(account(31)));
		assert_noop!(commit(31), Error::<Test>::NotBonded);
		for classes in [vec![], vec![1, 2, 1]] {
			let classes = classes.try_into().expect("short");
			assert_noop!(
				PoAi::commit_seed(signed(32), H256::zero(), classes),
				Error::<Test>::NoClasses
			);
		}
	});
}

#[test]
fn an_epoch_takes_a_bounded_number_of_verifiers() {
	scene(|| {
		for number in 0..crate::MAX_VERIFIERS as u8 {
			assert_ok!(commit(100 + number));
		}
		assert_noop!(commit(30), Error::<Test>::TooManyVerifiers);
	});
}

#[test]
fn the_rate_is_fixed_at_the_match_by_exposure_and_budget() {
	scene(|| {
		let rate = |number, price, bond| {
			let id = matched(number, ProfileKind::Exact, price, bond);
			PoAi::sample(id).expect("matched").rate
		};
		// 0.31 % at 0.07 is 4.4 % of the jobs, shared among nine verifiers.
		assert_eq!(rate(1, ACI, 1_000_000 * ACI), 44_285_714 / 9);
		assert_eq!(rate(2, ACI, 4 * ACI), ONE / 4);
		assert_eq!(rate(3, ACI, 0), ONE);
		EpochNumber::set(7);
		QualityScore::set(500_000);
		// Nobody has committed for this epoch.
		assert_eq!(rate(4, 1, ACI), 66_428_571);
		// Beside many verifiers each still draws the paper's rate.
		for number in 0..crate::MAX_VERIFIERS as u8 {
			assert_ok!(commit(100 + number));
		}
		EpochNumber::set(8);
		assert_eq!(rate(5, 1, ACI), LEAST_RATE);
	});
}

#[test]
fn a_match_that_ends_without_a_result_leaves_nothing() {
	scene(|| {
		let id = matched(1, ProfileKind::Exact, PRICE, 0);
		PoAi::unmatched(&id);
		assert_eq!(Samples::<Test>::iter().count(), 0);
		let id = tolerant(1);
		assert_ok!(state(21, id, Outcome::Pass));
		PoAi::forget_receipt(&id);
		assert_eq!(Samples::<Test>::iter().count(), 0);
		assert_eq!(Anchors::<Test>::iter().count(), 0);
		assert!(PoAi::verdicts(id).is_empty());
	});
}

#[test]
fn the_anchor_is_the_hash_of_the_block_after_the_receipt() {
	scene(|| {
		matched(1, ProfileKind::Exact, PRICE, 0);
		let id = hand_in(1, ProfileKind::Exact);
		let block = PoAi::sample(id)
			.expect("there")
			.received
			.expect("there")
			.block;
		assert_noop!(state(21, id, Outcome::Pass), Error::<Test>::AnchorNotKnown);
		next();
		assert_eq!(PoAi::anchor(block), None);
		next();
		assert_eq!(PoAi::anchor(block), Some(block_hash(u64::from(block) + 1)));
		assert_ok!(state(21, id, Outcome::Pass));
	});
}

#[test]
fn a_verdict_is_taken_once_in_time_of_a_verifier_that_may_judge() {
	scene(|| {
		let id = tolerant(1);
		assert_noop!(
			state(21, H256::zero(), Outcome::Pass),
			Error::<Test>::NotSampled
		);
		assert_noop!(state(30, id, Outcome::Pass), Error::<Test>::NoSeed);
		Unbonded::set(Some(account(22)));
		assert_noop!(state(22, id, Outcome::Pass), Error::<Test>::NotBonded);
		assert_ok!(state(21, id, Outcome::Pass));
		assert_noop!(state(21, id, Outcome::Fail), Error::<Test>::VerdictGiven);
		EpochNumber::set(2);
		assert_ok!(state(23, id, Outcome::Pass));
		assert_ok!(reveal(24));
		assert_noop!(
			state(24, id, Outcome::Pass),
			Error::<Test>::SeedAlreadyRevealed
		);
		EpochNumber::set(3);
		assert_noop!(state(25, id, Outcome::Pass), Error::<Test>::VerdictTooLate);
	});
}

#[test]
fn client_and_worker_neither_judge_their_job_nor_owe_a_verdict() {
	scene(|| {
		for party in [CLIENT, WORKER] {
			assert_ok!(commit(party));
		}
		EpochNumber::set(2);
		let id = tolerant(1);
		for party in [CLIENT, WORKER] {
			assert_noop!(state(party, id, Outcome::Pass), Error::<Test>::IsParty);
		}
		EpochNumber::set(3);
		assert_ok!(reveal(CLIENT));
		assert_noop!(
			PoAi::report_missing_verdict(signed(5), account(CLIENT), id),
			Error::<Test>::NotDrawn
		);
	});
}

#[test]
fn a_verifier_judges_the_classes_that_it_serves() {
	scene(|| {
		let classes = vec![5].try_into().expect("short");
		let commitment =
			aci_poai::selection::seed_commitment(&genesis_hash(), &account(30), 2, &seed(30, 2));
		assert_ok!(PoAi::commit_seed(signed(30), commitment, classes));
		EpochNumber::set(2);
		let id = tolerant(1);
		assert_noop!(state(30, id, Outcome::Pass), Error::<Test>::ClassNotServed);
		EpochNumber::set(3);
		assert_ok!(reveal(30));
		assert_noop!(
			PoAi::report_missing_verdict(signed(5), account(30), id),
			Error::<Test>::NotDrawn
		);
	});
}

#[test]
fn drawn_verdicts_are_paid_by_tariff_and_others_cost() {
	scene(|| {
		// Matched while nine verifiers share the budget: each draws about one in two hundred.
		let mut jobs = Vec::new();
		for number in 0..6 {
			matched(number, ProfileKind::SampledText, ACI, 2 * ACI);
			jobs.push(hand_in(number, ProfileKind::SampledText));
		}
		blocks(2);
		let sample = |id| PoAi::sample(id).expect("there");
		let is_drawn = |id| {
			let sample = sample(id);
			assert_eq!(sample.rate, ONE / 2);
			let anchor = PoAi::anchor(sample.received.expect("there").block).expect("known");
			selected(&seed(21, 1), &id, &anchor, sample.rate)
		};
		for id in &jobs {
			assert_ok!(state(21, *id, Outcome::Pass));
		}
		let drawn = jobs.iter().filter(|id| is_drawn(**id)).count();
		assert!(drawn > 0 && drawn < 6, "both happen with these seeds");
		assert_noop!(reveal(21), Error::<Test>::NoSeed);
		assert_noop!(
			PoAi::reveal_seed(signed(21), 1, seed(21, 1)),
			Error::<Test>::RevealTooEarly
		);
		EpochNumber::set(2);
		assert_noop!(
			PoAi::reveal_seed(signed(21), 1, seed(22, 1)),
			Error::<Test>::WrongSeed
		);
		assert_ok!(reveal(21));
		assert_noop!(reveal(21), Error::<Test>::SeedAlreadyRevealed);
		let each = tariff(ACI, ONE / 2, 9, &rules().budget());
		assert_eq!(each, ACI / 90);
		let paid = each * drawn as u128;
		assert_eq!(Credited::take(), vec![(account(21), paid)]);
		assert_eq!(slashed(), vec![(account(21), Offence::VerifierAbsence)]);
		System::assert_has_event(
			Event::VerdictsNotDrawn {
				verifier: account(21),
				epoch: 1,
				verdicts: 6 - drawn as u32,
				slashed: ACI,
			}
			.into(),
		);
		EpochNumber::set(3);
		assert_noop!(
			PoAi::reveal_seed(signed(22), 1, seed(22, 1)),
			Error::<Test>::RevealTooLate
		);
	});
}

#[test]
fn a_missing_verdict_costs_its_verifier_once() {
	scene(|| {
		let id = tolerant(1);
		assert_ok!(state(21, id, Outcome::Pass));
		let report = |verifier| PoAi::report_missing_verdict(signed(5), account(verifier), id);
		assert_noop!(report(22), Error::<Test>::SeedNotRevealed);
		assert_eq!(PoAi::is_drawn_by(id, account(22)), None);
		EpochNumber::set(2);
		for verifier in [21, 22] {
			assert_ok!(reveal(verifier));
			assert_eq!(PoAi::is_drawn_by(id, account(verifier)), Some(true));
		}
		assert_noop!(report(21), Error::<Test>::NothingMissing);
		assert_noop!(report(30), Error::<Test>::NoSeed);
		assert_ok!(report(22));
		assert_noop!(report(22), Error::<Test>::AlreadyReported);
		let reports = Reported::take();
		let [report] = reports.as_slice() else {
			panic!("one slash, not {reports:?}");
		};
		assert_eq!(report.offence, Offence::VerifierAbsence);
		assert_eq!(report.offender, account(22));
		assert_eq!(report.reporter, Some(account(5)));
	});
}

#[test]
fn a_job_that_is_not_drawn_is_not_missing() {
	scene(|| {
		matched(1, ProfileKind::SampledText, 1, ACI);
		let id = hand_in(1, ProfileKind::SampledText);
		blocks(2);
		EpochNumber::set(2);
		for verifier in VERIFIERS {
			assert_ok!(reveal(verifier));
			assert_noop!(
				PoAi::report_missing_verdict(signed(5), account(verifier), id),
				Error::<Test>::NotDrawn
			);
		}
	});
}

#[test]
fn a_seed_that_is_not_revealed_costs_and_all_seeds_are_removed() {
	scene(|| {
		EpochNumber::set(2);
		for verifier in 21..=27 {
			assert_ok!(reveal(verifier));
		}
		blocks(3);
		assert!(slashed().is_empty());
		EpochNumber::set(1 + crate::SEED_EPOCHS);
		// Epoch zero had no verifiers.
		blocks(3);
		let expected = |verifier| (account(verifier), Offence::VerifierAbsence);
		let mut offences = slashed();
		offences.sort_unstable_by(|one, other| one.0.cmp(&other.0));
		assert_eq!(offences, vec![expected(28), expected(29)]);
		assert_eq!(Seeds::<Test>::iter().count(), 0);
		assert_eq!(Rosters::<Test>::iter().count(), 0);
		assert_eq!(Serving::<Test>::iter().count(), 0);
	});
}

#[test]
fn governance_sets_rules_that_can_be_used() {
	scene(|| {
		assert_noop!(
			PoAi::set_verification_rules(signed(1), rules()),
			sp_runtime::DispatchError::BadOrigin
		);
		type Change = fn(&mut crate::VerificationRules);
		let changes: [Change; 7] = [
			|rules| rules.ratio = 0,
			|rules| rules.share = ONE + 1,
			|rules| rules.committee = 0,
			|rules| rules.committee = crate::MAX_COMMITTEE + 1,
			|rules| rules.least_committee = rules.committee + 1,
			|rules| rules.commit_blocks = 0,
			|rules| rules.reveal_blocks = 0,
		];
		for change in changes {
			let mut changed = rules();
			change(&mut changed);
			assert_noop!(
				PoAi::set_verification_rules(RuntimeOrigin::root(), changed),
				Error::<Test>::RulesUnusable
			);
		}
		assert_eq!(PoAi::verification_rules(), rules());
	});
}
