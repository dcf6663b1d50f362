//! Small doubles, for tests, of what other pallets do for this one. Their state is in storage, so a
//! call that fails undoes theirs as well.

use crate::mock::{Escrow, Hmm, System};
use aci_primitives::{
	traits::{DisputeCommittee, Insurer, MarketActivity, MarketQuote, Prepayments, Reservations},
	AccountId, Balance, BlockNumber, ClassId, JobId, Moment, Reservation, ReservationId,
};
use frame_support::{
	assert_ok, dispatch::DispatchResult, storage::with_storage_layer, storage_alias,
	Blake2_128Concat, Twox64Concat,
};
use sp_runtime::DispatchError;

#[storage_alias]
type Bought = StorageMap<Doubles, Twox64Concat, ReservationId, Reservation>;
#[storage_alias]
type Fees = StorageMap<Doubles, Blake2_128Concat, (ClassId, AccountId), Balance>;
#[storage_alias]
type Occupied = StorageMap<Doubles, Twox64Concat, ClassId, Moment>;
#[storage_alias]
type Available = StorageValue<Doubles, bool>;
#[storage_alias]
type Asked = StorageValue<Doubles, Vec<(JobId, Asking)>>;

/// Reservations; the escrow has their prepayments.
pub struct ReservationDouble;

impl ReservationDouble {
	/// Takes capacity of a pool for a window that is open.
	pub fn buy(
		owner: &AccountId,
		class: ClassId,
		slots: u64,
		until: BlockNumber,
		unit_price: Balance,
		prepaid: Balance,
	) -> ReservationId {
		Self::try_buy(owner, class, slots, until, unit_price, prepaid).expect("there is capacity")
	}

	/// The same, where there may be too little capacity or money.
	pub fn try_buy(
		owner: &AccountId,
		class: ClassId,
		slots: u64,
		until: BlockNumber,
		unit_price: Balance,
		prepaid: Balance,
	) -> Result<ReservationId, DispatchError> {
		let id = Bought::iter_keys().count() as ReservationId;
		with_storage_layer(|| {
			if slots > 0 {
				Hmm::take(class, slots * 1_000)?;
			}
			Escrow::prepay(owner, id, prepaid)?;
			Bought::insert(
				id,
				Reservation {
					owner: owner.clone(),
					class,
					milli_slots: slots * 1_000,
					occupied: 0,
					from: System::block_number(),
					until,
					unit_price,
					paid: prepaid,
				},
			);
			Ok(id)
		})
	}

	/// Gives the idle capacity of windows that end in this block back to the pools, and what is left
	/// of the prepayments back to the owners.
	pub fn end_windows() {
		for (id, bought) in Bought::iter() {
			if bought.until == System::block_number() {
				let idle = bought.milli_slots - bought.occupied;
				if idle > 0 {
					assert_ok!(Hmm::give_back(bought.class, idle));
				}
				assert_ok!(Escrow::end_prepayment(
					id,
					<Escrow as Prepayments>::prepaid(id)
				));
			}
		}
	}

	/// What reservations take of a pool.
	pub fn taken(class: ClassId) -> u64 {
		Bought::iter_values()
			.filter(|bought| bought.class == class)
			.map(|bought| {
				if System::block_number() < bought.until {
					bought.milli_slots
				} else {
					bought.occupied
				}
			})
			.sum()
	}
}

impl Reservations for ReservationDouble {
	fn reservation(id: ReservationId) -> Option<Reservation> {
		Bought::get(id).filter(|bought| System::block_number() < bought.until)
	}

	fn price(id: ReservationId, flops: u128) -> Option<Balance> {
		let bought = Self::reservation(id)?;
		Some((flops * bought.unit_price).div_ceil(1_000_000_000_000))
	}

	fn occupy(id: ReservationId, owner: &AccountId, milli_slots: u64) -> DispatchResult {
		let mut bought = Self::reservation(id).ok_or("no such window")?;
		if bought.owner != *owner || bought.milli_slots - bought.occupied < milli_slots {
			return Err(DispatchError::Other("not idle"));
		}
		bought.occupied += milli_slots;
		Bought::insert(id, bought);
		Ok(())
	}

	fn vacate(id: ReservationId, milli_slots: u64) -> DispatchResult {
		let mut bought = Bought::get(id).ok_or("no such reservation")?;
		bought.occupied -= milli_slots;
		if System::block_number() >= bought.until {
			Hmm::give_back(bought.class, milli_slots)?;
		}
		Bought::insert(id, bought);
		Ok(())
	}
}

/// Adds up what it is told.
pub struct MarketDouble;

impl MarketDouble {
	/// What a worker's jobs brought a class's fund.
	pub fn fees(class: ClassId, worker: &AccountId) -> Balance {
		Fees::get((class, worker.clone())).unwrap_or_default()
	}

	/// Slot time of a class.
	pub fn occupied(class: ClassId) -> Moment {
		Occupied::get(class).unwrap_or_default()
	}
}

impl Insurer for MarketDouble {
	fn note_fee(class: ClassId, worker: &AccountId, amount: Balance) {
		Fees::mutate((class, worker.clone()), |sum| {
			*sum = Some(sum.unwrap_or_default() + amount)
		});
	}

	fn refund(_: ClassId, _: &AccountId, _: &AccountId, _: Balance) -> Balance {
		0
	}
}

impl MarketActivity for MarketDouble {
	fn paid(class: ClassId, occupied: Moment) {
		Occupied::mutate(class, |sum| *sum = Some(sum.unwrap_or_default() + occupied));
	}
}

/// What a committee was asked.
#[derive(Clone, Debug, PartialEq, Eq, codec::Encode, codec::Decode)]
pub enum Asking {
	/// To convene, for the so-manieth time.
	Convene(u8),
	/// To go, after a decision or without.
	Dismiss(bool),
}

/// A committee that decides what the test says, by the pallet's own functions.
pub struct CommitteeDouble;

impl CommitteeDouble {
	/// Whether there is one.
	pub fn set_available(available: bool) {
		Available::put(available);
	}

	/// What it was asked since the last look.
	pub fn asked() -> Vec<(JobId, Asking)> {
		Asked::take().unwrap_or_default()
	}

	fn ask(job: &JobId, asking: Asking) {
		Asked::mutate(|asked| asked.get_or_insert_default().push((*job, asking)));
	}
}

impl DisputeCommittee for CommitteeDouble {
	fn available() -> bool {
		Available::get().unwrap_or(true)
	}

	fn convene(job: &JobId, draw: u8) {
		Self::ask(job, Asking::Convene(draw));
	}

	fn dismiss(job: &JobId, decided: bool) {
		Self::ask(job, Asking::Dismiss(decided));
	}
}
