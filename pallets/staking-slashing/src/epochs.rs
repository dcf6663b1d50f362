//! Epochs, and the yields that follow from what was paid in the last one.
//!
//! There is no issuance, so the yields of Table 6 of the paper are no promises: a yield here is what
//! was credited in the last completed epoch, over what was bonded for it, times the epochs of a year.

use crate::{
	types::{Earner, EpochInfo, EpochSums, Paid, Yield},
	Config, CountedEarnings, Epoch, EpochRunning, Event, LastEpoch, Pallet, TotalActive,
};
use aci_market::{
	fees::PARTS_PER_MILLION,
	fixed::{mul_div_floor, FixedError},
};
use aci_primitives::{Balance, BlockNumber, Role};
use alloc::vec::Vec;
use frame_support::traits::Get;

/// What other pallets pay to those whom this pallet does not pay itself, for the yields.
pub trait EarningsOf {
	/// All that workers were paid since genesis, in planck. Never falls.
	fn workers() -> Balance;
	/// All that the classes' funds earned since genesis, in planck; and their capital. The first
	/// never falls.
	fn providers() -> (Balance, Balance);
}

/// Nothing is told: workers and liquidity providers show no yield.
impl EarningsOf for () {
	fn workers() -> Balance {
		0
	}
	fn providers() -> (Balance, Balance) {
		(0, 0)
	}
}

impl<T: Config> Pallet<T> {
	/// Begins the next epoch when the running one has had its blocks; whether it did.
	pub(crate) fn roll_epoch(now: BlockNumber) -> bool {
		let epoch = Epoch::<T>::get();
		let blocks = now.saturating_sub(epoch.start);
		if blocks < T::EpochLength::get().max(1) {
			return false;
		}
		let mut sums = EpochRunning::<T>::take();
		sums.blocks = blocks;
		sums.verifiers.stake = TotalActive::<T>::get(Role::Verifier);
		let (before_workers, before_providers) = CountedEarnings::<T>::get();
		let (workers, (providers, capital)) = (T::Earnings::workers(), T::Earnings::providers());
		sums.workers = Paid {
			amount: workers.saturating_sub(before_workers),
			stake: TotalActive::<T>::get(Role::Worker),
		};
		sums.providers = Paid {
			amount: providers.saturating_sub(before_providers),
			stake: capital,
		};
		CountedEarnings::<T>::put((workers, providers));
		LastEpoch::<T>::put(sums);
		Epoch::<T>::put(EpochInfo {
			index: epoch.index.saturating_add(1),
			start: now,
		});
		Self::deposit_event(Event::EpochEnded {
			epoch: epoch.index,
			sums,
		});
		true
	}

	/// The yields of the last completed epoch; empty before there is one.
	pub(crate) fn view_yields() -> Vec<Yield> {
		let Some(sums) = LastEpoch::<T>::get() else {
			return Vec::new();
		};
		let EpochSums {
			blocks,
			validators,
			delegators,
			verifiers,
			workers,
			providers,
		} = sums;
		[
			(Earner::Validators, validators),
			(Earner::Delegators, delegators),
			(Earner::Verifiers, verifiers),
			(Earner::Workers, workers),
			(Earner::LiquidityProviders, providers),
		]
		.map(|(earner, paid)| Yield {
			earner,
			paid,
			yearly: yearly(paid, blocks, T::BlocksPerYear::get()),
		})
		.to_vec()
	}
}

/// Parts per million of the stake in a year, rounded down; at most what `u64` holds.
fn yearly(paid: Paid, blocks: BlockNumber, year: BlockNumber) -> Option<u64> {
	// Both factors of each product are far below `u128`: a year in blocks times a million, and a
	// stake that is a part of the issuance times an epoch.
	let scale = u128::from(year).saturating_mul(PARTS_PER_MILLION.into());
	let whole = paid.stake.saturating_mul(blocks.into());
	match mul_div_floor(paid.amount, scale, whole) {
		Ok(parts) => Some(u64::try_from(parts).unwrap_or(u64::MAX)),
		Err(FixedError::Overflow) => Some(u64::MAX),
		Err(FixedError::DivisionByZero) => None,
	}
}
