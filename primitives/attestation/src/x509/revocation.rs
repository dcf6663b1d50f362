//! Certificate revocation lists.

use super::{
	certificate::{next_extension, signed_object, time},
	Certificate,
};
use crate::{
	der::{Reader, Tag},
	error::{Error, InPart, Malformed, Part},
	signature::{Algorithm, PublicKey},
};

/// Longest revocation list, in bytes.
pub const MAX_REVOCATION_LIST: usize = 128 * 1024;

const CRL_NUMBER: &[u8] = &[0x55, 0x1d, 0x14];

/// A revocation list; all slices are of the bytes it was read from.
#[derive(Clone, Copy, Debug)]
pub struct RevocationList<'a> {
	signed: &'a [u8],
	algorithm: Algorithm,
	signature: &'a [u8],
	/// The issuer's name, with tag and length.
	pub issuer: &'a [u8],
	/// When it was made.
	pub this_update: u64,
	/// Last second of its time.
	pub next_update: u64,
	/// Its number, big-endian without leading zero, if stated.
	pub number: Option<&'a [u8]>,
	entries: &'a [u8],
}

impl<'a> RevocationList<'a> {
	/// Reads a list that fills `bytes`. Every entry is checked for its form.
	///
	/// Errors, all of [`Part::RevocationList`]: [`Error::Malformed`], [`Error::Unsupported`],
	/// [`Error::TooLarge`].
	pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
		let part = Part::RevocationList;
		if bytes.len() > MAX_REVOCATION_LIST {
			return Err(Error::TooLarge(part));
		}
		let (signed, outer_algorithm, signature) = signed_object(bytes).part(part)?;
		let mut reader = Reader::new(signed.content);
		if reader.u64().part(part)? != 1 {
			return Err(Error::Unsupported(part));
		}
		let algorithm = reader.expect(Tag::SEQUENCE).part(part)?.content;
		let algorithm = Algorithm::parse(algorithm, part)?;
		if Algorithm::parse(outer_algorithm, part)? != algorithm {
			return Err(Error::Malformed(part));
		}
		let issuer = reader.expect(Tag::SEQUENCE).part(part)?.encoding;
		let this_update = time(&mut reader).part(part)?;
		let next_update = time(&mut reader).part(part)?;
		let entries = reader
			.optional(Tag::SEQUENCE)
			.part(part)?
			.map_or(&[][..], |list| list.content);
		check_entries(entries)?;
		let number = match reader.optional(Tag::explicit(0)).part(part)? {
			None => None,
			Some(wrapper) => list_number(wrapper.content)?,
		};
		reader.finish().part(part)?;
		Ok(Self {
			signed: signed.encoding,
			algorithm,
			signature,
			issuer,
			this_update,
			next_update,
			number,
			entries,
		})
	}

	/// Checks the list's signature and time.
	///
	/// Errors, all of [`Part::RevocationList`]: [`Error::BadSignature`], [`Error::NotYetValid`],
	/// [`Error::Expired`].
	pub fn verify(&self, key: &PublicKey, now: u64) -> Result<(), Error> {
		let part = Part::RevocationList;
		if now < self.this_update {
			return Err(Error::NotYetValid(part));
		}
		if now > self.next_update {
			return Err(Error::Expired(part));
		}
		key.verify(self.algorithm, self.signed, self.signature, part)
	}

	/// Fails when `certificate` is of another issuer or on the list.
	///
	/// Errors: [`Error::CollateralMismatch`], [`Error::Revoked`] of `part`.
	pub fn check(&self, certificate: &Certificate, part: Part) -> Result<(), Error> {
		if certificate.issuer != self.issuer {
			return Err(Error::CollateralMismatch(Part::RevocationList));
		}
		if self.has(certificate.serial) {
			return Err(Error::Revoked(part));
		}
		Ok(())
	}

	/// Whether a serial number, big-endian without leading zero, is on the list.
	pub fn has(&self, serial: &[u8]) -> bool {
		let mut reader = Reader::new(self.entries);
		while !reader.is_empty() {
			match reader.sequence().and_then(|mut entry| entry.unsigned()) {
				Ok(revoked) if revoked == serial => return true,
				Ok(_) => {}
				// Every entry was read before; were one unreadable, nothing could be vouched for.
				Err(Malformed) => return true,
			}
		}
		false
	}
}

fn check_entries(entries: &[u8]) -> Result<(), Error> {
	let part = Part::RevocationList;
	let mut reader = Reader::new(entries);
	while !reader.is_empty() {
		let mut entry = reader.sequence().part(part)?;
		entry.unsigned().part(part)?;
		time(&mut entry).part(part)?;
		if let Some(extensions) = entry.optional(Tag::SEQUENCE).part(part)? {
			let mut extensions = Reader::new(extensions.content);
			while !extensions.is_empty() {
				if next_extension(&mut extensions).part(part)?.critical {
					return Err(Error::Unsupported(part));
				}
			}
		}
		entry.finish().part(part)?;
	}
	Ok(())
}

fn list_number(wrapped: &[u8]) -> Result<Option<&[u8]>, Error> {
	let part = Part::RevocationList;
	let mut outer = Reader::new(wrapped);
	let mut extensions = outer.sequence().part(part)?;
	outer.finish().part(part)?;
	let mut number = None;
	while !extensions.is_empty() {
		let extension = next_extension(&mut extensions).part(part)?;
		if extension.oid == CRL_NUMBER {
			let mut inner = Reader::new(extension.value);
			let value = inner.unsigned().part(part)?;
			inner.finish().part(part)?;
			if number.replace(value).is_some() {
				return Err(Error::Malformed(part));
			}
		} else if extension.critical {
			return Err(Error::Unsupported(part));
		}
	}
	Ok(number)
}
