//! One GPU, one account.
//!
//! Table 2 of the paper slashes Sybil accounts by network analysis. Here hardware evidence decides: a
//! GPU's identity is exclusive, while a machine's is not, because tenants of a cloud share machines. A
//! GPU that another account has attested is refused, and nobody is slashed for trying. What is
//! slashed is the use of one GPU by two accounts at the same time, which takes moving it between them
//! while jobs run; each receipt keeps the GPU of its worker, so that the receipts show it.
//!
//! A machine may have several GPUs; it is enough that two accounts have one of them in common.
//!
//! A session key that was attested with GPUs keeps them: attested again it has to name the same ones.
//! So no receipt of a run on a GPU is accepted without the GPU on record.

use crate::{
	Config, Error, Event, GpuList, GpuOf, Gpus, KeyGpus, Pallet, ReceiptGpus, Receipts,
	ReportedReceipts,
};
use aci_market::Offence;
use aci_primitives::{
	domain,
	receipt::Receipt,
	traits::{SlashReport, Slasher},
	AccountId, JobId, Role,
};
use frame_support::ensure;
use sp_core::ed25519;
use sp_runtime::DispatchResult;

/// Domain of the evidence of a Sybil: the hash of both receipts' hashes and the GPU.
pub const EVIDENCE: &[u8] = b"aci/sybil/1";

/// Microseconds in a millisecond.
const MICROS_PER_MILLI: u128 = 1_000;

/// When a run began and ended, in microseconds since the Unix epoch.
fn run(receipt: &Receipt) -> (u128, u128) {
	// A `u64` times a thousand, and a `u64` more: far below `u128`.
	let start = u128::from(receipt.started).saturating_mul(MICROS_PER_MILLI);
	(start, start.saturating_add(receipt.duration.into()))
}

/// Whether two runs have a moment in common. Where one ends as the other begins they have none.
pub(crate) fn overlap(one: &Receipt, other: &Receipt) -> bool {
	let ((one_start, one_end), (other_start, other_end)) = (run(one), run(other));
	one_start < other_end && other_start < one_end
}

impl<T: Config> Pallet<T> {
	/// Gives a worker the GPUs that its new evidence names, and takes from it those that it had.
	pub(crate) fn bind_gpus(
		worker: &AccountId,
		session_key: &ed25519::Public,
		gpus: GpuList,
	) -> DispatchResult {
		if let Some(known) = KeyGpus::<T>::get(session_key) {
			ensure!(gpus == known, Error::<T>::SessionKeyOnOtherGpu);
		}
		for gpu in &gpus {
			ensure!(
				Gpus::<T>::get(gpu).is_none_or(|owner| owner == *worker),
				Error::<T>::GpuAlreadyAttested
			);
		}
		for former in GpuOf::<T>::take(worker) {
			Gpus::<T>::remove(former);
		}
		if gpus.is_empty() {
			return Ok(());
		}
		for gpu in &gpus {
			Gpus::<T>::insert(gpu, worker);
			Self::deposit_event(Event::GpuAttested {
				worker: worker.clone(),
				gpu: *gpu,
			});
		}
		GpuOf::<T>::insert(worker, &gpus);
		KeyGpus::<T>::insert(session_key, gpus);
		Ok(())
	}

	/// Slashes the workers of two receipts that used one GPU at the same time.
	pub(crate) fn do_report_sybil(reporter: AccountId, job: JobId, other: JobId) -> DispatchResult {
		let one = Receipts::<T>::get(job).ok_or(Error::<T>::UnknownReceipt)?;
		let two = Receipts::<T>::get(other).ok_or(Error::<T>::UnknownReceipt)?;
		ensure!(one.worker != two.worker, Error::<T>::SameWorker);
		let others = ReceiptGpus::<T>::get(other);
		let gpu = ReceiptGpus::<T>::get(job)
			.into_iter()
			.find(|gpu| others.contains(gpu))
			.ok_or(Error::<T>::NotOneGpu)?;
		ensure!(
			overlap(&one.receipt.receipt, &two.receipt.receipt),
			Error::<T>::RunsDoNotOverlap
		);
		let fresh = |job: &JobId| !ReportedReceipts::<T>::contains_key(job);
		ensure!(fresh(&job) || fresh(&other), Error::<T>::AlreadyReported);
		let evidence = domain::tagged_hash(EVIDENCE, &(one.hash, two.hash, gpu));
		let party = reporter == one.worker || reporter == two.worker;
		for (worker, job, other) in [(one.worker, job, other), (two.worker, other, job)] {
			if !fresh(&job) {
				continue;
			}
			ReportedReceipts::<T>::insert(job, ());
			let slashed = T::Slasher::slash(SlashReport {
				offender: worker.clone(),
				role: Role::Worker,
				offence: Offence::Sybil,
				evidence,
				reporter: (!party).then(|| reporter.clone()),
				victim: None,
			});
			Self::deposit_event(Event::SybilReported {
				worker,
				job,
				other,
				gpu,
				reporter: reporter.clone(),
				slashed,
			});
		}
		Ok(())
	}
}
