//! How a checkpoint enters a block.
//!
//! The author of a block gives the runtime a certified checkpoint as inherent data. The runtime makes
//! a transaction of it if it is the next one and passes all checks; a block without one is valid. What
//! a block carries is checked when the block is executed: one that fails the checks makes the block
//! invalid, so a node needs no data of the DAG to import blocks.

use crate::checkpoint::Certified;
use codec::{Decode, Encode};
use sp_inherents::{InherentIdentifier, IsFatalError};

/// The identifier of the inherent.
pub const INHERENT_IDENTIFIER: InherentIdentifier = *b"acichckp";

/// What the inherent data holds.
pub type InherentType = Certified;

/// Why an inherent is refused. Nothing is by a check beside the execution; see the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum InherentError {
	/// A block has two checkpoints.
	Twice,
}

impl IsFatalError for InherentError {
	fn is_fatal_error(&self) -> bool {
		true
	}
}
