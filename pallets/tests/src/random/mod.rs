//! Random sequences of all calls of all five pallets, of blocks, and of what homes and
//! consensus report. After every step the equations of [`crate::check`] hold and the accounts are
//! those of [`crate::book`]; a call that is refused leaves the state root as it was.

mod apply;
mod coverage;
mod operation;
mod play;

use coverage::Coverage;
use proptest::{
	prelude::*,
	test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use std::cell::RefCell;

/// Searches that run beside each other, each from a seed of its own.
const SEARCHES: u32 = 5;
/// Sequences of each search where the environment names no other number: few enough for every build,
/// and enough for every call and every state of [`Coverage`].
const SEQUENCES: u32 = 2;
/// The first search's seed where the environment names no other; the others follow.
const SEED: u32 = 50;
/// Operations in a sequence.
const LENGTH: usize = 300;

/// A number that the environment may name.
fn asked(name: &str) -> Option<u32> {
	let value = std::env::var(name).ok()?;
	Some(
		value
			.parse()
			.unwrap_or_else(|_| panic!("{name} is no number")),
	)
}

/// Plays sequences of a seed. Of more sequences the first ones are the same.
fn search(seed: u32, sequences: u32) -> Coverage {
	let config = Config {
		cases: sequences,
		max_shrink_iters: asked("ACI_MARKET_SHRINKS").unwrap_or(40),
		failure_persistence: None,
		..Config::default()
	};
	let mut bytes = [0; 32];
	bytes[..4].copy_from_slice(&seed.to_le_bytes());
	let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
	let coverage = RefCell::new(Coverage::default());
	let sequences = prop::collection::vec(operation::any_operation(), LENGTH);
	TestRunner::new_with_rng(config, rng)
		.run(&sequences, |operations| {
			play::play(&operations, &mut coverage.borrow_mut());
			Ok(())
		})
		.unwrap_or_else(|failure| panic!("{failure}"));
	coverage.into_inner()
}

/// The seeds are fixed where the environment names none, so that the sequences are known to reach what
/// they should.
#[test]
fn whatever_is_done_the_market_keeps_its_books() {
	let sequences = asked("ACI_MARKET_SEQUENCES").unwrap_or(SEQUENCES);
	let first = asked("ACI_MARKET_SEED");
	let mut coverage = Coverage::default();
	std::thread::scope(|scope| {
		let first = first.unwrap_or(SEED);
		let searches: Vec<_> = (first..first.saturating_add(SEARCHES))
			.map(|seed| scope.spawn(move || search(seed, sequences)))
			.collect();
		for search in searches {
			coverage.add(search.join().expect("the search found nothing"));
		}
	});
	println!("{coverage}");
	if first.is_none() && sequences >= SEQUENCES {
		coverage.assert_complete();
	}
}
