//! The market through the program, against a real node: funds, reservations, budgets, delegations,
//! the history of ended jobs. Balances are compared to the planck.
//!
//! The node makes a block every 200 ms, each of which is two seconds of the chain's time. Dave offers
//! four slots of the class `cpu` and never answers, so what is ordered of him expires.

mod common;

use aci_chain::{Account, Call, Certainty, Chain};
use aci_poai::software_tee;
use aci_primitives::{
	evidence::{Binding, Evidence},
	BlockNumber, BoundedList, Role,
};
use common::{planck, Node};
use serde_json::{json, Value};
use sp_core::{ed25519, Pair, H256};
use std::{
	path::Path,
	time::{Duration, Instant},
};

const ACI: u128 = 1_000_000_000_000;
/// Most time for one wait.
const LIMIT: Duration = Duration::from_secs(120);
/// What Dave offers.
const SLOTS: u32 = 4;

/// The node, and the chain as the test itself reads it.
struct World {
	node: Node,
	chain: Chain,
	runtime: tokio::runtime::Runtime,
}

impl World {
	fn new() -> Self {
		let node = Node::start();
		let runtime = tokio::runtime::Runtime::new().expect("starts");
		let url = format!("ws://127.0.0.1:{}", node.port());
		let chain = runtime.block_on(Chain::connect(&url)).expect("answers");
		World {
			node,
			chain,
			runtime,
		}
	}

	fn head(&self) -> BlockNumber {
		let head = self.runtime.block_on(self.chain.head(Certainty::Best));
		head.expect("is read").number
	}

	/// Waits until a transaction that is sent now is in this block or a later one.
	fn until_block(&self, number: BlockNumber) {
		self.until(&format!("block {number}"), || self.head() >= number);
	}

	fn until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
		let begin = Instant::now();
		while !is_so() {
			assert!(begin.elapsed() < LIMIT, "waited {LIMIT:?} for {what}");
			std::thread::sleep(Duration::from_millis(200));
		}
	}

	/// Runs the program as an account; the chain must refuse with this error, and its words.
	fn is_refused(&self, account: &str, arguments: &[&str], error: &str) {
		let ran = self
			.node
			.run(&[arguments, &["--account", account, "--json"]].concat());
		assert_eq!(ran.code, 1, "{arguments:?}: {}", ran.stdout);
		assert_eq!(ran.error_code(), "refused-by-chain");
		assert!(ran.stderr.contains(error), "{error} in {}", ran.stderr);
	}

	/// Runs the program as an account without the chain's refusal; gives exit code and error.
	fn fails(&self, account: &str, arguments: &[&str]) -> (i32, String, String) {
		let ran = self
			.node
			.run(&[arguments, &["--account", account, "--json"]].concat());
		(ran.code, ran.error_code(), ran.stderr)
	}

	/// Registers Dave as a worker with a software TEE.
	fn register_worker(&self) {
		let dave = Account::development("dave").expect("is known");
		let session = ed25519::Pair::from_seed(&[4; 32]);
		let registered = self.runtime.block_on(async {
			let model = self.chain.models().await?;
			let model = model.iter().find(|(_, model)| {
				String::from_utf8_lossy(&model.manifest.name).contains("SmolLM2")
			});
			let head = self.chain.head(Certainty::Best).await?;
			let binding = Binding {
				genesis: self.chain.genesis(),
				account: dave.id(),
				session_key: session.public(),
				data_key: [7; 32],
				recent_block: head.hash,
				device_evidence: H256::zero(),
			};
			let quote = software_tee::quote(
				&software_tee::development_root(),
				software_tee::DEVELOPMENT_MEASUREMENT,
				binding.report_data(),
				H256::zero(),
			);
			let evidence = Evidence::Software(quote);
			let models = vec![model.expect("is registered").0];
			let calls = vec![
				Call::bond(Role::Worker, 500 * ACI),
				Call::attest(evidence, session.public(), [7; 32], head.number),
				Call::register_worker(
					0,
					SLOTS,
					BoundedList::truncate_from(models),
					BoundedList::default(),
				),
			];
			self.chain.submit(&dave, Call::batch(calls)).await
		});
		registered.expect("is registered");
	}
}

fn text(value: &Value) -> &str {
	value.as_str().expect("is text")
}

fn number(value: &Value) -> u64 {
	value.as_u64().expect("is a number")
}

/// One node for all scenarios: starting one takes longer than most of them.
#[test]
fn the_market_through_the_client() {
	let world = World::new();
	a_market_without_workers_has_no_prices(&world);
	world.register_worker();
	the_market_shows_capacity_and_a_curve(&world);
	let ready = liquidity_is_provided_and_begins_its_way_out(&world);
	let budget = a_budget_is_opened_and_leased(&world);
	a_reservation_is_bought_and_sold_back(&world);
	let (job, block) = a_reservation_pays_for_a_job_that_expires(&world);
	let proof = an_end_is_proven_and_a_changed_proof_is_not(&world, &job, block);
	delegations_move_exactly(&world);
	validating_has_a_commission(&world);
	nothing_is_claimed_or_appealed_that_is_not_there(&world);
	governance_is_encoded_for_a_referendum_or_done_by_sudo(&world);
	a_budget_is_closed_after_its_lease(&world, budget);
	the_table_shows_the_last_epoch(&world);
	an_end_is_proven_after_its_record_is_gone(&world, &job, block);
	liquidity_is_withdrawn_when_its_time_has_come(&world, ready);
	a_proof_outlives_the_state_of_its_block(&world, &job, block, proof.path());
}

fn a_market_without_workers_has_no_prices(world: &World) {
	let market = world.node.json("alice", &["market"]);
	let classes = market.as_array().expect("is a list");
	assert_eq!(classes.len(), 3);
	for class in classes {
		assert_eq!(class["unit_price"], Value::Null);
		assert_eq!(class["utilisation_ppb"], Value::Null);
		assert!(planck(&class["par_price"]) > 0);
		assert_eq!(planck(&class["fund"]["assets"]), 0);
	}
	let shown = world.node.run(&["market", "--class", "cpu"]);
	assert!(shown.stdout.contains("no price"), "{}", shown.stdout);
	let quote = ["reserve", "quote", "--class", "cpu", "--slots", "1"];
	let quote = [&quote[..], &["--blocks", "20"]].concat();
	world.is_refused("bob", &quote, "Hmm.TooMuchReserved");
}

fn the_market_shows_capacity_and_a_curve(world: &World) {
	let cpu = world.node.json("alice", &["market", "--class", "cpu"]);
	assert_eq!(number(&cpu["milli_slots"]), u64::from(SLOTS) * 1_000);
	assert_eq!(number(&cpu["free_milli_slots"]), u64::from(SLOTS) * 1_000);
	assert_eq!(cpu["utilisation_ppb"], 0);
	assert_eq!(cpu["worker_count"], 1);
	assert_eq!(cpu["workers"][0]["slots"], SLOTS);
	let curve = cpu["curve"].as_array().expect("is a list");
	let prices: Vec<u128> = curve.iter().map(|point| planck(&point["price"])).collect();
	assert!(prices.len() > 2 && prices.is_sorted(), "{prices:?}");
	assert_eq!(prices[0], planck(&cpu["unit_price"]));

	let shown = world
		.node
		.run(&["market", "--class", "cpu", "--width", "60"]);
	assert_eq!(shown.code, 0, "{}", shown.stderr);
	let picture: Vec<&str> = shown
		.stdout
		.lines()
		.filter(|line| line.contains('│') || line.contains('┤'))
		.collect();
	assert_eq!(picture.len(), 12, "{}", shown.stdout);
	assert!(picture.iter().all(|line| line.chars().count() <= 60));
	assert!(picture[11].contains('●'), "all is free: the lowest price");
	assert!(shown.stdout.contains("now: 0.00 % used"));
	let all = world.node.run(&["market"]);
	assert!(all.stdout.contains("4/4"), "{}", all.stdout);
}

/// Gives the block from which on the withdrawal can be made.
fn liquidity_is_provided_and_begins_its_way_out(world: &World) -> BlockNumber {
	let fund = |arguments: &[&str]| world.node.json("bob", &[&["fund"], arguments].concat());
	world.is_refused(
		"bob",
		&["fund", "provide", "cpu", "1"],
		"Hmm.BelowMinLiquidity",
	);
	let (free, held) = world.node.money("bob");
	let provided = fund(&["provide", "cpu", "300"]);
	let fee = planck(&provided["fee"]);
	assert_eq!(planck(&provided["provided"]), 300 * ACI);
	assert_eq!(world.node.money("bob"), (free - 300 * ACI - fee, held));
	assert_eq!(planck(&provided["assets"]), 300 * ACI);
	let shares = planck(&provided["own"]["shares"]);
	assert_eq!(shares, planck(&provided["bought"]));
	let market = world.node.json("alice", &["market", "--class", "cpu"]);
	assert_eq!(planck(&market["fund"]["assets"]), 300 * ACI);
	assert!(number(&market["fund"]["next_floor_share_ppb"]) > 0);

	// 60 % would leave more than the minimum of 100 ACI; 90 % would not.
	let begin = ["fund", "begin-withdrawal", "cpu", "90%"];
	world.is_refused("bob", &begin, "Hmm.RemainderBelowMinLiquidity");
	let begun = fund(&["begin-withdrawal", "cpu", "60%"]);
	assert_eq!(
		planck(&begun["begun"]),
		shares / 10_000 * 6_000 + shares % 10_000 * 6_000 / 10_000
	);
	let cancelled = fund(&["cancel-withdrawal", "cpu", "all"]);
	assert_eq!(planck(&cancelled["own"]["shares"]), shares);
	let begun = fund(&["begin-withdrawal", "cpu", "all"]);
	let out = &begun["own"]["withdrawals"][0];
	assert_eq!(planck(&out["shares"]), shares);
	world.is_refused("bob", &["fund", "withdraw", "cpu"], "Hmm.NothingToWithdraw");

	let (code, error, message) = world.fails("eve", &["fund", "begin-withdrawal", "cpu", "all"]);
	assert_eq!((code, error.as_str()), (1, "not-found"));
	assert!(message.contains("aci fund provide"), "{message}");
	let (code, error, _) = world.fails("bob", &["fund", "begin-withdrawal", "cpu", "half"]);
	assert_eq!((code, error.as_str()), (2, "usage"));
	number(&out["from"]).try_into().expect("is a height")
}

fn liquidity_is_withdrawn_when_its_time_has_come(world: &World, ready: BlockNumber) {
	world.until_block(ready);
	let (free, held) = world.node.money("bob");
	let withdrawn = world.node.json("bob", &["fund", "withdraw", "cpu"]);
	let (amount, fee) = (planck(&withdrawn["withdrawn"]), planck(&withdrawn["fee"]));
	// No job was paid, so no fee came in and no refund went out; rounding is the fund's.
	assert!(
		(300 * ACI - 1_000..=300 * ACI).contains(&amount),
		"{amount}"
	);
	assert_eq!(world.node.money("bob"), (free + amount - fee, held));
	assert_eq!(withdrawn["own"], Value::Null);
}

/// Gives the block in which the budget can be closed.
fn a_budget_is_opened_and_leased(world: &World) -> BlockNumber {
	let (free, held) = world.node.money("ferdie");
	let opened = world.node.json("ferdie", &["budget", "open", "alice", "5"]);
	let fee = planck(&opened["fee"]);
	assert_eq!(
		world.node.money("ferdie"),
		(free - 5 * ACI - fee, held + 5 * ACI)
	);
	let budgets = world.node.json("ferdie", &["budget", "list"]);
	assert_eq!(planck(&budgets[0]["amount"]), 5 * ACI);
	assert_eq!(budgets[0]["home"], opened["home"]);
	let escrow = world.node.json("ferdie", &["escrow", "show"]);
	assert_eq!(planck(&escrow["budgeted"]), 5 * ACI);
	world.is_refused(
		"ferdie",
		&["budget", "close", "alice"],
		"Escrow.BudgetLease",
	);
	world.is_refused("ferdie", &["budget", "close", "bob"], "Escrow.NoBudget");
	number(&opened["until"]).try_into().expect("is a height")
}

fn a_budget_is_closed_after_its_lease(world: &World, until: BlockNumber) {
	world.until_block(until);
	let money = world.node.money("ferdie");
	let closed = world.node.json("ferdie", &["budget", "close", "alice"]);
	assert_eq!(planck(&closed["returned"]), 5 * ACI);
	assert_eq!(planck(&closed["free"]), 5 * ACI);
	let fee = planck(&closed["fee"]);
	assert_eq!(world.node.money("ferdie"), (money.0 - fee, money.1));
	assert_eq!(world.node.json("ferdie", &["budget", "list"]), json!([]));
	let withdrawn = world.node.json("ferdie", &["escrow", "withdraw", "5"]);
	assert_eq!(planck(&withdrawn["free"]), 0);
}

/// Arguments of a reservation of two slots.
fn capacity<'a>(command: &'a str, blocks: &'a str) -> Vec<&'a str> {
	let slots = ["--class", "cpu", "--slots", "2", "--blocks", blocks];
	[&["reserve", command][..], &slots].concat()
}

fn a_reservation_is_bought_and_sold_back(world: &World) {
	let quote = world.node.json("charlie", &capacity("quote", "50"));
	let price = planck(&quote["price"]);
	assert!(price > 0);
	let buy = capacity("buy", "50");
	let (code, error, message) = world.fails("charlie", &buy);
	assert_eq!((code, error.as_str()), (5, "not-confirmed"));
	assert!(message.contains("--max-price"), "{message}");
	let cheap = [&buy[..], &["--max-price", "0.5"]].concat();
	world.is_refused("charlie", &cheap, "Hmm.PriceAboveMaximum");
	let short = capacity("quote", "1");
	world.is_refused("charlie", &short, "Hmm.WindowOutOfBounds");

	let (free, held) = world.node.money("charlie");
	let bought = world.node.json("charlie", &[&buy[..], &["--yes"]].concat());
	let (paid, fee) = (planck(&bought["paid"]), planck(&bought["fee"]));
	assert!(paid <= price);
	assert_eq!(
		world.node.money("charlie"),
		(free - paid - fee, held + paid)
	);
	let cpu = world.node.json("alice", &["market", "--class", "cpu"]);
	assert_eq!(number(&cpu["utilisation_ppb"]), 500_000_000);
	assert!(planck(&cpu["unit_price"]) > planck(&cpu["curve"][0]["price"]));
	world.is_refused("eve", &capacity("quote", "50"), "Hmm.TooMuchReserved");

	let listed = world.node.json("charlie", &["reserve", "list"]);
	assert_eq!(listed[0]["reservation"], bought["reservation"]);
	assert_eq!(planck(&listed[0]["left"]), paid);
	let id = bought["reservation"].to_string();
	let sell = ["reserve", "sell-back", id.as_str()];
	let high = [&sell[..], &["--min-refund", "1000000"]].concat();
	world.is_refused("charlie", &high, "Hmm.RefundBelowMinimum");
	world.is_refused("eve", &[&sell[..], &["--yes"]].concat(), "Hmm.NotOwner");

	let (free, held) = world.node.money("charlie");
	let sold = world
		.node
		.json("charlie", &[&sell[..], &["--yes"]].concat());
	let (refund, fee) = (planck(&sold["refund"]), planck(&sold["fee"]));
	assert_eq!(refund + planck(&sold["burned"]), paid);
	assert!(0 < refund && refund < paid);
	assert_eq!(
		world.node.money("charlie"),
		(free + refund - fee, held - paid)
	);
	assert_eq!(world.node.json("charlie", &["reserve", "list"]), json!([]));
	let (_, error, message) = world.fails("charlie", &[&sell[..], &["--yes"]].concat());
	assert_eq!(error, "not-found");
	assert!(message.contains("aci reserve list"), "{message}");
}

/// Gives the job and the block in which it ended.
fn a_reservation_pays_for_a_job_that_expires(world: &World) -> (String, BlockNumber) {
	let buy = [&capacity("buy", "400")[..], &["--yes"]].concat();
	let bought = world.node.json("charlie", &buy);
	let (paid, id) = (planck(&bought["paid"]), bought["reservation"].to_string());
	let order = ["submit", "--model", "smollm2", "--prompt", "Hello"];
	let reserved = [&order[..], &["--reservation", &id, "--yes", "--no-wait"]].concat();
	let (_, error, message) = world.fails("eve", &[&order[..], &["--reservation", "999"]].concat());
	assert_eq!(error, "not-found", "{message}");
	world.is_refused("eve", &reserved, "Jobs.NotReservationOwner");

	let (free, held) = world.node.money("charlie");
	let ordered = world.node.json("charlie", &reserved);
	let job = text(&ordered["job"]).to_string();
	let (price, fee) = (planck(&ordered["max_price"]), planck(&ordered["fee"]));
	let shown = world.node.json("charlie", &["job", &job]);
	assert_eq!(shown["reservation"], bought["reservation"]);
	assert_eq!(planck(&shown["locked"]), price);
	let escrow = world.node.json("charlie", &["escrow", "show"]);
	assert_eq!(planck(&escrow["prepaid"]), paid - price);
	let (free_now, held_now) = world.node.money("charlie");
	assert_eq!(
		free_now + held_now + fee,
		free + held,
		"the price was prepaid"
	);
	let (_, error, _) = world.fails("charlie", &["dispute", &job, "--yes"]);
	assert_eq!(error, "not-found", "there is no result to dispute");
	let (_, error, _) = world.fails("charlie", &["history", &job]);
	assert_eq!(error, "not-found", "it has not ended");

	// Dave does not answer, twice.
	world.until("the job to expire", || {
		world.node.json("charlie", &["job", &job])["status"] == "Expired"
	});
	let escrow = world.node.json("charlie", &["escrow", "show"]);
	assert_eq!(planck(&escrow["prepaid"]), paid, "the prepayment stands");
	let proven = world.node.json("charlie", &["history", &job]);
	let block = number(&proven["block"]).try_into().expect("is a height");
	(job, block)
}

/// Gives the folder with the proof.
fn an_end_is_proven_and_a_changed_proof_is_not(
	world: &World,
	job: &str,
	block: BlockNumber,
) -> tempfile::TempDir {
	let folder = tempfile::tempdir().expect("a temporary folder");
	let path = folder.path().join("proof.json");
	let file = path.to_str().expect("is text");
	let number = block.to_string();
	let made = ["history", job, "--block", &number, "--output", file];
	let proven = world.node.json("alice", &made);
	assert_eq!(
		(&proven["status"], &proven["job"]),
		(&json!("Expired"), &json!(job))
	);
	assert_eq!(proven["verified"], true);
	let checked = world.node.json("alice", &["history", "verify", file]);
	assert_eq!(checked, proven);

	let mut changed: Value = serde_json::from_str(&read(&path)).expect("is JSON");
	changed["refund"] = json!("1");
	let path = folder.path().join("changed.json");
	let file = path.to_str().expect("is text");
	std::fs::write(&path, changed.to_string()).expect("is writable");
	let (code, error, message) = world.fails("alice", &["history", "verify", file]);
	assert_eq!((code, error.as_str()), (1, "verification"), "{message}");
	std::fs::write(&path, "{}").expect("is writable");
	let (_, error, message) = world.fails("alice", &["history", "verify", file]);
	assert_eq!(error, "file", "{message}");
	let (_, error, message) = world.fails("alice", &["history", job, "--block", "1"]);
	assert_eq!(error, "not-found");
	assert!(message.contains("did not end in block 1"), "{message}");
	let (_, error, _) = world.fails("alice", &["history", job, "--block", "4000000000"]);
	assert_eq!(error, "not-found");
	folder
}

/// A node keeps the states of the last 256 blocks unless it is told to keep all.
fn a_proof_outlives_the_state_of_its_block(
	world: &World,
	job: &str,
	block: BlockNumber,
	folder: &Path,
) {
	let number = block.to_string();
	world.until("the state to be discarded", || {
		let ran = world
			.node
			.run(&["history", job, "--block", &number, "--json"]);
		ran.stderr.contains("--state-pruning archive")
	});
	let path = folder.join("proof.json");
	let file = path.to_str().expect("is text");
	let checked = world.node.json("alice", &["history", "verify", file]);
	assert_eq!(checked["verified"], true);
}

fn read(path: &Path) -> String {
	std::fs::read_to_string(path).expect("is readable")
}

fn an_end_is_proven_after_its_record_is_gone(world: &World, job: &str, block: BlockNumber) {
	world.until("the record to be pruned", || {
		world
			.node
			.run(&["job", job, "--json"])
			.stderr
			.contains("not-found")
	});
	let number = block.to_string();
	let proven = world
		.node
		.json("alice", &["history", job, "--block", &number]);
	assert_eq!(
		(&proven["status"], &proven["verified"]),
		(&json!("Expired"), &json!(true))
	);
	let (_, error, message) = world.fails("alice", &["history", job]);
	assert_eq!(error, "not-found");
	assert!(message.contains("--block"), "{message}");
}

fn delegations_move_exactly(world: &World) {
	let (free, held) = world.node.money("eve");
	let delegate = ["stake", "delegate", "alice"];
	let delegated = world.node.json("eve", &[&delegate[..], &["20"]].concat());
	let fee = planck(&delegated["fee"]);
	assert_eq!(planck(&delegated["active"]), 20 * ACI);
	assert_eq!(
		world.node.money("eve"),
		(free - 20 * ACI - fee, held + 20 * ACI)
	);
	let validators = world.node.json("eve", &["stake", "validators"]);
	assert_eq!(validators[0]["validator"], delegated["validator"]);
	assert_eq!(planck(&validators[0]["total"]), 1_020 * ACI);
	assert_eq!(validators[0]["delegators"], 1);
	let undelegate = ["stake", "undelegate", "alice", "15"];
	world.is_refused("eve", &undelegate, "StakingSlashing.BelowMinimumDelegation");
	let left = world
		.node
		.json("eve", &["stake", "undelegate", "alice", "10"]);
	assert_eq!(planck(&left["active"]), 10 * ACI);
	let listed = world.node.json("eve", &["stake", "delegations"]);
	assert_eq!(planck(&listed[0]["unbonding"][0]["amount"]), 10 * ACI);
	assert_eq!(listed[0]["unbonding"][0]["until"], left["until"]);
	let early = ["stake", "withdraw-undelegated", "alice"];
	world.is_refused("eve", &early, "StakingSlashing.NothingToWithdraw");
	world.is_refused(
		"eve",
		&["stake", "delegate", "bob", "20"],
		"StakingSlashing.NotCandidate",
	);
	let (_, error, message) = world.fails("eve", &["stake", "claim-rewards"]);
	assert_eq!(error, "not-found");
	assert!(message.contains("when a session ends"), "{message}");
}

fn validating_has_a_commission(world: &World) {
	let validate = |commission| ["stake", "validate", "--commission", commission];
	world.is_refused(
		"alice",
		&validate("50"),
		"StakingSlashing.CommissionTooHigh",
	);
	let (code, error, _) = world.fails("alice", &validate("a tenth"));
	assert_eq!((code, error.as_str()), (2, "usage"));
	world.node.json("alice", &validate("20%"));
	let validators = world.node.json("eve", &["stake", "validators"]);
	assert_eq!(validators[0]["commission_ppm"], 200_000);
	world.is_refused("bob", &["stake", "chill"], "StakingSlashing.NotCandidate");
}

fn nothing_is_claimed_or_appealed_that_is_not_there(world: &World) {
	let claim = ["escrow", "claim", "--for", "bob"];
	world.is_refused("eve", &claim, "Escrow.NothingToClaim");
	assert_eq!(world.node.json("dave", &["stake", "slashes"]), json!([]));
	let hash = format!("0x{}", "5e".repeat(32));
	let appeal = ["stake", "appeal", "7", "--hash", &hash];
	world.is_refused("dave", &appeal, "StakingSlashing.NoSuchSlash");
	world.is_refused(
		"dave",
		&["stake", "apply", "7"],
		"StakingSlashing.NoSuchSlash",
	);
	let bonds = world.node.json("dave", &["stake", "show"]);
	assert_eq!(bonds[0]["eligible"], true);
	let report = ["worker", "report", &hash, &hash];
	world.is_refused("eve", &report, "PoAi.");
}

fn governance_is_encoded_for_a_referendum_or_done_by_sudo(world: &World) {
	let price = ["--par-price", "2.5", "--floor-share", "12.5%"];
	let set = [&["govern", "set-price", "h100-80g"][..], &price].concat();
	let encoded = world.node.json("bob", &set);
	let call = Call::set_price(2, 5 * ACI / 2, 125_000_000);
	let (bytes, hash) = world
		.runtime
		.block_on(world.chain.encode(&call))
		.expect("is encoded");
	assert_eq!(text(&encoded["call"]), format!("0x{}", hex::encode(bytes)));
	assert_eq!(text(&encoded["hash"]), format!("{hash:?}"));
	let shown = world.node.json("bob", &["class", "show", "h100-80g"]);
	assert_ne!(planck(&shown["par_price"]), 5 * ACI / 2, "nothing was sent");

	world.is_refused("bob", &[&set[..], &["--sudo"]].concat(), "Sudo.RequireSudo");
	world.node.json("alice", &[&set[..], &["--sudo"]].concat());
	let shown = world.node.json("bob", &["class", "show", "h100-80g"]);
	assert_eq!(planck(&shown["par_price"]), 5 * ACI / 2);

	let figures = [
		"--name",
		"small",
		"--memory",
		"1000000",
		"--peak-flops",
		"1000",
	];
	let create = ["govern", "create-class", "--bandwidth", "1000", "--sudo"];
	let create = [&create[..], &figures, &price].concat();
	world.node.json("alice", &create);
	let market = world.node.json("bob", &["market"]);
	assert_eq!(market[3]["name"], "small");
	let free = [
		"govern",
		"set-price",
		"small",
		"--par-price",
		"0",
		"--floor-share",
		"10",
	];
	let free = [&free[..], &["--sudo"]].concat();
	world.is_refused("alice", &free, "Hmm.ParPriceOutOfBounds");
	let verdict = format!("0x{}", "00".repeat(32));
	let decide = ["govern", "decide-dispute", &verdict, "right", "--sudo"];
	world.is_refused("alice", &decide, "Jobs.UnknownJob");
}

fn the_table_shows_the_last_epoch(world: &World) {
	// Dave offered capacity in the second epoch already, and nothing was paid in it.
	world.until_block(61);
	world.until("an epoch's use", || {
		let cpu = world.node.json("alice", &["market", "--class", "cpu"]);
		cpu["epoch"]["last_utilisation_ppb"] == 0
	});
	let yields = world.node.json("alice", &["stake", "yields"]);
	let earners: Vec<&str> = yields
		.as_array()
		.expect("is a list")
		.iter()
		.map(|earned| text(&earned["earner"]))
		.collect();
	assert!(earners.contains(&"validators") && earners.contains(&"liquidity providers"));
}
