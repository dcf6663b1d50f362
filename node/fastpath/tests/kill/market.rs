//! A committee with keyed hashes for signatures, a worker and a client at each home.

use aci_fastpath::{
	check::{check_transactions, Submitted},
	checkpoint::state::State,
	lane::{
		grant::{Grants, LaneGrant},
		terms::{ClassTerms, Terms, WorkerLease},
	},
	safety::Rules,
	scheme::{Claim, PublicKey, Scheme, Signature, Signer},
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
use sp_core::{ed25519, H256};
use std::{collections::BTreeMap, sync::Arc};

pub const GENESIS: Hash = H256([1; 32]);
pub const AUTHORS: u16 = 4;
const MODEL: H256 = H256([2; 32]);

pub struct Keyed;

fn sign(key: &PublicKey, hash: &[u8; 32]) -> Signature {
	let mut raw = [0u8; 64];
	let both = [&key.0[..], &hash[..]].concat();
	raw[..32].copy_from_slice(&sp_crypto_hashing::blake2_256(&both));
	Signature::from_raw(raw)
}

impl Scheme for Keyed {
	fn verify(claim: &Claim) -> bool {
		sign(&claim.key, &claim.hash) == claim.signature
	}
}

fn key(kind: u8, index: u16) -> PublicKey {
	let mut raw = [kind; 32];
	raw[..2].copy_from_slice(&index.to_le_bytes());
	ed25519::Public::from_raw(raw)
}

pub fn authority(index: u16) -> PublicKey {
	key(1, index)
}

pub struct Key(pub u16);

impl Signer for Key {
	fn sign(&self, hash: &[u8; 32]) -> Option<Signature> {
		Some(sign(&authority(self.0), hash))
	}
}

pub fn context() -> Context {
	Context {
		genesis: GENESIS,
		set: 0,
	}
}

pub fn committee() -> Committee {
	Committee::new(context(), (0..AUTHORS).map(authority).collect()).expect("distinct keys")
}

pub fn parameters() -> Parameters {
	Parameters {
		interval: 10,
		lag: 2,
		depth: 200,
		..Parameters::default()
	}
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

pub fn start() -> State {
	let mut lanes = Vec::new();
	for home in 0..AUTHORS {
		let worker = key(3, home);
		let lease = WorkerLease {
			account: AccountId::new(worker.0),
			session_key: worker,
			class: 0,
			slots: 1_000,
			busy: 0,
			models: vec![MODEL].try_into().expect("one"),
			quality: 800_000,
			missed: 0,
			exposure: u128::MAX / 4,
			closes: None,
		};
		lanes.push((home, LaneGrant::Slots { key: worker, lease }));
		let client = key(2, home);
		let budget = LaneGrant::Budget {
			key: client,
			client: AccountId::new(client.0),
			ticket: u32::from(home) + 1,
			amount: u128::MAX / 10_000,
			sequence: 0,
		};
		lanes.push((home, budget));
	}
	let grants = Grants {
		lanes,
		closings: Vec::new(),
		terms: Some(terms()),
	};
	let mut state = State::genesis(AUTHORS.into());
	state.add_grants(&grants, &Rules::new(parameters(), 0));
	state
}

pub fn order(home: u16, sequence: u32) -> Vec<Submitted> {
	let statement = Order {
		ticket: u32::from(home) + 1,
		sequence,
		expires: u32::MAX,
		spec: JobSpec {
			model: MODEL,
			class: 0,
			input: JobInput::Inline(BoundedBytes::truncate_from(sequence.to_le_bytes().to_vec())),
			parameters: JobParameters {
				max_tokens_in: 10,
				max_tokens_out: 20,
				temperature: 0,
				seed: H256([5; 32]),
			},
			max_price: u128::MAX,
			sla: 60_000,
			privacy: PrivacyTier::Open,
			profile: Profile {
				kind: ProfileKind::Exact,
				calibration: 0,
			},
		},
	};
	let (client, home) = (key(2, home), authority(home));
	let hash = Signed::hash(&GENESIS, &home, &statement);
	let order = Transaction::Order(Box::new(Signed {
		statement,
		key: client,
		signature: sign(&client, &hash.0),
	}));
	let checked = check_transactions::<Keyed>(vec![order], &GENESIS, &home);
	checked
		.into_iter()
		.map(|one| one.expect("signed"))
		.collect()
}
