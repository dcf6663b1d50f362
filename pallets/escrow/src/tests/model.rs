//! What the pallet should do, stated plainly: sums in maps, without holds, layers or netting. An
//! operation that is refused gives `None`; whoever calls it then forgets what it changed.

use super::*;
use aci_primitives::{job::Home, BlockNumber};
use std::collections::BTreeMap;

/// A lock: client, amount, the part from free escrow, prepayment.
pub type ModelLock = (AccountId, Balance, Balance, Option<ReservationId>);

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
	pub block: BlockNumber,
	pub balances: BTreeMap<AccountId, Balance>,
	pub free: BTreeMap<AccountId, Balance>,
	pub locks: BTreeMap<u64, ModelLock>,
	/// Owner, amount, the part from free escrow.
	pub prepayments: BTreeMap<ReservationId, (AccountId, Balance, Balance)>,
	/// Amount and end of the lease by client and number of the home.
	pub budgets: BTreeMap<(AccountId, u8), (Balance, BlockNumber)>,
	pub waiting: BTreeMap<AccountId, Balance>,
	pub burned: Balance,
}

/// A home by number; 0 is the chain.
pub fn any_home(number: u8) -> Home {
	match number {
		0 => Home::Chain,
		number => home(number),
	}
}

fn of(sums: &BTreeMap<AccountId, Balance>, who: &AccountId) -> Balance {
	sums.get(who).copied().unwrap_or(0)
}

fn more(sums: &mut BTreeMap<AccountId, Balance>, who: &AccountId, amount: Balance) {
	*sums.entry(who.clone()).or_default() += amount;
}

fn less(sums: &mut BTreeMap<AccountId, Balance>, who: &AccountId, amount: Balance) -> Option<()> {
	let left = of(sums, who).checked_sub(amount)?;
	sums.insert(who.clone(), left);
	Some(())
}

fn sum<'a>(amounts: impl Iterator<Item = &'a Balance>) -> Option<Balance> {
	amounts
		.copied()
		.try_fold(0 as Balance, Balance::checked_add)
}

fn when(condition: bool) -> Option<()> {
	condition.then_some(())
}

impl Model {
	/// The genesis of the tests.
	pub fn new() -> Self {
		let mut balances = clients()
			.into_iter()
			.map(|client| (client, START))
			.collect::<BTreeMap<_, _>>();
		balances.insert(Escrow::account(), EXISTENTIAL_DEPOSIT);
		Model {
			block: 1,
			balances,
			..Model::default()
		}
	}

	fn can_take(&self, who: &AccountId, amount: Balance) -> bool {
		of(&self.balances, who) + amount >= EXISTENTIAL_DEPOSIT
	}

	/// Takes of the balance what leaves the existential deposit.
	fn take(&mut self, who: &AccountId, amount: Balance) -> Option<()> {
		let most = of(&self.balances, who).saturating_sub(EXISTENTIAL_DEPOSIT);
		when(amount <= most)?;
		less(&mut self.balances, who, amount)
	}

	/// Takes of free escrow, then of the balance; returns what came of free escrow.
	fn draw(&mut self, who: &AccountId, amount: Balance) -> Option<Balance> {
		let from_free = of(&self.free, who).min(amount);
		if amount > from_free {
			self.take(who, amount - from_free)?;
		}
		less(&mut self.free, who, from_free)?;
		Some(from_free)
	}

	fn give_back(&mut self, who: &AccountId, from_free: Balance, amount: Balance) {
		let to_free = from_free.min(amount);
		more(&mut self.free, who, to_free);
		let to_balance = amount - to_free;
		if to_balance == 0 || self.can_take(who, to_balance) {
			more(&mut self.balances, who, to_balance);
		} else {
			more(&mut self.free, who, to_balance);
		}
	}

	/// Pays one payee, with what waits for it.
	fn credit(&mut self, who: &AccountId, amount: Balance) {
		let due = amount + of(&self.waiting, who);
		if amount == 0 {
		} else if self.can_take(who, due) {
			more(&mut self.balances, who, due);
			self.waiting.remove(who);
		} else {
			self.waiting.insert(who.clone(), due);
		}
	}

	/// Burns and pays, each payee once.
	fn pay(&mut self, payments: &[(Payee, Balance)]) {
		let mut credits = BTreeMap::new();
		for (payee, amount) in payments {
			match Escrow::payee_account(payee) {
				Some(account) => more(&mut credits, &account, *amount),
				None => self.burned += amount,
			}
		}
		for (account, amount) in credits {
			self.credit(&account, amount);
		}
	}

	pub fn deposit(&mut self, who: &AccountId, amount: Balance) -> Option<()> {
		when(amount > 0)?;
		self.take(who, amount)?;
		more(&mut self.free, who, amount);
		Some(())
	}

	pub fn withdraw(&mut self, who: &AccountId, amount: Balance) -> Option<()> {
		less(&mut self.free, who, amount)?;
		when(amount > 0 && self.can_take(who, amount))?;
		more(&mut self.balances, who, amount);
		Some(())
	}

	pub fn claim(&mut self, who: &AccountId) -> Option<()> {
		let due = of(&self.waiting, who);
		when(due > 0 && self.can_take(who, due))?;
		self.waiting.remove(who);
		more(&mut self.balances, who, due);
		Some(())
	}

	pub fn transfer(&mut self, from: &AccountId, to: &AccountId, amount: Balance) -> Option<()> {
		self.take(from, amount)?;
		when(self.can_take(to, amount))?;
		more(&mut self.balances, to, amount);
		Some(())
	}

	pub fn lock(&mut self, who: &AccountId, job: u64, amount: Balance) -> Option<()> {
		when(!self.locks.contains_key(&job))?;
		let from_free = self.draw(who, amount)?;
		self.locks
			.insert(job, (who.clone(), amount, from_free, None));
		Some(())
	}

	/// Gives back a part of a lock: to its prepayment while that stands, else to its client.
	fn refund(&mut self, lock: &ModelLock, rest: Balance) {
		let (client, _, from_free, source) = lock;
		let prepayment = source.and_then(|id| self.prepayments.get_mut(&id));
		match prepayment.filter(|prepayment| prepayment.0 == *client) {
			Some(prepayment) => {
				prepayment.1 += rest;
				prepayment.2 += rest.min(*from_free);
			}
			None => self.give_back(client, *from_free, rest),
		}
	}

	pub fn reduce(&mut self, job: u64, remaining: Balance) -> Option<()> {
		let lock = self.locks.get(&job)?.clone();
		let rest = lock.1.checked_sub(remaining)?;
		self.refund(&lock, rest);
		let (client, _, from_free, source) = lock;
		let from_free = from_free.saturating_sub(rest);
		self.locks
			.insert(job, (client, remaining, from_free, source));
		Some(())
	}

	pub fn settle(&mut self, batch: &[(u64, Vec<(Payee, Balance)>)]) -> Option<()> {
		let mut payments = Vec::new();
		for (job, shares) in batch {
			let lock = self.locks.remove(job)?;
			let paid = sum(shares.iter().map(|(_, amount)| amount))?;
			self.refund(&lock, lock.1.checked_sub(paid)?);
			payments.extend(shares.iter().cloned());
		}
		self.pay(&payments);
		Some(())
	}

	pub fn prepay(&mut self, who: &AccountId, id: ReservationId, amount: Balance) -> Option<()> {
		when(!self.prepayments.contains_key(&id))?;
		let from_free = self.draw(who, amount)?;
		self.prepayments
			.insert(id, (who.clone(), amount, from_free));
		Some(())
	}

	pub fn lock_prepaid(
		&mut self,
		who: &AccountId,
		id: ReservationId,
		job: u64,
		amount: Balance,
	) -> Option<()> {
		when(!self.locks.contains_key(&job))?;
		let prepayment = self.prepayments.get_mut(&id)?;
		when(prepayment.0 == *who)?;
		prepayment.1 = prepayment.1.checked_sub(amount)?;
		let from_free = prepayment.2.min(amount);
		prepayment.2 -= from_free;
		self.locks
			.insert(job, (who.clone(), amount, from_free, Some(id)));
		Some(())
	}

	pub fn end_prepayment(&mut self, id: ReservationId, refund: Balance) -> Option<()> {
		let (owner, amount, from_free) = self.prepayments.remove(&id)?;
		self.burned += amount.checked_sub(refund)?;
		self.give_back(&owner, from_free, refund);
		Some(())
	}

	pub fn open_budget(&mut self, who: &AccountId, home: u8, amount: Balance) -> Option<()> {
		when(home > 0 && amount > 0)?;
		self.draw(who, amount)?;
		let others = self.budgets.keys();
		let others = others.filter(|(client, other)| client == who && *other != home);
		when(others.count() < MAX_BUDGETS as usize)?;
		let budget = self.budgets.entry((who.clone(), home)).or_default();
		budget.0 += amount;
		budget.1 = self.block + LEASE;
		Some(())
	}

	pub fn close_budget(&mut self, who: &AccountId, home: u8) -> Option<()> {
		let (amount, until) = self.budgets.remove(&(who.clone(), home))?;
		when(until <= self.block)?;
		more(&mut self.free, who, amount);
		Some(())
	}

	pub fn spend(
		&mut self,
		home: u8,
		debits: &[(AccountId, Balance)],
		payments: &[(Payee, Balance)],
	) -> Option<()> {
		let debited = sum(debits.iter().map(|(_, amount)| amount))?;
		when(debited == sum(payments.iter().map(|(_, amount)| amount))?)?;
		for (client, amount) in debits.iter().filter(|(_, amount)| *amount > 0) {
			let budget = self.budgets.get_mut(&(client.clone(), home))?;
			budget.0 = budget.0.checked_sub(*amount)?;
		}
		self.budgets.retain(|_, budget| budget.0 > 0);
		self.pay(payments);
		Some(())
	}

	pub fn pay_in(&mut self, who: &AccountId, pot: Pot, amount: Balance) -> Option<()> {
		self.take(who, amount)?;
		self.credit(&Escrow::pot_account(pot), amount);
		Some(())
	}

	pub fn pay_out(&mut self, pot: Pot, payments: &[(AccountId, Balance)]) -> Option<()> {
		let pot = Escrow::pot_account(pot);
		let out = sum(payments.iter().map(|(_, amount)| amount))?;
		let waited = of(&self.waiting, &pot).min(out);
		less(&mut self.waiting, &pot, waited)?;
		if out > waited {
			less(&mut self.balances, &pot, out - waited)?;
			let left = of(&self.balances, &pot);
			if left < EXISTENTIAL_DEPOSIT {
				self.balances.remove(&pot);
				more(&mut self.waiting, &pot, left);
			}
		}
		let payments = payments
			.iter()
			.map(|(who, amount)| (Payee::Account(who.clone()), *amount))
			.collect::<Vec<_>>();
		self.pay(&payments);
		Some(())
	}

	/// Compares all that the pallet says with the model.
	pub fn compare(&self) {
		let pots = [Pot::Validators, Pot::Verifiers, Pot::Fund(0)].map(Escrow::pot_account);
		for who in (1..=9).map(account).chain(pots) {
			assert_eq!(balance(&who), of(&self.balances, &who), "balance of {who}");
			assert_eq!(Escrow::free(who.clone()), of(&self.free, &who), "free");
			let waiting = of(&self.waiting, &who);
			assert_eq!(Escrow::claimable(who.clone()), waiting, "waiting");
			let locks = self.locks.values().filter(|lock| lock.0 == who);
			let locked = locks.map(|lock| lock.1).sum::<Balance>();
			assert_eq!(held(HoldReason::Job, &who), locked, "locked");
			let prepaid = self.prepayments.values().filter(|other| other.0 == who);
			let prepaid = prepaid.map(|other| other.1).sum::<Balance>();
			assert_eq!(held(HoldReason::Prepaid, &who), prepaid, "prepaid");
			for number in 0..=4 {
				let (amount, until) = self
					.budgets
					.get(&(who.clone(), number))
					.copied()
					.unwrap_or_default();
				let budget = Escrow::budget(any_home(number), who.clone());
				let budget = budget.map_or((0, 0), |budget| (budget.amount, budget.until));
				assert_eq!(budget, (amount, until), "budget");
			}
		}
		let backing = self.waiting.values().sum::<Balance>();
		assert_eq!(balance(&Escrow::account()), EXISTENTIAL_DEPOSIT + backing);
		for number in 0..8 {
			let lock = Escrow::lock(job(number))
				.map(|lock| (lock.client, lock.amount, lock.from_free, lock.prepayment));
			assert_eq!(lock.as_ref(), self.locks.get(&number), "lock");
		}
		for id in 0..4 {
			let prepayment =
				Escrow::prepaid(id).map(|left| (left.owner, left.amount, left.from_free));
			assert_eq!(prepayment.as_ref(), self.prepayments.get(&id), "prepayment");
		}
		assert_eq!(Escrow::burned(), self.burned);
	}
}
