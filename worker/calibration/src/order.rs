//! What is ordered in each run: prompt, job, seed and temperature follow from the set and the run's
//! number alone, so that runs on several machines are of the same orders and can be joined.

use aci_engine::{CancelFlag, JobParameters, ModelHash};
use sha2::{Digest, Sha256};
use sp_core::H256;

use crate::prompts::{Prompt, Set};

/// Temperatures in thousandths, in turn: every tenth run is greedy.
const TEMPERATURES: [u32; 10] = [800, 1_000, 600, 800, 0, 800, 600, 1_000, 800, 800];

/// One order.
#[derive(Debug, Clone)]
pub struct Order {
	/// The set.
	pub set: Set,
	/// The run's number.
	pub run: u32,
	/// The prompt.
	pub prompt: Prompt,
	/// The job.
	pub job: H256,
	/// The sampler's seed.
	pub seed: [u8; 32],
	/// The temperature in thousandths.
	pub temperature: u32,
	/// The most tokens.
	pub tokens: u32,
}

impl Order {
	/// The order of a run.
	pub fn new(set: Set, run: u32, prompts: &[Prompt], tokens: u32) -> Self {
		let number = run as usize;
		Self {
			set,
			run,
			prompt: prompts[number % prompts.len()].clone(),
			job: H256(hash("job", set, run)),
			seed: hash("seed", set, run),
			temperature: TEMPERATURES[number % TEMPERATURES.len()],
			tokens,
		}
	}

	/// A seed that is not the job's, for a purpose.
	pub fn other_seed(&self, purpose: &str) -> [u8; 32] {
		hash(purpose, self.set, self.run)
	}

	/// What an engine is told.
	pub fn parameters(&self, model: ModelHash) -> JobParameters {
		JobParameters {
			model,
			task: self.prompt.task,
			input: self.prompt.text.clone().into_bytes(),
			seed: self.seed,
			temperature_milli: self.temperature,
			max_tokens: self.tokens,
			cancel: CancelFlag::default(),
		}
	}
}

fn hash(purpose: &str, set: Set, run: u32) -> [u8; 32] {
	let mut hash = Sha256::new();
	for part in ["aci/calibration/1", purpose, set.name()] {
		hash.update((part.len() as u64).to_le_bytes());
		hash.update(part);
	}
	hash.update(run.to_le_bytes());
	hash.finalize().into()
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::prompts::prompts;

	#[test]
	fn orders_follow_from_set_and_run_and_share_nothing() {
		let own = prompts(Set::Calibration);
		let order = |run| Order::new(Set::Calibration, run, &own, 64);
		let (first, again, next) = (order(7), order(7), order(8));
		assert_eq!((first.job, first.seed), (again.job, again.seed));
		assert_ne!(first.job, next.job);
		assert_ne!(first.seed, next.seed);
		assert_ne!(first.seed, first.job.0);
		assert_ne!(first.seed, first.other_seed("cheat"));
		let other = Order::new(Set::HeldOut, 7, &prompts(Set::HeldOut), 64);
		assert_ne!(first.job, other.job);
		let temperatures: Vec<u32> = (0..10).map(|run| order(run).temperature).collect();
		assert_eq!(temperatures, TEMPERATURES);
	}
}
