//! Android key attestation: Google's own chains, and chains of a root of ours.

use crate::{
	android::{authenticate, verify, KeyDescription, Policy, SecurityLevel, VerifiedBoot},
	error::{Error, Part},
	roots::{Roots, VENDORS},
	testing::{
		android::{Device, DESCRIPTION},
		evidence,
		pki::{Template, NOW},
	},
	x509::RevokedSerials,
};
use proptest::prelude::*;

const DATA: [u8; 64] = [0xd7; 64];
const PART: Part = Part::Certificate;
const POLICY: Policy = Policy {
	os_patch_level: 202_401,
	vendor_patch_level: 20_240_101,
	expired_factory_certificates: false,
};

fn none_revoked() -> RevokedSerials<'static> {
	RevokedSerials::new(&[]).unwrap()
}

impl Device {
	fn judge(&self, policy: &Policy) -> Result<u64, Error> {
		self.judge_with(policy, &none_revoked())
	}

	fn judge_with(&self, policy: &Policy, revoked: &RevokedSerials) -> Result<u64, Error> {
		let chain = self.chain();
		let chain: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
		let root = Self::root();
		let google = [VENDORS.google[0], &root];
		let roots = Roots {
			google: &google,
			..VENDORS
		};
		verify(&chain, &DATA, revoked, NOW, policy, &roots).map(|device| device.validity.until)
	}
}

#[test]
fn a_locked_and_verified_device_stands() {
	assert_eq!(Device::new().judge(&POLICY), Ok(NOW + 1000));
	assert!(Device {
		levels: [2, 2],
		..Device::new()
	}
	.judge(&POLICY)
	.is_ok());
}

#[test]
fn anothers_report_data_is_refused() {
	for challenge in [vec![0xd7; 63], vec![0xd7; 65], vec![0; 64], vec![]] {
		let device = Device {
			challenge,
			..Device::new()
		};
		assert_eq!(device.judge(&POLICY), Err(Error::WrongReportData));
	}
}

#[test]
fn software_unlocked_and_unverified_devices_are_refused() {
	let forbidden = Err(Error::PolicyForbids);
	for levels in [[0, 1], [1, 0], [0, 0]] {
		assert_eq!(
			Device {
				levels,
				..Device::new()
			}
			.judge(&POLICY),
			forbidden
		);
	}
	assert_eq!(
		Device {
			locked: false,
			..Device::new()
		}
		.judge(&POLICY),
		forbidden
	);
	for boot in [1, 2, 3] {
		assert_eq!(
			Device {
				boot,
				..Device::new()
			}
			.judge(&POLICY),
			forbidden
		);
	}
	assert_eq!(
		Device {
			boot_key: vec![0; 32],
			..Device::new()
		}
		.judge(&POLICY),
		forbidden
	);
}

#[test]
fn the_systems_word_on_its_own_boot_does_not_count() {
	let device = Device {
		unenforced: true,
		..Device::new()
	};
	assert_eq!(
		device.judge(&POLICY),
		Err(Error::Malformed(Part::Extension))
	);
}

#[test]
fn outdated_patches_are_refused() {
	let refused = Err(Error::TcbNotAccepted);
	assert_eq!(
		Device {
			os_patch: 202_312,
			..Device::new()
		}
		.judge(&POLICY),
		refused
	);
	assert_eq!(
		Device {
			vendor_patch: 20_231_201,
			..Device::new()
		}
		.judge(&POLICY),
		refused
	);
	let lax = Policy {
		vendor_patch_level: 0,
		..POLICY
	};
	assert!(Device {
		vendor_patch: 1,
		..Device::new()
	}
	.judge(&lax)
	.is_ok());
}

#[test]
fn revoked_certificates_are_refused() {
	let device = Device::new();
	for template in [&device.first, &device.attester, &device.authority] {
		let revoked = [RevokedSerials::entry(&template.serial)];
		let revoked = RevokedSerials::new(&revoked).unwrap();
		assert_eq!(
			device.judge_with(&POLICY, &revoked),
			Err(Error::Revoked(PART))
		);
	}
}

#[test]
fn an_unknown_root_is_refused() {
	let chain = Device::new().chain();
	let chain: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
	let result = verify(&chain, &DATA, &none_revoked(), NOW, &POLICY, &VENDORS).map(|_| ());
	assert_eq!(result, Err(Error::UntrustedChain(PART)));
}

#[test]
fn an_attested_key_attests_nothing() {
	let mut device = Device::new();
	// The attester is itself a key that an application had attested.
	device.attester.extensions = vec![(DESCRIPTION.to_vec(), false, device.description())];
	assert_eq!(device.judge(&POLICY), Err(Error::NotAllowedToSign(PART)));
	device.attester = Template {
		authority: None,
		..device.attester
	};
	assert_eq!(device.judge(&POLICY), Err(Error::NotAllowedToSign(PART)));
}

#[test]
fn only_a_factorys_certificates_may_count_after_their_time() {
	let lax = Policy {
		expired_factory_certificates: true,
		..POLICY
	};
	let five_years = 5 * 365 * 86_400;
	let mut device = Device::new();
	device.attester.until = NOW - 1;
	assert_eq!(device.judge(&POLICY), Err(Error::Expired(PART)));
	assert_eq!(device.judge(&lax), Err(Error::Expired(PART)));
	device.attester.from = NOW - 1 - five_years;
	assert_eq!(device.judge(&POLICY), Err(Error::Expired(PART)));
	assert_eq!(device.judge(&lax), Ok(NOW + 1000));
	device.authority.until = NOW - 1;
	assert_eq!(device.judge(&lax), Err(Error::Expired(PART)));
}

/// A genuine chain of an unlocked device, challenged with `abc`.
fn genuine(test: &str, file: &str) -> Option<Vec<Vec<u8>>> {
	evidence::certificates(test, &format!("android/{file}.pem"))
}

#[test]
fn genuine_chains_are_googles() {
	for file in ["ec_tee", "rsa_tee"] {
		let Some(chain) = genuine("genuine_chains_are_googles", file) else {
			return;
		};
		let slices: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
		let device = authenticate(&slices, &none_revoked(), NOW, &POLICY, &VENDORS).unwrap();
		assert_eq!(device.description.challenge, b"abc");
		assert_eq!(
			device.description.attestation_level,
			SecurityLevel::TrustedEnvironment
		);
		assert_eq!(device.description.os_patch_level, Some(201_907));
		assert_eq!(device.root_of_trust.verified_boot, VerifiedBoot::Unverified);
		assert!(!device.root_of_trust.device_locked);
		// 18 March 2028, the end of the intermediates' time.
		let end = device.validity.until;
		assert_eq!(end / 86_400, 1_836_950_400 / 86_400);
		let later = authenticate(&slices, &none_revoked(), end + 1, &POLICY, &VENDORS).map(|_| ());
		assert_eq!(later, Err(Error::Expired(PART)));
		let lax = Policy {
			expired_factory_certificates: true,
			..POLICY
		};
		assert!(authenticate(&slices, &none_revoked(), end + 1, &lax, &VENDORS).is_ok());
		let other = verify(&slices, &DATA, &none_revoked(), NOW, &POLICY, &VENDORS).map(|_| ());
		assert_eq!(other, Err(Error::WrongReportData));
		let revoked = [RevokedSerials::entry(&[
			0x03, 0x88, 0x26, 0x67, 0x60, 0x65, 0x89, 0x96, 0x85,
		])];
		let revoked = RevokedSerials::new(&revoked).unwrap();
		assert!(authenticate(&slices, &revoked, NOW, &POLICY, &VENDORS).is_ok());
		let serial = crate::x509::Certificate::parse(&chain[2], PART)
			.unwrap()
			.serial
			.to_vec();
		let revoked = [RevokedSerials::entry(&serial)];
		let revoked = RevokedSerials::new(&revoked).unwrap();
		let result = authenticate(&slices, &revoked, NOW, &POLICY, &VENDORS).map(|_| ());
		assert_eq!(result, Err(Error::Revoked(PART)));
	}
}

#[test]
fn no_byte_of_a_genuine_chain_may_change() {
	let test = "no_byte_of_a_genuine_chain_may_change";
	let Some(mut chain) = genuine(test, "ec_tee") else {
		return;
	};
	// The last one is the root's own, of which only the key counts.
	for certificate in 0..3 {
		for place in (0..chain[certificate].len()).step_by(43) {
			chain[certificate][place] ^= 2;
			let slices: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
			let result = authenticate(&slices, &none_revoked(), NOW, &POLICY, &VENDORS);
			assert!(result.is_err(), "byte {place} of certificate {certificate}");
			chain[certificate][place] ^= 2;
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(256))]

	#[test]
	fn any_description_is_read_without_panic(
		bytes in any::<Vec<u8>>(),
		places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
	) {
		let _ = KeyDescription::parse(&bytes);
		let mut description = Device::new().description();
		for (place, value) in places {
			let place = place.index(description.len());
			description[place] = value;
		}
		let _ = KeyDescription::parse(&description);
	}
}
