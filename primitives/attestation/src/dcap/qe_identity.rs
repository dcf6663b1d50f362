//! Intel's statement on its quoting enclave.

use super::tcb_info::{small, state_of, version_levels, Tee, VersionLevel};
use super::{quote::EnclaveReport, status::TcbStatus};
use crate::{
	bytes::from_hex,
	error::{Error, InPart, Malformed, Part, Refused},
	json::{once, Json},
	time::iso8601,
};
use alloc::vec::Vec;

/// Longest statement, in bytes.
pub const MAX_QE_IDENTITY: usize = 16 * 1024;

/// A statement, version 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QeIdentity {
	/// Whose quotes the enclave signs.
	pub tee: Tee,
	/// When it was made.
	pub issued: u64,
	/// Last second of its time.
	pub next_update: u64,
	/// Number of the evaluation that it comes from; grows.
	pub evaluation: u32,
	/// Extended features, as they stand in a report.
	pub misc_select: [u8; 4],
	/// Which bits of them count.
	pub misc_select_mask: [u8; 4],
	/// Attributes.
	pub attributes: [u8; 16],
	/// Which bits of them count.
	pub attributes_mask: [u8; 16],
	/// Hash of its signer's key.
	pub mr_signer: [u8; 32],
	/// Product of the signer.
	pub product: u16,
	/// States by security version, the newest first.
	pub levels: Vec<VersionLevel>,
}

impl QeIdentity {
	/// Reads the bytes that Intel signs: the object itself, without what it is wrapped in.
	///
	/// Errors, all of [`Part::QeIdentity`]: [`Error::Malformed`], [`Error::Unsupported`],
	/// [`Error::TooLarge`].
	pub fn parse(text: &[u8]) -> Result<Self, Error> {
		Self::read(text).part(Part::QeIdentity)
	}

	fn read(text: &[u8]) -> Result<Self, Refused> {
		if text.len() > MAX_QE_IDENTITY {
			return Err(Refused::TooLarge);
		}
		let mut tee = None;
		let mut version = None;
		let mut issued = None;
		let mut next_update = None;
		let mut evaluation = None;
		let mut misc_select = None;
		let mut misc_select_mask = None;
		let mut attributes = None;
		let mut attributes_mask = None;
		let mut mr_signer = None;
		let mut product = None;
		let mut levels = None;
		let mut json = Json::new(text);
		json.object::<Refused>(|name, json| {
			match name {
				b"id" => once(&mut tee, json.string()?)?,
				b"version" => once(&mut version, json.u64()?)?,
				b"issueDate" => once(&mut issued, iso8601(json.string()?)?)?,
				b"nextUpdate" => once(&mut next_update, iso8601(json.string()?)?)?,
				b"tcbEvaluationDataNumber" => once(&mut evaluation, small(json.u64()?)?)?,
				b"miscselect" => once(&mut misc_select, reversed(from_hex(json.string()?)?))?,
				b"miscselectMask" => {
					once(&mut misc_select_mask, reversed(from_hex(json.string()?)?))?;
				}
				b"attributes" => once(&mut attributes, from_hex(json.string()?)?)?,
				b"attributesMask" => once(&mut attributes_mask, from_hex(json.string()?)?)?,
				b"mrsigner" => once(&mut mr_signer, from_hex(json.string()?)?)?,
				b"isvprodid" => once(&mut product, small(json.u64()?)?)?,
				b"tcbLevels" => once(&mut levels, version_levels(json)?)?,
				_ => json.skip()?,
			}
			Ok(())
		})?;
		json.finish()?;
		let tee = match (tee, version) {
			(Some(b"QE"), Some(2)) => Tee::Sgx,
			(Some(b"TD_QE"), Some(2)) => Tee::Tdx,
			_ => return Err(Refused::Unsupported),
		};
		Ok(Self {
			tee,
			issued: issued.ok_or(Malformed)?,
			next_update: next_update.ok_or(Malformed)?,
			evaluation: evaluation.ok_or(Malformed)?,
			misc_select: misc_select.ok_or(Malformed)?,
			misc_select_mask: misc_select_mask.ok_or(Malformed)?,
			attributes: attributes.ok_or(Malformed)?,
			attributes_mask: attributes_mask.ok_or(Malformed)?,
			mr_signer: mr_signer.ok_or(Malformed)?,
			product: product.ok_or(Malformed)?,
			levels: levels.ok_or(Malformed)?,
		})
	}

	/// The state of a quoting enclave, which must be Intel's.
	///
	/// Errors: [`Error::Inconsistent`] of [`Part::QuotingEnclave`], [`Error::Debug`],
	/// [`Error::TcbUnknown`].
	pub fn state(&self, report: &EnclaveReport) -> Result<TcbStatus, Error> {
		let intels = masked(
			&report.misc_select,
			&self.misc_select_mask,
			&self.misc_select,
		) && masked(&report.attributes, &self.attributes_mask, &self.attributes)
			&& report.mr_signer == self.mr_signer
			&& report.product == self.product;
		if !intels {
			return Err(Error::Inconsistent(Part::QuotingEnclave));
		}
		if report.debug() {
			return Err(Error::Debug);
		}
		state_of(&self.levels, report.security_version).ok_or(Error::TcbUnknown)
	}
}

/// Whether `value`, where the mask has ones, is `expected` there.
pub(super) fn masked(value: &[u8], mask: &[u8], expected: &[u8]) -> bool {
	value
		.iter()
		.zip(mask)
		.zip(expected)
		.all(|((value, mask), expected)| value & mask == expected & mask)
}

/// The statement writes this number with its highest byte first, a report with its lowest.
fn reversed(mut bytes: [u8; 4]) -> [u8; 4] {
	bytes.reverse();
	bytes
}
