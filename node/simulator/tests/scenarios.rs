//! The fixed set of seeds that every test run plays: nothing goes wrong, and all that the rules are
//! there for has happened. Larger sets are played by the program.

use aci_finality::machine::Control;
use aci_simulator::finality::{
	campaign::{search, Sum},
	oracle::Violation,
	report,
	run::play,
	scenario::{Kind, Scenario, Search},
	shrink::shrink,
};
use aci_simulator::world::{DiskFate, Fault};

fn plain(kind: Option<Kind>) -> Search {
	Search {
		authorities: (4, 7),
		views: 40,
		kind,
		control: None,
		conflicts_only: false,
	}
}

/// Seeds of each kind.
const SEEDS: u64 = 60;

/// Plays some seeds of one kind.
fn all_well(kind: Kind) -> Sum {
	all_well_in(kind, SEEDS)
}

fn all_well_in(kind: Kind, seeds: u64) -> Sum {
	let found = search(0..seeds, &plain(Some(kind)), 2, false);
	assert!(found.failures.is_empty(), "{}", report::table(&found));
	assert!(found.total.coverage.height > 0);
	found.total
}

#[test]
fn without_trouble_every_block_becomes_final_and_no_view_is_given_up_for_long() {
	let sum = all_well(Kind::Calm);
	assert!(sum.coverage.timeouts * 20 < sum.coverage.views);
}

#[test]
fn loss_duplicates_and_reordering_delay_finality_only() {
	let sum = all_well(Kind::Rough);
	assert!(sum.counts.lost > 0 && sum.counts.doubled > 0);
}

#[test]
fn partitions_heal() {
	let sum = all_well(Kind::Partitions);
	assert!(sum.counts.stopped > 0 && sum.coverage.timeouts > 0 && sum.coverage.forks > 0);
}

#[test]
fn crashed_authorities_go_on_from_their_records() {
	let sum = all_well(Kind::Crashes);
	assert!(sum.counts.crashes > 0 && sum.coverage.recoveries > 0);
	assert_eq!(sum.coverage.lost_records, 0);
}

#[test]
fn a_restarted_authority_still_waits_for_what_a_vote_needs() {
	for seed in 0..10 {
		let mut scenario = Scenario::calm(seed, 4, 40);
		// Every second block must become final before the next can, and none can be voted for at
		// once.
		scenario.session = Some(2);
		scenario.incomplete = 1_000;
		scenario.synchrony = 20_000;
		scenario.faults = (0..4)
			.map(|node| Fault::Crash {
				from: 9_000,
				until: 9_100,
				node,
				disk: DiskFate::Kept,
			})
			.collect();
		assert_eq!(play(&scenario).violations, [], "{seed}");
	}
}

#[test]
fn authorities_without_their_records_are_silent_until_the_next_set() {
	let sum = all_well(Kind::LostRecords);
	assert!(sum.coverage.lost_records > 0 && sum.coverage.set_changes > 0);
}

#[test]
fn dishonest_authorities_do_no_harm() {
	let sum = all_well(Kind::Byzantine);
	assert!(sum.coverage.double_proposals > 0 && sum.coverage.offences > 0);
}

#[test]
fn an_authority_that_runs_twice_does_no_harm() {
	let sum = all_well(Kind::Twins);
	assert!(sum.coverage.double_proposals > 0 && sum.coverage.offences > 0);
}

#[test]
fn partitions_by_view_with_a_dishonest_authority_do_no_harm() {
	let sum = all_well(Kind::Siege);
	assert!(sum.coverage.conflicting_proposals > 0 && sum.counts.stopped > 0);
}

#[test]
fn a_dishonest_authority_that_divides_the_others_while_they_crash_does_no_harm() {
	let sum = all_well(Kind::Ambush);
	assert!(sum.coverage.double_proposals > 0 && sum.coverage.conflicting_proposals > 0);
	assert!(sum.coverage.recoveries > 10 * SEEDS);
}

#[test]
fn whatever_damages_a_record_its_authority_is_silent_and_the_others_go_on() {
	for (place, disk) in DiskFate::DAMAGING.into_iter().enumerate() {
		for seed in 0..10 {
			let mut scenario = Scenario::calm(seed, 4, 40);
			scenario.session = Some(5);
			scenario.synchrony = 20_000;
			scenario.faults = vec![Fault::Crash {
				from: 7_000 + 100 * seed,
				until: 8_000 + 100 * seed,
				node: place,
				disk,
			}];
			let outcome = play(&scenario);
			assert_eq!(outcome.violations, [], "{disk} {seed}");
			// Another chain's file is never replaced; what else is damaged is begun anew in the
			// next set.
			let silent = outcome.coverage.lost_records;
			let changes = outcome.coverage.set_changes;
			if disk == DiskFate::Foreign {
				assert!(
					silent > 1 && changes > 1,
					"{disk} {seed}: {silent} {changes}"
				);
			} else {
				assert_eq!(silent, 1, "{disk} {seed}");
			}
		}
	}
}

#[test]
fn sets_change_under_trouble() {
	let sum = all_well(Kind::Sets);
	assert!(sum.coverage.set_changes > 50);
}

#[test]
fn where_blocks_conflict_more_than_f_authorities_are_named_and_no_honest_one() {
	let sum = all_well_in(Kind::Coalition, 2 * SEEDS);
	assert!(sum.forked > 0, "no blocks conflicted");
}

#[test]
fn all_kinds_together_cover_what_the_rules_are_there_for() {
	let found = search(10_000..10_100, &plain(None), 2, false);
	assert!(found.failures.is_empty(), "{}", report::table(&found));
	let (coverage, counts) = (found.total.coverage, found.total.counts);
	for (what, count) in [
		("view changes", coverage.timeouts),
		("conflicting proposals", coverage.conflicting_proposals),
		("double proposals", coverage.double_proposals),
		("forks", coverage.forks),
		("recoveries", coverage.recoveries),
		("lost records", coverage.lost_records),
		(
			"second votes for conflicting blocks",
			coverage.conflicting_second_votes,
		),
		("changes of the set", coverage.set_changes),
		("offences", coverage.offences),
		("packets stopped by partitions", counts.stopped),
		("packets lost", counts.lost),
		("packets doubled", counts.doubled),
	] {
		assert!(count > 0, "no {what}");
	}
}

#[test]
fn a_run_with_too_many_events_is_cut_off_and_counts_as_failed() {
	let mut scenario = Scenario::calm(1, 4, 40);
	// A timer of each node in every millisecond, for minutes.
	scenario.slot = 1;
	scenario.synchrony = 300_000;
	let outcome = play(&scenario);
	assert!(outcome.cut_off);
	let most = scenario.most_events();
	assert_eq!(outcome.violations, [Violation::Endless(most)]);
}

#[test]
fn the_same_seed_gives_the_same_trace_in_every_kind_of_scenario() {
	for kind in Kind::ALL {
		for seed in 0..5 {
			let scenario = Scenario::of(seed, &plain(Some(kind)));
			let (one, two) = (play(&scenario), play(&scenario));
			assert_eq!(one, two, "{kind:?} {seed}");
			let other = play(&Scenario::of(seed + 1_000, &plain(Some(kind))));
			assert_ne!(one.trace, other.trace);
		}
	}
}

#[test]
fn the_number_of_threads_changes_nothing() {
	let one = search(0..60, &plain(None), 1, false);
	assert_eq!(one, search(0..60, &plain(None), 3, false));
}

#[test]
fn a_failing_scenario_is_made_small_and_fails_again_from_its_text() {
	let failing = Search {
		kind: Some(Kind::Siege),
		authorities: (4, 4),
		control: Some(Control::S2),
		conflicts_only: true,
		..plain(None)
	};
	let found = search(0..1_000, &failing, 2, true);
	let failure = &found.failures[0];
	let (small, _) = shrink(&failure.scenario, "conflict", 400);
	assert!(small.faults.len() < failure.scenario.faults.len());
	let again: Scenario = small.to_string().parse().unwrap();
	let violations = play(&again).violations;
	assert!(
		matches!(violations[..], [Violation::Conflict(..), ..]),
		"{violations:?}"
	);
}
