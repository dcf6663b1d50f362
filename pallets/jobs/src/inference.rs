//! Orders of accounts that know a model's hash and no more: contracts. See
//! [`aci_primitives::traits::inference`].
//!
//! The class is the cheapest at present of the first [`QUOTED_CLASSES`] in which one of the first
//! [`QUOTED_WORKERS`] workers that offer the model is free; the profile is the first of the model's
//! manifest; input and output are open. In all else the job is one of the client's own, by the rules
//! of `submit`.

use crate::{Config, Error, LastOrder, Offers, Pallet, Workers};
use aci_primitives::{
	class::JOB_MILLI_SLOTS,
	job::{job_id, JobParameters, PrivacyTier},
	model::{ModelKind, ModelManifest},
	proof::Profile,
	traits::{InferenceJobs, InferenceOrder, JobProgress, MarketQuote, ProofOfAi},
	AccountId, Balance, ClassId, Hash, JobId, JobInput, JobSpec, JobStatus, ModelId,
};
use frame_support::{ensure, traits::Get};
use sp_runtime::DispatchError;

/// Classes whose prices are compared.
pub const QUOTED_CLASSES: ClassId = 4;
/// Workers of a class that offer the model among which a free one is looked for.
pub const QUOTED_WORKERS: usize = 8;
/// Tokens that a quote assumes to be generated, where the model's context has room for them.
pub const QUOTED_TOKENS_OUT: u32 = 128;

/// Tokens that a quote is for: a byte is at most a token.
fn quoted_tokens(manifest: &ModelManifest, input_bytes: u64) -> Option<(u32, u32)> {
	let read = u32::try_from(input_bytes.max(1)).ok()?;
	let room = manifest.shape.context.checked_sub(read)?;
	match manifest.kind {
		ModelKind::TextGeneration if room == 0 => None,
		ModelKind::TextGeneration => Some((read, room.min(QUOTED_TOKENS_OUT))),
		ModelKind::Embedding => Some((read, 0)),
	}
}

/// The specification of an order, but for its class.
fn specification<T: Config>(order: InferenceOrder) -> Result<JobSpec, Error<T>> {
	let manifest = T::ProofOfAi::manifest(&order.model).ok_or(Error::<T>::UnknownModel)?;
	let kind = manifest.profiles.first().copied();
	let input = order.input.try_into();
	Ok(JobSpec {
		model: order.model,
		class: 0,
		input: JobInput::Inline(input.map_err(|_| Error::<T>::InputTooLong)?),
		parameters: JobParameters {
			max_tokens_in: order.max_tokens_in,
			max_tokens_out: order.max_tokens_out,
			temperature: order.temperature,
			seed: order.seed,
		},
		max_price: order.max_price,
		sla: order.sla,
		privacy: PrivacyTier::Open,
		profile: Profile {
			kind: kind.ok_or(Error::<T>::ProfileNotAllowed)?,
			calibration: 0,
		},
	})
}

impl<T: Config> Pallet<T> {
	/// A worker of the class that would take a job of this model now.
	fn free_worker(class: ClassId, model: &ModelId) -> Option<AccountId> {
		let offers = Offers::<T>::get((*model, class));
		offers.into_iter().take(QUOTED_WORKERS).find(|account| {
			Workers::<T>::get(account)
				.is_some_and(|worker| worker.active && worker.busy < worker.slots)
		})
	}

	/// The cheapest class with a free worker for so many operations: its price, itself, the worker.
	fn cheapest_class(model: &ModelId, flops: u128) -> Option<(Balance, ClassId, AccountId)> {
		(0..QUOTED_CLASSES)
			.filter_map(|class| {
				let quote = T::Market::quote(class, JOB_MILLI_SLOTS, flops).ok()?;
				Some((quote.price, class, Self::free_worker(class, model)?))
			})
			.min_by_key(|(price, class, _)| (*price, *class))
	}
}

impl<T: Config> InferenceJobs for Pallet<T> {
	fn quote(model: &ModelId, input_bytes: u64) -> Option<(Balance, AccountId)> {
		let manifest = T::ProofOfAi::manifest(model)?;
		let (read, made) = quoted_tokens(&manifest, input_bytes)?;
		let spec = specification::<T>(InferenceOrder {
			model: *model,
			input: Default::default(),
			max_tokens_in: read,
			max_tokens_out: made,
			temperature: 0,
			seed: Hash::zero(),
			sla: T::MaxSla::get(),
			max_price: 0,
		})
		.ok()?;
		let flops = T::ProofOfAi::max_flops(&spec)?;
		let (price, _, worker) = Self::cheapest_class(model, flops)?;
		Some((price, worker))
	}

	fn order(client: &AccountId, order: InferenceOrder) -> Result<JobId, DispatchError> {
		let mut spec = specification::<T>(order)?;
		let flops = T::ProofOfAi::max_flops(&spec).ok_or(Error::<T>::DoesNotFitModel)?;
		let (price, class, _) =
			Self::cheapest_class(&spec.model, flops).ok_or(Error::<T>::NoFreeWorker)?;
		ensure!(price <= spec.max_price, Error::<T>::PriceAboveMaximum);
		spec.class = class;
		let number = LastOrder::<T>::get(client).map_or(Some(0), |last| last.checked_add(1));
		let number = number.ok_or(Error::<T>::OrderNumberUsed)?;
		let id = job_id(&Self::genesis_hash(), client, number, &spec);
		Self::do_submit(client.clone(), number, spec)?;
		Ok(id)
	}

	fn progress(job: &JobId) -> JobProgress {
		let Ok((job, _)) = Self::record(job) else {
			return JobProgress::Unknown;
		};
		if !job.status.is_final() {
			return JobProgress::Pending;
		}
		let result = match job.status {
			JobStatus::Settled => job.result,
			_ => None,
		};
		JobProgress::Ended {
			status: job.status,
			paid: result.as_ref().map_or(0, |result| result.due),
			output: result.map(|result| result.output),
		}
	}
}
