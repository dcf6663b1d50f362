//! What each pallet is told, grouped by subject.

pub mod consensus;
pub mod contracts;
pub mod fastpath;
pub mod governance;
pub mod market;
pub mod money;
pub mod system;
