//! The engines on which jobs run, one for each slot.
//!
//! # What it guarantees
//!
//! 1. At most as many jobs run at once as there are engines; others wait.
//! 2. Work runs on threads that may block, never on those that drive the network.
//! 3. An engine comes back whatever happens to the work, also where it panics or nobody waits for
//!    it any more.
//!
//! Each engine holds its models, so weights are in memory once for each slot.

use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// The work ended early: it panicked, or the process is shutting down.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the computation was broken off; look at the log for the cause")]
pub struct BrokenOff;

/// Engines that are used one job at a time; see the module.
pub struct Pool<E> {
	engines: Arc<Mutex<Vec<E>>>,
	free: Arc<Semaphore>,
}

/// Puts the engine back, also while a panic unwinds.
struct Lent<E> {
	engine: Option<E>,
	home: Arc<Mutex<Vec<E>>>,
}

impl<E> Drop for Lent<E> {
	fn drop(&mut self) {
		if let Some(engine) = self.engine.take() {
			lock(&self.home).push(engine);
		}
	}
}

fn lock<E>(engines: &Mutex<Vec<E>>) -> std::sync::MutexGuard<'_, Vec<E>> {
	// Pushing and popping leave the list whole, so a poisoned lock is as good.
	engines.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<E: Send + 'static> Pool<E> {
	/// A pool of these engines.
	pub fn new(engines: Vec<E>) -> Self {
		Pool {
			free: Arc::new(Semaphore::new(engines.len())),
			engines: Arc::new(Mutex::new(engines)),
		}
	}

	/// Waits for a free engine and works with it.
	pub async fn work<T: Send + 'static>(
		&self,
		work: impl FnOnce(&mut E) -> T + Send + 'static,
	) -> Result<T, BrokenOff> {
		let permit = self.free.clone().acquire_owned().await;
		let permit = permit.map_err(|_| BrokenOff)?;
		let home = self.engines.clone();
		tokio::task::spawn_blocking(move || {
			// Declared first, so that it is dropped after the engine is back.
			let _permit = permit;
			let engine = lock(&home).pop();
			let mut lent = Lent { engine, home };
			lent.engine.as_mut().map(work)
		})
		.await
		.ok()
		.flatten()
		.ok_or(BrokenOff)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::{
		sync::atomic::{AtomicUsize, Ordering},
		time::Duration,
	};

	#[tokio::test]
	async fn no_more_jobs_run_at_once_than_there_are_engines() {
		static RUNNING: AtomicUsize = AtomicUsize::new(0);
		static MOST: AtomicUsize = AtomicUsize::new(0);
		let pool = Pool::new(vec![(), ()]);
		let jobs = (0..8).map(|_| {
			pool.work(|_| {
				let running = RUNNING.fetch_add(1, Ordering::SeqCst) + 1;
				MOST.fetch_max(running, Ordering::SeqCst);
				std::thread::sleep(Duration::from_millis(5));
				RUNNING.fetch_sub(1, Ordering::SeqCst);
			})
		});
		for result in futures::future::join_all(jobs).await {
			result.expect("runs");
		}
		assert!(MOST.load(Ordering::SeqCst) <= 2);
	}

	#[tokio::test]
	async fn an_engine_comes_back_after_a_panic() {
		let pool = Pool::new(vec![7u32]);
		let broken = pool
			.work(|_| std::panic::resume_unwind(Box::new("the work fails")))
			.await;
		assert_eq!(broken, Err::<(), _>(BrokenOff));
		assert_eq!(pool.work(|engine| *engine).await, Ok(7));
	}
}
