//! From a report to the pinned root.

use super::{
	report::{Report, Signer},
	tcb::{Product, Tcb},
	Evidence, Policy, VerifiedReport,
};
use crate::{
	bytes::all_zero,
	der::Reader,
	error::{Error, InPart, Malformed, Part},
	roots::Roots,
	signature::{verify_p384, PublicKey},
	x509::{common_name, verify_chain, Certificate, RevocationList},
};

// All below 1.3.6.1.4.1.3704.1.
const BOOT_LOADER: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01, 0x03, 0x01];
const TEE: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01, 0x03, 0x02];
const SNP: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01, 0x03, 0x03];
const MICROCODE: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01, 0x03, 0x08];
const FMC: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01, 0x03, 0x09];
const HARDWARE_ID: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01, 0x04];

/// Checks a report with its chain. `revocation_list` is the ARK's, in DER.
///
/// Errors: of [`Part::Report`], [`Part::Certificate`], [`Part::Extension`],
/// [`Part::RevocationList`]; [`Error::Debug`], [`Error::PolicyForbids`], [`Error::TcbNotAccepted`],
/// [`Error::TeeNotAccepted`] for a product that has no least TCB.
pub fn verify<'a>(
	evidence: &Evidence<'a>,
	revocation_list: Option<&[u8]>,
	now: u64,
	policy: &Policy,
	roots: &Roots,
) -> Result<VerifiedReport<'a>, Error> {
	let part = Part::Certificate;
	let report = Report::parse(evidence.report)?;
	let vcek = Certificate::parse(evidence.vcek, part)?;
	let ask = Certificate::parse(evidence.ask, part)?;
	let product = product_of(&ask)?;
	let minimum = policy.minimum(product).ok_or(Error::TeeNotAccepted)?;
	let root = roots.amd(product);
	let mut validity = verify_chain(&[vcek, ask], root, now, part)?;
	match revocation_list {
		Some(bytes) => {
			let list = RevocationList::parse(bytes)?;
			list.verify(&PublicKey::parse(root, part)?, now)?;
			list.check(&ask, part)?;
			validity = validity.and(list.this_update, list.next_update);
		}
		None if policy.revocation_list_required => {
			return Err(Error::CollateralMissing(Part::RevocationList));
		}
		None => {}
	}
	if report.signer != Signer::Vcek {
		return Err(Error::Unsupported(Part::Report));
	}
	match vcek.key {
		PublicKey::P384(point) if vcek.may_sign_data() => {
			verify_p384(point, report.signed, &report.signature, Part::Report)?;
		}
		_ => return Err(Error::NotAllowedToSign(part)),
	}
	check_chip(&vcek, &report, product)?;
	let tcb = Tcb::parse(product, report.reported_tcb).part(Part::Report)?;
	let committed = Tcb::parse(product, report.committed_tcb).part(Part::Report)?;
	if certified_tcb(&vcek, product).part(Part::Extension)? != tcb {
		return Err(Error::Inconsistent(Part::Extension));
	}
	if report.policy.debug() {
		return Err(Error::Debug);
	}
	if (report.policy.migration() && !policy.migration) || report.vmpl > policy.vmpl {
		return Err(Error::PolicyForbids);
	}
	if !tcb.is_at_least(&minimum) || !committed.is_at_least(&minimum) {
		return Err(Error::TcbNotAccepted);
	}
	Ok(VerifiedReport {
		report,
		product,
		tcb,
		validity,
	})
}

/// The product whose root an ASK names as its issuer: chooses the revocation list. Nothing is verified.
///
/// Errors: of [`Part::Certificate`].
pub fn required(ask: &[u8]) -> Result<Product, Error> {
	product_of(&Certificate::parse(ask, Part::Certificate)?)
}

fn product_of(ask: &Certificate) -> Result<Product, Error> {
	common_name(ask.issuer)
		.and_then(Product::of_root_name)
		.ok_or(Error::UntrustedChain(Part::Certificate))
}

/// The certificate must be for the report's chip, and the report must name one.
fn check_chip(vcek: &Certificate, report: &Report, product: Product) -> Result<(), Error> {
	let certified = vcek.extension(HARDWARE_ID).part(Part::Extension)?;
	let length = product.chip_id_length();
	// The extension's value is the bytes themselves, or an OCTET STRING of them.
	let certified = if certified.len() == length {
		certified
	} else {
		let mut reader = Reader::new(certified);
		let octets = reader.octets().part(Part::Extension)?;
		reader.finish().part(Part::Extension)?;
		octets
	};
	let (used, unused) = report.chip_id.split_at_checked(length).part(Part::Report)?;
	if report.chip_hidden || all_zero(used) || used != certified || !all_zero(unused) {
		return Err(Error::Inconsistent(Part::Extension));
	}
	Ok(())
}

fn certified_tcb(vcek: &Certificate, product: Product) -> Result<Tcb, Malformed> {
	Ok(Tcb {
		fmc: match product {
			Product::Turin => component(vcek, FMC)?,
			Product::Milan | Product::Genoa => 0,
		},
		boot_loader: component(vcek, BOOT_LOADER)?,
		tee: component(vcek, TEE)?,
		snp: component(vcek, SNP)?,
		microcode: component(vcek, MICROCODE)?,
	})
}

fn component(vcek: &Certificate, oid: &[u8]) -> Result<u8, Malformed> {
	let mut reader = Reader::new(vcek.extension(oid).ok_or(Malformed)?);
	let value = u8::try_from(reader.u64()?).map_err(|_| Malformed)?;
	reader.finish()?;
	Ok(value)
}
