//! The rules of time by their numbers.

use crate::machine::{pacemaker::Pacemaker, Timing};

#[test]
fn l1_the_timer_runs_only_while_there_is_something_to_finalise() {
	let mut pacemaker = Pacemaker::new(Timing::default(), 100);
	assert_eq!(pacemaker.deadline(), None);
	pacemaker.set_running(500, true);
	pacemaker.set_running(700, true);
	assert_eq!(pacemaker.deadline(), Some(1_500));
	pacemaker.set_running(800, false);
	assert_eq!(pacemaker.deadline(), None);
	pacemaker.set_running(900, true);
	assert_eq!(pacemaker.deadline(), Some(1_900));
	pacemaker.enter(1_000, true);
	assert_eq!(pacemaker.deadline(), None, "a view has a timer of its own");
}

#[test]
fn l2_patience_grows_by_half_up_to_its_bound_and_votes_set_it_back() {
	let mut pacemaker = Pacemaker::new(Timing::default(), 0);
	let mut patience = alloc::vec::Vec::new();
	for _ in 0..12 {
		patience.push(pacemaker.patience());
		pacemaker.enter(0, false);
	}
	assert_eq!(
		patience,
		[
			1_000, 1_500, 2_250, 3_375, 5_062, 7_593, 11_389, 17_083, 25_624, 30_000, 30_000,
			30_000
		]
	);
	pacemaker.enter(0, true);
	assert_eq!(pacemaker.patience(), 1_000);
}

#[test]
fn l2_holds_for_any_timing() {
	for base_timeout in [0, 1, 2, u64::MAX] {
		let timing = Timing {
			base_timeout,
			longest_timeout: u64::MAX,
			retry: 0,
		};
		let mut pacemaker = Pacemaker::new(timing, u64::MAX);
		for _ in 0..200 {
			pacemaker.enter(u64::MAX, false);
		}
		pacemaker.set_running(u64::MAX, true);
		assert_eq!(pacemaker.deadline(), Some(u64::MAX));
	}
}

#[test]
fn l5_answers_keep_a_distance() {
	let mut pacemaker = Pacemaker::new(Timing::default(), 0);
	assert!(pacemaker.may_answer(0));
	pacemaker.note_answered(5);
	assert!(!pacemaker.may_answer(1_004));
	assert!(pacemaker.may_answer(1_005));
}
