//! Amounts as people write them: ACI with up to 12 decimals. Exact in both directions.

use aci_primitives::{Balance, ACI};

/// Decimals of one ACI.
const DECIMALS: usize = 12;

/// Why a text is no amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no amount. Write it like 1.5 or 1.5ACI, with at most 12 decimals")]
pub struct AmountError(pub String);

/// Planck as text with all decimals, for example `0.123456789012 ACI`.
pub fn format(planck: Balance) -> String {
	format!("{}.{:012} ACI", planck / ACI, planck % ACI)
}

/// Planck of a text such as `1.5`, `1.5ACI` or `1.5 ACI`.
pub fn parse(text: &str) -> Result<Balance, AmountError> {
	let wrong = || AmountError(text.into());
	let number = text.trim();
	let number = number.strip_suffix("ACI").unwrap_or(number).trim_end();
	let (whole, part) = number.split_once('.').unwrap_or((number, ""));
	let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
	let has_part = number.contains('.');
	if whole.is_empty()
		|| (has_part && part.is_empty())
		|| part.len() > DECIMALS
		|| !digits(whole)
		|| !digits(part)
	{
		return Err(wrong());
	}
	let whole: Balance = whole.parse().map_err(|_| wrong())?;
	let part: Balance = format!("{part:0<DECIMALS$}").parse().map_err(|_| wrong())?;
	whole
		.checked_mul(ACI)
		.and_then(|planck| planck.checked_add(part))
		.ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn an_amount_is_written_with_all_its_decimals() {
		assert_eq!(format(123_456_789_012), "0.123456789012 ACI");
		assert_eq!(format(5 * ACI), "5.000000000000 ACI");
		assert_eq!(format(0), "0.000000000000 ACI");
	}

	#[test]
	fn what_is_written_is_read_back() {
		for planck in [0, 1, ACI - 1, ACI, 15 * ACI / 10, Balance::MAX] {
			assert_eq!(parse(&format(planck)), Ok(planck));
		}
	}

	#[test]
	fn people_may_leave_out_the_unit_and_decimals() {
		for text in ["1.5", "1.5ACI", " 1.5 ACI ", "1.500000000000"] {
			assert_eq!(parse(text), Ok(1_500_000_000_000), "{text}");
		}
		assert_eq!(parse("7"), Ok(7 * ACI));
		assert_eq!(parse("0.000000000001"), Ok(1));
	}

	#[test]
	fn anything_else_is_refused() {
		for text in [
			"",
			".",
			"1.",
			".5",
			"-1",
			"+1",
			"1e3",
			"1,5",
			"1.5.5",
			"ACI",
			"1 000",
			"1.5 DOT",
			"0.0000000000001",
			"340282366920938463463374607431768211456",
			"340282366920938463463374608",
		] {
			assert!(parse(text).is_err(), "{text}");
		}
	}
}
