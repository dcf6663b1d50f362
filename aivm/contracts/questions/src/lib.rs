//! Questions to a model that workers run: who asks pays, and the verified answer is kept on chain.
//!
//! # Entry points
//!
//! | entry | arguments | returns |
//! | --- | --- | --- |
//! | `deploy` | model hash, most tokens of a question u32, most tokens of an answer u32, room u128 | nothing |
//! | `ask` | the question as bytes; the most that it may cost is sent with it | the job |
//! | `answered` | what the chain says at the job's end; nobody else can call it | nothing |
//! | `question` | job | status u8, asker, paid u128, the question as bytes, the answer as bytes |
//! | `forget` | job | nothing |
//!
//! The room is what storing an answer may hold of its asker, in planck, beside what the question holds:
//! 4 KiB of answer at the chain's deposit for a byte is always enough.
//!
//! The status is 0 while the question waits, 1 when it is answered, 2 when it was not answered and
//! the money went back.
//!
//! # Rules
//!
//! 1. What a question did not cost goes back to its asker, all of it when it was not answered.
//! 2. A question is answered once, by the chain alone, with the output that a worker was paid for.
//!    Of an output that is not on chain its hash is kept.
//! 3. Only its asker has a question forgotten, and gets the deposits back; not while it waits.
//! 4. The job's own deposit is the contract's money. Whoever deploys it sends enough for the questions
//!    that may wait at once.

#![no_std]

extern crate alloc;

use aivm_sdk::{
	entry::require, entry_points, env, job, storage, Account, Arguments, Balance, Failure, Hash,
	Output, Results,
};
use alloc::vec::Vec;

entry_points!(deploy, ask, answered, question, forget);

/// Milliseconds that a worker has for the full price.
const SLA: u64 = 60_000;
/// Gas of the call back.
const CALLBACK_GAS: u64 = 20_000;

const WAITING: u8 = 0;
const ANSWERED: u8 = 1;
const NOT_ANSWERED: u8 = 2;

struct Question {
	status: u8,
	asker: Account,
	/// While it waits what was sent, then what was paid.
	amount: Balance,
	text: Vec<u8>,
	answer: Vec<u8>,
}

fn key(job: &Hash) -> [u8; 33] {
	let mut key = [b'q'; 33];
	if let Some(rest) = key.get_mut(1..) {
		rest.copy_from_slice(job);
	}
	key
}

impl Question {
	fn read(job: &Hash) -> Result<Self, Failure> {
		let bytes = storage::read(&key(job)).ok_or(Failure("no such question"))?;
		let mut reader = Arguments::new(&bytes);
		Ok(Self {
			status: reader.u8()?,
			asker: reader.hash()?,
			amount: reader.u128()?,
			text: reader.bytes()?.to_vec(),
			answer: reader.bytes()?.to_vec(),
		})
	}

	fn encode(&self) -> Vec<u8> {
		Output::new()
			.raw(&[self.status])
			.raw(&self.asker)
			.raw(&self.amount.to_le_bytes())
			.bytes(&self.text)
			.bytes(&self.answer)
			.end()
	}

	fn write(&self, job: &Hash) {
		storage::write(&key(job), &self.encode());
	}
}

fn deploy(arguments: &mut Arguments) -> Results {
	let (model, read, made) = (arguments.hash()?, arguments.u32()?, arguments.u32()?);
	let room = arguments.u128()?;
	arguments.end()?;
	let terms = Output::new()
		.raw(&model)
		.raw(&read.to_le_bytes())
		.raw(&made.to_le_bytes())
		.raw(&room.to_le_bytes())
		.end();
	storage::write(b"terms", &terms);
	Ok(Vec::new())
}

fn ask(arguments: &mut Arguments) -> Results {
	let text = arguments.bytes()?;
	arguments.end()?;
	let terms = storage::read(b"terms").ok_or(Failure("not deployed"))?;
	let mut terms = Arguments::new(&terms);
	let model = terms.hash()?;
	let sent = env::value();
	let job = job::Order {
		model: &model,
		input: text,
		max_tokens_in: terms.u32()?,
		max_tokens_out: terms.u32()?,
		temperature: 0,
		sla: SLA,
		max_price: sent,
		callback: "answered",
		callback_gas: CALLBACK_GAS,
		callback_room: terms.u128()?,
	}
	.place()
	.ok_or(Failure("no worker takes it now for what was sent"))?;
	Question {
		status: WAITING,
		asker: env::caller(),
		amount: sent,
		text: text.to_vec(),
		answer: Vec::new(),
	}
	.write(&job);
	env::event(b"asked", &job);
	Ok(job.to_vec())
}

fn answered(arguments: &mut Arguments) -> Results {
	let answer = job::answer(arguments)?;
	let mut question = Question::read(&answer.job)?;
	require(question.status == WAITING, "it is answered already")?;
	let change = question.amount.saturating_sub(answer.paid);
	require(
		change == 0 || env::transfer(&question.asker, change),
		"the change cannot be sent",
	)?;
	question.amount = answer.paid;
	(question.status, question.answer) = match answer.outcome {
		job::Outcome::Done if answer.output_length == answer.output.len() as u64 => {
			(ANSWERED, answer.output.to_vec())
		}
		job::Outcome::Done => (ANSWERED, answer.output_hash.to_vec()),
		_ => (NOT_ANSWERED, Vec::new()),
	};
	question.write(&answer.job);
	env::event(b"answered", &answer.job);
	Ok(Vec::new())
}

fn question(arguments: &mut Arguments) -> Results {
	let job = arguments.hash()?;
	arguments.end()?;
	Ok(Question::read(&job)?.encode())
}

fn forget(arguments: &mut Arguments) -> Results {
	let job = arguments.hash()?;
	arguments.end()?;
	let question = Question::read(&job)?;
	require(
		question.asker == env::caller(),
		"only its asker has it forgotten",
	)?;
	require(question.status != WAITING, "it waits for its answer")?;
	storage::remove(&key(&job));
	Ok(Vec::new())
}
