//! The figures of the report follow from the times.

use aci_benchmark::{
	batch::{Batch, Caches, Measured},
	block::{Authoring, Importing},
	books::Settled,
	clock::{self, Span},
	report::{grouped, summary, Line},
};
use std::time::Duration;

fn span(milliseconds: u64) -> Span {
	Span {
		wall: Duration::from_millis(milliseconds),
		waited: Duration::ZERO,
	}
}

fn measured(author: u64, import: u64) -> Measured {
	Measured {
		author: Authoring {
			initialize: span(author),
			..Default::default()
		},
		import: Importing {
			total: span(import),
			root: Duration::ZERO,
		},
	}
}

fn line(jobs: u32, author: Span, import: Span) -> Line {
	Line {
		jobs,
		caches: Caches::Cold,
		author,
		import,
		root: Duration::ZERO,
	}
}

#[test]
fn the_slower_of_author_and_import_decides() {
	let line_in_time = line(4_000, span(500), span(2_000));
	assert_eq!(line_in_time.rate(), 2_000.0);
	assert_eq!(line_in_time.microseconds_a_job(), 500.0);
	assert!(line_in_time.in_time());
	assert!(!line(4_000, span(500), span(2_001)).in_time());
	assert!(!line(4_000, span(2_001), span(500)).in_time());
}

#[test]
fn waiting_for_a_processor_is_told_apart() {
	let disturbed = Span {
		wall: Duration::from_secs(4),
		waited: Duration::from_secs(2),
	};
	let line = line(4_000, disturbed, span(0));
	assert_eq!(line.rate(), 1_000.0);
	assert_eq!(line.undisturbed_rate(), 2_000.0);
	assert!(!line.in_time());
}

#[test]
fn the_median_of_the_repetitions_counts() {
	let batch = Batch {
		settled: Settled {
			jobs: 100,
			..Default::default()
		},
		cold: vec![measured(9, 30), measured(1, 10), measured(5, 20)],
		warm: vec![measured(4, 3)],
		store: Vec::new(),
		changed_keys: 0,
		changed_bytes: 0,
		preparation: Duration::ZERO,
		host_calls: None,
	};
	let cold = Line::of(&batch, Caches::Cold);
	assert_eq!(cold.author.wall, Duration::from_millis(5));
	assert_eq!(cold.import.wall, Duration::from_millis(20));
	let warm = Line::of(&batch, Caches::Warm);
	assert_eq!(warm.author.wall, Duration::from_millis(4));
}

#[test]
fn the_summary_says_how_a_jobs_cost_grows() {
	let lines = [
		line(1_000, span(100), span(50)),
		line(4_000, span(800), span(50)),
	];
	let summary = summary(&lines);
	assert!(summary.contains("a job among 4,000 costs 2.00 times a job among 1,000"));
	assert!(summary.contains("the largest of these blocks within 2 s has 4,000 jobs"));
}

#[test]
fn numbers_are_grouped_by_thousands() {
	assert_eq!(grouped(999), "999");
	assert_eq!(grouped(48_000), "48,000");
	assert_eq!(grouped(1_234_567), "1,234,567");
}

#[test]
fn a_span_covers_what_was_run() {
	let pause = Duration::from_millis(5);
	let (result, span) = clock::time(|| {
		std::thread::sleep(pause);
		7
	});
	assert_eq!(result, 7);
	assert!(span.wall >= pause);
	assert!(span.undisturbed() <= span.wall);
}
