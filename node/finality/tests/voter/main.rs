//! The voter on real files and real keys, with a chain and a network in memory.

mod offences;
mod record_file;
mod rpc;
mod sieve;
mod standing;
mod support;
mod validator;
mod worker;
