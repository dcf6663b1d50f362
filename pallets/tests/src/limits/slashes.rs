//! Slashes larger than what is there, and of what is on its way out.

use crate::{orders::*, runtime::*, world::*};
use aci_market::Offence;
use aci_primitives::{
	traits::{Claim, SlashReport, Slasher},
	AccountId, Balance, JobId, Role,
};
use codec::Encode;
use frame_support::{assert_ok, traits::KeyOwnerProofSystem};
use pallet_aci_staking_slashing::{Exposure, HoldReason, Slashes};
use sp_runtime::{key_types::DUMMY, Perbill};
use sp_staking::offence::{OffenceDetails, OnOffenceHandler};

fn report(offender: &AccountId, claim: Balance, client: &AccountId) -> Balance {
	<StakingSlashing as Slasher>::slash(SlashReport {
		offender: offender.clone(),
		role: Role::Worker,
		offence: Offence::WrongOutput,
		evidence: Default::default(),
		reporter: None,
		victim: Some(Claim {
			client: client.clone(),
			job: JobId::repeat_byte(1),
			class: CLASS,
			amount: claim,
		}),
	})
}

/// A claim above the bond takes the bond and no more; the fund adds what the worker's jobs brought
/// it. A second offence finds nothing.
#[test]
fn a_claim_larger_than_the_bond_takes_the_bond_and_what_the_jobs_brought() {
	run(|| {
		let ([client, victim], worker) = (clients(), workers()[0].clone());
		register_with(&worker, CLASS, 2, 0);
		assert_ok!(Hmm::provide(signed(&investors()[0]), CLASS, 50_000));
		paid(&client, &text());
		let (bond, brought) = (bond_for(2), Hmm::insured(CLASS, worker.clone()));
		assert!(brought > 0);
		assert_eq!(report(&worker, 10 * bond, &victim), bond);
		assert_eq!(report(&worker, 0, &victim), 0);
		assert_eq!(held(HoldReason::Slashed, &worker), bond);
		skip(FRAUD_WINDOW + 1);
		assert_eq!(total(&victim), START + bond + brought);
		assert_eq!(held(HoldReason::WorkerBond, &worker), 0);
		assert_eq!(Hmm::insured(CLASS, worker.clone()), 0);
		// Without its bond it gets no job, and it can bond again.
		submit(&client, &text());
		next_block();
		assert_eq!(Jobs::worker(worker.clone()).expect("there").worker.busy, 0);
		assert_ok!(StakingSlashing::bond(signed(&worker), Role::Worker, bond));
		next_block();
		assert_eq!(Jobs::worker(worker).expect("there").worker.busy, 1);
	});
}

/// A validator unbonds all it has and its delegator undelegates. It equivocated before: both lose
/// their part of what is unbonding, and withdraw the rest when its time comes.
#[test]
fn an_unbonding_validator_is_slashed_with_its_delegator() {
	run(|| {
		let ([validator, ..], [delegator, _]) = (validators(), investors());
		let delegated = VALIDATOR_BOND;
		assert_ok!(StakingSlashing::delegate(
			signed(&delegator),
			validator.clone(),
			delegated
		));
		skip(3 * SESSION);
		let session = Session::current_index();
		let key = keys(&validator).dummy.encode();
		let proof = Historical::prove((DUMMY, &key[..])).expect("it validates");
		let offender: (AccountId, Exposure) =
			Historical::check_proof((DUMMY, &key[..]), proof).expect("it is right");
		assert_eq!(offender.1.total, 3 * VALIDATOR_BOND);
		let own = 2 * VALIDATOR_BOND;
		assert_ok!(StakingSlashing::unbond(
			signed(&validator),
			Role::Validator,
			own
		));
		assert_ok!(StakingSlashing::undelegate(
			signed(&delegator),
			validator.clone(),
			delegated
		));
		skip(SESSION);
		let details = OffenceDetails {
			offender,
			reporters: vec![],
		};
		<StakingSlashing as OnOffenceHandler<_, _, _>>::on_offence(
			&[details],
			&[Perbill::from_percent(30)],
			session,
		);
		assert_eq!(held(HoldReason::Slashed, &validator), own * 3 / 10);
		assert_eq!(held(HoldReason::Slashed, &delegator), delegated * 3 / 10);
		assert_eq!(Slashes::<Market>::iter().count(), 1);
		skip(BONDING);
		assert_ok!(StakingSlashing::withdraw_unbonded(
			signed(&validator),
			Role::Validator
		));
		assert_ok!(StakingSlashing::withdraw_undelegated(
			signed(&delegator),
			validator.clone()
		));
		assert_eq!(total(&validator), START - own * 3 / 10);
		assert_eq!(total(&delegator), START - delegated * 3 / 10);
		assert_eq!(
			Balances::free_balance(&delegator),
			START - delegated * 3 / 10
		);
	});
}
