//! Offences: what an authority is slashed for, by proof.
//!
//! | fault | proof | share of what stood for the validator in the set's session | counts once |
//! | --- | --- | --- | --- |
//! | two chains | two vertices that no chain contains both | `min((3k / n)^2, 1)` for `k` of `n` in one set | a set |
//! | broken promise | the promise, and what a checkpoint says of its round | `PromiseShare` | a round of a lane |
//!
//! Whose key it was is proven by the members of the set, of which the chain keeps the hash.

use crate::{types::Membership, Call, Config, Error, Event, Pallet, Sets};
use aci_fastpath::{
	checkpoint::promise::{check_broken, Passed, PromiseError, PromisedMatch},
	equivocation::{Equivocation, EquivocationError},
	scheme::{Ed25519, PublicKey},
	types::{CheckpointNumber, Round},
};
use aci_finality::{faults, SetId};
use aci_primitives::AccountId;
use alloc::{boxed::Box, vec, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{ensure, traits::Get, weights::Weight};
use frame_system::offchain::SubmitTransaction;
use scale_info::TypeInfo;
use sp_runtime::{
	traits::Convert,
	transaction_validity::{InvalidTransaction, TransactionValidityError},
	DispatchResult, Perbill,
};
use sp_staking::{
	offence::{Kind, Offence, ReportOffence},
	SessionIndex,
};

/// What an authority did.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	PartialOrd,
	Ord,
)]
#[scale_info(capture_docs = "always")]
pub enum Fault {
	/// It signed two vertices that no chain contains both.
	#[codec(index = 0)]
	TwoChains,
	/// It promised a match in the vertex of this round, and a checkpoint says otherwise.
	#[codec(index = 1)]
	BrokenPromise(Round),
}

/// An offence as the offences pallet knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FastpathOffence<Offender> {
	/// The set.
	pub set: SetId,
	/// What was done.
	pub fault: Fault,
	/// The session of the set.
	pub session: SessionIndex,
	/// How many authorities the set had.
	pub authorities: u32,
	/// Who.
	pub offender: Offender,
	/// What a broken promise costs.
	pub promise: Perbill,
}

impl<Offender: Clone> Offence<Offender> for FastpathOffence<Offender> {
	const ID: Kind = *b"fastpath:offence";
	type Slot = (SetId, Fault);

	fn offenders(&self) -> Vec<Offender> {
		vec![self.offender.clone()]
	}

	fn session_index(&self) -> SessionIndex {
		self.session
	}

	fn validator_set_count(&self) -> u32 {
		self.authorities
	}

	fn slot(&self) -> (SetId, Fault) {
		(self.set, self.fault)
	}

	fn slash_fraction(&self, offenders: u32) -> Perbill {
		match self.fault {
			Fault::TwoChains => {
				Perbill::from_rational(offenders.saturating_mul(3), self.authorities).square()
			}
			Fault::BrokenPromise(_) => self.promise,
		}
	}
}

/// Checks that these were the members of a set. Returns its session.
pub(crate) fn check_members<T: Config>(
	set: SetId,
	members: &Membership,
) -> Result<SessionIndex, Error<T>> {
	let record = Sets::<T>::get(set).ok_or(Error::<T>::UnknownSet)?;
	let right = members.set == set && members.hash() == record.members;
	ensure!(right, Error::<T>::KeyNotProven);
	Ok(record.session)
}

type Offender<T> = (AccountId, <T as Config>::Identification);

impl<T: Config> Pallet<T> {
	/// An offence of one of the members, if it is not known.
	fn offence(
		fault: Fault,
		members: &Membership,
		find: impl Fn(usize, &PublicKey) -> bool,
	) -> Result<(FastpathOffence<Offender<T>>, PublicKey), Error<T>> {
		let set = members.set;
		let session = check_members::<T>(set, members)?;
		let keyed = members.members.iter().enumerate();
		let (validator, key) = keyed
			.map(|(place, (validator, key))| (place, validator, PublicKey::from(key.clone())))
			.find(|(place, _, key)| find(*place, key))
			.map(|(_, validator, key)| (validator.clone(), key))
			.ok_or(Error::<T>::KeyNotProven)?;
		let offender = (validator.clone(), T::Stood::convert((session, validator)));
		let offence = FastpathOffence {
			set,
			fault,
			session,
			// At most `MAX_AUTHORITIES`.
			authorities: members.members.len() as u32,
			offender,
			promise: T::PromiseShare::get(),
		};
		let known =
			T::Reports::is_known_offence(core::slice::from_ref(&offence.offender), &offence.slot());
		ensure!(!known, Error::<T>::AlreadyReported);
		Ok((offence, key))
	}

	/// The offence that an equivocation proves. The cheap checks come first, the signatures last.
	fn equivocation(
		proof: &Equivocation,
		members: &Membership,
	) -> Result<FastpathOffence<Offender<T>>, Error<T>> {
		let context = Self::context(members.set);
		ensure!(
			proof.context.genesis == context.genesis,
			Error::<T>::OtherChain
		);
		ensure!(proof.context == context, Error::<T>::KeyNotProven);
		let (offence, _) =
			Self::offence(Fault::TwoChains, members, |_, key| *key == proof.offender)?;
		proof.verify::<Ed25519>().map_err(|error| match error {
			EquivocationError::NoConflict => Error::<T>::NoFault,
			EquivocationError::Signature => Error::<T>::WrongSignature,
		})?;
		Ok(offence)
	}

	fn report(
		offence: FastpathOffence<Offender<T>>,
		reporter: Option<AccountId>,
	) -> DispatchResult {
		let (set, fault) = (offence.set, offence.fault);
		let home = offence.offender.0.clone();
		T::Reports::report_offence(reporter.iter().cloned().collect(), offence)
			.map_err(|_| Error::<T>::AlreadyReported)?;
		Self::deposit_event(Event::OffenceReported {
			set,
			fault,
			home,
			reporter,
		});
		Ok(())
	}

	pub(crate) fn do_report_equivocation(
		reporter: Option<AccountId>,
		proof: &Equivocation,
		members: &Membership,
	) -> DispatchResult {
		let offence = Self::equivocation(proof, members)?;
		Self::report(offence, reporter.or_else(T::Author::get))
	}

	pub(crate) fn do_report_promise(
		reporter: AccountId,
		promised: &PromisedMatch,
		checkpoint: CheckpointNumber,
		passed: &Passed,
		members: &Membership,
	) -> DispatchResult {
		let promise = &promised.promise;
		let context = Self::context(members.set);
		ensure!(
			promise.context.genesis == context.genesis,
			Error::<T>::OtherChain
		);
		ensure!(promise.context == context, Error::<T>::KeyNotProven);
		let checkpoint = Self::remembered(checkpoint)?;
		let fault = Fault::BrokenPromise(promise.vertex.round);
		let author = usize::from(promise.vertex.author);
		let (offence, home) = Self::offence(fault, members, |place, _| place == author)?;
		check_broken::<Ed25519>(promised, &home, &checkpoint, passed).map_err(
			|error| match error {
				PromiseError::Signature => Error::<T>::WrongSignature,
				PromiseError::Kept => Error::<T>::NoFault,
				PromiseError::OtherSet | PromiseError::Path | PromiseError::OtherPlace => {
					Error::<T>::WrongProof
				}
			},
		)?;
		Self::report(offence, Some(reporter))
	}

	pub(crate) fn check_unsigned(
		proof: &Equivocation,
		members: &Membership,
	) -> Result<(), TransactionValidityError> {
		match Self::equivocation(proof, members) {
			Ok(_) => Ok(()),
			Err(Error::<T>::UnknownSet | Error::<T>::AlreadyReported) => {
				Err(InvalidTransaction::Stale.into())
			}
			Err(_) => Err(InvalidTransaction::BadProof.into()),
		}
	}

	/// Puts a report into the pool of the node that asks, as a transaction without a signature.
	/// `None` where there is no pool. For runtime APIs.
	pub fn submit_report(proof: Equivocation, members: Membership) -> Option<()> {
		let call = Call::report_equivocation_unsigned {
			proof: Box::new(proof),
			members: Box::new(members),
		};
		SubmitTransaction::<T, Call<T>>::submit_transaction(T::create_bare(call.into())).ok()
	}

	/// Weight of a report: that of its largest slash, or half a block where that is more, so that a
	/// report always finds a block.
	pub fn report_weight() -> Weight {
		use crate::WeightInfo;
		let validators = T::MaxAuthorities::get();
		let offenders = (faults(validators as usize) as u32).saturating_add(1);
		let half = T::BlockWeights::get().max_block.saturating_div(2);
		T::WeightInfo::report(validators, offenders, T::MaxSlashParts::get()).min(half)
	}
}
