//! What can be asked of the chain in a transaction.
//!
//! Each enum mirrors the calls of one pallet that are used here: same indices, same names, same
//! arguments. [`crate::Chain::connect`] compares them with the node's metadata.

// The macro that derives the encodings has no place for the documentation of a call's arguments:
// they are those of the pallet's calls.
#![allow(missing_docs)]

use crate::DeclineReason;
use aci_primitives::{
	evidence::Evidence, model::ModelManifest, worker::Endpoint, Balance, BlockNumber, BoundedList,
	Class, ClassId, JobId, JobOutput, JobSpec, ModelId, Role, SignedReceipt,
};
use codec::Encode;
use scale_info::TypeInfo;
use sp_core::ed25519;

/// Calls of the escrow.
#[derive(Clone, Debug, PartialEq, Eq, Encode, TypeInfo)]
#[allow(non_camel_case_types)]
pub enum EscrowCall {
	#[codec(index = 0)]
	deposit { amount: Balance },
	#[codec(index = 1)]
	withdraw { amount: Balance },
	#[codec(index = 2)]
	claim {},
}

/// Calls of the bonds' ledger.
#[derive(Clone, Debug, PartialEq, Eq, Encode, TypeInfo)]
#[allow(non_camel_case_types)]
pub enum StakingCall {
	#[codec(index = 0)]
	bond { role: Role, amount: Balance },
	#[codec(index = 1)]
	unbond { role: Role, amount: Balance },
	#[codec(index = 2)]
	withdraw_unbonded { role: Role },
	#[codec(index = 3)]
	rebond { role: Role, amount: Balance },
}

/// Calls of the market.
#[derive(Clone, Debug, PartialEq, Eq, Encode, TypeInfo)]
#[allow(non_camel_case_types)]
pub enum HmmCall {
	#[codec(index = 0)]
	create_class {
		class: Class,
		par_price: Balance,
		floor_share: u32,
	},
	#[codec(index = 1)]
	set_class { id: ClassId, class: Class },
	#[codec(index = 2)]
	set_price {
		id: ClassId,
		par_price: Balance,
		floor_share: u32,
	},
}

/// Calls of models and attestations.
#[derive(Clone, Debug, PartialEq, Eq, Encode, TypeInfo)]
#[allow(non_camel_case_types)]
pub enum PoAiCall {
	#[codec(index = 0)]
	register_model {
		model: ModelId,
		manifest: ModelManifest,
	},
	#[codec(index = 1)]
	remove_model { model: ModelId },
	#[codec(index = 2)]
	attest {
		evidence: Evidence,
		session_key: ed25519::Public,
		data_key: [u8; 32],
		recent_block: BlockNumber,
	},
}

/// Calls of workers and jobs.
#[derive(Clone, Debug, PartialEq, Eq, Encode, TypeInfo)]
#[allow(non_camel_case_types)]
pub enum JobsCall {
	#[codec(index = 0)]
	register_worker {
		class: ClassId,
		slots: u32,
		models: BoundedList<ModelId, 16>,
		endpoints: BoundedList<Endpoint, 4>,
	},
	#[codec(index = 1)]
	update_worker {
		models: BoundedList<ModelId, 16>,
		endpoints: BoundedList<Endpoint, 4>,
	},
	#[codec(index = 2)]
	set_active { active: bool },
	#[codec(index = 3)]
	deregister_worker {},
	#[codec(index = 4)]
	submit { order: u64, spec: JobSpec },
	#[codec(index = 5)]
	cancel { job: JobId },
	#[codec(index = 6)]
	acknowledge { job: JobId },
	#[codec(index = 7)]
	decline { job: JobId, reason: DeclineReason },
	#[codec(index = 8)]
	submit_result {
		job: JobId,
		receipt: Box<SignedReceipt>,
		output: JobOutput,
	},
	#[codec(index = 9)]
	poke { job: JobId },
}

/// What a transaction asks for. Build one with the functions below.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Call {
	/// Of the escrow.
	Escrow(EscrowCall),
	/// Of the bonds' ledger.
	Staking(StakingCall),
	/// Of the market.
	Hmm(HmmCall),
	/// Of models and attestations.
	PoAi(PoAiCall),
	/// Of workers and jobs.
	Jobs(JobsCall),
	/// Several, all or none.
	Batch(Vec<Call>),
	/// As root. Development chains only, by the sudo account.
	Sudo(Box<Call>),
}

impl Call {
	/// Puts planck of the balance into the free escrow.
	pub fn deposit(amount: Balance) -> Self {
		Call::Escrow(EscrowCall::deposit { amount })
	}

	/// Takes planck out of the free escrow.
	pub fn withdraw(amount: Balance) -> Self {
		Call::Escrow(EscrowCall::withdraw { amount })
	}

	/// Receives the credits that wait.
	pub fn claim() -> Self {
		Call::Escrow(EscrowCall::claim {})
	}

	/// Bonds planck for a role.
	pub fn bond(role: Role, amount: Balance) -> Self {
		Call::Staking(StakingCall::bond { role, amount })
	}

	/// Starts to take planck out of a bond.
	pub fn unbond(role: Role, amount: Balance) -> Self {
		Call::Staking(StakingCall::unbond { role, amount })
	}

	/// Takes back what was unbonded and whose time has come.
	pub fn withdraw_unbonded(role: Role) -> Self {
		Call::Staking(StakingCall::withdraw_unbonded { role })
	}

	/// Makes planck that is on its way out active again.
	pub fn rebond(role: Role, amount: Balance) -> Self {
		Call::Staking(StakingCall::rebond { role, amount })
	}

	/// Creates a class. By governance: wrap it with [`Call::as_root`] on a development chain.
	pub fn create_class(class: Class, par_price: Balance, floor_share: u32) -> Self {
		Call::Hmm(HmmCall::create_class {
			class,
			par_price,
			floor_share,
		})
	}

	/// Replaces a class's figures. By governance.
	pub fn set_class(id: ClassId, class: Class) -> Self {
		Call::Hmm(HmmCall::set_class { id, class })
	}

	/// Sets par price, in planck per compute unit, and floor share, in parts per billion. By
	/// governance.
	pub fn set_price(id: ClassId, par_price: Balance, floor_share: u32) -> Self {
		Call::Hmm(HmmCall::set_price {
			id,
			par_price,
			floor_share,
		})
	}

	/// Registers a model by the SHA-256 of its weights.
	pub fn register_model(model: ModelId, manifest: ModelManifest) -> Self {
		Call::PoAi(PoAiCall::register_model { model, manifest })
	}

	/// Removes a model of the caller's.
	pub fn remove_model(model: ModelId) -> Self {
		Call::PoAi(PoAiCall::remove_model { model })
	}

	/// Sets the caller's session key and data key. The evidence is bound to the hash of block
	/// `recent_block`, among others.
	pub fn attest(
		evidence: Evidence,
		session_key: ed25519::Public,
		data_key: [u8; 32],
		recent_block: BlockNumber,
	) -> Self {
		Call::PoAi(PoAiCall::attest {
			evidence,
			session_key,
			data_key,
			recent_block,
		})
	}

	/// Registers the caller as a worker.
	pub fn register_worker(
		class: ClassId,
		slots: u32,
		models: BoundedList<ModelId, 16>,
		endpoints: BoundedList<Endpoint, 4>,
	) -> Self {
		Call::Jobs(JobsCall::register_worker {
			class,
			slots,
			models,
			endpoints,
		})
	}

	/// Changes the models that the caller offers, and where it serves data.
	pub fn update_worker(
		models: BoundedList<ModelId, 16>,
		endpoints: BoundedList<Endpoint, 4>,
	) -> Self {
		Call::Jobs(JobsCall::update_worker { models, endpoints })
	}

	/// Pauses the caller, or lets it take jobs again.
	pub fn set_active(active: bool) -> Self {
		Call::Jobs(JobsCall::set_active { active })
	}

	/// Removes the caller from the workers.
	pub fn deregister_worker() -> Self {
		Call::Jobs(JobsCall::deregister_worker {})
	}

	/// Orders a job. `order` must be above the client's last one.
	pub fn submit(order: u64, spec: JobSpec) -> Self {
		Call::Jobs(JobsCall::submit { order, spec })
	}

	/// Withdraws an open job.
	pub fn cancel(job: JobId) -> Self {
		Call::Jobs(JobsCall::cancel { job })
	}

	/// States that the caller holds a job's input.
	pub fn acknowledge(job: JobId) -> Self {
		Call::Jobs(JobsCall::acknowledge { job })
	}

	/// Gives a job back before it is acknowledged.
	pub fn decline(job: JobId, reason: DeclineReason) -> Self {
		Call::Jobs(JobsCall::decline { job, reason })
	}

	/// Hands in a job's result.
	pub fn submit_result(job: JobId, receipt: SignedReceipt, output: JobOutput) -> Self {
		Call::Jobs(JobsCall::submit_result {
			job,
			receipt: Box::new(receipt),
			output,
		})
	}

	/// Evaluates a job's deadline now.
	pub fn poke(job: JobId) -> Self {
		Call::Jobs(JobsCall::poke { job })
	}

	/// Several calls in one transaction: all of them, or none.
	pub fn batch(calls: Vec<Call>) -> Self {
		Call::Batch(calls)
	}

	/// The call as root, where the chain has a sudo account and it signs.
	pub fn as_root(self) -> Self {
		Call::Sudo(Box::new(self))
	}

	/// The pallet's name and, for calls of our pallets, the encoded index and arguments.
	pub(crate) fn of_pallet(&self) -> Option<(&'static str, Vec<u8>)> {
		match self {
			Call::Escrow(call) => Some((ESCROW, call.encode())),
			Call::Staking(call) => Some((STAKING, call.encode())),
			Call::Hmm(call) => Some((HMM, call.encode())),
			Call::PoAi(call) => Some((POAI, call.encode())),
			Call::Jobs(call) => Some((JOBS, call.encode())),
			Call::Batch(_) | Call::Sudo(_) => None,
		}
	}
}

/// Name of the escrow pallet.
pub(crate) const ESCROW: &str = "Escrow";
/// Name of the pallet of bonds.
pub(crate) const STAKING: &str = "StakingSlashing";
/// Name of the market pallet.
pub(crate) const HMM: &str = "Hmm";
/// Name of the pallet of models and attestations.
pub(crate) const POAI: &str = "PoAi";
/// Name of the pallet of workers and jobs.
pub(crate) const JOBS: &str = "Jobs";
