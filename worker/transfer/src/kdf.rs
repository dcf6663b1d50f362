//! HKDF with SHA-256 (RFC 5869), for outputs of one hash.

use sha2::{Digest, Sha256};

const BLOCK: usize = 64;

/// HMAC-SHA-256 (RFC 2104) of the parts, joined.
fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
	let mut block = [0u8; BLOCK];
	match block.get_mut(..key.len()) {
		Some(start) => start.copy_from_slice(key),
		None => block[..32].copy_from_slice(&Sha256::digest(key)),
	}
	let mut inner = Sha256::new_with_prefix(block.map(|byte| byte ^ 0x36));
	for part in parts {
		inner.update(part);
	}
	let mut outer = Sha256::new_with_prefix(block.map(|byte| byte ^ 0x5c));
	outer.update(inner.finalize());
	outer.finalize().into()
}

/// Extracts from `input` with `salt` and expands to 32 bytes with `info`.
pub(crate) fn derive(salt: &[u8], input: &[u8], info: &[u8]) -> [u8; 32] {
	let extracted = hmac(salt, &[input]);
	// 32 bytes are the first block of the expansion: no previous block, counter 1.
	hmac(&extracted, &[info, &[1]])
}

#[cfg(test)]
mod tests {
	use super::*;

	fn hex(text: &str) -> Vec<u8> {
		let digits = text.as_bytes().chunks(2);
		let parse = |pair| u8::from_str_radix(std::str::from_utf8(pair).expect("text"), 16);
		digits
			.map(|pair| parse(pair).expect("a hexadecimal digit"))
			.collect()
	}

	/// RFC 5869, appendix A, cases 1 to 3; the first 32 bytes of the output.
	#[test]
	fn agrees_with_the_vectors_of_rfc_5869() {
		assert_eq!(
			derive(
				&hex("000102030405060708090a0b0c"),
				&[0x0b; 22],
				&hex("f0f1f2f3f4f5f6f7f8f9")
			)
			.to_vec(),
			hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf")
		);
		let bytes = |range: std::ops::RangeInclusive<u8>| range.collect::<Vec<_>>();
		assert_eq!(
			derive(
				&bytes(0x60..=0xaf),
				&bytes(0x00..=0x4f),
				&bytes(0xb0..=0xff)
			)
			.to_vec(),
			hex("b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c")
		);
		assert_eq!(
			derive(&[], &[0x0b; 22], &[]).to_vec(),
			hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d")
		);
	}

	/// RFC 4231, test case 6: a key longer than the hash's block.
	#[test]
	fn a_long_key_is_hashed_first() {
		assert_eq!(
			hmac(
				&[0xaa; 131],
				&[
					b"Test Using Larger Than Block-Size Key - ",
					b"Hash Key First"
				]
			)
			.to_vec(),
			hex("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
		);
	}
}
