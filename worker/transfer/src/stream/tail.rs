//! Reading a stream.
//!
//! # What it guarantees
//!
//! 1. What is handed on is what the writer pushed, in order and without gaps, from the beginning; or
//!    [`Piece::Restarted`] says that a new beginning follows.
//! 2. Every answer is checked against the question ([`Reader::take`]). A peer that breaks the rules
//!    is cut off and not asked again.
//! 3. It ends: at the stream's end, when nobody takes the pieces any more, or after [`TRIES`]
//!    fruitless questions; after [`TRIES_TO_BEGIN`] of a peer where none was reached even once. No
//!    more is read than the limits allow for a stream, and [`MAX_RESTARTS`] times at most. While a
//!    peer keeps saying that the stream goes on, it goes on.
//! 4. A peer that answers at once that there is nothing new is asked with pauses.

use super::{
	protocol::{Answer, Part, StreamState, Tail},
	sealed::Opener,
	stream_id, Piece,
};
use crate::{
	error::{Attempt, SourceFailure, TransferError},
	locator,
	node::Shared,
	seal::public_key,
	swarm::{Command, Question},
};
use libp2p::PeerId;
use std::{collections::VecDeque, time::Duration};
use tokio::{
	sync::{mpsc, oneshot},
	time::{sleep, Instant},
};

/// How often text may be made again.
pub(crate) const MAX_RESTARTS: u32 = 16;
/// Fruitless questions in a row before the stream is given up.
const TRIES: u32 = 120;
/// Fruitless questions before it is given up where no peer was reached yet.
const TRIES_TO_BEGIN: u32 = 3;
/// First and longest pause after a fruitless question; each is twice the last.
const PAUSE: Duration = Duration::from_millis(100);
const PAUSE_MOST: Duration = Duration::from_secs(1);
/// An answer without text that came sooner did not wait for any.
const EXPECTED_WAIT: Duration = Duration::from_millis(200);

/// What a reader has and knows.
pub(crate) struct Reader {
	job: [u8; 32],
	secret: Option<[u8; 32]>,
	/// The most bytes that are read of a stream.
	limit: u64,
	/// 0 while no stream is known.
	number: u64,
	offset: u64,
	opener: Option<Opener>,
	restarts: u32,
}

impl Reader {
	pub fn new(job: [u8; 32], secret: Option<[u8; 32]>, limit: u64) -> Self {
		Reader {
			opener: secret.map(|secret| Opener::new(job, secret)),
			job,
			secret,
			limit,
			number: 0,
			offset: 0,
			restarts: 0,
		}
	}

	/// The next question.
	pub fn question(&self) -> Tail {
		let receiver = self.secret.as_ref().map(public_key);
		Tail {
			stream: stream_id(&self.job, receiver.as_ref()),
			number: self.number,
			offset: self.offset,
		}
	}

	/// Takes an answer to [`Reader::question`], or says how it breaks the rules.
	pub fn take(&mut self, part: Part) -> Result<(Vec<Piece>, StreamState), String> {
		let mut pieces = Vec::new();
		if part.number != self.number {
			if self.number != 0 {
				self.restarts = self.restarts.saturating_add(1);
				if self.restarts > MAX_RESTARTS {
					return Err(format!("began its stream more than {MAX_RESTARTS} times"));
				}
				pieces.push(Piece::Restarted);
			}
			self.number = part.number;
			self.offset = 0;
			self.opener = self.secret.map(|secret| Opener::new(self.job, secret));
		}
		if part.offset != self.offset {
			return Err(format!(
				"sent a part at {} instead of {}",
				part.offset, self.offset
			));
		}
		self.offset = self.offset.saturating_add(part.bytes.len() as u64);
		if self.offset > self.limit {
			return Err(format!("sent more than {} bytes", self.limit));
		}
		let text = match &mut self.opener {
			Some(opener) => opener
				.open(&part.bytes)
				.map_err(|error| format!("sent a part that does not open: {error}"))?,
			None => part.bytes,
		};
		if !text.is_empty() {
			pieces.push(Piece::Bytes(text));
		}
		let ended = self.opener.as_ref().is_none_or(Opener::ended);
		if part.state == StreamState::Finished && !ended {
			return Err("ended the stream before its last frame".into());
		}
		Ok((pieces, part.state))
	}
}

/// A peer that may have the stream.
struct Source {
	name: String,
	peer: PeerId,
	addresses: Vec<libp2p::Multiaddr>,
	/// Why the last question was fruitless.
	failure: Option<SourceFailure>,
}

/// Reads a stream to its end. See the module.
pub(crate) async fn tail(
	shared: &Shared,
	job: [u8; 32],
	locators: &[String],
	secret: Option<&[u8; 32]>,
	pieces: mpsc::Sender<Piece>,
) -> Result<(), TransferError> {
	let limit = shared.options.streams.bytes_per_stream as u64;
	let mut reader = Reader::new(job, secret.copied(), limit);
	let (named, mut attempts) = locator::by_peer(locators);
	let mut sources: VecDeque<Source> = named
		.into_iter()
		.map(|(name, peer, addresses)| Source {
			name,
			peer,
			addresses,
			failure: None,
		})
		.collect();
	let (mut fruitless, mut reached, mut pause) = (0u32, false, PAUSE);
	while let Some(source) = sources.front_mut() {
		let asked = Instant::now();
		let answer = tokio::select! {
			answer = ask(shared, source, reader.question()) => answer?,
			() = pieces.closed() => return Ok(()),
		};
		reached |= answer.is_ok();
		// What is wrong, and whether asking again can help.
		let (failure, for_ever) = match answer {
			Ok(Answer::Part(part)) => match reader.take(part) {
				Ok((new, state)) => {
					let is_new = !new.is_empty();
					for piece in new {
						if pieces.send(piece).await.is_err() {
							return Ok(());
						}
					}
					if is_new {
						(fruitless, pause) = (0, PAUSE);
					}
					match state {
						StreamState::Finished => return Ok(()),
						StreamState::Cut => (SourceFailure::StreamCut, true),
						StreamState::BrokenOff => (SourceFailure::StreamBrokenOff, false),
						StreamState::Going if is_new => continue,
						// Nothing was made meanwhile: that is no failure.
						StreamState::Going if asked.elapsed() >= EXPECTED_WAIT => continue,
						StreamState::Going => (SourceFailure::Busy, false),
					}
				}
				Err(violation) => {
					let peer = source.peer;
					shared.command(Command::CutOff { peer }).await?;
					(SourceFailure::Misbehaved(violation), true)
				}
			},
			Ok(Answer::Unknown) => (SourceFailure::NoStream, false),
			Ok(Answer::Busy) => (SourceFailure::Busy, false),
			// It has less of the stream than it sent.
			Ok(Answer::Refused) => (SourceFailure::Refused, true),
			Err(failure @ (SourceFailure::Refused | SourceFailure::Misbehaved(_))) => {
				(failure, true)
			}
			Err(failure) => (failure, false),
		};
		source.failure = Some(failure);
		fruitless = fruitless.saturating_add(1);
		let tries = match reached {
			true => TRIES,
			false => TRIES_TO_BEGIN.saturating_mul(u32::try_from(sources.len()).unwrap_or(1)),
		};
		if for_ever {
			attempts.extend(sources.pop_front().and_then(Source::attempt));
			continue;
		}
		if fruitless >= tries {
			break;
		}
		sources.rotate_left(1);
		tokio::select! {
			() = sleep(pause) => {}
			() = pieces.closed() => return Ok(()),
		}
		pause = pause.saturating_mul(2).min(PAUSE_MOST);
	}
	attempts.extend(sources.into_iter().filter_map(Source::attempt));
	Err(TransferError::StreamUnavailable { attempts })
}

impl Source {
	fn attempt(self) -> Option<Attempt> {
		self.failure.map(|failure| Attempt {
			source: self.name,
			failure,
		})
	}
}

async fn ask(
	shared: &Shared,
	source: &Source,
	request: Tail,
) -> Result<Result<Answer, SourceFailure>, TransferError> {
	let (reply, answer) = oneshot::channel();
	shared
		.command(Command::Ask {
			peer: source.peer,
			addresses: source.addresses.clone(),
			question: Question::Stream(request, reply),
		})
		.await?;
	answer.await.map_err(|_| TransferError::Closed)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::stream::{StreamLimits, Streams};
	use proptest::prelude::*;

	const JOB: [u8; 32] = [4; 32];
	const SECRET: [u8; 32] = [5; 32];

	fn part(number: u64, offset: u64, bytes: &[u8]) -> Part {
		Part {
			number,
			offset,
			state: StreamState::Going,
			bytes: bytes.to_vec(),
		}
	}

	fn bytes(pieces: &[Piece]) -> Vec<u8> {
		let one = |piece: &Piece| match piece {
			Piece::Bytes(bytes) => bytes.clone(),
			Piece::Restarted => Vec::new(),
		};
		pieces.iter().flat_map(one).collect()
	}

	#[test]
	fn a_part_at_another_offset_is_refused() {
		for (first, second) in [(1, 0), (0, 4), (0, 6), (0, 0), (0, u64::MAX)] {
			let mut reader = Reader::new(JOB, None, 100);
			let taken = reader.take(part(7, first, b"first"));
			let refused = match taken {
				Ok(_) => reader.take(part(7, second, b"second")).expect_err("lies"),
				Err(refused) => refused,
			};
			assert!(refused.contains("instead of"), "{refused}");
		}
	}

	#[test]
	fn more_than_the_limit_is_refused() {
		let mut reader = Reader::new(JOB, None, 10);
		reader.take(part(7, 0, b"01234567")).expect("fits");
		let refused = reader.take(part(7, 8, b"890")).expect_err("is too much");
		assert!(refused.contains("more than 10"), "{refused}");
	}

	#[test]
	fn a_restart_is_told_begins_at_zero_and_may_not_come_for_ever() {
		let mut reader = Reader::new(JOB, None, 100);
		reader.take(part(7, 0, b"one")).expect("is right");
		assert_eq!((reader.question().number, reader.question().offset), (7, 3));
		let (pieces, _) = reader.take(part(8, 0, b"two")).expect("is right");
		assert_eq!(pieces, [Piece::Restarted, Piece::Bytes(b"two".to_vec())]);
		assert!(Reader::new(JOB, None, 100).take(part(8, 3, b"")).is_err());
		assert!(
			reader.take(part(9, 3, b"x")).is_err(),
			"not from the middle"
		);
		let mut reader = Reader::new(JOB, None, 100);
		let restarts = (1..100).take_while(|number| reader.take(part(*number, 0, b"x")).is_ok());
		assert_eq!(restarts.count(), MAX_RESTARTS as usize + 1);
	}

	#[tokio::test]
	async fn a_sealed_stream_cannot_be_altered_swapped_or_ended_by_who_serves_it() {
		let streams = Streams::new(StreamLimits::default());
		let open = |job| {
			let writer = streams.open(job, Some(public_key(&SECRET)));
			writer.expect("has room")
		};
		let (writer, other) = (open(JOB), open([6; 32]));
		for writer in [&writer, &other] {
			writer.push(b"some words");
			writer.push(b" and more");
			writer.finish();
		}
		let honest = {
			let reader = Reader::new(JOB, Some(SECRET), 10_000);
			match streams.read(&reader.question()).await {
				Answer::Part(part) => part,
				answer => panic!("{answer:?}"),
			}
		};
		let take = |part: Part| {
			let mut reader = Reader::new(JOB, Some(SECRET), 10_000);
			reader.take(part).map(|(pieces, _)| bytes(&pieces))
		};
		assert_eq!(take(honest.clone()), Ok(b"some words and more".to_vec()));

		let mut swapped = honest.clone();
		swapped.bytes[44..204].rotate_left(80);
		assert!(take(swapped).is_err());
		let mut short = honest.clone();
		short.bytes.truncate(204);
		let refused = take(short).expect_err("is short");
		assert!(refused.contains("last frame"), "{refused}");
		let foreign = Reader::new([6; 32], Some(SECRET), 10_000).question();
		let foreign = match streams.read(&foreign).await {
			Answer::Part(part) => part,
			answer => panic!("{answer:?}"),
		};
		assert!(take(foreign).is_err(), "of another job");
		let mut clear = honest;
		clear.bytes =
			b"text in the clear, long enough to be taken for a frame or a header".to_vec();
		assert!(take(clear).is_err());
	}

	proptest! {
		#[test]
		fn what_is_taken_is_the_stream_or_nothing(
			texts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..20), 0..20),
			lies in proptest::collection::vec((any::<bool>(), 0u64..40), 0..20),
		) {
			let mut reader = Reader::new(JOB, None, 10_000);
			let mut taken = Vec::new();
			let mut sent = Vec::new();
			for (at, text) in texts.iter().enumerate() {
				let lie = lies.get(at).filter(|(lie, _)| *lie).map(|(_, offset)| *offset);
				let offset = lie.unwrap_or(sent.len() as u64);
				let right = offset == sent.len() as u64;
				match reader.take(part(7, offset, text)) {
					Ok((pieces, _)) => {
						prop_assert!(right);
						taken.extend(bytes(&pieces));
						sent.extend_from_slice(text);
					}
					Err(_) => prop_assert!(!right),
				}
			}
			prop_assert_eq!(taken, sent);
		}
	}
}
