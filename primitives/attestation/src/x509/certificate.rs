//! One certificate.

use crate::{
	der::{named_bits, Reader, Tag},
	error::{Error, InPart, Malformed, Part},
	signature::{Algorithm, PublicKey},
	time::{generalized_time, utc_time},
};

/// Most extensions of one certificate.
pub const MAX_EXTENSIONS: usize = 32;

const SUBJECT_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 0x0e];
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const AUTHORITY_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 0x23];
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

const DIGITAL_SIGNATURE: u16 = 1 << 15;
const KEY_CERT_SIGN: u16 = 1 << 10;
const CRL_SIGN: u16 = 1 << 9;

/// What a certificate says about being an authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BasicConstraints {
	/// Whether it may sign certificates.
	pub authority: bool,
	/// Most authorities between it and the chain's first certificate.
	pub path_length: Option<u64>,
}

/// A certificate; all slices are of the bytes it was read from.
#[derive(Clone, Copy, Debug)]
pub struct Certificate<'a> {
	/// What is signed.
	pub signed: &'a [u8],
	/// Serial number, big-endian, without leading zero.
	pub serial: &'a [u8],
	/// How it is signed.
	pub algorithm: Algorithm,
	/// The issuer's name, with tag and length.
	pub issuer: &'a [u8],
	/// First second of its time.
	pub not_before: u64,
	/// Last second of its time.
	pub not_after: u64,
	/// Its own name, with tag and length.
	pub subject: &'a [u8],
	/// The key, with tag and length.
	pub key_info: &'a [u8],
	/// The key.
	pub key: PublicKey<'a>,
	/// Whether it may sign certificates, if stated.
	pub basic_constraints: Option<BasicConstraints>,
	/// What its key may be used for, if stated: the bits of RFC 5280, its bit 0 the highest.
	key_usage: Option<u16>,
	/// Identifier of its key, if stated.
	pub(super) subject_key: Option<&'a [u8]>,
	/// Identifier of the issuer's key, if stated.
	pub(super) authority_key: Option<&'a [u8]>,
	/// The content of its list of extensions.
	extensions: &'a [u8],
	/// The signature.
	pub signature: &'a [u8],
}

/// An extension as it stands in a certificate or list.
pub(super) struct Extension<'a> {
	pub(super) oid: &'a [u8],
	pub(super) critical: bool,
	pub(super) value: &'a [u8],
}

impl<'a> Certificate<'a> {
	/// Reads one certificate that fills `bytes`.
	///
	/// Errors: [`Error::Malformed`], [`Error::Unsupported`], [`Error::TooLarge`], all of `part`.
	pub fn parse(bytes: &'a [u8], part: Part) -> Result<Self, Error> {
		let (signed, outer_algorithm, signature) = signed_object(bytes).part(part)?;
		let mut reader = Reader::new(signed.content);
		let version = explicit_version(&mut reader).part(part)?;
		if version != 2 {
			return Err(Error::Unsupported(part));
		}
		let serial = reader.unsigned().part(part)?;
		let algorithm = reader.expect(Tag::SEQUENCE).part(part)?.content;
		let algorithm = Algorithm::parse(algorithm, part)?;
		// Compared by meaning: AMD writes a default in one and leaves it out in the other.
		if Algorithm::parse(outer_algorithm, part)? != algorithm || serial.len() > 20 {
			return Err(Error::Malformed(part));
		}
		let issuer = reader.expect(Tag::SEQUENCE).part(part)?.encoding;
		let mut validity = reader.sequence().part(part)?;
		let not_before = time(&mut validity).part(part)?;
		let not_after = time(&mut validity).part(part)?;
		validity.finish().part(part)?;
		let subject = reader.expect(Tag::SEQUENCE).part(part)?.encoding;
		let key_info = reader.expect(Tag::SEQUENCE).part(part)?.encoding;
		let key = PublicKey::parse(key_info, part)?;
		let extensions = match reader.optional(Tag::explicit(3)).part(part)? {
			None => &[],
			Some(wrapper) => {
				let mut wrapped = Reader::new(wrapper.content);
				let list = wrapped.expect(Tag::SEQUENCE).part(part)?.content;
				wrapped.finish().part(part)?;
				list
			}
		};
		reader.finish().part(part)?;
		let mut certificate = Self {
			signed: signed.encoding,
			serial,
			algorithm,
			issuer,
			not_before,
			not_after,
			subject,
			key_info,
			key,
			basic_constraints: None,
			key_usage: None,
			subject_key: None,
			authority_key: None,
			extensions,
			signature,
		};
		certificate.read_extensions(part)?;
		Ok(certificate)
	}

	fn read_extensions(&mut self, part: Part) -> Result<(), Error> {
		let mut reader = Reader::new(self.extensions);
		let mut count = 0;
		while !reader.is_empty() {
			count += 1;
			if count > MAX_EXTENSIONS {
				return Err(Error::TooLarge(part));
			}
			let extension = next_extension(&mut reader).part(part)?;
			// Each once: none with this identifier follows.
			if self.find(reader, extension.oid).part(part)?.is_some() {
				return Err(Error::Malformed(part));
			}
			match extension.oid {
				BASIC_CONSTRAINTS => {
					self.basic_constraints = Some(basic_constraints(extension.value).part(part)?);
				}
				KEY_USAGE => self.key_usage = Some(key_usage(extension.value).part(part)?),
				SUBJECT_KEY_IDENTIFIER => {
					self.subject_key = Some(octets(extension.value).part(part)?);
				}
				AUTHORITY_KEY_IDENTIFIER => {
					self.authority_key = authority_key(extension.value).part(part)?;
				}
				_ if extension.critical => return Err(Error::Unsupported(part)),
				_ => {}
			}
		}
		Ok(())
	}

	/// The value of an extension.
	pub fn extension(&self, oid: &[u8]) -> Option<&'a [u8]> {
		self.find(Reader::new(self.extensions), oid).ok().flatten()
	}

	fn find(&self, mut reader: Reader<'a>, oid: &[u8]) -> Result<Option<&'a [u8]>, Malformed> {
		while !reader.is_empty() {
			let extension = next_extension(&mut reader)?;
			if extension.oid == oid {
				return Ok(Some(extension.value));
			}
		}
		Ok(None)
	}

	/// Whether its key may sign certificates.
	pub fn may_sign_certificates(&self) -> bool {
		self.basic_constraints
			.is_some_and(|constraints| constraints.authority)
			&& self
				.key_usage
				.is_none_or(|usage| usage & KEY_CERT_SIGN != 0)
	}

	/// Whether its key may sign revocation lists.
	pub fn may_sign_lists(&self) -> bool {
		self.key_usage.is_none_or(|usage| usage & CRL_SIGN != 0)
	}

	/// Whether its key may sign reports.
	pub fn may_sign_data(&self) -> bool {
		self.key_usage
			.is_none_or(|usage| usage & DIGITAL_SIGNATURE != 0)
	}

	/// Fails outside its time.
	///
	/// Errors: [`Error::NotYetValid`], [`Error::Expired`], both of `part`.
	pub fn check_time(&self, now: u64, part: Part) -> Result<(), Error> {
		if now < self.not_before {
			Err(Error::NotYetValid(part))
		} else if now > self.not_after {
			Err(Error::Expired(part))
		} else {
			Ok(())
		}
	}
}

/// The common name in a name, if it has exactly one.
pub fn common_name(name: &[u8]) -> Option<&[u8]> {
	let mut outer = Reader::new(name);
	let mut sets = outer.sequence().ok()?;
	let mut found = None;
	while !sets.is_empty() {
		let mut set = Reader::new(sets.expect(Tag::SET).ok()?.content);
		while !set.is_empty() {
			let mut attribute = set.sequence().ok()?;
			let oid = attribute.oid().ok()?;
			let value = attribute.element().ok()?;
			if oid == COMMON_NAME {
				if found.is_some()
					|| ![Tag::UTF8_STRING, Tag::PRINTABLE_STRING].contains(&value.tag)
				{
					return None;
				}
				found = Some(value.content);
			}
		}
	}
	found
}

/// What is signed, the outer algorithm's content and the signature of a signed object.
pub(super) fn signed_object(
	bytes: &[u8],
) -> Result<(crate::der::Element<'_>, &[u8], &[u8]), Malformed> {
	let mut outer = Reader::new(bytes);
	let mut object = outer.sequence()?;
	outer.finish()?;
	let signed = object.expect(Tag::SEQUENCE)?;
	let algorithm = object.expect(Tag::SEQUENCE)?.content;
	let signature = object.bit_string()?;
	object.finish()?;
	Ok((signed, algorithm, signature))
}

/// A time as a certificate or list has it.
pub(super) fn time(reader: &mut Reader) -> Result<u64, Malformed> {
	let element = reader.element()?;
	match element.tag {
		Tag::UTC_TIME => utc_time(element.content),
		Tag::GENERALIZED_TIME => generalized_time(element.content),
		_ => Err(Malformed),
	}
}

pub(super) fn next_extension<'a>(reader: &mut Reader<'a>) -> Result<Extension<'a>, Malformed> {
	let mut extension = reader.sequence()?;
	let oid = extension.oid()?;
	let critical = match extension.optional(Tag::BOOLEAN)? {
		None => false,
		// DER leaves out `false`, the default.
		Some(element) if element.content == [0xff] => true,
		Some(_) => return Err(Malformed),
	};
	let value = extension.octets()?;
	extension.finish()?;
	Ok(Extension {
		oid,
		critical,
		value,
	})
}

fn explicit_version(reader: &mut Reader) -> Result<u64, Malformed> {
	match reader.optional(Tag::explicit(0))? {
		None => Ok(0),
		Some(wrapper) => {
			let mut inner = Reader::new(wrapper.content);
			let version = inner.u64()?;
			inner.finish()?;
			Ok(version)
		}
	}
}

fn basic_constraints(value: &[u8]) -> Result<BasicConstraints, Malformed> {
	let mut outer = Reader::new(value);
	let mut inner = outer.sequence()?;
	outer.finish()?;
	let authority = match inner.optional(Tag::BOOLEAN)? {
		None => false,
		Some(element) => match element.content {
			[0xff] => true,
			// Written out against DER by some vendors' leaves; the meaning is the same.
			[0] => false,
			_ => return Err(Malformed),
		},
	};
	let path_length = match inner.optional(Tag::INTEGER)? {
		None => None,
		Some(element) => Some(crate::der::u64_of(element.content)?),
	};
	inner.finish()?;
	Ok(BasicConstraints {
		authority,
		path_length,
	})
}

fn key_usage(value: &[u8]) -> Result<u16, Malformed> {
	let mut outer = Reader::new(value);
	let bits = outer.expect(Tag::BIT_STRING)?.content;
	outer.finish()?;
	named_bits(bits)
}

fn octets(value: &[u8]) -> Result<&[u8], Malformed> {
	let mut outer = Reader::new(value);
	let octets = outer.octets()?;
	outer.finish()?;
	Ok(octets)
}

fn authority_key(value: &[u8]) -> Result<Option<&[u8]>, Malformed> {
	let mut outer = Reader::new(value);
	let mut inner = outer.sequence()?;
	outer.finish()?;
	Ok(inner
		.optional(Tag::implicit(0))?
		.map(|element| element.content))
}
