#![doc = include_str!("../README.md")]
#![no_std]
#![deny(missing_docs)]
// The module's exports and imports, and its allocator, are the one place that needs it.
#![deny(unsafe_op_in_unsafe_fn)]

extern crate alloc;

#[cfg(target_arch = "wasm32")]
mod allocator;
mod arguments;
pub mod entry;
pub mod env;
pub mod job;
pub mod market;
mod model;
pub mod storage;
mod sys;
mod tensor;
pub mod verify;

pub use arguments::{Arguments, Output};
pub use entry::{Failure, Results};
pub use model::Model;
pub use tensor::{ElementType, Tensor};

/// An account of the chain.
pub type Account = [u8; 32];
/// A hash: of a model, an input, an output.
pub type Hash = [u8; 32];
/// An amount in planck.
pub type Balance = u128;
