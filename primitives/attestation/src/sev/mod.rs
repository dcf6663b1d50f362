//! AMD SEV-SNP: the report that a guest's secure processor signs, and the chain of its key.
//!
//! # Format
//!
//! A report has 1184 bytes, of version 2 to 5. Its signature, ECDSA over P-384 and SHA-384 with r
//! and s little-endian in 72 bytes each, is over the first 672 bytes, by the chip's VCEK. The
//! certificate of that key is signed by the product's ASK, and this one by the product's ARK.
//!
//! # Guarantees
//!
//! 1. A report stands only with the signature of a VCEK whose chain ends in the pinned ARK of the
//!    product that the chain names, and only if the certificate is for the report's own chip and for
//!    the TCB that the report states.
//! 2. A guest that its host may debug is refused, and so is one that may be migrated, unless the
//!    policy lets it. So is a report that hides its chip, and one asked for at a lower privilege
//!    (a VMPL above the policy's).
//! 3. Each component of the report's TCB is at least the policy's, and so is the one that the
//!    platform is committed to: it cannot be rolled back below.
//! 4. The ARK's revocation list, where it is given, is checked; where the policy requires it, it
//!    must be given.
//!
//! # Deviations
//!
//! Reports signed by a VLEK (a key that AMD gives to a cloud) are refused: such a report names a
//! chip, but its certificate does not. AMD publishes no list of TCB states: which TCB is outdated is
//! the policy's to say.

mod chain;
mod report;
mod tcb;

pub use chain::{required, verify};
pub use report::{Report, REPORT_SIZE};
pub use tcb::{Product, Tcb};

use crate::x509::Validity;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// A report with its chain.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
	/// The report, 1184 bytes.
	pub report: &'a [u8],
	/// The VCEK's certificate in DER.
	pub vcek: &'a [u8],
	/// The ASK's certificate in DER.
	pub ask: &'a [u8],
}

/// What the policy asks of a report.
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
	/// Least TCB of Milan, Genoa and Turin; a product without one is refused.
	pub minimum: [Option<Tcb>; 3],
	/// Highest VMPL at which a report may be asked for.
	pub vmpl: u32,
	/// Whether a guest may be migrated by an agent of its host.
	pub migration: bool,
	/// Whether the ARK's revocation list must be there.
	pub revocation_list_required: bool,
}

impl Policy {
	/// Least TCB of a product.
	pub fn minimum(&self, product: Product) -> Option<Tcb> {
		let [milan, genoa, turin] = self.minimum;
		match product {
			Product::Milan => milan,
			Product::Genoa => genoa,
			Product::Turin => turin,
		}
	}
}

/// A report that stands.
#[derive(Clone, Copy, Debug)]
pub struct VerifiedReport<'a> {
	/// What it says.
	pub report: Report<'a>,
	/// The product that made it.
	pub product: Product,
	/// The TCB it was made on.
	pub tcb: Tcb,
	/// The time in which all of it stands.
	pub validity: Validity,
}
