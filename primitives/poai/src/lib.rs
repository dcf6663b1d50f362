//! # Proof mathematics of the ACI chain
//!
//! What a model's run must have cost, whether a receipt can be true, and whether a quote of the
//! development TEE stands. The runtime, the worker and the client run this same code.
//!
//! * [`compute`]: operations, least duration and memory of a run, from the model's manifest.
//! * [`level1`]: the checks that every receipt passes before its job counts as done.
//! * [`software_tee`]: the development TEE's quotes.
//!
//! ## What all modules guarantee
//!
//! 1. Results are functions of the arguments alone: integers only, no clock, no random source.
//! 2. No panic on any argument. What cannot be answered is a typed error.
//! 3. Work and memory are constant: no loop depends on an argument.
//!
//! ## Signatures
//!
//! ed25519 is verified by a function that the caller passes ([`level1::check_receipt`],
//! [`software_tee::verify`]), so that the runtime can use its host function. Off chain it is
//! [`verify_ed25519`], which accepts the same signatures as the host function does.

#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

pub mod chacha;
pub mod compute;
pub mod detection;
pub mod distribution;
pub mod divergence;
pub mod exponential;
pub mod fingerprint;
pub mod float;
pub mod judgement;
pub mod level1;
pub mod logarithm;
pub mod margin;
pub mod numeric;
pub mod proof;
pub mod sampler;
pub mod sequential;
pub mod software_tee;
pub mod thresholds;

#[cfg(test)]
mod tests;

pub use compute::ComputeError;
pub use level1::{check_receipt, Expected, ReceiptError};

use sp_core::{ed25519, Pair};

/// Whether `signature` is `key`'s over `message`, by the rules of ZIP 215, which the runtime's host
/// function follows too.
///
/// In a runtime the host function is faster.
pub fn verify_ed25519(
	signature: &ed25519::Signature,
	message: &[u8],
	key: &ed25519::Public,
) -> bool {
	ed25519::Pair::verify(signature, message, key)
}
