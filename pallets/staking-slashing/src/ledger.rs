//! The ledger of one bond: what is active, what must stay, what is on its way out.
//!
//! Amounts are parts of the issuance, so their sums fit; sums saturate where a result is returned
//! and are checked where one is stored.

use crate::types::Unbonding;
use aci_primitives::{Balance, BlockNumber};
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{
	pallet_prelude::Get, traits::DefensiveSaturating, BoundedVec, CloneNoBound, DebugNoBound,
	EqNoBound, PartialEqNoBound,
};
use scale_info::TypeInfo;

/// One account's bond for one role.
#[derive(
	CloneNoBound, DebugNoBound, PartialEqNoBound, EqNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[codec(mel_bound())]
#[scale_info(skip_type_params(MaxUnbonding))]
#[scale_info(capture_docs = "always")]
pub struct Ledger<MaxUnbonding: Get<u32>> {
	/// What backs the account's work, in planck.
	pub active: Balance,
	/// What has to stay bonded, in planck; stated by the pallet that gives the account work.
	pub required: Balance,
	/// What is on its way out, in the order in which it was unbonded.
	pub unbonding: BoundedVec<Unbonding, MaxUnbonding>,
}

impl<MaxUnbonding: Get<u32>> Default for Ledger<MaxUnbonding> {
	fn default() -> Self {
		Ledger {
			active: 0,
			required: 0,
			unbonding: BoundedVec::new(),
		}
	}
}

/// What was taken out of a ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
	pub from_active: Balance,
	pub from_unbonding: Balance,
	/// The latest time of the unbonding parts that were touched.
	pub until: BlockNumber,
}

impl<MaxUnbonding: Get<u32>> Ledger<MaxUnbonding> {
	/// Sum of what is on its way out, in planck.
	pub fn unbonding_total(&self) -> Balance {
		self.unbonding
			.iter()
			.fold(0, |sum, part| sum.defensive_saturating_add(part.amount))
	}

	/// All that is held for the bond, in planck.
	pub fn total(&self) -> Balance {
		self.active.defensive_saturating_add(self.unbonding_total())
	}

	/// Whether nothing is held and nothing required.
	pub(crate) fn is_empty(&self) -> bool {
		self.active == 0 && self.required == 0 && self.unbonding.is_empty()
	}

	/// Adds a part that is on its way out, to the part with the same time if there is one. False
	/// when there is no room; then nothing has changed.
	pub(crate) fn add_unbonding(&mut self, amount: Balance, until: BlockNumber) -> bool {
		if let Some(part) = self.unbonding.iter_mut().find(|part| part.until == until) {
			part.amount = part.amount.defensive_saturating_add(amount);
			return true;
		}
		self.unbonding.try_push(Unbonding { amount, until }).is_ok()
	}

	/// As [`Self::add_unbonding`], for a part that must not be lost: without room it joins the next
	/// later part, or else the latest one, which then waits as long as it.
	pub(crate) fn return_unbonding(&mut self, amount: Balance, until: BlockNumber) {
		if amount == 0 || self.add_unbonding(amount, until) {
			return;
		}
		let next = self
			.unbonding
			.iter()
			.map(|part| part.until)
			.filter(|at| *at > until)
			.min();
		let at = next.or_else(|| self.unbonding.iter().map(|part| part.until).max());
		if let Some(part) = self
			.unbonding
			.iter_mut()
			.find(|part| Some(part.until) == at)
		{
			part.amount = part.amount.defensive_saturating_add(amount);
			part.until = part.until.max(until);
		}
	}

	/// Removes the parts whose time has come; returns their sum.
	pub(crate) fn take_matured(&mut self, now: BlockNumber) -> Balance {
		let mut sum: Balance = 0;
		self.unbonding.retain(|part| {
			let matured = part.until <= now;
			if matured {
				sum = sum.defensive_saturating_add(part.amount);
			}
			!matured
		});
		sum
	}

	/// Takes up to `amount` out of what is unbonding, the last unbonded first.
	pub(crate) fn take_unbonding(&mut self, amount: Balance) -> Taken {
		let mut taken = Taken::default();
		for part in self.unbonding.iter_mut().rev() {
			// `from_unbonding` is a sum of minima with what was left, so at most `amount`.
			let some = part.amount.min(amount.saturating_sub(taken.from_unbonding));
			if some == 0 {
				break;
			}
			part.amount = part.amount.defensive_saturating_sub(some);
			taken.from_unbonding = taken.from_unbonding.defensive_saturating_add(some);
			taken.until = taken.until.max(part.until);
		}
		self.unbonding.retain(|part| part.amount > 0);
		taken
	}

	/// Takes up to `amount`: of the active bond first, then of what is unbonding.
	pub(crate) fn take(&mut self, amount: Balance) -> Taken {
		let from_active = self.active.min(amount);
		self.active = self.active.defensive_saturating_sub(from_active);
		let rest = amount.defensive_saturating_sub(from_active);
		Taken {
			from_active,
			..self.take_unbonding(rest)
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use sp_core::ConstU32;

	fn ledger() -> Ledger<ConstU32<3>> {
		let mut ledger = Ledger {
			active: 100,
			..Default::default()
		};
		assert!(ledger.add_unbonding(10, 5));
		assert!(ledger.add_unbonding(20, 7));
		ledger
	}

	#[test]
	fn the_active_bond_is_taken_first_and_the_last_unbonded_next() {
		let mut ledger = ledger();
		let taken = ledger.take(125);
		assert_eq!(
			taken,
			Taken {
				from_active: 100,
				from_unbonding: 25,
				until: 7
			}
		);
		assert_eq!(
			ledger.unbonding.to_vec(),
			[Unbonding {
				amount: 5,
				until: 5
			}]
		);
		assert_eq!(ledger.total(), 5);
	}

	#[test]
	fn no_more_is_taken_than_there_is() {
		let mut ledger = ledger();
		let taken = ledger.take(Balance::MAX);
		assert_eq!(
			taken,
			Taken {
				from_active: 100,
				from_unbonding: 30,
				until: 7
			}
		);
		assert!(ledger.is_empty());
	}

	#[test]
	fn parts_with_one_time_are_one_part() {
		let mut ledger = ledger();
		assert!(ledger.add_unbonding(1, 7));
		assert!(ledger.add_unbonding(1, 8));
		assert_eq!(ledger.unbonding.len(), 3);
		assert!(!ledger.add_unbonding(1, 9));
		assert!(ledger.add_unbonding(1, 8));
		assert_eq!(ledger.unbonding_total(), 33);
	}

	#[test]
	fn a_returned_part_is_never_lost_nor_free_too_early() {
		let mut ledger = ledger();
		ledger.return_unbonding(4, 9);
		// Full from here on.
		ledger.return_unbonding(1, 6);
		ledger.return_unbonding(2, 11);
		let parts = [
			Unbonding {
				amount: 10,
				until: 5,
			},
			Unbonding {
				amount: 21,
				until: 7,
			},
			Unbonding {
				amount: 6,
				until: 11,
			},
		];
		assert_eq!(ledger.unbonding.to_vec(), parts);
	}

	#[test]
	fn only_what_has_matured_leaves() {
		let mut ledger = ledger();
		assert_eq!(ledger.take_matured(4), 0);
		assert_eq!(ledger.take_matured(5), 10);
		assert_eq!(ledger.take_matured(6), 0);
		assert_eq!(ledger.take_matured(700), 20);
		assert_eq!(ledger.total(), 100);
	}
}
