//! From bytes to a vertex that may go into the core.
//!
//! Decoding and signatures cost far more than all the rest of the core's work, and need no state.
//! A node does them on other threads, many vertices at a time; only this module makes a
//! [`Checked`], so nothing unchecked gets further.
//!
//! # Guarantees
//!
//! 1. A [`Checked`] vertex obeys V1 and V5 ([`crate::vertex`]).
//! 2. Where a batch fails, its vertices are checked one by one: an honest author's vertex passes
//!    whatever it was batched with.
//! 3. No more than [`MAX_VERTEX_BYTES`] are decoded, in which vectors claim no memory that their
//!    bytes do not fill.

use crate::{
	safety::Rules,
	scheme::{Claim, PublicKey, Scheme},
	transaction::Transaction,
	types::Committee,
	vertex::{check_vertex, claims, Invalid, Vertex, MAX_VERTEX_BYTES},
};
use aci_primitives::Hash;
use alloc::{sync::Arc, vec::Vec};
use codec::DecodeAll;

/// A vertex that obeys V1 and V5, with its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
	vertex: Arc<Vertex>,
	hash: Hash,
}

impl Checked {
	/// The vertex.
	pub fn vertex(&self) -> &Arc<Vertex> {
		&self.vertex
	}

	/// Its hash.
	pub fn hash(&self) -> Hash {
		self.hash
	}

	/// A vertex that this node made and signed itself.
	pub(crate) fn own(vertex: Vertex, hash: Hash) -> Self {
		Checked {
			vertex: Arc::new(vertex),
			hash,
		}
	}
}

/// Decodes a vertex and checks all but its signatures.
fn read(
	bytes: &[u8],
	committee: &Committee,
	rules: &Rules,
) -> Result<(Vertex, Vec<Claim>), Invalid> {
	if bytes.len() > MAX_VERTEX_BYTES {
		return Err(Invalid::Encoding);
	}
	let vertex = Vertex::decode_all(&mut &*bytes).map_err(|_| Invalid::Encoding)?;
	check_vertex(&vertex, committee, rules)?;
	let claims = claims(&vertex, committee)?;
	Ok((vertex, claims))
}

/// Checks encoded vertices, their signatures in one batch.
pub fn check_all<S: Scheme>(
	encoded: &[&[u8]],
	committee: &Committee,
	rules: &Rules,
) -> Vec<Result<Checked, Invalid>> {
	let read: Vec<_> = encoded
		.iter()
		.map(|bytes| read(bytes, committee, rules))
		.collect();
	let all: Vec<Claim> = read
		.iter()
		.filter_map(|read| read.as_ref().ok())
		.flat_map(|(_, claims)| claims.iter().copied())
		.collect();
	let right = S::verify_all(&all);
	read.into_iter()
		.map(|read| {
			let (vertex, claims) = read?;
			if !right && !S::verify_all(&claims) {
				return Err(Invalid::Signature);
			}
			let hash = vertex.header().hash(&committee.context());
			Ok(Checked {
				vertex: Arc::new(vertex),
				hash,
			})
		})
		.collect()
}

/// Checks one encoded vertex.
pub fn check_one<S: Scheme>(
	encoded: &[u8],
	committee: &Committee,
	rules: &Rules,
) -> Result<Checked, Invalid> {
	check_all::<S>(&[encoded], committee, rules)
		.pop()
		.unwrap_or(Err(Invalid::Encoding))
}

/// A client's, worker's or verifier's transaction whose signatures are right for one home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted(Transaction);

impl Submitted {
	/// The transaction.
	pub fn transaction(&self) -> &Transaction {
		&self.0
	}

	/// The transaction.
	pub fn into_inner(self) -> Transaction {
		self.0
	}
}

/// Checks transactions that were sent to the home with key `home`, in one batch; one by one where
/// that fails.
pub fn check_transactions<S: Scheme>(
	transactions: Vec<Transaction>,
	genesis: &Hash,
	home: &PublicKey,
) -> Vec<Result<Submitted, Invalid>> {
	let claims_of = |transaction: &Transaction| {
		let mut claims = Vec::with_capacity(2);
		transaction.claims(genesis, home, &mut claims);
		claims
	};
	let all: Vec<Claim> = transactions.iter().flat_map(claims_of).collect();
	let right = S::verify_all(&all);
	transactions
		.into_iter()
		.map(|transaction| {
			if right || S::verify_all(&claims_of(&transaction)) {
				Ok(Submitted(transaction))
			} else {
				Err(Invalid::Signature)
			}
		})
		.collect()
}
