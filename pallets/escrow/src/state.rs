//! The moves of money that calls and settlement are made of, and the check of the invariants.

use crate::{
	Claimable, Config, Error, Event, Free, HoldReason, Locked, Locks, Pallet, Pot, PotId,
	TotalClaimable,
};
use aci_primitives::{traits::Payee, AccountId, Balance, ClassId};
use alloc::collections::BTreeMap;
use frame_support::{
	defensive, ensure,
	storage::with_storage_layer,
	traits::{
		fungible::{Inspect, InspectHold, Mutate, MutateHold, UnbalancedHold},
		tokens::{DepositConsequence, Precision, Preservation, Provenance},
		Get,
	},
};
use sp_runtime::{traits::AccountIdConversion, ArithmeticError, DispatchError, DispatchResult};

/// Accounts.
impl<T: Config> Pallet<T> {
	/// The pallet's own account, which backs the credits that wait.
	pub fn account() -> AccountId {
		T::PalletId::get().into_account_truncating()
	}

	/// The account of a pot.
	///
	/// Derived accounts are padded with zeros, and a pot's encoding may end in zeros: the word before
	/// it keeps every pot apart from the pallet's own account.
	pub fn pot_account(pot: PotId) -> AccountId {
		T::PalletId::get().into_sub_account_truncating((*b"pot", pot))
	}

	/// The account of the validators' pool.
	pub fn validators_account() -> AccountId {
		Self::pot_account(PotId::Validators)
	}

	/// The account of the verifiers' pool.
	pub fn verifiers_account() -> AccountId {
		Self::pot_account(PotId::Verifiers)
	}

	/// The account of a class's fund.
	pub fn fund_account(class: ClassId) -> AccountId {
		Self::pot_account(PotId::Fund(class))
	}

	/// The account of a payee; `None` for what is burned.
	pub fn payee_account(payee: &Payee) -> Option<AccountId> {
		match payee {
			Payee::Account(account) => Some(account.clone()),
			Payee::Validators => Some(Self::validators_account()),
			Payee::Verifiers => Some(Self::verifiers_account()),
			Payee::Fund(class) => Some(Self::fund_account(*class)),
			Payee::Burn => None,
		}
	}

	/// A pot and what it has.
	pub(crate) fn pot(pot: PotId) -> Pot {
		let account = Self::pot_account(pot);
		Pot {
			balance: T::Currency::balance(&account),
			claimable: Claimable::<T>::get(&account),
			account,
		}
	}

	/// Gives the pallet's account the existential deposit, at genesis only.
	///
	/// Balances reaps an account below that deposit whatever other references it has, so without it
	/// the account could not keep a credit of one planck.
	pub(crate) fn endow_account() {
		let account = Self::account();
		let missing = T::Currency::minimum_balance().saturating_sub(T::Currency::balance(&account));
		if missing > 0 && T::Currency::mint_into(&account, missing).is_err() {
			defensive!("the existential deposit cannot be minted at genesis");
		}
	}
}

/// Moves of money.
impl<T: Config> Pallet<T> {
	/// Whether an account can be given `amount` without staying below the existential deposit.
	pub(crate) fn can_take(who: &AccountId, amount: Balance) -> bool {
		T::Currency::can_deposit(who, amount, Provenance::Extant) == DepositConsequence::Success
	}

	/// Records an addition to free escrow; returns the new sum.
	pub(crate) fn add_free(who: &AccountId, amount: Balance) -> Result<Balance, DispatchError> {
		Self::add(Free::<T>::get(who), amount, |sum| {
			Free::<T>::insert(who, sum)
		})
	}

	/// Records a subtraction from free escrow; returns the new sum.
	pub(crate) fn subtract_free(
		who: &AccountId,
		amount: Balance,
	) -> Result<Balance, DispatchError> {
		let left = Free::<T>::get(who)
			.checked_sub(amount)
			.ok_or(ArithmeticError::Underflow)?;
		if left == 0 {
			Free::<T>::remove(who);
		} else {
			Free::<T>::insert(who, left);
		}
		Ok(left)
	}

	/// Records an addition to the sum of a client's locks.
	pub(crate) fn add_locked(who: &AccountId, amount: Balance) -> DispatchResult {
		Self::add(Locked::<T>::get(who), amount, |sum| {
			Locked::<T>::insert(who, sum)
		})
		.map(|_| ())
	}

	/// Records a subtraction from the sum of a client's locks.
	pub(crate) fn subtract_locked(who: &AccountId, amount: Balance) -> DispatchResult {
		let left = Locked::<T>::get(who)
			.checked_sub(amount)
			.ok_or(ArithmeticError::Underflow)?;
		if left == 0 {
			Locked::<T>::remove(who);
		} else {
			Locked::<T>::insert(who, left);
		}
		Ok(())
	}

	fn add(
		old: Balance,
		amount: Balance,
		store: impl FnOnce(Balance),
	) -> Result<Balance, DispatchError> {
		let sum = old.checked_add(amount).ok_or(ArithmeticError::Overflow)?;
		if amount > 0 {
			store(sum);
		}
		Ok(sum)
	}

	/// Moves `amount` of an account's hold from one reason to the other.
	///
	/// It does not go through the spendable balance: an account whose balance is below the
	/// existential deposit could not take it there. The new hold comes first, so that the account
	/// is never without one and cannot be reaped between the two.
	pub(crate) fn move_hold(
		who: &AccountId,
		from: HoldReason,
		to: HoldReason,
		amount: Balance,
	) -> DispatchResult {
		if amount == 0 {
			return Ok(());
		}
		T::Currency::increase_balance_on_hold(&to.into(), who, amount, Precision::Exact)?;
		T::Currency::decrease_balance_on_hold(&from.into(), who, amount, Precision::Exact)?;
		Ok(())
	}

	/// Gives back a part of what is locked: to free escrow and to the balance. What the balance
	/// cannot take goes to free escrow too, so a refund never fails for the state of an account.
	///
	/// The caller has reduced the lock; the sum of locks is reduced here.
	pub(crate) fn refund(
		client: &AccountId,
		to_free: Balance,
		to_balance: Balance,
	) -> DispatchResult {
		let sum = to_free
			.checked_add(to_balance)
			.ok_or(ArithmeticError::Overflow)?;
		Self::subtract_locked(client, sum)?;
		let mut kept = to_free;
		if to_balance > 0 {
			if Self::can_take(client, to_balance) {
				let reason = HoldReason::Job.into();
				T::Currency::release(&reason, client, to_balance, Precision::Exact)?;
			} else {
				kept = sum;
				Self::deposit_event(Event::RefundKept {
					who: client.clone(),
					amount: to_balance,
				});
			}
		}
		Self::move_hold(client, HoldReason::Job, HoldReason::Free, kept)?;
		Self::add_free(client, kept)?;
		Ok(())
	}

	/// Pays an account `amount` out of the pallet's account, with what waits for it already. Returns
	/// false when the account cannot take it; then nothing has changed.
	pub(crate) fn pay_out(who: &AccountId, amount: Balance) -> Result<bool, DispatchError> {
		let waiting = Claimable::<T>::get(who);
		let due = waiting
			.checked_add(amount)
			.ok_or(ArithmeticError::Overflow)?;
		if due == 0 {
			return Ok(true);
		}
		// The check comes first because a transfer to such an account is no error worth a rollback;
		// any other refusal of the account's is treated alike, so that no payee fails a batch.
		let account = Self::account();
		let transfer = || T::Currency::transfer(&account, who, due, Preservation::Preserve);
		if !Self::can_take(who, due) || with_storage_layer(transfer).is_err() {
			return Ok(false);
		}
		if waiting > 0 {
			Claimable::<T>::remove(who);
			let total = TotalClaimable::<T>::get();
			let total = total
				.checked_sub(waiting)
				.ok_or(ArithmeticError::Underflow)?;
			TotalClaimable::<T>::put(total);
			Self::deposit_event(Event::Claimed {
				who: who.clone(),
				amount: waiting,
			});
		}
		Ok(true)
	}

	/// Records a credit that waits. The pallet's account has the money already.
	pub(crate) fn keep_credit(who: &AccountId, amount: Balance) -> DispatchResult {
		let claimable = Claimable::<T>::get(who)
			.checked_add(amount)
			.ok_or(ArithmeticError::Overflow)?;
		let total = TotalClaimable::<T>::get()
			.checked_add(amount)
			.ok_or(ArithmeticError::Overflow)?;
		Claimable::<T>::insert(who, claimable);
		TotalClaimable::<T>::put(total);
		Self::deposit_event(Event::CreditKept {
			who: who.clone(),
			amount,
			claimable,
		});
		Ok(())
	}
}

/// The check of the invariants.
impl<T: Config> Pallet<T> {
	/// Checks invariants 1 to 4 of the crate's documentation over the whole state.
	///
	/// It reads everything: for tests and for checks of a node, never for a block.
	pub fn do_try_state() -> Result<(), DispatchError> {
		let overflow = DispatchError::Arithmetic(ArithmeticError::Overflow);

		for (who, free) in Free::<T>::iter() {
			ensure!(free > 0, "an empty entry of free escrow is kept");
			ensure!(
				T::Currency::balance_on_hold(&HoldReason::Free.into(), &who) == free,
				"the hold under Free differs from the record of free escrow"
			);
		}

		let mut locked = BTreeMap::<AccountId, Balance>::new();
		for (_, lock) in Locks::<T>::iter() {
			ensure!(
				lock.from_free <= lock.amount,
				"a lock drew more than it is from free escrow"
			);
			let sum = locked.entry(lock.client).or_default();
			*sum = sum.checked_add(lock.amount).ok_or(overflow)?;
		}
		for (who, sum) in Locked::<T>::iter() {
			ensure!(sum > 0, "an empty sum of locks is kept");
			ensure!(
				locked.remove(&who) == Some(sum),
				"the sum of locks differs from the record of it"
			);
			ensure!(
				T::Currency::balance_on_hold(&HoldReason::Job.into(), &who) == sum,
				"the hold under Job differs from the sum of locks"
			);
		}
		ensure!(
			locked.values().all(|sum| *sum == 0),
			"locks without a record of their sum"
		);

		let mut claimable: Balance = 0;
		for (_, credit) in Claimable::<T>::iter() {
			ensure!(credit > 0, "an empty credit is kept");
			claimable = claimable.checked_add(credit).ok_or(overflow)?;
		}
		ensure!(
			claimable == TotalClaimable::<T>::get(),
			"the credits differ from their sum"
		);
		let backing = T::Currency::minimum_balance()
			.checked_add(claimable)
			.ok_or(overflow)?;
		ensure!(
			T::Currency::balance(&Self::account()) >= backing,
			"the pallet's account does not back the credits that wait"
		);
		Ok(())
	}

	/// What the lock of a job gives back when `rest` of it is not paid: to free escrow first, as
	/// much as was drawn from there, then to the balance.
	pub(crate) fn split_refund(from_free: Balance, rest: Balance) -> (Balance, Balance) {
		let to_free = rest.min(from_free);
		// `to_free` is at most `rest`.
		(to_free, rest.saturating_sub(to_free))
	}

	/// Ends a lock or fails with [`Error::NoLock`].
	pub(crate) fn take_lock(job: &aci_primitives::JobId) -> Result<crate::Lock, DispatchError> {
		Locks::<T>::take(job).ok_or_else(|| Error::<T>::NoLock.into())
	}
}
