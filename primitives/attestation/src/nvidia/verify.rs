//! From a report to NVIDIA's root.

use super::{report::Report, VerifiedGpu};
use crate::{
	der::Reader,
	error::{Error, InPart, Malformed, Part},
	roots::Roots,
	signature::{verify_p384, PublicKey},
	x509::{verify_chain, Certificate, RevokedSerials, MAX_CHAIN},
};
use alloc::vec::Vec;

/// 2.23.133.5.4.1, of the Trusted Computing Group: the firmware that a key was made for.
const FIRMWARE: &[u8] = &[0x67, 0x81, 0x05, 0x05, 0x04, 0x01];

/// Checks a report with its chain of certificates in DER, the signing key's first.
///
/// Errors: of [`Part::DeviceReport`], [`Part::DeviceCertificate`]; [`Error::WrongNonce`].
pub fn verify<'a>(
	report: &'a [u8],
	chain: &[&'a [u8]],
	nonce: &[u8; 32],
	revoked: &RevokedSerials,
	now: u64,
	roots: &Roots,
) -> Result<VerifiedGpu<'a>, Error> {
	let part = Part::DeviceCertificate;
	let report = Report::parse(report)?;
	if chain.len() > MAX_CHAIN {
		return Err(Error::TooLarge(part));
	}
	let chain = chain
		.iter()
		.map(|bytes| Certificate::parse(bytes, part))
		.collect::<Result<Vec<_>, _>>()?;
	let validity = verify_chain(&chain, roots.nvidia, now, part)?;
	let [firmware, chip, others @ ..] = &chain[..] else {
		return Err(Error::UntrustedChain(part));
	};
	// The chip's own certificate is not one of NVIDIA's authorities.
	if others.is_empty() {
		return Err(Error::UntrustedChain(part));
	}
	if chain
		.iter()
		.any(|certificate| revoked.has(certificate.serial))
	{
		return Err(Error::Revoked(part));
	}
	match firmware.key {
		PublicKey::P384(point) if firmware.may_sign_data() => {
			verify_p384(point, report.signed, &report.signature, Part::DeviceReport)?;
		}
		_ => return Err(Error::NotAllowedToSign(part)),
	}
	if certified_firmware(firmware).part(part)? != report.firmware_id {
		return Err(Error::Inconsistent(Part::DeviceReport));
	}
	if report.nonce != *nonce {
		return Err(Error::WrongNonce);
	}
	Ok(VerifiedGpu {
		report,
		chip: chip.key_info,
		validity,
	})
}

/// The digest of the firmware that a certificate's key was made for.
fn certified_firmware<'a>(certificate: &Certificate<'a>) -> Result<&'a [u8], Malformed> {
	let mut outer = Reader::new(certificate.extension(FIRMWARE).ok_or(Malformed)?);
	let mut fields = outer.sequence()?;
	outer.finish()?;
	let _version = fields.u64()?;
	let _device_key = fields.sequence()?;
	let mut firmware = fields.sequence()?;
	fields.finish()?;
	let _hash = firmware.oid()?;
	let digest = firmware.octets()?;
	firmware.finish()?;
	Ok(digest)
}
