//! The edges of the whole market: numbers, dust, accounts, collections, capacity, slashes.

mod accounts;
mod capacity;
mod collections;
mod numbers;
mod slashes;
