#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod certificates;
mod gpu;
mod gramine;
mod software;
mod tsm;

pub use gpu::{GpuCommand, GpuSource, NoGpu};
pub use gramine::GramineAttester;
pub use software::SoftwareAttester;
pub use tsm::TsmAttester;

use aci_primitives::evidence::{Evidence, Registration};
use std::{
	fs::File,
	io::{self, Read},
	path::Path,
	time::Duration,
};

/// How long an interface of the kernel may take to answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
/// How often an answer that was mixed with another's is asked for again.
pub(crate) const TRIES: usize = 3;

/// Why a TEE did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum AttesterError {
	/// What was sealed does not open.
	#[error(
		"the sealed keys do not open ({0}): they were made by another program or on another \
		 machine; start with a new --data-dir"
	)]
	Unseal(String),
	/// Secrets may not be stored.
	#[error(
		"this TEE seals nothing: put --data-dir on a disk that is encrypted with a key that only \
		 the measured program gets, and say so with --encrypted-disk"
	)]
	NothingSealed,
	/// The interface of the TEE is not there.
	#[error("{path} cannot be used ({error}): {hint}")]
	Interface {
		/// The file or folder.
		path: String,
		/// What the system says.
		error: io::Error,
		/// What to do.
		hint: &'static str,
	},
	/// The interface gives something that is not evidence.
	#[error("{what}: {hint}")]
	Answer {
		/// What is wrong.
		what: String,
		/// What to do.
		hint: &'static str,
	},
	/// Others use the interface at the same time.
	#[error(
		"the TEE answered others instead, {TRIES} times: stop other programs that ask it for \
		 evidence, and try again"
	)]
	Raced,
	/// The command for the GPUs' evidence failed.
	#[error("the command for the evidence of GPUs failed: {0}")]
	GpuCommand(String),
}

/// A TEE as the worker uses it.
pub trait Attester: Send + Sync {
	/// Name for people.
	fn name(&self) -> &'static str;
	/// Evidence for a registration.
	fn quote(&self, registration: &Registration) -> Result<Evidence, AttesterError>;
	/// Makes a secret fit to be stored.
	fn seal(&self, secret: &[u8]) -> Result<Vec<u8>, AttesterError>;
	/// The inverse of [`Attester::seal`].
	fn unseal(&self, sealed: &[u8]) -> Result<Vec<u8>, AttesterError>;
}

/// What stands before everything that is stored as it is, on a disk that is encrypted.
const ENCRYPTED_DISK: &[u8] = b"aci/encrypted-disk/1";

/// Sealing by the disk, where the operator says that it is encrypted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DiskSeal {
	pub encrypted: bool,
}

impl DiskSeal {
	pub fn seal(&self, secret: &[u8]) -> Result<Vec<u8>, AttesterError> {
		if !self.encrypted {
			return Err(AttesterError::NothingSealed);
		}
		Ok([ENCRYPTED_DISK, secret].concat())
	}

	pub fn unseal(&self, sealed: &[u8]) -> Result<Vec<u8>, AttesterError> {
		if !self.encrypted {
			return Err(AttesterError::NothingSealed);
		}
		sealed
			.strip_prefix(ENCRYPTED_DISK)
			.map(<[u8]>::to_vec)
			.ok_or_else(|| AttesterError::Unseal("not stored by a worker in a TEE".into()))
	}
}

/// Reads a file of at most `most` bytes. A longer one is an error.
pub(crate) fn read_bounded(path: &Path, most: usize) -> io::Result<Vec<u8>> {
	let mut bytes = Vec::new();
	// A bound of the interface, far below the largest number.
	let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
	File::open(path)?.take(limit).read_to_end(&mut bytes)?;
	if bytes.len() > most {
		return Err(io::Error::new(
			io::ErrorKind::FileTooLarge,
			format!("it has more than {most} bytes"),
		));
	}
	Ok(bytes)
}

/// The report data in a quote of SGX or TDX, or in a report of SEV-SNP.
pub(crate) fn carries(bytes: &[u8], place: usize, report_data: &[u8; 64]) -> bool {
	bytes
		.get(place..)
		.is_some_and(|rest| rest.starts_with(report_data))
}
