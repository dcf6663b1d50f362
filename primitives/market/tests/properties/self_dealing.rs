//! A worker that orders from itself to raise the par price: what it pays and what it gains.
//!
//! Assumptions, all in the attacker's favour unless said otherwise:
//!
//! * The attacker owns a share of the class's capacity and serves that share of the organic jobs.
//! * Its own jobs cost it no computation, take no capacity from organic ones, and are priced at the
//!   par price, the lowest there is. It is the class's only liquidity provider, so the fund's 4 %
//!   come back to it and 16 % of each payment are lost.
//! * Organic demand is a function of the price with a constant elasticity `e`: it is
//!   `d0·(p0/p)^e`. No capacity joins for the higher price (supply would only lower it).
//! * The gain is 80 % of the difference between its organic revenue with and without the attack,
//!   while it lasts and afterwards, until a horizon.

use aci_market::{control::next_par_price, ControlRules, PARTS_PER_BILLION};

const WHOLE: i128 = PARTS_PER_BILLION as i128;
const PAR: u128 = 1_000_000_000_000;

#[derive(Clone, Copy, Debug)]
struct Attack {
	/// Organic use at the first price, in parts per billion of capacity.
	demand: i128,
	/// Elasticity of demand, in halves.
	half_elasticity: u32,
	/// The attacker's part of the class, in percent.
	share: i128,
	/// Utilisation up to which it orders from itself, in parts per billion.
	aim: i128,
	/// For how many epochs.
	epochs: u32,
	/// Until when the effect is counted, in epochs.
	horizon: u32,
}

impl Attack {
	/// Organic use in parts per billion at a price.
	fn organic(&self, price: u128) -> i128 {
		// (p0/p)^(1/2), in parts per billion.
		let root = (PAR * 1_000_000_000_000_000_000 / price).isqrt();
		let scaled =
			(0..self.half_elasticity).fold(self.demand, |use_, _| use_ * root as i128 / WHOLE);
		scaled.min(WHOLE)
	}

	/// The attacker's profit at the horizon, and what it lost on its own payments.
	fn profit(&self) -> (i128, i128) {
		let rules = ControlRules::default();
		let (mut with, mut without) = (PAR, PAR);
		let (mut gained, mut lost) = (0i128, 0i128);
		for epoch in 0..self.horizon {
			let organic = [self.organic(with), self.organic(without)];
			let own = match epoch < self.epochs {
				true => (self.aim - organic[0]).max(0),
				false => 0,
			};
			let revenue = [organic[0] * with as i128, organic[1] * without as i128];
			gained += (revenue[0] - revenue[1]) / 100 * self.share * 8 / 10;
			lost += own * with as i128 * 16 / 100;
			with = next_par_price(with, (organic[0] + own) as u32, &rules);
			without = next_par_price(without, organic[1] as u32, &rules);
		}
		(gained - lost, lost)
	}
}

fn grid(half_elasticity: u32) -> Vec<Attack> {
	let mut attacks = Vec::new();
	for demand in [
		100_000_000,
		300_000_000,
		500_000_000,
		590_000_000,
		800_000_000,
	] {
		for share in [5, 20, 50, 100] {
			for aim in [620_000_000, 800_000_000, WHOLE] {
				for epochs in [1, 5, 20, 60] {
					for horizon in [epochs, 100, 1_000] {
						attacks.push(Attack {
							demand,
							half_elasticity,
							share,
							aim,
							epochs,
							horizon: horizon.max(epochs),
						});
					}
				}
			}
		}
	}
	attacks
}

#[test]
fn with_elastic_demand_raising_the_price_by_own_orders_is_a_loss_on_the_whole_grid() {
	for half_elasticity in [2, 3, 4] {
		let mut attacks = 0;
		for attack in grid(half_elasticity) {
			let (profit, lost) = attack.profit();
			if lost == 0 {
				// Nothing to order: the class was above the aim already.
				assert_eq!(profit, 0, "{attack:?}");
				continue;
			}
			attacks += 1;
			// Rounding of the demand function is below a part in 10^6 of the revenue.
			assert!(profit < 0, "{attack:?}: {profit}, lost {lost}");
			assert!(
				-profit * 1_000 >= lost * 999,
				"{attack:?}: {profit}, lost {lost}"
			);
		}
		assert!(attacks > 500);
	}
}

/// The limit of the claim: where demand hardly answers the price, the price stays where it was
/// pushed, and after enough epochs a large worker has gained. The same attacks are losses while they
/// last.
#[test]
fn with_inelastic_demand_an_attack_loses_at_first_and_gains_only_over_a_long_horizon() {
	let attack = Attack {
		demand: 500_000_000,
		half_elasticity: 0,
		share: 100,
		aim: WHOLE,
		epochs: 5,
		horizon: 5,
	};
	let profit = |attack: Attack| attack.profit().0;
	assert!(profit(attack) < 0);
	assert!(
		profit(Attack {
			horizon: 1_000,
			..attack
		}) > 0
	);
	let small = Attack { share: 5, ..attack };
	assert!(
		profit(Attack {
			horizon: 60,
			..small
		}) < 0
	);
	assert!(
		profit(Attack {
			horizon: 1_000,
			..small
		}) > 0
	);
	// With an elasticity of a half the same push takes longer to pay.
	let half = Attack {
		half_elasticity: 1,
		..attack
	};
	let first = |attack: Attack| {
		(5..2_000).find(|horizon| {
			profit(Attack {
				horizon: *horizon,
				..attack
			}) > 0
		})
	};
	assert!(first(attack).unwrap() < first(half).unwrap());
	assert_eq!(
		first(Attack {
			half_elasticity: 2,
			..attack
		}),
		None
	);
}
