//! Who issued a platform's certificate, and which collateral a quote needs.

use super::{
	pck::Platform,
	quote::{Body, Quote},
	tcb_info::Tee,
};
use crate::{
	error::{Error, InPart, Part},
	pem,
	x509::{common_name, Certificate},
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Intel's authorities for PCK certificates.
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
pub enum Authority {
	/// For platforms of one processor package.
	#[codec(index = 0)]
	Processor,
	/// For platforms of several.
	#[codec(index = 1)]
	Platform,
}

impl Authority {
	/// The authority whose certificate this is, by its name.
	pub fn of(certificate: &Certificate) -> Option<Self> {
		match common_name(certificate.subject) {
			Some(b"Intel SGX PCK Processor CA") => Some(Self::Processor),
			Some(b"Intel SGX PCK Platform CA") => Some(Self::Platform),
			_ => None,
		}
	}
}

/// Which collateral a quote is judged by.
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
pub struct Required {
	/// Which TEE: chooses TCB info and QE identity.
	pub tee: Tee,
	/// Which platform type: chooses the TCB info.
	pub fmspc: [u8; 6],
	/// Whose certificate: chooses the PCK revocation list.
	pub authority: Authority,
}

/// Reads which collateral a quote needs. Nothing is verified.
///
/// Errors: [`Error::Malformed`], [`Error::Unsupported`], [`Error::TooLarge`],
/// [`Error::UntrustedChain`].
pub fn required(quote: &[u8]) -> Result<Required, Error> {
	let part = Part::Certificate;
	let quote = Quote::parse(quote)?;
	let chain = pem::certificates(quote.pck_chain).part(part)?;
	let [pck, authority, ..] = &chain[..] else {
		return Err(Error::UntrustedChain(part));
	};
	let fmspc = Platform::of(&Certificate::parse(pck, part)?)?.fmspc;
	let authority = Authority::of(&Certificate::parse(authority, part)?);
	let tee = match quote.body {
		Body::Sgx(_) => Tee::Sgx,
		Body::Tdx(_) => Tee::Tdx,
	};
	Ok(Required {
		tee,
		fmspc,
		authority: authority.ok_or(Error::UntrustedChain(part))?,
	})
}
