//! A plain book of the market's money: what each account has, what of it is held and why, who is
//! due what; and of what its workers' slots weigh. It knows no storage of the pallets and no balances: it begins with the genesis, takes
//! up the pallets' events, and applies to each what the event means for money by the rules of the
//! pallets' documentation. After every step Balances has to say the same, to the unit.

mod events;
mod weights;

use crate::{
	check::{burned, Hold},
	runtime::*,
	world::*,
};
use aci_primitives::{traits::Pot, AccountId, Balance, JobId, ReservationId, Role};
use frame_support::traits::fungible::Inspect;
use std::collections::{BTreeMap, BTreeSet};

/// A job's lock or a reservation's prepayment.
#[derive(Clone, Debug)]
struct Money {
	owner: AccountId,
	amount: Balance,
	from_free: Balance,
	prepayment: Option<ReservationId>,
}

/// What a slash took: of whom in the order in which it pays, and the deposit of its appeal.
#[derive(Clone, Debug)]
struct Pending {
	offender: AccountId,
	role: Role,
	parts: Vec<(AccountId, Balance)>,
	appeal: Balance,
}

/// The book.
#[derive(Debug, Default)]
pub struct Book {
	/// All that an account has: balance, holds, and what waits for it at the escrow.
	wealth: BTreeMap<AccountId, Balance>,
	held: BTreeMap<(AccountId, Hold), Balance>,
	waiting: BTreeMap<AccountId, Balance>,
	locks: BTreeMap<JobId, Money>,
	prepayments: BTreeMap<ReservationId, Money>,
	disputes: BTreeMap<JobId, Balance>,
	delegations_slashed: BTreeMap<u64, Vec<(AccountId, Balance)>>,
	slashes: BTreeMap<u64, Pending>,
	with_keys: BTreeSet<AccountId>,
	burned: Balance,
	weights: weights::Weights,
}

fn pot(pot: Pot) -> AccountId {
	Escrow::pot_account(pot)
}

impl Book {
	/// The book of the present state, for the first step; from then on it goes by events.
	pub fn open() -> Self {
		let mut book = Book::default();
		for (who, account) in frame_system::Account::<Market>::iter() {
			if who != Escrow::account() {
				let sum = account.data.free + account.data.reserved;
				book.wealth.insert(who, sum);
			}
		}
		book.held = crate::check::recorded();
		assert!(
			book.held.keys().all(|(_, hold)| matches!(
				hold,
				Hold::ValidatorBond | Hold::VerifierBond | Hold::WorkerBond | Hold::SessionKeys
			)),
			"the book begins before there are jobs"
		);
		book.with_keys = pallet_session::NextKeys::<Market>::iter_keys().collect();
		book.burned = burned();
		book.weights = weights::Weights::open();
		book
	}

	fn earn(&mut self, who: &AccountId, amount: Balance) {
		*self.wealth.entry(who.clone()).or_default() += amount;
	}

	fn lose(&mut self, who: &AccountId, amount: Balance) {
		let wealth = self.wealth.entry(who.clone()).or_default();
		*wealth = wealth
			.checked_sub(amount)
			.unwrap_or_else(|| panic!("{who:?} has less than {amount}"));
	}

	fn burn(&mut self, who: &AccountId, amount: Balance) {
		self.lose(who, amount);
		self.burned += amount;
	}

	fn hold(&mut self, who: &AccountId, hold: Hold, amount: Balance) {
		*self.held.entry((who.clone(), hold)).or_default() += amount;
	}

	fn free_up(&mut self, who: &AccountId, hold: Hold, amount: Balance) {
		let held = self.held.entry((who.clone(), hold)).or_default();
		*held = held
			.checked_sub(amount)
			.unwrap_or_else(|| panic!("of {who:?} less than {amount} is held for {hold:?}"));
	}

	fn of(&self, who: &AccountId, hold: Hold) -> Balance {
		let held = self.held.get(&(who.clone(), hold));
		held.copied().unwrap_or_default()
	}

	/// Takes of free escrow first; returns how much of the amount was there.
	fn draw(&mut self, who: &AccountId, amount: Balance) -> Balance {
		let from_free = amount.min(self.of(who, Hold::Free));
		self.free_up(who, Hold::Free, from_free);
		from_free
	}

	/// What is not paid of a lock goes to where it came from: the prepayment while that stands, else
	/// free escrow as much as came from there, and the balance.
	fn refund(&mut self, lock: &Money, amount: Balance) {
		let to_free = amount.min(lock.from_free);
		self.free_up(&lock.owner, Hold::Job, amount);
		let source = lock.prepayment.and_then(|id| self.prepayments.get_mut(&id));
		match source {
			Some(prepayment) => {
				prepayment.amount += amount;
				prepayment.from_free += to_free;
				self.hold(&lock.owner, Hold::Prepaid, amount);
			}
			None => self.hold(&lock.owner, Hold::Free, to_free),
		}
	}

	/// The end of a job's lock, of which so much was paid or burned before. Returns the refund.
	fn release(&mut self, job: &JobId) -> Balance {
		let lock = self
			.locks
			.remove(job)
			.expect("an unfinished job has a lock");
		self.refund(&lock, lock.amount);
		lock.amount
	}

	/// Takes of a job's lock what is paid or burned.
	fn take_of_lock(&mut self, job: &JobId, amount: Balance) -> AccountId {
		let lock = self
			.locks
			.get_mut(job)
			.expect("an unfinished job has a lock");
		lock.amount = lock
			.amount
			.checked_sub(amount)
			.expect("no more than the lock");
		let owner = lock.owner.clone();
		self.free_up(&owner, Hold::Job, amount);
		self.lose(&owner, amount);
		owner
	}

	/// Takes of a slash's pot, in the order of its parts.
	fn take_of_pot(&mut self, id: u64, amount: Balance) {
		let mut left = amount;
		let mut pending = self.slashes.remove(&id).expect("the slash is open");
		for (who, part) in &mut pending.parts {
			let piece = left.min(*part);
			*part -= piece;
			left -= piece;
			self.free_up(who, Hold::Slashed, piece);
			self.lose(who, piece);
		}
		assert_eq!(left, 0, "no more than the pot");
		self.slashes.insert(id, pending);
	}

	/// A transfer by Balances' own call.
	pub fn transferred(&mut self, from: &AccountId, to: &AccountId, amount: Balance) {
		self.lose(from, amount);
		self.earn(to, amount);
	}

	/// Session keys that were set.
	pub fn keys_set(&mut self, who: &AccountId) {
		if self.with_keys.insert(who.clone()) {
			self.hold(who, Hold::SessionKeys, KEY_DEPOSIT);
		}
	}

	/// Session keys that were purged.
	pub fn keys_purged(&mut self, who: &AccountId) {
		self.with_keys.remove(who);
		self.held.remove(&(who.clone(), Hold::SessionKeys));
	}

	/// A budget that its home spent for an account's work.
	pub fn spent(&mut self, client: &AccountId, payee: &AccountId, paid: Balance, burned: Balance) {
		self.free_up(client, Hold::Budget, paid + burned);
		self.transferred(client, payee, paid);
		self.burn(client, burned);
	}

	/// Balances says the same of every account.
	pub fn compare(&self) {
		let stored = frame_system::Account::<Market>::iter_keys();
		let accounts: BTreeSet<AccountId> = stored
			.chain(self.wealth.keys().cloned())
			.filter(|who| *who != Escrow::account())
			.collect();
		for who in &accounts {
			let wealth = self.wealth.get(who).copied().unwrap_or_default();
			let waits = self.waiting.get(who).copied().unwrap_or_default();
			assert_eq!(wealth, total(who), "what {who:?} has");
			assert_eq!(waits, Escrow::claimable(who.clone()), "what waits for it");
			let stored = pallet_balances::Holds::<Market>::get(who);
			let mut holds = 0;
			for hold in Hold::ALL {
				let amount = self.of(who, hold);
				holds += amount;
				let reason = hold.reason();
				let stored = stored.iter().find(|held| held.id == reason);
				assert_eq!(
					amount,
					stored.map_or(0, |held| held.amount),
					"what of {who:?} is held for {hold:?}"
				);
			}
			assert_eq!(
				wealth - waits - holds,
				<Balances as Inspect<AccountId>>::balance(who),
				"what {who:?} can spend"
			);
		}
		assert_eq!(self.burned, burned(), "what was burned");
		self.weights.compare();
		let sum: Balance = self.wealth.values().sum();
		assert_eq!(sum + EXISTENTIAL_DEPOSIT + self.burned, genesis_issuance());
	}
}
