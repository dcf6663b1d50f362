//! Text that is being made, streamed to whoever waits for it.
//!
//! A worker that runs a job opens the job's stream ([`Streams::open`]) and pushes what the model
//! makes. A reader asks for what lies behind an offset, again and again ([`tail`]); an answer waits
//! until there is something. The protocol is `/aci/stream/1` ([`protocol`]).
//!
//! # What it guarantees
//!
//! 1. *The writer never waits* for a reader or the network: what is pushed goes into a buffer.
//! 2. *Bounded* ([`StreamLimits`]): streams at once, bytes of one stream and of all, readers that
//!    wait for one stream, of one peer and in all, the bytes of an answer
//!    ([`protocol::MAX_PART_BYTES`]) and the time that it waits. A stream that meets a bound is cut,
//!    and says so. A stream is dropped some time after its end, and earlier where another needs its
//!    room.
//! 3. *Resumable.* A reader whose connection was lost goes on at its offset.
//! 4. *A restart shows.* Every stream has a random number. A worker that makes the text again serves
//!    it under another number from the beginning, and the reader is told ([`Piece::Restarted`]).
//! 5. *Sealed where asked.* A stream with a receiver is encrypted to it ([`sealed`]), each frame
//!    under its place in the stream and under a key for this job and stream, so nothing can be
//!    reordered, repeated or taken from elsewhere. Its name is derived from the receiver's key
//!    ([`stream_id`]): who does not know the key cannot even ask for it.
//! 6. *Liars are caught*: an answer at another offset than was asked, longer than allowed, or that
//!    does not open ends the reading, and its peer is cut off.
//!
//! # What it assumes
//!
//! Nobody vouches for streamed text: it is a view of a run that goes on. The result is what the
//! receipt on the chain names, and a reader has to compare the two. Anyone who knows a job can read
//! its stream unless it is sealed, as with its output. When a token was made can be seen by whoever
//! sees the packets; its length cannot where the stream is sealed.

pub mod protocol;
pub mod sealed;
mod streams;
pub(crate) mod tail;

pub use streams::{StreamWriter, Streams};

use sha2::{Digest, Sha256};
use std::time::Duration;

/// Most time that a reader may be kept waiting for an answer: what it must bear before it takes the
/// other side for dead.
pub const MAX_WAIT: Duration = Duration::from_secs(10);

const NAME: &[u8] = b"aci/stream/name/1";

/// What a stream is asked for by.
pub type StreamId = [u8; 32];

/// The name of a job's stream: the job itself, or where it is sealed a hash over the job and the
/// receiver's public key. The key is known to the client and its worker alone.
pub fn stream_id(job: &[u8; 32], receiver_public: Option<&[u8; 32]>) -> StreamId {
	match receiver_public {
		None => *job,
		Some(receiver) => {
			let mut hasher = Sha256::new_with_prefix(NAME);
			hasher.update(job);
			hasher.update(receiver);
			hasher.finalize().into()
		}
	}
}

/// The bounds of streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamLimits {
	/// Streams at once, ended ones that are kept included.
	pub streams: usize,
	/// Bytes of one stream, as they are served; also the most that is read of one.
	pub bytes_per_stream: usize,
	/// Bytes of all streams together.
	pub bytes: usize,
	/// Readers that wait for one stream.
	pub readers_per_stream: usize,
	/// Requests of one peer that are answered at once.
	pub readers_per_peer: usize,
	/// Requests of all peers that are answered at once.
	pub readers: usize,
	/// Time that an answer waits for something to come, at most [`MAX_WAIT`].
	pub wait: Duration,
	/// Time for which a stream is kept after its end.
	pub kept: Duration,
}

impl Default for StreamLimits {
	fn default() -> Self {
		StreamLimits {
			streams: 32,
			bytes_per_stream: 4 << 20,
			bytes: 64 << 20,
			readers_per_stream: 8,
			readers_per_peer: 4,
			readers: 64,
			wait: Duration::from_secs(5),
			kept: Duration::from_secs(60),
		}
	}
}

impl StreamLimits {
	/// The first value that is not usable, with the reason.
	pub(crate) fn check(&self) -> Result<(), (&'static str, String)> {
		for (option, value) in [
			("streams", self.streams),
			("readers_per_stream", self.readers_per_stream),
			("readers_per_peer", self.readers_per_peer),
			("readers", self.readers),
		] {
			if !(1..=1024).contains(&value) {
				return Err((option, "choose 1 to 1024".into()));
			}
		}
		if self.bytes_per_stream == 0 || self.bytes_per_stream > self.bytes {
			return Err(("bytes_per_stream", "choose 1 to `bytes`".into()));
		}
		if self.wait > MAX_WAIT {
			return Err(("wait", format!("choose at most {} s", MAX_WAIT.as_secs())));
		}
		Ok(())
	}
}

/// What a reader receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
	/// The next bytes of the text. A character may be split between two pieces.
	Bytes(Vec<u8>),
	/// The text is made again. What was received is void; what follows is from the beginning.
	Restarted,
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_sealed_streams_name_depends_on_job_and_receiver_and_is_not_the_job() {
		let name = |job: u8, receiver: u8| stream_id(&[job; 32], Some(&[receiver; 32]));
		assert_eq!(stream_id(&[1; 32], None), [1; 32]);
		assert_eq!(name(1, 2), name(1, 2));
		for other in [[1; 32], name(1, 3), name(3, 2), name(2, 1)] {
			assert_ne!(name(1, 2), other);
		}
	}

	#[test]
	fn an_unusable_bound_is_named() {
		let default = StreamLimits::default;
		assert_eq!(default().check(), Ok(()));
		for (name, limits) in [
			(
				"streams",
				StreamLimits {
					streams: 0,
					..default()
				},
			),
			(
				"readers",
				StreamLimits {
					readers: 2_000,
					..default()
				},
			),
			(
				"bytes_per_stream",
				StreamLimits {
					bytes: 1,
					..default()
				},
			),
			(
				"wait",
				StreamLimits {
					wait: MAX_WAIT * 2,
					..default()
				},
			),
		] {
			assert_eq!(limits.check().map_err(|(option, _)| option), Err(name));
		}
	}
}
