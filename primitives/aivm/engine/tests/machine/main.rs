//! Contracts on the machine, against a host of plain maps: opcodes, limits, malicious modules, calls
//! between contracts, and random ones.

mod calls;
mod code;
mod fuzz;
mod gas;
mod handles;
mod limits;
mod mock;
mod modules;
mod opcodes;
mod world;
