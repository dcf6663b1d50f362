//! Certificates: a quorum's signatures on one statement, or a quorum's timeouts of one view.
//!
//! # Guarantees
//!
//! 1. A certificate that verifies holds valid signatures of at least [`crate::quorum`] different
//!    authorities of the set that it is checked against, for that set's number and that genesis.
//! 2. Signers are in rising order without repeats; a certificate has one encoding.
//! 3. Checking one costs at most one signature check per authority of the set, and stops at the
//!    first fault; the count is compared with the quorum before any signature is checked.
//!
//! A certificate's size is linear in the set: 66 bytes a signer, 74 in a timeout certificate.

use crate::{
	message::{Context, FirstVote, SecondVote, Statement, Timeout},
	scheme::{AuthoritySignature, Scheme},
	types::{AuthorityIndex, AuthoritySet, BlockHash, SetId, Target, View, MAX_AUTHORITIES},
};
use alloc::boxed::Box;
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;
use sp_core::{bounded::BoundedVec, ConstU32, H256};

/// A list with at most one entry per authority.
pub type PerAuthority<T> = BoundedVec<T, ConstU32<MAX_AUTHORITIES>>;

/// Why a certificate does not stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateError {
	/// It belongs to another authority set.
	OtherSet,
	/// Fewer signers than a quorum.
	NoQuorum,
	/// Signers are not in rising order, or one is not in the set.
	Signers,
	/// A signature is not its signer's.
	Signature,
	/// A timeout certificate's highest certificate is not the one that its timeouts name.
	High,
	/// No first or second vote can be cast in view 0.
	View,
}

/// What the votes of a certificate say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum Phase {
	/// First votes.
	#[codec(index = 0)]
	First(FirstVote),
	/// Second votes: the target is final.
	#[codec(index = 1)]
	Second(SecondVote),
}

/// A quorum's votes of one phase for one target in one view.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct QuorumCertificate {
	/// The authority set.
	pub set: SetId,
	/// The vote that all signers signed.
	pub vote: Phase,
	/// Signers in rising order, with their signatures.
	pub signatures: PerAuthority<(AuthorityIndex, AuthoritySignature)>,
}

impl QuorumCertificate {
	/// The view.
	pub fn view(&self) -> View {
		match &self.vote {
			Phase::First(vote) => vote.view,
			Phase::Second(vote) => vote.view,
		}
	}

	/// The block.
	pub fn target(&self) -> Target {
		match &self.vote {
			Phase::First(vote) => vote.target,
			Phase::Second(vote) => vote.target,
		}
	}

	/// Whether these are second votes, which finalise.
	pub fn finalises(&self) -> bool {
		matches!(self.vote, Phase::Second(_))
	}

	/// Checks the certificate against its set.
	pub fn verify<S: Scheme>(
		&self,
		genesis: BlockHash,
		set: &AuthoritySet,
	) -> Result<(), CertificateError> {
		self.verify_quorum::<S>(genesis, set, set.quorum())
	}

	/// Checks the certificate where `quorum` signatures are needed.
	pub(crate) fn verify_quorum<S: Scheme>(
		&self,
		genesis: BlockHash,
		set: &AuthoritySet,
		quorum: usize,
	) -> Result<(), CertificateError> {
		if self.set != set.id() {
			return Err(CertificateError::OtherSet);
		}
		if self.view() == 0 {
			return Err(CertificateError::View);
		}
		check_signers(
			self.signatures.iter().map(|(signer, _)| *signer),
			set,
			quorum,
		)?;
		let statement = match self.vote {
			Phase::First(vote) => Statement::First(vote),
			Phase::Second(vote) => Statement::Second(vote),
		};
		let payload = Context {
			genesis,
			set: self.set,
		}
		.payload(&statement);
		for (signer, signature) in &self.signatures {
			check_signature::<S>(set, *signer, &payload, signature)?;
		}
		Ok(())
	}
}

/// One timeout within a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct CertifiedTimeout {
	/// Who gave the view up.
	pub signer: AuthorityIndex,
	/// View of the highest certificate that it had seen.
	pub high_view: View,
	/// Its signature.
	pub signature: AuthoritySignature,
}

/// A quorum's timeouts of one view, with the highest certificate that any of them names.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct TimeoutCertificate {
	/// The authority set.
	pub set: SetId,
	/// The view that was given up.
	pub view: View,
	/// Timeouts by rising signer.
	pub timeouts: PerAuthority<CertifiedTimeout>,
	/// The certificate of the highest view named; none where all name 0.
	pub high: Option<Box<QuorumCertificate>>,
}

impl TimeoutCertificate {
	/// The highest view that a timeout names.
	pub fn high_view(&self) -> View {
		self.timeouts
			.iter()
			.map(|timeout| timeout.high_view)
			.max()
			.unwrap_or(0)
	}

	/// What a proposal and its votes sign of this certificate.
	pub fn digest(&self) -> H256 {
		H256(sp_crypto_hashing::blake2_256(&self.encode()))
	}

	/// Checks the certificate against its set, its highest certificate included.
	pub fn verify<S: Scheme>(
		&self,
		genesis: BlockHash,
		set: &AuthoritySet,
	) -> Result<(), CertificateError> {
		self.verify_quorum::<S>(genesis, set, set.quorum())
	}

	/// Checks the certificate where `quorum` signatures are needed.
	pub(crate) fn verify_quorum<S: Scheme>(
		&self,
		genesis: BlockHash,
		set: &AuthoritySet,
		quorum: usize,
	) -> Result<(), CertificateError> {
		if self.set != set.id() {
			return Err(CertificateError::OtherSet);
		}
		if self.view == 0 {
			return Err(CertificateError::View);
		}
		check_signers(
			self.timeouts.iter().map(|timeout| timeout.signer),
			set,
			quorum,
		)?;
		let high_view = self.high_view();
		match &self.high {
			None if high_view == 0 => {}
			Some(high)
				if high.view() == high_view && high_view <= self.view && !high.finalises() =>
			{
				high.verify_quorum::<S>(genesis, set, quorum)?;
			}
			_ => return Err(CertificateError::High),
		}
		let context = Context {
			genesis,
			set: self.set,
		};
		for timeout in &self.timeouts {
			let payload = context.payload(&Statement::Timeout(Timeout {
				view: self.view,
				high_view: timeout.high_view,
			}));
			check_signature::<S>(set, timeout.signer, &payload, &timeout.signature)?;
		}
		Ok(())
	}
}

/// What finalises a block for those who did not follow the votes: a certificate of second votes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Justification {
	/// The certificate.
	pub certificate: QuorumCertificate,
}

impl Justification {
	/// The block that is final, with all its ancestors.
	pub fn target(&self) -> Target {
		self.certificate.target()
	}

	/// Checks that a quorum of `set` finalised the target.
	pub fn verify<S: Scheme>(
		&self,
		genesis: BlockHash,
		set: &AuthoritySet,
	) -> Result<(), CertificateError> {
		if !self.certificate.finalises() {
			return Err(CertificateError::NoQuorum);
		}
		self.certificate.verify::<S>(genesis, set)
	}
}

fn check_signers(
	signers: impl ExactSizeIterator<Item = AuthorityIndex>,
	set: &AuthoritySet,
	quorum: usize,
) -> Result<(), CertificateError> {
	if signers.len() < quorum {
		return Err(CertificateError::NoQuorum);
	}
	let mut previous = None;
	for signer in signers {
		if previous.is_some_and(|previous| previous >= signer) || set.authority(signer).is_none() {
			return Err(CertificateError::Signers);
		}
		previous = Some(signer);
	}
	Ok(())
}

fn check_signature<S: Scheme>(
	set: &AuthoritySet,
	signer: AuthorityIndex,
	payload: &[u8],
	signature: &AuthoritySignature,
) -> Result<(), CertificateError> {
	let authority = set.authority(signer).ok_or(CertificateError::Signers)?;
	if S::verify(authority, payload, signature) {
		Ok(())
	} else {
		Err(CertificateError::Signature)
	}
}
