//! Listing 1 of the paper: submit, settle, and everything that must not be paid.

use crate::{
	bytes, contract,
	mock::{Mock, CLIENT},
	world::{attest, PRICE, WORKER},
};
use aci_aivm_engine::{aci_aivm::Gas, Account, Trap};

const GAS: Gas = Gas::from_whole(1_000_000);
const MARKET: Account = [1; 32];
const MODEL: [u8; 32] = [3; 32];
const INPUT: &[u8] = b"a prompt";

fn deployed() -> Mock {
	let mock = Mock::new();
	mock.install(1, &contract("marketplace"));
	assert_eq!(mock.run(MARKET, "deploy", b""), Ok(Vec::new()));
	mock
}

fn order(model: [u8; 32], max_price: u128) -> Vec<u8> {
	[&model[..], &bytes(INPUT), &max_price.to_le_bytes()].concat()
}

fn submit(mock: &Mock, value: u128, max_price: u128) -> Result<Vec<u8>, Trap> {
	mock.run_as(
		CLIENT,
		MARKET,
		value,
		GAS,
		"submit_job",
		&order(MODEL, max_price),
	)
	.0
}

fn price() -> u128 {
	PRICE + INPUT.len() as u128
}

/// What a TEE that ran `model` for job `number` of the market would give.
fn attestation(number: u64, model: [u8; 32], output: &[u8]) -> Vec<u8> {
	let statement = [&MARKET[..], &number.to_le_bytes(), &model, &bytes(output)].concat();
	[&model[..], &attest(&statement)].concat()
}

fn settlement(number: u64, output: &[u8], attestation: &[u8]) -> Vec<u8> {
	[
		&number.to_le_bytes()[..],
		&bytes(output),
		&bytes(attestation),
	]
	.concat()
}

fn settle(mock: &Mock, who: Account, input: &[u8]) -> Result<Vec<u8>, Trap> {
	mock.run_as(who, MARKET, 0, GAS, "settle_job", input).0
}

fn says(text: &str) -> Result<Vec<u8>, Trap> {
	Err(Trap::Reverted(text.as_bytes().to_vec()))
}

fn balance(mock: &Mock, who: Account) -> u128 {
	mock.world.borrow().balances.get(&who).copied().unwrap_or(0)
}

#[test]
fn a_job_is_ordered_run_and_paid_for() {
	let mock = deployed();
	let result = submit(&mock, 1_000, 900).unwrap();
	let expected = [&0u64.to_le_bytes()[..], &WORKER, &price().to_le_bytes()].concat();
	assert_eq!(result, expected);
	// The change came back at once, and the price is locked for the client.
	assert_eq!(balance(&mock, CLIENT), 1_000_000 - price());
	assert_eq!(balance(&mock, MARKET), 0);
	assert_eq!(mock.world.borrow().locks[&0].client, CLIENT);

	let proof = attestation(0, MODEL, b"an answer");
	settle(&mock, WORKER, &settlement(0, b"an answer", &proof)).unwrap();
	assert_eq!(balance(&mock, WORKER), price());
	let job = mock.run(MARKET, "job", &0u64.to_le_bytes()).unwrap();
	let expected = [
		&[1u8][..],
		&CLIENT,
		&WORKER,
		&MODEL,
		&price().to_le_bytes(),
		&bytes(b"an answer"),
	]
	.concat();
	assert_eq!(job, expected);
	let topics: Vec<_> = mock
		.world
		.borrow()
		.events
		.iter()
		.map(|(_, topic, _)| topic.clone())
		.collect();
	assert_eq!(topics, [b"job_submitted".to_vec(), b"job_settled".to_vec()]);
}

#[test]
fn an_order_above_the_maximum_or_beyond_what_was_sent_is_refused() {
	let mock = deployed();
	let refused = says("the price is above the maximum");
	assert_eq!(submit(&mock, 1_000, price() - 1), refused);
	assert_eq!(
		submit(&mock, price() - 1, 900),
		says("less was sent than the price")
	);
	let unknown = mock
		.run_as(
			CLIENT,
			MARKET,
			1_000,
			GAS,
			"submit_job",
			&order([0; 32], 900),
		)
		.0;
	assert_eq!(unknown, says("nobody runs this model"));
	assert_eq!(balance(&mock, CLIENT), 1_000_000);
	assert!(submit(&mock, price(), price()).is_ok());
}

#[test]
fn only_the_attested_work_of_the_quoted_worker_is_paid() {
	let mock = deployed();
	submit(&mock, 1_000, 900).unwrap();
	submit(&mock, 1_000, 900).unwrap();
	let proof = attestation(0, MODEL, b"answer");
	let good = settlement(0, b"answer", &proof);
	let stands_not = says("the attestation does not stand");
	assert_eq!(
		settle(&mock, CLIENT, &good),
		says("only the job's worker settles it")
	);
	assert_eq!(
		settle(&mock, WORKER, &settlement(0, b"other", &proof)),
		stands_not
	);
	assert_eq!(
		settle(&mock, WORKER, &settlement(1, b"answer", &proof)),
		stands_not
	);
	let other = attestation(0, [4; 32], b"answer");
	let result = settle(&mock, WORKER, &settlement(0, b"answer", &other));
	assert_eq!(result, says("another model was run"));
	assert_eq!(
		settle(&mock, WORKER, &settlement(7, b"answer", &proof)),
		says("no such job")
	);
	assert_eq!(balance(&mock, WORKER), 0);
	assert!(settle(&mock, WORKER, &good).is_ok());
	assert_eq!(settle(&mock, WORKER, &good), says("the job is not pending"));
	assert_eq!(balance(&mock, WORKER), price());
}

#[test]
fn the_client_gets_its_money_back_when_the_worker_took_too_long() {
	let mock = deployed();
	submit(&mock, 1_000, 900).unwrap();
	let cancel = |who| {
		mock.run_as(who, MARKET, 0, GAS, "cancel_job", &0u64.to_le_bytes())
			.0
	};
	assert_eq!(cancel(CLIENT), says("the worker still has time"));
	mock.world.borrow_mut().block += 100;
	assert_eq!(cancel(WORKER), says("only the job's client cancels it"));
	assert_eq!(cancel(CLIENT), Ok(Vec::new()));
	assert_eq!(balance(&mock, CLIENT), 1_000_000);
	let proof = attestation(0, MODEL, b"answer");
	let late = settle(&mock, WORKER, &settlement(0, b"answer", &proof));
	assert_eq!(late, says("the job is not pending"));
}

#[test]
fn arguments_that_are_cut_or_too_long_are_refused() {
	let mock = deployed();
	let order = order(MODEL, 900);
	for length in 0..order.len() {
		let result = mock
			.run_as(CLIENT, MARKET, 1_000, GAS, "submit_job", &order[..length])
			.0;
		assert_eq!(result, says("arguments too short"), "cut at {length}");
	}
	let longer = [&order[..], &[0]].concat();
	let result = mock
		.run_as(CLIENT, MARKET, 1_000, GAS, "submit_job", &longer)
		.0;
	assert_eq!(result, says("arguments too long"));
}
