//! From a chain to Google's root.

use super::{
	description::{KeyDescription, SecurityLevel, VerifiedBoot},
	Policy, VerifiedDevice,
};
use crate::{
	bytes::all_zero,
	error::{Error, Part},
	roots::Roots,
	x509::{verify_chain, Certificate, RevokedSerials, Validity, MAX_CHAIN},
};
use alloc::vec::Vec;

/// 1.3.6.1.4.1.11129.2.1.17
const KEY_DESCRIPTION: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x01, 0x11];

/// A certificate of at least this many seconds, five years, comes from a factory.
const FACTORY_LIFETIME: u64 = 5 * 365 * 86_400;

/// Checks a chain of certificates in DER, the attested key's first, and what it says.
///
/// Errors: those of [`authenticate`]; [`Error::WrongReportData`], [`Error::PolicyForbids`] for an
/// unlocked or unverified device, [`Error::TcbNotAccepted`] for patch levels below the policy's.
pub fn verify<'a>(
	chain: &[&'a [u8]],
	report_data: &[u8; 64],
	revoked: &RevokedSerials,
	now: u64,
	policy: &Policy,
	roots: &Roots,
) -> Result<VerifiedDevice<'a>, Error> {
	let device = authenticate(chain, revoked, now, policy, roots)?;
	if device.description.challenge != report_data {
		return Err(Error::WrongReportData);
	}
	let state = &device.root_of_trust;
	if !state.device_locked
		|| state.verified_boot != VerifiedBoot::Verified
		|| all_zero(state.verified_boot_key)
	{
		return Err(Error::PolicyForbids);
	}
	check_patches(&device.description, policy)?;
	Ok(device)
}

/// Checks that a TEE under one of Google's roots wrote a description, not what it says.
///
/// Errors: of [`Part::Certificate`] and [`Part::Extension`]; [`Error::PolicyForbids`] for keys in
/// software.
pub fn authenticate<'a>(
	chain: &[&'a [u8]],
	revoked: &RevokedSerials,
	now: u64,
	policy: &Policy,
	roots: &Roots,
) -> Result<VerifiedDevice<'a>, Error> {
	let part = Part::Certificate;
	if chain.len() > MAX_CHAIN {
		return Err(Error::TooLarge(part));
	}
	let chain = chain
		.iter()
		.map(|bytes| Certificate::parse(bytes, part))
		.collect::<Result<Vec<_>, _>>()?;
	let [first, attester, ..] = &chain[..] else {
		return Err(Error::UntrustedChain(part));
	};
	let last = chain.last().ok_or(Error::UntrustedChain(part))?;
	// Google's chains end in the root's own certificate.
	let named = roots
		.google
		.iter()
		.copied()
		.find(|root| *root == last.key_info);
	let root = named.ok_or(Error::UntrustedChain(part))?;
	let validity = check_chain(&chain, root, now, policy)?;
	if chain
		.iter()
		.any(|certificate| revoked.has(certificate.serial))
	{
		return Err(Error::Revoked(part));
	}
	let mut authorities = chain.iter().skip(1);
	if authorities.any(|certificate| certificate.extension(KEY_DESCRIPTION).is_some()) {
		return Err(Error::NotAllowedToSign(part));
	}
	let value = first
		.extension(KEY_DESCRIPTION)
		.ok_or(Error::Malformed(Part::Extension))?;
	let description = KeyDescription::parse(value)?;
	if description.attestation_level == SecurityLevel::Software
		|| description.key_level == SecurityLevel::Software
	{
		return Err(Error::PolicyForbids);
	}
	let root_of_trust = description
		.root_of_trust
		.ok_or(Error::Malformed(Part::Extension))?;
	Ok(VerifiedDevice {
		description,
		root_of_trust,
		attester: attester.key_info,
		validity,
	})
}

/// Checks the chain; a factory's certificates at a time in which they stood, if the policy lets
/// them count after it.
fn check_chain(
	chain: &[Certificate],
	root: &[u8],
	now: u64,
	policy: &Policy,
) -> Result<Validity, Error> {
	let part = Part::Certificate;
	let path = || {
		chain
			.iter()
			.filter(|certificate| certificate.key_info != root)
	};
	let of_factory = |certificate: &Certificate| {
		certificate.not_after.saturating_sub(certificate.not_before) >= FACTORY_LIFETIME
	};
	if !policy.expired_factory_certificates
		|| path().all(|certificate| certificate.not_after >= now)
	{
		return verify_chain(chain, root, now, part);
	}
	let mut validity = Validity::ALWAYS;
	for certificate in path().filter(|certificate| !of_factory(certificate)) {
		certificate.check_time(now, part)?;
		validity = validity.and(certificate.not_before, certificate.not_after);
	}
	let ends = path().map(|certificate| certificate.not_after).min();
	let stood = verify_chain(chain, root, ends.unwrap_or(now).min(now), part)?;
	Ok(validity.and(stood.from, u64::MAX))
}

/// Patch levels of the system and, where the policy asks for them, of vendor and boot images.
fn check_patches(description: &KeyDescription, policy: &Policy) -> Result<(), Error> {
	let at_least = |level: Option<u64>, least: u32| {
		least == 0 || level.is_some_and(|level| level >= u64::from(least))
	};
	if at_least(description.os_patch_level, policy.os_patch_level)
		&& at_least(description.vendor_patch_level, policy.vendor_patch_level)
		&& at_least(description.boot_patch_level, policy.vendor_patch_level)
	{
		Ok(())
	} else {
		Err(Error::TcbNotAccepted)
	}
}
