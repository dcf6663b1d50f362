//! A plain book of the market's money: what each account has, what of it is held and why, who is
//! due what. It knows no storage of the pallets and no balances: it begins with the genesis, takes
//! up the pallets' events, and applies to each what the event means for money by the rules of the
//! pallets' documentation. After every step Balances has to say the same, to the unit.

use crate::{
	check::{burned, Hold},
	runtime::*,
	world::*,
};
use aci_primitives::{
	traits::{DisputeVerdict, Pot},
	AccountId, Balance, JobId, ReservationId, Role,
};
use frame_support::traits::fungible::Inspect;
use pallet_aci_escrow as escrow;
use pallet_aci_hmm as hmm;
use pallet_aci_jobs as jobs;
use pallet_aci_poai as poai;
use pallet_aci_staking_slashing as staking;
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
	/// What began to wait in the payment whose events are being taken up.
	newly_waiting: BTreeMap<AccountId, Balance>,
	locks: BTreeMap<JobId, Money>,
	prepayments: BTreeMap<ReservationId, Money>,
	disputes: BTreeMap<JobId, Balance>,
	delegations_slashed: BTreeMap<u64, Vec<(AccountId, Balance)>>,
	slashes: BTreeMap<u64, Pending>,
	with_keys: BTreeSet<AccountId>,
	burned: Balance,
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
				Hold::ValidatorBond | Hold::WorkerBond | Hold::SessionKeys
			)),
			"the book begins before there are jobs"
		);
		book.with_keys = pallet_session::NextKeys::<Market>::iter_keys().collect();
		book.burned = burned();
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

	/// Takes up an event.
	pub fn take(&mut self, event: &RuntimeEvent) {
		match event {
			RuntimeEvent::Escrow(event) => self.escrow(event),
			RuntimeEvent::Jobs(event) => self.jobs(event),
			RuntimeEvent::StakingSlashing(event) => self.staking(event),
			RuntimeEvent::Hmm(event) => self.hmm(event),
			RuntimeEvent::PoAi(event) => self.poai(event),
			_ => {}
		}
	}

	fn escrow(&mut self, event: &escrow::Event<Market>) {
		use escrow::Event::*;
		match event {
			Deposited { who, amount, .. } => self.hold(who, Hold::Free, *amount),
			Withdrawn { who, amount, .. } => self.free_up(who, Hold::Free, *amount),
			Locked {
				job,
				client,
				amount,
				from_free,
				prepayment,
			} => {
				let expected = match prepayment {
					Some(id) => {
						let source = self.prepayments.get_mut(id).expect("it stands");
						let from_free = source.from_free.min(*amount);
						source.amount -= amount;
						source.from_free -= from_free;
						self.free_up(client, Hold::Prepaid, *amount);
						from_free
					}
					None => self.draw(client, *amount),
				};
				assert_eq!(*from_free, expected, "free escrow is drawn first");
				self.hold(client, Hold::Job, *amount);
				let lock = Money {
					owner: client.clone(),
					amount: *amount,
					from_free: *from_free,
					prepayment: *prepayment,
				};
				self.locks.insert(*job, lock);
			}
			Reduced { job, remaining, .. } => {
				let mut lock = self.locks.remove(job).expect("there is a lock");
				let rest = lock.amount - remaining;
				self.refund(&lock, rest);
				lock.amount = *remaining;
				lock.from_free -= rest.min(lock.from_free);
				self.locks.insert(*job, lock);
			}
			RefundKept { who, amount } => self.hold(who, Hold::Free, *amount),
			CreditKept { who, amount, .. } => {
				*self.waiting.entry(who.clone()).or_default() += amount;
				*self.newly_waiting.entry(who.clone()).or_default() += amount;
			}
			Claimed { who, amount } => {
				let waited = self.waiting.remove(who);
				assert_eq!(waited, Some(*amount), "all that waits is paid at once");
				self.newly_waiting.remove(who);
			}
			Prepaid {
				reservation,
				owner,
				amount,
				from_free,
			} => {
				assert_eq!(*from_free, self.draw(owner, *amount));
				self.hold(owner, Hold::Prepaid, *amount);
				let prepayment = Money {
					owner: owner.clone(),
					amount: *amount,
					from_free: *from_free,
					prepayment: None,
				};
				self.prepayments.insert(*reservation, prepayment);
			}
			PrepaymentEnded {
				reservation,
				to_free,
				to_balance,
				burned,
				..
			} => {
				let ended = self.prepayments.remove(reservation).expect("it stood");
				assert_eq!(ended.amount, to_free + to_balance + burned);
				assert_eq!(*to_free, ended.from_free.min(to_free + to_balance));
				self.free_up(&ended.owner, Hold::Prepaid, ended.amount);
				self.hold(&ended.owner, Hold::Free, *to_free);
				self.burn(&ended.owner, *burned);
			}
			BudgetOpened {
				client,
				amount,
				from_free,
				..
			} => {
				assert_eq!(*from_free, self.draw(client, *amount));
				self.hold(client, Hold::Budget, *amount);
			}
			BudgetClosed { client, amount, .. } => {
				self.free_up(client, Hold::Budget, *amount);
				self.hold(client, Hold::Free, *amount);
			}
			PaidOut { pot, amount, .. } => {
				// A payment out of a pot takes first what waited for the pot before it.
				let account = Escrow::pot_account(*pot);
				let new = self.newly_waiting.remove(&account).unwrap_or_default();
				let waited = self.waiting.remove(&account).unwrap_or_default() - new;
				let left = new + waited.saturating_sub(*amount);
				self.waiting.insert(account, left);
				self.newly_waiting.clear();
			}
			BatchSettled { .. } | PaidIn { .. } | BudgetsSpent { .. } => self.newly_waiting.clear(),
			__Ignore(..) => {}
		}
	}

	fn jobs(&mut self, event: &jobs::Event<Market>) {
		use jobs::Event::*;
		match event {
			JobSubmitted {
				client, deposit, ..
			} => self.hold(client, Hold::JobDeposit, *deposit),
			JobPruned {
				client, deposit, ..
			} => self.free_up(client, Hold::JobDeposit, *deposit),
			JobForfeited { job, amount, .. } => {
				self.take_of_lock(job, *amount);
				self.burned += amount;
			}
			JobSettled {
				job,
				worker,
				paid,
				validators,
				verifiers,
				fund,
				burned,
				refund,
				..
			} => {
				let class = Jobs::job(*job).expect("a paid job is kept").job.spec.class;
				self.take_of_lock(job, paid + validators + verifiers + fund + burned);
				self.earn(worker, *paid);
				self.earn(&pot(Pot::Validators), *validators);
				self.earn(&pot(Pot::Verifiers), *verifiers);
				self.earn(&pot(Pot::Fund(class)), *fund);
				self.burned += burned;
				assert_eq!(*refund, self.release(job));
			}
			JobCancelled { job, refund, .. } | JobTimedOut { job, refund, .. } => {
				assert_eq!(*refund, self.release(job));
			}
			JobExpired {
				job,
				refund,
				slot_fee,
				..
			} => {
				self.take_of_lock(job, *slot_fee);
				self.burned += slot_fee;
				assert_eq!(*refund, self.release(job));
			}
			JobRefunded {
				job, due, refund, ..
			} => {
				if self.locks.contains_key(job) {
					assert_eq!((*due, *refund), (0, self.release(job)));
				}
			}
			JobDisputed {
				job, client, bond, ..
			} => {
				self.hold(client, Hold::DisputeBond, *bond);
				self.disputes.insert(*job, *bond);
			}
			DisputeDecided {
				job,
				client,
				worker,
				verdict,
				returned,
				forfeited,
			} => {
				let bond = self.disputes.remove(job).expect("it was open");
				self.free_up(client, Hold::DisputeBond, bond);
				if *verdict != DisputeVerdict::Right {
					assert_eq!(*returned, bond);
				} else if *forfeited > 0 {
					assert_eq!(*forfeited, bond);
					self.transferred(client, worker, bond);
				} else {
					self.burn(client, bond);
				}
			}
			DisputeUndecided {
				job,
				client,
				returned,
				..
			} => {
				let bond = self.disputes.remove(job).expect("it was open");
				assert_eq!(*returned, bond);
				self.free_up(client, Hold::DisputeBond, bond);
			}
			SettlementFailed { job, reason } => panic!("{job:?} could not be paid: {reason:?}"),
			_ => {}
		}
	}

	fn staking(&mut self, event: &staking::Event<Market>) {
		use staking::Event::*;
		match event {
			Bonded {
				who, role, amount, ..
			} => self.hold(who, Hold::of_role(*role), *amount),
			Withdrawn { who, role, amount } => self.free_up(who, Hold::of_role(*role), *amount),
			Delegated { who, amount, .. } => self.hold(who, Hold::Delegation, *amount),
			UndelegatedWithdrawn { who, amount, .. } => {
				self.free_up(who, Hold::Delegation, *amount)
			}
			DelegationSlashed {
				id,
				delegator,
				amount,
				..
			} => {
				let parts = self.delegations_slashed.entry(*id).or_default();
				parts.push((delegator.clone(), *amount));
			}
			Slashed {
				id,
				offender,
				role,
				amount,
				..
			} => {
				let mut parts = self.delegations_slashed.remove(id).unwrap_or_default();
				let delegated: Balance = parts.iter().map(|(_, part)| part).sum();
				for (who, part) in &parts {
					self.free_up(who, Hold::Delegation, *part);
					self.hold(who, Hold::Slashed, *part);
				}
				let own = amount - delegated;
				self.free_up(offender, Hold::of_role(*role), own);
				self.hold(offender, Hold::Slashed, own);
				parts.insert(0, (offender.clone(), own));
				let pending = Pending {
					offender: offender.clone(),
					role: *role,
					parts,
					appeal: 0,
				};
				self.slashes.insert(*id, pending);
			}
			SlashAppealed {
				id,
				offender,
				deposit,
				..
			} => {
				self.hold(offender, Hold::AppealDeposit, *deposit);
				self.slashes.get_mut(id).expect("open").appeal = *deposit;
			}
			ClaimPaid {
				id, client, paid, ..
			} => {
				self.take_of_pot(*id, *paid);
				self.earn(client, *paid);
			}
			SlashApplied {
				id,
				offender,
				reporter,
				kept,
				rewarded,
				burned,
				..
			} => {
				self.take_of_pot(*id, *rewarded);
				if let Some(reporter) = reporter {
					self.earn(reporter, *rewarded);
				}
				let appeal = core::mem::take(&mut self.slashes.get_mut(id).expect("open").appeal);
				self.free_up(offender, Hold::AppealDeposit, appeal);
				self.burn(offender, appeal);
				self.take_of_pot(*id, burned - appeal);
				self.burned += burned - appeal;
				let left: Balance = self.slashes[id].parts.iter().map(|(_, part)| part).sum();
				assert_eq!(left, *kept, "what waits is what is left");
				if left == 0 {
					self.slashes.remove(id);
				}
			}
			SlashCancelled { id, .. } => {
				let pending = self.slashes.remove(id).expect("open");
				self.free_up(&pending.offender, Hold::AppealDeposit, pending.appeal);
				for (who, part) in &pending.parts {
					self.free_up(who, Hold::Slashed, *part);
					let back = if *who == pending.offender {
						Hold::of_role(pending.role)
					} else {
						Hold::Delegation
					};
					self.hold(who, back, *part);
				}
			}
			RewardsClaimed { who, amount, .. } => {
				self.transferred(&pot(Pot::Validators), who, *amount)
			}
			VerifierPaid {
				verifier, amount, ..
			} => self.transferred(&pot(Pot::Verifiers), verifier, *amount),
			_ => {}
		}
	}

	fn hmm(&mut self, event: &hmm::Event<Market>) {
		use hmm::Event::*;
		match event {
			LiquidityProvided {
				class, who, amount, ..
			} => self.transferred(who, &pot(Pot::Fund(*class)), *amount),
			LiquidityWithdrawn {
				class, who, amount, ..
			} => self.transferred(&pot(Pot::Fund(*class)), who, *amount),
			RefundInsured {
				class,
				client,
				paid,
				..
			} => self.transferred(&pot(Pot::Fund(*class)), client, *paid),
			_ => {}
		}
	}

	fn poai(&mut self, event: &poai::Event<Market>) {
		use poai::Event::*;
		match event {
			ModelRegistered { owner, deposit, .. } => {
				self.hold(owner, Hold::ModelDeposit, *deposit)
			}
			ModelRemoved { owner, deposit, .. } => {
				self.free_up(owner, Hold::ModelDeposit, *deposit)
			}
			_ => {}
		}
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
		let sum: Balance = self.wealth.values().sum();
		assert_eq!(sum + EXISTENTIAL_DEPOSIT + self.burned, genesis_issuance());
	}
}
