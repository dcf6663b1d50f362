//! MODEL_INFER as a job: a run of a model that is not on chain, by a worker. The contract orders it,
//! and is called back when it has ended.
//!
//! The contract is the job's client: price and deposit are its own money. The call back's gas is paid
//! when it is ordered; what it stores is held of whoever signed that transaction, up to the room that
//! the order names. It comes once, also when no worker took the job or none finished it.

use crate::{env, sys, Arguments, Balance, Failure, Hash, Output};

/// What a contract orders.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
	/// The model: SHA-256 of its weights.
	pub model: &'a Hash,
	/// What it is fed; at most 4,096 bytes.
	pub input: &'a [u8],
	/// The most tokens that the input may have, with what the model's template adds.
	pub max_tokens_in: u32,
	/// The most tokens that may be generated; zero for embeddings.
	pub max_tokens_out: u32,
	/// Sampling temperature in thousandths; zero is greedy.
	pub temperature: u32,
	/// Milliseconds that the run may take for its full price.
	pub sla: u64,
	/// The most that the contract pays, in planck. What the run does not cost comes back to it.
	pub max_price: Balance,
	/// The entry point that is called back; [`answer`] reads its arguments.
	pub callback: &'a str,
	/// The whole gas that the call back may use.
	pub callback_gas: u64,
	/// What the call back may hold for storage, in planck.
	pub callback_room: Balance,
}

impl Order<'_> {
	/// Orders the run: the job's identity. `None` when the market takes no such job now: no such
	/// model, no worker that is free, a higher price, too little money, too many orders.
	pub fn place(&self) -> Option<Hash> {
		let terms = Output::new()
			.raw(self.model)
			.raw(&self.max_tokens_in.to_le_bytes())
			.raw(&self.max_tokens_out.to_le_bytes())
			.raw(&self.temperature.to_le_bytes())
			.raw(&self.sla.to_le_bytes())
			.raw(&self.max_price.to_le_bytes())
			.raw(&self.callback_room.to_le_bytes())
			.end();
		let mut job = [0; 32];
		// SAFETY: `terms` has the 84 bytes that are read; the other pointers go with their lengths;
		// 32 bytes are written.
		let ordered = unsafe {
			sys::model_order(
				terms.as_ptr(),
				self.input.as_ptr(),
				self.input.len() as u32,
				self.callback.as_ptr(),
				self.callback.len() as u32,
				self.callback_gas,
				job.as_mut_ptr(),
			)
		};
		(ordered == 1).then_some(job)
	}
}

/// How a run has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Outcome {
	/// The output was verified and paid.
	Done = 0,
	/// No worker took it in time.
	Expired = 1,
	/// The worker gave no result in time.
	TimedOut = 2,
	/// The output was found wrong, or nobody decided.
	Refunded = 3,
	/// It was withdrawn.
	Cancelled = 4,
	/// The chain does not know any more.
	Unknown = 5,
}

impl Outcome {
	fn read(arguments: &mut Arguments) -> Result<Self, Failure> {
		Ok(match arguments.u8()? {
			0 => Self::Done,
			1 => Self::Expired,
			2 => Self::TimedOut,
			3 => Self::Refunded,
			4 => Self::Cancelled,
			5 => Self::Unknown,
			_ => return Err(Failure("an outcome that this contract does not know")),
		})
	}
}

/// What a contract is told at the end of a run.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
	/// The job.
	pub job: Hash,
	/// How it ended.
	pub outcome: Outcome,
	/// What the contract paid for it, in planck.
	pub paid: Balance,
	/// SHA-256 of the output; zeros without one.
	pub output_hash: Hash,
	/// Its length in bytes.
	pub output_length: u64,
	/// The output itself, where it is on chain; else it is served off chain, under its hash.
	pub output: &'a [u8],
}

/// Reads the arguments of a call back. Fails when it is none: only the chain calls a contract in the
/// contract's own name.
pub fn answer<'a>(arguments: &mut Arguments<'a>) -> Result<Answer<'a>, Failure> {
	if env::caller() != env::account() {
		return Err(Failure("only the chain calls back"));
	}
	let answer = Answer {
		job: arguments.hash()?,
		outcome: Outcome::read(arguments)?,
		paid: arguments.u128()?,
		output_hash: arguments.hash()?,
		output_length: arguments.u64()?,
		output: arguments.bytes()?,
	};
	arguments.end()?;
	Ok(answer)
}
