//! Scenarios, each named after what it shows. [`crate::mock::run`] checks the invariants before and
//! after each.

mod budget;
mod claim;
mod deposit;
mod genesis;
mod invariants;
mod lease;
mod lock;
mod model;
mod pots;
mod prepayment;
mod settle;
mod spend;
mod withdraw;

use crate::{mock::*, HoldReason};
use aci_primitives::{
	traits::{Budgets, JobEscrow, Payee, Pot, Pots, Prepayments, Release, Settlement},
	AccountId, Balance, JobId, ReservationId,
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

fn prepay(owner: &AccountId, id: ReservationId, amount: Balance) -> DispatchResult {
	<Escrow as Prepayments>::prepay(owner, id, amount)
}

fn lock_prepaid(
	client: &AccountId,
	id: ReservationId,
	job: JobId,
	amount: Balance,
) -> DispatchResult {
	<Escrow as Prepayments>::lock_prepaid(client, id, &job, amount)
}

fn open_budget(who: &AccountId, number: u8, amount: Balance) -> DispatchResult {
	Escrow::open_budget(RuntimeOrigin::signed(who.clone()), home(number), amount)
}

fn close_budget(who: &AccountId, number: u8) -> DispatchResult {
	Escrow::close_budget(RuntimeOrigin::signed(who.clone()), home(number))
}

fn withdraw(who: &AccountId, amount: Balance) -> DispatchResult {
	Escrow::withdraw(RuntimeOrigin::signed(who.clone()), amount)
}

fn reduce(job: JobId, remaining: Balance) -> DispatchResult {
	<Escrow as JobEscrow>::reduce(&job, remaining)
}
