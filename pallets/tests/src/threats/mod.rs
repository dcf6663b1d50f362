//! The threats of §6.1 of the paper, each played to its end: who cheats pays, to the planck, and has no
//! profit; who is honest loses nothing.
//!
//! The fraud window is longer than the epochs, reveals and votes of a scenario, as the rules want it.

mod verifiers;
mod workers;

use crate::{orders::*, runtime::*, world::*};
use aci_poai::{detection::LEAST_RATE, selection::selected};
use aci_primitives::{proof::Outcome, AccountId, Balance, BlockNumber, JobId, JobSpec, Role};
use frame_support::assert_ok;
use pallet_aci_poai::{Phase, Subject};
use pallet_aci_staking_slashing as staking;
use sp_core::H256;
use sp_runtime::traits::Dispatchable;

/// The fraud window of the scenarios, in blocks.
const WINDOW: BlockNumber = 4 * EPOCH;
/// A verifier's bond.
const VERIFIERS_BOND: Balance = 10 * VERIFIER_BOND;

fn epoch() -> u32 {
	staking::Epoch::<Market>::get().index
}

fn next_epoch() {
	let now = epoch();
	while epoch() == now {
		next_block();
	}
}

/// Runs a scenario at the start of an epoch for which all verifiers have committed to seeds.
fn scenario(test: impl FnOnce()) {
	run(|| {
		FraudBlocks::set(WINDOW);
		for verifier in verifiers() {
			bond_verifier(&verifier);
			commit(&verifier);
		}
		next_epoch();
		// They go on checking.
		for verifier in verifiers() {
			commit(&verifier);
		}
		test();
	});
}

fn commit(verifier: &AccountId) {
	assert_ok!(RuntimeCall::PoAi(seed_call(verifier)).dispatch(signed(verifier)));
}

/// All verifiers reveal their seeds of the last epoch and of this one, each in its time, and the
/// windows of all jobs and slashes end.
fn to_the_end() {
	for _ in 0..2 {
		next_epoch();
		for verifier in verifiers() {
			let last = epoch() - 1;
			let secret = PoAi::seed_record(last, verifier.clone());
			if secret.is_some_and(|record| record.seed.is_none()) {
				let seed = seed(&verifier, last);
				assert_ok!(PoAi::reveal_seed(signed(&verifier), last, seed));
			}
		}
	}
	skip(WINDOW + RETENTION + EPOCH);
	assert_eq!(pallet_aci_jobs::Jobs::<Market>::iter_keys().count(), 0);
}

/// The order number under which a client's job, ordered now, is drawn by this verifier and no other.
fn drawn_by(verifier: &AccountId, client: &AccountId, spec: &JobSpec) -> u64 {
	// The result comes in the next block, and the block after that decides.
	let anchor = H256::from_low_u64_be(u64::from(System::block_number() + 3) + 0xabcd);
	let last = pallet_aci_jobs::LastOrder::<Market>::get(client).unwrap_or_default();
	let draws = |who: &AccountId, order: u64, rate: u32| {
		let job = id(client, order, spec);
		selected(&seed(who, epoch()), &job, &anchor, rate)
	};
	(last + 1..last + 100_000)
		.find(|order| {
			draws(verifier, *order, LEAST_RATE)
				&& verifiers()
					.iter()
					.filter(|who| *who != verifier)
					.all(|who| !draws(who, *order, 200_000_000))
		})
		.expect("one in some hundreds is")
}

/// A job that is drawn by this verifier alone, paid, with its anchor known.
fn checked(verifier: &AccountId, client: &AccountId, spec: &JobSpec) -> JobId {
	let order = drawn_by(verifier, client, spec);
	let job = id(client, order, spec);
	assert_ok!(Jobs::submit(signed(client), order, spec.clone()));
	next_block();
	acknowledge(job);
	result(job, spec.parameters.max_tokens_out);
	blocks(2);
	job
}

/// A verdict.
fn state(verifier: &AccountId, job: JobId, outcome: Outcome) {
	let root = H256::repeat_byte(1);
	assert_ok!(PoAi::submit_verdict(
		signed(verifier),
		job,
		outcome,
		7,
		root
	));
}

/// The committee of a subject votes with one voice; returns its members.
fn committee_finds(subject: Subject, vote: Option<Outcome>) -> Vec<AccountId> {
	let (case, _) = PoAi::case_of(subject);
	let open = || PoAi::case(case).expect("the case is open");
	while open().phase == Phase::Waiting {
		next_block();
	}
	let members: Vec<AccountId> = open().members.into_iter().map(|m| m.who).collect();
	assert_eq!(members.len(), 3);
	for member in vote.iter().flat_map(|_| &members) {
		let call = vote_call(case, member, vote.expect("they vote"));
		assert_ok!(RuntimeCall::PoAi(call).dispatch(signed(member)));
	}
	blocks(VOTE_HALF + 1);
	for member in vote.iter().flat_map(|_| &members) {
		let call = reveal_call(case, member, vote.expect("they vote"));
		assert_ok!(RuntimeCall::PoAi(call).dispatch(signed(member)));
	}
	blocks(VOTE_HALF);
	members
}

fn bond_of(who: &AccountId, role: Role) -> Balance {
	StakingSlashing::ledger(who.clone(), role).map_or(0, |bond| bond.active)
}

/// What an account was paid for verdicts and votes.
fn paid_for_checks(who: &AccountId) -> Balance {
	System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::StakingSlashing(staking::Event::VerifierPaid {
				verifier,
				amount,
				..
			}) if verifier == *who => Some(amount),
			_ => None,
		})
		.sum()
}

/// Refunds, reward and burn of the slashes of an account that were applied.
fn applied(who: &AccountId) -> (Balance, Balance, Balance) {
	System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::StakingSlashing(staking::Event::SlashApplied {
				offender,
				refunded,
				rewarded,
				burned,
				..
			}) if offender == *who => Some((refunded, rewarded, burned)),
			_ => None,
		})
		.fold((0, 0, 0), |sum, one| {
			(sum.0 + one.0, sum.1 + one.1, sum.2 + one.2)
		})
}

/// The worker's part of what is due.
fn workers_part(due: Balance) -> Balance {
	aci_market::fees::split(due, &Shares::get()).worker
}

/// The reporter's part of what refunds leave of a slash.
fn reward(left: Balance) -> Balance {
	ReporterShare::get().mul_floor(left)
}

/// Verifiers that did nothing wrong have their bonds, and what they were paid for their checks.
fn assert_untouched(but: &[AccountId]) {
	for verifier in verifiers() {
		if !but.contains(&verifier) {
			assert_eq!(bond_of(&verifier, Role::Verifier), VERIFIERS_BOND);
			assert_eq!(total(&verifier), START + paid_for_checks(&verifier));
		}
	}
}
