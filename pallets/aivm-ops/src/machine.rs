//! Entering contracts: the way from a call of the chain, or of a contract, to the machine and back.

use crate::{
	host::ContractHost,
	transaction::{Failure, Transaction},
	types::{Contract, DryRun, DryRunMeans},
	CodeBytes, Codes, Config, Contracts, Error, Pallet,
};
use aci_aivm_engine::{
	aci_aivm::Gas, execute, limits::MAX_TENSOR_BYTES, Entry, Execution, Frame, Outcome,
};
use aci_primitives::{
	domain::{self, tagged_hash},
	AccountId, Balance, BlockNumber, Hash,
};
use alloc::vec::Vec;
use core::{marker::PhantomData, mem};
use frame_support::{
	ensure,
	storage::with_storage_layer,
	traits::{
		fungible::{Inspect, Mutate},
		tokens::Preservation,
		Get,
	},
};
use sp_runtime::{DispatchError, SaturatedConversion, TransactionOutcome};

/// A call of a contract.
pub(crate) struct Entering<'a> {
	pub caller: AccountId,
	pub contract: AccountId,
	pub value: Balance,
	pub gas: Gas,
	pub tensor_bytes: u64,
	pub entry: Entry<'a>,
	pub input: Vec<u8>,
}

/// What an account gives a contract with a call.
pub(crate) struct Means {
	pub value: Balance,
	pub gas: u64,
	pub deposit_limit: Balance,
}

/// What became of a call that an account made.
pub(crate) struct Ended {
	pub result: Result<Vec<u8>, Failure>,
	pub gas_used: Gas,
	/// Held of the signer beyond what came back, in planck.
	pub deposit: Balance,
}

impl<T: Config> Pallet<T> {
	/// The number of the block.
	pub(crate) fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}

	/// The deposit for so many items and bytes, in planck.
	pub(crate) fn deposit_for(items: u32, bytes: u64) -> Balance {
		// Saturates at more than anybody has.
		T::DepositPerItem::get()
			.saturating_mul(items.into())
			.saturating_add(T::DepositPerByte::get().saturating_mul(bytes.into()))
	}

	/// The account of the contract that `creator` makes of this code with this salt.
	pub(crate) fn account_of(creator: &AccountId, code: &Hash, salt: &[u8; 32]) -> AccountId {
		AccountId::new(tagged_hash(domain::CONTRACT, &(creator, code, salt)).0)
	}

	/// Runs one call. When it fails, all that it and the calls that it made did is undone.
	pub(crate) fn enter(
		mut transaction: Transaction,
		entering: Entering<'_>,
	) -> (Transaction, Result<Vec<u8>, Failure>, Gas) {
		let Entering {
			caller,
			contract,
			value,
			gas,
			tensor_bytes,
			entry,
			input,
		} = entering;
		if let Err(error) = transaction.stack.enter(contract.clone().into()) {
			return (transaction, Err(Failure::Stack(error)), Gas::ZERO);
		}
		let before = (transaction.deposits, transaction.events);
		let mut gas_used = Gas::ZERO;
		let result = with_storage_layer(|| {
			let Contract { code, .. } = Contracts::<T>::get(&contract)
				.ok_or(Error::<T>::NotAContract)
				.map_err(error)?;
			let code = CodeBytes::<T>::get(code)
				.ok_or(Error::<T>::NoCode)
				.map_err(error)?;
			if value > 0 {
				T::Currency::transfer(&caller, &contract, value, Preservation::Preserve)?;
			}
			transaction.calls = transaction.calls.saturating_add(1);
			let execution = Execution {
				code: &code,
				entry,
				input,
				gas,
				tensor_bytes,
				number: transaction.calls,
				frame: Frame {
					account: contract.clone().into(),
					caller: caller.clone().into(),
					value,
					block: Self::now().into(),
				},
			};
			let host = ContractHost::<T> {
				transaction: mem::replace(&mut transaction, Transaction::absent()),
				contract: contract.clone(),
				caller: caller.clone(),
				value_left: value,
				_config: PhantomData,
			};
			let Outcome {
				host,
				result,
				gas_used: used,
			} = execute(execution, host);
			transaction = host.transaction;
			gas_used = used;
			result.map_err(Failure::Trap)
		});
		transaction.stack.leave();
		if result.is_err() {
			(transaction.deposits, transaction.events) = before;
		}
		(transaction, result, gas_used)
	}

	/// Runs a call that an account made.
	pub(crate) fn run(
		signer: &AccountId,
		contract: &AccountId,
		means: &Means,
		entry: Entry<'_>,
		input: Vec<u8>,
	) -> Ended {
		let (transaction, result, gas_used) = Self::enter(
			Transaction::new(signer.clone(), means.deposit_limit),
			Entering {
				caller: signer.clone(),
				contract: contract.clone(),
				value: means.value,
				gas: Gas::from_whole(means.gas),
				tensor_bytes: MAX_TENSOR_BYTES,
				entry,
				input,
			},
		);
		Ended {
			result,
			gas_used,
			deposit: transaction.deposits.net(),
		}
	}

	/// Makes a contract and runs its `deploy`.
	pub(crate) fn make(
		creator: &AccountId,
		code: Hash,
		means: &Means,
		salt: &[u8; 32],
		input: Vec<u8>,
	) -> Result<(AccountId, Ended), DispatchError> {
		let account = Self::account_of(creator, &code, salt);
		ensure!(
			!Contracts::<T>::contains_key(&account),
			Error::<T>::ContractExists
		);
		Codes::<T>::try_mutate(code, |info| -> Result<(), DispatchError> {
			let info = info.as_mut().ok_or(Error::<T>::NoCode)?;
			info.references = info
				.references
				.checked_add(1)
				.ok_or(Error::<T>::StateRefused)?;
			Ok(())
		})?;
		// The account must exist to take money and to have deposits beside it.
		let existence = T::Currency::minimum_balance();
		T::Currency::transfer(creator, &account, existence, Preservation::Preserve)?;
		let contract = Contract {
			code,
			creator: creator.clone(),
			since: Self::now(),
			items: 0,
			bytes: 0,
			open_locks: 0,
		};
		Contracts::<T>::insert(&account, contract);
		let ended = Self::run(creator, &account, means, Entry::Deploy, input);
		Ok((account, ended))
	}

	/// Does `work`, tells what came of it, and undoes it.
	pub(crate) fn dry(work: impl FnOnce() -> Result<(AccountId, Ended), DispatchError>) -> DryRun {
		let outcome = frame_support::storage::with_transaction(|| {
			TransactionOutcome::Rollback(Ok::<_, DispatchError>(work()))
		});
		let failed = |error: DispatchError| DryRun {
			result: Err(Failure::Dispatch(error).text().into_bytes()),
			gas_used: 0,
			deposit: 0,
			contract: None,
		};
		match outcome {
			Ok(Ok((contract, ended))) => DryRun {
				result: ended.result.map_err(|failure| failure.text().into_bytes()),
				gas_used: ended.gas_used.whole(),
				deposit: ended.deposit,
				contract: Some(contract),
			},
			Ok(Err(error)) | Err(error) => failed(error),
		}
	}

	/// What calling a contract would do.
	pub fn dry_run_call(
		caller: AccountId,
		contract: AccountId,
		means: DryRunMeans,
		entry: Vec<u8>,
		input: Vec<u8>,
	) -> DryRun {
		let means = Self::dry_means(means);
		Self::dry(|| {
			let ended = Self::run(&caller, &contract, &means, Entry::Call(&entry), input);
			Ok((contract.clone(), ended))
		})
	}

	/// What making a contract would do.
	pub fn dry_run_instantiate(
		creator: AccountId,
		code: Hash,
		means: DryRunMeans,
		salt: [u8; 32],
		input: Vec<u8>,
	) -> DryRun {
		let means = Self::dry_means(means);
		Self::dry(|| Self::make(&creator, code, &means, &salt, input))
	}

	fn dry_means(means: DryRunMeans) -> Means {
		let most = T::MaxGas::get();
		Means {
			value: means.value,
			gas: means.gas_limit.unwrap_or(most).min(most),
			deposit_limit: means.deposit_limit.unwrap_or(Balance::MAX),
		}
	}
}

fn error<T>(error: Error<T>) -> DispatchError
where
	DispatchError: From<Error<T>>,
{
	error.into()
}
