//! # The finality gadget on a node
//!
//! Joins `aci-finality`, which decides, to Substrate, which holds blocks, network and keys.
//!
//! * [`interface`]: what the two sides ask of each other.
//! * [`chain`]: blocks, authority sets, justifications, fork choice, sync.
//! * [`voter`]: gossip, the state machine and its record, RPC and metrics.

#![deny(missing_docs)]

pub mod chain;
pub mod interface;
pub mod voter;
