//! The text of a job while the worker makes it.
//!
//! # What it guarantees
//!
//! 1. Streamed text is a view, never the result: at the end it is compared with the output whose
//!    hash is in the receipt, and what differs is said ([`Live::end`]).
//! 2. Nothing is shown twice. What a worker makes again after a crash is shown only where it goes
//!    on, or differs.
//! 3. Standard output gets what it gets without streaming, byte for byte, wherever the worker
//!    streams the output. All remarks go to standard error.
//! 4. A stream that cannot be had costs one line and nothing else.

use crate::{context::Context, error::ClientError, transfer::Channel};
use aci_chain::Chain;
use aci_primitives::{AccountId, JobId};
use aci_transfer::Piece;
use std::{
	future::pending,
	io::{self, Write},
	path::PathBuf,
};
use tokio::{sync::mpsc, task::JoinHandle};

/// Pieces that wait to be shown.
const PIECES: usize = 16;

/// What has been shown, and what the present run has made.
struct View<W> {
	out: W,
	shown: Vec<u8>,
	made: Vec<u8>,
}

/// How a text that was shown stands to the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Agreement {
	/// Nothing was shown.
	Nothing,
	/// It is the result.
	Whole,
	/// It is the beginning of the result.
	Beginning,
	/// It is something else.
	Different,
}

impl<W: Write> View<W> {
	/// Shows a piece. Gives the remark that it needs.
	fn take(&mut self, piece: Piece) -> io::Result<Option<&'static str>> {
		let bytes = match piece {
			Piece::Bytes(bytes) => bytes,
			Piece::Restarted => {
				self.made.clear();
				return Ok(Some("The worker makes the text again."));
			}
		};
		let before = self.made.len();
		self.made.extend_from_slice(&bytes);
		let known = self.shown.len().min(self.made.len());
		if self.made.get(before..known) == self.shown.get(before..known) || before >= known {
			let new = self.made.get(self.shown.len()..).unwrap_or_default();
			self.out.write_all(new)?;
			self.out.flush()?;
			self.shown.extend_from_slice(new);
			return Ok(None);
		}
		if self.mid_line() {
			self.out.write_all(b"\n")?;
		}
		self.out.write_all(&self.made)?;
		self.out.flush()?;
		self.shown.clone_from(&self.made);
		Ok(Some(
			"Its text differs now. What was shown until here is void; from the beginning:",
		))
	}

	fn mid_line(&self) -> bool {
		self.shown.last().is_some_and(|last| *last != b'\n')
	}

	fn agreement(&self, output: &[u8]) -> Agreement {
		match output.strip_prefix(self.shown.as_slice()) {
			_ if self.shown.is_empty() => Agreement::Nothing,
			Some([]) => Agreement::Whole,
			Some(_) => Agreement::Beginning,
			None => Agreement::Different,
		}
	}
}

/// Where reading stands.
enum Reading {
	/// No worker has begun.
	Not,
	/// Pieces come.
	Now {
		pieces: mpsc::Receiver<Piece>,
		task: JoinHandle<Result<(), ClientError>>,
	},
	/// There is nothing more to read of this run.
	Over,
}

/// The text of a job that is followed.
pub struct Live {
	/// Opens the stream of a private job.
	secret: Option<[u8; 32]>,
	reading: Reading,
	view: View<io::Stdout>,
}

impl Live {
	/// Nothing is read yet. `secret` opens the stream of a private job.
	pub fn new(secret: Option<[u8; 32]>) -> Self {
		Live {
			secret,
			reading: Reading::Not,
			view: View {
				out: io::stdout(),
				shown: Vec::new(),
				made: Vec::new(),
			},
		}
	}

	/// Starts to read from the worker that runs the job, once.
	pub fn begin(&mut self, context: &Context, job: JobId, worker: &AccountId) {
		if !matches!(self.reading, Reading::Not) {
			return;
		}
		let (sender, pieces) = mpsc::channel(PIECES);
		let reading = read(
			context.chain.clone(),
			context.data.clone(),
			job,
			worker.clone(),
			self.secret,
			sender,
		);
		self.reading = Reading::Now {
			pieces,
			task: tokio::spawn(reading),
		};
	}

	/// The next piece, or `None` at the stream's end. Waits for ever while nothing is read. Dropping
	/// the future loses nothing.
	pub async fn next(&mut self) -> Option<Piece> {
		match &mut self.reading {
			Reading::Now { pieces, .. } => pieces.recv().await,
			Reading::Not | Reading::Over => pending().await,
		}
	}

	/// Shows what [`Live::next`] gave.
	pub async fn take(&mut self, context: &Context, piece: Option<Piece>) {
		let Some(piece) = piece else {
			if let Reading::Now { task, .. } = std::mem::replace(&mut self.reading, Reading::Over) {
				if let Ok(Err(error)) = task.await {
					self.tell(context, &format!("The text is not streamed on: {error}"));
				}
			}
			return;
		};
		let mid_line = self.view.mid_line();
		match self.view.take(piece) {
			Ok(Some(remark)) => {
				if mid_line {
					context.tell("");
				}
				context.tell(remark);
			}
			Ok(None) => {}
			// Nobody reads any more, as at the end of a pipe.
			Err(_) => self.stop(),
		}
	}

	/// Tells something on a line of its own.
	pub fn tell(&self, context: &Context, text: &str) {
		if self.view.mid_line() {
			context.tell("");
		}
		context.tell(text);
	}

	/// The worker does not run the job any more. Another may.
	pub fn leave(&mut self) {
		self.stop();
		self.view.made.clear();
		self.reading = Reading::Not;
	}

	/// Reads no more, but takes what has come already.
	pub fn stop(&mut self) {
		if let Reading::Now { mut pieces, task } =
			std::mem::replace(&mut self.reading, Reading::Over)
		{
			task.abort();
			while let Ok(piece) = pieces.try_recv() {
				let _ = self.view.take(piece);
			}
		}
	}

	/// Compares what was shown with the output, which was checked, and says how they stand. Gives
	/// what is still to be shown of the output; `None` where nothing was shown of it.
	pub fn end(&mut self, context: &Context, output: &[u8]) -> Option<Vec<u8>> {
		self.stop();
		let agreement = self.view.agreement(output);
		let line_end = |text: &[u8]| match text.last() {
			None | Some(b'\n') => Vec::new(),
			Some(_) => b"\n".to_vec(),
		};
		match agreement {
			Agreement::Nothing => None,
			Agreement::Whole => {
				self.tell(
					context,
					"The text is the result: it hashes to what the worker's receipt says.",
				);
				Some(line_end(output))
			}
			Agreement::Beginning => {
				self.tell(context, "The stream ended before the result did. The rest:");
				output.get(self.view.shown.len()..).map(<[u8]>::to_vec)
			}
			Agreement::Different => {
				self.tell(
					context,
					"The streamed text is NOT the result: forget it. What counts is what the \
					 worker's receipt on the chain names:",
				);
				Some([&line_end(&self.view.shown), output].concat())
			}
		}
	}
}

/// Reads a job's stream from its worker's endpoints.
async fn read(
	chain: Chain,
	data: PathBuf,
	job: JobId,
	worker: AccountId,
	secret: Option<[u8; 32]>,
	pieces: mpsc::Sender<Piece>,
) -> Result<(), ClientError> {
	let view = chain.worker(&worker).await?;
	let endpoints: Vec<String> = view
		.iter()
		.flat_map(|view| &view.worker.endpoints)
		.map(crate::names::text)
		.collect();
	if endpoints.is_empty() {
		return Err(ClientError::NotFound(
			"the worker names no endpoint; the text is shown with the result".into(),
		));
	}
	let channel = Channel::start(&data, None, None).await?;
	let read = channel.tail(job, &endpoints, secret.as_ref(), pieces).await;
	channel.stop().await;
	read
}

#[cfg(test)]
mod tests {
	use super::*;

	fn view() -> View<Vec<u8>> {
		View {
			out: Vec::new(),
			shown: Vec::new(),
			made: Vec::new(),
		}
	}

	fn take(view: &mut View<Vec<u8>>, text: &str) -> Option<&'static str> {
		let taken = view.take(Piece::Bytes(text.into()));
		taken.expect("memory can be written to")
	}

	#[test]
	fn pieces_are_shown_as_they_come_and_agree_with_the_result() {
		let mut view = view();
		assert_eq!(view.agreement(b"a text"), Agreement::Nothing);
		for (piece, shown, agreement) in [
			("a ", "a ", Agreement::Beginning),
			("text", "a text", Agreement::Whole),
			("!", "a text!", Agreement::Different),
		] {
			assert_eq!(take(&mut view, piece), None);
			assert_eq!(view.out, shown.as_bytes());
			assert_eq!(view.agreement(b"a text"), agreement);
		}
	}

	#[test]
	fn the_same_text_made_again_is_not_shown_again() {
		let mut view = view();
		take(&mut view, "one two");
		assert!(view.take(Piece::Restarted).expect("is told").is_some());
		for piece in ["one", " tw", "o three"] {
			assert_eq!(take(&mut view, piece), None);
		}
		assert_eq!(view.out, b"one two three");
		assert_eq!(view.agreement(b"one two three"), Agreement::Whole);
	}

	#[test]
	fn another_text_made_after_a_restart_is_said_and_shown_from_its_beginning() {
		let mut view = view();
		take(&mut view, "one two");
		view.take(Piece::Restarted).expect("is told");
		assert_eq!(take(&mut view, "one"), None);
		let remark = take(&mut view, " and").expect("is said");
		assert!(remark.contains("void"));
		assert_eq!(take(&mut view, " more"), None);
		assert_eq!(view.out, b"one two\none and more");
		assert_eq!(view.agreement(b"one and more"), Agreement::Whole);
		assert_eq!(view.agreement(b"one two"), Agreement::Different);
	}

	#[test]
	fn a_restart_that_makes_less_leaves_what_was_shown_to_be_compared() {
		let mut view = view();
		take(&mut view, "one two");
		view.take(Piece::Restarted).expect("is told");
		take(&mut view, "one");
		assert_eq!(view.agreement(b"one"), Agreement::Different);
		assert_eq!(view.agreement(b"one two"), Agreement::Whole);
	}
}
