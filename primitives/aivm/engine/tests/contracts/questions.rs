//! Questions: asked, answered by a call back, and everything that must not be believed.

use crate::{
	bytes, contract,
	mock::{Mock, CLIENT},
	world::WORKER,
};
use aci_aivm_engine::{aci_aivm::Gas, Account, Trap};

const GAS: Gas = Gas::from_whole(1_000_000);
const QUESTIONS: Account = [1; 32];
/// The first job of the mock.
const JOB: [u8; 32] = [1; 32];

fn deployed() -> Mock {
	let mock = Mock::new();
	mock.install(1, &contract("questions"));
	let terms = [
		&[3; 32][..],
		&64u32.to_le_bytes(),
		&32u32.to_le_bytes(),
		&500u128.to_le_bytes(),
	]
	.concat();
	assert_eq!(mock.run(QUESTIONS, "deploy", &terms), Ok(Vec::new()));
	mock
}

fn ask(mock: &Mock, value: u128) -> Result<Vec<u8>, Trap> {
	mock.run_as(CLIENT, QUESTIONS, value, GAS, "ask", &bytes(b"why?"))
		.0
}

/// What the chain says at the end of a job.
fn told(outcome: u8, paid: u128, output: &[u8], length: u64) -> Vec<u8> {
	[
		&JOB[..],
		&[outcome],
		&paid.to_le_bytes(),
		&[9; 32],
		&length.to_le_bytes(),
		&bytes(output),
	]
	.concat()
}

fn answered_by(mock: &Mock, caller: Account, input: &[u8]) -> Result<Vec<u8>, Trap> {
	// The rest of the lock has come back to the contract.
	mock.world.borrow_mut().balances.insert(QUESTIONS, 300);
	mock.run_as(caller, QUESTIONS, 0, GAS, "answered", input).0
}

fn record(status: u8, amount: u128, answer: &[u8]) -> Vec<u8> {
	[
		&[status][..],
		&CLIENT,
		&amount.to_le_bytes(),
		&bytes(b"why?"),
		&bytes(answer),
	]
	.concat()
}

fn says(text: &str) -> Result<Vec<u8>, Trap> {
	Err(Trap::Reverted(text.as_bytes().to_vec()))
}

#[test]
fn a_question_is_ordered_with_its_terms_and_answered_by_the_chain() {
	let mock = deployed();
	assert_eq!(ask(&mock, 1_000), Ok(JOB.to_vec()));
	{
		let world = mock.world.borrow();
		let order = &world.orders[0];
		assert_eq!(
			(order.model, order.input.as_slice()),
			([3; 32], &b"why?"[..])
		);
		assert_eq!((order.max_tokens_in, order.max_tokens_out), (64, 32));
		assert_eq!((order.max_price, order.callback.deposit), (1_000, 500));
		assert_eq!(order.callback.entry, b"answered");
		assert_eq!(world.balances[&WORKER], 1_000);
	}
	assert_eq!(
		mock.run(QUESTIONS, "question", &JOB),
		Ok(record(0, 1_000, b""))
	);
	assert_eq!(
		mock.run(QUESTIONS, "forget", &JOB),
		says("it waits for its answer")
	);

	let before = mock.world.borrow().balances[&CLIENT];
	let told = told(0, 700, b"because", 7);
	assert_eq!(answered_by(&mock, QUESTIONS, &told), Ok(Vec::new()));
	assert_eq!(
		mock.run(QUESTIONS, "question", &JOB),
		Ok(record(1, 700, b"because"))
	);
	assert_eq!(mock.world.borrow().balances[&CLIENT], before + 300);
	assert_eq!(
		answered_by(&mock, QUESTIONS, &told),
		says("it is answered already")
	);

	let forget = |who: Account| mock.run_as(who, QUESTIONS, 0, GAS, "forget", &JOB).0;
	assert_eq!(forget(WORKER), says("only its asker has it forgotten"));
	assert_eq!(forget(CLIENT), Ok(Vec::new()));
	assert_eq!(
		mock.run(QUESTIONS, "question", &JOB),
		says("no such question")
	);
}

#[test]
fn nobody_but_the_chain_answers() {
	let mock = deployed();
	ask(&mock, 1_000).unwrap();
	let told = told(0, 700, b"a lie", 5);
	assert_eq!(
		answered_by(&mock, CLIENT, &told),
		says("only the chain calls back")
	);
	assert_eq!(
		answered_by(&mock, WORKER, &told),
		says("only the chain calls back")
	);
}

#[test]
fn a_question_that_is_not_answered_has_its_money_back() {
	for outcome in 1..=5 {
		let mock = deployed();
		ask(&mock, 300).unwrap();
		let before = mock.world.borrow().balances[&CLIENT];
		assert_eq!(
			answered_by(&mock, QUESTIONS, &told(outcome, 0, b"", 0)),
			Ok(Vec::new())
		);
		assert_eq!(mock.run(QUESTIONS, "question", &JOB), Ok(record(2, 0, b"")));
		assert_eq!(mock.world.borrow().balances[&CLIENT], before + 300);
	}
}

#[test]
fn of_an_output_that_is_not_on_chain_the_hash_is_kept() {
	let mock = deployed();
	ask(&mock, 300).unwrap();
	assert_eq!(
		answered_by(&mock, QUESTIONS, &told(0, 300, b"", 70_000)),
		Ok(Vec::new())
	);
	assert_eq!(
		mock.run(QUESTIONS, "question", &JOB),
		Ok(record(1, 300, &[9; 32]))
	);
}

#[test]
fn a_question_that_no_worker_takes_is_refused() {
	let mock = deployed();
	mock.world.borrow_mut().balances.insert(CLIENT, 1_000_000);
	let terms = [&[0; 32][..], &[0; 24]].concat();
	assert_eq!(mock.run(QUESTIONS, "deploy", &terms), Ok(Vec::new()));
	let refused = says("no worker takes it now for what was sent");
	assert_eq!(ask(&mock, 1_000), refused);
	assert_eq!(mock.world.borrow().balances[&CLIENT], 1_000_000);
}
