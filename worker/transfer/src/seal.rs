//! Content that only one receiver can read.
//!
//! Layout: the 12 bytes `aci/sealed/1`, an x25519 public key made for this content alone
//! (32 bytes), then the chunks: up to [`CHUNK_BYTES`] of plaintext each, encrypted, with a tag of
//! 16 bytes. Only the last chunk may be shorter, and there is always one: nothing sealed is one
//! empty chunk.
//!
//! - shared = x25519(secret made for this content, receiver's public key);
//! - key = HKDF-SHA-256(salt = the made public key then the receiver's, input = shared,
//!   info = `aci/sealed/1`);
//! - chunk i is sealed by ChaCha20-Poly1305 under the nonce (i as u64 little-endian, three zero
//!   bytes, 1 for the last chunk or else 0), with no further data.
//!
//! # What it guarantees
//!
//! 1. Without the receiver's secret nothing but the length is learned. The secret made for the
//!    content is forgotten at once, so the sender cannot open it either.
//! 2. Truncation, also at a chunk's edge, extension, reordering, and chunks or a header of other
//!    content make [`open`] fail: the nonce binds index and end, the key binds the header.
//! 3. A key and a nonce never meet twice: the key is new for every content.
//! 4. Nothing is returned unless all of it opens. No input panics.
//!
//! What it does not do: it does not say who sealed. That is said by the order or the receipt that
//! names the content's identity, which is the identity of the sealed bytes. A receiver's key that
//! leaks later opens what was sealed to it.

use crate::{error::SealError, kdf, tree::CHUNK_BYTES};
use chacha20poly1305::{AeadInPlace, ChaCha20Poly1305, Key, KeyInit, Nonce, Tag};
use rand_core::OsRng;
use x25519_dalek::{PublicKey, StaticSecret};

const VERSION: &[u8; 12] = b"aci/sealed/1";
const HEADER: usize = VERSION.len() + 32;
const TAG: usize = 16;

/// Sealed content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
	/// What is served and content-addressed.
	pub bytes: Vec<u8>,
}

/// Bytes of sealed content whose plaintext has this length.
pub fn sealed_length(plaintext: u64) -> u64 {
	let chunks = plaintext.div_ceil(CHUNK_BYTES as u64).max(1);
	plaintext
		.saturating_add(chunks.saturating_mul(TAG as u64))
		.saturating_add(HEADER as u64)
}

/// The x25519 public key of a secret.
pub fn public_key(secret: &[u8; 32]) -> [u8; 32] {
	PublicKey::from(&StaticSecret::from(*secret)).to_bytes()
}

/// The cipher of one content: `ours` is one side's secret, `theirs` the other side's public key.
fn cipher(
	ours: &StaticSecret,
	theirs: &[u8; 32],
	made: &[u8; 32],
	receiver: &[u8; 32],
) -> Result<ChaCha20Poly1305, SealError> {
	let shared = ours.diffie_hellman(&PublicKey::from(*theirs));
	if !shared.was_contributory() {
		return Err(SealError::WeakKey);
	}
	let mut salt = [0; 64];
	salt[..32].copy_from_slice(made);
	salt[32..].copy_from_slice(receiver);
	let key = kdf::derive(&salt, shared.as_bytes(), VERSION);
	Ok(ChaCha20Poly1305::new(Key::from_slice(&key)))
}

/// The nonce of a place, and of whether it is the last one.
pub(crate) fn nonce(index: u64, last: bool) -> Nonce {
	let mut nonce = Nonce::default();
	nonce[..8].copy_from_slice(&index.to_le_bytes());
	nonce[11] = u8::from(last);
	nonce
}

/// Seals `plaintext` to the holder of the secret of `receiver_public`.
pub fn seal(plaintext: &[u8], receiver_public: &[u8; 32]) -> Result<Sealed, SealError> {
	let secret = StaticSecret::random_from_rng(OsRng);
	let made = PublicKey::from(&secret).to_bytes();
	let cipher = cipher(&secret, receiver_public, &made, receiver_public)?;

	let length = sealed_length(plaintext.len() as u64);
	let length = usize::try_from(length).map_err(|_| SealError::TooLong)?;
	let mut bytes = Vec::with_capacity(length);
	bytes.extend_from_slice(VERSION);
	bytes.extend_from_slice(&made);

	let mut rest = plaintext;
	for index in 0u64.. {
		let (chunk, after) = rest.split_at(rest.len().min(CHUNK_BYTES));
		let last = after.is_empty();
		let start = bytes.len();
		bytes.extend_from_slice(chunk);
		let tag = cipher
			.encrypt_in_place_detached(&nonce(index, last), &[], &mut bytes[start..])
			.map_err(|_| SealError::TooLong)?;
		bytes.extend_from_slice(&tag);
		if last {
			break;
		}
		rest = after;
	}
	Ok(Sealed { bytes })
}

/// Opens sealed content with the receiver's secret.
pub fn open(sealed: &[u8], receiver_secret: &[u8; 32]) -> Result<Vec<u8>, SealError> {
	let (header, mut rest) = sealed.split_at_checked(HEADER).ok_or(SealError::Format)?;
	let (version, made) = header.split_at(VERSION.len());
	if version != VERSION {
		return Err(SealError::Format);
	}
	let made: [u8; 32] = made.try_into().map_err(|_| SealError::Format)?;
	let secret = StaticSecret::from(*receiver_secret);
	let receiver = PublicKey::from(&secret).to_bytes();
	let cipher = cipher(&secret, &made, &made, &receiver)?;

	let mut plaintext = Vec::with_capacity(rest.len());
	for index in 0u64.. {
		let (chunk, after) = rest.split_at(rest.len().min(CHUNK_BYTES + TAG));
		let last = after.is_empty();
		let text = chunk
			.len()
			.checked_sub(TAG)
			.ok_or(SealError::Authentication)?;
		let (chunk, tag) = chunk.split_at(text);
		// An empty chunk stands for nothing at all, never behind others: one plaintext, one form.
		if chunk.is_empty() && index > 0 {
			return Err(SealError::Authentication);
		}
		let start = plaintext.len();
		plaintext.extend_from_slice(chunk);
		cipher
			.decrypt_in_place_detached(
				&nonce(index, last),
				&[],
				&mut plaintext[start..],
				Tag::from_slice(tag),
			)
			.map_err(|_| SealError::Authentication)?;
		if last {
			break;
		}
		rest = after;
	}
	Ok(plaintext)
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	const SECRET: [u8; 32] = [7; 32];
	const SEALED_CHUNK: usize = CHUNK_BYTES + TAG;

	fn sealed(plaintext: &[u8]) -> Vec<u8> {
		seal(plaintext, &public_key(&SECRET))
			.expect("the key is good")
			.bytes
	}

	fn text(length: usize) -> Vec<u8> {
		(0..length).map(|at| (at * 31 / 7) as u8).collect()
	}

	#[test]
	fn opens_at_all_edges_and_has_the_stated_length() {
		for length in [
			0,
			1,
			CHUNK_BYTES - 1,
			CHUNK_BYTES,
			CHUNK_BYTES + 1,
			3 * CHUNK_BYTES,
		] {
			let plaintext = text(length);
			let bytes = sealed(&plaintext);
			assert_eq!(bytes.len() as u64, sealed_length(length as u64));
			assert_eq!(open(&bytes, &SECRET), Ok(plaintext));
		}
	}

	#[test]
	fn another_receiver_cannot_open() {
		assert_eq!(
			open(&sealed(b"secret"), &[8; 32]),
			Err(SealError::Authentication)
		);
	}

	#[test]
	fn sealing_twice_gives_different_bytes() {
		assert_ne!(sealed(b"secret"), sealed(b"secret"));
	}

	#[test]
	fn a_low_order_key_is_refused_on_both_sides() {
		assert_eq!(seal(b"secret", &[0; 32]), Err(SealError::WeakKey));
		let mut bytes = sealed(b"secret");
		bytes[VERSION.len()..HEADER].fill(0);
		assert_eq!(open(&bytes, &SECRET), Err(SealError::WeakKey));
	}

	#[test]
	fn truncation_at_a_chunks_edge_is_detected() {
		let bytes = sealed(&text(3 * CHUNK_BYTES));
		for chunks in 0..3 {
			let cut = &bytes[..HEADER + chunks * SEALED_CHUNK];
			assert_eq!(open(cut, &SECRET), Err(SealError::Authentication));
		}
	}

	#[test]
	fn reordered_and_repeated_chunks_are_detected() {
		let bytes = sealed(&text(3 * CHUNK_BYTES));
		let (header, chunks) = bytes.split_at(HEADER);
		let chunks: Vec<&[u8]> = chunks.chunks(SEALED_CHUNK).collect();
		for order in [
			vec![1, 0, 2],
			vec![0, 0, 2],
			vec![0, 2],
			vec![0, 1, 2, 2],
			vec![2],
		] {
			let chunks = order.iter().flat_map(|at| chunks[*at]);
			let spliced: Vec<u8> = header.iter().chain(chunks).copied().collect();
			assert_eq!(
				open(&spliced, &SECRET),
				Err(SealError::Authentication),
				"{order:?}"
			);
		}
	}

	#[test]
	fn a_chunk_or_a_header_of_other_content_is_detected() {
		let plaintext = text(2 * CHUNK_BYTES);
		let (one, other) = (sealed(&plaintext), sealed(&plaintext));
		let at = HEADER + SEALED_CHUNK;
		let spliced = [&one[..at], &other[at..]].concat();
		assert_eq!(open(&spliced, &SECRET), Err(SealError::Authentication));
		let spliced = [&one[..HEADER], &other[HEADER..]].concat();
		assert_eq!(open(&spliced, &SECRET), Err(SealError::Authentication));
	}

	#[test]
	fn another_version_is_refused() {
		let mut bytes = sealed(b"secret");
		bytes[VERSION.len() - 1] = b'2';
		assert_eq!(open(&bytes, &SECRET), Err(SealError::Format));
	}

	proptest! {
		#![proptest_config(ProptestConfig::with_cases(64))]

		#[test]
		fn what_was_sealed_opens(plaintext in proptest::collection::vec(any::<u8>(), 0..2_000)) {
			prop_assert_eq!(open(&sealed(&plaintext), &SECRET), Ok(plaintext));
		}

		#[test]
		fn a_flipped_bit_anywhere_is_detected(
			length in 0usize..2_000, at in any::<usize>(), bit in 0u8..8,
		) {
			let mut bytes = sealed(&text(length));
			// The highest bit of an x25519 key is ignored by its definition; the salt holds it.
			let at = at % bytes.len();
			bytes[at] ^= 1 << bit;
			prop_assert!(open(&bytes, &SECRET).is_err());
		}

		#[test]
		fn every_truncation_is_detected(length in 0usize..2_000, cut in any::<usize>()) {
			let bytes = sealed(&text(length));
			prop_assert!(open(&bytes[..cut % bytes.len()], &SECRET).is_err());
		}

		#[test]
		fn arbitrary_bytes_never_open_and_never_panic(
			tail in proptest::collection::vec(any::<u8>(), 0..200), with_version in any::<bool>(),
		) {
			let mut bytes = if with_version { VERSION.to_vec() } else { Vec::new() };
			bytes.extend(tail);
			prop_assert!(open(&bytes, &SECRET).is_err());
		}
	}
}
