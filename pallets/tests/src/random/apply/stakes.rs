//! Bonds, delegations, slashes, rewards, session keys, what consensus and verifiers report.

use super::{anybody, mostly, pick, share};
use crate::{
	random::{
		operation::{Kind, Operation},
		play::Game,
	},
	runtime::*,
	world::*,
};
use aci_primitives::{traits::VerifierWork, AccountId, Balance, Role};
use codec::Encode;
use frame_support::traits::KeyOwnerProofSystem;
use pallet_aci_staking_slashing::{self as staking, Call, SlashId, SlashState};
use sp_runtime::{key_types::DUMMY, Perbill, Permill};
use sp_staking::offence::{Kind as OffenceKind, Offence, ReportOffence};

type Offender = (AccountId, staking::Exposure);

/// An equivocation in the present session.
struct Equivocation {
	session: u32,
	offenders: Vec<Offender>,
	tenths: u32,
}

impl Offence<Offender> for Equivocation {
	const ID: OffenceKind = *b"test:equivocate!";
	type Slot = u32;
	fn offenders(&self) -> Vec<Offender> {
		self.offenders.clone()
	}
	fn session_index(&self) -> u32 {
		self.session
	}
	fn validator_set_count(&self) -> u32 {
		2
	}
	fn slot(&self) -> u32 {
		self.session
	}
	fn slash_fraction(&self, offenders: u32) -> Perbill {
		Perbill::from_percent(10 * self.tenths * offenders)
	}
}

fn role(number: u32) -> Role {
	match number % 3 {
		0 => Role::Validator,
		1 => Role::Verifier,
		_ => Role::Worker,
	}
}

fn minimum(role: Role) -> Balance {
	match role {
		Role::Validator => VALIDATOR_BOND,
		Role::Verifier => VERIFIER_BOND,
		Role::Worker => bond_for(1),
	}
}

/// A bond: mostly one that has what is asked for.
fn ledger(number: u32, has: impl Fn(&staking::BondView) -> bool) -> (AccountId, Role) {
	let mut bonds: Vec<(AccountId, Role)> = staking::Ledgers::<Market>::iter()
		.map(|(who, role, _)| (who, role))
		.filter(|(who, role)| {
			StakingSlashing::ledger(who.clone(), *role).is_some_and(|bond| has(&bond))
		})
		.collect();
	bonds.sort_unstable_by_key(|(who, role)| (who.clone(), *role as u8));
	pick(&bonds, number).unwrap_or_else(|| (anybody(number), role(number)))
}

fn candidate(number: u32) -> AccountId {
	let mut candidates: Vec<AccountId> = staking::Candidates::<Market>::iter_keys().collect();
	candidates.sort_unstable();
	pick(&candidates, number).unwrap_or_else(|| anybody(number))
}

/// A delegation that has what is asked for.
fn delegation(
	number: u32,
	has: impl Fn(&staking::DelegationView) -> bool,
) -> Option<(AccountId, staking::DelegationView)> {
	let mut delegators: Vec<AccountId> = staking::DelegatedTo::<Market>::iter_keys().collect();
	delegators.sort_unstable();
	let fitting: Vec<_> = delegators
		.into_iter()
		.flat_map(|who| {
			let delegations = StakingSlashing::delegations_of(who.clone());
			delegations.into_iter().map(move |one| (who.clone(), one))
		})
		.filter(|(_, one)| has(one))
		.collect();
	pick(&fitting, number)
}

fn slash(number: u32, fits: impl Fn(&staking::PendingSlash) -> bool) -> Option<SlashId> {
	let mut slashes: Vec<SlashId> = staking::Slashes::<Market>::iter()
		.filter(|(_, slash)| fits(slash))
		.map(|(id, _)| id)
		.collect();
	slashes.sort_unstable();
	pick(&slashes, number)
}

fn equivocate(a: u32, b: u32, c: u32) {
	let validators = Session::validators();
	// One, or all of them.
	let chosen: Vec<AccountId> = match b % 2 {
		0 => validators,
		_ => pick(&validators, a).into_iter().collect(),
	};
	// Keys that were purged prove nothing.
	let offenders: Vec<Offender> = chosen
		.iter()
		.filter_map(|validator| {
			let key = keys(validator).dummy.encode();
			let proof = Historical::prove((DUMMY, &key[..]))?;
			Historical::check_proof((DUMMY, &key[..]), proof)
		})
		.collect();
	let offence = Equivocation {
		session: Session::current_index(),
		offenders,
		tenths: 1 + c % 3,
	};
	let reporters = (!c.is_multiple_of(4))
		.then(|| anybody(c))
		.into_iter()
		.collect();
	let _ = Offences::report_offence(reporters, offence);
}

/// Does an operation of this subject.
pub fn apply(operation: &Operation, game: &mut Game<'_>) {
	let Operation { kind, a, b, c } = *operation;
	let now = System::block_number();
	let result = match kind {
		Kind::Bond => {
			let role = role(b);
			let who = match role {
				Role::Validator => mostly(&validators(), a),
				_ => mostly(&workers(), a),
			};
			let amount = share(2 * minimum(role), c);
			game.call(signed(&who), Call::bond { role, amount })
		}
		Kind::Unbond => {
			let (who, role) = ledger(a, |bond| bond.active > 0);
			let (active, required) = StakingSlashing::ledger(who.clone(), role)
				.map_or((0, 0), |bond| (bond.active, bond.required));
			let amount = match b % 3 {
				0 => active,
				1 => active.saturating_sub(required.max(minimum(role))),
				_ => share(active, c),
			};
			game.call(signed(&who), Call::unbond { role, amount })
		}
		Kind::WithdrawUnbonded => {
			let (who, role) = ledger(a, |bond| {
				bond.unbonding.iter().any(|part| part.until <= now)
			});
			game.call(signed(&who), Call::withdraw_unbonded { role })
		}
		Kind::Rebond => {
			let (who, role) = ledger(a, |bond| !bond.unbonding.is_empty());
			let unbonding = StakingSlashing::ledger(who.clone(), role).map_or(0, |bond| {
				bond.unbonding.iter().map(|part| part.amount).sum()
			});
			let amount = share(unbonding, b);
			game.call(signed(&who), Call::rebond { role, amount })
		}
		Kind::CancelSlash => {
			let Some(id) = slash(a, |_| true) else {
				return;
			};
			game.call(RuntimeOrigin::root(), Call::cancel_slash { id })
		}
		Kind::ApplySlash => {
			// A block applies one slash: where two are due in one block, the other waits for a call.
			let crowded = slash(a, |one| {
				let together = |other: &staking::PendingSlash| other.applies_at == one.applies_at;
				let soon = (1..5).contains(&one.applies_at.saturating_sub(now));
				soon && staking::Slashes::<Market>::iter_values()
					.filter(together)
					.count() > 1
			});
			if let Some(slash) = crowded.and_then(staking::Slashes::<Market>::get) {
				while System::block_number() < slash.applies_at {
					next_block_after(BLOCK_TIME);
				}
				game.touched = true;
			}
			let now = System::block_number();
			let due = slash(a, |slash| slash.applies_at <= now);
			let early = || slash(a, |_| true).filter(|_| b % 8 == 0);
			let Some(id) = due.or_else(early) else {
				return;
			};
			game.call(signed(&anybody(b)), Call::apply_slash { id })
		}
		Kind::Appeal => {
			let Some(id) = slash(a, |slash| slash.state == SlashState::Pending) else {
				return;
			};
			let slash = staking::Slashes::<Market>::get(id).expect("it is pending");
			let call = Call::appeal {
				id,
				reason: Default::default(),
			};
			game.call(signed(&slash.offender), call)
		}
		Kind::Validate => {
			let commission = Permill::from_parts(b * 1_000);
			let call = Call::validate { commission };
			game.call(signed(&mostly(&validators(), a)), call)
		}
		Kind::Chill => game.call(signed(&candidate(a)), Call::chill {}),
		Kind::ForceChill => {
			let who = candidate(a);
			game.call(RuntimeOrigin::root(), Call::force_chill { who })
		}
		Kind::Delegate => {
			let call = Call::delegate {
				validator: mostly(&validators(), b),
				amount: MIN_DELEGATION / 2 + Balance::from(c) * 1_000,
			};
			game.call(signed(&mostly(&investors(), a)), call)
		}
		Kind::Undelegate => {
			let Some((who, one)) = delegation(a, |one| one.active > 0) else {
				return;
			};
			let call = Call::undelegate {
				validator: one.validator,
				amount: share(one.active, b),
			};
			game.call(signed(&who), call)
		}
		Kind::WithdrawUndelegated => {
			let matured =
				|one: &staking::DelegationView| one.unbonding.iter().any(|part| part.until <= now);
			let found = delegation(a, matured).or_else(|| delegation(a, |_| true));
			let Some((who, one)) = found else {
				return;
			};
			let call = Call::withdraw_undelegated {
				validator: one.validator,
			};
			game.call(signed(&who), call)
		}
		Kind::ClaimRewards => {
			let delegated = delegation(a, |one| one.owed > 0);
			let (who, validator) = match (b % 2, delegated) {
				(0, Some((who, one))) => (who, one.validator),
				_ => {
					let validator = mostly(&validators(), a);
					(validator.clone(), validator)
				}
			};
			game.call(signed(&who), Call::claim_rewards { validator })
		}
		Kind::Equivocate => return equivocate(a, b, c),
		Kind::VerifierWorks => {
			// No pallet reports verdicts yet: sampled verification will.
			let verifier = match b % 2 {
				0 => pauper(),
				_ => anybody(a),
			};
			<StakingSlashing as VerifierWork>::delivered(&verifier, 1 + Balance::from(c % 60));
			return;
		}
		Kind::SetKeys => {
			let who = mostly(&validators(), a);
			let call = pallet_session::Call::set_keys {
				keys: keys(&who),
				proof: Vec::new(),
			};
			let set = game.call(signed(&who), call);
			if set.is_ok() {
				game.book.keys_set(&who);
			}
			set
		}
		_ => {
			let who = mostly(&validators(), a);
			let purged = game.call(signed(&who), pallet_session::Call::purge_keys {});
			if purged.is_ok() {
				game.book.keys_purged(&who);
			}
			purged
		}
	};
	let _ = result;
}
