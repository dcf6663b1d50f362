#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod api;
pub mod check;
pub mod checkpoint;
pub mod dag;
pub mod equivocation;
pub mod inherent;
pub mod journal;
pub mod lane;
pub mod machine;
pub mod safety;
pub mod scheme;
pub mod transaction;
pub mod types;
pub mod vertex;

#[cfg(test)]
mod tests;
