//! The invariants of the README, checked over the whole storage.

use crate::{
	Attestations, Calibrations, Config, CurrentCalibration, GpuOf, Gpus, HoldReason, KeyGpus,
	ModelUse, Models, Pallet, ReceiptGpus, Receipts, ReportedReceipts, SessionKeyOwner,
};
use aci_primitives::{AccountId, Balance};
use alloc::collections::BTreeMap;
use frame_support::{ensure, traits::fungible::hold::Inspect};
use sp_runtime::DispatchError;

impl<T: Config> Pallet<T> {
	/// Checks invariants 1 to 5 and 7 to 14 of the README. For tests and off-chain checks: it reads everything.
	pub fn do_try_state() -> Result<(), DispatchError> {
		Self::try_state_session_keys()?;
		Self::try_state_models()?;
		Self::try_state_gpus()?;
		Self::try_state_receipts()?;
		Self::try_state_thresholds()?;
		Self::try_state_verification()
	}

	/// Invariant 1.
	fn try_state_session_keys() -> Result<(), DispatchError> {
		for (worker, attestation) in Attestations::<T>::iter() {
			ensure!(
				SessionKeyOwner::<T>::get(attestation.session_key) == Some(worker),
				DispatchError::Other("the session key of an attestation is not its worker's")
			);
		}
		for (session_key, worker) in SessionKeyOwner::<T>::iter() {
			ensure!(
				Attestations::<T>::get(&worker).map(|a| a.session_key) == Some(session_key),
				DispatchError::Other("a session key belongs to an account that did not attest it")
			);
		}
		Ok(())
	}

	/// Invariants 2, 3 and 4.
	fn try_state_models() -> Result<(), DispatchError> {
		let mut deposits = BTreeMap::<AccountId, Balance>::new();
		for (_, model) in Models::<T>::iter() {
			ensure!(
				Self::check_manifest(&model.manifest).is_ok(),
				DispatchError::Other("a stored manifest is out of bounds")
			);
			let deposit = deposits.entry(model.owner).or_default();
			*deposit = deposit.saturating_add(model.deposit);
		}
		for (owner, deposit) in deposits {
			ensure!(
				T::Currency::balance_on_hold(&HoldReason::ModelDeposit.into(), &owner) == deposit,
				DispatchError::Other("what is held is not the sum of an owner's deposits")
			);
		}
		for (model, count) in ModelUse::<T>::iter() {
			ensure!(
				count > 0,
				DispatchError::Other("a use count of zero is stored")
			);
			ensure!(
				Models::<T>::contains_key(model),
				DispatchError::Other("a model in use is not registered")
			);
		}
		Ok(())
	}

	/// Invariant 7.
	fn try_state_gpus() -> Result<(), DispatchError> {
		for (worker, gpu) in GpuOf::<T>::iter() {
			ensure!(
				Gpus::<T>::get(gpu).as_ref() == Some(&worker),
				DispatchError::Other("a worker's GPU is another account's")
			);
			let key = Attestations::<T>::get(&worker).map(|attestation| attestation.session_key);
			ensure!(
				key.and_then(KeyGpus::<T>::get) == Some(gpu),
				DispatchError::Other("a worker's session key is not its GPU's")
			);
		}
		ensure!(
			Gpus::<T>::iter().count() == GpuOf::<T>::iter().count(),
			DispatchError::Other("a GPU belongs to an account that did not attest it")
		);
		ensure!(
			ReceiptGpus::<T>::iter_keys()
				.chain(ReportedReceipts::<T>::iter_keys())
				.all(Receipts::<T>::contains_key),
			DispatchError::Other("a GPU or a mark is kept without its receipt")
		);
		Ok(())
	}

	/// Invariant 8.
	fn try_state_thresholds() -> Result<(), DispatchError> {
		let current = CurrentCalibration::<T>::get();
		for (version, thresholds) in Calibrations::<T>::iter() {
			ensure!(
				thresholds.version == version && version <= current,
				DispatchError::Other("thresholds are stored under another version")
			);
			ensure!(
				thresholds.is_calibrated() && thresholds.check().is_ok(),
				DispatchError::Other("stored thresholds cannot be used")
			);
		}
		ensure!(
			current == 0 || Calibrations::<T>::contains_key(current),
			DispatchError::Other("the newest thresholds are not stored")
		);
		Ok(())
	}

	/// Invariant 5.
	fn try_state_receipts() -> Result<(), DispatchError> {
		for (job, stored) in Receipts::<T>::iter() {
			ensure!(
				stored.receipt.receipt.job == job,
				DispatchError::Other("a receipt is stored under another job")
			);
			ensure!(
				stored.receipt.hash() == stored.hash,
				DispatchError::Other("a stored hash is not the receipt's")
			);
		}
		Ok(())
	}
}
