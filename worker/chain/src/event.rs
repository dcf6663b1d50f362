//! What happened in a block.
//!
//! The events of jobs and workers are typed; all others are known by name, with their encoded
//! fields, of which [`crate::HmmEvent`], [`crate::EscrowEvent`], [`crate::StakingEvent`] and
//! [`crate::AivmEvent`] type those that are used. [`crate::Chain::connect`] compares the typed ones with the node's metadata.

use crate::ReturnReason;
use aci_primitives::{
	traits::DisputeVerdict, AccountId, Balance, BlockNumber, BoundedList, ClassId, Deadline, Hash,
	JobId, JobOutput, ModelId, Moment, ReservationId,
};
use codec::{DecodeAll, Encode};
use scale_info::TypeInfo;
use sp_runtime::DispatchError;

macro_rules! events {
	($($(#[$doc:meta])* $name:ident {
		$($(#[$field_doc:meta])* $field:ident: $type:ty,)*
	})*) => {
		/// An event. Amounts are in planck, durations in milliseconds.
		#[derive(Clone, Debug, PartialEq, Eq)]
		#[non_exhaustive]
		pub enum Event {
			$($(#[$doc])* $name { $($(#[$field_doc])* $field: $type,)* },)*
			/// An event that is not typed here.
			Other {
				/// The pallet.
				pallet: String,
				/// The event's name.
				name: String,
				/// Its fields, SCALE encoded.
				fields: Vec<u8>,
			},
		}

		/// The events of the pallet of jobs, as it declares them.
		#[derive(codec::Encode, codec::Decode, TypeInfo)]
		#[allow(clippy::large_enum_variant)]
		pub(crate) enum JobsEvent {
			$($name { $($field: $type,)* },)*
		}

		/// Names of the typed events by their index.
		const NAMES: &[&str] = &[$(stringify!($name),)*];

		impl From<JobsEvent> for Event {
			fn from(event: JobsEvent) -> Self {
				match event {
					$(JobsEvent::$name { $($field,)* } => Event::$name { $($field,)* },)*
				}
			}
		}

		impl Event {
			/// The event's name.
			pub fn name(&self) -> &str {
				match self {
					$(Event::$name { .. } => stringify!($name),)*
					Event::Other { name, .. } => name,
				}
			}
		}
	};
}

events! {
	/// A worker registered and may get jobs from now on.
	WorkerRegistered {
		/// The worker.
		worker: AccountId,
		/// The class whose capacity it offers.
		class: ClassId,
		/// Jobs that it runs side by side.
		slots: u32,
		/// The bond that is needed for it.
		bond_required: Balance,
	}
	/// A worker changed what it offers.
	WorkerUpdated {
		/// The worker.
		worker: AccountId,
		/// The models that it offers now.
		models: BoundedList<ModelId, 16>,
	}
	/// A worker paused, or takes jobs again.
	WorkerActivityChanged {
		/// The worker.
		worker: AccountId,
		/// Whether it takes new jobs.
		active: bool,
	}
	/// A worker left.
	WorkerDeregistered {
		/// The worker.
		worker: AccountId,
		/// The class whose capacity it offered.
		class: ClassId,
	}
	/// A job was ordered and its payment locked.
	JobSubmitted {
		/// The job.
		job: JobId,
		/// Who ordered it.
		client: AccountId,
		/// The client's number of the order.
		order: u64,
		/// The class that is to run it.
		class: ClassId,
		/// The model that is to run.
		model: ModelId,
		/// What is locked.
		max_price: Balance,
		/// What is held for the record.
		deposit: Balance,
		/// When it expires without a worker.
		match_by: Deadline,
	}
	/// The client withdrew a job.
	JobCancelled {
		/// The job.
		job: JobId,
		/// Who ordered it.
		client: AccountId,
		/// What came back.
		refund: Balance,
	}
	/// A job got a worker and a price.
	JobMatched {
		/// The job.
		job: JobId,
		/// Who ordered it.
		client: AccountId,
		/// Who runs it.
		worker: AccountId,
		/// The locked price.
		price: Balance,
		/// The price of a compute unit for all jobs of the class in this block, rounded up.
		unit_price: Balance,
		/// Least time that the run takes.
		eta: Moment,
		/// When the worker must have acknowledged.
		acknowledge_by: Deadline,
	}
	/// The worker holds the input. The SLA runs.
	JobAcknowledged {
		/// The job.
		job: JobId,
		/// Who runs it.
		worker: AccountId,
		/// When it times out: at twice the SLA.
		result_by: Deadline,
	}
	/// A worker did not take the job. It is open again, or has expired (see the next event).
	JobReturned {
		/// The job.
		job: JobId,
		/// Who had it.
		worker: AccountId,
		/// Why it came back.
		reason: ReturnReason,
		/// How often it came back by now.
		returns: u8,
	}
	/// A result was accepted. It is paid when the verification window ends.
	ResultSubmitted {
		/// The job.
		job: JobId,
		/// Who ran it.
		worker: AccountId,
		/// SHA-256 of the output.
		output_hash: Hash,
		/// The output, or where it is.
		output: JobOutput,
		/// Hash of the signed receipt.
		receipt: Hash,
		/// Tokens that went in.
		tokens_in: u32,
		/// Tokens that came out.
		tokens_out: u32,
		/// What is due for it.
		due: Balance,
	}
	/// A job was paid. The five amounts sum to what was due.
	JobSettled {
		/// The job.
		job: JobId,
		/// Who ordered it.
		client: AccountId,
		/// Who ran it.
		worker: AccountId,
		/// To the worker.
		paid: Balance,
		/// To the validators' pool.
		validators: Balance,
		/// To the verifiers' pool.
		verifiers: Balance,
		/// To the class's fund.
		fund: Balance,
		/// Burned.
		burned: Balance,
		/// Back to the client.
		refund: Balance,
		/// Hash of the signed receipt.
		receipt: Hash,
	}
	/// A job found no worker. Its payment, less the slot fee if there is one, is back.
	JobExpired {
		/// The job.
		job: JobId,
		/// Who ordered it.
		client: AccountId,
		/// What came back.
		refund: Balance,
		/// What was burned because two workers could not fetch the input.
		slot_fee: Balance,
	}
	/// A worker gave no result in twice the SLA. The client got all back.
	JobTimedOut {
		/// The job.
		job: JobId,
		/// Who ordered it.
		client: AccountId,
		/// Who failed.
		worker: AccountId,
		/// What came back to the client.
		refund: Balance,
		/// What the worker lost of its bond.
		slashed: Balance,
	}
	/// A job's record is gone and its deposit returned.
	JobPruned {
		/// The job.
		job: JobId,
		/// Who ordered it.
		client: AccountId,
		/// The deposit that came back.
		deposit: Balance,
	}
	/// A job is paid by a reservation. It follows the job's submission.
	JobReserved {
		/// The job.
		job: JobId,
		/// The reservation.
		reservation: ReservationId,
		/// The job's price, which the match does not change.
		price: Balance,
	}
	/// A part of a job's lock was burned, since its reservation is over or sold. It stands before the
	/// event of the job's end, whose refund is without it.
	JobForfeited {
		/// The job.
		job: JobId,
		/// The reservation.
		reservation: ReservationId,
		/// What was burned.
		amount: Balance,
	}
	/// A client disputed a result.
	JobDisputed {
		/// The job.
		job: JobId,
		/// Who disputes.
		client: AccountId,
		/// Whose work it is.
		worker: AccountId,
		/// What is held of the client.
		bond: Balance,
		/// When a fresh committee is drawn without a decision.
		decide_by: Deadline,
	}
	/// A committee did not decide in time. Another one was drawn.
	DisputeRedrawn {
		/// The job.
		job: JobId,
		/// Which draw this is, from 1.
		draw: u8,
		/// When it must have decided.
		decide_by: Deadline,
	}
	/// A dispute was decided. It follows the event of the payment or refund.
	DisputeDecided {
		/// The job.
		job: JobId,
		/// Who disputed.
		client: AccountId,
		/// Whose work it is.
		worker: AccountId,
		/// How it was decided.
		verdict: DisputeVerdict,
		/// What of the bond came back to the client.
		returned: Balance,
		/// What of the bond went to the worker.
		forfeited: Balance,
	}
	/// Nobody decided a dispute. The bond is back; so is a payment that was still locked.
	DisputeUndecided {
		/// The job.
		job: JobId,
		/// Who disputed.
		client: AccountId,
		/// Whose work it is.
		worker: AccountId,
		/// What came back of the bond.
		returned: Balance,
	}
	/// A proof from outside a dispute showed that an output is not what was ordered.
	JobConvicted {
		/// The job.
		job: JobId,
		/// Whose work it is.
		worker: AccountId,
		/// What was shown.
		verdict: DisputeVerdict,
		/// Hash of the evidence.
		evidence: Hash,
		/// Who reported it.
		reporter: Option<AccountId>,
	}
	/// A job was refunded by a verdict, or for want of one.
	JobRefunded {
		/// The job.
		job: JobId,
		/// Who ordered it.
		client: AccountId,
		/// Who ran it.
		worker: AccountId,
		/// The locked price.
		price: Balance,
		/// What had been paid of it before.
		due: Balance,
		/// What of the lock came back to the client, now or at the payment.
		refund: Balance,
		/// What the client claims of the slash, since it had been paid.
		claim: Balance,
		/// What the worker lost of its bond.
		slashed: Balance,
		/// Hash of the signed receipt.
		receipt: Hash,
	}
	/// A job could not be paid, by a fault of the chain. It is tried again in every block.
	SettlementFailed {
		/// The job.
		job: JobId,
		/// Why.
		reason: DispatchError,
	}
	/// Jobs ended in this block; their root stays for ever.
	HistoryWritten {
		/// The block.
		block: BlockNumber,
		/// Root over the leaves, in the order of the events of their ends.
		root: Hash,
		/// How many leaves.
		jobs: u32,
	}
}

impl Event {
	/// The job that the event is of.
	pub fn job(&self) -> Option<&JobId> {
		match self {
			Event::JobSubmitted { job, .. }
			| Event::JobCancelled { job, .. }
			| Event::JobMatched { job, .. }
			| Event::JobAcknowledged { job, .. }
			| Event::JobReturned { job, .. }
			| Event::ResultSubmitted { job, .. }
			| Event::JobSettled { job, .. }
			| Event::JobExpired { job, .. }
			| Event::JobTimedOut { job, .. }
			| Event::JobPruned { job, .. }
			| Event::JobReserved { job, .. }
			| Event::JobForfeited { job, .. }
			| Event::JobDisputed { job, .. }
			| Event::DisputeRedrawn { job, .. }
			| Event::DisputeDecided { job, .. }
			| Event::DisputeUndecided { job, .. }
			| Event::JobConvicted { job, .. }
			| Event::JobRefunded { job, .. }
			| Event::SettlementFailed { job, .. } => Some(job),
			_ => None,
		}
	}

	/// Decodes an event by its pallet, its index and its encoded fields.
	pub(crate) fn decode(
		pallet: &str,
		name: &str,
		index: u8,
		fields: &[u8],
	) -> Result<Self, codec::Error> {
		let typed = NAMES
			.get(usize::from(index))
			.is_some_and(|typed| *typed == name);
		if pallet != crate::call::JOBS || !typed {
			return Ok(Event::Other {
				pallet: pallet.into(),
				name: name.into(),
				fields: fields.into(),
			});
		}
		let mut bytes = index.encode();
		bytes.extend_from_slice(fields);
		Ok(JobsEvent::decode_all(&mut bytes.as_slice())?.into())
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn an_event_of_jobs_is_typed_and_names_its_job() {
		let job = JobId::repeat_byte(7);
		let client = AccountId::new([1; 32]);
		let encoded = JobsEvent::JobCancelled {
			job,
			client: client.clone(),
			refund: 5,
		}
		.encode();
		let event = Event::decode("Jobs", "JobCancelled", encoded[0], &encoded[1..])
			.expect("is encoded as declared");
		assert_eq!(event.job(), Some(&job));
		assert_eq!(
			event,
			Event::JobCancelled {
				job,
				client,
				refund: 5
			}
		);
	}

	#[test]
	fn fields_that_are_cut_or_too_long_are_an_error() {
		let encoded = JobsEvent::WorkerActivityChanged {
			worker: AccountId::new([1; 32]),
			active: true,
		}
		.encode();
		let name = "WorkerActivityChanged";
		assert!(Event::decode("Jobs", name, encoded[0], &encoded[1..encoded.len() - 1]).is_err());
		let mut longer = encoded.clone();
		longer.push(0);
		assert!(Event::decode("Jobs", name, longer[0], &longer[1..]).is_err());
	}

	#[test]
	fn events_of_other_pallets_and_new_events_are_known_by_name() {
		for (pallet, name, index) in [("Balances", "Deposit", 2), ("Jobs", "SomethingNew", 200)] {
			let event = Event::decode(pallet, name, index, &[1, 2]).expect("is not decoded");
			assert_eq!(event.name(), name);
			assert_eq!(event.job(), None);
		}
	}
}
