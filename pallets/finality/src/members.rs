//! Whose key is whose in a set, and the proof of it.
//!
//! The chain keeps the hash of every remembered set's members: accounts and keys in their order, as
//! they were in force. A proof is the whole list, 64 bytes a member, which the runtime gives out
//! while the set is in force.
//!
//! The session pallet's history would not do. It proves keys of the present session from those that
//! are registered for the next one, so whoever registers new keys before it offends could not be
//! proven to have held the old ones.

use crate::{Authorities, Config, CurrentSet, Sets, Validators};
use aci_finality::{certificate::PerAuthority, AuthorityId, SetId, KEY_TYPE};
use codec::{Codec, Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::marker::PhantomData;
use frame_support::{traits::KeyOwnerProofSystem, BoundedVec};
use scale_info::TypeInfo;
use sp_runtime::{
	traits::{BlakeTwo256, Hash},
	KeyTypeId,
};
use sp_session::{GetSessionNumber, GetValidatorCount, ValidatorCount};
use sp_staking::SessionIndex;

/// What is remembered of a set.
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
)]
pub struct SetRecord {
	/// Its session.
	pub session: SessionIndex,
	/// The hash of its members: [`Membership::hash`].
	pub members: aci_finality::BlockHash,
}

/// All members of a set: proves who held a key in it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Membership<AccountId> {
	/// The set.
	pub set: SetId,
	/// Its session.
	pub session: SessionIndex,
	/// The members in their order.
	pub members: PerAuthority<(AccountId, AuthorityId)>,
}

impl<AccountId: Codec> Membership<AccountId> {
	/// Blake2-256 of the members' encoding.
	pub fn hash(&self) -> aci_finality::BlockHash {
		BlakeTwo256::hash_of(&self.members)
	}
}

impl<AccountId> GetSessionNumber for Membership<AccountId> {
	fn session(&self) -> SessionIndex {
		self.session
	}
}

impl<AccountId> GetValidatorCount for Membership<AccountId> {
	fn validator_count(&self) -> ValidatorCount {
		self.members.len() as ValidatorCount
	}
}

/// What stood behind a validator in a session.
pub trait Identify<AccountId> {
	/// The session pallet's full identification.
	type Identification: Codec;

	/// What stood behind `validator` in `session`, which is one that a set is remembered for.
	fn identify(session: SessionIndex, validator: &AccountId) -> Self::Identification;
}

/// Proves and checks who held a finality key, by the sets' members.
pub struct SetKeys<T, I>(PhantomData<(T, I)>);

impl<T: Config, I: Identify<T::AccountId>> KeyOwnerProofSystem<(KeyTypeId, AuthorityId)>
	for SetKeys<T, I>
{
	type Proof = Membership<T::AccountId>;
	type IdentificationTuple = (T::AccountId, I::Identification);

	/// The members of the set in force, if the key is one of theirs.
	fn prove((kind, key): (KeyTypeId, AuthorityId)) -> Option<Self::Proof> {
		let authorities = Authorities::<T>::get();
		if kind != KEY_TYPE || !authorities.contains(&key) {
			return None;
		}
		let set = CurrentSet::<T>::get();
		let validators = Validators::<T>::get();
		let members = validators.into_iter().zip(authorities);
		Some(Membership {
			set,
			session: Sets::<T>::get(set)?.session,
			// `MaxAuthorities` is no more than the list holds, which `integrity_test` checks.
			members: BoundedVec::truncate_from(members.collect()),
		})
	}

	fn check_proof(
		(kind, key): (KeyTypeId, AuthorityId),
		proof: Self::Proof,
	) -> Option<Self::IdentificationTuple> {
		let record = Sets::<T>::get(proof.set)?;
		if kind != KEY_TYPE || record.session != proof.session || record.members != proof.hash() {
			return None;
		}
		let (validator, _) = proof.members.into_iter().find(|(_, held)| *held == key)?;
		let identification = I::identify(record.session, &validator);
		Some((validator, identification))
	}
}
