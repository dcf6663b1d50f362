//! The seam between a worker or client and whatever carries its data.

use crate::{
	content::ContentId,
	error::TransferError,
	seal,
	store::Moment,
	stream::{Piece, StreamWriter},
	Attempt,
};
use futures::future::BoxFuture;
use tokio::sync::mpsc;

/// What happened during a fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
	/// So many of all chunks are there and checked.
	Received {
		/// Chunks that are there.
		chunks: u64,
		/// Chunks that the content has.
		total: u64,
	},
	/// A source will not be asked further.
	GaveUp(Attempt),
}

/// Is told of a fetch's progress, on the task that fetches.
pub type ProgressSink<'a> = &'a mut (dyn FnMut(Progress) + Send);

/// Serves and fetches content by identity.
///
/// An implementation returns from [`Transport::fetch`] only bytes whose [`ContentId`] is the one
/// that was asked for, and keeps what it received for a later fetch of the same content. Dropping a
/// returned future stops the work.
pub trait Transport: Send + Sync {
	/// Stores content, announces it, and serves it to all who ask until it expires.
	fn serve(
		&self,
		content: Vec<u8>,
		until: Moment,
	) -> BoxFuture<'_, Result<ContentId, TransferError>>;

	/// Fetches content: from the store, from the locators, then from whom the network names. It is
	/// kept, and served, until `until` at least.
	fn fetch<'a>(
		&'a self,
		id: ContentId,
		locators: &'a [String],
		until: Moment,
		progress: ProgressSink<'a>,
	) -> BoxFuture<'a, Result<Vec<u8>, TransferError>>;

	/// Announces stored content to the network, and returns when that is done once. Serving and
	/// fetching announce by themselves.
	fn provide(&self, id: ContentId) -> BoxFuture<'_, Result<(), TransferError>>;

	/// Where this side can be reached: at most [`crate::MAX_LOCATORS`] locators of at most
	/// [`crate::MAX_LOCATOR_BYTES`] bytes.
	fn locators(&self) -> BoxFuture<'_, Result<Vec<String>, TransferError>>;

	/// Keeps stored content until at least this moment.
	fn pin(&self, id: ContentId, until: Moment) -> BoxFuture<'_, Result<(), TransferError>>;

	/// Stops serving and removes content, or what a fetch that will not be repeated left of it.
	fn discard(&self, id: ContentId) -> BoxFuture<'_, Result<(), TransferError>>;

	/// Stops serving and removes all that is kept until `now` or earlier.
	fn expire(&self, now: Moment) -> BoxFuture<'_, Result<Vec<ContentId>, TransferError>>;

	/// Gives stored content a name, by which [`Transport::resolve`] finds it here. A name stands for
	/// the content that it was given to last, as long as that is held.
	fn name(&self, name: [u8; 32], id: ContentId) -> BoxFuture<'_, Result<(), TransferError>>;

	/// Asks who can be reached by the locators for the content that goes by a name. Nobody vouches
	/// for the answer: what is fetched must be compared with something that was signed.
	fn resolve<'a>(
		&'a self,
		name: [u8; 32],
		locators: &'a [String],
	) -> BoxFuture<'a, Result<ContentId, TransferError>>;

	/// Begins the stream of a job's text, sealed to `receiver_public` where it is given; see
	/// [`crate::stream`]. A stream of the job that is there already is void from now on.
	fn publish(
		&self,
		job: [u8; 32],
		receiver_public: Option<[u8; 32]>,
	) -> Result<StreamWriter, TransferError>;

	/// Reads a job's stream from who can be reached by the locators, while it is made, and hands its
	/// pieces on. Returns when the stream has ended as its writer meant it to, or when nobody takes
	/// the pieces any more; fails where the stream cannot be had. Nobody vouches for what it gives:
	/// compare it with the result.
	fn tail<'a>(
		&'a self,
		job: [u8; 32],
		locators: &'a [String],
		receiver_secret: Option<&'a [u8; 32]>,
		pieces: mpsc::Sender<Piece>,
	) -> BoxFuture<'a, Result<(), TransferError>>;

	/// Stops. Later calls fail with [`TransferError::Closed`].
	fn shutdown(&self) -> BoxFuture<'_, ()>;

	/// Seals content to a receiver and serves the sealed bytes; the identity is theirs.
	fn serve_sealed(
		&self,
		plaintext: Vec<u8>,
		receiver_public: [u8; 32],
		until: Moment,
	) -> BoxFuture<'_, Result<ContentId, TransferError>> {
		Box::pin(async move {
			let sealed = blocking(move || seal::seal(&plaintext, &receiver_public)).await?;
			self.serve(sealed?.bytes, until).await
		})
	}

	/// Fetches sealed bytes and opens them. What is kept and served on is sealed.
	fn fetch_sealed<'a>(
		&'a self,
		id: ContentId,
		locators: &'a [String],
		receiver_secret: &'a [u8; 32],
		until: Moment,
		progress: ProgressSink<'a>,
	) -> BoxFuture<'a, Result<Vec<u8>, TransferError>> {
		Box::pin(async move {
			let sealed = self.fetch(id, locators, until, progress).await?;
			let secret = *receiver_secret;
			Ok(blocking(move || seal::open(&sealed, &secret)).await??)
		})
	}
}

/// Runs work that blocks or computes for long, off the threads that drive the network.
pub(crate) async fn blocking<T: Send + 'static>(
	work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, TransferError> {
	tokio::task::spawn_blocking(work)
		.await
		.map_err(|_| TransferError::Closed)
}
