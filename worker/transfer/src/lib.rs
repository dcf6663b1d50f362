//! The data channel between clients, workers and verifiers of ACI.
//!
//! A client serves a job's input until the worker has it; the worker serves input and output until
//! the fraud window ends. The chain holds only a [`ContentId`] and locators. This crate is the
//! worker's [`Transport`] seam and its implementation over libp2p, [`Libp2pTransport`]; it knows
//! nothing of jobs, prices or the chain.
//!
//! # What it guarantees
//!
//! 1. *Content-addressed.* Data is known by the SHA-256 of the whole, the root of a hash tree over
//!    its chunks, and its length. Every chunk is checked when it arrives ([`tree`]), the whole at
//!    the end. What fails is discarded; the source is named ([`Progress::GaveUp`], [`Attempt`]) and
//!    its peer is not asked again for this content while the node runs.
//! 2. *Bounded.* Limited are: the length of content, before anything is downloaded; all stored
//!    content together ([`StoreOptions`]); chunks per request, requests at once per peer and in
//!    all, connections, time per request ([`Options`]); the encoded size of every message
//!    ([`protocol`]). A peer that sends more is cut off.
//! 3. *Resumable.* Checked chunks are on disk ([`store`]). A fetch that was interrupted, also by
//!    the death of the process, asks only for what is missing.
//! 4. *Sealed where asked.* [`Transport::serve_sealed`] encrypts to one receiver ([`seal`]); the
//!    sealed bytes are content-addressed like any other. Links between nodes are encrypted and
//!    authenticated (noise) in any case.
//! 5. *Found.* Locators are tried first and need no other node. Else providers are found by
//!    Kademlia provider records under [`ContentId::name`]. Who knows a name in the place of an
//!    identity asks the owner's locators for it ([`Transport::resolve`]).
//! 6. *Private by default.* A node listens on loopback unless it is given another address; it
//!    does not look for others on the local network.
//! 7. *Streamed.* Text that is being made can be read before it is whole, and vouched for
//!    ([`stream`]).
//! 8. *Says what to do.* Every failure is a [`TransferError`]; no message of a peer panics.
//!
//! # What it assumes
//!
//! SHA-256 has no collisions. Whoever announces a [`ContentId`] may lie about it; the chain's job
//! or a signed receipt is what makes it binding. Anyone who knows an identity can fetch what is
//! served under it: confidential data must be sealed. Where content was fetched from and by whom is
//! visible to the peers involved and, for lookups, to DHT nodes on the way.
//!
//! # How it deviates
//!
//! The design speaks of content keys that are wrapped to the worker and wrapped again to verifiers;
//! here content is sealed once for each receiver, so each receiver has an identity of its own to
//! fetch. That is simpler and costs storage per receiver.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod content;
mod error;
mod fetch;
mod kdf;
mod locator;
mod node;
mod options;
pub mod protocol;
pub mod seal;
mod statistics;
pub mod store;
pub mod stream;
mod swarm;
mod transport;
pub mod tree;

pub use content::{ContentId, CONTENT_ID_BYTES};
pub use error::{Attempt, SealError, SourceFailure, StoreError, TransferError, TreeError};
pub use fetch::MAX_PROVIDERS;
pub use locator::{MAX_LOCATORS, MAX_LOCATOR_BYTES};
pub use node::Libp2pTransport;
pub use options::Options;
pub use seal::{open, public_key, seal, sealed_length, Sealed};
pub use statistics::Statistics;
pub use store::{Moment, Store, StoreOptions};
pub use stream::{Piece, StreamLimits, StreamWriter, Streams};
pub use transport::{Progress, ProgressSink, Transport};
