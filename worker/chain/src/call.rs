//! What can be asked of the chain in a transaction.
//!
//! Each enum mirrors the calls of one pallet that are used here: same indices, same names, same
//! arguments. [`crate::Chain::connect`] compares them with the node's metadata.

// The macro that derives the encodings has no place for the documentation of a call's arguments:
// they are those of the pallet's calls.
#![allow(missing_docs)]

use crate::{
	contracts::{MAX_CODE_BYTES, MAX_ENTRY_BYTES, MAX_INPUT_BYTES},
	DeclineReason, SlashId, Swap,
};
use aci_primitives::{
	evidence::{Evidence, TeeKind},
	job::Home,
	model::ModelManifest,
	traits::DisputeVerdict,
	worker::Endpoint,
	AccountId, Balance, BlockNumber, BoundedBytes, BoundedList, Class, ClassId, Hash, JobId,
	JobOutput, JobSpec, ModelId, ReservationId, Role, SignedReceipt,
};
use codec::Encode;
use scale_info::TypeInfo;
use sp_core::ed25519;
use sp_runtime::Permill;

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
	#[codec(index = 3)]
	claim_for { who: AccountId },
	#[codec(index = 4)]
	open_budget { home: Home, amount: Balance },
	#[codec(index = 5)]
	close_budget { home: Home },
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
	#[codec(index = 4)]
	cancel_slash {
		#[codec(compact)]
		id: SlashId,
	},
	#[codec(index = 5)]
	apply_slash {
		#[codec(compact)]
		id: SlashId,
	},
	#[codec(index = 6)]
	validate { commission: Permill },
	#[codec(index = 7)]
	chill {},
	#[codec(index = 8)]
	force_chill { who: AccountId },
	#[codec(index = 9)]
	delegate {
		validator: AccountId,
		amount: Balance,
	},
	#[codec(index = 10)]
	undelegate {
		validator: AccountId,
		amount: Balance,
	},
	#[codec(index = 11)]
	withdraw_undelegated { validator: AccountId },
	#[codec(index = 12)]
	claim_rewards { validator: AccountId },
	#[codec(index = 13)]
	appeal {
		#[codec(compact)]
		id: SlashId,
		reason: Hash,
	},
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
	#[codec(index = 3)]
	provide {
		class: ClassId,
		#[codec(compact)]
		amount: Balance,
	},
	#[codec(index = 4)]
	begin_withdrawal {
		class: ClassId,
		#[codec(compact)]
		shares: u128,
	},
	#[codec(index = 5)]
	cancel_withdrawal {
		class: ClassId,
		#[codec(compact)]
		shares: u128,
	},
	#[codec(index = 6)]
	withdraw_liquidity { class: ClassId },
	#[codec(index = 7)]
	swap { action: Swap },
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
	#[codec(index = 3)]
	allow_measurement { tee: TeeKind, measurement: Hash },
	#[codec(index = 4)]
	revoke_measurement { measurement: Hash },
	#[codec(index = 5)]
	suspend { worker: AccountId },
	#[codec(index = 6)]
	unsuspend { worker: AccountId },
	#[codec(index = 7)]
	report_sybil { job: JobId, other: JobId },
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
	#[codec(index = 10)]
	submit_reserved {
		order: u64,
		spec: JobSpec,
		reservation: ReservationId,
	},
	#[codec(index = 11)]
	dispute { job: JobId },
	#[codec(index = 12)]
	decide_dispute { job: JobId, verdict: DisputeVerdict },
}

/// Calls of contracts.
#[derive(Clone, Debug, PartialEq, Eq, Encode, TypeInfo)]
#[allow(non_camel_case_types)]
pub enum AivmCall {
	#[codec(index = 0)]
	upload_code { code: BoundedBytes<MAX_CODE_BYTES> },
	#[codec(index = 2)]
	instantiate {
		code: Hash,
		#[codec(compact)]
		value: Balance,
		#[codec(compact)]
		gas_limit: u64,
		#[codec(compact)]
		deposit_limit: Balance,
		salt: [u8; 32],
		input: BoundedBytes<MAX_INPUT_BYTES>,
	},
	#[codec(index = 3)]
	call {
		contract: AccountId,
		#[codec(compact)]
		value: Balance,
		#[codec(compact)]
		gas_limit: u64,
		#[codec(compact)]
		deposit_limit: Balance,
		entry: BoundedBytes<MAX_ENTRY_BYTES>,
		input: BoundedBytes<MAX_INPUT_BYTES>,
	},
}

/// What a call of a contract may use and take of its signer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContractMeans {
	/// What is sent with it, in planck.
	pub value: Balance,
	/// The most whole gas.
	pub gas_limit: u64,
	/// The most that may be held for storage, in planck.
	pub deposit_limit: Balance,
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
	/// Of contracts.
	Aivm(AivmCall),
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

	/// Pays the credits that wait for another account or for a pot.
	pub fn claim_for(who: AccountId) -> Self {
		Call::Escrow(EscrowCall::claim_for { who })
	}

	/// Sets planck aside for a home to spend, and leases all of its budget to it.
	pub fn open_budget(home: Home, amount: Balance) -> Self {
		Call::Escrow(EscrowCall::open_budget { home, amount })
	}

	/// Takes what is left of a budget back to the free escrow, when its lease has ended.
	pub fn close_budget(home: Home) -> Self {
		Call::Escrow(EscrowCall::close_budget { home })
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

	/// Cancels a slash that is not applied. By governance.
	pub fn cancel_slash(id: SlashId) -> Self {
		Call::Staking(StakingCall::cancel_slash { id })
	}

	/// Applies a slash whose time has come, or pays the refunds that wait in its pot.
	pub fn apply_slash(id: SlashId) -> Self {
		Call::Staking(StakingCall::apply_slash { id })
	}

	/// Makes the caller a candidate for validating, or changes its commission, in parts per million;
	/// above one million counts as one million.
	pub fn validate(commission: u32) -> Self {
		Call::Staking(StakingCall::validate {
			commission: Permill::from_parts(commission),
		})
	}

	/// Ends the caller's candidacy.
	pub fn chill() -> Self {
		Call::Staking(StakingCall::chill {})
	}

	/// Ends another account's candidacy. By governance.
	pub fn force_chill(who: AccountId) -> Self {
		Call::Staking(StakingCall::force_chill { who })
	}

	/// Delegates planck to a candidate, or adds to a delegation.
	pub fn delegate(validator: AccountId, amount: Balance) -> Self {
		Call::Staking(StakingCall::delegate { validator, amount })
	}

	/// Starts to take planck out of a delegation.
	pub fn undelegate(validator: AccountId, amount: Balance) -> Self {
		Call::Staking(StakingCall::undelegate { validator, amount })
	}

	/// Takes back what was undelegated and whose time has come.
	pub fn withdraw_undelegated(validator: AccountId) -> Self {
		Call::Staking(StakingCall::withdraw_undelegated { validator })
	}

	/// Receives what is owed for a validator: the caller itself, or one that it delegated to.
	pub fn claim_rewards(validator: AccountId) -> Self {
		Call::Staking(StakingCall::claim_rewards { validator })
	}

	/// Appeals against a slash of the caller's bond. `reason` is the hash of the reasons.
	pub fn appeal(id: SlashId, reason: Hash) -> Self {
		Call::Staking(StakingCall::appeal { id, reason })
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

	/// Deposits planck in a class's fund, for shares of it.
	pub fn provide(class: ClassId, amount: Balance) -> Self {
		Call::Hmm(HmmCall::provide { class, amount })
	}

	/// Starts to withdraw shares from a class's fund.
	pub fn begin_withdrawal(class: ClassId, shares: u128) -> Self {
		Call::Hmm(HmmCall::begin_withdrawal { class, shares })
	}

	/// Keeps shares in a class's fund that are on their way out, those that began last first.
	pub fn cancel_withdrawal(class: ClassId, shares: u128) -> Self {
		Call::Hmm(HmmCall::cancel_withdrawal { class, shares })
	}

	/// Withdraws all shares of a class's fund whose time has come, at their present value.
	pub fn withdraw_liquidity(class: ClassId) -> Self {
		Call::Hmm(HmmCall::withdraw_liquidity { class })
	}

	/// Reserves capacity of a class from the next block on, for at most `max_price` planck.
	pub fn buy(class: ClassId, milli_slots: u64, blocks: BlockNumber, max_price: Balance) -> Self {
		let action = Swap::Buy {
			class,
			milli_slots,
			blocks,
			max_price,
		};
		Call::Hmm(HmmCall::swap { action })
	}

	/// Sells a reservation back for at least `min_refund` planck.
	pub fn sell_back(reservation: ReservationId, min_refund: Balance) -> Self {
		let action = Swap::SellBack {
			reservation,
			min_refund,
		};
		Call::Hmm(HmmCall::swap { action })
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

	/// Lets programs with a measurement attest in a kind of TEE. By governance.
	pub fn allow_measurement(tee: TeeKind, measurement: Hash) -> Self {
		Call::PoAi(PoAiCall::allow_measurement { tee, measurement })
	}

	/// Lets programs with a measurement attest no longer. By governance.
	pub fn revoke_measurement(measurement: Hash) -> Self {
		Call::PoAi(PoAiCall::revoke_measurement { measurement })
	}

	/// Suspends a worker. By governance.
	pub fn suspend(worker: AccountId) -> Self {
		Call::PoAi(PoAiCall::suspend { worker })
	}

	/// Lets a suspended worker attest again. By governance.
	pub fn unsuspend(worker: AccountId) -> Self {
		Call::PoAi(PoAiCall::unsuspend { worker })
	}

	/// Reports two workers that used one GPU at the same time, by a job of each.
	pub fn report_sybil(job: JobId, other: JobId) -> Self {
		Call::PoAi(PoAiCall::report_sybil { job, other })
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

	/// Orders a job that a reservation of the caller's pays for.
	pub fn submit_reserved(order: u64, spec: JobSpec, reservation: ReservationId) -> Self {
		Call::Jobs(JobsCall::submit_reserved {
			order,
			spec,
			reservation,
		})
	}

	/// Disputes the output of a job that the caller ordered.
	pub fn dispute(job: JobId) -> Self {
		Call::Jobs(JobsCall::dispute { job })
	}

	/// Decides a dispute. By governance.
	pub fn decide_dispute(job: JobId, verdict: DisputeVerdict) -> Self {
		Call::Jobs(JobsCall::decide_dispute { job, verdict })
	}

	/// Uploads a module that contracts can be made of.
	pub fn upload_code(code: BoundedBytes<MAX_CODE_BYTES>) -> Self {
		Call::Aivm(AivmCall::upload_code { code })
	}

	/// Makes a contract of an uploaded module and runs its `deploy`.
	pub fn instantiate(
		code: Hash,
		means: ContractMeans,
		salt: [u8; 32],
		input: BoundedBytes<MAX_INPUT_BYTES>,
	) -> Self {
		Call::Aivm(AivmCall::instantiate {
			code,
			value: means.value,
			gas_limit: means.gas_limit,
			deposit_limit: means.deposit_limit,
			salt,
			input,
		})
	}

	/// Runs an entry point of a contract.
	pub fn call_contract(
		contract: AccountId,
		means: ContractMeans,
		entry: BoundedBytes<MAX_ENTRY_BYTES>,
		input: BoundedBytes<MAX_INPUT_BYTES>,
	) -> Self {
		Call::Aivm(AivmCall::call {
			contract,
			value: means.value,
			gas_limit: means.gas_limit,
			deposit_limit: means.deposit_limit,
			entry,
			input,
		})
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
			Call::Aivm(call) => Some((AIVM, call.encode())),
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
/// Name of the pallet of contracts.
pub(crate) const AIVM: &str = "Aivm";
