//! What the machine asks, answered from the chain's state.
//!
//! Each answer that changes more than one thing is a storage layer of its own, so one that is refused
//! has changed nothing and the contract can go on.

use crate::{
	machine::Entering,
	transaction::Transaction,
	types::{ContractLock, ContractMarket, Key, StoredValue},
	Config, ContractStorage, Contracts, Error, Event, HoldReason, Locks, ModelWeights, Models,
	NextLock, Pallet,
};
use aci_aivm_engine::{
	aci_aivm::Gas, Account, CallRequest, CallResult, Entry, Hash, Host, InferenceRequest, Refusal,
};
use aci_primitives::{
	domain::{self, tagged_hash},
	evidence::Evidence,
	traits::{AttestationVerifier, JobEscrow, Payee, Release, Settlement},
	AccountId, Balance, ClassId, JobId, ModelId,
};
use alloc::vec::Vec;
use codec::DecodeAll;
use core::{marker::PhantomData, mem};
use frame_support::{
	storage::with_storage_layer,
	traits::{
		fungible::{Mutate, MutateHold},
		tokens::{Precision, Preservation},
		Contains, Get,
	},
};
use sp_runtime::{DispatchError, DispatchResult};

/// The host of one call.
pub(crate) struct ContractHost<T> {
	pub transaction: Transaction,
	pub contract: AccountId,
	pub caller: AccountId,
	/// What of the call's value is not locked for its caller.
	pub value_left: Balance,
	pub _config: PhantomData<T>,
}

/// The 64 bytes that a quote carries for a contract's statement: the tagged hash, then zeros.
pub fn statement_report_data(statement: &[u8]) -> [u8; 64] {
	let mut data = [0; 64];
	let hash = tagged_hash(domain::CONTRACT_STATEMENT, statement);
	if let Some(start) = data.get_mut(..32) {
		start.copy_from_slice(hash.as_bytes());
	}
	data
}

/// What a contract's lock is known by in the escrow.
pub fn lock_job(contract: &AccountId, lock: u64) -> JobId {
	tagged_hash(domain::CONTRACT_LOCK, &(contract, lock))
}

impl<T: Config> ContractHost<T> {
	fn counters(&self, change: impl FnOnce(&mut crate::types::Contract)) -> DispatchResult {
		Contracts::<T>::try_mutate(&self.contract, |contract| {
			change(contract.as_mut().ok_or(Error::<T>::NotAContract)?);
			Ok(())
		})
	}

	/// Takes an entry out and gives its deposit back.
	fn take_entry(&mut self, key: &Key) -> DispatchResult {
		let Some(old) = ContractStorage::<T>::take(&self.contract, key) else {
			return Ok(());
		};
		let reason = HoldReason::Storage.into();
		T::Currency::release(&reason, &old.payer, old.deposit, Precision::Exact)?;
		if old.payer == self.transaction.signer {
			let released = &mut self.transaction.deposits.released;
			*released = released.saturating_add(old.deposit);
		}
		let bytes = (key.len() + old.value.len()) as u64;
		self.counters(|contract| {
			// Counted when the entry was put.
			contract.items = contract.items.saturating_sub(1);
			contract.bytes = contract.bytes.saturating_sub(bytes);
		})
	}

	fn put_entry(&mut self, key: &Key, value: &[u8]) -> Result<(), Refusal> {
		let bytes = (key.len() + value.len()) as u64;
		let deposit = Pallet::<T>::deposit_for(1, bytes);
		let payer = self.transaction.signer.clone();
		let held = &mut self.transaction.deposits.held;
		*held = held.saturating_add(deposit);
		if self.transaction.deposits.net() > self.transaction.deposit_limit {
			return Err(Refusal::Deposit);
		}
		T::Currency::hold(&HoldReason::Storage.into(), &payer, deposit)
			.map_err(|_| Refusal::Deposit)?;
		let value = value.to_vec().try_into().map_err(|_| Refusal::State)?;
		ContractStorage::<T>::insert(
			&self.contract,
			key,
			StoredValue {
				value,
				payer,
				deposit,
			},
		);
		self.counters(|contract| {
			// 2^32 entries and 2^64 bytes are more than deposits can pay for.
			contract.items = contract.items.saturating_add(1);
			contract.bytes = contract.bytes.saturating_add(bytes);
		})
		.map_err(|_| Refusal::State)
	}
}

impl<T: Config> Host for ContractHost<T> {
	fn storage_read(&mut self, key: &[u8]) -> Option<Vec<u8>> {
		let key: Key = key.to_vec().try_into().ok()?;
		ContractStorage::<T>::get(&self.contract, key).map(|stored| stored.value.into_inner())
	}

	// A refusal here ends the call, which undoes all of it; so no layer is needed.
	fn storage_write(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), Refusal> {
		let key: Key = key.to_vec().try_into().map_err(|_| Refusal::State)?;
		self.take_entry(&key).map_err(|_| Refusal::State)?;
		match value {
			Some(value) => self.put_entry(&key, value),
			None => Ok(()),
		}
	}

	fn event(&mut self, topic: &[u8], data: &[u8]) -> Result<(), Refusal> {
		let events = self.transaction.events.saturating_add(1);
		if events > T::MaxEvents::get() {
			return Err(Refusal::TooManyEvents);
		}
		self.transaction.events = events;
		Pallet::<T>::deposit_event(Event::ContractEmitted {
			contract: self.contract.clone(),
			topic: topic.to_vec().try_into().map_err(|_| Refusal::State)?,
			data: data.to_vec().try_into().map_err(|_| Refusal::State)?,
		});
		Ok(())
	}

	fn transfer(&mut self, to: &Account, amount: u128) -> bool {
		let to = AccountId::new(*to);
		with_storage_layer(|| -> DispatchResult {
			T::Currency::transfer(&self.contract, &to, amount, Preservation::Preserve)?;
			Ok(())
		})
		.is_ok()
	}

	fn call(&mut self, request: CallRequest) -> CallResult {
		let CallRequest {
			contract,
			value,
			gas,
			tensor_bytes,
			entry,
			input,
		} = request;
		let transaction = mem::replace(&mut self.transaction, Transaction::absent());
		let (transaction, result, gas_used) = Pallet::<T>::enter(
			transaction,
			Entering {
				caller: self.contract.clone(),
				contract: AccountId::new(contract),
				value,
				gas,
				tensor_bytes,
				entry: Entry::Call(&entry),
				input,
			},
		);
		self.transaction = transaction;
		CallResult {
			output: result.ok(),
			gas_used,
		}
	}

	fn model_length(&mut self, hash: &Hash) -> Option<u32> {
		Models::<T>::get(ModelId::from(*hash)).map(|model| model.length)
	}

	fn model(&mut self, hash: &Hash) -> Option<Vec<u8>> {
		ModelWeights::<T>::get(ModelId::from(*hash)).map(|weights| weights.into_inner())
	}

	fn sha256(&mut self, bytes: &[u8]) -> Hash {
		sp_io::hashing::sha2_256(bytes)
	}

	fn order_inference(&mut self, request: InferenceRequest) -> Result<Option<Hash>, Refusal> {
		Ok(self.order(request)?.map(Into::into))
	}

	fn tee_verify(&mut self, attestation: &[u8], statement: &[u8]) -> bool {
		let mut bytes = attestation;
		let Ok(evidence) = Evidence::decode_all(&mut bytes) else {
			return false;
		};
		T::Attestation::verify(&evidence, &statement_report_data(statement))
			.is_ok_and(|claims| T::Measurements::contains(&claims.measurement))
	}

	fn hmm_quote(&mut self, model: &Hash, length: u64) -> Option<(u128, Account)> {
		let (price, worker) = T::Market::quote(&ModelId::from(*model), length)?;
		Some((price, worker.into()))
	}

	fn hmm_swap(
		&mut self,
		class: u32,
		milli_slots: u64,
		blocks: u32,
		limit: u128,
	) -> Option<(u64, u128)> {
		let class = ClassId::try_from(class).ok()?;
		with_storage_layer(|| -> Result<_, DispatchError> {
			T::Market::buy(&self.contract, class, milli_slots, blocks, limit)
		})
		.ok()
	}

	fn escrow_lock(&mut self, client: &Account, amount: u128) -> Option<u64> {
		let client = AccountId::new(*client);
		if client != self.caller {
			return None;
		}
		let value_left = self.value_left.checked_sub(amount)?;
		let number = with_storage_layer(|| -> Result<u64, DispatchError> {
			let number = NextLock::<T>::get();
			let next = number.checked_add(1).ok_or(Error::<T>::StateRefused)?;
			// The money came with the call. It goes back to its owner, and is held there.
			T::Currency::transfer(&self.contract, &client, amount, Preservation::Preserve)?;
			T::Escrow::lock(&client, &lock_job(&self.contract, number), amount)?;
			NextLock::<T>::put(next);
			let until = Pallet::<T>::now().saturating_add(T::LockPeriod::get());
			let lock = ContractLock {
				client: client.clone(),
				amount,
				until,
			};
			Locks::<T>::insert(&self.contract, number, lock);
			self.counters(|contract| contract.open_locks = contract.open_locks.saturating_add(1))?;
			Pallet::<T>::deposit_event(Event::MoneyLocked {
				contract: self.contract.clone(),
				lock: number,
				client: client.clone(),
				amount,
				until,
			});
			Ok(number)
		})
		.ok()?;
		self.value_left = value_left;
		Some(number)
	}

	fn escrow_release(&mut self, lock: u64, payee: &Account, amount: u128) -> bool {
		let payee = AccountId::new(*payee);
		with_storage_layer(|| Pallet::<T>::end_lock(&self.contract, lock, Some((payee, amount))))
			.is_ok()
	}
}

impl<T: Config> Pallet<T> {
	/// Ends a lock: a payment, and the rest back to the client.
	pub(crate) fn end_lock(
		contract: &AccountId,
		lock: u64,
		payment: Option<(AccountId, Balance)>,
	) -> DispatchResult {
		let ContractLock { client, amount, .. } =
			Locks::<T>::take(contract, lock).ok_or(Error::<T>::NoLock)?;
		let paid = payment.as_ref().map_or(0, |(_, paid)| *paid);
		let refunded = amount.checked_sub(paid).ok_or(Error::<T>::NoLock)?;
		let payee = payment.as_ref().map(|(payee, _)| payee.clone());
		let payments = payment
			.into_iter()
			.filter(|(_, paid)| *paid > 0)
			.map(|(payee, paid)| (Payee::Account(payee), paid))
			.collect();
		T::Escrow::settle(&[Release {
			job: lock_job(contract, lock),
			payments,
		}])?;
		Contracts::<T>::mutate(contract, |contract| {
			if let Some(contract) = contract {
				contract.open_locks = contract.open_locks.saturating_sub(1);
			}
		});
		Self::deposit_event(Event::LockEnded {
			contract: contract.clone(),
			lock,
			client,
			payee,
			paid,
			refunded,
		});
		Ok(())
	}

	/// The weight of so much whole gas.
	pub(crate) fn gas_weight(gas: u64) -> frame_support::weights::Weight {
		frame_support::weights::Weight::from_parts(Gas::from_whole(gas).picoseconds(), 0)
	}
}
