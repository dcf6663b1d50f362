//! SEV-SNP: AMD's own report, and reports of a root of ours.

use crate::{
	error::{Error, Part},
	roots::{Roots, VENDORS},
	sev::{verify, Evidence, Policy, Product, Tcb, REPORT_SIZE},
	testing::{
		amd::Vendor,
		evidence,
		pki::{list, Key, NOW},
	},
};
use proptest::prelude::*;

const GENEROUS: Policy = Policy {
	minimum: [Some(Tcb {
		fmc: 0,
		boot_loader: 0,
		tee: 0,
		snp: 0,
		microcode: 0,
	}); 3],
	vmpl: 0,
	migration: false,
	revocation_list_required: false,
};

impl Vendor {
	fn judge(&self, list: Option<&[u8]>, policy: &Policy) -> Result<Tcb, Error> {
		let [vcek, ask] = self.certificates();
		let root = self.ark.info();
		let roots = Roots {
			amd: [&root; 3],
			..VENDORS
		};
		let report = self.signed_report();
		let evidence = Evidence {
			report: &report,
			vcek: &vcek,
			ask: &ask,
		};
		verify(&evidence, list, NOW, policy, &roots).map(|verified| verified.tcb)
	}
}

#[test]
fn a_report_of_a_known_root_stands() {
	let tcb = Tcb {
		fmc: 0,
		boot_loader: 3,
		tee: 0,
		snp: 8,
		microcode: 115,
	};
	assert_eq!(Vendor::new().judge(None, &GENEROUS), Ok(tcb));
}

#[test]
fn a_report_of_an_unknown_root_does_not() {
	let vendor = Vendor::new();
	let [vcek, ask] = vendor.certificates();
	let report = vendor.signed_report();
	let evidence = Evidence {
		report: &report,
		vcek: &vcek,
		ask: &ask,
	};
	let result = verify(&evidence, None, NOW, &GENEROUS, &VENDORS).map(|_| ());
	assert_eq!(result, Err(Error::BadSignature(Part::Certificate)));
}

#[test]
fn a_guest_that_can_be_debugged_is_refused() {
	let mut vendor = Vendor::new();
	vendor.report[0x0a] |= 1 << 3;
	assert_eq!(vendor.judge(None, &GENEROUS), Err(Error::Debug));
}

#[test]
fn a_guest_that_can_be_migrated_is_refused_unless_the_policy_lets_it() {
	let mut vendor = Vendor::new();
	vendor.report[0x0a] |= 1 << 2;
	assert_eq!(vendor.judge(None, &GENEROUS), Err(Error::PolicyForbids));
	assert!(vendor
		.judge(
			None,
			&Policy {
				migration: true,
				..GENEROUS
			}
		)
		.is_ok());
}

#[test]
fn a_report_asked_for_at_a_lower_privilege_is_refused() {
	let mut vendor = Vendor::new();
	vendor.report[0x30] = 1;
	assert_eq!(vendor.judge(None, &GENEROUS), Err(Error::PolicyForbids));
	assert!(vendor
		.judge(
			None,
			&Policy {
				vmpl: 1,
				..GENEROUS
			}
		)
		.is_ok());
}

#[test]
fn an_outdated_tcb_is_refused() {
	let vendor = Vendor::new();
	let minimum = Tcb {
		fmc: 0,
		boot_loader: 3,
		tee: 0,
		snp: 8,
		microcode: 115,
	};
	let judge = |minimum: Tcb| {
		vendor.judge(
			None,
			&Policy {
				minimum: [Some(minimum); 3],
				..GENEROUS
			},
		)
	};
	assert!(judge(minimum).is_ok());
	for higher in [
		Tcb {
			boot_loader: 4,
			..minimum
		},
		Tcb { tee: 1, ..minimum },
		Tcb { snp: 9, ..minimum },
		Tcb {
			microcode: 116,
			..minimum
		},
		Tcb { fmc: 1, ..minimum },
	] {
		assert_eq!(judge(higher), Err(Error::TcbNotAccepted));
	}
	let none = Policy {
		minimum: [None, GENEROUS.minimum[1], None],
		..GENEROUS
	};
	assert_eq!(vendor.judge(None, &none), Err(Error::TeeNotAccepted));
}

#[test]
fn a_platform_that_can_go_back_to_an_outdated_tcb_is_refused() {
	let mut vendor = Vendor::new();
	vendor.report[0x1e6] = 7;
	let minimum = Tcb {
		fmc: 0,
		boot_loader: 3,
		tee: 0,
		snp: 8,
		microcode: 115,
	};
	let policy = Policy {
		minimum: [Some(minimum); 3],
		..GENEROUS
	};
	assert_eq!(vendor.judge(None, &policy), Err(Error::TcbNotAccepted));
}

#[test]
fn the_certificate_must_be_for_the_reports_chip_and_tcb() {
	let inconsistent = Err(Error::Inconsistent(Part::Extension));
	let mut vendor = Vendor::new();
	vendor.report[0x1a0] ^= 1;
	assert_eq!(vendor.judge(None, &GENEROUS), inconsistent);
	let mut vendor = Vendor::new();
	vendor.report[0x180] += 1;
	assert_eq!(vendor.judge(None, &GENEROUS), inconsistent);
	let mut vendor = Vendor::new();
	vendor.report[0x48] = 2;
	assert_eq!(vendor.judge(None, &GENEROUS), inconsistent);
}

#[test]
fn a_report_of_a_clouds_key_is_refused() {
	let mut vendor = Vendor::new();
	vendor.report[0x48] = 1 << 2;
	assert_eq!(
		vendor.judge(None, &GENEROUS),
		Err(Error::Unsupported(Part::Report))
	);
}

#[test]
fn a_revoked_ask_is_refused_and_a_list_may_be_required() {
	let vendor = Vendor::new();
	let judge = |serials: &[&[u8]], from, until| {
		vendor.judge(
			Some(&list("ARK-Milan", &vendor.ark, from, until, serials)),
			&GENEROUS,
		)
	};
	let serial = &vendor.ask_template.serial[..];
	assert!(judge(&[&[1]], NOW - 5, NOW + 5).is_ok());
	assert_eq!(
		judge(&[serial], NOW - 5, NOW + 5),
		Err(Error::Revoked(Part::Certificate))
	);
	assert_eq!(
		judge(&[], NOW - 5, NOW - 1),
		Err(Error::Expired(Part::RevocationList))
	);
	let required = Policy {
		revocation_list_required: true,
		..GENEROUS
	};
	assert_eq!(
		vendor.judge(None, &required),
		Err(Error::CollateralMissing(Part::RevocationList))
	);
	let other = list("ARK-Milan", &Key::p384(99), NOW - 5, NOW + 5, &[]);
	assert_eq!(
		vendor.judge(Some(&other), &GENEROUS),
		Err(Error::BadSignature(Part::RevocationList))
	);
}

#[test]
fn expired_certificates_are_refused() {
	let mut vendor = Vendor::new();
	vendor.vcek_template.until = NOW - 1;
	assert_eq!(
		vendor.judge(None, &GENEROUS),
		Err(Error::Expired(Part::Certificate))
	);
}

#[test]
fn a_product_is_the_one_whose_root_signed() {
	let mut vendor = Vendor::new();
	vendor.ask_template.issuer = "ARK-Rome".into();
	assert_eq!(
		vendor.judge(None, &GENEROUS),
		Err(Error::UntrustedChain(Part::Certificate))
	);
}

/// AMD's report of a Milan chip, its VCEK and ASK; and a time within their validity.
fn genuine(test: &str) -> Option<([Vec<u8>; 3], u64)> {
	let report = evidence::hexadecimal(test, "amd/report_milan")?;
	let vcek = evidence::read(test, "amd/vcek_milan.der")?;
	let ask = evidence::certificates(test, "amd/ask_milan.pem")?.remove(0);
	Some(([report, vcek, ask], NOW))
}

#[test]
fn the_genuine_milan_report_stands() {
	let Some(([report, vcek, ask], now)) = genuine("the_genuine_milan_report_stands") else {
		return;
	};
	let evidence = Evidence {
		report: &report,
		vcek: &vcek,
		ask: &ask,
	};
	let verified = verify(&evidence, None, now, &GENEROUS, &VENDORS).unwrap();
	assert_eq!(verified.product, Product::Milan);
	assert_eq!(verified.report.chip_id[..], report[0x1a0..0x1e0]);
	let expired = verify(
		&evidence,
		None,
		verified.validity.until + 1,
		&GENEROUS,
		&VENDORS,
	);
	assert_eq!(expired.map(|_| ()), Err(Error::Expired(Part::Certificate)));
	let minimum = Some(Tcb {
		snp: verified.tcb.snp + 1,
		..verified.tcb
	});
	let stricter = Policy {
		minimum: [minimum; 3],
		..GENEROUS
	};
	let outdated = verify(&evidence, None, now, &stricter, &VENDORS);
	assert_eq!(outdated.map(|_| ()), Err(Error::TcbNotAccepted));
}

#[test]
fn no_byte_of_the_genuine_report_may_change() {
	let test = "no_byte_of_the_genuine_report_may_change";
	let Some((files, now)) = genuine(test) else {
		return;
	};
	for (file, step) in [(0, 53), (1, 97), (2, 131)] {
		for place in (0..files[file].len()).step_by(step) {
			let mut files = files.clone();
			files[file][place] ^= 0x10;
			let [report, vcek, ask] = &files;
			let result = verify(
				&Evidence { report, vcek, ask },
				None,
				now,
				&GENEROUS,
				&VENDORS,
			);
			assert!(result.is_err(), "byte {place} of file {file}");
		}
	}
}

#[test]
fn the_genuine_turin_certificate_stands_in_its_chain() {
	let test = "the_genuine_turin_certificate_stands_in_its_chain";
	let Some(vcek) = evidence::read(test, "amd/vcek_turin.der") else {
		return;
	};
	let Some(ask) = evidence::certificates(test, "amd/ask_turin.pem") else {
		return;
	};
	let part = Part::Certificate;
	let chain = [&vcek, &ask[0]].map(|bytes| crate::x509::Certificate::parse(bytes, part).unwrap());
	let now = chain[0].not_before;
	let root = VENDORS.amd(Product::Turin);
	assert!(crate::x509::verify_chain(&chain, root, now, part).is_ok());
	let other = VENDORS.amd(Product::Genoa);
	assert!(crate::x509::verify_chain(&chain, other, now, part).is_err());
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(256))]

	#[test]
	fn any_report_is_judged_without_panic(
		bytes in prop::collection::vec(any::<u8>(), REPORT_SIZE),
		others in any::<Vec<u8>>(),
	) {
		let evidence = Evidence { report: &bytes, vcek: &others, ask: &others };
		prop_assert!(verify(&evidence, Some(&others), NOW, &GENEROUS, &VENDORS).is_err());
		let mut version = bytes;
		version[..4].copy_from_slice(&[2, 0, 0, 0]);
		version[0x34..0x38].copy_from_slice(&[1, 0, 0, 0]);
		let _ = crate::sev::Report::parse(&version);
		let _ = crate::sev::Report::parse(&others);
	}
}
