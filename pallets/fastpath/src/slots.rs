//! Leases of workers' slots, and what a worker's jobs are worth together.
//!
//! A lease takes slots from the chain and puts them into the home's slice. The chain does not know
//! which of them have a job. When a lease leaves its home, the free ones come back with the checkpoint
//! and the others when their jobs end: checkpoints say how many of a worker's slots are free.
//!
//! The exposure of a lease counts to the worker from the request on. What a checkpoint pays a worker
//! is taken from it, at the price that the payment stands for, and counts on until the fraud window
//! ends. What is left of it when the lease is over ends with it.

use crate::{
	types::{Request, SlotLease, State, WorkerBook, MAX_BUCKETS},
	Config, CurrentSet, Error, Event, LeaseCount, OrderKeys, Pallet, Tickets, WindowCursor,
	Workers,
};
use aci_market::fees::PARTS_PER_MILLION;
use aci_primitives::{
	class::JOB_MILLI_SLOTS,
	traits::{LeasedSlots, Slices},
	AccountId, Balance, BlockNumber,
};
use frame_support::{ensure, storage::with_storage_layer, traits::Get};
use sp_runtime::{DispatchResult, SaturatedConversion};

/// What the fast path has of a worker.
pub(crate) type Book<T> = WorkerBook<<T as Config>::MaxLeasesOfWorker>;

/// The milli-slots of so many slots.
pub(crate) fn milli_slots(slots: u32) -> u64 {
	// A `u32` times a thousand fits `u64`.
	u64::from(slots).saturating_mul(JOB_MILLI_SLOTS)
}

impl<T: Config> Pallet<T> {
	/// Whether a home has these slots no longer: the lease left it, or its set ended.
	pub(crate) fn has_left(lease: &SlotLease) -> bool {
		match lease.state {
			State::Left => true,
			State::Waiting => false,
			_ => lease.set < CurrentSet::<T>::get(),
		}
	}

	/// Stores what the fast path has of a worker; nothing is no entry.
	pub(crate) fn put_book(worker: &AccountId, book: Book<T>) {
		if book == Book::<T>::default() {
			Workers::<T>::remove(worker);
		} else {
			Workers::<T>::insert(worker, book);
		}
	}

	/// Gives `slots` of a lease back to the chain.
	pub(crate) fn return_slots(worker: &AccountId, lease: &mut SlotLease, slots: u32) {
		let slots = slots.min(lease.slots);
		if slots == 0 {
			return;
		}
		// At most the lease's, see above.
		lease.slots = lease.slots.saturating_sub(slots);
		let merged = T::Slices::merge(lease.class, &Self::home(&lease.home), milli_slots(slots));
		let returned = merged.and_then(|()| T::Workers::return_slots(worker, slots));
		frame_support::defensive_assert!(returned.is_ok(), "leased slots are in their slice");
		Self::deposit_event(Event::SlotsReturned {
			worker: worker.clone(),
			slots,
		});
	}

	/// Ends a lease of which no slots are left: what it could still have exposed ends with it.
	pub(crate) fn conclude_lease(worker: &AccountId, lease: &SlotLease) {
		T::Workers::end_exposure(worker, lease.exposure);
		LeaseCount::<T>::mutate(|count| *count = count.saturating_sub(1));
	}

	/// Ends the leases that have left their homes, have no slots, and are not to be renewed.
	pub(crate) fn conclude_empty(worker: &AccountId, book: &mut Book<T>) {
		book.leases.retain(|lease| {
			let over = Self::has_left(lease) && lease.slots == 0 && lease.renew.is_none();
			if over {
				Self::conclude_lease(worker, lease);
			}
			!over
		});
	}

	/// Gives back so many slots of the leases that have left their homes, in their order.
	pub(crate) fn free_slots(worker: &AccountId, mut slots: u32) {
		let mut book = Workers::<T>::get(worker);
		for lease in book.leases.iter_mut().filter(|lease| Self::has_left(lease)) {
			let before = lease.slots;
			Self::return_slots(worker, lease, slots);
			// No more than asked for was returned.
			slots = slots.saturating_sub(before.saturating_sub(lease.slots));
		}
		Self::conclude_empty(worker, &mut book);
		Self::put_book(worker, book);
	}

	pub(crate) fn do_lease_slots(
		worker: AccountId,
		home: AccountId,
		slots: u32,
		exposure: Balance,
		renew: bool,
	) -> DispatchResult {
		ensure!(
			OrderKeys::<T>::contains_key(&worker),
			Error::<T>::NoOrderKey
		);
		ensure!(Self::place_of(&home).is_some(), Error::<T>::NotAHome);
		let offer = T::Workers::offer(&worker).ok_or(Error::<T>::NotOffering)?;
		ensure!(slots > 0 && slots <= offer.slots, Error::<T>::TooManySlots);
		ensure!(
			exposure > 0 && exposure <= offer.exposure,
			Error::<T>::TooMuchExposure
		);
		ensure!(
			LeaseCount::<T>::get() < T::MaxLeases::get(),
			Error::<T>::Full
		);
		with_storage_layer(|| {
			let mut book = Workers::<T>::get(&worker);
			let occupied = book
				.leases
				.iter()
				.any(|lease| lease.home == home && !Self::has_left(lease));
			let moves = Tickets::<T>::get(&worker)
				.iter()
				.any(|ticket| ticket.home == home && ticket.to.is_some() && !Self::is_over(ticket));
			ensure!(!occupied && !moves, Error::<T>::HomeOccupied);
			T::Slices::split(offer.class, &Self::home(&home), milli_slots(slots))?;
			T::Workers::lease_slots(&worker, slots)?;
			T::Workers::expose(&worker, exposure);
			let lease = SlotLease {
				home: home.clone(),
				set: CurrentSet::<T>::get(),
				class: offer.class,
				slots,
				exposure,
				state: State::Waiting,
				renew: renew.then_some((slots, exposure)),
			};
			let pushed = book.leases.try_push(lease);
			pushed.map_err(|_| Error::<T>::TooManySlots)?;
			Workers::<T>::insert(&worker, book);
			LeaseCount::<T>::mutate(|count| *count = count.saturating_add(1));
			Self::request(Request::Slots(worker.clone(), home.clone()))?;
			Self::deposit_event(Event::SlotsLeased {
				worker,
				home,
				slots,
				exposure,
			});
			Ok(())
		})
	}

	pub(crate) fn do_end_lease(worker: AccountId, home: AccountId) -> DispatchResult {
		with_storage_layer(|| {
			let mut book = Workers::<T>::get(&worker);
			let place = book
				.leases
				.iter()
				.position(|lease| lease.home == home && !Self::has_left(lease))
				.ok_or(Error::<T>::NoLease)?;
			let lease = book.leases.get_mut(place).ok_or(Error::<T>::NoLease)?;
			match lease.state {
				State::Waiting => {
					let mut lease = book.leases.remove(place);
					let slots = lease.slots;
					Self::return_slots(&worker, &mut lease, slots);
					Self::conclude_lease(&worker, &lease);
					Self::put_book(&worker, book);
					return Ok(());
				}
				State::Held => {
					lease.state = State::Ending;
					lease.renew = None;
				}
				State::Ending | State::Leaving(_) | State::Left => {
					return Err(Error::<T>::AlreadyEnding.into())
				}
			}
			Workers::<T>::insert(&worker, book);
			Self::request(Request::End(worker.clone(), home.clone()))?;
			Self::deposit_event(Event::SlotsEnding { worker, home });
			Ok(())
		})
	}

	/// A checkpoint pays a worker. What that stands for is taken from the exposure of its leases and
	/// counts until the fraud window ends.
	pub(crate) fn note_paid(worker: &AccountId, paid: Balance) {
		let share = Balance::from(T::FeeShares::get().worker().max(1));
		let value = aci_market::fixed::mul_div_ceil(paid, Balance::from(PARTS_PER_MILLION), share)
			.unwrap_or(paid);
		let mut book = Workers::<T>::get(worker);
		let mut rest = value;
		for lease in &mut book.leases {
			let part = rest.min(lease.exposure);
			// `part` is at most either.
			lease.exposure = lease.exposure.saturating_sub(part);
			rest = rest.saturating_sub(part);
		}
		// Jobs that were paid after their lease was over.
		let before = T::Workers::exposed(worker);
		T::Workers::expose(worker, rest);
		let counted = T::Workers::exposed(worker).saturating_sub(before);
		let value = value.saturating_sub(rest.saturating_sub(counted));
		Self::add_paid(&mut book, value);
		Self::put_book(worker, book);
	}

	/// Puts what counts until the end of the fraud window to its bucket.
	fn add_paid(book: &mut Book<T>, value: Balance) {
		if value == 0 {
			return;
		}
		let window = T::FraudWindow::get();
		let step = window.div_ceil(MAX_BUCKETS.saturating_div(2).max(1)).max(1);
		let end = Self::now().block.saturating_add(window);
		let due = end.div_ceil(step).saturating_mul(step);
		if let Some((_, sum)) = book.paid.iter_mut().find(|(block, _)| *block == due) {
			*sum = sum.saturating_add(value);
			return;
		}
		if let Err((due, value)) = book.paid.try_push((due, value)) {
			// Ended ones that were not looked at yet fill the list: the last bucket takes it.
			if let Some((block, sum)) = book.paid.last_mut() {
				*block = due.max(*block);
				*sum = sum.saturating_add(value);
			}
		}
	}

	/// Ends what counts to workers no longer, a bounded number of workers in a block. Returns how many
	/// it looked at.
	pub(crate) fn close_windows() -> u32 {
		let now: BlockNumber = Self::now().block;
		let most: usize = T::MaxSwept::get().saturated_into();
		let workers: alloc::vec::Vec<AccountId> = match WindowCursor::<T>::get() {
			Some(after) => Workers::<T>::iter_keys_from(Workers::<T>::hashed_key_for(&after))
				.take(most)
				.collect(),
			None => Workers::<T>::iter_keys().take(most).collect(),
		};
		for worker in &workers {
			let mut book = Workers::<T>::get(worker);
			let mut ended: Balance = 0;
			book.paid.retain(|(due, value)| {
				if *due > now {
					return true;
				}
				ended = ended.saturating_add(*value);
				false
			});
			if ended > 0 {
				T::Workers::end_exposure(worker, ended);
				Self::put_book(worker, book);
			}
		}
		let count = workers.len();
		match workers.into_iter().next_back() {
			Some(last) if count == most => WindowCursor::<T>::put(last),
			_ => WindowCursor::<T>::kill(),
		}
		count.saturated_into()
	}
}
