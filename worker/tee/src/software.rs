//! The TEE of development chains.
//!
//! It protects nothing: anybody can sign its quotes, and it seals by copying. Only development chains
//! accept it. Secrets are then guarded by the permissions of the data directory alone.

use crate::{Attester, AttesterError};
use aci_poai::software_tee;
use aci_primitives::evidence::{Evidence, Registration};
use sha2::{Digest, Sha256};
use sp_core::{ed25519, H256};

/// The TEE of development chains; it protects nothing.
pub struct SoftwareAttester {
	root: ed25519::Pair,
	hardware: H256,
}

/// What stands before everything that the software TEE "sealed".
const PLAIN: &[u8] = b"aci/software-seal/1";

impl SoftwareAttester {
	/// The development TEE of this machine.
	pub fn new() -> Self {
		// A machine without an identity gets that of nothing; the development TEE needs no more.
		let machine = std::fs::read("/etc/machine-id").unwrap_or_default();
		let mut hasher = Sha256::new();
		hasher.update(b"aci/software-machine/1");
		hasher.update(&machine);
		SoftwareAttester {
			root: software_tee::development_root(),
			hardware: H256(hasher.finalize().into()),
		}
	}
}

impl Default for SoftwareAttester {
	fn default() -> Self {
		Self::new()
	}
}

impl Attester for SoftwareAttester {
	fn name(&self) -> &'static str {
		"software"
	}

	fn quote(&self, registration: &Registration) -> Result<Evidence, AttesterError> {
		Ok(Evidence::Software(software_tee::quote(
			&self.root,
			software_tee::DEVELOPMENT_MEASUREMENT,
			registration.report_data(&[]),
			self.hardware,
		)))
	}

	fn seal(&self, secret: &[u8]) -> Result<Vec<u8>, AttesterError> {
		Ok([PLAIN, secret].concat())
	}

	fn unseal(&self, sealed: &[u8]) -> Result<Vec<u8>, AttesterError> {
		sealed
			.strip_prefix(PLAIN)
			.map(<[u8]>::to_vec)
			.ok_or_else(|| AttesterError::Unseal("not of the software TEE".into()))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use aci_primitives::AccountId;

	#[test]
	fn a_quote_stands_for_its_registration_and_for_no_other() {
		let registration = Registration {
			genesis: H256::repeat_byte(1),
			account: AccountId::new([2; 32]),
			session_key: ed25519::Public::from_raw([3; 32]),
			data_key: [4; 32],
			recent_block: H256::repeat_byte(5),
		};
		let attester = SoftwareAttester::new();
		let Evidence::Software(quote) = attester.quote(&registration).expect("always") else {
			panic!("the software TEE of a worker without a GPU names none");
		};
		let root = software_tee::development_root_key();
		let verify = |report_data: &[u8; 64]| {
			software_tee::verify(Some(&root), &quote, report_data, aci_poai::verify_ed25519)
		};
		let claims = verify(&registration.report_data(&[])).expect("stands");
		assert_eq!(claims.measurement, software_tee::DEVELOPMENT_MEASUREMENT);
		let other = Registration {
			account: AccountId::new([9; 32]),
			..registration
		};
		assert!(verify(&other.report_data(&[])).is_err());
	}

	#[test]
	fn what_was_not_sealed_here_does_not_open() {
		let attester = SoftwareAttester::new();
		let sealed = attester.seal(b"secret").expect("always");
		assert_eq!(attester.unseal(&sealed).expect("opens"), b"secret");
		assert!(attester.unseal(b"secret").is_err());
	}
}
