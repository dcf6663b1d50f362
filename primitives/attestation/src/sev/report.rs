//! The report's bytes.

use crate::{
	bytes::{all_zero, Cursor},
	error::{Error, InPart, Malformed, Part},
};

/// Bytes of a report.
pub const REPORT_SIZE: usize = 1184;
/// Bytes of a report that are signed.
const SIGNED_SIZE: usize = 0x2a0;
/// ECDSA over P-384 with SHA-384.
const ECDSA_P384_SHA384: u32 = 1;

/// Which key signed a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
	/// The chip's own.
	Vcek,
	/// One that AMD gave to a cloud.
	Vlek,
}

/// A report; all slices are of the bytes it was read from.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
	/// Format version.
	pub version: u32,
	/// What the guest's owner lets the host do.
	pub policy: GuestPolicy,
	/// Privilege level that asked for the report; 0 is the highest.
	pub vmpl: u32,
	/// Whether the chip's identity is left out.
	pub chip_hidden: bool,
	/// Which key signed.
	pub signer: Signer,
	/// What the guest bound to the report.
	pub report_data: [u8; 64],
	/// Measurement of the guest at its launch, SHA-384.
	pub measurement: [u8; 48],
	/// What the host bound to the guest at its launch.
	pub host_data: [u8; 32],
	/// TCB that the signing key was derived from, as it stands in the report.
	pub reported_tcb: [u8; 8],
	/// TCB below which the platform cannot go back.
	pub committed_tcb: [u8; 8],
	/// Identity of the chip.
	pub chip_id: [u8; 64],
	/// What is signed.
	pub signed: &'a [u8],
	/// r and s, 48 bytes each, big-endian.
	pub signature: [u8; 96],
}

/// A guest's policy, as its owner set it at launch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuestPolicy(pub u64);

impl GuestPolicy {
	/// Whether a migration agent may be associated with the guest.
	pub const fn migration(self) -> bool {
		self.0 & (1 << 18) != 0
	}

	/// Whether the host may debug the guest.
	pub const fn debug(self) -> bool {
		self.0 & (1 << 19) != 0
	}

	/// The bit that is one in every policy.
	const fn reserved_one(self) -> bool {
		self.0 & (1 << 17) != 0
	}
}

impl<'a> Report<'a> {
	/// Reads a report.
	///
	/// Errors, all of [`Part::Report`]: [`Error::Malformed`], [`Error::Unsupported`].
	pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
		let part = Part::Report;
		if bytes.len() != REPORT_SIZE {
			return Err(Error::Malformed(part));
		}
		let version = Cursor::new(bytes).u32().part(part)?;
		if !(2..=5).contains(&version) {
			return Err(Error::Unsupported(part));
		}
		let (report, algorithm, signer) = Self::fields(bytes).part(part)?;
		if algorithm != ECDSA_P384_SHA384 {
			return Err(Error::Unsupported(part));
		}
		let signer = match signer {
			0 => Signer::Vcek,
			1 => Signer::Vlek,
			_ => return Err(Error::Unsupported(part)),
		};
		if !report.policy.reserved_one() {
			return Err(Error::Malformed(part));
		}
		Ok(Self { signer, ..report })
	}

	fn fields(bytes: &'a [u8]) -> Result<(Self, u32, u32), Malformed> {
		let (signed, signature) = bytes.split_at_checked(SIGNED_SIZE).ok_or(Malformed)?;
		let mut cursor = Cursor::new(signed);
		let version = cursor.u32()?;
		let _guest_svn = cursor.u32()?;
		let policy = GuestPolicy(cursor.u64()?);
		let _family_and_image = cursor.take(32)?;
		let vmpl = cursor.u32()?;
		let algorithm = cursor.u32()?;
		let _current_tcb = cursor.u64()?;
		let _platform_info = cursor.u64()?;
		let flags = cursor.u32()?;
		if cursor.u32()? != 0 || flags >> 5 != 0 {
			return Err(Malformed);
		}
		let report_data = cursor.array()?;
		let measurement = cursor.array()?;
		let host_data = cursor.array()?;
		let _key_digests_and_report_ids = cursor.take(160)?;
		let reported_tcb = cursor.array()?;
		let _cpuid_and_reserved = cursor.take(24)?;
		let chip_id = cursor.array()?;
		let committed_tcb = cursor.array()?;
		let report = Self {
			version,
			policy,
			vmpl,
			chip_hidden: flags & 2 != 0,
			signer: Signer::Vcek,
			report_data,
			measurement,
			host_data,
			reported_tcb,
			committed_tcb,
			chip_id,
			signed,
			signature: read_signature(signature)?,
		};
		Ok((report, algorithm, (flags >> 2) & 7))
	}
}

/// r and s, which stand little-endian in 72 bytes each, big-endian in 48.
fn read_signature(bytes: &[u8]) -> Result<[u8; 96], Malformed> {
	let mut cursor = Cursor::new(bytes);
	let mut signature = [0u8; 96];
	for number in signature.chunks_mut(48) {
		let digits = cursor.take(48)?;
		if !all_zero(cursor.take(24)?) {
			return Err(Malformed);
		}
		for (to, from) in number.iter_mut().zip(digits.iter().rev()) {
			*to = *from;
		}
	}
	if !all_zero(cursor.rest()) {
		return Err(Malformed);
	}
	Ok(signature)
}
