//! Incremental decoding of UTF-8.
//!
//! Tokens of a byte-level vocabulary may end in the middle of a character.
//!
//! Guarantees
//! 1. Every piece is valid UTF-8; bytes that may still become a character are held back.
//! 2. The pieces plus the end, joined, equal the lossy decoding of all bytes: bytes that can
//!    never be part of a character become U+FFFD.

/// Decoder of a stream of bytes.
#[derive(Debug, Default)]
pub struct Utf8Decoder {
	held: Vec<u8>,
}

impl Utf8Decoder {
	/// Adds bytes and returns the text that is complete now.
	pub fn push(&mut self, bytes: &[u8]) -> String {
		self.held.extend_from_slice(bytes);
		let mut text = String::new();
		loop {
			match std::str::from_utf8(&self.held) {
				Ok(valid) => {
					text.push_str(valid);
					self.held.clear();
					return text;
				}
				Err(error) => {
					let (valid, rest) = self.held.split_at(error.valid_up_to());
					text.push_str(&String::from_utf8_lossy(valid));
					match error.error_len() {
						// An incomplete character at the end: wait for the rest of it.
						None => {
							self.held = rest.to_vec();
							return text;
						}
						Some(length) => {
							text.push(char::REPLACEMENT_CHARACTER);
							self.held = rest[length..].to_vec();
						}
					}
				}
			}
		}
	}

	/// Ends the stream: what is still held back can become no character any more.
	pub fn finish(self) -> String {
		String::from_utf8_lossy(&self.held).into_owned()
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn decode_in_steps(bytes: &[u8], step: usize) -> String {
		let mut decoder = Utf8Decoder::default();
		let mut text = String::new();
		for chunk in bytes.chunks(step) {
			text.push_str(&decoder.push(chunk));
		}
		text + &decoder.finish()
	}

	#[test]
	fn incomplete_characters_are_held_back() {
		let mut decoder = Utf8Decoder::default();
		assert_eq!(decoder.push(&[b'a', 0xf0, 0x9f]), "a");
		assert_eq!(decoder.push(&[0x8c]), "");
		assert_eq!(decoder.push(&[0x8a, b'b', 0xc3]), "🌊b");
		assert_eq!(decoder.finish(), "\u{fffd}");
	}

	#[test]
	fn pieces_join_to_the_lossy_decoding_for_every_cut() {
		let samples: [&[u8]; 6] = [
			"plain".as_bytes(),
			"größer 海 🌊!".as_bytes(),
			&[0xff, b'a', 0x80, 0x80, 0xc3, 0x28],
			&[0xf0, 0x9f, b'x', 0xf0, 0x9f, 0x8c],
			&[0xed, 0xa0, 0x80, 0xe2, 0x82],
			&[0xc0, 0xaf, 0xf5, 0x80, 0xe2, 0x82, 0xac],
		];
		for bytes in samples {
			for step in 1..=bytes.len() {
				let text = decode_in_steps(bytes, step);
				assert_eq!(text, String::from_utf8_lossy(bytes), "{bytes:x?} by {step}");
			}
		}
	}
}
