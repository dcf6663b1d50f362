//! Peers that do not keep to the rules.

mod common;

use aci_transfer::{
	protocol::{ProvenChunk, ReadRequest, Request, Response, PROTOCOL},
	Attempt, ContentId, Progress, SourceFailure, TransferError, Transport, TreeError,
};
use async_trait::async_trait;
use common::{liar, liar_with, node, options, recorder, swarm, text};
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, StreamExt};
use libp2p::{request_response, swarm::SwarmEvent, StreamProtocol};
use std::{
	io,
	sync::{
		atomic::{AtomicU64, Ordering},
		Arc,
	},
	time::Duration,
};

const KEEP: u64 = 1_000;

/// The right answer about content, as a node that holds it gives it.
fn honest(tree: &aci_transfer::tree::ChunkTree, content: &[u8], request: Request) -> Response {
	match request {
		Request::Probe(_) => Response::Held,
		Request::Named(_) => Response::NotHeld,
		Request::Chunks { indices, .. } => Response::Chunks(
			indices
				.into_iter()
				.map(|index| ProvenChunk {
					index,
					bytes: content
						.chunks(65_536)
						.nth(index as usize)
						.expect("in range")
						.to_vec(),
					proof: tree.proof(u64::from(index)).expect("in range"),
				})
				.collect(),
		),
	}
}

#[tokio::test]
async fn a_wrong_chunk_is_detected_its_peer_named_and_another_used() {
	let (server, client) = (node(1).await, node(2).await);
	let content = text(3 * 1024 * 1024);
	let id = server
		.transport
		.serve(content.clone(), KEEP)
		.await
		.expect("fits");
	let tree = aci_transfer::tree::ChunkTree::of(&content);
	let asked = Arc::new(AtomicU64::new(0));
	let liar = {
		let (asked, content) = (asked.clone(), content.clone());
		liar(3, move |request| {
			asked.fetch_add(1, Ordering::Relaxed);
			let mut response = honest(&tree, &content, request);
			if let Response::Chunks(chunks) = &mut response {
				chunks[0].bytes[100] ^= 1;
			}
			response
		})
		.await
	};

	// Alone: the content is not available, and the liar is named.
	let only = [liar.locator.clone()];
	let error = client
		.transport
		.fetch(id, &only, KEEP, &mut |_| ())
		.await
		.expect_err("lies");
	let TransferError::Unavailable {
		attempts,
		missing: 48,
		..
	} = &error
	else {
		panic!("{error}")
	};
	assert_eq!(attempts.len(), 1);
	assert_eq!(attempts[0].source, liar.locator);
	assert!(matches!(
		attempts[0].failure,
		SourceFailure::WrongData(TreeError::WrongChunk { .. })
	));
	assert!(error.to_string().contains("sent wrong data"), "{error}");
	assert_eq!(
		client.store.state(&id).expect("reads"),
		None,
		"nothing of it is kept"
	);

	// With another: it is not asked again, and the content arrives.
	let asked_before = asked.load(Ordering::Relaxed);
	let both = [
		only.to_vec(),
		server.transport.locators().await.expect("is running"),
	]
	.concat();
	let mut progress = Vec::new();
	let fetched = client
		.transport
		.fetch(id, &both, KEEP, &mut recorder(&mut progress))
		.await;
	assert!(fetched.expect("the other is honest") == content);
	let distrusted = Attempt {
		source: liar.locator.clone(),
		failure: SourceFailure::Distrusted,
	};
	assert!(progress.contains(&Progress::GaveUp(distrusted)));
	assert_eq!(asked.load(Ordering::Relaxed), asked_before);
}

#[tokio::test]
async fn a_liar_beside_an_honest_source_does_not_stop_the_fetch() {
	let (server, client) = (node(4).await, node(5).await);
	let content = text(6 * 1024 * 1024);
	let id = server
		.transport
		.serve(content.clone(), KEEP)
		.await
		.expect("fits");
	let tree = aci_transfer::tree::ChunkTree::of(&content);
	let liar = {
		let content = content.clone();
		liar(6, move |request| {
			let mut response = honest(&tree, &content, request);
			if let Response::Chunks(chunks) = &mut response {
				// Right chunks with each other's proofs.
				if let [first, second, ..] = &mut chunks[..] {
					std::mem::swap(&mut first.proof, &mut second.proof);
				}
			}
			response
		})
		.await
	};
	let mut from = server.transport.locators().await.expect("is running");
	from.insert(0, liar.locator.clone());
	let fetched = client.transport.fetch(id, &from, KEEP, &mut |_| ()).await;
	assert!(fetched.expect("one is honest") == content);
}

#[tokio::test]
async fn chunks_that_were_not_asked_for_break_the_protocol() {
	let client = node(7).await;
	let content = text(200_000);
	let tree = aci_transfer::tree::ChunkTree::of(&content);
	let id = ContentId::of(&content);
	let liar = {
		let content = content.clone();
		liar(8, move |request| match honest(&tree, &content, request) {
			Response::Chunks(mut chunks) => {
				let extra = chunks[0].clone();
				chunks.push(extra);
				Response::Chunks(chunks)
			}
			other => other,
		})
		.await
	};
	let from = [liar.locator.clone()];
	let error = client
		.transport
		.fetch(id, &from, KEEP, &mut |_| ())
		.await
		.expect_err("lies");
	let TransferError::Unavailable { attempts, .. } = &error else {
		panic!("{error}")
	};
	assert!(
		matches!(attempts[0].failure, SourceFailure::Misbehaved(_)),
		"{error}"
	);
	// Cut off: not even other content is asked of it.
	let other = ContentId::of(b"other");
	let error = client
		.transport
		.fetch(other, &from, KEEP, &mut |_| ())
		.await
		.expect_err("blocked");
	assert!(error.to_string().contains("cannot be reached"), "{error}");
	assert_eq!(client.transport.statistics().cut_off, 1);
}

/// Writes raw bytes as messages.
#[derive(Clone, Copy)]
struct Raw;

#[async_trait]
impl request_response::Codec for Raw {
	type Protocol = StreamProtocol;
	type Request = ReadRequest;
	type Response = Vec<u8>;

	async fn read_request<T>(
		&mut self,
		protocol: &StreamProtocol,
		io: &mut T,
	) -> io::Result<ReadRequest>
	where
		T: AsyncRead + Unpin + Send,
	{
		aci_transfer::protocol::Codec
			.read_request(protocol, io)
			.await
	}

	async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>>
	where
		T: AsyncRead + Unpin + Send,
	{
		let mut bytes = Vec::new();
		io.read_to_end(&mut bytes).await?;
		Ok(bytes)
	}

	async fn write_request<T>(
		&mut self,
		_: &StreamProtocol,
		io: &mut T,
		_: ReadRequest,
	) -> io::Result<()>
	where
		T: AsyncWrite + Unpin + Send,
	{
		// A request of 3 MiB, announced as such.
		io.write_all(&(3u32 << 20).to_le_bytes()).await?;
		let _ = io.write_all(&vec![0; 3 << 20]).await;
		io.close().await
	}

	async fn write_response<T>(
		&mut self,
		_: &StreamProtocol,
		io: &mut T,
		response: Vec<u8>,
	) -> io::Result<()>
	where
		T: AsyncWrite + Unpin + Send,
	{
		io.write_all(&response).await?;
		io.close().await
	}
}

#[tokio::test]
async fn an_oversize_or_malformed_answer_cuts_the_peer_off() {
	let oversize = [&(u32::MAX).to_le_bytes()[..], &[0; 1000]].concat();
	let malformed = vec![1, 0, 0, 0, 77];
	for (seed, bytes) in [(9, oversize), (10, malformed)] {
		let client = node(11).await;
		let liar = liar_with(seed, Raw, move |_| bytes.clone()).await;
		let from = [liar.locator.clone()];
		let id = ContentId::of(b"x");
		let error = client
			.transport
			.fetch(id, &from, KEEP, &mut |_| ())
			.await
			.expect_err("lies");
		let TransferError::Unavailable { attempts, .. } = &error else {
			panic!("{error}")
		};
		assert!(
			matches!(attempts[0].failure, SourceFailure::Misbehaved(_)),
			"{error}"
		);
		assert_eq!(client.transport.statistics().cut_off, 1);
	}
}

#[tokio::test]
async fn an_oversize_request_cuts_the_peer_off() {
	let server = node(12).await;
	let locator = server
		.transport
		.locators()
		.await
		.expect("is running")
		.remove(0);
	let behaviour = request_response::Behaviour::with_codec(
		Raw,
		[(PROTOCOL, request_response::ProtocolSupport::Full)],
		request_response::Config::default(),
	);
	let mut attacker = swarm(13, behaviour);
	attacker
		.dial(locator.parse::<libp2p::Multiaddr>().expect("a locator"))
		.expect("dials");
	let closed = async {
		loop {
			match attacker.select_next_some().await {
				SwarmEvent::ConnectionEstablished { peer_id, .. } => {
					let request = Request::Probe(ContentId::of(b"x"));
					attacker.behaviour_mut().send_request(&peer_id, Ok(request));
				}
				SwarmEvent::ConnectionClosed { .. } => break,
				_ => {}
			}
		}
	};
	tokio::time::timeout(Duration::from_secs(3), closed)
		.await
		.expect("is cut off");
	assert_eq!(server.transport.statistics().cut_off, 1);
}

#[tokio::test]
async fn a_source_that_falls_silent_is_given_up_after_bounded_time() {
	let options = aci_transfer::Options {
		request_timeout: Duration::from_millis(150),
		..options()
	};
	let client = common::node_with(14, options).await;
	let asked = Arc::new(AtomicU64::new(0));
	let liar = {
		let asked = asked.clone();
		// Announces more than it sends, and keeps the stream open.
		liar_with(15, Stalls(asked), |_| ()).await
	};
	let from = [liar.locator.clone()];
	let id = ContentId::of(&text(100));
	let mut ignore = |_| ();
	let fetch = client.transport.fetch(id, &from, KEEP, &mut ignore);
	let error = tokio::time::timeout(Duration::from_secs(3), fetch)
		.await
		.expect("it ends")
		.expect_err("nothing came");
	let TransferError::Unavailable { attempts, .. } = &error else {
		panic!("{error}")
	};
	assert!(
		matches!(attempts[0].failure, SourceFailure::TimedOut(_)),
		"{error}"
	);
	assert_eq!(
		asked.load(Ordering::Relaxed),
		4,
		"one probe, three requests for chunks"
	);
}

/// Answers probes, and begins answers to all else without ending them.
#[derive(Clone)]
struct Stalls(Arc<AtomicU64>);

#[async_trait]
impl request_response::Codec for Stalls {
	type Protocol = StreamProtocol;
	type Request = ReadRequest;
	type Response = ();

	async fn read_request<T>(
		&mut self,
		protocol: &StreamProtocol,
		io: &mut T,
	) -> io::Result<ReadRequest>
	where
		T: AsyncRead + Unpin + Send,
	{
		self.0.fetch_add(1, Ordering::Relaxed);
		aci_transfer::protocol::Codec
			.read_request(protocol, io)
			.await
	}

	async fn read_response<T>(&mut self, _: &StreamProtocol, _: &mut T) -> io::Result<()>
	where
		T: AsyncRead + Unpin + Send,
	{
		Ok(())
	}

	async fn write_request<T>(
		&mut self,
		_: &StreamProtocol,
		_: &mut T,
		_: ReadRequest,
	) -> io::Result<()>
	where
		T: AsyncWrite + Unpin + Send,
	{
		Ok(())
	}

	async fn write_response<T>(&mut self, _: &StreamProtocol, io: &mut T, _: ()) -> io::Result<()>
	where
		T: AsyncWrite + Unpin + Send,
	{
		if self.0.load(Ordering::Relaxed) == 1 {
			io.write_all(&[1, 0, 0, 0, 0]).await?;
			return io.close().await;
		}
		io.write_all(&[200, 0, 0, 0, 4]).await?;
		io.flush().await?;
		std::future::pending().await
	}
}
