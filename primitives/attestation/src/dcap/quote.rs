//! A quote's bytes.

use crate::{
	bytes::{all_zero, Cursor},
	error::{Error, InPart, Malformed, Part},
};

/// Longest quote that is read, in bytes.
pub const MAX_QUOTE: usize = 16 * 1024;

const HEADER_SIZE: usize = 48;
const ENCLAVE_REPORT_SIZE: usize = 384;
const TD_REPORT_10_SIZE: usize = 584;
const TD_REPORT_15_SIZE: usize = 648;
const TD_REPORT_15_EXTENDED_SIZE: usize = 885;
const TEE_SGX: u32 = 0;
const TEE_TDX: u32 = 0x81;
const ECDSA_P256: u16 = 2;
const INTEL_QE: [u8; 16] = [
	0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07,
];
/// Certification data: certificates in PEM.
const PCK_CHAIN: u16 = 5;
/// Certification data: the quoting enclave's report, and further certification data.
const QE_REPORT: u16 = 6;

/// An SGX enclave as the processor describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnclaveReport {
	/// Extended features.
	pub misc_select: [u8; 4],
	/// Flags and features.
	pub attributes: [u8; 16],
	/// Hash of the enclave.
	pub mr_enclave: [u8; 32],
	/// Hash of its signer's key.
	pub mr_signer: [u8; 32],
	/// Product of the signer.
	pub product: u16,
	/// Security version of the product.
	pub security_version: u16,
	/// What the enclave bound to the report.
	pub report_data: [u8; 64],
}

impl EnclaveReport {
	/// Whether the host may debug the enclave.
	pub const fn debug(&self) -> bool {
		let [flags, ..] = self.attributes;
		flags & 2 != 0
	}

	/// Reads the 384 bytes of a report. Reserved fields are Intel's to use and not looked at.
	pub(super) fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
		let mut cursor = Cursor::new(bytes);
		let _cpu_svn = cursor.take(16)?;
		let misc_select = cursor.array()?;
		let _reserved = cursor.take(28)?;
		let attributes = cursor.array()?;
		let mr_enclave = cursor.array()?;
		let _reserved = cursor.take(32)?;
		let mr_signer = cursor.array()?;
		let _reserved = cursor.take(96)?;
		let product = cursor.u16()?;
		let security_version = cursor.u16()?;
		let _reserved = cursor.take(60)?;
		let report_data = cursor.array()?;
		cursor.finish()?;
		Ok(Self {
			misc_select,
			attributes,
			mr_enclave,
			mr_signer,
			product,
			security_version,
			report_data,
		})
	}
}

/// A TDX trust domain as the TDX module describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TdReport {
	/// Security versions of the TDX module that made the report.
	pub tee_tcb_svn: [u8; 16],
	/// Hash of the module.
	pub mr_seam: [u8; 48],
	/// Hash of the key of the module's signer; zero is Intel.
	pub mr_signer_seam: [u8; 48],
	/// The module's attributes.
	pub seam_attributes: [u8; 8],
	/// The domain's attributes.
	pub td_attributes: [u8; 8],
	/// Processor features that the domain may use.
	pub xfam: [u8; 8],
	/// Hash of the domain's initial content.
	pub mr_td: [u8; 48],
	/// Identity of its configuration, not of its content.
	pub mr_config_id: [u8; 48],
	/// Identity of its owner.
	pub mr_owner: [u8; 48],
	/// Identity of its owner's configuration.
	pub mr_owner_config: [u8; 48],
	/// What was measured while it ran.
	pub rt_mr: [[u8; 48]; 4],
	/// What the domain bound to the report.
	pub report_data: [u8; 64],
	/// Security versions of the module that runs now, which may have been updated since the launch;
	/// none in a report of version 1.0.
	pub current_tee_tcb_svn: Option<[u8; 16]>,
	/// Whether service domains are or were bound to it.
	pub service_domains: bool,
}

impl TdReport {
	/// Whether the host may debug the domain: any bit of the first group of attributes.
	pub const fn debug(&self) -> bool {
		let [flags, ..] = self.td_attributes;
		flags != 0
	}

	fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
		let mut cursor = Cursor::new(bytes);
		let mut report = Self {
			tee_tcb_svn: cursor.array()?,
			mr_seam: cursor.array()?,
			mr_signer_seam: cursor.array()?,
			seam_attributes: cursor.array()?,
			td_attributes: cursor.array()?,
			xfam: cursor.array()?,
			mr_td: cursor.array()?,
			mr_config_id: cursor.array()?,
			mr_owner: cursor.array()?,
			mr_owner_config: cursor.array()?,
			rt_mr: [
				cursor.array()?,
				cursor.array()?,
				cursor.array()?,
				cursor.array()?,
			],
			report_data: cursor.array()?,
			current_tee_tcb_svn: None,
			service_domains: false,
		};
		if !cursor.rest().is_empty() {
			report.current_tee_tcb_svn = Some(cursor.array()?);
			report.service_domains = !all_zero(cursor.take(48)?);
		}
		if !cursor.rest().is_empty() {
			let _machine_index_domain_and_devices = cursor.take(81)?;
			let initial_service = cursor.take(56)?;
			let _initial_tcb = cursor.take(44)?;
			let current_service = cursor.take(56)?;
			report.service_domains |= !all_zero(initial_service) || !all_zero(current_service);
		}
		cursor.finish()?;
		Ok(report)
	}
}

/// What a quote is about.
// There is one in a verification, and it is not moved through a heap that a runtime pays for.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
	/// An SGX enclave.
	Sgx(EnclaveReport),
	/// A TDX domain.
	Tdx(TdReport),
}

/// A quote; all slices are of the bytes it was read from.
#[derive(Clone, Copy, Debug)]
pub struct Quote<'a> {
	/// What it is about.
	pub body: Body,
	/// What the attestation key signed: header and body.
	pub signed: &'a [u8],
	/// By the attestation key: r and s.
	pub signature: [u8; 64],
	/// The attestation key: x and y.
	pub attestation_key: &'a [u8],
	/// The quoting enclave's report, which vouches for the attestation key.
	pub qe_report: EnclaveReport,
	/// That report's bytes.
	pub qe_report_bytes: &'a [u8],
	/// By the PCK over the report: r and s.
	pub qe_signature: [u8; 64],
	/// What the quoting enclave hashed with the attestation key.
	pub qe_authentication: &'a [u8],
	/// The PCK's chain in PEM.
	pub pck_chain: &'a [u8],
}

impl<'a> Quote<'a> {
	/// Reads a quote of version 3, 4 or 5. Zeros after its end are allowed: the kernel hands out
	/// buffers of fixed length.
	///
	/// Errors, all of [`Part::Report`]: [`Error::Malformed`], [`Error::Unsupported`],
	/// [`Error::TooLarge`].
	pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
		let part = Part::Report;
		if bytes.len() > MAX_QUOTE {
			return Err(Error::TooLarge(part));
		}
		let mut cursor = Cursor::new(bytes);
		let version = cursor.u16().part(part)?;
		let key_type = cursor.u16().part(part)?;
		let tee = cursor.u32().part(part)?;
		let _versions = cursor.take(4).part(part)?;
		let vendor: [u8; 16] = cursor.array().part(part)?;
		let _user_data = cursor.take(20).part(part)?;
		let known = matches!((version, tee), (3, TEE_SGX) | (4 | 5, TEE_SGX | TEE_TDX));
		if !known || key_type != ECDSA_P256 || vendor != INTEL_QE {
			return Err(Error::Unsupported(part));
		}
		let (body_size, prefix) = match (version, tee) {
			(3 | 4, TEE_SGX) => (ENCLAVE_REPORT_SIZE, 0),
			(4, _) => (TD_REPORT_10_SIZE, 0),
			_ => {
				let kind = cursor.u16().part(part)?;
				let size = usize::try_from(cursor.u32().part(part)?).ok().part(part)?;
				let right = match (tee, kind) {
					(TEE_SGX, 1) => ENCLAVE_REPORT_SIZE,
					(TEE_TDX, 2) => TD_REPORT_10_SIZE,
					(TEE_TDX, 3) => TD_REPORT_15_SIZE,
					(TEE_TDX, 4) => TD_REPORT_15_EXTENDED_SIZE,
					_ => return Err(Error::Unsupported(part)),
				};
				if size != right {
					return Err(Error::Malformed(part));
				}
				(size, 6)
			}
		};
		let body_bytes = cursor.take(body_size).part(part)?;
		let body = match tee {
			TEE_SGX => Body::Sgx(EnclaveReport::parse(body_bytes).part(part)?),
			_ => Body::Tdx(TdReport::parse(body_bytes).part(part)?),
		};
		let signed = HEADER_SIZE
			.checked_add(prefix)
			.and_then(|size| size.checked_add(body_size))
			.and_then(|size| bytes.get(..size))
			.part(part)?;
		let authentication = cursor.prefixed_u32().part(part)?;
		if !all_zero(cursor.rest()) {
			return Err(Error::Malformed(part));
		}
		Self::authentication(body, signed, authentication, version)
	}

	fn authentication(
		body: Body,
		signed: &'a [u8],
		bytes: &'a [u8],
		version: u16,
	) -> Result<Self, Error> {
		let part = Part::Report;
		let mut cursor = Cursor::new(bytes);
		let signature = cursor.array().part(part)?;
		let attestation_key = cursor.take(64).part(part)?;
		if version > 3 {
			let kind = cursor.u16().part(part)?;
			let inner = cursor.prefixed_u32().part(part)?;
			cursor.finish().part(part)?;
			if kind != QE_REPORT {
				return Err(Error::Unsupported(part));
			}
			cursor = Cursor::new(inner);
		}
		let qe_report_bytes = cursor.take(ENCLAVE_REPORT_SIZE).part(part)?;
		let qe_report = EnclaveReport::parse(qe_report_bytes).part(part)?;
		let qe_signature = cursor.array().part(part)?;
		let qe_authentication = cursor.prefixed_u16().part(part)?;
		let kind = cursor.u16().part(part)?;
		let pck_chain = cursor.prefixed_u32().part(part)?;
		cursor.finish().part(part)?;
		if kind != PCK_CHAIN {
			return Err(Error::Unsupported(part));
		}
		Ok(Self {
			body,
			signed,
			signature,
			attestation_key,
			qe_report,
			qe_report_bytes,
			qe_signature,
			qe_authentication,
			pck_chain,
		})
	}
}
