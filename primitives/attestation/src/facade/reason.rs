//! Why evidence does not stand, in the chain's terms.

use crate::error::{Error, Part};
use aci_primitives::evidence::EvidenceError;

/// Whether a part is what the chain has of the vendor, rather than the worker's own.
const fn is_collateral(part: Part) -> bool {
	matches!(
		part,
		Part::CollateralCertificate | Part::RevocationList | Part::TcbInfo | Part::QeIdentity
	)
}

impl From<Error> for EvidenceError {
	fn from(error: Error) -> Self {
		match error {
			Error::Malformed(_) => Self::Malformed,
			Error::TooLarge(_) => Self::TooLarge,
			Error::Unsupported(_) => Self::Unsupported,
			Error::BadSignature(_) => Self::BadSignature,
			Error::UntrustedChain(_) => Self::UntrustedChain,
			Error::NotAllowedToSign(_) => Self::NotAllowedToSign,
			Error::NotYetValid(_) => Self::NotYetValid,
			Error::Expired(part) if is_collateral(part) => Self::CollateralExpired,
			Error::Expired(_) => Self::Expired,
			Error::Revoked(_) => Self::Revoked,
			Error::CollateralMissing(_) => Self::CollateralMissing,
			Error::CollateralMismatch(_) => Self::CollateralMismatch,
			Error::Rollback(_) => Self::CollateralOlder,
			Error::Inconsistent(_) => Self::Inconsistent,
			Error::Debug => Self::Debug,
			Error::PolicyForbids => Self::PolicyForbids,
			Error::TcbNotAccepted => Self::TcbNotAccepted,
			Error::TcbUnknown => Self::TcbUnknown,
			Error::WrongReportData => Self::WrongReportData,
			Error::WrongNonce => Self::WrongNonce,
			Error::TeeNotAccepted => Self::TeeNotAccepted,
		}
	}
}
