//! Streams between nodes on loopback: readers, and those who do not keep to the rules.

mod common;

use aci_transfer::{
	public_key,
	stream::protocol::{Answer, Codec, Part, ReadTail, StreamState, Tail, PROTOCOL},
	Libp2pTransport, Options, Piece, SourceFailure, StreamLimits, TransferError, Transport,
};
use common::{liar, node, node_with, options, start, swarm, Node};
use futures::StreamExt;
use libp2p::{request_response, swarm::SwarmEvent};
use std::time::Duration;
use tokio::{
	sync::mpsc,
	task::JoinHandle,
	time::{sleep, timeout},
};

const JOB: [u8; 32] = [11; 32];
const SECRET: [u8; 32] = [12; 32];
/// Most time for one wait.
const LIMIT: Duration = Duration::from_secs(30);

async fn locators(node: &Libp2pTransport) -> Vec<String> {
	node.locators().await.expect("is running")
}

/// A reader that runs beside the test.
struct Reading {
	pieces: mpsc::Receiver<Piece>,
	task: JoinHandle<Result<(), TransferError>>,
}

impl Reading {
	fn start(node: &Libp2pTransport, from: &[String], secret: Option<[u8; 32]>) -> Self {
		let (sender, pieces) = mpsc::channel(4);
		let (node, from) = (node.clone(), from.to_vec());
		let task =
			tokio::spawn(async move { node.tail(JOB, &from, secret.as_ref(), sender).await });
		Reading { pieces, task }
	}

	async fn next(&mut self) -> Option<Piece> {
		let piece = timeout(LIMIT, self.pieces.recv()).await;
		piece.expect("something comes, or the end")
	}

	/// Reads until so many bytes are there.
	async fn bytes(&mut self, count: usize) -> Vec<u8> {
		let mut read = Vec::new();
		while read.len() < count {
			match self.next().await {
				Some(Piece::Bytes(bytes)) => read.extend(bytes),
				other => panic!("{other:?} after {} bytes", read.len()),
			}
		}
		read
	}

	async fn end(mut self) -> Result<(), TransferError> {
		let rest = self.next().await;
		assert_eq!(rest, None, "nothing is left");
		let ended = timeout(LIMIT, self.task).await.expect("ends");
		ended.expect("does not panic")
	}
}

fn with_streams(limits: StreamLimits) -> Options {
	Options {
		streams: limits,
		..options()
	}
}

#[tokio::test]
async fn a_text_is_read_while_it_is_written_in_the_clear_and_sealed() {
	let (server, client) = (node(1).await, node(2).await);
	let from = locators(&server.transport).await;
	for (secret, receiver) in [(None, None), (Some(SECRET), Some(public_key(&SECRET)))] {
		let writer = server.transport.publish(JOB, receiver).expect("has room");
		let mut reading = Reading::start(&client.transport, &from, secret);
		let mut text = Vec::new();
		for word in ["The ", "sea ", "is ", "salt", "."] {
			// Each is read before the next is written.
			writer.push(word.as_bytes());
			assert_eq!(reading.bytes(word.len()).await, word.as_bytes());
			text.extend_from_slice(word.as_bytes());
		}
		let long = vec![b'x'; 100_000];
		writer.push(&long);
		writer.finish();
		assert!(reading.bytes(long.len()).await == long);
		reading.end().await.expect("is whole");

		// Whoever comes late reads it from the beginning.
		let mut late = Reading::start(&client.transport, &from, secret);
		assert!(late.bytes(text.len() + long.len()).await == [text, long].concat());
		late.end().await.expect("is whole");
	}
}

#[tokio::test]
async fn nobody_reads_a_sealed_stream_without_its_key() {
	let (server, client) = (node(3).await, node(4).await);
	let from = locators(&server.transport).await;
	let writer = server.transport.publish(JOB, Some(public_key(&SECRET)));
	let writer = writer.expect("has room");
	writer.push(b"for one alone");
	for secret in [None, Some([13; 32])] {
		let mut reading = Reading::start(&client.transport, &from, secret);
		// The name of the stream follows from the key, so that it is not even found.
		let nothing = timeout(Duration::from_millis(500), reading.pieces.recv()).await;
		assert!(nothing.is_err(), "{nothing:?}");
	}
}

#[tokio::test]
async fn a_reader_that_waits_asks_rarely_and_is_woken() {
	let limits = StreamLimits {
		wait: Duration::from_secs(10),
		..StreamLimits::default()
	};
	let (server, client) = (node_with(5, with_streams(limits)).await, node(6).await);
	let writer = server.transport.publish(JOB, None).expect("has room");
	let from = locators(&server.transport).await;
	let mut reading = Reading::start(&client.transport, &from, None);
	sleep(Duration::from_millis(500)).await;
	writer.push(b"awake");
	assert_eq!(reading.bytes(5).await, b"awake");
	let answered = server.transport.statistics().readers_answered;
	assert_eq!(answered, 1, "one question waited for the text");
}

#[tokio::test]
async fn a_reader_goes_on_where_it_was_when_nothing_came_for_longer_than_an_answer_waits() {
	let limits = StreamLimits {
		wait: Duration::from_millis(250),
		..StreamLimits::default()
	};
	let (server, client) = (node_with(7, with_streams(limits)).await, node(8).await);
	let writer = server.transport.publish(JOB, None).expect("has room");
	let from = locators(&server.transport).await;
	let mut reading = Reading::start(&client.transport, &from, None);
	writer.push(b"before ");
	assert_eq!(reading.bytes(7).await, b"before ");
	while server.transport.statistics().readers_answered < 4 {
		sleep(Duration::from_millis(20)).await;
	}
	writer.push(b"after");
	assert_eq!(reading.bytes(5).await, b"after");
	writer.finish();
	reading.end().await.expect("is whole");
}

#[tokio::test]
async fn a_worker_that_comes_back_and_makes_the_text_again_is_noticed() {
	let folder = tempfile::tempdir().expect("a temporary folder");
	let client = node(9).await;
	let store = common::open_store(folder.path());
	let server = start(10, options(), store.clone()).await;
	let from = locators(&server).await;
	let writer = server.publish(JOB, None).expect("has room");
	let mut reading = Reading::start(&client.transport, &from, None);
	writer.push(b"one two");
	assert_eq!(reading.bytes(7).await, b"one two");

	// The process ends. It comes back at the same address, and begins again.
	server.shutdown().await;
	drop((writer, server));
	let address = from[0].split("/p2p/").next().expect("has an address");
	let again = Options {
		listen: vec![address.into()],
		..options()
	};
	let server = start(10, again, store).await;
	let writer = server.publish(JOB, None).expect("has room");
	writer.push(b"one two three");
	assert_eq!(reading.next().await, Some(Piece::Restarted));
	assert_eq!(reading.bytes(13).await, b"one two three");
	writer.finish();
	reading.end().await.expect("is whole");
}

#[tokio::test]
async fn a_lost_connection_is_resumed_at_the_offset() {
	let (server, client) = (node(11).await, node(12).await);
	let from = locators(&server.transport).await;
	let (relay, cut) = relay(&from[0]).await;
	let writer = server.transport.publish(JOB, None).expect("has room");
	let mut reading = Reading::start(&client.transport, &[relay], None);
	writer.push(b"before ");
	assert_eq!(reading.bytes(7).await, b"before ");
	cut.send(()).await.expect("the relay runs");
	writer.push(b"after");
	// No restart, and nothing twice.
	assert_eq!(reading.bytes(5).await, b"after");
	writer.finish();
	reading.end().await.expect("is whole");
}

/// Passes connections on to a node, and breaks those that there are when it is told to.
async fn relay(to: &str) -> (String, mpsc::Sender<()>) {
	let (address, peer) = to.split_once("/p2p/").expect("has a peer");
	let port: u16 = address
		.rsplit('/')
		.next()
		.and_then(|port| port.parse().ok())
		.expect("has a port");
	let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
	let listener = listener.expect("a free port");
	let own = listener.local_addr().expect("is bound").port();
	let (cut, mut cuts) = mpsc::channel(1);
	tokio::spawn(async move {
		let mut connections = tokio::task::JoinSet::new();
		loop {
			tokio::select! {
				accepted = listener.accept() => {
					let Ok((mut near, _)) = accepted else { return };
					connections.spawn(async move {
						let far = tokio::net::TcpStream::connect(("127.0.0.1", port)).await;
						if let Ok(mut far) = far {
							let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
						}
					});
				}
				told = cuts.recv() => match told {
					Some(()) => connections.abort_all(),
					None => return,
				},
			}
		}
	});
	(format!("/ip4/127.0.0.1/tcp/{own}/p2p/{peer}"), cut)
}

#[tokio::test]
async fn no_more_readers_wait_than_may_of_a_stream_and_of_a_peer() {
	let limits = StreamLimits {
		readers_per_stream: 2,
		readers_per_peer: 1,
		wait: Duration::from_secs(10),
		..StreamLimits::default()
	};
	let server = node_with(13, with_streams(limits)).await;
	let writer = server.transport.publish(JOB, None).expect("has room");
	let from = locators(&server.transport).await;
	let clients: Vec<Node> = futures::future::join_all((14..17).map(node)).await;
	let [one, two, three] = clients.as_slice() else {
		panic!("three were started");
	};
	let mut readers = vec![
		Reading::start(&one.transport, &from, None),
		Reading::start(&two.transport, &from, None),
	];
	sleep(Duration::from_millis(500)).await;
	let turned_away = || server.transport.statistics().turned_away;
	assert_eq!(turned_away(), 0);
	// A second of one peer's, and a third of the stream's.
	readers.push(Reading::start(&one.transport, &from, None));
	while turned_away() == 0 {
		sleep(Duration::from_millis(20)).await;
	}
	readers.push(Reading::start(&three.transport, &from, None));
	sleep(Duration::from_millis(500)).await;
	assert!(
		server.transport.statistics().readers_answered > 0,
		"the third was told that the stream is busy"
	);
	// Once there is text, all have it: nobody was sent away for ever.
	writer.push(b"for all");
	writer.finish();
	for mut reader in readers {
		assert_eq!(reader.bytes(7).await, b"for all");
		reader.end().await.expect("is whole");
	}
}

#[tokio::test]
async fn a_stream_that_cannot_be_had_is_given_up_with_the_reason() {
	let client = node(18).await;
	// A peer that speaks the transfer protocol only, as a worker of an earlier version.
	let old = liar(19, |_| aci_transfer::protocol::Response::NotHeld).await;
	let (sender, _pieces) = mpsc::channel(1);
	let nobody = format!("/ip4/127.0.0.1/tcp/1/p2p/{}", client.transport.peer());
	let from = [old.locator.clone(), nobody, "nonsense".into()];
	let tailed = timeout(LIMIT, client.transport.tail(JOB, &from, None, sender)).await;
	let error = tailed.expect("ends").expect_err("cannot be had");
	let TransferError::StreamUnavailable { attempts } = &error else {
		panic!("{error}")
	};
	assert_eq!(attempts.len(), 3, "{error}");
	let of = |source: &str| {
		let attempt = attempts.iter().find(|attempt| attempt.source == source);
		&attempt.expect("was tried").failure
	};
	assert_eq!(of(&old.locator), &SourceFailure::Refused);
	assert!(matches!(of("nonsense"), SourceFailure::Locator(_)));
	assert!(error.to_string().contains("wait for the result"), "{error}");
}

#[tokio::test]
async fn a_stream_that_was_cut_ends_with_that_reason() {
	let limits = StreamLimits {
		bytes_per_stream: 10,
		..StreamLimits::default()
	};
	let (server, client) = (node_with(20, with_streams(limits)).await, node(21).await);
	let writer = server.transport.publish(JOB, None).expect("has room");
	writer.push(b"01234567");
	writer.push(b"89x");
	let from = locators(&server.transport).await;
	let mut reading = Reading::start(&client.transport, &from, None);
	assert_eq!(reading.bytes(8).await, b"01234567");
	let error = reading.end().await.expect_err("is cut").to_string();
	assert!(error.contains("at its bound"), "{error}");
}

/// A peer that answers readers as it likes.
async fn lying(seed: u8, mut answer: impl FnMut(Tail) -> Answer + Send + 'static) -> common::Liar {
	let behaviour = request_response::Behaviour::<Codec>::new(
		[(PROTOCOL, request_response::ProtocolSupport::Full)],
		request_response::Config::default(),
	);
	let mut swarm = swarm(seed, behaviour);
	let peer = *swarm.local_peer_id();
	let listen = "/ip4/127.0.0.1/tcp/0".parse().expect("an address");
	swarm.listen_on(listen).expect("is free");
	let locator = loop {
		if let SwarmEvent::NewListenAddr { address, .. } = swarm.select_next_some().await {
			break format!("{address}/p2p/{peer}");
		}
	};
	let task = tokio::spawn(async move {
		loop {
			if let SwarmEvent::Behaviour(request_response::Event::Message {
				message: request_response::Message::Request {
					request, channel, ..
				},
				..
			}) = swarm.select_next_some().await
			{
				let request: ReadTail = request;
				let answer = answer(request.expect("nodes write well-formed requests"));
				let _ = swarm.behaviour_mut().send_response(channel, answer);
			}
		}
	});
	common::Liar::new(locator, task)
}

fn part(number: u64, offset: u64, state: StreamState, bytes: &[u8]) -> Answer {
	Answer::Part(Part {
		number,
		offset,
		state,
		bytes: bytes.to_vec(),
	})
}

#[tokio::test]
async fn who_lies_about_a_stream_is_named_and_cut_off() {
	use StreamState::{Finished, Going};
	type Lie = fn(Tail) -> Answer;
	let lies: [(&str, Option<[u8; 32]>, Lie); 6] = [
		("instead of", None, |tail| {
			part(7, tail.offset + 1, Going, b"gap")
		}),
		("instead of", None, |_| part(7, 0, Going, b"again")),
		("more than", None, |tail| {
			part(7, tail.offset, Going, &[b'x'; 16_384])
		}),
		("16406 are allowed", None, |tail| {
			part(7, tail.offset, Going, &[b'x'; 16_385])
		}),
		("more than 16 times", None, |tail| {
			part(tail.number + 1, 0, Going, b"x")
		}),
		("does not open", Some(SECRET), |tail| {
			part(7, tail.offset, Finished, &[1; 200])
		}),
	];
	for (at, (named, secret, lie)) in lies.into_iter().enumerate() {
		let seed = 30 + 2 * at as u8;
		let limits = StreamLimits {
			bytes_per_stream: 100_000,
			..StreamLimits::default()
		};
		let client = node_with(seed, with_streams(limits)).await;
		let liar = lying(seed + 1, lie).await;
		let from = [liar.locator.clone()];
		let (sender, mut pieces) = mpsc::channel(4);
		let drain = tokio::spawn(async move {
			let mut bytes = 0;
			while let Some(piece) = pieces.recv().await {
				if let Piece::Bytes(piece) = piece {
					bytes += piece.len();
				}
			}
			bytes
		});
		let tail = client.transport.tail(JOB, &from, secret.as_ref(), sender);
		let error = timeout(LIMIT, tail).await.expect("ends");
		let error = error.expect_err("lies").to_string();
		assert!(
			error.contains(named) && error.contains(&liar.locator),
			"{named}: {error}"
		);
		assert!(drain.await.expect("counts") <= 100_000);
		assert_eq!(client.transport.statistics().cut_off, 1, "{named}");
	}
}
