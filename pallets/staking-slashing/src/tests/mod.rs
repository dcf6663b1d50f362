//! Scenarios, each named after what it shows. [`crate::mock::run`] checks the invariants before and
//! after each.

mod appeal;
mod bond;
mod broken;
mod delegate;
mod election;
mod genesis;
mod invariants;
mod offences;
mod pots;
mod quality;
mod require;
mod rewards;
mod slash;
mod unbond;
mod verifiers;
mod yields;

use crate::{mock::*, BondView, HoldReason, SlashId, Unbonding};
use aci_market::Offence;
use aci_primitives::{
	traits::{Bonds, Claim, SlashReport, Slasher},
	AccountId, Balance, Role,
};
use frame_support::traits::fungible::{Inspect, InspectHold};
use sp_core::H256;
use sp_runtime::{DispatchResult, Permill};

fn signed(who: &AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(who.clone())
}

fn bond(who: &AccountId, role: Role, amount: Balance) -> DispatchResult {
	StakingSlashing::bond(signed(who), role, amount)
}

fn unbond(who: &AccountId, role: Role, amount: Balance) -> DispatchResult {
	StakingSlashing::unbond(signed(who), role, amount)
}

fn withdraw(who: &AccountId, role: Role) -> DispatchResult {
	StakingSlashing::withdraw_unbonded(signed(who), role)
}

fn rebond(who: &AccountId, role: Role, amount: Balance) -> DispatchResult {
	StakingSlashing::rebond(signed(who), role, amount)
}

fn cancel(id: SlashId) -> DispatchResult {
	StakingSlashing::cancel_slash(RuntimeOrigin::root(), id)
}

fn require(who: &AccountId, role: Role, amount: Balance) -> DispatchResult {
	<StakingSlashing as Bonds>::require(who, role, amount)
}

/// Slashes a worker's bond.
fn slash(who: &AccountId, offence: Offence, reporter: Option<AccountId>) -> Balance {
	<StakingSlashing as Slasher>::slash(SlashReport {
		offender: who.clone(),
		role: Role::Worker,
		offence,
		evidence: H256::repeat_byte(7),
		reporter,
		victim: None,
	})
}

fn held(reason: HoldReason, who: &AccountId) -> Balance {
	Balances::balance_on_hold(&reason.into(), who)
}

fn balance(who: &AccountId) -> Balance {
	<Balances as Inspect<AccountId>>::balance(who)
}

/// Reports a worker's wrong output that cost a client something.
fn wrong(who: &AccountId, job: u8, client: &AccountId, amount: Balance) -> Balance {
	report(who, Offence::WrongOutput, job, client, amount)
}

/// Reports a worker's offence that cost a client something.
fn report(
	who: &AccountId,
	offence: Offence,
	job: u8,
	client: &AccountId,
	amount: Balance,
) -> Balance {
	<StakingSlashing as Slasher>::slash(SlashReport {
		offender: who.clone(),
		role: Role::Worker,
		offence,
		evidence: H256::repeat_byte(job),
		reporter: None,
		victim: Some(Claim {
			client: client.clone(),
			job: H256::repeat_byte(job),
			class: 0,
			amount,
		}),
	})
}

/// Bonds for the role of a validator and becomes a candidate.
fn validate(who: &AccountId, bonded: Balance, percent: u32) {
	bond(who, Role::Validator, bonded).expect("the account has that much");
	StakingSlashing::validate(signed(who), Permill::from_percent(percent))
		.expect("there is room for a candidate");
}

fn delegate(who: &AccountId, validator: &AccountId, amount: Balance) -> DispatchResult {
	StakingSlashing::delegate(signed(who), validator.clone(), amount)
}

fn undelegate(who: &AccountId, validator: &AccountId, amount: Balance) -> DispatchResult {
	StakingSlashing::undelegate(signed(who), validator.clone(), amount)
}

fn withdraw_undelegated(who: &AccountId, validator: &AccountId) -> DispatchResult {
	StakingSlashing::withdraw_undelegated(signed(who), validator.clone())
}

fn claim(who: &AccountId, validator: &AccountId) -> DispatchResult {
	StakingSlashing::claim_rewards(signed(who), validator.clone())
}

fn apply(id: SlashId) -> DispatchResult {
	StakingSlashing::apply_slash(signed(&account(4)), id)
		.map(|_| ())
		.map_err(|error| error.error)
}

/// A worker's bond as a wallet sees it; empty where there is none.
fn worker(who: &AccountId) -> BondView {
	StakingSlashing::ledger(who.clone(), Role::Worker).unwrap_or(BondView {
		active: 0,
		required: 0,
		unbonding: Vec::new(),
		eligible: false,
	})
}
