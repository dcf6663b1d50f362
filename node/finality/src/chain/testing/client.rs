//! A client over memory: it keeps blocks, their finality and entries as the real one does, executes
//! nothing, and can be made to fail when it writes.

use super::{set, Block, Header};
use crate::chain::{condition::Imported, tree::target_of, FinalityBlockImport, FinalityChain};
use aci_finality::{
	api::{FinalityApi, OpaqueKeyOwnershipProof},
	AuthorityId, AuthoritySet, BlockHash, OffenceProof, SetId, Target,
};
use futures::executor::block_on;
use parking_lot::Mutex;
use sc_client_api::{
	backend::{Backend as _, BlockImportOperation as _, NewBlockState},
	in_mem::Backend,
	AuxStore, BlockchainEvents, ClientImportOperation, FinalityNotifications, Finalizer,
	ImportNotifications, LockImportRun, StorageEventStream, StorageKey,
};
use sc_consensus::{
	BlockCheckParams, BlockImport, BlockImportParams, ForkChoiceStrategy, ImportResult, ImportedAux,
};
use sc_utils::mpsc::tracing_unbounded;
use sp_api::{ApiRef, ProvideRuntimeApi};
use sp_blockchain::{Error, HeaderBackend};
use sp_consensus::{BlockOrigin, Error as ConsensusError};
use sp_core::ed25519;
use sp_runtime::{Justification, Justifications};
use std::sync::{
	atomic::{AtomicBool, Ordering},
	Arc,
};

/// The chain side over memory.
pub type MemoryChain = FinalityChain<Block, Backend<Block>, MemoryClient>;

/// The client.
pub struct MemoryClient {
	/// Its blocks.
	pub backend: Arc<Backend<Block>>,
	/// What the runtime says.
	pub runtime: AuthoritySet,
	fails: AtomicBool,
	/// What the operation that runs makes final.
	finalising: Mutex<Option<(BlockHash, Option<Justification>)>>,
}

/// A runtime that names the same authorities at each block.
pub struct Runtime(AuthoritySet);

sp_api::mock_impl_runtime_apis! {
	impl FinalityApi<Block> for Runtime {
		fn finality_authorities(&self) -> Option<AuthoritySet> {
			Some(self.0.clone())
		}

		fn finality_key_ownership_proof(
			_set: SetId,
			_authority: AuthorityId,
		) -> Option<OpaqueKeyOwnershipProof> {
			None
		}

		fn submit_finality_offence(
			_proof: OffenceProof,
			_key_owner: OpaqueKeyOwnershipProof,
		) -> Option<()> {
			None
		}
	}
}

impl ProvideRuntimeApi<Block> for MemoryClient {
	type Api = Runtime;

	fn runtime_api(&self) -> ApiRef<'_, Runtime> {
		Runtime(self.runtime.clone()).into()
	}
}

impl MemoryClient {
	/// A client of the genesis block, whose runtime names set 0 of `keys`.
	pub fn new(keys: &[ed25519::Pair]) -> Arc<Self> {
		let client = MemoryClient {
			backend: Arc::new(Backend::new()),
			runtime: set(0, keys),
			fails: AtomicBool::new(false),
			finalising: Mutex::new(None),
		};
		client
			.write(
				super::header(0, Default::default(), Vec::new()),
				None,
				Vec::new(),
				NewBlockState::Final,
			)
			.expect("memory does not fail");
		Arc::new(client)
	}

	/// A client with the same blocks and entries whose runtime says `set`.
	pub fn with_runtime(&self, set: AuthoritySet) -> Arc<Self> {
		Arc::new(MemoryClient {
			backend: self.backend.clone(),
			runtime: set,
			fails: AtomicBool::new(false),
			finalising: Mutex::new(None),
		})
	}

	/// The chain side, as at the start of a node.
	pub fn chain(self: &Arc<Self>) -> Arc<MemoryChain> {
		FinalityChain::new(self.clone(), self.backend.clone(), Box::new(Imported))
			.expect("the database is in order")
	}

	/// Whether what is written from now on fails.
	pub fn fail(&self, fails: bool) {
		self.fails.store(fails, Ordering::SeqCst);
	}

	fn commit(
		&self,
		operation: <Backend<Block> as sc_client_api::Backend<Block>>::BlockImportOperation,
	) -> Result<(), Error> {
		if self.fails.load(Ordering::SeqCst) {
			return Err(Error::Backend("the disk is full".into()));
		}
		self.backend.commit_operation(operation)
	}

	fn write(
		&self,
		header: Header,
		justifications: Option<Justifications>,
		auxiliary: Vec<(Vec<u8>, Option<Vec<u8>>)>,
		state: NewBlockState,
	) -> Result<(), Error> {
		let mut operation = self.backend.begin_operation()?;
		operation.set_block_data(header, None, None, justifications, state, true)?;
		operation.insert_aux(auxiliary)?;
		self.commit(operation)
	}
}

impl LockImportRun<Block, Backend<Block>> for MemoryClient {
	fn lock_import_and_run<R, Err, F>(&self, run: F) -> Result<R, Err>
	where
		F: FnOnce(&mut ClientImportOperation<Block, Backend<Block>>) -> Result<R, Err>,
		Err: From<Error>,
	{
		let _lock = self.backend.get_import_lock().write();
		let mut operation = ClientImportOperation {
			op: self.backend.begin_operation()?,
			notify_imported: None,
			notify_finalized: None,
		};
		let result = run(&mut operation)?;
		let finalising = self.finalising.lock().take();
		self.commit(operation.op)?;
		// The memory's own finality keeps the hash only.
		if let Some((block, justification)) = finalising {
			let blocks = self.backend.blockchain();
			blocks.insert(
				block,
				blocks.expect_header(block)?,
				justification.map(Justifications::from),
				None,
				NewBlockState::Final,
				false,
			)?;
		}
		Ok(result)
	}
}

impl Finalizer<Block, Backend<Block>> for MemoryClient {
	fn apply_finality(
		&self,
		_operation: &mut ClientImportOperation<Block, Backend<Block>>,
		block: BlockHash,
		justification: Option<Justification>,
		_notify: bool,
	) -> Result<(), Error> {
		*self.finalising.lock() = Some((block, justification));
		Ok(())
	}

	fn finalize_block(
		&self,
		block: BlockHash,
		justification: Option<Justification>,
		notify: bool,
	) -> Result<(), Error> {
		self.lock_import_and_run(|operation| {
			self.apply_finality(operation, block, justification, notify)
		})
	}
}

impl AuxStore for MemoryClient {
	fn insert_aux<
		'a,
		'b: 'a,
		'c: 'a,
		I: IntoIterator<Item = &'a (&'c [u8], &'c [u8])>,
		D: IntoIterator<Item = &'a &'b [u8]>,
	>(
		&self,
		insert: I,
		delete: D,
	) -> Result<(), Error> {
		AuxStore::insert_aux(&*self.backend, insert, delete)
	}

	fn get_aux(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
		AuxStore::get_aux(&*self.backend, key)
	}
}

impl BlockchainEvents<Block> for MemoryClient {
	fn import_notification_stream(&self) -> ImportNotifications<Block> {
		tracing_unbounded("test", 1).1
	}

	fn every_import_notification_stream(&self) -> ImportNotifications<Block> {
		tracing_unbounded("test", 1).1
	}

	fn finality_notification_stream(&self) -> FinalityNotifications<Block> {
		tracing_unbounded("test", 1).1
	}

	fn storage_changes_notification_stream(
		&self,
		_keys: Option<&[StorageKey]>,
		_children: Option<&[(StorageKey, Option<Vec<StorageKey>>)]>,
	) -> Result<StorageEventStream<BlockHash>, Error> {
		Err(Error::Backend("no storage here".into()))
	}
}

#[async_trait::async_trait]
impl BlockImport<Block> for MemoryClient {
	type Error = ConsensusError;

	async fn check_block(
		&self,
		_block: BlockCheckParams<Block>,
	) -> Result<ImportResult, ConsensusError> {
		Ok(ImportResult::imported(false))
	}

	async fn import_block(
		&self,
		block: BlockImportParams<Block>,
	) -> Result<ImportResult, ConsensusError> {
		let best = matches!(block.fork_choice, Some(ForkChoiceStrategy::Custom(true)));
		let state = match (block.finalized, best) {
			(true, _) => NewBlockState::Final,
			(false, true) => NewBlockState::Best,
			(false, false) => NewBlockState::Normal,
		};
		self.write(block.header, block.justifications, block.auxiliary, state)
			.map_err(|error| ConsensusError::ClientImport(error.to_string()))?;
		Ok(ImportResult::imported(best))
	}
}

/// Imports a block through the gadget, as sync does.
pub fn import(
	import: &FinalityBlockImport<Block, Backend<Block>, MemoryClient>,
	header: Header,
	justification: Option<Justification>,
) -> Result<(Target, ImportedAux), ConsensusError> {
	let target = target_of(&header);
	let mut block = BlockImportParams::new(BlockOrigin::NetworkBroadcast, header);
	block.justifications = justification.map(Justifications::from);
	block.fork_choice = Some(ForkChoiceStrategy::LongestChain);
	match block_on(import.import_block(block))? {
		ImportResult::Imported(aux) => Ok((target, aux)),
		other => panic!("the block was not imported: {other:?}"),
	}
}
