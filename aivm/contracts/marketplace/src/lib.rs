//! The marketplace of the paper's Listing 1: a client orders a run of a model and locks its price;
//! the worker that was quoted delivers the output with an attestation, and is paid.
//!
//! # Entry points
//!
//! | entry | arguments | returns |
//! | --- | --- | --- |
//! | `deploy` | none | nothing |
//! | `submit_job` | model hash, input as bytes, maximal price u128; money is sent with it | job u64, worker, price u128 |
//! | `settle_job` | job u64, output as bytes, attestation as bytes | nothing |
//! | `job` | job u64 | status u8, client, worker, model hash, price u128, output as bytes |
//! | `cancel_job` | job u64 | nothing |
//!
//! # Rules
//!
//! 1. A job is accepted only when the quote is at most the client's maximum and at most what was sent;
//!    what was sent above the price goes back at once.
//! 2. A job is paid once, to the worker that was quoted, for an attested statement that names this
//!    contract, the job, the model and the output. So no attestation serves twice.
//! 3. A client gets its money back from a job that is [`PATIENCE`] blocks old and not settled.
//!
//! # Deviations
//!
//! The listing does not say what an attestation covers; the statement of rule 2 is that. Its
//! `ESCROW_RELEASE` names client, worker and price; here the lock's number stands for the client.
//! The listing has no way back for the client; rule 3 is one.

#![no_std]

extern crate alloc;

use aivm_sdk::{
	entry::require, entry_points, env, market, storage, verify, Account, Arguments, Balance,
	Failure, Hash, Output, Results,
};
use alloc::vec::Vec;

entry_points!(deploy, submit_job, settle_job, cancel_job, job);

/// Blocks after which a client may take its money back.
const PATIENCE: u64 = 100;
/// Longest input and output in bytes.
const LONGEST: usize = 4_096;

const PENDING: u8 = 0;
const COMPLETED: u8 = 1;
const CANCELLED: u8 = 2;

struct Job {
	status: u8,
	client: Account,
	worker: Account,
	model: Hash,
	price: Balance,
	lock: u64,
	block: u64,
	output: Vec<u8>,
}

fn key(number: u64) -> [u8; 9] {
	let mut key = *b"j\0\0\0\0\0\0\0\0";
	if let Some(rest) = key.get_mut(1..) {
		rest.copy_from_slice(&number.to_le_bytes());
	}
	key
}

impl Job {
	fn read(number: u64) -> Result<Self, Failure> {
		let bytes = storage::read(&key(number)).ok_or(Failure("no such job"))?;
		let mut reader = Arguments::new(&bytes);
		Ok(Self {
			status: reader.u8()?,
			client: reader.hash()?,
			worker: reader.hash()?,
			model: reader.hash()?,
			price: reader.u128()?,
			lock: reader.u64()?,
			block: reader.u64()?,
			output: reader.rest().to_vec(),
		})
	}

	fn write(&self, number: u64) {
		let bytes = Output::new()
			.raw(&[self.status])
			.raw(&self.client)
			.raw(&self.worker)
			.raw(&self.model)
			.raw(&self.price.to_le_bytes())
			.raw(&self.lock.to_le_bytes())
			.raw(&self.block.to_le_bytes())
			.raw(&self.output)
			.end();
		storage::write(&key(number), &bytes);
	}
}

fn deploy(arguments: &mut Arguments) -> Results {
	arguments.end()?;
	storage::write(b"next", &0u64.to_le_bytes());
	Ok(Vec::new())
}

fn submit_job(arguments: &mut Arguments) -> Results {
	let model = arguments.hash()?;
	let input = arguments.bytes()?;
	let max_price = arguments.u128()?;
	arguments.end()?;
	require(input.len() <= LONGEST, "the input is too long")?;
	let (price, worker) =
		market::quote(&model, input.len() as u64).ok_or(Failure("nobody runs this model"))?;
	require(price <= max_price, "the price is above the maximum")?;
	let client = env::caller();
	let sent = env::value();
	let change = sent
		.checked_sub(price)
		.ok_or(Failure("less was sent than the price"))?;
	let lock = market::lock(&client, price).ok_or(Failure("the price cannot be locked"))?;
	require(
		change == 0 || env::transfer(&client, change),
		"the change cannot be sent",
	)?;
	let number = storage::read(b"next").ok_or(Failure("not deployed"))?;
	let number = Arguments::new(&number).u64()?;
	storage::write(b"next", &number.saturating_add(1).to_le_bytes());
	let mut input_key = key(number);
	input_key[0] = b'i';
	storage::write(&input_key, input);
	let job = Job {
		status: PENDING,
		client,
		worker,
		model,
		price,
		lock,
		block: env::block(),
		output: Vec::new(),
	};
	job.write(number);
	env::event(b"job_submitted", &number.to_le_bytes());
	Ok(Output::new()
		.raw(&number.to_le_bytes())
		.raw(&worker)
		.raw(&price.to_le_bytes())
		.end())
}

fn settle_job(arguments: &mut Arguments) -> Results {
	let number = arguments.u64()?;
	let output = arguments.bytes()?;
	let attestation = arguments.bytes()?;
	arguments.end()?;
	require(output.len() <= LONGEST, "the output is too long")?;
	let mut job = Job::read(number)?;
	require(job.status == PENDING, "the job is not pending")?;
	require(
		env::caller() == job.worker,
		"only the job's worker settles it",
	)?;
	// The model that the attestation names comes with it, before the TEE's own evidence.
	let mut reader = Arguments::new(attestation);
	let attested_model = reader.hash()?;
	let evidence = reader.rest();
	let statement = Output::new()
		.raw(&env::account())
		.raw(&number.to_le_bytes())
		.raw(&attested_model)
		.bytes(output)
		.end();
	require(
		verify::tee(evidence, &statement),
		"the attestation does not stand",
	)?;
	require(
		verify::same_hash(&attested_model, &job.model),
		"another model was run",
	)?;
	require(
		market::release(job.lock, &job.worker, job.price),
		"the payment failed",
	)?;
	job.status = COMPLETED;
	job.output = output.to_vec();
	job.write(number);
	env::event(b"job_settled", &number.to_le_bytes());
	Ok(Vec::new())
}

fn cancel_job(arguments: &mut Arguments) -> Results {
	let number = arguments.u64()?;
	arguments.end()?;
	let mut job = Job::read(number)?;
	require(job.status == PENDING, "the job is not pending")?;
	require(
		env::caller() == job.client,
		"only the job's client cancels it",
	)?;
	let due = job.block.saturating_add(PATIENCE);
	require(env::block() >= due, "the worker still has time")?;
	require(
		market::release(job.lock, &job.client, 0),
		"the refund failed",
	)?;
	job.status = CANCELLED;
	job.write(number);
	env::event(b"job_cancelled", &number.to_le_bytes());
	Ok(Vec::new())
}

fn job(arguments: &mut Arguments) -> Results {
	let number = arguments.u64()?;
	arguments.end()?;
	let job = Job::read(number)?;
	Ok(Output::new()
		.raw(&[job.status])
		.raw(&job.client)
		.raw(&job.worker)
		.raw(&job.model)
		.raw(&job.price.to_le_bytes())
		.bytes(&job.output)
		.end())
}
