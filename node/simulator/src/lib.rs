//! # The simulator
//!
//! The consensus cores under a seeded clock and a simulated network.

#![forbid(unsafe_code)]
#![deny(missing_docs)]
