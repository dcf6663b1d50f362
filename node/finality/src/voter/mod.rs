//! Gossip, the state machine and its record, RPC and metrics.
