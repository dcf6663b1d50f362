//! The check of the invariants.

use crate::{
	host::lock_job, CodeBytes, Codes, Config, ContractStorage, Contracts, HoldReason, Locks,
	ModelWeights, Models, NextLock, Orders, OrdersOf, Pallet,
};
use aci_aivm_engine::{aci_aivm::Model, validate};
use aci_primitives::{traits::JobEscrow, AccountId, Balance, Hash};
use alloc::collections::BTreeMap;
use frame_support::{
	ensure,
	traits::{fungible::InspectHold, Get},
};
use sp_runtime::{DispatchError, DispatchResult};

/// Deposits by account, as the records have them.
type Sums = BTreeMap<AccountId, Balance>;

fn add(sums: &mut Sums, who: AccountId, amount: Balance) -> DispatchResult {
	let sum = sums.entry(who).or_default();
	*sum = sum
		.checked_add(amount)
		.ok_or(DispatchError::Other("a sum of deposits overflows"))?;
	Ok(())
}

impl<T: Config> Pallet<T> {
	/// Checks invariants 1 to 6 and 11 of the crate's documentation over the whole state.
	///
	/// It reads everything and validates all code: for tests and for checks of a node, never for a
	/// block.
	pub fn do_try_state() -> Result<(), DispatchError> {
		Self::check_codes()?;
		Self::check_contracts()?;
		Self::check_models()?;
		Self::check_locks()?;
		Self::check_orders()
	}

	fn check_codes() -> DispatchResult {
		let mut references: BTreeMap<Hash, u32> = BTreeMap::new();
		for (_, contract) in Contracts::<T>::iter() {
			let count = references.entry(contract.code).or_default();
			*count = count.saturating_add(1);
		}
		let mut deposits = Sums::new();
		for (hash, info) in Codes::<T>::iter() {
			let code = CodeBytes::<T>::get(hash).ok_or("a code has no bytes")?;
			ensure!(
				code.len() == info.length as usize,
				"a code's length is wrong"
			);
			ensure!(Self::hash_of(&code) == hash, "a code has another hash");
			let valid = validate(&code).map_err(|_| "a stored code is not valid")?;
			ensure!(
				valid.memory_pages == info.memory_pages,
				"a code's memory is wrong"
			);
			let counted = references.remove(&hash).unwrap_or(0);
			ensure!(info.references == counted, "a code's references are wrong");
			add(&mut deposits, info.owner, info.deposit)?;
		}
		ensure!(
			references.is_empty(),
			"a contract runs code that is not there"
		);
		ensure!(
			CodeBytes::<T>::iter_keys().all(Codes::<T>::contains_key),
			"bytes of a code without its record"
		);
		Self::check_holds(deposits, HoldReason::Code)
	}

	fn check_contracts() -> DispatchResult {
		let mut deposits = Sums::new();
		let mut sums: BTreeMap<AccountId, (u32, u64)> = BTreeMap::new();
		for (contract, key, stored) in ContractStorage::<T>::iter() {
			let sum = sums.entry(contract).or_default();
			sum.0 = sum.0.saturating_add(1);
			sum.1 = sum
				.1
				.saturating_add((key.len() + stored.value.len()) as u64);
			add(&mut deposits, stored.payer, stored.deposit)?;
		}
		for (account, contract) in Contracts::<T>::iter() {
			let sum = sums.remove(&account).unwrap_or_default();
			ensure!(
				(contract.items, contract.bytes) == sum,
				"a contract's counters are wrong"
			);
			let locks = Locks::<T>::iter_prefix(&account).count();
			ensure!(
				contract.open_locks as usize == locks,
				"a contract's locks are miscounted"
			);
		}
		ensure!(sums.is_empty(), "storage of a contract that is not there");
		Self::check_holds(deposits, HoldReason::Storage)
	}

	fn check_models() -> DispatchResult {
		let mut deposits = Sums::new();
		for (hash, model) in Models::<T>::iter() {
			let weights = ModelWeights::<T>::get(hash).ok_or("a model has no weights")?;
			ensure!(
				weights.len() == model.length as usize,
				"a model's length is wrong"
			);
			let actual = Hash::from(sp_io::hashing::sha2_256(&weights));
			ensure!(actual == hash, "a model has another hash");
			let decoded = Model::decode(&weights).map_err(|_| "stored weights are no model")?;
			ensure!(
				(decoded.inputs(), decoded.outputs(), decoded.work())
					== (model.inputs, model.outputs, model.work),
				"a model's record differs from its weights"
			);
			add(&mut deposits, model.owner, model.deposit)?;
		}
		ensure!(
			ModelWeights::<T>::iter_keys().all(Models::<T>::contains_key),
			"weights without their record"
		);
		Self::check_holds(deposits, HoldReason::Model)
	}

	fn check_locks() -> DispatchResult {
		for (contract, number, lock) in Locks::<T>::iter() {
			ensure!(
				Contracts::<T>::contains_key(&contract),
				"a lock without its contract"
			);
			ensure!(
				number < NextLock::<T>::get(),
				"a lock's number was not given yet"
			);
			ensure!(
				T::Escrow::locked(&lock_job(&contract, number)) == lock.amount,
				"a lock differs from the escrow's"
			);
		}
		Ok(())
	}

	/// Every order is one of a contract, and counted. The cursor is a place in storage and
	/// refers to nothing.
	fn check_orders() -> DispatchResult {
		let mut deposits = Sums::new();
		let mut counts = BTreeMap::new();
		let mut sum = 0u32;
		for (_, order) in Orders::<T>::iter() {
			ensure!(
				Contracts::<T>::contains_key(&order.contract),
				"an order without its contract"
			);
			ensure!(
				order.gas <= T::CallbackGasPerBlock::get() && order.room < order.deposit,
				"an order's call back is not bounded"
			);
			let count: &mut u32 = counts.entry(order.contract).or_default();
			*count = count.saturating_add(1);
			sum = sum.saturating_add(1);
			add(&mut deposits, order.payer, order.deposit)?;
		}
		ensure!(
			sum == Orders::<T>::count() && sum <= T::MaxOrders::get(),
			"the orders are miscounted"
		);
		let kept: BTreeMap<_, _> = OrdersOf::<T>::iter().collect();
		ensure!(kept == counts, "a contract's orders are miscounted");
		Self::check_holds(deposits, HoldReason::Order)
	}

	/// The hold of every account under a reason is the sum of its records.
	fn check_holds(sums: Sums, reason: HoldReason) -> DispatchResult {
		let reason = reason.into();
		for (who, sum) in sums {
			ensure!(
				T::Currency::balance_on_hold(&reason, &who) == sum,
				"a hold differs from the deposits that it stands for"
			);
		}
		Ok(())
	}
}
