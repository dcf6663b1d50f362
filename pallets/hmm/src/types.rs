//! What this pallet stores, and what its view functions return.

use aci_market::{Activity, Pool, SlotWeights};
use aci_primitives::{Balance, BlockNumber, ClassId, Moment, Reservation, ReservationId};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	traits::Get, BoundedVec, CloneNoBound, DebugNoBound, DefaultNoBound, EqNoBound,
	PartialEqNoBound,
};
use scale_info::TypeInfo;

/// A pool with the number of its changes.
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
#[scale_info(capture_docs = "always")]
pub struct PoolState {
	/// The pricing state.
	pub pool: Pool,
	/// The class's slots by the quality of their workers: in the pool, in its slices and reserved.
	pub weights: SlotWeights,
	/// Changes with every change of the pool or its class. Wraps around after 2^32 changes.
	pub version: u32,
	/// The block of the last change.
	pub changed: BlockNumber,
}

/// Paid and offered time of a class in the running epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(capture_docs = "always")]
pub struct ClassActivity {
	/// The sums, of which the offered time is complete until `since`.
	pub activity: Activity,
	/// Registered capacity in milli-slots, in the pool and in its slices.
	pub registered: u64,
	/// The block until which the offered time is summed.
	pub since: BlockNumber,
	/// What the class's fund had when its last epoch was closed, in planck; a part of the capital.
	pub fund: Balance,
}

/// What a worker's jobs brought a fund.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(capture_docs = "always")]
pub struct Brought {
	/// What of it was not refunded, in planck; above zero.
	pub amount: Balance,
	/// The block of the last fee.
	pub last: BlockNumber,
}

/// Where the chain is in its epochs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(capture_docs = "always")]
pub struct EpochState {
	/// The running epoch's number.
	pub index: u32,
	/// Its first block.
	pub start: BlockNumber,
	/// The next class whose former epoch has to be closed; `None` when all are.
	pub next: Option<ClassId>,
}

/// Shares on their way out of a fund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(capture_docs = "always")]
pub struct Withdrawal {
	/// How many.
	pub shares: u128,
	/// The first block in which they can be withdrawn.
	pub from: BlockNumber,
	/// The first block in which they can no longer be withdrawn: they are bound again then.
	pub until: BlockNumber,
}

/// What an account has in a class's fund.
#[derive(
	CloneNoBound,
	DebugNoBound,
	DefaultNoBound,
	PartialEqNoBound,
	EqNoBound,
	Encode,
	Decode,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(skip_type_params(MaxWithdrawals))]
#[scale_info(capture_docs = "always")]
pub struct Provider<MaxWithdrawals: Get<u32>> {
	/// Shares that are not on their way out.
	pub shares: u128,
	/// Shares that are, oldest first.
	pub withdrawals: BoundedVec<Withdrawal, MaxWithdrawals>,
}

impl<MaxWithdrawals: Get<u32>> Provider<MaxWithdrawals> {
	/// All shares, also those on their way out.
	pub fn total(&self) -> u128 {
		// The sum is at most the fund's shares, which fit.
		self.withdrawals
			.iter()
			.fold(self.shares, |sum, out| sum.saturating_add(out.shares))
	}

	/// Binds again what was not withdrawn in time. Returns how many shares that are.
	pub(crate) fn bind_lapsed(&mut self, now: BlockNumber) -> u128 {
		let before = self.shares;
		for out in self.withdrawals.iter().filter(|out| out.until <= now) {
			self.shares = self.shares.saturating_add(out.shares);
		}
		self.withdrawals.retain(|out| out.until > now);
		self.shares.saturating_sub(before)
	}
}

/// A reservation with what the pallet needs to end it.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct ReservationState {
	/// The reservation.
	pub reservation: Reservation,
	/// Operations that its prepayment buys.
	pub flops: u128,
	/// Whether it has ended and only waits for its last jobs.
	pub ended: bool,
}

impl ReservationState {
	/// Capacity in milli-slots that it keeps out of the pool.
	pub fn held(&self) -> u64 {
		if self.ended {
			self.reservation.occupied
		} else {
			self.reservation.milli_slots
		}
	}
}

/// The two sides of `swap`.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub enum Swap {
	/// Reserves capacity of a class from the next block on.
	#[codec(index = 0)]
	Buy {
		/// Of which class.
		class: ClassId,
		/// How much, in milli-slots; a job occupies 1,000.
		milli_slots: u64,
		/// For how many blocks.
		blocks: BlockNumber,
		/// The most to pay for all of it, in planck.
		max_price: Balance,
	},
	/// Gives back a whole reservation for a part of what it cost.
	#[codec(index = 1)]
	SellBack {
		/// Which one.
		reservation: ReservationId,
		/// The least to get for it, in planck.
		min_refund: Balance,
	},
}

/// A class's fund, as the view function shows it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[scale_info(capture_docs = "always")]
pub struct FundView {
	/// Assets in planck.
	pub assets: Balance,
	/// Shares that providers have.
	pub shares: u128,
	/// What these shares are worth together, in planck. The rest of the assets is nobody's.
	pub value: Balance,
	/// The pool's floor share now, in parts per billion.
	pub floor_share: u32,
	/// The floor share that the present assets would give at the epoch's end.
	pub next_floor_share: u32,
}

/// What an account has in a fund, as the view function shows it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[scale_info(capture_docs = "always")]
pub struct ProviderView {
	/// Shares that are not on their way out.
	pub shares: u128,
	/// What they are worth now, in planck.
	pub value: Balance,
	/// Shares on their way out, oldest first, each with its present value in planck.
	pub withdrawals: Vec<(Withdrawal, Balance)>,
}

/// What a class did since its last epoch ended, as the view function shows it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[scale_info(capture_docs = "always")]
pub struct ActivityView {
	/// The running epoch.
	pub epoch: u32,
	/// The first block after it.
	pub ends: BlockNumber,
	/// Milliseconds of slots that paid jobs needed at least.
	pub paid: u128,
	/// Milli-slots times milliseconds that were offered until now.
	pub offered: u128,
	/// Registered capacity in milli-slots.
	pub registered: u64,
	/// Paid over offered time in parts per billion; `None` when nothing was offered.
	pub utilisation: Option<u32>,
}

/// What reserving would cost now, as the view function shows it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[scale_info(capture_docs = "always")]
pub struct ReservationQuote {
	/// Operations that are paid for.
	pub flops: u128,
	/// Planck per compute unit, rounded up.
	pub unit_price: Balance,
	/// Planck for all of it.
	pub price: Balance,
	/// The pool's version.
	pub version: u32,
}

/// Nominal time of so many blocks in milliseconds.
///
/// Saturates: a time beyond 2^64 milliseconds is beyond every window.
pub(crate) fn time_of(blocks: BlockNumber, block_time: Moment) -> Moment {
	Moment::from(blocks).saturating_mul(block_time)
}
