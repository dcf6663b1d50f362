//! Makes a failing scenario small: leaves faults, dishonest authorities and roughness away as long
//! as the run still fails in the same way.

use super::{run::play, scenario::Scenario};
use crate::world::{Clock, Link};

/// A smaller scenario that fails in the same way, and how many runs it took to find it.
///
/// First halves, then quarters and so on of the faults are left away, down to single ones; then
/// everything else. It ends when nothing can be left away any more, or after `runs` runs.
pub fn shrink(scenario: &Scenario, kind: &str, runs: usize) -> (Scenario, usize) {
	let mut best = scenario.clone();
	let mut spent = 0;
	let mut fails = |candidate: &Scenario| {
		spent += 1;
		spent <= runs
			&& play(candidate)
				.violations
				.iter()
				.any(|violation| violation.kind() == kind)
	};
	loop {
		let before = best.clone();
		let mut size = best.faults.len().div_ceil(2);
		while size > 0 {
			let mut start = 0;
			while start < best.faults.len() {
				let mut candidate = best.clone();
				let end = (start + size).min(candidate.faults.len());
				candidate.faults.drain(start..end);
				if fails(&candidate) {
					best = candidate;
				} else {
					start += size;
				}
			}
			size /= 2;
		}
		for candidate in simpler(&best) {
			if candidate != best && fails(&candidate) {
				best = candidate;
				break;
			}
		}
		if best == before {
			return (best, spent);
		}
	}
}

/// Scenarios with one part made plain.
fn simpler(scenario: &Scenario) -> Vec<Scenario> {
	let mut all = Vec::new();
	let mut with = |change: &dyn Fn(&mut Scenario)| {
		let mut candidate = scenario.clone();
		change(&mut candidate);
		all.push(candidate);
	};
	for place in 0..scenario.byzantine.len() {
		with(&|candidate| {
			candidate.byzantine.remove(place);
		});
	}
	with(&|candidate| candidate.link = Link::reliable(candidate.link.latency));
	with(&|candidate| {
		for clock in &mut candidate.clocks {
			*clock = Clock::default();
		}
	});
	with(&|candidate| candidate.session = None);
	with(&|candidate| candidate.incomplete = 0);
	with(&|candidate| candidate.fork = 0);
	with(&|candidate| candidate.views /= 2);
	all
}
