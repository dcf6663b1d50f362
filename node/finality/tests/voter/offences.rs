use crate::support::{block, first, keystore, pair, set, GENESIS};
use aci_finality::{
	offence::Conflict, BlockHash, Context, Message, OffenceKind, OffenceProof, SignedVote,
};
use aci_node_finality::voter::{
	metrics::{ImportTimes, Metrics},
	offences::{OffenceReporter, Offences, ReportError},
};
use parking_lot::Mutex;
use prometheus_endpoint::Registry;
use sp_core::Pair;
use std::time::{Duration, Instant};

/// Refuses the first reports.
struct Reluctant {
	refusals: Mutex<u32>,
	taken: Mutex<Vec<OffenceProof>>,
}

impl Reluctant {
	fn new(refusals: u32) -> Self {
		Reluctant {
			refusals: Mutex::new(refusals),
			taken: Mutex::default(),
		}
	}
}

impl OffenceReporter for Reluctant {
	fn report(&self, _at: BlockHash, proof: OffenceProof) -> Result<(), ReportError> {
		let mut refusals = self.refusals.lock();
		if let Some(fewer) = refusals.checked_sub(1) {
			*refusals = fewer;
			return Err(ReportError::Refused);
		}
		self.taken.lock().push(proof);
		Ok(())
	}
}

fn proof(who: usize, view: u64) -> OffenceProof {
	let vote = |number| match first(who, 0, view, block(number)) {
		Message::Vote(SignedVote::First(vote)) => (vote.statement, vote.signature),
		_ => unreachable!("a first vote was made"),
	};
	OffenceProof {
		context: Context {
			genesis: GENESIS,
			set: 0,
		},
		offender: pair(who).public(),
		conflict: Conflict::FirstVotes([vote(1), vote(2)]),
	}
}

#[test]
fn one_report_per_authority_and_kind() {
	let (authorities, reporter) = (set(0, 0..4), Reluctant::new(0));
	let mut offences = Offences::default();
	assert!(offences.add(proof(1, 1), &authorities, None));
	assert!(!offences.add(proof(1, 2), &authorities, None));
	assert!(offences.add(proof(2, 1), &authorities, None));
	offences.report(&reporter, GENESIS);
	offences.report(&reporter, GENESIS);
	let taken = reporter.taken.lock();
	assert_eq!(taken.len(), 2);
	assert_eq!(
		taken[0].verify::<aci_finality::Ed25519>(),
		Ok(OffenceKind::DoubleFirstVote)
	);
}

#[test]
fn a_report_that_is_refused_is_made_again_a_few_times() {
	for (refusals, taken) in [(7, 1), (8, 0)] {
		let reporter = Reluctant::new(refusals);
		let mut offences = Offences::default();
		offences.add(proof(1, 1), &set(0, 0..4), None);
		for _ in 0..20 {
			offences.report(&reporter, GENESIS);
		}
		assert_eq!(reporter.taken.lock().len(), taken, "{refusals} refusals");
	}
}

#[test]
fn an_own_key_is_never_reported() {
	let keys = keystore([1, 9]);
	let mut offences = Offences::default();
	assert!(!offences.add(proof(1, 1), &set(0, 0..4), Some(&keys)));
	assert!(offences.add(proof(2, 1), &set(0, 0..4), Some(&keys)));
}

#[test]
fn metrics_have_names_of_their_own() {
	let registry = Registry::new();
	let metrics = Metrics::register(&registry).expect("the names differ");
	metrics.messages.with_label_values(&["accepted"]).inc();
	assert_eq!(registry.gather().len(), 8);
	assert!(Metrics::register(&registry).is_err());
}

#[test]
fn time_to_finality_is_counted_once_per_height_from_the_first_import() {
	let mut times = ImportTimes::default();
	let start = Instant::now();
	let at = |seconds| start + Duration::from_secs(seconds);
	times.imported(&block(1), at(0));
	times.imported(&block(1), at(1));
	times.imported(&block(2), at(2));
	times.imported(&block(3), at(4));
	assert_eq!(times.finalised(&block(2), at(5)), vec![5.0, 3.0]);
	assert_eq!(times.finalised(&block(2), at(6)), Vec::<f64>::new());
	assert_eq!(times.finalised(&block(3), at(6)), vec![2.0]);
}
