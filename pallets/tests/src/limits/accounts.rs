//! Dust, the existential deposit, and accounts that are reaped.

use crate::{orders::*, runtime::*, world::*};
use aci_primitives::{
	traits::{Pot, Pots, VerifierWork},
	Balance, JobStatus,
};
use frame_support::{assert_noop, assert_ok, traits::fungible::Inspect};

/// A job that costs the existential deposit: its shares are dust for every pot. Nothing is lost of
/// them: they wait, and are paid with what comes later.
#[test]
fn the_shares_of_a_tiny_payment_wait_and_are_paid_later() {
	run(|| {
		let [client, _] = clients();
		register(&workers()[0], 4);
		assert_ok!(Hmm::set_price(RuntimeOrigin::root(), CLASS, 3_000, 0));
		let id = paid(&client, &text());
		let due = due(id);
		assert!(due < 8 * EXISTENTIAL_DEPOSIT, "{due}");
		let pots = [Pot::Validators, Pot::Verifiers, Pot::Fund(CLASS)];
		for pot in pots {
			let account = Escrow::pot_account(pot);
			assert_eq!(Balances::total_balance(&account), 0);
			assert_eq!(Escrow::claimable(account), <Escrow as Pots>::balance(pot));
			assert!(<Escrow as Pots>::balance(pot) > 0);
		}
		assert_noop!(
			Escrow::claim_for(signed(&client), Escrow::fund_account(CLASS)),
			pallet_aci_escrow::Error::<Market>::BelowExistentialDeposit
		);
		assert_ok!(Hmm::set_price(RuntimeOrigin::root(), CLASS, PAR_PRICE, 0));
		paid(&client, &text());
		for pot in pots {
			let account = Escrow::pot_account(pot);
			assert_eq!(Escrow::claimable(account.clone()), 0);
			assert_eq!(
				Balances::total_balance(&account),
				<Escrow as Pots>::balance(pot)
			);
		}
	});
}

/// An order takes all that a client can spend: the existential deposit stays, and the job runs to its
/// end. One planck more is refused.
#[test]
fn an_order_for_all_that_a_client_has_leaves_the_existential_deposit() {
	run(|| {
		let [client, rich] = clients();
		register(&workers()[0], 1);
		let have = 300_000;
		let rest = START - have;
		assert_ok!(Balances::transfer_allow_death(signed(&client), rich, rest));
		let mut spec = text();
		spec.max_price = have - JOB_DEPOSIT - EXISTENTIAL_DEPOSIT + 1;
		let order = Jobs::submit(signed(&client), 1, spec.clone());
		assert!(order.is_err());
		spec.max_price -= 1;
		let id = paid(&client, &spec);
		skip(FRAUD_WINDOW + 1);
		assert_eq!(job_if_any(id), None);
		assert!(Balances::balance(&client) > EXISTENTIAL_DEPOSIT);
	});
}

/// An account without a balance is paid what makes it live; less waits for it, and goes to it when
/// somebody makes it live, by its own call or another's. Reaped again, it loses nothing.
#[test]
fn a_reaped_account_is_paid_again() {
	run(|| {
		let (payee, [client, _]) = (pauper(), clients());
		register(&workers()[0], 4);
		for _ in 0..3 {
			paid(&client, &text());
		}
		let earn = |amount: Balance| {
			<StakingSlashing as VerifierWork>::delivered(&payee, amount);
			skip(EPOCH + 1);
		};
		earn(60);
		assert_eq!(Escrow::claimable(payee.clone()), 60);
		assert_noop!(
			Escrow::claim(signed(&payee)),
			pallet_aci_escrow::Error::<Market>::BelowExistentialDeposit
		);
		assert_ok!(Balances::transfer_allow_death(
			signed(&client),
			payee.clone(),
			100
		));
		assert_ok!(Escrow::claim_for(signed(&client), payee.clone()));
		assert_eq!(Balances::balance(&payee), 160);
		// Reaped, and paid anew.
		assert_ok!(Balances::transfer_allow_death(
			signed(&payee),
			client.clone(),
			160
		));
		assert!(!frame_system::Account::<Market>::contains_key(&payee));
		earn(50);
		assert_eq!(Escrow::claimable(payee.clone()), 50);
		earn(70);
		assert_eq!(
			(Balances::balance(&payee), Escrow::claimable(payee.clone())),
			(120, 0)
		);
	});
}

/// A client that spends all it can while its job runs is refunded: its holds keep it alive.
#[test]
fn a_client_cannot_be_reaped_while_its_job_runs() {
	run(|| {
		let [client, other] = clients();
		register(&workers()[0], 1);
		let id = submit(&client, &text());
		next_block();
		acknowledge(id);
		let spendable = Balances::balance(&client);
		let all = Balances::transfer_allow_death(signed(&client), other.clone(), spendable);
		assert!(all.is_err());
		let most = spendable - EXISTENTIAL_DEPOSIT;
		assert_ok!(Balances::transfer_allow_death(signed(&client), other, most));
		skip(TIMEOUT_BLOCKS + 1);
		assert_eq!(status(id), JobStatus::TimedOut);
		skip(RETENTION + 1);
		assert_eq!(
			Balances::balance(&client),
			START - most,
			"the lock and the deposit are back"
		);
	});
}
