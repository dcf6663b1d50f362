//! # The finality gadget's core
//!
//! A HotStuff-style gadget that finalises blocks which another engine made: two voting phases per
//! view on a named target block. The paper's four steps (§4.3) are its four events:
//!
//! | paper | event |
//! | --- | --- |
//! | Prepare | the leader of the view proposes a target with the certificate that justifies it |
//! | Pre-commit | validators that hold the target as a valid block vote in the first phase |
//! | Commit | a quorum of first votes forms a certificate; validators vote on it a second time |
//! | Decide | a quorum of second votes finalises the target and all its ancestors |
//!
//! The crate does no input or output, reads no clock and starts no thread. The chain's runtime
//! uses its formats and proofs; a node and the simulator drive its state machine.
//!
//! * [`types`]: views, sets, targets, and the one function that gives a quorum.
//! * [`scheme`]: signatures behind a trait; ed25519 under the gadget's own key type.
//! * [`message`]: what validators say to each other, and the bytes that they sign.
//! * [`certificate`]: quorum certificates, timeout certificates, justifications.
//! * [`offence`]: proofs of misbehaviour, of two messages each.
//! * [`accountability`]: who is to blame where two conflicting blocks are final.
//! * [`digest`], [`api`]: what the runtime tells nodes.
//! * [`record`]: what an authority keeps on its disk.
//! * [`machine`]: the state machine.

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
