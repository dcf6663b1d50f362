//! Contracts: their deposits, and what they are told of the market and of TEEs.

use crate::{
	parameters::governed::jobs, storage_deposit, Balances, Escrow, Hmm, Jobs, PoAi, Runtime,
	RuntimeBlockWeights, RuntimeHoldReason, RuntimeOrigin,
};
use aci_poai::compute;
use aci_primitives::{
	class::JOB_MILLI_SLOTS,
	evidence::TeeKind,
	model::{ModelKind, ModelManifest},
	traits::{MarketQuote, ProofOfAi},
	AccountId, Balance, BlockNumber, ClassId, Hash, ModelId, ReservationId,
};
use frame_support::{
	dispatch::DispatchClass,
	parameter_types,
	traits::{ConstU32, Contains},
	weights::constants::WEIGHT_REF_TIME_PER_MICROS,
};
use pallet_aci_aivm_ops::ContractMarket;
use pallet_aci_hmm::Swap;
use sp_runtime::DispatchError;

/// Classes whose prices a quote for a contract compares.
const QUOTED_CLASSES: ClassId = 4;
/// Workers of a class among which a quote looks for a free one.
const QUOTED_WORKERS: u32 = 8;
/// Tokens that a quote assumes to be generated, where the model's context has room for them.
const QUOTED_TOKENS_OUT: u32 = 128;

/// The market as contracts see it: the pallets `jobs` and `hmm`.
pub struct MarketOfContracts;

/// Tokens that a quote is for: a byte is at most a token.
fn tokens(manifest: &ModelManifest, input_bytes: u64) -> Option<(u32, u32)> {
	let read = u32::try_from(input_bytes.max(1)).ok()?;
	let room = manifest.shape.context.checked_sub(read)?;
	match manifest.kind {
		ModelKind::TextGeneration if room == 0 => None,
		ModelKind::TextGeneration => Some((read, room.min(QUOTED_TOKENS_OUT))),
		ModelKind::Embedding => Some((read, 0)),
	}
}

/// A worker of the class that would take a job of this model now.
fn free_worker(class: ClassId, model: &ModelId) -> Option<AccountId> {
	let workers = Jobs::workers(class, 0, QUOTED_WORKERS);
	let free = workers.into_iter().find(|view| {
		let worker = &view.worker;
		worker.active && worker.busy < worker.slots && worker.models.contains(model)
	});
	free.map(|view| view.account)
}

impl ContractMarket for MarketOfContracts {
	fn quote(model: &ModelId, input_bytes: u64) -> Option<(Balance, AccountId)> {
		let manifest = <PoAi as ProofOfAi>::manifest(model)?;
		let (read, made) = tokens(&manifest, input_bytes)?;
		let flops = compute::operations(manifest.kind, &manifest.shape, read, made).ok()?;
		(0..QUOTED_CLASSES)
			.filter_map(|class| {
				let quote = <Hmm as MarketQuote>::quote(class, JOB_MILLI_SLOTS, flops).ok()?;
				Some((quote.price, free_worker(class, model)?))
			})
			.min_by_key(|(price, _)| *price)
	}

	fn buy(
		owner: &AccountId,
		class: ClassId,
		milli_slots: u64,
		blocks: BlockNumber,
		limit: Balance,
	) -> Result<(ReservationId, Balance), DispatchError> {
		let id = pallet_aci_hmm::NextReservation::<Runtime>::get();
		let swap = Swap::Buy {
			class,
			milli_slots,
			blocks,
			max_price: limit,
		};
		Hmm::swap(RuntimeOrigin::signed(owner.clone()), swap)?;
		let bought = Hmm::reservation(id).ok_or(DispatchError::Corruption)?;
		Ok((id, bought.reservation.paid))
	}
}

/// The programs that the poai pallet allows in the software TEE, whose evidence alone contracts can
/// show.
pub struct AllowedPrograms;

impl Contains<Hash> for AllowedPrograms {
	fn contains(measurement: &Hash) -> bool {
		pallet_aci_poai::Measurements::<Runtime>::get(measurement) == Some(TeeKind::Software)
	}
}

parameter_types! {
	/// Held for each code, model and entry of a contract's storage.
	pub const ContractItemDeposit: Balance = storage_deposit(1, 0);
	/// Held for each byte of them.
	pub const ContractByteDeposit: Balance = storage_deposit(0, 1);
	/// Gas of the largest transaction: a microsecond each.
	pub MostGas: u64 = RuntimeBlockWeights::get()
		.get(DispatchClass::Normal)
		.max_extrinsic
		.map_or(0, |most| most.ref_time() / WEIGHT_REF_TIME_PER_MICROS);
}

impl pallet_aci_aivm_ops::Config for Runtime {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Escrow = Escrow;
	type Market = MarketOfContracts;
	type Attestation = pallet_aci_poai::SoftwareTee<Runtime>;
	type Measurements = AllowedPrograms;
	type DepositPerItem = ContractItemDeposit;
	type DepositPerByte = ContractByteDeposit;
	type LockPeriod = jobs::FraudWindow;
	type MaxEvents = ConstU32<64>;
	type MaxGas = MostGas;
	type WeightInfo = pallet_aci_aivm_ops::weights::SubstrateWeight<Runtime>;
}
