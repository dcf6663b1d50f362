//! What can go wrong, and what to do about it.

use crate::content::ContentId;
use std::{fmt, time::Duration};

/// Why a chunk does not belong to the content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
	/// The index is past the end.
	#[error("there is no chunk {index}: the content has {count}; ask for a lower index")]
	NoSuchChunk {
		/// The index.
		index: u64,
		/// How many chunks the content has.
		count: u64,
	},
	/// The chunk is too short or too long.
	#[error("chunk {index} has {found} bytes instead of {expected}; discard it")]
	ChunkLength {
		/// The chunk's index.
		index: u64,
		/// Bytes that it should have.
		expected: usize,
		/// Bytes that it has.
		found: usize,
	},
	/// The proof is too short or too long.
	#[error("the proof of chunk {index} has {found} hashes instead of {expected}; discard it")]
	ProofLength {
		/// The chunk's index.
		index: u64,
		/// Hashes that it should have.
		expected: usize,
		/// Hashes that it has.
		found: usize,
	},
	/// Chunk and proof do not lead to the root.
	#[error("chunk {index} is not of this content; discard it and ask another source")]
	WrongChunk {
		/// The chunk's index.
		index: u64,
	},
}

/// Why content could not be sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
	/// The public key is one of the few with which every secret is the same.
	#[error("the public key is of low order; ask its owner for a freshly generated x25519 key")]
	WeakKey,
	/// Too short to be sealed, or of another version.
	#[error("this is not sealed content of a known version; fetch the sender's original bytes")]
	Format,
	/// Sealed to another key, or altered, cut short, reordered or spliced.
	#[error(
		"the sealed content does not open: it is for another key or was altered; \
		 check the receiver's key and fetch it again by its content id"
	)]
	Authentication,
	/// Longer than the cipher's chunk counter or the memory allows.
	#[error("the content is too long to be sealed; split it")]
	TooLong,
}

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
	/// Longer than the store takes.
	#[error(
		"content of {length} bytes is longer than the limit of {limit}; \
		 split it, or raise `max_content`"
	)]
	TooLarge {
		/// Bytes of the content.
		length: u64,
		/// Bytes that are allowed.
		limit: u64,
	},
	/// No room.
	#[error(
		"storing {needed} bytes exceeds the quota of {quota}, of which {used} are used; \
		 expire old content, or raise `quota`"
	)]
	QuotaExceeded {
		/// Bytes that the content is charged for.
		needed: u64,
		/// Bytes in use.
		used: u64,
		/// Bytes that are allowed.
		quota: u64,
	},
	/// Neither stored nor begun.
	#[error("content {0} is not in the store; begin it, or put it, first")]
	Unknown(ContentId),
	/// Some chunks are not there yet.
	#[error("content {id} misses {missing} chunks; fetch them first")]
	Incomplete {
		/// The content.
		id: ContentId,
		/// How many chunks are missing.
		missing: u64,
	},
	/// A chunk was refused.
	#[error(transparent)]
	Chunk(#[from] TreeError),
	/// All chunks belong to the tree, but the whole has another SHA-256.
	#[error(
		"no content has both the SHA-256 and the tree root of {0}; it was discarded: \
		 ask who announced it for the right identity"
	)]
	Inconsistent(ContentId),
	/// The file holds what this program never writes.
	#[error("the store's entry of content {0} is damaged; remove the content and fetch it again")]
	Damaged(ContentId),
	/// The database failed.
	#[error(
		"the store's database failed: {0}; check the disk's space and permissions, and that no \
		 other process has the file open"
	)]
	Database(#[from] redb::Error),
	/// The thread that worked on the store ended early.
	#[error("work on the store was interrupted; the process is shutting down, start it again")]
	Interrupted,
}

/// Why one source did not deliver.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceFailure {
	/// The locator's text is not usable.
	#[error("not a usable locator ({0}); write it as /ip4/ADDRESS/tcp/PORT/p2p/PEER")]
	Locator(String),
	/// It answered, and does not have the content.
	#[error("does not hold the content")]
	NotHeld,
	/// No connection came about.
	#[error("cannot be reached: {0}")]
	Unreachable(String),
	/// No answer in time.
	#[error("timed out: no answer within {} ms", .0.as_millis())]
	TimedOut(Duration),
	/// It kept answering that it is busy.
	#[error("is busy")]
	Busy,
	/// It refused what we asked.
	#[error("refused the request; check that both sides run the same protocol version")]
	Refused,
	/// It sent a chunk that is not of the content.
	#[error("sent wrong data ({0}) and is not asked for this content again")]
	WrongData(TreeError),
	/// It broke the protocol's bounds.
	#[error("broke the protocol ({0}) and was cut off")]
	Misbehaved(String),
	/// It answered, and makes no such stream now.
	#[error("has no stream of the job")]
	NoStream,
	/// The stream ended before the text did.
	#[error("broke its stream off")]
	StreamBrokenOff,
	/// The stream met a bound.
	#[error("cut its stream at its bound")]
	StreamCut,
	/// It was caught with wrong data for this content before.
	#[error("sent wrong data for this content earlier and was not asked")]
	Distrusted,
}

/// One source and why it did not deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
	/// The locator, or the peer that the DHT named.
	pub source: String,
	/// Why it did not deliver.
	pub failure: SourceFailure,
}

impl fmt::Display for Attempt {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(formatter, "{} {}", self.source, self.failure)
	}
}

fn list(attempts: &[Attempt]) -> String {
	attempts
		.iter()
		.map(Attempt::to_string)
		.collect::<Vec<_>>()
		.join("; ")
}

/// Why data was not served or fetched.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
	/// Longer than this node takes; nothing was downloaded.
	#[error(
		"content of {length} bytes is longer than the limit of {limit}; \
		 refuse the job, or raise `max_content`"
	)]
	TooLarge {
		/// Announced bytes.
		length: u64,
		/// Bytes that are allowed.
		limit: u64,
	},
	/// All who could be asked do not have it.
	#[error(
		"content {id} was not found: none of the {asked} sources asked holds it; \
		 check that its owner still serves it, and give a locator"
	)]
	NotFound {
		/// The content.
		id: ContentId,
		/// How many sources answered.
		asked: usize,
	},
	/// Sources failed. What was received is kept.
	#[error(
		"content {id} is not available ({missing} chunks are missing): {}; what was received is \
		 kept: give a reachable locator, or try again", list(.attempts)
	)]
	Unavailable {
		/// The content.
		id: ContentId,
		/// How many chunks are missing.
		missing: u64,
		/// Every source with its failure.
		attempts: Vec<Attempt>,
	},
	/// Nobody who was asked has content of this name.
	#[error(
		"no content of this name was found: {}; check that its owner still serves it", list(.attempts)
	)]
	NameUnknown {
		/// Every source with its failure.
		attempts: Vec<Attempt>,
	},
	/// The store refused.
	#[error(transparent)]
	Store(#[from] StoreError),
	/// Sealing or opening failed.
	#[error(transparent)]
	Seal(#[from] SealError),
	/// As many streams go on as may.
	#[error("{limit} streams go on already; wait for one to end, or raise `streams`")]
	TooManyStreams {
		/// Streams that are allowed.
		limit: usize,
	},
	/// A stream cannot be read, or not on.
	#[error(
		"the stream is not available: {}; wait for the result, which does not need it",
		list(.attempts)
	)]
	StreamUnavailable {
		/// Every source with its failure.
		attempts: Vec<Attempt>,
	},
	/// An option is not usable.
	#[error("option `{option}` is not usable: {reason}")]
	Option {
		/// The option's name.
		option: &'static str,
		/// Why.
		reason: String,
	},
	/// The network could not be started.
	#[error("the network could not be started: {0}; check the listen address and free the port")]
	Start(String),
	/// The node was shut down.
	#[error("the transfer node is shut down; start it again")]
	Closed,
}
