//! What a party that cheats or fails does to a job, seen through the programs that users have.
//!
//! A real node and the real client. The worker is a script: it attests, bonds, registers and signs
//! correct receipts as a worker does, and then misbehaves on purpose. It runs no model: its outputs
//! are any text, which the checks of level 1 cannot tell from a model's.
//!
//! After each scenario every balance that a job can move is compared with what the rules say, to
//! the planck: client, workers, pools, treasury and issuance. Fees of transactions are those that
//! the chain's events tell, so a refused transaction must cost its fee and nothing else.
//!
//! The node seals a block every 400 ms; the chain's time advances by two seconds with each, so what
//! a deadline leaves is a fifth of it by the clock: 3 s for an acknowledgement, for example. The
//! client is Charlie, the workers are Dave and Eve: Alice authors the blocks.

mod common;

use aci_chain::{
	Account, Blocks, Call, Certainty, Chain, ChainError, DeclineReason, Event, Included,
	ReturnReason,
};
use aci_market::{fees, payment, FeeShares};
use aci_node_testing::Node;
use aci_poai::{compute, software_tee};
use aci_primitives::{
	evidence::{Binding, Evidence},
	job::{sampling_seed, Content, JobView},
	model::RegisteredModel,
	receipt::Metrics,
	traits::DisputeVerdict,
	AccountId, Balance, BlockNumber, BoundedList, Hash, JobId, JobInput, JobOutput, ModelId,
	Receipt, Role, SignedReceipt, ACI,
};
use aci_transfer::{Libp2pTransport, Options, Store, StoreOptions, Transport};
use codec::DecodeAll;
use common::{planck, Ran};
use serde_json::{json, Value};
use sha2::{Digest, Sha256};
use sp_core::{ed25519, Pair, H256};
use std::{
	collections::{BTreeMap, VecDeque},
	net::TcpStream,
	process::Stdio,
	sync::{
		atomic::{AtomicU64, Ordering},
		Arc,
	},
	time::Duration,
};
use tempfile::TempDir;
use tokio::{
	io::AsyncReadExt,
	process::{Child, Command},
	time::{sleep, timeout},
};

/// Most time for one wait.
const LIMIT: Duration = Duration::from_secs(60);
/// What one slot of the class `cpu` needs on a development chain.
const BOND: Balance = 118 * ACI;
/// What is burned of a client whose input was never served.
const SLOT_FEE: Balance = ACI / 100;
/// Chain time of a block, in milliseconds.
const BLOCK_TIME: u64 = 2_000;
/// Where the chain keeps the issuance: the hashes of `Balances` and `TotalIssuance`.
const ISSUANCE: &str = "0xc2261276cc9d1f8598ea4b6a74b15c2f57c875e4cff74148e4628f264b974c80";

const CLIENT: &str = "charlie";
const MODEL: &str = "smollm2";
/// Tokens that the scripted worker states: fewer than are ordered, so that less is due than locked.
const TOKENS: (u32, u32) = (90, 300);

/// The order that all scenarios make, with more arguments.
fn order<'a>(more: &[&'a str]) -> Vec<&'a str> {
	let common = ["submit", "--model", MODEL, "--class", "cpu", "--yes"];
	let limits = ["--max-tokens", "400", "--max-price", "20"];
	[&common[..], &limits, more].concat()
}

/// What an order of `prompt` adds to [`order`].
fn prompt<'a>(more: &[&'a str]) -> Vec<&'a str> {
	order(&[&["--prompt", "Why is the sea salt?"], more].concat())
}

/// Balances and fees at a time when nothing is on its way.
struct Snapshot {
	/// By name: all that an account has, held parts included; and the issuance.
	totals: BTreeMap<&'static str, Balance>,
	/// Fees since the beginning, by account.
	fees: BTreeMap<AccountId, Balance>,
}

/// A node, and what happened on its chain.
struct World {
	node: Node,
	chain: Chain,
	folder: TempDir,
	blocks: Blocks,
	/// Events that nobody has looked at yet.
	events: VecDeque<Event>,
	/// The last block that was taken up.
	height: BlockNumber,
	fees: BTreeMap<AccountId, Balance>,
	model: (ModelId, RegisteredModel),
}

impl World {
	async fn new() -> Self {
		let node = Node::dev(&["--sealing", "400"]);
		let chain = Chain::connect(&node.url()).await.expect("the node answers");
		let models = chain.models().await.expect("are read");
		let is_ours = |model: &RegisteredModel| {
			let name = String::from_utf8_lossy(&model.manifest.name).to_lowercase();
			name.contains(MODEL)
		};
		let model = models.into_iter().find(|(_, model)| is_ours(model));
		let blocks = chain.blocks(Certainty::Best).await.expect("are followed");
		let mut world = World {
			node,
			folder: tempfile::tempdir().expect("a folder"),
			blocks,
			chain,
			events: VecDeque::new(),
			height: 0,
			fees: BTreeMap::new(),
			model: model.expect("is registered"),
		};
		world.pull().await;
		world
	}

	/// Takes up the next block.
	async fn pull(&mut self) {
		let block = self.blocks.next().await.expect("the chain goes on");
		assert!(!block.after_gap, "no block may be missed: fees are counted");
		self.height = block.number;
		for event in block.events {
			if let Some((who, fee)) = fee_paid(&event) {
				*self.fees.entry(who).or_default() += fee;
			}
			self.events.push_back(event);
		}
	}

	/// Waits for an event.
	async fn until<T>(&mut self, what: &str, wanted: impl Fn(&Event) -> Option<T>) -> T {
		let search = async {
			loop {
				while let Some(event) = self.events.pop_front() {
					if let Some(found) = wanted(&event) {
						return found;
					}
				}
				self.pull().await;
			}
		};
		let found = timeout(LIMIT, search).await;
		found.unwrap_or_else(|_| panic!("waited {LIMIT:?} for {what}:\n{}", self.node.log()))
	}

	/// Waits for a height.
	async fn until_block(&mut self, number: BlockNumber) {
		let waiting = async {
			while self.height < number {
				self.pull().await;
			}
		};
		let reached = timeout(LIMIT, waiting).await;
		assert!(reached.is_ok(), "waited {LIMIT:?} for block {number}");
	}

	/// The next match of a job of the client's.
	async fn matched(&mut self) -> (JobId, AccountId) {
		let client = development(CLIENT).id();
		self.until("a match", |event| match event {
			Event::JobMatched {
				job,
				client: of,
				worker,
				..
			} if *of == client => Some((*job, worker.clone())),
			_ => None,
		})
		.await
	}

	/// The next return of a job: who had it, why it came back, and how often it did.
	async fn returned(&mut self, wanted: JobId) -> (AccountId, ReturnReason, u8) {
		self.until("a return", |event| match event {
			Event::JobReturned {
				job,
				worker,
				reason,
				returns,
			} if *job == wanted => Some((worker.clone(), *reason, *returns)),
			_ => None,
		})
		.await
	}

	/// The end of a job without a worker: what came back, and the slot fee.
	async fn expired(&mut self, wanted: JobId) -> (Balance, Balance) {
		self.until("an expiry", |event| match event {
			Event::JobExpired {
				job,
				refund,
				slot_fee,
				..
			} if *job == wanted => Some((*refund, *slot_fee)),
			_ => None,
		})
		.await
	}

	/// Starts the client program.
	fn start(&self, account: &str, arguments: &[&str]) -> Child {
		Command::new(env!("CARGO_BIN_EXE_aci"))
			.args(arguments)
			.args(["--node", &self.node.url(), "--account", account])
			.env("ACI_DATA", self.folder.path().join("client"))
			.stdin(Stdio::null())
			.stdout(Stdio::piped())
			.stderr(Stdio::piped())
			.kill_on_drop(true)
			.spawn()
			.expect("the program was built")
	}

	/// Runs the client program with `--json`, which must succeed, and gives its value.
	async fn json(&self, account: &str, arguments: &[&str]) -> Value {
		let ran = ended(self.start(account, &[arguments, &["--json"]].concat())).await;
		assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.stderr);
		ran.json()
	}

	/// The job as the client program shows it, which must be in this status and lock this much.
	async fn shown(&self, job: JobId, status: &str, locked: Balance) -> Value {
		let shown = self.json(CLIENT, &["job", &format!("{job:?}")]).await;
		assert_eq!(shown["status"], status, "{shown}");
		assert_eq!(planck(&shown["locked"]), locked, "{shown}");
		shown
	}

	async fn view(&self, job: JobId) -> JobView {
		let view = self.chain.job(job).await.expect("is read");
		view.expect("is on the chain")
	}

	/// What is held of an account for a reason.
	async fn held(&self, account: &AccountId, reason: &str) -> Balance {
		let balances = self.chain.balances(account).await.expect("is read");
		let hold = balances.holds.iter().find(|hold| hold.reason == reason);
		hold.map_or(0, |hold| hold.amount)
	}

	/// All balances. Nothing may be on its way. Events until now are forgotten.
	async fn snapshot(&mut self) -> Snapshot {
		let head = self.chain.head(Certainty::Best).await.expect("is read");
		self.until_block(head.number).await;
		self.events.clear();
		let accounts = [
			("charlie", development("charlie").id()),
			("dave", development("dave").id()),
			("eve", development("eve").id()),
			("validators", pot(&[0])),
			("verifiers", pot(&[1])),
			("fund", pot(&[2, 0, 0])),
			("escrow", derived(b"aci/escr", &[])),
			("treasury", derived(b"aci/trsy", &[])),
		];
		let mut totals = BTreeMap::from([("issuance", self.issuance())]);
		for (name, account) in accounts {
			let balances = self.chain.balances(&account).await.expect("is read");
			totals.insert(name, balances.free + balances.reserved);
		}
		Snapshot {
			totals,
			fees: self.fees.clone(),
		}
	}

	fn issuance(&self) -> Balance {
		let stored = self.node.call("state_getStorage", json!([ISSUANCE]));
		let digits = stored.as_str().and_then(|text| text.strip_prefix("0x"));
		let bytes = hex::decode(digits.expect("is stored")).expect("is hexadecimal");
		Balance::from_le_bytes(bytes.try_into().expect("has 16 bytes"))
	}

	/// Asserts that since `before` exactly these balances changed by exactly so much, beside the
	/// fees of transactions, which went from who sent them to the treasury.
	async fn changed_by(&mut self, before: &Snapshot, changes: &[(&str, i128)]) {
		let after = self.snapshot().await;
		let changes: BTreeMap<&str, i128> = changes.iter().copied().collect();
		let fee_of = |account: &AccountId| {
			let fees = |snapshot: &Snapshot| snapshot.fees.get(account).copied();
			fees(&after).unwrap_or_default() - fees(before).unwrap_or_default()
		};
		let all: Balance = after.fees.keys().map(fee_of).sum();
		for (name, total) in &after.totals {
			let fees = match *name {
				"charlie" | "dave" | "eve" => -signed(fee_of(&development(name).id())),
				"treasury" => signed(all),
				_ => 0,
			};
			let expected = changes.get(name).copied().unwrap_or_default() + fees;
			let change = signed(*total) - signed(before.totals[name]);
			assert_eq!(change, expected, "of {name}; fees {fees}");
		}
		for name in changes.keys() {
			assert!(after.totals.contains_key(name), "{name} is compared");
		}
	}
}

/// When the next run of a scripted worker starts, in milliseconds.
static STARTED: AtomicU64 = AtomicU64::new(1_700_000_000_000);

/// A worker that does what a test says.
struct Scripted {
	name: &'static str,
	account: Account,
	session: ed25519::Pair,
}

impl Scripted {
	fn new(name: &'static str) -> Self {
		Scripted {
			name,
			account: development(name),
			session: ed25519::Pair::from_seed(&Sha256::digest(name).into()),
		}
	}

	fn id(&self) -> AccountId {
		self.account.id()
	}

	/// What its evidence must bind now, and the block that is in it.
	async fn binding(&self, world: &World) -> (Binding, BlockNumber) {
		let head = world.chain.head(Certainty::Best).await.expect("is read");
		let binding = Binding {
			genesis: world.chain.genesis(),
			account: self.id(),
			session_key: self.session.public(),
			data_key: [7; 32],
			recent_block: head.hash,
			device_evidence: H256::zero(),
		};
		(binding, head.number)
	}

	/// Attests its keys with evidence over `bound`.
	fn attest(
		&self,
		root: &ed25519::Pair,
		measurement: H256,
		bound: &Binding,
		block: BlockNumber,
	) -> Call {
		let quote = software_tee::quote(root, measurement, bound.report_data(), H256::zero());
		let evidence = Evidence::Software(quote);
		Call::attest(evidence, self.session.public(), [7; 32], block)
	}

	fn register(&self, world: &World) -> Call {
		let models = BoundedList::truncate_from(vec![world.model.0]);
		Call::register_worker(0, 1, models, BoundedList::default())
	}

	/// Attests and registers. The bond must be there.
	async fn enrol(&self, world: &World) {
		let (binding, block) = self.binding(world).await;
		let root = software_tee::development_root();
		let measurement = software_tee::DEVELOPMENT_MEASUREMENT;
		self.send(world, self.attest(&root, measurement, &binding, block))
			.await;
		self.send(world, self.register(world)).await;
	}

	/// Sends a call. What the node's pool gave up was in no block and cost nothing: it is sent
	/// again, as workers do.
	async fn submit(&self, world: &World, call: Call) -> Result<Included, ChainError> {
		let sending = async {
			loop {
				match world.chain.submit(&self.account, call.clone()).await {
					Err(ChainError::NotIncluded { reason }) => {
						eprintln!("of {}, not taken up: {reason}", self.name);
						sleep(Duration::from_millis(100)).await;
					}
					answer => return answer,
				}
			}
		};
		let sent = timeout(LIMIT, sending).await;
		sent.expect("is included in time")
	}

	/// Sends a call that must succeed.
	async fn send(&self, world: &World, call: Call) -> Included {
		let included = self.submit(world, call).await;
		included.unwrap_or_else(|error| panic!("of {}: {error}", self.name))
	}

	/// Sends a call that the chain must refuse with this error.
	async fn is_refused(&self, world: &World, call: Call, pallet: &str, name: &str) {
		let error = self.submit(world, call).await.expect_err("is refused");
		assert!(error.is_dispatch(pallet, name), "{pallet}.{name}: {error}");
	}

	/// A receipt that states the truth of a run with this output.
	fn receipt(&self, world: &World, view: &JobView, output: &str) -> Receipt {
		let (spec, manifest) = (&view.job.spec, &world.model.1.manifest);
		let (tokens_in, tokens_out) = TOKENS;
		let flops = compute::operations(manifest.kind, &manifest.shape, tokens_in, tokens_out);
		let memory = compute::memory(manifest, tokens_in, tokens_out).expect("is a run");
		Receipt {
			job: view.id,
			input: spec.input.sha256(),
			output: sha256(output),
			model: spec.model,
			tokens_in,
			tokens_out,
			// One run after the other, as a worker with one slot has them.
			started: STARTED.fetch_add(3_000, Ordering::Relaxed),
			duration: 3_000_000,
			metrics: Metrics {
				flops: flops.expect("is a run"),
				device_busy: 2_000_000,
				peak_memory: memory.try_into().expect("is small"),
				energy: 0,
			},
			profile: spec.profile,
			proof_root: H256::zero(),
			seed: sampling_seed(&view.id, &spec.parameters.seed, &spec.model),
		}
	}

	fn sign(&self, world: &World, receipt: Receipt) -> SignedReceipt {
		let hash = receipt.signing_hash(&world.chain.genesis());
		SignedReceipt {
			signature: self.session.sign(hash.as_bytes()),
			receipt,
		}
	}
}

/// A job that was settled.
struct Settled {
	job: JobId,
	receipt: SignedReceipt,
	output: &'static str,
}

/// One node for all scenarios: starting one takes longer than most of them.
#[tokio::test(flavor = "multi_thread")]
async fn who_cheats_or_fails_pays_and_nobody_else() {
	let mut world = World::new().await;
	let (dave, eve) = (Scripted::new("dave"), Scripted::new("eve"));
	forged_evidence_registers_nothing(&mut world, &eve, &dave).await;

	dave.send(&world, Call::bond(Role::Worker, BOND)).await;
	dave.enrol(&world).await;
	let settled = a_tampered_output_is_refused_and_the_right_one_is_paid(&mut world, &dave).await;
	a_receipt_pays_once(&mut world, &dave, &settled).await;
	a_dispute_of_a_right_output_costs_its_client_the_bond(&mut world, &dave, &settled).await;
	a_late_result_is_paid_by_the_late_rule(&mut world, &dave).await;
	a_worker_without_a_stream_costs_a_line_and_no_result(&mut world, &dave).await;
	a_worker_that_streams_another_text_is_found_out(&mut world, &dave).await;

	// Eve's bond is there since her forged evidence was refused.
	eve.enrol(&world).await;
	an_input_that_is_never_served_costs_its_client_the_slot_fee(&mut world, &dave, &eve).await;
	a_job_that_no_worker_acknowledges_expires_with_a_full_refund(&mut world, &dave, &eve).await;

	dave.send(&world, Call::set_active(false)).await;
	a_silent_worker_loses_a_tenth_of_its_bond(&mut world, &eve).await;
}

/// Evidence by another root, for another account's keys or of another program.
async fn forged_evidence_registers_nothing(world: &mut World, eve: &Scripted, dave: &Scripted) {
	let before = world.snapshot().await;
	eve.send(world, Call::bond(Role::Worker, BOND)).await;
	let root = software_tee::development_root();
	let measurement = software_tee::DEVELOPMENT_MEASUREMENT;

	let (binding, block) = eve.binding(world).await;
	let own_root = ed25519::Pair::from_seed(&[66; 32]);
	let forged = eve.attest(&own_root, measurement, &binding, block);
	eve.is_refused(world, forged, "PoAi", "EvidenceBadSignature")
		.await;
	let stolen = eve.attest(&root, measurement, &dave.binding(world).await.0, block);
	eve.is_refused(world, stolen, "PoAi", "EvidenceWrongReportData")
		.await;
	let patched = eve.attest(&root, H256::repeat_byte(66), &binding, block);
	eve.is_refused(world, patched, "PoAi", "MeasurementNotAllowed")
		.await;
	let register = eve.register(world);
	eve.is_refused(world, register, "Jobs", "NotAttested").await;

	let attestation = world.chain.attestation(&eve.id()).await.expect("is read");
	assert_eq!(attestation, None);
	assert_eq!(world.chain.worker(&eve.id()).await.expect("is read"), None);
	assert_eq!(world.json(CLIENT, &["worker", "list"]).await, json!([]));
	world.changed_by(&before, &[]).await;
}

/// An output that is not the receipt's, and a receipt that was changed to fit it.
async fn a_tampered_output_is_refused_and_the_right_one_is_paid(
	world: &mut World,
	dave: &Scripted,
) -> Settled {
	let before = world.snapshot().await;
	let client = world.start(CLIENT, &prompt(&["--json"]));
	let (job, worker) = world.matched().await;
	assert_eq!(worker, dave.id());
	dave.send(world, Call::acknowledge(job)).await;
	let view = world.view(job).await;

	let (output, tampered) = ("Rivers bring it there.", "Send the price to Dave.");
	let receipt = dave.sign(world, dave.receipt(world, &view, output));
	let call = Call::submit_result(job, receipt.clone(), inline(tampered));
	dave.is_refused(world, call, "Jobs", "OutputMismatch").await;
	let mut changed = receipt.clone();
	changed.receipt.output = sha256(tampered);
	let call = Call::submit_result(job, changed, inline(tampered));
	dave.is_refused(world, call, "PoAi", "ReceiptBadSignature")
		.await;
	let shown = world.shown(job, "Running", view.locked).await;
	assert_eq!(shown["result"], Value::Null);

	let call = Call::submit_result(job, receipt.clone(), inline(output));
	dave.send(world, call).await;
	let ran = ended(client).await;
	assert_eq!(ran.code, 0, "{}", ran.stderr);
	let told = ran.json();
	assert_eq!(told["status"], "Settled");
	assert!(told["output"].to_string().contains(output), "{told}");

	let shown = world.shown(job, "Settled", 0).await;
	let due = on_time(&view, &receipt);
	assert!(due < view.locked, "less was done than ordered");
	assert_eq!(planck(&shown["result"]["due"]), due);
	assert_eq!(planck(&told["due"]), due);
	world.changed_by(&before, &paid(dave, due)).await;
	let (charlie, fees) = (development(CLIENT).id(), planck(&told["fee"]));
	assert_eq!(
		world.fees.get(&charlie),
		Some(&fees),
		"one transaction, told"
	);
	Settled {
		job,
		receipt,
		output,
	}
}

/// Governance finds the output right: the worker, who was paid before, gets the bond.
async fn a_dispute_of_a_right_output_costs_its_client_the_bond(
	world: &mut World,
	dave: &Scripted,
	settled: &Settled,
) {
	let before = world.snapshot().await;
	let (job, id) = (settled.job, format!("{:?}", settled.job));
	let asked = ended(world.start(CLIENT, &["dispute", &id])).await;
	assert_eq!(asked.code, 5, "nobody said yes: {}", asked.stderr);
	let opened = world.json(CLIENT, &["dispute", &id, "--yes"]).await;
	let bond = planck(&opened["bond"]);
	let price = world.view(job).await.job.assignment.expect("had one").price;
	assert_eq!(bond, price.div_ceil(10).max(ACI));
	let shown = world.shown(job, "Disputed", 0).await;
	assert_eq!(planck(&shown["dispute"]["bond"]), bond);
	let text = ended(world.start(CLIENT, &["job", &id])).await.stdout;
	assert!(text.contains("draw 1"), "{text}");

	let decided = Call::decide_dispute(job, DisputeVerdict::Right).as_root();
	let alice = development("alice");
	let decided = world.chain.submit(&alice, decided).await;
	let decided = decided.expect("governance decides");
	let forfeited = decided.events.iter().find_map(|event| match event {
		Event::DisputeDecided { forfeited, .. } => Some(*forfeited),
		_ => None,
	});
	assert_eq!(forfeited, Some(bond));
	let shown = world.shown(job, "Settled", 0).await;
	assert_eq!(shown["dispute"], Value::Null);
	let changes = [(CLIENT, -signed(bond)), (dave.name, signed(bond))];
	world.changed_by(&before, &changes).await;

	let again = ended(world.start(CLIENT, &["dispute", &id, "--yes"])).await;
	assert!(
		again.stderr.contains("Jobs.AlreadyDecided"),
		"{}",
		again.stderr
	);
	let proven = world.json(CLIENT, &["history", &id]).await;
	assert_eq!(proven["status"], "Settled", "the first end holds");
	assert_eq!(planck(&proven["price"]), price);
}

/// Hands in `output` for a job that was acknowledged.
async fn hand_in(world: &World, worker: &Scripted, job: JobId, output: &str) {
	let view = world.view(job).await;
	let receipt = worker.sign(world, worker.receipt(world, &view, output));
	let call = Call::submit_result(job, receipt, inline(output));
	worker.send(world, call).await;
}

/// The client is to show the text while it is made, and the worker has no endpoint.
async fn a_worker_without_a_stream_costs_a_line_and_no_result(world: &mut World, dave: &Scripted) {
	let client = world.start(CLIENT, &prompt(&["--stream"]));
	let (job, _) = world.matched().await;
	dave.send(world, Call::acknowledge(job)).await;
	hand_in(world, dave, job, "The result.").await;
	let ran = ended(client).await;
	assert_eq!((ran.code, ran.stdout.as_str()), (0, "The result.\n"));
	let told = ran.stderr.matches("The text is not streamed on").count();
	assert_eq!(told, 1, "{}", ran.stderr);
	assert!(
		!ran.stderr.contains("The text is the result"),
		"{}",
		ran.stderr
	);
}

/// The worker streams one text and signs another.
async fn a_worker_that_streams_another_text_is_found_out(world: &mut World, dave: &Scripted) {
	let store = Store::open(
		world.folder.path().join("liar.redb"),
		StoreOptions::default(),
	);
	let store = Arc::new(store.expect("opens"));
	let server = Libp2pTransport::start([66; 32], Options::default(), store).await;
	let server = server.expect("listens");
	let endpoints = server.locators().await.expect("are known");
	let endpoints = endpoints
		.into_iter()
		.map(|endpoint| endpoint.into_bytes().try_into().expect("is short"))
		.collect();
	let models = BoundedList::truncate_from(vec![world.model.0]);
	let update = Call::update_worker(models, BoundedList::truncate_from(endpoints));
	dave.send(world, update).await;

	let mut client = world.start(CLIENT, &prompt(&["--stream"]));
	let (job, _) = world.matched().await;
	let stream = server.publish(job.0, None).expect("has room");
	stream.push(b"A lie");
	dave.send(world, Call::acknowledge(job)).await;
	// The client shows it before there is a result.
	let mut shown = vec![0; 5];
	let stdout = client.stdout.as_mut().expect("is piped");
	let read = timeout(LIMIT, stdout.read_exact(&mut shown)).await;
	read.expect("is shown").expect("is our child");
	assert_eq!(shown, b"A lie");
	stream.finish();
	hand_in(world, dave, job, "The result.").await;
	let ran = ended(client).await;
	assert_eq!((ran.code, ran.stdout.as_str()), (0, "\nThe result.\n"));
	assert!(
		ran.stderr.contains("The streamed text is NOT the result"),
		"{}",
		ran.stderr
	);
	server.shutdown().await;
}

/// A settled job's receipt for the same job again, for another job, and renamed for it.
async fn a_receipt_pays_once(world: &mut World, dave: &Scripted, settled: &Settled) {
	let before = world.snapshot().await;
	let client = world.start(CLIENT, &prompt(&["--json"]));
	let (job, _) = world.matched().await;
	assert_ne!(job, settled.job);
	dave.send(world, Call::acknowledge(job)).await;
	let view = world.view(job).await;

	let again = |job, receipt: &SignedReceipt| {
		Call::submit_result(job, receipt.clone(), inline(settled.output))
	};
	let call = again(settled.job, &settled.receipt);
	dave.is_refused(world, call, "Jobs", "NotRunning").await;
	let call = again(job, &settled.receipt);
	dave.is_refused(world, call, "PoAi", "ReceiptWrongJob")
		.await;
	let honest = dave.receipt(world, &view, settled.output);
	let renamed = SignedReceipt {
		receipt: honest.clone(),
		signature: settled.receipt.signature,
	};
	let call = again(job, &renamed);
	dave.is_refused(world, call, "PoAi", "ReceiptBadSignature")
		.await;
	world.shown(job, "Running", view.locked).await;

	let receipt = dave.sign(world, honest);
	dave.send(world, again(job, &receipt)).await;
	dave.is_refused(world, again(job, &receipt), "Jobs", "NotRunning")
		.await;
	let ran = ended(client).await;
	assert_eq!(ran.code, 0, "{}", ran.stderr);
	world.shown(job, "Settled", 0).await;
	let due = on_time(&view, &receipt);
	world.changed_by(&before, &paid(dave, due)).await;
}

/// A result between the SLA and twice the SLA.
async fn a_late_result_is_paid_by_the_late_rule(world: &mut World, dave: &Scripted) {
	const SLA_BLOCKS: BlockNumber = 15;
	let sla = u64::from(SLA_BLOCKS) * BLOCK_TIME;
	let before = world.snapshot().await;
	let client = world.start(CLIENT, &prompt(&["--json", "--sla", "30"]));
	let (job, _) = world.matched().await;
	let acknowledged = dave.send(world, Call::acknowledge(job)).await.block.number;
	let view = world.view(job).await;
	assert_eq!(view.job.spec.sla, sla);
	world.until_block(acknowledged + SLA_BLOCKS).await;

	let output = "It took me a while.";
	let receipt = dave.sign(world, dave.receipt(world, &view, output));
	let call = Call::submit_result(job, receipt.clone(), inline(output));
	let late = dave.send(world, call).await.block.number - acknowledged;
	assert!(late > SLA_BLOCKS && late < 2 * SLA_BLOCKS, "{late} blocks");
	let ran = ended(client).await;
	assert_eq!(ran.code, 0, "{}", ran.stderr);
	assert_eq!(ran.json()["status"], "Settled");

	let shown = world.shown(job, "Settled", 0).await;
	let full = on_time(&view, &receipt);
	let elapsed = u64::from(late) * BLOCK_TIME;
	let due = payment::late_price(full, sla, elapsed).expect("is in time");
	assert!(due < full && due >= full / 2, "{due} of {full}");
	assert_eq!(planck(&shown["result"]["due"]), due);
	world.changed_by(&before, &paid(dave, due)).await;
}

/// A client that ends while its input is to be fetched.
async fn an_input_that_is_never_served_costs_its_client_the_slot_fee(
	world: &mut World,
	dave: &Scripted,
	eve: &Scripted,
) {
	let before = world.snapshot().await;
	let file = world.folder.path().join("input");
	std::fs::write(&file, "salt ".repeat(1_000)).expect("is written");
	let file = file.display().to_string();
	let mut client = world.start(CLIENT, &order(&["--file", &file]));
	let (job, first) = world.matched().await;
	let JobInput::Content(content) = world.view(job).await.job.spec.input else {
		panic!("the input is too long for the chain");
	};
	assert!(is_served(&content));
	client.kill().await.expect("is ended");
	assert!(!is_served(&content));

	let [first, second] = match first == dave.id() {
		true => [dave, eve],
		false => [eve, dave],
	};
	let decline = || Call::decline(job, DeclineReason::InputUnavailable);
	let reason = ReturnReason::Declined(DeclineReason::InputUnavailable);
	first.send(world, decline()).await;
	assert_eq!(world.returned(job).await, (first.id(), reason, 1));
	assert_eq!(world.matched().await, (job, second.id()));
	let locked = world.view(job).await.locked;
	second.send(world, decline()).await;
	assert_eq!(world.returned(job).await, (second.id(), reason, 2));
	assert_eq!(world.expired(job).await, (locked - SLOT_FEE, SLOT_FEE));

	world.shown(job, "Expired", 0).await;
	for worker in [dave, eve] {
		assert_eq!(missed(world, worker).await, 0, "of {}", worker.name);
	}
	let lost = -signed(SLOT_FEE);
	let changes = [(CLIENT, lost), ("issuance", lost)];
	world.changed_by(&before, &changes).await;
}

/// Two workers that get a job and say nothing.
async fn a_job_that_no_worker_acknowledges_expires_with_a_full_refund(
	world: &mut World,
	dave: &Scripted,
	eve: &Scripted,
) {
	let before = world.snapshot().await;
	let client = world.start(CLIENT, &prompt(&[]));
	let (job, first) = world.matched().await;
	let returned = world.returned(job).await;
	assert_eq!(returned, (first.clone(), ReturnReason::NotAcknowledged, 1));
	let (again, second) = world.matched().await;
	assert_eq!(again, job);
	assert_ne!(second, first, "another worker gets it then");
	let locked = world.view(job).await.locked;
	let returned = world.returned(job).await;
	assert_eq!(returned, (second, ReturnReason::NotAcknowledged, 2));
	assert_eq!(world.expired(job).await, (locked, 0));

	let ran = ended(client).await;
	assert_eq!(ran.code, 3, "{}", ran.stderr);
	assert!(
		ran.stdout.contains("ended without a result: Expired"),
		"{}",
		ran.stdout
	);
	for part in ["it did not answer in time", "no worker took it"] {
		assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
	}
	world.shown(job, "Expired", 0).await;
	for worker in [dave, eve] {
		assert_eq!(missed(world, worker).await, 1, "of {}", worker.name);
		let call = Call::acknowledge(job);
		worker.is_refused(world, call, "Jobs", "NotMatched").await;
	}
	world.changed_by(&before, &[]).await;
}

/// A worker that acknowledges and gives no result.
async fn a_silent_worker_loses_a_tenth_of_its_bond(world: &mut World, eve: &Scripted) {
	let before = world.snapshot().await;
	let client = world.start(CLIENT, &prompt(&["--json", "--sla", "1"]));
	let (job, worker) = world.matched().await;
	assert_eq!(worker, eve.id());
	eve.send(world, Call::acknowledge(job)).await;
	let view = world.view(job).await;
	let ended_by = world
		.until("the time-out", |event| match event {
			Event::JobTimedOut {
				job: of,
				worker,
				refund,
				slashed,
				..
			} if *of == job => Some((worker.clone(), *refund, *slashed)),
			_ => None,
		})
		.await;
	let slash = BOND / 10;
	assert_eq!(ended_by, (eve.id(), view.locked, slash));
	// The slash is held until the time of appeal ends. The balances are compared at once: a node
	// that is waited for goes on.
	world.changed_by(&before, &[]).await;
	let (slashed, bond) = ("StakingSlashing.Slashed", "StakingSlashing.WorkerBond");
	assert_eq!(world.held(&eve.id(), slashed).await, slash);
	assert_eq!(world.held(&eve.id(), bond).await, BOND - slash);

	let output = "Am I too late?";
	let receipt = eve.sign(world, eve.receipt(world, &view, output));
	let call = Call::submit_result(job, receipt, inline(output));
	eve.is_refused(world, call, "Jobs", "NotRunning").await;
	let ran = ended(client).await;
	assert_eq!(ran.code, 3, "{}", ran.stderr);
	let told = ran.json();
	assert_eq!(told["status"], "TimedOut");
	assert_eq!(planck(&told["refund"]), view.locked);
	world.shown(job, "TimedOut", 0).await;

	world
		.until("the slash to be applied", |event| match event {
			Event::Other { pallet, name, .. } => {
				(pallet == "StakingSlashing" && name == "SlashApplied").then_some(())
			}
			_ => None,
		})
		.await;
	assert_eq!(world.held(&eve.id(), slashed).await, 0);
	assert_eq!(world.held(&eve.id(), bond).await, BOND - slash);
	let lost = -signed(slash);
	let changes = [("eve", lost), ("issuance", lost)];
	world.changed_by(&before, &changes).await;

	// What is left of its bond is too small for its slot: it gets no more jobs.
	let before = world.snapshot().await;
	let ordered = world.json(CLIENT, &prompt(&["--no-wait"])).await;
	let job = ordered["job"].as_str().expect("is text");
	world.until_block(world.height + 4).await;
	let shown = world.json(CLIENT, &["job", job]).await;
	assert_eq!(shown["status"], "Open", "{shown}");
	let cancelled = world.json(CLIENT, &["cancel", job]).await;
	assert_eq!(cancelled["refund"], ordered["max_price"]);
	world.changed_by(&before, &[]).await;
}

/// What is due for a result within the SLA.
fn on_time(view: &JobView, receipt: &SignedReceipt) -> Balance {
	let assignment = view.job.assignment.as_ref().expect("is matched");
	let flops = receipt.receipt.metrics.flops;
	payment::actual_price(assignment.price, assignment.flops, flops)
}

/// What a payment changes.
fn paid(worker: &Scripted, due: Balance) -> [(&'static str, i128); 6] {
	let parts = fees::split(due, &FeeShares::default());
	[
		(CLIENT, -signed(due)),
		(worker.name, signed(parts.worker)),
		("validators", signed(parts.validators)),
		("verifiers", signed(parts.verifiers)),
		("fund", signed(parts.liquidity)),
		("issuance", -signed(parts.burn)),
	]
}

/// How many matches the worker let pass.
async fn missed(world: &World, worker: &Scripted) -> u32 {
	let view = world.chain.worker(&worker.id()).await.expect("is read");
	view.expect("is registered").worker.missed
}

/// Whether somebody listens at one of the content's locators.
fn is_served(content: &Content) -> bool {
	assert!(!content.locators.is_empty(), "somebody should serve it");
	content.locators.iter().any(|locator| {
		let text = String::from_utf8_lossy(locator);
		let parts: Vec<&str> = text.split('/').collect();
		let ["", "ip4", host, "tcp", port, ..] = parts[..] else {
			panic!("another kind of locator: {text}");
		};
		TcpStream::connect(format!("{host}:{port}")).is_ok()
	})
}

/// What the client program did, once it ended.
async fn ended(child: Child) -> Ran {
	let output = timeout(LIMIT, child.wait_with_output()).await;
	let output = output.expect("ends in time").expect("is our child");
	let text = |bytes| String::from_utf8(bytes).expect("is text");
	Ran {
		code: output.status.code().expect("was not killed"),
		stdout: text(output.stdout),
		stderr: text(output.stderr),
	}
}

/// Who paid which fee, if the event tells it.
fn fee_paid(event: &Event) -> Option<(AccountId, Balance)> {
	let Event::Other {
		pallet,
		name,
		fields,
	} = event
	else {
		return None;
	};
	if (pallet.as_str(), name.as_str()) != ("TransactionPayment", "TransactionFeePaid") {
		return None;
	}
	let (who, fee, _tip): (AccountId, Balance, Balance) =
		DecodeAll::decode_all(&mut fields.as_slice()).expect("three fields");
	Some((who, fee))
}

fn development(name: &str) -> Account {
	Account::development(name).expect("is known")
}

/// The account that a pallet derives of its identity and a name of its own.
fn derived(pallet: &[u8; 8], name: &[u8]) -> AccountId {
	let mut bytes = [0; 32];
	let text = [&b"modl"[..], pallet, name].concat();
	bytes[..text.len()].copy_from_slice(&text);
	AccountId::new(bytes)
}

/// The account of a pot of the escrow.
fn pot(identity: &[u8]) -> AccountId {
	derived(b"aci/escr", &[&b"pot"[..], identity].concat())
}

fn signed(amount: Balance) -> i128 {
	amount.try_into().expect("is far below the bound")
}

fn sha256(text: &str) -> Hash {
	H256(Sha256::digest(text).into())
}

fn inline(text: &str) -> JobOutput {
	JobOutput::Inline(text.as_bytes().to_vec().try_into().expect("is short"))
}
