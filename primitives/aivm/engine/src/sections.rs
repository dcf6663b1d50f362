//! Counts in a module's sections, bounded before the interpreter reads it.
//!
//! The interpreter's work is linear in the bytes of a module, but some items of few bytes cost it much
//! more than others: types and imports are looked up, locals are cleared at every call of their
//! function. A module that a compiler makes is far from these bounds.

use crate::limits::{
	MAX_DATA_SEGMENTS, MAX_ELEMENT_SEGMENTS, MAX_EXPORTS, MAX_FUNCTIONS, MAX_GLOBALS, MAX_IMPORTS,
	MAX_LOCALS, MAX_TYPES,
};

/// The bytes are no module, or over a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutOfBounds;

/// Bytes that are read from the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
	fn take(&mut self, count: usize) -> Result<&'a [u8], OutOfBounds> {
		let (taken, rest) = self.0.split_at_checked(count).ok_or(OutOfBounds)?;
		self.0 = rest;
		Ok(taken)
	}

	fn byte(&mut self) -> Result<u8, OutOfBounds> {
		self.take(1)?.first().copied().ok_or(OutOfBounds)
	}

	/// An unsigned number of 32 bits in the format's encoding of seven bits a byte.
	fn number(&mut self) -> Result<u32, OutOfBounds> {
		let mut number = 0u64;
		for shift in (0..35).step_by(7) {
			let byte = self.byte()?;
			number |= u64::from(byte & 0x7f) << shift;
			if byte & 0x80 == 0 {
				return u32::try_from(number).map_err(|_| OutOfBounds);
			}
		}
		Err(OutOfBounds)
	}
}

/// Whether all counts are within their bounds. What is not read here is checked by the interpreter.
pub(crate) fn check(code: &[u8]) -> Result<(), OutOfBounds> {
	let mut module = Reader(code);
	if module.take(8)? != b"\0asm\x01\0\0\0" {
		return Err(OutOfBounds);
	}
	while !module.0.is_empty() {
		let identity = module.byte()?;
		let length = module.number()?;
		let mut section = Reader(module.take(length as usize)?);
		let bound = match identity {
			1 => MAX_TYPES,
			2 => MAX_IMPORTS,
			3 | 10 => MAX_FUNCTIONS,
			4 | 5 => 1,
			6 => MAX_GLOBALS,
			7 => MAX_EXPORTS,
			9 => MAX_ELEMENT_SEGMENTS,
			11 => MAX_DATA_SEGMENTS,
			_ => continue,
		};
		let count = section.number()?;
		if count > bound {
			return Err(OutOfBounds);
		}
		if identity == 10 {
			for _ in 0..count {
				let length = section.number()?;
				locals(Reader(section.take(length as usize)?))?;
			}
		}
	}
	Ok(())
}

/// The locals that a function's body declares.
fn locals(mut body: Reader<'_>) -> Result<(), OutOfBounds> {
	let groups = body.number()?;
	let mut sum = 0u32;
	for _ in 0..groups {
		sum = sum.checked_add(body.number()?).ok_or(OutOfBounds)?;
		if sum > MAX_LOCALS {
			return Err(OutOfBounds);
		}
		body.byte()?;
	}
	Ok(())
}
