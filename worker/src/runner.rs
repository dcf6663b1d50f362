//! The loop of a running worker: blocks come, jobs are taken up and worked on.
//!
//! # What it guarantees
//!
//! 1. At every block, and at the start, the jobs that the chain lists as the worker's are taken up.
//!    So a match is found also where its event was missed.
//! 2. A job has one task at a time; a job whose step failed is looked at again at the next block.
//! 3. A lost connection stops nothing: the loop goes on when the node is back.
//! 4. When it is told to stop it takes up no more jobs, lets those that are being worked on go on
//!    for a bounded time, then stops them. What they stored is found at the next start.
//! 5. It ends by itself only when its own store fails.

use crate::{
	access::ChainAccess,
	record::Stage,
	store::StoreError,
	work::{WorkError, Worker, LEASE},
};
use aci_chain::{Blocks, Chain};
use aci_engine::Engine;
use aci_primitives::{BlockNumber, Instant, JobId};
use std::{collections::BTreeMap, future::Future, sync::Arc, time::Duration};
use tokio::{
	sync::watch,
	task::{Id, JoinError, JoinSet},
	time::{sleep, timeout},
};

/// Blocks between two looks at jobs that have come to rest, and at stored content.
const TIDY_BLOCKS: BlockNumber = LEASE / 4;
/// Pause after a network failure.
const PAUSE: Duration = Duration::from_secs(1);
/// Time in which stopped runs end: a token takes far less.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// The chain's present, as far as the worker needs it.
///
/// The moment is the best block's timestamp. The chain counts deadlines by a median that is a few
/// blocks behind it, so the worker sees a deadline pass no later than the chain.
pub async fn present(chain: &Chain, block: BlockNumber) -> Result<Instant, aci_chain::ChainError> {
	Ok(Instant {
		moment: chain.time().await?,
		block,
	})
}

/// Works until `shutdown` is ready, then for at most `grace`.
pub async fn run<C: ChainAccess, E: Engine + Send + 'static>(
	worker: Arc<Worker<C, E>>,
	chain: Chain,
	mut blocks: Blocks,
	present_sender: watch::Sender<Instant>,
	shutdown: impl Future<Output = ()>,
	grace: Duration,
) -> Result<(), StoreError> {
	tokio::pin!(shutdown);
	let mut tasks = Tasks::default();
	let mut tidied: Option<BlockNumber> = None;
	let mut new_block = true;
	loop {
		if std::mem::take(&mut new_block) {
			let block = present_sender.borrow().block;
			let tidy = tidied.is_none_or(|last| block >= last.saturating_add(TIDY_BLOCKS));
			match tick(&worker, &mut tasks, block, tidy).await {
				Ok(()) if tidy => tidied = Some(block),
				Ok(()) => {}
				Err(WorkError::Store(error)) => return Err(error),
				Err(error) => tracing::warn!(%error, "trying again with the next block"),
			}
		}
		tokio::select! {
			_ = &mut shutdown => break,
			Some(ended) = tasks.set.join_next_with_id() => tasks.ended(ended)?,
			block = blocks.next() => {
				let now = match block {
					Ok(block) => present(&chain, block.number).await,
					Err(error) => Err(error),
				};
				match now {
					Ok(now) => {
						present_sender.send_replace(now);
						new_block = true;
					}
					Err(error) => {
						tracing::warn!(%error, "cannot follow the chain; trying again");
						sleep(PAUSE).await;
					}
				}
			}
		}
	}
	tracing::info!(jobs = tasks.active.len(), "stopping");
	let finishing = async {
		// The present goes on meanwhile, so that deadlines are seen.
		while !tasks.set.is_empty() {
			tokio::select! {
				Some(ended) = tasks.set.join_next_with_id() => tasks.ended(ended)?,
				Ok(block) = blocks.next() => if let Ok(now) = present(&chain, block.number).await {
					present_sender.send_replace(now);
				},
			}
		}
		Ok::<(), StoreError>(())
	};
	if let Ok(finished) = timeout(grace, finishing).await {
		finished?;
	}
	worker.stop();
	let stopping = async { while tasks.set.join_next().await.is_some() {} };
	if timeout(STOP_TIMEOUT, stopping).await.is_err() {
		tracing::warn!("a run did not stop in time; it is broken off");
	}
	worker.parts().transport.shutdown().await;
	Ok(())
}

/// Takes up new jobs and looks at those that are not at rest.
async fn tick<C: ChainAccess, E: Engine + Send + 'static>(
	worker: &Arc<Worker<C, E>>,
	tasks: &mut Tasks,
	block: BlockNumber,
	tidy: bool,
) -> Result<(), WorkError> {
	for view in worker.parts().chain.assigned().await? {
		if worker.accept(&view)? {
			tracing::info!(
				job = ?view.id,
				client = %view.job.client,
				model = ?view.job.spec.model,
				"matched"
			);
		}
	}
	for record in worker.parts().store.jobs()? {
		let at_rest = match record.stage {
			Stage::Ended(_) => !tidy,
			Stage::Settled(_, until) => !tidy && block <= until,
			_ => false,
		};
		if !at_rest {
			tasks.start(worker, record.id);
		}
	}
	if tidy {
		worker.tidy().await?;
	}
	Ok(())
}

/// The tasks that work on jobs.
#[derive(Default)]
struct Tasks {
	set: JoinSet<Result<(), WorkError>>,
	active: BTreeMap<Id, JobId>,
}

impl Tasks {
	fn start<C: ChainAccess, E: Engine + Send + 'static>(
		&mut self,
		worker: &Arc<Worker<C, E>>,
		id: JobId,
	) {
		if self.active.values().any(|active| *active == id) {
			return;
		}
		let worker = worker.clone();
		let task = self.set.spawn(async move { worker.drive(id).await });
		self.active.insert(task.id(), id);
	}

	fn ended(
		&mut self,
		ended: Result<(Id, Result<(), WorkError>), JoinError>,
	) -> Result<(), StoreError> {
		match ended {
			Ok((task, result)) => {
				let job = self.active.remove(&task);
				match result {
					Ok(()) => {}
					Err(WorkError::Store(error)) => return Err(error),
					Err(error) => tracing::warn!(?job, %error, "trying again with the next block"),
				}
			}
			Err(error) => {
				let job = self.active.remove(&error.id());
				tracing::error!(?job, %error, "the work on a job broke off");
			}
		}
		Ok(())
	}
}
