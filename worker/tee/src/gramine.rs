//! Intel SGX through Gramine's `/dev/attestation`.
//!
//! What is written to `user_report_data` is in the quote that `quote` then gives. The files are one for
//! the whole enclave, so requests go one after the other, and the report data in the quote is compared.

use crate::{carries, read_bounded, Attester, AttesterError, DiskSeal, TRIES};
use aci_primitives::evidence::{Evidence, Registration};
use std::{
	fs, io,
	path::{Path, PathBuf},
	sync::{Mutex, PoisonError},
};

/// Where Gramine has the interface.
const FOLDER: &str = "/dev/attestation";
/// Most bytes of a quote.
const MOST: usize = 16 * 1024;
/// Where the report data is in a quote of SGX.
const REPORT_DATA: usize = 48 + 320;
const HINT: &str =
	"run the worker under gramine-sgx with `sgx.remote_attestation = \"dcap\"` in its \
                    manifest, or name another folder with --gramine-path";

/// An enclave of SGX that Gramine runs.
pub struct GramineAttester {
	folder: PathBuf,
	asking: Mutex<()>,
	seal: DiskSeal,
}

impl GramineAttester {
	/// At Gramine's own place, or in another folder.
	///
	/// `encrypted_disk` is the operator's word that what is stored is safe.
	pub fn new(folder: Option<PathBuf>, encrypted_disk: bool) -> Self {
		Self {
			folder: folder.unwrap_or_else(|| FOLDER.into()),
			asking: Mutex::new(()),
			seal: DiskSeal {
				encrypted: encrypted_disk,
			},
		}
	}
}

impl Attester for GramineAttester {
	fn name(&self) -> &'static str {
		"gramine"
	}

	fn quote(&self, registration: &Registration) -> Result<Evidence, AttesterError> {
		let _alone = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
		let kind = self.folder.join("attestation_type");
		let kind = read_bounded(&kind, 64).map_err(|error| unusable(&kind, error))?;
		let kind = String::from_utf8_lossy(&kind).trim().to_string();
		if kind != "dcap" {
			return Err(AttesterError::Answer {
				what: format!("Gramine attests by `{kind}`, not by `dcap`"),
				hint: HINT,
			});
		}
		let report_data = registration.report_data(&[]);
		for _ in 0..TRIES {
			let path = self.folder.join("user_report_data");
			fs::write(&path, report_data).map_err(|error| unusable(&path, error))?;
			let path = self.folder.join("quote");
			let quote = read_bounded(&path, MOST).map_err(|error| unusable(&path, error))?;
			if carries(&quote, REPORT_DATA, &report_data) {
				let quote = quote.try_into().map_err(|_| AttesterError::Answer {
					what: "the quote is too long".into(),
					hint: HINT,
				})?;
				return Ok(Evidence::Sgx(quote));
			}
		}
		Err(AttesterError::Raced)
	}

	fn seal(&self, secret: &[u8]) -> Result<Vec<u8>, AttesterError> {
		self.seal.seal(secret)
	}

	fn unseal(&self, sealed: &[u8]) -> Result<Vec<u8>, AttesterError> {
		self.seal.unseal(sealed)
	}
}

fn unusable(path: &Path, error: io::Error) -> AttesterError {
	AttesterError::Interface {
		path: path.display().to_string(),
		error,
		hint: HINT,
	}
}
