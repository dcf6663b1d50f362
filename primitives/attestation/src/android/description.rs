//! The key description: what the TEE says.

use crate::{
	der::{Reader, Tag},
	error::{Error, InPart, Malformed, Part},
};

const OS_VERSION: u32 = 705;
const OS_PATCH_LEVEL: u32 = 706;
const ROOT_OF_TRUST: u32 = 704;
const APPLICATION_ID: u32 = 709;
const VENDOR_PATCH_LEVEL: u32 = 718;
const BOOT_PATCH_LEVEL: u32 = 719;

/// Most entries of an authorization list.
const MAX_ENTRIES: usize = 64;

/// Where a key lives, or who attests it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecurityLevel {
	/// In software.
	Software,
	/// In the TEE.
	TrustedEnvironment,
	/// In a chip of its own.
	StrongBox,
}

/// How the software that the device started was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifiedBoot {
	/// With the maker's key.
	Verified,
	/// With a key of the owner's.
	SelfSigned,
	/// Not at all.
	Unverified,
	/// Without success.
	Failed,
}

/// The state in which a device was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RootOfTrust<'a> {
	/// Key, or its digest, that the software was verified with.
	pub verified_boot_key: &'a [u8],
	/// Whether the boot loader is locked.
	pub device_locked: bool,
	/// How the software was verified.
	pub verified_boot: VerifiedBoot,
	/// Digest of all that was verified; not in the first versions.
	pub verified_boot_hash: Option<&'a [u8]>,
}

/// A key description; all slices are of the bytes it was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyDescription<'a> {
	/// Version of the format.
	pub version: u64,
	/// Who attests.
	pub attestation_level: SecurityLevel,
	/// Where the key lives.
	pub key_level: SecurityLevel,
	/// What the caller chose.
	pub challenge: &'a [u8],
	/// Identity of the application that asked, as the system states it.
	pub application: Option<&'a [u8]>,
	/// How the device was started, as the TEE enforces it.
	pub root_of_trust: Option<RootOfTrust<'a>>,
	/// Version of the system.
	pub os_version: Option<u64>,
	/// Patch level of the system, as `YYYYMM`.
	pub os_patch_level: Option<u64>,
	/// Patch level of the vendor's image, as `YYYYMMDD`.
	pub vendor_patch_level: Option<u64>,
	/// Patch level of the boot image, as `YYYYMMDD`.
	pub boot_patch_level: Option<u64>,
}

impl<'a> KeyDescription<'a> {
	/// Reads the extension's value.
	///
	/// Errors: [`Error::Malformed`] of [`Part::Extension`].
	pub fn parse(value: &'a [u8]) -> Result<Self, Error> {
		Self::read(value).part(Part::Extension)
	}

	fn read(value: &'a [u8]) -> Result<Self, Malformed> {
		let mut outer = Reader::new(value);
		let mut fields = outer.sequence()?;
		outer.finish()?;
		let version = fields.u64()?;
		let attestation_level = level(fields.enumerated()?)?;
		let _keymint_version = fields.u64()?;
		let key_level = level(fields.enumerated()?)?;
		let challenge = fields.octets()?;
		let _unique_id = fields.octets()?;
		let software = List::read(fields.sequence()?)?;
		let enforced = List::read(fields.sequence()?)?;
		fields.finish()?;
		Ok(Self {
			version,
			attestation_level,
			key_level,
			challenge,
			application: software.application,
			root_of_trust: enforced.root_of_trust,
			os_version: enforced.os_version,
			os_patch_level: enforced.os_patch_level,
			vendor_patch_level: enforced.vendor_patch_level,
			boot_patch_level: enforced.boot_patch_level,
		})
	}
}

/// What is read of an authorization list.
#[derive(Default)]
struct List<'a> {
	application: Option<&'a [u8]>,
	root_of_trust: Option<RootOfTrust<'a>>,
	os_version: Option<u64>,
	os_patch_level: Option<u64>,
	vendor_patch_level: Option<u64>,
	boot_patch_level: Option<u64>,
}

impl<'a> List<'a> {
	fn read(mut entries: Reader<'a>) -> Result<Self, Malformed> {
		let mut list = Self::default();
		let mut count = 0;
		while !entries.is_empty() {
			let entry = entries.element()?;
			count += 1;
			let Tag {
				class: 2,
				constructed: true,
				number,
			} = entry.tag
			else {
				return Err(Malformed);
			};
			if count > MAX_ENTRIES {
				return Err(Malformed);
			}
			let mut value = Reader::new(entry.content);
			match number {
				APPLICATION_ID => set(&mut list.application, value.octets()?)?,
				ROOT_OF_TRUST => set(&mut list.root_of_trust, root_of_trust(value.sequence()?)?)?,
				OS_VERSION => set(&mut list.os_version, value.u64()?)?,
				OS_PATCH_LEVEL => set(&mut list.os_patch_level, value.u64()?)?,
				VENDOR_PATCH_LEVEL => set(&mut list.vendor_patch_level, value.u64()?)?,
				BOOT_PATCH_LEVEL => set(&mut list.boot_patch_level, value.u64()?)?,
				_ => {
					value.element()?;
				}
			}
			value.finish()?;
		}
		Ok(list)
	}
}

fn root_of_trust<'a>(mut fields: Reader<'a>) -> Result<RootOfTrust<'a>, Malformed> {
	let verified_boot_key = fields.octets()?;
	let device_locked = fields.boolean()?;
	let verified_boot = match fields.enumerated()? {
		0 => VerifiedBoot::Verified,
		1 => VerifiedBoot::SelfSigned,
		2 => VerifiedBoot::Unverified,
		3 => VerifiedBoot::Failed,
		_ => return Err(Malformed),
	};
	let verified_boot_hash = fields
		.optional(Tag::OCTET_STRING)?
		.map(|element| element.content);
	fields.finish()?;
	Ok(RootOfTrust {
		verified_boot_key,
		device_locked,
		verified_boot,
		verified_boot_hash,
	})
}

fn level(value: u64) -> Result<SecurityLevel, Malformed> {
	match value {
		0 => Ok(SecurityLevel::Software),
		1 => Ok(SecurityLevel::TrustedEnvironment),
		2 => Ok(SecurityLevel::StrongBox),
		_ => Err(Malformed),
	}
}

fn set<T>(slot: &mut Option<T>, value: T) -> Result<(), Malformed> {
	match slot.replace(value) {
		None => Ok(()),
		Some(_) => Err(Malformed),
	}
}
