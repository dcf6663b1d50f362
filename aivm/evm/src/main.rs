//! Runs the Solidity versions of the chain's operations on revm and prints, as JSON, of each the gas and
//! the microseconds: `aci-evm-comparison COMPILED.json WEIGHTS.json`.
//!
//! `COMPILED.json` is what `compile.js` writes; `WEIGHTS.json` are the classifier's integer weights as
//! `{ "inputs", "classes", "bias": [..], "weights": [[.. of one class] ..], "row": [..] }`.
//!
//! Records are as they are after other use: an account's balance is above zero and a counter has
//! counted, so that a row does not pay for the first use of a slot by anybody. State is in memory and
//! warm: real nodes are slower, on both sides.

mod evm;

use evm::{address, bytes, call, word, Evm};
use revm::primitives::{hex, keccak256, Address, B256};
use serde_json::{json, Value};
use std::{env, fs};

const ACI: u128 = 1_000_000_000_000;
const MAX: u128 = u128::MAX >> 40;
const MODEL: [u8; 32] = [3; 32];
const PROMPT: &[u8] = b"What is the capital of France?";
const ANSWER: &[u8] = b"The capital of France is Paris.";

struct Report(Vec<Value>);

impl Report {
	fn row(&mut self, name: &str, (gas, microseconds): (u64, f64)) {
		self.0
			.push(json!({ "name": name, "gas": gas, "microseconds": microseconds }));
	}
}

fn account(number: u8) -> Address {
	Address::repeat_byte(number)
}

fn submit(order: u64) -> Vec<u8> {
	call(
		"submitJob(uint64,bytes32,bytes32,uint256,uint96)",
		&[
			word(order.into()),
			MODEL.to_vec(),
			keccak256(PROMPT).to_vec(),
			word(10 * ACI),
			word(MAX),
		],
	)
}

/// Rows of the paper's Table 9.
fn chain(evm: &mut Evm, bytecode: &[u8], report: &mut Report) {
	let [client, worker, owner] = [account(1), account(2), account(3)];
	let chain = evm.create(owner, bytecode, &[address(worker)]);
	let rich = 1_000_000 * ACI;
	for who in [client, worker, owner] {
		evm.commit(who, chain, rich, call("deposit()", &[]));
	}
	let stake = call("stake(uint128)", &[word(100 * ACI)]);
	evm.commit(worker, chain, 0, stake.clone());
	let job = |output: &[u8]| B256::from_slice(output);
	let (_, first) = evm.commit(client, chain, 0, submit(1));
	report.row("Job submission", evm.measure(client, chain, 0, submit(2)));
	let result = call(
		"submitResult(bytes32,bytes32)",
		&[first.to_vec(), keccak256(ANSWER).to_vec()],
	);
	let handed_in = evm.measure(worker, chain, 0, result.clone());
	evm.commit(worker, chain, 0, result.clone());

	// Once settled, the shares' totals are above zero for all that follow.
	evm.pass(2);
	let settle = |id: &[u8]| call("settle(bytes32)", &[id.to_vec()]);
	evm.commit(worker, chain, 0, settle(&first));
	let (_, second) = evm.commit(client, chain, 0, submit(2));
	let result = call(
		"submitResult(bytes32,bytes32)",
		&[second.to_vec(), keccak256(ANSWER).to_vec()],
	);
	evm.commit(worker, chain, 0, result);
	let dispute = call(
		"dispute(bytes32,uint128)",
		&[second.to_vec(), word(10 * ACI)],
	);
	let opened = evm.measure(client, chain, 0, dispute.clone());
	evm.pass(2);
	let settled = evm.measure(worker, chain, 0, settle(&second));
	report.row(
		"Settlement",
		(handed_in.0 + settled.0, handed_in.1 + settled.1),
	);

	evm.commit(client, chain, 0, dispute);
	let vote = call("vote(bytes32,bool)", &[job(&second).to_vec(), word(1)]);
	let mut resolution = opened;
	for member in 10..17 {
		let voted = evm.measure(account(member), chain, 0, vote.clone());
		evm.commit(account(member), chain, 0, vote.clone());
		resolution = (resolution.0 + voted.0, resolution.1 + voted.1);
	}
	report.row("Dispute resolution", resolution);

	let swap = call(
		"swap(uint64,uint64,uint256,uint256)",
		&[word(1_000), word(150), word(1_000 * ACI), word(MAX)],
	);
	evm.commit(client, chain, 0, swap.clone());
	report.row("HMM swap", evm.measure(client, chain, 0, swap));

	let unstake = call("unstake(uint128)", &[word(ACI)]);
	let staked = evm.measure(worker, chain, 0, stake.clone());
	evm.commit(worker, chain, 0, stake);
	evm.commit(worker, chain, 0, unstake.clone());
	let unstaked = evm.measure(worker, chain, 0, unstake);
	report.row("Stake", staked);
	report.row("Unstake", unstaked);
}

/// The marketplace of Listing 1.
fn marketplace(evm: &mut Evm, bytecode: &[u8], report: &mut Report) {
	let [client, worker, owner] = [account(1), account(2), account(4)];
	// The address is known before: it depends on the creator and on how much it has created.
	let market = owner.create(0);
	let hashed = keccak256(ANSWER);
	let statement = [address(market), word(1), MODEL.to_vec(), hashed.to_vec()].concat();
	let statement = keccak256(statement);
	// Any two numbers are a signature of some key, where the first is a point of the curve: the
	// attester is whoever that is.
	let (signature, attester) = (1..)
		.find_map(|r| {
			let signature = [word(27), word(r), word(7)];
			let signer = evm.signer(owner, statement, &signature)?;
			Some((signature, signer))
		})
		.expect("every second number is a point's");
	let made = evm.create(owner, bytecode, &[address(attester)]);
	assert_eq!(made, market, "the contract's address is another one");
	let offer = call(
		"offer(bytes32,uint96,uint96)",
		&[MODEL.to_vec(), word(ACI), word(1_000)],
	);
	evm.commit(worker, market, 0, offer);
	let (place, prompt) = bytes(96, PROMPT);
	let submit = call(
		"submitJob(bytes32,bytes,uint256)",
		&[MODEL.to_vec(), place, word(MAX), prompt],
	);
	evm.commit(client, market, 2 * ACI, submit.clone());
	report.row(
		"Marketplace: submit",
		evm.measure(client, market, 2 * ACI, submit.clone()),
	);
	evm.commit(client, market, 2 * ACI, submit);
	let (place, answer) = bytes(160, ANSWER);
	let [v, r, s] = signature;
	let settle = call(
		"settleJob(uint256,bytes,uint8,bytes32,bytes32)",
		&[word(1), place, v, r, s, answer],
	);
	report.row(
		"Marketplace: settle",
		evm.measure(worker, market, 0, settle),
	);
}

/// Numbers of a list of the weights' file.
fn numbers(value: &Value) -> Vec<i64> {
	let list = value
		.as_array()
		.expect("the weights' file has lists of numbers");
	list.iter()
		.map(|number| number.as_i64().expect("an integer"))
		.collect()
}

/// The classifier, with the weights that the AIVM's has.
fn classifier(evm: &mut Evm, bytecode: &[u8], model: &Value, report: &mut Report) {
	let size = |name: &str| u128::from(model[name].as_u64().expect("a size"));
	let mut values: Vec<u8> = numbers(&model["bias"])
		.iter()
		.flat_map(|bias| (*bias as i32).to_be_bytes())
		.collect();
	for class in model["weights"].as_array().expect("a list for each class") {
		values.extend(numbers(class).iter().map(|weight| *weight as u8));
	}
	let (place, values) = bytes(96, &values);
	let arguments = [word(size("inputs")), word(size("classes")), place, values];
	let contract = evm.create(account(5), bytecode, &arguments);
	let row: Vec<u8> = numbers(&model["row"])
		.iter()
		.map(|value| *value as u8)
		.collect();
	let (place, row) = bytes(32, &row);
	let classify = call("classify(bytes)", &[place, row]);
	let (_, class) = evm.commit(account(1), contract, 0, classify.clone());
	assert_eq!(
		class.last().map(|class| u64::from(*class)),
		model["class"].as_u64(),
		"the two classifiers differ"
	);
	report.row(
		"Classifier: one row",
		evm.measure(account(1), contract, 0, classify),
	);
}

fn main() {
	let mut arguments = env::args().skip(1);
	let mut file = || -> Value {
		let path = arguments
			.next()
			.expect("usage: aci-evm-comparison COMPILED.json WEIGHTS.json");
		let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
		serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
	};
	let (compiled, model) = (file(), file());
	let bytecode = |name: &str| {
		let text = compiled[name]["bytecode"]
			.as_str()
			.expect("the contract is compiled");
		hex::decode(text).expect("bytecode is hexadecimal")
	};
	let rich: Vec<_> = (1..=5).chain(10..17).map(account).collect();
	let mut evm = Evm::new(&rich);
	let mut report = Report(Vec::new());
	chain(&mut evm, &bytecode("Chain"), &mut report);
	marketplace(&mut evm, &bytecode("Marketplace"), &mut report);
	classifier(&mut evm, &bytecode("Classifier"), &model, &mut report);
	println!("{:#}", Value::Array(report.0));
}
