//! Checkpoints: what they do, and which are refused.

use crate::{mock::*, Checkpoints, Error, LastCheckpoint, OldestCheckpoint};
use aci_fastpath::{
	checkpoint::{Certified, Effects, Payee, QualityUpdate},
	inherent::INHERENT_IDENTIFIER,
};
use aci_market::fees;
use aci_primitives::{traits::Pot, Balance};
use frame_support::{
	assert_noop, assert_ok,
	dispatch::{DispatchClass, GetDispatchInfo},
	inherent::{InherentData, ProvideInherent},
};

fn pot(pot: Pot) -> Balance {
	<Escrow as aci_primitives::traits::Pots>::balance(pot)
}

/// A checkpoint with these effects, changed before it is signed.
fn changed(
	effects: Effects,
	open_locks: Balance,
	change: impl FnOnce(&mut aci_fastpath::checkpoint::Checkpoint),
) -> Certified {
	let mut checkpoint = next_checkpoint(&effects, open_locks, false);
	change(&mut checkpoint);
	certify(checkpoint, effects, &[0, 1, 3])
}

fn refused(certified: Certified, error: Error<Test>) {
	assert_noop!(submit(certified), error);
	check();
}

#[test]
fn a_job_is_paid_over_two_checkpoints() {
	run(|| {
		let id = fund(0, 1, 50_000);
		lease(0, 1, 2, 40_000);
		settle_empty(1);
		settle(
			Effects {
				debits: vec![(client(0), id, 20_000)],
				..Default::default()
			},
			20_000,
		);
		assert_eq!(ticket(0, id).expect("held").amount, 30_000);
		let parts = fees::split(10_000, &Default::default());
		settle(
			Effects {
				credits: vec![
					(Payee::Worker(worker(0)), parts.worker),
					(Payee::Validators, parts.validators),
					(Payee::Verifiers, parts.verifiers),
					(Payee::Liquidity(CLASS), parts.liquidity),
					(Payee::Ticket(client(0), id), 10_000),
				],
				burn: parts.burn,
				quality: vec![QualityUpdate {
					worker: worker(0),
					job: job(1),
					result: 1_000_000,
				}],
				..Default::default()
			},
			0,
		);
		assert_eq!(ticket(0, id).expect("held").amount, 40_000);
		assert_eq!(Balances::free_balance(worker(0)), START + parts.worker);
		assert_eq!(pot(Pot::Validators), parts.validators);
		assert_eq!(pot(Pot::Verifiers), parts.verifiers);
		assert_eq!(pot(Pot::Fund(CLASS)), parts.liquidity);
		assert_eq!(Escrow::burned(), parts.burn);
		let counted = counted();
		assert_eq!(counted.judged, [(worker(0), 1_000_000)]);
		assert_eq!(counted.fees, [(CLASS, worker(0), parts.liquidity)]);
		assert_eq!(Escrow::settled().accounts, parts.worker);
	});
}

#[test]
fn a_block_without_a_checkpoint_is_valid_and_one_carries_one_at_most() {
	run(|| {
		blocks(3);
		settle_empty(1);
		let again = next_checkpoint(&Effects::default(), 0, false);
		refused(certify(again, Effects::default(), &[0, 1, 2]), Error::Twice);
	});
}

#[test]
fn a_checkpoint_needs_a_quorum_of_the_set_in_force() {
	run(|| {
		next_block();
		let checkpoint = next_checkpoint(&Effects::default(), 0, false);
		let two = certify(checkpoint.clone(), Effects::default(), &[0, 1]);
		refused(two, Error::NoQuorum);
		let mut forged = certify(checkpoint.clone(), Effects::default(), &[0, 1, 2]);
		forged.certificate.signatures[1] = sign(&account(99), &checkpoint.hash());
		refused(forged, Error::WrongSignature);
		let mut few = certify(checkpoint.clone(), Effects::default(), &[0, 1, 2]);
		few.certificate.signatures.pop();
		refused(few, Error::Signers);
		assert_ok!(submit(certify(checkpoint, Effects::default(), &[1, 2, 3])));
	});
}

#[test]
fn a_checkpoint_that_is_not_the_next_one_is_refused() {
	run(|| {
		settle_empty(1);
		next_block();
		let nothing = Effects::default;
		refused(changed(nothing(), 0, |c| c.number += 1), Error::NotNext);
		refused(changed(nothing(), 0, |c| c.number -= 1), Error::NotNext);
		refused(
			changed(nothing(), 0, |c| c.previous = GENESIS),
			Error::NotNext,
		);
		refused(
			changed(nothing(), 0, |c| c.context.set += 1),
			Error::OtherSet,
		);
		refused(
			changed(nothing(), 0, |c| c.context.genesis = job(5)),
			Error::OtherSet,
		);
		refused(
			changed(nothing(), 0, |c| c.anchor.round -= 1),
			Error::TooEarly,
		);
		refused(
			changed(nothing(), 0, |c| c.closing = true),
			Error::NotEnding,
		);
		refused(
			changed(nothing(), 0, |c| c.effects = GENESIS),
			Error::OtherEffects,
		);
	});
}

#[test]
fn a_checkpoint_that_lies_about_money_is_refused() {
	run(|| {
		let id = fund(0, 1, 5_000);
		fund(1, 1, 5_000);
		settle_empty(1);
		next_block();
		let effects = |debit, credit, burn| Effects {
			debits: vec![(client(0), id, debit)],
			credits: vec![(Payee::Worker(worker(0)), credit)],
			burn,
			..Default::default()
		};
		let lie = |effects, locks| changed(effects, locks, |_| ());
		// Money from nothing, money that vanishes, locks that nobody paid for.
		refused(lie(effects(1_000, 1_001, 0), 0), Error::Unbalanced);
		refused(lie(effects(1_000, 999, 0), 0), Error::Unbalanced);
		refused(lie(effects(1_000, 1_000, 0), 1), Error::Unbalanced);
		refused(lie(effects(1_000, Balance::MAX, 2), 0), Error::Unbalanced);
		// More than the ticket has.
		refused(lie(effects(5_001, 5_001, 0), 0), Error::BudgetExceeded);
		// A ticket that is not there, or another client's.
		let other = Effects {
			debits: vec![(client(0), id + 1, 1_000)],
			credits: vec![(Payee::Worker(worker(0)), 1_000)],
			..Default::default()
		};
		refused(lie(other, 0), Error::BudgetExceeded);
		let twice = Effects {
			debits: vec![(client(0), id, 3_000), (client(0), id, 3_000)],
			credits: vec![(Payee::Worker(worker(0)), 6_000)],
			..Default::default()
		};
		refused(lie(twice, 0), Error::OutOfOrder);
		assert_ok!(submit(lie(effects(5_000, 3_000, 1_000), 1_000)));
	});
}

#[test]
fn a_ticket_that_no_checkpoint_handed_out_cannot_be_spent() {
	run(|| {
		let id = fund(0, 1, 5_000);
		next_block();
		let early = Effects {
			debits: vec![(client(0), id, 1_000)],
			..Default::default()
		};
		refused(changed(early, 1_000, |_| ()), Error::BudgetExceeded);
	});
}

#[test]
fn a_credit_that_an_account_cannot_take_becomes_claimable() {
	run(|| {
		let id = fund(0, 1, 5_000);
		settle_empty(1);
		let nobody = account(90);
		settle(
			Effects {
				debits: vec![(client(0), id, 60)],
				credits: vec![
					(Payee::Worker(nobody.clone()), 30),
					(Payee::Escrow(account(91)), 30),
				],
				..Default::default()
			},
			0,
		);
		assert_eq!(Escrow::claimable(nobody), 30);
		assert_eq!(Escrow::claimable(account(91)), 30);
	});
}

#[test]
fn too_many_effects_are_refused() {
	run(|| {
		next_block();
		let many = Effects {
			missed: (0..65).map(|_| worker(0)).collect(),
			..Default::default()
		};
		refused(changed(many, 0, |_| ()), Error::TooManyEffects);
	});
}

#[test]
fn late_workers_are_slashed_and_missed_matches_noted() {
	run(|| {
		settle(
			Effects {
				timeouts: vec![(worker(0), job(1))],
				missed: vec![worker(1)],
				..Default::default()
			},
			0,
		);
		let counted = counted();
		assert_eq!(counted.missed, [worker(1)]);
		let slashed: Vec<_> = counted
			.slashed
			.iter()
			.map(|s| (&s.offender, s.evidence))
			.collect();
		assert_eq!(slashed, [(&worker(0), job(1))]);
	});
}

#[test]
fn checkpoints_are_remembered_until_their_fraud_window_ends() {
	run(|| {
		settle_empty(3);
		assert_eq!(Fastpath::checkpoint_at(1).expect("remembered").number, 1);
		blocks(WINDOW);
		settle_empty(1);
		assert_eq!(OldestCheckpoint::<Test>::get(), 3);
		settle_empty(1);
		assert!(Checkpoints::<Test>::get(3).is_none());
		assert_eq!(LastCheckpoint::<Test>::get().number, 5);
	});
}

#[test]
fn the_inherent_is_made_only_of_a_checkpoint_that_will_be_taken() {
	run(|| {
		next_block();
		let data = |certified: &Certified| {
			let mut data = InherentData::new();
			data.put_data(INHERENT_IDENTIFIER, certified).expect("one");
			data
		};
		assert!(Fastpath::create_inherent(&InherentData::new()).is_none());
		let checkpoint = next_checkpoint(&Effects::default(), 0, false);
		let short = certify(checkpoint.clone(), Effects::default(), &[0, 1]);
		assert!(Fastpath::create_inherent(&data(&short)).is_none());
		let right = certify(checkpoint, Effects::default(), &[0, 1, 2]);
		let call = Fastpath::create_inherent(&data(&right)).expect("it is right");
		assert!(Fastpath::is_inherent(&call));
		assert_eq!(Fastpath::certified_of(&call), Some(right.clone()));
		assert_ok!(Fastpath::check_inherent(&call, &data(&right)));
		let info = RuntimeCall::Fastpath(call).get_dispatch_info();
		assert_eq!(info.class, DispatchClass::Mandatory);
		// Nobody sends it as a transaction.
		assert!(Fastpath::checkpoint(RuntimeOrigin::signed(client(0)), Box::new(right)).is_err());
	});
}
