//! What an order must be to be accepted.

use crate::{Config, Error, Pallet};
use aci_primitives::{
	class::JOB_MILLI_SLOTS,
	job::MAX_CONTENT,
	model::ModelKind,
	traits::{MarketQuote, ProofOfAi, Quote},
	view::QuoteError,
	JobSpec,
};
use frame_support::{ensure, traits::Get};

impl<T: Config> From<QuoteError> for Error<T> {
	fn from(error: QuoteError) -> Self {
		match error {
			QuoteError::UnknownClass => Error::UnknownClass,
			QuoteError::UnknownModel => Error::UnknownModel,
			QuoteError::ModelTooLarge => Error::ModelTooLarge,
			QuoteError::ProfileNotAllowed => Error::ProfileNotAllowed,
			QuoteError::InputEmpty => Error::InputEmpty,
			QuoteError::InputTooLong => Error::InputTooLong,
			QuoteError::WrongTokenLimits => Error::WrongTokenLimits,
			QuoteError::ContextExceeded => Error::ContextExceeded,
			QuoteError::SlaOutOfBounds => Error::SlaOutOfBounds,
			QuoteError::SlaTooShort => Error::SlaTooShort,
			QuoteError::DoesNotFitModel => Error::DoesNotFitModel,
			// A check of an order does not ask for capacity: a job waits for it.
			QuoteError::NoCapacity => Error::Inconsistent,
		}
	}
}

impl<T: Config> Pallet<T> {
	/// The operations that an order may take at most, if the order can be accepted. Neither its
	/// maximum price nor the state of the market matters here.
	pub(crate) fn check_order(spec: &JobSpec) -> Result<u128, QuoteError> {
		let class = T::Market::class(spec.class).ok_or(QuoteError::UnknownClass)?;
		let manifest = T::ProofOfAi::manifest(&spec.model).ok_or(QuoteError::UnknownModel)?;
		ensure!(
			manifest.weight_bytes <= class.memory,
			QuoteError::ModelTooLarge
		);
		ensure!(
			manifest.profiles.contains(&spec.profile.kind),
			QuoteError::ProfileNotAllowed
		);

		ensure!(spec.input.length() > 0, QuoteError::InputEmpty);
		ensure!(spec.input.length() <= MAX_CONTENT, QuoteError::InputTooLong);

		let parameters = &spec.parameters;
		let generates = match manifest.kind {
			ModelKind::TextGeneration => true,
			ModelKind::Embedding => false,
		};
		ensure!(
			parameters.max_tokens_in > 0 && generates == (parameters.max_tokens_out > 0),
			QuoteError::WrongTokenLimits
		);
		let positions = parameters
			.max_tokens_in
			.checked_add(parameters.max_tokens_out);
		ensure!(
			positions.is_some_and(|positions| positions <= manifest.shape.context),
			QuoteError::ContextExceeded
		);

		ensure!(
			(T::MinSla::get()..=T::MaxSla::get()).contains(&spec.sla),
			QuoteError::SlaOutOfBounds
		);
		let flops = T::ProofOfAi::max_flops(spec)
			.filter(|flops| *flops > 0)
			.ok_or(QuoteError::DoesNotFitModel)?;
		let eta = T::ProofOfAi::least_duration(spec, &class).ok_or(QuoteError::DoesNotFitModel)?;
		ensure!(eta <= spec.sla, QuoteError::SlaTooShort);
		Ok(flops)
	}

	/// What an order would pay now, alone in its block.
	pub(crate) fn quote_for(spec: &JobSpec) -> Result<Quote, QuoteError> {
		let flops = Self::check_order(spec)?;
		T::Market::quote(spec.class, JOB_MILLI_SLOTS, flops).map_err(|_| QuoteError::NoCapacity)
	}
}
