//! The finality engines, and what each needs from the service.

pub mod grandpa;
pub mod vote_condition;
