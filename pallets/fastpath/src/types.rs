//! Values that the pallet stores and takes.

use aci_fastpath::{
	checkpoint::{tree::Path, Checkpoint, VertexLeaf},
	lane::Match,
	scheme::AuthorityId,
	transaction::TicketId,
	types::CheckpointNumber,
};
use aci_finality::{certificate::PerAuthority, SetId};
use aci_primitives::{
	AccountId, Balance, BlockNumber, ClassId, Hash, JobId, JobOutput, JobSpec, SignedReceipt,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	traits::Get, BoundedVec, CloneNoBound, DebugNoBound, DefaultNoBound, EqNoBound,
	PartialEqNoBound,
};
use scale_info::TypeInfo;
use sp_runtime::traits::{BlakeTwo256, Hash as _};
use sp_staking::SessionIndex;

/// Derives of a small stored value.
macro_rules! stored {
	($item:item) => {
		#[derive(
			Clone,
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
		$item
	};
}

stored! {
	/// What is remembered of a set.
	pub struct SetRecord {
		/// Its session.
		pub session: SessionIndex,
		/// The hash of its members: [`Membership::hash`].
		pub members: Hash,
	}
}

/// All members of a set: proves who held a key in it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Membership {
	/// The set.
	pub set: SetId,
	/// The members in their order.
	pub members: PerAuthority<(AccountId, AuthorityId)>,
}

impl Membership {
	/// Blake2-256 of the members' encoding.
	pub fn hash(&self) -> Hash {
		BlakeTwo256::hash_of(&self.members)
	}
}

/// The set that follows the one whose session is over.
#[derive(
	CloneNoBound,
	DebugNoBound,
	PartialEqNoBound,
	EqNoBound,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(skip_type_params(Most))]
pub struct NextSet<Most: Get<u32>> {
	/// The session that it belongs to.
	pub session: SessionIndex,
	/// Its members, in their order.
	pub members: BoundedVec<(AccountId, AuthorityId), Most>,
}

stored! {
	/// How far a lease is.
	#[derive(Copy)]
	pub enum State {
		/// It goes to its home with the next checkpoint.
		#[codec(index = 0)]
		Waiting,
		/// Its home has it.
		#[codec(index = 1)]
		Held,
		/// Its end is announced with the next checkpoint.
		#[codec(index = 2)]
		Ending,
		/// It leaves its home with this checkpoint.
		#[codec(index = 3)]
		Leaving(CheckpointNumber),
		/// Its home has it no longer. Slots that have a job come back when the job ends.
		#[codec(index = 4)]
		Left,
	}
}

stored! {
	/// A part of a client's escrow, leased to one home.
	pub struct Ticket {
		/// Its number among the client's tickets.
		pub id: TicketId,
		/// The validator that may spend it.
		pub home: AccountId,
		/// The set in which the home got it; it counts from `Held` on.
		pub set: SetId,
		/// What the last checkpoint left of it, in planck.
		pub amount: Balance,
		/// What is added with the next checkpoint, in planck.
		pub incoming: Balance,
		/// How far it is.
		pub state: State,
		/// The home that it goes to when it leaves this one, instead of to free escrow.
		pub to: Option<AccountId>,
		/// What a new ticket of the next set gets of free escrow when this one's set ends; 0 for none.
		pub renew: Balance,
	}
}

stored! {
	/// Slots of a worker, leased to one home.
	pub struct SlotLease {
		/// The validator that may give them away.
		pub home: AccountId,
		/// The set in which the home got them; it counts from `Held` on.
		pub set: SetId,
		/// The class of the slots.
		pub class: ClassId,
		/// How many have not come back.
		pub slots: u32,
		/// What their jobs may still be worth together, in planck.
		pub exposure: Balance,
		/// How far it is.
		pub state: State,
		/// Slots and exposure of the lease of the next set when this one's set ends.
		pub renew: Option<(u32, Balance)>,
	}
}

/// What the fast path has of a worker.
#[derive(
	CloneNoBound,
	DebugNoBound,
	DefaultNoBound,
	PartialEqNoBound,
	EqNoBound,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(skip_type_params(Most))]
pub struct WorkerBook<Most: Get<u32>> {
	/// Its leases.
	pub leases: BoundedVec<SlotLease, Most>,
	/// What its paid jobs are worth together, by the block in which their fraud window ends.
	pub paid: BoundedVec<(BlockNumber, Balance), frame_support::traits::ConstU32<MAX_BUCKETS>>,
}

/// Most parts into which a worker's paid jobs are put by the end of their fraud windows.
pub const MAX_BUCKETS: u32 = 16;

stored! {
	/// Something that waits for the next checkpoint.
	pub enum Request {
		/// A client's ticket, or more of it.
		#[codec(index = 0)]
		Budget(AccountId, TicketId),
		/// A worker's slots for a home.
		#[codec(index = 1)]
		Slots(AccountId, AccountId),
		/// What an account has at a home leaves it.
		#[codec(index = 2)]
		End(AccountId, AccountId),
	}
}

stored! {
	/// What the block of the last checkpoint gave, or announced.
	pub enum Granted {
		/// Money for a ticket.
		#[codec(index = 0)]
		Budget {
			/// Place of the home in the set.
			home: u16,
			/// Whose.
			client: AccountId,
			/// Which.
			ticket: TicketId,
			/// How much, in planck.
			amount: Balance,
		},
		/// Slots of a worker.
		#[codec(index = 1)]
		Slots {
			/// Place of the home in the set.
			home: u16,
			/// Whose.
			worker: AccountId,
			/// How many.
			slots: u32,
			/// What their jobs may be worth together, in planck.
			exposure: Balance,
		},
		/// What an account has at a home leaves it.
		#[codec(index = 2)]
		Closing {
			/// Place of the home in the set.
			home: u16,
			/// Whose.
			account: AccountId,
			/// Place of the home that it goes to; `None` for the chain.
			to: Option<u16>,
			/// The checkpoint with which it leaves.
			at: CheckpointNumber,
		},
	}
}

stored! {
	/// A checkpoint, for as long as what it executed can be proven.
	pub struct Remembered {
		/// What the authorities signed.
		pub checkpoint: Checkpoint,
		/// The first block in which it may be forgotten.
		pub until: BlockNumber,
	}
}

stored! {
	/// The lock of a disputed job that has not been exported.
	pub struct DisputedLock {
		/// Who ordered the job.
		pub client: AccountId,
		/// The lock, in planck.
		pub amount: Balance,
		/// The first block in which it goes back to the client.
		pub until: BlockNumber,
	}
}

stored! {
	/// How far the walk over the leases of ended sets is.
	pub enum Sweep {
		/// Over the tickets, after this client.
		#[codec(index = 0)]
		Tickets(Option<AccountId>),
		/// Over the workers, after this one.
		#[codec(index = 1)]
		Slots(Option<AccountId>),
	}
}

/// A place under a remembered checkpoint's transaction root, without what is there.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Place {
	/// The checkpoint.
	pub checkpoint: CheckpointNumber,
	/// The executed vertex.
	pub leaf: VertexLeaf,
	/// Its place under the checkpoint's transaction root.
	pub path: Path,
	/// The outcome's place under the vertex's root of outcomes.
	pub outcome: Path,
}

/// Shows what a disputed job of the fast path is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct DisputeProof {
	/// The job.
	pub job: JobId,
	/// What its order got.
	pub matched: Match,
	/// Where that was executed.
	pub matched_at: Place,
	/// The order's sequence within its ticket.
	pub sequence: u32,
	/// What was ordered.
	pub spec: JobSpec,
	/// The receipt that was accepted.
	pub receipt: SignedReceipt,
	/// What was due for it, in planck.
	pub due: Balance,
	/// Where it was accepted.
	pub submitted_at: Place,
	/// The output, or where it is served.
	pub output: JobOutput,
	/// The members of the set in which the job was matched.
	pub members: Membership,
}
