//! Becoming a worker: bond, attestation, registration.
//!
//! # What it guarantees
//!
//! 1. Only what is missing is done, so starting again changes nothing: [`plan`] is a function of
//!    what the chain has and of what is wanted.
//! 2. Nothing is bonded unless the operator lets it be, and never more than is missing by the rules
//!    that governance has set. Whoever cannot bond is told so before the first transaction.
//! 3. Class and slots of a registered worker are never changed silently.

use crate::attester::{Attester, AttesterError};
use aci_chain::{amount, Account, Call, Certainty, Chain, ChainError};
use aci_market::stake::worker_bond_required;
use aci_primitives::{
	evidence::{Attestation, Evidence, Registration},
	worker::{Endpoint, WorkerView},
	Balance, BlockNumber, BoundedList, Class, ClassId, ModelId, Role, ACI, MILLI_ACI,
};
use sp_core::ed25519;

/// What is left on the account for fees when a bond is made.
const FEES: Balance = ACI;

/// Why the account cannot become a worker.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
	/// The chain could not be asked, or refused.
	#[error(transparent)]
	Chain(#[from] ChainError),
	/// The TEE failed.
	#[error(transparent)]
	Attester(#[from] AttesterError),
	/// Registered with another class or number of slots.
	#[error(
		"the account is registered for class {class} with {slots} slots, not for class \
		 {wanted_class} with {wanted_slots}: run `aci-worker deregister`, then start again"
	)]
	OtherOffer {
		/// The registered class.
		class: ClassId,
		/// The registered slots.
		slots: u32,
		/// The class that is wanted.
		wanted_class: ClassId,
		/// The slots that are wanted.
		wanted_slots: u32,
	},
	/// Too little bonded, and bonding is off.
	#[error(
		"the bond is {bonded}, and {required} are needed: bond {missing} more with `aci stake bond \
		 worker`, or start with --bond auto"
	)]
	BondMissing {
		/// What is bonded.
		bonded: String,
		/// What is needed.
		required: String,
		/// What is missing.
		missing: String,
	},
	/// Too little on the account.
	#[error(
		"the account {account} has {free}, and {missing} must be bonded besides about {fees} for \
		 fees: send it at least {lacking} (on a development chain: `aci transfer` from alice), or \
		 offer fewer slots"
	)]
	BalanceTooSmall {
		/// Its address.
		account: String,
		/// What it can spend.
		free: String,
		/// What must be bonded.
		missing: String,
		/// What is kept for fees.
		fees: String,
		/// What it lacks.
		lacking: String,
	},
}

/// What the worker is to be on the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
	/// The class.
	pub class: ClassId,
	/// Jobs side by side.
	pub slots: u32,
	/// The models.
	pub models: BoundedList<ModelId, 16>,
	/// Where it serves data.
	pub endpoints: BoundedList<Endpoint, 4>,
	/// Signs receipts.
	pub session_key: ed25519::Public,
	/// Opens inputs.
	pub data_key: [u8; 32],
}

/// A transaction that is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
	/// Set the keys with evidence.
	Attest,
	/// Register.
	Register,
	/// Change models or endpoints.
	Update,
	/// Take jobs again.
	Activate,
}

/// What is missing of what is wanted.
pub fn plan(
	worker: Option<&WorkerView>,
	attestation: Option<&Attestation>,
	wanted: &Wanted,
) -> Result<Vec<Action>, EnrolError> {
	let mut actions = Vec::new();
	let keys_stand = attestation.is_some_and(|attestation| {
		attestation.session_key == wanted.session_key && attestation.data_key == wanted.data_key
	});
	// The view has no key where the attestation does not stand any more.
	let stands = worker.is_none_or(|view| view.data_key == Some(wanted.data_key));
	if !keys_stand || !stands {
		actions.push(Action::Attest);
	}
	let Some(WorkerView { worker, .. }) = worker else {
		actions.push(Action::Register);
		return Ok(actions);
	};
	if (worker.class, worker.slots) != (wanted.class, wanted.slots) {
		return Err(EnrolError::OtherOffer {
			class: worker.class,
			slots: worker.slots,
			wanted_class: wanted.class,
			wanted_slots: wanted.slots,
		});
	}
	if (&worker.models, &worker.endpoints) != (&wanted.models, &wanted.endpoints) {
		actions.push(Action::Update);
	}
	if !worker.active {
		actions.push(Action::Activate);
	}
	Ok(actions)
}

/// What has to be bonded to reach `required`, and whether the account can.
///
/// `free` is what the account can spend.
pub fn missing_bond(
	account: String,
	required: Balance,
	bonded: Balance,
	free: Balance,
	auto: bool,
) -> Result<Balance, EnrolError> {
	let missing = required.saturating_sub(bonded);
	if missing == 0 {
		return Ok(0);
	}
	if !auto {
		return Err(EnrolError::BondMissing {
			bonded: amount::format(bonded),
			required: amount::format(required),
			missing: amount::format(missing),
		});
	}
	let needed = missing.saturating_add(FEES);
	if free < needed {
		return Err(EnrolError::BalanceTooSmall {
			account,
			free: amount::format(free),
			missing: amount::format(missing),
			fees: amount::format(FEES),
			lacking: amount::format(needed.saturating_sub(free)),
		});
	}
	Ok(missing)
}

/// Does what is missing; see the module.
pub async fn enrol(
	chain: &Chain,
	account: &Account,
	class: &Class,
	wanted: &Wanted,
	attester: &dyn Attester,
	auto_bond: bool,
) -> Result<(), EnrolError> {
	let id = account.id();
	let worker = chain.worker(&id).await?;
	let attestation = chain.attestation(&id).await?;
	let actions = plan(worker.as_ref(), attestation.as_ref(), wanted)?;
	if actions.contains(&Action::Register) {
		let required = required(chain, class, wanted).await?;
		// Whoever cannot bond is told so before anything is paid for.
		missing(chain, account, required, auto_bond).await?;
	}
	for action in actions {
		match action {
			Action::Attest => attest(chain, account, wanted, attester).await?,
			Action::Register => register(chain, account, class, wanted, auto_bond).await?,
			Action::Update => {
				let call = Call::update_worker(wanted.models.clone(), wanted.endpoints.clone());
				chain.submit(account, call).await?;
				tracing::info!("updated models and endpoints");
			}
			Action::Activate => {
				chain.submit(account, Call::set_active(true)).await?;
				tracing::info!("takes jobs again");
			}
		}
	}
	Ok(())
}

/// Evidence for keys, and what it is bound to.
pub(crate) struct Made {
	/// What the TEE gave.
	pub evidence: Evidence,
	/// What it is for.
	pub registration: Registration,
	/// The number of the registration's block.
	pub recent_block: BlockNumber,
}

/// Makes evidence for keys against the chain's best block.
pub(crate) async fn evidence(
	chain: &Chain,
	account: &Account,
	session_key: ed25519::Public,
	data_key: [u8; 32],
	attester: &dyn Attester,
) -> Result<Made, EnrolError> {
	let recent = chain.head(Certainty::Best).await?;
	let registration = Registration {
		genesis: chain.genesis(),
		account: account.id(),
		session_key,
		data_key,
		recent_block: recent.hash,
	};
	Ok(Made {
		evidence: attester.quote(&registration)?,
		registration,
		recent_block: recent.number,
	})
}

async fn attest(
	chain: &Chain,
	account: &Account,
	wanted: &Wanted,
	attester: &dyn Attester,
) -> Result<(), EnrolError> {
	let (session_key, data_key) = (wanted.session_key, wanted.data_key);
	let made = evidence(chain, account, session_key, data_key, attester).await?;
	let call = Call::attest(made.evidence, session_key, data_key, made.recent_block);
	chain.submit(account, call).await?;
	tracing::info!(tee = attester.name(), "attested the keys");
	Ok(())
}

/// The bond in planck that the chain asks for what is offered.
async fn required(chain: &Chain, class: &Class, wanted: &Wanted) -> Result<Balance, ChainError> {
	let rules = chain.stake_rules().await?;
	let (slots, peak) = (wanted.slots, class.peak_flops);
	Ok(worker_bond_required(&rules, slots, peak))
}

/// What the account has to bond to reach `required`, and whether it can.
async fn missing(
	chain: &Chain,
	account: &Account,
	required: Balance,
	auto_bond: bool,
) -> Result<Balance, EnrolError> {
	let id = account.id();
	let stakes = chain.stakes(&id).await?;
	let bonded = stakes
		.iter()
		.find(|stake| stake.role == Role::Worker)
		.map_or(0, |stake| stake.bonded);
	let balance = chain.balances(&id).await?;
	// What is held counts toward what is frozen.
	let frozen = balance.frozen.saturating_sub(balance.reserved);
	let free = balance.free.saturating_sub(frozen.max(MILLI_ACI));
	missing_bond(id.to_string(), required, bonded, free, auto_bond)
}

async fn register(
	chain: &Chain,
	account: &Account,
	class: &Class,
	wanted: &Wanted,
	auto_bond: bool,
) -> Result<(), EnrolError> {
	let required = required(chain, class, wanted).await?;
	let missing = missing(chain, account, required, auto_bond).await?;
	if missing > 0 {
		chain
			.submit(account, Call::bond(Role::Worker, missing))
			.await?;
		tracing::info!(amount = amount::format(missing), "bonded");
	}
	let call = Call::register_worker(
		wanted.class,
		wanted.slots,
		wanted.models.clone(),
		wanted.endpoints.clone(),
	);
	chain.submit(account, call).await?;
	tracing::info!(class = wanted.class, slots = wanted.slots, "registered");
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::testing;
	use aci_primitives::{evidence::TeeKind, worker::Worker};
	use sp_core::H256;

	fn wanted() -> Wanted {
		Wanted {
			class: 0,
			slots: 1,
			models: BoundedList::truncate_from(vec![H256::repeat_byte(1)]),
			endpoints: BoundedList::default(),
			session_key: ed25519::Public::from_raw([2; 32]),
			data_key: [3; 32],
		}
	}

	fn registered(wanted: &Wanted) -> (WorkerView, Attestation) {
		let view = WorkerView {
			account: testing::ME,
			worker: Worker {
				class: wanted.class,
				slots: wanted.slots,
				busy: 0,
				models: wanted.models.clone(),
				endpoints: wanted.endpoints.clone(),
				exposure: 0,
				missed: 0,
				active: true,
				since: 1,
				weight: 800_000,
			},
			bond: 0,
			quality: 0,
			data_key: Some(wanted.data_key),
		};
		let attestation = Attestation {
			session_key: wanted.session_key,
			data_key: wanted.data_key,
			tee: TeeKind::Software,
			measurement: H256::zero(),
			hardware: H256::zero(),
			since: 1,
			expires: u64::MAX,
		};
		(view, attestation)
	}

	#[test]
	fn starting_again_changes_nothing() {
		let wanted = wanted();
		let (view, attestation) = registered(&wanted);
		let actions = plan(Some(&view), Some(&attestation), &wanted).expect("fits");
		assert_eq!(actions, vec![]);
	}

	#[test]
	fn only_what_is_missing_is_done() {
		let wanted = wanted();
		let (view, attestation) = registered(&wanted);
		let actions = |view: Option<&WorkerView>, attestation: Option<&Attestation>| {
			plan(view, attestation, &wanted).expect("fits")
		};
		assert_eq!(actions(None, None), vec![Action::Attest, Action::Register]);
		assert_eq!(actions(None, Some(&attestation)), vec![Action::Register]);
		assert_eq!(actions(Some(&view), None), vec![Action::Attest]);
		let mut changed = view.clone();
		changed.worker.active = false;
		changed.worker.models = BoundedList::default();
		assert_eq!(
			actions(Some(&changed), Some(&attestation)),
			vec![Action::Update, Action::Activate]
		);
		let mut suspended = view;
		suspended.data_key = None;
		assert_eq!(
			actions(Some(&suspended), Some(&attestation)),
			vec![Action::Attest]
		);
	}

	#[test]
	fn another_class_or_number_of_slots_is_an_error_that_says_both() {
		let wanted = wanted();
		let (mut view, attestation) = registered(&wanted);
		view.worker.slots = 4;
		let error = plan(Some(&view), Some(&attestation), &wanted)
			.expect_err("differs")
			.to_string();
		assert!(
			error.contains("4 slots") && error.contains("deregister"),
			"{error}"
		);
	}

	#[test]
	fn a_balance_that_is_too_small_is_told_how_much_it_lacks() {
		let check = |bonded, free, auto| {
			missing_bond("5F".into(), 118 * ACI, bonded, free, auto).map_err(|e| e.to_string())
		};
		assert_eq!(check(118 * ACI, 0, true), Ok(0));
		assert_eq!(check(18 * ACI, 101 * ACI, true), Ok(100 * ACI));
		let error = check(0, 19 * ACI, true).expect_err("too little");
		assert!(error.contains("100.000000000000 ACI"), "{error}");
		let error = check(18 * ACI, 1_000 * ACI, false).expect_err("not allowed");
		assert!(error.contains("--bond auto"), "{error}");
	}
}
