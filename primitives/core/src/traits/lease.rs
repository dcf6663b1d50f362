//! Leases: money and slots that homes other than the chain give away, and what a checkpoint of the
//! fast path does to them.

use super::Payee;
use crate::{
	job::Home, AccountId, Balance, BoundedList, ClassId, Hash, JobId, JobOutput, JobSpec, ModelId,
};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use scale_info::TypeInfo;
use sp_runtime::DispatchResult;

/// What a checkpoint does to clients' money, netted. What is taken with what was locked equals what
/// is given with what stays locked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct NetSettlement {
	/// Taken from clients' leased money.
	pub debits: Vec<(AccountId, Balance)>,
	/// Given back to clients' leased money.
	pub leased: Vec<(AccountId, Balance)>,
	/// Given to clients' free escrow.
	pub freed: Vec<(AccountId, Balance)>,
	/// Paid and burned.
	pub payments: Vec<(Payee, Balance)>,
	/// What stays locked for unfinished jobs of the fast path, all in all.
	pub locks: Balance,
}

/// Clients' money that homes may spend. Implemented by the escrow pallet.
pub trait LeasedEscrow {
	/// Leases `amount` of a client's: of its free escrow first, then of its transferable balance,
	/// which keeps the existential deposit. Fails when both do not cover it.
	fn lease(client: &AccountId, amount: Balance) -> DispatchResult;
	/// What is leased of a client's.
	fn leased(client: &AccountId) -> Balance;
	/// What could be leased of a client's free escrow alone.
	fn free_escrow(client: &AccountId) -> Balance;
	/// Gives leased money back to a client's free escrow. Fails only when less is leased.
	fn end_lease(client: &AccountId, amount: Balance) -> DispatchResult;
	/// What is locked for unfinished jobs of the fast path.
	fn open_locks() -> Balance;
	/// Carries a settlement out. What somebody cannot take becomes claimable, so it fails, with
	/// nothing changed, only when a client has less leased than its debits or the sums differ.
	fn settle_net(settlement: &NetSettlement) -> DispatchResult;
	/// Makes a part of the open locks the lock of one job, which the settlement path then releases.
	/// Its refund goes to the client's free escrow. Fails when less is open or the job has a lock.
	fn export_lock(client: &AccountId, job: &JobId, amount: Balance) -> DispatchResult;
	/// Gives a part of the open locks back to a client's free escrow. Fails only when less is open.
	fn refund_open_lock(client: &AccountId, amount: Balance) -> DispatchResult;
}

/// What a worker has that could be leased.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct LeaseOffer {
	/// The class of its slots.
	pub class: ClassId,
	/// The models that it runs.
	pub models: BoundedList<ModelId, 16>,
	/// Slots without a job that no home has.
	pub slots: u32,
	/// What its jobs may be worth together and are not, in planck: Theorem 3 of the paper.
	pub exposure: Balance,
	/// Matches that it let pass.
	pub missed: u32,
	/// Its quality in parts per million.
	pub quality: u32,
	/// The session key of its attestation.
	pub session_key: [u8; 32],
}

/// Workers' slots that homes may give away. Implemented by the jobs pallet.
pub trait LeasedSlots {
	/// What a worker has to lease; `None` while it gets no jobs: it is not registered, paused, not
	/// attested, or its bond is too small.
	fn offer(worker: &AccountId) -> Option<LeaseOffer>;
	/// The facts of a worker that has leases, whether or not it gets new ones.
	fn facts(worker: &AccountId) -> Option<LeaseOffer>;
	/// Takes slots from what the chain gives away. Fails when the offer has fewer.
	fn lease_slots(worker: &AccountId, slots: u32) -> DispatchResult;
	/// Gives slots back. Fails only when fewer are leased.
	fn return_slots(worker: &AccountId, slots: u32) -> DispatchResult;
	/// Slots that are leased.
	fn leased_slots(worker: &AccountId) -> u32;
	/// Counts `amount` to what a worker's jobs are worth together. Does nothing for an account that
	/// is no worker.
	fn expose(worker: &AccountId, amount: Balance);
	/// Ends a part of what was counted so.
	fn end_exposure(worker: &AccountId, amount: Balance);
	/// What of a worker's exposure was counted so and has not ended.
	fn exposed(worker: &AccountId) -> Balance;
	/// A worker let a match pass.
	fn note_missed(worker: &AccountId);
}

/// A disputed job of the fast path, as it becomes one of the settlement path. Its lock exists.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ExportedJob {
	/// The job.
	pub id: JobId,
	/// Who ordered it.
	pub client: AccountId,
	/// The client's number of the order.
	pub order: u64,
	/// What was ordered.
	pub spec: JobSpec,
	/// Who ran it.
	pub worker: AccountId,
	/// Who matched it.
	pub home: Home,
	/// The locked price in planck.
	pub price: Balance,
	/// Operations that the price is for.
	pub flops: u128,
	/// What is due of it if the output is right, in planck.
	pub due: Balance,
	/// Hash of the signed receipt.
	pub receipt: Hash,
	/// The output.
	pub output: JobOutput,
}

/// Takes disputed jobs of the fast path over. Implemented by the jobs pallet.
pub trait DisputedJobs {
	/// Makes the job's record, in dispute and without a bond. Fails when the job has a record, the
	/// worker is not registered, nobody can decide, or the client has too many jobs.
	fn import_disputed(job: ExportedJob) -> DispatchResult;
}
