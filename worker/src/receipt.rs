//! Receipts: what the worker states of a run and signs (§3.2, Table 1 of the paper).
//!
//! # What it guarantees
//!
//! 1. Operations are the formula's for the tokens that were read and made
//!    (`aci_poai::compute::operations`).
//! 2. A receipt is checked by the rules of level 1 before it is stored. One that the chain would
//!    refuse is an error here, with the rule that it breaks.
//! 3. The root of proof is that of the proof that was made while the model ran
//!    (`aci_engine::prove`): tokens and fingerprint of the activations for sampled text, zero for
//!    embeddings, whose output is its own proof.
//! 4. The duration is measured around the run by a clock that does not go back.
//!
//! # Deviations
//!
//! * The peak memory is that of the whole process as the operating system counts it, all models and
//!   slots together, where it tells (Linux); elsewhere the least that the run takes. It is capped at
//!   the class's memory.
//! * Energy is 0: it is not measured.

use crate::keys::Keys;
use aci_engine::Outcome;
use aci_poai::{check_receipt, compute, verify_ed25519, Expected, ReceiptError};
use aci_primitives::{
	job::sampling_seed, receipt::Metrics, Class, Hash, JobId, JobSpec, ModelManifest, Receipt,
	SignedReceipt,
};
use sp_core::H256;

/// What is known of a run besides what the engine says.
#[derive(Clone, Debug)]
pub struct Run {
	/// When it began, in milliseconds since the Unix epoch.
	pub started: u64,
	/// How long it took, in microseconds.
	pub duration: u64,
	/// SHA-256 of the output as it is handed in.
	pub output: H256,
	/// Root of its proof.
	pub proof_root: H256,
	/// Peak memory in bytes, if known.
	pub peak_memory: Option<u64>,
}

/// What a receipt is made for.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
	/// Hash of the chain's block 0.
	pub genesis: &'a Hash,
	/// The job.
	pub job: &'a JobId,
	/// What was ordered.
	pub spec: &'a JobSpec,
	/// The worker's class.
	pub class: &'a Class,
	/// What the chain has registered for the model.
	pub manifest: &'a ModelManifest,
}

/// Why a run has no valid receipt.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum MakeError {
	/// The formula has no answer.
	#[error("the run has no count of operations: {0:?}")]
	Compute(aci_poai::ComputeError),
	/// The chain would refuse it.
	#[error("the chain would refuse the receipt: {0:?}")]
	Level1(ReceiptError),
}

/// Makes, signs and checks the receipt of a run.
pub fn make(
	order: &Order,
	keys: &Keys,
	outcome: &Outcome,
	run: &Run,
) -> Result<SignedReceipt, MakeError> {
	let Order {
		genesis,
		job,
		spec,
		class,
		manifest,
	} = *order;
	let (tokens_in, tokens_out) = (outcome.tokens_in, outcome.tokens_out);
	let flops = compute::operations(manifest.kind, &manifest.shape, tokens_in, tokens_out)
		.map_err(MakeError::Compute)?;
	let least_memory =
		compute::memory(manifest, tokens_in, tokens_out).map_err(MakeError::Compute)?;
	let least_memory = u64::try_from(least_memory).unwrap_or(u64::MAX);
	let busy = outcome
		.prefill_ms
		.saturating_add(outcome.generate_ms)
		.saturating_mul(1_000);
	let receipt = Receipt {
		job: *job,
		input: spec.input.sha256(),
		output: run.output,
		model: spec.model,
		tokens_in,
		tokens_out,
		started: run.started,
		duration: run.duration,
		metrics: Metrics {
			flops,
			device_busy: busy.min(run.duration),
			peak_memory: run
				.peak_memory
				.unwrap_or(0)
				.max(least_memory)
				.min(class.memory),
			energy: 0,
		},
		profile: spec.profile,
		proof_root: run.proof_root,
		seed: sampling_seed(job, &spec.parameters.seed, &spec.model),
	};
	let signed = keys.sign(genesis, receipt);
	let expected = Expected {
		genesis,
		job,
		spec,
		class,
		manifest,
		session_key: &keys.session_public(),
	};
	check_receipt(&expected, &signed, verify_ed25519).map_err(MakeError::Level1)?;
	Ok(signed)
}

/// The largest memory that this process had so far, in bytes, where the system tells.
pub fn peak_memory() -> Option<u64> {
	let status = std::fs::read_to_string("/proc/self/status").ok()?;
	let line = status
		.lines()
		.find_map(|line| line.strip_prefix("VmHWM:"))?;
	let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
	kilobytes.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::testing;

	fn run() -> Run {
		Run {
			started: 1_700_000_000_000,
			duration: 5_000_000,
			output: H256::repeat_byte(3),
			proof_root: H256::repeat_byte(6),
			peak_memory: Some(1 << 30),
		}
	}

	#[test]
	fn a_receipt_passes_level_1_and_states_the_formulas_operations() {
		let world = testing::Figures::new();
		let outcome = testing::outcome(b"some text", 5, 3);
		let signed = make(&world.order(), &world.keys, &outcome, &run()).expect("is valid");
		let expected = compute::operations(world.manifest.kind, &world.manifest.shape, 5, 3);
		assert_eq!(Ok(signed.receipt.metrics.flops), expected);
		assert!(signed.receipt.metrics.device_busy <= signed.receipt.duration);
		assert_eq!(signed.receipt.proof_root, run().proof_root);
	}

	#[test]
	fn what_the_chain_would_refuse_is_not_signed_away() {
		let world = testing::Figures::new();
		let too_many = testing::outcome(b"some text", 5, 33);
		assert_eq!(
			make(&world.order(), &world.keys, &too_many, &run()),
			Err(MakeError::Level1(ReceiptError::TooManyTokensOut))
		);
		let too_fast = Run {
			duration: 0,
			..run()
		};
		let outcome = testing::outcome(b"some text", 5, 3);
		assert_eq!(
			make(&world.order(), &world.keys, &outcome, &too_fast),
			Err(MakeError::Level1(ReceiptError::TooFast))
		);
	}

	#[cfg(target_os = "linux")]
	#[test]
	fn the_systems_count_of_memory_is_read() {
		assert!(peak_memory().is_some_and(|bytes| bytes > 100_000));
	}
}
