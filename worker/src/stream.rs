//! The text of a run while it is made, streamed over the data channel.
//!
//! # What it guarantees
//!
//! 1. A run never waits for its readers, and never fails because of them: without a stream it goes
//!    on unseen.
//! 2. What is streamed is sealed to whom the output is sealed to, and in the clear where the output
//!    is ([`crate::input`]).
//! 3. A stream is finished when a receipt over its text was made. The stream of a run that was
//!    stopped, or failed, is broken off; a run that is made again has a stream of its own.
//!
//! Embeddings are not streamed: they come at once.

use aci_engine::Progress;
use aci_primitives::{model::ModelKind, JobId};
use aci_transfer::{StreamWriter, Transport};
use std::sync::Arc;

/// The stream of one run, if there is one; clones write the same. See the module.
#[derive(Clone, Default)]
pub struct RunStream(Option<Arc<StreamWriter>>);

impl RunStream {
	/// Begins the stream of a run whose output is for `reply`, or for all.
	pub fn begin(
		transport: &dyn Transport,
		job: &JobId,
		kind: ModelKind,
		reply: Option<[u8; 32]>,
	) -> Self {
		if kind != ModelKind::TextGeneration {
			return RunStream(None);
		}
		match transport.publish(job.0, reply) {
			Ok(writer) => RunStream(Some(Arc::new(writer))),
			Err(error) => {
				tracing::warn!(?job, %error, "the text is not streamed");
				RunStream(None)
			}
		}
	}

	/// Takes up what the engine reports. The engine hands out whole characters.
	pub fn take(&self, progress: &Progress<'_>) {
		if let (Some(writer), Progress::Token { text, .. } | Progress::Rest { text }) =
			(&self.0, progress)
		{
			writer.push(text.as_bytes());
		}
	}

	/// All of the text was made, and a receipt over it.
	pub fn finish(&self) {
		if let Some(writer) = &self.0 {
			writer.finish();
		}
	}
}
