//! RSA signatures: the public operation over `crypto-bigint`, and the two paddings of RFC 8017.
//!
//! # Guarantees
//!
//! 1. The signature is a number below the modulus, as long as the modulus.
//! 2. PKCS #1 v1.5: the whole block is compared with the one that is right for the digest, so no
//!    other form of padding or of the digest's description passes.
//! 3. PSS: the salt has exactly 48 bytes, padding is zeros and then a one, and unused bits are zero.

use alloc::vec::Vec;
use crypto_bigint::{
	modular::runtime_mod::{DynResidue, DynResidueParams},
	Integer, Uint, U2048, U3072, U4096,
};
use sha2::{Digest, Sha384};

const SHA256_INFO: &[u8] = &[
	0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
	0x00, 0x04, 0x20,
];
const SHA384_INFO: &[u8] = &[
	0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05,
	0x00, 0x04, 0x30,
];
const HASH: usize = 48;

/// Whether a modulus is odd and has exactly 2048, 3072 or 4096 bits.
pub fn supported(modulus: &[u8]) -> bool {
	matches!(modulus.len(), 256 | 384 | 512)
		&& modulus.first().is_some_and(|byte| *byte >= 0x80)
		&& modulus.last().is_some_and(|byte| byte % 2 == 1)
}

/// The signature to the power of 65537, as long as the modulus.
fn public_operation(modulus: &[u8], signature: &[u8]) -> Option<Vec<u8>> {
	if !supported(modulus) || signature.len() != modulus.len() {
		return None;
	}
	match modulus.len() {
		256 => power::<{ U2048::LIMBS }>(modulus, signature),
		384 => power::<{ U3072::LIMBS }>(modulus, signature),
		512 => power::<{ U4096::LIMBS }>(modulus, signature),
		_ => None,
	}
}

/// Both slices have the number's size, and the modulus is odd.
fn power<const LIMBS: usize>(modulus: &[u8], signature: &[u8]) -> Option<Vec<u8>> {
	if modulus.len() != Uint::<LIMBS>::BYTES || signature.len() != Uint::<LIMBS>::BYTES {
		return None;
	}
	let modulus = Uint::<LIMBS>::from_be_slice(modulus);
	let signature = Uint::<LIMBS>::from_be_slice(signature);
	if signature >= modulus || !bool::from(modulus.is_odd()) {
		return None;
	}
	let base = DynResidue::new(&signature, DynResidueParams::new(&modulus));
	let mut value = base;
	for _ in 0..16 {
		value = value.square();
	}
	let result = value.mul(&base).retrieve();
	let mut bytes = Vec::with_capacity(Uint::<LIMBS>::BYTES);
	for limb in result.as_limbs().iter().rev() {
		bytes.extend(limb.0.to_be_bytes());
	}
	Some(bytes)
}

/// PKCS #1 v1.5 with SHA-256.
pub fn verify_pkcs1_sha256(modulus: &[u8], digest: &[u8], signature: &[u8]) -> bool {
	verify_pkcs1(modulus, SHA256_INFO, digest, signature).is_some()
}

/// PKCS #1 v1.5 with SHA-384.
pub fn verify_pkcs1_sha384(modulus: &[u8], digest: &[u8], signature: &[u8]) -> bool {
	verify_pkcs1(modulus, SHA384_INFO, digest, signature).is_some()
}

fn verify_pkcs1(modulus: &[u8], info: &[u8], digest: &[u8], signature: &[u8]) -> Option<()> {
	let block = public_operation(modulus, signature)?;
	let tail = info.len().checked_add(digest.len())?;
	let padding = block.len().checked_sub(tail)?.checked_sub(3)?;
	let mut expected = Vec::with_capacity(block.len());
	expected.extend([0, 1]);
	expected.resize(padding.checked_add(2)?, 0xff);
	expected.push(0);
	expected.extend(info);
	expected.extend(digest);
	(block == expected).then_some(())
}

/// PSS with SHA-384 for hash and mask, salt of 48 bytes.
pub fn verify_pss_sha384(modulus: &[u8], digest: &[u8], signature: &[u8]) -> bool {
	verify_pss(modulus, digest, signature).is_some()
}

fn verify_pss(modulus: &[u8], digest: &[u8], signature: &[u8]) -> Option<()> {
	let mut block = public_operation(modulus, signature)?;
	if block.pop()? != 0xbc {
		return None;
	}
	let split = block.len().checked_sub(HASH)?;
	let hash = block.split_off(split);
	let mut data = block;
	// A modulus of a multiple of eight bits leaves the block's highest bit unused.
	if data.first()? & 0x80 != 0 {
		return None;
	}
	for (counter, chunk) in data.chunks_mut(HASH).enumerate() {
		let counter = u32::try_from(counter).ok()?;
		let mask = Sha384::new()
			.chain_update(&hash)
			.chain_update(counter.to_be_bytes())
			.finalize();
		for (byte, mask) in chunk.iter_mut().zip(mask) {
			*byte ^= mask;
		}
	}
	*data.first_mut()? &= 0x7f;
	let (padding, salt) = data.split_at_checked(data.len().checked_sub(HASH)?)?;
	let (one, zeros) = padding.split_last()?;
	if *one != 1 || zeros.iter().any(|byte| *byte != 0) {
		return None;
	}
	let expected = Sha384::new()
		.chain_update([0; 8])
		.chain_update(digest)
		.chain_update(salt)
		.finalize();
	(expected[..] == hash[..]).then_some(())
}

#[cfg(test)]
#[path = "rsa_tests.rs"]
mod tests;
