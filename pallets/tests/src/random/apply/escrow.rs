//! Free escrow, credits, budgets, transfers.

use super::{anybody, mostly, pick, share};
use crate::{
	random::{
		operation::{Kind, Operation},
		play::Game,
	},
	runtime::*,
	world::*,
};
use aci_primitives::{
	job::Home,
	traits::{Budgets, Payee},
	AccountId, Balance, BlockNumber,
};
use frame_support::traits::fungible::Inspect;
use pallet_aci_escrow::Call;
use sp_runtime::DispatchResult;

fn home(number: u32) -> Home {
	match number % 8 {
		7 => Home::Chain,
		_ => Home::Validator(pick(&validators(), number).expect("there are validators")),
	}
}

fn transfer(
	game: &mut Game<'_>,
	from: &AccountId,
	to: &AccountId,
	amount: Balance,
) -> DispatchResult {
	let call = pallet_balances::Call::transfer_allow_death {
		dest: to.clone(),
		value: amount,
	};
	let moved = game.call(signed(from), call);
	if moved.is_ok() {
		game.book.transferred(from, to, amount);
	}
	moved
}

/// An account that can claim, if there is one, or the one that may have nothing; now and then any.
fn claimant(number: u32) -> AccountId {
	let mut waiting: Vec<AccountId> = pallet_aci_escrow::Claimable::<Market>::iter()
		.filter(|(who, amount)| {
			let balance = <Balances as Inspect<AccountId>>::balance(who);
			*who == pauper() || number % 8 == 7 || balance + amount >= EXISTENTIAL_DEPOSIT
		})
		.map(|(who, _)| who)
		.collect();
	waiting.sort_unstable();
	pick(&waiting, number).unwrap_or_else(|| anybody(number))
}

/// The same; the account is mostly given something first that makes it live.
fn live_claimant(number: u32, game: &mut Game<'_>) -> AccountId {
	let who = claimant(number);
	if who == pauper() && !number.is_multiple_of(4) {
		let _ = transfer(game, &clients()[0], &who, 10_000);
	}
	who
}

/// A client with a budget, and the budget's home; mostly one whose lease has ended.
fn budget(number: u32) -> Option<(AccountId, Home)> {
	let now: BlockNumber = System::block_number();
	let mut budgets: Vec<(AccountId, Home, bool)> =
		pallet_aci_escrow::HomeBudgets::<Market>::iter()
			.flat_map(|(who, budgets)| {
				budgets
					.into_iter()
					.map(move |budget| (who.clone(), budget.home, budget.until <= now))
			})
			.collect();
	budgets.sort_unstable_by(|one, other| one.0.cmp(&other.0));
	let ended: Vec<_> = budgets.iter().filter(|budget| budget.2).cloned().collect();
	let from = if ended.is_empty() { &budgets } else { &ended };
	pick(from, number).map(|(who, home, _)| (who, home))
}

/// Does an operation of this subject.
pub fn apply(operation: &Operation, game: &mut Game<'_>) {
	let Operation { kind, a, b, c } = *operation;
	let result = match kind {
		Kind::Deposit => {
			let who = mostly(&clients(), a);
			let amount = u128::from(b) * u128::from(c) * 10;
			game.call(signed(&who), Call::deposit { amount })
		}
		Kind::Withdraw => {
			let mut owners: Vec<AccountId> =
				pallet_aci_escrow::Free::<Market>::iter_keys().collect();
			owners.sort_unstable();
			let who = pick(&owners, a).unwrap_or_else(|| anybody(a));
			let amount = share(Escrow::free(who.clone()), b);
			game.call(signed(&who), Call::withdraw { amount })
		}
		Kind::Claim => {
			let who = live_claimant(a, game);
			game.call(signed(&who), Call::claim {})
		}
		Kind::ClaimFor => {
			let who = live_claimant(a, game);
			game.call(signed(&anybody(b)), Call::claim_for { who })
		}
		Kind::OpenBudget => {
			let call = Call::open_budget {
				home: home(b),
				amount: u128::from(c) * 1_000,
			};
			game.call(signed(&mostly(&clients(), a)), call)
		}
		Kind::CloseBudget => {
			let Some((who, home)) = budget(a) else {
				return;
			};
			game.call(signed(&who), Call::close_budget { home })
		}
		Kind::SpendBudget => {
			let Some((client, home)) = budget(a) else {
				return;
			};
			let amount = share(<Escrow as Budgets>::budget(&home, &client), b);
			let (payee, burned) = (anybody(c), amount / 10);
			let paid = amount - burned;
			let payments = [(Payee::Account(payee.clone()), paid), (Payee::Burn, burned)];
			let debits = [(client.clone(), amount)];
			let spent = <Escrow as Budgets>::spend(&home, &debits, &payments);
			if spent.is_ok() {
				game.book.spent(&client, &payee, paid, burned);
			}
			spent
		}
		_ => {
			// To the account that may have nothing, or all of it away, so that it may be reaped.
			let (from, to, amount) = match b % 4 {
				0 => (mostly(&clients(), a), pauper(), u128::from(c)),
				1 => (mostly(&clients(), a), pauper(), 10_000),
				_ => {
					let all = <Balances as Inspect<AccountId>>::balance(&pauper());
					(pauper(), mostly(&clients(), a), all)
				}
			};
			transfer(game, &from, &to, amount)
		}
	};
	let _ = result;
}
