//! What must hold before this node votes to finalise a block.
//!
//! This is the seam for conditions on a vote. For GRANDPA: votes lag two blocks behind the best one
//! and at most three quarters of the unfinalised chain, which avoids votes for forks.

use crate::service::FullClient;
use aci_runtime::opaque::Block;
use sc_consensus_grandpa::{VotingRule, VotingRulesBuilder};

/// The condition for GRANDPA's votes.
pub fn for_grandpa() -> impl VotingRule<Block, FullClient> + Clone {
	VotingRulesBuilder::<Block, FullClient>::default().build()
}
