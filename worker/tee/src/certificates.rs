//! Certificates that come with reports: in a table of SEV-SNP's host, and in files of PEM or DER.

use crate::{read_bounded, AttesterError};
use aci_primitives::evidence::CertificateBytes;
use std::path::Path;

/// Most bytes of a file of certificates.
const MOST: usize = 64 * 1024;
/// Most entries of a host's table.
const ENTRIES: usize = 16;

const VCEK: [u8; 16] = [
	0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64, 0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8, 0xac, 0xcd,
];
const ASK: [u8; 16] = [
	0x4a, 0xb7, 0xb3, 0x79, 0xbb, 0xac, 0x4f, 0xe4, 0xa0, 0x2f, 0x05, 0xae, 0xf3, 0x27, 0xc7, 0x82,
];

/// A chip's certificate and that of its product's authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AmdChain {
	pub vcek: CertificateBytes,
	pub ask: CertificateBytes,
}

/// Identifiers are written in their own order of bytes, or with the first three parts reversed.
fn is(identifier: &[u8], known: &[u8; 16]) -> bool {
	let [a, b, c, d, e, f, g, h, rest @ ..] = known;
	let mut reversed = [0u8; 16];
	let all = [d, c, b, a, f, e, h, g].into_iter().chain(rest);
	for (to, from) in reversed.iter_mut().zip(all) {
		*to = *from;
	}
	identifier == known || identifier == reversed
}

/// Reads the table that a host of SEV-SNP gives its guests: entries of an identifier, a place and a
/// length, ended by one of zeros, then the certificates. `None` where one of the two is missing.
pub(crate) fn amd_table(table: &[u8]) -> Option<AmdChain> {
	let find = |known: &[u8; 16]| {
		let entry = table
			.chunks_exact(24)
			.take(ENTRIES)
			.take_while(|entry| entry.iter().any(|byte| *byte != 0))
			.find(|entry| entry.get(..16).is_some_and(|name| is(name, known)))?;
		let number = |range: std::ops::Range<usize>| -> Option<usize> {
			let bytes: [u8; 4] = entry.get(range)?.try_into().ok()?;
			usize::try_from(u32::from_le_bytes(bytes)).ok()
		};
		let (start, length) = (number(16..20)?, number(20..24)?);
		let bytes = table.get(start..start.checked_add(length)?)?;
		bytes.to_vec().try_into().ok()
	};
	Some(AmdChain {
		vcek: find(&VCEK)?,
		ask: find(&ASK)?,
	})
}

/// The certificates of a file, in PEM or, alone, in DER.
pub(crate) fn of_file(path: &Path) -> Result<Vec<CertificateBytes>, AttesterError> {
	let hint = "give a file of certificates in PEM or DER";
	let bytes = read_bounded(path, MOST).map_err(|error| AttesterError::Interface {
		path: path.display().to_string(),
		error,
		hint,
	})?;
	of_bytes(&bytes).ok_or_else(|| AttesterError::Answer {
		what: format!("{} has no certificate", path.display()),
		hint,
	})
}

/// As [`of_file`], of bytes. `None` without any certificate.
pub(crate) fn of_bytes(bytes: &[u8]) -> Option<Vec<CertificateBytes>> {
	const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
	const END: &str = "-----END CERTIFICATE-----";
	if bytes.first() == Some(&0x30) {
		return Some(vec![bytes.to_vec().try_into().ok()?]);
	}
	let text = std::str::from_utf8(bytes).ok()?;
	let certificates: Option<Vec<CertificateBytes>> = text
		.split(BEGIN)
		.skip(1)
		.map(|part| decode_base64(part.split_once(END)?.0)?.try_into().ok())
		.collect();
	certificates.filter(|all| !all.is_empty())
}

fn decode_base64(text: &str) -> Option<Vec<u8>> {
	let mut bytes = Vec::new();
	let (mut bits, mut count) = (0u32, 0u32);
	for digit in text.bytes().filter(|byte| !byte.is_ascii_whitespace()) {
		let value = match digit {
			b'A'..=b'Z' => digit - b'A',
			b'a'..=b'z' => digit - b'a' + 26,
			b'0'..=b'9' => digit - b'0' + 52,
			b'+' => 62,
			b'/' => 63,
			b'=' => break,
			_ => return None,
		};
		bits = (bits << 6) | u32::from(value);
		count += 6;
		if count >= 8 {
			count -= 8;
			bytes.push((bits >> count) as u8);
			bits &= (1 << count) - 1;
		}
	}
	Some(bytes)
}

#[cfg(test)]
mod tests {
	use super::*;

	fn table(entries: &[(&[u8; 16], &[u8])]) -> Vec<u8> {
		let start = 24 * (entries.len() + 1);
		let (mut head, mut body) = (Vec::new(), Vec::new());
		for (name, bytes) in entries {
			head.extend(*name);
			head.extend(((start + body.len()) as u32).to_le_bytes());
			head.extend((bytes.len() as u32).to_le_bytes());
			body.extend(*bytes);
		}
		head.extend([0; 24]);
		[head, body].concat()
	}

	#[test]
	fn a_hosts_table_has_the_two_certificates() {
		let good = table(&[(&[9; 16], b"x"), (&VCEK, b"chip"), (&ASK, b"authority")]);
		let chain = amd_table(&good).expect("both are there");
		assert_eq!(
			(&chain.vcek[..], &chain.ask[..]),
			(&b"chip"[..], &b"authority"[..])
		);
		let reversed = [
			0x8d, 0x75, 0xda, 0x63, 0x64, 0xe6, 0x64, 0x45, 0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8,
			0xac, 0xcd,
		];
		assert!(amd_table(&table(&[(&reversed, b"chip"), (&ASK, b"authority")])).is_some());
		assert!(amd_table(&table(&[(&VCEK, b"chip")])).is_none());
		assert!(amd_table(&[]).is_none());
		// Lengths beyond the end.
		let mut broken = table(&[(&VCEK, b"chip"), (&ASK, b"authority")]);
		broken[20..24].fill(0xff);
		assert!(amd_table(&broken).is_none());
		for length in 0..good.len() {
			let _ = amd_table(&good[..length]);
		}
	}

	#[test]
	fn certificates_are_read_in_pem_and_der() {
		assert_eq!(of_bytes(&[0x30, 1, 2]).expect("DER")[0][..], [0x30, 1, 2]);
		let pem = "text\n-----BEGIN CERTIFICATE-----\nMAEC\n-----END CERTIFICATE-----\n";
		let two = of_bytes(pem.repeat(2).as_bytes()).expect("PEM");
		assert_eq!((two.len(), &two[1][..]), (2, &[0x30, 1, 2][..]));
		for wrong in [
			"",
			"none",
			"-----BEGIN CERTIFICATE-----\nMAEC\n",
			"-----BEGIN CERTIFICATE-----?-----END CERTIFICATE-----",
		] {
			assert!(of_bytes(wrong.as_bytes()).is_none(), "{wrong}");
		}
	}
}
