//! How an operation acts: its numbers choose mostly what fits the state, now and then anything.
//! Whether it is accepted is the pallets' to say.

mod escrow;
mod jobs;
mod market;
mod proof;
mod stakes;
mod verification;

use super::{
	operation::{Kind, Operation},
	play::Game,
};
use crate::{runtime::*, world::*};
use aci_primitives::{AccountId, Balance};

/// One of some things, if there are any.
fn pick<T: Clone>(things: &[T], number: u32) -> Option<T> {
	things.get(number as usize % things.len().max(1)).cloned()
}

/// Anybody, with the account that may have nothing.
fn anybody(number: u32) -> AccountId {
	let mut all = rich();
	all.push(pauper());
	pick(&all, number).expect("there are accounts")
}

/// One of a role; one in eight times anybody.
fn mostly(role: &[AccountId], number: u32) -> AccountId {
	match number % 8 {
		7 => anybody(number / 8),
		_ => pick(role, number).expect("a role has accounts"),
	}
}

/// A share of a whole, in thousandths; often all of it.
fn share(whole: Balance, thousandths: u32) -> Balance {
	match thousandths % 4 {
		0 => whole,
		_ => whole * Balance::from(thousandths) / 1_000,
	}
}

/// Does an operation.
pub fn apply(operation: &Operation, game: &mut Game<'_>) {
	// These are no calls, so whether they changed anything is not known.
	game.touched |= matches!(
		operation.kind,
		Kind::NextBlock
			| Kind::Convict
			| Kind::ConvictAll
			| Kind::SpendBudget
			| Kind::Equivocate
			| Kind::VerifierWorks
			| Kind::SplitSlice
			| Kind::MergeSlice
	);
	match operation.kind {
		Kind::NextBlock => {
			if operation.b % 8 < 5 {
				jobs::work(operation, game);
			}
			if !operation.c.is_multiple_of(4) {
				verification::work(operation, game);
			}
			match operation.a % 16 {
				// A stalled chain, and a rushed block.
				0 => next_block_after(30_000),
				1 => next_block_after(10),
				_ => next_block_after(BLOCK_TIME),
			}
		}
		Kind::Submit
		| Kind::SubmitReserved
		| Kind::Cancel
		| Kind::Acknowledge
		| Kind::Decline
		| Kind::SubmitResult
		| Kind::Poke
		| Kind::Dispute
		| Kind::Decide
		| Kind::Convict
		| Kind::ConvictAll
		| Kind::RegisterWorker
		| Kind::UpdateWorker
		| Kind::SetActive
		| Kind::Deregister => jobs::apply(operation, game),
		Kind::Deposit
		| Kind::Withdraw
		| Kind::Claim
		| Kind::ClaimFor
		| Kind::OpenBudget
		| Kind::CloseBudget
		| Kind::SpendBudget
		| Kind::Transfer => escrow::apply(operation, game),
		Kind::CreateClass
		| Kind::SetClass
		| Kind::SetPrice
		| Kind::Provide
		| Kind::BeginWithdrawal
		| Kind::CancelWithdrawal
		| Kind::WithdrawLiquidity
		| Kind::Buy
		| Kind::SellBack
		| Kind::SplitSlice
		| Kind::MergeSlice => market::apply(operation, game),
		Kind::RegisterModel
		| Kind::RemoveModel
		| Kind::Attest
		| Kind::MoveGpu
		| Kind::ReportSybil
		| Kind::AllowMeasurement
		| Kind::RevokeMeasurement
		| Kind::Suspend
		| Kind::Unsuspend
		| Kind::Collateral
		| Kind::Policy
		| Kind::Serials
		| Kind::SuspendExpired
		| Kind::Recheck
		| Kind::SetThresholds => proof::apply(operation, game),
		Kind::Canaries | Kind::Challenge | Kind::SetRules => verification::apply(operation, game),
		_ => stakes::apply(operation, game),
	}
}
