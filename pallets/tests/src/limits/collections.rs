//! Every bounded collection full at once: what does not fit is refused or waits, and everything ends.

use crate::{orders::*, runtime::*, world::*};
use aci_primitives::{job::Home, Role};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::Permill;

#[test]
fn all_collections_full_at_once_refuse_more_and_come_to_an_end() {
	run(|| {
		type Jobs_ = pallet_aci_jobs::Error<Market>;
		type Hmm_ = pallet_aci_hmm::Error<Market>;
		type Staking = pallet_aci_staking_slashing::Error<Market>;
		let [client, other] = clients();
		let [investor, second] = investors();
		for worker in workers() {
			register(&worker, 4);
		}
		// One worker more than a class takes.
		let late = account(21);
		assert_ok!(StakingSlashing::bond(
			signed(&late),
			Role::Worker,
			bond_for(1)
		));
		let attest = RuntimeCall::PoAi(attestation(&late, false));
		assert_ok!(sp_runtime::traits::Dispatchable::dispatch(
			attest,
			signed(&late)
		));
		assert_noop!(
			Jobs::register_worker(signed(&late), CLASS, 1, models(), Default::default()),
			Jobs_::ClassFull
		);
		// Reservations of one owner.
		for _ in 0..3 {
			buy(&client, 1_000, 20);
		}
		assert_noop!(try_buy(&client, 1_000, 20), Hmm_::TooManyReservations);
		// Withdrawals of one provider.
		assert_ok!(Hmm::provide(signed(&investor), CLASS, 100_000));
		for _ in 0..2 {
			assert_ok!(Hmm::begin_withdrawal(signed(&investor), CLASS, 1 << 40));
		}
		assert_noop!(
			Hmm::begin_withdrawal(signed(&investor), CLASS, 1 << 40),
			Hmm_::TooManyWithdrawals
		);
		// Budgets of one client.
		for home in &validators()[..2] {
			let home = Home::Validator(home.clone());
			assert_ok!(Escrow::open_budget(signed(&client), home, 10_000));
		}
		let third = Home::Validator(validators()[2].clone());
		assert_noop!(
			Escrow::open_budget(signed(&client), third, 10_000),
			pallet_aci_escrow::Error::<Market>::TooManyBudgets
		);
		// Candidates, delegators of one validator, delegations of one account, parts that unbond.
		let [first, next, last] = validators();
		assert_ok!(StakingSlashing::bond(
			signed(&last),
			Role::Validator,
			VALIDATOR_BOND
		));
		assert_ok!(StakingSlashing::validate(signed(&last), Permill::zero()));
		assert_ok!(StakingSlashing::bond(
			signed(&second),
			Role::Validator,
			VALIDATOR_BOND
		));
		assert_noop!(
			StakingSlashing::validate(signed(&second), Permill::zero()),
			Staking::TooManyCandidates
		);
		let delegate = |who, validator: &aci_primitives::AccountId| {
			StakingSlashing::delegate(signed(who), validator.clone(), MIN_DELEGATION)
		};
		for who in [&investor, &client, &other] {
			assert_ok!(delegate(who, &first));
		}
		assert_noop!(delegate(&second, &first), Staking::TooManyDelegators);
		assert_ok!(delegate(&investor, &next));
		assert_noop!(delegate(&investor, &last), Staking::TooManyDelegations);
		for _ in 0..3 {
			assert_ok!(StakingSlashing::unbond(
				signed(&workers()[0]),
				Role::Worker,
				1
			));
			next_block();
		}
		assert_noop!(
			StakingSlashing::unbond(signed(&workers()[0]), Role::Worker, 1),
			Staking::TooManyUnbonding
		);
		// The queue of the class, and a client's records.
		for worker in workers() {
			assert_ok!(Jobs::set_active(signed(&worker), false));
		}
		for _ in 0..6 {
			submit(&client, &text());
		}
		assert_noop!(Jobs::submit(signed(&other), 1, text()), Jobs_::QueueFull);
		for worker in workers() {
			assert_ok!(Jobs::set_active(signed(&worker), true));
		}
		next_block();
		next_block();
		for _ in 0..6 {
			submit(&client, &text());
		}
		let order = 1_000;
		assert_noop!(
			Jobs::submit(signed(&client), order, text()),
			Jobs_::TooManyJobs
		);
		// All of it ends.
		skip(60);
		assert_eq!(pallet_aci_jobs::Jobs::<Market>::iter_keys().count(), 0);
		assert_eq!(
			pallet_aci_hmm::ReservationStates::<Market>::iter_keys().count(),
			0
		);
		let pool = Hmm::pool_state(CLASS).expect("there").pool;
		assert_eq!(pool.free, pool.target);
	});
}
