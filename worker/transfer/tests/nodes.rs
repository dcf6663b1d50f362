//! Honest nodes on loopback.

mod common;

use aci_transfer::{
	sealed_length, ContentId, Libp2pTransport, Options, Progress, SourceFailure, Store, StoreError,
	StoreOptions, TransferError, Transport, MAX_LOCATORS, MAX_LOCATOR_BYTES,
};
use common::{node, node_with, open_store, options, recorder, start, text, Node};
use std::{
	sync::Arc,
	time::{Duration, Instant},
};

const KEEP: u64 = 1_000;

async fn locators(node: &Node) -> Vec<String> {
	node.transport.locators().await.expect("is running")
}

async fn fetch(node: &Node, id: ContentId, from: &[String]) -> Result<Vec<u8>, TransferError> {
	node.transport.fetch(id, from, KEEP, &mut |_| ()).await
}

#[tokio::test]
async fn content_of_any_size_is_fetched_by_locator_without_any_other_node() {
	let (server, client) = (node(1).await, node(2).await);
	let from = locators(&server).await;
	for length in [1, 65_536, 65_537, 5 * 1024 * 1024 + 1] {
		let content = text(length);
		let id = server
			.transport
			.serve(content.clone(), KEEP)
			.await
			.expect("fits");
		let mut progress = Vec::new();
		let fetched = client
			.transport
			.fetch(id, &from, KEEP, &mut recorder(&mut progress))
			.await
			.expect("is served");
		assert!(fetched == content, "{length} bytes differ");
		let total = length.div_ceil(65_536) as u64;
		assert_eq!(
			progress.first(),
			Some(&Progress::Received { chunks: 0, total })
		);
		assert_eq!(
			progress.last(),
			Some(&Progress::Received {
				chunks: total,
				total
			})
		);
	}
}

#[tokio::test]
async fn content_is_found_by_its_name_at_a_locator() {
	let (server, client) = (node(21).await, node(22).await);
	let from = locators(&server).await;
	let id = server.transport.serve(text(70_000), KEEP).await;
	let id = id.expect("fits");
	server.transport.name([5; 32], id).await.expect("is held");
	let found = client.transport.resolve([5; 32], &from).await;
	assert_eq!(found.expect("is named"), id);
	assert_eq!(
		fetch(&client, id, &from).await.expect("is served").len(),
		70_000
	);
	for (name, from) in [([6; 32], &from[..]), ([5; 32], &[])] {
		assert!(matches!(
			client.transport.resolve(name, from).await,
			Err(TransferError::NameUnknown { .. })
		));
	}
}

#[tokio::test]
async fn nothing_is_fetched_without_asking_anyone() {
	let client = node(3).await;
	let fetched = fetch(&client, ContentId::of(&[]), &[])
		.await
		.expect("is known");
	assert!(fetched.is_empty());
	let mut wrong = ContentId::of(&[]);
	wrong.tree_root[0] ^= 1;
	assert!(matches!(
		fetch(&client, wrong, &[]).await,
		Err(TransferError::Store(StoreError::Inconsistent(_)))
	));
}

#[tokio::test]
async fn what_was_fetched_is_served_on_and_not_fetched_twice() {
	let (server, client, third) = (node(4).await, node(5).await, node(6).await);
	let content = text(200_000);
	let id = server
		.transport
		.serve(content.clone(), KEEP)
		.await
		.expect("fits");
	fetch(&client, id, &locators(&server).await)
		.await
		.expect("is served");
	server.transport.shutdown().await;
	assert_eq!(fetch(&client, id, &[]).await.expect("is held"), content);
	assert_eq!(
		fetch(&third, id, &locators(&client).await)
			.await
			.expect("is served"),
		content
	);
}

#[tokio::test]
async fn an_interrupted_fetch_asks_only_for_what_is_missing() {
	let server = node(7).await;
	let content = text(5 * 1024 * 1024 + 1);
	let id = server
		.transport
		.serve(content.clone(), KEEP)
		.await
		.expect("fits");
	let total = 81;
	let from = locators(&server).await;

	// One chunk at a time, so that the middle can be met.
	let slow = Options {
		chunks_per_request: 1,
		requests_per_peer: 1,
		..options()
	};
	let folder = tempfile::tempdir().expect("a temporary folder");
	let store = open_store(folder.path());
	let client = start(8, slow, store.clone()).await;
	let (half, reached) = tokio::sync::oneshot::channel();
	let mut half = Some(half);
	let task = {
		let (client, from) = (client.clone(), from.clone());
		tokio::spawn(async move {
			let mut sink = |progress| {
				if matches!(progress, Progress::Received { chunks: 40.., .. }) {
					half.take().map(|half| half.send(()));
				}
			};
			client.fetch(id, &from, KEEP, &mut sink).await
		})
	};
	reached.await.expect("the fetch gets to its half");
	task.abort();
	let _ = task.await;
	client.shutdown().await;
	drop((client, store));

	// The file is free only when the last work on it has ended.
	let store = reopen(folder.path()).await;
	let missing = store.missing(&id).expect("was begun").len() as u64;
	assert!(
		(1..=total - 40).contains(&missing),
		"{missing} chunks are missing"
	);
	let before = server.transport.statistics();
	let client = start(9, options(), store).await;
	let mut progress = Vec::new();
	let fetched = client
		.fetch(id, &from, KEEP, &mut recorder(&mut progress))
		.await;
	assert!(fetched.expect("is served") == content);
	assert_eq!(
		progress[0],
		Progress::Received {
			chunks: total - missing,
			total
		}
	);
	let after = server.transport.statistics();
	assert_eq!(after.chunks_served - before.chunks_served, missing);
	assert_eq!(
		after.requests_served - before.requests_served,
		missing.div_ceil(16)
	);
}

async fn reopen(folder: &std::path::Path) -> Arc<Store> {
	let end = Instant::now() + Duration::from_secs(2);
	loop {
		match Store::open(folder.join("store"), StoreOptions::default()) {
			Ok(store) => return Arc::new(store),
			Err(error) => assert!(Instant::now() < end, "{error}"),
		}
		tokio::time::sleep(Duration::from_millis(5)).await;
	}
}

#[tokio::test]
async fn a_store_serves_again_after_a_restart() {
	let folder = tempfile::tempdir().expect("a temporary folder");
	let content = text(100_000);
	let id = {
		let server = start(10, options(), open_store(folder.path())).await;
		let id = server.serve(content.clone(), KEEP).await.expect("fits");
		server.shutdown().await;
		id
	};
	let server = start(10, options(), reopen(folder.path()).await).await;
	let client = node(11).await;
	let from = server.locators().await.expect("is running");
	assert_eq!(fetch(&client, id, &from).await.expect("is served"), content);
}

#[tokio::test]
async fn expired_content_is_not_served() {
	let (server, client) = (node(12).await, node(13).await);
	let id = server
		.transport
		.serve(text(70_000), KEEP)
		.await
		.expect("fits");
	server.transport.pin(id, 2 * KEEP).await.expect("is held");
	assert_eq!(server.transport.expire(KEEP).await.expect("writes"), vec![]);
	assert_eq!(
		server.transport.expire(2 * KEEP).await.expect("writes"),
		vec![id]
	);
	let error = fetch(&client, id, &locators(&server).await)
		.await
		.expect_err("is gone");
	assert!(
		matches!(error, TransferError::NotFound { asked: 1, .. }),
		"{error}"
	);
	assert_eq!(
		client.store.state(&id).expect("reads"),
		None,
		"nothing is left behind"
	);
}

#[tokio::test]
async fn unknown_content_is_not_found_with_a_message() {
	let (server, client) = (node(14).await, node(15).await);
	let id = ContentId::of(b"nobody has this");
	let error = fetch(&client, id, &locators(&server).await)
		.await
		.expect_err("is unknown");
	assert!(matches!(error, TransferError::NotFound { .. }));
	let message = error.to_string();
	assert!(
		message.contains("was not found") && message.contains("give a locator"),
		"{message}"
	);
	let error = fetch(&client, id, &[])
		.await
		.expect_err("there is nobody to ask");
	assert!(
		matches!(error, TransferError::NotFound { asked: 0, .. }),
		"{error}"
	);
}

#[tokio::test]
async fn oversize_content_is_refused_before_anything_is_asked() {
	let (server, client) = (node(16).await, node(17).await);
	let id = ContentId {
		length: 64 * 1024 * 1024 + 1,
		..ContentId::of(b"x")
	};
	let mut progress = Vec::new();
	let from = locators(&server).await;
	let fetched = client
		.transport
		.fetch(id, &from, KEEP, &mut recorder(&mut progress))
		.await;
	let error = fetched.expect_err("is too large");
	assert!(
		matches!(
			error,
			TransferError::TooLarge {
				limit: 67_108_864,
				..
			}
		),
		"{error}"
	);
	assert!(progress.is_empty());
	assert_eq!(client.store.state(&id).expect("reads"), None);
}

#[tokio::test]
async fn a_silent_locator_times_out_and_is_named_while_another_delivers() {
	// Accepts connections and never speaks.
	let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
	let port = silent.local_addr().expect("is bound").port();
	let peer = node(18).await.transport.peer();
	let silent_locator = format!("/ip4/127.0.0.1/tcp/{port}/p2p/{peer}");

	let (server, client) = (node(19).await, node(20).await);
	let content = text(10_000);
	let id = server
		.transport
		.serve(content.clone(), KEEP)
		.await
		.expect("fits");
	let only = [silent_locator.clone()];
	let error = fetch(&client, id, &only).await.expect_err("nobody answers");
	let TransferError::Unavailable { attempts, .. } = &error else {
		panic!("{error}")
	};
	assert_eq!(attempts[0].source, silent_locator);
	assert_eq!(
		attempts[0].failure,
		SourceFailure::TimedOut(options().connect_timeout)
	);
	assert!(
		error
			.to_string()
			.contains(&format!("{silent_locator} timed out")),
		"{error}"
	);

	let begun = Instant::now();
	let both = [vec![silent_locator], locators(&server).await].concat();
	assert_eq!(
		fetch(&client, id, &both).await.expect("one is served"),
		content
	);
	assert!(
		begun.elapsed() < options().connect_timeout,
		"the dead locator was waited for"
	);
}

#[tokio::test]
async fn a_peer_with_one_dead_address_is_reached_at_its_other() {
	let (server, client) = (node(39).await, node(40).await);
	let closed = {
		let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
		listener.local_addr().expect("is bound").port()
	};
	let content = text(10_000);
	let id = server
		.transport
		.serve(content.clone(), KEEP)
		.await
		.expect("fits");
	let dead = format!(
		"/ip4/127.0.0.1/tcp/{closed}/p2p/{}",
		server.transport.peer()
	);
	let from = [vec![dead], locators(&server).await].concat();
	assert_eq!(
		fetch(&client, id, &from).await.expect("one address works"),
		content
	);
}

#[tokio::test]
async fn a_closed_port_a_wrong_peer_and_a_malformed_locator_are_named_with_their_reasons() {
	let (server, client) = (node(21).await, node(22).await);
	let closed = {
		let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
		listener.local_addr().expect("is bound").port()
	};
	let other = node(23).await.transport.peer();
	let right = locators(&server).await.remove(0);
	let (address, _) = right.rsplit_once('/').expect("ends with the peer");
	let from = [
		format!(
			"/ip4/127.0.0.1/tcp/{closed}/p2p/{}",
			node(24).await.transport.peer()
		),
		format!("{address}/{other}"),
		"somewhere".to_string(),
	];
	let error = fetch(&client, ContentId::of(b"x"), &from)
		.await
		.expect_err("nobody is there");
	let TransferError::Unavailable { mut attempts, .. } = error else {
		panic!("{error}")
	};
	attempts.sort_by_key(|attempt| from.iter().position(|text| *text == attempt.source));
	let failures: Vec<_> = attempts.iter().map(|attempt| &attempt.failure).collect();
	assert!(
		matches!(
			failures[..],
			[
				SourceFailure::Unreachable(_),
				SourceFailure::Unreachable(_),
				SourceFailure::Locator(_)
			]
		),
		"{failures:?}"
	);
	assert!(
		failures[0].to_string().contains("refused"),
		"{}",
		failures[0]
	);
}

#[tokio::test]
async fn providers_are_found_through_a_node_in_the_middle() {
	let middle = node(25).await;
	let bootstrap = locators(&middle).await;
	let with_middle = || Options {
		bootstrap: bootstrap.clone(),
		..options()
	};
	let (server, client) = (
		node_with(26, with_middle()).await,
		node_with(27, with_middle()).await,
	);
	let content = text(300_000);
	let id = server
		.transport
		.serve(content.clone(), KEEP)
		.await
		.expect("fits");
	server.transport.provide(id).await.expect("is running");
	assert_eq!(fetch(&client, id, &[]).await.expect("is found"), content);
	assert_eq!(middle.store.state(&id).expect("reads"), None);
	assert_eq!(server.transport.statistics().chunks_served, 5);
}

#[tokio::test]
async fn content_served_before_any_node_was_known_is_announced_when_one_is() {
	let (early, middle) = (node(28).await, node(29).await);
	let content = text(1_000);
	let id = early
		.transport
		.serve(content.clone(), KEEP)
		.await
		.expect("fits");
	// The middle node connects to the early one, which so learns of it.
	let unknown = ContentId::of(b"unknown");
	fetch(&middle, unknown, &locators(&early).await)
		.await
		.expect_err("is not held");
	let bootstrap = locators(&middle).await;
	let client = node_with(
		30,
		Options {
			bootstrap,
			..options()
		},
	)
	.await;
	let end = Instant::now() + Duration::from_secs(5);
	loop {
		match fetch(&client, id, &[]).await {
			Ok(fetched) => break assert_eq!(fetched, content),
			Err(error) => assert!(Instant::now() < end, "{error}"),
		}
		tokio::time::sleep(Duration::from_millis(50)).await;
	}
}

#[tokio::test]
async fn sealed_content_reaches_its_receiver_and_no_other() {
	let (server, client) = (node(31).await, node(32).await);
	let (secret, plaintext) = ([9; 32], text(150_000));
	let receiver = aci_transfer::public_key(&secret);
	let served = server
		.transport
		.serve_sealed(plaintext.clone(), receiver, KEEP);
	let id = served.await.expect("fits");
	assert_eq!(id.length, sealed_length(150_000));
	let from = locators(&server).await;
	let transport: &dyn Transport = &client.transport;
	let opened = transport
		.fetch_sealed(id, &from, &secret, KEEP, &mut |_| ())
		.await;
	assert_eq!(opened.expect("is for us"), plaintext);
	let other = transport
		.fetch_sealed(id, &from, &[8; 32], KEEP, &mut |_| ())
		.await;
	assert!(matches!(other, Err(TransferError::Seal(_))));
	let kept = client.store.get(&id).expect("reads").expect("is kept");
	assert!(
		!kept.windows(32).any(|window| window == &plaintext[..32]),
		"kept in the clear"
	);
}

#[tokio::test]
async fn locators_fit_the_chain_and_name_loopback_by_default() {
	let node = node(33).await;
	let locators = locators(&node).await;
	assert!((1..=MAX_LOCATORS).contains(&locators.len()));
	for locator in locators {
		assert!(locator.len() <= MAX_LOCATOR_BYTES);
		assert!(locator.starts_with("/ip4/127.0.0.1/tcp/"), "{locator}");
		assert!(
			locator.ends_with(&format!("/p2p/{}", node.transport.peer())),
			"{locator}"
		);
	}
}

#[tokio::test]
async fn external_addresses_stand_in_the_locators_instead_of_the_listening_ones() {
	let external = vec!["/ip4/192.0.2.1/tcp/30000".to_string()];
	let node = node_with(
		34,
		Options {
			external,
			..options()
		},
	)
	.await;
	let expected = format!("/ip4/192.0.2.1/tcp/30000/p2p/{}", node.transport.peer());
	assert_eq!(locators(&node).await, vec![expected]);
}

#[tokio::test]
async fn after_shutdown_every_call_says_so() {
	let node = node(35).await;
	node.transport.shutdown().await;
	node.transport.shutdown().await;
	let error = node
		.transport
		.serve(vec![1], KEEP)
		.await
		.expect_err("is closed");
	assert!(matches!(error, TransferError::Closed), "{error}");
	assert!(node.transport.locators().await.is_err());
}

#[tokio::test]
async fn a_port_that_is_taken_is_reported() {
	let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
	let listen = vec![format!(
		"/ip4/127.0.0.1/tcp/{}",
		taken.local_addr().expect("bound").port()
	)];
	let folder = tempfile::tempdir().expect("a temporary folder");
	let options = Options {
		listen,
		..options()
	};
	let started = Libp2pTransport::start([36; 32], options, open_store(folder.path())).await;
	let error = started.err().expect("the port is taken");
	assert!(error.to_string().contains("free the port"), "{error}");
}

#[tokio::test]
async fn more_fetches_than_a_server_takes_at_once_all_end_well() {
	let server = node_with(
		37,
		Options {
			served: 1,
			served_per_peer: 1,
			..options()
		},
	)
	.await;
	let client = node(38).await;
	let from = locators(&server).await;
	let contents: Vec<_> = (1..6).map(|at| text(at * 70_000)).collect();
	let mut ids = Vec::new();
	for content in &contents {
		ids.push(
			server
				.transport
				.serve(content.clone(), KEEP)
				.await
				.expect("fits"),
		);
	}
	let fetches = ids.iter().map(|id| fetch(&client, *id, &from));
	for (fetched, content) in futures::future::join_all(fetches)
		.await
		.into_iter()
		.zip(&contents)
	{
		assert!(fetched.expect("is served") == *content);
	}
}
