//! The input of a job: from where it is to the text that the model reads.
//!
//! # What it guarantees
//!
//! 1. The bytes have the length and the SHA-256 that the order names, or they are not used.
//! 2. Nothing longer than the chain's bound is fetched. A fetch ends in time for the job to be
//!    given back before the chain counts it as missed.
//! 3. What is kept and served on of a sealed input is its sealed form.
//!
//! # Form of a sealed input
//!
//! The order names the sealed bytes (`aci_transfer::seal`), sealed to the worker's data key. What
//! opens may begin with the 11 bytes [`REPLY`] and an x25519 public key of 32 bytes; the output is
//! then sealed to that key before it is hashed, signed, stored or put on chain. The rest is the
//! text. Without that beginning all of it is the text and the output is in the clear: the order has
//! no field for a key of the client, so it travels inside.

use aci_primitives::job::PrivacyTier;
use aci_transfer::SealError;

/// What stands before the key that the output is to be sealed to.
pub const REPLY: &[u8] = b"aci/reply/1";

/// What the model reads, and for whom the output is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
	/// What the model reads.
	pub text: Vec<u8>,
	/// The key that the output is sealed to.
	pub reply: Option<[u8; 32]>,
}

/// Why an input cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
	/// It was not served in time, or is not what was ordered.
	#[error("the input is not available: {0}")]
	Unavailable(String),
	/// It is here, and cannot be used.
	#[error("the input cannot be used: {0}")]
	Unusable(String),
}

/// The input in the bytes that the order names.
pub fn open(
	bytes: Vec<u8>,
	privacy: PrivacyTier,
	data_secret: &[u8; 32],
) -> Result<Input, SealError> {
	let plain = match privacy {
		PrivacyTier::Open => {
			return Ok(Input {
				text: bytes,
				reply: None,
			})
		}
		PrivacyTier::Sealed => aci_transfer::open(&bytes, data_secret)?,
	};
	let with_reply = plain
		.strip_prefix(REPLY)
		.and_then(|rest| rest.split_first_chunk::<32>());
	Ok(match with_reply {
		Some((key, text)) => Input {
			text: text.to_vec(),
			reply: Some(*key),
		},
		None => Input {
			text: plain,
			reply: None,
		},
	})
}

/// The output as it is handed in.
pub fn close(output: Vec<u8>, reply: Option<&[u8; 32]>) -> Result<Vec<u8>, SealError> {
	match reply {
		None => Ok(output),
		Some(key) => aci_transfer::seal(&output, key).map(|sealed| sealed.bytes),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const SECRET: [u8; 32] = [5; 32];
	const CLIENT: [u8; 32] = [6; 32];

	fn sealed(plain: &[u8]) -> Vec<u8> {
		let key = aci_transfer::public_key(&SECRET);
		aci_transfer::seal(plain, &key).expect("seals").bytes
	}

	#[test]
	fn a_sealed_input_opens_and_its_output_is_for_the_client_alone() {
		let reply = aci_transfer::public_key(&CLIENT);
		let plain = [REPLY, &reply, b"what is it?"].concat();
		let input = open(sealed(&plain), PrivacyTier::Sealed, &SECRET).expect("opens");
		assert_eq!(input.text, b"what is it?");
		let output = close(b"this".to_vec(), input.reply.as_ref()).expect("seals");
		assert_eq!(aci_transfer::open(&output, &CLIENT), Ok(b"this".to_vec()));
		assert!(!output.windows(4).any(|part| part == b"this"));
	}

	#[test]
	fn a_sealed_input_without_a_key_is_all_text() {
		for plain in [&b"what is it?"[..], b"aci/reply/1 is a prefix", b""] {
			let input = open(sealed(plain), PrivacyTier::Sealed, &SECRET).expect("opens");
			assert_eq!((input.text.as_slice(), input.reply), (plain, None));
		}
	}

	#[test]
	fn an_open_input_is_taken_as_it_is_and_a_foreign_seal_does_not_open() {
		let bytes = sealed(b"secret");
		let input = open(bytes.clone(), PrivacyTier::Open, &SECRET).expect("is not opened");
		assert_eq!(input.text, bytes);
		assert!(open(bytes, PrivacyTier::Sealed, &CLIENT).is_err());
	}
}
