#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod driver;
pub mod intake;
pub mod orders;
pub mod store;
pub mod wire;
