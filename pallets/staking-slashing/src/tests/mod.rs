//! Scenarios, each named after what it shows. [`crate::mock::run`] checks the invariants before and
//! after each.

mod bond;
mod genesis;
mod invariants;
mod quality;
mod require;
mod slash;
mod unbond;

use crate::{mock::*, BondView, HoldReason, SlashId, Unbonding};
use aci_market::Offence;
use aci_primitives::{
	traits::{Bonds, SlashReport, Slasher},
	AccountId, Balance, Role,
};
use frame_support::traits::fungible::{Inspect, InspectHold};
use sp_core::H256;
use sp_runtime::DispatchResult;

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

/// A worker's bond as a wallet sees it; empty where there is none.
fn worker(who: &AccountId) -> BondView {
	StakingSlashing::ledger(who.clone(), Role::Worker).unwrap_or(BondView {
		active: 0,
		required: 0,
		unbonding: Vec::new(),
		eligible: false,
	})
}
