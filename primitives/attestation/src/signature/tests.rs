use super::*;
use crate::testing::{evidence, pki::Key, write};
use crate::x509::Certificate;
use proptest::prelude::*;

const PART: Part = Part::Key;

#[test]
fn a_signature_stands_for_its_message_and_key_alone() {
	for (key, other) in [(Key::p256(1), Key::p256(2)), (Key::p384(1), Key::p384(2))] {
		let algorithm = match key {
			Key::P256(_) => Algorithm::EcdsaSha256,
			Key::P384(_) => Algorithm::EcdsaSha384,
		};
		let (info, other) = (key.info(), other.info());
		let public = PublicKey::parse(&info, PART).unwrap();
		let other = PublicKey::parse(&other, PART).unwrap();
		let signature = key.sign(b"message");
		let bad = Err(Error::BadSignature(PART));
		assert_eq!(
			public.verify(algorithm, b"message", &signature, PART),
			Ok(())
		);
		assert_eq!(public.verify(algorithm, b"messagf", &signature, PART), bad);
		assert_eq!(other.verify(algorithm, b"message", &signature, PART), bad);
		assert_eq!(
			public.verify(Algorithm::RsaSha256, b"message", &signature, PART),
			bad
		);
	}
}

#[test]
fn raw_signatures_stand_as_der_ones_do() {
	let key = Key::p256(3);
	let signature: [u8; 64] = key.sign_raw(b"message").try_into().unwrap();
	assert_eq!(
		verify_p256(&key.point(), b"message", &signature, PART),
		Ok(())
	);
	assert!(verify_p256(&key.point(), b"other", &signature, PART).is_err());
	assert!(verify_p256(&key.point()[1..], b"message", &signature, PART).is_err());
	assert!(verify_p256(&[0; 64], b"message", &signature, PART).is_err());
	assert!(verify_p256(&key.point(), b"message", &[0; 64], PART).is_err());
	assert!(verify_p256(&key.point(), b"message", &[255; 64], PART).is_err());
	let key = Key::p384(3);
	let signature: [u8; 96] = key.sign_raw(b"message").try_into().unwrap();
	assert_eq!(
		verify_p384(&key.point(), b"message", &signature, PART),
		Ok(())
	);
	assert!(verify_p384(&key.point(), b"other", &signature, PART).is_err());
	assert!(verify_p384(&[0; 96], b"message", &signature, PART).is_err());
}

#[test]
fn a_point_off_its_curve_verifies_nothing() {
	let key = Key::p256(1);
	let mut point = key.point();
	point[63] ^= 1;
	let signature: [u8; 64] = key.sign_raw(b"message").try_into().unwrap();
	assert!(verify_p256(&point, b"message", &signature, PART).is_err());
}

#[test]
fn integers_of_a_signature_have_one_form() {
	let long = write::sequence(&[write::element(2, &[0, 0, 1]), write::number(1)]);
	assert!(ecdsa_integers(&long).is_err());
	let negative = write::sequence(&[write::element(2, &[0x81]), write::number(1)]);
	assert!(ecdsa_integers(&negative).is_err());
	let three = write::sequence(&[write::number(1), write::number(1), write::number(1)]);
	assert!(ecdsa_integers(&three).is_err());
	assert!(ecdsa_integers(&write::sequence(&[write::number(1), write::number(2)])).is_ok());
}

#[test]
fn unknown_keys_are_refused() {
	let ed25519 = write::sequence(&[
		write::sequence(&[write::oid(&[0x2b, 0x65, 0x70])]),
		write::bits(&[1; 32]),
	]);
	assert_eq!(
		PublicKey::parse(&ed25519, PART),
		Err(Error::Unsupported(PART))
	);
	let rsa = |modulus: &[u8], exponent: u64| {
		write::sequence(&[
			write::sequence(&[write::oid(RSA_ENCRYPTION), write::element(5, &[])]),
			write::bits(&write::sequence(&[
				write::unsigned(modulus),
				write::number(exponent),
			])),
		])
	};
	assert!(PublicKey::parse(&rsa(&[0xff; 256], 65_537), PART).is_ok());
	for (modulus, exponent) in [
		(&[0xff; 255][..], 65_537),
		(&[0xff; 513], 65_537),
		(&[0x7f; 256], 65_537),
		(&[0xfe; 256], 65_537),
		(&[0xff; 256], 3),
	] {
		let parsed = PublicKey::parse(&rsa(modulus, exponent), PART).map(|_| ());
		assert_eq!(parsed, Err(Error::Unsupported(PART)));
	}
}

#[test]
fn every_pinned_root_is_a_key() {
	use crate::roots::VENDORS;
	let keys = VENDORS
		.amd
		.iter()
		.chain(VENDORS.google)
		.chain([&VENDORS.intel, &VENDORS.nvidia]);
	for key in keys {
		assert!(PublicKey::parse(key, PART).is_ok());
	}
}

/// Each certificate must be signed by the next; the last by itself.
fn check_signed(certificates: &[Vec<u8>], expected: &[Algorithm]) {
	let parsed: Vec<_> = certificates
		.iter()
		.map(|bytes| Certificate::parse(bytes, PART).unwrap())
		.collect();
	assert_eq!(
		parsed.iter().map(|one| one.algorithm).collect::<Vec<_>>(),
		expected
	);
	for (place, certificate) in parsed.iter().enumerate() {
		let key = parsed[(place + 1).min(parsed.len() - 1)].key;
		let verify = |message: &[u8], signature: &[u8]| {
			key.verify(certificate.algorithm, message, signature, PART)
		};
		assert_eq!(verify(certificate.signed, certificate.signature), Ok(()));
		for place in 0..certificate.signature.len() {
			if place % 37 == 0 || place + 1 == certificate.signature.len() {
				let mut wrong = certificate.signature.to_vec();
				wrong[place] ^= 1;
				assert!(verify(certificate.signed, &wrong).is_err());
			}
		}
		assert!(verify(&certificate.signed[1..], certificate.signature).is_err());
	}
}

#[test]
fn genuine_pss_signatures_of_amd() {
	let test = "genuine_pss_signatures_of_amd";
	for product in ["milan", "genoa", "turin"] {
		let read = |role| evidence::certificates(test, &format!("amd/{role}_{product}.pem"));
		let (Some(ask), Some(ark)) = (read("ask"), read("ark")) else {
			return;
		};
		check_signed(&[ask, ark].concat(), &[Algorithm::RsaPssSha384; 2]);
	}
}

#[test]
fn genuine_pkcs1_signatures_of_google() {
	let test = "genuine_pkcs1_signatures_of_google";
	let Some(chain) = evidence::certificates(test, "android/rsa_tee.pem") else {
		return;
	};
	check_signed(&chain, &[Algorithm::RsaSha256; 4]);
}

#[test]
fn genuine_signatures_over_a_digest_of_another_length() {
	let test = "genuine_signatures_over_a_digest_of_another_length";
	let Some(chain) = evidence::certificates(test, "android/ec_tee.pem") else {
		return;
	};
	use Algorithm::{EcdsaSha256, RsaSha256};
	check_signed(&chain, &[EcdsaSha256, EcdsaSha256, RsaSha256, RsaSha256]);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn any_key_and_signature_are_judged_without_panic(
		key in any::<Vec<u8>>(),
		signature in any::<Vec<u8>>(),
		modulus in prop::collection::vec(any::<u8>(), 256),
	) {
		let _ = PublicKey::parse(&key, PART);
		let _ = Algorithm::parse(&key, PART);
		for public in [PublicKey::P256(&key), PublicKey::P384(&key), PublicKey::Rsa(&key)] {
			for algorithm in [Algorithm::EcdsaSha256, Algorithm::RsaPssSha384] {
				let _ = public.verify(algorithm, b"message", &signature, PART);
			}
		}
		for algorithm in [Algorithm::RsaSha256, Algorithm::RsaSha384, Algorithm::RsaPssSha384] {
			let _ = PublicKey::Rsa(&modulus).verify(algorithm, b"message", &modulus[..], PART);
			let mut smaller = modulus.clone();
			smaller[0] /= 2;
			let _ = PublicKey::Rsa(&modulus).verify(algorithm, b"message", &smaller, PART);
		}
	}
}
