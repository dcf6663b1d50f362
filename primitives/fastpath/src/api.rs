//! What a node asks of the chain.
//!
//! # How a node follows
//!
//! It goes through the final blocks in their order. At each one it asks
//! [`FastpathApi::fastpath_checkpoint_in`] whether the block carries a checkpoint, and if so
//! [`FastpathApi::fastpath_grants`] at that same block for what comes with it. Grants are answered at
//! that block only: they read the chain's state of it.
//!
//! The set in force changes in a block with a checkpoint that closes the set, or, where that one
//! never came, in any block after the grace. [`FastpathApi::fastpath_set`] then has another number.
//! The new set starts on the state after checkpoint [`FastpathSet::start`], as
//! [`crate::checkpoint::state::State::next_set`] makes it. The grants of a block in which the set
//! changed are the new set's: they are added to the state that `next_set` made, and the old set's
//! machine gets none.

use crate::{
	checkpoint::{Certified, Checkpoint, Last},
	equivocation::Equivocation,
	lane::grant::Grants,
	scheme::{AuthorityId, PublicKey},
	transaction::TicketId,
	types::{CheckpointNumber, Committee, CommitteeError, Parameters},
};
use aci_finality::{api::OpaqueKeyOwnershipProof, Context, SetId};
use aci_primitives::{AccountId, Balance, Hash};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use scale_info::TypeInfo;
use sp_runtime::traits::Block as BlockT;

/// The set in force.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct FastpathSet {
	/// Its number.
	pub set: SetId,
	/// The keys of its authorities, in their order.
	pub authorities: Vec<AuthorityId>,
	/// The accounts behind them, in the same order: by these names clients choose their homes.
	pub validators: Vec<AccountId>,
	/// The checkpoint on whose state it starts.
	pub start: CheckpointNumber,
	/// What its members have in common.
	pub parameters: Parameters,
	/// Whether its session is over: the next checkpoint should close it.
	pub ending: bool,
}

impl FastpathSet {
	/// The set as the core knows it.
	pub fn committee(&self, genesis: Hash) -> Result<Committee, CommitteeError> {
		let context = Context {
			genesis,
			set: self.set,
		};
		let keys = self.authorities.iter().map(|key| key.clone().into());
		Committee::new(context, keys.collect())
	}
}

/// How far a lease is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum LeaseState {
	/// It goes to its home with the block of the next checkpoint.
	#[codec(index = 0)]
	Waiting,
	/// Its home has it.
	#[codec(index = 1)]
	Held,
	/// It leaves its home: with this checkpoint, once the end was announced with one.
	#[codec(index = 2)]
	Leaving(Option<CheckpointNumber>),
}

/// A part of a client's escrow that a home has.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct TicketView {
	/// Whose money it is.
	pub client: AccountId,
	/// The key that signs its orders.
	pub key: Option<PublicKey>,
	/// The ticket's number.
	pub ticket: TicketId,
	/// What the last checkpoint left of it, in planck.
	pub amount: Balance,
	/// The home.
	pub home: AccountId,
	/// How far it is.
	pub state: LeaseState,
}

/// Slots of a worker that a home has.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct SlotsView {
	/// Whose slots they are.
	pub worker: AccountId,
	/// The key that signs its statements.
	pub key: Option<PublicKey>,
	/// How many.
	pub slots: u32,
	/// What their jobs may be worth together, in planck.
	pub exposure: Balance,
	/// The home.
	pub home: AccountId,
	/// How far it is.
	pub state: LeaseState,
}

sp_api::decl_runtime_apis! {
	/// The fast path.
	///
	/// Called at a block it answers for that block's descendants.
	pub trait FastpathApi {
		/// The set in force; `None` on a chain whose validators have no keys for it.
		fn fastpath_set() -> Option<FastpathSet>;

		/// The last checkpoint, as the next one is checked against it.
		fn fastpath_last() -> Last;

		/// A checkpoint that the chain remembers, with its number.
		fn fastpath_checkpoint(number: CheckpointNumber) -> Option<Checkpoint>;

		/// The checkpoint that a block with these transactions carries.
		fn fastpath_checkpoint_in(transactions: Vec<<Block as BlockT>::Extrinsic>)
			-> Option<Certified>;

		/// What the block of the last checkpoint grants; `None` at every other block.
		fn fastpath_grants() -> Option<Grants>;

		/// A client's tickets.
		fn fastpath_tickets(client: AccountId) -> Vec<TicketView>;

		/// A worker's leases.
		fn fastpath_leases(worker: AccountId) -> Vec<SlotsView>;

		/// The key that an account registered for the fast path.
		fn fastpath_order_key(account: AccountId) -> Option<PublicKey>;

		/// Who registered a key for the fast path.
		fn fastpath_key_owner(key: PublicKey) -> Option<AccountId>;

		/// A proof that the account behind `authority` held that key when `set` was in force.
		/// Asked at a block in which `set` is in force.
		fn fastpath_key_ownership_proof(
			set: SetId,
			authority: AuthorityId,
		) -> Option<OpaqueKeyOwnershipProof>;

		/// Puts a report of two conflicting vertices into the pool as an unsigned transaction. `None`
		/// where the key's proof does not decode or the pool is not to be had.
		fn submit_fastpath_equivocation(
			proof: Equivocation,
			key_owner: OpaqueKeyOwnershipProof,
		) -> Option<()>;
	}
}
