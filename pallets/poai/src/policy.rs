//! What evidence the chain accepts, and until when: governed.
//!
//! # Guarantees
//!
//! 1. A kind of TEE without a policy is refused.
//! 2. No attestation by a vendor's TEE outlives the policy's lifetime, whatever its certificates say.
//! 3. The roots are the vendors' own: a runtime names [`Vendors`], and only tests name others.

use aci_attestation::{
	dcap::{self, TcbStatus},
	facade,
	roots::{Roots, VENDORS},
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// The longest lifetime that a policy may give, in seconds: 366 days.
pub const MAX_LIFETIME: u64 = 366 * 86_400;

/// What evidence is accepted, and for how long.
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
#[scale_info(capture_docs = "always")]
pub struct AttestationPolicy {
	/// What is asked of each kind of TEE.
	pub accepted: facade::Policy,
	/// Seconds after which a worker has to make new evidence, although the old one may still stand.
	pub lifetime: u64,
}

impl Default for AttestationPolicy {
	/// SGX and TDX on platforms that lack no fix, and GPUs beside them; 30 days.
	///
	/// For SEV-SNP and TrustZone the vendors sign no list of what is outdated. Until governance has
	/// said which firmware is recent enough, they are refused.
	fn default() -> Self {
		let intel = dcap::Policy {
			accepted: TcbStatus::UpToDate.bit() | TcbStatus::SoftwareHardeningNeeded.bit(),
			evaluation: 0,
		};
		Self {
			accepted: facade::Policy {
				sgx: Some(intel),
				tdx: Some(intel),
				sev_snp: None,
				nvidia: true,
				trust_zone: None,
			},
			lifetime: 30 * 86_400,
		}
	}
}

/// The keys that evidence and collateral may end in.
pub trait VendorRoots {
	/// The keys.
	fn roots() -> Roots<'static>;
}

/// The vendors' own keys. The only ones for a chain.
pub struct Vendors;

impl VendorRoots for Vendors {
	fn roots() -> Roots<'static> {
		VENDORS
	}
}
