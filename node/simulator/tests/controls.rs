//! Negative controls: the search that finds nothing with all rules in force finds what it looks for
//! as soon as one rule is taken out.

use aci_finality::machine::Control;
use aci_simulator::finality::{
	campaign::search,
	oracle::Violation,
	report,
	scenario::{Kind, Search},
};

/// The first failing seed of a search, within so many.
fn found(control: Option<Control>, kind: Kind, conflicts_only: bool, seeds: u64) -> Option<u64> {
	let search_for = Search {
		authorities: (4, 4),
		views: 40,
		kind: Some(kind),
		control,
		conflicts_only,
	};
	let found = search(0..seeds, &search_for, 2, true);
	let failure = found.failures.first()?;
	let wanted = |violation: &Violation| match violation {
		Violation::Conflict(..) => true,
		Violation::Endless(_) => false,
		_ => !conflicts_only,
	};
	assert!(
		failure.violations.iter().any(wanted),
		"{}",
		report::table(&found)
	);
	Some(failure.scenario.seed)
}

/// Seeds within which each rule's absence must show.
const WITHIN: u64 = 500;

#[test]
fn with_all_rules_in_force_nothing_is_found() {
	for kind in [Kind::Ambush, Kind::Siege] {
		assert_eq!(found(None, kind, false, WITHIN), None, "{kind:?}");
	}
	assert_eq!(found(None, Kind::Coalition, false, WITHIN / 5), None);
}

#[test]
fn without_any_one_safety_rule_conflicting_blocks_become_final() {
	for rule in Control::SAFETY {
		let seed = found(Some(rule), Kind::Ambush, true, WITHIN);
		println!("without {rule:?}: seed {seed:?}");
		assert!(
			seed.is_some(),
			"without {rule:?} no conflict in {WITHIN} seeds"
		);
	}
}

/// The promise that agreement rests on is broken before blocks conflict, where its rule is one
/// about an authority's own statements.
#[test]
fn without_a_rule_about_own_statements_an_honest_authority_breaks_its_promises() {
	for rule in [Control::S1, Control::S6, Control::S8] {
		let seed = found(Some(rule), Kind::Siege, false, WITHIN);
		println!("without {rule:?}: seed {seed:?}");
		assert!(seed.is_some(), "without {rule:?} nothing in {WITHIN} seeds");
	}
}

#[test]
fn without_a_rule_of_accountability_an_honest_authority_contradicts_itself() {
	for (rule, kind) in [(Control::A1, Kind::Coalition), (Control::A2, Kind::Siege)] {
		let seed = found(Some(rule), kind, false, WITHIN);
		println!("without {rule:?}: seed {seed:?}");
		assert!(seed.is_some(), "without {rule:?} nothing in {WITHIN} seeds");
	}
}
