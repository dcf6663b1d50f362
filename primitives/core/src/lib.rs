//! # Shared types of the ACI chain
//!
//! Identities, formats and traits that the pallets, the runtime, the node, the worker and the
//! client have in common. Whatever is hashed, signed or stored by more than one of them is defined
//! here, once.
//!
//! ## What this crate guarantees
//!
//! 1. Every hash that carries meaning is made by [`domain::tagged_hash`] with a domain of its own,
//!    so a value hashed for one purpose never stands for another.
//! 2. A [`JobId`] is a function of the chain, the client, the client's order number and the whole
//!    specification. It is known before any block and is never a counter.
//! 3. A receipt signature covers the chain's genesis and every field of the receipt.
//! 4. Every collection has a bound in its type, so every type has a maximum encoded length.
//! 5. A [`clock::Deadline`] has passed only when both its time and its block have passed.
//!
//! ## What it assumes
//!
//! Blake2b-256 and SHA-256 are collision resistant. Content hashes (input, output, model) are
//! SHA-256 as in §3.2 of the paper; identities are Blake2b-256.
//!
//! ## Versions
//!
//! Formats that later parts extend ([`Evidence`](evidence::Evidence), [`Profile`](proof::Profile),
//! [`Home`](job::Home)) are enums with fixed indices. New variants are added at new indices; an
//! index is never given to something else.

#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

pub mod class;
pub mod clock;
pub mod domain;
pub mod evidence;
pub mod history;
pub mod job;
pub mod model;
pub mod proof;
pub mod receipt;
pub mod reservation;
pub mod stake;
pub mod traits;
pub mod view;
pub mod worker;

pub use class::{Class, ClassId};
pub use clock::{Deadline, Instant, Moment};
pub use history::{BlockHistory, HistoryLeaf, HistoryProof};
pub use job::{Job, JobId, JobInput, JobOutput, JobParameters, JobSpec, JobStatus};
pub use model::{ModelId, ModelManifest};
pub use receipt::{Receipt, SignedReceipt};
pub use reservation::{Reservation, ReservationId};
pub use stake::Role;

use sp_core::{ConstU32, H256};
use sp_runtime::{
	traits::{IdentifyAccount, Verify},
	MultiSignature,
};

/// Bytes of at most `N`, with their bound in the type.
pub type BoundedBytes<const N: u32> = sp_runtime::BoundedVec<u8, ConstU32<N>>;
/// A list of at most `N` items, with its bound in the type.
pub type BoundedList<T, const N: u32> = sp_runtime::BoundedVec<T, ConstU32<N>>;

/// An amount in planck, the smallest unit: 1 ACI is [`ACI`] planck.
pub type Balance = u128;
/// A block's height.
pub type BlockNumber = u32;
/// What a chain's hashes are: Blake2b-256.
pub type Hash = H256;
/// Number of the transactions that an account has sent.
pub type Nonce = u32;
/// What signs an extrinsic: sr25519, ed25519 or ECDSA.
pub type Signature = MultiSignature;
/// A 32-byte account, as every Substrate wallet has it.
pub type AccountId = <<Signature as Verify>::Signer as IdentifyAccount>::AccountId;

/// One ACI in planck: 12 decimals.
pub const ACI: Balance = 1_000_000_000_000;
/// A thousandth of an ACI in planck.
pub const MILLI_ACI: Balance = ACI / 1_000;
/// A millionth of an ACI in planck.
pub const MICRO_ACI: Balance = ACI / 1_000_000;
