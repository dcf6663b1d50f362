//! The encoding of arguments and results: little-endian numbers, 32-byte hashes and accounts, bytes
//! after their length in four bytes.

use crate::{Failure, Hash};
use alloc::vec::Vec;

/// Bytes that are read from the front.
pub struct Arguments<'a>(&'a [u8]);

impl<'a> Arguments<'a> {
	/// Reads these.
	pub fn new(bytes: &'a [u8]) -> Self {
		Self(bytes)
	}

	/// The next `count` bytes.
	pub fn take(&mut self, count: usize) -> Result<&'a [u8], Failure> {
		let (taken, rest) = self
			.0
			.split_at_checked(count)
			.ok_or(Failure("arguments too short"))?;
		self.0 = rest;
		Ok(taken)
	}

	/// All that is left.
	pub fn rest(&mut self) -> &'a [u8] {
		core::mem::take(&mut self.0)
	}

	fn array<const N: usize>(&mut self) -> Result<[u8; N], Failure> {
		self.take(N)?
			.try_into()
			.map_err(|_| Failure("arguments too short"))
	}

	/// A number of 8 bits.
	pub fn u8(&mut self) -> Result<u8, Failure> {
		self.array().map(u8::from_le_bytes)
	}

	/// A number of 32 bits.
	pub fn u32(&mut self) -> Result<u32, Failure> {
		self.array().map(u32::from_le_bytes)
	}

	/// A number of 64 bits.
	pub fn u64(&mut self) -> Result<u64, Failure> {
		self.array().map(u64::from_le_bytes)
	}

	/// A number of 128 bits.
	pub fn u128(&mut self) -> Result<u128, Failure> {
		self.array().map(u128::from_le_bytes)
	}

	/// A hash or an account.
	pub fn hash(&mut self) -> Result<Hash, Failure> {
		self.array()
	}

	/// Bytes after their length.
	pub fn bytes(&mut self) -> Result<&'a [u8], Failure> {
		let length = self.u32()?;
		self.take(length as usize)
	}

	/// Whether all were read. Call it last, so that each call has one encoding.
	pub fn end(&self) -> Result<(), Failure> {
		if self.0.is_empty() {
			Ok(())
		} else {
			Err(Failure("arguments too long"))
		}
	}
}

/// Bytes that are written to the end.
#[derive(Default)]
pub struct Output(Vec<u8>);

impl Output {
	/// Nothing yet.
	pub fn new() -> Self {
		Self::default()
	}

	/// Adds these bytes, without their length: a number's little-endian bytes, a hash, an account.
	pub fn raw(mut self, bytes: &[u8]) -> Self {
		self.0.extend_from_slice(bytes);
		self
	}

	/// Adds bytes after their length.
	pub fn bytes(self, bytes: &[u8]) -> Self {
		self.raw(&(bytes.len() as u32).to_le_bytes()).raw(bytes)
	}

	/// All of it.
	pub fn end(self) -> Vec<u8> {
		self.0
	}
}
