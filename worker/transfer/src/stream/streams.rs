//! The streams that a node serves: buffers in memory.
//!
//! # What it guarantees
//!
//! 1. [`StreamWriter::push`] takes a lock for the time of copying a few kibibytes, and never waits
//!    for anybody.
//! 2. All bounds of [`StreamLimits`] that concern streams hold at every moment. Room is made by
//!    dropping ended streams, the one that ended first before the others; a stream that still finds
//!    none is cut.
//! 3. A reader that waits hears of what comes, of the end, and of another stream of the same name.
//! 4. A writer that is dropped leaves a stream that is broken off, not one that goes on for ever.

use super::{
	protocol::{Answer, Part, StreamState, Tail, MAX_PART_BYTES},
	sealed::Sealer,
	stream_id, StreamId, StreamLimits,
};
use crate::error::TransferError;
use rand_core::{OsRng, RngCore};
use std::{
	collections::BTreeMap,
	sync::{
		atomic::{AtomicUsize, Ordering},
		Arc, Mutex, MutexGuard, PoisonError,
	},
	time::Instant,
};
use tokio::sync::Notify;

/// Wakes the readers of one stream, and counts them.
#[derive(Default)]
struct Signal {
	changed: Notify,
	waiting: AtomicUsize,
}

struct Stream {
	number: u64,
	bytes: Vec<u8>,
	state: StreamState,
	/// When it ended.
	ended: Option<Instant>,
	signal: Arc<Signal>,
}

#[derive(Default)]
struct Table {
	streams: BTreeMap<StreamId, Stream>,
	/// Bytes of all streams.
	bytes: usize,
}

struct Shared {
	limits: StreamLimits,
	table: Mutex<Table>,
}

/// The streams that are served; clones are the same. See the module.
#[derive(Clone)]
pub struct Streams {
	shared: Arc<Shared>,
}

/// Writes one stream. It ends at [`StreamWriter::finish`]; dropped before, it is broken off.
pub struct StreamWriter {
	streams: Streams,
	id: StreamId,
	number: u64,
	/// Seals what is pushed; `None` in the inner place for a stream in the clear, and outside once
	/// the stream has ended.
	sealer: Mutex<Option<Option<Sealer>>>,
}

/// What a reader finds.
enum Found {
	Answer(Answer),
	/// Nothing yet.
	Nothing(Arc<Signal>),
}

/// Stands for a reader that waits.
struct Waiting(Arc<Signal>);

impl Waiting {
	fn enter(signal: Arc<Signal>, most: usize) -> Option<Self> {
		let entered =
			signal
				.waiting
				.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |waiting| {
					(waiting < most).then_some(waiting.saturating_add(1))
				});
		// Made only where it entered: dropping it leaves.
		entered.is_ok().then(|| Waiting(signal))
	}
}

impl Drop for Waiting {
	fn drop(&mut self) {
		self.0.waiting.fetch_sub(1, Ordering::Relaxed);
	}
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
	// Nothing that holds a lock here panics, so a poisoned one is as good.
	mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Table {
	fn remove(&mut self, id: &StreamId) {
		if let Some(stream) = self.streams.remove(id) {
			self.bytes = self.bytes.saturating_sub(stream.bytes.len());
			stream.signal.changed.notify_waiters();
		}
	}

	/// Drops the ended stream that ended first, but not this one. Whether there was one.
	fn make_room(&mut self, but: &StreamId) -> bool {
		let ended = self.streams.iter().filter(|(id, _)| *id != but);
		let ended = ended.filter_map(|(id, stream)| stream.ended.map(|at| (at, *id)));
		match ended.min() {
			Some((_, oldest)) => {
				self.remove(&oldest);
				true
			}
			None => false,
		}
	}

	fn sweep(&mut self, limits: &StreamLimits) {
		let old = |stream: &Stream| stream.ended.is_some_and(|at| at.elapsed() >= limits.kept);
		let old: Vec<StreamId> = self
			.streams
			.iter()
			.filter(|(_, stream)| old(stream))
			.map(|(id, _)| *id)
			.collect();
		for id in old {
			self.remove(&id);
		}
	}

	/// The stream, if it is still the one with this number and goes on.
	fn going(&mut self, id: &StreamId, number: u64) -> Option<&mut Stream> {
		self.streams
			.get_mut(id)
			.filter(|stream| stream.number == number && stream.state == StreamState::Going)
	}

	fn append(&mut self, limits: &StreamLimits, id: &StreamId, number: u64, bytes: &[u8]) {
		let Some(stream) = self.going(id, number) else {
			return;
		};
		let fits = stream.bytes.len().saturating_add(bytes.len()) <= limits.bytes_per_stream;
		if !fits {
			return self.end(id, number, StreamState::Cut);
		}
		while self.bytes.saturating_add(bytes.len()) > limits.bytes {
			if !self.make_room(id) {
				return self.end(id, number, StreamState::Cut);
			}
		}
		let Some(stream) = self.going(id, number) else {
			return;
		};
		stream.bytes.extend_from_slice(bytes);
		stream.signal.changed.notify_waiters();
		self.bytes = self.bytes.saturating_add(bytes.len());
	}

	fn end(&mut self, id: &StreamId, number: u64, state: StreamState) {
		if let Some(stream) = self.going(id, number) {
			stream.state = state;
			stream.ended = Some(Instant::now());
			stream.signal.changed.notify_waiters();
		}
	}

	/// What there is for a reader.
	fn look(&self, tail: &Tail) -> Found {
		let Some(stream) = self.streams.get(&tail.stream) else {
			return Found::Answer(Answer::Unknown);
		};
		let knows_another = tail.number != 0 && tail.number != stream.number;
		match stream.part(tail) {
			Some(part) if part.bytes.is_empty() && part.state == StreamState::Going => {
				match knows_another {
					// That its text is void is worth an answer.
					true => Found::Answer(Answer::Part(part)),
					false => Found::Nothing(stream.signal.clone()),
				}
			}
			Some(part) => Found::Answer(Answer::Part(part)),
			None => Found::Answer(Answer::Refused),
		}
	}
}

impl Stream {
	/// What follows what a reader has, or `None` where it claims to have more than there is.
	fn part(&self, tail: &Tail) -> Option<Part> {
		let offset = match tail.number == self.number {
			true => tail.offset,
			false => 0,
		};
		let rest = self.bytes.get(usize::try_from(offset).ok()?..)?;
		let (bytes, after) = rest.split_at(rest.len().min(MAX_PART_BYTES));
		let state = match after.is_empty() {
			true => self.state,
			false => StreamState::Going,
		};
		Some(Part {
			number: self.number,
			offset,
			state,
			bytes: bytes.to_vec(),
		})
	}
}

impl Streams {
	/// No streams, within these bounds.
	pub fn new(limits: StreamLimits) -> Self {
		Streams {
			shared: Arc::new(Shared {
				limits,
				table: Mutex::default(),
			}),
		}
	}

	/// The bounds.
	pub fn limits(&self) -> &StreamLimits {
		&self.shared.limits
	}

	/// Begins a job's stream, sealed to `receiver_public` where it is given. A stream of the same
	/// job and receiver that is there is void from now on.
	///
	/// # Errors
	///
	/// [`TransferError::TooManyStreams`] where as many go on as may; [`TransferError::Seal`] for a
	/// key that nothing can be sealed to.
	pub fn open(
		&self,
		job: [u8; 32],
		receiver_public: Option<[u8; 32]>,
	) -> Result<StreamWriter, TransferError> {
		let limits = &self.shared.limits;
		let id = stream_id(&job, receiver_public.as_ref());
		let (sealer, header) = match receiver_public {
			Some(receiver) => {
				let (sealer, header) = Sealer::new(&job, &receiver)?;
				(Some(sealer), header)
			}
			None => (None, Vec::new()),
		};
		let number = OsRng.next_u64().max(1);
		let mut table = lock(&self.shared.table);
		table.sweep(limits);
		table.remove(&id);
		if table.streams.len() >= limits.streams && !table.make_room(&id) {
			return Err(TransferError::TooManyStreams {
				limit: limits.streams,
			});
		}
		let stream = Stream {
			number,
			bytes: Vec::new(),
			state: StreamState::Going,
			ended: None,
			signal: Arc::default(),
		};
		table.streams.insert(id, stream);
		table.append(limits, &id, number, &header);
		drop(table);
		Ok(StreamWriter {
			streams: self.clone(),
			id,
			number,
			sealer: Mutex::new(Some(sealer)),
		})
	}

	/// Answers a reader. Waits, at most for the time of the limits, until there is something.
	pub async fn read(&self, tail: &Tail) -> Answer {
		let limits = &self.shared.limits;
		let deadline = tokio::time::Instant::now() + limits.wait;
		loop {
			let signal = match self.look(tail) {
				Found::Answer(answer) => return answer,
				Found::Nothing(signal) => signal,
			};
			let Some(waiting) = Waiting::enter(signal, limits.readers_per_stream) else {
				return Answer::Busy;
			};
			let changed = waiting.0.changed.notified();
			tokio::pin!(changed);
			// From here on no change is missed; what came before is seen by looking again.
			changed.as_mut().enable();
			if let Found::Answer(answer) = self.look(tail) {
				return answer;
			}
			if tokio::time::timeout_at(deadline, changed).await.is_err() {
				return self.now(tail);
			}
		}
	}

	/// Answers a reader at once, also where nothing is new.
	fn now(&self, tail: &Tail) -> Answer {
		let table = lock(&self.shared.table);
		match table.look(tail) {
			Found::Answer(answer) => answer,
			Found::Nothing(_) => match table.streams.get(&tail.stream) {
				Some(stream) => stream.part(tail).map_or(Answer::Refused, Answer::Part),
				None => Answer::Unknown,
			},
		}
	}

	fn look(&self, tail: &Tail) -> Found {
		lock(&self.shared.table).look(tail)
	}

	/// Drops the streams that ended long enough ago.
	pub fn sweep(&self) {
		lock(&self.shared.table).sweep(&self.shared.limits);
	}

	/// How many streams there are, ended ones that are kept included.
	pub fn count(&self) -> usize {
		lock(&self.shared.table).streams.len()
	}
}

impl StreamWriter {
	/// Adds text. It is dropped where the stream was cut, has ended, or was opened again.
	pub fn push(&self, text: &[u8]) {
		let mut sealer = lock(&self.sealer);
		let sealed;
		let bytes = match &mut *sealer {
			None => return,
			Some(None) => text,
			Some(Some(sealer)) => match sealer.seal(text) {
				Ok(frames) => {
					sealed = frames;
					&sealed
				}
				Err(error) => {
					tracing::warn!(%error, "a stream is cut");
					return self.end(StreamState::Cut);
				}
			},
		};
		if !bytes.is_empty() {
			// Under the sealer's lock: frames must follow each other in the order of their places.
			self.append(bytes);
		}
	}

	/// Ends the stream: all of it was pushed.
	pub fn finish(&self) {
		let Some(sealer) = lock(&self.sealer).take() else {
			return;
		};
		match sealer.map(Sealer::end) {
			Some(Ok(frame)) => self.append(&frame),
			Some(Err(_)) => return self.end(StreamState::Cut),
			None => {}
		}
		self.end(StreamState::Finished);
	}

	fn append(&self, bytes: &[u8]) {
		let shared = &self.streams.shared;
		lock(&shared.table).append(&shared.limits, &self.id, self.number, bytes);
	}

	fn end(&self, state: StreamState) {
		lock(&self.streams.shared.table).end(&self.id, self.number, state);
	}
}

impl Drop for StreamWriter {
	fn drop(&mut self) {
		self.end(StreamState::BrokenOff);
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{seal::public_key, stream::sealed::Opener};
	use proptest::prelude::*;
	use std::time::Duration;

	const JOB: [u8; 32] = [3; 32];

	fn limits() -> StreamLimits {
		StreamLimits {
			streams: 2,
			bytes_per_stream: 40_000,
			bytes: 50_000,
			readers_per_stream: 2,
			wait: Duration::from_millis(20),
			..StreamLimits::default()
		}
	}

	fn ask(number: u64, offset: u64) -> Tail {
		Tail {
			stream: JOB,
			number,
			offset,
		}
	}

	async fn part(streams: &Streams, tail: Tail) -> Part {
		match streams.read(&tail).await {
			Answer::Part(part) => part,
			other => panic!("{other:?}"),
		}
	}

	#[tokio::test]
	async fn what_was_pushed_is_read_from_any_offset_in_bounded_parts() {
		let streams = Streams::new(limits());
		let writer = streams.open(JOB, None).expect("has room");
		let text: Vec<u8> = (0..35_000u32).map(|at| (at % 251) as u8).collect();
		writer.push(&text[..20_000]);
		writer.push(&text[20_000..]);
		writer.finish();
		let mut read = Vec::new();
		let mut number = 0;
		loop {
			let part = part(&streams, ask(number, read.len() as u64)).await;
			assert!(part.bytes.len() <= MAX_PART_BYTES);
			assert_eq!(part.offset, read.len() as u64);
			number = part.number;
			read.extend(part.bytes);
			match part.state {
				StreamState::Finished => break,
				state => assert_eq!(state, StreamState::Going),
			}
		}
		assert_eq!(read, text);
		let middle = part(&streams, ask(number, 34_990)).await;
		assert_eq!(middle.bytes, text[34_990..]);
	}

	#[tokio::test]
	async fn an_offset_beyond_the_end_is_refused_and_an_unknown_stream_is_unknown() {
		let streams = Streams::new(limits());
		assert_eq!(streams.read(&ask(0, 0)).await, Answer::Unknown);
		let writer = streams.open(JOB, None).expect("has room");
		writer.push(b"abc");
		let number = part(&streams, ask(0, 0)).await.number;
		for offset in [4, u64::MAX] {
			assert_eq!(streams.read(&ask(number, offset)).await, Answer::Refused);
		}
		let waited = part(&streams, ask(number, 3)).await;
		assert_eq!((waited.bytes, waited.state), (vec![], StreamState::Going));
	}

	#[tokio::test]
	async fn a_reader_that_waits_hears_of_text_of_the_end_and_of_a_restart() {
		let long = StreamLimits {
			wait: Duration::from_secs(60),
			..limits()
		};
		let streams = Streams::new(long);
		let writer = streams.open(JOB, None).expect("has room");
		let waiting = |tail: Tail| {
			let streams = streams.clone();
			tokio::spawn(async move { part(&streams, tail).await })
		};
		let reader = waiting(ask(0, 0));
		tokio::task::yield_now().await;
		writer.push(b"a");
		let first = reader.await.expect("is answered");
		assert_eq!(first.bytes, b"a");

		let reader = waiting(ask(first.number, 1));
		tokio::task::yield_now().await;
		let again = streams.open(JOB, None).expect("takes its place");
		let restarted = reader.await.expect("is answered");
		assert_ne!(restarted.number, first.number);
		assert_eq!((restarted.offset, restarted.bytes), (0, vec![]));

		// The old writer writes into nothing.
		writer.push(b"old");
		drop(writer);
		let reader = waiting(ask(restarted.number, 0));
		tokio::task::yield_now().await;
		drop(again);
		let broken = reader.await.expect("is answered");
		assert_eq!(
			(broken.bytes, broken.state),
			(vec![], StreamState::BrokenOff)
		);
	}

	#[tokio::test]
	async fn no_more_readers_wait_for_a_stream_than_may_and_they_leave_when_they_stop() {
		let long = StreamLimits {
			wait: Duration::from_secs(60),
			..limits()
		};
		let streams = Streams::new(long);
		let writer = streams.open(JOB, None).expect("has room");
		let readers: Vec<_> = (0..2)
			.map(|_| {
				let streams = streams.clone();
				tokio::spawn(async move { streams.read(&ask(0, 0)).await })
			})
			.collect();
		tokio::task::yield_now().await;
		assert_eq!(streams.read(&ask(0, 0)).await, Answer::Busy);
		for reader in readers {
			reader.abort();
			let _ = reader.await;
		}
		let reader = {
			let streams = streams.clone();
			tokio::spawn(async move { streams.read(&ask(0, 0)).await })
		};
		tokio::task::yield_now().await;
		writer.push(b"x");
		let answer = reader.await.expect("is answered");
		assert!(matches!(answer, Answer::Part(part) if part.bytes == b"x"));
	}

	#[tokio::test]
	async fn a_stream_that_meets_a_bound_is_cut_and_ended_ones_make_room() {
		let streams = Streams::new(limits());
		let writer = streams.open(JOB, None).expect("has room");
		writer.push(&[1; 40_000]);
		writer.push(&[1]);
		writer.push(&[1]);
		writer.finish();
		let number = part(&streams, ask(0, 0)).await.number;
		let end = part(&streams, ask(number, 40_000)).await;
		assert_eq!((end.bytes, end.state), (vec![], StreamState::Cut));

		// Another needs the bytes: the ended one goes.
		let other = streams.open([4; 32], None).expect("has room");
		other.push(&[2; 20_000]);
		assert_eq!(streams.read(&ask(0, 0)).await, Answer::Unknown);

		// Nothing ended: there is no room for a third stream, and none for more bytes in all.
		let second = streams.open(JOB, None).expect("has room");
		assert!(matches!(
			streams.open([5; 32], None),
			Err(TransferError::TooManyStreams { limit: 2 })
		));
		second.push(&[3; 30_000]);
		second.push(&[3; 1]);
		let number = part(&streams, ask(0, 0)).await.number;
		let end = part(&streams, ask(number, 30_000)).await;
		assert_eq!(end.state, StreamState::Cut);
		// Its bytes make room for the first.
		other.push(&[2; 15_000]);
		assert_eq!(streams.count(), 1);
	}

	#[tokio::test]
	async fn a_stream_is_dropped_some_time_after_its_end() {
		let brief = StreamLimits {
			kept: Duration::ZERO,
			..limits()
		};
		let streams = Streams::new(brief);
		let writer = streams.open(JOB, None).expect("has room");
		streams.sweep();
		assert_eq!(streams.count(), 1, "it goes on");
		writer.finish();
		streams.sweep();
		assert_eq!(streams.count(), 0);
	}

	#[tokio::test]
	async fn a_sealed_stream_has_a_name_of_its_own_and_opens_for_its_receiver() {
		let streams = Streams::new(limits());
		let (secret, public) = ([9; 32], public_key(&[9; 32]));
		let writer = streams.open(JOB, Some(public)).expect("has room");
		writer.push(b"for you ");
		writer.push(b"alone");
		writer.finish();
		assert_eq!(streams.read(&ask(0, 0)).await, Answer::Unknown);
		let tail = Tail {
			stream: stream_id(&JOB, Some(&public)),
			..ask(0, 0)
		};
		let sealed = part(&streams, tail).await;
		let mut opener = Opener::new(JOB, secret);
		let text = opener.open(&sealed.bytes);
		assert_eq!(text, Ok(b"for you alone".to_vec()));
		assert!(opener.ended());
	}

	proptest! {
		#[test]
		fn the_bounds_hold_whatever_writers_do(
			acts in proptest::collection::vec((0u8..4, 0u8..3, 0usize..30_000), 0..60),
		) {
			let streams = Streams::new(limits());
			let mut writers: BTreeMap<u8, StreamWriter> = BTreeMap::new();
			for (stream, act, length) in acts {
				match act {
					0 => match streams.open([stream; 32], None) {
						Ok(writer) => drop(writers.insert(stream, writer)),
						Err(_) => drop(writers.remove(&stream)),
					},
					1 => if let Some(writer) = writers.get(&stream) {
						writer.push(&vec![stream; length]);
					},
					_ => if let Some(writer) = writers.get(&stream) {
						writer.finish();
					},
				}
				let table = lock(&streams.shared.table);
				let lengths = table.streams.values().map(|stream| stream.bytes.len());
				prop_assert_eq!(lengths.clone().sum::<usize>(), table.bytes);
				prop_assert!(table.bytes <= 50_000 && table.streams.len() <= 2);
				prop_assert!(lengths.clone().all(|length| length <= 40_000));
				let ended = table.streams.values();
				prop_assert!(ended.into_iter().all(
					|stream| stream.ended.is_none() == (stream.state == StreamState::Going)
				));
			}
		}
	}
}
