//! Random sequences of operations. After each the invariants hold, and what is refused changes
//! nothing.

use super::*;
use crate::types::ROLES;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Operation {
	Bond(u8, usize, Balance),
	Unbond(u8, usize, Balance),
	Withdraw(u8, usize),
	Rebond(u8, usize, Balance),
	Require(u8, usize, Balance),
	Slash(u8, usize, usize, Option<u8>),
	Cancel(SlashId),
	Apply(SlashId),
	Advance(u32),
}

const OFFENCES: [Offence; 5] = [
	Offence::WrongOutput,
	Offence::InvalidAttestation,
	Offence::Timeout,
	Offence::QualityBelowThreshold,
	Offence::Sybil,
];

fn amount() -> impl Strategy<Value = Balance> {
	prop_oneof![
		3 => 0..3_000 as Balance,
		3 => 1_000..30_000 as Balance,
		1 => START - 100..START + 2,
		1 => Just(Balance::MAX),
	]
}

fn operation() -> impl Strategy<Value = Operation> {
	let who = || 1u8..5;
	let role = || 0usize..3;
	let reporter = prop::option::of(1u8..7);
	prop_oneof![
		5 => (who(), role(), amount()).prop_map(|(w, r, a)| Operation::Bond(w, r, a)),
		4 => (who(), role(), amount()).prop_map(|(w, r, a)| Operation::Unbond(w, r, a)),
		3 => (who(), role()).prop_map(|(w, r)| Operation::Withdraw(w, r)),
		2 => (who(), role(), amount()).prop_map(|(w, r, a)| Operation::Rebond(w, r, a)),
		1 => (who(), role(), amount()).prop_map(|(w, r, a)| Operation::Require(w, r, a)),
		3 => (who(), role(), 0usize..5, reporter)
			.prop_map(|(w, r, o, by)| Operation::Slash(w, r, o, by)),
		1 => (0u64..10).prop_map(Operation::Cancel),
		1 => (0u64..10).prop_map(Operation::Apply),
		3 => (1u32..12).prop_map(Operation::Advance),
	]
}

fn execute(operation: Operation) -> DispatchResult {
	match operation {
		Operation::Bond(who, role, amount) => bond(&account(who), ROLES[role], amount),
		Operation::Unbond(who, role, amount) => unbond(&account(who), ROLES[role], amount),
		Operation::Withdraw(who, role) => withdraw(&account(who), ROLES[role]),
		Operation::Rebond(who, role, amount) => rebond(&account(who), ROLES[role], amount),
		Operation::Require(who, role, amount) => require(&account(who), ROLES[role], amount),
		Operation::Slash(who, role, offence, reporter) => {
			let (who, role) = (account(who), ROLES[role]);
			let before = held(role.into(), &who);
			let pending = held(HoldReason::Slashed, &who);
			let taken = <StakingSlashing as Slasher>::slash(SlashReport {
				offender: who.clone(),
				role,
				offence: OFFENCES[offence],
				evidence: H256::zero(),
				reporter: reporter.map(account),
				victim: None,
			});
			assert_eq!(
				taken,
				aci_market::stake::slash_amount(before, OFFENCES[offence])
			);
			assert_eq!(held(role.into(), &who), before - taken);
			assert_eq!(held(HoldReason::Slashed, &who), pending + taken);
			Ok(())
		}
		Operation::Cancel(id) => cancel(id),
		Operation::Apply(id) => StakingSlashing::apply_slash(signed(&account(1)), id),
		Operation::Advance(blocks) => {
			go_to(System::block_number() + blocks);
			Ok(())
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

	#[test]
	fn random_sequences_conserve_money_and_keep_holds_equal_to_ledgers(
		operations in prop::collection::vec(operation(), 1..60),
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
			// Every slash is applied in the end, and every bond can leave.
			go_to(System::block_number() + APPEAL + BONDING);
			check();
			assert_eq!(crate::Slashes::<Test>::iter().count(), 0);
			for (who, role) in accounts().into_iter().flat_map(|w| ROLES.map(|r| (w.clone(), r))) {
				require(&who, role, 0).expect("ending a requirement never fails");
				let active = <StakingSlashing as Bonds>::bonded(&who, role);
				let _ = withdraw(&who, role);
				if active > 0 {
					unbond(&who, role, active).expect("a whole bond can be unbonded");
				}
			}
			go_to(System::block_number() + BONDING);
			for (who, role, _) in crate::Ledgers::<Test>::iter().collect::<Vec<_>>() {
				withdraw(&who, role).expect("what has matured can be withdrawn");
			}
			check();
			let burned = crate::TotalBurned::<Test>::get();
			let rewarded = [account(5), account(6)].iter().map(balance).sum::<Balance>();
			let left = accounts().iter().map(balance).sum::<Balance>();
			assert_eq!(left + rewarded + burned, START * 4, "all else is spendable again");
		});
	}
}
