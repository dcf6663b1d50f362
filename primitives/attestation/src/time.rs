//! Times in certificates and in Intel's statements, as seconds since the start of 1970, UTC.
//!
//! # Guarantees
//!
//! 1. A time that the Gregorian calendar does not have is refused, and so is one before 1970.
//! 2. UTCTime's years are 1950 to 2049; of those, from 1970 on.

use crate::error::Malformed;

/// Seconds of `YYMMDDHHMMSSZ`.
pub fn utc_time(text: &[u8]) -> Result<u64, Malformed> {
	let [y1, y0, rest @ ..] = text else {
		return Err(Malformed);
	};
	let short = number(&[*y1, *y0])?;
	let year = if short < 50 {
		2000 + short
	} else {
		1900 + short
	};
	compact(year, rest)
}

/// Seconds of `YYYYMMDDHHMMSSZ`.
pub fn generalized_time(text: &[u8]) -> Result<u64, Malformed> {
	let (year, rest) = text.split_at_checked(4).ok_or(Malformed)?;
	compact(number(year)?, rest)
}

/// Seconds of `YYYY-MM-DDTHH:MM:SSZ`.
pub fn iso8601(text: &[u8]) -> Result<u64, Malformed> {
	match text {
		[y3, y2, y1, y0, b'-', m1, m0, b'-', d1, d0, b'T', h1, h0, b':', n1, n0, b':', s1, s0, b'Z'] => {
			seconds(
				number(&[*y3, *y2, *y1, *y0])?,
				number(&[*m1, *m0])?,
				number(&[*d1, *d0])?,
				number(&[*h1, *h0])?,
				number(&[*n1, *n0])?,
				number(&[*s1, *s0])?,
			)
		}
		_ => Err(Malformed),
	}
}

fn compact(year: u64, rest: &[u8]) -> Result<u64, Malformed> {
	match rest {
		[m1, m0, d1, d0, h1, h0, n1, n0, s1, s0, b'Z'] => seconds(
			year,
			number(&[*m1, *m0])?,
			number(&[*d1, *d0])?,
			number(&[*h1, *h0])?,
			number(&[*n1, *n0])?,
			number(&[*s1, *s0])?,
		),
		_ => Err(Malformed),
	}
}

fn number(digits: &[u8]) -> Result<u64, Malformed> {
	digits.iter().try_fold(0u64, |value, digit| match digit {
		b'0'..=b'9' => Ok(value * 10 + u64::from(digit - b'0')),
		_ => Err(Malformed),
	})
}

fn seconds(
	year: u64,
	month: u64,
	day: u64,
	hour: u64,
	minute: u64,
	second: u64,
) -> Result<u64, Malformed> {
	let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
	let (before, length) = match month {
		1 => (0, 31),
		2 => (31, if leap { 29 } else { 28 }),
		3 => (59, 31),
		4 => (90, 30),
		5 => (120, 31),
		6 => (151, 30),
		7 => (181, 31),
		8 => (212, 31),
		9 => (243, 30),
		10 => (273, 31),
		11 => (304, 30),
		12 => (334, 31),
		_ => return Err(Malformed),
	};
	if year < 1970 || day == 0 || day > length || hour > 23 || minute > 59 || second > 59 {
		return Err(Malformed);
	}
	// A year is at most 9999, so nothing below overflows.
	let past = year - 1;
	let leaps = (past / 4 - past / 100 + past / 400) - (1969 / 4 - 1969 / 100 + 1969 / 400);
	let leap_day = u64::from(leap && month > 2);
	let days = (year - 1970) * 365 + leaps + before + leap_day + day - 1;
	Ok(((days * 24 + hour) * 60 + minute) * 60 + second)
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn known_times() {
		assert_eq!(utc_time(b"700101000000Z"), Ok(0));
		assert_eq!(utc_time(b"491231235959Z"), Ok(2_524_607_999));
		assert_eq!(
			generalized_time(b"21060207062815Z"),
			Ok(u64::from(u32::MAX))
		);
		assert_eq!(generalized_time(b"99991231235959Z"), Ok(253_402_300_799));
		assert_eq!(iso8601(b"2000-02-29T00:00:00Z"), Ok(951_782_400));
		assert_eq!(iso8601(b"2025-06-19T10:56:11Z"), Ok(1_750_330_571));
	}

	#[test]
	fn times_that_the_calendar_lacks_are_refused() {
		for wrong in [
			"2100-02-29T00:00:00Z",
			"2025-04-31T00:00:00Z",
			"2025-00-01T00:00:00Z",
			"2025-13-01T00:00:00Z",
			"2025-01-00T00:00:00Z",
			"2025-01-01T24:00:00Z",
			"2025-01-01T00:60:00Z",
			"2025-01-01T00:00:60Z",
			"1969-12-31T23:59:59Z",
			"2025-01-01T00:00:00+",
			"2025-01-01T00:00:0 Z",
			"",
		] {
			assert_eq!(iso8601(wrong.as_bytes()), Err(Malformed), "{wrong}");
		}
		assert_eq!(utc_time(b"691231235959Z"), Err(Malformed));
		assert_eq!(utc_time(b"2501010000Z"), Err(Malformed));
	}

	#[test]
	fn every_day_follows_the_day_before() {
		let mut expected = 0;
		for year in 1970..2500u64 {
			for month in 1..=12 {
				for day in 1..=31 {
					if let Ok(time) = seconds(year, month, day, 0, 0, 0) {
						assert_eq!(time, expected);
						expected += 86_400;
					}
				}
			}
		}
		// 530 years with 129 leap days.
		assert_eq!(expected / 86_400, 530 * 365 + 129);
	}

	proptest! {
		#[test]
		fn any_bytes_are_read_without_panic(bytes in any::<Vec<u8>>()) {
			let _ = utc_time(&bytes);
			let _ = generalized_time(&bytes);
			let _ = iso8601(&bytes);
		}
	}
}
