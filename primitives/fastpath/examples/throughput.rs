//! Matches per second through one validator's own code on one core.
//!
//! The others' vertices come as bytes; this validator decodes them, checks all signatures in batches,
//! takes them into its DAG, and computes a checkpoint: all that it must do for every match of the
//! network. Its own lane it fills itself, with promises. Making the input (clients' and authors'
//! signatures) is not counted.
//!
//! ```text
//! cargo run --release -p aci-fastpath --example throughput --features batch -- \
//!     [orders] [workers] [clients] [authors] [rounds]
//! ```
//!
//! Without arguments 40,000 orders of 250 clients for 500 workers, by 4 authors in 100 rounds. The
//! last line is one row of a table: orders, workers, clients, authors, orders a vertex, microseconds a
//! match for signatures, own lane, DAG and checkpoint, and matches a second.

use aci_fastpath::{
	check::{check_all, check_transactions},
	checkpoint::state::State,
	journal,
	lane::{
		grant::{Grants, LaneGrant},
		terms::{ClassTerms, Terms, WorkerLease},
		Outcome,
	},
	machine::{Input, Machine, Output, Settings, Standing, Timing},
	safety::Rules,
	scheme::{BatchedEd25519, PublicKey, Signature, Signer},
	transaction::{Order, Signed, Transaction},
	types::{Committee, Parameters},
};
use aci_finality::Context;
use aci_primitives::{
	job::{JobParameters, PrivacyTier},
	model::{ModelKind, ModelShape},
	proof::{Profile, ProfileKind},
	AccountId, BoundedBytes, Class, Hash, JobInput, JobSpec, ModelManifest,
};
use codec::Encode;
use sp_core::{ed25519, Pair, H256};
use std::{
	collections::BTreeMap,
	sync::Arc,
	time::{Duration, Instant},
};

const GENESIS: Hash = H256([1; 32]);
const MODEL: H256 = H256([2; 32]);
const SLOTS: u32 = 1_000_000;

struct Key(ed25519::Pair);

impl Signer for Key {
	fn sign(&self, hash: &[u8; 32]) -> Option<Signature> {
		Some(self.0.sign(hash))
	}
}

fn pair(kind: u8, index: u16) -> ed25519::Pair {
	let mut seed = [kind; 32];
	seed[..2].copy_from_slice(&index.to_le_bytes());
	ed25519::Pair::from_seed(&seed)
}

fn account(key: &PublicKey) -> AccountId {
	AccountId::new(key.0)
}

fn terms() -> Arc<Terms> {
	let class = Class {
		name: BoundedBytes::truncate_from(b"cpu".to_vec()),
		memory: 1 << 36,
		peak_flops: 1_000_000_000_000_000,
		bandwidth: 1_000_000_000_000,
	};
	let manifest = ModelManifest {
		name: BoundedBytes::truncate_from(b"small".to_vec()),
		kind: ModelKind::TextGeneration,
		shape: ModelShape {
			layers: 24,
			hidden: 896,
			heads: 14,
			key_value_heads: 2,
			head_dimension: 64,
			feed_forward: 4_864,
			feed_forward_matrices: 3,
			vocabulary: 151_936,
			context: 32_768,
		},
		weight_bytes: 1_000_000_000,
		tokenizer: H256([8; 32]),
		profiles: vec![ProfileKind::SampledText].try_into().expect("one"),
	};
	Arc::new(Terms {
		classes: BTreeMap::from([(
			0,
			ClassTerms {
				class,
				par_price: 1_000_000_000,
				floor_share: 300_000_000,
				free_weight: 4_096,
			},
		)]),
		models: BTreeMap::from([(MODEL, manifest)]),
		..Terms::default()
	})
}

/// The state in which each home has its share of the workers and a ticket of each of its clients.
fn start(workers: u16, clients: u16, authors: u16, rules: &Rules) -> State {
	let mut lanes = Vec::new();
	for index in 0..workers {
		let key = pair(3, index).public();
		let lease = WorkerLease {
			account: account(&key),
			session_key: key,
			class: 0,
			slots: SLOTS,
			busy: 0,
			models: vec![MODEL].try_into().expect("one"),
			quality: 800_000,
			missed: 0,
			exposure: u128::MAX,
			closes: None,
		};
		lanes.push((index % authors, LaneGrant::Slots { key, lease }));
	}
	for home in 0..authors {
		for of in 0..clients {
			let key = pair(2, of).public();
			let grant = LaneGrant::Budget {
				key,
				client: account(&key),
				ticket: u32::from(home) + 1,
				amount: u128::MAX / 10_000,
				sequence: 0,
			};
			lanes.push((home, grant));
		}
	}
	let mut state = State::genesis(authors.into());
	let grants = Grants {
		lanes,
		closings: Vec::new(),
		terms: Some(terms()),
	};
	state.add_grants(&grants, rules);
	state
}

fn order(home: u16, client: &ed25519::Pair, sequence: u32) -> Transaction {
	let statement = Order {
		ticket: u32::from(home) + 1,
		sequence,
		expires: u32::MAX,
		spec: JobSpec {
			model: MODEL,
			class: 0,
			input: JobInput::Inline(BoundedBytes::truncate_from(vec![7; 64])),
			parameters: JobParameters {
				max_tokens_in: 100,
				max_tokens_out: 200,
				temperature: 700,
				seed: H256([5; 32]),
			},
			max_price: u128::MAX,
			sla: 60_000,
			privacy: PrivacyTier::Open,
			profile: Profile {
				kind: ProfileKind::SampledText,
				calibration: 0,
			},
		},
	};
	let hash = Signed::hash(&GENESIS, &pair(1, home).public(), &statement);
	Transaction::Order(Box::new(Signed {
		statement,
		key: client.public(),
		signature: client.sign(&hash.0),
	}))
}

fn main() {
	let mut arguments = std::env::args()
		.skip(1)
		.filter_map(|word| word.parse::<u32>().ok());
	let orders = arguments.next().unwrap_or(40_000);
	let mut number = |default: u32, least: u32| {
		let given = arguments.next().unwrap_or(default);
		given.clamp(least, u16::MAX.into()) as u16
	};
	let (workers, clients_count, authors) = (number(500, 1), number(250, 1), number(4, 1));
	let rounds = u32::from(number(100, 100));
	let context = Context {
		genesis: GENESIS,
		set: 0,
	};
	let keys = (0..authors)
		.map(|author| pair(1, author).public())
		.collect();
	let committee = Committee::new(context, keys).expect("distinct keys");
	let parameters = Parameters::default();
	let rules = Rules::new(parameters, 0);
	let state = start(workers, clients_count, authors, &rules);
	let machine = |index: u16| {
		let settings = Settings {
			committee: committee.clone(),
			parameters,
			state: state.clone(),
			start: 0,
			standing: Standing::Authority {
				index,
				journal: journal::replay(&context, false, &[]).expect("new"),
			},
			timing: Timing::default(),
		};
		Machine::<BatchedEd25519>::new(settings, 0).0
	};
	let mut machines: Vec<_> = (0..authors).map(machine).collect();
	let signers: Vec<Key> = (0..authors).map(|author| Key(pair(1, author))).collect();
	let clients: Vec<_> = (0..clients_count).map(|of| pair(2, of)).collect();

	// Orders in rounds, as many a vertex as the network's rate would bring.
	let per_vertex = (orders / rounds / u32::from(authors)).max(1);
	let (mut spent, mut signatures, mut promised) = (Duration::ZERO, 0usize, 0usize);
	let mut parts: BTreeMap<&str, Duration> = BTreeMap::new();
	let mut note = |part: &'static str, since: Instant, spent: &mut Duration| {
		let took = since.elapsed();
		*parts.entry(part).or_default() += took;
		*spent += took;
	};
	let mut made = 0u32;
	for round in 0..rounds + 4 {
		let now = u64::from(round + 1) * 50;
		let mut encoded: Vec<(u16, Vec<u8>)> = Vec::new();
		for author in 0..authors {
			let home = usize::from(author);
			let mut input = Input::Tick;
			if round < rounds {
				let transactions: Vec<Transaction> = (0..per_vertex)
					.map(|place| {
						let number = round * per_vertex + place;
						let client = &clients[(number % u32::from(clients_count)) as usize];
						order(author, client, number / u32::from(clients_count) + 1)
					})
					.collect();
				made += per_vertex;
				let since = Instant::now();
				let key = signers[home].0.public();
				let checked = check_transactions::<BatchedEd25519>(transactions, &GENESIS, &key);
				let submitted = checked.into_iter().map(|one| one.expect("signed"));
				input = Input::Submit(submitted.collect());
				if author == 0 {
					signatures += per_vertex as usize;
					note("own orders: signatures", since, &mut spent);
				}
			}
			let since = Instant::now();
			let outputs = machines[home].step(input, now, &signers[home]);
			if author == 0 {
				note(
					"own vertices: lane, hash, journal, promises",
					since,
					&mut spent,
				);
			}
			for output in outputs {
				match output {
					Output::Broadcast(vertex) => encoded.push((author, vertex.encode())),
					Output::Promised(list) if author == 0 => promised += list.len(),
					Output::Refused(_, refusal) => panic!("refused: {refusal:?}"),
					_ => {}
				}
			}
		}
		let (own, others): (Vec<_>, Vec<_>) = encoded.iter().partition(|(author, _)| *author == 0);
		let since = Instant::now();
		let bytes: Vec<&[u8]> = others.iter().map(|(_, bytes)| bytes.as_slice()).collect();
		let checked = check_all::<BatchedEd25519>(&bytes, &committee, &rules);
		note(
			"others' vertices: decode, hash, signatures",
			since,
			&mut spent,
		);
		let checked: Vec<_> = checked
			.into_iter()
			.map(|one| one.expect("honest"))
			.collect();
		signatures += checked
			.iter()
			.map(|vertex| vertex.vertex().transactions.len() + 1)
			.sum::<usize>();
		// The other machines only make input: what this one checked they take as it is.
		let own: Vec<&[u8]> = own.iter().map(|(_, bytes)| bytes.as_slice()).collect();
		let own = check_all::<BatchedEd25519>(&own, &committee, &rules);
		for vertex in &checked {
			let since = Instant::now();
			machines[0].step(Input::Vertex(vertex.clone()), now, &signers[0]);
			note("others' vertices: DAG", since, &mut spent);
		}
		let own = own.into_iter().map(|one| one.expect("honest"));
		for vertex in own.chain(checked) {
			let author = vertex.vertex().header().author;
			for place in (1..usize::from(authors)).filter(|place| *place != usize::from(author)) {
				machines[place].step(Input::Vertex(vertex.clone()), now, &signers[place]);
			}
		}
	}
	let since = Instant::now();
	let dag = machines[0].dag();
	let (_, _, node) = dag
		.slot(0, dag.newest(0).round)
		.next()
		.map(|(position, node)| (0, position, node))
		.expect("own vertices");
	let anchor = node.checked.hash();
	let executed = aci_fastpath::checkpoint::program::execute(dag, &state, &anchor, false, &rules)
		.expect("far enough");
	note("checkpoint: lanes, jobs, roots", since, &mut spent);
	let matched = executed
		.vertices
		.iter()
		.flat_map(|(_, outcomes)| outcomes)
		.filter(|outcome| matches!(outcome, Outcome::Matched(_)))
		.count();
	println!("{made} orders at {authors} homes, {workers} workers, {per_vertex} orders a vertex");
	println!("{matched} matched and executed in one checkpoint; {promised} promised by this home");
	println!("{signatures} signatures checked");
	for (part, took) in &parts {
		println!("  {:>9.3} ms  {part}", took.as_secs_f64() * 1_000.0);
	}
	println!("{:.3} s on one core", spent.as_secs_f64());
	println!(
		"{:.0} matches per second",
		matched as f64 / spent.as_secs_f64()
	);
	let each = |words: &[&str]| {
		let of = |part: &&str| parts.get(part).copied().unwrap_or_default().as_secs_f64();
		words.iter().map(of).sum::<f64>() * 1e6 / matched as f64
	};
	println!(
		"| {made} | {workers} | {clients_count} | {authors} | {per_vertex} | {:.1} | {:.1} | {:.1} | {:.1} | {:.0} |",
		each(&["own orders: signatures", "others' vertices: decode, hash, signatures"]),
		each(&["own vertices: lane, hash, journal, promises"]),
		each(&["others' vertices: DAG"]),
		each(&["checkpoint: lanes, jobs, roots"]),
		matched as f64 / spent.as_secs_f64()
	);
	assert_eq!(matched as u32, made, "every order is matched");
}
