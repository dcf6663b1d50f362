//! Liquidity funds: deposits, withdrawals, and refunds out of them.
//!
//! The rule and its guarantees are `aci_market::fund`'s. The money is in the pot of the class; this
//! pallet keeps who has which shares, and asks the pot for its balance each time, so a fee or a
//! donation counts as soon as it is there.
//!
//! Shares on their way out stay shares: they bear losses and earn fees until they are withdrawn, at
//! the value of that moment. They can be withdrawn for a while after the unbonding time and are
//! bound again after it. Without that end a provider could unbond once, stay in for years, and leave
//! in the block before a refund.

use crate::{
	Brought, BroughtCursor, Config, Error, Event, FeesBrought, FundShares, Pallet, Pools, Provider,
	Providers,
};
use aci_market::{fund, FundError};
use aci_primitives::{
	traits::{Insurer, Pot, Pots},
	AccountId, Balance, BlockNumber, ClassId,
};
use alloc::vec::Vec;
use frame_support::{ensure, traits::Get};
use sp_runtime::{DispatchResult, SaturatedConversion};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_provide(who: AccountId, class: ClassId, amount: Balance) -> DispatchResult {
		ensure!(Pools::<T>::contains_key(class), Error::<T>::UnknownClass);
		let stored = Providers::<T>::get(class, &who);
		ensure!(
			stored.is_some() || amount >= T::MinLiquidity::get(),
			Error::<T>::BelowMinLiquidity
		);
		let issued = FundShares::<T>::get(class);
		let assets = T::Pots::balance(Pot::Fund(class));
		let shares = fund::shares_of_deposit(amount, assets, issued).map_err(Error::<T>::from)?;
		T::Pots::pay_in(&who, Pot::Fund(class), amount)?;
		let mut provider = stored.unwrap_or_default();
		Self::bind_lapsed(class, &who, &mut provider);
		// `shares_of_deposit` checked that the sum of all fits.
		provider.shares = provider.shares.saturating_add(shares);
		FundShares::<T>::insert(class, issued.saturating_add(shares));
		Providers::<T>::insert(class, &who, provider);
		Self::deposit_event(Event::LiquidityProvided {
			class,
			who,
			amount,
			shares,
		});
		Ok(())
	}

	pub(crate) fn do_begin_withdrawal(
		who: AccountId,
		class: ClassId,
		shares: u128,
	) -> DispatchResult {
		let mut provider = Self::provider_of(class, &who)?;
		ensure!(shares > 0, Error::<T>::NothingAsked);
		let rest = provider
			.shares
			.checked_sub(shares)
			.ok_or(Error::<T>::NotEnoughShares)?;
		ensure!(
			rest == 0 || Self::worth(class, rest) >= T::MinLiquidity::get(),
			Error::<T>::RemainderBelowMinLiquidity
		);
		let from = Self::now().saturating_add(T::UnbondingTime::get());
		let until = from.saturating_add(T::WithdrawalWindow::get());
		provider.shares = rest;
		provider
			.withdrawals
			.try_push(crate::Withdrawal {
				shares,
				from,
				until,
			})
			.map_err(|_| Error::<T>::TooManyWithdrawals)?;
		Providers::<T>::insert(class, &who, provider);
		Self::deposit_event(Event::WithdrawalBegun {
			class,
			who,
			shares,
			from,
			until,
		});
		Ok(())
	}

	pub(crate) fn do_cancel_withdrawal(
		who: AccountId,
		class: ClassId,
		shares: u128,
	) -> DispatchResult {
		let mut provider = Self::provider_of(class, &who)?;
		ensure!(shares > 0, Error::<T>::NothingAsked);
		let mut left = shares;
		// The newest first: what is nearest to its end stays on its way.
		for out in provider.withdrawals.iter_mut().rev() {
			let part = out.shares.min(left);
			out.shares = out.shares.saturating_sub(part);
			left = left.saturating_sub(part);
		}
		ensure!(left == 0, Error::<T>::NotEnoughShares);
		provider.withdrawals.retain(|out| out.shares > 0);
		provider.shares = provider.shares.saturating_add(shares);
		Providers::<T>::insert(class, &who, provider);
		Self::deposit_event(Event::WithdrawalCancelled { class, who, shares });
		Ok(())
	}

	pub(crate) fn do_withdraw_liquidity(who: AccountId, class: ClassId) -> DispatchResult {
		let mut provider = Self::provider_of(class, &who)?;
		let now = Self::now();
		// What lapsed is bound again, so whatever has begun has not ended.
		let shares = provider
			.withdrawals
			.iter()
			.filter(|out| out.from <= now)
			.fold(0u128, |sum, out| sum.saturating_add(out.shares));
		ensure!(shares > 0, Error::<T>::NothingToWithdraw);
		provider.withdrawals.retain(|out| out.from > now);
		let issued = FundShares::<T>::get(class);
		let amount = Self::worth(class, shares);
		T::Pots::pay_out(Pot::Fund(class), &[(who.clone(), amount)])?;
		FundShares::<T>::insert(class, issued.saturating_sub(shares));
		if provider.total() == 0 {
			Providers::<T>::remove(class, &who);
		} else {
			Providers::<T>::insert(class, &who, provider);
		}
		Self::deposit_event(Event::LiquidityWithdrawn {
			class,
			who,
			shares,
			amount,
		});
		Ok(())
	}

	/// What so many of a fund's shares are worth now, in planck.
	pub(crate) fn worth(class: ClassId, shares: u128) -> Balance {
		let assets = T::Pots::balance(Pot::Fund(class));
		// A part is at most the whole; more than the whole would be worth nothing.
		fund::value(shares, assets, FundShares::<T>::get(class)).unwrap_or_default()
	}

	/// A stored provider, with what lapsed bound again.
	fn provider_of(
		class: ClassId,
		who: &AccountId,
	) -> Result<Provider<T::MaxWithdrawals>, Error<T>> {
		let mut provider = Providers::<T>::get(class, who).ok_or(Error::<T>::NotProvider)?;
		Self::bind_lapsed(class, who, &mut provider);
		Ok(provider)
	}

	fn bind_lapsed(class: ClassId, who: &AccountId, provider: &mut Provider<T::MaxWithdrawals>) {
		let shares = provider.bind_lapsed(Self::now());
		if shares > 0 {
			let who = who.clone();
			Self::deposit_event(Event::WithdrawalLapsed { class, who, shares });
		}
	}
}

impl<T: Config> Pallet<T> {
	/// Begins to search for brought fees that no refund can need any more, unless a search runs.
	pub(crate) fn begin_forgetting() {
		if !BroughtCursor::<T>::exists() {
			BroughtCursor::<T>::put(None::<(ClassId, AccountId)>);
		}
	}

	/// Looks at what the next workers brought, at most [`Config::MaxEndsPerBlock`], and forgets what
	/// no refund can need any more. Returns how many it looked at.
	pub(crate) fn forget_brought(now: BlockNumber) -> u32 {
		let Some(cursor) = BroughtCursor::<T>::get() else {
			return 0;
		};
		let iter = match cursor {
			Some((class, worker)) => {
				FeesBrought::<T>::iter_from(FeesBrought::<T>::hashed_key_for(class, worker))
			}
			None => FeesBrought::<T>::iter(),
		};
		let most = T::MaxEndsPerBlock::get();
		let next: Vec<_> = iter.take(most.saturated_into()).collect();
		let count: u32 = next.len().saturated_into();
		let place = next
			.last()
			.filter(|_| count >= most)
			.map(|(class, worker, _)| (*class, worker.clone()));
		for (class, worker, brought) in next {
			if brought.last.saturating_add(T::InsuranceTime::get()) < now {
				FeesBrought::<T>::remove(class, worker);
			}
		}
		match place {
			Some(place) => BroughtCursor::<T>::put(Some(place)),
			None => BroughtCursor::<T>::kill(),
		}
		count
	}
}

impl<T: Config> Insurer for Pallet<T> {
	fn note_fee(class: ClassId, worker: &AccountId, amount: Balance) {
		if amount > 0 {
			let last = Self::now();
			FeesBrought::<T>::mutate(class, worker, |brought| {
				let before = brought.map_or(0, |brought| brought.amount);
				// Fees are parts of the issuance, whose sum over time cannot reach 2^128 planck.
				let amount = before.saturating_add(amount);
				*brought = Some(Brought { amount, last });
			});
		}
	}

	fn refund(class: ClassId, worker: &AccountId, client: &AccountId, amount: Balance) -> Balance {
		let Brought {
			amount: brought,
			last,
		} = FeesBrought::<T>::get(class, worker).unwrap_or_default();
		let assets = T::Pots::balance(Pot::Fund(class));
		let paid = fund::refund(amount, brought, assets, FundShares::<T>::get(class));
		if paid == 0 {
			return 0;
		}
		// The pot has more than that, so this does not fail; if it did, nothing was paid.
		if T::Pots::pay_out(Pot::Fund(class), &[(client.clone(), paid)]).is_err() {
			return 0;
		}
		let left = brought.saturating_sub(paid);
		let rest = (left > 0).then_some(Brought { amount: left, last });
		FeesBrought::<T>::set(class, worker, rest);
		Self::deposit_event(Event::RefundInsured {
			class,
			worker: worker.clone(),
			client: client.clone(),
			asked: amount,
			paid,
			left,
		});
		paid
	}
}

impl<T> From<FundError> for Error<T> {
	fn from(error: FundError) -> Self {
		match error {
			FundError::DepositTooSmall => Error::DepositTooSmall,
			FundError::DepositTooLarge => Error::DepositTooLarge,
			FundError::NotEnoughShares => Error::NotEnoughShares,
		}
	}
}
