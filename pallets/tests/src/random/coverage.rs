//! What the sequences reached.

use crate::runtime::*;
use core::fmt;
use frame_support::traits::{GetCallMetadata, GetCallName};
use std::collections::BTreeMap;

/// States and turns that the sequences have to reach.
const STATES: [&str; 27] = [
	"a job is disputed",
	"a job times out",
	"a job expires",
	"a job expires with the slot fee",
	"a job is refunded of its lock",
	"a job is refunded by a claim",
	"a dispute ends undecided",
	"a committee is drawn again",
	"a lock is forfeited with its reservation",
	"a pool is full while a job waits",
	"a reservation ends while it is occupied",
	"a reservation ends idle",
	"a claim beyond the pots goes to the insurer",
	"the insurer pays",
	"a slash is applied with a refund",
	"a slash is applied with a reward",
	"a slash is appealed",
	"a delegation is slashed",
	"a bad score is slashed",
	"an epoch is closed",
	"a validator is rewarded",
	"a verifier is paid",
	"a credit waits",
	"a record is pruned",
	"a committee finds an output wrong",
	"a committee finds an output right",
	"a verifier is slashed",
];

/// What the sequences reached, and how often.
#[derive(Default)]
pub struct Coverage {
	accepted: BTreeMap<(&'static str, &'static str), u32>,
	refused: BTreeMap<(&'static str, &'static str), u32>,
	states: BTreeMap<&'static str, u32>,
}

impl Coverage {
	/// Adds what others reached.
	pub fn add(&mut self, other: Coverage) {
		for (call, count) in other.accepted {
			*self.accepted.entry(call).or_default() += count;
		}
		for (call, count) in other.refused {
			*self.refused.entry(call).or_default() += count;
		}
		for (state, count) in other.states {
			*self.states.entry(state).or_default() += count;
		}
	}

	/// Counts a call.
	pub fn call(&mut self, call: &RuntimeCall, accepted: bool) {
		let metadata = call.get_call_metadata();
		let counts = if accepted {
			&mut self.accepted
		} else {
			&mut self.refused
		};
		*counts
			.entry((metadata.pallet_name, metadata.function_name))
			.or_default() += 1;
	}

	/// Counts a state.
	pub fn state(&mut self, state: &'static str) {
		assert!(STATES.contains(&state), "{state} is not counted");
		*self.states.entry(state).or_default() += 1;
	}

	/// Counts what an event shows.
	pub fn event(&mut self, event: &RuntimeEvent) {
		use aci_market::Offence;
		use aci_poai::committee::Decision;
		use pallet_aci_escrow::Event as Escrow;
		use pallet_aci_hmm::Event as Hmm;
		use pallet_aci_jobs::Event as Jobs;
		use pallet_aci_poai::Event as PoAi;
		use pallet_aci_staking_slashing::Event as Staking;
		let state = match event {
			RuntimeEvent::Jobs(Jobs::JobDisputed { .. }) => "a job is disputed",
			RuntimeEvent::Jobs(Jobs::JobTimedOut { .. }) => "a job times out",
			RuntimeEvent::Jobs(Jobs::JobExpired { slot_fee: 0, .. }) => "a job expires",
			RuntimeEvent::Jobs(Jobs::JobExpired { .. }) => "a job expires with the slot fee",
			RuntimeEvent::Jobs(Jobs::JobRefunded { claim: 0, .. }) => {
				"a job is refunded of its lock"
			}
			RuntimeEvent::Jobs(Jobs::JobRefunded { .. }) => "a job is refunded by a claim",
			RuntimeEvent::Jobs(Jobs::DisputeUndecided { .. }) => "a dispute ends undecided",
			RuntimeEvent::Jobs(Jobs::DisputeRedrawn { .. }) => "a committee is drawn again",
			RuntimeEvent::Jobs(Jobs::JobForfeited { .. }) => {
				"a lock is forfeited with its reservation"
			}
			RuntimeEvent::Jobs(Jobs::JobPruned { .. }) => "a record is pruned",
			RuntimeEvent::PoAi(PoAi::CaseClosed { decision, .. }) => match decision {
				Decision::Failed => "a committee finds an output wrong",
				Decision::Right => "a committee finds an output right",
				_ => return,
			},
			RuntimeEvent::PoAi(
				PoAi::MemberAbsent { .. }
				| PoAi::VerdictMissing { .. }
				| PoAi::VerdictsNotDrawn { .. }
				| PoAi::FalseVerdict { .. },
			) => "a verifier is slashed",
			RuntimeEvent::Hmm(Hmm::ReservationEnded { occupied: 0, .. }) => {
				"a reservation ends idle"
			}
			RuntimeEvent::Hmm(Hmm::ReservationEnded { .. }) => {
				"a reservation ends while it is occupied"
			}
			RuntimeEvent::Hmm(Hmm::EpochClosed { .. }) => "an epoch is closed",
			RuntimeEvent::Hmm(Hmm::RefundInsured { .. }) => "the insurer pays",
			RuntimeEvent::StakingSlashing(Staking::ClaimInsured { .. }) => {
				"a claim beyond the pots goes to the insurer"
			}
			RuntimeEvent::StakingSlashing(Staking::SlashApplied {
				refunded, rewarded, ..
			}) => {
				if *refunded > 0 {
					self.state("a slash is applied with a refund");
				}
				if *rewarded == 0 {
					return;
				}
				"a slash is applied with a reward"
			}
			RuntimeEvent::StakingSlashing(Staking::SlashAppealed { .. }) => "a slash is appealed",
			RuntimeEvent::StakingSlashing(Staking::DelegationSlashed { .. }) => {
				"a delegation is slashed"
			}
			RuntimeEvent::StakingSlashing(Staking::Slashed {
				offence: Offence::QualityBelowThreshold,
				..
			}) => "a bad score is slashed",
			RuntimeEvent::StakingSlashing(Staking::Rewarded { .. }) => "a validator is rewarded",
			RuntimeEvent::StakingSlashing(Staking::VerifierPaid { .. }) => "a verifier is paid",
			RuntimeEvent::Escrow(Escrow::CreditKept { .. }) => "a credit waits",
			_ => return,
		};
		self.state(state);
	}

	/// Every call of the five pallets was accepted at least once, and every state was reached.
	pub fn assert_complete(&self) {
		let missing = self.missing();
		assert!(missing.is_empty(), "the sequences do not reach {missing:?}");
	}

	/// What was not reached.
	fn missing(&self) -> Vec<String> {
		let calls: [(&str, &[&'static str]); 5] = [
			(
				"Escrow",
				pallet_aci_escrow::Call::<Market>::get_call_names(),
			),
			("Hmm", pallet_aci_hmm::Call::<Market>::get_call_names()),
			("Jobs", pallet_aci_jobs::Call::<Market>::get_call_names()),
			("PoAi", pallet_aci_poai::Call::<Market>::get_call_names()),
			(
				"StakingSlashing",
				pallet_aci_staking_slashing::Call::<Market>::get_call_names(),
			),
		];
		let calls = calls
			.into_iter()
			.flat_map(|(pallet, names)| names.iter().map(move |name| (pallet, *name)))
			.filter(|call| !self.accepted.contains_key(call))
			.map(|(pallet, name)| format!("{pallet}.{name}"));
		let states = STATES
			.into_iter()
			.filter(|state| !self.states.contains_key(state))
			.map(String::from);
		calls.chain(states).collect()
	}
}

impl fmt::Display for Coverage {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		for ((pallet, name), count) in &self.accepted {
			let refused = self.refused.get(&(pallet, name)).unwrap_or(&0);
			writeln!(
				formatter,
				"{pallet}.{name}: {count} accepted, {refused} refused"
			)?;
		}
		for (state, count) in &self.states {
			writeln!(formatter, "{state}: {count}")?;
		}
		writeln!(formatter, "not reached: {:?}", self.missing())
	}
}
