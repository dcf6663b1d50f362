//! Models, attestations, Sybils, governance of programs.

use super::{anybody, mostly, pick};
use crate::{
	orders::*,
	random::{
		operation::{Kind, Operation},
		play::Game,
	},
	runtime::*,
	world::*,
};
use aci_poai::{
	software_tee::DEVELOPMENT_MEASUREMENT,
	thresholds::{file::shipped, Thresholds},
};
use aci_primitives::{
	evidence::TeeKind, model::ModelKind, proof::ProfileKind, AccountId, JobId, ModelId,
};
use pallet_aci_poai::{AttestationPolicy, Call, CollateralUpdate, GpuList, SerialEntries};
use sp_core::H256;

fn model(number: u32) -> ModelId {
	H256::repeat_byte(1 + (number % 4) as u8)
}

/// Whether two runs have a moment in common.
fn overlap(one: &JobId, other: &JobId) -> bool {
	let run = |job: &JobId| {
		let stored = pallet_aci_poai::Receipts::<Market>::get(job).expect("it is on record");
		let start = stored.receipt.receipt.started * 1_000;
		(start, start + stored.receipt.receipt.duration)
	};
	let ((start, end), (other_start, other_end)) = (run(one), run(other));
	start < other_end && other_start < end
}

/// Two receipts of one GPU by different workers whose runs overlap, if there are; else two of one GPU;
/// else any two.
fn receipts(number: u32) -> Option<(JobId, JobId)> {
	let mut all: Vec<(JobId, AccountId, GpuList)> = pallet_aci_poai::Receipts::<Market>::iter()
		.map(|(job, stored)| {
			let gpu = pallet_aci_poai::ReceiptGpus::<Market>::get(job);
			(job, stored.worker, gpu)
		})
		.collect();
	all.sort_unstable();
	let pairs: Vec<(JobId, JobId)> = all
		.iter()
		.flat_map(|one| all.iter().map(move |other| (one, other)))
		.filter(|(one, other)| one.1 != other.1 && !one.2.is_empty() && one.2 == other.2)
		.map(|(one, other)| (one.0, other.0))
		.collect();
	let together: Vec<(JobId, JobId)> = pairs
		.iter()
		.filter(|(one, other)| overlap(one, other))
		.copied()
		.collect();
	let pair = pick(&together, number).or_else(|| pick(&pairs, number));
	pair.or_else(|| {
		let (one, other) = (pick(&all, number)?, pick(&all, number + 1)?);
		Some((one.0, other.0))
	})
}

/// The revocation list of Milan's root, of the vendor of the tests.
fn amd_list(made: u64) -> CollateralUpdate {
	use aci_attestation::testing::pki::{list, Key};
	let bytes = list("ARK-Milan", &Key::p384(11), made, made + 1_000, &[]);
	CollateralUpdate::AmdList {
		product: aci_attestation::sev::Product::Milan,
		list: bytes.try_into().expect("short"),
	}
}

/// Does an operation of this subject.
pub fn apply(operation: &Operation, game: &mut Game<'_>) {
	let Operation { kind, a, b, c } = *operation;
	let result = match kind {
		Kind::RegisterModel => {
			let mut manifest = manifest("new", ModelKind::Embedding, ProfileKind::Exact);
			if c % 4 == 0 {
				manifest.name = Default::default();
			}
			let call = Call::register_model {
				model: model(b),
				manifest,
			};
			game.call(signed(&anybody(a)), call)
		}
		Kind::RemoveModel => {
			let mut models: Vec<(ModelId, AccountId)> = pallet_aci_poai::Models::<Market>::iter()
				.filter(|(model, _)| *model != TEXT && *model != EMBEDDING)
				.map(|(model, registered)| (model, registered.owner))
				.collect();
			models.sort_unstable();
			let (model, owner) = pick(&models, a).unwrap_or((TEXT, anybody(b)));
			let origin = match b % 4 {
				0 if model != TEXT => RuntimeOrigin::root(),
				_ => signed(&owner),
			};
			game.call(origin, Call::remove_model { model })
		}
		Kind::Attest => {
			let worker = mostly(&workers(), a);
			game.call(signed(&worker), attestation(&worker, b % 3 == 0))
		}
		Kind::Collateral => {
			// Newer than what is there, or as old.
			let update = amd_list(Timestamp::get() / 1_000 - u64::from(b % 2));
			let call = Call::update_collateral { collateral: update };
			game.call(signed(&anybody(a)), call)
		}
		Kind::Policy => {
			let policy = AttestationPolicy {
				lifetime: u64::from(a % 3) * 86_400,
				..Default::default()
			};
			let call = Call::set_attestation_policy { policy };
			game.call(RuntimeOrigin::root(), call)
		}
		Kind::Serials => {
			// Listed for a moment, or for longer.
			let entries: SerialEntries = vec![[(a % 2) as u8; 16]].try_into().expect("one");
			let restore = Call::restore_serials {
				entries: entries.clone(),
			};
			let result = game.call(RuntimeOrigin::root(), Call::revoke_serials { entries });
			if b % 4 != 0 {
				let _ = game.call(RuntimeOrigin::root(), restore);
			}
			result
		}
		Kind::SuspendExpired => {
			// Mostly while its program is not allowed.
			let worker = mostly(&workers(), b);
			let measurement = DEVELOPMENT_MEASUREMENT;
			if c % 4 != 0 {
				let _ = game.call(
					RuntimeOrigin::root(),
					Call::revoke_measurement { measurement },
				);
			}
			let _ = game.call(signed(&anybody(a)), Call::suspend_expired { worker });
			let tee = TeeKind::Software;
			game.call(
				RuntimeOrigin::root(),
				Call::allow_measurement { tee, measurement },
			)
		}
		Kind::Recheck => {
			let worker = mostly(&workers(), b);
			let evidence = attested_evidence(&worker, c % 8 != 0);
			let call = Call::recheck { worker, evidence };
			game.call(signed(&anybody(a)), call)
		}
		Kind::MoveGpu => {
			// The owner of the GPU leaves it to another worker.
			let owner = pallet_aci_poai::Gpus::<Market>::get(GPU);
			if let Some(owner) = &owner {
				let _ = game.call(signed(owner), attestation(owner, false));
			}
			let others: Vec<AccountId> = workers()
				.into_iter()
				.filter(|worker| Some(worker) != owner.as_ref())
				.collect();
			let worker = pick(&others, a).expect("there are other workers");
			game.call(signed(&worker), attestation(&worker, true))
		}
		Kind::ReportSybil => {
			let Some((job, other)) = receipts(a) else {
				return;
			};
			game.call(signed(&anybody(b)), Call::report_sybil { job, other })
		}
		Kind::AllowMeasurement => {
			let call = Call::allow_measurement {
				tee: TeeKind::Software,
				measurement: DEVELOPMENT_MEASUREMENT,
			};
			game.call(RuntimeOrigin::root(), call)
		}
		Kind::RevokeMeasurement => {
			let call = Call::revoke_measurement {
				measurement: DEVELOPMENT_MEASUREMENT,
			};
			game.call(RuntimeOrigin::root(), call)
		}
		Kind::Suspend => {
			let worker = mostly(&workers(), a);
			game.call(RuntimeOrigin::root(), Call::suspend { worker })
		}
		Kind::SetThresholds => {
			// The next version, or one that is taken.
			let next = pallet_aci_poai::CurrentCalibration::<Market>::get();
			let thresholds = Thresholds {
				version: next.saturating_add((a % 2) as u16),
				..shipped().expect("the shipped file is good")
			};
			game.call(RuntimeOrigin::root(), Call::set_thresholds { thresholds })
		}
		_ => {
			let mut suspended: Vec<AccountId> =
				pallet_aci_poai::Suspended::<Market>::iter_keys().collect();
			suspended.sort_unstable();
			let worker = pick(&suspended, a).unwrap_or_else(|| anybody(a));
			game.call(RuntimeOrigin::root(), Call::unsuspend { worker })
		}
	};
	let _ = result;
}
