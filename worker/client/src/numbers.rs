//! Numbers as people write and read them: slots, shares, percentages, short amounts. Exact, or
//! rounded down.

use crate::error::ClientError;
use aci_chain::amount;
use aci_primitives::{class::JOB_MILLI_SLOTS, Balance};

/// Digits of an amount that has no room.
const SHORT: usize = 5;

/// A decimal, times ten to the power of `places`; `None` for anything else.
fn decimal(text: &str, places: usize) -> Option<u128> {
	let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
	let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
	if !digits(whole) || !digits(part) || part.len() > places.max(1) {
		return None;
	}
	let scale = 10u128.checked_pow(u32::try_from(places).ok()?)?;
	let part: u128 = format!("{part:0<places$}").parse().ok()?;
	whole
		.parse::<u128>()
		.ok()?
		.checked_mul(scale)?
		.checked_add(part)
}

/// Milli-slots of a number of slots.
pub fn slots(text: &str) -> Result<u64, ClientError> {
	decimal(text, 3)
		.and_then(|milli| u64::try_from(milli).ok())
		.filter(|milli| *milli >= JOB_MILLI_SLOTS)
		.ok_or_else(|| {
			ClientError::Usage(format!(
				"`{text}` is no number of slots. Write it like 2 or 1.5: at least 1, with at most \
				 three decimals"
			))
		})
}

/// Slots of milli-slots, without needless decimals.
pub fn as_slots(milli: u64) -> String {
	let part = format!("{:03}", milli % JOB_MILLI_SLOTS);
	match part.trim_end_matches('0') {
		"" => (milli / JOB_MILLI_SLOTS).to_string(),
		part => format!("{}.{part}", milli / JOB_MILLI_SLOTS),
	}
}

/// A number of shares, a part of those that there are, or all of them.
pub fn shares(text: &str, all: u128) -> Result<u128, ClientError> {
	let wrong = || {
		ClientError::Usage(format!(
			"`{text}` is no number of shares. Write a whole number, a part like 50%, or all"
		))
	};
	if text == "all" {
		return Ok(all);
	}
	let Some(part) = text.strip_suffix('%') else {
		let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
		return digits
			.then(|| text.parse().ok())
			.flatten()
			.ok_or_else(wrong);
	};
	let hundredths = decimal(part.trim_end(), 2).filter(|part| *part <= 10_000);
	let hundredths = hundredths.ok_or_else(wrong)?;
	// Apart, so that no product is too large: all = 10,000 n + r.
	let (whole, rest) = (all / 10_000, all % 10_000);
	let of_rest = rest.checked_mul(hundredths).ok_or_else(wrong)? / 10_000;
	whole
		.checked_mul(hundredths)
		.and_then(|whole| whole.checked_add(of_rest))
		.ok_or_else(wrong)
}

/// Parts per million of a percentage; the sign may be missing.
pub fn parts_per_million(text: &str) -> Result<u32, ClientError> {
	let number = text.strip_suffix('%').unwrap_or(text).trim_end();
	decimal(number, 4)
		.filter(|parts| *parts <= 1_000_000)
		.and_then(|parts| u32::try_from(parts).ok())
		.ok_or_else(|| {
			ClientError::Usage(format!(
				"`{text}` is no percentage. Write it like 10 or 2.5%: at most 100, with at most four \
				 decimals"
			))
		})
}

/// A part of a whole as per cent with two decimals, rounded down.
pub fn percent(part: u64, whole: u64) -> String {
	let hundredths = u128::from(part)
		.saturating_mul(10_000)
		.checked_div(whole.into())
		.unwrap_or_default();
	format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

/// Parts per billion as per cent.
pub fn billionths(parts: u32) -> String {
	percent(parts.into(), 1_000_000_000)
}

/// Parts per million as per cent.
pub fn millionths(parts: u32) -> String {
	percent(parts.into(), 1_000_000)
}

/// An amount in ACI with at most five digits that count, rounded down, without its unit. For axes;
/// where an amount matters, it is shown whole.
pub fn short(planck: Balance) -> String {
	let text = amount::format(planck);
	let number = text.trim_end_matches(" ACI");
	let (whole, part) = number.split_once('.').unwrap_or((number, ""));
	let zeros = match whole {
		"0" => part.bytes().take_while(|byte| *byte == b'0').count(),
		_ => 0,
	};
	let counted = match whole {
		"0" => zeros.saturating_add(SHORT),
		whole => SHORT.saturating_sub(whole.len()),
	};
	let part = part.get(..counted).unwrap_or(part).trim_end_matches('0');
	match part {
		"" => whole.into(),
		part => format!("{whole}.{part}"),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use aci_primitives::ACI;

	#[test]
	fn slots_are_read_and_written_exactly() {
		for (text, milli) in [("1", 1_000), ("2.5", 2_500), ("1.001", 1_001)] {
			assert_eq!(slots(text).expect("is one"), milli, "{text}");
			assert_eq!(as_slots(milli), text);
		}
		for text in ["", "0", "0.999", "1.", ".5", "-1", "1.0001", "many", "1e9"] {
			assert!(slots(text).is_err(), "{text}");
		}
	}

	#[test]
	fn shares_are_a_number_a_part_or_all() {
		assert_eq!(shares("all", 77).expect("is one"), 77);
		assert_eq!(shares("5", 77).expect("is one"), 5);
		assert_eq!(shares("50%", 77).expect("is one"), 38);
		assert_eq!(
			shares("100 %", u128::MAX).expect("is one"),
			u128::MAX,
			"no digit is lost"
		);
		for text in ["", "half", "101%", "%", "-1", "1.5", "+5"] {
			assert!(shares(text, 77).is_err(), "{text}");
		}
	}

	#[test]
	fn a_percentage_is_read_in_parts_per_million() {
		for (text, parts) in [("10", 100_000), ("2.5%", 25_000), ("100 %", 1_000_000)] {
			assert_eq!(parts_per_million(text).expect("is one"), parts, "{text}");
		}
		for text in ["", "%", "100.0001", "-1", "ten"] {
			assert!(parts_per_million(text).is_err(), "{text}");
		}
	}

	#[test]
	fn shares_are_shown_in_per_cent() {
		assert_eq!(millionths(1_000_000), "100.00 %");
		assert_eq!(millionths(987_654), "98.76 %");
		assert_eq!(millionths(99), "0.00 %");
		assert_eq!(billionths(100_000_000), "10.00 %");
		assert_eq!(percent(1, 0), "0.00 %", "nothing of nothing");
	}

	#[test]
	fn a_short_amount_has_five_digits_that_count() {
		assert_eq!(short(ACI), "1");
		assert_eq!(short(12 * ACI + 345_678_901_234), "12.345");
		assert_eq!(short(20_000_000_000), "0.02");
		assert_eq!(short(123_456_789), "0.00012345");
		assert_eq!(short(1_234_567 * ACI), "1234567");
		assert_eq!(short(0), "0");
	}
}
