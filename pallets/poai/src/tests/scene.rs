//! A chain with a worker, verifiers and jobs, for the tests of sampling and committees.

use crate::{mock::*, VerificationRules};
use aci_poai::{committee::vote_commitment, selection::seed_commitment, thresholds::file::shipped};
use aci_primitives::{
	proof::{Outcome, ProfileKind},
	traits::{Finding, MatchFacts, ProofOfAi},
	AccountId, Balance, JobId, ACI,
};
use frame_support::assert_ok;
use sp_core::H256;
use sp_runtime::DispatchResult;

/// The worker of the tests.
pub const WORKER: u8 = 1;
/// The client of the tests.
pub const CLIENT: u8 = 4;
/// The verifiers.
pub const VERIFIERS: core::ops::RangeInclusive<u8> = 21..=29;
/// The class of the jobs.
pub const CLASS: u16 = 0;
/// Price of the jobs.
pub const PRICE: Balance = 100 * ACI;
/// Blocks of each half of a vote.
pub const HALF: u32 = 3;

/// The rules of the tests: committees of three.
pub fn rules() -> VerificationRules {
	VerificationRules {
		ratio: 70_000_000,
		committee: 3,
		least_committee: 2,
		commit_blocks: HALF,
		reveal_blocks: HALF,
		fee: ACI,
		..Default::default()
	}
}

/// Runs a test in epoch 1, for which all verifiers have committed to seeds.
pub fn scene(test: impl FnOnce()) {
	development().execute_with(|| {
		for reset in [|| drop(Reported::take()), || drop(Tellings::take())] {
			reset();
		}
		Credited::take();
		PaidIn::take();
		RefusesConvictions::set(false);
		RefereeFinds::set(Finding::NotAvailable);
		Unbonded::set(None);
		QualityScore::set(1_000_000);
		EpochNumber::set(0);
		assert_ok!(PoAi::set_verification_rules(RuntimeOrigin::root(), rules()));
		let mut model = manifest();
		model.profiles = vec![ProfileKind::SampledText, ProfileKind::Exact]
			.try_into()
			.expect("short");
		assert_ok!(register(2, 7, model));
		assert_ok!(attest(WORKER, 10));
		for verifier in VERIFIERS {
			assert_ok!(commit(verifier));
		}
		EpochNumber::set(1);
		next();
		test();
		assert_invariants();
	});
}

/// The next block, with the invariants checked.
pub fn next() {
	go_to(System::block_number() + 1);
	assert_invariants();
}

/// As many blocks.
pub fn blocks(count: u32) {
	for _ in 0..count {
		next();
	}
}

pub fn signed(number: u8) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(number))
}

/// A verifier's seed of an epoch.
pub fn seed(verifier: u8, epoch: u32) -> H256 {
	H256::from_low_u64_be(u64::from(verifier) * 1_000 + u64::from(epoch))
}

/// Commits a verifier to its seed for the next epoch.
pub fn commit(verifier: u8) -> DispatchResult {
	let epoch = EpochNumber::get() + 1;
	let seed = seed(verifier, epoch);
	let commitment = seed_commitment(&genesis_hash(), &account(verifier), epoch, &seed);
	PoAi::commit_seed(
		signed(verifier),
		commitment,
		vec![CLASS, 3].try_into().expect("short"),
	)
}

/// Reveals a verifier's seed of the last epoch.
pub fn reveal(verifier: u8) -> DispatchResult {
	let epoch = EpochNumber::get() - 1;
	PoAi::reveal_seed(signed(verifier), epoch, seed(verifier, epoch))
}

/// Matches a job of the worker, with so much of its bond free.
pub fn matched(number: u64, profile: ProfileKind, price: Balance, free_bond: Balance) -> JobId {
	let mut spec = order(7);
	spec.profile.kind = profile;
	let id = job(number, &spec);
	let (client, worker) = (account(CLIENT), account(WORKER));
	PoAi::matched(
		&id,
		MatchFacts {
			client: &client,
			worker: &worker,
			class: CLASS,
			price,
			free_bond,
			slots: 100,
		},
	);
	id
}

/// Takes the receipt of a matched job.
pub fn hand_in(number: u64, profile: ProfileKind) -> JobId {
	let mut spec = order(7);
	spec.profile.kind = profile;
	let id = job(number, &spec);
	let mut receipt = receipt(&id, &spec, &manifest());
	receipt.started += number * 1_000;
	assert_ok!(PoAi::accept_receipt(
		&account(WORKER),
		&id,
		&spec,
		&class(),
		&sign(receipt, 10)
	));
	id
}

/// A job with a receipt that every verifier draws, and its anchor.
pub fn received(number: u64, profile: ProfileKind) -> JobId {
	matched(number, profile, PRICE, 0);
	let id = hand_in(number, profile);
	blocks(2);
	id
}

/// A job of the tolerant profile that every verifier draws.
pub fn tolerant(number: u64) -> JobId {
	received(number, ProfileKind::SampledText)
}

/// A job of the exact profile that every verifier draws.
pub fn exact(number: u64) -> JobId {
	received(number, ProfileKind::Exact)
}

/// A verdict.
pub fn state(verifier: u8, job: JobId, outcome: Outcome) -> DispatchResult {
	PoAi::submit_verdict(signed(verifier), job, outcome, 5, H256::repeat_byte(6))
}

/// Uses the shipped thresholds.
pub fn calibrate() {
	let thresholds = shipped().expect("the shipped file is good");
	assert_ok!(PoAi::set_thresholds(RuntimeOrigin::root(), thresholds));
}

/// The committee of a case, once it is drawn.
pub fn members(case: H256) -> Vec<AccountId> {
	let case = PoAi::case(case).expect("the case is open");
	case.members
		.iter()
		.map(|member| member.who.clone())
		.collect()
}

fn salt(member: &AccountId) -> H256 {
	H256::from_slice(member.as_ref())
}

/// Commits a member to a vote.
pub fn commit_vote(case: H256, member: &AccountId, vote: Outcome) -> DispatchResult {
	let draw = PoAi::case(case).expect("the case is open").draw;
	let commitment = vote_commitment(&case, draw, member, vote, &salt(member));
	PoAi::commit_vote(RuntimeOrigin::signed(member.clone()), case, commitment)
}

/// Reveals a member's vote.
pub fn reveal_vote(case: H256, member: &AccountId, vote: Outcome) -> DispatchResult {
	PoAi::reveal_vote(
		RuntimeOrigin::signed(member.clone()),
		case,
		vote,
		salt(member),
	)
}

/// Waits for the committee of a case, votes in the order of its members, and waits for its end. `None`
/// does not vote. Returns the members.
pub fn vote(case: H256, votes: &[Option<Outcome>]) -> Vec<AccountId> {
	while members(case).is_empty() {
		next();
	}
	let members = members(case);
	assert_eq!(members.len(), votes.len());
	let cast = || {
		members
			.iter()
			.zip(votes)
			.filter_map(|(member, vote)| vote.map(|vote| (member, vote)))
	};
	for (member, vote) in cast() {
		assert_ok!(commit_vote(case, member, vote));
	}
	blocks(HALF + 1);
	for (member, vote) in cast() {
		assert_ok!(reveal_vote(case, member, vote));
	}
	blocks(HALF);
	members
}

/// The offenders of what was reported to be slashed since the last look, with the offence.
pub fn slashed() -> Vec<(AccountId, aci_market::Offence)> {
	Reported::take()
		.into_iter()
		.map(|report| (report.offender, report.offence))
		.collect()
}
