//! Blocks that pruning leaves.
//!
//! A justification is kept with the block that ends an authority set and with one block in
//! [`super::JUSTIFICATION_PERIOD`]. Those who sync follow the sets by the former, so a node that
//! prunes bodies keeps all blocks with a justification of this engine.

use aci_finality::ENGINE_ID;
use sp_runtime::Justifications;

/// Keeps the blocks that have a justification of this engine.
pub struct FinalityPruningFilter;

impl sc_client_db::PruningFilter for FinalityPruningFilter {
	fn should_retain(&self, justifications: &Justifications) -> bool {
		justifications.get(ENGINE_ID).is_some()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use sc_client_db::PruningFilter;

	#[test]
	fn only_blocks_with_a_justification_of_this_engine_are_kept() {
		let of = |engine| Justifications::from((engine, vec![1]));
		assert!(FinalityPruningFilter.should_retain(&of(ENGINE_ID)));
		assert!(!FinalityPruningFilter.should_retain(&of(*b"FRNK")));
	}
}
