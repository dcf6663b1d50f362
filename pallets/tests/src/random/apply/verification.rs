//! Verifiers: seeds, verdicts, votes, canaries, challenges.

use super::{anybody, pick};
use crate::{
	orders::*,
	random::{
		operation::{Kind, Operation},
		play::Game,
	},
	runtime::*,
	world::*,
};
use aci_poai::selection::{canary_commitment, Canary};
use aci_primitives::{
	proof::Outcome::{self, Fail, Pass, Unavailable},
	traits::Bonds,
	AccountId, JobId, Role,
};
use pallet_aci_poai::{self as poai, Call, Phase, Sample};
use sp_core::H256;

fn epoch() -> u32 {
	pallet_aci_staking_slashing::Epoch::<Market>::get().index
}

/// The jobs with a receipt, with what sampling knows of them.
fn received() -> Vec<(JobId, Sample)> {
	let mut samples: Vec<(JobId, Sample)> = poai::Samples::<Market>::iter()
		.filter(|(_, sample)| sample.received.is_some())
		.collect();
	samples.sort_unstable_by_key(|(job, _)| *job);
	samples
}

fn epoch_of(sample: &Sample) -> u32 {
	sample.received.expect("it is received").epoch
}

/// How a member votes: most committees agree.
fn vote_on(case: &H256, member: &AccountId) -> Outcome {
	let [first, second, ..] = case.0;
	let common = match first % 4 {
		0 => Fail,
		1 => Unavailable,
		_ => Pass,
	};
	let bytes: &[u8; 32] = member.as_ref();
	match second.wrapping_add(bytes[0]) % 8 {
		0 => Fail,
		_ => common,
	}
}

fn vote(b: u32, game: &mut Game<'_>) {
	let mut cases: Vec<_> = poai::Cases::<Market>::iter().collect();
	cases.sort_unstable_by_key(|(id, _)| *id);
	for (id, case) in cases {
		let Phase::Voting { commit_until } = case.phase else {
			continue;
		};
		for (place, member) in case.members.iter().enumerate() {
			// Now and then one is away.
			if b >> (place % 8) & 15 == 15 {
				continue;
			}
			let who = &member.who;
			let outcome = vote_on(&id, who);
			let commits = System::block_number() <= commit_until;
			if commits && member.commitment.is_none() {
				let _ = game.call(signed(who), vote_call(id, who, outcome));
			} else if !commits && member.commitment.is_some() && member.vote.is_none() {
				let _ = game.call(signed(who), reveal_call(id, who, outcome));
			}
		}
	}
}

/// What verifiers do in most blocks.
pub fn work(operation: &Operation, game: &mut Game<'_>) {
	let Operation { a, b, c, .. } = *operation;
	let epoch = epoch();
	for (place, verifier) in verifiers().iter().enumerate() {
		if a >> (place % 8) & 3 == 3 {
			continue;
		}
		let bond = <StakingSlashing as Bonds>::bonded(verifier, Role::Verifier);
		if bond < VERIFIER_BOND {
			let call = pallet_aci_staking_slashing::Call::bond {
				role: Role::Verifier,
				amount: 10 * VERIFIER_BOND,
			};
			let _ = game.call(signed(verifier), call);
		}
		if !poai::Seeds::<Market>::contains_key(epoch + 1, verifier) {
			let _ = game.call(signed(verifier), seed_call(verifier));
		}
		let last = epoch.saturating_sub(1);
		let secret = poai::Seeds::<Market>::get(last, verifier).is_some_and(|s| s.seed.is_none());
		if secret && (b + place as u32).is_multiple_of(2) {
			let call = Call::reveal_seed {
				epoch: last,
				seed: seed(verifier, last),
			};
			let _ = game.call(signed(verifier), call);
		}
	}
	vote(b, game);
	let verifier = pick(&verifiers(), a).expect("there are verifiers");
	let gave = |job: &JobId| {
		let verdicts = PoAi::verdicts(*job);
		verdicts.iter().any(|verdict| verdict.verifier == verifier)
	};
	let open: Vec<_> = received()
		.into_iter()
		.filter(|(job, sample)| epoch_of(sample) + 1 >= epoch && !gave(job))
		.collect();
	if let Some((job, _)) = pick(&open, b) {
		let call = Call::submit_verdict {
			job,
			outcome: match c % 16 {
				0 | 1 => Fail,
				2 => Unavailable,
				_ => Pass,
			},
			statistic: i64::from(a),
			evidence_root: H256::from_low_u64_be(b.into()),
		};
		if c.is_multiple_of(3) {
			let _ = game.call(signed(&verifier), call);
		}
	}
}

/// A set of one canary.
fn canary(job: JobId) -> (H256, Vec<Canary>) {
	let canaries = vec![Canary { job, wrong: true }];
	let commitment = canary_commitment(&System::block_hash(0), &H256::zero(), &canaries);
	(commitment, canaries)
}

fn canaries(a: u32, game: &mut Game<'_>) {
	let client = pick(&clients(), a).expect("there are clients");
	if a.is_multiple_of(4) {
		let order = pallet_aci_jobs::LastOrder::<Market>::get(&client).unwrap_or_default() + 1;
		let spec = text();
		let (commitment, _) = canary(id(&client, order, &spec));
		let _ = game.call(RuntimeOrigin::root(), Call::commit_canaries { commitment });
		let call = pallet_aci_jobs::Call::submit { order, spec };
		let _ = game.call(signed(&client), call);
		return;
	}
	let committed = poai::CanarySets::<Market>::get();
	let known = |job: &JobId| committed.iter().any(|(set, _)| *set == canary(*job).0);
	let mut sets = received();
	sets.retain(|(job, _)| known(job));
	let over: Vec<_> = sets
		.iter()
		.filter(|(_, sample)| epoch_of(sample) < epoch())
		.cloned()
		.collect();
	let Some((job, _)) = pick(&over, a).or_else(|| pick(&sets, a)) else {
		return;
	};
	let call = Call::open_canaries {
		salt: H256::zero(),
		canaries: canary(job).1.try_into().expect("one"),
	};
	let _ = game.call(signed(&anybody(a)), call);
}

/// Verdicts that were not given, where the seed is known.
fn missing() -> Vec<(AccountId, JobId)> {
	received()
		.into_iter()
		.flat_map(|(job, sample)| {
			let epoch = epoch_of(&sample);
			let given = PoAi::verdicts(job);
			let reported = poai::MissingVerdicts::<Market>::get(job);
			verifiers()
				.into_iter()
				.filter(move |verifier| {
					let anchor = PoAi::anchor(sample.received.expect("received").block);
					let seed = PoAi::seed_record(epoch, verifier.clone()).and_then(|s| s.seed);
					let drawn = seed.zip(anchor).is_some_and(|(seed, anchor)| {
						aci_poai::selection::selected(&seed, &job, &anchor, sample.rate)
					});
					drawn
						&& !reported.contains(verifier)
						&& !given.iter().any(|verdict| verdict.verifier == *verifier)
				})
				.map(move |verifier| (verifier, job))
		})
		.collect()
}

/// Does an operation of this subject.
pub fn apply(operation: &Operation, game: &mut Game<'_>) {
	let Operation { kind, a, b, c } = *operation;
	match kind {
		Kind::Canaries => canaries(a, game),
		Kind::SetRules => {
			let mut rules = rules();
			// One in eight cannot be used.
			rules.ratio = u32::from(a % 8 > 0) * 70_000_000;
			let call = Call::set_verification_rules { rules };
			let _ = game.call(RuntimeOrigin::root(), call);
		}
		_ => match c % 4 {
			0 => {
				let Some((job, sample)) = pick(&received(), a) else {
					return;
				};
				let call = Call::challenge_delivery { job };
				let _ = game.call(signed(&sample.client), call);
			}
			1 | 2 => {
				let looked: Vec<(JobId, AccountId)> = received()
					.into_iter()
					.flat_map(|(job, _)| {
						PoAi::verdicts(job)
							.into_iter()
							.filter(|verdict| {
								let looked = verdict.outcome != Unavailable && !verdict.punished;
								looked && verdict.drawn.is_some()
							})
							.map(move |verdict| (job, verdict.verifier))
					})
					.collect();
				let Some((job, verifier)) = pick(&looked, a) else {
					return;
				};
				let call = Call::challenge_verdict { job, verifier };
				let _ = game.call(signed(&anybody(b)), call);
			}
			_ => {
				let Some((verifier, job)) = pick(&missing(), a) else {
					return;
				};
				let call = Call::report_missing_verdict { verifier, job };
				let _ = game.call(signed(&anybody(b)), call);
			}
		},
	}
}
