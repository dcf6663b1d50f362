//! What can be asked of the runtime.

use crate::{
	config::consensus::FinalityKeys, AccountId, Aivm, Aura, AuthorityDiscovery, Balance, Block,
	Escrow, Executive, Fastpath, Finality, Grandpa, Hash, Historical, Hmm, InherentDataExt, Jobs,
	LazyBlock, Nonce, PoAi, Runtime, RuntimeCall, RuntimeGenesisConfig, SessionKeys,
	StakingSlashing, System, TransactionPayment, VERSION,
};
use aci_fastpath::{
	api::{FastpathSet, SlotsView, TicketView},
	checkpoint::{Certified, Checkpoint, Last},
	equivocation::Equivocation,
	lane::grant::Grants,
	scheme::{AuthorityId as FastpathId, PublicKey},
	types::CheckpointNumber,
};
use aci_finality::{
	api::OpaqueKeyOwnershipProof, AuthorityId as FinalityId, AuthoritySet, OffenceProof, SetId,
};
use aci_market::Pool;
use aci_primitives::{
	job::JobView,
	model::RegisteredModel,
	traits::{MarketQuote, Quote},
	view::{EscrowView, QuoteError, StakeView},
	worker::WorkerView,
	BlockHistory, BlockNumber, Class, ClassId, HistoryLeaf, HistoryProof, JobId, JobSpec, ModelId,
	ReservationId, SignedReceipt,
};
use alloc::vec::Vec;
use frame_support::{
	genesis_builder_helper::{build_state, get_preset},
	weights::Weight,
};
use pallet_aci_aivm_ops::types::{
	CodeInfo, Contract, ContractLock, DryRun, DryRunMeans, OnChainModel,
};
use pallet_aci_jobs::types::Dispute;
use pallet_grandpa::AuthorityId as GrandpaId;
use sp_api::impl_runtime_apis;
use sp_authority_discovery::AuthorityId as AuthorityDiscoveryId;
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_core::{crypto::KeyTypeId, OpaqueMetadata};
use sp_runtime::{
	traits::{Block as BlockT, NumberFor},
	transaction_validity::{TransactionSource, TransactionValidity},
	ApplyExtrinsicResult, ExtrinsicInclusionMode,
};
use sp_session::OpaqueGeneratedSessionKeys;
use sp_version::RuntimeVersion;

/// Most records of a list.
const MAX_PAGE: u32 = 100;

impl_runtime_apis! {
	impl sp_api::Core<Block> for Runtime {
		fn version() -> RuntimeVersion {
			VERSION
		}

		fn execute_block(block: LazyBlock) {
			Executive::execute_block(block)
		}

		fn initialize_block(header: &<Block as BlockT>::Header) -> ExtrinsicInclusionMode {
			Executive::initialize_block(header)
		}
	}

	impl sp_api::Metadata<Block> for Runtime {
		fn metadata() -> OpaqueMetadata {
			OpaqueMetadata::new(Runtime::metadata().into())
		}

		fn metadata_at_version(version: u32) -> Option<OpaqueMetadata> {
			Runtime::metadata_at_version(version)
		}

		fn metadata_versions() -> Vec<u32> {
			Runtime::metadata_versions()
		}
	}

	impl frame_support::view_functions::runtime_api::RuntimeViewFunction<Block> for Runtime {
		fn execute_view_function(
			id: frame_support::view_functions::ViewFunctionId,
			input: Vec<u8>,
		) -> Result<Vec<u8>, frame_support::view_functions::ViewFunctionDispatchError> {
			Runtime::execute_view_function(id, input)
		}
	}

	impl sp_block_builder::BlockBuilder<Block> for Runtime {
		fn apply_extrinsic(extrinsic: <Block as BlockT>::Extrinsic) -> ApplyExtrinsicResult {
			Executive::apply_extrinsic(extrinsic)
		}

		fn finalize_block() -> <Block as BlockT>::Header {
			Executive::finalize_block()
		}

		fn inherent_extrinsics(
			data: sp_inherents::InherentData,
		) -> Vec<<Block as BlockT>::Extrinsic> {
			data.create_extrinsics()
		}

		fn check_inherents(
			block: LazyBlock,
			data: sp_inherents::InherentData,
		) -> sp_inherents::CheckInherentsResult {
			data.check_extrinsics(&block)
		}
	}

	impl sp_transaction_pool::runtime_api::TaggedTransactionQueue<Block> for Runtime {
		fn validate_transaction(
			source: TransactionSource,
			transaction: <Block as BlockT>::Extrinsic,
			block_hash: <Block as BlockT>::Hash,
		) -> TransactionValidity {
			Executive::validate_transaction(source, transaction, block_hash)
		}
	}

	impl sp_offchain::OffchainWorkerApi<Block> for Runtime {
		fn offchain_worker(header: &<Block as BlockT>::Header) {
			Executive::offchain_worker(header)
		}
	}

	impl sp_consensus_aura::AuraApi<Block, AuraId> for Runtime {
		fn slot_duration() -> sp_consensus_aura::SlotDuration {
			sp_consensus_aura::SlotDuration::from_millis(Aura::slot_duration())
		}

		fn authorities() -> Vec<AuraId> {
			pallet_aura::Authorities::<Runtime>::get().into_inner()
		}
	}

	impl sp_session::SessionKeys<Block> for Runtime {
		fn generate_session_keys(
			owner: Vec<u8>,
			seed: Option<Vec<u8>>,
		) -> OpaqueGeneratedSessionKeys {
			SessionKeys::generate(&owner, seed).into()
		}

		fn decode_session_keys(encoded: Vec<u8>) -> Option<Vec<(Vec<u8>, KeyTypeId)>> {
			SessionKeys::decode_into_raw_public_keys(&encoded)
		}
	}

	impl sp_consensus_grandpa::GrandpaApi<Block> for Runtime {
		fn grandpa_authorities() -> sp_consensus_grandpa::AuthorityList {
			Grandpa::grandpa_authorities()
		}

		fn current_set_id() -> sp_consensus_grandpa::SetId {
			pallet_grandpa::CurrentSetId::<Runtime>::get()
		}

		fn submit_report_equivocation_unsigned_extrinsic(
			equivocation_proof: sp_consensus_grandpa::EquivocationProof<
				<Block as BlockT>::Hash,
				NumberFor<Block>,
			>,
			key_owner_proof: sp_consensus_grandpa::OpaqueKeyOwnershipProof,
		) -> Option<()> {
			let key_owner_proof = key_owner_proof.decode()?;
			Grandpa::submit_unsigned_equivocation_report(equivocation_proof, key_owner_proof)
		}

		fn generate_key_ownership_proof(
			_set_id: sp_consensus_grandpa::SetId,
			authority_id: GrandpaId,
		) -> Option<sp_consensus_grandpa::OpaqueKeyOwnershipProof> {
			use codec::Encode;
			use frame_support::traits::KeyOwnerProofSystem;
			Historical::prove((sp_consensus_grandpa::KEY_TYPE, authority_id))
				.map(|proof| proof.encode())
				.map(sp_consensus_grandpa::OpaqueKeyOwnershipProof::new)
		}
	}

	impl aci_finality::api::FinalityApi<Block> for Runtime {
		fn finality_authorities() -> Option<AuthoritySet> {
			Finality::current_set()
		}

		fn finality_key_ownership_proof(
			set: SetId,
			authority: FinalityId,
		) -> Option<OpaqueKeyOwnershipProof> {
			use codec::Encode;
			use frame_support::traits::KeyOwnerProofSystem;
			FinalityKeys::prove((aci_finality::KEY_TYPE, authority))
				.filter(|proof| proof.set == set)
				.map(|proof| OpaqueKeyOwnershipProof(proof.encode()))
		}

		fn submit_finality_offence(
			proof: OffenceProof,
			key_owner: OpaqueKeyOwnershipProof,
		) -> Option<()> {
			use codec::DecodeAll;
			let key_owner = DecodeAll::decode_all(&mut &key_owner.0[..]).ok()?;
			Finality::submit_report(proof, key_owner)
		}
	}

	impl aci_fastpath::api::FastpathApi<Block> for Runtime {
		fn fastpath_set() -> Option<FastpathSet> {
			Fastpath::current_set()
		}

		fn fastpath_last() -> Last {
			Fastpath::last_checkpoint()
		}

		fn fastpath_checkpoint(number: CheckpointNumber) -> Option<Checkpoint> {
			Fastpath::remembered_checkpoint(number)
		}

		fn fastpath_checkpoint_in(
			transactions: Vec<<Block as BlockT>::Extrinsic>,
		) -> Option<Certified> {
			transactions.iter().find_map(|transaction| match &transaction.function {
				RuntimeCall::Fastpath(call) => Fastpath::certified_of(call),
				_ => None,
			})
		}

		fn fastpath_grants() -> Option<Grants> {
			Fastpath::grants()
		}

		fn fastpath_tickets(client: AccountId) -> Vec<TicketView> {
			Fastpath::ticket_views(&client)
		}

		fn fastpath_leases(worker: AccountId) -> Vec<SlotsView> {
			Fastpath::slot_views(&worker)
		}

		fn fastpath_order_key(account: AccountId) -> Option<PublicKey> {
			Fastpath::order_key(account)
		}

		fn fastpath_key_owner(key: PublicKey) -> Option<AccountId> {
			Fastpath::key_owner(&key)
		}

		fn fastpath_key_ownership_proof(
			set: SetId,
			authority: FastpathId,
		) -> Option<OpaqueKeyOwnershipProof> {
			use codec::Encode;
			let members = Fastpath::membership();
			let held = members.members.iter().any(|(_, key)| *key == authority);
			(members.set == set && held).then(|| OpaqueKeyOwnershipProof(members.encode()))
		}

		fn submit_fastpath_equivocation(
			proof: Equivocation,
			key_owner: OpaqueKeyOwnershipProof,
		) -> Option<()> {
			use codec::DecodeAll;
			let members = DecodeAll::decode_all(&mut &key_owner.0[..]).ok()?;
			Fastpath::submit_report(proof, members)
		}
	}

	impl sp_authority_discovery::AuthorityDiscoveryApi<Block> for Runtime {
		fn authorities() -> Vec<AuthorityDiscoveryId> {
			AuthorityDiscovery::authorities()
		}
	}

	impl frame_system_rpc_runtime_api::AccountNonceApi<Block, AccountId, Nonce> for Runtime {
		fn account_nonce(account: AccountId) -> Nonce {
			System::account_nonce(account)
		}
	}

	impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentApi<Block, Balance>
		for Runtime
	{
		fn query_info(
			extrinsic: <Block as BlockT>::Extrinsic,
			length: u32,
		) -> pallet_transaction_payment_rpc_runtime_api::RuntimeDispatchInfo<Balance> {
			TransactionPayment::query_info(extrinsic, length)
		}

		fn query_fee_details(
			extrinsic: <Block as BlockT>::Extrinsic,
			length: u32,
		) -> pallet_transaction_payment::FeeDetails<Balance> {
			TransactionPayment::query_fee_details(extrinsic, length)
		}

		fn query_weight_to_fee(weight: Weight) -> Balance {
			TransactionPayment::weight_to_fee(weight)
		}

		fn query_length_to_fee(length: u32) -> Balance {
			TransactionPayment::length_to_fee(length)
		}
	}

	impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentCallApi<
		Block,
		Balance,
		RuntimeCall,
	> for Runtime
	{
		fn query_call_info(
			call: RuntimeCall,
			length: u32,
		) -> pallet_transaction_payment::RuntimeDispatchInfo<Balance> {
			TransactionPayment::query_call_info(call, length)
		}

		fn query_call_fee_details(
			call: RuntimeCall,
			length: u32,
		) -> pallet_transaction_payment::FeeDetails<Balance> {
			TransactionPayment::query_call_fee_details(call, length)
		}

		fn query_weight_to_fee(weight: Weight) -> Balance {
			TransactionPayment::weight_to_fee(weight)
		}

		fn query_length_to_fee(length: u32) -> Balance {
			TransactionPayment::length_to_fee(length)
		}
	}

	impl pallet_aci_aivm_ops::runtime_api::AivmApi<Block> for Runtime {
		fn dry_run_call(
			caller: AccountId,
			contract: AccountId,
			means: DryRunMeans,
			entry: Vec<u8>,
			input: Vec<u8>,
		) -> DryRun {
			Aivm::dry_run_call(caller, contract, means, entry, input)
		}

		fn dry_run_instantiate(
			creator: AccountId,
			code: Hash,
			means: DryRunMeans,
			salt: [u8; 32],
			input: Vec<u8>,
		) -> DryRun {
			Aivm::dry_run_instantiate(creator, code, means, salt, input)
		}

		fn contract(account: AccountId) -> Option<Contract> {
			Aivm::contract(account)
		}

		fn entry_points(account: AccountId) -> Vec<Vec<u8>> {
			Aivm::entry_points(account)
		}

		fn contract_storage(account: AccountId, key: Vec<u8>) -> Option<Vec<u8>> {
			Aivm::contract_storage(account, key)
		}

		fn contract_lock(account: AccountId, lock: u64) -> Option<ContractLock> {
			Aivm::contract_lock(account, lock)
		}

		fn contract_code(hash: Hash) -> Option<CodeInfo> {
			Aivm::code(hash)
		}

		fn on_chain_model(hash: ModelId) -> Option<OnChainModel> {
			Aivm::on_chain_model(hash)
		}
	}

	impl pallet_aci_jobs::runtime_api::AciApi<Block> for Runtime {
		fn quote(spec: JobSpec) -> Result<Quote, QuoteError> {
			Jobs::quote(spec)
		}

		fn job(id: JobId) -> Option<JobView> {
			Jobs::job(id)
		}

		fn jobs_of(client: AccountId, after: Option<JobId>, limit: u32) -> Vec<JobView> {
			Jobs::jobs_of(client, after, limit)
		}

		fn open_jobs(class: ClassId, offset: u32, limit: u32) -> Vec<JobView> {
			Jobs::open_jobs(class, offset, limit)
		}

		fn assigned_jobs(worker: AccountId) -> Vec<JobView> {
			Jobs::assigned_jobs(worker)
		}

		fn worker(account: AccountId) -> Option<WorkerView> {
			Jobs::worker(account)
		}

		fn workers(class: ClassId, offset: u32, limit: u32) -> Vec<WorkerView> {
			Jobs::workers(class, offset, limit)
		}

		fn dispute(job: JobId) -> Option<Dispute> {
			Jobs::dispute_of(job)
		}

		fn reservation_of(job: JobId) -> Option<ReservationId> {
			Jobs::reservation_of(job)
		}

		fn history(block: BlockNumber) -> Option<BlockHistory> {
			Jobs::history(block)
		}

		fn verify_history(index: u32, leaf: HistoryLeaf, proof: HistoryProof) -> bool {
			Jobs::verify_history(index, leaf, proof)
		}

		fn class(id: ClassId) -> Option<Class> {
			Hmm::class(id)
		}

		fn classes() -> Vec<(ClassId, Class)> {
			Hmm::classes(0, MAX_PAGE)
		}

		fn pool(class: ClassId) -> Option<Pool> {
			<Hmm as MarketQuote>::pool(class)
		}

		fn receipt(job: JobId) -> Option<SignedReceipt> {
			PoAi::receipt(job).map(|stored| stored.receipt)
		}

		fn model(id: ModelId) -> Option<RegisteredModel> {
			PoAi::model(id)
		}

		fn models() -> Vec<(ModelId, RegisteredModel)> {
			PoAi::models(None, MAX_PAGE)
		}

		fn stakes(account: AccountId) -> Vec<StakeView> {
			StakingSlashing::bonds(account)
				.into_iter()
				.map(|(role, bond)| StakeView {
					role,
					bonded: bond.active,
					required: bond.required,
				})
				.collect()
		}

		fn escrow(account: AccountId) -> EscrowView {
			EscrowView {
				free: Escrow::free(account.clone()),
				locked: Escrow::locked(account.clone()),
				claimable: Escrow::claimable(account.clone()),
				prepaid: Escrow::prepaid_of(account.clone()),
				budgeted: Escrow::budgeted(account),
			}
		}
	}

	impl sp_genesis_builder::GenesisBuilder<Block> for Runtime {
		fn build_state(config: Vec<u8>) -> sp_genesis_builder::Result {
			build_state::<RuntimeGenesisConfig>(config)
		}

		fn get_preset(id: &Option<sp_genesis_builder::PresetId>) -> Option<Vec<u8>> {
			get_preset::<RuntimeGenesisConfig>(id, crate::genesis::encoded_preset)
		}

		fn preset_names() -> Vec<sp_genesis_builder::PresetId> {
			crate::genesis::preset_names()
		}
	}
}
