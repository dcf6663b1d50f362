//! Every run of the safety rules in a small world: no two conflicting blocks become final, and
//! without any one rule two do.

mod rules;

use aci_finality::machine::Control;
use rules::Rules;
use stateright::{Checker, Model};

#[test]
fn no_order_of_steps_makes_conflicting_blocks_final() {
	let checker = Rules { without: None }
		.checker()
		.threads(2)
		.spawn_bfs()
		.join();
	println!(
		"{} states, depth {}",
		checker.unique_state_count(),
		checker.max_depth()
	);
	checker.assert_no_discovery("agreement");
	for reached in [
		"A is final",
		"A2 is final after A",
		"B is final after a timeout",
	] {
		checker.assert_any_discovery(reached);
	}
	assert!(checker.is_done());
}

#[test]
fn without_any_one_safety_rule_conflicting_blocks_become_final() {
	for rule in Control::SAFETY {
		let checker = Rules {
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
