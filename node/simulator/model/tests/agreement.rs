//! All runs of the safety rules in a small world: no two conflicting blocks become final, and
//! without any one rule two do.

use aci_finality_model::{Order, Rule, Rules};
use stateright::{Checker, Model};
use std::time::Instant;

fn rules(authorities: usize, views: usize, blocks: usize) -> Rules {
	Rules {
		authorities,
		views,
		blocks,
		order: Order::Stages,
		without: None,
	}
}

/// Visits every state.
fn agreement_holds(rules: Rules) {
	let begun = Instant::now();
	let checker = rules.clone().checker().threads(2).spawn_bfs().join();
	println!(
		"{rules:?}: {} states, depth {}, {} ms",
		checker.unique_state_count(),
		checker.max_depth(),
		begun.elapsed().as_millis()
	);
	assert!(checker.is_done());
	checker.assert_no_discovery("agreement");
	for reached in ["A is final", "B is final after a timeout"] {
		checker.assert_any_discovery(reached);
	}
}

#[test]
fn in_three_views_of_four_authorities_no_conflicting_blocks_become_final() {
	agreement_holds(rules(4, 3, 4));
}

#[test]
fn in_four_views_neither() {
	agreement_holds(rules(4, 4, 3));
}

#[test]
fn among_seven_authorities_of_which_two_are_dishonest_neither() {
	agreement_holds(rules(7, 3, 3));
}

/// Takes half a minute on a machine that does nothing else: run by name.
#[test]
#[ignore = "larger than a test run should be"]
fn in_larger_worlds_neither() {
	for (authorities, views, blocks) in [(4, 4, 4), (4, 5, 2), (7, 3, 4), (7, 4, 2), (10, 3, 2)] {
		agreement_holds(rules(authorities, views, blocks));
	}
}

#[test]
fn without_any_one_safety_rule_conflicting_blocks_become_final() {
	for rule in Rule::ALL {
		for order in [Order::Any, Order::Stages] {
			let checker = Rules {
				order,
				without: Some(rule),
				..rules(4, 3, 2)
			}
			.checker()
			.threads(2)
			.finish_when(stateright::HasDiscoveries::AnyFailures)
			.spawn_bfs()
			.join();
			let path = checker.discovery("agreement");
			let steps = path.map(|path| path.into_actions());
			assert!(
				steps.is_some(),
				"without {rule:?} nothing was found, order {order:?}"
			);
			println!(
				"without {rule:?}, order {order:?}: {} steps, {} states",
				steps.map_or(0, |steps| steps.len()),
				checker.unique_state_count()
			);
		}
	}
}
