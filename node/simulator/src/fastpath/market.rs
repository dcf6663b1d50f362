//! A committee, one class and one small model, and the statements of clients, workers and verifiers.

use super::scheme::{authority, client, session, sign, verifier, worker, Keyed};
use aci_fastpath::{
	check::{check_transactions, Submitted},
	checkpoint::state::State,
	lane::{
		grant::{Grants, LaneGrant},
		terms::{ClassTerms, Terms, WorkerLease},
		Match,
	},
	safety::Rules,
	scheme::PublicKey,
	transaction::{
		Acknowledge, Judgement, Move, Order, Release, Signed, Statement, Submission, TicketId,
		Transaction,
	},
	types::{Committee, Parameters},
};
use aci_finality::{AuthorityIndex, Context};
use aci_poai::compute;
use aci_primitives::{
	job::{sampling_seed, JobParameters, PrivacyTier},
	model::{ModelKind, ModelShape},
	proof::{Outcome as Found, Profile, ProfileKind},
	receipt::Metrics,
	AccountId, Balance, BoundedBytes, Class, Hash, JobInput, JobOutput, JobSpec, ModelManifest,
	Receipt, SignedReceipt, ACI,
};
use sp_core::H256;
use std::sync::Arc;

/// The chain.
pub const GENESIS: Hash = H256([0xAC; 32]);
const MODEL: H256 = H256([9; 32]);

/// The set of the run.
pub const fn context() -> Context {
	Context {
		genesis: GENESIS,
		set: 0,
	}
}

/// The authorities.
pub fn committee(size: usize) -> Committee {
	let keys = (0..size as u16).map(authority).collect();
	Committee::new(context(), keys).expect("distinct keys")
}

/// Short spans, so that a run of a second has several checkpoints.
pub fn parameters() -> Parameters {
	Parameters {
		interval: 10,
		lag: 2,
		depth: 20,
		acknowledge: 400,
		window: 200,
		round_time: 25,
		..Parameters::default()
	}
}

/// The account of an order key.
pub fn account(key: &PublicKey) -> AccountId {
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
			layers: 2,
			hidden: 64,
			heads: 4,
			key_value_heads: 4,
			head_dimension: 16,
			feed_forward: 128,
			feed_forward_matrices: 3,
			vocabulary: 1_000,
			context: 512,
		},
		weight_bytes: 1_000_000,
		tokenizer: H256([8; 32]),
		profiles: vec![ProfileKind::Exact].try_into().expect("one"),
	};
	Arc::new(Terms {
		classes: [(
			0,
			ClassTerms {
				class,
				par_price: 1_000_000 * ACI,
				floor_share: 300_000_000,
				free_weight: 4_096,
			},
		)]
		.into(),
		models: [(MODEL, manifest)].into(),
		fees: Default::default(),
		verifiers: (0..2)
			.map(|v| (verifier(v), account(&verifier(v))))
			.collect(),
	})
}

/// How the market of a run begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Market {
	/// Homes.
	pub homes: u16,
	/// Clients, each with a ticket at every home.
	pub clients: u16,
	/// Workers of each home.
	pub workers: u16,
	/// Slots of each worker.
	pub slots: u32,
	/// What each ticket has at the start, in planck.
	pub amount: Balance,
}

impl Market {
	/// The number of each client's ticket that was first granted at `home`.
	pub fn ticket(home: AuthorityIndex) -> TicketId {
		u32::from(home) + 1
	}

	/// What the chain grants before the first checkpoint.
	pub fn grants(&self) -> Grants {
		let mut lanes = Vec::new();
		for home in 0..self.homes {
			for of in 0..self.workers {
				let key = worker(home * self.workers + of);
				let lease = WorkerLease {
					account: account(&key),
					session_key: session(home * self.workers + of),
					class: 0,
					slots: self.slots,
					busy: 0,
					models: vec![MODEL].try_into().expect("one"),
					quality: 800_000,
					missed: 0,
					exposure: u128::MAX / 4,
					closes: None,
				};
				lanes.push((home, LaneGrant::Slots { key, lease }));
			}
			for of in 0..self.clients {
				let grant = LaneGrant::Budget {
					key: client(of),
					client: account(&client(of)),
					ticket: Market::ticket(home),
					amount: self.amount,
					sequence: 0,
				};
				lanes.push((home, grant));
			}
		}
		Grants {
			lanes,
			closings: Vec::new(),
			terms: Some(terms()),
		}
	}

	/// The state with these grants.
	pub fn start(&self, rules: &Rules) -> State {
		let mut state = State::genesis(self.homes.into());
		state.add_grants(&self.grants(), rules);
		state
	}
}

/// What is ordered: `number` makes it differ from others.
pub fn spec(number: u32) -> JobSpec {
	let mut seed = [7u8; 32];
	seed[..4].copy_from_slice(&number.to_le_bytes());
	JobSpec {
		model: MODEL,
		class: 0,
		input: JobInput::Inline(BoundedBytes::truncate_from(number.to_le_bytes().to_vec())),
		parameters: JobParameters {
			max_tokens_in: 10,
			max_tokens_out: 20,
			temperature: 0,
			seed: H256(seed),
		},
		max_price: u128::MAX,
		sla: 1_000,
		privacy: PrivacyTier::Open,
		profile: Profile {
			kind: ProfileKind::Exact,
			calibration: 0,
		},
	}
}

fn signed<T: Statement>(key: PublicKey, home: AuthorityIndex, statement: T) -> Signed<T> {
	let hash = Signed::<T>::hash(&GENESIS, &authority(home), &statement);
	Signed {
		statement,
		key,
		signature: sign(&key, &hash.0),
	}
}

/// A client orders.
pub fn order(home: AuthorityIndex, of: u16, sequence: u32) -> Transaction {
	let statement = Order {
		ticket: Market::ticket(home),
		sequence,
		expires: u32::MAX,
		spec: spec(sequence),
	};
	Transaction::Order(Box::new(signed(client(of), home, statement)))
}

/// A client takes a part of its ticket away.
pub fn take_away(
	home: AuthorityIndex,
	of: u16,
	sequence: u32,
	amount: Balance,
	to: aci_fastpath::transaction::Destination,
) -> Transaction {
	let statement = Move {
		ticket: Market::ticket(home),
		sequence,
		amount,
		to,
	};
	Transaction::Move(signed(client(of), home, statement))
}

/// The worker of a match says that it holds the input.
pub fn acknowledge(matched: &Match) -> Transaction {
	let statement = Acknowledge { job: matched.job };
	Transaction::Acknowledge(signed(matched.worker_key, 0, statement))
}

/// The worker of a match gives its slot back.
pub fn release(matched: &Match, home: AuthorityIndex) -> Transaction {
	let statement = Release { job: matched.job };
	Transaction::Release(signed(matched.worker_key, home, statement))
}

/// A verifier says what it found.
pub fn judgement(matched: &Match, outcome: Found) -> Transaction {
	let statement = Judgement {
		job: matched.job,
		outcome,
		statistic: H256::zero(),
	};
	Transaction::Judgement(signed(verifier(0), 0, statement))
}

/// The worker of a match hands in a right result. `number` is that of the order's [`spec`].
pub fn submission(matched: &Match, number: u32) -> Transaction {
	let spec = spec(number);
	let terms = terms();
	let manifest = &terms.models[&MODEL];
	let output = JobOutput::Inline(BoundedBytes::truncate_from(vec![7; 4]));
	let flops = compute::operations(manifest.kind, &manifest.shape, 10, 10);
	let receipt = Receipt {
		job: matched.job,
		input: spec.input.sha256(),
		output: output.sha256(),
		model: MODEL,
		tokens_in: 10,
		tokens_out: 10,
		started: 1,
		duration: 1_000_000,
		metrics: Metrics {
			flops: flops.expect("in the model's domain"),
			device_busy: 1_000,
			peak_memory: 1_000_000,
			energy: 0,
		},
		profile: spec.profile,
		proof_root: H256::zero(),
		seed: sampling_seed(&matched.job, &spec.parameters.seed, &MODEL),
	};
	let key = session(super::scheme::place(&matched.worker_key));
	let hash = receipt.signing_hash(&GENESIS);
	let statement = Submission {
		receipt: SignedReceipt {
			receipt,
			signature: sign(&key, &hash.0),
		},
		session_key: key,
		output,
	};
	Transaction::Submission(Box::new(signed(matched.worker_key, 0, statement)))
}

/// A transaction as a home takes it after its checks; `None` where a signature is wrong.
pub fn checked(transaction: Transaction, home: AuthorityIndex) -> Option<Submitted> {
	let key = authority(home);
	let checked = check_transactions::<Keyed>(vec![transaction], &GENESIS, &key);
	checked.into_iter().next()?.ok()
}
