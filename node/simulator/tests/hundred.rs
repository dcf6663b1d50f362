//! A hundred validators: the time from a block's making to its finality under the stated
//! latencies, with all of them and with 33 down.

use aci_simulator::{
	finality::{
		report::{latency, percentile},
		run::play,
		scenario::Scenario,
	},
	world::MILLI,
};

fn measure(down: usize, views: u64) -> (u64, u64) {
	let mut scenario = Scenario::calm(1, 100, views);
	scenario.down = down;
	let outcome = play(&scenario);
	println!("{}", latency(&scenario, &outcome));
	assert_eq!(outcome.violations, []);
	let mut sorted = outcome.latencies;
	sorted.sort_unstable();
	assert!(sorted.len() > 500);
	(
		percentile(&sorted, 50) / MILLI,
		percentile(&sorted, 99) / MILLI,
	)
}

#[test]
fn a_hundred_validators_make_a_block_final_within_its_slot() {
	let (half, most) = measure(0, 60);
	assert!(half < 1_000 && most < 2_000, "{half} {most}");
}

#[test]
fn with_33_of_a_hundred_down_blocks_still_become_final() {
	let (half, most) = measure(33, 60);
	assert!(half < most);
}
