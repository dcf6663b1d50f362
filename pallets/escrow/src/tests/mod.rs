//! Scenarios, each named after what it shows. [`crate::mock::run`] checks the invariants before and
//! after each.

mod claim;
mod deposit;
mod genesis;
mod invariants;
mod lock;
mod settle;
mod withdraw;

use crate::{mock::*, HoldReason};
use aci_primitives::{
	traits::{JobEscrow, Payee, Release, Settlement},
	AccountId, Balance, JobId,
};
use frame_support::traits::fungible::{Inspect, InspectHold};
use sp_runtime::DispatchResult;

/// A client's hold under a reason.
fn held(reason: HoldReason, who: &AccountId) -> Balance {
	Balances::balance_on_hold(&reason.into(), who)
}

/// A client's spendable balance.
fn balance(who: &AccountId) -> Balance {
	<Balances as Inspect<AccountId>>::balance(who)
}

fn lock(client: &AccountId, job: JobId, amount: Balance) -> DispatchResult {
	<Escrow as JobEscrow>::lock(client, &job, amount)
}

fn release(job: JobId, payments: &[(Payee, Balance)]) -> Release {
	Release {
		job,
		payments: payments.to_vec(),
	}
}

fn settle(batch: &[Release]) -> DispatchResult {
	<Escrow as Settlement>::settle(batch)
}

fn deposit(who: &AccountId, amount: Balance) -> DispatchResult {
	Escrow::deposit(RuntimeOrigin::signed(who.clone()), amount)
}
