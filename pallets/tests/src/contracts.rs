//! Contracts on the real market: the paper's marketplace (Listing 1), and questions to a model, whose
//! answers are jobs with a call back. Both are built by `aivm/build.sh`.

use crate::{check, orders::*, runtime::*, world::*};
use aci_poai::software_tee;
use aci_primitives::{
	evidence::Evidence,
	traits::{DisputeVerdict, InferenceJobs, JobEscrow},
	AccountId, Balance, BlockNumber, JobId, JobOutput, JobStatus,
};
use codec::Encode;
use frame_support::{
	assert_ok,
	traits::fungible::{Inspect, InspectHold},
};
use pallet_aci_aivm_ops::{
	lock_job, statement_report_data, Error, Event, HoldReason, OrderOutcome, Orders,
};
use sp_core::H256;
use std::{path::Path, process::Command, sync::OnceLock};

const GAS: u64 = 500_000;
const DEPOSITS: Balance = 100_000;
/// What the contract of questions has for the deposits of jobs.
const FUNDS: Balance = 50_000;
/// What storing an answer may hold.
const ROOM: Balance = 1_000;
/// What is sent with a question.
const OFFER: Balance = 200_000;

/// The code of an example contract; all are built once.
fn code(name: &str) -> Vec<u8> {
	static FOLDER: OnceLock<std::path::PathBuf> = OnceLock::new();
	let folder = FOLDER.get_or_init(|| {
		let folder = std::env::temp_dir().join(format!("aci-market-{}", std::process::id()));
		let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../aivm/build.sh");
		let output = Command::new(script)
			.arg(&folder)
			.env_remove("RUSTUP_TOOLCHAIN")
			.env_remove("CARGO_ENCODED_RUSTFLAGS")
			.output()
			.expect("the script that builds the contracts runs");
		assert!(
			output.status.success(),
			"the contracts cannot be built: {}",
			String::from_utf8_lossy(&output.stderr)
		);
		folder
	});
	std::fs::read(folder.join(name).with_extension("wasm")).expect("the contract was built")
}

fn bytes(bytes: &[u8]) -> Vec<u8> {
	[&(bytes.len() as u32).to_le_bytes()[..], bytes].concat()
}

fn author() -> AccountId {
	investors()[0].clone()
}

/// Uploads a contract's code and makes one, with money and an input.
fn deployed(name: &str, value: Balance, input: &[u8]) -> AccountId {
	let code = code(name);
	let hash = Aivm::hash_of(&code);
	let upload = Aivm::upload_code(signed(&author()), code.try_into().expect("small"));
	assert_ok!(upload);
	let input = input.to_vec().try_into().expect("short");
	let made = Aivm::instantiate(
		signed(&author()),
		hash,
		value,
		GAS,
		DEPOSITS,
		[0; 32],
		input,
	);
	assert_ok!(made);
	check::equations();
	Aivm::contract_account(author(), hash, [0; 32])
}

/// Calls an entry point and gives what it returned.
fn call(
	who: &AccountId,
	contract: &AccountId,
	value: Balance,
	entry: &str,
	input: &[u8],
) -> Result<Vec<u8>, sp_runtime::DispatchError> {
	Aivm::call(
		signed(who),
		contract.clone(),
		value,
		GAS,
		DEPOSITS,
		entry.as_bytes().to_vec().try_into().expect("short"),
		input.to_vec().try_into().expect("short"),
	)
	.map_err(|failure| failure.error)?;
	check::equations();
	match System::events().pop().map(|record| record.event) {
		Some(RuntimeEvent::Aivm(Event::Called { output, .. })) => Ok(output),
		other => panic!("not a call: {other:?}"),
	}
}

fn total(who: &AccountId) -> Balance {
	<Balances as Inspect<AccountId>>::total_balance(who)
}

fn questions() -> AccountId {
	let terms = [
		TEXT.as_bytes(),
		&64u32.to_le_bytes(),
		&32u32.to_le_bytes(),
		&ROOM.to_le_bytes(),
	]
	.concat();
	deployed("questions", FUNDS, &terms)
}

fn ask(who: &AccountId, contract: &AccountId, value: Balance) -> JobId {
	let asked = call(who, contract, value, "ask", &bytes(b"Why is the sky blue?"));
	JobId::from_slice(&asked.expect("a worker is free"))
}

/// A question's state, its amount and its answer, as the contract tells them.
fn question(contract: &AccountId, job: JobId) -> (u8, Balance, Vec<u8>) {
	let key = [b"q", job.as_bytes()].concat();
	let record = Aivm::contract_storage(contract.clone(), key).expect("it is kept");
	let amount = record[33..49].try_into().expect("16 bytes");
	let text = 4 + u32::from_le_bytes(record[49..53].try_into().expect("4 bytes")) as usize;
	(
		record[0],
		Balance::from_le_bytes(amount),
		record[49 + text + 4..].to_vec(),
	)
}

fn answer() -> Vec<u8> {
	match output() {
		JobOutput::Inline(bytes) => bytes.into_inner(),
		JobOutput::Content(_) => panic!("the output of the tests is inline"),
	}
}

fn outcomes() -> Vec<OrderOutcome> {
	System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::Aivm(Event::CalledBack { outcome, .. }) => Some(outcome),
			_ => None,
		})
		.collect()
}

#[test]
fn a_contract_asks_a_worker_and_is_told_the_verified_answer() {
	run(|| {
		register(&workers()[0], 2);
		let contract = questions();
		let [asker, _] = clients();
		let before = (total(&asker), total(&contract));
		let id = ask(&asker, &contract, OFFER);
		assert_eq!(job(id).client, contract);
		assert_eq!(<Escrow as JobEscrow>::locked(&id), OFFER);
		assert_eq!(question(&contract, id), (0, OFFER, vec![]));

		next_block();
		assert_eq!(status(id), JobStatus::Matched);
		acknowledge(id);
		result(id, 20);
		let due = due(id);
		assert_eq!(question(&contract, id).0, 0, "not verified yet");
		next_block();
		assert_eq!(status(id), JobStatus::Settled);
		assert_eq!(outcomes(), [OrderOutcome::Done]);
		assert_eq!(question(&contract, id), (1, due, answer()));
		// To the planck: the asker paid what was due, and the contract nothing.
		assert_eq!(
			(total(&asker), total(&contract)),
			(before.0 - due, before.1)
		);
		assert_eq!(
			Balances::balance_on_hold(&HoldReason::Order.into(), &asker),
			0
		);

		// Once, whatever becomes of the record.
		skip(FRAUD_WINDOW + 2);
		assert_eq!(job_if_any(id), None);
		assert_eq!(outcomes(), [OrderOutcome::Done]);
		assert_ok!(call(&asker, &contract, 0, "forget", id.as_bytes()));
		assert_eq!(
			Balances::balance_on_hold(&HoldReason::Storage.into(), &asker),
			0
		);
		assert_eq!(
			(total(&asker), total(&contract)),
			(before.0 - due, before.1)
		);
	});
}

#[test]
fn a_question_that_no_worker_answers_has_all_its_money_back() {
	// The worker takes it and does not acknowledge, or acknowledges and gives no result.
	for (acknowledges, expected) in [
		(false, OrderOutcome::Expired),
		(true, OrderOutcome::TimedOut),
	] {
		run(|| {
			register(&workers()[0], 2);
			let contract = questions();
			let [asker, _] = clients();
			let before = (total(&asker), total(&contract));
			let id = ask(&asker, &contract, OFFER);
			next_block();
			if acknowledges {
				acknowledge(id);
			}
			for _ in 0..80 {
				if question(&contract, id).0 != 0 {
					break;
				}
				next_block();
			}
			assert_eq!(outcomes(), [expected]);
			assert_eq!(question(&contract, id), (2, 0, vec![]));
			assert_eq!((total(&asker), total(&contract)), before);
		});
	}
}

#[test]
fn an_answer_that_a_verdict_finds_wrong_is_no_answer() {
	run(|| {
		register(&workers()[0], 2);
		let contract = questions();
		let [asker, _] = clients();
		let before = (total(&asker), total(&contract));
		let id = ask(&asker, &contract, OFFER);
		next_block();
		acknowledge(id);
		result(id, 20);
		// The contract disputes in its own name, as only its account can.
		assert_ok!(Jobs::dispute(signed(&contract), id));
		next_block();
		assert!(Orders::<Market>::contains_key(id), "nothing is decided");
		let verdict = DisputeVerdict::Wrong;
		assert_ok!(Jobs::decide_dispute(RuntimeOrigin::root(), id, verdict));
		next_block();
		assert_eq!(outcomes(), [OrderOutcome::Refunded]);
		assert_eq!(question(&contract, id), (2, 0, vec![]));
		assert_eq!((total(&asker), total(&contract)), before);
	});
}

#[test]
fn what_the_market_does_not_take_changes_nothing() {
	run(|| {
		let contract = questions();
		let [asker, _] = clients();
		let before = (total(&asker), total(&contract));
		let refused = Err(Error::<Market>::ContractReverted.into());
		let why = bytes(b"Why?");
		// Nobody is there; then too little is offered; then all slots are taken.
		assert_eq!(call(&asker, &contract, OFFER, "ask", &why), refused);
		register(&workers()[0], 1);
		assert_eq!(call(&asker, &contract, 200, "ask", &why), refused);
		submit(&clients()[1], &text());
		next_block();
		assert_eq!(call(&asker, &contract, OFFER, "ask", &why), refused);
		assert_eq!((total(&asker), total(&contract)), before);
		assert_eq!(Orders::<Market>::count(), 0);
	});
}

#[test]
fn more_answers_than_a_block_takes_come_one_after_another() {
	run(|| {
		register(&workers()[0], 4);
		let contract = questions();
		let [asker, other] = clients();
		let mut dear = Vec::new();
		for who in [&asker, &other, &asker] {
			dear.push(ask(who, &contract, 2 * OFFER));
		}
		let fourth = call(&asker, &contract, 2 * OFFER, "ask", &bytes(b"And?"));
		assert!(fourth.is_err(), "no more wait at once");
		next_block();
		for id in &dear {
			acknowledge(*id);
			result(*id, 32);
		}
		let answered = || {
			dear.iter()
				.filter(|id| question(&contract, **id).0 == 1)
				.count()
		};
		// Two jobs are paid in a block, and two orders are looked at.
		skip(4);
		assert_eq!(answered(), 3);
		assert_eq!(outcomes().len(), 3);
	});
}

/// What the quoted worker's TEE gives for a statement of the marketplace.
fn attested(market: &AccountId, number: u64, output: &[u8]) -> Vec<u8> {
	let account: &[u8] = market.as_ref();
	let statement = [
		account,
		&number.to_le_bytes(),
		TEXT.as_bytes(),
		&bytes(output),
	]
	.concat();
	let quote = software_tee::quote(
		&software_tee::development_root(),
		software_tee::DEVELOPMENT_MEASUREMENT,
		statement_report_data(&statement),
		H256::repeat_byte(1),
	);
	[TEXT.as_bytes(), &Evidence::Software(quote).encode()].concat()
}

#[test]
fn the_marketplace_of_the_paper_runs_on_the_real_pallets() {
	run(|| {
		let market = deployed("marketplace", 0, b"");
		let [client, stranger] = clients();
		let worker = workers()[0].clone();
		let input = b"Why is the sky blue?";
		let order = [TEXT.as_bytes(), &bytes(input), &Balance::MAX.to_le_bytes()].concat();
		let refused = Err(Error::<Market>::ContractReverted.into());
		let submit = |value: Balance| call(&client, &market, value, "submit_job", &order);
		assert_eq!(submit(5_000_000), refused, "nobody runs the model");

		register(&worker, 1);
		let (price, quoted) =
			<Jobs as InferenceJobs>::quote(&TEXT, input.len() as u64).expect("the worker is free");
		assert_eq!(quoted, worker);
		assert_eq!(submit(price - 1), refused, "less than the price");
		let before = (total(&client), total(&worker));
		let submitted = submit(price + 9).expect("the price is locked");
		assert_eq!(submitted[..8], [0; 8]);
		assert_eq!(submitted[8..40], *AsRef::<[u8]>::as_ref(&worker));
		assert_eq!(submitted[40..], price.to_le_bytes());
		let locked = || <Escrow as JobEscrow>::locked(&lock_job(&market, 0));
		assert_eq!(locked(), price);
		assert_eq!(total(&client), before.0, "locked on its own account");

		let settle = |who: &AccountId, output: &[u8], attestation: &[u8]| {
			let input = [&0u64.to_le_bytes()[..], &bytes(output), &bytes(attestation)].concat();
			call(who, &market, 0, "settle_job", &input)
		};
		let good = attested(&market, 0, b"Because.");
		assert_eq!(
			settle(&stranger, b"Because.", &good),
			refused,
			"not the worker"
		);
		assert_eq!(
			settle(&worker, b"Whatever.", &good),
			refused,
			"another output"
		);
		let other = attested(&market, 1, b"Because.");
		assert_eq!(settle(&worker, b"Because.", &other), refused, "another job");
		let program = software_tee::DEVELOPMENT_MEASUREMENT;
		assert_ok!(PoAi::revoke_measurement(RuntimeOrigin::root(), program));
		assert_eq!(
			settle(&worker, b"Because.", &good),
			refused,
			"no such program"
		);
		assert_ok!(PoAi::allow_measurement(
			RuntimeOrigin::root(),
			aci_primitives::evidence::TeeKind::Software,
			program
		));
		assert_ok!(settle(&worker, b"Because.", &good));
		assert_eq!(locked(), 0);
		assert_eq!(
			(total(&client), total(&worker)),
			(before.0 - price, before.1 + price)
		);
		assert_eq!(settle(&worker, b"Because.", &good), refused, "paid once");
	});
}

#[test]
fn a_client_of_the_marketplace_has_its_money_back_from_a_worker_that_never_settles() {
	run(|| {
		register(&workers()[0], 1);
		let market = deployed("marketplace", 0, b"");
		let [client, _] = clients();
		let before = total(&client);
		let order = [
			TEXT.as_bytes(),
			&bytes(b"Why?"),
			&Balance::MAX.to_le_bytes(),
		]
		.concat();
		assert_ok!(call(&client, &market, 5_000_000, "submit_job", &order));
		let job = 0u64.to_le_bytes();
		let cancel = || call(&client, &market, 0, "cancel_job", &job);
		assert_eq!(cancel(), Err(Error::<Market>::ContractReverted.into()));
		// The contract's own patience is 100 blocks.
		const PATIENCE: BlockNumber = 100;
		skip(PATIENCE);
		assert_ok!(cancel());
		assert_eq!(<Escrow as JobEscrow>::locked(&lock_job(&market, 0)), 0);
		assert_eq!(total(&client), before);
	});
}
