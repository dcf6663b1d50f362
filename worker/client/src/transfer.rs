//! The data channel: serves an input until a worker has it, fetches outputs.

use crate::error::ClientError;
use aci_primitives::{
	job::{Content, MAX_CONTENT},
	BoundedBytes, BoundedList, Hash, JobId,
};
use aci_transfer::{
	ContentId, Libp2pTransport, Options, Piece, Store, StoreOptions, TransferError, Transport,
};
use rand_core::{OsRng, RngCore};
use std::{
	path::{Path, PathBuf},
	sync::Arc,
	time::{SystemTime, UNIX_EPOCH},
};
use tokio::sync::mpsc;

/// How long content is kept at most, in milliseconds.
const KEPT: u64 = 24 * 60 * 60 * 1_000;

/// A node of the data channel that lives as long as one command.
pub struct Channel {
	transport: Libp2pTransport,
	file: PathBuf,
}

impl Channel {
	/// Starts it, with its store in a file of its own under `folder`.
	pub async fn start(
		folder: &Path,
		listen: Option<&str>,
		external: Option<&str>,
	) -> Result<Self, ClientError> {
		let mut secret = [0; 32];
		OsRng.fill_bytes(&mut secret);
		let mut name = [0; 8];
		OsRng.fill_bytes(&mut name);
		let folder = folder.join("transfer");
		std::fs::create_dir_all(&folder)
			.map_err(|error| ClientError::file(format!("making {}", folder.display()), error))?;
		let file = folder.join(hex::encode(name));
		let limits = StoreOptions {
			quota: MAX_CONTENT.saturating_mul(4),
			// A sealed input has a header and a tag for each chunk beside the content.
			max_content: aci_transfer::sealed_length(MAX_CONTENT),
		};
		let store = Arc::new(Store::open(&file, limits)?);
		let options = Options {
			listen: listen.map(String::from).into_iter().collect(),
			external: external.map(String::from).into_iter().collect(),
			dht_server: false,
			..Options::default()
		};
		match Libp2pTransport::start(secret, options, store).await {
			Ok(transport) => Ok(Channel { transport, file }),
			Err(error) => {
				remove(&file);
				Err(error.into())
			}
		}
	}

	/// Serves bytes, and says where.
	pub async fn serve(&self, bytes: Vec<u8>) -> Result<Content, ClientError> {
		let id = self.transport.serve(bytes, until()).await?;
		let locators = self.transport.locators().await?;
		content(&id, locators)
	}

	/// Fetches what is served, and checks it.
	pub async fn fetch(&self, content: &Content) -> Result<Vec<u8>, ClientError> {
		let id = ContentId {
			sha256: content.sha256.0,
			tree_root: content.tree_root.0,
			length: content.length,
		};
		let locators: Vec<String> = content
			.locators
			.iter()
			.map(|locator| String::from_utf8_lossy(locator).into_owned())
			.collect();
		let mut silent = |_| {};
		let fetched = self.transport.fetch(id, &locators, until(), &mut silent);
		Ok(fetched.await?)
	}

	/// Asks who serves at the locators for content by its name; it is then fetched from there.
	pub async fn find(
		&self,
		name: [u8; 32],
		locators: &BoundedList<BoundedBytes<128>, 4>,
	) -> Result<Content, ClientError> {
		let texts: Vec<String> = locators
			.iter()
			.map(|locator| String::from_utf8_lossy(locator).into_owned())
			.collect();
		let id = self.transport.resolve(name, &texts).await?;
		Ok(Content {
			sha256: Hash::from(id.sha256),
			tree_root: Hash::from(id.tree_root),
			length: id.length,
			locators: locators.clone(),
		})
	}

	/// Reads the stream of a job's text to its end. `secret` opens that of a private job.
	pub async fn tail(
		&self,
		job: JobId,
		locators: &[String],
		secret: Option<&[u8; 32]>,
		pieces: mpsc::Sender<Piece>,
	) -> Result<(), ClientError> {
		let tail = self.transport.tail(job.0, locators, secret, pieces);
		Ok(tail.await?)
	}

	/// Stops, and forgets all content.
	pub async fn stop(self) {
		self.transport.shutdown().await;
	}
}

impl Drop for Channel {
	fn drop(&mut self) {
		remove(&self.file);
	}
}

fn remove(file: &Path) {
	if let Err(error) = std::fs::remove_file(file) {
		tracing::warn!(file = %file.display(), %error, "a temporary file stays");
	}
}

fn until() -> u64 {
	let now = SystemTime::now().duration_since(UNIX_EPOCH);
	let now = now.map_or(0, |now| now.as_millis());
	u64::try_from(now).unwrap_or(u64::MAX).saturating_add(KEPT)
}

/// The content of an identity, as the chain takes it.
pub fn content(id: &ContentId, locators: Vec<String>) -> Result<Content, ClientError> {
	let bounds = || {
		ClientError::Transfer(TransferError::Option {
			option: "external",
			reason: "give at most 4 addresses of at most 128 bytes".into(),
		})
	};
	let locators = locators
		.into_iter()
		.map(|locator| locator.into_bytes().try_into().map_err(|_| bounds()))
		.collect::<Result<Vec<_>, _>>()?;
	Ok(Content {
		sha256: Hash::from(id.sha256),
		tree_root: Hash::from(id.tree_root),
		length: id.length,
		locators: locators.try_into().map_err(|_| bounds())?,
	})
}
