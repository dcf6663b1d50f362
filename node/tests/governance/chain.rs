//! A development chain that makes a block when told to, and what a person's wallet does with it:
//! signed transactions, events, storage, runtime calls.

use crate::signing::{self, bytes, decode, hexadecimal, Terms};
use aci_node_testing::{http, Node};
use aci_runtime::{Hash, Runtime, RuntimeCall, RuntimeEvent, UNIT};
use codec::{Decode, Encode};
use frame_support::dispatch::DispatchClass;
use frame_system::{EventRecord, Phase};
use serde_json::{json, Value};
use sp_io::hashing::twox_128;
use sp_keyring::Sr25519Keyring;
use sp_runtime::DispatchError;
use std::time::Duration;

/// How long an answer may take. Once after an upgrade the node compiles the new runtime first.
const LIMIT: Duration = Duration::from_secs(120);
/// In how many blocks a transaction must be.
const PATIENCE: usize = 10;

/// The chain, through one node.
pub struct Chain {
	node: Node,
	genesis: Hash,
	seen: Vec<RuntimeEvent>,
}

/// A block's events, each with the index of its transaction where it is of one.
type Events = Vec<(Option<u32>, RuntimeEvent)>;

impl Chain {
	/// Starts the node.
	pub fn start() -> Self {
		let mut node = Node::dev(&["--sealing", "manual"]);
		let genesis = ask(&mut node, "chain_getBlockHash", json!([0]));
		let genesis = decode(&bytes(&genesis));
		Chain {
			node,
			genesis,
			seen: Vec::new(),
		}
	}

	/// The events of all blocks so far.
	pub fn seen(&self) -> &[RuntimeEvent] {
		&self.seen
	}

	/// Makes a block; its transactions and events.
	pub fn block(&mut self) -> (Vec<Vec<u8>>, Events) {
		let height = self.node.best() + 1;
		// Whether there is an answer in time does not matter: what counts is that there is a block.
		let _ = self
			.node
			.try_call("engine_createBlock", json!([true, true]));
		let hash = self.node.wait("a block", LIMIT, |node| {
			let hash = node.try_call("chain_getBlockHash", json!([height]))?;
			hash.is_string().then_some(hash)
		});
		let block = ask(&mut self.node, "chain_getBlock", json!([hash]));
		let transactions = block["block"]["extrinsics"].as_array().expect("a list");
		let transactions = transactions.iter().map(bytes).collect();
		let key = [twox_128(b"System"), twox_128(b"Events")].concat();
		let records: Vec<EventRecord<RuntimeEvent, Hash>> = self.stored(&key).unwrap_or_default();
		self.seen
			.extend(records.iter().map(|record| record.event.clone()));
		let events = records.into_iter().map(|record| match record.phase {
			Phase::ApplyExtrinsic(index) => (Some(index), record.event),
			_ => (None, record.event),
		});
		(transactions, events.collect())
	}

	/// Signs a call as a wallet does, for a runtime of these versions.
	pub fn sign(
		&mut self,
		who: Sr25519Keyring,
		call: impl Into<RuntimeCall>,
		versions: (u32, u32),
	) -> Vec<u8> {
		self.sign_with_tip(who, call, versions, 0)
	}

	fn sign_with_tip(
		&mut self,
		who: Sr25519Keyring,
		call: impl Into<RuntimeCall>,
		versions: (u32, u32),
		tip: u128,
	) -> Vec<u8> {
		let account = who.to_account_id().to_string();
		let number = ask(&mut self.node, "system_accountNextIndex", json!([account]));
		let terms = Terms {
			genesis: self.genesis,
			versions,
			tip,
		};
		signing::sign(who, signing::number(&number), call, &terms)
	}

	/// Hands a transaction to the node's pool; the pool's words where it refuses.
	pub fn hand_in(&mut self, transaction: &[u8]) -> Result<(), String> {
		let request = json!({
			"jsonrpc": "2.0", "id": 1, "method": "author_submitExtrinsic",
			"params": [hexadecimal(transaction)],
		});
		let answer = http::post(self.node.port(), &request.to_string()).expect("the node answers");
		let answer: Value = serde_json::from_str(&answer).expect("an answer is JSON");
		match answer.get("error") {
			Some(error) => Err(error.to_string()),
			None => Ok(()),
		}
	}

	/// Hands in a transaction that goes before those without a tip, and with which a block that has
	/// `others` too is full: what remains is shorter than any signed transaction.
	pub fn fill_beside(&mut self, others: &[Vec<u8>], who: Sr25519Keyring) {
		/// Header and digests count too. They are as long as this, within some bytes.
		const HEAD: usize = 113;
		const REMAINDER: usize = 50;
		let others: usize = others.iter().map(Vec::len).sum();
		let length = <Runtime as frame_system::Config>::BlockLength::get();
		let room = *length.max.get(DispatchClass::Normal) as usize;
		let room = room - others - HEAD - REMAINDER;
		let versions = self.versions();
		let mut signed = |remark: usize| {
			let remark = vec![0; remark];
			let call = frame_system::Call::<Runtime>::remark { remark };
			self.sign_with_tip(who, call, versions, UNIT)
		};
		// What is not the remark is of the same length in both.
		let least = signed(room / 2).len() - room / 2;
		let filler = signed(room - least);
		assert_eq!(filler.len(), room);
		self.hand_in(&filler).expect("the pool takes it");
	}

	/// How many transactions wait in the node's pool.
	pub fn pending(&self) -> usize {
		let pending = self.node.call("author_pendingExtrinsics", json!([]));
		pending.as_array().expect("is a list").len()
	}

	/// Where the node answers.
	pub fn url(&self) -> String {
		self.node.url()
	}

	/// Signs a call, hands it in and makes the block that has it: the call's events, or its error.
	pub fn submit(
		&mut self,
		who: Sr25519Keyring,
		call: impl Into<RuntimeCall>,
	) -> Result<Vec<RuntimeEvent>, DispatchError> {
		let versions = self.versions();
		let transaction = self.sign(who, call, versions);
		self.hand_in(&transaction).expect("the pool takes it");
		for _ in 0..PATIENCE {
			let (transactions, events) = self.block();
			let place = (0u32..)
				.zip(&transactions)
				.find_map(|(index, found)| (*found == transaction).then_some(index));
			if place.is_none() {
				continue;
			}
			let events = events.into_iter();
			let events = events.filter_map(|(of, event)| (of == place).then_some(event));
			let events: Vec<RuntimeEvent> = events.collect();
			let failure = events.iter().find_map(|event| match event {
				RuntimeEvent::System(frame_system::Event::ExtrinsicFailed {
					dispatch_error,
					..
				}) => Some(*dispatch_error),
				_ => None,
			});
			return failure.map_or(Ok(events), Err);
		}
		panic!("the transaction is in no block");
	}

	/// Versions of the best block's runtime: specification and transactions.
	pub fn versions(&mut self) -> (u32, u32) {
		signing::versions(&ask(&mut self.node, "state_getRuntimeVersion", json!([])))
	}

	/// What is stored under a key in the best block.
	pub fn stored<T: Decode>(&mut self, key: &[u8]) -> Option<T> {
		let stored = ask(
			&mut self.node,
			"state_getStorage",
			json!([hexadecimal(key)]),
		);
		(!stored.is_null()).then(|| decode(&bytes(&stored)))
	}

	/// The answer of a runtime API.
	pub fn call<T: Decode>(&mut self, method: &str, argument: impl Encode) -> T {
		let argument = hexadecimal(&argument.encode());
		let answer = ask(&mut self.node, "state_call", json!([method, argument]));
		decode(&bytes(&answer))
	}

	/// Free balance and all that is held of an account, in planck.
	pub fn money(&mut self, who: Sr25519Keyring) -> (u128, u128) {
		let key = frame_system::Account::<Runtime>::hashed_key_for(who.to_account_id());
		let account: Option<frame_system::AccountInfo<u32, pallet_balances::AccountData<u128>>> =
			self.stored(&key);
		let data = account.expect("development accounts exist").data;
		(data.free, data.reserved)
	}

	/// Hash of the first block.
	pub fn genesis(&self) -> Hash {
		self.genesis
	}
}

/// Asks something that may be asked twice.
fn ask(node: &mut Node, method: &str, parameters: Value) -> Value {
	node.wait(&format!("an answer to {method}"), LIMIT, |node| {
		node.try_call(method, parameters.clone())
	})
}
