//! Governance in use, on a running node: accounts submit referenda and vote by signed transactions,
//! and what passes happens. Nobody uses sudo.
//!
//! The node makes a block when the test asks for one, so nothing here depends on how long a block
//! takes. [`programs`] says what the test with a worker and a client needs.

mod chain;
mod market;
mod programs;
mod referendum;
#[path = "../support/signing.rs"]
mod signing;

use aci_primitives::{job::JobStatus, Moment};
use aci_runtime::{
	governance::terms::{self, TrackTerms},
	parameters::{governed, RuntimeParameters, RuntimeParametersKey, RuntimeParametersValue},
	Runtime, RuntimeCall, RuntimeEvent, UNIT,
};
use chain::Chain;
use pallet_referenda::ReferendumInfo;
use programs::{until, until_pending, Programs};
use referendum::{as_root, enact, on_parameters, outlast, submit, vote_against, vote_for};
use sp_keyring::Sr25519Keyring::{Alice, Bob, Dave, Eve, Ferdie};
use sp_runtime::{
	traits::{BlakeTwo256, Hash},
	DispatchError,
};

/// The match period that referenda here set: ten minutes.
const MATCH_PERIOD: Moment = 600_000;

type SystemCall = frame_system::Call<Runtime>;

fn set(key_value: RuntimeParameters) -> RuntimeCall {
	pallet_parameters::Call::<Runtime>::set_parameter { key_value }.into()
}

fn set_match_period() -> RuntimeCall {
	use governed::jobs::{MatchPeriod, Parameters};
	set(RuntimeParameters::Jobs(Parameters::MatchPeriod(
		MatchPeriod,
		Some(MATCH_PERIOD),
	)))
}

/// A governed parameter as it is stored; `None` where its default holds.
fn parameter(chain: &mut Chain, key: &RuntimeParametersKey) -> Option<RuntimeParametersValue> {
	let key = pallet_parameters::Parameters::<Runtime>::hashed_key_for(key);
	chain.stored(&key)
}

fn match_period_key() -> RuntimeParametersKey {
	use governed::jobs::{MatchPeriod, ParametersKey};
	RuntimeParametersKey::Jobs(ParametersKey::MatchPeriod(MatchPeriod))
}

fn root_terms_key() -> RuntimeParametersKey {
	use governed::governance::{ParametersKey, RootTerms};
	RuntimeParametersKey::Governance(ParametersKey::RootTerms(RootTerms))
}

#[test]
fn a_referendum_changes_a_parameter_and_jobs_obey_it() {
	let mut chain = Chain::start();
	let key = match_period_key();
	assert_eq!(parameter(&mut chain, &key), None);
	let before = market::order(&mut chain, Ferdie, 1);
	let default = market::waits_for(&market::job(&mut chain, before));
	assert_ne!(default, MATCH_PERIOD);

	let index = referendum::submit_preimage(&mut chain, on_parameters(), set_match_period());
	vote_for(&mut chain, index);
	assert_eq!(enact(&mut chain, index), Ok(()));

	let value =
		RuntimeParametersValue::Jobs(governed::jobs::ParametersValue::MatchPeriod(MATCH_PERIOD));
	let updated = RuntimeEvent::Parameters(pallet_parameters::Event::Updated {
		key: key.clone(),
		old_value: None,
		new_value: Some(value.clone()),
	});
	assert!(chain.seen().contains(&updated));
	assert_eq!(parameter(&mut chain, &key), Some(value));
	let after = market::order(&mut chain, Ferdie, 2);
	let changed = market::waits_for(&market::job(&mut chain, after));
	assert_eq!(changed, MATCH_PERIOD);

	// The deposits come back to those who placed them.
	let (_, held) = chain.money(Dave);
	let refund = pallet_referenda::Call::<Runtime>::refund_decision_deposit { index };
	chain.submit(Eve, refund).expect("anyone asks for it");
	let (_, held_now) = chain.money(Dave);
	assert_eq!(held - held_now, 10 * UNIT);
}

#[test]
fn a_referendum_that_fails_the_vote_changes_nothing() {
	let mut chain = Chain::start();
	let index = submit(&mut chain, on_parameters(), set_match_period());
	vote_against(&mut chain, index);
	outlast(&mut chain);
	let info = referendum::info(&mut chain, index);
	assert!(matches!(info, ReferendumInfo::Rejected(..)), "{info:?}");
	assert_eq!(referendum::result(&chain, index), None);
	let seen = chain.seen();
	assert!(!seen
		.iter()
		.any(|event| matches!(event, RuntimeEvent::Parameters(_))));
	assert_eq!(parameter(&mut chain, &match_period_key()), None);
}

#[test]
fn an_account_cannot_do_itself_what_referenda_do() {
	let mut chain = Chain::start();
	let calls = [
		set_match_period(),
		SystemCall::set_code { code: vec![0; 8] }.into(),
		SystemCall::authorize_upgrade {
			code_hash: Default::default(),
		}
		.into(),
	];
	for call in calls {
		let refused = chain.submit(Bob, call).map(drop);
		assert_eq!(refused, Err(DispatchError::BadOrigin));
	}
	assert_eq!(parameter(&mut chain, &match_period_key()), None);
}

#[test]
fn the_parameters_track_cannot_upgrade_the_chain_nor_ease_the_root_track() {
	let mut chain = Chain::start();
	let versions = chain.versions();
	let root_terms = parameter(&mut chain, &root_terms_key());
	assert!(
		root_terms.is_some(),
		"development chains have terms of their own"
	);
	let code = next_runtime();
	let code_hash = BlakeTwo256::hash(code);
	let easy = TrackTerms {
		decision_period: 1,
		..terms::ROOT
	};
	let ease =
		governed::governance::Parameters::RootTerms(governed::governance::RootTerms, Some(easy));
	let calls = [
		SystemCall::set_code {
			code: code.to_vec(),
		}
		.into(),
		SystemCall::authorize_upgrade { code_hash }.into(),
		set(RuntimeParameters::Governance(ease)),
	];
	let indices = calls.map(|call: RuntimeCall| {
		let index = submit(&mut chain, on_parameters(), call);
		vote_for(&mut chain, index);
		index
	});
	// They run side by side; each passes, and none can act.
	outlast(&mut chain);
	for index in indices {
		let result = referendum::result(&chain, index);
		assert_eq!(result, Some(Err(DispatchError::BadOrigin)), "{index}");
	}
	assert_eq!(chain.versions(), versions);
	assert_eq!(parameter(&mut chain, &root_terms_key()), root_terms);
	// Nothing was authorised, so the code is refused whoever brings it.
	let apply = SystemCall::apply_authorized_upgrade {
		code: code.to_vec(),
	};
	assert!(chain.submit(Bob, apply).is_err());
}

#[test]
fn a_root_referendum_upgrades_the_runtime_and_the_market_goes_on() {
	let mut chain = Chain::start();
	let (spec_version, transaction_version) = chain.versions();
	let code = next_runtime();
	let index = submit(
		&mut chain,
		as_root(),
		SystemCall::authorize_upgrade {
			code_hash: BlakeTwo256::hash(code),
		},
	);
	vote_for(&mut chain, index);
	assert_eq!(enact(&mut chain, index), Ok(()));
	assert_eq!(chain.versions(), (spec_version, transaction_version));

	// A worker and a client, as people run them.
	let mut programs = Programs::new(&chain);
	let mut worker = programs.worker(&mut chain, "dave");
	assert_eq!(programs.order("charlie").job(&mut chain), "Settled");
	let (inherents, _) = chain.block();

	// What the market has when the code changes: an open job, its price locked.
	let job = market::order(&mut chain, Ferdie, 1);
	let before = market::job(&mut chain, job);
	assert_eq!(before.job.status, JobStatus::Open);
	let (_, held) = chain.money(Ferdie);
	let transfer = pallet_balances::Call::<Runtime>::transfer_keep_alive {
		dest: Bob.to_account_id().into(),
		value: UNIT,
	};
	let versions = (spec_version, transaction_version);
	let stale = chain.sign(Alice, transfer.clone(), versions);

	// The worker is about to acknowledge a job and the client to order another. The block of the
	// upgrade has no room for either, so both are signed for the old runtime.
	let matched = market::matched(&chain);
	let mut running = programs.order("charlie");
	until(&mut chain, "the job to be matched", |chain| {
		(market::matched(chain) > matched).then_some(())
	});
	until_pending(&mut chain, 1);
	let mut ordered = programs.order("charlie");
	until_pending(&mut chain, 2);
	let seen = chain.seen().len();

	// Anyone brings the code.
	let apply = SystemCall::apply_authorized_upgrade {
		code: code.to_vec(),
	};
	let of_the_block = [vec![chain.sign(Eve, apply.clone(), versions)], inherents].concat();
	chain.fill_beside(&of_the_block, Ferdie);
	let events = chain
		.submit(Eve, apply)
		.expect("the code is the authorised one");
	assert!(
		!chain.seen()[seen..].iter().any(market::is_of_a_job),
		"neither is in the block"
	);
	let updated = RuntimeEvent::System(frame_system::Event::CodeUpdated {
		hash: BlakeTwo256::hash(code),
	});
	assert!(events.contains(&updated), "{events:?}");
	assert_eq!(chain.versions(), (spec_version + 1, transaction_version));

	// The next block is the new runtime's own.
	chain.block();
	let key = frame_system::LastRuntimeUpgrade::<Runtime>::hashed_key();
	let ran: frame_system::LastRuntimeUpgradeInfo =
		chain.stored(&key).expect("a runtime notes that it ran");
	assert_eq!(ran.spec_version.0, spec_version + 1);
	let refused = chain
		.hand_in(&stale)
		.expect_err("was signed for the old runtime");
	assert!(refused.contains("signature"), "{refused}");
	let (free, _) = chain.money(Bob);
	chain
		.submit(Alice, transfer)
		.expect("a transfer is executed");
	assert_eq!(chain.money(Bob).0, free + UNIT);

	// The market is as it was, and works.
	assert_eq!(market::job(&mut chain, job), before);
	assert_eq!(chain.money(Ferdie).1, held);
	assert!(market::cancel(&mut chain, Ferdie, job));
	assert_eq!(chain.money(Ferdie).1, held - before.locked);
	assert_eq!(
		market::job(&mut chain, job).job.status,
		JobStatus::Cancelled
	);

	// So do worker and client, without a restart and without trying again.
	assert_eq!(running.job(&mut chain), "Settled");
	assert_eq!(ordered.job(&mut chain), "Settled");
	assert_eq!(programs.order("charlie").job(&mut chain), "Settled");
	worker.must_run();
	for told in [worker.told(), ordered.told()] {
		assert!(told.contains("is signed for it"), "{told}");
		for trouble in ["ERROR", "trying again", "refuses"] {
			assert!(!told.contains(trouble), "`{trouble}`:\n{told}");
		}
	}
}

fn next_runtime() -> &'static [u8] {
	aci_next_runtime::CODE.expect("the workspace was built without SKIP_WASM_BUILD")
}
