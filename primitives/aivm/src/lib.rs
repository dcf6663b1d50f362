#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

pub mod convert;
pub mod divergence;
pub mod error;
pub mod exponential;
pub mod gas;
pub mod logarithm;
pub mod matmul;
pub mod model;
mod narrow;
pub mod norm;
pub mod shape;
pub mod softmax;
pub mod tensor;

#[cfg(test)]
mod tests;

pub use error::TensorError;
pub use gas::{Gas, Opcode};
pub use model::{Model, ModelError};
pub use shape::{Shape, MAX_RANK, MAX_TENSOR_BYTES, MAX_WIDTH};
pub use tensor::{ElementType, Elements, Tensor};
