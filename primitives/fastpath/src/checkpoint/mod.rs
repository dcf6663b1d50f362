//! Checkpoints: what the fast path tells the chain.
//!
//! * [`state`]: what a checkpoint leaves behind, and on which the next one is executed.
//! * [`program`]: from a state and an anchor to the next state.
//! * [`jobs`]: what becomes of a job after its match.
//! * [`tree`], [`promise`]: proofs for clients.
//!
//! # What a checkpoint is
//!
//! Its content is a function of the state before and of one named vertex, the **anchor**: all that
//! the anchor's history certifies and no earlier checkpoint executed, in the order of round and
//! author. Every node that holds that history computes the same. An authority signs a checkpoint
//! only after it has computed it itself (S9), and the chain takes one only with a quorum's
//! signatures ([`Certificate`]) and after its own checks ([`Certified::check`]): so no false
//! checkpoint enters a block, and no block waits for the DAG.
//!
//! # Money
//!
//! Let L be the sum of the locks of open jobs. A checkpoint takes `debits` from tickets, gives
//! `credits`, burns `burn`, and
//!
//! ```text
//! debits + L(k - 1) = credits + burn + L(k)
//! ```
//!
//! The chain checks it without knowing any job ([`Certified::check`]); honest authorities compute
//! each side from what happened, so the equation is a check and not a definition.

pub mod jobs;
pub mod program;
pub mod promise;
pub mod state;
pub mod tree;

use crate::{
	scheme::{Claim, Scheme, Signature},
	transaction::TicketId,
	types::{Bitmap, CheckpointNumber, Committee, Moment, Parameters},
	vertex::Reference,
};
use aci_finality::{AuthorityIndex, Context, MAX_AUTHORITIES};
use aci_primitives::{
	domain::{tagged_hash, CHECKPOINT, CHECKPOINT_LEAF},
	AccountId, Balance, ClassId, Hash, JobId,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::{bounded::BoundedVec, ConstU32};

/// What the chain keeps of a checkpoint, and what the authorities sign.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Checkpoint {
	/// The set in whose DAG the anchor is.
	pub context: Context,
	/// One above the checkpoint before.
	pub number: CheckpointNumber,
	/// Hash of the checkpoint before; zero for the first of the chain.
	pub previous: Hash,
	/// The vertex whose history this is.
	pub anchor: Reference,
	/// Root over the executed vertices ([`VertexLeaf`]).
	pub transactions_root: Hash,
	/// How many transactions they have.
	pub transactions: u32,
	/// Hash of the state after.
	pub state_root: Hash,
	/// Hash of the effects.
	pub effects: Hash,
	/// L: the sum of the locks of open jobs, in planck.
	pub open_locks: Balance,
	/// The median time at the anchor.
	pub moment: Moment,
	/// Whether this is the last checkpoint of its set.
	pub closing: bool,
}

impl Checkpoint {
	/// The hash by which it is known and which is signed.
	pub fn hash(&self) -> Hash {
		tagged_hash(CHECKPOINT, self)
	}
}

/// Who gets money.
#[derive(
	Clone,
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
pub enum Payee {
	/// A worker.
	#[codec(index = 0)]
	Worker(AccountId),
	/// The validators' pool.
	#[codec(index = 1)]
	Validators,
	/// The verifiers' pool.
	#[codec(index = 2)]
	Verifiers,
	/// The fund of a class.
	#[codec(index = 3)]
	Liquidity(ClassId),
	/// A client's free escrow.
	#[codec(index = 4)]
	Escrow(AccountId),
	/// A client's ticket, at the home where it is.
	#[codec(index = 5)]
	Ticket(AccountId, TicketId),
	/// The lock of a client's disputed job, which the jobs pallet takes over.
	#[codec(index = 6)]
	Dispute(AccountId, JobId),
}

/// A judged job, for its worker's quality.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct QualityUpdate {
	/// The worker.
	pub worker: AccountId,
	/// The job.
	pub job: JobId,
	/// What was found, in parts per million.
	pub result: u32,
}

/// What a checkpoint does to the chain, netted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Effects {
	/// Taken from tickets, in rising order: client, ticket, planck.
	pub debits: Vec<(AccountId, TicketId, Balance)>,
	/// Given, in rising order.
	pub credits: Vec<(Payee, Balance)>,
	/// Burned, in planck.
	pub burn: Balance,
	/// Judged jobs.
	pub quality: Vec<QualityUpdate>,
	/// Workers that did not finish in twice the SLA, with the job: to be slashed.
	pub timeouts: Vec<(AccountId, JobId)>,
	/// Workers that let a match pass.
	pub missed: Vec<AccountId>,
	/// Slots that no home has any more.
	pub free_slots: Vec<(AccountId, u32)>,
	/// Slots that moved from one home to another.
	pub moved_slots: Vec<(AccountId, u32)>,
	/// Authors that more than can be faulty accuse of signing two chains.
	pub accused: Vec<AuthorityIndex>,
}

impl Effects {
	/// The hash that a checkpoint commits to.
	pub fn hash(&self) -> Hash {
		tagged_hash(CHECKPOINT_LEAF, self)
	}

	/// The sums of debits and of credits; `None` where one does not fit, which no issuance reaches.
	pub fn sums(&self) -> Option<(Balance, Balance)> {
		let add = |sum: Balance, part: &Balance| sum.checked_add(*part);
		let debits = self.debits.iter().map(|(_, _, d)| d).try_fold(0, add)?;
		let credits = self.credits.iter().map(|(_, c)| c).try_fold(0, add)?;
		Some((debits, credits))
	}

	/// Whether debits + L(k - 1) = credits + burn + L(k).
	pub fn balances(&self, locks_before: Balance, locks_after: Balance) -> bool {
		let Some((debits, credits)) = self.sums() else {
			return false;
		};
		let before = debits.checked_add(locks_before);
		let after = credits
			.checked_add(self.burn)
			.and_then(|sum| sum.checked_add(locks_after));
		before.is_some() && before == after
	}
}

/// An executed vertex: a leaf under a checkpoint's transaction root.
///
/// It names the author's previous vertex, so the leaves of a lane follow each other without a gap,
/// and for every round of a lane that was passed one leaf tells what was in it.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct VertexLeaf {
	/// The vertex.
	pub vertex: Reference,
	/// Round and hash of the author's previous vertex.
	pub previous: crate::vertex::OwnParent,
	/// Root over the outcomes of its transactions.
	pub outcomes: Hash,
	/// How many they are.
	pub transactions: u32,
}

impl VertexLeaf {
	/// The leaf's hash.
	pub fn hash(&self) -> Hash {
		tagged_hash(CHECKPOINT_LEAF, self)
	}
}

/// The hash of an outcome as a leaf under [`VertexLeaf::outcomes`].
pub fn outcome_hash(outcome: &crate::lane::Outcome) -> Hash {
	tagged_hash(CHECKPOINT_LEAF, outcome)
}

/// A quorum's signatures on one checkpoint, by rising place.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Certificate {
	/// Who signed.
	pub signers: Bitmap,
	/// Their signatures, in their order.
	pub signatures: BoundedVec<Signature, ConstU32<MAX_AUTHORITIES>>,
}

impl Certificate {
	/// From signatures by place. Of those of one authority the first counts.
	pub fn new(
		committee: &Committee,
		signatures: impl IntoIterator<Item = (AuthorityIndex, Signature)>,
	) -> Self {
		let mut by_place = alloc::collections::BTreeMap::new();
		for (place, signature) in signatures {
			if committee.key(place).is_some() {
				by_place.entry(place).or_insert(signature);
			}
		}
		let mut signers = Bitmap::empty(committee.len());
		by_place.keys().for_each(|place| signers.insert(*place));
		// At most as many as the committee has, which is the bound.
		let signatures = BoundedVec::truncate_from(by_place.into_values().collect());
		Certificate {
			signers,
			signatures,
		}
	}

	/// Checks that a quorum signed `checkpoint`. Costs one signature check a signer, in one batch,
	/// after the count.
	pub fn verify<S: Scheme>(
		&self,
		checkpoint: &Checkpoint,
		committee: &Committee,
	) -> Result<(), CheckpointError> {
		let count = self.signers.count();
		if !self.signers.fits(committee.len()) || count != self.signatures.len() {
			return Err(CheckpointError::Signers);
		}
		if count < committee.quorum() {
			return Err(CheckpointError::NoQuorum);
		}
		let hash = checkpoint.hash().0;
		let claims: Vec<Claim> = self
			.signers
			.iter()
			.zip(&self.signatures)
			.filter_map(|(place, signature)| {
				Some(Claim {
					key: *committee.key(place)?,
					hash,
					signature: *signature,
				})
			})
			.collect();
		if claims.len() != count || !S::verify_all(&claims) {
			return Err(CheckpointError::Signature);
		}
		Ok(())
	}
}

/// Why the chain refuses a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointError {
	/// It is of another set or chain.
	OtherSet,
	/// Its number or its previous hash is not the next one.
	NotNext,
	/// The anchor's round is not far enough above the last one's.
	TooEarly,
	/// The effects are not those that it commits to.
	Effects,
	/// The effects name somebody twice or out of order.
	Order,
	/// Debits, credits, burn and locks do not balance.
	Money,
	/// The certificate's bitmap and list do not fit.
	Signers,
	/// Fewer signers than a quorum.
	NoQuorum,
	/// A signature is wrong.
	Signature,
}

/// A checkpoint as a block carries it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Certified {
	/// The checkpoint.
	pub checkpoint: Checkpoint,
	/// What it does.
	pub effects: Effects,
	/// A quorum's word for it.
	pub certificate: Certificate,
}

/// The last checkpoint, as the next one is checked against it.
#[derive(
	Clone,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Last {
	/// Its number; 0 at the start.
	pub number: CheckpointNumber,
	/// Its hash; zero at the start.
	pub hash: Hash,
	/// Its anchor's round in the present set; 0 where the set has none yet.
	pub anchor_round: crate::types::Round,
	/// Its L.
	pub open_locks: Balance,
}

impl Certified {
	/// All that the chain checks before it applies a checkpoint: that it is the next one, that its
	/// effects are its own, are in order and balance, and that a quorum signed it.
	pub fn check<S: Scheme>(
		&self,
		last: &Last,
		committee: &Committee,
		parameters: &Parameters,
	) -> Result<(), CheckpointError> {
		let checkpoint = &self.checkpoint;
		if checkpoint.context != committee.context() {
			return Err(CheckpointError::OtherSet);
		}
		if Some(checkpoint.number) != last.number.checked_add(1) || checkpoint.previous != last.hash
		{
			return Err(CheckpointError::NotNext);
		}
		let earliest = last.anchor_round.saturating_add(parameters.interval);
		if checkpoint.anchor.round < earliest && !checkpoint.closing {
			return Err(CheckpointError::TooEarly);
		}
		if self.effects.hash() != checkpoint.effects {
			return Err(CheckpointError::Effects);
		}
		let effects = &self.effects;
		let tickets = effects.debits.windows(2).all(|pair| match pair {
			[one, other] => (&one.0, one.1) < (&other.0, other.1),
			_ => true,
		});
		let payees = effects.credits.windows(2).all(|pair| match pair {
			[one, other] => one.0 < other.0,
			_ => true,
		});
		if !tickets || !payees {
			return Err(CheckpointError::Order);
		}
		if !effects.balances(last.open_locks, checkpoint.open_locks) {
			return Err(CheckpointError::Money);
		}
		self.certificate.verify::<S>(checkpoint, committee)
	}
}
