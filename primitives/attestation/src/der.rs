//! A strict reader of DER.
//!
//! # Guarantees
//!
//! 1. An element is read only in its one DER form: definite length in its shortest form, tag number
//!    in its shortest form, and no byte beyond the input.
//! 2. Nothing is copied and nothing recurses: a format's parser opens each level itself, so depth is
//!    the format's.
//! 3. Integers and booleans are accepted in their one DER form only, bit strings with their unused
//!    bits zero.

use crate::error::Malformed;

/// The tag of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
	/// 0 universal, 1 application, 2 context, 3 private.
	pub class: u8,
	/// Whether the content is elements.
	pub constructed: bool,
	/// The number; below 2^28.
	pub number: u32,
}

impl Tag {
	/// BOOLEAN.
	pub const BOOLEAN: Self = Self::universal(1);
	/// INTEGER.
	pub const INTEGER: Self = Self::universal(2);
	/// BIT STRING.
	pub const BIT_STRING: Self = Self::universal(3);
	/// OCTET STRING.
	pub const OCTET_STRING: Self = Self::universal(4);
	/// NULL.
	pub const NULL: Self = Self::universal(5);
	/// OBJECT IDENTIFIER.
	pub const OID: Self = Self::universal(6);
	/// ENUMERATED.
	pub const ENUMERATED: Self = Self::universal(10);
	/// UTF8String.
	pub const UTF8_STRING: Self = Self::universal(12);
	/// PrintableString.
	pub const PRINTABLE_STRING: Self = Self::universal(19);
	/// IA5String.
	pub const IA5_STRING: Self = Self::universal(22);
	/// UTCTime.
	pub const UTC_TIME: Self = Self::universal(23);
	/// GeneralizedTime.
	pub const GENERALIZED_TIME: Self = Self::universal(24);
	/// SEQUENCE.
	pub const SEQUENCE: Self = Self {
		class: 0,
		constructed: true,
		number: 16,
	};
	/// SET.
	pub const SET: Self = Self {
		class: 0,
		constructed: true,
		number: 17,
	};

	const fn universal(number: u32) -> Self {
		Self {
			class: 0,
			constructed: false,
			number,
		}
	}

	/// An explicit context tag.
	pub const fn explicit(number: u32) -> Self {
		Self {
			class: 2,
			constructed: true,
			number,
		}
	}

	/// An implicit context tag over a primitive type.
	pub const fn implicit(number: u32) -> Self {
		Self {
			class: 2,
			constructed: false,
			number,
		}
	}
}

/// One element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element<'a> {
	/// Its tag.
	pub tag: Tag,
	/// Its content.
	pub content: &'a [u8],
	/// Tag, length and content.
	pub encoding: &'a [u8],
}

/// A position in a row of elements.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
	rest: &'a [u8],
}

impl<'a> Reader<'a> {
	/// At the start of `bytes`.
	pub const fn new(bytes: &'a [u8]) -> Self {
		Self { rest: bytes }
	}

	/// Whether no element is left.
	pub const fn is_empty(&self) -> bool {
		self.rest.is_empty()
	}

	/// The next element.
	pub fn element(&mut self) -> Result<Element<'a>, Malformed> {
		let start = self.rest;
		let (tag, after_tag) = read_tag(start)?;
		let (length, after_length) = read_length(after_tag)?;
		let (content, rest) = after_length.split_at_checked(length).ok_or(Malformed)?;
		let size = start.len().checked_sub(rest.len()).ok_or(Malformed)?;
		let encoding = start.get(..size).ok_or(Malformed)?;
		self.rest = rest;
		Ok(Element {
			tag,
			content,
			encoding,
		})
	}

	/// The next element, which must have this tag.
	pub fn expect(&mut self, tag: Tag) -> Result<Element<'a>, Malformed> {
		let element = self.element()?;
		if element.tag == tag {
			Ok(element)
		} else {
			Err(Malformed)
		}
	}

	/// The next element if it has this tag.
	pub fn optional(&mut self, tag: Tag) -> Result<Option<Element<'a>>, Malformed> {
		if self.is_empty() {
			return Ok(None);
		}
		let mut ahead = *self;
		let element = ahead.element()?;
		if element.tag != tag {
			return Ok(None);
		}
		*self = ahead;
		Ok(Some(element))
	}

	/// A reader of the next element's content, which must be a SEQUENCE.
	pub fn sequence(&mut self) -> Result<Reader<'a>, Malformed> {
		Ok(Reader::new(self.expect(Tag::SEQUENCE)?.content))
	}

	/// An INTEGER that is not negative, without its leading zero: `[0]` for zero.
	pub fn unsigned(&mut self) -> Result<&'a [u8], Malformed> {
		unsigned(self.expect(Tag::INTEGER)?.content)
	}

	/// An INTEGER between 0 and 2^64 - 1.
	pub fn u64(&mut self) -> Result<u64, Malformed> {
		u64_of(self.expect(Tag::INTEGER)?.content)
	}

	/// An OBJECT IDENTIFIER's content.
	pub fn oid(&mut self) -> Result<&'a [u8], Malformed> {
		let content = self.expect(Tag::OID)?.content;
		if content.is_empty() {
			return Err(Malformed);
		}
		Ok(content)
	}

	/// An OCTET STRING's content.
	pub fn octets(&mut self) -> Result<&'a [u8], Malformed> {
		Ok(self.expect(Tag::OCTET_STRING)?.content)
	}

	/// A BIT STRING of whole bytes.
	pub fn bit_string(&mut self) -> Result<&'a [u8], Malformed> {
		match self.expect(Tag::BIT_STRING)?.content.split_first() {
			Some((0, bytes)) => Ok(bytes),
			_ => Err(Malformed),
		}
	}

	/// A BOOLEAN.
	pub fn boolean(&mut self) -> Result<bool, Malformed> {
		match self.expect(Tag::BOOLEAN)?.content {
			[0] => Ok(false),
			[0xff] => Ok(true),
			_ => Err(Malformed),
		}
	}

	/// An ENUMERATED between 0 and 2^64 - 1.
	pub fn enumerated(&mut self) -> Result<u64, Malformed> {
		u64_of(self.expect(Tag::ENUMERATED)?.content)
	}

	/// Fails unless every element is read.
	pub fn finish(self) -> Result<(), Malformed> {
		if self.is_empty() {
			Ok(())
		} else {
			Err(Malformed)
		}
	}
}

/// An integer's content without its leading zero, if it is not negative and in shortest form.
pub fn unsigned(content: &[u8]) -> Result<&[u8], Malformed> {
	match content {
		[] => Err(Malformed),
		[0] => Ok(content),
		[0, rest @ ..] if rest.first().is_some_and(|first| *first >= 0x80) => Ok(rest),
		[0, ..] => Err(Malformed),
		[first, ..] if *first >= 0x80 => Err(Malformed),
		_ => Ok(content),
	}
}

/// An integer's content as a number.
pub fn u64_of(content: &[u8]) -> Result<u64, Malformed> {
	let bytes = unsigned(content)?;
	if bytes.len() > 8 {
		return Err(Malformed);
	}
	Ok(bytes
		.iter()
		.fold(0u64, |value, byte| (value << 8) | u64::from(*byte)))
}

/// The first 16 bits of a BIT STRING of named bits, the string's first bit the highest.
pub fn named_bits(content: &[u8]) -> Result<u16, Malformed> {
	let (unused, bytes) = content.split_first().ok_or(Malformed)?;
	let last = bytes.last().copied().unwrap_or(0);
	// Unused bits are zero. DER would leave out zeros before them too; AMD does not.
	let right = match bytes {
		[] => *unused == 0,
		_ => *unused < 8 && last.trailing_zeros() >= u32::from(*unused),
	};
	if !right {
		return Err(Malformed);
	}
	let first = u16::from(bytes.first().copied().unwrap_or(0));
	let second = u16::from(bytes.get(1).copied().unwrap_or(0));
	Ok((first << 8) | second)
}

fn read_tag(bytes: &[u8]) -> Result<(Tag, &[u8]), Malformed> {
	let (first, mut rest) = bytes.split_first().ok_or(Malformed)?;
	let class = first >> 6;
	let constructed = first & 0x20 != 0;
	let mut number = u32::from(first & 0x1f);
	if number == 0x1f {
		number = 0;
		let mut length = 0;
		loop {
			let (byte, after) = rest.split_first().ok_or(Malformed)?;
			rest = after;
			length += 1;
			// Four bytes of seven bits; the first is not a leading zero.
			if length > 4 || (length == 1 && *byte == 0x80) {
				return Err(Malformed);
			}
			number = (number << 7) | u32::from(byte & 0x7f);
			if byte & 0x80 == 0 {
				break;
			}
		}
		if number < 0x1f {
			return Err(Malformed);
		}
	}
	Ok((
		Tag {
			class,
			constructed,
			number,
		},
		rest,
	))
}

fn read_length(bytes: &[u8]) -> Result<(usize, &[u8]), Malformed> {
	let (first, rest) = bytes.split_first().ok_or(Malformed)?;
	if *first < 0x80 {
		return Ok((usize::from(*first), rest));
	}
	let size = usize::from(first & 0x7f);
	// Indefinite length, or four gigabytes and more.
	if size == 0 || size > 4 {
		return Err(Malformed);
	}
	let (digits, rest) = rest.split_at_checked(size).ok_or(Malformed)?;
	let length = digits
		.iter()
		.fold(0u64, |value, byte| (value << 8) | u64::from(*byte));
	if length < 0x80 || digits.first() == Some(&0) {
		return Err(Malformed);
	}
	Ok((usize::try_from(length).map_err(|_| Malformed)?, rest))
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn lengths_have_one_form() {
		assert_eq!(Reader::new(&[4, 1, 7]).octets(), Ok(&[7u8][..]));
		for wrong in [
			&[4, 0x81, 1, 7][..],
			&[4, 0x82, 0, 0x80],
			&[4, 0x80, 7, 0, 0],
			&[4, 2, 7],
			&[4, 0x85, 0, 0, 0, 0, 1, 7],
			&[4],
			&[],
		] {
			assert_eq!(Reader::new(wrong).octets(), Err(Malformed), "{wrong:?}");
		}
	}

	#[test]
	fn tags_have_one_form() {
		let mut long = Reader::new(&[0xbf, 0x85, 0x40, 0]);
		assert_eq!(
			long.element().map(|element| element.tag),
			Ok(Tag::explicit(704))
		);
		for wrong in [
			&[0xbf, 0x80, 0x40, 0][..],
			&[0xbf, 0x1e, 0],
			&[0xbf, 0x85],
			&[0x1f],
		] {
			assert_eq!(Reader::new(wrong).element(), Err(Malformed), "{wrong:?}");
		}
	}

	#[test]
	fn integers_have_one_form() {
		assert_eq!(Reader::new(&[2, 2, 0, 0x80]).u64(), Ok(0x80));
		assert_eq!(Reader::new(&[2, 1, 0]).u64(), Ok(0));
		for wrong in [
			&[2, 0][..],
			&[2, 1, 0x80],
			&[2, 2, 0, 1],
			&[2, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0],
		] {
			assert_eq!(Reader::new(wrong).u64(), Err(Malformed), "{wrong:?}");
		}
	}

	#[test]
	fn booleans_and_bit_strings_have_one_form() {
		assert_eq!(Reader::new(&[1, 1, 0xff]).boolean(), Ok(true));
		assert_eq!(Reader::new(&[1, 1, 1]).boolean(), Err(Malformed));
		assert_eq!(named_bits(&[7, 0x80]), Ok(0x8000));
		assert_eq!(named_bits(&[1, 6]), Ok(0x0600));
		assert_eq!(named_bits(&[0]), Ok(0));
		assert_eq!(named_bits(&[1, 4]), Ok(0x0400));
		for wrong in [&[2, 6][..], &[8, 0], &[1], &[]] {
			assert_eq!(named_bits(wrong), Err(Malformed), "{wrong:?}");
		}
	}

	#[test]
	fn an_element_of_another_tag_stays() {
		let mut reader = Reader::new(&[5, 0, 2, 1, 3]);
		assert_eq!(reader.optional(Tag::INTEGER), Ok(None));
		assert!(reader.optional(Tag::NULL).unwrap().is_some());
		assert_eq!(reader.u64(), Ok(3));
		assert_eq!(reader.finish(), Ok(()));
	}

	proptest! {
		#[test]
		fn any_bytes_are_read_without_panic_and_in_whole(bytes in any::<Vec<u8>>()) {
			let mut reader = Reader::new(&bytes);
			let mut read = 0;
			while let Ok(element) = reader.element() {
				read += element.encoding.len();
				prop_assert!(element.encoding.ends_with(element.content));
			}
			prop_assert!(read <= bytes.len());
		}
	}
}
