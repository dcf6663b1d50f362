//! Collateral that a chain keeps: only newer replaces what is there.

use crate::{
	dcap::{Authority, Tee},
	error::{Error, Part},
	facade::collateral::{
		amd_list, intel_pck_list, intel_qe_identity, intel_root_list, intel_tcb_info, Version,
	},
	roots::{Roots, VENDORS},
	sev::Product,
	testing::{
		intel::{Intel, Signed},
		pki::{list, Key, Template, NOW},
	},
};

fn version(number: u64, made: u64) -> Version {
	let mut bytes = [0; 20];
	bytes[12..].copy_from_slice(&number.to_be_bytes());
	Version {
		number: bytes,
		made,
		until: u64::MAX,
	}
}

#[test]
fn older_never_replaces_newer() {
	let part = Part::TcbInfo;
	let there = version(16, 100);
	let rollback = Err(Error::Rollback(part));
	assert_eq!(version(16, 101).check_newer(Some(&there), part), Ok(()));
	assert_eq!(version(17, 101).check_newer(Some(&there), part), Ok(()));
	assert_eq!(version(0, 0).check_newer(None, part), Ok(()));
	for older in [
		version(16, 100),
		version(17, 100),
		version(16, 99),
		version(15, 101),
	] {
		assert_eq!(older.check_newer(Some(&there), part), rollback);
	}
}

fn tcb_info(signed: &Signed, there: Option<Version>) -> Result<(Tee, [u8; 6], Version), Error> {
	intel_tcb_info(
		&signed.tcb_info,
		&signed.tcb_info_signature,
		&signed.signing_certificate,
		&signed.root_list,
		|_, _| there,
		NOW,
		&signed.roots(),
	)
}

#[test]
fn a_tcb_info_is_taken_when_it_is_intels_and_newer() {
	let signed = Intel::tdx(4).sign();
	let (tee, fmspc, version) = tcb_info(&signed, None).unwrap();
	assert_eq!((tee, fmspc), (Tee::Tdx, [1, 2, 3, 4, 5, 0xa6]));
	// 1 November and 1 December 2023.
	assert_eq!(
		(version.made, version.until),
		(1_698_796_800, 1_701_388_800)
	);
	assert_eq!(
		tcb_info(&signed, Some(version)),
		Err(Error::Rollback(Part::TcbInfo))
	);
	let older = Version {
		made: version.made - 1,
		..version
	};
	assert!(tcb_info(&signed, Some(older)).is_ok());
	let mut later = Intel::tdx(4);
	later.tcb_info = later.tcb_info.replace("DataNumber\":16", "DataNumber\":15");
	later.tcb_info = later.tcb_info.replace("2023-11-01", "2023-11-02");
	let lower = tcb_info(&later.sign(), Some(version));
	assert_eq!(lower, Err(Error::Rollback(Part::TcbInfo)));
	let mut forged = Intel::tdx(4).sign();
	forged.tcb_info[20] ^= 1;
	assert_eq!(
		tcb_info(&forged, None),
		Err(Error::BadSignature(Part::TcbInfo))
	);
}

#[test]
fn a_qe_identity_is_taken_when_it_is_intels_and_newer() {
	let judge = |signed: &Signed, there| {
		intel_qe_identity(
			&signed.qe_identity,
			&signed.qe_identity_signature,
			&signed.signing_certificate,
			&signed.root_list,
			|_| there,
			NOW,
			&signed.roots(),
		)
	};
	let signed = Intel::sgx().sign();
	let (tee, version) = judge(&signed, None).unwrap();
	assert_eq!(tee, Tee::Sgx);
	assert_eq!(
		judge(&signed, Some(version)),
		Err(Error::Rollback(Part::QeIdentity))
	);
	let mut old = Intel::sgx();
	old.qe_identity = old.qe_identity.replace("2023-12-01", "2023-11-02");
	assert_eq!(
		judge(&old.sign(), None),
		Err(Error::Expired(Part::QeIdentity))
	);
}

#[test]
fn revocation_lists_are_taken_when_they_are_the_vendors_and_newer() {
	let part = Part::RevocationList;
	let signed = Intel::sgx().sign();
	let root = |there: Option<Version>| {
		intel_root_list(&signed.root_list, there.as_ref(), NOW, &signed.roots())
	};
	let version = root(None).unwrap();
	assert_eq!(version.made, NOW - 5);
	assert_eq!(root(Some(version)), Err(Error::Rollback(part)));
	assert!(root(Some(Version {
		made: NOW - 6,
		..version
	}))
	.is_ok());
	assert!(intel_root_list(&signed.root_list, None, NOW, &VENDORS).is_err());

	let authority = Intel::sgx()
		.authority_template
		.sign(&Key::p256(22), &Key::p256(21));
	let pck = |list: &[u8], authority: &[u8], there| {
		let root = &signed.root_list;
		intel_pck_list(list, authority, root, |_| there, NOW, &signed.roots())
	};
	let (kind, version) = pck(&signed.pck_list, &authority, None).unwrap();
	assert_eq!(kind, Authority::Platform);
	assert_eq!(
		pck(&signed.pck_list, &authority, Some(version)),
		Err(Error::Rollback(part))
	);
	let mismatch = Err(Error::CollateralMismatch(part));
	assert_eq!(pck(&signed.root_list, &authority, None), mismatch);
	let other = Template::authority("Intel SGX Root CA", "Another CA");
	let other = other.sign(&Key::p256(22), &Key::p256(21));
	let untrusted = Err(Error::UntrustedChain(Part::CollateralCertificate));
	assert_eq!(pck(&signed.pck_list, &other, None), untrusted);

	let ark = Key::p384(11);
	let info = ark.info();
	let roots = Roots {
		amd: [&info; 3],
		..VENDORS
	};
	let bytes = list("ARK-Genoa", &ark, NOW - 5, NOW + 5, &[]);
	let amd =
		|there: Option<Version>, now| amd_list(&bytes, Product::Genoa, there.as_ref(), now, &roots);
	let version = amd(None, NOW).unwrap();
	assert_eq!(amd(Some(version), NOW), Err(Error::Rollback(part)));
	assert_eq!(amd(None, NOW + 6), Err(Error::Expired(part)));
	assert!(amd_list(&bytes, Product::Genoa, None, NOW, &VENDORS).is_err());
}

#[test]
fn a_revoked_signing_certificate_signs_nothing() {
	let mut intel = Intel::sgx();
	intel.root_revoked = vec![intel.signing_template.serial.clone()];
	let revoked = Err(Error::Revoked(Part::CollateralCertificate));
	assert_eq!(tcb_info(&intel.sign(), None), revoked);
}
