//! From a quote and its collateral to the pinned root.

use super::{
	authority::Authority,
	pck::Platform,
	qe_identity::{masked, QeIdentity},
	quote::{Body, Quote, TdReport},
	status::TcbStatus,
	tcb_info::{state_of, Level, ModuleIdentity, TcbInfo, Tee},
	Collateral, Policy, VerifiedQuote,
};
use crate::{
	bytes::all_zero,
	error::{Error, InPart, Part},
	pem,
	roots::Roots,
	signature::{verify_p256, PublicKey},
	x509::{common_name, verify_chain, Certificate, RevocationList, Validity},
};
use alloc::vec::Vec;
use sha2::{Digest, Sha256};

const SIGNING_NAME: &[u8] = b"Intel SGX TCB Signing";

/// The bit of a domain's attributes that keeps its host from raising exceptions at will.
const SEPT_VE_DISABLE: u32 = 1 << 28;
/// Attributes' bits 8 to 27 and 29, which are reserved.
const RESERVED: u32 = 0x2fff_ff00;

/// Checks a quote against its collateral.
///
/// Errors: [`Error`] of any part but those of a GPU; [`Error::Debug`], [`Error::PolicyForbids`],
/// [`Error::TcbUnknown`], [`Error::TcbNotAccepted`].
pub fn verify(
	quote: &[u8],
	collateral: &Collateral,
	now: u64,
	policy: &Policy,
	roots: &Roots,
) -> Result<VerifiedQuote, Error> {
	let part = Part::Certificate;
	let quote = Quote::parse(quote)?;
	let root_list = root_list(collateral.root_revocation_list, now, roots)?;
	let mut validity = Validity::ALWAYS.and(root_list.this_update, root_list.next_update);

	let (signer, signer_validity) =
		signing_certificate(collateral.signing_certificate, &root_list, now, roots)?;
	validity = validity.meet(signer_validity);
	let tcb_info = verify_tcb_info(
		collateral.tcb_info,
		collateral.tcb_info_signature,
		&signer,
		now,
	)?;
	let qe_signer = if collateral.qe_identity_certificate == collateral.signing_certificate {
		signer
	} else {
		let (qe_signer, its_validity) =
			signing_certificate(collateral.qe_identity_certificate, &root_list, now, roots)?;
		validity = validity.meet(its_validity);
		qe_signer
	};
	let qe_identity = verify_qe_identity(
		collateral.qe_identity,
		collateral.qe_identity_signature,
		&qe_signer,
		now,
	)?;
	validity = validity
		.and(tcb_info.issued, tcb_info.next_update)
		.and(qe_identity.issued, qe_identity.next_update);
	if tcb_info.evaluation < policy.evaluation || qe_identity.evaluation < policy.evaluation {
		return Err(Error::Rollback(Part::TcbInfo));
	}

	let chain_bytes = pem::certificates(quote.pck_chain).part(part)?;
	let chain = chain_bytes
		.iter()
		.map(|bytes| Certificate::parse(bytes, part))
		.collect::<Result<Vec<_>, _>>()?;
	validity = validity.meet(verify_chain(&chain, roots.intel, now, part)?);
	let [pck, authority, ..] = &chain[..] else {
		return Err(Error::UntrustedChain(part));
	};
	if Authority::of(authority).is_none() {
		return Err(Error::UntrustedChain(part));
	}
	root_list.check(authority, part)?;
	let pck_list = RevocationList::parse(collateral.pck_revocation_list)?;
	if pck_list.issuer != authority.subject || !authority.may_sign_lists() {
		return Err(Error::CollateralMismatch(Part::RevocationList));
	}
	pck_list.verify(&authority.key, now)?;
	pck_list.check(pck, part)?;
	validity = validity.and(pck_list.this_update, pck_list.next_update);

	check_signatures(&quote, pck)?;
	let platform = Platform::of(pck)?;
	let status = state(&quote, &platform, &tcb_info, &qe_identity)?;
	check_body(&quote.body)?;
	if !policy.accepts(status) {
		return Err(Error::TcbNotAccepted);
	}
	Ok(VerifiedQuote {
		body: quote.body,
		platform,
		status,
		validity,
	})
}

/// Checks a TCB info's signature and time. `signer` must stand already.
///
/// Errors: those of [`TcbInfo::parse`]; [`Error::BadSignature`], [`Error::NotYetValid`],
/// [`Error::Expired`], all of [`Part::TcbInfo`].
pub fn verify_tcb_info(
	text: &[u8],
	signature: &[u8; 64],
	signer: &Certificate,
	now: u64,
) -> Result<TcbInfo, Error> {
	check_statement(text, signature, signer, Part::TcbInfo)?;
	let tcb_info = TcbInfo::parse(text)?;
	check_time(tcb_info.issued, tcb_info.next_update, now, Part::TcbInfo)?;
	Ok(tcb_info)
}

/// Checks a QE identity's signature and time. `signer` must stand already.
///
/// Errors: those of [`QeIdentity::parse`]; [`Error::BadSignature`], [`Error::NotYetValid`],
/// [`Error::Expired`], all of [`Part::QeIdentity`].
pub fn verify_qe_identity(
	text: &[u8],
	signature: &[u8; 64],
	signer: &Certificate,
	now: u64,
) -> Result<QeIdentity, Error> {
	check_statement(text, signature, signer, Part::QeIdentity)?;
	let identity = QeIdentity::parse(text)?;
	check_time(identity.issued, identity.next_update, now, Part::QeIdentity)?;
	Ok(identity)
}

/// The root's revocation list, checked.
///
/// Errors: of [`Part::RevocationList`].
pub fn root_list<'a>(
	bytes: &'a [u8],
	now: u64,
	roots: &Roots,
) -> Result<RevocationList<'a>, Error> {
	let list = RevocationList::parse(bytes)?;
	list.verify(
		&PublicKey::parse(roots.intel, Part::CollateralCertificate)?,
		now,
	)?;
	Ok(list)
}

/// The certificate that signs Intel's statements, checked, and the time in which it stands.
/// `root_list` must be checked already.
///
/// Errors: of [`Part::CollateralCertificate`].
pub fn signing_certificate<'a>(
	bytes: &'a [u8],
	root_list: &RevocationList,
	now: u64,
	roots: &Roots,
) -> Result<(Certificate<'a>, Validity), Error> {
	let part = Part::CollateralCertificate;
	let certificate = Certificate::parse(bytes, part)?;
	let validity = verify_chain(&[certificate], roots.intel, now, part)?;
	if common_name(certificate.subject) != Some(SIGNING_NAME) || !certificate.may_sign_data() {
		return Err(Error::NotAllowedToSign(part));
	}
	root_list.check(&certificate, part)?;
	Ok((certificate, validity))
}

fn check_statement(
	text: &[u8],
	signature: &[u8; 64],
	signer: &Certificate,
	part: Part,
) -> Result<(), Error> {
	match signer.key {
		PublicKey::P256(point) => verify_p256(point, text, signature, part),
		_ => Err(Error::Unsupported(Part::CollateralCertificate)),
	}
}

fn check_time(from: u64, until: u64, now: u64, part: Part) -> Result<(), Error> {
	if now < from {
		Err(Error::NotYetValid(part))
	} else if now > until {
		Err(Error::Expired(part))
	} else {
		Ok(())
	}
}

/// PCK over the quoting enclave's report, that report over the attestation key, that key over the
/// quote.
fn check_signatures(quote: &Quote, pck: &Certificate) -> Result<(), Error> {
	match pck.key {
		PublicKey::P256(point) if pck.may_sign_data() => {
			verify_p256(
				point,
				quote.qe_report_bytes,
				&quote.qe_signature,
				Part::QuotingEnclave,
			)?;
		}
		_ => return Err(Error::NotAllowedToSign(Part::Certificate)),
	}
	let hash = Sha256::new()
		.chain_update(quote.attestation_key)
		.chain_update(quote.qe_authentication)
		.finalize();
	let (bound, rest) = quote.qe_report.report_data.split_at(32);
	if bound != &hash[..] || !all_zero(rest) {
		return Err(Error::Inconsistent(Part::QuotingEnclave));
	}
	verify_p256(
		quote.attestation_key,
		quote.signed,
		&quote.signature,
		Part::Report,
	)
}

/// The platform's state.
fn state(
	quote: &Quote,
	platform: &Platform,
	tcb_info: &TcbInfo,
	qe_identity: &QeIdentity,
) -> Result<TcbStatus, Error> {
	let (tee, td) = match &quote.body {
		Body::Sgx(_) => (Tee::Sgx, None),
		Body::Tdx(report) => (Tee::Tdx, Some(report)),
	};
	if tcb_info.tee != tee || tcb_info.fmspc != platform.fmspc || tcb_info.pce_id != platform.pce_id
	{
		return Err(Error::CollateralMismatch(Part::TcbInfo));
	}
	if qe_identity.tee != tee {
		return Err(Error::CollateralMismatch(Part::QeIdentity));
	}
	let mut status = platform_state(platform, td.map(|report| &report.tee_tcb_svn), tcb_info)?;
	if let Some(report) = td {
		check_module(report, tcb_info)?;
		if let Some(current) = &report.current_tee_tcb_svn {
			status = status.with(platform_state(platform, Some(current), tcb_info)?);
		}
	}
	Ok(status.with(qe_identity.state(&quote.qe_report)?))
}

/// The state of a platform and, for TDX, of the module with these security versions.
fn platform_state(
	platform: &Platform,
	tdx: Option<&[u8; 16]>,
	tcb_info: &TcbInfo,
) -> Result<TcbStatus, Error> {
	let level = tcb_info
		.levels
		.iter()
		.find(|level| reaches(platform, tdx, level))
		.ok_or(Error::TcbUnknown)?;
	let Some([minor, ..]) = tdx else {
		return Ok(level.status);
	};
	match tdx
		.map(|versions| listed_module(versions, tcb_info))
		.transpose()?
		.flatten()
	{
		None => Ok(level.status),
		Some(identity) => {
			let module = state_of(&identity.levels, u16::from(*minor)).ok_or(Error::TcbUnknown)?;
			Ok(level.status.with(module))
		}
	}
}

/// Whether a platform is at least a level, in every component.
fn reaches(platform: &Platform, tdx: Option<&[u8; 16]>, level: &Level) -> bool {
	let at_least =
		|have: &[u8], want: &[u8]| have.iter().zip(want).all(|(have, want)| have >= want);
	let domain = match (tdx, &level.tdx) {
		(None, _) => true,
		(Some(_), None) => false,
		(Some([_, _, have @ ..]), Some([_, _, least @ ..])) if has_module_version(tdx) => {
			// The first two are the module's own, which has levels of its own then.
			at_least(have, least)
		}
		(Some(have), Some(least)) => at_least(have, least),
	};
	domain && platform.pce_svn >= level.pce_svn && at_least(&platform.components, &level.sgx)
}

fn has_module_version(tdx: Option<&[u8; 16]>) -> bool {
	matches!(tdx, Some([_, major, ..]) if *major > 0)
}

/// The module of these security versions, where modules have versions.
fn listed_module<'a>(
	versions: &[u8; 16],
	tcb_info: &'a TcbInfo,
) -> Result<Option<&'a ModuleIdentity>, Error> {
	let [_, major, ..] = versions;
	if *major == 0 {
		return Ok(None);
	}
	let identity = tcb_info
		.modules
		.iter()
		.find(|identity| identity.version == *major);
	identity.ok_or(Error::TcbUnknown).map(Some)
}

/// Checks that the TDX module that a domain was launched with is one that Intel lists.
fn check_module(report: &TdReport, tcb_info: &TcbInfo) -> Result<(), Error> {
	let module = match listed_module(&report.tee_tcb_svn, tcb_info)? {
		Some(identity) => identity.module,
		None => tcb_info.module.ok_or(Error::Malformed(Part::TcbInfo))?,
	};
	let unmasked = report
		.seam_attributes
		.iter()
		.zip(module.attributes_mask)
		.any(|(attributes, mask)| attributes & !mask != 0);
	if report.mr_signer_seam != module.mr_signer
		|| !masked(
			&report.seam_attributes,
			&module.attributes_mask,
			&module.attributes,
		) || unmasked
	{
		return Err(Error::Inconsistent(Part::Report));
	}
	Ok(())
}

/// Debugging, and what a domain's attributes must be.
fn check_body(body: &Body) -> Result<(), Error> {
	match body {
		Body::Sgx(report) if report.debug() => Err(Error::Debug),
		Body::Sgx(_) => Ok(()),
		Body::Tdx(report) if report.debug() => Err(Error::Debug),
		Body::Tdx(report) => {
			let [a, b, c, d, others @ ..] = report.td_attributes;
			let security = u32::from_le_bytes([a, b, c, d]);
			let [e, f, g, h] = others;
			// Of the others only the last, performance monitoring, has a meaning.
			let others = u32::from_le_bytes([e, f, g, h & 0x7f]);
			let reserved = security & RESERVED != 0 || others != 0;
			if security & SEPT_VE_DISABLE == 0 || reserved || report.service_domains {
				return Err(Error::PolicyForbids);
			}
			Ok(())
		}
	}
}
