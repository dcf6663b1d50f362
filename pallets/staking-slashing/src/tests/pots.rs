use super::*;
use crate::{Claims, Error, Event, Slashes, TotalBurned};
use frame_support::{assert_noop, assert_ok};

#[test]
fn the_first_refund_does_not_eat_later_ones_and_the_insurer_pays_within_its_cap() {
	run(|| {
		let (who, first, second) = (account(1), account(2), account(3));
		assert_ok!(bond(&who, Role::Worker, 3_000));
		InsurerCap::set(600);
		assert_eq!(wrong(&who, 1, &first, 2_000), 3_000);
		go_to(CLAIM);
		// The last block in which it can join: the second victim proves its own job.
		assert_eq!(wrong(&who, 2, &second, 4_000), 0);
		System::assert_has_event(
			Event::NothingToSlash {
				offender: who.clone(),
				role: Role::Worker,
				offence: Offence::WrongOutput,
				evidence: H256::repeat_byte(2),
			}
			.into(),
		);
		assert_eq!(StakingSlashing::pot(0).expect("pending").claims.len(), 2);
		go_to(1 + CLAIM);
		// The pot in proportion: 1,000 and 2,000. The insurer: as much as its cap lets it.
		let refunded = [(1, &first, 1_000, 600), (2, &second, 2_000, 0)];
		for (job, client, paid, insured) in refunded {
			System::assert_has_event(
				Event::ClaimPaid {
					id: 0,
					client: client.clone(),
					job: H256::repeat_byte(job),
					paid,
					waiting: 0,
					insured,
				}
				.into(),
			);
			assert_eq!(balance(client), START + paid + insured);
		}
		assert_eq!(InsurerCap::get(), 0);
		assert_eq!(TotalBurned::<Test>::get(), 0);
		assert_eq!(held(HoldReason::Slashed, &who), 0);
		assert!(Slashes::<Test>::iter().next().is_none());
	});
}

#[test]
fn a_pot_that_covers_all_claims_pays_them_then_the_reporter_then_burns() {
	run(|| {
		let (who, client, reporter) = (account(1), account(2), account(3));
		assert_ok!(bond(&who, Role::Worker, 3_000));
		InsurerCap::set(1_500);
		<StakingSlashing as Slasher>::slash(SlashReport {
			offender: who.clone(),
			role: Role::Worker,
			offence: Offence::WrongOutput,
			evidence: H256::zero(),
			reporter: Some(reporter.clone()),
			victim: Some(Claim {
				client: client.clone(),
				job: H256::repeat_byte(1),
				class: 0,
				amount: 1_000,
			}),
		});
		go_to(1 + CLAIM);
		System::assert_last_event(
			Event::SlashApplied {
				id: 0,
				offender: who,
				role: Role::Worker,
				reporter: Some(reporter.clone()),
				refunded: 1_000,
				kept: 0,
				rewarded: 200,
				burned: 1_800,
			}
			.into(),
		);
		assert_eq!(balance(&client), START + 1_000);
		assert_eq!(balance(&reporter), START + 200);
		assert_eq!(
			(InsurerCap::get(), TotalBurned::<Test>::get()),
			(1_500, 1_800)
		);
	});
}

#[test]
fn shares_of_a_pot_add_up_to_the_unit() {
	for pot in [0, 1, 2, 99, 100, 101, 999, 1_000, 5_000, Balance::MAX] {
		for claims in [
			vec![333, 333, 334],
			vec![1, 1, 1],
			vec![1, 0, 998],
			vec![0],
			vec![],
		] {
			let claims: Vec<Claim> = claims
				.into_iter()
				.map(|amount| Claim {
					client: account(1),
					job: H256::zero(),
					class: 0,
					amount,
				})
				.collect();
			let all = claims.iter().map(|claim| claim.amount).sum::<Balance>();
			let shares = crate::pots::pro_rata(pot, &claims);
			assert_eq!(shares.iter().sum::<Balance>(), pot.min(all));
			for (claim, share) in claims.iter().zip(shares) {
				assert!(share <= claim.amount);
				// Within one unit of the exact proportion.
				let exact = pot.min(all) * claim.amount;
				assert!(share * all < exact + all && exact < (share + 1) * all || all == 0);
			}
		}
	}
}

#[test]
fn a_claim_without_an_open_pot_or_without_room_goes_to_the_insurer_at_once() {
	run(|| {
		let (who, client) = (account(1), account(2));
		InsurerCap::set(700);
		assert_eq!(wrong(&who, 9, &client, 300), 0);
		assert_eq!(balance(&client), START + 300);
		assert_ok!(bond(&who, Role::Worker, 3_000));
		assert_eq!(wrong(&who, 1, &client, 1), 3_000);
		for job in 2..=3 {
			assert_eq!(wrong(&who, job, &client, 1), 0);
		}
		assert_eq!(Claims::<Test>::get(0).len() as u32, MaxClaims::get());
		assert_eq!(wrong(&who, 4, &client, 500), 0);
		System::assert_last_event(
			Event::ClaimInsured {
				offender: who.clone(),
				claim: Claim {
					client: client.clone(),
					job: H256::repeat_byte(4),
					class: 0,
					amount: 500,
				},
				insured: 400,
			}
			.into(),
		);
		go_to(1 + CLAIM);
		assert_eq!(balance(&client), START + 300 + 400 + 3);
		// The pot is over: what comes now finds none.
		assert_eq!(wrong(&who, 5, &client, 500), 0);
		assert_eq!(balance(&client), START + 300 + 400 + 3);
	});
}

#[test]
fn a_claim_of_nothing_is_no_claim() {
	run(|| {
		let (who, client) = (account(1), account(2));
		assert_ok!(bond(&who, Role::Worker, 3_000));
		assert_eq!(report(&who, Offence::Timeout, 1, &client, 0), 300);
		assert!(Claims::<Test>::get(0).is_empty());
		assert_eq!(
			Slashes::<Test>::get(0).map(|slash| slash.applies_at),
			Some(1 + APPEAL)
		);
		// With one, the pot waits for those who can still claim.
		assert_eq!(report(&who, Offence::Timeout, 2, &client, 1), 270);
		assert_eq!(
			Slashes::<Test>::get(1).map(|slash| slash.applies_at),
			Some(1 + CLAIM)
		);
	});
}

#[test]
fn later_claims_join_the_pot_that_is_applied_last() {
	run(|| {
		let (who, client) = (account(1), account(2));
		assert_ok!(bond(&who, Role::Worker, 3_000));
		assert_eq!(wrong(&who, 1, &client, 1), 3_000);
		assert_ok!(bond(&who, Role::Worker, 1_000));
		assert_eq!(report(&who, Offence::Timeout, 2, &client, 0), 100);
		assert_ok!(bond(&who, Role::Verifier, VERIFIER));
		// Nothing is left after the whole of it is slashed again.
		assert_eq!(wrong(&who, 3, &client, 5), 900);
		assert_eq!(wrong(&who, 4, &client, 7), 0);
		let jobs: Vec<_> = StakingSlashing::pot(2)
			.expect("pending")
			.claims
			.into_iter()
			.map(|claim| claim.amount)
			.collect();
		assert_eq!(jobs, [5, 7]);
	});
}

#[test]
fn a_refund_that_its_account_cannot_take_waits_in_the_pot_and_is_never_burned() {
	run(|| {
		let (who, newcomer) = (account(1), account(77));
		assert_ok!(bond(&who, Role::Worker, 3_000));
		let dust = EXISTENTIAL_DEPOSIT - 1;
		assert_eq!(wrong(&who, 1, &newcomer, dust), 3_000);
		wrong(&who, 2, &account(2), 100);
		go_to(1 + CLAIM);
		assert_eq!(balance(&account(2)), START + 100);
		assert_eq!(held(HoldReason::Slashed, &who), dust);
		assert_eq!(TotalBurned::<Test>::get(), 3_000 - 100 - dust);
		check();
		assert_noop!(apply(0), Error::<Test>::RefundsWait);
		assert_noop!(cancel(0), Error::<Test>::SlashIsApplied);
		// Other slashes do not touch it, and no claim joins it.
		wrong(&who, 3, &account(2), 100);
		assert_eq!(Claims::<Test>::get(0).len(), 1);
		assert_ok!(Balances::transfer_allow_death(
			signed(&account(4)),
			newcomer.clone(),
			EXISTENTIAL_DEPOSIT
		));
		assert_ok!(apply(0));
		assert_eq!(balance(&newcomer), EXISTENTIAL_DEPOSIT + dust);
		assert_eq!(held(HoldReason::Slashed, &who), 0);
		assert_noop!(apply(0), Error::<Test>::NoSuchSlash);
	});
}

#[test]
fn a_reaped_client_is_refunded_when_the_refund_is_no_dust() {
	run(|| {
		let (who, client) = (account(1), account(4));
		assert_ok!(bond(&who, Role::Worker, 3_000));
		wrong(&who, 1, &client, EXISTENTIAL_DEPOSIT);
		assert_ok!(Balances::transfer_all(signed(&client), account(3), false));
		assert_eq!(balance(&client), 0);
		go_to(1 + CLAIM);
		assert_eq!(balance(&client), EXISTENTIAL_DEPOSIT);
	});
}

#[test]
fn a_cancelled_slash_ends_its_own_claim_and_keeps_those_of_others() {
	run(|| {
		let (who, first, second) = (account(1), account(2), account(3));
		assert_ok!(bond(&who, Role::Worker, 3_000));
		// Half of the bond, then half of the rest.
		assert_eq!(
			report(&who, Offence::InvalidAttestation, 1, &first, 40),
			1_500
		);
		assert_eq!(wrong(&who, 2, &first, 50), 1_500);
		assert_eq!(wrong(&who, 3, &second, 60), 0);
		assert_ok!(cancel(1));
		// The third claim joins the other pot that is open.
		let pot = StakingSlashing::pot(0).expect("pending");
		let amounts: Vec<_> = pot.claims.iter().map(|claim| claim.amount).collect();
		assert_eq!(amounts, [40, 60]);
		InsurerCap::set(1_000);
		assert_ok!(cancel(0));
		// And when none is left, it goes to the insurer.
		assert_eq!((balance(&first), balance(&second)), (START, START + 60));
		assert_eq!(worker(&who).active, 3_000);
	});
}

#[test]
fn an_offender_that_is_its_own_client_gains_nothing() {
	run(|| {
		let who = account(1);
		assert_ok!(bond(&who, Role::Worker, 3_000));
		// The claim is what it paid itself before; it gets no more than that back of its own bond.
		assert_eq!(wrong(&who, 1, &who, 714), 3_000);
		go_to(1 + CLAIM);
		assert_eq!(balance(&who), START - 3_000 + 714);
		assert_eq!(TotalBurned::<Test>::get(), 3_000 - 714);
	});
}
