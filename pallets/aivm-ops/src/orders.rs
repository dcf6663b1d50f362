//! MODEL_INFER as a job: contracts order runs of models that workers serve, and are called back.
//!
//! # The life of an order
//!
//! 1. The contract orders with MODEL_ORDER. It is the job's client: the price is locked on its own
//!    account, and so is the deposit for the job's record. The gas of the call back is paid at once,
//!    as gas of the running call. A deposit for the order, and for what the call back may store, is
//!    held of whoever signed the transaction.
//! 2. The start of each block looks at some orders, in the order of storage, and goes on in the next
//!    block. So whatever ends a job, be it a payment, a deadline or a verdict, is seen.
//! 3. When the job has ended the order is removed, its deposit comes back, and the entry point that
//!    it names is called: once, whatever comes of it. The call back's caller is the contract itself,
//!    which no call can forge since no contract can call itself. What it stores is held of the signer
//!    of the order, at most the room that was held for it.
//!
//! A block gives all call backs together [`Config::CallbackGasPerBlock`]; one that does not fit any
//! more is the first of the next block.

use crate::{
	host::ContractHost,
	machine::Entering,
	transaction::Transaction,
	types::{EntryName, ModelOrder, OrderOutcome},
	Config, Event, HoldReason, OrderCursor, Orders, OrdersOf, Pallet, WeightInfo,
};
use aci_aivm_engine::{
	aci_aivm::Gas, limits::MAX_TENSOR_BYTES, Callback, Entry, InferenceRequest, Refusal,
};
use aci_primitives::{
	traits::{InferenceJobs, InferenceOrder, JobProgress},
	Balance, Hash, JobId, JobOutput, JobStatus, ModelId,
};
use alloc::vec::Vec;
use codec::Encode;
use frame_support::{
	storage::with_storage_layer,
	traits::{fungible::MutateHold, tokens::Precision, Get},
	weights::Weight,
};
use sp_runtime::{DispatchError, SaturatedConversion};

/// What a call back is given, in the encoding of `aivm-sdk`: the job, the outcome in one byte, what
/// was paid in 16, the output's SHA-256 and its length in 8, and the output itself after its length in
/// 4 bytes: nothing where it is served off chain.
pub fn callback_input(
	job: &JobId,
	outcome: OrderOutcome,
	paid: Balance,
	output: Option<&JobOutput>,
) -> Vec<u8> {
	let inline: &[u8] = match output {
		Some(JobOutput::Inline(bytes)) => bytes,
		_ => &[],
	};
	let length = output.map_or(0, JobOutput::length);
	// At most 4 KiB.
	let inline_length: u32 = inline.len().saturated_into();
	[
		job.as_bytes(),
		&outcome.encode(),
		&paid.to_le_bytes(),
		output.map_or(Hash::zero(), JobOutput::sha256).as_bytes(),
		&length.to_le_bytes(),
		&inline_length.to_le_bytes(),
		inline,
	]
	.concat()
}

/// How a contract is told of a job's end. `None` while it has not ended.
fn outcome(progress: &JobProgress) -> Option<OrderOutcome> {
	Some(match progress {
		JobProgress::Pending => return None,
		JobProgress::Unknown => OrderOutcome::Unknown,
		JobProgress::Ended { status, .. } => match status {
			JobStatus::Settled => OrderOutcome::Done,
			JobStatus::Expired => OrderOutcome::Expired,
			JobStatus::TimedOut => OrderOutcome::TimedOut,
			JobStatus::Refunded => OrderOutcome::Refunded,
			JobStatus::Cancelled => OrderOutcome::Cancelled,
			JobStatus::Open
			| JobStatus::Matched
			| JobStatus::Running
			| JobStatus::Submitted
			| JobStatus::Verified
			| JobStatus::Disputed => return None,
		},
	})
}

impl<T: Config> ContractHost<T> {
	/// Orders a run. `Ok(None)` where the market takes no such job now; a deposit that cannot be held
	/// ends the call.
	pub(crate) fn order(&mut self, request: InferenceRequest) -> Result<Option<JobId>, Refusal> {
		let InferenceRequest {
			model,
			input,
			max_tokens_in,
			max_tokens_out,
			temperature,
			sla,
			max_price,
			callback: Callback {
				entry,
				gas,
				deposit: room,
			},
		} = request;
		let entry: EntryName = entry.try_into().map_err(|_| Refusal::State)?;
		let gas = gas.whole();
		if gas > T::CallbackGasPerBlock::get() || Orders::<T>::count() >= T::MaxOrders::get() {
			return Ok(None);
		}
		let model = ModelId::from(model);
		let order = InferenceOrder {
			model,
			input,
			max_tokens_in,
			max_tokens_out,
			temperature,
			// Greedy or not, the job's own identity makes the seed another one for every job.
			seed: Hash::zero(),
			sla,
			max_price,
		};
		let ordered = with_storage_layer(|| -> Result<_, DispatchError> {
			T::Jobs::order(&self.contract, order)
		});
		let Ok(job) = ordered else { return Ok(None) };

		let mut order = ModelOrder {
			contract: self.contract.clone(),
			payer: self.transaction.signer.clone(),
			deposit: 0,
			room,
			entry,
			gas,
			since: Pallet::<T>::now(),
		};
		let bytes = order.encoded_size().saturating_add(job.encoded_size());
		// Saturates at more than anybody has.
		order.deposit = Pallet::<T>::deposit_for(1, bytes as u64).saturating_add(room);
		let held = &mut self.transaction.deposits.held;
		*held = held.saturating_add(order.deposit);
		if self.transaction.deposits.net() > self.transaction.deposit_limit {
			return Err(Refusal::Deposit);
		}
		T::Currency::hold(&HoldReason::Order.into(), &order.payer, order.deposit)
			.map_err(|_| Refusal::Deposit)?;
		Pallet::<T>::deposit_event(Event::InferenceOrdered {
			contract: order.contract.clone(),
			job,
			model,
			max_price,
			entry: order.entry.clone(),
			gas,
			deposit: order.deposit,
		});
		// At most `MaxOrders` of them.
		OrdersOf::<T>::mutate(&order.contract, |count| *count = count.saturating_add(1));
		Orders::<T>::insert(job, order);
		Ok(Some(job))
	}
}

impl<T: Config> Pallet<T> {
	/// Looks at orders, and calls contracts back. Returns the weight of it.
	pub(crate) fn visit_orders() -> Weight {
		let mut weight = T::WeightInfo::begin_block();
		let count = Orders::<T>::count();
		if count == 0 {
			return weight;
		}
		let visits = T::MaxVisitsPerBlock::get().min(count);
		let mut cursor = OrderCursor::<T>::get();
		let mut gas_left = T::CallbackGasPerBlock::get();
		for _ in 0..visits {
			weight = weight.saturating_add(T::WeightInfo::visit());
			let Some((job, mut order)) = Self::order_after(cursor) else {
				break;
			};
			let progress = T::Jobs::progress(&job);
			let Some(outcome) = outcome(&progress) else {
				cursor = Some(job);
				continue;
			};
			// None was taken that does not fit a block alone, by the limit of that time.
			order.gas = order.gas.min(T::CallbackGasPerBlock::get());
			let Some(rest) = gas_left.checked_sub(order.gas) else {
				break;
			};
			let order_gas = order.gas;
			let used = Self::call_back(job, order, outcome, progress);
			// What was not used is left for others.
			gas_left = rest.saturating_add(order_gas.saturating_sub(used.whole()));
			weight = weight
				.saturating_add(T::WeightInfo::call_back())
				.saturating_add(Self::gas_weight(used.whole()));
			cursor = Some(job);
		}
		OrderCursor::<T>::set(cursor);
		weight
	}

	/// The order after this one in storage; the first one after the last.
	fn order_after(cursor: Option<JobId>) -> Option<(JobId, ModelOrder)> {
		cursor
			.and_then(|job| {
				let key = Orders::<T>::hashed_key_for(job);
				Orders::<T>::iter_from(key).next()
			})
			.or_else(|| Orders::<T>::iter().next())
	}

	/// Ends an order and tells its contract. Returns the gas that the call back used.
	fn call_back(
		job: JobId,
		order: ModelOrder,
		outcome: OrderOutcome,
		progress: JobProgress,
	) -> Gas {
		let ModelOrder {
			contract,
			payer,
			deposit,
			room,
			entry,
			gas,
			..
		} = order;
		Orders::<T>::remove(job);
		OrdersOf::<T>::mutate_exists(&contract, |count| {
			*count = count
				.and_then(|count| count.checked_sub(1))
				.filter(|count| *count > 0);
		});
		// Best effort: a hold that something else has taken must not keep the contract waiting.
		let _ = T::Currency::release(
			&HoldReason::Order.into(),
			&payer,
			deposit,
			Precision::BestEffort,
		);
		let (paid, output) = match progress {
			JobProgress::Ended { paid, output, .. } => (paid, output),
			JobProgress::Pending | JobProgress::Unknown => (0, None),
		};
		let (transaction, result, gas_used) = Self::enter(
			Transaction::new(payer, room),
			Entering {
				caller: contract.clone(),
				contract: contract.clone(),
				value: 0,
				gas: Gas::from_whole(gas),
				tensor_bytes: MAX_TENSOR_BYTES,
				entry: Entry::Call(&entry),
				input: callback_input(&job, outcome, paid, output.as_ref()),
			},
		);
		Self::deposit_event(match result {
			Ok(output) => Event::CalledBack {
				contract,
				job,
				outcome,
				entry,
				gas_used: gas_used.whole(),
				deposit: transaction.deposits.net(),
				output,
			},
			Err(failure) => Event::CallbackFailed {
				contract,
				job,
				outcome,
				entry,
				gas_used: gas_used.whole(),
				error: failure.error::<T>(),
			},
		});
		gas_used
	}
}
