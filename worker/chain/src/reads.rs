//! What can be read of the chain. All reads are at the node's best block.

use crate::{
	call,
	connection::Methods,
	runtime::{AccountInfo, API},
	types::account_bytes,
	Balances, BlockRef, Certainty, Chain, ChainError, Held,
};
use aci_market::Pool;
use aci_primitives::{
	evidence::Attestation,
	job::JobView,
	model::RegisteredModel,
	traits::Quote,
	view::{EscrowView, QuoteError, StakeView},
	worker::WorkerView,
	AccountId, Balance, Class, ClassId, Hash, JobId, JobSpec, ModelId, Moment, SignedReceipt,
};
use codec::{Decode, DecodeAll, Encode};
use sp_crypto_hashing::{blake2_128, twox_128};
use std::sync::Arc;
use subxt::{
	config::substrate::{SubstrateHeader, H256},
	ext::{
		scale_decode::DecodeAsType,
		scale_value::{Value, ValueDef},
	},
	rpcs::Error as RpcError,
};

/// Most records of a list that the chain gives at once.
const PAGE: u32 = 100;

/// A block's header.
pub(crate) type Header = SubstrateHeader<H256>;

impl Chain {
	/// An indicative price of an order, or why it cannot be submitted as it is.
	pub async fn quote(&self, spec: &JobSpec) -> Result<Result<Quote, QuoteError>, ChainError> {
		self.api("quote", spec).await
	}

	/// A job, until its record is pruned.
	pub async fn job(&self, id: JobId) -> Result<Option<JobView>, ChainError> {
		self.api("job", id).await
	}

	/// A page of a client's jobs, at most 100: those after `after` when it is given.
	pub async fn jobs_of(
		&self,
		client: &AccountId,
		after: Option<JobId>,
		limit: u32,
	) -> Result<Vec<JobView>, ChainError> {
		self.api("jobs_of", (client, after, limit)).await
	}

	/// All unpruned jobs of a client.
	pub async fn all_jobs_of(&self, client: &AccountId) -> Result<Vec<JobView>, ChainError> {
		let mut jobs: Vec<JobView> = Vec::new();
		loop {
			let after = jobs.last().map(|view| view.id);
			let page = self.jobs_of(client, after, PAGE).await?;
			let last = page.len() < PAGE as usize;
			jobs.extend(page);
			if last {
				return Ok(jobs);
			}
		}
	}

	/// A page of a class's open jobs, those that are tried next first, at most 100.
	pub async fn open_jobs(
		&self,
		class: ClassId,
		offset: u32,
		limit: u32,
	) -> Result<Vec<JobView>, ChainError> {
		self.api("open_jobs", (class, offset, limit)).await
	}

	/// The jobs that occupy a worker's slots.
	pub async fn assigned_jobs(&self, worker: &AccountId) -> Result<Vec<JobView>, ChainError> {
		self.api("assigned_jobs", worker).await
	}

	/// A worker.
	pub async fn worker(&self, account: &AccountId) -> Result<Option<WorkerView>, ChainError> {
		self.api("worker", account).await
	}

	/// A page of a class's workers, at most 100.
	pub async fn workers(
		&self,
		class: ClassId,
		offset: u32,
		limit: u32,
	) -> Result<Vec<WorkerView>, ChainError> {
		self.api("workers", (class, offset, limit)).await
	}

	/// All workers of a class.
	pub async fn all_workers(&self, class: ClassId) -> Result<Vec<WorkerView>, ChainError> {
		let mut workers: Vec<WorkerView> = Vec::new();
		loop {
			let offset = u32::try_from(workers.len()).unwrap_or(u32::MAX);
			let page = self.workers(class, offset, PAGE).await?;
			let last = page.len() < PAGE as usize;
			workers.extend(page);
			if last {
				return Ok(workers);
			}
		}
	}

	/// A class.
	pub async fn class(&self, id: ClassId) -> Result<Option<Class>, ChainError> {
		self.api("class", id).await
	}

	/// The classes.
	pub async fn classes(&self) -> Result<Vec<(ClassId, Class)>, ChainError> {
		self.api("classes", ()).await
	}

	/// The pool of a class.
	pub async fn pool(&self, class: ClassId) -> Result<Option<Pool>, ChainError> {
		self.api("pool", class).await
	}

	/// The receipt of a job, until its record is pruned.
	pub async fn receipt(&self, job: JobId) -> Result<Option<SignedReceipt>, ChainError> {
		self.api("receipt", job).await
	}

	/// A registered model.
	pub async fn model(&self, id: ModelId) -> Result<Option<RegisteredModel>, ChainError> {
		self.api("model", id).await
	}

	/// The registered models.
	pub async fn models(&self) -> Result<Vec<(ModelId, RegisteredModel)>, ChainError> {
		self.api("models", ()).await
	}

	/// An account's bonds.
	pub async fn stakes(&self, account: &AccountId) -> Result<Vec<StakeView>, ChainError> {
		self.api("stakes", account).await
	}

	/// An account's escrow.
	pub async fn escrow(&self, account: &AccountId) -> Result<EscrowView, ChainError> {
		self.api("escrow", account).await
	}

	/// The attestation that an account registered last, whether or not it still stands.
	pub async fn attestation(
		&self,
		account: &AccountId,
	) -> Result<Option<Attestation>, ChainError> {
		let key = map_key(call::POAI, "Attestations", account);
		self.stored("an attestation", key, None).await
	}

	/// An account's balance; zeros for an account that does not exist.
	pub async fn balances(&self, account: &AccountId) -> Result<Balances, ChainError> {
		let key = map_key("System", "Account", account);
		let info: Option<AccountInfo> = self.stored("a balance", key, None).await?;
		let data = info.map(|info| info.data).unwrap_or_default();
		Ok(Balances {
			free: data.free,
			reserved: data.reserved,
			frozen: data.frozen,
			holds: self.holds(account).await?,
		})
	}

	/// The height and hash of the newest block of a certainty.
	pub async fn head(&self, certainty: Certainty) -> Result<BlockRef, ChainError> {
		let hash = match certainty {
			Certainty::Best => None,
			Certainty::Finalised => {
				let asked = self.ask("the finalised block", |node| async move {
					node.chain_get_finalized_head().await
				});
				Some(asked.await?)
			}
		};
		let header = self.header_at(hash).await?.ok_or_else(|| {
			ChainError::decode("the newest block", "the node does not have it any more")
		})?;
		block_ref(&header)
	}

	/// Hash of the block at a height of the best chain, or `None` above its end.
	pub async fn block_hash(&self, number: u32) -> Result<Option<Hash>, ChainError> {
		let asked = self.ask("a block's hash", |node| async move {
			node.chain_get_block_hash(Some(number.into())).await
		});
		Ok(asked.await?.map(|hash| Hash::from(hash.0)))
	}

	/// The time of the best block, in milliseconds since the Unix epoch.
	pub async fn time(&self) -> Result<Moment, ChainError> {
		let key = value_key("Timestamp", "Now");
		let time: Option<Moment> = self.stored("the chain's time", key, None).await?;
		Ok(time.unwrap_or_default())
	}

	/// A constant of a pallet, if it has it.
	pub async fn constant<T: Decode>(
		&self,
		pallet: &str,
		name: &str,
	) -> Result<Option<T>, ChainError> {
		let runtime = self.current_runtime().await?;
		let pallet_metadata = runtime.metadata().pallet_by_name(pallet);
		let constant = pallet_metadata.and_then(|found| found.constant_by_name(name));
		constant
			.map(|constant| T::decode_all(&mut constant.value()))
			.transpose()
			.map_err(|error| ChainError::decode(format!("{pallet}.{name}"), error))
	}

	/// Asks the runtime API of jobs.
	pub(crate) async fn api<T: Decode>(
		&self,
		method: &str,
		arguments: impl Encode,
	) -> Result<T, ChainError> {
		self.api_of(API, method, arguments).await
	}

	/// Asks a runtime API.
	pub(crate) async fn api_of<T: Decode>(
		&self,
		api: &str,
		method: &str,
		arguments: impl Encode,
	) -> Result<T, ChainError> {
		let name = format!("{api}_{method}");
		let (name, arguments) = (name.as_str(), arguments.encode());
		let arguments = arguments.as_slice();
		let answer = self
			.ask(name, |node| async move {
				node.state_call(name, Some(arguments), None).await
			})
			.await?;
		T::decode_all(&mut answer.as_slice()).map_err(|error| ChainError::decode(name, error))
	}

	/// Reads a stored value, at the best block or the one that is named.
	pub(crate) async fn stored_bytes(
		&self,
		what: &str,
		key: Vec<u8>,
		at: Option<H256>,
	) -> Result<Option<Vec<u8>>, ChainError> {
		let key = key.as_slice();
		self.ask(
			what,
			|node| async move { node.state_get_storage(key, at).await },
		)
		.await
	}

	async fn stored<T: Decode>(
		&self,
		what: &str,
		key: Vec<u8>,
		at: Option<H256>,
	) -> Result<Option<T>, ChainError> {
		self.stored_bytes(what, key, at)
			.await?
			.map(|bytes| T::decode_all(&mut bytes.as_slice()))
			.transpose()
			.map_err(|error| ChainError::decode(what, error))
	}

	/// What is held of an account. The reasons are an enum over all pallets of the runtime, so
	/// their names are read with the metadata.
	async fn holds(&self, account: &AccountId) -> Result<Vec<Held>, ChainError> {
		const WHAT: &str = "what is held of an account";
		let key = map_key("Balances", "Holds", account);
		let Some(bytes) = self.stored_bytes(WHAT, key, None).await? else {
			return Ok(Vec::new());
		};
		let runtime = self.current_runtime().await?;
		let metadata = runtime.metadata();
		let entry = metadata
			.pallet_by_name("Balances")
			.and_then(|pallet| pallet.storage())
			.and_then(|storage| storage.entry_by_name("Holds"))
			.ok_or_else(|| runtime.does_not_fit("the node stores no Balances.Holds".into()))?;
		let value =
			Value::decode_as_type(&mut bytes.as_slice(), entry.value_ty(), metadata.types())
				.map_err(|error| ChainError::decode(WHAT, error))?;
		let mut held = Vec::new();
		collect_holds(&value, &mut held);
		Ok(held)
	}

	pub(crate) async fn header_at(&self, hash: Option<H256>) -> Result<Option<Header>, ChainError> {
		self.ask("a block's header", |node| async move {
			node.chain_get_header(hash).await
		})
		.await
	}

	pub(crate) async fn ask<T, Asked>(
		&self,
		what: &str,
		ask: impl Fn(Arc<Methods>) -> Asked,
	) -> Result<T, ChainError>
	where
		Asked: std::future::Future<Output = Result<T, RpcError>>,
	{
		self.shared.connection.ask(what, ask).await
	}
}

/// Finds the pairs of reason and amount in the list of holds, however it is wrapped.
fn collect_holds(value: &Value, held: &mut Vec<Held>) {
	let ValueDef::Composite(composite) = &value.value else {
		return;
	};
	let named = |name: &str| match composite {
		subxt::ext::scale_value::Composite::Named(fields) => fields
			.iter()
			.find(|(field, _)| field == name)
			.map(|(_, value)| value),
		subxt::ext::scale_value::Composite::Unnamed(_) => None,
	};
	if let (Some(id), Some(amount)) = (named("id"), named("amount")) {
		let amount: Balance = amount.as_u128().unwrap_or_default();
		let reason = reason_name(id);
		held.push(Held { reason, amount });
		return;
	}
	for inner in composite.values() {
		collect_holds(inner, held);
	}
}

/// `Pallet.Reason` of an enum within an enum.
fn reason_name(value: &Value) -> String {
	let ValueDef::Variant(pallet) = &value.value else {
		return "unknown".into();
	};
	let inner = pallet.values.values().next().map(|inner| &inner.value);
	match inner {
		Some(ValueDef::Variant(reason)) => format!("{}.{}", pallet.name, reason.name),
		_ => pallet.name.clone(),
	}
}

/// Height and hash of a header.
pub(crate) fn block_ref(header: &Header) -> Result<BlockRef, ChainError> {
	Ok(BlockRef {
		number: u32::try_from(header.number)
			.map_err(|error| ChainError::decode("a block's height", error))?,
		hash: Hash::from(sp_crypto_hashing::blake2_256(&header.encode())),
	})
}

/// Key of a stored value.
pub(crate) fn value_key(pallet: &str, name: &str) -> Vec<u8> {
	[twox_128(pallet.as_bytes()), twox_128(name.as_bytes())].concat()
}

/// Key of an account's value in a map.
fn map_key(pallet: &str, name: &str, account: &AccountId) -> Vec<u8> {
	let account = account_bytes(account);
	let mut key = value_key(pallet, name);
	key.extend(blake2_128(&account));
	key.extend(account);
	key
}
