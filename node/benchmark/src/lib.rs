#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

pub mod batch;
pub mod block;
pub mod books;
pub mod clock;
pub mod genesis;
pub mod host;
pub mod machine;
pub mod market;
pub mod node;
pub mod report;
