//! JSON-RPC beside the standard methods that every Substrate node has.
//!
//! Reads of the market are runtime APIs and view functions, which every client finds in the
//! metadata, so there is no method here for them.

use crate::{
	finality,
	service::{FullClient, FullPool},
};
use aci_runtime::{opaque::Block, Hash};
use futures::channel::mpsc::Sender;
use jsonrpsee::RpcModule;
use pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer};
use sc_consensus_manual_seal::{
	rpc::{ManualSeal, ManualSealApiServer},
	EngineCommand,
};
use sc_rpc::SubscriptionTaskExecutor;
use std::sync::Arc;
use substrate_frame_rpc_system::{System, SystemApiServer};

/// What answers the methods of this module.
pub struct Parts {
	/// The client.
	pub client: Arc<FullClient>,
	/// The transaction pool.
	pub pool: Arc<FullPool>,
	/// The finality engine, where one finalises.
	pub finality: Option<finality::RpcParts>,
	/// Takes orders for blocks, where they are made on demand.
	pub seal: Option<Sender<EngineCommand<Hash>>>,
}

/// Builds the module.
pub fn module(
	parts: &Parts,
	executor: SubscriptionTaskExecutor,
) -> Result<RpcModule<()>, jsonrpsee::core::RegisterMethodError> {
	let Parts {
		client,
		pool,
		finality,
		seal,
	} = parts;
	let mut module = RpcModule::new(());
	module.merge(System::new(client.clone(), pool.clone()).into_rpc())?;
	module.merge(TransactionPayment::<FullClient, Block>::new(client.clone()).into_rpc())?;
	if let Some(finality) = finality.clone() {
		finality.add(&mut module, executor)?;
	}
	if let Some(seal) = seal.clone() {
		module.merge(ManualSeal::new(seal).into_rpc())?;
	}
	Ok(module)
}
