//! # The ACI node
//!
//! Joins the runtime to Substrate's client, network, keystore and RPC. Rules of the chain are not
//! here: they are in the runtime's wasm, which the node executes.
//!
//! ## Seams
//!
//! Later parts attach at three places and at no other:
//!
//! 1. [`finality`]: which engine finalises. The chain specification names it
//!    ([`chain_spec::Extensions::finality_engine`]).
//! 2. [`finality::vote_condition`]: what must hold before this node votes for a block.
//! 3. [`inherents`]: what goes into a block beside transactions.
//!
//! ## Sealing
//!
//! With `--sealing` a development node makes blocks without slots and finalises each at once:
//! `instant` for every transaction, `manual` when asked through `engine_createBlock`, or every so
//! many milliseconds. The chain's clock then advances one slot a block, whatever the wall clock
//! says, so tests of deadlines need not wait for them.

#![deny(missing_docs)]
// The SDK's error types are large, and its functions return them unboxed.
#![allow(clippy::result_large_err)]

pub mod chain_spec;
pub mod cli;
pub mod command;
pub mod finality;
pub mod inherents;
pub mod rpc;
pub mod service;
