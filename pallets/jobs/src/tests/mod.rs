//! Scenarios, each named after what it shows. Every block of every scenario ends with a check of all
//! invariants.

mod agenda;
mod attacks;
mod disputes;
mod history;
mod leases;
mod matching;
mod model;
mod orders;
mod payment;
mod random;
mod reservations;
mod results;
mod returns;
mod settlement;
mod timeouts;
mod views;
mod weights;
mod workers;
