//! A double, for tests, of the committees that decide disputes. Its state is in storage, so a call that
//! fails undoes it as well.

use aci_primitives::{traits::DisputeCommittee, JobId};
use frame_support::storage_alias;

#[storage_alias]
type Available = StorageValue<Doubles, bool>;
#[storage_alias]
type Asked = StorageValue<Doubles, Vec<(JobId, Asking)>>;

/// What a committee was asked.
#[derive(Clone, Debug, PartialEq, Eq, codec::Encode, codec::Decode)]
pub enum Asking {
	/// To convene, for the so-manieth time.
	Convene(u8),
	/// To go, after a decision or without.
	Dismiss(bool),
}

/// A committee that decides what the test says, by the pallet's own functions.
pub struct CommitteeDouble;

impl CommitteeDouble {
	/// Whether there is one.
	pub fn set_available(available: bool) {
		Available::put(available);
	}

	/// What it was asked since the last look.
	pub fn asked() -> Vec<(JobId, Asking)> {
		Asked::take().unwrap_or_default()
	}

	fn ask(job: &JobId, asking: Asking) {
		Asked::mutate(|asked| asked.get_or_insert_default().push((*job, asking)));
	}
}

impl DisputeCommittee for CommitteeDouble {
	fn available() -> bool {
		Available::get().unwrap_or(true)
	}

	fn convene(job: &JobId, draw: u8) {
		Self::ask(job, Asking::Convene(draw));
	}

	fn dismiss(job: &JobId, decided: bool) {
		Self::ask(job, Asking::Dismiss(decided));
	}
}
