//! Random sequences of operations. After each the invariants hold, and what is refused changes
//! nothing.

use super::*;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Operation {
	Deposit(u8, Balance),
	Withdraw(u8, Balance),
	Claim(u8),
	Lock(u8, u64, Balance),
	Reduce(u64, Balance),
	Settle(Vec<(u64, Vec<(u8, Balance)>)>),
	Transfer(u8, u8, Balance),
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

fn amount() -> impl Strategy<Value = Balance> {
	prop_oneof![
		4 => 0..300 as Balance,
		3 => 0..START,
		1 => START - EXISTENTIAL_DEPOSIT - 2..START + 2,
		1 => Just(Balance::MAX),
	]
}

fn operation() -> impl Strategy<Value = Operation> {
	let who = || 1u8..6;
	let number = || 0u64..8;
	let payments = prop::collection::vec((0u8..9, 0..400 as Balance), 0..5);
	prop_oneof![
		2 => (who(), amount()).prop_map(|(who, amount)| Operation::Deposit(who, amount)),
		2 => (who(), amount()).prop_map(|(who, amount)| Operation::Withdraw(who, amount)),
		1 => who().prop_map(Operation::Claim),
		5 => (who(), number(), amount()).prop_map(|(who, job, amount)| {
			Operation::Lock(who, job, amount)
		}),
		2 => (number(), amount()).prop_map(|(job, amount)| Operation::Reduce(job, amount)),
		4 => prop::collection::vec((number(), payments), 0..4).prop_map(Operation::Settle),
		2 => (who(), who(), amount()).prop_map(|(from, to, amount)| {
			Operation::Transfer(from, to, amount)
		}),
	]
}

fn execute(operation: Operation) -> DispatchResult {
	match operation {
		Operation::Deposit(who, amount) => deposit(&account(who), amount),
		Operation::Withdraw(who, amount) => {
			Escrow::withdraw(RuntimeOrigin::signed(account(who)), amount)
		}
		Operation::Claim(who) => Escrow::claim(RuntimeOrigin::signed(account(who))),
		Operation::Lock(who, number, amount) => lock(&account(who), job(number), amount),
		Operation::Reduce(number, amount) => <Escrow as JobEscrow>::reduce(&job(number), amount),
		Operation::Settle(releases) => {
			let batch = releases
				.into_iter()
				.map(|(number, payments)| Release {
					job: job(number),
					payments: payments
						.into_iter()
						.map(|(to, sum)| (payee(to), sum))
						.collect(),
				})
				.collect::<Vec<_>>();
			settle(&batch)
		}
		// Kept above the existential deposit: the dust of plain transfers is not ours to count.
		Operation::Transfer(from, to, amount) => {
			Balances::transfer_keep_alive(RuntimeOrigin::signed(account(from)), account(to), amount)
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

	#[test]
	fn random_sequences_conserve_money_and_keep_holds_equal_to_records(
		operations in prop::collection::vec(operation(), 1..50),
	) {
		run(|| {
			for operation in operations {
				let before = sp_io::storage::root(sp_core::storage::StateVersion::V1);
				// As a block executes a call: in a storage layer.
				let result =
					frame_support::storage::with_storage_layer(|| execute(operation.clone()));
				if result.is_err() {
					let after = sp_io::storage::root(sp_core::storage::StateVersion::V1);
					assert_eq!(before, after, "{operation:?}");
				}
				check();
			}
			// Every lock can still be released.
			for number in 0..8 {
				if Escrow::lock(job(number)).is_some() {
					settle(&[release(job(number), &[])]).expect("a full refund never fails");
				}
			}
			check();
			assert!(clients().into_iter().all(|client| Escrow::locked(client) == 0));
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
			let mut open = std::collections::BTreeMap::new();
			for (number, (client, amount)) in locks.into_iter().enumerate() {
				lock(&account(client), job(number as u64), amount).expect("the client has enough");
				open.insert(number as u64, amount);
			}
			let legal = releases.iter().all(|(number, payments)| {
				let sum = payments.iter().map(|(_, amount)| *amount).sum::<Balance>();
				open.remove(number).is_some_and(|locked| sum <= locked)
			});
			let result = execute(Operation::Settle(releases));
			assert_eq!(result.is_ok(), legal, "{result:?}");
		});
	}
}
