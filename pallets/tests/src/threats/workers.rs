//! Workers that cheat: lazy, colluding, one GPU under two names, a stolen key, a withheld output; and
//! clients that would have honest work for nothing.

use super::*;
use aci_primitives::{
	proof::Outcome::{Fail, Pass, Unavailable},
	JobStatus,
};
use frame_support::assert_noop;

/// A lazy worker hands in what it never computed. A verifier whose seed draws the job finds it, a
/// committee confirms, the bond is gone, and the client has its money back.
#[test]
fn a_lazy_worker_loses_its_bond_and_the_client_nothing() {
	scenario(|| {
		let ([lazy, ..], [client, _]) = (workers(), clients());
		register(&lazy, 2);
		let bond = bond_of(&lazy, Role::Worker);
		let [finder, ..] = verifiers();
		let job = checked(&finder, &client, &embedding());
		let due = due(job);
		assert_eq!(status(job), JobStatus::Settled);
		state(&finder, job, Fail);
		assert_eq!(status(job), JobStatus::Disputed);
		let members = committee_finds(Subject::Output(job), Some(Fail));
		assert!(!members.contains(&finder));
		assert_eq!(status(job), JobStatus::Refunded);
		assert_eq!(bond_of(&lazy, Role::Worker), 0);
		to_the_end();

		let left = bond - due;
		assert_eq!(applied(&lazy), (due, reward(left), left - reward(left)));
		assert_eq!(total(&client), START);
		assert_eq!(total(&lazy), START - bond + workers_part(due));
		assert!(workers_part(due) < bond, "no profit");
		let found = total(&finder) - START - paid_for_checks(&finder);
		assert_eq!(found, reward(left));
		// The votes took all that this one job had brought the verifiers' pool.
		assert!(members.iter().all(|member| paid_for_checks(member) > 0));
		assert_untouched(&[finder]);
	});
}

/// A verifier that colludes with the worker approves what is wrong. The client disputes; under the
/// exact profile both bonds are gone.
#[test]
fn a_worker_and_a_verifier_that_collude_lose_both_bonds() {
	scenario(|| {
		let ([worker, ..], [client, _]) = (workers(), clients());
		register(&worker, 2);
		let bond = bond_of(&worker, Role::Worker);
		let [colluder, ..] = verifiers();
		let attackers = [worker.clone(), colluder.clone()];
		let before = wealth(&attackers);
		let job = checked(&colluder, &client, &embedding());
		let due = due(job);
		state(&colluder, job, Pass);
		assert_ok!(dispute(job));
		committee_finds(Subject::Output(job), Some(Fail));
		assert_eq!(bond_of(&worker, Role::Worker), 0);
		assert_eq!(bond_of(&colluder, Role::Verifier), 0);
		to_the_end();

		assert_eq!(total(&client), START);
		assert_eq!(applied(&worker), (due, 0, bond - due));
		assert_eq!(applied(&colluder), (0, 0, VERIFIERS_BOND));
		let gained = workers_part(due) + paid_for_checks(&colluder);
		assert_eq!(wealth(&attackers) + bond + VERIFIERS_BOND, before + gained);
		assert!(gained < bond, "no profit");
		assert_untouched(&[colluder]);
	});
}

/// One GPU under two names. Both accounts lose their bonds, once their receipts show it.
#[test]
fn two_names_for_one_gpu_cost_both_bonds() {
	scenario(|| {
		let ([one, two, _], [client, other]) = (workers(), clients());
		let run_on_the_gpu = |worker: &AccountId| {
			register(worker, 1);
			let attest = RuntimeCall::PoAi(attestation(worker, true));
			assert_ok!(attest.dispatch(signed(worker)));
			let job = paid(&client, &text());
			assert_ok!(Jobs::set_active(signed(worker), false));
			let leave = RuntimeCall::PoAi(attestation(worker, false));
			assert_ok!(leave.dispatch(signed(worker)));
			job
		};
		let [first, second] = [&one, &two].map(run_on_the_gpu);
		let bonds = [&one, &two].map(|worker| bond_of(worker, Role::Worker));
		let dues = [first, second].map(due);
		assert_ok!(PoAi::report_sybil(signed(&other), first, second));
		for worker in [&one, &two] {
			assert_eq!(bond_of(worker, Role::Worker), 0);
		}
		to_the_end();

		let mut rewards = 0;
		for ((worker, bond), due) in [&one, &two].into_iter().zip(bonds).zip(dues) {
			assert_eq!(applied(worker), (0, reward(bond), bond - reward(bond)));
			assert_eq!(total(worker), START - bond + workers_part(due));
			assert!(workers_part(due) < bond, "no profit");
			rewards += reward(bond);
		}
		assert_eq!(total(&other), START + rewards);
		assert_eq!(total(&client), START - dues[0] - dues[1]);
		assert_untouched(&[]);
	});
}

/// Who has stolen a session key can sign what its owner could, and is paid for none of it.
#[test]
fn a_stolen_session_key_brings_its_thief_nothing() {
	scenario(|| {
		let ([victim, thief, _], [client, _]) = (workers(), clients());
		register(&victim, 1);
		let job = submit(&client, &text());
		next_block();
		acknowledge(job);
		let signed_by_thief = result_call(job, &super::job(job), 32).expect("with the stolen key");
		let hand_in = |who: &AccountId, call: pallet_aci_jobs::Call<Market>| {
			RuntimeCall::Jobs(call)
				.dispatch(signed(who))
				.map(|_| ())
				.map_err(|post| post.error)
		};
		// It is not the thief's job.
		assert_noop!(
			hand_in(&thief, signed_by_thief.clone()),
			pallet_aci_jobs::Error::<Market>::NotAssigned
		);
		// The key stays its owner's: evidence of the thief's own TEE does not carry it away.
		let pallet_aci_poai::Call::attest {
			evidence,
			data_key,
			recent_block,
			..
		} = attestation(&thief, false)
		else {
			panic!("the call of the tests attests")
		};
		let stolen = pallet_aci_poai::Attestations::<Market>::get(&victim).expect("attested");
		assert_noop!(
			PoAi::attest(
				signed(&thief),
				evidence,
				stolen.session_key,
				data_key,
				recent_block
			),
			pallet_aci_poai::Error::<Market>::SessionKeyTaken
		);
		// A new key makes the old one worthless.
		let renew = RuntimeCall::PoAi(attestation(&victim, true));
		assert_ok!(renew.dispatch(signed(&victim)));
		assert_noop!(
			hand_in(&victim, signed_by_thief),
			pallet_aci_poai::Error::<Market>::ReceiptBadSignature
		);
		result(job, 32);
		let due = due(job);
		to_the_end();
		assert_eq!(total(&thief), START);
		assert_eq!(total(&victim), START + workers_part(due));
		assert_eq!(total(&client), START - due);
		assert_untouched(&[]);
	});
}

/// A worker that hands in a hash and keeps the output to itself.
#[test]
fn a_withheld_output_is_a_wrong_one() {
	scenario(|| {
		let ([worker, ..], [client, _]) = (workers(), clients());
		register(&worker, 2);
		let bond = bond_of(&worker, Role::Worker);
		let job = paid(&client, &text());
		let due = due(job);
		assert_ok!(PoAi::challenge_delivery(signed(&client), job));
		committee_finds(Subject::Delivery(job), Some(Unavailable));
		assert_eq!(status(job), JobStatus::Refunded);
		to_the_end();
		assert_eq!(applied(&worker), (due, 0, bond - due));
		assert_eq!(total(&client), START - CHALLENGE_FEE);
		assert_eq!(total(&worker), START - bond + workers_part(due));
		assert!(workers_part(due) < bond, "no profit");
		assert_untouched(&[]);
	});
}

/// A client disputes honest work: the committee finds it right, and the worker gets the bond.
#[test]
fn a_client_that_disputes_honest_work_pays_its_worker() {
	scenario(|| {
		let ([worker, ..], [client, _]) = (workers(), clients());
		register(&worker, 2);
		let job = paid(&client, &text());
		let due = due(job);
		assert_ok!(dispute(job));
		let bond = Jobs::dispute_of(job).expect("open").bond;
		committee_finds(Subject::Output(job), Some(Pass));
		assert_eq!(status(job), JobStatus::Settled);
		to_the_end();
		assert_eq!(total(&client), START - due - bond);
		assert_eq!(total(&worker), START + workers_part(due) + bond);
		assert_untouched(&[]);
	});
}
