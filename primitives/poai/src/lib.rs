#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

pub mod chacha;
pub mod committee;
pub mod compute;
pub mod detection;
pub mod distribution;
pub mod divergence;
pub mod exponential;
pub mod fingerprint;
pub mod float;
pub mod hardware;
pub mod judgement;
pub mod level1;
pub mod logarithm;
pub mod margin;
pub mod numeric;
pub mod overlap;
pub mod proof;
pub mod sampler;
pub mod selection;
pub mod sequential;
pub mod software_tee;
pub mod statistic;
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
