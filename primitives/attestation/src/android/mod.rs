//! ARM TrustZone through Android's key attestation.
//!
//! # Format
//!
//! A key that was made in a device's TrustZone (or StrongBox) comes with a chain of certificates. The
//! first one's extension, the key description, is written by the TEE: a challenge that the caller
//! chose, which package asked, and the state in which the device was started. The chain ends in one
//! of Google's roots.
//!
//! # Guarantees
//!
//! 1. A description stands only in the first certificate of a chain to a pinned root, and nowhere
//!    else in the chain: no key that an application had attested can attest another.
//! 2. Attestation and key are both of a TEE or a StrongBox, by its own word; software is refused.
//! 3. The device was started with a locked boot loader and with verified software: the root of trust
//!    is in the part that the TEE enforces, and names the key that the software was verified with.
//! 4. Patch levels are at least the policy's.
//! 5. The challenge is exactly the 64 bytes of report data.
//! 6. No certificate of the chain is on the list of revoked serial numbers, the first included.
//! 7. The measurement is a hash of the verified boot key and of the application's identity, as the
//!    device states it: packages, versions and digests of the keys that signed them.
//!
//! # Assumptions
//!
//! The application's identity is stated by the device's system, not by its TEE; it counts because the
//! TEE vouches for the system's boot. Whoever controls the system of an unlocked device is refused by
//! 3.
//!
//! # Deviations
//!
//! Google publishes revocations as a list without a signature, so the chain's governance keeps it;
//! [`revoked_serials`] reads Google's form. Certificates that were installed in the factory may be
//! past their time: Google lets those count, and so does a policy that says so. They are known by
//! the length of that time, five years or more; keys that are provisioned remotely have certificates
//! of weeks, which are held to them. Factory keys are shared by a batch of devices, so their identity
//! is not a device's.

mod description;
mod revocation;
mod verify;

pub use description::{KeyDescription, RootOfTrust, SecurityLevel, VerifiedBoot};
pub use revocation::{revoked_serials, MAX_SERIALS, MAX_STATUS_LIST};
pub use verify::{authenticate, verify};

use crate::x509::Validity;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// What the policy asks of a device.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Policy {
	/// Least patch level of the system, as `YYYYMM`.
	pub os_patch_level: u32,
	/// Least patch level of vendor and boot images, as `YYYYMMDD`; zero does not ask.
	pub vendor_patch_level: u32,
	/// Whether certificates that were installed in the factory count after their time.
	pub expired_factory_certificates: bool,
}

/// A device that stands.
#[derive(Clone, Copy, Debug)]
pub struct VerifiedDevice<'a> {
	/// What the TEE says.
	pub description: KeyDescription<'a>,
	/// The state in which the device was started.
	pub root_of_trust: RootOfTrust<'a>,
	/// The key that attested: one per device where keys are provisioned remotely, one per batch of
	/// devices where they come from the factory. A SubjectPublicKeyInfo.
	pub attester: &'a [u8],
	/// The time in which all of it stands.
	pub validity: Validity,
}
