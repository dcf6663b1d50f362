//! A committee, a market, and statements of clients and workers.

use crate::{
	checkpoint::state::State,
	lane::{
		grant::{Grants, LaneGrant},
		terms::{ClassTerms, Terms, WorkerLease},
	},
	safety::Rules,
	scheme::{Claim, PublicKey, Scheme, Signature, Signer},
	transaction::*,
	types::{Bitmap, Committee, Parameters, Round},
	vertex::*,
};
use aci_finality::{AuthorityIndex, Context};
use aci_primitives::{
	job::{job_id, sampling_seed, JobParameters, PrivacyTier},
	model::{ModelKind, ModelShape},
	proof::{Outcome as Found, Profile, ProfileKind},
	receipt::Metrics,
	AccountId, BoundedBytes, Class, Hash, JobId, JobInput, JobOutput, JobSpec, ModelManifest,
	Receipt, SignedReceipt, ACI,
};
use alloc::{boxed::Box, sync::Arc, vec, vec::Vec};
use codec::Encode;
use sp_core::{ed25519, H256};

/// A signature is the hash of key and message. It stands in for one that cannot be forged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hashed;

pub fn signature(key: &PublicKey, hash: &[u8; 32]) -> Signature {
	let mut raw = [0u8; 64];
	let both = [&key.0[..], &hash[..]].concat();
	raw[..32].copy_from_slice(&sp_crypto_hashing::blake2_256(&both));
	Signature::from_raw(raw)
}

impl Scheme for Hashed {
	fn verify(claim: &Claim) -> bool {
		signature(&claim.key, &claim.hash) == claim.signature
	}
}

fn named(kind: u8, index: u16) -> PublicKey {
	let mut raw = [kind; 32];
	raw[..2].copy_from_slice(&index.to_le_bytes());
	ed25519::Public::from_raw(raw)
}

pub fn authority(index: AuthorityIndex) -> PublicKey {
	named(1, index)
}

pub fn client(index: u16) -> PublicKey {
	named(2, index)
}

pub fn worker(index: u16) -> PublicKey {
	named(3, index)
}

pub fn session_key(index: u16) -> PublicKey {
	named(4, index)
}

pub fn verifier(index: u16) -> PublicKey {
	named(5, index)
}

pub fn account(key: &PublicKey) -> AccountId {
	AccountId::new(key.0)
}

/// The key of one authority.
#[derive(Clone, Copy)]
pub struct Key(pub AuthorityIndex);

impl Signer for Key {
	fn sign(&self, hash: &[u8; 32]) -> Option<Signature> {
		Some(signature(&authority(self.0), hash))
	}
}

pub const GENESIS: Hash = H256([0xEE; 32]);

pub fn context() -> Context {
	Context {
		genesis: GENESIS,
		set: 0,
	}
}

pub fn committee(size: u16) -> Committee {
	Committee::new(context(), (0..size).map(authority).collect()).expect("distinct keys")
}

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

pub fn rules() -> Rules {
	Rules::new(parameters(), 0)
}

pub const MODEL: H256 = H256([9; 32]);

/// One class, one small model, two verifiers.
pub fn terms() -> Arc<Terms> {
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

pub fn lease(of: u16, slots: u32) -> WorkerLease {
	WorkerLease {
		account: account(&worker(of)),
		session_key: session_key(of),
		class: 0,
		slots,
		busy: 0,
		models: vec![MODEL].try_into().expect("one"),
		quality: 800_000,
		missed: 0,
		exposure: u128::MAX / 4,
		closes: None,
	}
}

pub fn slots(home: AuthorityIndex, of: u16, slots: u32) -> (AuthorityIndex, LaneGrant) {
	let grant = LaneGrant::Slots {
		key: worker(of),
		lease: lease(of, slots),
	};
	(home, grant)
}

pub fn budget(home: AuthorityIndex, of: u16, amount: u128) -> (AuthorityIndex, LaneGrant) {
	let grant = LaneGrant::Budget {
		key: client(of),
		client: account(&client(of)),
		ticket: ticket(of, home),
		amount,
		sequence: 0,
	};
	(home, grant)
}

/// The number of a client's ticket that was first granted at `home`.
pub fn ticket(_: u16, home: AuthorityIndex) -> TicketId {
	u32::from(home) + 1
}

/// The state in which client c has a ticket at every home, and every home two workers.
pub fn start(authorities: u16, clients: u16, amount: u128) -> (State, Grants) {
	let mut state = State::genesis(authorities.into());
	let mut lanes = Vec::new();
	for home in 0..authorities {
		lanes.push(slots(home, 2 * home, 2));
		lanes.push(slots(home, 2 * home + 1, 1));
		for of in 0..clients {
			lanes.push(budget(home, of, amount));
		}
	}
	let grants = Grants {
		lanes,
		closings: Vec::new(),
		terms: Some(terms()),
	};
	state.add_grants(&grants, &rules());
	(state, grants)
}

pub fn spec(seed: u8, max_price: u128) -> JobSpec {
	JobSpec {
		model: MODEL,
		class: 0,
		input: JobInput::Inline(BoundedBytes::truncate_from(vec![seed; 8])),
		parameters: JobParameters {
			max_tokens_in: 10,
			max_tokens_out: 20,
			temperature: 0,
			seed: H256([seed; 32]),
		},
		max_price,
		sla: 1_000,
		privacy: PrivacyTier::Open,
		profile: Profile {
			kind: ProfileKind::Exact,
			calibration: 0,
		},
	}
}

pub fn sign<T: Statement>(key: PublicKey, home: AuthorityIndex, statement: T) -> Signed<T> {
	let hash = Signed::<T>::hash(&GENESIS, &authority(home), &statement);
	Signed {
		statement,
		key,
		signature: signature(&key, &hash.0),
	}
}

pub fn order(home: AuthorityIndex, of: u16, sequence: u32, max_price: u128) -> Transaction {
	let statement = Order {
		ticket: ticket(of, home),
		sequence,
		expires: u32::MAX,
		spec: spec(sequence as u8, max_price),
	};
	Transaction::Order(Box::new(sign(client(of), home, statement)))
}

/// The identity of the job of [`order`].
pub fn job(home: AuthorityIndex, of: u16, sequence: u32, max_price: u128) -> JobId {
	let number = u64::from(ticket(of, home)) << 32 | u64::from(sequence);
	let spec = spec(sequence as u8, max_price);
	job_id(&GENESIS, &account(&client(of)), number, &spec)
}

pub fn acknowledge(by: u16, job: JobId) -> Transaction {
	Transaction::Acknowledge(sign(worker(by), 0, Acknowledge { job }))
}

pub fn release(by: u16, home: AuthorityIndex, job: JobId) -> Transaction {
	Transaction::Release(sign(worker(by), home, Release { job }))
}

pub fn judgement(by: u16, job: JobId, outcome: Found) -> Transaction {
	let statement = Judgement {
		job,
		outcome,
		statistic: H256::zero(),
	};
	Transaction::Judgement(sign(verifier(by), 0, statement))
}

/// A right result of a worker for the job of [`order`] with this sequence.
pub fn submission(by: u16, job: JobId, sequence: u32) -> Transaction {
	let spec = spec(sequence as u8, 0);
	let terms = terms();
	let manifest = &terms.models[&MODEL];
	let output = JobOutput::Inline(BoundedBytes::truncate_from(vec![7; 4]));
	let (tokens_in, tokens_out) = (10, 10);
	let flops =
		aci_poai::compute::operations(manifest.kind, &manifest.shape, tokens_in, tokens_out);
	let receipt = Receipt {
		job,
		input: spec.input.sha256(),
		output: output.sha256(),
		model: MODEL,
		tokens_in,
		tokens_out,
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
		seed: sampling_seed(&job, &spec.parameters.seed, &MODEL),
	};
	let hash = receipt.signing_hash(&GENESIS);
	let statement = Submission {
		receipt: SignedReceipt {
			receipt,
			signature: signature(&session_key(by), &hash.0),
		},
		session_key: session_key(by),
		output,
	};
	Transaction::Submission(Box::new(sign(worker(by), 0, statement)))
}

/// Makes vertices by hand.
#[derive(Clone)]
pub struct Maker {
	pub size: u16,
}

impl Maker {
	/// A vertex of `author` in `round`, after `own`, with these parents of the round before and late
	/// ones, by author.
	pub fn vertex(
		&self,
		author: AuthorityIndex,
		round: Round,
		own: Option<&Vertex>,
		before: &[&Vertex],
		late: &[&Vertex],
		change: impl FnOnce(&mut Header, &mut Vec<Transaction>),
	) -> Vertex {
		let mut parents = Bitmap::empty(self.size.into());
		let mut hashes = Vec::new();
		for parent in before {
			parents.insert(parent.header().author);
			hashes.push(parent.header().hash(&context()));
		}
		let mut late: Vec<Reference> = late
			.iter()
			.map(|vertex| Reference {
				author: vertex.header().author,
				round: vertex.header().round,
				hash: vertex.header().hash(&context()),
			})
			.collect();
		late.sort();
		let mut header = Header {
			round,
			author,
			own_parent: own.map_or(OwnParent::default(), |own| OwnParent {
				round: own.header().round,
				hash: own.header().hash(&context()),
			}),
			parents,
			control: if round == 1 {
				Hash::zero()
			} else {
				control_hash(&hashes)
			},
			late: late.try_into().expect("few"),
			base: 0,
			finalised: 0,
			closing: false,
			accused: Bitmap::empty(self.size.into()),
			time: u64::from(round) * 25,
			transactions: Hash::zero(),
		};
		let mut transactions = Vec::new();
		change(&mut header, &mut transactions);
		if header.transactions == Hash::zero() {
			header.transactions = transactions_hash(&transactions);
		}
		let hash = header.hash(&context());
		Vertex {
			signed: SignedHeader {
				signature: signature(&authority(author), &hash.0),
				header,
			},
			transactions: transactions.try_into().expect("few"),
		}
	}

	/// A vertex without changes.
	pub fn plain(
		&self,
		author: AuthorityIndex,
		round: Round,
		own: Option<&Vertex>,
		before: &[&Vertex],
	) -> Vertex {
		self.vertex(author, round, own, before, &[], |_, _| {})
	}

	/// Rounds 1 to `rounds` in which everybody names everybody, with changes to some vertices.
	pub fn changed(
		&self,
		rounds: Round,
		mut change: impl FnMut(&mut Header, &mut Vec<Transaction>),
	) -> Vec<Vec<Vertex>> {
		let mut all: Vec<Vec<Vertex>> = Vec::new();
		for round in 1..=rounds {
			let empty = Vec::new();
			let last = all.last().unwrap_or(&empty);
			let before: Vec<&Vertex> = last.iter().collect();
			let made = (0..self.size)
				.map(|author| {
					let own = before.get(usize::from(author)).copied();
					self.vertex(author, round, own, &before, &[], &mut change)
				})
				.collect();
			all.push(made);
		}
		all
	}

	/// Rounds 1 to `rounds` in which everybody names everybody.
	pub fn full(&self, rounds: Round) -> Vec<Vec<Vertex>> {
		self.changed(rounds, |_, _| {})
	}
}

/// A DAG that holds these vertices.
pub fn dag_of<'a>(rules: Rules, vertices: impl IntoIterator<Item = &'a Vertex>) -> crate::dag::Dag {
	let mut dag = crate::dag::Dag::new(committee(4), rules, 0);
	for vertex in vertices {
		let checked = crate::check::check_one::<Hashed>(&vertex.encode(), &committee(4), &rules);
		dag.insert(checked.expect("an honest form"));
	}
	dag
}
