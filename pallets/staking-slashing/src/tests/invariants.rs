//! Random sequences of all operations. After each the invariants hold, what is refused changes
//! nothing, and what each account has is what a plain model of the money says.
//!
//! The model knows no holds and no ledgers: an account's wealth, held or not, changes only by what
//! the protocol pays it and by what slashes and appeals take from it.

use super::*;
use crate::{types::ROLES, Event, Part, PotView, SlashState, TotalBurned};
use aci_primitives::traits::{QualityUpdate, VerifierWork};
use proptest::prelude::*;
use sp_runtime::Perbill;
use sp_staking::offence::{OffenceDetails, OnOffenceHandler};
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
enum Operation {
	Bond(u8, usize, Balance),
	Unbond(u8, usize, Balance),
	Withdraw(u8, usize),
	Rebond(u8, usize, Balance),
	Require(u8, usize, Balance),
	Validate(u8, u32),
	Chill(u8),
	ForceChill(u8),
	Delegate(u8, u8, Balance),
	Undelegate(u8, u8, Balance),
	WithdrawUndelegated(u8, u8),
	ClaimRewards(u8, u8),
	Slash(u8, usize, usize, Option<u8>, Option<(u8, Balance)>),
	Equivocate(u8, u32, Option<u8>),
	Cancel(SlashId),
	Appeal(u8, SlashId),
	Apply(SlashId),
	Judge(u8, u32),
	Deliver(u8, Balance),
	Advance(u32, u8),
}

const OFFENCES: [Offence; 6] = [
	Offence::WrongOutput,
	Offence::InvalidAttestation,
	Offence::Timeout,
	Offence::QualityBelowThreshold,
	Offence::Sybil,
	Offence::Equivocation,
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
	let claim = prop::option::of((1u8..7, prop_oneof![0..20 as Balance, 0..9_000 as Balance]));
	prop_oneof![
		5 => (who(), role(), amount()).prop_map(|(w, r, a)| Operation::Bond(w, r, a)),
		3 => (who(), role(), amount()).prop_map(|(w, r, a)| Operation::Unbond(w, r, a)),
		2 => (who(), role()).prop_map(|(w, r)| Operation::Withdraw(w, r)),
		2 => (who(), role(), amount()).prop_map(|(w, r, a)| Operation::Rebond(w, r, a)),
		1 => (who(), role(), amount()).prop_map(|(w, r, a)| Operation::Require(w, r, a)),
		4 => (who(), 0u32..60).prop_map(|(w, c)| Operation::Validate(w, c)),
		1 => who().prop_map(Operation::Chill),
		1 => who().prop_map(Operation::ForceChill),
		6 => (who(), who(), amount()).prop_map(|(w, v, a)| Operation::Delegate(w, v, a)),
		3 => (who(), who(), amount()).prop_map(|(w, v, a)| Operation::Undelegate(w, v, a)),
		2 => (who(), who()).prop_map(|(w, v)| Operation::WithdrawUndelegated(w, v)),
		3 => (who(), who()).prop_map(|(w, v)| Operation::ClaimRewards(w, v)),
		4 => (who(), role(), 0usize..6, prop::option::of(1u8..7), claim)
			.prop_map(|(w, r, o, by, c)| Operation::Slash(w, r, o, by, c)),
		2 => (who(), 0u32..120, prop::option::of(1u8..7))
			.prop_map(|(w, s, by)| Operation::Equivocate(w, s, by)),
		1 => (0u64..10).prop_map(Operation::Cancel),
		1 => (who(), 0u64..10).prop_map(|(w, i)| Operation::Appeal(w, i)),
		1 => (0u64..10).prop_map(Operation::Apply),
		1 => (who(), 0u32..1_000_001).prop_map(|(w, r)| Operation::Judge(w, r)),
		1 => (1u8..7, amount()).prop_map(|(w, a)| Operation::Deliver(w, a)),
		6 => (1u32..14, 0u8..4).prop_map(|(b, w)| Operation::Advance(b, w)),
	]
}

fn execute(operation: Operation) -> DispatchResult {
	match operation {
		Operation::Bond(who, role, amount) => bond(&account(who), ROLES[role], amount),
		Operation::Unbond(who, role, amount) => unbond(&account(who), ROLES[role], amount),
		Operation::Withdraw(who, role) => withdraw(&account(who), ROLES[role]),
		Operation::Rebond(who, role, amount) => rebond(&account(who), ROLES[role], amount),
		Operation::Require(who, role, amount) => require(&account(who), ROLES[role], amount),
		Operation::Validate(who, percent) => {
			StakingSlashing::validate(signed(&account(who)), Permill::from_percent(percent))
		}
		Operation::Chill(who) => StakingSlashing::chill(signed(&account(who))),
		Operation::ForceChill(who) => {
			StakingSlashing::force_chill(RuntimeOrigin::root(), account(who))
		}
		Operation::Delegate(who, to, amount) => delegate(&account(who), &account(to), amount),
		Operation::Undelegate(who, to, amount) => undelegate(&account(who), &account(to), amount),
		Operation::WithdrawUndelegated(who, to) => {
			withdraw_undelegated(&account(who), &account(to))
		}
		Operation::ClaimRewards(who, of) => claim(&account(who), &account(of)),
		Operation::Slash(who, role, offence, reporter, claim) => {
			let (who, role, offence) = (account(who), ROLES[role], OFFENCES[offence]);
			let before = StakingSlashing::stake_now(&who, role).total();
			let taken = <StakingSlashing as Slasher>::slash(SlashReport {
				offender: who.clone(),
				role,
				offence,
				evidence: H256::zero(),
				reporter: reporter.map(account),
				victim: claim.map(|(client, amount)| Claim {
					client: account(client),
					job: H256::repeat_byte(client),
					class: 0,
					amount,
				}),
			});
			assert_eq!(taken, aci_market::stake::slash_amount(before, offence));
			let after = StakingSlashing::stake_now(&who, role).total();
			assert_eq!(after, before - taken);
			Ok(())
		}
		Operation::Equivocate(who, percent, reporter) => {
			let session = Session::current_index();
			let who = account(who);
			let exposure = StakingSlashing::exposure_in(session, who.clone()).unwrap_or_default();
			let details = OffenceDetails {
				offender: (who, exposure),
				reporters: reporter.map(account).into_iter().collect(),
			};
			let share = Perbill::from_percent(percent.min(100));
			StakingSlashing::on_offence(&[details], &[share], session);
			Ok(())
		}
		Operation::Cancel(id) => cancel(id),
		Operation::Appeal(who, id) => {
			StakingSlashing::appeal(signed(&account(who)), id, H256::zero())
		}
		Operation::Apply(id) => apply(id),
		Operation::Judge(who, result) => {
			<StakingSlashing as QualityUpdate>::judged(&account(who), result);
			Ok(())
		}
		Operation::Deliver(who, tariff) => {
			<StakingSlashing as VerifierWork>::delivered(&account(who), tariff);
			Ok(())
		}
		Operation::Advance(blocks, author) => {
			// In turns, and nobody where none is named.
			let turn = 1 + (System::block_number() + u32::from(author)) as u8 % 3;
			Author::set((author > 0).then(|| account(turn)));
			go_to(System::block_number() + blocks);
			Ok(())
		}
	}
}

/// The plain model: what each account has in all, and the pots as they were seen last.
struct Model {
	wealth: BTreeMap<AccountId, Balance>,
	pots: BTreeMap<SlashId, PotView>,
	events: usize,
}

impl Model {
	fn new() -> Self {
		let wealth = accounts().into_iter().map(|who| (who, START)).collect();
		let (pots, events) = (BTreeMap::new(), System::events().len());
		Model {
			wealth,
			pots,
			events,
		}
	}

	fn give(&mut self, who: &AccountId, amount: Balance) {
		let wealth = self.wealth.entry(who.clone()).or_default();
		// What a pot of the protocol pays and an account cannot take goes elsewhere.
		if *wealth + amount >= EXISTENTIAL_DEPOSIT {
			*wealth += amount;
		}
	}

	fn take(&mut self, parts: &mut [Part], amount: Balance) {
		let mut left = amount;
		for part in parts {
			let piece = part.amount.min(left);
			part.amount -= piece;
			left -= piece;
			*self.wealth.get_mut(&part.who).expect("it bonded") -= piece;
		}
		assert_eq!(left, 0, "a pot pays what it has");
	}

	/// Follows the events since the last time.
	fn follow(&mut self) {
		let mut refunds: BTreeMap<SlashId, Balance> = BTreeMap::new();
		for record in System::events().into_iter().skip(self.events) {
			let RuntimeEvent::StakingSlashing(event) = record.event else {
				continue;
			};
			match event {
				Event::RewardsClaimed { who, amount, .. } => self.give(&who, amount),
				Event::VerifierPaid {
					verifier, amount, ..
				} => self.give(&verifier, amount),
				Event::ClaimPaid {
					id,
					client,
					paid,
					insured,
					..
				} => {
					*refunds.entry(id).or_default() += paid;
					self.give(&client, paid);
					self.give(&client, insured);
				}
				Event::ClaimInsured { claim, insured, .. } => self.give(&claim.client, insured),
				Event::SlashApplied {
					id,
					offender,
					reporter,
					refunded,
					kept,
					rewarded,
					burned,
					..
				} => {
					let mut pot = self.pots.remove(&id).expect("it was pending");
					let all = pot.slash.amount;
					assert_eq!(refunds.remove(&id).unwrap_or_default(), refunded);
					let mut gone = burned;
					if let SlashState::Appealed { deposit } = pot.slash.state {
						*self.wealth.get_mut(&offender).expect("it bonded") -= deposit;
						gone -= deposit;
					}
					assert_eq!(refunded + kept + rewarded + gone, all, "a pot is used up");
					assert!(rewarded <= (all - refunded - kept) / 10);
					self.take(&mut pot.parts, refunded + rewarded + gone);
					if let Some(reporter) = reporter {
						self.give(&reporter, rewarded);
					}
				}
				_ => (),
			}
		}
		self.events = System::events().len();
		self.pots = crate::Slashes::<Test>::iter_keys()
			.map(|id| (id, StakingSlashing::pot(id).expect("it is there")))
			.collect();
	}

	fn compare(&self) {
		for (who, wealth) in &self.wealth {
			let account = frame_system::Account::<Test>::get(who).data;
			assert_eq!(account.free + account.reserved, *wealth, "{who:?}");
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

	#[test]
	fn random_sequences_conserve_money_and_agree_with_a_plain_model(
		operations in prop::collection::vec(operation(), 1..70),
		cap in 0..5_000 as Balance,
	) {
		run(|| {
			InsurerCap::set(cap);
			// Two candidates with delegations, so that most sequences have validators of their own.
			validate(&account(1), VALIDATOR, 10);
			validate(&account(2), 2 * VALIDATOR, 0);
			delegate(&account(3), &account(1), 5_000).expect("there is room");
			delegate(&account(4), &account(2), 500).expect("there is room");
			go_to_session(2, &[]);
			let mut model = Model::new();
			for operation in operations {
				let before = sp_io::storage::root(sp_core::storage::StateVersion::V1);
				// As a block executes a call: in a storage layer.
				let result =
					frame_support::storage::with_storage_layer(|| execute_in_blocks(&operation, &mut model));
				if result.is_err() {
					let after = sp_io::storage::root(sp_core::storage::StateVersion::V1);
					assert_eq!(before, after, "{operation:?}");
				}
				model.follow();
				model.compare();
				check();
			}
			// Every slash is applied in the end, but for refunds that their accounts cannot take, and
			// everything can leave.
			Author::set(None);
			let until = System::block_number() + CLAIM + APPEAL + BONDING;
			while System::block_number() < until {
				next_block();
				model.follow();
			}
			model.compare();
			check();
			assert!(crate::Slashes::<Test>::iter_values()
				.all(|slash| slash.state == SlashState::Unclaimed));
			for (who, role) in accounts().into_iter().flat_map(|w| ROLES.map(|r| (w.clone(), r))) {
				require(&who, role, 0).expect("ending a requirement never fails");
				let active = <StakingSlashing as Bonds>::bonded(&who, role);
				let _ = withdraw(&who, role);
				if active > 0 {
					unbond(&who, role, active).expect("a whole bond can be unbonded");
				}
			}
			for (validator, who, _) in crate::Delegations::<Test>::iter().collect::<Vec<_>>() {
				let _ = withdraw_undelegated(&who, &validator);
				let left = crate::Delegations::<Test>::get(&validator, &who);
				let active = left.map_or(0, |delegation| delegation.ledger.active);
				if active > 0 {
					undelegate(&who, &validator, active).expect("all of it can leave");
				}
			}
			go_to(System::block_number() + BONDING);
			for (who, role, _) in crate::Ledgers::<Test>::iter().collect::<Vec<_>>() {
				withdraw(&who, role).expect("what has matured can be withdrawn");
			}
			for (validator, who, _) in crate::Delegations::<Test>::iter().collect::<Vec<_>>() {
				let _ = withdraw_undelegated(&who, &validator);
				let _ = claim(&who, &validator);
			}
			for who in accounts() {
				let _ = claim(&who, &who);
			}
			model.follow();
			model.compare();
			check();
			assert_eq!(crate::TotalOwed::<Test>::get(), 0);
			let waiting = crate::Slashes::<Test>::iter_values()
				.map(|slash| slash.amount)
				.sum::<Balance>();
			if waiting == 0 {
				assert_eq!(crate::Delegations::<Test>::iter().count(), 0);
				assert_eq!(crate::Pools::<Test>::iter().count(), 0);
			}
			let wealth = model.wealth.values().sum::<Balance>();
			let spendable = model.wealth.keys().map(balance).sum::<Balance>();
			assert_eq!(wealth, spendable + waiting, "all else is spendable again");
			assert!(TotalBurned::<Test>::get() <= START * 4);
		});
	}
}

/// Executes an operation; blocks one by one, so that the model sees every pot before it is applied.
fn execute_in_blocks(operation: &Operation, model: &mut Model) -> DispatchResult {
	if let Operation::Advance(blocks, author) = operation {
		for _ in 0..*blocks {
			execute(Operation::Advance(1, *author))?;
			model.follow();
		}
		return Ok(());
	}
	execute(operation.clone())
}
