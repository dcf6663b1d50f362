//! Runs of the safety rules in a small world, all there are in two views and all of twelve steps in
//! three: no two conflicting blocks become final, and without any one rule two do.

use aci_finality_model::{Rule, Rules};
use stateright::{Checker, Model};

/// Steps of the longest runs that are tried in three views. Two more than any rule's absence needs.
const STEPS: usize = 12;

fn agreement_holds(rules: Rules, steps: Option<usize>) {
	let mut search = rules.checker().threads(2);
	if let Some(steps) = steps {
		// The checker counts states of a path, which are one more than its steps.
		search = search.target_max_depth(steps + 1);
	}
	let checker = search.spawn_bfs().join();
	println!(
		"{} states, depth {}",
		checker.unique_state_count(),
		checker.max_depth()
	);
	checker.assert_no_discovery("agreement");
	for reached in ["A is final", "B is final after a timeout"] {
		checker.assert_any_discovery(reached);
	}
}

#[test]
fn no_order_of_steps_in_two_views_makes_conflicting_blocks_final() {
	let rules = Rules {
		views: 2,
		without: None,
	};
	agreement_holds(rules, None);
}

#[test]
fn no_order_of_twelve_steps_in_three_views_makes_conflicting_blocks_final() {
	let rules = Rules {
		views: 3,
		without: None,
	};
	agreement_holds(rules, Some(STEPS));
}

#[test]
fn without_any_one_safety_rule_conflicting_blocks_become_final() {
	for rule in Rule::ALL {
		let checker = Rules {
			views: 3,
			without: Some(rule),
		}
		.checker()
		.threads(2)
		.finish_when(stateright::HasDiscoveries::AnyFailures)
		.spawn_bfs()
		.join();
		let path = checker.discovery("agreement");
		let steps = path.map(|path| path.into_actions());
		assert!(steps.is_some(), "without {rule:?} nothing was found");
		println!(
			"without {rule:?}: {} steps",
			steps.map_or(0, |steps| steps.len())
		);
	}
}
