//! Random sequences of calls, with the invariants checked after each.

use crate::{mock::*, ModelUse, Models, Receipts, SessionKeyOwner};
use aci_poai::software_tee::DEVELOPMENT_MEASUREMENT;
use aci_primitives::{evidence::TeeKind, traits::ProofOfAi};
use frame_support::assert_ok;
use proptest::prelude::*;
use sp_runtime::{DispatchError, DispatchResult, StateVersion};
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
enum Step {
	Register {
		owner: u8,
		model: u8,
		text: bool,
	},
	Remove {
		signer: Option<u8>,
		model: u8,
	},
	Acquire {
		model: u8,
	},
	Release {
		model: u8,
	},
	Attest {
		worker: u8,
		key: u8,
		gpu: Option<u8>,
	},
	ReportSybil {
		job: u64,
		other: u64,
		model: u8,
	},
	Measurement {
		allow: bool,
	},
	Suspend {
		worker: u8,
		suspend: bool,
	},
	Accept {
		worker: u8,
		key: u8,
		job: u64,
		model: u8,
	},
	Forget {
		job: u64,
		model: u8,
	},
	NextBlock,
}

fn step() -> impl Strategy<Value = Step> {
	let (account, model, key) = (1..=2u8, 1..=2u8, 10..=12u8);
	prop_oneof![
		(account.clone(), model.clone(), any::<bool>())
			.prop_map(|(owner, model, text)| Step::Register { owner, model, text }),
		(proptest::option::of(account.clone()), model.clone())
			.prop_map(|(signer, model)| Step::Remove { signer, model }),
		model.clone().prop_map(|model| Step::Acquire { model }),
		model.clone().prop_map(|model| Step::Release { model }),
		(account.clone(), key.clone(), proptest::option::of(1..=2u8))
			.prop_map(|(worker, key, gpu)| Step::Attest { worker, key, gpu }),
		(1..=3u64, 1..=3u64, model.clone()).prop_map(|(job, other, model)| Step::ReportSybil {
			job,
			other,
			model
		}),
		any::<bool>().prop_map(|allow| Step::Measurement { allow }),
		(account.clone(), any::<bool>())
			.prop_map(|(worker, suspend)| Step::Suspend { worker, suspend }),
		(account, key, 1..=3u64, model.clone()).prop_map(|(worker, key, job, model)| {
			Step::Accept {
				worker,
				key,
				job,
				model,
			}
		}),
		(1..=3u64, model).prop_map(|(job, model)| Step::Forget { job, model }),
		Just(Step::NextBlock),
	]
}

fn run(step: &Step) -> DispatchResult {
	match *step {
		Step::Register { owner, model, text } => register(
			owner,
			model,
			if text {
				manifest()
			} else {
				embedding_manifest()
			},
		),
		Step::Remove { signer, model } => {
			let origin = signer.map_or_else(RuntimeOrigin::root, |signer| {
				RuntimeOrigin::signed(account(signer))
			});
			PoAi::remove_model(origin, model_id(model))
		}
		Step::Acquire { model } => <PoAi as ProofOfAi>::acquire(&model_id(model)),
		Step::Release { model } => {
			<PoAi as ProofOfAi>::release(&model_id(model));
			Ok(())
		}
		Step::Attest {
			worker,
			key,
			gpu: None,
		} => attest(worker, key),
		Step::Attest {
			worker,
			key,
			gpu: Some(gpu),
		} => attest_gpu(worker, key, gpu),
		Step::ReportSybil {
			job: one,
			other,
			model,
		} => {
			let spec = order(model);
			let origin = RuntimeOrigin::signed(account(3));
			PoAi::report_sybil(origin, job(one, &spec), job(other, &spec))
		}
		Step::Measurement { allow: true } => PoAi::allow_measurement(
			RuntimeOrigin::root(),
			TeeKind::Software,
			DEVELOPMENT_MEASUREMENT,
		),
		Step::Measurement { allow: false } => {
			PoAi::revoke_measurement(RuntimeOrigin::root(), DEVELOPMENT_MEASUREMENT)
		}
		Step::Suspend {
			worker,
			suspend: true,
		} => PoAi::suspend(RuntimeOrigin::root(), account(worker)),
		Step::Suspend {
			worker,
			suspend: false,
		} => PoAi::unsuspend(RuntimeOrigin::root(), account(worker)),
		Step::Accept {
			worker,
			key,
			job: number,
			model,
		} => {
			let spec = order(model);
			let job = job(number, &spec);
			let signed = sign(receipt(&job, &spec, &manifest()), key);
			PoAi::accept_receipt(&account(worker), &job, &spec, &class(), &signed).map(|_| ())
		}
		Step::Forget { job: number, model } => {
			PoAi::forget_receipt(&job(number, &order(model)));
			Ok(())
		}
		Step::NextBlock => {
			go_to(System::block_number() + 1);
			Ok(())
		}
	}
}

/// The rules of who may attest and hand in what, kept apart from the pallet's storage.
#[derive(Default)]
struct Model {
	keys: BTreeMap<u8, u8>,
	gpus: BTreeMap<u8, u8>,
	key_gpus: BTreeMap<u8, u8>,
	receipt_gpus: BTreeMap<(u64, u8), u8>,
	reported: BTreeMap<(u64, u8), ()>,
	suspended: BTreeMap<u8, ()>,
	revoked: bool,
	texts: BTreeMap<u8, bool>,
	receipts: BTreeMap<(u64, u8), u8>,
}

impl Model {
	fn stands(&self, worker: u8, key: u8) -> bool {
		!self.revoked
			&& !self.suspended.contains_key(&worker)
			&& self.keys.get(&worker) == Some(&key)
	}

	/// Follows a step that the pallet answered, and says whether the answer was right. `None` where
	/// this model has no opinion.
	fn follow(&mut self, step: &Step, result: &Result<(), DispatchError>) -> Option<bool> {
		match *step {
			Step::Attest { worker, key, gpu } => {
				let taken = self
					.keys
					.iter()
					.any(|(other, k)| *other != worker && *k == key);
				let held = self
					.gpus
					.iter()
					.any(|(other, g)| *other != worker && Some(*g) == gpu);
				let moved = self.key_gpus.get(&key).is_some_and(|g| Some(*g) != gpu);
				let right = !self.revoked && !taken && !held && !moved;
				if right {
					self.gpus.remove(&worker);
					if let Some(gpu) = gpu {
						self.gpus.insert(worker, gpu);
						self.key_gpus.insert(key, gpu);
					}
					self.keys.insert(worker, key);
				}
				Some(right)
			}
			// All runs of this test begin at one time, so they overlap.
			Step::ReportSybil { job, other, model } => {
				let gpu = |job| self.receipt_gpus.get(&(job, model));
				let worker = |job| self.receipts.get(&(job, model));
				let fresh = |job| !self.reported.contains_key(&(job, model));
				let right = gpu(job).is_some()
					&& gpu(job) == gpu(other)
					&& worker(job) != worker(other)
					&& (fresh(job) || fresh(other));
				if right {
					self.reported.insert((job, model), ());
					self.reported.insert((other, model), ());
				}
				Some(right)
			}
			Step::Measurement { allow } => {
				let right = allow == self.revoked;
				self.revoked = !allow;
				Some(right)
			}
			Step::Suspend { worker, suspend } => Some(if suspend {
				self.suspended.insert(worker, ()).is_none()
			} else {
				self.suspended.remove(&worker).is_some()
			}),
			Step::Register { model, text, .. } => {
				let new = !self.texts.contains_key(&model);
				if result.is_ok() {
					self.texts.insert(model, text);
				}
				// A poor owner may fail to register a new model.
				(!new).then_some(false)
			}
			Step::Remove { model, .. } => {
				let known = self.texts.contains_key(&model);
				if result.is_ok() {
					self.texts.remove(&model);
				}
				(!known).then_some(false)
			}
			Step::Accept {
				worker,
				key,
				job,
				model,
			} => {
				let right = self.stands(worker, key)
					&& self.texts.get(&model) == Some(&true)
					&& !self.receipts.contains_key(&(job, model));
				if right {
					self.receipts.insert((job, model), worker);
					if let Some(gpu) = self.gpus.get(&worker) {
						self.receipt_gpus.insert((job, model), *gpu);
					}
				}
				Some(right)
			}
			Step::Forget { job, model } => {
				self.receipts.remove(&(job, model));
				self.receipt_gpus.remove(&(job, model));
				self.reported.remove(&(job, model));
				Some(true)
			}
			Step::Acquire { model } => Some(self.texts.contains_key(&model)),
			Step::Release { .. } | Step::NextBlock => Some(true),
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(24))]

	#[test]
	fn no_sequence_of_calls_breaks_an_invariant(
		steps in proptest::collection::vec(step(), 1..40),
	) {
		development().execute_with(|| {
			let mut model = Model::default();
			let start = [
				Step::Register { owner: 1, model: 1, text: true },
				Step::Attest { worker: 1, key: 10, gpu: Some(1) },
				Step::Accept { worker: 1, key: 10, job: 1, model: 1 },
			];
			for step in start.iter().chain(&steps) {
				let before = sp_io::storage::root(StateVersion::V1);
				let result = run(step);
				if result.is_err() {
					prop_assert_eq!(&before, &sp_io::storage::root(StateVersion::V1), "{:?}", step);
				}
				if let Some(right) = model.follow(step, &result) {
					prop_assert_eq!(right, result.is_ok(), "{:?} gave {:?}", step, result);
				}
				assert_invariants();
				prop_assert_eq!(
					PoAi::software_root(),
					Some(aci_poai::software_tee::development_root_key())
				);
			}
			Ok(())
		})?;
	}
}

#[test]
fn a_broken_invariant_is_found() {
	let broken: [fn(); 8] = [
		|| SessionKeyOwner::<Test>::remove(session_key(10)),
		|| SessionKeyOwner::<Test>::insert(session_key(11), account(1)),
		|| {
			Models::<Test>::mutate(model_id(1), |model| {
				if let Some(model) = model {
					model.manifest.profiles = Default::default();
				}
			})
		},
		|| {
			Models::<Test>::mutate(model_id(1), |model| {
				if let Some(model) = model {
					model.deposit += 1;
				}
			})
		},
		|| ModelUse::<Test>::insert(model_id(1), 0),
		|| ModelUse::<Test>::insert(model_id(9), 1),
		|| {
			let stored = Receipts::<Test>::iter_values().next().expect("accepted");
			Receipts::<Test>::insert(job(2, &order(1)), stored);
		},
		|| {
			let mut stored = Receipts::<Test>::iter_values().next().expect("accepted");
			stored.hash = Default::default();
			Receipts::<Test>::insert(job(1, &order(1)), stored);
		},
	];
	for (index, break_it) in broken.into_iter().enumerate() {
		development().execute_with(|| {
			let spec = order(1);
			let job = job(1, &spec);
			let signed = sign(receipt(&job, &spec, &manifest()), 10);
			assert_ok!(register(1, 1, manifest()));
			assert_ok!(attest(1, 10));
			assert_ok!(PoAi::accept_receipt(
				&account(1),
				&job,
				&spec,
				&class(),
				&signed
			));
			assert_invariants();
			break_it();
			assert!(PoAi::do_try_state().is_err(), "case {index}");
		});
	}
}
