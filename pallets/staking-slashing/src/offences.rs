//! Offences of consensus: what `pallet-offences` reports of validators that equivocated.
//!
//! The share comes with the report, because it depends on how many offended together. It is taken of
//! what the validator stood for in the session of the offence, its delegators' parts included, and
//! the validator is no candidate any more. When more offenders of the same moment are found, the
//! earlier ones are reported again with a larger share: only the difference is taken then.

use crate::{slashing::Stake, types::Exposure, Config, OffenceShares, OldestSession, Pallet};
use aci_market::{fixed::mul_div_ceil, Offence};
use aci_primitives::{domain, traits::SlashReport, AccountId, Role};
use core::marker::PhantomData;
use frame_support::{defensive, storage::with_storage_layer, weights::Weight};
use sp_runtime::{PerThing, Perbill};
use sp_staking::{
	offence::{OffenceDetails, OffenceSeverity, OnOffenceHandler},
	SessionIndex,
};

/// Domain of the evidence of an equivocation: the hash of session, validator and share. The proof
/// itself is in the report's transaction.
pub const EVIDENCE: &[u8] = b"aci/equivocation/1";

/// Takes an offender out of the session's work at once.
pub trait Disabling {
	/// Disables a validator for the rest of the session, if the runtime's strategy lets it.
	fn disable(validator: &AccountId, share: Perbill);
}

/// Nobody is disabled.
impl Disabling for () {
	fn disable(_: &AccountId, _: Perbill) {}
}

/// Disables by the strategy of the session pallet.
pub struct SessionDisabling<R>(PhantomData<R>);

impl<R: pallet_session::Config<ValidatorId = AccountId>> Disabling for SessionDisabling<R> {
	fn disable(validator: &AccountId, share: Perbill) {
		pallet_session::Pallet::<R>::report_offence(validator.clone(), OffenceSeverity(share));
	}
}

impl<T: Config> Pallet<T> {
	/// Slashes one validator for its part in an offence of a session.
	fn punish(
		details: &OffenceDetails<AccountId, (AccountId, Exposure)>,
		share: Perbill,
		session: SessionIndex,
	) {
		let (validator, exposure) = &details.offender;
		let before = OffenceShares::<T>::get(session, validator);
		// What stood behind it is free again by now, or this moment is punished already.
		if session < OldestSession::<T>::get() || share <= before {
			return;
		}
		OffenceShares::<T>::insert(session, validator, share);
		Self::do_chill(validator);
		T::Disabling::disable(validator, share);
		let amount = |share: Perbill, of| {
			let whole = u128::from(Perbill::ACCURACY);
			mul_div_ceil(of, share.deconstruct().into(), whole).unwrap_or(of)
		};
		let report = SlashReport {
			offender: validator.clone(),
			role: Role::Validator,
			offence: Offence::Equivocation,
			evidence: domain::tagged_hash(EVIDENCE, &(session, validator, share)),
			reporter: details.reporters.first().cloned(),
			victim: None,
		};
		let stood = if exposure.total > 0 {
			Stake::of(validator, exposure)
		} else {
			// The genesis named it, nobody elected it.
			Self::stake_now(validator, Role::Validator)
		};
		let slashed = with_storage_layer(|| {
			let more = amount(share, stood.total()).saturating_sub(amount(before, stood.total()));
			Self::open_pot(report, stood.divide(more))
		});
		if slashed.is_err() {
			defensive!("a validator's stake cannot be moved to the hold of slashes");
		}
	}
}

impl<T: Config> OnOffenceHandler<AccountId, (AccountId, Exposure), Weight> for Pallet<T> {
	fn on_offence(
		offenders: &[OffenceDetails<AccountId, (AccountId, Exposure)>],
		shares: &[Perbill],
		session: SessionIndex,
	) -> Weight {
		use crate::WeightInfo;
		let mut parts = 0u32;
		for (details, share) in offenders.iter().zip(shares) {
			parts = parts
				.saturating_add(details.offender.1.delegators.len() as u32)
				.saturating_add(1);
			Self::punish(details, *share, session);
		}
		T::WeightInfo::slash(parts)
	}
}
