//! The invariants of the README, checked over the whole storage.

use crate::{
	AmdLists, Attestations, AttestedEvidence, Calibrations, Config, CurrentCalibration,
	CurrentPolicy, GpuOf, Gpus, HoldReason, IntelPckLists, IntelQeIdentities, IntelRootList,
	IntelTcbInfos, KeyGpus, ModelUse, Models, Pallet, ReceiptGpus, Receipts, ReportedReceipts,
	SessionKeyOwner, Suspended, Suspension, MAX_LIFETIME,
};
use aci_attestation::{
	dcap::{QeIdentity, TcbInfo},
	x509::RevocationList,
};
use aci_primitives::{evidence::TeeKind, AccountId, Balance, Moment};
use alloc::collections::BTreeMap;
use frame_support::{ensure, traits::fungible::hold::Inspect};
use sp_runtime::DispatchError;

impl<T: Config> Pallet<T> {
	/// Checks the invariants of the README, but for 6. For tests and off-chain checks: it reads everything.
	pub fn do_try_state() -> Result<(), DispatchError> {
		Self::try_state_session_keys()?;
		Self::try_state_models()?;
		Self::try_state_gpus()?;
		Self::try_state_receipts()?;
		Self::try_state_thresholds()?;
		Self::try_state_attestations()?;
		Self::try_state_collateral()?;
		Self::try_state_verification()
	}

	/// Invariants 15 and 16.
	fn try_state_attestations() -> Result<(), DispatchError> {
		for (worker, attestation) in Attestations::<T>::iter() {
			let record = AttestedEvidence::<T>::get(&worker).ok_or(DispatchError::Other(
				"an attestation has no record of its evidence",
			))?;
			let software = attestation.tee == TeeKind::Software;
			ensure!(
				software == (attestation.expires == Moment::MAX),
				DispatchError::Other("an attestation by a vendor's TEE has no end")
			);
			ensure!(
				software || attestation.expires >= record.attested,
				DispatchError::Other("an attestation ended before it began")
			);
			ensure!(
				attestation.tee != TeeKind::Nvidia,
				DispatchError::Other("a GPU is taken for a machine")
			);
		}
		ensure!(
			AttestedEvidence::<T>::iter_keys().all(Attestations::<T>::contains_key),
			DispatchError::Other("evidence is recorded of a worker without an attestation")
		);
		ensure!(
			Suspended::<T>::iter().all(|(worker, suspension)| {
				suspension == Suspension::Governance || Attestations::<T>::contains_key(worker)
			}),
			DispatchError::Other("a worker without an attestation is suspended for its evidence")
		);
		Ok(())
	}

	/// Invariants 17 and 18.
	fn try_state_collateral() -> Result<(), DispatchError> {
		let lists = IntelRootList::<T>::get()
			.into_iter()
			.chain(IntelPckLists::<T>::iter_values())
			.chain(AmdLists::<T>::iter_values());
		for list in lists {
			let read = RevocationList::parse(&list.bytes)
				.map_err(|_| DispatchError::Other("a stored list cannot be read"))?;
			ensure!(
				(read.this_update, read.next_update) == (list.version.made, list.version.until),
				DispatchError::Other("a stored list has another version")
			);
		}
		for ((tee, fmspc), stored) in IntelTcbInfos::<T>::iter() {
			let read = TcbInfo::parse(&stored.statement.text)
				.map_err(|_| DispatchError::Other("a stored statement cannot be read"))?;
			ensure!(
				(read.tee, read.fmspc) == (tee, fmspc) && read.issued == stored.version.made,
				DispatchError::Other("a stored statement is about something else")
			);
		}
		for (tee, stored) in IntelQeIdentities::<T>::iter() {
			let read = QeIdentity::parse(&stored.statement.text)
				.map_err(|_| DispatchError::Other("a stored statement cannot be read"))?;
			ensure!(
				read.tee == tee && read.issued == stored.version.made,
				DispatchError::Other("a stored statement is about something else")
			);
		}
		let policy = CurrentPolicy::<T>::get();
		ensure!(
			policy.lifetime > 0 && policy.lifetime <= MAX_LIFETIME,
			DispatchError::Other("the policy's lifetime is out of bounds")
		);
		Ok(())
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
		let mut count = 0usize;
		for (worker, gpus) in GpuOf::<T>::iter() {
			ensure!(
				!gpus.is_empty()
					&& gpus
						.iter()
						.all(|gpu| Gpus::<T>::get(gpu).as_ref() == Some(&worker)),
				DispatchError::Other("a worker's GPU is another account's")
			);
			count = count.saturating_add(gpus.len());
			let key = Attestations::<T>::get(&worker).map(|attestation| attestation.session_key);
			ensure!(
				key.and_then(KeyGpus::<T>::get) == Some(gpus),
				DispatchError::Other("a worker's session key is not its GPUs'")
			);
		}
		ensure!(
			Gpus::<T>::iter().count() == count,
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
