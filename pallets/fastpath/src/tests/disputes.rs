//! Disputed locks: exported by proof, or given back.

use crate::{
	mock::*,
	types::{DisputeProof, Place},
	DisputedLocks, Error, Event,
};
use aci_fastpath::{
	checkpoint::{outcome_hash, tree, Effects, Payee, VertexLeaf},
	lane::{Match, Outcome},
	vertex::{OwnParent, Reference},
};
use aci_primitives::{
	job::{job_id, sampling_seed, JobParameters, PrivacyTier},
	proof::{Profile, ProfileKind},
	receipt::Metrics,
	Balance, Hash, JobInput, JobOutput, JobSpec, Receipt, SignedReceipt,
};
use frame_support::{assert_noop, assert_ok, pallet_prelude::DispatchResult};

const PRICE: Balance = 3_000;

fn spec() -> JobSpec {
	JobSpec {
		model: job(1),
		class: CLASS,
		input: JobInput::Inline(b"hello".to_vec().try_into().expect("short")),
		parameters: JobParameters {
			max_tokens_in: 64,
			max_tokens_out: 32,
			temperature: 0,
			seed: Hash::zero(),
		},
		max_price: 5_000,
		sla: 60_000,
		privacy: PrivacyTier::Open,
		profile: Profile {
			kind: ProfileKind::SampledText,
			calibration: 0,
		},
	}
}

fn output() -> JobOutput {
	JobOutput::Inline(b"an answer".to_vec().try_into().expect("short"))
}

/// A leaf with one outcome, and the place of it under a root of that one leaf.
fn one_leaf(number: u32, round: u32, outcome: &Outcome) -> (Hash, Place) {
	let outcomes = [outcome_hash(outcome)];
	let leaf = VertexLeaf {
		vertex: Reference {
			author: 1,
			round,
			hash: job(7),
		},
		previous: OwnParent::default(),
		outcomes: tree::root(&outcomes),
		transactions: 1,
	};
	let leaves = [leaf.hash()];
	let place = Place {
		checkpoint: number,
		path: tree::path(&leaves, 0).expect("one leaf"),
		outcome: tree::path(&outcomes, 0).expect("one outcome"),
		leaf,
	};
	(tree::root(&leaves), place)
}

/// Settles a checkpoint with this outcome in it.
fn settle_outcome(effects: Effects, locks: Balance, outcome: &Outcome) -> Place {
	next_block();
	let mut checkpoint = next_checkpoint(&effects, locks, false);
	let (root, place) = one_leaf(checkpoint.number, checkpoint.anchor.round, outcome);
	checkpoint.transactions_root = root;
	assert_ok!(submit(certify(checkpoint, effects, &[0, 1, 2])));
	check();
	place
}

/// A job of client 0 that was matched, submitted and disputed.
fn disputed() -> DisputeProof {
	let ticket = fund(0, 1, 5_000);
	settle_empty(1);
	let job = job_id(&GENESIS, &client(0), u64::from(ticket) << 32 | 4, &spec());
	let matched = Match {
		job,
		client: client(0),
		ticket,
		worker: worker(0),
		worker_key: key(&worker(0)),
		price: PRICE,
		flops: 1,
	};
	let matched_at = settle_outcome(
		Effects {
			debits: vec![(client(0), ticket, PRICE)],
			..Default::default()
		},
		PRICE,
		&Outcome::Matched(matched.clone()),
	);
	let receipt = SignedReceipt {
		receipt: Receipt {
			job,
			model: spec().model,
			input: spec().input.sha256(),
			output: output().sha256(),
			seed: sampling_seed(&job, &spec().parameters.seed, &spec().model),
			started: 0,
			duration: 100,
			metrics: Metrics {
				flops: 1,
				device_busy: 1,
				peak_memory: 1,
				energy: 0,
			},
			profile: spec().profile,
			proof_root: Hash::zero(),
			tokens_in: 5,
			tokens_out: 9,
		},
		signature: sign(&worker(0), &Hash::zero()),
	};
	let due = 2_500;
	let submitted = Outcome::Submitted {
		job,
		receipt: receipt.hash(),
		due,
	};
	let submitted_at = settle_outcome(
		Effects {
			credits: vec![(Payee::Dispute(client(0), job), PRICE)],
			..Default::default()
		},
		0,
		&submitted,
	);
	DisputeProof {
		job,
		matched,
		matched_at,
		sequence: 4,
		spec: spec(),
		receipt,
		due,
		submitted_at,
		output: output(),
		members: membership(),
	}
}

fn export(proof: &DisputeProof) -> DispatchResult {
	Fastpath::export_dispute(RuntimeOrigin::signed(client(2)), Box::new(proof.clone()))
}

#[test]
fn a_disputed_job_is_exported_once() {
	run(|| {
		let proof = disputed();
		assert_eq!(
			Fastpath::disputed_lock(proof.job).expect("kept").amount,
			PRICE
		);
		assert_ok!(export(&proof));
		let exported = counted().jobs.pop().expect("taken over");
		assert_eq!(
			(exported.id, exported.price, exported.due),
			(proof.job, PRICE, 2_500)
		);
		assert_eq!(exported.home, aci_primitives::job::Home::Validator(home(1)));
		assert_eq!(Escrow::lock(proof.job).expect("locked").amount, PRICE);
		assert_noop!(export(&proof), Error::<Test>::NotDisputed);
		assert!(!DisputedLocks::<Test>::contains_key(proof.job));
	});
}

#[test]
fn a_proof_that_shows_something_else_exports_nothing() {
	run(|| {
		let proof = disputed();
		let wrong = |change: fn(&mut DisputeProof)| {
			let mut changed = proof.clone();
			change(&mut changed);
			export(&changed).expect_err("it shows something else")
		};
		let error = Error::<Test>::WrongProof;
		assert_eq!(wrong(|proof| proof.due += 1), error.into());
		let error = Error::<Test>::WrongProof;
		assert_eq!(
			wrong(|proof| proof.matched.worker = worker(1)),
			error.into()
		);
		let error = Error::<Test>::WrongProof;
		assert_eq!(wrong(|proof| proof.sequence += 1), error.into());
		let error = Error::<Test>::WrongProof;
		assert_eq!(wrong(|proof| proof.spec.max_price += 1), error.into());
		let error = Error::<Test>::WrongProof;
		assert_eq!(
			wrong(|proof| proof.receipt.receipt.tokens_out += 1),
			error.into()
		);
		let error = Error::<Test>::UnknownCheckpoint;
		assert_eq!(
			wrong(|proof| proof.matched_at.checkpoint = 99),
			error.into()
		);
		let error = Error::<Test>::KeyNotProven;
		assert_eq!(
			wrong(|proof| proof.members.members[1].0 = client(0)),
			error.into()
		);
		let error = Error::<Test>::NotDisputed;
		assert_eq!(wrong(|proof| proof.job = Hash::zero()), error.into());
		assert_ok!(export(&proof));
	});
}

#[test]
fn a_lock_that_nobody_exports_goes_back_to_the_client_after_the_window() {
	run(|| {
		let proof = disputed();
		let refund = || Fastpath::refund_dispute(RuntimeOrigin::signed(client(2)), proof.job);
		assert_noop!(refund(), Error::<Test>::WindowOpen);
		blocks(WINDOW);
		assert_noop!(export(&proof), Error::<Test>::NotDisputed);
		assert_ok!(refund());
		assert_eq!(Escrow::free(client(0)), PRICE);
		assert!(matches!(
			&events()[..],
			[Event::DisputeRefunded { amount: PRICE, .. }]
		));
		assert_noop!(refund(), Error::<Test>::NotDisputed);
	});
}
