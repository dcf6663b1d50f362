//! SGX and TDX with a vendor of ours: one thing wrong in each test.

use crate::{
	dcap::{verify, Body, Policy, QeIdentity, Quote, TcbInfo, TcbStatus, VerifiedQuote},
	error::{Error, Part},
	testing::{
		intel::{Intel, Signed},
		pki::NOW,
	},
};
use proptest::prelude::*;

const ALL: Policy = Policy {
	accepted: 0xff,
	evaluation: 0,
};
const STRICT: Policy = Policy {
	accepted: 1,
	evaluation: 0,
};

fn judge_signed(signed: &Signed, policy: &Policy) -> Result<VerifiedQuote, Error> {
	verify(
		&signed.quote,
		&signed.collateral(),
		NOW,
		policy,
		&signed.roots(),
	)
}

fn judge(intel: &Intel, policy: &Policy) -> Result<TcbStatus, Error> {
	judge_signed(&intel.sign(), policy).map(|verified| verified.status)
}

fn domain_15() -> Intel {
	let mut intel = Intel::tdx(5);
	intel.body_kind = 3;
	intel.body.extend([5, 1]);
	intel.body.extend([0; 14 + 48]);
	intel
}

#[test]
fn quotes_of_every_version_stand() {
	for intel in [Intel::sgx(), Intel::tdx(4), Intel::tdx(5), domain_15()] {
		let verified = judge_signed(&intel.sign(), &STRICT).unwrap();
		assert_eq!(verified.status, TcbStatus::UpToDate);
		assert_eq!(verified.platform.ppid, [0x99; 16]);
		assert_eq!(verified.validity.until, NOW + 1000);
		let data = match verified.body {
			Body::Sgx(report) => report.report_data,
			Body::Tdx(report) => report.report_data,
		};
		assert_eq!(data, [0xd7; 64]);
	}
	for version in [4, 5] {
		let mut intel = Intel::sgx();
		intel.version = version;
		assert_eq!(judge(&intel, &STRICT), Ok(TcbStatus::UpToDate));
	}
	let mut extended = domain_15();
	extended.body_kind = 4;
	extended.body.extend([0; 885 - 648]);
	assert_eq!(judge(&extended, &STRICT), Ok(TcbStatus::UpToDate));
}

#[test]
fn quotes_of_another_form_are_refused() {
	let unsupported = Err(Error::Unsupported(Part::Report));
	for version in [2, 6] {
		assert_eq!(
			judge(
				&Intel {
					version,
					..Intel::sgx()
				},
				&ALL
			),
			unsupported
		);
	}
	assert_eq!(
		judge(
			&Intel {
				version: 3,
				..Intel::tdx(4)
			},
			&ALL
		),
		unsupported
	);
	assert_eq!(
		judge(
			&Intel {
				body_kind: 1,
				..Intel::tdx(5)
			},
			&ALL
		),
		unsupported
	);
	let wrong_size = Intel {
		body_kind: 3,
		..Intel::tdx(5)
	};
	assert_eq!(
		judge(&wrong_size, &ALL),
		Err(Error::Malformed(Part::Report))
	);
}

#[test]
fn zeros_after_a_quote_are_allowed_and_nothing_else() {
	let mut signed = Intel::sgx().sign();
	signed.quote.extend([0; 64]);
	assert!(judge_signed(&signed, &STRICT).is_ok());
	signed.quote.push(1);
	let result = judge_signed(&signed, &STRICT).map(|_| ());
	assert_eq!(result, Err(Error::Malformed(Part::Report)));
}

#[test]
fn a_debug_enclave_is_refused() {
	let mut intel = Intel::sgx();
	intel.body[48] |= 2;
	assert_eq!(judge(&intel, &ALL), Err(Error::Debug));
	let mut intel = Intel::tdx(4);
	intel.body[120] = 1;
	assert_eq!(judge(&intel, &ALL), Err(Error::Debug));
}

#[test]
fn a_debug_quoting_enclave_is_refused() {
	let mut intel = Intel::sgx();
	intel.qe_report[48] |= 2;
	// Also where the statement lets that bit be anything.
	intel.qe_identity = intel.qe_identity.replace("\"FB", "\"F9");
	assert_eq!(judge(&intel, &ALL), Err(Error::Debug));
}

#[test]
fn a_domain_whose_attributes_open_it_is_refused() {
	for (place, value) in [(123, 0), (121, 1), (123, 0x30), (124, 1), (127, 1)] {
		let mut intel = Intel::tdx(4);
		intel.body[place] = value;
		assert_eq!(
			judge(&intel, &ALL),
			Err(Error::PolicyForbids),
			"byte {place}"
		);
	}
	let mut intel = Intel::tdx(4);
	intel.body[127] = 0x80;
	intel.body[123] = 0x50;
	assert!(judge(&intel, &ALL).is_ok());
}

#[test]
fn a_domain_with_service_domains_is_refused() {
	let mut intel = domain_15();
	intel.body[600] = 1;
	assert_eq!(judge(&intel, &ALL), Err(Error::PolicyForbids));
	for place in [648 + 81, 884] {
		let mut intel = domain_15();
		intel.body_kind = 4;
		intel.body.extend([0; 885 - 648]);
		intel.body[place] = 1;
		assert_eq!(
			judge(&intel, &ALL),
			Err(Error::PolicyForbids),
			"byte {place}"
		);
	}
}

#[test]
fn an_outdated_tcb_is_refused_unless_the_policy_accepts_it() {
	let mut intel = Intel::sgx();
	intel.components[15] = 8;
	assert_eq!(judge(&intel, &STRICT), Err(Error::TcbNotAccepted));
	assert_eq!(judge(&intel, &ALL), Ok(TcbStatus::OutOfDate));
	let outdated = Policy {
		accepted: TcbStatus::OutOfDate.bit(),
		evaluation: 0,
	};
	assert_eq!(judge(&intel, &outdated), Ok(TcbStatus::OutOfDate));
	let mut intel = Intel::sgx();
	intel.pce_svn = 12;
	assert_eq!(judge(&intel, &ALL), Err(Error::TcbUnknown));
}

#[test]
fn a_revoked_tcb_is_never_accepted() {
	let mut intel = Intel::sgx();
	intel.components[0] = 4;
	assert_eq!(judge(&intel, &ALL), Err(Error::TcbNotAccepted));
	intel.components[0] = 1;
	assert_eq!(judge(&intel, &ALL), Err(Error::TcbUnknown));
}

#[test]
fn a_modules_state_counts() {
	for (minor, major, expected) in [
		(4, 1, Ok(TcbStatus::UpToDate)),
		(3, 1, Ok(TcbStatus::OutOfDate)),
		(1, 1, Err(Error::TcbUnknown)),
		(4, 2, Err(Error::TcbUnknown)),
		(255, 0, Ok(TcbStatus::UpToDate)),
		(254, 0, Err(Error::TcbUnknown)),
	] {
		let mut intel = Intel::tdx(4);
		intel.body[..2].copy_from_slice(&[minor, major]);
		assert_eq!(judge(&intel, &ALL), expected, "module {major}.{minor}");
	}
	// The module that runs now counts as the one that the domain was launched with.
	let mut intel = domain_15();
	intel.body[584] = 2;
	assert_eq!(judge(&intel, &ALL), Ok(TcbStatus::OutOfDate));
	intel.body[584] = 1;
	assert_eq!(judge(&intel, &ALL), Err(Error::TcbUnknown));
}

#[test]
fn a_module_of_another_signer_is_refused() {
	for place in [64, 112] {
		let mut intel = Intel::tdx(4);
		intel.body[place] = 1;
		assert_eq!(judge(&intel, &ALL), Err(Error::Inconsistent(Part::Report)));
	}
}

#[test]
fn the_quoting_enclave_must_be_intels() {
	for place in [16, 48, 128, 256] {
		let mut intel = Intel::sgx();
		intel.qe_report[place] ^= 0x40;
		assert_eq!(
			judge(&intel, &ALL),
			Err(Error::Inconsistent(Part::QuotingEnclave))
		);
	}
	let mut intel = Intel::sgx();
	intel.qe_report[258] = 7;
	assert_eq!(judge(&intel, &ALL), Ok(TcbStatus::OutOfDate));
	intel.qe_report[258] = 3;
	assert_eq!(judge(&intel, &ALL), Err(Error::TcbUnknown));
}

#[test]
fn the_quoting_enclave_must_vouch_for_the_attestation_key() {
	let mut intel = Intel::sgx();
	intel.qe_report[320..352].fill(1);
	assert_eq!(
		judge(&intel, &ALL),
		Err(Error::Inconsistent(Part::QuotingEnclave))
	);
}

#[test]
fn what_is_revoked_is_refused() {
	let mut intel = Intel::sgx();
	intel.pck_revoked = vec![vec![1], intel.pck_template.serial.clone()];
	assert_eq!(judge(&intel, &ALL), Err(Error::Revoked(Part::Certificate)));
	let mut intel = Intel::sgx();
	intel.root_revoked = vec![intel.authority_template.serial.clone()];
	assert_eq!(judge(&intel, &ALL), Err(Error::Revoked(Part::Certificate)));
	let mut intel = Intel::sgx();
	intel.root_revoked = vec![intel.signing_template.serial.clone()];
	assert_eq!(
		judge(&intel, &ALL),
		Err(Error::Revoked(Part::CollateralCertificate))
	);
}

#[test]
fn expired_collateral_is_refused() {
	let intel = Intel {
		lists_until: NOW - 1,
		..Intel::sgx()
	};
	assert_eq!(
		judge(&intel, &ALL),
		Err(Error::Expired(Part::RevocationList))
	);
	let late = ("2023-12-01", "2023-11-10");
	let early = ("2023-11-01", "2023-11-20");
	let mut intel = Intel::sgx();
	intel.tcb_info = intel.tcb_info.replace(late.0, late.1);
	assert_eq!(judge(&intel, &ALL), Err(Error::Expired(Part::TcbInfo)));
	let mut intel = Intel::sgx();
	intel.qe_identity = intel.qe_identity.replace(late.0, late.1);
	assert_eq!(judge(&intel, &ALL), Err(Error::Expired(Part::QeIdentity)));
	let mut intel = Intel::sgx();
	intel.tcb_info = intel.tcb_info.replace(early.0, early.1);
	assert_eq!(judge(&intel, &ALL), Err(Error::NotYetValid(Part::TcbInfo)));
	let mut intel = Intel::sgx();
	intel.signing_template.until = NOW - 1;
	assert_eq!(
		judge(&intel, &ALL),
		Err(Error::Expired(Part::CollateralCertificate))
	);
	let mut intel = Intel::sgx();
	intel.pck_template.until = NOW - 1;
	assert_eq!(judge(&intel, &ALL), Err(Error::Expired(Part::Certificate)));
}

#[test]
fn collateral_of_an_older_evaluation_is_refused() {
	let policy = Policy {
		evaluation: 17,
		..ALL
	};
	assert_eq!(
		judge(&Intel::sgx(), &policy),
		Err(Error::Rollback(Part::TcbInfo))
	);
	assert!(judge(
		&Intel::sgx(),
		&Policy {
			evaluation: 16,
			..ALL
		}
	)
	.is_ok());
}

#[test]
fn collateral_must_be_about_the_quotes_platform() {
	let mismatch = Err(Error::CollateralMismatch(Part::TcbInfo));
	let mut intel = Intel::sgx();
	intel.fmspc[0] = 9;
	assert_eq!(judge(&intel, &ALL), mismatch);
	let mut intel = Intel::sgx();
	intel.tcb_info = intel
		.tcb_info
		.replace("\"pceId\":\"0000\"", "\"pceId\":\"0001\"");
	assert_eq!(judge(&intel, &ALL), mismatch);
	let intel = Intel {
		tcb_info: Intel::tdx(4).tcb_info,
		..Intel::sgx()
	};
	assert_eq!(judge(&intel, &ALL), mismatch);
	let intel = Intel {
		qe_identity: Intel::tdx(4).qe_identity,
		..Intel::sgx()
	};
	assert_eq!(
		judge(&intel, &ALL),
		Err(Error::CollateralMismatch(Part::QeIdentity))
	);
}

#[test]
fn only_intels_signing_certificate_signs_statements() {
	let mut intel = Intel::sgx();
	intel.signing_template.subject = "Intel SGX PCK Certificate".into();
	let refused = Err(Error::NotAllowedToSign(Part::CollateralCertificate));
	assert_eq!(judge(&intel, &ALL), refused);
}

#[test]
fn a_pck_comes_from_one_of_intels_two_authorities() {
	let mut intel = Intel::sgx();
	intel.authority_template.subject = "Another CA".into();
	intel.pck_template.issuer = "Another CA".into();
	assert_eq!(
		judge(&intel, &ALL),
		Err(Error::UntrustedChain(Part::Certificate))
	);
}

#[test]
fn a_quote_of_an_unknown_root_is_refused() {
	let signed = Intel::sgx().sign();
	let roots = &crate::roots::VENDORS;
	let result = verify(&signed.quote, &signed.collateral(), NOW, &ALL, roots).map(|_| ());
	assert_eq!(result, Err(Error::BadSignature(Part::RevocationList)));
}

#[test]
fn no_byte_of_quote_or_collateral_may_change() {
	let signed = Intel::tdx(4).sign();
	let flipped = |bytes: &[u8], place: usize| {
		let mut bytes = bytes.to_vec();
		bytes[place] ^= 1;
		bytes
	};
	for place in (0..signed.quote.len()).step_by(41) {
		let quote = flipped(&signed.quote, place);
		let result = verify(&quote, &signed.collateral(), NOW, &ALL, &signed.roots());
		// White space of the PEM text, its last bits, and the headers' unsigned parts do not count.
		let pem = quote
			.windows(5)
			.position(|window| window == b"-----")
			.unwrap_or(quote.len());
		assert!(result.is_err() || place >= pem, "byte {place} of the quote");
	}
	let parts: [(&[u8], usize); 5] = [
		(&signed.tcb_info, 67),
		(&signed.qe_identity, 31),
		(&signed.signing_certificate, 29),
		(&signed.root_list, 13),
		(&signed.pck_list, 13),
	];
	for (part, (bytes, step)) in parts.into_iter().enumerate() {
		for place in (0..bytes.len()).step_by(step) {
			let changed = flipped(bytes, place);
			let mut collateral = signed.collateral();
			match part {
				0 => collateral.tcb_info = &changed,
				1 => collateral.qe_identity = &changed,
				2 => collateral.signing_certificate = &changed,
				3 => collateral.root_revocation_list = &changed,
				_ => collateral.pck_revocation_list = &changed,
			}
			let result = verify(&signed.quote, &collateral, NOW, &ALL, &signed.roots());
			assert!(result.is_err(), "byte {place} of part {part}");
		}
	}
}

#[test]
fn statements_have_one_form() {
	let (tcb_info, identity) = (Intel::tdx(4).tcb_info, Intel::tdx(4).qe_identity);
	assert!(TcbInfo::parse(tcb_info.as_bytes()).is_ok());
	assert!(QeIdentity::parse(identity.as_bytes()).is_ok());
	for (from, to) in [
		("\"version\":3", "\"version\":2"),
		("\"version\":3", "\"version\":3,\"version\":3"),
		("\"version\":3,", ""),
		("\"pcesvn\":13", "\"pcesvn\":13.0"),
		("\"pcesvn\":13", "\"pcesvn\":65536"),
		("\"svn\":9", "\"svn\":256"),
		("\"svn\":9", "\"svn\":-9"),
		("{\"svn\":9},", ""),
		(
			"\"sgxtcbcomponents\":[",
			"\"sgxtcbcomponents\":[{\"svn\":9},",
		),
		("UpToDate", "Unheard"),
		("\"TDX_01\"", "\"TDX_1\""),
		("\"fmspc\":\"01", "\"fmspc\":\""),
		("2023-11-01T", "2023-11-31T"),
		("\"tcbType\":0", "\"tcbType\":1"),
	] {
		let changed = tcb_info.replacen(from, to, 1);
		assert_ne!(changed, tcb_info, "{from}");
		assert!(
			TcbInfo::parse(changed.as_bytes()).is_err(),
			"{from} to {to}"
		);
	}
	let trailing = tcb_info.clone() + "{}";
	assert!(TcbInfo::parse(trailing.as_bytes()).is_err());
	for (from, to) in [
		("\"version\":2", "\"version\":1"),
		("TD_QE", "QVE"),
		("\"isvprodid\":1,", ""),
		("\"miscselect\":\"00", "\"miscselect\":\"0"),
		("\"isvsvn\":8", "\"isvsvn\":true"),
	] {
		let changed = identity.replacen(from, to, 1);
		assert_ne!(changed, identity, "{from}");
		assert!(
			QeIdentity::parse(changed.as_bytes()).is_err(),
			"{from} to {to}"
		);
	}
}

#[test]
fn too_many_levels_are_refused() {
	let tcb_info = Intel::sgx().tcb_info;
	let start = tcb_info.find("\"tcbLevels\":[").unwrap() + 13;
	let level = &tcb_info[start..tcb_info.find("},{\"tcb\"").unwrap() + 1];
	let many = format!("{}{}]}}", &tcb_info[..start], vec![level; 65].join(","));
	assert_eq!(
		TcbInfo::parse(many.as_bytes()),
		Err(Error::TooLarge(Part::TcbInfo))
	);
	let fewer = format!("{}{}]}}", &tcb_info[..start], vec![level; 64].join(","));
	assert!(TcbInfo::parse(fewer.as_bytes()).is_ok());
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(256))]

	#[test]
	fn any_bytes_are_read_without_panic(bytes in any::<Vec<u8>>()) {
		prop_assert!(Quote::parse(&bytes).is_err());
		prop_assert!(TcbInfo::parse(&bytes).is_err());
		prop_assert!(QeIdentity::parse(&bytes).is_err());
	}

	#[test]
	fn what_begins_like_a_quote_is_read_without_panic(
		which in 0usize..3,
		places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
		length in any::<prop::sample::Index>(),
	) {
		let mut quote = [Intel::sgx(), Intel::tdx(4), Intel::tdx(5)][which].sign().quote;
		for (place, value) in places {
			let place = place.index(quote.len());
			quote[place] = value;
		}
		let _ = Quote::parse(&quote);
		let _ = Quote::parse(&quote[..length.index(quote.len())]);
	}

	#[test]
	fn what_resembles_a_statement_is_read_without_panic(
		place in any::<prop::sample::Index>(),
		length in 0usize..40,
		text in "[\\[\\]{}:,\"a-z0-9 ]{0,12}",
	) {
		let mut tcb_info = Intel::tdx(4).tcb_info.into_bytes();
		let start = place.index(tcb_info.len());
		let end = (start + length).min(tcb_info.len());
		tcb_info.splice(start..end, text.bytes());
		let _ = TcbInfo::parse(&tcb_info);
		let mut identity = Intel::tdx(4).qe_identity.into_bytes();
		let start = place.index(identity.len());
		let end = (start + length).min(identity.len());
		identity.splice(start..end, text.bytes());
		let _ = QeIdentity::parse(&identity);
	}
}
