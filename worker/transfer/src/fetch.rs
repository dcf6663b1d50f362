//! Fetching one content from several sources.
//!
//! All locators are asked at once whether they hold the content, so that dead ones cost no time
//! after each other. Those that do are asked for chunks, side by side. The DHT is asked when no
//! locator is left, or has not answered within `dht_after`.
//!
//! # What it guarantees
//!
//! 1. What is returned has the identity that was asked for.
//! 2. A source that sends a wrong chunk, or chunks that were not asked for, is given up and named,
//!    and its peer is not asked again for this content by this node ([`Distrust`]).
//! 3. It ends: every request has a deadline, every source is given up after a bounded number of
//!    failures, and at most [`MAX_LOCATORS`] + [`MAX_PROVIDERS`] sources are asked.
//! 4. Chunks are on disk before more are asked for in their place, so an interrupted fetch goes on.
//! 5. A fetch that fails before it received anything leaves nothing behind in the store.

use crate::{
	content::ContentId,
	error::{Attempt, SourceFailure, StoreError, TransferError},
	locator::{self, MAX_LOCATORS},
	node::Shared,
	protocol::{ProvenChunk, Request, Response},
	store::Moment,
	swarm::{Command, Question},
	transport::{blocking, Progress, ProgressSink},
	tree::chunk_count,
};
use futures::{
	future::BoxFuture,
	stream::{FuturesUnordered, StreamExt},
};
use libp2p::{Multiaddr, PeerId};
use rand_core::{OsRng, RngCore};
use std::{
	collections::{BTreeMap, VecDeque},
	sync::{Mutex, MutexGuard, PoisonError},
	time::Duration,
};
use tokio::{
	sync::{mpsc, oneshot},
	time::{sleep_until, timeout, Instant},
};

/// Most providers that are taken from the DHT for one fetch.
pub const MAX_PROVIDERS: usize = 8;
/// Requests in a row that a source may let time out.
const MAX_TIMEOUTS: u32 = 3;
/// How often a busy source is asked, and the mean first and longest pause; each is twice the last.
const BUSY_TRIES: u32 = 10;
const BUSY_PAUSE: Duration = Duration::from_millis(50);
const BUSY_PAUSE_MOST: Duration = Duration::from_secs(1);
/// Most pairs of content and peer that are remembered.
const MAX_DISTRUSTED: usize = 4096;

/// Which peers sent wrong data for which content; the latest [`MAX_DISTRUSTED`] pairs.
#[derive(Default)]
pub(crate) struct Distrust(Mutex<VecDeque<(ContentId, PeerId)>>);

impl Distrust {
	fn add(&self, id: ContentId, peer: PeerId) {
		// A panic cannot leave the list half changed, so a poisoned lock is as good.
		let mut pairs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
		if pairs.len() >= MAX_DISTRUSTED {
			pairs.pop_front();
		}
		pairs.push_back((id, peer));
	}

	fn contains(&self, id: ContentId, peer: PeerId) -> bool {
		self.0
			.lock()
			.unwrap_or_else(PoisonError::into_inner)
			.contains(&(id, peer))
	}
}

/// How many fetches of which content are under way.
#[derive(Default)]
pub(crate) struct Fetching(Mutex<BTreeMap<ContentId, usize>>);

/// Stands for one fetch.
struct FetchGuard<'a> {
	fetching: &'a Fetching,
	id: ContentId,
}

impl Fetching {
	fn counts(&self) -> MutexGuard<'_, BTreeMap<ContentId, usize>> {
		self.0.lock().unwrap_or_else(PoisonError::into_inner)
	}

	fn enter(&self, id: ContentId) -> FetchGuard<'_> {
		*self.counts().entry(id).or_default() += 1;
		FetchGuard { fetching: self, id }
	}
}

impl FetchGuard<'_> {
	/// Whether nobody else fetches this content now.
	fn is_last(&self) -> bool {
		self.fetching.counts().get(&self.id) == Some(&1)
	}
}

impl Drop for FetchGuard<'_> {
	fn drop(&mut self) {
		let mut counts = self.fetching.counts();
		if let Some(count) = counts.get_mut(&self.id) {
			*count = count.saturating_sub(1);
			if *count == 0 {
				counts.remove(&self.id);
			}
		}
	}
}

/// Where a source stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
	/// Asked whether it holds the content.
	Probing,
	/// Asked for chunks.
	Active,
	/// Not asked any more.
	Done,
}

struct Source {
	name: String,
	peer: PeerId,
	addresses: Vec<Multiaddr>,
	stage: Stage,
	/// Requests that are open.
	open: usize,
	/// Chunks that the next request asks for; less after a time-out.
	batch: usize,
	/// Time-outs in a row.
	timeouts: u32,
}

/// What came of one request to a source.
enum Outcome {
	Probed(Result<Response, SourceFailure>),
	/// The chunks that were asked for, and whether all are on disk now.
	Chunks(Vec<u32>, Result<(), ChunkFailure>),
}

enum ChunkFailure {
	/// The source failed.
	Source(SourceFailure),
	/// Our own store failed.
	Store(StoreError),
}

/// Whether the DHT was asked.
enum Lookup {
	NotYet,
	Running(mpsc::Receiver<PeerId>),
	Over,
}

type Open<'a> = FuturesUnordered<BoxFuture<'a, (usize, Outcome)>>;

struct Fetch<'a> {
	shared: &'a Shared,
	id: ContentId,
	progress: ProgressSink<'a>,
	sources: Vec<Source>,
	attempts: Vec<Attempt>,
	/// Chunks that are neither there nor asked for.
	missing: VecDeque<u32>,
	received: u64,
	open: Open<'a>,
}

/// Fetches content. See the module.
pub(crate) async fn fetch(
	shared: &Shared,
	id: ContentId,
	locators: &[String],
	until: Moment,
	progress: ProgressSink<'_>,
) -> Result<Vec<u8>, TransferError> {
	let limit = shared.store.options().max_content;
	if id.length > limit {
		return Err(TransferError::TooLarge {
			length: id.length,
			limit,
		});
	}
	let guard = shared.fetching.enter(id);
	let store = shared.store.clone();
	let missing = blocking(move || {
		store.begin(&id, until)?;
		store.missing(&id)
	})
	.await??;
	let mut fetch = Fetch {
		shared,
		id,
		progress,
		sources: Vec::new(),
		attempts: Vec::new(),
		received: chunk_count(id.length).saturating_sub(missing.len() as u64),
		missing: missing.into(),
		open: FuturesUnordered::new(),
	};
	fetch.report_received();
	if let Err(error) = fetch.download(locators).await {
		if guard.is_last() {
			let store = shared.store.clone();
			blocking(move || store.abandon(&id)).await??;
		}
		return Err(error);
	}
	let store = shared.store.clone();
	let content = blocking(move || match store.get(&id)? {
		Some(content) => Ok(content),
		None => store.finish(&id),
	})
	.await??;
	// From now on this node is a provider too.
	shared.command(Command::Provide { id, done: None }).await?;
	Ok(content)
}

impl<'a> Fetch<'a> {
	fn report_received(&mut self) {
		let total = chunk_count(self.id.length);
		(self.progress)(Progress::Received {
			chunks: self.received,
			total,
		});
	}

	/// Asks sources until every chunk is on disk, or no source is left.
	async fn download(&mut self, locators: &[String]) -> Result<(), TransferError> {
		let (named, unusable) = locator::by_peer(locators);
		for attempt in unusable {
			self.note(attempt.source, attempt.failure);
		}
		for (name, peer, addresses) in named {
			self.add(name, peer, addresses);
		}
		let mut lookup = Lookup::NotYet;
		let lookup_at = Instant::now() + self.shared.options.dht_after;
		loop {
			self.ask_for_more();
			if self.received >= chunk_count(self.id.length) {
				return Ok(());
			}
			if self.open.is_empty() {
				match lookup {
					Lookup::NotYet => lookup = look_up(self.shared, self.id).await?,
					Lookup::Running(_) => {}
					Lookup::Over => return Err(self.failure()),
				}
			}
			let none_active = self
				.sources
				.iter()
				.all(|source| source.stage != Stage::Active);
			let may_look_up = matches!(lookup, Lookup::NotYet) && none_active;
			tokio::select! {
				Some((source, outcome)) = self.open.next(), if !self.open.is_empty() =>
					self.handle(source, outcome).await?,
				found = next_provider(&mut lookup) => match found {
					Some(peer) => self.add(format!("peer {peer}"), peer, Vec::new()),
					None => lookup = Lookup::Over,
				},
				() = sleep_until(lookup_at), if may_look_up =>
					lookup = look_up(self.shared, self.id).await?,
			}
		}
	}

	/// Takes note that a source failed, and tells of it.
	fn note(&mut self, source: String, failure: SourceFailure) {
		tracing::debug!(id = %self.id, %source, %failure, "a source did not deliver");
		let attempt = Attempt { source, failure };
		(self.progress)(Progress::GaveUp(attempt.clone()));
		self.attempts.push(attempt);
	}

	/// Adds a source, unless its peer is asked already.
	fn add(&mut self, name: String, peer: PeerId, addresses: Vec<Multiaddr>) {
		let known = self.sources.iter().any(|source| source.peer == peer);
		if known || self.sources.len() >= MAX_LOCATORS + MAX_PROVIDERS {
			return;
		}
		if self.shared.distrust.contains(self.id, peer) {
			return self.note(name, SourceFailure::Distrusted);
		}
		let index = self.sources.len();
		let (shared, known) = (self.shared, addresses.clone());
		let request = Request::Probe(self.id);
		self.open.push(Box::pin(async move {
			let limit = shared.options.connect_timeout;
			let answer = ask(shared, peer, known, request, limit).await;
			(index, Outcome::Probed(answer))
		}));
		self.sources.push(Source {
			name,
			peer,
			addresses,
			stage: Stage::Probing,
			open: 0,
			batch: self.shared.options.chunks_per_request,
			timeouts: 0,
		});
	}

	/// Asks every active source for chunks until its window is full or none are left to ask for.
	fn ask_for_more(&mut self) {
		let (shared, id) = (self.shared, self.id);
		for (index, source) in self.sources.iter_mut().enumerate() {
			while source.stage == Stage::Active
				&& source.open < shared.options.requests_per_peer
				&& !self.missing.is_empty()
			{
				let mut indices: Vec<u32> = self
					.missing
					.drain(..source.batch.min(self.missing.len()))
					.collect();
				// What came back after a failure may be out of order.
				indices.sort_unstable();
				source.open += 1;
				let (peer, addresses) = (source.peer, source.addresses.clone());
				self.open.push(Box::pin(async move {
					let result = get_chunks(shared, id, peer, addresses, &indices).await;
					(index, Outcome::Chunks(indices, result))
				}));
			}
		}
	}

	async fn handle(&mut self, index: usize, outcome: Outcome) -> Result<(), TransferError> {
		let Some(source) = self.sources.get_mut(index) else {
			return Ok(());
		};
		let failure = match outcome {
			Outcome::Probed(Ok(Response::Held)) => {
				source.stage = Stage::Active;
				return Ok(());
			}
			Outcome::Probed(Ok(response)) => unfit(response),
			Outcome::Probed(Err(failure)) => failure,
			Outcome::Chunks(indices, Ok(())) => {
				source.open = source.open.saturating_sub(1);
				source.timeouts = 0;
				self.received = self.received.saturating_add(indices.len() as u64);
				self.report_received();
				return Ok(());
			}
			Outcome::Chunks(_, Err(ChunkFailure::Store(error))) => return Err(error.into()),
			Outcome::Chunks(indices, Err(ChunkFailure::Source(failure))) => {
				source.open = source.open.saturating_sub(1);
				for chunk in indices.into_iter().rev() {
					self.missing.push_front(chunk);
				}
				if let SourceFailure::TimedOut(_) = failure {
					source.timeouts += 1;
					source.batch = (source.batch / 2).max(1);
					if source.timeouts < MAX_TIMEOUTS {
						return Ok(());
					}
				}
				failure
			}
		};
		if source.stage == Stage::Done {
			// An earlier request has told why already.
			return Ok(());
		}
		source.stage = Stage::Done;
		let (name, peer) = (source.name.clone(), source.peer);
		if matches!(
			failure,
			SourceFailure::WrongData(_) | SourceFailure::Misbehaved(_)
		) {
			tracing::warn!(id = %self.id, source = %name, %failure, "a source was caught");
			self.shared.distrust.add(self.id, peer);
		}
		if matches!(failure, SourceFailure::Misbehaved(_)) {
			self.shared.command(Command::CutOff { peer }).await?;
		}
		self.note(name, failure);
		Ok(())
	}

	/// The error when no source is left.
	fn failure(&self) -> TransferError {
		let not_held = |attempt: &Attempt| attempt.failure == SourceFailure::NotHeld;
		match self.attempts.iter().all(not_held) {
			true => TransferError::NotFound {
				id: self.id,
				asked: self.attempts.len(),
			},
			false => TransferError::Unavailable {
				id: self.id,
				missing: chunk_count(self.id.length).saturating_sub(self.received),
				attempts: self.attempts.clone(),
			},
		}
	}
}

/// Asks those at the locators, one after the other, which content goes by a name.
pub(crate) async fn resolve(
	shared: &Shared,
	name: [u8; 32],
	locators: &[String],
) -> Result<ContentId, TransferError> {
	let (named, mut attempts) = locator::by_peer(locators);
	for (source, peer, addresses) in named {
		let limit = shared.options.connect_timeout;
		let failure = match ask(shared, peer, addresses, Request::Named(name), limit).await {
			Ok(Response::Named(id)) => return Ok(id),
			Ok(response) => unfit(response),
			Err(failure) => failure,
		};
		attempts.push(Attempt { source, failure });
	}
	Err(TransferError::NameUnknown { attempts })
}

/// Starts to ask the DHT for providers.
async fn look_up(shared: &Shared, id: ContentId) -> Result<Lookup, TransferError> {
	let (found, providers) = mpsc::channel(MAX_PROVIDERS);
	shared.command(Command::FindProviders { id, found }).await?;
	Ok(Lookup::Running(providers))
}

/// The next provider of a lookup that runs; never returns where none does.
async fn next_provider(lookup: &mut Lookup) -> Option<PeerId> {
	match lookup {
		Lookup::Running(providers) => providers.recv().await,
		_ => std::future::pending().await,
	}
}

/// The failure that an answer means which is not what was asked for.
fn unfit(response: Response) -> SourceFailure {
	match response {
		Response::NotHeld => SourceFailure::NotHeld,
		Response::Busy => SourceFailure::Busy,
		Response::Refused => SourceFailure::Refused,
		Response::Held | Response::Chunks(_) | Response::Named(_) => {
			SourceFailure::Misbehaved("sent an answer to another question".into())
		}
	}
}

/// Asks a peer, and again after a pause where it is busy. Each answer may take `limit`.
async fn ask(
	shared: &Shared,
	peer: PeerId,
	addresses: Vec<Multiaddr>,
	request: Request,
	limit: Duration,
) -> Result<Response, SourceFailure> {
	let mut pause = BUSY_PAUSE;
	for _ in 1..BUSY_TRIES {
		match ask_once(shared, peer, addresses.clone(), request.clone(), limit).await {
			// Half to one and a half pauses, so that those turned away do not come back together.
			Ok(Response::Busy) => {
				let share = f64::from(OsRng.next_u32()) / f64::from(u32::MAX);
				tokio::time::sleep(pause.mul_f64(0.5 + share)).await;
			}
			answer => return answer,
		}
		pause = (pause * 2).min(BUSY_PAUSE_MOST);
	}
	ask_once(shared, peer, addresses, request, limit).await
}

async fn ask_once(
	shared: &Shared,
	peer: PeerId,
	addresses: Vec<Multiaddr>,
	request: Request,
	limit: Duration,
) -> Result<Response, SourceFailure> {
	let (reply, answer) = oneshot::channel();
	let closed = || SourceFailure::Unreachable("this node is shutting down".into());
	let command = Command::Ask {
		peer,
		addresses,
		question: Question::Transfer(request, reply),
	};
	shared.command(command).await.map_err(|_| closed())?;
	match timeout(limit, answer).await {
		Ok(Ok(answer)) => answer,
		Ok(Err(_)) => Err(closed()),
		Err(_) => Err(SourceFailure::TimedOut(limit)),
	}
}

/// Asks for chunks, checks them and puts them on disk.
async fn get_chunks(
	shared: &Shared,
	id: ContentId,
	peer: PeerId,
	addresses: Vec<Multiaddr>,
	indices: &[u32],
) -> Result<(), ChunkFailure> {
	let request = Request::Chunks {
		id,
		indices: indices.to_vec(),
	};
	// The network task ends a request after its own deadline; this one allows for a new connection.
	let limit = shared
		.options
		.connect_timeout
		.saturating_add(shared.options.request_timeout);
	let chunks = match ask(shared, peer, addresses, request, limit).await {
		Ok(Response::Chunks(chunks)) => chunks,
		Ok(response) => return Err(ChunkFailure::Source(unfit(response))),
		Err(failure) => return Err(ChunkFailure::Source(failure)),
	};
	if !chunks
		.iter()
		.map(|chunk: &ProvenChunk| &chunk.index)
		.eq(indices)
	{
		let failure = SourceFailure::Misbehaved("sent other chunks than were asked for".into());
		return Err(ChunkFailure::Source(failure));
	}
	let store = shared.store.clone();
	match blocking(move || store.put_chunks(&id, &chunks)).await {
		Ok(Ok(())) => Ok(()),
		Ok(Err(StoreError::Chunk(error))) => {
			Err(ChunkFailure::Source(SourceFailure::WrongData(error)))
		}
		Ok(Err(error)) => Err(ChunkFailure::Store(error)),
		Err(_) => Err(ChunkFailure::Store(StoreError::Interrupted)),
	}
}
