//! Epochs of a network with the measured rates: what cheating brings, and what honesty risks.
//!
//! A worker with an equal share of an epoch's jobs cheats on some of them, in one way, for weeks. Each
//! job is checked with the probability that the budget buys; a check of a cheated job fails as often as
//! it was measured to, of an honest one as often as is thought of it. What the worker gains and loses is
//! counted in prices of a job.
//!
//! # Rules that are played
//!
//! * A lost dispute refunds the job: the worker's share of its price is gone.
//! * Each judged job moves the worker's sum ([`aci_poai::sequential`]); at [`LIFETIME_LINE`] the whole
//!   bond is gone, and the play ends.
//! * With a *fine*, a lost dispute also takes [`FINE`] times the job's price over the probability with
//!   which it was checked, out of the bond. What a worker expects to pay for a cheated job is then
//!   [`FINE`] times its price times the rate at which a check fails, however seldom checks are.
//!
//! # What is assumed
//!
//! A cheat that runs less than the ordered model saves the worker's whole share of the price: the most
//! that it can. One that runs the ordered model and only draws or answers another way saves nothing.
//! The bond is the smallest that exposure allows (Theorem 3): [`BOND`] prices for the open fraud windows.
//! A committee sees what the verifier saw, so a failed check is a lost dispute: for honest work that is
//! the worst case, as a committee's machines are others.

use aci_poai::sequential::{LogLikelihood, LogRatios, LIFETIME_LINE};
use anyhow::{ensure, Context, Result};

use crate::judge::Results;
use crate::statistics::random::Random;

/// Jobs of an epoch, as the paper counts.
pub const JOBS: u32 = 10_000;
/// Workers that share them.
pub const WORKERS: u32 = 100;
/// Epochs that a play goes on: a week of hours.
pub const EPOCHS: u32 = 168;
/// The worker's share of a price.
pub const SHARE: f64 = 0.8;
/// The smallest bond in prices: 4.2 times what is open in a fraud window of six epochs.
pub const BOND: f64 = 4.2 * 6.0 * (JOBS / WORKERS) as f64;
/// What a fine is of the price over the probability of a check.
pub const FINE: f64 = 2.0;
/// Shares of its jobs that a worker cheats on.
pub const DELTAS: [f64; 8] = [0.001, 0.01, 0.03, 0.1, 0.2, 0.35, 0.6, 1.0];
/// Cheats that run the ordered model in full.
const SAVES_NOTHING: [&str; 4] = ["top-20", "hotter", "greedy", "other-seed"];

/// One worker's way through the epochs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conduct {
	/// Share of the jobs that it cheats on.
	pub delta: f64,
	/// What a cheated job saves, in prices.
	pub saved: f64,
	/// How often a check of a cheated job fails.
	pub found: f64,
	/// How often a check of an honest one does.
	pub mistaken: f64,
}

/// The rules of a play.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
	/// The probability that a job is checked.
	pub rate: f64,
	/// Whether a lost dispute takes a fine.
	pub fine: bool,
	/// What a judged job adds to a sum.
	pub ratios: LogRatios,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Outcome {
	/// What the worker has more than an honest one, in prices; below zero: less.
	pub profit: f64,
	/// Epochs until the bond was gone, or all.
	pub epochs: u32,
	/// Whether the bond was taken by the line.
	pub slashed: bool,
	/// Disputes that were lost.
	pub lost: u32,
}

/// Plays one worker.
pub fn play(conduct: &Conduct, rules: &Rules, random: &mut Random) -> Outcome {
	let mut outcome = Outcome::default();
	let mut sum = LogLikelihood::default();
	let mut bond = BOND;
	while outcome.epochs < EPOCHS && bond > 0.0 {
		outcome.epochs += 1;
		for _ in 0..JOBS / WORKERS {
			let cheats = random.unit() < conduct.delta;
			if cheats {
				outcome.profit += conduct.saved;
			}
			if random.unit() >= rules.rate {
				continue;
			}
			let fails = match cheats {
				true => conduct.found,
				false => conduct.mistaken,
			};
			let failed = random.unit() < fails;
			if failed {
				outcome.lost += 1;
				outcome.profit -= SHARE;
				if rules.fine {
					let fine = (FINE / rules.rate).min(bond);
					bond -= fine;
					outcome.profit -= fine;
				}
			}
			if sum.record(failed, &rules.ratios, LIFETIME_LINE) {
				outcome.profit -= bond;
				outcome.slashed = true;
				return outcome;
			}
		}
	}
	outcome
}

/// The mean over several plays, with the share of those in which the line took the bond.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mean {
	/// Profit an epoch of the play, in prices.
	pub profit: f64,
	/// Share of the plays that the line ended.
	pub slashed: f64,
}

/// Plays `times` workers.
pub fn mean(conduct: &Conduct, rules: &Rules, times: u32, random: &mut Random) -> Mean {
	let (mut profit, mut slashed) = (0.0, 0u32);
	for _ in 0..times {
		let outcome = play(conduct, rules, random);
		profit += outcome.profit;
		slashed += u32::from(outcome.slashed);
	}
	Mean {
		profit: profit / f64::from(times) / f64::from(EPOCHS),
		slashed: f64::from(slashed) / f64::from(times),
	}
}

impl Conduct {
	/// What a cheated job brings on the average under the fine, in prices, as long as the bond lasts.
	pub fn expected(&self, rate: f64) -> f64 {
		self.saved - self.found * (FINE + rate * SHARE)
	}
}

/// The share that brings most, and what it brings.
fn best(conduct: &Conduct, rules: &Rules, times: u32, random: &mut Random) -> (f64, Mean) {
	let mut best = (
		0.0,
		mean(
			&Conduct {
				delta: 0.0,
				..*conduct
			},
			rules,
			1,
			random,
		),
	);
	let mut highest = f64::NEG_INFINITY;
	for delta in DELTAS {
		let found = mean(&Conduct { delta, ..*conduct }, rules, times, random);
		if found.profit > highest {
			highest = found.profit;
			best = (delta, found);
		}
	}
	best
}

/// The figures as tables.
///
/// Errors: results without costs, honest runs or usable rates.
pub fn report(results: &Results, times: u32) -> Result<String> {
	ensure!(times > 0, "play at least once");
	let rates = results.thresholds.sampled_text.rates;
	let ratios = LogRatios::new(rates.honest, rates.dishonest)?;
	let all = results.honest.first().context("no honest runs")?;
	let cost = results
		.costs
		.iter()
		.filter(|cost| cost.kind.starts_with("SampledText"))
		.max_by(|one, other| one.ratio.total_cmp(&other.ratio))
		.context("no costs of texts: run `aci-calibrate cost` first")?;
	let rate = cost.sampling.rate;
	let rules = |fine| Rules { rate, fine, ratios };
	let mistaken = all.extrapolated.unwrap_or(all.at_most);
	let mut random = Random::new(0xac1_e90c);
	let mut text = format!(
		"{JOBS} jobs an epoch, {WORKERS} workers, {EPOCHS} epochs, {times} plays of each figure. The \
		 dearest check, {} of {} by {}, lets {:.2} % of the jobs be checked. Profits are in prices of a \
		 job, an epoch; the bond is {BOND:.0} prices. The line needs {} failed checks in a row.\n\n",
		cost.kind,
		cost.worker,
		cost.verifier,
		rate * 100.0,
		ratios.fewest_failures(LIFETIME_LINE),
	);
	text += "| honest worker whose checks fail with | slashed by the line | profit, line alone | profit, with the fine |\n";
	text += "| --- | ---: | ---: | ---: |\n";
	for (name, mistaken) in [
		("the extrapolated rate", mistaken),
		("the 95 % bound of the rate", all.at_most),
		(
			"the rate that the line allows",
			f64::from(rates.honest) / 1e9,
		),
	] {
		let conduct = Conduct {
			delta: 0.0,
			saved: 0.0,
			found: 0.0,
			mistaken,
		};
		// Enough worker-epochs that a rate of 1e-6 each would show.
		let played = mean(&conduct, &rules(false), times.max(6_000), &mut random);
		let fined = mean(&conduct, &rules(true), times.max(6_000), &mut random);
		text += &format!(
			"| {name}, {:.1e} | {:.1e} | {:.4} | {:.4} |\n",
			mistaken, played.slashed, played.profit, fined.profit
		);
	}
	text += "\n| cheat | found in one check | saves | line alone: best share, profit, slashed | with the fine: best share, profit, slashed | expected for a cheated job |\n";
	text += "| --- | ---: | ---: | --- | --- | ---: |\n";
	for cheat in &results.cheats {
		let conduct = Conduct {
			delta: 0.0,
			saved: match SAVES_NOTHING.contains(&cheat.kind.as_str()) {
				true => 0.0,
				false => SHARE,
			},
			found: (cheat.failing + cheat.unavailable) as f64 / cheat.runs.max(1) as f64,
			mistaken,
		};
		let [alone, fined] = [false, true].map(|fine| {
			let (share, mean) = best(&conduct, &rules(fine), times, &mut random);
			format!(
				"{:.1} %, {:.3}, {:.0} %",
				share * 100.0,
				mean.profit,
				mean.slashed * 100.0
			)
		});
		text += &format!(
			"| {} | {:.1} % | {:.1} | {alone} | {fined} | {:.2} |\n",
			cheat.kind,
			conduct.found * 100.0,
			conduct.saved,
			conduct.expected(rate)
		);
	}
	Ok(text)
}

#[cfg(test)]
mod tests {
	use super::*;

	fn rules(fine: bool) -> Rules {
		Rules {
			rate: 0.03,
			fine,
			ratios: LogRatios::new(16_149_332, 505_350_269).unwrap(),
		}
	}

	const CHEAT: Conduct = Conduct {
		delta: 1.0,
		saved: SHARE,
		found: 0.95,
		mistaken: 1e-4,
	};

	#[test]
	fn who_always_cheats_loses_the_bond() {
		let found = mean(&CHEAT, &rules(false), 50, &mut Random::new(1));
		assert_eq!(found.slashed, 1.0);
		assert!(found.profit < 0.0, "{}", found.profit);
	}

	#[test]
	fn who_cheats_seldom_is_deterred_by_the_fine_and_not_by_the_line() {
		let seldom = Conduct {
			delta: 0.01,
			..CHEAT
		};
		let alone = mean(&seldom, &rules(false), 50, &mut Random::new(2));
		assert!(
			alone.profit > 0.0 && alone.slashed == 0.0,
			"{}",
			alone.profit
		);
		let fined = mean(&seldom, &rules(true), 50, &mut Random::new(2));
		assert!(fined.profit < 0.0, "{}", fined.profit);
	}

	#[test]
	fn the_honest_keep_what_they_have_but_for_mistaken_checks() {
		let honest = Conduct {
			delta: 0.0,
			..CHEAT
		};
		let fined = mean(&honest, &rules(true), 300, &mut Random::new(3));
		assert_eq!(fined.slashed, 0.0);
		// One checked job in 10,000 is mistaken.
		let expected = -f64::from(JOBS / WORKERS) * 1e-4 * (FINE + 0.03 * SHARE);
		assert!((fined.profit - expected).abs() < 0.02, "{}", fined.profit);
	}
}
