//! Runs of many seeds on several threads, taken in by seed. The result does not depend on how many
//! threads there are.

use std::{
	collections::BTreeMap,
	ops::Range,
	sync::{
		atomic::{AtomicBool, AtomicU64, Ordering},
		mpsc,
	},
	thread,
};

/// Runs `play` for each of `seeds` on `threads` threads and gives what comes of it to `take`, in the
/// order of the seeds. Once `take` says so, it is given nothing more, and no other seed is begun.
pub fn play_in_order<T: Send>(
	seeds: Range<u64>,
	threads: usize,
	play: impl Fn(u64) -> T + Sync,
	mut take: impl FnMut(T) -> bool,
) {
	let next = AtomicU64::new(seeds.start);
	let over = AtomicBool::new(false);
	let (sender, receiver) = mpsc::channel();
	thread::scope(|scope| {
		for _ in 0..threads.max(1) {
			let sender = sender.clone();
			let (next, over, play) = (&next, &over, &play);
			scope.spawn(move || loop {
				let seed = next.fetch_add(1, Ordering::Relaxed);
				if seed >= seeds.end || over.load(Ordering::Relaxed) {
					return;
				}
				if sender.send((seed, play(seed))).is_err() {
					return;
				}
			});
		}
		drop(sender);
		let mut early = BTreeMap::new();
		let mut expected = seeds.start;
		for (seed, outcome) in receiver {
			early.insert(seed, outcome);
			while let Some(outcome) = early.remove(&expected) {
				expected += 1;
				if !over.load(Ordering::Relaxed) {
					over.store(take(outcome), Ordering::Relaxed);
				}
			}
		}
	});
}
