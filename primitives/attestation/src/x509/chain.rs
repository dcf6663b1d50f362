//! Chains of certificates up to a pinned key.

use super::Certificate;
use crate::{
	error::{Error, Part},
	signature::PublicKey,
};

/// Most certificates of one chain, the root's included.
pub const MAX_CHAIN: usize = 6;

/// The time in which everything that was looked at stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
	/// First second.
	pub from: u64,
	/// Last second.
	pub until: u64,
}

impl Validity {
	/// All times.
	pub const ALWAYS: Self = Self {
		from: 0,
		until: u64::MAX,
	};

	/// The time that both have in common.
	pub fn and(self, from: u64, until: u64) -> Self {
		Self {
			from: self.from.max(from),
			until: self.until.min(until),
		}
	}

	/// The time that both have in common.
	pub fn meet(self, other: Self) -> Self {
		self.and(other.from, other.until)
	}
}

/// Checks a chain, its first certificate first, up to `root`: a SubjectPublicKeyInfo.
///
/// Returns the time in which all its certificates are valid, the root's own left out.
///
/// Errors, all of `part`: [`Error::TooLarge`], [`Error::UntrustedChain`], [`Error::BadSignature`],
/// [`Error::NotAllowedToSign`], [`Error::NotYetValid`], [`Error::Expired`]; and those of
/// [`PublicKey::parse`] for `root`.
pub fn verify_chain(
	chain: &[Certificate],
	root: &[u8],
	now: u64,
	part: Part,
) -> Result<Validity, Error> {
	if chain.len() > MAX_CHAIN {
		return Err(Error::TooLarge(part));
	}
	let path = match chain.split_last() {
		Some((last, path)) if last.key_info == root => path,
		_ => chain,
	};
	if path.is_empty() {
		return Err(Error::UntrustedChain(part));
	}
	let root = PublicKey::parse(root, part)?;
	let mut validity = Validity::ALWAYS;
	// From the root down: a chain that is nobody's costs one signature.
	for (below, certificate) in path.iter().enumerate().rev() {
		certificate.check_time(now, part)?;
		validity = validity.and(certificate.not_before, certificate.not_after);
		let above = below.saturating_add(1);
		let key = match path.get(above) {
			None => root,
			Some(issuer) => {
				check_issuer(certificate, issuer, below, part)?;
				issuer.key
			}
		};
		key.verify(
			certificate.algorithm,
			certificate.signed,
			certificate.signature,
			part,
		)?;
	}
	Ok(validity)
}

/// `below` authorities stand between the issuer and the chain's first certificate.
fn check_issuer(
	certificate: &Certificate,
	issuer: &Certificate,
	below: usize,
	part: Part,
) -> Result<(), Error> {
	if certificate.issuer != issuer.subject {
		return Err(Error::UntrustedChain(part));
	}
	if let (Some(named), Some(own)) = (certificate.authority_key, issuer.subject_key) {
		if named != own {
			return Err(Error::UntrustedChain(part));
		}
	}
	let path_length = issuer
		.basic_constraints
		.and_then(|constraints| constraints.path_length);
	let too_long =
		path_length.is_some_and(|most| u64::try_from(below).map_or(true, |below| below > most));
	if !issuer.may_sign_certificates() || too_long {
		return Err(Error::NotAllowedToSign(part));
	}
	Ok(())
}
