//! What the voter tells RPC about itself.

use aci_finality::{AuthorityId, AuthorityIndex, SetId, Target, View};
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A block, as RPC names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Block {
	/// Its number.
	pub number: u32,
	/// Its hash, in hex.
	pub hash: String,
}

impl From<Target> for Block {
	fn from(target: Target) -> Self {
		Block {
			number: target.number,
			hash: format!("{:?}", target.hash),
		}
	}
}

/// Whether the node votes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Role {
	/// It holds no key of the set.
	Observer,
	/// It votes.
	#[serde(rename_all = "camelCase")]
	Authority {
		/// Its place in the set.
		index: AuthorityIndex,
		/// Its key, in hex.
		key: String,
	},
	/// It holds a key of the set and signs nothing until the next set.
	#[serde(rename_all = "camelCase")]
	Silent {
		/// Its place in the set.
		index: AuthorityIndex,
		/// Its key, in hex.
		key: String,
		/// What is wrong with its vote record.
		reason: String,
	},
}

/// Votes that this node has counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counted {
	/// First votes of the view.
	pub first: u32,
	/// Second votes of the highest certificate's view.
	pub second: u32,
	/// Timeouts of the view.
	pub timeouts: u32,
}

/// Where finality is on this node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoundState {
	/// The authority set in force.
	pub set: SetId,
	/// Authorities in the set.
	pub authorities: u32,
	/// Votes that decide.
	pub quorum: u32,
	/// The view within the set.
	pub view: View,
	/// The place of the view's leader.
	pub leader: AuthorityIndex,
	/// The leader's key, in hex.
	pub leader_key: String,
	/// Votes counted.
	pub votes: Counted,
	/// View of the highest certificate of first votes seen; 0 for none in this set.
	pub high_view: View,
	/// That certificate's block: blocks are built on its branch.
	pub high: Block,
	/// The last final block.
	pub finalised: Block,
	/// Whether this node votes.
	pub role: Role,
}

/// A key in hex.
pub fn hex(key: &AuthorityId) -> String {
	sp_core::bytes::to_hex(sp_core::crypto::ByteArray::as_slice(key), false)
}

/// The state that the voter writes and RPC reads; empty before the voter has started.
#[derive(Clone, Default)]
pub struct SharedState(Arc<RwLock<Option<RoundState>>>);

impl SharedState {
	/// The newest state.
	pub fn get(&self) -> Option<RoundState> {
		self.0.read().clone()
	}

	/// Sets it.
	pub fn set(&self, state: RoundState) {
		*self.0.write() = Some(state);
	}
}
