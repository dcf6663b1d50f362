use super::*;
use hex_literal::hex;
use num_bigint::BigUint;
use sha2::Sha256;

/// A key that everybody can compute: its primes are the two largest below 2^1024.
struct Key {
	modulus: BigUint,
	private: BigUint,
}

impl Key {
	fn new() -> Self {
		let below = |less: u32| (BigUint::from(1u32) << 1024) - BigUint::from(less);
		let (p, q) = (below(105), below(179));
		let one = BigUint::from(1u32);
		let order = (&p - &one) * (&q - &one);
		let private = BigUint::from(65_537u32).modinv(&order).unwrap();
		Self {
			modulus: p * q,
			private,
		}
	}

	fn modulus(&self) -> Vec<u8> {
		self.modulus.to_bytes_be()
	}

	/// The signature whose block is this one.
	fn sign(&self, block: &[u8]) -> Vec<u8> {
		assert_eq!(block.len(), 256);
		let power = BigUint::from_bytes_be(block).modpow(&self.private, &self.modulus);
		let power = power.to_bytes_be();
		[vec![0; 256 - power.len()], power].concat()
	}
}

/// A block of PKCS #1 v1.5 with its parts free to be wrong.
fn pkcs1(start: &[u8], padding: usize, info: &[u8], digest: &[u8], rest: usize) -> Vec<u8> {
	[
		start,
		&vec![0xff; padding],
		&[0],
		info,
		digest,
		&vec![0; rest],
	]
	.concat()
}

#[test]
fn only_the_one_right_block_of_pkcs1_stands() {
	let key = Key::new();
	let modulus = key.modulus();
	let digest = Sha256::digest(b"message");
	let verify = |block: &[u8]| verify_pkcs1_sha256(&modulus, &digest, &key.sign(block));
	let right = pkcs1(&[0, 1], 202, SHA256_INFO, &digest, 0);
	assert!(verify(&right));
	for wrong in [
		// Shorter padding, and bytes after the digest: a forgery for small exponents.
		pkcs1(&[0, 1], 8, SHA256_INFO, &digest, 194),
		pkcs1(&[0, 1], 201, SHA256_INFO, &digest, 1),
		pkcs1(&[0, 2], 202, SHA256_INFO, &digest, 0),
		pkcs1(&[0, 0], 202, SHA256_INFO, &digest, 0),
		// The digest's description without its NULL.
		pkcs1(
			&[0, 1],
			204,
			&hex!("302f300b0609608648016503040201"),
			&[&[4, 32], &digest[..]].concat(),
			0,
		),
		pkcs1(&[0, 1], 202, &SHA384_INFO[..19], &digest, 0),
		pkcs1(&[0, 1], 221, &[], &digest, 0),
	] {
		assert!(!verify(&wrong));
	}
	let other = Sha256::digest(b"other");
	assert!(!verify_pkcs1_sha256(&modulus, &other, &key.sign(&right)));
	assert!(!verify_pkcs1_sha384(&modulus, &digest, &key.sign(&right)));
}

#[test]
fn a_signature_not_below_the_modulus_is_refused() {
	let key = Key::new();
	let modulus = key.modulus();
	let digest = Sha256::digest(b"message");
	let right = key.sign(&pkcs1(&[0, 1], 202, SHA256_INFO, &digest, 0));
	let number = BigUint::from_bytes_be;
	let same = (number(&right) + number(&modulus)).to_bytes_be();
	// The same number, if the sum still has 256 bytes; refused also if it has more.
	assert!(!verify_pkcs1_sha256(&modulus, &digest, &same));
	assert!(!verify_pkcs1_sha256(&modulus, &digest, &modulus));
	assert!(!verify_pkcs1_sha256(&modulus, &digest, &right[1..]));
	assert!(!verify_pkcs1_sha256(
		&modulus,
		&digest,
		&[&[0], &right[..]].concat()
	));
}

/// A block of PSS with a salt of any length; `change` works on the unmasked data.
fn pss(digest: &[u8], salt: &[u8], change: impl FnOnce(&mut [u8])) -> Vec<u8> {
	let hash = Sha384::new()
		.chain_update([0; 8])
		.chain_update(digest)
		.chain_update(salt)
		.finalize();
	let mut data = vec![0u8; 256 - HASH - 1 - salt.len() - 1];
	data.push(1);
	data.extend(salt);
	change(&mut data);
	for (counter, chunk) in data.chunks_mut(HASH).enumerate() {
		let mask = Sha384::new()
			.chain_update(hash)
			.chain_update((counter as u32).to_be_bytes())
			.finalize();
		for (byte, mask) in chunk.iter_mut().zip(mask) {
			*byte ^= mask;
		}
	}
	data[0] &= 0x7f;
	[&data[..], &hash[..], &[0xbc]].concat()
}

#[test]
fn only_right_blocks_of_pss_stand() {
	let key = Key::new();
	let modulus = key.modulus();
	let digest = Sha384::digest(b"message");
	let verify = |block: &[u8]| verify_pss_sha384(&modulus, &digest, &key.sign(block));
	let right = pss(&digest, &[7; 48], |_| {});
	assert!(verify(&right));
	assert!(verify(&pss(&digest, &[0; 48], |_| {})));
	assert!(!verify(&pss(&digest, &[7; 47], |_| {})));
	assert!(!verify(&pss(&digest, &[7; 49], |_| {})));
	assert!(!verify(&pss(&digest, &[], |_| {})));
	assert!(!verify(&pss(&digest, &[7; 48], |data| data[1] = 1)));
	assert!(!verify(&pss(&digest, &[7; 48], |data| data[158] = 2)));
	assert!(!verify(&pss(&digest, &[7; 48], |data| data[200] ^= 1)));
	let mut trailer = right.clone();
	trailer[255] = 0xcc;
	assert!(!verify(&trailer));
	let mut hash = right;
	hash[250] ^= 1;
	assert!(!verify(&hash));
	assert!(!verify_pss_sha384(
		&modulus,
		&Sha384::digest(b"other"),
		&key.sign(&hash)
	));
}

#[test]
fn other_sizes_are_not_supported() {
	let mut modulus = Key::new().modulus();
	assert!(supported(&modulus));
	assert!(!supported(&modulus[1..]));
	modulus[255] ^= 1;
	assert!(!supported(&modulus));
	modulus[255] ^= 1;
	modulus[0] &= 0x7f;
	assert!(!supported(&modulus));
}
