//! Scenarios, each named after what it shows. Every block of every scenario ends with a check of all
//! invariants.

mod agenda;
mod matching;
mod orders;
mod payment;
mod random;
mod results;
mod returns;
mod timeouts;
mod views;
mod workers;
