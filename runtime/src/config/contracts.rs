//! Contracts: their deposits, and what they are told of the market and of TEEs.

use crate::{
	parameters::governed::jobs, storage_deposit, Balances, Escrow, Hmm, Jobs, Runtime,
	RuntimeBlockWeights, RuntimeHoldReason, RuntimeOrigin, EPOCH,
};
use aci_primitives::{
	evidence::TeeKind, traits::InferenceJobs, AccountId, Balance, BlockNumber, ClassId, Hash,
	ModelId, ReservationId,
};
use frame_support::{
	dispatch::DispatchClass,
	parameter_types,
	traits::{ConstU32, ConstU64, Contains},
	weights::constants::WEIGHT_REF_TIME_PER_MICROS,
};
use pallet_aci_aivm_ops::ContractMarket;
use pallet_aci_hmm::Swap;
use sp_runtime::DispatchError;

/// The market as contracts see it: the pallets `jobs` and `hmm`.
pub struct MarketOfContracts;

impl ContractMarket for MarketOfContracts {
	fn quote(model: &ModelId, input_bytes: u64) -> Option<(Balance, AccountId)> {
		<Jobs as InferenceJobs>::quote(model, input_bytes)
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

/// Most runs of models that contracts wait for at once. Where every call back takes the gas of a
/// whole block, the last one comes after as many blocks: while its job is still on record, which is
/// for an epoch at least.
const MAX_CONTRACT_ORDERS: u32 = 1_000;
const _: () = assert!(MAX_CONTRACT_ORDERS < EPOCH);

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
	type Jobs = Jobs;
	type Attestation = pallet_aci_poai::SoftwareTee<Runtime>;
	type Measurements = AllowedPrograms;
	type DepositPerItem = ContractItemDeposit;
	type DepositPerByte = ContractByteDeposit;
	type LockPeriod = jobs::FraudWindow;
	type MaxEvents = ConstU32<64>;
	type MaxGas = MostGas;
	type MaxOrders = ConstU32<MAX_CONTRACT_ORDERS>;
	type MaxVisitsPerBlock = ConstU32<16>;
	type CallbackGasPerBlock = ConstU64<100_000>;
	type WeightInfo = pallet_aci_aivm_ops::weights::SubstrateWeight<Runtime>;
}
