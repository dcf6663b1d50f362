//! Brings jobs to the point where the next block settles them, by the calls that clients and
//! workers make and the matching that ends a block.
//!
//! All of this runs natively, in block 0 of the chain: the verification window is a block, so block
//! 1 settles. Jobs come in rounds, since a class has so many slots and so long a queue: a round is
//! ordered, matched, acknowledged and its results handed in with signed receipts, which frees the
//! slots for the next one.
//!
//! Two steps differ from a chain that runs. Workers attest in block 1, since an attestation names
//! an earlier block; the number is set back afterwards. And the hash of the parent block, by which
//! the matching draws, is set anew for each pass of it, as each block has another one.

use crate::genesis;
use aci_poai::{compute, software_tee};
use aci_primitives::{
	evidence::{Binding, Evidence},
	job::{sampling_seed, PrivacyTier},
	proof::{Profile, ProfileKind},
	receipt::Metrics,
	AccountId, Balance, Class, ClassId, JobId, JobInput, JobOutput, JobParameters, JobSpec,
	JobStatus, ModelId, ModelManifest, Receipt, Role, SignedReceipt,
};
use aci_runtime::{
	genesis::models::SMOLLM2, Hmm, Jobs, PoAi, Runtime, RuntimeOrigin, StakingSlashing, System,
	UNIT,
};
use anyhow::{anyhow, bail, ensure, Context, Result};
use frame_support::traits::{Get, Hooks};
use pallet_aci_jobs::Config;
use sp_core::{ed25519, storage::Storage, Pair, H256};
use sp_runtime::DispatchResult;
use sp_state_machine::BasicExternalities;

/// How many jobs, and among how many.
#[derive(Clone, Copy, Debug)]
pub struct Size {
	/// Jobs that are to be settled in one block.
	pub jobs: u32,
	/// Clients that order them in turn.
	pub clients: u32,
	/// Workers that they are drawn among.
	pub workers: u32,
}

/// A chain whose next block settles jobs.
pub struct Prepared {
	/// The state of block 0, without code.
	pub state: Storage,
	/// Who ordered.
	pub clients: Vec<AccountId>,
	/// Who worked.
	pub workers: Vec<AccountId>,
	/// The classes of hardware.
	pub classes: Vec<ClassId>,
	/// The jobs.
	pub jobs: Vec<JobId>,
}

/// What each worker bonds: so that its jobs' prices stay below the exposure that it may have.
const BOND: Balance = 150_000 * UNIT;
/// The most that a job pays.
const MAX_PRICE: Balance = 20 * UNIT;
/// Jobs that a worker runs side by side.
const SLOTS: u32 = 16;
/// Tokens that an order allows to go in and to come out.
const MOST_TOKENS: (u32, u32) = (512, 256);
/// Tokens that a run reads and makes: fewer, so that each settlement gives the client a rest back.
const TOKENS: (u32, u32) = (400, 200);
/// Bytes of an input and of an output, both on chain.
const INLINE: (u32, u32) = (128, 256);
/// Passes of the matching for each full one that a round needs, before it is given up.
const PATIENCE: u32 = 20;

/// Makes the chain.
pub fn prepare(size: &Size) -> Result<Prepared> {
	let clients = genesis::accounts("client", size.clients);
	let workers = genesis::accounts("worker", size.workers);
	let mut externalities = BasicExternalities::new(genesis::storage(&clients, &workers)?);
	let (classes, jobs) = externalities.execute_with(|| {
		let classes = Hmm::classes(0, 100);
		enrol(&workers, &classes)?;
		let jobs = work(size, &clients, &workers, &classes)?;
		Ok::<_, anyhow::Error>((classes.into_iter().map(|(id, _)| id).collect(), jobs))
	})?;
	Ok(Prepared {
		state: externalities.into_storages(),
		clients,
		workers,
		classes,
		jobs,
	})
}

/// An error of a call, in words.
fn called(what: &str, result: DispatchResult) -> Result<()> {
	result.map_err(|error| anyhow!("{what} failed: {error:?}"))
}

fn session_key(worker: &AccountId) -> ed25519::Pair {
	ed25519::Pair::from_seed(worker.as_ref())
}

/// Bonds, attests and registers the workers, in all classes in turn.
fn enrol(workers: &[AccountId], classes: &[(ClassId, Class)]) -> Result<()> {
	System::set_block_number(1);
	for (worker, (class, _)) in workers.iter().zip(classes.iter().cycle()) {
		let origin = || RuntimeOrigin::signed(worker.clone());
		let session_key = session_key(worker).public();
		let data_key: [u8; 32] = worker.clone().into();
		let binding = Binding {
			genesis: System::block_hash(0),
			account: worker.clone(),
			session_key,
			data_key,
			recent_block: System::block_hash(0),
			device_evidence: H256::zero(),
		};
		let quote = software_tee::quote(
			&software_tee::development_root(),
			software_tee::DEVELOPMENT_MEASUREMENT,
			binding.report_data(),
			H256(data_key),
		);
		called(
			"bonding",
			StakingSlashing::bond(origin(), Role::Worker, BOND),
		)?;
		called(
			"attesting",
			PoAi::attest(
				origin(),
				Evidence::Software(quote),
				session_key,
				data_key,
				0,
			),
		)?;
		let models = vec![SMOLLM2].try_into().map_err(|_| anyhow!("one model"))?;
		called(
			"registering",
			Jobs::register_worker(origin(), *class, SLOTS, models, Default::default()),
		)?;
	}
	System::reset_events();
	System::set_block_number(0);
	Ok(())
}

/// Has all jobs ordered and run, round by round.
fn work(
	size: &Size,
	clients: &[AccountId],
	workers: &[AccountId],
	classes: &[(ClassId, Class)],
) -> Result<Vec<JobId>> {
	let manifest = PoAi::model(SMOLLM2)
		.context("the development chain has no language model")?
		.manifest;
	let kinds = classes.len() as u32;
	// Half of the slots stay free, so that the draw finds a worker for each job soon.
	let slots = workers.len() as u32 * SLOTS / kinds / 2;
	let queue: u32 = <Runtime as Config>::MaxOpenPerClass::get();
	let room = slots.min(queue).max(1);
	let most: u32 = <Runtime as Config>::MaxMatchesPerBlock::get();
	let per_pass = most.max(1);
	let mut jobs = Vec::new();
	let mut passes = 0;
	while (jobs.len() as u32) < size.jobs {
		let first = jobs.len() as u32;
		let last = size.jobs.min(first.saturating_add(room * kinds));
		for number in first..last {
			let client = &clients[(number % size.clients) as usize];
			let (class, _) = &classes[(number % kinds) as usize];
			let order = u64::from(number / size.clients) + 1;
			let spec = order_of(*class, number)?;
			let id = aci_primitives::job::job_id(&System::block_hash(0), client, order, &spec);
			called(
				"ordering",
				Jobs::submit(RuntimeOrigin::signed(client.clone()), order, spec),
			)?;
			jobs.push(id);
		}
		let most = passes + PATIENCE * (1 + (last - first) / per_pass);
		while classes
			.iter()
			.any(|(id, _)| !Jobs::open_jobs(*id, 0, 1).is_empty())
		{
			ensure!(passes < most, "the matching finds no workers for some jobs");
			System::set_parent_hash(H256(genesis::bytes("parent", passes)));
			Jobs::on_finalize(0);
			passes += 1;
		}
		for (number, id) in (first..last).zip(&jobs[first as usize..]) {
			let (_, class) = &classes[(number % kinds) as usize];
			run(*id, number, class, &manifest)?;
		}
	}
	Ok(jobs)
}

fn order_of(class: ClassId, number: u32) -> Result<JobSpec> {
	Ok(JobSpec {
		model: SMOLLM2,
		class,
		input: JobInput::Inline(
			text("input", number, INLINE.0)
				.try_into()
				.map_err(|_| anyhow!("the input is too long for the chain"))?,
		),
		parameters: JobParameters {
			max_tokens_in: MOST_TOKENS.0,
			max_tokens_out: MOST_TOKENS.1,
			temperature: 0,
			seed: H256(genesis::bytes("seed", number)),
		},
		max_price: MAX_PRICE,
		sla: 60_000,
		privacy: PrivacyTier::Open,
		profile: Profile {
			kind: ProfileKind::SampledText,
			calibration: 0,
		},
	})
}

/// Bytes that do not compress, other ones for each job.
fn text(word: &str, number: u32, length: u32) -> Vec<u8> {
	(0u32..)
		.flat_map(|part| genesis::bytes(&format!("{word} {part}"), number))
		.take(length as usize)
		.collect()
}

/// What a worker does with a matched job.
fn run(id: JobId, number: u32, class: &Class, manifest: &ModelManifest) -> Result<()> {
	let job = Jobs::job(id).context("a job has no record")?.job;
	let Some(assignment) = job.assignment else {
		bail!("a job left the queue without a worker");
	};
	let worker = assignment.worker;
	let origin = || RuntimeOrigin::signed(worker.clone());
	called("acknowledging", Jobs::acknowledge(origin(), id))?;
	let output = JobOutput::Inline(
		text("output", number, INLINE.1)
			.try_into()
			.map_err(|_| anyhow!("the output is too long for the chain"))?,
	);
	let receipt = receipt(id, &job.spec, &output, class, manifest)?;
	let signature =
		session_key(&worker).sign(receipt.signing_hash(&System::block_hash(0)).as_ref());
	let signed = Box::new(SignedReceipt { receipt, signature });
	called(
		"handing in a result",
		Jobs::submit_result(origin(), id, signed, output),
	)?;
	let status = Jobs::job(id).map(|view| view.job.status);
	ensure!(
		status == Some(JobStatus::Submitted),
		"a result was accepted and the job is {status:?}"
	);
	Ok(())
}

fn receipt(
	id: JobId,
	spec: &JobSpec,
	output: &JobOutput,
	class: &Class,
	manifest: &ModelManifest,
) -> Result<Receipt> {
	let (tokens_in, tokens_out) = TOKENS;
	let compute = |error| anyhow!("a run has no formula: {error:?}");
	let model: ModelId = spec.model;
	let duration =
		compute::least_duration(manifest, class, tokens_in, tokens_out).map_err(compute)?;
	Ok(Receipt {
		job: id,
		input: spec.input.sha256(),
		output: output.sha256(),
		model,
		tokens_in,
		tokens_out,
		started: 1,
		duration,
		metrics: Metrics {
			flops: compute::operations(manifest.kind, &manifest.shape, tokens_in, tokens_out)
				.map_err(compute)?,
			device_busy: duration,
			peak_memory: class.memory,
			energy: 0,
		},
		profile: spec.profile,
		proof_root: H256(genesis::bytes("proof", 0)),
		seed: sampling_seed(&id, &spec.parameters.seed, &model),
	})
}
