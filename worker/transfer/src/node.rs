//! The transport over libp2p.

use crate::{
	content::ContentId,
	error::TransferError,
	fetch::{self, Distrust, Fetching},
	locator::{self, MAX_LOCATORS, MAX_LOCATOR_BYTES},
	options::Options,
	statistics::{Counters, Statistics},
	store::{Moment, Store},
	stream::{tail, Piece, StreamWriter, Streams},
	swarm::{Command, Task},
	transport::{blocking, ProgressSink, Transport},
};
use futures::future::BoxFuture;
use libp2p::{identity::Keypair, PeerId};
use std::{sync::Arc, time::Duration};
use tokio::{
	sync::{mpsc, oneshot, Mutex},
	task::JoinHandle,
};

/// Commands that may wait for the network task.
const COMMANDS: usize = 64;
/// Time in which listening must have begun.
const LISTEN_TIMEOUT: Duration = Duration::from_secs(5);

/// What all handles of a node share.
pub(crate) struct Shared {
	pub store: Arc<Store>,
	pub options: Options,
	pub distrust: Distrust,
	pub fetching: Fetching,
	streams: Streams,
	counters: Arc<Counters>,
	peer: PeerId,
	commands: mpsc::Sender<Command>,
	task: Mutex<Option<JoinHandle<()>>>,
}

impl Shared {
	pub async fn command(&self, command: Command) -> Result<(), TransferError> {
		self.commands
			.send(command)
			.await
			.map_err(|_| TransferError::Closed)
	}
}

/// A node: a handle that can be cloned. The node stops at [`Transport::shutdown`], or when the last
/// handle is dropped.
#[derive(Clone)]
pub struct Libp2pTransport {
	shared: Arc<Shared>,
}

impl Libp2pTransport {
	/// Starts a node on a store, and returns when it listens. `secret` is the ed25519 secret from
	/// which the peer's identity follows. All whole content in the store is served and announced.
	///
	/// Must be called in a tokio runtime.
	pub async fn start(
		mut secret: [u8; 32],
		options: Options,
		store: Arc<Store>,
	) -> Result<Self, TransferError> {
		// Clears `secret`.
		let keypair = Keypair::ed25519_from_bytes(&mut secret)
			.map_err(|error| TransferError::Start(error.to_string()))?;
		let peer = keypair.public().to_peer_id();
		let addresses = options.check(peer)?;
		let listeners = addresses.listen.len();
		let counters = Arc::new(Counters::default());
		let streams = Streams::new(options.streams.clone());
		let (commands, receiver) = mpsc::channel(COMMANDS);
		let task = Task::new(
			keypair,
			options.clone(),
			addresses,
			store.clone(),
			streams.clone(),
			counters.clone(),
			receiver,
		)
		.map_err(TransferError::Start)?;
		let task = Mutex::new(Some(tokio::spawn(task.run())));
		let (distrust, fetching) = (Distrust::default(), Fetching::default());
		let shared = Shared {
			store,
			options,
			distrust,
			fetching,
			streams,
			counters,
			peer,
			commands,
			task,
		};
		let node = Libp2pTransport {
			shared: Arc::new(shared),
		};
		if listeners > 0 {
			let listening = async {
				while node.listen_addresses().await?.is_empty() {
					tokio::time::sleep(Duration::from_millis(2)).await;
				}
				Ok::<_, TransferError>(())
			};
			tokio::time::timeout(LISTEN_TIMEOUT, listening)
				.await
				.map_err(|_| TransferError::Start("no listener came up".into()))??;
		}
		Ok(node)
	}

	/// The node's identity, as it stands in its locators.
	pub fn peer(&self) -> String {
		self.shared.peer.to_string()
	}

	/// Where the node can be reached: its external addresses or, without any, those that it listens
	/// on, with its identity.
	pub async fn listen_addresses(&self) -> Result<Vec<String>, TransferError> {
		let (reply, answer) = oneshot::channel();
		self.shared.command(Command::Addresses { reply }).await?;
		let addresses = answer.await.map_err(|_| TransferError::Closed)?;
		Ok(addresses
			.iter()
			.map(|address| locator::write(address, self.shared.peer))
			.collect())
	}

	/// What the node has served since it started.
	pub fn statistics(&self) -> Statistics {
		self.shared.counters.read()
	}
}

impl Transport for Libp2pTransport {
	fn serve(
		&self,
		content: Vec<u8>,
		until: Moment,
	) -> BoxFuture<'_, Result<ContentId, TransferError>> {
		Box::pin(async move {
			let store = self.shared.store.clone();
			let id = blocking(move || store.put(&content, until)).await??;
			self.shared
				.command(Command::Provide { id, done: None })
				.await?;
			Ok(id)
		})
	}

	fn fetch<'a>(
		&'a self,
		id: ContentId,
		locators: &'a [String],
		until: Moment,
		progress: ProgressSink<'a>,
	) -> BoxFuture<'a, Result<Vec<u8>, TransferError>> {
		Box::pin(fetch::fetch(&self.shared, id, locators, until, progress))
	}

	fn provide(&self, id: ContentId) -> BoxFuture<'_, Result<(), TransferError>> {
		Box::pin(async move {
			let (done, announced) = oneshot::channel();
			self.shared
				.command(Command::Provide {
					id,
					done: Some(done),
				})
				.await?;
			// The sender is dropped when the announcement is over.
			let _ = announced.await;
			Ok(())
		})
	}

	fn locators(&self) -> BoxFuture<'_, Result<Vec<String>, TransferError>> {
		Box::pin(async move {
			let mut locators = self.listen_addresses().await?;
			locators.retain(|locator| locator.len() <= MAX_LOCATOR_BYTES);
			locators.truncate(MAX_LOCATORS);
			Ok(locators)
		})
	}

	fn pin(&self, id: ContentId, until: Moment) -> BoxFuture<'_, Result<(), TransferError>> {
		Box::pin(async move {
			let store = self.shared.store.clone();
			Ok(blocking(move || store.pin(&id, until)).await??)
		})
	}

	fn discard(&self, id: ContentId) -> BoxFuture<'_, Result<(), TransferError>> {
		Box::pin(async move {
			let store = self.shared.store.clone();
			blocking(move || store.remove(&id)).await??;
			self.shared
				.command(Command::Withdraw { ids: vec![id] })
				.await
		})
	}

	fn expire(&self, now: Moment) -> BoxFuture<'_, Result<Vec<ContentId>, TransferError>> {
		Box::pin(async move {
			let store = self.shared.store.clone();
			let expired = blocking(move || store.expire(now)).await??;
			self.shared
				.command(Command::Withdraw {
					ids: expired.clone(),
				})
				.await?;
			Ok(expired)
		})
	}

	fn name(&self, name: [u8; 32], id: ContentId) -> BoxFuture<'_, Result<(), TransferError>> {
		Box::pin(async move {
			let store = self.shared.store.clone();
			Ok(blocking(move || store.name(&name, &id)).await??)
		})
	}

	fn resolve<'a>(
		&'a self,
		name: [u8; 32],
		locators: &'a [String],
	) -> BoxFuture<'a, Result<ContentId, TransferError>> {
		Box::pin(fetch::resolve(&self.shared, name, locators))
	}

	fn publish(
		&self,
		job: [u8; 32],
		receiver_public: Option<[u8; 32]>,
	) -> Result<StreamWriter, TransferError> {
		self.shared.streams.open(job, receiver_public)
	}

	fn tail<'a>(
		&'a self,
		job: [u8; 32],
		locators: &'a [String],
		receiver_secret: Option<&'a [u8; 32]>,
		pieces: mpsc::Sender<Piece>,
	) -> BoxFuture<'a, Result<(), TransferError>> {
		Box::pin(tail::tail(
			&self.shared,
			job,
			locators,
			receiver_secret,
			pieces,
		))
	}

	fn shutdown(&self) -> BoxFuture<'_, ()> {
		Box::pin(async move {
			// Fails where the task has ended already.
			let _ = self.shared.command(Command::Shutdown).await;
			if let Some(task) = self.shared.task.lock().await.take() {
				let _ = task.await;
			}
		})
	}
}
