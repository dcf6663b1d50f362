//! What goes into a block beside transactions, and what is checked of others' blocks.
//!
//! This is the seam for whatever later enters blocks as an inherent: a provider is added to the
//! tuple that these functions return.

use sp_consensus_aura::{inherents::InherentDataProvider as AuraInherent, SlotDuration};
use sp_timestamp::InherentDataProvider as TimestampInherent;

/// The providers of one block.
pub type Providers = (AuraInherent, TimestampInherent);

/// Providers for a block that is made or checked now.
pub fn providers(slot_duration: SlotDuration) -> Providers {
	let timestamp = TimestampInherent::from_system_time();
	let slot = AuraInherent::from_timestamp_and_slot_duration(*timestamp, slot_duration);
	(slot, timestamp)
}
