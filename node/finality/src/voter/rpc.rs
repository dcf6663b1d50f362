//! The gadget's JSON-RPC methods.

use super::state::{RoundState, SharedState};
use crate::interface::{FinalityProver, ProveError};
use aci_finality::{BlockNumber, Justification};
use codec::Encode;
use futures::StreamExt;
use jsonrpsee::{
	core::{async_trait, server::PendingSubscriptionSink},
	proc_macros::rpc,
	types::error::{ErrorObject, ErrorObjectOwned},
};
use sc_rpc::{
	utils::{spawn_subscription_task, BoundedVecDeque, PendingSubscription},
	SubscriptionTaskExecutor,
};
use sp_core::Bytes;
use std::sync::Arc;

/// Justifications that wait for one slow subscriber. Beyond that it is cut off.
const WAITING: usize = 64;

/// Why a method failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// The voter has not started.
	#[error("the finality gadget has not started yet: ask again in a few seconds")]
	NotStarted,
	/// No proof can be given.
	#[error(transparent)]
	Prove(#[from] ProveError),
}

impl Error {
	/// The error's JSON-RPC code. Each kind has its own.
	pub fn code(&self) -> i32 {
		match self {
			Error::NotStarted => 7_101,
			Error::Prove(ProveError::NotFinal(_)) => 7_102,
			Error::Prove(ProveError::NotHeld(_)) => 7_103,
			Error::Prove(ProveError::Client(_)) => 7_104,
		}
	}
}

impl From<Error> for ErrorObjectOwned {
	fn from(error: Error) -> Self {
		ErrorObject::owned(error.code(), error.to_string(), None::<()>)
	}
}

/// The gadget's methods.
#[rpc(server)]
pub trait FinalityRpc {
	/// Where finality is on this node: set, view, leader, votes counted, whether the node votes.
	#[method(name = "finality_roundState")]
	async fn round_state(&self) -> Result<RoundState, Error>;

	/// A SCALE-encoded proof that the block at this number is final; null for a block that needs
	/// none.
	#[method(name = "finality_proveFinality")]
	async fn prove_finality(&self, block: BlockNumber) -> Result<Option<Bytes>, Error>;

	/// SCALE-encoded justifications, as blocks become final.
	#[subscription(
		name = "finality_subscribeJustifications" => "finality_justifications",
		unsubscribe = "finality_unsubscribeJustifications",
		item = Bytes
	)]
	fn subscribe_justifications(&self);
}

/// Answers the methods.
pub struct Finality<P> {
	state: SharedState,
	prover: Arc<P>,
	executor: SubscriptionTaskExecutor,
}

impl<P> Finality<P> {
	/// Answers from the voter's `state` and the chain's `prover`.
	pub fn new(state: SharedState, prover: Arc<P>, executor: SubscriptionTaskExecutor) -> Self {
		Finality {
			state,
			prover,
			executor,
		}
	}
}

#[async_trait]
impl<P: FinalityProver> FinalityRpcServer for Finality<P> {
	async fn round_state(&self) -> Result<RoundState, Error> {
		self.state.get().ok_or(Error::NotStarted)
	}

	async fn prove_finality(&self, block: BlockNumber) -> Result<Option<Bytes>, Error> {
		Ok(self.prover.prove(block)?.map(Bytes))
	}

	fn subscribe_justifications(&self, pending: PendingSubscriptionSink) {
		let stream = self
			.prover
			.justifications()
			.map(|justification: Justification| Bytes(justification.encode()));
		spawn_subscription_task(
			&self.executor,
			PendingSubscription::from(pending)
				.pipe_from_stream(stream, BoundedVecDeque::new(WAITING)),
		);
	}
}
