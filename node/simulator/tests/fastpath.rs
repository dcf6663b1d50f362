//! The fixed set of seeds of the fast path that every test run plays, and its negative controls.
//! Larger sets are played by the program.

use aci_fastpath::safety::Control;
use aci_simulator::fastpath::{
	campaign::search,
	report,
	run::play,
	scenario::{Kind, Scenario, Search},
};

fn plain(kind: Option<Kind>) -> Search {
	Search {
		authorities: (4, 7),
		length: 1_200,
		kind,
		control: None,
	}
}

#[test]
fn nothing_goes_wrong_in_any_kind_of_scenario_and_all_that_the_rules_are_for_has_happened() {
	let found = search(0..60, &plain(None), 2, false);
	assert!(found.failures.is_empty(), "{}", report::table(&found));
	assert_eq!(found.kinds.len(), Kind::ALL.len());
	let coverage = &found.total.coverage;
	for what in [
		"promised",
		"matched",
		"final matches judged",
		"checkpoints",
		"sets closed",
		"recoveries",
		"lost journals",
		"state syncs",
		"two chains",
		"late",
		"thin",
		"unknown parent",
		"false checkpoint",
		"signed unseen",
		"proofs",
		"released",
		"moved",
		"acknowledged",
		"submitted",
		"judged",
		"disputes",
		"ignored",
	] {
		assert!(coverage.of(what) > 0, "{what}: {}", report::table(&found));
	}
	let counts = &found.total.counts;
	assert!(counts.lost > 0 && counts.doubled > 0 && counts.stopped > 0 && counts.crashes > 0);
}

#[test]
fn the_same_seed_gives_the_same_trace_in_every_kind_of_scenario() {
	for kind in Kind::ALL {
		let scenario = Scenario::of(3, &plain(Some(kind)));
		let one = play(&scenario);
		assert_eq!(one, play(&scenario), "{kind:?}");
		let other = play(&Scenario::of(4, &plain(Some(kind))));
		assert_ne!(one.trace, other.trace, "{kind:?}");
	}
}

#[test]
fn the_number_of_threads_changes_nothing() {
	let one = search(0..10, &plain(None), 1, false);
	assert_eq!(one, search(0..10, &plain(None), 3, false));
}

/// Plays seeds from `from` on until a promise is broken without the rule, at most `within`.
fn assert_found(control: Control, kind: Kind, authorities: (usize, usize), from: u64, within: u64) {
	let without = Search {
		authorities,
		control: Some(control),
		..plain(Some(kind))
	};
	let found = search(from..from + within, &without, 2, true);
	let broken = found
		.failures
		.iter()
		.any(|(_, violations)| violations.iter().any(|violation| violation.is_of_safety()));
	assert!(broken, "without {control:?}: {}", report::table(&found));
}

#[test]
fn without_a_rule_of_the_chains_of_vertices_a_promise_is_broken() {
	assert_found(Control::S1, Kind::Calm, (4, 7), 0, 5);
	assert_found(Control::S2, Kind::Crashes, (4, 7), 0, 10);
	assert_found(Control::S3, Kind::Siege, (4, 4), 0, 50);
	assert_found(Control::S4, Kind::Siege, (4, 7), 0, 60);
}

#[test]
fn without_a_rule_of_certificates_a_final_match_is_not_where_it_must_be() {
	assert_found(Control::S5, Kind::Byzantine, (4, 4), 0, 100);
	// The first seed of all is 251.
	assert_found(Control::S6, Kind::Siege, (4, 4), 240, 60);
	assert_found(Control::S14, Kind::Alone, (4, 7), 40, 60);
	assert_found(Control::S11, Kind::Siege, (4, 7), 0, 60);
}

#[test]
fn without_a_rule_of_lanes_money_or_slots_are_spent_twice_or_a_promise_is_not_kept() {
	assert_found(Control::S7, Kind::Leases, (4, 7), 0, 30);
	assert_found(Control::S10, Kind::Leases, (4, 7), 0, 20);
	assert_found(Control::S12, Kind::Calm, (4, 7), 0, 5);
	assert_found(Control::S15, Kind::Leases, (4, 7), 60, 60);
	// The first seed of all is 147.
	assert_found(Control::S16, Kind::LostJournals, (4, 4), 130, 60);
}

#[test]
fn without_a_rule_of_checkpoints_nodes_diverge_or_the_chain_refuses() {
	assert_found(Control::S8, Kind::Byzantine, (4, 7), 0, 20);
	assert_found(Control::S9, Kind::Byzantine, (4, 7), 0, 60);
	assert_found(Control::S13, Kind::Rough, (4, 7), 0, 30);
}
