//! Public keys and signatures of the vendors' chains.
//!
//! # Guarantees
//!
//! 1. Only these are verified: ECDSA over P-256 and P-384 with SHA-256 or SHA-384, RSA of 2048, 3072
//!    or 4096 bits with exponent 65537 under PKCS #1 v1.5 with SHA-256 or SHA-384, and RSA-PSS with
//!    SHA-384 for hash and mask and a salt of 48 bytes.
//! 2. An EC key is a point on its curve, in uncompressed form, and not the point at infinity.
//! 3. No input makes verification panic, and its time is bounded by the key's size and the message's
//!    length.
//!
//! ECDSA is malleable: with (r, s) also (r, -s) verifies. So nothing identifies evidence by a hash
//! of its bytes.

mod rsa;

use crate::{
	der::{Reader, Tag},
	error::{Error, InPart, Malformed, Part},
};
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use sha2::{Digest, Sha256, Sha384};

const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const CURVE_P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const CURVE_P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const ECDSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const ECDSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03];
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const RSA_MGF1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08];
const RSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
const RSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
const RSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c];
const SHA384: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02];

/// How a signature was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
	/// ECDSA over a SHA-256 digest.
	EcdsaSha256,
	/// ECDSA over a SHA-384 digest.
	EcdsaSha384,
	/// RSA, PKCS #1 v1.5, SHA-256.
	RsaSha256,
	/// RSA, PKCS #1 v1.5, SHA-384.
	RsaSha384,
	/// RSA-PSS, SHA-384, salt of 48 bytes.
	RsaPssSha384,
}

impl Algorithm {
	/// From the content of an AlgorithmIdentifier.
	///
	/// Errors: [`Error::Malformed`], [`Error::Unsupported`], both of `part`.
	pub fn parse(content: &[u8], part: Part) -> Result<Self, Error> {
		let mut reader = Reader::new(content);
		let algorithm = match reader.oid().part(part)? {
			ECDSA_SHA256 => Self::EcdsaSha256,
			ECDSA_SHA384 => Self::EcdsaSha384,
			RSA_SHA256 => Self::RsaSha256,
			RSA_SHA384 => Self::RsaSha384,
			RSA_PSS => Self::RsaPssSha384,
			_ => return Err(Error::Unsupported(part)),
		};
		match algorithm {
			Self::EcdsaSha256 | Self::EcdsaSha384 => {}
			Self::RsaSha256 | Self::RsaSha384 => null(&mut reader).part(part)?,
			Self::RsaPssSha384 => {
				if !pss_is_sha384(&mut reader).part(part)? {
					return Err(Error::Unsupported(part));
				}
			}
		}
		reader.finish().part(part)?;
		Ok(algorithm)
	}
}

/// NULL with no content.
fn null(reader: &mut Reader) -> Result<(), Malformed> {
	if reader.expect(Tag::NULL)?.content.is_empty() {
		Ok(())
	} else {
		Err(Malformed)
	}
}

/// Whether PSS parameters ask for SHA-384, MGF1 with SHA-384 and a salt of 48 bytes.
fn pss_is_sha384(reader: &mut Reader) -> Result<bool, Malformed> {
	let mut parameters = reader.sequence()?;
	let mut hash = Reader::new(parameters.expect(Tag::explicit(0))?.content);
	let hash_is_sha384 = is_sha384(&mut hash)?;
	hash.finish()?;
	let mut mask = Reader::new(parameters.expect(Tag::explicit(1))?.content);
	let mut mask_algorithm = mask.sequence()?;
	mask.finish()?;
	let mask_is_mgf1 = mask_algorithm.oid()? == RSA_MGF1;
	let mask_is_sha384 = is_sha384(&mut mask_algorithm)?;
	mask_algorithm.finish()?;
	let mut salt = Reader::new(parameters.expect(Tag::explicit(2))?.content);
	let salt_length = salt.u64()?;
	salt.finish()?;
	// The trailer field's only value is its default. DER leaves a default out; AMD writes it.
	if let Some(trailer) = parameters.optional(Tag::explicit(3))? {
		let mut trailer = Reader::new(trailer.content);
		if trailer.u64()? != 1 {
			return Err(Malformed);
		}
		trailer.finish()?;
	}
	parameters.finish()?;
	Ok(hash_is_sha384 && mask_is_mgf1 && mask_is_sha384 && salt_length == 48)
}

fn is_sha384(reader: &mut Reader) -> Result<bool, Malformed> {
	let mut algorithm = reader.sequence()?;
	let is = algorithm.oid()? == SHA384;
	if !algorithm.is_empty() {
		null(&mut algorithm)?;
	}
	algorithm.finish()?;
	Ok(is)
}

/// A public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicKey<'a> {
	/// A point of P-256: x, then y, 32 bytes each, big-endian.
	P256(&'a [u8]),
	/// A point of P-384: x, then y, 48 bytes each, big-endian.
	P384(&'a [u8]),
	/// An RSA modulus, big-endian; the exponent is 65537.
	Rsa(&'a [u8]),
}

impl<'a> PublicKey<'a> {
	/// From a SubjectPublicKeyInfo with its tag and length. That a point is on its curve is checked
	/// when the key is used.
	///
	/// Errors: [`Error::Malformed`], [`Error::Unsupported`], both of `part`.
	pub fn parse(encoding: &'a [u8], part: Part) -> Result<Self, Error> {
		let mut outer = Reader::new(encoding);
		let mut info = outer.sequence().part(part)?;
		outer.finish().part(part)?;
		let mut algorithm = info.sequence().part(part)?;
		let bits = info.bit_string().part(part)?;
		info.finish().part(part)?;
		match algorithm.oid().part(part)? {
			EC_PUBLIC_KEY => {
				let curve = algorithm.oid().part(part)?;
				algorithm.finish().part(part)?;
				match (curve, bits) {
					(CURVE_P256, [4, point @ ..]) if point.len() == 64 => Ok(Self::P256(point)),
					(CURVE_P384, [4, point @ ..]) if point.len() == 96 => Ok(Self::P384(point)),
					(CURVE_P256 | CURVE_P384, _) => Err(Error::Malformed(part)),
					_ => Err(Error::Unsupported(part)),
				}
			}
			RSA_ENCRYPTION => {
				null(&mut algorithm).part(part)?;
				algorithm.finish().part(part)?;
				let mut outer = Reader::new(bits);
				let mut key = outer.sequence().part(part)?;
				outer.finish().part(part)?;
				let modulus = key.unsigned().part(part)?;
				let exponent = key.u64().part(part)?;
				key.finish().part(part)?;
				if !rsa::supported(modulus) || exponent != 65_537 {
					return Err(Error::Unsupported(part));
				}
				Ok(Self::Rsa(modulus))
			}
			_ => Err(Error::Unsupported(part)),
		}
	}

	/// Checks a signature as certificates carry it: ECDSA's as DER, RSA's as bytes.
	///
	/// Errors: [`Error::BadSignature`] of `part`.
	pub fn verify(
		&self,
		algorithm: Algorithm,
		message: &[u8],
		signature: &[u8],
		part: Part,
	) -> Result<(), Error> {
		let stands = match (self, algorithm) {
			(Self::P256(point), Algorithm::EcdsaSha256) => {
				p256_der(point, &Sha256::digest(message), signature)
			}
			(Self::P256(point), Algorithm::EcdsaSha384) => {
				p256_der(point, &Sha384::digest(message), signature)
			}
			(Self::P384(point), Algorithm::EcdsaSha256) => {
				p384_der(point, &Sha256::digest(message), signature)
			}
			(Self::P384(point), Algorithm::EcdsaSha384) => {
				p384_der(point, &Sha384::digest(message), signature)
			}
			(Self::Rsa(modulus), Algorithm::RsaSha256) => {
				rsa::verify_pkcs1_sha256(modulus, &Sha256::digest(message), signature)
			}
			(Self::Rsa(modulus), Algorithm::RsaSha384) => {
				rsa::verify_pkcs1_sha384(modulus, &Sha384::digest(message), signature)
			}
			(Self::Rsa(modulus), Algorithm::RsaPssSha384) => {
				rsa::verify_pss_sha384(modulus, &Sha384::digest(message), signature)
			}
			_ => false,
		};
		if stands {
			Ok(())
		} else {
			Err(Error::BadSignature(part))
		}
	}
}

/// Checks an ECDSA signature of P-256 and SHA-256. `point` is x and y, `signature` r and s; all four
/// 32 bytes, big-endian.
///
/// Errors: [`Error::BadSignature`] of `part`.
pub fn verify_p256(
	point: &[u8],
	message: &[u8],
	signature: &[u8; 64],
	part: Part,
) -> Result<(), Error> {
	let (r, s) = signature.split_at(32);
	if p256_scalars(point, &Sha256::digest(message), r, s).is_some() {
		Ok(())
	} else {
		Err(Error::BadSignature(part))
	}
}

/// Checks an ECDSA signature of P-384 and SHA-384. `point` is x and y, `signature` r and s; all four
/// 48 bytes, big-endian.
///
/// Errors: [`Error::BadSignature`] of `part`.
pub fn verify_p384(
	point: &[u8],
	message: &[u8],
	signature: &[u8; 96],
	part: Part,
) -> Result<(), Error> {
	let (r, s) = signature.split_at(48);
	if p384_scalars(point, &Sha384::digest(message), r, s).is_some() {
		Ok(())
	} else {
		Err(Error::BadSignature(part))
	}
}

fn p256_der(point: &[u8], digest: &[u8], signature: &[u8]) -> bool {
	ecdsa_integers(signature)
		.ok()
		.and_then(|(r, s)| p256_scalars(point, digest, r, s))
		.is_some()
}

fn p384_der(point: &[u8], digest: &[u8], signature: &[u8]) -> bool {
	ecdsa_integers(signature)
		.ok()
		.and_then(|(r, s)| p384_scalars(point, digest, r, s))
		.is_some()
}

fn ecdsa_integers(signature: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
	let mut outer = Reader::new(signature);
	let mut pair = outer.sequence()?;
	outer.finish()?;
	let r = pair.unsigned()?;
	let s = pair.unsigned()?;
	pair.finish()?;
	Ok((r, s))
}

/// `bytes` with zeros in front.
fn padded<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
	let mut whole = [0u8; N];
	let start = N.checked_sub(bytes.len())?;
	whole.get_mut(start..)?.copy_from_slice(bytes);
	Some(whole)
}

/// `point` in SEC 1's uncompressed form.
fn uncompressed<const N: usize>(point: &[u8]) -> Option<[u8; N]> {
	let mut whole = padded::<N>(point)?;
	if point.len().checked_add(1)? != N {
		return None;
	}
	*whole.first_mut()? = 4;
	Some(whole)
}

fn p256_scalars(point: &[u8], digest: &[u8], r: &[u8], s: &[u8]) -> Option<()> {
	use p256::ecdsa::{Signature, VerifyingKey};
	let key = VerifyingKey::from_sec1_bytes(&uncompressed::<65>(point)?).ok()?;
	let signature = Signature::from_scalars(padded::<32>(r)?, padded::<32>(s)?).ok()?;
	key.verify_prehash(digest, &signature).ok()
}

fn p384_scalars(point: &[u8], digest: &[u8], r: &[u8], s: &[u8]) -> Option<()> {
	use p384::ecdsa::{Signature, VerifyingKey};
	let key = VerifyingKey::from_sec1_bytes(&uncompressed::<97>(point)?).ok()?;
	let signature = Signature::from_scalars(padded::<48>(r)?, padded::<48>(s)?).ok()?;
	key.verify_prehash(digest, &signature).ok()
}

#[cfg(test)]
mod tests;
