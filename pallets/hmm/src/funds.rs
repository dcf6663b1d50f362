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

use crate::{Config, Error, Event, FeesBrought, FundShares, Pallet, Pools, Provider, Providers};
use aci_market::{fund, FundError};
use aci_primitives::{
	traits::{Insurer, Pot, Pots},
	AccountId, Balance, ClassId,
};
use frame_support::{ensure, traits::Get};
use sp_runtime::DispatchResult;

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

impl<T: Config> Insurer for Pallet<T> {
	fn note_fee(class: ClassId, worker: &AccountId, amount: Balance) {
		if amount > 0 {
			FeesBrought::<T>::mutate(class, worker, |brought| {
				// Fees are parts of the issuance, whose sum over time cannot reach 2^128 planck.
				*brought = Some(brought.unwrap_or_default().saturating_add(amount));
			});
		}
	}

	fn refund(class: ClassId, worker: &AccountId, client: &AccountId, amount: Balance) -> Balance {
		let brought = FeesBrought::<T>::get(class, worker).unwrap_or_default();
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
		FeesBrought::<T>::set(class, worker, (left > 0).then_some(left));
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
