//! Vertices: what an author says in one round, and which of them are valid.
//!
//! # Format
//!
//! A vertex is a signed [`Header`] and the transactions that the header's hash covers. The author
//! signs the vertex's hash, which is over the chain, the set and the header; so two headers with
//! their signatures are enough to prove an equivocation.
//!
//! Parents of the round before are a bitmap of their authors and one hash over their hashes in the
//! authors' order ([`control_hash`]). Nearly always a receiver holds one vertex for each of those
//! slots, and the hash tells that they are the ones meant. Where it holds another one, it asks for
//! the list. A hundred full references would be 3.6 KB a vertex.
//!
//! # Rules of validity
//!
//! * **V1** The author is in the set, and its signature is over this header in this set of this
//!   chain. All signatures of its transactions are right.
//! * **V2** The vertex names the author's previous vertex, of an earlier round; the first one names
//!   round 0 and the zero hash. So an honest author's vertices form a chain.
//! * **V3** Its parents of the round before are by a quorum of authors. (Round 1 has none.)
//! * **V4** All its parents are held before it is accepted, but for those below the floor of the
//!   last final checkpoint, which no longer matter.
//! * **V5** It is within bounds: transactions, bytes, late parents, and these in rising order.
//! * **V6** Along an author's chain nothing is taken back: the checkpoint that it reports final,
//!   its base, the authors that it accuses, and that it closes the set only rise.
//! * **V7** Its base is one that it may have: its own report is not below it, and it is the base of
//!   one of its parents or reported final by a quorum of authors, counting this vertex and its
//!   parents of the round before.
//!
//! V1 and V5 are decided by the vertex alone ([`check_form`], and the signatures in
//! [`crate::check`]), V2 to V4, V6 and V7 when its parents are held. None depends on a clock or
//! on what else a node has seen, so honest nodes accept the same vertices.

use crate::{
	safety::Rules,
	scheme::{Claim, PublicKey, Signature},
	transaction::Transaction,
	types::{Bitmap, CheckpointNumber, Committee, Moment, Round},
};
use aci_finality::{AuthorityIndex, Context};
use aci_primitives::{
	domain::{tagged_hash, PARENTS, TRANSACTIONS, VERTEX},
	Hash,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::{bounded::BoundedVec, ConstU32, H256};

/// Most parents of earlier rounds than the one before.
pub const MAX_LATE_PARENTS: u32 = 256;
/// Most transactions of a vertex in its encoding. The set's parameters have a lower bound.
pub const MAX_TRANSACTIONS: u32 = 16_384;
/// Most bytes of an encoded vertex that a node need take from the network.
pub const MAX_VERTEX_BYTES: usize = 4 << 20;

/// The author's previous vertex, or the set's start.
#[derive(
	Clone,
	Copy,
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
pub struct OwnParent {
	/// Its round; 0 for the set's start.
	pub round: Round,
	/// Its hash; zero for the set's start.
	pub hash: Hash,
}

/// A vertex named in full. The order is by author, round and hash.
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
pub struct Reference {
	/// Its author.
	pub author: AuthorityIndex,
	/// Its round.
	pub round: Round,
	/// Its hash.
	pub hash: Hash,
}

/// What an author signs.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Header {
	/// The round.
	pub round: Round,
	/// The author's place in the set.
	pub author: AuthorityIndex,
	/// The author's previous vertex.
	pub own_parent: OwnParent,
	/// Authors of the parents of the round before.
	pub parents: Bitmap,
	/// [`control_hash`] of those parents; zero in round 1.
	pub control: Hash,
	/// Parents of earlier rounds, in rising order.
	pub late: BoundedVec<Reference, ConstU32<MAX_LATE_PARENTS>>,
	/// The checkpoint on whose state the transactions are to be executed.
	pub base: CheckpointNumber,
	/// The last checkpoint that the author has seen in a final block.
	pub finalised: CheckpointNumber,
	/// The author has seen the end of the set.
	pub closing: bool,
	/// Authors that this author has seen sign two chains. It acknowledges nothing more of theirs.
	pub accused: Bitmap,
	/// The author's clock.
	pub time: Moment,
	/// [`transactions_hash`] of the transactions.
	pub transactions: Hash,
}

impl Header {
	/// The vertex's hash, which its author signs.
	pub fn hash(&self, context: &Context) -> Hash {
		tagged_hash(VERTEX, &(context, self))
	}
}

/// A header with its author's signature.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct SignedHeader {
	/// The header.
	pub header: Header,
	/// Over [`Header::hash`].
	pub signature: Signature,
}

impl SignedHeader {
	/// What the signature claims, if the author is `key`.
	pub fn claim(&self, context: &Context, key: &PublicKey) -> Claim {
		Claim {
			key: *key,
			hash: self.header.hash(context).0,
			signature: self.signature,
		}
	}
}

/// A vertex as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Vertex {
	/// The header and its signature.
	pub signed: SignedHeader,
	/// The transactions.
	pub transactions: BoundedVec<Transaction, ConstU32<MAX_TRANSACTIONS>>,
}

impl Vertex {
	/// The header.
	pub fn header(&self) -> &Header {
		&self.signed.header
	}
}

/// The hash by which a header names its transactions.
pub fn transactions_hash(transactions: &[Transaction]) -> Hash {
	tagged_hash(TRANSACTIONS, transactions)
}

/// The hash over the hashes of a vertex's parents of the round before, in their authors' order.
pub fn control_hash(parents: &[Hash]) -> Hash {
	tagged_hash(PARENTS, parents)
}

/// Why a vertex is refused. An honest author sends none that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalid {
	/// The bytes are no vertex, or too many.
	Encoding,
	/// V1: the author is not in the set.
	Author,
	/// V1: a signature is wrong.
	Signature,
	/// V1: the transactions are not those that the header names.
	Transactions,
	/// V2: the previous vertex is not of an earlier round, or the start is misnamed.
	OwnParent,
	/// V2: the vertex that is named as the author's previous one is not of this author and round.
	OtherChain,
	/// V3: too few parents of the round before.
	NoQuorum,
	/// V5: late parents are out of order, or not of earlier rounds.
	LateParents,
	/// V5: too many transactions, or too many bytes of them.
	TooLarge,
	/// V5: a bitmap is not over this set, or round 0.
	Shape,
	/// V6: something was taken back that only rises.
	TakenBack,
	/// V7: the base is later than it may be.
	Base,
}

/// V2, V3 and V5, as far as the header alone shows them, and that the author is in the set.
pub fn check_form(header: &Header, committee: &Committee, rules: &Rules) -> Result<(), Invalid> {
	let size = committee.len();
	committee.key(header.author).ok_or(Invalid::Author)?;
	if header.round == 0 || !header.parents.fits(size) || !header.accused.fits(size) {
		return Err(Invalid::Shape);
	}
	let start = header.own_parent.round == 0;
	if header.own_parent.round >= header.round || start != (header.own_parent.hash == H256::zero())
	{
		return Err(Invalid::OwnParent);
	}
	if header.round == 1 {
		if header.parents.count() > 0 || header.control != H256::zero() {
			return Err(Invalid::Shape);
		}
	} else if header.parents.count() < rules.parents(committee) {
		return Err(Invalid::NoQuorum);
	}
	let rising = header.late.windows(2).all(|pair| match pair {
		[one, other] => one < other,
		_ => true,
	});
	let earlier = |late: &Reference| {
		usize::from(late.author) < size && late.round > 0 && late.round < header.round
	};
	if !rising || !header.late.iter().all(earlier) {
		return Err(Invalid::LateParents);
	}
	if header.base > header.finalised {
		return Err(Invalid::Base);
	}
	Ok(())
}

/// V1 and V5 but for the signatures: what the vertex alone shows.
pub fn check_vertex(vertex: &Vertex, committee: &Committee, rules: &Rules) -> Result<(), Invalid> {
	let parameters = &rules.parameters;
	check_form(vertex.header(), committee, rules)?;
	let bytes = vertex.transactions.encoded_size();
	if vertex.transactions.len() > parameters.vertex_transactions as usize
		|| bytes > parameters.vertex_bytes as usize
	{
		return Err(Invalid::TooLarge);
	}
	if transactions_hash(&vertex.transactions) != vertex.header().transactions {
		return Err(Invalid::Transactions);
	}
	Ok(())
}

/// All that the signatures of a vertex claim, the author's first.
pub fn claims(vertex: &Vertex, committee: &Committee) -> Result<Vec<Claim>, Invalid> {
	let context = committee.context();
	let key = committee
		.key(vertex.header().author)
		.ok_or(Invalid::Author)?;
	let mut claims = Vec::with_capacity(vertex.transactions.len().saturating_add(1));
	claims.push(vertex.signed.claim(&context, key));
	for transaction in &vertex.transactions {
		transaction.claims(&context.genesis, key, &mut claims);
	}
	Ok(claims)
}
