use crate::{mock::*, Error, Receipts, StoredReceipt};
use aci_primitives::{receipt::Receipt, traits::ProofOfAi, JobId, JobSpec, SignedReceipt};
use frame_support::{assert_noop, assert_ok};
use sp_core::H256;
use sp_runtime::DispatchError;

fn accept(
	worker: u8,
	job: &JobId,
	spec: &JobSpec,
	signed: &SignedReceipt,
) -> Result<H256, DispatchError> {
	PoAi::accept_receipt(&account(worker), job, spec, &class(), signed)
}

/// A chain with a text model and an attested worker: account 1, session key 10.
fn scene(test: impl FnOnce(JobId, JobSpec)) {
	development().execute_with(|| {
		assert_ok!(register(2, 7, manifest()));
		assert_ok!(attest(1, 10));
		let spec = order(7);
		test(job(1, &spec), spec);
		assert_invariants();
	});
}

#[test]
fn an_honest_receipt_is_accepted_and_stored() {
	scene(|job, spec| {
		let signed = sign(receipt(&job, &spec, &manifest()), 10);
		assert_eq!(accept(1, &job, &spec, &signed), Ok(signed.hash()));
		assert_eq!(
			PoAi::receipt(job),
			Some(StoredReceipt {
				hash: signed.hash(),
				receipt: signed,
				worker: account(1),
				block: 40,
			})
		);
	});
}

#[test]
fn a_job_has_one_receipt() {
	scene(|job, spec| {
		let signed = sign(receipt(&job, &spec, &manifest()), 10);
		assert_ok!(accept(1, &job, &spec, &signed));
		assert_noop!(
			accept(1, &job, &spec, &signed),
			Error::<Test>::ReceiptExists
		);
		let mut other = receipt(&job, &spec, &manifest());
		other.output = H256::repeat_byte(0x34);
		let other = sign(other, 10);
		assert_noop!(accept(1, &job, &spec, &other), Error::<Test>::ReceiptExists);
	});
}

#[test]
fn a_receipt_is_not_accepted_for_another_job() {
	scene(|first, spec| {
		let signed = sign(receipt(&first, &spec, &manifest()), 10);
		assert_ok!(accept(1, &first, &spec, &signed));
		let second = job(2, &spec);
		assert_noop!(
			accept(1, &second, &spec, &signed),
			Error::<Test>::ReceiptWrongJob
		);
	});
}

#[test]
fn a_forgotten_receipt_is_gone() {
	scene(|job, spec| {
		let signed = sign(receipt(&job, &spec, &manifest()), 10);
		assert_ok!(accept(1, &job, &spec, &signed));
		PoAi::forget_receipt(&job);
		assert_eq!(PoAi::receipt(job), None);
		assert_eq!(Receipts::<Test>::iter().count(), 0);
	});
}

#[test]
fn every_broken_rule_of_level_1_has_its_own_error() {
	type Change = fn(&mut Receipt);
	let cases: [(Change, Error<Test>); 15] = [
		(|r| r.job = H256::zero(), Error::ReceiptWrongJob),
		(|r| r.input = H256::zero(), Error::ReceiptWrongInput),
		(|r| r.model = H256::zero(), Error::ReceiptWrongModel),
		(|r| r.profile.calibration = 1, Error::ReceiptWrongProfile),
		(|r| r.seed = H256::zero(), Error::ReceiptWrongSeed),
		(|r| r.tokens_in = 0, Error::ReceiptNoInputTokens),
		(|r| r.tokens_in = 65, Error::ReceiptTooManyTokensIn),
		(|r| r.tokens_out = 33, Error::ReceiptTooManyTokensOut),
		(|r| r.tokens_out = 11, Error::ReceiptWrongOperations),
		(|r| r.metrics.flops += 1, Error::ReceiptWrongOperations),
		(
			|r| r.metrics.peak_memory = 1,
			Error::ReceiptMemoryBelowWeights,
		),
		(
			|r| r.metrics.peak_memory = u64::MAX,
			Error::ReceiptMemoryAboveHardware,
		),
		(|r| r.duration = 0, Error::ReceiptTooFast),
		(
			|r| r.metrics.device_busy += 1,
			Error::ReceiptBusyLongerThanRun,
		),
		(|r| r.started = u64::MAX, Error::ReceiptImplausibleTime),
	];
	scene(|job, spec| {
		for (change, error) in cases {
			let mut changed = receipt(&job, &spec, &manifest());
			change(&mut changed);
			assert_noop!(accept(1, &job, &spec, &sign(changed, 10)), error);
		}
		let mut altered = sign(receipt(&job, &spec, &manifest()), 10);
		altered.receipt.output = H256::zero();
		assert_noop!(
			accept(1, &job, &spec, &altered),
			Error::<Test>::ReceiptBadSignature
		);

		let signed = sign(receipt(&job, &spec, &manifest()), 10);
		let mut small = class();
		small.memory = 1_000;
		assert_noop!(
			PoAi::accept_receipt(&account(1), &job, &spec, &small, &signed),
			Error::<Test>::ModelTooLarge
		);
		let mut unknown = class();
		unknown.peak_flops = 0;
		assert_noop!(
			PoAi::accept_receipt(&account(1), &job, &spec, &unknown, &signed),
			Error::<Test>::HardwareUnknown
		);
	});
}

#[test]
fn an_order_beyond_the_models_context_or_profiles_gets_no_receipt() {
	development().execute_with(|| {
		let mut narrow = manifest();
		narrow.shape.context = 25;
		assert_ok!(register(2, 7, narrow));
		assert_ok!(attest(1, 10));
		let spec = order(7);
		let first = job(1, &spec);
		let signed = sign(receipt(&first, &spec, &manifest()), 10);
		assert_noop!(
			accept(1, &first, &spec, &signed),
			Error::<Test>::ReceiptOutsideModel
		);

		let mut spec = order(7);
		spec.profile.kind = aci_primitives::proof::ProfileKind::Exact;
		let second = job(2, &spec);
		let signed = sign(receipt(&second, &spec, &manifest()), 10);
		assert_noop!(
			accept(1, &second, &spec, &signed),
			Error::<Test>::ProfileNotAllowed
		);
	});
}

#[test]
fn a_receipt_of_another_worker_is_refused() {
	scene(|job, spec| {
		assert_ok!(attest(3, 12));
		let signed = sign(receipt(&job, &spec, &manifest()), 12);
		assert_noop!(
			accept(1, &job, &spec, &signed),
			Error::<Test>::ReceiptBadSignature
		);
		assert_ok!(accept(3, &job, &spec, &signed));
	});
}

#[test]
fn a_receipt_by_a_former_key_is_refused() {
	scene(|job, spec| {
		let signed = sign(receipt(&job, &spec, &manifest()), 10);
		assert_ok!(attest(1, 11));
		assert_noop!(
			accept(1, &job, &spec, &signed),
			Error::<Test>::ReceiptBadSignature
		);
	});
}

#[test]
fn a_worker_without_a_standing_attestation_hands_in_nothing() {
	scene(|job, spec| {
		let signed = sign(receipt(&job, &spec, &manifest()), 10);
		assert_noop!(accept(2, &job, &spec, &signed), Error::<Test>::NotAttested);
		assert_ok!(PoAi::suspend(RuntimeOrigin::root(), account(1)));
		assert_noop!(accept(1, &job, &spec, &signed), Error::<Test>::NotAttested);
		assert_ok!(PoAi::unsuspend(RuntimeOrigin::root(), account(1)));
		assert_ok!(accept(1, &job, &spec, &signed));
	});
}

#[test]
fn a_receipt_for_a_model_that_is_gone_is_refused() {
	scene(|job, spec| {
		let signed = sign(receipt(&job, &spec, &manifest()), 10);
		assert_ok!(PoAi::remove_model(RuntimeOrigin::root(), model_id(7)));
		assert_noop!(accept(1, &job, &spec, &signed), Error::<Test>::UnknownModel);
	});
}
