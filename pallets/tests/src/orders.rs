//! Workers, orders and results of the tests.

use crate::{runtime::*, world::*};
use aci_poai::{
	committee::vote_commitment,
	compute,
	overlap::{most_at_once, Run},
	selection::seed_commitment,
	software_tee,
};
use aci_primitives::{
	domain::tagged_hash,
	evidence::{Binding, Evidence},
	job::{job_id, sampling_seed, Content, JobParameters, PrivacyTier},
	proof::{Outcome, Profile, ProfileKind},
	receipt::Metrics,
	AccountId, Balance, BlockNumber, BoundedList, ClassId, Hash, Job, JobId, JobInput, JobOutput,
	JobSpec, JobStatus, ModelId, Receipt, ReservationId, Role, SignedReceipt,
};
use frame_support::{assert_ok, dispatch::DispatchResult};
use pallet_aci_hmm::Swap;
use sp_core::{ed25519, Pair, H256};

/// The GPU that workers of the tests attest.
pub const GPU: H256 = H256::repeat_byte(0x99);

/// The data key of every worker.
const DATA_KEY: [u8; 32] = [7; 32];

/// A session key of a worker: one that it attests without a GPU, or one with.
fn session_pair(worker: &AccountId, with_gpu: bool) -> ed25519::Pair {
	let mut seed: [u8; 32] = worker.clone().into();
	seed[31] = u8::from(with_gpu);
	ed25519::Pair::from_seed(&seed)
}

/// The call with which a worker attests, with the GPU or without.
pub fn attestation(worker: &AccountId, with_gpu: bool) -> pallet_aci_poai::Call<Market> {
	let recent_block = System::block_number() - 1;
	let session_key = session_pair(worker, with_gpu).public();
	let data_key = DATA_KEY;
	let evidence = evidence(worker, with_gpu, System::block_hash(recent_block));
	pallet_aci_poai::Call::attest {
		evidence,
		session_key,
		data_key,
		recent_block,
	}
}

/// What a worker's program makes in the software TEE, with the GPU or without.
fn evidence(worker: &AccountId, with_gpu: bool, recent_block: Hash) -> Evidence {
	let binding = Binding {
		genesis: System::block_hash(0),
		account: worker.clone(),
		session_key: session_pair(worker, with_gpu).public(),
		data_key: DATA_KEY,
		recent_block,
		device_evidence: H256::zero(),
	};
	let (root, program) = (
		software_tee::development_root(),
		software_tee::DEVELOPMENT_MEASUREMENT,
	);
	let (data, machine) = (binding.report_data(), H256::from_slice(worker.as_ref()));
	if with_gpu {
		Evidence::SoftwareGpu(software_tee::quote_gpu(&root, program, data, machine, GPU))
	} else {
		Evidence::Software(software_tee::quote(&root, program, data, machine))
	}
}

/// The evidence that a worker attested with, or other one.
pub fn attested_evidence(worker: &AccountId, same: bool) -> Evidence {
	let record = pallet_aci_poai::AttestedEvidence::<Market>::get(worker);
	let block = record.map(|record| record.recent_block).unwrap_or_default();
	let with_gpu = !pallet_aci_poai::GpuOf::<Market>::get(worker).is_empty();
	evidence(worker, with_gpu == same, block)
}

/// The models that workers of the tests offer.
pub fn models() -> BoundedList<ModelId, 16> {
	vec![TEXT, EMBEDDING].try_into().expect("short")
}

/// Bonds at least what is needed and `more`, attests and registers.
pub fn register_with(worker: &AccountId, class: ClassId, slots: u32, more: Balance) {
	use sp_runtime::traits::Dispatchable;
	assert_ok!(StakingSlashing::bond(
		signed(worker),
		Role::Worker,
		bond_for(slots) + more
	));
	let attest = RuntimeCall::PoAi(attestation(worker, false));
	assert_ok!(attest.dispatch(signed(worker)));
	assert_ok!(Jobs::register_worker(
		signed(worker),
		class,
		slots,
		models(),
		Default::default()
	));
}

/// Registers a worker of the usual class with a bond that its exposure hardly reaches.
pub fn register(worker: &AccountId, slots: u32) {
	register_with(worker, CLASS, slots, 20_000_000);
}

/// An order of the text model.
pub fn text() -> JobSpec {
	JobSpec {
		model: TEXT,
		class: CLASS,
		input: JobInput::Inline(b"Why is the sky blue?".to_vec().try_into().expect("short")),
		parameters: JobParameters {
			max_tokens_in: 64,
			max_tokens_out: 32,
			temperature: 0,
			seed: H256::repeat_byte(3),
		},
		max_price: 200_000,
		sla: SLA,
		privacy: PrivacyTier::Open,
		profile: Profile {
			kind: ProfileKind::SampledText,
			calibration: 0,
		},
	}
}

/// An order of the embedding model.
pub fn embedding() -> JobSpec {
	let mut spec = text();
	spec.model = EMBEDDING;
	spec.parameters.max_tokens_out = 0;
	spec.profile.kind = ProfileKind::Exact;
	spec
}

/// An order whose input is served off chain.
pub fn served() -> JobSpec {
	let mut spec = text();
	spec.input = JobInput::Content(Content {
		sha256: H256::repeat_byte(5),
		tree_root: H256::repeat_byte(6),
		length: 10_000,
		locators: Default::default(),
	});
	spec
}

/// The identity of an order.
pub fn id(client: &AccountId, order: u64, spec: &JobSpec) -> JobId {
	job_id(&System::block_hash(0), client, order, spec)
}

fn next_order(client: &AccountId) -> u64 {
	pallet_aci_jobs::LastOrder::<Market>::get(client).unwrap_or_default() + 1
}

/// Submits an order under the client's next number.
pub fn submit(client: &AccountId, spec: &JobSpec) -> JobId {
	let order = next_order(client);
	assert_ok!(Jobs::submit(signed(client), order, spec.clone()));
	id(client, order, spec)
}

/// The same under a reservation.
pub fn submit_reserved(client: &AccountId, spec: &JobSpec, reservation: ReservationId) -> JobId {
	let order = next_order(client);
	assert_ok!(Jobs::submit_reserved(
		signed(client),
		order,
		spec.clone(),
		reservation
	));
	id(client, order, spec)
}

/// A job's record, if it has one, as everybody reads it.
pub fn job_if_any(id: JobId) -> Option<Job> {
	Jobs::job(id).map(|view| view.job)
}

/// A job's record.
pub fn job(id: JobId) -> Job {
	job_if_any(id).expect("the job has a record")
}

/// A job's state.
pub fn status(id: JobId) -> JobStatus {
	job(id).status
}

/// A matched job's price.
pub fn price(id: JobId) -> Balance {
	job(id).assignment.expect("the job is matched").price
}

/// A matched job's worker.
pub fn worker_of(id: JobId) -> AccountId {
	job(id).assignment.expect("the job is matched").worker
}

/// Acknowledges as the worker that has the job.
pub fn acknowledge(id: JobId) {
	assert_ok!(Jobs::acknowledge(signed(&worker_of(id)), id));
}

/// The output of the tests.
pub fn output() -> JobOutput {
	let bytes = b"Because of scattering.".to_vec();
	JobOutput::Inline(bytes.try_into().expect("short"))
}

/// The earliest time, in milliseconds, from which a run of so many microseconds fits the worker's slots
/// beside those that the chain remembers.
fn free_from(id: JobId, worker: &AccountId, duration: u64) -> u64 {
	let runs = pallet_aci_poai::Runs::<Market>::get(worker);
	// The match of a job that is over is forgotten, and its result refused for that.
	let Some(slots) = PoAi::sample(id).map(|sample| sample.slots) else {
		return BEGIN;
	};
	let fits = |start: &u64| {
		let start = start * 1_000;
		let run = Run {
			start: start + 1_000,
			end: start + duration,
		};
		most_at_once(&runs, &run) <= slots as usize
	};
	let ends = runs.iter().map(|run| run.end.div_ceil(1_000));
	core::iter::once(BEGIN)
		.chain(ends)
		.find(fits)
		.expect("after the last run there is room")
}

/// The call with which a worker hands in a good result of so many tokens, and what it is signed
/// with: the session key that the worker has attested.
pub fn result_call(id: JobId, job: &Job, tokens_out: u32) -> Option<pallet_aci_jobs::Call<Market>> {
	let worker = job.assignment.as_ref()?.worker.clone();
	let spec = &job.spec;
	let manifest = PoAi::model(spec.model)?.manifest;
	let tokens_in = spec.parameters.max_tokens_in;
	let flops = compute::operations(manifest.kind, &manifest.shape, tokens_in, tokens_out).ok()?;
	let class = Hmm::class(spec.class)?;
	let least = compute::least_duration(&manifest, &class, tokens_in, tokens_out).ok()?;
	let attested = pallet_aci_poai::Attestations::<Market>::get(&worker)?.session_key;
	let (pair, with_gpu) = [false, true]
		.map(|with_gpu| (session_pair(&worker, with_gpu), with_gpu))
		.into_iter()
		.find(|(pair, _)| pair.public() == attested)?;
	// Runs on the GPU are long, so that two workers' overlap.
	let duration = least.max(if with_gpu { 8_000_000 } else { 1_000_000 });
	let receipt = Receipt {
		job: id,
		input: spec.input.sha256(),
		output: output().sha256(),
		model: spec.model,
		tokens_in,
		tokens_out,
		started: free_from(id, &worker, duration),
		duration,
		metrics: Metrics {
			flops,
			device_busy: duration,
			peak_memory: 300_000_000,
			energy: 0,
		},
		profile: spec.profile,
		proof_root: H256::zero(),
		seed: sampling_seed(&id, &spec.parameters.seed, &spec.model),
	};
	let signature = pair.sign(receipt.signing_hash(&System::block_hash(0)).as_ref());
	Some(pallet_aci_jobs::Call::submit_result {
		job: id,
		receipt: Box::new(SignedReceipt { receipt, signature }),
		output: output(),
	})
}

/// Hands in a good result as the job's worker.
pub fn result(id: JobId, tokens_out: u32) {
	use sp_runtime::traits::Dispatchable;
	let call = result_call(id, &job(id), tokens_out).expect("the worker can sign");
	assert_ok!(RuntimeCall::Jobs(call).dispatch(signed(&worker_of(id))));
}

/// A job of a client that is matched, acknowledged and has a good result, in this block.
pub fn done(client: &AccountId, spec: &JobSpec) -> JobId {
	let id = submit(client, spec);
	next_block();
	acknowledge(id);
	result(id, spec.parameters.max_tokens_out);
	id
}

/// A job that is paid, in this block.
pub fn paid(client: &AccountId, spec: &JobSpec) -> JobId {
	let id = done(client, spec);
	next_block();
	assert_eq!(status(id), JobStatus::Settled);
	id
}

/// What is due for a job with a result.
pub fn due(id: JobId) -> Balance {
	job(id).result.expect("there is a result").due
}

/// Buys capacity of the usual class; returns the reservation's number.
pub fn try_buy(
	owner: &AccountId,
	milli_slots: u64,
	blocks: BlockNumber,
) -> Result<ReservationId, sp_runtime::DispatchError> {
	let id = pallet_aci_hmm::NextReservation::<Market>::get();
	let action = Swap::Buy {
		class: CLASS,
		milli_slots,
		blocks,
		max_price: Balance::MAX,
	};
	Hmm::swap(signed(owner), action).map(|()| id)
}

/// Buys capacity that can be bought.
pub fn buy(owner: &AccountId, milli_slots: u64, blocks: BlockNumber) -> ReservationId {
	try_buy(owner, milli_slots, blocks).expect("there is capacity")
}

/// Sells a reservation back.
pub fn sell_back(owner: &AccountId, reservation: ReservationId) -> DispatchResult {
	let action = Swap::SellBack {
		reservation,
		min_refund: 0,
	};
	Hmm::swap(signed(owner), action)
}

/// Disputes a job as its client.
pub fn dispute(id: JobId) -> DispatchResult {
	Jobs::dispute(signed(&job(id).client), id)
}

/// A verifier's seed of an epoch.
pub fn seed(verifier: &AccountId, epoch: u32) -> H256 {
	tagged_hash(b"tests", &(verifier, epoch))
}

/// Bonds ten times a verifier's least.
pub fn bond_verifier(verifier: &AccountId) {
	assert_ok!(StakingSlashing::bond(
		signed(verifier),
		Role::Verifier,
		10 * VERIFIER_BOND
	));
}

/// The call with which a verifier commits to its seed of the next epoch, for both classes.
pub fn seed_call(verifier: &AccountId) -> pallet_aci_poai::Call<Market> {
	let epoch = pallet_aci_staking_slashing::Epoch::<Market>::get().index + 1;
	let genesis = System::block_hash(0);
	pallet_aci_poai::Call::commit_seed {
		commitment: seed_commitment(&genesis, verifier, epoch, &seed(verifier, epoch)),
		classes: vec![0, 1].try_into().expect("short"),
	}
}

/// The call with which a member of a case's committee commits to a vote.
pub fn vote_call(case: H256, member: &AccountId, vote: Outcome) -> pallet_aci_poai::Call<Market> {
	let draw = PoAi::case(case).map_or(1, |case| case.draw);
	let salt = H256::from_slice(member.as_ref());
	pallet_aci_poai::Call::commit_vote {
		case,
		commitment: vote_commitment(&case, draw, member, vote, &salt),
	}
}

/// The call with which it reveals the vote.
pub fn reveal_call(case: H256, member: &AccountId, vote: Outcome) -> pallet_aci_poai::Call<Market> {
	pallet_aci_poai::Call::reveal_vote {
		case,
		vote,
		salt: H256::from_slice(member.as_ref()),
	}
}
