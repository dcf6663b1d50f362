//! What holds of the whole market in every block: the invariants of each pallet, one equation for
//! each hold reason over all accounts, that the pots have what they owe, and that nothing but
//! counted burns leaves the issuance.

use crate::{runtime::*, world::*};
use aci_primitives::{
	traits::{Pot, Pots},
	AccountId, Balance, Role,
};
use frame_support::{assert_ok, traits::fungible::Inspect};
use pallet_aci_aivm_ops as aivm;
use pallet_aci_escrow as escrow;
use pallet_aci_jobs as jobs;
use pallet_aci_staking_slashing as staking;
use std::collections::BTreeMap;

/// Why something is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hold {
	Free,
	Job,
	Prepaid,
	Budget,
	ValidatorBond,
	VerifierBond,
	WorkerBond,
	Slashed,
	Delegation,
	AppealDeposit,
	ModelDeposit,
	JobDeposit,
	DisputeBond,
	SessionKeys,
	ContractCode,
	ContractStorage,
	ContractModel,
	ContractOrder,
}

impl Hold {
	/// All of them; what else would be held is not of the market.
	pub const ALL: [Hold; 18] = [
		Hold::Free,
		Hold::Job,
		Hold::Prepaid,
		Hold::Budget,
		Hold::ValidatorBond,
		Hold::VerifierBond,
		Hold::WorkerBond,
		Hold::Slashed,
		Hold::Delegation,
		Hold::AppealDeposit,
		Hold::ModelDeposit,
		Hold::JobDeposit,
		Hold::DisputeBond,
		Hold::SessionKeys,
		Hold::ContractCode,
		Hold::ContractStorage,
		Hold::ContractModel,
		Hold::ContractOrder,
	];

	/// The hold of a role's bond.
	pub fn of_role(role: Role) -> Hold {
		match role {
			Role::Validator => Hold::ValidatorBond,
			Role::Verifier => Hold::VerifierBond,
			Role::Worker => Hold::WorkerBond,
		}
	}

	/// The runtime's name for it.
	pub fn reason(self) -> RuntimeHoldReason {
		match self {
			Hold::Free => escrow::HoldReason::Free.into(),
			Hold::Job => escrow::HoldReason::Job.into(),
			Hold::Prepaid => escrow::HoldReason::Prepaid.into(),
			Hold::Budget => escrow::HoldReason::Budget.into(),
			Hold::ValidatorBond => staking::HoldReason::ValidatorBond.into(),
			Hold::VerifierBond => staking::HoldReason::VerifierBond.into(),
			Hold::WorkerBond => staking::HoldReason::WorkerBond.into(),
			Hold::Slashed => staking::HoldReason::Slashed.into(),
			Hold::Delegation => staking::HoldReason::Delegation.into(),
			Hold::AppealDeposit => staking::HoldReason::AppealDeposit.into(),
			Hold::ModelDeposit => pallet_aci_poai::HoldReason::ModelDeposit.into(),
			Hold::JobDeposit => jobs::HoldReason::JobDeposit.into(),
			Hold::DisputeBond => jobs::HoldReason::DisputeBond.into(),
			Hold::SessionKeys => pallet_session::HoldReason::Keys.into(),
			Hold::ContractCode => aivm::HoldReason::Code.into(),
			Hold::ContractStorage => aivm::HoldReason::Storage.into(),
			Hold::ContractModel => aivm::HoldReason::Model.into(),
			Hold::ContractOrder => aivm::HoldReason::Order.into(),
		}
	}
}

/// What the pallets' records say is held of each account for each reason.
pub fn recorded() -> BTreeMap<(AccountId, Hold), Balance> {
	let mut sums = BTreeMap::new();
	let mut add = |who: AccountId, hold: Hold, amount: Balance| {
		*sums.entry((who, hold)).or_default() += amount;
	};
	for (who, amount) in escrow::Free::<Market>::iter() {
		add(who, Hold::Free, amount);
	}
	for lock in escrow::Locks::<Market>::iter_values() {
		add(lock.client, Hold::Job, lock.amount);
	}
	for prepayment in escrow::Prepayments::<Market>::iter_values() {
		add(prepayment.owner, Hold::Prepaid, prepayment.amount);
	}
	for (who, budgets) in escrow::HomeBudgets::<Market>::iter() {
		let sum = budgets.iter().map(|budget| budget.amount).sum();
		add(who, Hold::Budget, sum);
	}
	for (who, role, ledger) in staking::Ledgers::<Market>::iter() {
		add(who, Hold::of_role(role), ledger.total());
	}
	for (_, who, delegation) in staking::Delegations::<Market>::iter() {
		add(who, Hold::Delegation, delegation.ledger.total());
	}
	for part in staking::Parts::<Market>::iter_values().flatten() {
		add(part.who, Hold::Slashed, part.amount);
	}
	for slash in staking::Slashes::<Market>::iter_values() {
		if let staking::SlashState::Appealed { deposit } = slash.state {
			add(slash.offender, Hold::AppealDeposit, deposit);
		}
	}
	for model in pallet_aci_poai::Models::<Market>::iter_values() {
		add(model.owner, Hold::ModelDeposit, model.deposit);
	}
	for (client, id, ()) in jobs::JobsOf::<Market>::iter() {
		let kept = jobs::Bookkeepings::<Market>::get(id).expect("a job is kept");
		add(client.clone(), Hold::JobDeposit, kept.deposit);
		if let Some(dispute) = jobs::Disputes::<Market>::get(id) {
			add(client, Hold::DisputeBond, dispute.bond);
		}
	}
	for who in pallet_session::NextKeys::<Market>::iter_keys() {
		// The genesis asks no deposit.
		if held(Hold::SessionKeys.reason(), &who) > 0 {
			add(who, Hold::SessionKeys, KEY_DEPOSIT);
		}
	}
	for code in aivm::Codes::<Market>::iter_values() {
		add(code.owner, Hold::ContractCode, code.deposit);
	}
	for entry in aivm::ContractStorage::<Market>::iter_values() {
		add(entry.payer, Hold::ContractStorage, entry.deposit);
	}
	for model in aivm::Models::<Market>::iter_values() {
		add(model.owner, Hold::ContractModel, model.deposit);
	}
	for order in aivm::Orders::<Market>::iter_values() {
		add(order.payer, Hold::ContractOrder, order.deposit);
	}
	sums.retain(|_, amount| *amount > 0);
	sums
}

/// What Balances says is held.
fn balances_holds() -> BTreeMap<(AccountId, Hold), Balance> {
	let mut sums = BTreeMap::new();
	for (who, holds) in pallet_balances::Holds::<Market>::iter() {
		for held in holds {
			let known = Hold::ALL.into_iter().find(|hold| hold.reason() == held.id);
			let hold = known.expect("every reason is known");
			*sums.entry((who.clone(), hold)).or_default() += held.amount;
		}
	}
	sums.retain(|_, amount: &mut Balance| *amount > 0);
	sums
}

/// What the pallets say was burned.
pub fn burned() -> Balance {
	Escrow::burned() + staking::TotalBurned::<Market>::get() + jobs::TotalBurned::<Market>::get()
}

/// All of it.
pub fn equations() {
	assert_ok!(Escrow::do_try_state());
	assert_ok!(StakingSlashing::do_try_state());
	assert_ok!(Hmm::do_try_state());
	assert_ok!(PoAi::do_try_state());
	assert_ok!(Jobs::do_try_state());
	assert_ok!(Aivm::do_try_state());

	assert_eq!(
		balances_holds(),
		recorded(),
		"every hold is recorded, and every record is held"
	);

	let accounts: Balance = frame_system::Account::<Market>::iter_values()
		.map(|account| account.data.free + account.data.reserved)
		.sum();
	assert_eq!(
		accounts,
		Balances::total_issuance(),
		"accounts add up to the issuance"
	);
	assert_eq!(
		accounts + burned(),
		genesis_issuance(),
		"nothing but burns leaves the issuance"
	);

	let waiting: Balance = escrow::Claimable::<Market>::iter_values().sum();
	assert_eq!(
		<Balances as Inspect<AccountId>>::total_balance(&Escrow::account()),
		EXISTENTIAL_DEPOSIT + waiting,
		"the escrow's account has what waits for others, and nothing else"
	);
	let owed: Balance = staking::Pools::<Market>::iter_values()
		.map(|pool| {
			let delegators: Balance = pool.delegators.iter().map(|entry| entry.owed).sum();
			pool.owed + delegators
		})
		.sum();
	assert_eq!(owed, staking::TotalOwed::<Market>::get());
	assert!(owed <= <Escrow as Pots>::balance(Pot::Validators));
	if let Some(payout) = staking::PayingVerifiers::<Market>::get() {
		let unpaid: Balance = staking::Work::<Market>::iter_prefix_values(payout.epoch).sum();
		assert!(payout.budget == 0 || unpaid <= payout.tariffs);
		let left = payout.budget * unpaid / payout.tariffs.max(1);
		assert!(left <= <Escrow as Pots>::balance(Pot::Verifiers));
	}
	for class in 0..pallet_aci_hmm::NextClass::<Market>::get() {
		let fund = Hmm::fund(class).expect("the class has a fund");
		let shares: Balance = pallet_aci_hmm::Providers::<Market>::iter_prefix(class)
			.filter_map(|(who, _)| Hmm::provider(class, who))
			.map(|provider| {
				let out: Balance = provider.withdrawals.iter().map(|(_, value)| value).sum();
				provider.value + out
			})
			.sum();
		assert!(
			shares <= fund.assets,
			"the fund's shares are worth no more than it has"
		);
		capacity(class);
	}
}

/// The pool and its slices have the capacity of the class's workers, and lack what jobs and
/// reservations took.
fn capacity(class: aci_primitives::ClassId) {
	let slots: u32 = jobs::Workers::<Market>::iter_values()
		.filter(|worker| worker.class == class)
		.map(|worker| worker.slots)
		.sum();
	let slices: Vec<aci_market::Slice> =
		pallet_aci_hmm::SliceStates::<Market>::iter_prefix_values(class).collect();
	let in_slices: u64 = slices.iter().map(|slice| slice.target).sum();
	let pool = Hmm::pool_state(class).expect("the class has a pool").pool;
	assert_eq!(
		pool.target + in_slices,
		u64::from(slots) * 1_000,
		"a pool's and its slices' capacity is its workers'"
	);
	let by_jobs: u64 = jobs::Assigned::<Market>::iter()
		.filter(|(worker, id, ())| {
			jobs::Workers::<Market>::get(worker).is_some_and(|worker| worker.class == class)
				&& Jobs::reservation_of(*id).is_none()
		})
		.map(|_| 1_000)
		.sum();
	assert_eq!(
		pool.used(),
		by_jobs + pallet_aci_hmm::Reserved::<Market>::get(class),
		"a pool lacks what jobs and reservations took"
	);
}
