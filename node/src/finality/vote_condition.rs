//! What must hold before this node votes to finalise a block.
//!
//! This is the seam for conditions on a vote. The chain's own gadget votes for any block that this
//! node has executed. GRANDPA's votes lag two blocks behind the best one and at most three quarters
//! of the unfinalised chain, which avoids votes for forks.

use crate::service::FullClient;
use aci_node_finality::chain::condition::{Imported, VoteCondition};
use aci_runtime::opaque::Block;
use sc_consensus_grandpa::{VotingRule, VotingRulesBuilder};

/// The condition for the gadget's first votes.
pub fn for_hotstuff() -> Box<dyn VoteCondition> {
	Box::new(Imported)
}

/// The condition for GRANDPA's votes.
pub fn for_grandpa() -> impl VotingRule<Block, FullClient> + Clone {
	VotingRulesBuilder::<Block, FullClient>::default().build()
}
