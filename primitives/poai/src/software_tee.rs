//! The software TEE: quotes for development chains.
//!
//! It has the form of hardware attestation (a root signs a measurement and report data) and none
//! of its protection: the development root's secret is public, so anybody can sign any quote. It lets
//! a development chain run every step of registration without special hardware.
//!
//! # Guarantees
//!
//! 1. A quote stands only when the root that the chain was started with signed its measurement,
//!    report data and hardware, and the report data is the expected one.
//! 2. A chain without a root accepts no quote. A production chain has none.
//! 3. The development root and measurement are constants, so two development chains agree on them.
//!
//! # Deviation
//!
//! The paper knows hardware TEEs only.

use aci_primitives::evidence::{Claims, EvidenceError, SoftwareGpuQuote, SoftwareQuote, TeeKind};
use sp_core::{ed25519, H256};

/// What the secret seed of the development root is the Blake2b-256 hash of. Public on purpose.
pub const DEVELOPMENT_ROOT_PHRASE: &[u8] = b"aci software tee development root";

/// The bytes of [`development_root_key`].
pub const DEVELOPMENT_ROOT: [u8; 32] = [
	0xfa, 0xf6, 0x33, 0x61, 0xff, 0xb9, 0x46, 0x96, 0xf4, 0xc9, 0xab, 0x25, 0xfb, 0xa8, 0x68, 0x70,
	0xfe, 0x40, 0xab, 0xdc, 0xe8, 0xfd, 0x36, 0x1b, 0x11, 0xf8, 0xb3, 0xa6, 0xd9, 0x44, 0x41, 0xe9,
];

/// The measurement that a worker's program states on a development chain: Blake2b-256 of
/// `aci worker development measurement`.
pub const DEVELOPMENT_MEASUREMENT: H256 = H256([
	0xf7, 0xe9, 0xa7, 0x9f, 0xbe, 0xda, 0x99, 0xed, 0x6a, 0x05, 0xf3, 0x08, 0x7a, 0x95, 0x06, 0x57,
	0x7f, 0xa8, 0x4c, 0x17, 0x33, 0xab, 0x0a, 0xd8, 0x93, 0xa5, 0x60, 0x62, 0x2e, 0x13, 0x4c, 0xfa,
]);

/// The public key of the development root: that of the seed Blake2b-256 of
/// [`DEVELOPMENT_ROOT_PHRASE`]. For the genesis of development chains, and nowhere else.
pub fn development_root_key() -> ed25519::Public {
	ed25519::Public::from_raw(DEVELOPMENT_ROOT)
}

/// What a quote says, if it stands.
///
/// `root` is the chain's root, `None` on a chain that accepts no software TEE. `verify` says whether
/// a signature over a message is a key's.
///
/// Errors: [`EvidenceError::TeeNotAccepted`] without a root, [`EvidenceError::WrongReportData`],
/// [`EvidenceError::BadSignature`].
pub fn verify(
	root: Option<&ed25519::Public>,
	quote: &SoftwareQuote,
	report_data: &[u8; 64],
	verify: impl FnOnce(&ed25519::Signature, &[u8], &ed25519::Public) -> bool,
) -> Result<Claims, EvidenceError> {
	let root = root.ok_or(EvidenceError::TeeNotAccepted)?;
	if quote.report_data != *report_data {
		return Err(EvidenceError::WrongReportData);
	}
	let message =
		SoftwareQuote::signing_hash(&quote.measurement, &quote.report_data, &quote.hardware);
	if !verify(&quote.signature, message.as_bytes(), root) {
		return Err(EvidenceError::BadSignature);
	}
	Ok(Claims {
		tee: TeeKind::Software,
		measurement: quote.measurement,
		hardware: quote.hardware,
		gpu: None,
		report_data: quote.report_data,
	})
}

/// As [`verify`], for a quote that names a GPU.
///
/// Errors: those of [`verify`].
pub fn verify_gpu(
	root: Option<&ed25519::Public>,
	quote: &SoftwareGpuQuote,
	report_data: &[u8; 64],
	verify: impl FnOnce(&ed25519::Signature, &[u8], &ed25519::Public) -> bool,
) -> Result<Claims, EvidenceError> {
	let root = root.ok_or(EvidenceError::TeeNotAccepted)?;
	if quote.report_data != *report_data {
		return Err(EvidenceError::WrongReportData);
	}
	let message = SoftwareGpuQuote::signing_hash(
		&quote.measurement,
		&quote.report_data,
		&quote.hardware,
		&quote.gpu,
	);
	if !verify(&quote.signature, message.as_bytes(), root) {
		return Err(EvidenceError::BadSignature);
	}
	Ok(Claims {
		tee: TeeKind::Software,
		measurement: quote.measurement,
		hardware: quote.hardware,
		gpu: Some(quote.gpu),
		report_data: quote.report_data,
	})
}

/// The development root with its secret, which everybody has.
#[cfg(feature = "std")]
pub fn development_root() -> ed25519::Pair {
	use sp_core::Pair;
	ed25519::Pair::from_seed(&sp_crypto_hashing::blake2_256(DEVELOPMENT_ROOT_PHRASE))
}

/// A quote that names a GPU, signed by `root`.
#[cfg(feature = "std")]
pub fn quote_gpu(
	root: &ed25519::Pair,
	measurement: H256,
	report_data: [u8; 64],
	hardware: H256,
	gpu: H256,
) -> SoftwareGpuQuote {
	use sp_core::Pair;
	let message = SoftwareGpuQuote::signing_hash(&measurement, &report_data, &hardware, &gpu);
	SoftwareGpuQuote {
		measurement,
		report_data,
		hardware,
		gpu,
		signature: root.sign(message.as_bytes()),
	}
}

/// A quote signed by `root`.
#[cfg(feature = "std")]
pub fn quote(
	root: &ed25519::Pair,
	measurement: H256,
	report_data: [u8; 64],
	hardware: H256,
) -> SoftwareQuote {
	use sp_core::Pair;
	let message = SoftwareQuote::signing_hash(&measurement, &report_data, &hardware);
	SoftwareQuote {
		measurement,
		report_data,
		hardware,
		signature: root.sign(message.as_bytes()),
	}
}
