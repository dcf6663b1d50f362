//! Money: locks, settlement, pots, prepayments, budgets.

use crate::{job::Home, reservation::ReservationId, AccountId, Balance, ClassId, JobId};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::{DispatchError, DispatchResult};

/// Who is paid out of a job's lock.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub enum Payee {
	/// An account.
	#[codec(index = 0)]
	Account(AccountId),
	/// The validators' pool.
	#[codec(index = 1)]
	Validators,
	/// The verifiers' pool.
	#[codec(index = 2)]
	Verifiers,
	/// The fund of a class.
	#[codec(index = 3)]
	Fund(ClassId),
	/// Nobody: the amount leaves the issuance.
	#[codec(index = 4)]
	Burn,
}

/// Locks for jobs. Implemented by the escrow pallet.
pub trait JobEscrow {
	/// Locks `amount` of the client's for a job: of its free escrow first, then of its transferable
	/// balance, which keeps the existential deposit. Fails when both do not cover the amount, or
	/// when the job has a lock already. A lock of zero is a lock.
	fn lock(client: &AccountId, job: &JobId, amount: Balance) -> DispatchResult;
	/// What is locked for a job.
	fn locked(job: &JobId) -> Balance;
	/// Gives back a part of a lock, so that `remaining` stays locked. It goes to where it came from:
	/// to the client's free escrow, as much as the lock drew from there, then to its balance. Fails
	/// only when the job has no lock or `remaining` is more than it.
	fn reduce(job: &JobId, remaining: Balance) -> DispatchResult;
}

/// The one release of a job's lock.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[scale_info(capture_docs = "always")]
pub struct Release {
	/// Whose lock is released.
	pub job: JobId,
	/// Who is paid how much of it; the rest goes back to where it came from: to the client's free
	/// escrow, as much as the lock drew from there, then to its balance.
	pub payments: alloc::vec::Vec<(Payee, Balance)>,
}

/// Releases locks. Implemented by the escrow pallet.
pub trait Settlement {
	/// Releases every lock in the batch. A payment that an account cannot take (it would be dust)
	/// becomes claimable, so a payee can make no batch fail. Fails, with nothing changed, only when
	/// a job has no lock or its payments exceed it.
	fn settle(batch: &[Release]) -> DispatchResult;
}

/// A pot of the protocol: an account without a key. Its encoding is what its account is derived
/// from.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub enum Pot {
	/// The validators' pool.
	#[codec(index = 0)]
	Validators,
	/// The verifiers' pool.
	#[codec(index = 1)]
	Verifiers,
	/// The fund of a class.
	#[codec(index = 2)]
	Fund(ClassId),
}

/// The pots' money. Implemented by the escrow pallet.
pub trait Pots {
	/// What a pot can pay, in planck, with the credits that wait for it.
	fn balance(pot: Pot) -> Balance;
	/// Moves `amount` of an account's transferable balance into a pot. The account keeps the
	/// existential deposit. Fails when it has too little.
	fn pay_in(from: &AccountId, pot: Pot, amount: Balance) -> DispatchResult;
	/// Pays accounts out of a pot. What an account cannot take becomes claimable, so no payee makes
	/// it fail. Fails, with nothing changed, only when the pot has less than the sum.
	fn pay_out(pot: Pot, payments: &[(AccountId, Balance)]) -> DispatchResult;
}

/// Prepaid reservations. Implemented by the escrow pallet.
pub trait Prepayments {
	/// Holds `amount` of the owner's for a reservation: of its free escrow first, then of its
	/// balance. Fails when both do not cover it or when the reservation has a prepayment.
	fn prepay(owner: &AccountId, id: ReservationId, amount: Balance) -> DispatchResult;
	/// What is left of a prepayment and not locked for jobs.
	fn prepaid(id: ReservationId) -> Balance;
	/// Locks `amount` of a prepayment for a job. What the lock gives back returns to the prepayment
	/// while it stands, afterwards to where the prepayment came from. Fails when less is left, when
	/// the prepayment is not `client`'s, or when the job has a lock.
	fn lock_prepaid(
		client: &AccountId,
		id: ReservationId,
		job: &JobId,
		amount: Balance,
	) -> DispatchResult;
	/// Ends a prepayment: `refund` of what is left goes back to where it came from, the rest is
	/// burned. Returns what was burned. Fails when less than `refund` is left.
	fn end_prepayment(id: ReservationId, refund: Balance) -> Result<Balance, DispatchError>;
}

/// Parts of clients' escrow that one home alone may spend. Implemented by the escrow pallet.
pub trait Budgets {
	/// What a home may still spend of a client's escrow.
	fn budget(home: &Home, client: &AccountId) -> Balance;
	/// Spends of budgets: each client's debits out of its budget with the home, to the payees. The
	/// debits must equal the payments. What a payee cannot take becomes claimable. Fails, with
	/// nothing changed, when a budget has less than its debit or the sums differ.
	fn spend(
		home: &Home,
		debits: &[(AccountId, Balance)],
		payments: &[(Payee, Balance)],
	) -> DispatchResult;
}
