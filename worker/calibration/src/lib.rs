#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod campaign;
pub mod cost;
pub mod embedding;
pub mod epochs;
pub mod fleet;
pub mod freeze;
pub mod judge;
pub mod kind;
pub mod order;
pub mod prompts;
pub mod record;
pub mod score;
pub mod setting;
pub mod simulate;
pub mod statistics;
pub mod tables;
pub mod text;
pub mod variants;
