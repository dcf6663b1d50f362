//! Chains and lists of own keys, signed as the vendors sign theirs.

use super::write::*;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use sha2::{Digest, Sha256, Sha384};

const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03];

/// The time at which the tests' chains are looked at.
pub const NOW: u64 = 1_700_000_000;

/// A key that signs with the hash of its curve's size.
#[derive(Clone)]
pub enum Key {
	P256(p256::ecdsa::SigningKey),
	P384(p384::ecdsa::SigningKey),
}

impl Key {
	pub fn p256(seed: u8) -> Self {
		Self::P256(p256::ecdsa::SigningKey::from_slice(&[seed; 32]).unwrap())
	}

	pub fn p384(seed: u8) -> Self {
		Self::P384(p384::ecdsa::SigningKey::from_slice(&[seed; 48]).unwrap())
	}

	/// x and y.
	pub fn point(&self) -> Vec<u8> {
		match self {
			Self::P256(key) => key.verifying_key().to_encoded_point(false).as_bytes()[1..].to_vec(),
			Self::P384(key) => key.verifying_key().to_encoded_point(false).as_bytes()[1..].to_vec(),
		}
	}

	/// The SubjectPublicKeyInfo.
	pub fn info(&self) -> Vec<u8> {
		let curve = match self {
			Self::P256(_) => P256,
			Self::P384(_) => P384,
		};
		sequence(&[
			sequence(&[oid(EC), oid(curve)]),
			bits(&[&[4], &self.point()[..]].concat()),
		])
	}

	pub fn algorithm(&self) -> Vec<u8> {
		match self {
			Self::P256(_) => sequence(&[oid(SHA256)]),
			Self::P384(_) => sequence(&[oid(SHA384)]),
		}
	}

	/// r and s.
	pub fn sign_raw(&self, message: &[u8]) -> Vec<u8> {
		match self {
			Self::P256(key) => {
				let signature: p256::ecdsa::Signature =
					key.sign_prehash(&Sha256::digest(message)).unwrap();
				signature.to_bytes().to_vec()
			}
			Self::P384(key) => {
				let signature: p384::ecdsa::Signature =
					key.sign_prehash(&Sha384::digest(message)).unwrap();
				signature.to_bytes().to_vec()
			}
		}
	}

	pub fn sign(&self, message: &[u8]) -> Vec<u8> {
		let raw = self.sign_raw(message);
		let (r, s) = raw.split_at(raw.len() / 2);
		sequence(&[unsigned(r), unsigned(s)])
	}
}

/// A certificate to be signed.
#[derive(Clone)]
pub struct Template {
	pub version: u64,
	pub serial: Vec<u8>,
	pub issuer: String,
	pub subject: String,
	pub from: u64,
	pub until: u64,
	/// `None`: no basic constraints. `Some(None)`: an authority without a path length.
	pub authority: Option<Option<u64>>,
	/// Key usage as its two bytes; `None` leaves it out.
	pub usage: Option<Vec<u8>>,
	/// Further extensions: identifier, critical, value.
	pub extensions: Vec<(Vec<u8>, bool, Vec<u8>)>,
}

impl Template {
	pub fn authority(issuer: &str, subject: &str) -> Self {
		Self {
			version: 2,
			serial: vec![subject.len() as u8, 7],
			issuer: issuer.into(),
			subject: subject.into(),
			from: NOW - 1000,
			until: NOW + 1000,
			authority: Some(None),
			usage: Some(vec![1, 6]),
			extensions: Vec::new(),
		}
	}

	pub fn leaf(issuer: &str, subject: &str) -> Self {
		Self {
			authority: None,
			usage: Some(vec![7, 0x80]),
			serial: vec![subject.len() as u8, 9],
			..Self::authority(issuer, subject)
		}
	}

	/// The certificate of `key`, signed by `by`.
	pub fn sign(&self, key: &Key, by: &Key) -> Vec<u8> {
		let extension = |identifier: &[u8], critical: bool, value: &[u8]| {
			let mut parts = vec![oid(identifier)];
			if critical {
				parts.push(boolean(true));
			}
			parts.push(octets(value));
			sequence(&parts)
		};
		let mut extensions = Vec::new();
		if let Some(path) = self.authority {
			let mut parts = vec![boolean(true)];
			parts.extend(path.map(number));
			extensions.push(extension(&[0x55, 0x1d, 0x13], true, &sequence(&parts)));
		}
		if let Some(usage) = &self.usage {
			extensions.push(extension(&[0x55, 0x1d, 0x0f], true, &element(3, usage)));
		}
		for (identifier, critical, value) in &self.extensions {
			extensions.push(extension(identifier, *critical, value));
		}
		let signed = sequence(&[
			explicit(0, &number(self.version)),
			unsigned(&self.serial),
			by.algorithm(),
			name(&self.issuer),
			sequence(&[time(self.from), time(self.until)]),
			name(&self.subject),
			key.info(),
			explicit(3, &sequence(&extensions)),
		]);
		sequence(&[signed.clone(), by.algorithm(), bits(&by.sign(&signed))])
	}
}

/// A revocation list of `issuer`, signed by `by`.
pub fn list(issuer: &str, by: &Key, from: u64, until: u64, serials: &[&[u8]]) -> Vec<u8> {
	let mut parts = vec![
		number(1),
		by.algorithm(),
		name(issuer),
		time(from),
		time(until),
	];
	if !serials.is_empty() {
		let entry = |serial: &&[u8]| sequence(&[unsigned(serial), time(from)]);
		parts.push(sequence(&serials.iter().map(entry).collect::<Vec<_>>()));
	}
	let list_number = sequence(&[oid(&[0x55, 0x1d, 0x14]), octets(&number(from))]);
	parts.push(explicit(0, &sequence(&[list_number])));
	let signed = sequence(&parts);
	sequence(&[signed.clone(), by.algorithm(), bits(&by.sign(&signed))])
}

/// DER in PEM.
pub fn pem(der: &[u8]) -> String {
	const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
	for (place, chunk) in der.chunks(3).enumerate() {
		if place > 0 && place % 16 == 0 {
			text.push('\n');
		}
		let byte = |place: usize| u32::from(chunk.get(place).copied().unwrap_or(0));
		let value = (byte(0) << 16) | (byte(1) << 8) | byte(2);
		for digit in 0..4 {
			if digit > chunk.len() {
				text.push('=');
			} else {
				text.push(DIGITS[(value >> (18 - 6 * digit)) as usize & 63] as char);
			}
		}
	}
	text + "\n-----END CERTIFICATE-----\n"
}
