#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod fastpath;
pub mod finality;
mod seeds;
pub mod world;
