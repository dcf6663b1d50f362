//! The registry of workers.

use crate::{Config, Error, Event, Offers, Pallet, Workers, WorkersOf};
use aci_market::{quality::slot_weight, stake::worker_bond_required};
use aci_primitives::{
	class::JOB_MILLI_SLOTS,
	traits::{Bonds, MarketQuote, ProofOfAi, QualityUpdate},
	worker::{Endpoint, Worker},
	AccountId, Balance, BoundedList, Class, ClassId, ModelId, Role,
};
use frame_support::{ensure, traits::Get};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	/// The bond in planck that so many slots of a class need.
	pub(crate) fn bond_required(class: &Class, slots: u32) -> Balance {
		worker_bond_required(&T::StakeRules::get(), slots, class.peak_flops)
	}

	/// The milli-slots of so many slots.
	pub(crate) fn milli_slots(slots: u32) -> u64 {
		// A `u32` times a thousand fits `u64`.
		u64::from(slots).saturating_mul(JOB_MILLI_SLOTS)
	}

	pub(crate) fn do_register(
		account: AccountId,
		class_id: ClassId,
		slots: u32,
		models: BoundedList<ModelId, 16>,
		endpoints: BoundedList<Endpoint, 4>,
	) -> DispatchResult {
		ensure!(
			!Workers::<T>::contains_key(&account),
			Error::<T>::AlreadyRegistered
		);
		ensure!(
			slots > 0 && slots <= T::MaxSlots::get(),
			Error::<T>::SlotsOutOfBounds
		);
		let class = T::Market::class(class_id).ok_or(Error::<T>::UnknownClass)?;
		ensure!(
			T::ProofOfAi::attestation(&account).is_some(),
			Error::<T>::NotAttested
		);
		let required = Self::bond_required(&class, slots);
		ensure!(
			T::Bonds::bonded(&account, Role::Worker) >= required,
			Error::<T>::BondTooSmall
		);
		Self::check_models(&class, &models)?;

		T::Bonds::require(&account, Role::Worker, required)?;
		let weight = slot_weight(T::Quality::quality_at_epoch_start(&account));
		T::Market::add_capacity(class_id, Self::milli_slots(slots), weight)?;
		WorkersOf::<T>::try_mutate(class_id, |workers| workers.try_push(account.clone()))
			.map_err(|_| Error::<T>::ClassFull)?;
		Self::add_offers(&account, class_id, &models)?;
		Workers::<T>::insert(
			&account,
			Worker {
				class: class_id,
				slots,
				busy: 0,
				models,
				endpoints,
				exposure: 0,
				missed: 0,
				active: true,
				since: Self::now().block,
				weight,
			},
		);
		Self::deposit_event(Event::WorkerRegistered {
			worker: account,
			class: class_id,
			slots,
			bond_required: required,
		});
		Ok(())
	}

	pub(crate) fn do_update(
		account: AccountId,
		models: BoundedList<ModelId, 16>,
		endpoints: BoundedList<Endpoint, 4>,
	) -> DispatchResult {
		let mut worker = Workers::<T>::get(&account).ok_or(Error::<T>::NotRegistered)?;
		let class = T::Market::class(worker.class).ok_or(Error::<T>::UnknownClass)?;
		Self::check_models(&class, &models)?;
		Self::remove_offers(&account, worker.class, &worker.models);
		Self::add_offers(&account, worker.class, &models)?;
		worker.models = models.clone();
		worker.endpoints = endpoints;
		Workers::<T>::insert(&account, worker);
		Self::deposit_event(Event::WorkerUpdated {
			worker: account,
			models,
		});
		Ok(())
	}

	pub(crate) fn do_set_active(account: AccountId, active: bool) -> DispatchResult {
		Workers::<T>::try_mutate(&account, |worker| {
			let worker = worker.as_mut().ok_or(Error::<T>::NotRegistered)?;
			worker.active = active;
			Ok::<(), DispatchError>(())
		})?;
		Self::deposit_event(Event::WorkerActivityChanged {
			worker: account,
			active,
		});
		Ok(())
	}

	pub(crate) fn do_deregister(account: AccountId) -> DispatchResult {
		let worker = Workers::<T>::get(&account).ok_or(Error::<T>::NotRegistered)?;
		ensure!(worker.busy == 0, Error::<T>::JobsUnfinished);
		ensure!(worker.exposure == 0, Error::<T>::ExposureOpen);
		T::Market::remove_capacity(worker.class, Self::milli_slots(worker.slots), worker.weight)?;
		T::Bonds::require(&account, Role::Worker, 0)?;
		WorkersOf::<T>::mutate_exists(worker.class, |workers| {
			if let Some(list) = workers {
				list.retain(|other| *other != account);
				if list.is_empty() {
					*workers = None;
				}
			}
		});
		Self::remove_offers(&account, worker.class, &worker.models);
		Workers::<T>::remove(&account);
		Self::deposit_event(Event::WorkerDeregistered {
			worker: account,
			class: worker.class,
		});
		Ok(())
	}

	/// All models are registered, fit the class's memory and are named once.
	fn check_models(class: &Class, models: &[ModelId]) -> DispatchResult {
		ensure!(!models.is_empty(), Error::<T>::NoModels);
		for (place, model) in models.iter().enumerate() {
			let named_before = models.iter().take(place).any(|other| other == model);
			ensure!(!named_before, Error::<T>::DuplicateModel);
			let manifest = T::ProofOfAi::manifest(model).ok_or(Error::<T>::UnknownModel)?;
			ensure!(
				manifest.weight_bytes <= class.memory,
				Error::<T>::ModelTooLarge
			);
		}
		Ok(())
	}

	fn add_offers(account: &AccountId, class: ClassId, models: &[ModelId]) -> DispatchResult {
		for model in models {
			Offers::<T>::try_mutate((model, class), |workers| workers.try_push(account.clone()))
				.map_err(|_| Error::<T>::ClassFull)?;
		}
		Ok(())
	}

	fn remove_offers(account: &AccountId, class: ClassId, models: &[ModelId]) {
		for model in models {
			Offers::<T>::mutate_exists((model, class), |workers| {
				if let Some(list) = workers {
					list.retain(|other| other != account);
					if list.is_empty() {
						*workers = None;
					}
				}
			});
		}
	}
}
