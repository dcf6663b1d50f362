//! Prints the figures behind `docs/economics.md`, as one JSON object: every number comes from the
//! functions that the runtime uses. `scripts/economics.sh` draws them.
//!
//! Nothing here is consensus: the expected profits of the last part use floating point.

use aci_market::{
	control::{floor_share, next_par_price, ControlRules},
	curve::{marginal_price, price, FLOPS_PER_COMPUTE_UNIT, PARTS_PER_BILLION},
	fees, payment,
	stake::{exposure_limit, ACI},
	FeeShares, Pool,
};

/// Slots of the example's pool, in milli-slots.
const TARGET: u64 = 100_000;
/// Par price of the example's pool, in planck per compute unit.
const PAR: u128 = ACI / 100;

fn main() {
	println!("{{");
	println!("\"curve\": {},", curve());
	println!("\"floor\": {},", floor());
	println!("\"control\": {},", control());
	println!("\"late\": {},", late());
	println!("\"fees\": {},", split());
	println!(
		"\"exposure_of_bond\": {},",
		ratio(exposure_limit(42 * ACI), 42 * ACI)
	);
	println!("\"cheating\": {}", cheating());
	println!("}}");
}

fn ratio(value: u128, whole: u128) -> f64 {
	value as f64 / whole as f64
}

fn list(items: impl Iterator<Item = String>) -> String {
	format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

fn points(items: impl Iterator<Item = (f64, f64)>) -> String {
	list(items.map(|(x, y)| format!("[{x}, {y}]")))
}

/// Marginal price over par price by utilisation, for four floor shares.
fn curve() -> String {
	list(
		[0u32, 300_000_000, 600_000_000, 900_000_000]
			.into_iter()
			.map(|floor| {
				let line = (0..=95u64).map(|percent| {
					let free = TARGET - TARGET * percent / 100;
					let pool = Pool::new(free, TARGET, PAR, floor).expect("is within the bounds");
					let price = marginal_price(&pool).expect("has a price");
					(percent as f64 / 100.0, ratio(price, PAR))
				});
				let share = f64::from(floor) / f64::from(PARTS_PER_BILLION);
				format!("{{\"floor_share\": {share}, \"points\": {}}}", points(line))
			}),
	)
}

/// Floor share by the fund's size in ACI.
fn floor() -> String {
	let rules = ControlRules::default();
	points((0..=100u128).map(|step| {
		let fund = step * 5_000;
		let share = floor_share(fund * ACI, &rules);
		(fund as f64, f64::from(share) / f64::from(PARTS_PER_BILLION))
	}))
}

/// What the clients of the example can pay in an epoch: each slot in use does 1,000 compute units.
fn utilisation_for(budget: u128, par_price: u128) -> u64 {
	let pool = Pool::new(TARGET, TARGET, par_price, 0).expect("is within the bounds");
	(1..=95u64)
		.take_while(|percent| {
			let taken = TARGET * percent / 100;
			let flops = 1_000 * FLOPS_PER_COMPUTE_UNIT * u128::from(taken) / 1_000;
			price(&pool, taken, flops).is_ok_and(|cost| cost <= budget)
		})
		.last()
		.unwrap_or(0)
}

/// Utilisation and par price by epoch, while the clients' budget doubles and falls again.
fn control() -> String {
	let rules = ControlRules::default();
	// At par price half of the slots are in use.
	let ordinary = 50 * 1_000 * PAR * 2;
	let mut par_price = PAR;
	list((0..240u32).map(|epoch| {
		let budget = match epoch {
			40..=119 => 2 * ordinary,
			120.. => ordinary / 2,
			_ => ordinary,
		};
		let used = utilisation_for(budget, par_price);
		let line = format!(
			"{{\"epoch\": {epoch}, \"utilisation\": {}, \"par_price\": {}}}",
			used as f64 / 100.0,
			ratio(par_price, PAR)
		);
		let utilisation = used as u32 * (PARTS_PER_BILLION / 100);
		par_price = next_par_price(par_price, utilisation, &rules);
		line
	}))
}

/// Share of the price that is due by the time taken, in SLAs.
fn late() -> String {
	let whole: u128 = 1_000_000_000;
	points((0..=220u64).map(|percent| {
		let due = payment::late_price(whole, 60_000, 600 * percent).unwrap_or(0);
		(percent as f64 / 100.0, ratio(due, whole))
	}))
}

/// The five shares of a payment.
fn split() -> String {
	let parts = fees::split(ACI, &FeeShares::default());
	let share = |part| ratio(part, ACI);
	format!(
		"{{\"worker\": {}, \"validators\": {}, \"verifiers\": {}, \"fund\": {}, \"burned\": {}}}",
		share(parts.worker),
		share(parts.validators),
		share(parts.verifiers),
		share(parts.liquidity),
		share(parts.burn)
	)
}

/// Expected profit of one epoch of cheating on a share of 10,000 jobs, in epochs' revenue, for a
/// worker whose bond is the multiple of its exposure that the chain demands; for three sampling
/// rates. Caught once, it loses the whole bond.
fn cheating() -> String {
	let jobs = 10_000.0;
	let bond = ratio(42 * ACI, exposure_limit(42 * ACI));
	list([0.003f64, 0.01, 0.06].into_iter().map(|rate| {
		let line = (0..=100).map(|step| {
			let share = f64::from(step) / 2_000.0;
			let caught = 1.0 - (1.0 - rate).powf(share * jobs);
			(share, share * (1.0 - caught) - caught * bond)
		});
		format!("{{\"sampling\": {rate}, \"points\": {}}}", points(line))
	}))
}
