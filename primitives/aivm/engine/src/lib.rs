#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

mod call_stack;
mod execute;
mod fuel;
mod guest;
mod handles;
pub mod host;
mod imports;
pub mod limits;
mod meter;
mod module;
mod sections;
mod state;
mod trap;

pub use aci_aivm;
pub use call_stack::{CallStack, StackError};
pub use execute::{execute, Entry, Execution, Outcome, DEPLOY};
pub use host::{
	Account, CallRequest, CallResult, Callback, Frame, Hash, Host, InferenceRequest, Refusal,
};
pub use module::{validate, ModuleError, ModuleInfo};
pub use trap::{Trap, TrapCode};
