//! Tests, by subject.

mod attestation;
mod canaries;
mod committees;
mod genesis;
mod governance;
mod invariants;
mod models;
mod overlap;
mod receipts;
mod sampling;
mod scene;
mod sybil;
mod thresholds;
mod verdicts;
