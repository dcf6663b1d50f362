//! What clients, workers and verifiers say to the fast path.
//!
//! Each statement is signed by the ed25519 key that its account registered, and travels in the
//! vertex of an authority.
//!
//! * **Lane statements** ([`Order`], [`Release`], [`Move`]) change what one home has leased. They
//!   count only in that home's vertices: the home's key is part of what is signed.
//! * **Job statements** ([`Acknowledge`], [`Submission`], [`Judgement`]) say what became of a job.
//!   Any author may carry them.
//!
//! # Guarantees
//!
//! 1. A signature stands for one statement, on one chain, of one kind, and for lane statements at
//!    one home ([`Signed::hash`]).
//! 2. Whether all signatures of a transaction are right depends on the transaction, the chain and
//!    the author alone ([`Transaction::claims`]): it is decided before any state is known. Whether
//!    the key belongs to somebody is for the program to say.
//! 3. An order counts once: its number contains the ticket's, and within a ticket sequences rise.
//!    A ticket is at one home at a time, so no two homes match the same number.

use crate::{
	scheme::{Claim, PublicKey, Signature},
	types::CheckpointNumber,
};
use aci_primitives::{
	domain::{tagged_hash, FAST_PATH, ORDER_KEY},
	proof::Outcome,
	AccountId, Balance, Hash, JobId, JobOutput, JobSpec, SignedReceipt,
};
use alloc::{boxed::Box, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Number of a ticket: a part of a client's escrow that is leased to one home. Unique per client,
/// given by the chain; 0 stands for orders on the settlement path.
pub type TicketId = u32;

/// A client orders a job at the home that holds its ticket.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Order {
	/// The ticket that pays.
	pub ticket: TicketId,
	/// Above that of every earlier order and move of this ticket.
	pub sequence: u32,
	/// The order is void in a lane whose base is a later checkpoint.
	pub expires: CheckpointNumber,
	/// What is ordered, with the most that the client pays.
	pub spec: JobSpec,
}

impl Order {
	/// The client's number of this order, as the job's identity contains it.
	pub fn number(&self) -> u64 {
		u64::from(self.ticket) << 32 | u64::from(self.sequence)
	}
}

/// A worker gives back the slot of a job that it no longer runs. No money moves.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Release {
	/// The job.
	pub job: JobId,
}

/// Where a part of a ticket goes.
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
pub enum Destination {
	/// Back to the client's free escrow.
	#[codec(index = 0)]
	Escrow,
	/// To another ticket of the same client; to its free escrow where there is none of that number.
	#[codec(index = 1)]
	Ticket(TicketId),
}

/// A client takes a part of a ticket away from its home.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Move {
	/// The ticket.
	pub ticket: TicketId,
	/// Above that of every earlier order and move of this ticket.
	pub sequence: u32,
	/// How much, in planck.
	pub amount: Balance,
	/// Where it goes at the checkpoint that executes this.
	pub to: Destination,
}

/// A worker states that it holds the input of a job with the right hash and length.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Acknowledge {
	/// The job.
	pub job: JobId,
}

/// A worker hands in a result.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Submission {
	/// What the TEE signed.
	pub receipt: SignedReceipt,
	/// The key that signed it: the session key of the worker's attestation.
	pub session_key: PublicKey,
	/// The output, or where it is served.
	pub output: JobOutput,
}

/// A verifier says what a check found.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Judgement {
	/// The job.
	pub job: JobId,
	/// What was found.
	pub outcome: Outcome,
	/// Hash of the recomputed statistic, which the verifier serves.
	pub statistic: Hash,
}

/// A statement, who made it, and the signature.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Signed<T> {
	/// What is said.
	pub statement: T,
	/// The key of who says it.
	pub key: PublicKey,
	/// Over [`Signed::hash`].
	pub signature: Signature,
}

/// What an order key signs, so that an account can register it: nobody registers another's key.
pub fn registration_hash(genesis: &Hash, account: &AccountId) -> Hash {
	tagged_hash(ORDER_KEY, &(genesis, account))
}

/// Statements that differ in kind never hash alike.
pub trait Statement: Encode {
	/// Number of the kind.
	const KIND: u8;
	/// Whether the statement counts in one home's vertices only.
	const LANE: bool;
}

macro_rules! statements {
	($($type:ty => $kind:expr, $lane:expr);* $(;)?) => {$(
		impl Statement for $type {
			const KIND: u8 = $kind;
			const LANE: bool = $lane;
		}
	)*};
}
statements! {
	Order => 0, true;
	Release => 1, true;
	Move => 2, true;
	Acknowledge => 3, false;
	Submission => 4, false;
	Judgement => 5, false;
}

impl<T: Statement> Signed<T> {
	/// What is signed: the statement on this chain, at this home where that matters.
	pub fn hash(genesis: &Hash, home: &PublicKey, statement: &T) -> Hash {
		let home = T::LANE.then_some(home);
		tagged_hash(FAST_PATH, &(genesis, home, T::KIND, statement))
	}

	fn claim(&self, genesis: &Hash, home: &PublicKey) -> Claim {
		Claim {
			key: self.key,
			hash: Self::hash(genesis, home, &self.statement).0,
			signature: self.signature,
		}
	}
}

/// A transaction of a vertex.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum Transaction {
	/// By a client, at the author's lane.
	#[codec(index = 0)]
	Order(Box<Signed<Order>>),
	/// By a worker, at the author's lane.
	#[codec(index = 1)]
	Release(Signed<Release>),
	/// By a client, at the author's lane.
	#[codec(index = 2)]
	Move(Signed<Move>),
	/// By a worker.
	#[codec(index = 3)]
	Acknowledge(Signed<Acknowledge>),
	/// By a worker, with what its TEE signed.
	#[codec(index = 4)]
	Submission(Box<Signed<Submission>>),
	/// By a verifier.
	#[codec(index = 5)]
	Judgement(Signed<Judgement>),
}

impl Transaction {
	/// Adds what its signatures claim, at most two claims, in the vertex of the author `home`.
	pub fn claims(&self, genesis: &Hash, home: &PublicKey, claims: &mut Vec<Claim>) {
		let claim = match self {
			Transaction::Order(signed) => signed.claim(genesis, home),
			Transaction::Release(signed) => signed.claim(genesis, home),
			Transaction::Move(signed) => signed.claim(genesis, home),
			Transaction::Acknowledge(signed) => signed.claim(genesis, home),
			Transaction::Submission(signed) => {
				let submission = &signed.statement;
				claims.push(Claim {
					key: submission.session_key,
					hash: submission.receipt.receipt.signing_hash(genesis).0,
					signature: submission.receipt.signature,
				});
				signed.claim(genesis, home)
			}
			Transaction::Judgement(signed) => signed.claim(genesis, home),
		};
		claims.push(claim);
	}
}
