//! Two verifiers of SGX and TDX quotes side by side: ours and `dcap-qvl`.
//!
//! Both get the same bytes and the same time. The tests say where they must agree, and in which
//! direction they may differ: ours may refuse what the other accepts, never the other way round.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

use aci_attestation::{
	dcap::{verify, Collateral, Policy},
	pem,
	roots::VENDORS,
};
use dcap_qvl::QuoteCollateralV3;
use std::{
	env, fs,
	io::{self, Write},
	path::PathBuf,
};

/// A quote and its collateral.
#[derive(Clone)]
pub struct Sample {
	/// The quote.
	pub quote: Vec<u8>,
	/// The collateral, in the other's form.
	pub collateral: QuoteCollateralV3,
}

/// The words of both verifiers: the platform's state, or that the evidence is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
	/// Ours.
	pub ours: Option<String>,
	/// The other's.
	pub other: Option<String>,
}

impl Words {
	/// Whether both say the same.
	pub fn agree(&self) -> bool {
		self.ours == self.other
	}

	/// Whether both say the same, or ours refuses what the other accepts.
	pub fn ours_is_not_laxer(&self) -> bool {
		self.ours.is_none() || self.agree()
	}
}

impl Sample {
	/// The sample of a name, or `None` where the evidence is not there.
	///
	/// It lies in the folder named by `ACI_EVIDENCE_DIR`, else in `~/.cache/aci/evidence`, where
	/// `scripts/evidence.sh` puts it.
	///
	/// # Panics
	///
	/// If it is missing under `ACI_EVIDENCE=required`, or not in the expected form.
	pub fn read(name: &str) -> Option<Self> {
		let folder = env::var_os("ACI_EVIDENCE_DIR")
			.map(PathBuf::from)
			.unwrap_or_else(|| {
				let home = PathBuf::from(env::var_os("HOME").unwrap_or_default());
				let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
				cache.unwrap_or(home.join(".cache")).join("aci/evidence")
			});
		let quote = fs::read(folder.join("intel").join(name)).ok();
		let json = fs::read(folder.join("intel").join(format!("{name}_collateral.json"))).ok();
		let (Some(quote), Some(json)) = (quote, json) else {
			let required = env::var("ACI_EVIDENCE").as_deref() == Ok("required");
			assert!(!required, "{name} is missing: run scripts/evidence.sh");
			// Not by a macro that prints: the runner would hide the line of a test that passes.
			let line = format!("skipped: {name} is missing: run scripts/evidence.sh\n");
			let _ = io::stderr().write_all(line.as_bytes());
			return None;
		};
		let collateral = serde_json::from_slice(&json).expect("the collateral's form");
		Some(Self { quote, collateral })
	}

	/// What both say at a time.
	pub fn judge(&self, now: u64) -> Words {
		let other = dcap_qvl::verify::rustcrypto::verify(&self.quote, &self.collateral, now);
		Words {
			ours: self.ours(now),
			other: other.ok().map(|report| report.status),
		}
	}

	fn ours(&self, now: u64) -> Option<String> {
		let their = &self.collateral;
		let chain = pem::certificates(their.tcb_info_issuer_chain.as_bytes()).ok()?;
		let collateral = Collateral {
			tcb_info: their.tcb_info.as_bytes(),
			tcb_info_signature: their.tcb_info_signature.as_slice().try_into().ok()?,
			qe_identity: their.qe_identity.as_bytes(),
			qe_identity_signature: their.qe_identity_signature.as_slice().try_into().ok()?,
			signing_certificate: chain.first()?,
			qe_identity_certificate: chain.first()?,
			root_revocation_list: &their.root_ca_crl,
			pck_revocation_list: &their.pck_crl,
		};
		let policy = Policy {
			accepted: u8::MAX,
			evaluation: 0,
		};
		let verified = verify(&self.quote, &collateral, now, &policy, &VENDORS).ok()?;
		Some(String::from_utf8_lossy(verified.status.word()).into_owned())
	}
}
