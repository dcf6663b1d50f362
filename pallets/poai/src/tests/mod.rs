//! Tests, by subject.

mod attestation;
mod collateral;
mod genesis;
mod genuine;
mod governance;
mod hardware;
mod invariants;
mod models;
mod policy;
mod receipts;
mod suspension;
mod sybil;
mod thresholds;
