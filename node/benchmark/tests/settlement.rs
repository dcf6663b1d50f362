//! The whole of the benchmark on a small block. Its own checks say whether the block did what it is
//! measured for; nothing here depends on how fast it was.

use aci_benchmark::{
	batch::{self, Caches, Plan},
	market::Size,
	node,
	report::{self, Line},
};

#[test]
fn a_block_of_64_jobs_is_made_imported_and_settled() {
	let plan = Plan {
		size: Size {
			jobs: 64,
			clients: 16,
			workers: 9,
		},
		repetitions: 1,
		host_calls: true,
	};
	let directory = tempfile::tempdir().expect("a temporary folder");
	let batch = batch::measure(&plan, directory.path(), &node::executor())
		.expect("the block is made, imported and does what it should");

	assert_eq!(batch.settled.jobs, 64);
	assert_eq!(batch.settled.clients, 16);
	assert!(batch.settled.workers > 1 && batch.settled.workers <= 9);
	assert!(batch.settled.due > 0);
	let (record, _) = batch.host_calls.as_ref().expect("the calls were counted");
	assert!(record.purposes.values().all(|calls| calls.count > 0));

	let report = report::batch(&batch) + &report::summary(&[Line::of(&batch, Caches::Cold)]);
	assert!(report.contains("64 jobs settled"));
	// Which items are among those that took longest is the machine's affair.
	let named = |line: &str| {
		let mut words = line.split_whitespace();
		words.next() == Some("read:") && words.next().is_some_and(|item| item.contains('.'))
	};
	assert!(report.lines().any(named), "{report}");
}
