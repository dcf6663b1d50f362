//! The process dies at every point of a job at which it can be told apart, and comes back.

use crate::{
	record::{Ending, Stage},
	store::Store,
	testing::{self, Crash, Crashed, FakeChain, FakeEngine, FakeTransport, Ledger, GENESIS, ME},
	work::{Advance, Parts, Worker, LEASE},
};
use aci_chain::{case::proof_name, DeclineReason};
use aci_poai::proof::{Form, Proof};
use aci_primitives::{
	job::{Content, PrivacyTier},
	BoundedList, Deadline, Instant, Job, JobId, JobInput, JobOutput, JobStatus, Receipt,
};
use aci_transfer::{
	stream::protocol::{Answer, Part, StreamState, Tail},
	stream::stream_id,
	ContentId,
};
use sha2::{Digest, Sha256};
use sp_core::H256;
use std::{
	collections::BTreeMap,
	panic::AssertUnwindSafe,
	path::PathBuf,
	sync::{Arc, Mutex},
};
use tokio::sync::watch;

/// Everything that outlives the process.
struct World {
	_directory: tempfile::TempDir,
	store: PathBuf,
	ledger: Arc<Mutex<Ledger>>,
	runs: Arc<Mutex<u32>>,
	transport: FakeTransport,
	crash: Crash,
	keys: crate::keys::Keys,
	present: watch::Sender<Instant>,
	/// Bytes of the output.
	length: usize,
}

impl World {
	fn new(job: Job, length: usize) -> Self {
		let directory = tempfile::tempdir().expect("a directory");
		let crash = Crash::default();
		World {
			store: directory.path().join("worker.redb"),
			_directory: directory,
			ledger: Arc::new(Mutex::new(Ledger {
				job: Some((testing::id(), job)),
				..Ledger::default()
			})),
			runs: Arc::default(),
			transport: FakeTransport {
				crash: crash.clone(),
				..FakeTransport::default()
			},
			crash,
			keys: testing::keys(),
			present: watch::Sender::new(Instant {
				moment: 1_000,
				block: 2,
			}),
			length,
		}
	}

	/// The process starts.
	fn worker(&self) -> Worker<FakeChain, FakeEngine> {
		let parts = Parts {
			chain: FakeChain {
				ledger: self.ledger.clone(),
				crash: self.crash.clone(),
			},
			genesis: GENESIS,
			account: ME,
			class: testing::class(),
			models: BTreeMap::from([(H256(testing::MODEL.0), testing::manifest())]),
			transport: Arc::new(self.transport.clone()),
			store: Store::open(&self.store).expect("the last process is gone"),
			keys: self.keys.clone(),
			present: self.present.subscribe(),
		};
		let engine = FakeEngine {
			manifest: testing::file_manifest(),
			runs: self.runs.clone(),
			length: self.length,
			crash: self.crash.clone(),
		};
		Worker::new(parts, vec![engine])
	}

	/// The process starts and works until there is nothing to do. Whether it crashed.
	async fn live(&self) -> bool {
		let worker = self.worker();
		let crash = self.crash.clone();
		let life = async {
			use crate::access::ChainAccess;
			for view in worker.parts().chain.assigned().await.expect("answers") {
				crash.point();
				worker.accept(&view).expect("stores");
				crash.point();
			}
			loop {
				match worker.advance(testing::id()).await {
					Ok(Advance::Idle) => break false,
					Ok(Advance::Moved) => crash.point(),
					// The engine's thread died: so would the process.
					Err(crate::work::WorkError::BrokenOff(_)) => break true,
					Err(error) => panic!("{error}"),
				}
			}
		};
		match futures::FutureExt::catch_unwind(AssertUnwindSafe(life)).await {
			Ok(crashed) => crashed,
			Err(cause) => match cause.is::<Crashed>() {
				true => true,
				false => std::panic::resume_unwind(cause),
			},
		}
	}

	fn status(&self) -> Option<JobStatus> {
		let ledger = self.ledger.lock().expect("no panic");
		ledger.job.as_ref().map(|(_, job)| job.status)
	}

	fn stage(&self) -> Option<Stage> {
		let record = self.worker().parts().store.job(&testing::id());
		record.expect("reads").map(|record| record.stage)
	}

	fn change(&self, change: impl FnOnce(&mut Job)) {
		let mut ledger = self.ledger.lock().expect("no panic");
		change(&mut ledger.job.as_mut().expect("is there").1);
	}
}

fn matched() -> Job {
	testing::assigned_job(JobStatus::Matched)
}

/// The order's input is content that somebody serves.
fn with_content(world: &World, bytes: &[u8]) {
	let id = ContentId::of(bytes);
	world
		.transport
		.elsewhere
		.lock()
		.expect("no panic")
		.insert(id, bytes.to_vec());
	world.change(|job| {
		job.spec.input = JobInput::Content(Content {
			sha256: H256(id.sha256),
			tree_root: H256(id.tree_root),
			length: id.length,
			locators: BoundedList::default(),
		});
	});
}

/// Crashes at the n-th point, then lives on without one. Returns whether there was an n-th point.
async fn crash_once(world: &World, point: u32) -> bool {
	world.crash.after(point);
	let crashed = world.live().await;
	world.crash.never();
	assert!(!world.live().await, "there is no second crash");
	crashed
}

/// What is served as the job's proof.
fn proof(world: &World) -> Option<Vec<u8>> {
	let names = world.transport.names.lock().expect("no panic");
	let content = names.get(&proof_name(&testing::id()))?;
	let held = world.transport.held.lock().expect("no panic");
	held.get(content).map(|(bytes, _)| bytes.clone())
}

/// Whether bytes are the proof that a receipt commits to, of the input `hello` or of one that is
/// fetched. The engine's tokens are the bytes of the input.
fn is_proof_of(bytes: &[u8], receipt: &Receipt) -> bool {
	let form = Form::of(receipt, &testing::manifest()).expect("has a form");
	let Ok(proof) = Proof::decode(bytes, &form) else {
		return false;
	};
	[&b"hello"[..], b"an input that is fetched"]
		.iter()
		.map(|input| {
			input
				.iter()
				.map(|byte| u32::from(*byte))
				.collect::<Vec<_>>()
		})
		.any(|prompt| proof.root(&receipt.job, &receipt.model, &prompt) == receipt.proof_root)
}

fn check_one_result(world: &World, point: u32) {
	let ledger = world.ledger.lock().expect("no panic");
	assert_eq!(ledger.results.len(), 1, "point {point}: one result");
	assert_eq!(ledger.acknowledged, 1, "point {point}: one acknowledgement");
	assert_eq!(
		ledger.refused, 0,
		"point {point}: nothing that the chain refuses"
	);
	let (receipt, output) = &ledger.results[0];
	assert_eq!(receipt.receipt.output, output.sha256(), "point {point}");
	let proof = proof(world).expect("the proof is served by its name");
	assert!(is_proof_of(&proof, &receipt.receipt), "point {point}");
	if let JobOutput::Content(content) = output {
		let held = world.transport.held.lock().expect("no panic");
		let (bytes, _) = held
			.get(&crate::record::content_id(content))
			.expect("what the chain was told of is served");
		assert_eq!(H256(Sha256::digest(bytes).into()), content.sha256);
	}
}

#[tokio::test]
async fn a_crash_at_any_point_loses_no_result_and_hands_in_none_twice() {
	// An inline output, and one that goes over the data channel.
	for length in [10, 5_000] {
		let mut point = 0;
		loop {
			let world = World::new(matched(), length);
			if length > 4_096 {
				with_content(&world, b"an input that is fetched");
			}
			let crashed = crash_once(&world, point).await;
			assert_eq!(world.status(), Some(JobStatus::Submitted), "point {point}");
			check_one_result(&world, point);
			assert!(matches!(world.stage(), Some(Stage::Submitted(_))));
			if !crashed {
				break;
			}
			point += 1;
		}
		// Each stage has points before and after it; far fewer would mean that none was met.
		assert!(point >= 12, "{point} points");
	}
}

/// All that is streamed of the job to a receiver.
async fn streamed(world: &World, receiver: Option<[u8; 32]>) -> Option<(Vec<u8>, Part)> {
	let stream = stream_id(&testing::id().0, receiver.as_ref());
	let (mut bytes, mut number) = (Vec::new(), 0);
	loop {
		let tail = Tail {
			stream,
			number,
			offset: bytes.len() as u64,
		};
		match world.transport.streams.read(&tail).await {
			Answer::Part(part) => {
				number = part.number;
				bytes.extend_from_slice(&part.bytes);
				if part.state != StreamState::Going {
					return Some((bytes, part));
				}
			}
			_ => return None,
		}
	}
}

#[tokio::test]
async fn the_streamed_text_is_the_stored_output() {
	// Inline, and served; the longer one is streamed in several parts.
	for length in [10, 50_000] {
		let world = World::new(matched(), length);
		assert!(!world.live().await);
		let (text, end) = streamed(&world, None).await.expect("was streamed");
		assert_eq!(end.state, StreamState::Finished);
		let output = {
			let ledger = world.ledger.lock().expect("no panic");
			ledger.results[0].1.clone()
		};
		assert_eq!(text.len(), length);
		assert_eq!(H256(Sha256::digest(&text).into()), output.sha256());
	}
}

#[tokio::test]
async fn the_stream_of_a_run_that_broke_is_broken_off_and_the_next_run_has_another() {
	let world = World::new(matched(), 10);
	let mut broken = None;
	for point in 0.. {
		world.crash.after(point);
		let crashed = world.live().await;
		world.crash.never();
		if let Some((text, end)) = streamed(&world, None).await {
			assert!(crashed && end.state == StreamState::BrokenOff, "{text:?}");
			broken = Some(end.number);
			break;
		}
		assert!(crashed, "no crash is within the run");
	}
	assert!(!world.live().await);
	let (text, end) = streamed(&world, None).await.expect("was streamed");
	assert_ne!(Some(end.number), broken);
	assert_eq!(
		(text, end.state),
		(b"run 2 xxxx".to_vec(), StreamState::Finished)
	);
}

#[tokio::test]
async fn the_text_of_a_sealed_job_is_streamed_to_its_client_alone() {
	let world = World::new(matched(), 5_000);
	let client = aci_transfer::public_key(&[8; 32]);
	let plain = [crate::input::REPLY, &client, b"what is it?"].concat();
	let sealed = aci_transfer::seal(&plain, &world.keys.data_public()).expect("a good key");
	world.change(|job| {
		job.spec = testing::spec(&sealed.bytes);
		job.spec.privacy = PrivacyTier::Sealed;
	});
	assert!(!world.live().await);
	assert_eq!(streamed(&world, None).await, None, "nothing in the clear");
	let (bytes, _) = streamed(&world, Some(client)).await.expect("is there");
	assert!(bytes.len() > 5_000);
	assert!(!bytes.windows(8).any(|part| part == b"xxxxxxxx"));
}

#[tokio::test]
async fn two_crashes_at_any_points_change_nothing_of_that() {
	for first in 0..14 {
		for second in 0..6 {
			let world = World::new(matched(), 5_000);
			world.crash.after(first);
			world.live().await;
			crash_once(&world, second).await;
			check_one_result(&world, first * 100 + second);
		}
	}
}

#[tokio::test]
async fn a_stored_result_is_handed_in_and_not_made_again() {
	let mut point = 0;
	let mut met = false;
	loop {
		let world = World::new(matched(), 10);
		world.crash.after(point);
		let crashed = world.live().await;
		world.crash.never();
		let stored = match world.stage() {
			Some(Stage::Ran(finished)) => Some(finished),
			_ => None,
		};
		let runs = *world.runs.lock().expect("no panic");
		world.live().await;
		if let Some(finished) = stored {
			met = true;
			assert_eq!(*world.runs.lock().expect("no panic"), runs);
			let ledger = world.ledger.lock().expect("no panic");
			assert_eq!(ledger.results[0].0, finished.receipt);
		}
		if !crashed {
			break;
		}
		point += 1;
	}
	assert!(met, "some crash leaves a stored result");
}

#[tokio::test]
async fn a_broken_run_is_begun_again_only_before_its_deadline() {
	for late in [false, true] {
		let world = World::new(testing::assigned_job(JobStatus::Running), 10);
		// Accepted and input held; the engine's first point is inside the run.
		for point in 0.. {
			world.crash.after(point);
			let crashed = world.live().await;
			world.crash.never();
			if *world.runs.lock().expect("no panic") > 0 {
				assert!(crashed);
				break;
			}
		}
		if late {
			world.present.send_replace(Instant {
				moment: u64::MAX,
				block: u32::MAX,
			});
		}
		world.live().await;
		let results = world.ledger.lock().expect("no panic").results.len();
		assert_eq!((late, results), (late, usize::from(!late)));
		assert_eq!(
			*world.runs.lock().expect("no panic"),
			if late { 1 } else { 2 }
		);
	}
}

#[tokio::test]
async fn a_result_that_the_chain_has_is_recognised() {
	let world = World::new(matched(), 10);
	// The last point of a life is after the last stage was stored; the one before it is after the
	// chain took the result and before that was stored.
	let mut recognised = false;
	for point in 0..30 {
		let world = World::new(matched(), 10);
		world.crash.after(point);
		world.live().await;
		world.crash.never();
		let taken = world.status() == Some(JobStatus::Submitted);
		if taken && matches!(world.stage(), Some(Stage::Ran(_))) {
			world.live().await;
			assert!(matches!(world.stage(), Some(Stage::Submitted(_))));
			assert_eq!(world.ledger.lock().expect("no panic").refused, 0);
			recognised = true;
		}
	}
	assert!(recognised, "some crash falls between chain and store");
	assert!(!world.live().await);
}

#[tokio::test]
async fn an_input_that_is_too_long_is_given_back_once_whatever_crashes() {
	for point in 0..12 {
		let world = World::new(matched(), 10);
		world.change(|job| job.spec = testing::spec(&[b'a'; 65]));
		crash_once(&world, point).await;
		let ledger = world.ledger.lock().expect("no panic");
		assert_eq!(ledger.declined, vec![DeclineReason::InputTooLong]);
		assert_eq!((ledger.acknowledged, ledger.refused), (0, 0));
	}
}

#[tokio::test]
async fn an_input_that_nobody_serves_is_given_back_before_the_deadline() {
	let world = World::new(matched(), 10);
	with_content(&world, b"gone");
	world.transport.elsewhere.lock().expect("no panic").clear();
	let soon = async {
		tokio::time::sleep(std::time::Duration::from_millis(50)).await;
		// Two blocks before the deadline's.
		world.present.send_replace(Instant {
			moment: 90_000,
			block: 48,
		});
	};
	let (crashed, ()) = tokio::join!(world.live(), soon);
	assert!(!crashed);
	let ledger = world.ledger.lock().expect("no panic");
	assert_eq!(ledger.declined, vec![DeclineReason::InputUnavailable]);
}

#[tokio::test]
async fn content_of_a_job_that_was_given_back_takes_no_room() {
	let world = World::new(matched(), 10);
	with_content(&world, &[b'a'; 65]);
	world.live().await;
	let ledger = world.ledger.lock().expect("no panic");
	assert_eq!(ledger.declined, vec![DeclineReason::InputTooLong]);
	assert!(world.transport.held.lock().expect("no panic").is_empty());
}

#[tokio::test]
async fn a_sealed_input_for_another_key_is_given_back() {
	let world = World::new(matched(), 10);
	let other = aci_transfer::public_key(&[3; 32]);
	let sealed = aci_transfer::seal(b"secret", &other).expect("seals").bytes;
	world.change(|job| {
		job.spec = testing::spec(&sealed);
		job.spec.privacy = aci_primitives::job::PrivacyTier::Sealed;
	});
	world.live().await;
	let ledger = world.ledger.lock().expect("no panic");
	assert_eq!(ledger.declined, vec![DeclineReason::Other]);
}

#[tokio::test]
async fn the_output_of_a_sealed_job_is_readable_by_its_client_alone() {
	let world = World::new(matched(), 10);
	let client = [3; 32];
	let plain = [
		crate::input::REPLY,
		&aci_transfer::public_key(&client),
		b"hello",
	]
	.concat();
	let sealed = aci_transfer::seal(&plain, &world.keys.data_public()).expect("seals");
	world.change(|job| {
		job.spec = testing::spec(&sealed.bytes);
		job.spec.privacy = aci_primitives::job::PrivacyTier::Sealed;
	});
	world.live().await;
	let ledger = world.ledger.lock().expect("no panic");
	let Some((receipt, JobOutput::Inline(output))) = ledger.results.first() else {
		panic!("there is an inline result");
	};
	assert!(aci_transfer::open(output, &client)
		.expect("opens")
		.starts_with(b"run 1"));
	assert_eq!(
		receipt.receipt.tokens_in, 5,
		"the key is not part of the text"
	);
	let proof = proof(&world).expect("is served");
	assert!(
		!is_proof_of(&proof, &receipt.receipt),
		"its tokens spell the output"
	);
	let opened = aci_transfer::open(&proof, &client).expect("opens");
	assert!(is_proof_of(&opened, &receipt.receipt));
}

#[tokio::test]
async fn a_job_whose_profile_nobody_can_prove_is_given_back() {
	let world = World::new(matched(), 10);
	world.change(|job| {
		job.spec.profile.kind = aci_primitives::proof::ProfileKind::Distribution;
	});
	world.live().await;
	let ledger = world.ledger.lock().expect("no panic");
	assert_eq!(ledger.declined, vec![DeclineReason::Other]);
	assert_eq!(*world.runs.lock().expect("no panic"), 0);
}

#[tokio::test]
async fn served_content_is_kept_until_the_fraud_window_ends_and_then_removed() {
	let world = World::new(matched(), 5_000);
	with_content(&world, b"an input that is fetched");
	world.live().await;
	let at = |block| Instant {
		moment: u64::from(block) * 2_000,
		block,
	};
	let held = || world.transport.held.lock().expect("no panic").len();
	assert_eq!(held(), 3, "input, output and proof");
	// Longer than a lease passes while the chain still knows the job.
	for block in [2 + LEASE / 2, 2 + LEASE, 2 + LEASE * 2 - 10] {
		world.present.send_replace(at(block));
		world.worker().tidy().await.expect("tidies");
		assert_eq!(held(), 3, "block {block}");
	}
	let end = 3 + LEASE * 10;
	world.change(|job| {
		job.status = JobStatus::Settled;
		job.deadline = Deadline {
			moment: 0,
			block: end,
		};
	});
	world.live().await;
	assert!(matches!(world.stage(), Some(Stage::Settled(_, until)) if until == end));
	world.present.send_replace(at(end));
	world.worker().tidy().await.expect("tidies");
	assert_eq!(held(), 3, "still inside the window");
	world.ledger.lock().expect("no panic").job = None;
	world.live().await;
	assert_eq!(world.stage(), None, "forgotten");
	world.present.send_replace(at(end + 1));
	world.worker().tidy().await.expect("tidies");
	assert_eq!(held(), 0);
}

#[tokio::test]
async fn a_result_that_the_chain_keeps_refusing_is_given_up() {
	let world = World::new(matched(), 10);
	world.ledger.lock().expect("no panic").refuse_results = true;
	let worker = world.worker();
	worker.accept(&view(&world)).expect("stores");
	for _ in 0..10 {
		let driven = worker.drive(testing::id()).await;
		driven.expect("a refusal is no failure of the worker");
	}
	let refused = world.ledger.lock().expect("no panic").refused;
	assert_eq!(refused, 3);
	let record = worker.parts().store.job(&testing::id()).expect("reads");
	assert_eq!(
		record.map(|record| record.stage),
		Some(Stage::Ended(Ending::Failed))
	);
}

fn view(world: &World) -> aci_primitives::job::JobView {
	let ledger = world.ledger.lock().expect("no panic");
	let (id, job): &(JobId, Job) = ledger.job.as_ref().expect("is there");
	aci_primitives::job::JobView {
		id: *id,
		job: job.clone(),
		locked: 0,
	}
}
