//! Submission and cancellation.

use crate::{mock::*, Event};
use aci_primitives::{job::MAX_CONTENT, Class, JobInput, JobSpec, JobStatus};
use frame_support::{assert_noop, assert_ok};
use sp_core::H256;

fn with(change: impl FnOnce(&mut JobSpec)) -> JobSpec {
	let mut spec = text();
	change(&mut spec);
	spec
}

#[test]
fn an_order_that_cannot_be_run_is_refused_and_takes_nothing() {
	run(|| {
		let [client, _] = clients();
		let cases = [
			(with(|spec| spec.class = 77), Failure::UnknownClass),
			(
				with(|spec| spec.model = H256::repeat_byte(0x99)),
				Failure::UnknownModel,
			),
			(
				with(|spec| spec.profile.kind = embedding().profile.kind),
				Failure::ProfileNotAllowed,
			),
			(
				with(|spec| spec.input = JobInput::Inline(Default::default())),
				Failure::InputEmpty,
			),
			(
				with(|spec| {
					let JobInput::Content(mut content) = served().input else {
						unreachable!()
					};
					content.length = MAX_CONTENT + 1;
					spec.input = JobInput::Content(content);
				}),
				Failure::InputTooLong,
			),
			(
				with(|spec| spec.parameters.max_tokens_in = 0),
				Failure::WrongTokenLimits,
			),
			(
				with(|spec| spec.parameters.max_tokens_out = 0),
				Failure::WrongTokenLimits,
			),
			(
				with(|spec| spec.parameters.max_tokens_in = 481),
				Failure::ContextExceeded,
			),
			(
				with(|spec| spec.parameters.max_tokens_in = u32::MAX),
				Failure::ContextExceeded,
			),
			(with(|spec| spec.sla = 999), Failure::SlaOutOfBounds),
			(with(|spec| spec.sla = 3_600_001), Failure::SlaOutOfBounds),
			(with(|spec| spec.max_price = 0), Failure::MaxPriceTooLow),
			(
				with(|spec| spec.max_price = EXISTENTIAL_DEPOSIT - 1),
				Failure::MaxPriceTooLow,
			),
		];
		for (spec, failure) in cases {
			assert_noop!(try_submit(&client, 1, &spec), failure);
		}
		let mut generating = embedding();
		generating.parameters.max_tokens_out = 1;
		assert_noop!(
			try_submit(&client, 1, &generating),
			Failure::WrongTokenLimits
		);
		assert_eq!(free(&client), START);
	});
}

#[test]
fn an_sla_that_the_hardware_cannot_meet_is_refused() {
	run(|| {
		let slow = Class {
			peak_flops: 10_000_000_000,
			..class()
		};
		assert_ok!(Hmm::set_class(RuntimeOrigin::root(), CLASS, slow));
		// 18 GFLOP at 10 GFLOP/s take longer than one second.
		let spec = with(|spec| spec.sla = 1_000);
		assert_noop!(try_submit(&clients()[0], 1, &spec), Failure::SlaTooShort);
		assert_ok!(try_submit(&clients()[0], 1, &text()));
	});
}

#[test]
fn an_order_number_is_never_used_twice() {
	run(|| {
		let [client, other] = clients();
		let id = submit(&client, 5, &text());
		assert_noop!(try_submit(&client, 5, &text()), Failure::OrderNumberUsed);
		assert_noop!(
			try_submit(&client, 5, &embedding()),
			Failure::OrderNumberUsed
		);
		assert_noop!(try_submit(&client, 4, &text()), Failure::OrderNumberUsed);
		// Each client counts for itself.
		submit(&other, 5, &text());

		assert_ok!(Jobs::cancel(RuntimeOrigin::signed(client.clone()), id));
		blocks(RETENTION);
		assert!(crate::Jobs::<Test>::get(id).is_none());
		assert_noop!(try_submit(&client, 5, &text()), Failure::OrderNumberUsed);
		submit(&client, 6, &text());
	});
}

#[test]
fn a_client_without_funds_submits_nothing() {
	run(|| {
		let [client, other] = clients();
		let spec = with(|spec| spec.max_price = START);
		assert!(try_submit(&client, 1, &spec).is_err());
		// The lock fits, the deposit does not.
		let spec = with(|spec| spec.max_price = START - DEPOSIT);
		assert!(try_submit(&client, 1, &spec).is_err());
		assert_eq!((free(&client), total(&client)), (START, START));
		assert!(crate::LastOrder::<Test>::get(&client).is_none());

		// Nor one that does not exist.
		assert!(try_submit(&account(99), 1, &text()).is_err());

		let spec = with(|spec| spec.max_price = START - DEPOSIT - EXISTENTIAL_DEPOSIT);
		assert_ok!(try_submit(&other, 1, &spec));
	});
}

#[test]
fn a_cancelled_job_is_refunded_in_full() {
	run(|| {
		let [client, other] = clients();
		let id = submit(&client, 1, &text());
		assert_noop!(
			Jobs::cancel(RuntimeOrigin::signed(other), id),
			Failure::NotClient
		);
		assert_noop!(
			Jobs::cancel(RuntimeOrigin::signed(client.clone()), H256::zero()),
			Failure::UnknownJob
		);
		events();
		assert_ok!(Jobs::cancel(RuntimeOrigin::signed(client.clone()), id));
		assert_eq!(
			events(),
			vec![Event::JobCancelled {
				job: id,
				client: client.clone(),
				refund: MAX_PRICE
			}]
		);
		assert_eq!(status(id), JobStatus::Cancelled);
		assert_eq!(free(&client), START - DEPOSIT);
		assert_noop!(
			Jobs::cancel(RuntimeOrigin::signed(client.clone()), id),
			Failure::NotOpen
		);
		blocks(RETENTION);
		assert_eq!(free(&client), START);
	});
}

#[test]
fn a_matched_job_cannot_be_cancelled() {
	run(|| {
		let [client, _] = clients();
		register(&workers()[0], 1);
		let id = submit(&client, 1, &text());
		next_block();
		assert_noop!(
			Jobs::cancel(RuntimeOrigin::signed(client.clone()), id),
			Failure::NotOpen
		);
		acknowledge(id);
		assert_noop!(
			Jobs::cancel(RuntimeOrigin::signed(client), id),
			Failure::NotOpen
		);
	});
}

#[test]
fn a_job_whose_maximum_is_too_low_expires_with_a_full_refund() {
	run(|| {
		let [client, _] = clients();
		register(&workers()[0], 2);
		let id = submit(&client, 1, &with(|spec| spec.max_price = 200));
		events();
		blocks(MATCH_BLOCKS - 1);
		assert_eq!(status(id), JobStatus::Open);
		assert_eq!(free(&client), START - 200 - DEPOSIT);
		next_block();
		assert_eq!(status(id), JobStatus::Expired);
		assert_eq!(
			events(),
			vec![Event::JobExpired {
				job: id,
				client: client.clone(),
				refund: 200,
				slot_fee: 0
			}]
		);
		assert_eq!(free(&client), START - DEPOSIT);
		blocks(RETENTION);
		assert_eq!((free(&client), total(&client)), (START, START));
	});
}

#[test]
fn a_client_has_at_most_its_share_of_records() {
	run(|| {
		let [client, other] = clients();
		for order in 0..40 {
			submit(&client, order, &text());
		}
		assert_noop!(try_submit(&client, 40, &text()), Failure::TooManyJobs);
		assert_ok!(try_submit(&other, 0, &text()));
	});
}

#[test]
fn a_full_queue_refuses_further_orders() {
	run(|| {
		MaxOpenPerClass::set(2);
		let [client, other] = clients();
		submit(&client, 1, &text());
		let second = submit(&client, 2, &text());
		assert_noop!(try_submit(&other, 1, &text()), Failure::QueueFull);
		assert_ok!(Jobs::cancel(RuntimeOrigin::signed(client), second));
		submit(&other, 1, &text());
	});
}

#[test]
fn a_model_in_use_stays_registered_until_its_jobs_end() {
	run(|| {
		let [client, _] = clients();
		let id = submit(&client, 1, &text());
		assert!(ProofOfAi::remove_model(RuntimeOrigin::root(), TEXT).is_err());
		assert_ok!(Jobs::cancel(RuntimeOrigin::signed(client), id));
		assert_ok!(ProofOfAi::remove_model(RuntimeOrigin::root(), TEXT));
	});
}
