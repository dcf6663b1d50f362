//! Tests, by subject.

mod attestation;
mod genesis;
mod governance;
mod invariants;
mod models;
mod receipts;
mod sybil;
mod thresholds;
