//! Tests, by subject.

mod attestation;
mod canaries;
mod collateral;
mod committees;
mod genesis;
mod genuine;
mod governance;
mod hardware;
mod invariants;
mod models;
mod overlap;
mod policy;
mod receipts;
mod sampling;
mod scene;
mod suspension;
mod sybil;
mod thresholds;
mod verdicts;
