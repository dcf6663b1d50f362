//! A stream that only one receiver can read.
//!
//! Layout: the 12 bytes `aci/stream/1`, an x25519 public key made for this stream alone (32 bytes),
//! then frames of [`FRAME`] bytes each: [`BLOCK`] bytes encrypted, with a tag of 16. What is
//! encrypted is the length of the text in the frame (2 bytes, little-endian, at most
//! [`TEXT_PER_FRAME`]), the text, and zeros.
//!
//! - shared = x25519(secret made for this stream, receiver's public key);
//! - key = HKDF-SHA-256(salt = the made public key then the receiver's, input = shared,
//!   info = `aci/stream/1` then the job);
//! - frame i is sealed by ChaCha20-Poly1305 under the nonce (i as u64 little-endian, three zero
//!   bytes, 1 for the last frame or else 0), with no further data.
//!
//! # What it guarantees
//!
//! 1. Without the receiver's secret nothing is learned but how many frames there are, and when they
//!    came. All frames have one length, so the lengths of tokens do not show.
//! 2. A frame opens only at its place (the nonce binds it), in its stream (the key is made for it)
//!    and of its job (the key binds it).
//! 3. An end that the writer did not make is noticed: the last frame says that it is.
//! 4. A key and a nonce never meet twice. No input panics.
//!
//! As with sealed content, it is not said who sealed: the link to the worker says that.

use crate::{
	error::SealError,
	kdf,
	seal::{nonce, public_key},
};
use chacha20poly1305::{AeadInPlace, ChaCha20Poly1305, Key, KeyInit, Tag};
use rand_core::OsRng;
use x25519_dalek::{PublicKey, StaticSecret};

const VERSION: &[u8; 12] = b"aci/stream/1";
const HEADER: usize = VERSION.len() + 32;
const TAG: usize = 16;

/// Bytes of a frame that are encrypted.
pub const BLOCK: usize = 64;
/// Bytes of a frame.
pub const FRAME: usize = BLOCK + TAG;
/// Most bytes of text in a frame.
pub const TEXT_PER_FRAME: usize = BLOCK - 2;

fn cipher(
	ours: &StaticSecret,
	theirs: &[u8; 32],
	made: &[u8; 32],
	receiver: &[u8; 32],
	job: &[u8; 32],
) -> Result<ChaCha20Poly1305, SealError> {
	let shared = ours.diffie_hellman(&PublicKey::from(*theirs));
	if !shared.was_contributory() {
		return Err(SealError::WeakKey);
	}
	let salt = [*made, *receiver].concat();
	let info = [&VERSION[..], job].concat();
	let key = kdf::derive(&salt, shared.as_bytes(), &info);
	Ok(ChaCha20Poly1305::new(Key::from_slice(&key)))
}

/// Seals a stream.
pub(crate) struct Sealer {
	cipher: ChaCha20Poly1305,
	/// Frames that were made.
	frames: u64,
}

impl Sealer {
	/// A sealer of a job's stream to a receiver, and what the stream begins with.
	pub fn new(job: &[u8; 32], receiver: &[u8; 32]) -> Result<(Self, Vec<u8>), SealError> {
		let secret = StaticSecret::random_from_rng(OsRng);
		let made = PublicKey::from(&secret).to_bytes();
		let cipher = cipher(&secret, receiver, &made, receiver, job)?;
		let header = [&VERSION[..], &made].concat();
		Ok((Sealer { cipher, frames: 0 }, header))
	}

	/// The frames of a text; none of an empty one.
	pub fn seal(&mut self, text: &[u8]) -> Result<Vec<u8>, SealError> {
		let mut frames = Vec::with_capacity(text.len().div_ceil(TEXT_PER_FRAME) * FRAME);
		for part in text.chunks(TEXT_PER_FRAME) {
			frames.extend(self.frame(part, false)?);
		}
		Ok(frames)
	}

	/// The last frame.
	pub fn end(mut self) -> Result<Vec<u8>, SealError> {
		self.frame(&[], true)
	}

	fn frame(&mut self, text: &[u8], last: bool) -> Result<Vec<u8>, SealError> {
		let length = u16::try_from(text.len()).map_err(|_| SealError::TooLong)?;
		let mut frame = Vec::with_capacity(FRAME);
		frame.extend_from_slice(&length.to_le_bytes());
		frame.extend_from_slice(text);
		frame.resize(BLOCK, 0);
		let nonce = nonce(self.frames, last);
		// The next frame needs another nonce also where this one failed.
		self.frames = self.frames.checked_add(1).ok_or(SealError::TooLong)?;
		let tag = self
			.cipher
			.encrypt_in_place_detached(&nonce, &[], &mut frame)
			.map_err(|_| SealError::TooLong)?;
		frame.extend_from_slice(&tag);
		Ok(frame)
	}
}

/// Opens a stream, in pieces of any length.
pub(crate) struct Opener {
	job: [u8; 32],
	secret: [u8; 32],
	cipher: Option<ChaCha20Poly1305>,
	/// What is not a whole frame yet.
	rest: Vec<u8>,
	/// Frames that were opened.
	frames: u64,
	ended: bool,
}

impl Opener {
	/// An opener of a job's stream.
	pub fn new(job: [u8; 32], secret: [u8; 32]) -> Self {
		Opener {
			job,
			secret,
			cipher: None,
			rest: Vec::new(),
			frames: 0,
			ended: false,
		}
	}

	/// Whether the last frame was opened.
	pub fn ended(&self) -> bool {
		self.ended
	}

	/// Takes bytes of the stream, and gives the text that can be read with them.
	pub fn open(&mut self, bytes: &[u8]) -> Result<Vec<u8>, SealError> {
		self.rest.extend_from_slice(bytes);
		let mut text = Vec::new();
		if self.cipher.is_none() {
			let Some((header, rest)) = self.rest.split_at_checked(HEADER) else {
				return Ok(text);
			};
			let (version, made) = header.split_at(VERSION.len());
			if version != VERSION {
				return Err(SealError::Format);
			}
			let made: [u8; 32] = made.try_into().map_err(|_| SealError::Format)?;
			let receiver = public_key(&self.secret);
			let secret = StaticSecret::from(self.secret);
			self.cipher = Some(cipher(&secret, &made, &made, &receiver, &self.job)?);
			self.rest = rest.to_vec();
		}
		let Some(cipher) = &self.cipher else {
			return Ok(text);
		};
		let (frames, rest) = self.rest.as_chunks::<FRAME>();
		for frame in frames {
			// Nothing follows the last frame.
			if self.ended {
				return Err(SealError::Authentication);
			}
			let (block, last) = open_frame(cipher, self.frames, frame)?;
			self.frames = self.frames.checked_add(1).ok_or(SealError::TooLong)?;
			self.ended = last;
			let (length, block) = block.split_first_chunk::<2>().ok_or(SealError::Format)?;
			let length = usize::from(u16::from_le_bytes(*length));
			text.extend_from_slice(block.get(..length).ok_or(SealError::Format)?);
		}
		if self.ended && !rest.is_empty() {
			return Err(SealError::Authentication);
		}
		self.rest = rest.to_vec();
		Ok(text)
	}
}

/// The block of a frame, and whether it is the last one.
fn open_frame(
	cipher: &ChaCha20Poly1305,
	index: u64,
	frame: &[u8; FRAME],
) -> Result<([u8; BLOCK], bool), SealError> {
	let (sealed, tag) = frame.split_at(BLOCK);
	for last in [false, true] {
		let mut block = [0; BLOCK];
		block.copy_from_slice(sealed);
		let opened = cipher.decrypt_in_place_detached(
			&nonce(index, last),
			&[],
			&mut block,
			Tag::from_slice(tag),
		);
		if opened.is_ok() {
			return Ok((block, last));
		}
	}
	Err(SealError::Authentication)
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	const JOB: [u8; 32] = [1; 32];
	const SECRET: [u8; 32] = [7; 32];

	/// Header and frames of a stream of these texts, with its end.
	fn stream(job: &[u8; 32], texts: &[&[u8]]) -> Vec<Vec<u8>> {
		let (mut sealer, header) = Sealer::new(job, &public_key(&SECRET)).expect("a good key");
		let mut parts = vec![header];
		for text in texts {
			let sealed = sealer.seal(text).expect("seals");
			parts.extend(sealed.chunks(FRAME).map(<[u8]>::to_vec));
		}
		parts.push(sealer.end().expect("seals"));
		parts
	}

	fn open(secret: [u8; 32], parts: &[Vec<u8>]) -> Result<(Vec<u8>, bool), SealError> {
		let mut opener = Opener::new(JOB, secret);
		let mut text = Vec::new();
		for part in parts {
			text.extend(opener.open(part)?);
		}
		Ok((text, opener.ended()))
	}

	#[test]
	fn frames_that_are_swapped_repeated_or_left_out_do_not_open() {
		let parts = stream(&JOB, &[b"one", b"two", b"three"]);
		let whole = open(SECRET, &parts).expect("opens");
		assert_eq!(whole, (b"onetwothree".to_vec(), true));
		for order in [
			&[0, 2, 1, 3, 4][..],
			&[0, 1, 1, 2],
			&[0, 2],
			&[0, 4],
			&[0, 1, 2, 3, 4, 4],
		] {
			let moved: Vec<_> = order.iter().map(|at| parts[*at].clone()).collect();
			assert_eq!(
				open(SECRET, &moved),
				Err(SealError::Authentication),
				"{order:?}"
			);
		}
	}

	#[test]
	fn frames_of_another_stream_or_job_do_not_open() {
		let (one, again) = (stream(&JOB, &[b"one"]), stream(&JOB, &[b"one"]));
		let spliced = [one[0].clone(), again[1].clone()];
		assert_eq!(open(SECRET, &spliced), Err(SealError::Authentication));
		let other = stream(&[2; 32], &[b"one"]);
		assert_eq!(open(SECRET, &other), Err(SealError::Authentication));
		assert_eq!(open([8; 32], &one), Err(SealError::Authentication));
	}

	#[test]
	fn a_stream_without_its_last_frame_is_not_ended() {
		let parts = stream(&JOB, &[b"one", b"two"]);
		assert_eq!(open(SECRET, &parts[..3]), Ok((b"onetwo".to_vec(), false)));
		let more = [&parts[..], &[vec![0]]].concat();
		assert_eq!(open(SECRET, &more), Err(SealError::Authentication));
	}

	#[test]
	fn all_frames_have_one_length_and_do_not_show_the_text() {
		for text in [&b"a"[..], b"a longer piece", &[b'x'; TEXT_PER_FRAME]] {
			let parts = stream(&JOB, &[text]);
			assert_eq!(parts[1].len(), FRAME);
			assert!(text.len() < 4 || !parts[1].windows(4).any(|part| part == &text[..4]));
		}
	}

	#[test]
	fn weak_keys_and_other_versions_are_refused() {
		assert!(matches!(
			Sealer::new(&JOB, &[0; 32]),
			Err(SealError::WeakKey)
		));
		let mut header = stream(&JOB, &[]).remove(0);
		header[11] = b'2';
		assert_eq!(open(SECRET, &[header.clone()]), Err(SealError::Format));
		header[11] = b'1';
		header[12..].fill(0);
		assert_eq!(open(SECRET, &[header]), Err(SealError::WeakKey));
	}

	proptest! {
		#![proptest_config(ProptestConfig::with_cases(64))]

		#[test]
		fn what_was_sealed_opens_however_it_is_cut(
			texts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..6),
			cut in 1usize..300,
		) {
			let borrowed: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();
			let bytes = stream(&JOB, &borrowed).concat();
			let parts: Vec<_> = bytes.chunks(cut).map(<[u8]>::to_vec).collect();
			prop_assert_eq!(open(SECRET, &parts), Ok((texts.concat(), true)));
		}

		#[test]
		fn a_flipped_bit_is_detected(at in any::<usize>(), bit in 0u8..8) {
			let mut bytes = stream(&JOB, &[b"some text", b"and more"]).concat();
			let at = at % bytes.len();
			bytes[at] ^= 1 << bit;
			prop_assert!(open(SECRET, &[bytes]).is_err());
		}

		#[test]
		fn arbitrary_bytes_never_open_and_never_panic(
			bytes in proptest::collection::vec(any::<u8>(), 32 + FRAME..300),
		) {
			let bytes = [&VERSION[..], &bytes].concat();
			prop_assert!(open(SECRET, &[bytes]).is_err());
		}
	}
}
