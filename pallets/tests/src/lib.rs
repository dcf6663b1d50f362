#![doc = include_str!("../README.md")]
#![cfg(test)]
#![forbid(unsafe_code)]

mod attacks;
mod book;
mod check;
mod contracts;
mod limits;
mod orders;
mod random;
mod runtime;
mod threats;
mod world;
