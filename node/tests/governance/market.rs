//! A client of the market.

use crate::chain::Chain;
use aci_primitives::{
	job::{JobInput, JobParameters, JobView, PrivacyTier},
	proof::{Profile, ProfileKind},
	JobId, JobSpec, Moment,
};
use aci_runtime::{genesis::models::SMOLLM2, Runtime, RuntimeEvent, UNIT};
use sp_core::H256;
use sp_keyring::Sr25519Keyring;

/// Orders a job for which there is no worker, so that it stays open until its deadline.
pub fn order(chain: &mut Chain, client: Sr25519Keyring, order: u64) -> JobId {
	let spec = JobSpec {
		model: SMOLLM2,
		class: 0,
		input: JobInput::Inline(b"Hello".to_vec().try_into().expect("short")),
		parameters: JobParameters {
			max_tokens_in: 64,
			max_tokens_out: 32,
			temperature: 0,
			seed: H256::repeat_byte(1),
		},
		max_price: 3 * UNIT,
		sla: 60_000,
		privacy: PrivacyTier::Open,
		profile: Profile {
			kind: ProfileKind::SampledText,
			calibration: 0,
		},
	};
	let id = aci_primitives::job::job_id(&chain.genesis(), &client.to_account_id(), order, &spec);
	let submit = pallet_aci_jobs::Call::<Runtime>::submit { order, spec };
	chain.submit(client, submit).expect("the job is taken up");
	id
}

/// A job as clients read it.
pub fn job(chain: &mut Chain, id: JobId) -> JobView {
	let job: Option<JobView> = chain.call("AciApi_job", id);
	job.expect("the chain knows the job")
}

/// Whether an event is of what a client or a worker does with a job.
pub fn is_of_a_job(event: &RuntimeEvent) -> bool {
	use pallet_aci_jobs::Event;
	matches!(
		event,
		RuntimeEvent::Jobs(
			Event::JobSubmitted { .. } | Event::JobAcknowledged { .. } | Event::JobMatched { .. }
		)
	)
}

/// How many matches there were.
pub fn matched(chain: &Chain) -> usize {
	let events = chain.seen().iter();
	let matched = |event: &&RuntimeEvent| {
		matches!(
			event,
			RuntimeEvent::Jobs(pallet_aci_jobs::Event::JobMatched { .. })
		)
	};
	events.filter(matched).count()
}

/// How long a job waits for a worker, in milliseconds of the chain's time.
pub fn waits_for(job: &JobView) -> Moment {
	job.job.deadline.moment - job.job.submitted.moment
}

/// Withdraws an open job; whether the chain tells of it.
pub fn cancel(chain: &mut Chain, client: Sr25519Keyring, job: JobId) -> bool {
	let cancel = pallet_aci_jobs::Call::<Runtime>::cancel { job };
	let events = chain
		.submit(client, cancel)
		.expect("an open job is cancelled");
	events.iter().any(|event| {
		matches!(event,
			RuntimeEvent::Jobs(pallet_aci_jobs::Event::JobCancelled { job: of, .. }) if *of == job)
	})
}
