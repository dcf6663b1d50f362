//! What a report becomes: an offence with its moment and share, and the way through the checks.
//!
//! A moment is a view of a set. All authorities that broke a rule in the same view are counted
//! together, whichever rules they were: whoever share a fork among several kinds of offence pay no
//! less. Of one authority one offence of a view counts.

use crate::{Call, Config, Error, Pallet, Sets};
use aci_finality::{
	AuthorityId, Ed25519, OffenceError, OffenceProof, SetId, View, KEY_TYPE as FINALITY_KEY,
};
use alloc::{boxed::Box, vec, vec::Vec};
use codec::{Decode, Encode};
use core::marker::PhantomData;
use frame_support::{
	ensure,
	traits::{Get, KeyOwnerProofSystem},
};
use frame_system::offchain::{CreateBare, SubmitTransaction};
use sp_runtime::{
	traits::Zero,
	transaction_validity::{InvalidTransaction, TransactionValidityError},
	DispatchError, KeyTypeId, Perbill,
};
use sp_session::{GetSessionNumber, GetValidatorCount};
use sp_staking::{
	offence::{Kind, Offence, OffenceReportSystem, ReportOffence},
	SessionIndex,
};

/// When an offence happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Moment {
	/// The authority set.
	pub set: SetId,
	/// The view within it.
	pub view: View,
}

/// Two conflicting statements of one authority, as the offences pallet knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConflictingStatements<Offender> {
	/// When.
	pub moment: Moment,
	/// The session of the set.
	pub session: SessionIndex,
	/// How many validators the session had.
	pub validators: u32,
	/// Who.
	pub offender: Offender,
}

impl<Offender: Clone> Offence<Offender> for ConflictingStatements<Offender> {
	const ID: Kind = *b"finality:conflic";
	type Slot = Moment;

	fn offenders(&self) -> Vec<Offender> {
		vec![self.offender.clone()]
	}

	fn session_index(&self) -> SessionIndex {
		self.session
	}

	fn validator_set_count(&self) -> u32 {
		self.validators
	}

	fn slot(&self) -> Moment {
		self.moment
	}

	/// `min((3k / n)^2, 1)` for `k` offenders of `n` validators: the square keeps a single mistake
	/// cheap in a large set, and more than `faults(n)` together lose everything.
	fn slash_fraction(&self, offenders: u32) -> Perbill {
		Perbill::from_rational(offenders.saturating_mul(3), self.validators).square()
	}
}

/// A proof of misbehaviour, and the proof of who held the key.
pub type Evidence<T> = (OffenceProof, <T as Config>::KeyOwnerProof);

/// Checks reports and hands them to the offences pallet.
///
/// `Reports` takes the offences, `Keys` proves who held a key in a session, `Longevity` is how many
/// blocks a report may wait in the pool.
pub struct Reporting<T, Reports, Keys, Longevity>(PhantomData<(T, Reports, Keys, Longevity)>);

impl<T, Reports, Keys, Longevity> Reporting<T, Reports, Keys, Longevity>
where
	T: Config,
	Reports: ReportOffence<
		T::AccountId,
		Keys::IdentificationTuple,
		ConflictingStatements<Keys::IdentificationTuple>,
	>,
	Keys: KeyOwnerProofSystem<(KeyTypeId, AuthorityId), Proof = T::KeyOwnerProof>,
	Keys::IdentificationTuple: Clone,
{
	/// The offence that the evidence proves. The cheap checks come first, the signatures last.
	fn proven(
		(proof, key_owner): Evidence<T>,
	) -> Result<ConflictingStatements<Keys::IdentificationTuple>, Error<T>> {
		let genesis = frame_system::Pallet::<T>::block_hash(
			frame_system::pallet_prelude::BlockNumberFor::<T>::zero(),
		);
		ensure!(proof.context.genesis == genesis, Error::<T>::OtherChain);
		let set = proof.context.set;
		let session = Sets::<T>::get(set).ok_or(Error::<T>::UnknownSet)?.session;
		ensure!(key_owner.session() == session, Error::<T>::OtherSession);
		let validators = key_owner.validator_count();
		let offender = Keys::check_proof((FINALITY_KEY, proof.offender.clone()), key_owner)
			.ok_or(Error::<T>::KeyNotProven)?;
		let moment = Moment {
			set,
			view: proof.view(),
		};
		ensure!(
			!Reports::is_known_offence(core::slice::from_ref(&offender), &moment),
			Error::<T>::AlreadyReported
		);
		proof.verify::<Ed25519>().map_err(|error| match error {
			OffenceError::NoConflict => Error::<T>::NoConflict,
			OffenceError::Signature => Error::<T>::WrongSignature,
		})?;
		Ok(ConflictingStatements {
			moment,
			session,
			validators,
			offender,
		})
	}
}

impl<T, Reports, Keys, Longevity> OffenceReportSystem<Option<T::AccountId>, Evidence<T>>
	for Reporting<T, Reports, Keys, Longevity>
where
	T: Config + pallet_authorship::Config + CreateBare<Call<T>>,
	Reports: ReportOffence<
		T::AccountId,
		Keys::IdentificationTuple,
		ConflictingStatements<Keys::IdentificationTuple>,
	>,
	Keys: KeyOwnerProofSystem<(KeyTypeId, AuthorityId), Proof = T::KeyOwnerProof>,
	Keys::IdentificationTuple: Clone,
	Longevity: Get<u64>,
{
	type Longevity = Longevity;

	fn publish_evidence((proof, key_owner): Evidence<T>) -> Result<(), ()> {
		let call = Call::report_offence_unsigned {
			proof: Box::new(proof),
			key_owner: Box::new(key_owner),
		};
		SubmitTransaction::<T, Call<T>>::submit_transaction(T::create_bare(call.into()))
	}

	fn check_evidence(evidence: Evidence<T>) -> Result<(), TransactionValidityError> {
		match Self::proven(evidence) {
			Ok(_) => Ok(()),
			Err(Error::<T>::UnknownSet | Error::<T>::AlreadyReported) => {
				Err(InvalidTransaction::Stale.into())
			}
			Err(_) => Err(InvalidTransaction::BadProof.into()),
		}
	}

	fn process_evidence(
		reporter: Option<T::AccountId>,
		evidence: Evidence<T>,
	) -> Result<(), DispatchError> {
		let reporter = reporter.or_else(pallet_authorship::Pallet::<T>::author);
		let (kind, authority) = (evidence.0.kind(), evidence.0.offender.clone());
		let offence = Self::proven(evidence)?;
		let (moment, session) = (offence.moment, offence.session);
		Reports::report_offence(reporter.iter().cloned().collect(), offence)
			.map_err(|_| Error::<T>::AlreadyReported)?;
		Pallet::<T>::note_report(moment, session, kind, authority, reporter);
		Ok(())
	}
}
