//! Computes the golden vectors of the tensor opcodes in two ways, so that a test can compare them with
//! each other and with native code.
//!
//! | entry | arguments | returns |
//! | --- | --- | --- |
//! | `by_opcodes` | hash of a model on chain, which is [`cases::model`]'s | digests by the opcodes |
//! | `inside` | likewise | digests by the arithmetic compiled into the contract |
//!
//! Digests are 64 bits each, little-endian, in the order of [`cases::digests`].

#![no_std]

extern crate alloc;

mod arithmetic;
mod cases;
mod opcodes;

use aivm_sdk::{entry_points, Arguments, Failure, Model, Results};
use alloc::vec::Vec;

entry_points!(by_opcodes, inside);

fn bytes(digests: Vec<u64>) -> Vec<u8> {
	digests.into_iter().flat_map(u64::to_le_bytes).collect()
}

fn by_opcodes(arguments: &mut Arguments) -> Results {
	let hash = arguments.hash()?;
	let model = Model::load(&hash).ok_or(Failure("the model is not on chain"))?;
	Ok(bytes(cases::digests(&opcodes::Opcodes { model, hash })))
}

fn inside(arguments: &mut Arguments) -> Results {
	let hash = arguments.hash()?;
	Ok(bytes(cases::digests(&arithmetic::Arithmetic { hash })))
}
