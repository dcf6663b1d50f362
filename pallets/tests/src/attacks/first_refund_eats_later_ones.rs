//! A cheating worker has the first claim on its own bond made by its own client, so that nothing is
//! left for those whom it wronged later.

use super::*;
use crate::orders::*;
use aci_primitives::{
	traits::{Claim, DisputeVerdict, SlashReport, Slasher, Verdicts},
	JobId, Role,
};

fn convict(id: JobId) {
	let wrong = DisputeVerdict::Wrong;
	assert_ok!(<Jobs as Verdicts>::convict(
		&id,
		wrong,
		Default::default(),
		None
	));
}

/// The bond covers all claims that can join it, because a worker's exposure is at most the bond
/// divided by 4.2: whoever claims first, every client gets all that it paid.
#[test]
fn a_bond_covers_every_client_whoever_comes_first() {
	for own_first in [true, false] {
		run(|| {
			MaxClaims::set(8);
			let (own, worker, honest) = (
				clients()[0].clone(),
				workers()[0].clone(),
				clients()[1].clone(),
			);
			register_with(&worker, CLASS, 1, 2_000_000);
			let profit = profit(&[own.clone(), worker.clone()], || {
				let mut ids: Vec<JobId> = (0..4).map(|_| paid(&own, &text())).collect();
				let wronged = paid(&honest, &text());
				ids.insert(if own_first { 4 } else { 0 }, wronged);
				ids.into_iter().for_each(convict);
				skip(FRAUD_WINDOW + RETENTION + 2);
			});
			assert!(profit < 0, "{profit}");
			assert_eq!(total(&honest), START);
		});
	}
}

/// A pot that is too small is shared in proportion: to the unit the same, whoever claims first.
#[test]
fn a_pot_that_is_too_small_is_shared_in_proportion() {
	let refunds = |own_first: bool| {
		let mut got = (0, 0);
		run(|| {
			MaxClaims::set(8);
			let (own, worker, honest) = (
				clients()[0].clone(),
				workers()[0].clone(),
				clients()[1].clone(),
			);
			let bond = bond_for(1);
			register_with(&worker, CLASS, 1, 0);
			let claim = |client: &AccountId, number: u8, amount: Balance| {
				<StakingSlashing as Slasher>::slash(SlashReport {
					offender: worker.clone(),
					role: Role::Worker,
					offence: aci_market::Offence::WrongOutput,
					evidence: Default::default(),
					reporter: None,
					victim: Some(Claim {
						client: client.clone(),
						job: JobId::repeat_byte(number),
						class: CLASS,
						amount,
					}),
				})
			};
			let profit = profit(&[own.clone(), worker.clone()], || {
				let claims = [(&own, 1, 3 * bond), (&honest, 2, bond)];
				let order: [usize; 2] = if own_first { [0, 1] } else { [1, 0] };
				for place in order {
					let (client, number, amount) = claims[place];
					claim(client, number, amount);
				}
				skip(FRAUD_WINDOW + 1);
			});
			got = (total(&own) - START, total(&honest) - START);
			assert_eq!(got, (bond * 3 / 4, bond / 4));
			// The pair has lost what the honest client got.
			assert_eq!(profit, -i128::try_from(bond / 4).expect("fits"));
		});
		got
	};
	assert_eq!(refunds(true), refunds(false));
}
