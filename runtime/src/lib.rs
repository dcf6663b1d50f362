//! # The ACI runtime
//!
//! Composition only: the rules live in the pallets, the mathematics in the pure crates. This crate
//! says which pallets there are ([`Runtime`]), what they are told ([`config`]), what can be asked
//! ([`apis`]) and how a chain begins ([`genesis`]).
//!
//! ## What it guarantees
//!
//! 1. Pallet indices are stated and never change, nor is one used twice.
//! 2. Every transaction extension is one that polkadot.js and wallets know, or has no payload.
//! 3. The production preset has no sudo key and no root for a software TEE, and no call can give
//!    it one.
//! 4. Development presets shorten times and lower bonds. They change no rule.

#![cfg_attr(not(feature = "std"), no_std)]
// The runtime's macro makes one type of all pallets' calls.
#![recursion_limit = "256"]

#[cfg(feature = "std")]
include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));

extern crate alloc;

pub mod apis;
pub mod config;
pub mod constants;
pub mod genesis;
pub mod governance;
pub mod parameters;
pub mod session_keys;

#[cfg(test)]
mod tests;

use alloc::{borrow::Cow, vec::Vec};
use sp_runtime::{
	generic,
	traits::{BlakeTwo256, Block as BlockT},
	MultiAddress,
};
use sp_version::RuntimeVersion;

pub use aci_primitives::{AccountId, Balance, BlockNumber, Hash, Nonce, Signature};
#[cfg(feature = "std")]
pub use apis::RuntimeApi;
pub use constants::*;
pub use session_keys::SessionKeys;

/// How a transaction names an account.
pub type Address = MultiAddress<AccountId, ()>;
/// A block's header.
pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
/// A block.
pub type Block = generic::Block<Header, UncheckedExtrinsic>;
/// Blocks as the client handles them: transactions are bytes to it, so it needs no runtime's types,
/// and JSON shows them in hexadecimal digits as every client expects.
pub mod opaque {
	use super::{generic, Header};
	pub use sp_runtime::OpaqueExtrinsic;

	/// A block whose transactions are bytes.
	pub type Block = generic::Block<Header, OpaqueExtrinsic>;
}

/// A block with its justification.
pub type SignedBlock = generic::SignedBlock<Block>;
/// Names a block.
pub type BlockId = generic::BlockId<Block>;
/// A transaction as it comes from outside.
pub type UncheckedExtrinsic =
	generic::UncheckedExtrinsic<Address, RuntimeCall, Signature, TxExtension>;
/// What a transaction's signature covers.
pub type SignedPayload = generic::SignedPayload<RuntimeCall, TxExtension>;

/// What every transaction carries beside its call. Clients read the names from the metadata; all of
/// them are known to polkadot.js, or have no payload.
pub type TxExtension = (
	frame_system::CheckNonZeroSender<Runtime>,
	frame_system::CheckSpecVersion<Runtime>,
	frame_system::CheckTxVersion<Runtime>,
	frame_system::CheckGenesis<Runtime>,
	frame_system::CheckEra<Runtime>,
	frame_system::CheckNonce<Runtime>,
	frame_system::CheckWeight<Runtime>,
	pallet_transaction_payment::ChargeTransactionPayment<Runtime>,
	frame_metadata_hash_extension::CheckMetadataHash<Runtime>,
	frame_system::WeightReclaim<Runtime>,
);

/// Runs blocks.
pub type Executive = frame_executive::Executive<
	Runtime,
	Block,
	frame_system::ChainContext<Runtime>,
	Runtime,
	AllPalletsWithSystem,
>;

// The version is also put into the wasm as a section, by a macro that wants a literal number.
macro_rules! version {
	($spec_version:tt) => {
		/// Which runtime this is. `spec_version` rises with every change of behaviour,
		/// `transaction_version` with every change of a call's or an extension's encoding.
		#[sp_version::runtime_version]
		pub const VERSION: RuntimeVersion = RuntimeVersion {
			spec_name: Cow::Borrowed("aci"),
			impl_name: Cow::Borrowed("aci-node"),
			authoring_version: 1,
			spec_version: $spec_version,
			impl_version: 1,
			apis: apis::RUNTIME_API_VERSIONS,
			transaction_version: 1,
			system_version: 1,
		};
	};
}

#[cfg(not(feature = "next-version"))]
version!(100);
// The number above and one more.
#[cfg(feature = "next-version")]
version!(101);

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Runtime;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Timestamp = pallet_timestamp;
	#[runtime::pallet_index(2)]
	pub type Parameters = pallet_parameters;
	// After the parameters: its genesis sets them. Before all that read them at genesis.
	#[runtime::pallet_index(8)]
	pub type GenesisParameters = crate::genesis::parameters;
	#[runtime::pallet_index(3)]
	pub type Utility = pallet_utility;
	#[runtime::pallet_index(4)]
	pub type Preimage = pallet_preimage;
	#[runtime::pallet_index(5)]
	pub type Scheduler = pallet_scheduler;
	#[runtime::pallet_index(6)]
	pub type Proxy = pallet_proxy;
	#[runtime::pallet_index(7)]
	pub type Multisig = pallet_multisig;

	#[runtime::pallet_index(10)]
	pub type Balances = pallet_balances;
	#[runtime::pallet_index(11)]
	pub type TransactionPayment = pallet_transaction_payment;
	#[runtime::pallet_index(12)]
	pub type Treasury = pallet_treasury;

	// Authorship comes before session, so that the author of a block that rotates the session is
	// looked up among those who could author it.
	#[runtime::pallet_index(20)]
	pub type Authorship = pallet_authorship;
	#[runtime::pallet_index(21)]
	pub type Aura = pallet_aura;
	// Before the session, so that the genesis' candidates are there when it elects the first set.
	#[runtime::pallet_index(40)]
	pub type Escrow = pallet_aci_escrow;
	#[runtime::pallet_index(41)]
	pub type StakingSlashing = pallet_aci_staking_slashing;
	#[runtime::pallet_index(22)]
	pub type Session = pallet_session;
	#[runtime::pallet_index(23)]
	pub type Historical = pallet_session::historical;
	#[runtime::pallet_index(24)]
	pub type Offences = pallet_offences;
	#[runtime::pallet_index(25)]
	pub type Grandpa = pallet_grandpa;
	#[runtime::pallet_index(26)]
	pub type AuthorityDiscovery = pallet_authority_discovery;
	// After the session: its hook counts the change that a new session plans.
	#[runtime::pallet_index(27)]
	pub type Finality = pallet_aci_finality;

	#[runtime::pallet_index(30)]
	pub type ConvictionVoting = pallet_conviction_voting;
	#[runtime::pallet_index(31)]
	pub type Referenda = pallet_referenda;
	#[runtime::pallet_index(32)]
	pub type Origins = crate::governance::origins;

	// The market. Jobs comes last: its hooks use all the others.
	#[runtime::pallet_index(42)]
	pub type Hmm = pallet_aci_hmm;
	#[runtime::pallet_index(43)]
	pub type PoAi = pallet_aci_poai;
	#[runtime::pallet_index(45)]
	pub type Aivm = pallet_aci_aivm_ops;
	#[runtime::pallet_index(44)]
	pub type Jobs = pallet_aci_jobs;
	// After the session, whose hook ends its sets.
	#[runtime::pallet_index(46)]
	pub type Fastpath = pallet_aci_fastpath;

	#[runtime::pallet_index(255)]
	pub type Sudo = pallet_sudo;
}

/// A block whose transactions are decoded when they are needed.
pub(crate) type LazyBlock = <Block as BlockT>::LazyBlock;
