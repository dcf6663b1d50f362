//! Why evidence or collateral does not stand.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// What an error is about.
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
pub enum Part {
	/// A certificate of the evidence's chain, or the chain itself.
	#[codec(index = 0)]
	Certificate,
	/// A certificate of the collateral's chain.
	#[codec(index = 1)]
	CollateralCertificate,
	/// A revocation list.
	#[codec(index = 2)]
	RevocationList,
	/// The quote or report that the TEE made.
	#[codec(index = 3)]
	Report,
	/// The report of Intel's quoting enclave inside a quote.
	#[codec(index = 4)]
	QuotingEnclave,
	/// Intel's statement on a platform's TCB.
	#[codec(index = 5)]
	TcbInfo,
	/// Intel's statement on its quoting enclave.
	#[codec(index = 6)]
	QeIdentity,
	/// The extension of a certificate that describes the attested key or chip.
	#[codec(index = 7)]
	Extension,
	/// A GPU's report.
	#[codec(index = 8)]
	DeviceReport,
	/// A certificate of a GPU's chain.
	#[codec(index = 9)]
	DeviceCertificate,
	/// A key.
	#[codec(index = 10)]
	Key,
}

/// Why evidence or collateral does not stand, and what to do.
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
pub enum Error {
	/// The bytes do not have the part's format. Send them as the vendor's tool gives them.
	#[codec(index = 0)]
	Malformed(Part),
	/// The part is larger, or has more items, than is read. Send only what the format asks for.
	#[codec(index = 1)]
	TooLarge(Part),
	/// A version, algorithm or critical extension that this verifier does not know.
	#[codec(index = 2)]
	Unsupported(Part),
	/// The signature is not by the key that must have made it.
	#[codec(index = 3)]
	BadSignature(Part),
	/// Certificates do not follow each other up to a pinned root.
	#[codec(index = 4)]
	UntrustedChain(Part),
	/// A certificate signs what its constraints or key usage do not let it sign.
	#[codec(index = 5)]
	NotAllowedToSign(Part),
	/// The part's time has not begun. Wait, or check the chain's clock.
	#[codec(index = 6)]
	NotYetValid(Part),
	/// The part's time is over. Fetch a new one.
	#[codec(index = 7)]
	Expired(Part),
	/// The vendor has revoked it. Use another machine.
	#[codec(index = 8)]
	Revoked(Part),
	/// The chain has no collateral of this kind. Have it uploaded first.
	#[codec(index = 9)]
	CollateralMissing(Part),
	/// The collateral is about another platform, or of another kind of TEE.
	#[codec(index = 10)]
	CollateralMismatch(Part),
	/// The collateral is older than what the chain has.
	#[codec(index = 11)]
	Rollback(Part),
	/// Two parts of the evidence that must agree do not: a chip, a TCB, a hash.
	#[codec(index = 12)]
	Inconsistent(Part),
	/// The TEE runs in debug mode, where its host reads its memory.
	#[codec(index = 13)]
	Debug,
	/// The TEE lets its host do what the policy forbids, such as migrate it.
	#[codec(index = 14)]
	PolicyForbids,
	/// The platform's TCB is not among the states that the policy accepts. Update its firmware.
	#[codec(index = 15)]
	TcbNotAccepted,
	/// The platform's TCB is below every level that the vendor lists.
	#[codec(index = 16)]
	TcbUnknown,
	/// The report data is not the hash of what is registered.
	#[codec(index = 17)]
	WrongReportData,
	/// A GPU's report does not carry the nonce that the registration gives it.
	#[codec(index = 18)]
	WrongNonce,
	/// The policy does not accept this kind of TEE.
	#[codec(index = 19)]
	TeeNotAccepted,
}

/// Bytes without the expected format. Becomes [`Error::Malformed`] with the part it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Names the part that a result without one is about.
pub trait InPart<T> {
	/// The value, or the error of `part`.
	fn part(self, part: Part) -> Result<T, Error>;
}

impl<T> InPart<T> for Result<T, Malformed> {
	fn part(self, part: Part) -> Result<T, Error> {
		self.map_err(|Malformed| Error::Malformed(part))
	}
}

/// Why a text is refused. Becomes the [`Error`] of the same name, of the part it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
	/// Without the expected format.
	Malformed,
	/// With more items than are read.
	TooLarge,
	/// Of a version or kind that is not known.
	Unsupported,
}

impl From<Malformed> for Refused {
	fn from(Malformed: Malformed) -> Self {
		Self::Malformed
	}
}

impl<T> InPart<T> for Result<T, Refused> {
	fn part(self, part: Part) -> Result<T, Error> {
		self.map_err(|refused| match refused {
			Refused::Malformed => Error::Malformed(part),
			Refused::TooLarge => Error::TooLarge(part),
			Refused::Unsupported => Error::Unsupported(part),
		})
	}
}

impl<T> InPart<T> for Option<T> {
	fn part(self, part: Part) -> Result<T, Error> {
		self.ok_or(Error::Malformed(part))
	}
}
