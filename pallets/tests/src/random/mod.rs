//! Random sequences of all calls of all five pallets, of blocks, and of what verifiers, homes and
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

/// Sequences that are played where the environment names no other number: few enough for every
/// build, and enough for every call and every state of [`Coverage`].
const CASES: u32 = 8;
/// Operations in a sequence.
const LENGTH: usize = 260;

/// The number of sequences that the environment asks for.
fn cases() -> Option<u32> {
	let asked = std::env::var("ACI_MARKET_SEQUENCES").ok()?;
	Some(asked.parse().expect("ACI_MARKET_SEQUENCES is a number"))
}

/// The number of shorter sequences that are tried after a failure.
fn shrinks() -> u32 {
	let asked = std::env::var("ACI_MARKET_SHRINKS").ok();
	asked.map_or(40, |asked| asked.parse().expect("ACI_MARKET_SHRINKS is a number"))
}

/// The seed is fixed, so that these sequences are known to reach what they should. Of more sequences
/// the first ones are the same.
#[test]
fn whatever_is_done_the_market_keeps_its_books() {
	let asked = cases();
	let config = Config {
		cases: asked.unwrap_or(CASES),
		max_shrink_iters: shrinks(),
		failure_persistence: None,
		..Config::default()
	};
	let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
	let coverage = RefCell::new(Coverage::default());
	let sequences = prop::collection::vec(operation::any_operation(), LENGTH);
	TestRunner::new_with_rng(config, rng)
		.run(&sequences, |operations| {
			play::play(&operations, &mut coverage.borrow_mut());
			Ok(())
		})
		.unwrap_or_else(|failure| panic!("{failure}"));
	let coverage = coverage.into_inner();
	println!("{coverage}");
	if asked.unwrap_or(CASES) >= CASES {
		coverage.assert_complete();
	}
}
