//! What nodes ask of the runtime.

use crate::{
	offence::OffenceProof,
	scheme::AuthorityId,
	types::{AuthoritySet, SetId},
};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use scale_info::TypeInfo;

/// A proof that an account held a key in a past session, as the runtime makes and reads it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct OpaqueKeyOwnershipProof(pub Vec<u8>);

sp_api::decl_runtime_apis! {
	/// The finality gadget.
	///
	/// Called at a block it answers for that block's descendants.
	pub trait FinalityApi {
		/// The authorities that finalise the descendants of this block, with the set's number.
		fn finality_authorities() -> Option<AuthoritySet>;

		/// A proof that the account behind `authority` held that key when `set` was in force.
		/// Asked at a block in which `set` is in force.
		fn finality_key_ownership_proof(
			set: SetId,
			authority: AuthorityId,
		) -> Option<OpaqueKeyOwnershipProof>;

		/// Puts a report of misbehaviour into the pool as an unsigned transaction. `None` where the
		/// key's proof does not decode or the pool is not to be had.
		fn submit_finality_offence(
			proof: OffenceProof,
			key_owner: OpaqueKeyOwnershipProof,
		) -> Option<()>;
	}
}
