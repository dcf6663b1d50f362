//! Whole runs: what must hold in all of them, and that each rule is needed.

use super::network::*;
use crate::safety::Control;

fn assert_right(report: &Report, seed: u64) {
	assert!(
		report.violations.is_empty(),
		"seed {seed}: {:?}",
		report.violations
	);
}

#[test]
fn a_calm_network_settles_everything() {
	let report = Network::run(Scenario::calm(1));
	assert_right(&report, 1);
	assert!(report.ended, "the set was closed");
	assert!(report.matches > 12, "{} matches", report.matches);
	assert!(report.finals > 12, "{} vertices Final", report.finals);
	assert!(report.checkpoints > 2, "{} checkpoints", report.checkpoints);
	assert!(report.paid > 0);
	assert_eq!(report.offences, 0);
}

#[test]
fn the_same_seed_gives_the_same_run() {
	let scenario = Scenario::rough(5);
	let (one, other) = (Network::run(scenario.clone()), Network::run(scenario));
	assert_eq!(one.digest, other.digest);
	assert_eq!(one.matches, other.matches);
}

#[test]
fn rough_networks_keep_every_promise() {
	let (mut ended, mut finals, mut offences) = (0, 0, 0);
	for seed in [2, 3, 5, 6, 8, 9, 19] {
		let report = Network::run(Scenario::rough(seed));
		assert_right(&report, seed);
		ended += usize::from(report.ended);
		finals += report.finals;
		offences += report.offences;
	}
	assert!(ended >= 6, "{ended} of 7 sets were closed");
	assert!(finals > 100, "{finals} vertices Final");
	assert!(offences > 0, "some twin was caught");
}

fn found(control: Control, scenarios: impl Iterator<Item = Scenario>) -> bool {
	scenarios
		.map(|scenario| Scenario {
			control: Some(control),
			..scenario
		})
		.any(|scenario| !Network::run(scenario).violations.is_empty())
}

#[test]
fn without_s1_honest_authors_are_accused() {
	assert!(found(Control::S1, (0..1).map(Scenario::calm)));
}

#[test]
fn without_s2_a_crash_makes_an_equivocation() {
	let crashes = |seed| Scenario {
		crashes: 3,
		..Scenario::calm(seed)
	};
	assert!(found(Control::S2, (0..4).map(crashes)));
}
