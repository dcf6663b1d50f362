//! A cheap signature scheme for simulations.
//!
//! A signature is a keyed hash of the message under a number that only this module knows how to
//! derive from the public key. Nothing but [`Key::sign`] makes one, and a run gives each key to its
//! owner alone (to the coalition, for dishonest authorities): within a simulation signatures cannot
//! be forged. Outside of one they are worthless.

use aci_finality::{
	machine::Signer, AuthorityId, AuthorityIndex, AuthoritySignature, Scheme, SetId,
};
use sp_core::ed25519;

/// The scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keyed;

/// The key of one authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(u16);

impl Key {
	/// The key of the authority with this number.
	pub fn new(number: usize) -> Self {
		Key(number as u16)
	}

	/// Its public half.
	pub fn public(&self) -> AuthorityId {
		let mut raw = [0x5a; 32];
		raw[..2].copy_from_slice(&self.0.to_le_bytes());
		ed25519::Public::from_raw(raw).into()
	}

	/// Signs.
	pub fn signature(&self, message: &[u8]) -> AuthoritySignature {
		tag(self.0, message)
	}
}

impl Signer for Key {
	fn sign(&self, payload: &[u8]) -> Option<AuthoritySignature> {
		Some(self.signature(payload))
	}
}

/// The place of authority `number` of `nodes` in set `set`: each set turns the order by one.
pub fn place(number: usize, nodes: usize, set: SetId) -> AuthorityIndex {
	((number as u64 + set) % nodes as u64) as AuthorityIndex
}

/// Which authority of `nodes` is at `index` in set `set`.
pub fn number_at(index: AuthorityIndex, nodes: usize, set: SetId) -> usize {
	let nodes = nodes as u64;
	((u64::from(index) + nodes - set % nodes) % nodes) as usize
}

/// A 64-bit digest of bytes, eight at a time.
pub fn digest(seed: u64, bytes: &[u8]) -> u64 {
	let mut state = seed ^ (bytes.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
	let mut take = |word: [u8; 8]| {
		state = (state ^ u64::from_le_bytes(word)).wrapping_mul(0xff51_afd7_ed55_8ccd);
		state ^= state >> 32;
	};
	let (words, rest) = bytes.as_chunks::<8>();
	words.iter().for_each(|word| take(*word));
	if !rest.is_empty() {
		let mut word = [0; 8];
		word[..rest.len()].copy_from_slice(rest);
		take(word);
	}
	state
}

fn tag(number: u16, message: &[u8]) -> AuthoritySignature {
	let mut raw = [0; 64];
	let first = digest(0x6163_6900 ^ u64::from(number) << 40, message);
	let second = digest(first, message);
	raw[..8].copy_from_slice(&first.to_le_bytes());
	raw[8..16].copy_from_slice(&second.to_le_bytes());
	ed25519::Signature::from_raw(raw).into()
}

impl Scheme for Keyed {
	fn verify(authority: &AuthorityId, message: &[u8], signature: &AuthoritySignature) -> bool {
		let raw: &[u8] = authority.as_ref();
		let number = u16::from_le_bytes([raw[0], raw[1]]);
		raw[2..].iter().all(|byte| *byte == 0x5a) && tag(number, message) == *signature
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_signature_stands_for_one_key_and_one_message() {
		let (one, two) = (Key::new(1), Key::new(2));
		let signature = one.signature(b"message");
		assert!(Keyed::verify(&one.public(), b"message", &signature));
		assert!(!Keyed::verify(&one.public(), b"massage", &signature));
		assert!(!Keyed::verify(&two.public(), b"message", &signature));
	}

	#[test]
	fn places_turn_with_the_set() {
		for set in 0..9 {
			for number in 0..4 {
				assert_eq!(number_at(place(number, 4, set), 4, set), number);
			}
		}
		assert_ne!(place(0, 4, 1), place(0, 4, 2));
	}
}
