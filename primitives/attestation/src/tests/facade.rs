//! The whole: registrations with evidence of every kind.

use crate::{
	dcap::{self, required, TcbStatus},
	error::{Error, Part},
	facade::{
		binding::gpu_evidence_hash,
		evidence::{NvidiaEvidence, SevSnpEvidence},
		verify, Collateral, Evidence, GpuEvidence, HostEvidence, Policy, Registration, Tcb, Tee,
		Verified,
	},
	roots::{Roots, VENDORS},
	testing::{
		amd::Vendor,
		android::Device,
		intel::{Intel, Signed},
		nvidia::Gpu,
		pki::{list, Key, NOW},
	},
	x509::RevokedSerials,
	{android, sev},
};
use codec::{Decode, Encode, MaxEncodedLen};
use proptest::prelude::*;
use sp_core::{ed25519, H256};

fn registration(account: u8) -> Registration {
	Registration {
		genesis: H256::repeat_byte(1),
		account: [account; 32].into(),
		session_key: ed25519::Public::from_raw([3; 32]),
		data_key: [4; 32],
		recent_block: H256::repeat_byte(5),
	}
}

fn policy() -> Policy {
	let intel = dcap::Policy {
		accepted: TcbStatus::UpToDate.bit(),
		evaluation: 10,
	};
	Policy {
		sgx: Some(intel),
		tdx: Some(intel),
		sev_snp: Some(sev::Policy {
			minimum: [Some(sev::Tcb::default()); 3],
			vmpl: 0,
			migration: false,
			revocation_list_required: true,
		}),
		nvidia: true,
		trust_zone: Some(android::Policy {
			os_patch_level: 202_401,
			vendor_patch_level: 0,
			expired_factory_certificates: false,
		}),
	}
}

/// All roots of ours, and the collateral that belongs to them.
struct World {
	intel: Option<Signed>,
	roots: [Vec<u8>; 4],
	amd_list: Vec<u8>,
}

impl World {
	fn new(intel: Option<Signed>) -> Self {
		let vendor = Vendor::new();
		let root = intel
			.as_ref()
			.map(|signed| signed.root.clone())
			.unwrap_or_default();
		Self {
			intel,
			roots: [root, vendor.ark.info(), Gpu::root(), Device::root()],
			amd_list: list("ARK-Milan", &vendor.ark, NOW - 5, NOW + 500, &[]),
		}
	}

	fn judge(&self, evidence: &Evidence, account: u8, policy: &Policy) -> Result<Verified, Error> {
		let [intel, amd, nvidia, google] = &self.roots;
		let google = [&google[..]];
		let roots = Roots {
			intel,
			amd: [amd; 3],
			nvidia,
			google: &google,
		};
		let collateral = Collateral {
			intel: self.intel.as_ref().map(Signed::collateral),
			amd_revocation_list: Some(&self.amd_list),
			revoked: RevokedSerials::new(&[]).unwrap(),
		};
		// What a chain gets has been encoded.
		let evidence = Evidence::decode(&mut &evidence.encode()[..]).unwrap();
		verify(
			&evidence,
			&registration(account),
			&collateral,
			NOW,
			policy,
			&roots,
		)
	}
}

fn sgx(account: u8) -> (World, Evidence) {
	let mut intel = Intel::sgx();
	intel.body[320..].copy_from_slice(&registration(account).report_data(&[]));
	let signed = intel.sign();
	let evidence = Evidence::Sgx(signed.quote.clone().try_into().unwrap());
	(World::new(Some(signed)), evidence)
}

fn tdx(gpus: &[GpuEvidence]) -> (World, HostEvidence) {
	let mut intel = Intel::tdx(5);
	intel.body[520..584].copy_from_slice(&registration(7).report_data(gpus));
	let signed = intel.sign();
	let evidence = HostEvidence::Tdx(signed.quote.clone().try_into().unwrap());
	(World::new(Some(signed)), evidence)
}

fn sev_snp(gpus: &[GpuEvidence]) -> SevSnpEvidence {
	let mut vendor = Vendor::new();
	vendor.report[0x50..0x90].copy_from_slice(&registration(7).report_data(gpus));
	let [vcek, ask] = vendor.certificates();
	SevSnpEvidence {
		report: vendor.signed_report().try_into().unwrap(),
		vcek: vcek.try_into().unwrap(),
		ask: ask.try_into().unwrap(),
	}
}

fn gpu(nonce: [u8; 32]) -> GpuEvidence {
	let (report, chain) = Gpu::new(nonce).signed();
	let chain: Vec<_> = chain
		.into_iter()
		.map(|bytes| bytes.try_into().unwrap())
		.collect();
	GpuEvidence {
		report: report.try_into().unwrap(),
		chain: chain.try_into().unwrap(),
	}
}

#[test]
fn every_kind_of_evidence_stands_for_its_registration_alone() {
	let (world, evidence) = sgx(7);
	let verified = world.judge(&evidence, 7, &policy()).unwrap();
	assert_eq!((verified.tee, verified.expires), (Tee::Sgx, NOW + 1000));
	assert_eq!(verified.tcb, Tcb::Intel(TcbStatus::UpToDate));
	assert_eq!(
		world.judge(&evidence, 8, &policy()),
		Err(Error::WrongReportData)
	);

	let (world, HostEvidence::Tdx(quote)) = tdx(&[]) else {
		panic!("a quote")
	};
	let evidence = Evidence::Tdx(quote);
	assert_eq!(
		world
			.judge(&evidence, 7, &policy())
			.map(|verified| verified.tee),
		Ok(Tee::Tdx)
	);
	assert_eq!(
		world.judge(&evidence, 8, &policy()),
		Err(Error::WrongReportData)
	);

	let world = World::new(None);
	let evidence = Evidence::SevSnp(sev_snp(&[]));
	let verified = world.judge(&evidence, 7, &policy()).unwrap();
	assert_eq!((verified.tee, verified.expires), (Tee::SevSnp, NOW + 500));
	assert_eq!(
		world.judge(&evidence, 8, &policy()),
		Err(Error::WrongReportData)
	);

	let challenge = registration(7).report_data(&[]).to_vec();
	let chain = Device {
		challenge,
		..Device::new()
	}
	.chain();
	let chain: Vec<_> = chain
		.into_iter()
		.map(|bytes| bytes.try_into().unwrap())
		.collect();
	let evidence = Evidence::TrustZone(chain.try_into().unwrap());
	let verified = world.judge(&evidence, 7, &policy()).unwrap();
	assert_eq!(
		(verified.tee, verified.tcb),
		(Tee::TrustZone, Tcb::Android(202_405))
	);
	assert_eq!(
		world.judge(&evidence, 8, &policy()),
		Err(Error::WrongReportData)
	);
}

#[test]
fn every_field_of_a_registration_counts() {
	let base = registration(7);
	let others = [
		Registration {
			genesis: H256::zero(),
			..base.clone()
		},
		registration(8),
		Registration {
			session_key: ed25519::Public::from_raw([9; 32]),
			..base.clone()
		},
		Registration {
			data_key: [9; 32],
			..base.clone()
		},
		Registration {
			recent_block: H256::zero(),
			..base.clone()
		},
	];
	let gpus = [gpu([1; 32])];
	for other in others {
		assert_ne!(other.report_data(&[]), base.report_data(&[]));
		assert_ne!(other.nonce(), base.nonce());
	}
	assert_ne!(base.report_data(&gpus), base.report_data(&[]));
	assert_ne!(gpu_evidence_hash(&gpus), gpu_evidence_hash(&[gpu([2; 32])]));
	assert_eq!(gpu_evidence_hash(&[]), H256::zero());
	assert_eq!(base.report_data(&[])[32..], [0; 32]);
	assert_ne!(base.report_data(&[])[..32], base.nonce());
}

#[test]
fn a_machine_stands_with_its_gpus() {
	let gpus = vec![gpu(registration(7).nonce())];
	let (world, tdx) = tdx(&gpus);
	for host in [tdx, HostEvidence::SevSnp(sev_snp(&gpus))] {
		let evidence = NvidiaEvidence {
			host,
			gpus: gpus.clone().try_into().unwrap(),
		};
		let evidence = Evidence::Nvidia(evidence);
		let verified = world.judge(&evidence, 7, &policy()).unwrap();
		assert_eq!(verified.gpus.len(), 1);
		let without = Policy {
			nvidia: false,
			..policy()
		};
		assert_eq!(
			world.judge(&evidence, 7, &without),
			Err(Error::TeeNotAccepted)
		);
	}
}

#[test]
fn a_gpu_of_another_registration_is_refused() {
	let gpus = vec![gpu(registration(8).nonce())];
	let (world, host) = tdx(&gpus);
	let evidence = NvidiaEvidence {
		host,
		gpus: gpus.try_into().unwrap(),
	};
	let result = world.judge(&Evidence::Nvidia(evidence), 7, &policy());
	assert_eq!(result, Err(Error::WrongNonce));
}

#[test]
fn gpus_that_the_machine_does_not_name_are_refused() {
	let (world, host) = tdx(&[]);
	let gpus = vec![gpu(registration(7).nonce())];
	let evidence = NvidiaEvidence {
		host,
		gpus: gpus.try_into().unwrap(),
	};
	let result = world.judge(&Evidence::Nvidia(evidence), 7, &policy());
	assert_eq!(result, Err(Error::WrongReportData));
}

#[test]
fn a_gpu_counts_once() {
	let gpus = vec![gpu(registration(7).nonce()); 2];
	let (world, host) = tdx(&gpus);
	let evidence = NvidiaEvidence {
		host,
		gpus: gpus.try_into().unwrap(),
	};
	let result = world.judge(&Evidence::Nvidia(evidence), 7, &policy());
	assert_eq!(result, Err(Error::Inconsistent(Part::DeviceReport)));
}

#[test]
fn what_the_policy_or_the_collateral_lacks_is_refused() {
	let (mut world, evidence) = sgx(7);
	assert_eq!(
		world.judge(&evidence, 7, &Policy::default()),
		Err(Error::TeeNotAccepted)
	);
	let only_tdx = Policy {
		sgx: None,
		..policy()
	};
	assert_eq!(
		world.judge(&evidence, 7, &only_tdx),
		Err(Error::TeeNotAccepted)
	);
	let Evidence::Sgx(quote) = &evidence else {
		panic!("a quote")
	};
	let disguised = Evidence::Tdx(quote.clone());
	assert_eq!(
		world.judge(&disguised, 7, &policy()),
		Err(Error::Unsupported(Part::Report))
	);
	world.intel = None;
	let missing = Err(Error::CollateralMissing(Part::TcbInfo));
	assert_eq!(world.judge(&evidence, 7, &policy()), missing);
}

#[test]
fn measurements_and_identities_differ_where_machines_do() {
	let (world, evidence) = sgx(7);
	let one = world.judge(&evidence, 7, &policy()).unwrap();
	let mut intel = Intel::sgx();
	intel.body[64] ^= 1;
	intel.body[320..].copy_from_slice(&registration(7).report_data(&[]));
	let signed = intel.sign();
	let evidence = Evidence::Sgx(signed.quote.clone().try_into().unwrap());
	let other = World::new(Some(signed))
		.judge(&evidence, 7, &policy())
		.unwrap();
	assert_ne!(one.measurement, other.measurement);
	assert_eq!(one.hardware, other.hardware);
	let amd = World::new(None)
		.judge(&Evidence::SevSnp(sev_snp(&[])), 7, &policy())
		.unwrap();
	assert_ne!(one.hardware, amd.hardware);
}

#[test]
fn a_quote_names_the_collateral_that_it_needs() {
	let quote = Intel::tdx(4).sign().quote;
	let needed = required(&quote).unwrap();
	assert_eq!(needed.tee, dcap::Tee::Tdx);
	assert_eq!(needed.fmspc, [1, 2, 3, 4, 5, 0xa6]);
	assert_eq!(needed.authority, dcap::Authority::Platform);
	assert!(required(&quote[1..]).is_err());
}

#[test]
fn the_largest_evidence_is_bounded() {
	// A call's arguments fit into a block by far.
	assert!(Evidence::max_encoded_len() < 400 * 1024);
	assert!(Policy::max_encoded_len() < 200);
}

#[test]
fn the_indices_are_those_kept_free_in_the_primitives() {
	assert_eq!(Evidence::Sgx(Default::default()).encode()[0], 1);
	assert_eq!(Evidence::Tdx(Default::default()).encode()[0], 2);
	assert_eq!(Evidence::SevSnp(sev_snp(&[])).encode()[0], 3);
	let host = HostEvidence::Tdx(Default::default());
	let evidence = NvidiaEvidence {
		host,
		gpus: Default::default(),
	};
	assert_eq!(Evidence::Nvidia(evidence).encode()[0], 4);
	assert_eq!(Evidence::TrustZone(Default::default()).encode()[0], 5);
}

#[test]
fn evidence_with_a_key_of_no_root_of_the_vendor_is_refused_by_the_vendors_roots() {
	let (_, evidence) = sgx(7);
	let signed = Intel::sgx().sign();
	let collateral = Collateral {
		intel: Some(signed.collateral()),
		amd_revocation_list: None,
		revoked: RevokedSerials::new(&[]).unwrap(),
	};
	let result = verify(
		&evidence,
		&registration(7),
		&collateral,
		NOW,
		&policy(),
		&VENDORS,
	);
	assert_eq!(result, Err(Error::BadSignature(Part::RevocationList)));
	assert_ne!(Key::p256(21).info(), VENDORS.intel);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn any_evidence_is_judged_without_panic(kind in 1u8..6, bytes in any::<Vec<u8>>()) {
		let (world, _) = sgx(7);
		if let Ok(evidence) = Evidence::decode(&mut &[&[kind], &bytes[..]].concat()[..]) {
			prop_assert!(world.judge(&evidence, 7, &policy()).is_err());
		}
		let quote = bytes.clone().try_into().unwrap();
		prop_assert!(world.judge(&Evidence::Sgx(quote), 7, &policy()).is_err());
		let chain = vec![bytes.try_into().unwrap(); 3];
		let evidence = Evidence::TrustZone(chain.try_into().unwrap());
		prop_assert!(world.judge(&evidence, 7, &policy()).is_err());
	}
}
