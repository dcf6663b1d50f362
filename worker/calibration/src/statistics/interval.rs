//! Exact intervals of a rate from a count (Clopper and Pearson's).
//!
//! With `k` of `n` the bounds are quantiles of beta distributions: `Beta(k, n − k + 1)` below and
//! `Beta(k + 1, n − k)` above. They cover the true rate at least as often as stated, whatever it is.

/// ln Γ(x) for x > 0, by Lanczos' series with g = 7 and nine terms; about 15 digits.
fn ln_gamma(x: f64) -> f64 {
	const TERMS: [f64; 9] = [
		0.999_999_999_999_809_9,
		676.520_368_121_885_1,
		-1_259.139_216_722_402_8,
		771.323_428_777_653_1,
		-176.615_029_162_140_6,
		12.507_343_278_686_905,
		-0.138_571_095_265_720_12,
		9.984_369_578_019_572e-6,
		1.505_632_735_149_311_6e-7,
	];
	let x = x - 1.0;
	let t = x + 7.5;
	let series = (1u32..)
		.zip(&TERMS[1..])
		.fold(TERMS[0], |sum, (i, term)| sum + term / (x + f64::from(i)));
	0.5 * std::f64::consts::TAU.ln() + (x + 0.5) * t.ln() - t + series.ln()
}

/// The regularised incomplete beta function, by its continued fraction (Lentz's method).
pub fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
	if x <= 0.0 {
		return 0.0;
	}
	if x >= 1.0 {
		return 1.0;
	}
	// The fraction converges fast below the mean, and the function is symmetric.
	if x > (a + 1.0) / (a + b + 2.0) {
		return 1.0 - incomplete_beta(b, a, 1.0 - x);
	}
	let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p()).exp();
	let tiny = 1e-300;
	let not_zero = |value: f64| if value.abs() < tiny { tiny } else { value };
	let mut c = 1.0;
	let mut d = 1.0 / not_zero(1.0 - (a + b) * x / (a + 1.0));
	let mut fraction = d;
	for m in 1..=500 {
		let m = f64::from(m);
		let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
		let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
		for step in [even, odd] {
			d = 1.0 / not_zero(1.0 + step * d);
			c = not_zero(1.0 + step / c);
			fraction *= c * d;
		}
		if (c * d - 1.0).abs() < 1e-15 {
			break;
		}
	}
	front * fraction / a
}

/// The point below which Beta(a, b) has this share, by halving.
fn beta_quantile(a: f64, b: f64, share: f64) -> f64 {
	let (mut low, mut high) = (0.0, 1.0);
	for _ in 0..200 {
		let middle = 0.5 * (low + high);
		if incomplete_beta(a, b, middle) < share {
			low = middle;
		} else {
			high = middle;
		}
	}
	0.5 * (low + high)
}

/// The rate that `k` of `n` exclude below, with this one-sided confidence.
pub fn lower(k: u64, n: u64, confidence: f64) -> f64 {
	if k == 0 || n == 0 {
		return 0.0;
	}
	beta_quantile(k as f64, (n - k.min(n) + 1) as f64, 1.0 - confidence)
}

/// The rate that `k` of `n` exclude above, with this one-sided confidence.
pub fn upper(k: u64, n: u64, confidence: f64) -> f64 {
	if k >= n {
		return 1.0;
	}
	beta_quantile((k + 1) as f64, (n - k) as f64, confidence)
}

#[cfg(test)]
mod tests {
	use super::*;

	fn near(found: f64, expected: f64) {
		assert!(
			(found - expected).abs() < 1e-9 * expected.abs().max(1e-3),
			"{found} {expected}"
		);
	}

	#[test]
	fn beta_has_its_closed_forms() {
		// I_x(1, b) = 1 − (1 − x)^b, I_x(a, 1) = x^a, and I_x(2, 2) = 3 x² − 2 x³.
		near(incomplete_beta(1.0, 7.0, 0.2), 1.0 - 0.8f64.powi(7));
		near(incomplete_beta(5.0, 1.0, 0.7), 0.7f64.powi(5));
		near(incomplete_beta(2.0, 2.0, 0.3), 3.0 * 0.09 - 2.0 * 0.027);
		near(ln_gamma(10.0), 362_880f64.ln());
	}

	#[test]
	fn none_of_n_gives_the_rule_of_three_exactly() {
		for n in [1, 10, 500, 3_000] {
			near(upper(0, n, 0.95), 1.0 - 0.05f64.powf(1.0 / n as f64));
			near(lower(n, n, 0.95), 0.05f64.powf(1.0 / n as f64));
		}
		assert_eq!((lower(0, 9, 0.95), upper(9, 9, 0.95)), (0.0, 1.0));
	}

	/// 2 of 10 and 5 of 100 at 95 % two-sided: from the tables of Clopper and Pearson's intervals.
	#[test]
	fn bounds_are_the_tables() {
		let rounded = |value: f64| (value * 1e4).round() / 1e4;
		assert_eq!(rounded(lower(2, 10, 0.975)), 0.0252);
		assert_eq!(rounded(upper(2, 10, 0.975)), 0.5561);
		assert_eq!(rounded(lower(5, 100, 0.975)), 0.0164);
		assert_eq!(rounded(upper(5, 100, 0.975)), 0.1128);
	}

	/// The bounds invert the binomial tails that they come from.
	#[test]
	fn bounds_invert_the_binomial() {
		let (k, n) = (3u32, 40u32);
		let tail = |rate: f64, from: u32, to: u32| -> f64 {
			(from..=to)
				.map(|i| {
					let choose = (ln_gamma(f64::from(n) + 1.0)
						- ln_gamma(f64::from(i) + 1.0)
						- ln_gamma(f64::from(n - i) + 1.0))
					.exp();
					choose * rate.powi(i as i32) * (1.0 - rate).powi((n - i) as i32)
				})
				.sum()
		};
		near(tail(upper(3, 40, 0.95), 0, k), 0.05);
		near(tail(lower(3, 40, 0.95), k, n), 0.05);
	}
}
