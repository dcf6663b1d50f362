//! Google's list of revoked serial numbers.

use crate::{
	error::{Error, InPart, Malformed, Part, Refused},
	json::Json,
	x509::RevokedSerials,
};
use alloc::vec::Vec;

/// Longest list in Google's form, in bytes.
pub const MAX_STATUS_LIST: usize = 1024 * 1024;
/// Most serial numbers of a list.
pub const MAX_SERIALS: usize = 16_384;

/// The hashes of Google's list, in ascending order. Suspended counts as revoked.
///
/// Errors, all of [`Part::RevocationList`]: [`Error::Malformed`], [`Error::TooLarge`].
pub fn revoked_serials(text: &[u8]) -> Result<Vec<[u8; 16]>, Error> {
	read(text).part(Part::RevocationList)
}

fn read(text: &[u8]) -> Result<Vec<[u8; 16]>, Refused> {
	if text.len() > MAX_STATUS_LIST {
		return Err(Refused::TooLarge);
	}
	let mut found = None;
	let mut json = Json::new(text);
	json.object::<Refused>(|name, json| {
		if name != b"entries" {
			return Ok(json.skip()?);
		}
		let mut serials = Vec::new();
		json.object::<Refused>(|serial, json| {
			if serials.len() >= MAX_SERIALS {
				return Err(Refused::TooLarge);
			}
			serials.push(RevokedSerials::entry(&digits(serial)?));
			let mut status = None;
			json.object::<Refused>(|name, json| match name {
				b"status" => Ok(crate::json::once(&mut status, json.string()?)?),
				_ => Ok(json.skip()?),
			})?;
			match status {
				Some(b"REVOKED" | b"SUSPENDED") => Ok(()),
				_ => Err(Refused::Malformed),
			}
		})?;
		Ok(crate::json::once(&mut found, serials)?)
	})?;
	json.finish()?;
	let mut serials = found.ok_or(Refused::Malformed)?;
	serials.sort_unstable();
	serials.dedup();
	Ok(serials)
}

/// The bytes of hexadecimal digits, without leading zeros.
fn digits(text: &[u8]) -> Result<Vec<u8>, Malformed> {
	if text.is_empty() || text.len() > 64 {
		return Err(Malformed);
	}
	let mut nibbles: Vec<u8> = Vec::with_capacity(text.len().saturating_add(1));
	if text.len() % 2 == 1 {
		nibbles.push(b'0');
	}
	nibbles.extend(text);
	let bytes = nibbles
		.chunks(2)
		.map(|pair| crate::bytes::from_hex::<1>(pair).map(|[byte]| byte))
		.collect::<Result<Vec<_>, _>>()?;
	let zeros = bytes
		.iter()
		.take_while(|byte| **byte == 0)
		.count()
		.min(bytes.len().saturating_sub(1));
	Ok(bytes.get(zeros..).unwrap_or_default().to_vec())
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn googles_form_is_read() {
		let list = br#"{"entries":{
			"2c8cdddfd5e03bfc":{"status":"REVOKED","expires":"2020-11-13","reason":"KEY_COMPROMISE"},
			"0c8966fcb2fbb0d7a":{"status":"SUSPENDED"}}}"#;
		let serials = revoked_serials(list).unwrap();
		let list = RevokedSerials::new(&serials).unwrap();
		assert!(list.has(&[0x2c, 0x8c, 0xdd, 0xdf, 0xd5, 0xe0, 0x3b, 0xfc]));
		assert!(list.has(&[0xc8, 0x96, 0x6f, 0xcb, 0x2f, 0xbb, 0x0d, 0x7a]));
		assert!(!list.has(&[1]));
	}

	#[test]
	fn another_form_is_refused() {
		for wrong in [
			"{}",
			r#"{"entries":[]}"#,
			r#"{"entries":{"zz":{"status":"REVOKED"}}}"#,
			r#"{"entries":{"01":{"status":"FINE"}}}"#,
			r#"{"entries":{"01":{}}}"#,
			r#"{"entries":{},"entries":{}}"#,
		] {
			let part = Part::RevocationList;
			assert_eq!(
				revoked_serials(wrong.as_bytes()),
				Err(Error::Malformed(part)),
				"{wrong}"
			);
		}
	}

	proptest! {
		#[test]
		fn any_text_is_read_without_panic(text in any::<Vec<u8>>(), serial in any::<Vec<u8>>()) {
			let _ = revoked_serials(&text);
			let whole = [b"{\"entries\":{\"", &serial[..], b"\":{\"status\":\"REVOKED\"}}}"].concat();
			let _ = revoked_serials(&whole);
			let _ = digits(&serial);
		}
	}
}
