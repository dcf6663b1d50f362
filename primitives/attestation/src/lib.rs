#![doc = include_str!("../README.md")]
#![cfg_attr(not(any(feature = "std", test)), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

pub mod android;
pub mod bytes;
pub mod dcap;
pub mod der;
pub mod error;
#[cfg(feature = "facade")]
pub mod facade;
pub mod json;
pub mod nvidia;
pub mod pem;
pub mod roots;
pub mod sev;
pub mod signature;
pub mod time;
pub mod x509;

#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;

#[cfg(all(feature = "testing", target_family = "wasm"))]
compile_error!("the feature `testing` has vendors whose keys are public: no runtime may have it");

pub use error::{Error, Part};
