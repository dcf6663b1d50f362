//! Certificates in PEM, as quotes and vendors' files carry them.
//!
//! # Guarantees
//!
//! 1. At most [`MAX_CERTIFICATES`] certificates are read; time and memory are linear in the text.
//! 2. Base64 is accepted in its one form: padding where it belongs, unused bits zero.
//! 3. Between certificates and after the last only white space and one final zero byte may stand.

use crate::error::Malformed;
use alloc::vec::Vec;

/// Most certificates that one text may hold.
pub const MAX_CERTIFICATES: usize = 6;

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";

/// The DER bytes of each certificate, in the text's order.
pub fn certificates(text: &[u8]) -> Result<Vec<Vec<u8>>, Malformed> {
	let mut rest = text.strip_suffix(&[0]).unwrap_or(text).trim_ascii();
	let mut found = Vec::new();
	while !rest.is_empty() {
		if found.len() >= MAX_CERTIFICATES {
			return Err(Malformed);
		}
		let body = rest.strip_prefix(BEGIN).ok_or(Malformed)?;
		// The base64 alphabet has no hyphen, so the first one begins the last line.
		let end = body
			.iter()
			.position(|byte| *byte == b'-')
			.ok_or(Malformed)?;
		let (encoded, after) = body.split_at_checked(end).ok_or(Malformed)?;
		rest = after.strip_prefix(END).ok_or(Malformed)?.trim_ascii();
		found.push(base64(encoded)?);
	}
	Ok(found)
}

fn base64(text: &[u8]) -> Result<Vec<u8>, Malformed> {
	let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
	let mut digits = text.iter().filter(|byte| !byte.is_ascii_whitespace());
	while let Some(first) = digits.next() {
		let quad = [
			*first,
			*digits.next().ok_or(Malformed)?,
			*digits.next().ok_or(Malformed)?,
			*digits.next().ok_or(Malformed)?,
		];
		let (used, padded) = match quad {
			[a, b, b'=', b'='] => ([a, b, b'A', b'A'], 2),
			[a, b, c, b'='] => ([a, b, c, b'A'], 1),
			whole => (whole, 0),
		};
		let mut value = 0u32;
		for digit in used {
			value = (value << 6) | digit_of(digit)?;
		}
		let [_, high, middle, low] = value.to_be_bytes();
		match padded {
			0 => bytes.extend([high, middle, low]),
			1 if low == 0 => bytes.extend([high, middle]),
			2 if low == 0 && middle == 0 => bytes.push(high),
			_ => return Err(Malformed),
		}
		if padded > 0 {
			break;
		}
	}
	match digits.next() {
		None => Ok(bytes),
		Some(_) => Err(Malformed),
	}
}

fn digit_of(digit: u8) -> Result<u32, Malformed> {
	Ok(u32::from(match digit {
		b'A'..=b'Z' => digit - b'A',
		b'a'..=b'z' => digit - b'a' + 26,
		b'0'..=b'9' => digit - b'0' + 52,
		b'+' => 62,
		b'/' => 63,
		_ => return Err(Malformed),
	}))
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn base64_has_one_form() {
		assert_eq!(base64(b"TWFu"), Ok(b"Man".to_vec()));
		assert_eq!(base64(b"TW\nE="), Ok(b"Ma".to_vec()));
		assert_eq!(base64(b"TQ=="), Ok(b"M".to_vec()));
		for wrong in ["TWF", "TWFu=", "TQ==TQ==", "TR==", "TWF=", "T===", "TW-u"] {
			assert_eq!(base64(wrong.as_bytes()), Err(Malformed), "{wrong}");
		}
	}

	#[test]
	fn nothing_but_white_space_stands_between_certificates() {
		let one = b"-----BEGIN CERTIFICATE-----\nTWFu\n-----END CERTIFICATE-----\n";
		let mut two = [&one[..], b"\r\n", one].concat();
		assert_eq!(certificates(&two).map(|found| found.len()), Ok(2));
		two.push(0);
		assert_eq!(certificates(&two).map(|found| found.len()), Ok(2));
		two.push(b'x');
		assert_eq!(certificates(&two), Err(Malformed));
		assert_eq!(
			certificates(&one.repeat(MAX_CERTIFICATES + 1)),
			Err(Malformed)
		);
		assert_eq!(certificates(b""), Ok(Vec::new()));
	}

	proptest! {
		#[test]
		fn any_text_is_read_without_panic(text in any::<Vec<u8>>()) {
			let _ = certificates(&text);
			let _ = base64(&text);
			let _ = certificates(&[BEGIN, &text, END].concat());
		}
	}
}
