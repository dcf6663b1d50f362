//! GPU reports: NVIDIA's own, and reports of a root of ours.

use crate::{
	error::{Error, Part},
	nvidia::{verify, Report},
	roots::{Roots, VENDORS},
	testing::{evidence, nvidia::Gpu, pki::NOW},
	x509::RevokedSerials,
};
use proptest::prelude::*;

const NONCE: [u8; 32] = [0x17; 32];
const PART: Part = Part::DeviceCertificate;

fn none_revoked() -> RevokedSerials<'static> {
	RevokedSerials::new(&[]).unwrap()
}

impl Gpu {
	fn judge(&self, revoked: &RevokedSerials) -> Result<(), Error> {
		let (report, chain) = self.signed();
		let chain: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
		let root = Self::root();
		let roots = Roots {
			nvidia: &root,
			..VENDORS
		};
		verify(&report, &chain, &NONCE, revoked, NOW, &roots).map(|_| ())
	}
}

#[test]
fn a_report_of_a_known_root_stands() {
	assert_eq!(Gpu::new(NONCE).judge(&none_revoked()), Ok(()));
}

#[test]
fn a_report_with_another_nonce_is_refused() {
	assert_eq!(
		Gpu::new([0; 32]).judge(&none_revoked()),
		Err(Error::WrongNonce)
	);
}

#[test]
fn a_report_of_other_firmware_than_the_keys_is_refused() {
	let mut gpu = Gpu::new(NONCE);
	let place = gpu
		.report
		.windows(48)
		.position(|window| window == [0xf1; 48])
		.unwrap();
	gpu.report[place] ^= 1;
	let refused = Err(Error::Inconsistent(Part::DeviceReport));
	assert_eq!(gpu.judge(&none_revoked()), refused);
}

#[test]
fn a_revoked_gpu_is_refused() {
	let gpu = Gpu::new(NONCE);
	for template in [&gpu.firmware, &gpu.chip, &gpu.authority] {
		let revoked = [RevokedSerials::entry(&template.serial)];
		let revoked = RevokedSerials::new(&revoked).unwrap();
		assert_eq!(gpu.judge(&revoked), Err(Error::Revoked(PART)));
	}
}

#[test]
fn an_expired_certificate_is_refused() {
	let mut gpu = Gpu::new(NONCE);
	gpu.chip.until = NOW - 1;
	assert_eq!(gpu.judge(&none_revoked()), Err(Error::Expired(PART)));
}

#[test]
fn a_request_for_less_is_refused() {
	let malformed = Err(Error::Malformed(Part::DeviceReport));
	for (place, value) in [
		(1, 0xe1),
		(2, 0),
		(3, 1),
		(38, 0x61),
		(41, 2),
		(45, 2),
		(46, 2),
		(50, 47),
	] {
		let mut gpu = Gpu::new(NONCE);
		assert_ne!(gpu.report[place], value);
		gpu.report[place] = value;
		assert_eq!(gpu.judge(&none_revoked()), malformed, "byte {place}");
	}
	let mut gpu = Gpu::new(NONCE);
	gpu.report[0] = 0x12;
	assert_eq!(
		gpu.judge(&none_revoked()),
		Err(Error::Unsupported(Part::DeviceReport))
	);
}

/// NVIDIA's report of a Hopper GPU, and its chain.
fn genuine(test: &str) -> Option<(Vec<u8>, Vec<Vec<u8>>)> {
	let report = evidence::hexadecimal(test, "nvidia/hopper_report.hex")?;
	Some((
		report,
		evidence::certificates(test, "nvidia/hopper_chain.pem")?,
	))
}

fn judge_genuine(report: &[u8], chain: &[Vec<u8>], nonce: &[u8; 32]) -> Result<(), Error> {
	let chain: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
	verify(report, &chain, nonce, &none_revoked(), NOW, &VENDORS).map(|_| ())
}

#[test]
fn the_genuine_hopper_report_stands() {
	let Some((report, chain)) = genuine("the_genuine_hopper_report_stands") else {
		return;
	};
	let nonce = report[4..36].try_into().unwrap();
	assert_eq!(judge_genuine(&report, &chain, &nonce), Ok(()));
	assert_eq!(
		judge_genuine(&report, &chain, &NONCE),
		Err(Error::WrongNonce)
	);
	let parsed = Report::parse(&report).unwrap();
	assert_eq!(parsed.driver_version, b"550.90.07\0");
	assert_eq!(parsed.measurements().count(), 64);
	let broken = judge_genuine(&report, &chain[1..], &nonce);
	assert_eq!(broken, Err(Error::NotAllowedToSign(PART)));
	let without_root = judge_genuine(&report, &chain[..4], &nonce);
	assert_eq!(without_root, Ok(()));
}

#[test]
fn no_byte_of_the_genuine_report_may_change() {
	let test = "no_byte_of_the_genuine_report_may_change";
	let Some((mut report, mut chain)) = genuine(test) else {
		return;
	};
	let nonce = report[4..36].try_into().unwrap();
	for place in (0..report.len()).step_by(173) {
		report[place] ^= 1;
		assert!(
			judge_genuine(&report, &chain, &nonce).is_err(),
			"byte {place}"
		);
		report[place] ^= 1;
	}
	for certificate in 0..4 {
		for place in (0..chain[certificate].len()).step_by(71) {
			chain[certificate][place] ^= 1;
			let result = judge_genuine(&report, &chain, &nonce);
			assert!(result.is_err(), "byte {place} of certificate {certificate}");
			chain[certificate][place] ^= 1;
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(256))]

	#[test]
	fn any_report_is_read_without_panic(
		bytes in any::<Vec<u8>>(),
		places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
		length in any::<prop::sample::Index>(),
	) {
		let _ = Report::parse(&bytes);
		let mut report = Gpu::new(NONCE).report;
		report.extend([1; 96]);
		for (place, value) in places {
			let place = place.index(report.len());
			report[place] = value;
		}
		if let Ok(report) = Report::parse(&report) {
			prop_assert!(report.measurements().all(|measurement| measurement.is_ok()));
		}
		let _ = Report::parse(&report[..length.index(report.len())]);
	}
}
