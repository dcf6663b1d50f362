#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

pub mod accountability;
pub mod api;
pub mod certificate;
pub mod digest;
pub mod machine;
pub mod message;
pub mod offence;
pub mod record;
pub mod scheme;
pub mod types;

#[cfg(test)]
mod tests;

pub use certificate::{
	CertificateError, Justification, Phase, QuorumCertificate, TimeoutCertificate,
};
pub use digest::ConsensusLog;
pub use message::{
	Context, FirstVote, Message, Proposal, SecondVote, SignedProposal, SignedTimeout, SignedVote,
	Statement, Timeout,
};
pub use offence::{OffenceError, OffenceKind, OffenceProof};
pub use record::VoteRecord;
pub use scheme::{AuthorityId, AuthoritySignature, Ed25519, Scheme, KEY_TYPE};
pub use types::{
	faults, quorum, AuthorityIndex, AuthoritySet, BlockHash, BlockNumber, SetError, SetId, Target,
	View, MAX_AUTHORITIES,
};

/// The id of this engine in digests and justifications.
pub const ENGINE_ID: [u8; 4] = *b"ACIF";
