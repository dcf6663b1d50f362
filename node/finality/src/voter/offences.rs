//! Reports of offences to the runtime.
//!
//! A report is made at the last final block of the set, where the offender's key is still in the
//! session's keys, and goes into the pool at the best block. A report that fails is made again when
//! more blocks are final, a few times. The node never reports a key of its own: with a key on two
//! machines by mistake, that would turn the mistake into a loss.

use super::standing::own_key;
use aci_finality::{
	api::FinalityApi, AuthorityId, AuthoritySet, BlockHash, OffenceKind, OffenceProof,
};
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_api::{ApiExt, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use sp_keystore::KeystorePtr;
use sp_runtime::traits::Block as BlockT;
use std::{
	collections::{BTreeSet, VecDeque},
	sync::Arc,
};

/// Times that a report is tried.
const TRIES: u32 = 8;
/// Reports that wait.
const WAITING: usize = 256;
const LOG_TARGET: &str = "finality";

/// Why a report could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
	/// The runtime could not be asked.
	#[error("the runtime: {0}")]
	Api(#[from] sp_api::ApiError),
	/// The runtime knows no such key in that session.
	#[error("the runtime gives no proof that the key belongs to the session")]
	NoOwnershipProof,
	/// The runtime refused the report.
	#[error("the runtime does not take the report")]
	Refused,
}

/// Takes reports.
pub trait OffenceReporter: Send + Sync {
	/// Reports `proof`; `at` is a block of the offender's session.
	fn report(&self, at: BlockHash, proof: OffenceProof) -> Result<(), ReportError>;
}

/// Reports through the runtime and the transaction pool.
pub struct RuntimeReporter<B: BlockT, C> {
	/// The client.
	pub client: Arc<C>,
	/// The pool.
	pub pool: OffchainTransactionPoolFactory<B>,
}

impl<B, C> OffenceReporter for RuntimeReporter<B, C>
where
	B: BlockT<Hash = BlockHash>,
	C: ProvideRuntimeApi<B> + HeaderBackend<B> + Send + Sync,
	C::Api: FinalityApi<B>,
{
	fn report(&self, at: BlockHash, proof: OffenceProof) -> Result<(), ReportError> {
		let owner = self
			.client
			.runtime_api()
			.finality_key_ownership_proof(at, proof.context.set, proof.offender.clone())?
			.ok_or(ReportError::NoOwnershipProof)?;
		let best = self.client.info().best_hash;
		let mut api = self.client.runtime_api();
		api.register_extension(self.pool.offchain_transaction_pool(best));
		api.submit_finality_offence(best, proof, owner)?
			.ok_or(ReportError::Refused)
	}
}

/// The offences of one set that were seen, and those still to be reported.
#[derive(Default)]
pub struct Offences {
	seen: BTreeSet<(AuthorityId, OffenceKind)>,
	waiting: VecDeque<(OffenceProof, u32)>,
}

impl Offences {
	/// Takes `proof` up for a report: one per authority and kind, and none of an own key. Tells
	/// whether it was new.
	pub fn add(
		&mut self,
		proof: OffenceProof,
		set: &AuthoritySet,
		keystore: Option<&KeystorePtr>,
	) -> bool {
		let Some(keystore) = keystore else {
			return self.push(proof);
		};
		let own = AuthoritySet::new(set.id(), vec![proof.offender.clone()])
			.is_ok_and(|offender| own_key(Some(keystore), &offender).is_some());
		if own {
			log::error!(
				target: LOG_TARGET,
				"This node's own key {:?} contradicts itself ({:?}, view {}). Is it in use on \
				 another machine? It is not reported.",
				proof.offender,
				proof.kind(),
				proof.view(),
			);
			return false;
		}
		self.push(proof)
	}

	fn push(&mut self, proof: OffenceProof) -> bool {
		// Bounded by the set's authorities and the kinds of offence.
		if !self.seen.insert((proof.offender.clone(), proof.kind())) {
			return false;
		}
		log::warn!(
			target: LOG_TARGET,
			"Authority {:?} broke a rule of finality: {:?} in view {} of set {}.",
			proof.offender,
			proof.kind(),
			proof.view(),
			proof.context.set,
		);
		if self.waiting.len() < WAITING {
			self.waiting.push_back((proof, 0));
		}
		true
	}

	/// Reports what waits.
	pub fn report(&mut self, reporter: &dyn OffenceReporter, at: BlockHash) {
		for _ in 0..self.waiting.len() {
			let Some((proof, tries)) = self.waiting.pop_front() else {
				return;
			};
			if let Err(error) = reporter.report(at, proof.clone()) {
				log::warn!(target: LOG_TARGET, "An offence could not be reported: {error}");
				if tries.saturating_add(1) < TRIES {
					self.waiting.push_back((proof, tries.saturating_add(1)));
				}
			}
		}
	}
}
