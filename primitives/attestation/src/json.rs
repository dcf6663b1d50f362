//! A strict and bounded reader of JSON, for Intel's statements and Google's list.
//!
//! # Guarantees
//!
//! 1. RFC 8259's grammar for objects, arrays, strings, literals and integers. Numbers with a sign,
//!    fraction or exponent are refused: no document read here has one.
//! 2. A format's parser opens each level itself. What it does not know is skipped, at most
//!    [`MAX_DEPTH`] levels deep.
//! 3. Strings that are read have no escape; so equal text is equal bytes.
//! 4. Time is linear in the input; nothing is copied.

use crate::error::Malformed;

/// Levels of an unknown value that are skipped.
pub const MAX_DEPTH: usize = 16;

/// A position in a JSON text.
#[derive(Clone, Copy, Debug)]
pub struct Json<'a> {
	rest: &'a [u8],
}

impl<'a> Json<'a> {
	/// At the start of `text`.
	pub const fn new(text: &'a [u8]) -> Self {
		Self { rest: text }
	}

	/// Reads an object; `member` gets each name and must read or skip its value.
	///
	/// `E` is the parser's error; a wrong form gives it from [`Malformed`].
	pub fn object<E: From<Malformed>>(
		&mut self,
		mut member: impl FnMut(&'a [u8], &mut Self) -> Result<(), E>,
	) -> Result<(), E> {
		self.symbol(b'{')?;
		if self.skip_symbol(b'}') {
			return Ok(());
		}
		loop {
			let name = self.string()?;
			self.symbol(b':')?;
			member(name, self)?;
			if self.skip_symbol(b'}') {
				return Ok(());
			}
			self.symbol(b',')?;
		}
	}

	/// Reads an array; `element` must read or skip each.
	pub fn array<E: From<Malformed>>(
		&mut self,
		mut element: impl FnMut(&mut Self) -> Result<(), E>,
	) -> Result<(), E> {
		self.symbol(b'[')?;
		if self.skip_symbol(b']') {
			return Ok(());
		}
		loop {
			element(self)?;
			if self.skip_symbol(b']') {
				return Ok(());
			}
			self.symbol(b',')?;
		}
	}

	/// Reads a string without escapes.
	pub fn string(&mut self) -> Result<&'a [u8], Malformed> {
		self.symbol(b'"')?;
		let end = self
			.rest
			.iter()
			.position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))
			.ok_or(Malformed)?;
		let (text, after) = self.rest.split_at_checked(end).ok_or(Malformed)?;
		self.rest = after.strip_prefix(b"\"").ok_or(Malformed)?;
		core::str::from_utf8(text).map_err(|_| Malformed)?;
		Ok(text)
	}

	/// Reads an integer between 0 and 2^64 - 1.
	pub fn u64(&mut self) -> Result<u64, Malformed> {
		self.white_space();
		let length = self
			.rest
			.iter()
			.take_while(|byte| byte.is_ascii_digit())
			.count();
		let (digits, after) = self.rest.split_at_checked(length).ok_or(Malformed)?;
		if digits.is_empty() || (digits.len() > 1 && digits.first() == Some(&b'0')) {
			return Err(Malformed);
		}
		if matches!(after.first(), Some(b'.' | b'e' | b'E')) {
			return Err(Malformed);
		}
		self.rest = after;
		digits
			.iter()
			.try_fold(0u64, |value, digit| {
				value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
			})
			.ok_or(Malformed)
	}

	/// Reads any value and forgets it.
	pub fn skip(&mut self) -> Result<(), Malformed> {
		// One bit a level, the lowest the innermost: whether it is an object.
		let mut objects = 0u32;
		let mut depth = 0usize;
		loop {
			self.white_space();
			match self.rest.first() {
				Some(open @ (b'{' | b'[')) => {
					let object = *open == b'{';
					self.symbol(*open)?;
					if self.skip_symbol(if object { b'}' } else { b']' }) {
						// An empty one is a whole value.
					} else {
						depth += 1;
						if depth > MAX_DEPTH {
							return Err(Malformed);
						}
						objects = (objects << 1) | u32::from(object);
						if object {
							self.skip_string()?;
							self.symbol(b':')?;
						}
						continue;
					}
				}
				Some(b'"') => self.skip_string()?,
				Some(b't') => self.literal(b"true")?,
				Some(b'f') => self.literal(b"false")?,
				Some(b'n') => self.literal(b"null")?,
				_ => {
					self.u64()?;
				}
			}
			// A value ended: close levels, or go on to the next one of this level.
			loop {
				if depth == 0 {
					return Ok(());
				}
				let object = objects & 1 == 1;
				if self.skip_symbol(if object { b'}' } else { b']' }) {
					depth -= 1;
					objects >>= 1;
					continue;
				}
				self.symbol(b',')?;
				if object {
					self.skip_string()?;
					self.symbol(b':')?;
				}
				break;
			}
		}
	}

	/// Fails unless only white space is left.
	pub fn finish(mut self) -> Result<(), Malformed> {
		self.white_space();
		if self.rest.is_empty() {
			Ok(())
		} else {
			Err(Malformed)
		}
	}

	fn skip_string(&mut self) -> Result<(), Malformed> {
		self.symbol(b'"')?;
		loop {
			let (byte, after) = self.rest.split_first().ok_or(Malformed)?;
			self.rest = after;
			match byte {
				b'"' => return Ok(()),
				b'\\' => {
					let (escape, after) = self.rest.split_first().ok_or(Malformed)?;
					self.rest = after;
					match escape {
						b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
						b'u' => {
							let (digits, after) = self.rest.split_at_checked(4).ok_or(Malformed)?;
							if !digits.iter().all(u8::is_ascii_hexdigit) {
								return Err(Malformed);
							}
							self.rest = after;
						}
						_ => return Err(Malformed),
					}
				}
				0..=0x1f => return Err(Malformed),
				_ => {}
			}
		}
	}

	fn literal(&mut self, word: &[u8]) -> Result<(), Malformed> {
		self.rest = self.rest.strip_prefix(word).ok_or(Malformed)?;
		Ok(())
	}

	fn white_space(&mut self) {
		while let Some((b' ' | b'\t' | b'\n' | b'\r', after)) = self.rest.split_first() {
			self.rest = after;
		}
	}

	fn symbol(&mut self, symbol: u8) -> Result<(), Malformed> {
		if self.skip_symbol(symbol) {
			Ok(())
		} else {
			Err(Malformed)
		}
	}

	fn skip_symbol(&mut self, symbol: u8) -> bool {
		self.white_space();
		match self.rest.split_first() {
			Some((first, after)) if *first == symbol => {
				self.rest = after;
				true
			}
			_ => false,
		}
	}
}

/// Sets a member that must stand at most once.
pub fn once<T>(slot: &mut Option<T>, value: T) -> Result<(), Malformed> {
	match slot.replace(value) {
		None => Ok(()),
		Some(_) => Err(Malformed),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn skips(text: &str) -> bool {
		let mut json = Json::new(text.as_bytes());
		json.skip().is_ok() && json.finish().is_ok()
	}

	#[test]
	fn any_value_of_the_grammar_is_skipped() {
		for text in [
			"{}",
			" [ ] ",
			r#"{"a":[1,{"b":"\u00e9\n"},[],{}],"c":true,"d":null,"e":false}"#,
			r#""text""#,
			"0",
			"18446744073709551615",
			"[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]",
		] {
			assert!(skips(text), "{text}");
		}
	}

	#[test]
	fn what_is_not_json_or_not_an_integer_is_refused() {
		for text in [
			"",
			"{",
			"{]",
			"[1,]",
			"{\"a\":1,}",
			"{\"a\" 1}",
			"{1:1}",
			"01",
			"-1",
			"1.0",
			"1e3",
			"18446744073709551616",
			"\"\n\"",
			"\"\\x\"",
			"\"\\u12g4\"",
			"truE",
			"[1] 2",
			"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]",
		] {
			assert!(!skips(text), "{text}");
		}
	}

	#[test]
	fn members_are_read_in_order() {
		let mut seen = Vec::new();
		let mut json = Json::new(br#"{"a": 1, "b": [2, 3], "c": "d"}"#);
		json.object::<Malformed>(|name, json| {
			seen.push(name.to_vec());
			match name {
				b"a" => json.u64().map(|value| assert_eq!(value, 1)),
				b"b" => json.array(|json| json.u64().map(|_| ())),
				_ => json.string().map(|text| assert_eq!(text, b"d")),
			}
		})
		.unwrap();
		assert_eq!(seen, [b"a", b"b", b"c"]);
		assert!(json.finish().is_ok());
	}

	proptest! {
		#[test]
		fn any_text_is_read_without_panic(text in any::<Vec<u8>>()) {
			let _ = Json::new(&text).skip();
			let _ = Json::new(&text).string();
			let _ = Json::new(&text).u64();
			let _ = Json::new(&text).object::<Malformed>(|_, json| json.skip());
		}

		#[test]
		fn what_looks_like_json_is_judged_as_serde_json_does(
			text in r#"[\[\]{}:,"a1 ]{0,24}"#,
		) {
			let reference = serde_json::from_str::<serde_json::Value>(&text);
			// A number too large for an integer is one for serde_json; the lengths here allow it.
			let large = text.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() > 18);
			prop_assume!(!large);
			prop_assert_eq!(skips(&text), reference.is_ok());
		}
	}
}
