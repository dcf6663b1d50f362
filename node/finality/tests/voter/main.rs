//! The voter on real files and real keys, with a chain and a network in memory.

mod record_file;
mod sieve;
mod standing;
mod support;
mod worker;
