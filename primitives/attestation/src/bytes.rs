//! Reading fixed formats from bytes, without a panic.

use crate::error::Malformed;

/// A position in bytes. Every read takes what it returns or fails.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
	rest: &'a [u8],
}

impl<'a> Cursor<'a> {
	/// At the start of `bytes`.
	pub const fn new(bytes: &'a [u8]) -> Self {
		Self { rest: bytes }
	}

	/// Bytes that are left.
	pub const fn rest(&self) -> &'a [u8] {
		self.rest
	}

	/// The next `length` bytes.
	pub fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
		let (taken, rest) = self.rest.split_at_checked(length).ok_or(Malformed)?;
		self.rest = rest;
		Ok(taken)
	}

	/// The next `N` bytes.
	pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
		self.take(N)?.try_into().map_err(|_| Malformed)
	}

	/// One byte.
	pub fn u8(&mut self) -> Result<u8, Malformed> {
		Ok(u8::from_le_bytes(self.array()?))
	}

	/// Two bytes, little-endian.
	pub fn u16(&mut self) -> Result<u16, Malformed> {
		Ok(u16::from_le_bytes(self.array()?))
	}

	/// Four bytes, little-endian.
	pub fn u32(&mut self) -> Result<u32, Malformed> {
		Ok(u32::from_le_bytes(self.array()?))
	}

	/// Eight bytes, little-endian.
	pub fn u64(&mut self) -> Result<u64, Malformed> {
		Ok(u64::from_le_bytes(self.array()?))
	}

	/// As many bytes as the next four, little-endian, say.
	pub fn prefixed_u32(&mut self) -> Result<&'a [u8], Malformed> {
		let length = usize::try_from(self.u32()?).map_err(|_| Malformed)?;
		self.take(length)
	}

	/// As many bytes as the next two, little-endian, say.
	pub fn prefixed_u16(&mut self) -> Result<&'a [u8], Malformed> {
		let length = usize::from(self.u16()?);
		self.take(length)
	}

	/// Fails unless all bytes are read.
	pub fn finish(self) -> Result<(), Malformed> {
		if self.rest.is_empty() {
			Ok(())
		} else {
			Err(Malformed)
		}
	}
}

/// Whether all bytes are zero.
pub fn all_zero(bytes: &[u8]) -> bool {
	bytes.iter().all(|byte| *byte == 0)
}

/// The bytes of hexadecimal text of exactly `2 * N` digits in either case.
pub fn from_hex<const N: usize>(text: &[u8]) -> Result<[u8; N], Malformed> {
	let mut bytes = [0u8; N];
	let mut digits = text.iter();
	for byte in bytes.iter_mut() {
		let high = hex_digit(digits.next())?;
		let low = hex_digit(digits.next())?;
		*byte = (high << 4) | low;
	}
	match digits.next() {
		None => Ok(bytes),
		Some(_) => Err(Malformed),
	}
}

fn hex_digit(digit: Option<&u8>) -> Result<u8, Malformed> {
	match digit {
		Some(digit @ b'0'..=b'9') => Ok(digit - b'0'),
		Some(digit @ b'a'..=b'f') => Ok(digit - b'a' + 10),
		Some(digit @ b'A'..=b'F') => Ok(digit - b'A' + 10),
		_ => Err(Malformed),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_read_beyond_the_end_fails_and_takes_nothing() {
		let mut cursor = Cursor::new(&[1, 2, 3]);
		assert_eq!(cursor.u16(), Ok(0x0201));
		assert_eq!(cursor.u32(), Err(Malformed));
		assert_eq!(cursor.rest(), &[3]);
		assert!(cursor.finish().is_err());
	}

	#[test]
	fn a_length_beyond_the_end_fails() {
		assert!(Cursor::new(&[255, 255, 255, 255, 0])
			.prefixed_u32()
			.is_err());
		assert_eq!(Cursor::new(&[1, 0, 7]).prefixed_u16(), Ok(&[7u8][..]));
	}

	#[test]
	fn hexadecimal_text_has_one_length() {
		assert_eq!(from_hex::<2>(b"0aFf"), Ok([0x0a, 0xff]));
		for text in [&b"0aF"[..], b"0aFf0", b"0aFg", b""] {
			assert_eq!(from_hex::<2>(text), Err(Malformed));
		}
	}
}
