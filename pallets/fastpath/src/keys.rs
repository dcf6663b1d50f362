//! Order keys: the ed25519 keys by which accounts sign on the fast path.

use crate::{Config, Error, Event, KeyOwners, OrderKeys, Pallet, Tickets, Workers};
use aci_fastpath::{
	scheme::{Claim, Ed25519, PublicKey, Scheme, Signature},
	transaction::registration_hash,
};
use aci_primitives::AccountId;
use frame_support::ensure;
use sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_set_order_key(
		who: AccountId,
		key: PublicKey,
		signature: Signature,
	) -> DispatchResult {
		ensure!(!Self::uses_key(&who), Error::<T>::KeyInUse);
		ensure!(!KeyOwners::<T>::contains_key(key), Error::<T>::KeyTaken);
		let claim = Claim {
			key,
			hash: registration_hash(&Self::genesis_hash(), &who).0,
			signature,
		};
		ensure!(Ed25519::verify(&claim), Error::<T>::WrongSignature);
		if let Some(old) = OrderKeys::<T>::get(&who) {
			KeyOwners::<T>::remove(old);
		}
		OrderKeys::<T>::insert(&who, key);
		KeyOwners::<T>::insert(key, &who);
		Self::deposit_event(Event::OrderKeySet { who, key });
		Ok(())
	}

	pub(crate) fn do_clear_order_key(who: AccountId) -> DispatchResult {
		let key = OrderKeys::<T>::get(&who).ok_or(Error::<T>::NoOrderKey)?;
		ensure!(!Self::uses_key(&who), Error::<T>::KeyInUse);
		OrderKeys::<T>::remove(&who);
		KeyOwners::<T>::remove(key);
		Self::deposit_event(Event::OrderKeyCleared { who, key });
		Ok(())
	}

	/// Whether something is leased under an account's key.
	fn uses_key(who: &AccountId) -> bool {
		Tickets::<T>::contains_key(who) || !Workers::<T>::get(who).leases.is_empty()
	}
}
