//! Tests, by subject.

mod attacks;
mod capacity;
mod classes;
mod epochs;
mod funds;
mod insurance;
mod invariants;
mod quotes;
mod random;
mod reservations;
mod slices;
mod views;
mod weights;
