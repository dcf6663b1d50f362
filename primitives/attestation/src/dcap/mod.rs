//! Intel SGX and TDX: quotes of DCAP, versions 3, 4 and 5, and the collateral they are judged by.
//!
//! # What signs what
//!
//! ```text
//! root ─▶ platform or processor CA ─▶ PCK ─▶ quoting enclave's report ─▶ attestation key ─▶ quote
//! root ─▶ TCB signing certificate ─▶ TCB info, QE identity
//! root ─▶ root's revocation list;  CA ─▶ PCK revocation list
//! ```
//!
//! # Guarantees
//!
//! 1. A quote stands only when the attestation key signed it, the quoting enclave's report vouches
//!    for that key, a PCK signed that report, and the PCK's chain ends in the pinned root.
//! 2. Collateral stands only when it is signed by a certificate of Intel's own name for this purpose
//!    whose chain ends in the same root, and only in its time. Neither list of revoked certificates
//!    may be missing; the CA and the signing certificate are checked against the root's, the PCK
//!    against the CA's.
//! 3. The TCB info is for the PCK's platform type and for the quote's TEE; the quoting enclave is the
//!    one that the QE identity describes.
//! 4. The platform's state is that of the first level that it reaches in every component, brought
//!    together with the states of the quoting enclave and, for TDX, of the module. A state that the
//!    policy does not accept is refused; revoked is never accepted.
//! 5. An enclave or domain that can be debugged is refused. So is a TDX domain to which service
//!    domains are bound, one whose reserved attributes are set, and one that does not disable the
//!    conversion of page faults into exceptions (SEPT_VE_DISABLE), which its host could abuse.
//! 6. What is read is bounded: quote, texts, lists, levels, modules, certificates. Time is linear in
//!    their lengths; on Intel's own chain it has nine signatures, or ten while two certificates sign
//!    its statements.
//!
//! # Deviations from Intel's library
//!
//! A domain whose module was updated while it ran is judged by both, the module that it was launched
//! with and the one that runs now; Intel can tell it to relaunch instead. Collateral of the version before, certification data that
//! is not a chain, and quotes signed over another curve are not read. Advisories are not returned:
//! the state says what the policy needs.

mod authority;
mod pck;
mod qe_identity;
mod quote;
mod status;
mod tcb_info;
mod verify;

pub use authority::{required, Authority, Required};
pub use pck::Platform;
pub use qe_identity::{QeIdentity, MAX_QE_IDENTITY};
pub use quote::{Body, EnclaveReport, Quote, TdReport, MAX_QUOTE};
pub use status::TcbStatus;
pub use tcb_info::{
	Level, Module, ModuleIdentity, TcbInfo, Tee, VersionLevel, MAX_LEVELS, MAX_MODULES,
	MAX_TCB_INFO,
};
pub use verify::{root_list, signing_certificate, verify, verify_qe_identity, verify_tcb_info};

use crate::x509::Validity;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// What Intel says about its platforms, as it publishes it.
#[derive(Clone, Copy, Debug)]
pub struct Collateral<'a> {
	/// The TCB info's bytes that are signed.
	pub tcb_info: &'a [u8],
	/// r and s.
	pub tcb_info_signature: &'a [u8; 64],
	/// The QE identity's bytes that are signed.
	pub qe_identity: &'a [u8],
	/// r and s.
	pub qe_identity_signature: &'a [u8; 64],
	/// The certificate of the key that signs the TCB info, in DER.
	pub signing_certificate: &'a [u8],
	/// That of the key that signs the QE identity. Intel has one for both; while it changes to the
	/// next, a chain may have statements of either.
	pub qe_identity_certificate: &'a [u8],
	/// The root's revocation list, in DER.
	pub root_revocation_list: &'a [u8],
	/// The revocation list of the CA that issued the PCK, in DER.
	pub pck_revocation_list: &'a [u8],
}

/// What the policy asks of a quote.
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
	/// The states that are accepted, by [`TcbStatus::bit`].
	pub accepted: u8,
	/// Least number of the evaluation that TCB info and QE identity come from.
	pub evaluation: u32,
}

impl Policy {
	/// Whether a state is accepted.
	pub const fn accepts(&self, status: TcbStatus) -> bool {
		self.accepted & status.bit() != 0
	}
}

/// A quote that stands.
#[derive(Clone, Copy, Debug)]
pub struct VerifiedQuote {
	/// What it is about.
	pub body: Body,
	/// The platform it was made on.
	pub platform: Platform,
	/// The platform's state.
	pub status: TcbStatus,
	/// The time in which all of it stands.
	pub validity: Validity,
}
