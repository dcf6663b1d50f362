//! One verifier over all kinds of TEE.

use super::{
	binding::Registration,
	evidence::{Evidence, GpuEvidence, HostEvidence, SevSnpEvidence, MAX_GPUS},
};
use crate::{
	android, dcap,
	error::{Error, Part},
	nvidia,
	roots::Roots,
	sev,
	x509::{RevokedSerials, Validity},
};
pub use aci_primitives::evidence::TeeKind as Tee;
use aci_primitives::{domain::tagged_hash, BoundedList};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::H256;

/// Domain of a measurement: what runs in a TEE.
pub const MEASUREMENT: &[u8] = b"aci/measurement/1";
/// Domain of a machine's identity.
pub const HARDWARE: &[u8] = b"aci/hardware/1";
/// Domain of a GPU's identity.
pub const GPU: &[u8] = b"aci/gpu/1";
/// Domain of a GPU's measurement.
pub const GPU_MEASUREMENT: &[u8] = b"aci/gpu-measurement/1";

/// What evidence is judged by, beside itself.
#[derive(Clone, Copy, Debug)]
pub struct Collateral<'a> {
	/// Intel's, for the platform that the quote is of.
	pub intel: Option<dcap::Collateral<'a>>,
	/// AMD's revocation list, of the product that the report is of.
	pub amd_revocation_list: Option<&'a [u8]>,
	/// Serial numbers of Google's and NVIDIA's certificates that count no more.
	pub revoked: RevokedSerials<'a>,
}

/// What a chain accepts. A kind of TEE without a policy is refused.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Policy {
	/// Intel SGX.
	pub sgx: Option<dcap::Policy>,
	/// Intel TDX.
	pub tdx: Option<dcap::Policy>,
	/// AMD SEV-SNP.
	pub sev_snp: Option<sev::Policy>,
	/// NVIDIA's GPUs, in a machine whose TEE is accepted too.
	pub nvidia: bool,
	/// ARM TrustZone.
	pub trust_zone: Option<android::Policy>,
}

/// The state of a platform, in its vendor's terms.
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
pub enum Tcb {
	/// Intel's word on it.
	#[codec(index = 0)]
	Intel(dcap::TcbStatus),
	/// AMD's versions.
	#[codec(index = 1)]
	Amd(sev::Product, sev::Tcb),
	/// Patch level of an Android system, as `YYYYMM`.
	#[codec(index = 2)]
	Android(u64),
}

/// A GPU that works in the TEE.
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
pub struct Gpu {
	/// Hash of the chip's own key.
	pub identity: H256,
	/// Hash of driver version, VBIOS version and measurements.
	pub measurement: H256,
}

/// What evidence that stands says. The TEE cannot be debugged: none that can stands.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Verified {
	/// Which TEE vouches.
	pub tee: Tee,
	/// What the program bound to the evidence.
	pub report_data: [u8; 64],
	/// Hash of what runs in the TEE, for the list of programs that may run.
	pub measurement: H256,
	/// The platform's state.
	pub tcb: Tcb,
	/// Identity of the machine; of a batch of devices for TrustZone with factory keys.
	pub hardware: H256,
	/// The GPUs that work in it, each once.
	pub gpus: BoundedList<Gpu, MAX_GPUS>,
	/// Last second, since 1970, in which evidence and collateral stand.
	pub expires: u64,
}

/// Checks evidence of a registration.
///
/// `now` is in seconds since 1970. A GPU that comes twice is refused. The caller still checks that
/// the measurements are allowed and that the registration's block is recent. Evidence of the software
/// TEE has no vendor and is refused here.
///
/// Errors: [`Error::TeeNotAccepted`], [`Error::CollateralMissing`], [`Error::WrongReportData`],
/// [`Error::WrongNonce`], and those of the TEE's own verifier.
pub fn verify(
	evidence: &Evidence,
	registration: &Registration,
	collateral: &Collateral,
	now: u64,
	policy: &Policy,
	roots: &Roots,
) -> Result<Verified, Error> {
	let report_data = registration.report_data(evidence.gpus());
	let (mut verified, mut validity) = match evidence {
		Evidence::Software(_) | Evidence::SoftwareGpu(_) => return Err(Error::TeeNotAccepted),
		Evidence::Sgx(quote) => intel(quote, policy.sgx, dcap::Tee::Sgx, collateral, now, roots)?,
		Evidence::Tdx(quote) => intel(quote, policy.tdx, dcap::Tee::Tdx, collateral, now, roots)?,
		Evidence::SevSnp(evidence) => amd(evidence, policy, collateral, now, roots)?,
		Evidence::Nvidia(evidence) => {
			if !policy.nvidia {
				return Err(Error::TeeNotAccepted);
			}
			match &evidence.host {
				HostEvidence::Tdx(quote) => {
					intel(quote, policy.tdx, dcap::Tee::Tdx, collateral, now, roots)?
				}
				HostEvidence::SevSnp(evidence) => amd(evidence, policy, collateral, now, roots)?,
			}
		}
		Evidence::TrustZone(chain) => {
			let chain: Vec<&[u8]> = chain.iter().map(|bytes| &bytes[..]).collect();
			arm(&chain, &report_data, policy, collateral, now, roots)?
		}
	};
	if verified.report_data != report_data {
		return Err(Error::WrongReportData);
	}
	for evidence in evidence.gpus() {
		let (gpu, its_validity) = gpu(evidence, &registration.nonce(), collateral, now, roots)?;
		if verified
			.gpus
			.iter()
			.any(|other| other.identity == gpu.identity)
		{
			return Err(Error::Inconsistent(Part::DeviceReport));
		}
		verified
			.gpus
			.try_push(gpu)
			.map_err(|_| Error::TooLarge(Part::DeviceReport))?;
		validity = validity.meet(its_validity);
	}
	verified.expires = validity.until;
	Ok(verified)
}

fn intel(
	quote: &[u8],
	policy: Option<dcap::Policy>,
	tee: dcap::Tee,
	collateral: &Collateral,
	now: u64,
	roots: &Roots,
) -> Result<(Verified, Validity), Error> {
	let policy = policy.ok_or(Error::TeeNotAccepted)?;
	let collateral = collateral
		.intel
		.ok_or(Error::CollateralMissing(Part::TcbInfo))?;
	let quote = dcap::verify(quote, &collateral, now, &policy, roots)?;
	let (kind, report_data, measurement) = match (&quote.body, tee) {
		(dcap::Body::Sgx(report), dcap::Tee::Sgx) => {
			let program = (
				report.mr_enclave,
				report.mr_signer,
				report.product,
				report.security_version,
			);
			(
				Tee::Sgx,
				report.report_data,
				tagged_hash(MEASUREMENT, &(Tee::Sgx, program)),
			)
		}
		(dcap::Body::Tdx(report), dcap::Tee::Tdx) => {
			let program = (
				(report.mr_td, report.rt_mr),
				(report.mr_config_id, report.mr_owner, report.mr_owner_config),
			);
			(
				Tee::Tdx,
				report.report_data,
				tagged_hash(MEASUREMENT, &(Tee::Tdx, program)),
			)
		}
		_ => return Err(Error::Unsupported(Part::Report)),
	};
	let verified = Verified {
		tee: kind,
		report_data,
		measurement,
		tcb: Tcb::Intel(quote.status),
		// One machine has one identity, whichever of Intel's two TEEs it speaks through.
		hardware: tagged_hash(HARDWARE, &(Tee::Sgx, quote.platform.ppid)),
		gpus: Default::default(),
		expires: 0,
	};
	Ok((verified, quote.validity))
}

fn amd(
	evidence: &SevSnpEvidence,
	policy: &Policy,
	collateral: &Collateral,
	now: u64,
	roots: &Roots,
) -> Result<(Verified, Validity), Error> {
	let policy = policy.sev_snp.ok_or(Error::TeeNotAccepted)?;
	let evidence = sev::Evidence {
		report: &evidence.report,
		vcek: &evidence.vcek,
		ask: &evidence.ask,
	};
	let verified = sev::verify(
		&evidence,
		collateral.amd_revocation_list,
		now,
		&policy,
		roots,
	)?;
	let report = &verified.report;
	let program = (report.measurement, report.policy.0, report.host_data);
	let claims = Verified {
		tee: Tee::SevSnp,
		report_data: report.report_data,
		measurement: tagged_hash(MEASUREMENT, &(Tee::SevSnp, program)),
		tcb: Tcb::Amd(verified.product, verified.tcb),
		hardware: tagged_hash(HARDWARE, &(Tee::SevSnp, (verified.product, report.chip_id))),
		gpus: Default::default(),
		expires: 0,
	};
	Ok((claims, verified.validity))
}

fn arm(
	chain: &[&[u8]],
	report_data: &[u8; 64],
	policy: &Policy,
	collateral: &Collateral,
	now: u64,
	roots: &Roots,
) -> Result<(Verified, Validity), Error> {
	let policy = policy.trust_zone.ok_or(Error::TeeNotAccepted)?;
	let device = android::verify(chain, report_data, &collateral.revoked, now, &policy, roots)?;
	let application = device
		.description
		.application
		.ok_or(Error::Malformed(Part::Extension))?;
	let program = (device.root_of_trust.verified_boot_key, application);
	let claims = Verified {
		tee: Tee::TrustZone,
		report_data: *report_data,
		measurement: tagged_hash(MEASUREMENT, &(Tee::TrustZone, program)),
		tcb: Tcb::Android(device.description.os_patch_level.unwrap_or_default()),
		hardware: tagged_hash(HARDWARE, &(Tee::TrustZone, device.attester)),
		gpus: Default::default(),
		expires: 0,
	};
	Ok((claims, device.validity))
}

fn gpu(
	evidence: &GpuEvidence,
	nonce: &[u8; 32],
	collateral: &Collateral,
	now: u64,
	roots: &Roots,
) -> Result<(Gpu, Validity), Error> {
	let chain: Vec<&[u8]> = evidence.chain.iter().map(|bytes| &bytes[..]).collect();
	let gpu = nvidia::verify(
		&evidence.report,
		&chain,
		nonce,
		&collateral.revoked,
		now,
		roots,
	)?;
	let report = &gpu.report;
	let firmware = (report.driver_version, report.vbios_version, report.record);
	let claims = Gpu {
		identity: tagged_hash(GPU, gpu.chip),
		measurement: tagged_hash(GPU_MEASUREMENT, &firmware),
	};
	Ok((claims, gpu.validity))
}
