//! Collateral as a chain keeps it: anyone may bring newer, nobody may bring older.
//!
//! Every function here checks what is brought (form, signature, chain, time) and compares it with
//! what is there. A chain stores the bytes and the returned [`Version`].
//!
//! # Guarantees
//!
//! 1. What is accepted is signed by the vendor and valid now.
//! 2. What is accepted is newer than what is there: made later, and of no lower evaluation or list
//!    number. So no sequence of uploads makes a chain accept what the vendor had withdrawn before.
//!
//! # What follows
//!
//! Intel publishes each evaluation early and, months later, as its standard. Whoever brings an early
//! one moves the chain to it, and platforms must have the newer firmware from then on. What a
//! platform may lack is the policy's to say, by the states that it accepts.
//!
//! Vendors' lists that have no signature are governance's to keep; see
//! [`RevokedSerials`](crate::x509::RevokedSerials).

use crate::{
	dcap::{verify_qe_identity, verify_tcb_info, Authority, Tee},
	error::{Error, Part},
	roots::Roots,
	sev::Product,
	signature::PublicKey,
	x509::{verify_chain, Certificate, RevocationList},
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Which of several statements or lists is newer.
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
pub struct Version {
	/// Number of the evaluation or of the list, big-endian; zero without one.
	pub number: [u8; 20],
	/// When it was made, in seconds since 1970.
	pub made: u64,
	/// Last second of its time.
	pub until: u64,
}

impl Version {
	/// Of a statement.
	const fn of_statement(evaluation: u32, made: u64, until: u64) -> Self {
		let [a, b, c, d] = evaluation.to_be_bytes();
		let number = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d];
		Self {
			number,
			made,
			until,
		}
	}

	/// Of a list.
	fn of_list(list: &RevocationList) -> Result<Self, Error> {
		let part = Part::RevocationList;
		let mut number = [0u8; 20];
		let stated = list.number.unwrap_or_default();
		let start = number
			.len()
			.checked_sub(stated.len())
			.ok_or(Error::TooLarge(part))?;
		number
			.get_mut(start..)
			.ok_or(Error::TooLarge(part))?
			.copy_from_slice(stated);
		Ok(Self {
			number,
			made: list.this_update,
			until: list.next_update,
		})
	}

	/// Fails unless this is newer than what is there.
	///
	/// Errors: [`Error::Rollback`] of `part`.
	pub fn check_newer(&self, there: Option<&Self>, part: Part) -> Result<(), Error> {
		match there {
			Some(there) if self.made <= there.made || self.number < there.number => {
				Err(Error::Rollback(part))
			}
			_ => Ok(()),
		}
	}
}

/// Checks Intel's root's revocation list.
///
/// Errors: of [`Part::RevocationList`].
pub fn intel_root_list(
	bytes: &[u8],
	there: Option<&Version>,
	now: u64,
	roots: &Roots,
) -> Result<Version, Error> {
	let list = crate::dcap::root_list(bytes, now, roots)?;
	let version = Version::of_list(&list)?;
	version.check_newer(there, Part::RevocationList)?;
	Ok(version)
}

/// Checks the revocation list of one of Intel's two authorities, whose certificate comes along.
/// `root_list` is the chain's own, of the root.
///
/// Errors: of [`Part::RevocationList`], [`Part::CollateralCertificate`].
pub fn intel_pck_list(
	bytes: &[u8],
	authority: &[u8],
	root_list: &[u8],
	there: impl FnOnce(Authority) -> Option<Version>,
	now: u64,
	roots: &Roots,
) -> Result<(Authority, Version), Error> {
	let part = Part::CollateralCertificate;
	let certificate = Certificate::parse(authority, part)?;
	verify_chain(&[certificate], roots.intel, now, part)?;
	crate::dcap::root_list(root_list, now, roots)?.check(&certificate, part)?;
	let authority = Authority::of(&certificate).ok_or(Error::UntrustedChain(part))?;
	if !certificate.may_sign_lists() {
		return Err(Error::NotAllowedToSign(part));
	}
	let list = RevocationList::parse(bytes)?;
	if list.issuer != certificate.subject {
		return Err(Error::CollateralMismatch(Part::RevocationList));
	}
	list.verify(&certificate.key, now)?;
	let version = Version::of_list(&list)?;
	version.check_newer(there(authority).as_ref(), Part::RevocationList)?;
	Ok((authority, version))
}

/// Checks a TCB info. Returns which TEE and platform type it is about.
///
/// Errors: of [`Part::TcbInfo`], [`Part::CollateralCertificate`], [`Part::RevocationList`].
pub fn intel_tcb_info(
	text: &[u8],
	signature: &[u8; 64],
	signing_certificate: &[u8],
	root_list: &[u8],
	there: impl FnOnce(Tee, [u8; 6]) -> Option<Version>,
	now: u64,
	roots: &Roots,
) -> Result<(Tee, [u8; 6], Version), Error> {
	let root_list = crate::dcap::root_list(root_list, now, roots)?;
	let (signer, _) =
		crate::dcap::signing_certificate(signing_certificate, &root_list, now, roots)?;
	let info = verify_tcb_info(text, signature, &signer, now)?;
	let version = Version::of_statement(info.evaluation, info.issued, info.next_update);
	version.check_newer(there(info.tee, info.fmspc).as_ref(), Part::TcbInfo)?;
	Ok((info.tee, info.fmspc, version))
}

/// Checks a QE identity. Returns which TEE it is about.
///
/// Errors: of [`Part::QeIdentity`], [`Part::CollateralCertificate`], [`Part::RevocationList`].
pub fn intel_qe_identity(
	text: &[u8],
	signature: &[u8; 64],
	signing_certificate: &[u8],
	root_list: &[u8],
	there: impl FnOnce(Tee) -> Option<Version>,
	now: u64,
	roots: &Roots,
) -> Result<(Tee, Version), Error> {
	let root_list = crate::dcap::root_list(root_list, now, roots)?;
	let (signer, _) =
		crate::dcap::signing_certificate(signing_certificate, &root_list, now, roots)?;
	let identity = verify_qe_identity(text, signature, &signer, now)?;
	let version = Version::of_statement(identity.evaluation, identity.issued, identity.next_update);
	version.check_newer(there(identity.tee).as_ref(), Part::QeIdentity)?;
	Ok((identity.tee, version))
}

/// Checks the revocation list of an AMD product's root.
///
/// Errors: of [`Part::RevocationList`], [`Part::CollateralCertificate`].
pub fn amd_list(
	bytes: &[u8],
	product: Product,
	there: Option<&Version>,
	now: u64,
	roots: &Roots,
) -> Result<Version, Error> {
	let list = RevocationList::parse(bytes)?;
	list.verify(
		&PublicKey::parse(roots.amd(product), Part::CollateralCertificate)?,
		now,
	)?;
	let version = Version::of_list(&list)?;
	version.check_newer(there, Part::RevocationList)?;
	Ok(version)
}
