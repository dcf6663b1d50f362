//! Tests, by subject.

mod capacity;
mod classes;
mod invariants;
mod quotes;
