//! The report's bytes.

use crate::{
	bytes::Cursor,
	error::{Error, InPart, Malformed, Part},
};

/// Longest report, in bytes.
pub const MAX_REPORT: usize = 16 * 1024;

const VERSION_1_1: u8 = 0x11;
const GET_MEASUREMENTS: u8 = 0xe0;
const MEASUREMENTS: u8 = 0x60;
/// Bit 0 of the request's first parameter: sign the answer.
const SIGNED: u8 = 1;
const ALL_MEASUREMENTS: u8 = 0xff;
const SIGNATURE_SIZE: usize = 96;
/// The DMTF's form of a measurement.
const DMTF: u8 = 1;

const DRIVER_VERSION: u16 = 3;
const VBIOS_VERSION: u16 = 6;
const FIRMWARE_ID: u16 = 20;

/// Measurements in the order of their indices.
#[derive(Clone, Copy, Debug)]
pub struct Measurements<'a> {
	rest: Cursor<'a>,
}

impl<'a> Iterator for Measurements<'a> {
	/// Index, kind, value.
	type Item = Result<(u8, u8, &'a [u8]), Malformed>;

	fn next(&mut self) -> Option<Self::Item> {
		if self.rest.rest().is_empty() {
			return None;
		}
		let measurement = measurement(&mut self.rest);
		if measurement.is_err() {
			self.rest = Cursor::new(&[]);
		}
		Some(measurement)
	}
}

/// A report; all slices are of the bytes it was read from.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
	/// The caller's nonce.
	pub nonce: [u8; 32],
	/// The measurements' bytes.
	pub record: &'a [u8],
	/// Version of the driver, text that ends in a zero byte.
	pub driver_version: &'a [u8],
	/// Version of the VBIOS.
	pub vbios_version: &'a [u8],
	/// Digest of the firmware that holds the signing key.
	pub firmware_id: &'a [u8],
	/// What is signed.
	pub signed: &'a [u8],
	/// r and s.
	pub signature: [u8; 96],
}

impl<'a> Report<'a> {
	/// Reads a report.
	///
	/// Errors, all of [`Part::DeviceReport`]: [`Error::Malformed`], [`Error::Unsupported`],
	/// [`Error::TooLarge`].
	pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
		let part = Part::DeviceReport;
		if bytes.len() > MAX_REPORT {
			return Err(Error::TooLarge(part));
		}
		let mut cursor = Cursor::new(bytes);
		let [version, code] = cursor.array().part(part)?;
		if version != VERSION_1_1 {
			return Err(Error::Unsupported(part));
		}
		let [attributes, operation] = cursor.array().part(part)?;
		if code != GET_MEASUREMENTS || attributes != SIGNED || operation != ALL_MEASUREMENTS {
			return Err(Error::Malformed(part));
		}
		let nonce = cursor.array().part(part)?;
		let _slot = cursor.u8().part(part)?;
		let [version, code] = cursor.array().part(part)?;
		if version != VERSION_1_1 || code != MEASUREMENTS {
			return Err(Error::Malformed(part));
		}
		let _parameters = cursor.take(2).part(part)?;
		let blocks = cursor.u8().part(part)?;
		let [low, middle, high] = cursor.array().part(part)?;
		let length = u32::from_le_bytes([low, middle, high, 0]);
		let record = cursor
			.take(usize::try_from(length).ok().part(part)?)
			.part(part)?;
		check_record(record, blocks).part(part)?;
		let _gpus_nonce = cursor.take(32).part(part)?;
		let fields = Fields::read(cursor.prefixed_u16().part(part)?).part(part)?;
		let signature = cursor.array().part(part)?;
		cursor.finish().part(part)?;
		let signed_size = bytes.len().checked_sub(SIGNATURE_SIZE).part(part)?;
		Ok(Self {
			nonce,
			record,
			driver_version: fields.driver_version.part(part)?,
			vbios_version: fields.vbios_version.part(part)?,
			firmware_id: fields.firmware_id.part(part)?,
			signed: bytes.get(..signed_size).part(part)?,
			signature,
		})
	}

	/// The measurements.
	pub fn measurements(&self) -> Measurements<'a> {
		Measurements {
			rest: Cursor::new(self.record),
		}
	}
}

fn measurement<'a>(cursor: &mut Cursor<'a>) -> Result<(u8, u8, &'a [u8]), Malformed> {
	let [index, specification] = cursor.array()?;
	let mut inner = Cursor::new(cursor.prefixed_u16()?);
	let kind = inner.u8()?;
	let value = inner.prefixed_u16()?;
	inner.finish()?;
	if specification != DMTF {
		return Err(Malformed);
	}
	Ok((index, kind, value))
}

/// As many measurements as stated, indices ascending.
fn check_record(record: &[u8], blocks: u8) -> Result<(), Malformed> {
	let mut count = 0usize;
	let mut last = 0u8;
	for measurement in (Measurements {
		rest: Cursor::new(record),
	}) {
		let (index, _, _) = measurement?;
		if index <= last {
			return Err(Malformed);
		}
		last = index;
		count = count.checked_add(1).ok_or(Malformed)?;
	}
	if count == 0 || count != usize::from(blocks) {
		return Err(Malformed);
	}
	Ok(())
}

/// What is read of NVIDIA's own fields.
#[derive(Default)]
struct Fields<'a> {
	driver_version: Option<&'a [u8]>,
	vbios_version: Option<&'a [u8]>,
	firmware_id: Option<&'a [u8]>,
}

impl<'a> Fields<'a> {
	fn read(bytes: &'a [u8]) -> Result<Self, Malformed> {
		let mut fields = Self::default();
		let mut cursor = Cursor::new(bytes);
		while !cursor.rest().is_empty() {
			let kind = cursor.u16()?;
			let value = cursor.prefixed_u16()?;
			let slot = match kind {
				DRIVER_VERSION => &mut fields.driver_version,
				VBIOS_VERSION => &mut fields.vbios_version,
				FIRMWARE_ID => &mut fields.firmware_id,
				_ => continue,
			};
			if slot.replace(value).is_some() {
				return Err(Malformed);
			}
		}
		Ok(fields)
	}
}
