//! Random sequences of all calls and traits. After each step the invariants hold, the pallet agrees
//! with the model, and what is refused has changed nothing.

use super::{
	model::{any_home, Model, JOBS},
	*,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

type Payments = Vec<(u8, Balance)>;

#[derive(Clone, Debug)]
enum Operation {
	Advance(u8),
	Deposit(u8, Balance),
	Withdraw(u8, Balance),
	/// By the number of the waiting credit.
	Claim(u8),
	/// By the number of the waiting credit; above 9 it is the account of the payee ten lower.
	ClaimFor(u8),
	Lock(u8, u64, Balance),
	/// By the number of the lock; above 15 it is a job that was never locked.
	Reduce(u8, Balance),
	/// By the numbers of the locks; beyond the last it is the number of the job.
	Settle(Vec<(u8, Payments)>),
	/// Above 9 to the account of a waiting credit.
	Transfer(u8, u8, Balance),
	Prepay(u8, ReservationId, Balance),
	/// The owner of the prepayment locks if the first number is zero.
	LockPrepaid(u8, ReservationId, u64, Balance),
	EndPrepayment(ReservationId, Balance),
	OpenBudget(u8, u8, Balance),
	/// By the number of the budget; above 99 it is the chain's.
	CloseBudget(u8),
	Spend(u8, Payments, Payments),
	PayIn(u8, u8, Balance),
	PayOut(u8, Payments),
}

/// Payees 0 to 3 are the pots and the burn; the others are accounts, most of them empty.
fn payee(number: u8) -> Payee {
	match number {
		0 => Payee::Validators,
		1 => Payee::Verifiers,
		2 => Payee::Fund(0),
		3 => Payee::Burn,
		other => Payee::Account(account(other - 3)),
	}
}

fn pot(number: u8) -> Pot {
	match number {
		0 => Pot::Validators,
		1 => Pot::Verifiers,
		_ => Pot::Fund(0),
	}
}

fn amount() -> impl Strategy<Value = Balance> {
	prop_oneof![
		12 => 0..300 as Balance,
		2 => 0..START,
		1 => START - EXISTENTIAL_DEPOSIT - 2..START + 2,
		1 => Just(Balance::MAX),
	]
}

/// Amounts that are a small part of most others, or any.
fn part() -> impl Strategy<Value = Balance> {
	prop_oneof![6 => 0..60 as Balance, 1 => amount()]
}

/// The `number`th of what there is, so that most operations mean something that exists; beyond the
/// last it is counted on from the first.
fn nth<K: Clone, V>(number: u8, of: &BTreeMap<K, V>) -> Option<K> {
	let position = usize::from(number).checked_rem(of.len())?;
	of.keys().nth(position).cloned()
}

fn operation() -> impl Strategy<Value = Operation> {
	let who = || 1u8..5;
	let job = || 0u64..JOBS;
	let id = || 0u64..3;
	let home = || 0u8..5;
	let to = || prop::collection::vec((0u8..12, 0..90 as Balance), 0..5);
	let prepaid = prop_oneof![3 => 0..2_000 as Balance, 1 => amount()];
	let lockers = prop_oneof![4 => Just(0u8), 1 => who()];
	let accounts = || prop::collection::vec((1u8..9, 0..200 as Balance), 0..4);
	prop_oneof![
		4 => (1u8..12).prop_map(Operation::Advance),
		3 => (who(), amount()).prop_map(|(who, amount)| Operation::Deposit(who, amount)),
		2 => (who(), amount()).prop_map(|(who, amount)| Operation::Withdraw(who, amount)),
		2 => (0u8..9).prop_map(Operation::Claim),
		3 => (0u8..19).prop_map(Operation::ClaimFor),
		4 => (who(), job(), amount()).prop_map(|(who, job, amount)| {
			Operation::Lock(who, job, amount)
		}),
		3 => (0u8..20, part()).prop_map(|(number, amount)| Operation::Reduce(number, amount)),
		4 => prop::collection::vec((0u8..8, to()), 0..4).prop_map(Operation::Settle),
		4 => (who(), 1u8..19, amount()).prop_map(|(from, to, amount)| {
			Operation::Transfer(from, to, amount)
		}),
		4 => (who(), id(), prepaid).prop_map(|(who, id, amount)| {
			Operation::Prepay(who, id, amount)
		}),
		6 => (lockers, id(), job(), part()).prop_map(|(who, id, job, amount)| {
			Operation::LockPrepaid(who, id, job, amount)
		}),
		2 => (id(), part()).prop_map(|(id, refund)| Operation::EndPrepayment(id, refund)),
		5 => (who(), home(), amount()).prop_map(|(who, home, amount)| {
			Operation::OpenBudget(who, home, amount)
		}),
		3 => (0u8..110).prop_map(Operation::CloseBudget),
		5 => (home(), accounts(), to()).prop_map(|(home, debits, payments)| {
			Operation::Spend(home, debits, payments)
		}),
		2 => (who(), 0u8..3, amount()).prop_map(|(who, pot, amount)| {
			Operation::PayIn(who, pot, amount)
		}),
		3 => (0u8..3, accounts()).prop_map(|(pot, payments)| Operation::PayOut(pot, payments)),
	]
}

/// The owner of a credit that waits: one that can take it, if there is one.
fn waiting(number: u8, model: &Model) -> Option<AccountId> {
	let mut able = model.waiting.clone();
	able.retain(|who, _| balance(who) > 0);
	nth(number, &able).or(nth(number, &model.waiting))
}

fn to_payees(payments: Payments) -> Vec<(Payee, Balance)> {
	let pay = |(to, amount)| (payee(to), amount);
	payments.into_iter().map(pay).collect()
}

fn to_accounts(payments: Payments) -> Vec<(AccountId, Balance)> {
	let pay = |(to, amount)| (account(to), amount);
	payments.into_iter().map(pay).collect()
}

/// Debits of accounts, and payments.
type Spend = (Vec<(AccountId, Balance)>, Vec<(Payee, Balance)>);

/// Debits of clients and payments that are often their sum: the last payment is what is missing.
fn balanced(debits: Payments, payments: Payments) -> Spend {
	let debits = to_accounts(
		debits
			.into_iter()
			.map(|(who, sum)| (1 + who % 4, sum))
			.collect(),
	);
	let mut payments = to_payees(payments);
	let mut rest = debits.iter().map(|(_, amount)| *amount).sum::<Balance>();
	for (_, amount) in &mut payments {
		*amount = rest.min(*amount);
		rest -= *amount;
	}
	if let Some((_, last)) = payments.last_mut() {
		*last += rest;
	}
	(debits, payments)
}

fn settle_all(releases: &[(u64, Vec<(Payee, Balance)>)]) -> DispatchResult {
	let releases = releases
		.iter()
		.map(|(number, payments)| release(job(*number), payments))
		.collect::<Vec<_>>();
	settle(&releases)
}

/// Does the same in the pallet and in the model.
fn execute(operation: Operation, model: &mut Model) -> (DispatchResult, Option<()>) {
	let signed = |who| RuntimeOrigin::signed(account(who));
	match operation {
		Operation::Advance(blocks) => {
			model.block += u32::from(blocks);
			System::set_block_number(model.block.into());
			(Ok(()), Some(()))
		}
		Operation::Deposit(who, amount) => {
			let who = account(who);
			(deposit(&who, amount), model.deposit(&who, amount))
		}
		Operation::Withdraw(who, amount) => {
			let owner = nth(who, &model.free);
			let who = owner.unwrap_or(account(who));
			(withdraw(&who, amount), model.withdraw(&who, amount))
		}
		Operation::Claim(number) => {
			let who = waiting(number, model).unwrap_or(account(1));
			let claimed = Escrow::claim(RuntimeOrigin::signed(who.clone()));
			(claimed, model.claim(&who))
		}
		Operation::ClaimFor(number) => {
			let who = match number.checked_sub(10) {
				None => waiting(number, model),
				Some(to) => Escrow::payee_account(&payee(to)),
			};
			let who = who.unwrap_or(Escrow::account());
			let claimed = Escrow::claim_for(signed(2), who.clone());
			(claimed, model.claim(&who))
		}
		Operation::Lock(who, number, amount) => {
			let who = account(who);
			let locked = lock(&who, job(number), amount);
			(locked, model.lock(&who, number, amount))
		}
		Operation::Reduce(number, amount) => {
			let known = nth(number, &model.locks).filter(|_| number < 16);
			let number = known.unwrap_or(99);
			(reduce(job(number), amount), model.reduce(number, amount))
		}
		Operation::Settle(releases) => {
			let exists = |number: &u8| model.locks.len() > usize::from(*number);
			let releases = releases
				.into_iter()
				.map(|(number, payments)| {
					let known = nth(number, &model.locks).filter(|_| exists(&number));
					(known.unwrap_or(number.into()), to_payees(payments))
				})
				.collect::<Vec<_>>();
			(settle_all(&releases), model.settle(&releases))
		}
		// Kept above the existential deposit: the dust of plain transfers is not ours to count.
		Operation::Transfer(from, to, amount) => {
			let amount = amount.max(1);
			let waiting = to.checked_sub(10).and_then(|to| nth(to, &model.waiting));
			let to = waiting.unwrap_or(account(1 + to % 9));
			let sent = Balances::transfer_keep_alive(signed(from), to.clone(), amount);
			(sent, model.transfer(&account(from), &to, amount))
		}
		Operation::Prepay(who, id, amount) => {
			let who = account(who);
			(prepay(&who, id, amount), model.prepay(&who, id, amount))
		}
		Operation::LockPrepaid(who, id, number, amount) => {
			let owner = model.prepayments.get(&id).filter(|_| who == 0);
			let who = owner.map_or(account(who), |prepayment| prepayment.0.clone());
			let locked = lock_prepaid(&who, id, job(number), amount);
			(locked, model.lock_prepaid(&who, id, number, amount))
		}
		Operation::EndPrepayment(id, refund) => {
			let ended = <Escrow as Prepayments>::end_prepayment(id, refund);
			(ended.map(|_| ()), model.end_prepayment(id, refund))
		}
		Operation::OpenBudget(who, number, amount) => {
			let opened = Escrow::open_budget(signed(who), any_home(number), amount);
			(opened, model.open_budget(&account(who), number, amount))
		}
		Operation::CloseBudget(number) => {
			let budget = nth(number, &model.budgets).filter(|_| number < 100);
			let (who, number) = budget.unwrap_or((account(1), 0));
			let signed = RuntimeOrigin::signed(who.clone());
			let closed = Escrow::close_budget(signed, any_home(number));
			(closed, model.close_budget(&who, number))
		}
		Operation::Spend(number, debits, payments) => {
			let (debits, payments) = balanced(debits, payments);
			let spent = <Escrow as Budgets>::spend(&any_home(number), &debits, &payments);
			(spent, model.spend(number, &debits, &payments))
		}
		Operation::PayIn(who, number, amount) => {
			let paid = <Escrow as Pots>::pay_in(&account(who), pot(number), amount);
			(paid, model.pay_in(&account(who), pot(number), amount))
		}
		Operation::PayOut(number, payments) => {
			let payments = to_accounts(payments);
			let paid = <Escrow as Pots>::pay_out(pot(number), &payments);
			(paid, model.pay_out(pot(number), &payments))
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

	#[test]
	fn random_sequences_agree_with_the_model_and_keep_every_holds_equation(
		operations in prop::collection::vec(operation(), 40..100),
	) {
		run(|| {
			let mut model = Model::new();
			for operation in operations {
				let before = sp_io::storage::root(sp_core::storage::StateVersion::V1);
				let mut next = model.clone();
				// As a block executes a call: in a storage layer.
				let mut expected = None;
				let result = frame_support::storage::with_storage_layer(|| {
					let (result, expectation) = execute(operation.clone(), &mut next);
					expected = expectation;
					result
				});
				assert_eq!(result.is_ok(), expected.is_some(), "{operation:?}: {result:?}");
				if result.is_ok() {
					model = next;
				} else {
					let after = sp_io::storage::root(sp_core::storage::StateVersion::V1);
					assert_eq!(before, after, "{operation:?}");
				}
				check();
				model.compare();
			}
			// Every lock, prepayment and budget can still be ended, and all comes back.
			for number in 0..JOBS {
				if Escrow::lock(job(number)).is_some() {
					settle(&[release(job(number), &[])]).expect("a full refund never fails");
				}
			}
			for id in 0..3 {
				if let Some(left) = Escrow::prepaid(id) {
					let ended = <Escrow as Prepayments>::end_prepayment(id, left.amount);
					assert_eq!(ended, Ok(0));
				}
			}
			System::set_block_number(1_000);
			for client in (1..5).map(account) {
				for budget in Escrow::budgets_of(client.clone()) {
					let origin = RuntimeOrigin::signed(client.clone());
					Escrow::close_budget(origin, budget.home).expect("its lease has ended");
				}
				for reason in [HoldReason::Job, HoldReason::Prepaid, HoldReason::Budget] {
					assert_eq!(held(reason, &client), 0);
				}
			}
			check();
		});
	}

	#[test]
	fn a_batch_fails_only_for_a_missing_lock_or_for_excess(
		locks in prop::collection::vec((1u8..4, 0..500 as Balance), 8),
		releases in prop::collection::vec(
			(0u64..9, prop::collection::vec((0u8..12, 0..300 as Balance), 0..4)),
			0..6,
		),
	) {
		run(|| {
			let mut open = BTreeMap::new();
			for (number, (client, amount)) in locks.into_iter().enumerate() {
				lock(&account(client), job(number as u64), amount).expect("the client has enough");
				open.insert(number as u64, amount);
			}
			let releases = releases
				.into_iter()
				.map(|(number, payments)| (number, to_payees(payments)))
				.collect::<Vec<_>>();
			let legal = releases.iter().all(|(number, payments)| {
				let sum = payments.iter().map(|(_, amount)| *amount).sum::<Balance>();
				open.remove(number).is_some_and(|locked| sum <= locked)
			});
			let result = settle_all(&releases);
			assert_eq!(result.is_ok(), legal, "{result:?}");
		});
	}

	#[test]
	fn a_spend_fails_only_for_a_budget_that_is_too_small_or_for_different_sums(
		budgets in prop::collection::vec(100..500 as Balance, 3),
		debits in prop::collection::vec((1u8..4, 0..300 as Balance), 0..6),
		payments in prop::collection::vec((0u8..12, 0..300 as Balance), 0..6),
		skew in prop_oneof![3 => Just(0), 1 => 1..3 as Balance],
	) {
		run(|| {
			for (client, amount) in (1..4).zip(&budgets) {
				open_budget(&account(client), 1, *amount).expect("the client has enough");
			}
			let debits = to_accounts(debits);
			let (_, mut payments) = balanced(vec![], payments);
			let sum = debits.iter().map(|(_, amount)| *amount).sum::<Balance>();
			payments.push((Payee::Account(account(60)), sum + skew));
			let covered = (1..4).zip(&budgets).all(|(client, budget)| {
				let of_client = debits.iter().filter(|(who, _)| *who == account(client));
				of_client.map(|(_, amount)| *amount).sum::<Balance>() <= *budget
			});
			let result = <Escrow as Budgets>::spend(&home(1), &debits, &payments);
			assert_eq!(result.is_ok(), covered && skew == 0, "{result:?}");
		});
	}
}
