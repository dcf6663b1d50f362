//! Vendors of our own for tests: evidence of every kind of TEE, and its collateral.

use crate::{
	mock::*, AttestationPolicy, CollateralUpdate, CurrentPolicy, Pallet, Statement, VendorRoots,
};
use aci_attestation::{
	android,
	facade::Policy,
	roots::{Roots, VENDORS},
	sev::{self, Product},
	testing::{
		amd::Vendor,
		android::Device,
		intel::{Intel, Signed},
		nvidia::Gpu,
		pki::{list, Key},
	},
};
use aci_primitives::evidence::{
	Evidence, GpuEvidence, HostEvidence, NvidiaEvidence, Registration, SevSnpEvidence, TeeKind,
};
use frame_support::{assert_ok, dispatch::DispatchResultWithPostInfo, parameter_types};
use sp_core::H256;
use std::sync::OnceLock;

parameter_types! {
	/// Whether the roots are the vendors' own, for genuine evidence.
	pub static Genuine: bool = false;
}

/// The roots of the vendors here, or the real ones.
pub struct TestRoots;

impl VendorRoots for TestRoots {
	fn roots() -> Roots<'static> {
		static OWN: OnceLock<Roots<'static>> = OnceLock::new();
		if Genuine::get() {
			return VENDORS;
		}
		*OWN.get_or_init(|| {
			let leak = |bytes: Vec<u8>| -> &'static [u8] { Box::leak(bytes.into_boxed_slice()) };
			let amd = leak(Key::p384(11).info());
			Roots {
				intel: leak(Key::p256(21).info()),
				amd: [amd; 3],
				nvidia: leak(Gpu::root()),
				google: Box::leak(vec![leak(Device::root())].into_boxed_slice()),
			}
		})
	}
}

/// Accepts every kind of TEE.
pub fn policy() -> AttestationPolicy {
	let accepted = Policy {
		sev_snp: Some(sev::Policy {
			minimum: [Some(sev::Tcb::default()); 3],
			vmpl: 0,
			migration: false,
			revocation_list_required: true,
		}),
		trust_zone: Some(android::Policy {
			os_patch_level: 202_401,
			vendor_patch_level: 0,
			expired_factory_certificates: false,
		}),
		..AttestationPolicy::default().accepted
	};
	AttestationPolicy {
		accepted,
		..AttestationPolicy::default()
	}
}

/// A chain that accepts every kind of TEE and has no collateral yet.
pub fn hardware(test: impl FnOnce()) {
	development().execute_with(|| {
		CurrentPolicy::<Test>::put(policy());
		test();
		assert_invariants();
	});
}

/// What `worker` registers with `session_key(key)` against the parent block.
pub fn registration(worker: u8, key: u8) -> Registration {
	Registration {
		genesis: genesis_hash(),
		account: account(worker),
		session_key: session_key(key),
		data_key: [key; 32],
		recent_block: System::block_hash(u64::from(parent())),
	}
}

/// Sends the call of a registration with evidence.
pub fn attest_with(worker: u8, key: u8, evidence: Evidence) -> sp_runtime::DispatchResult {
	Pallet::<Test>::attest(
		RuntimeOrigin::signed(account(worker)),
		evidence,
		session_key(key),
		[key; 32],
		parent(),
	)
}

/// What [`Vendor`] and the others are judged to be, allowed from then on.
pub fn allow(worker: u8, key: u8, evidence: &Evidence) {
	let judged = Pallet::<Test>::judge(evidence, &registration(worker, key), Clock::get())
		.expect("the evidence stands");
	let gpus = judged.gpu_measurements.into_iter();
	let programs = gpus.map(|gpu| (TeeKind::Nvidia, gpu));
	for (tee, measurement) in programs.chain([(judged.tee, judged.measurement)]) {
		if PoAi::measurement(measurement).is_none() {
			assert_ok!(PoAi::allow_measurement(
				RuntimeOrigin::root(),
				tee,
				measurement
			));
		}
	}
}

pub fn bring(update: CollateralUpdate) -> DispatchResultWithPostInfo {
	PoAi::update_collateral(RuntimeOrigin::signed(account(4)), update)
}

/// All that Intel has to say, in the order in which it is to be brought.
pub fn intel_updates(intel: &Intel, signed: &Signed) -> [CollateralUpdate; 4] {
	let bytes = |bytes: &[u8]| bytes.to_vec().try_into().expect("short");
	let authority = intel
		.authority_template
		.sign(&Key::p256(22), &Key::p256(21));
	let certificate: Vec<u8> = signed.signing_certificate.clone();
	let statement = |text: &[u8], signature| Statement {
		text: text.to_vec().try_into().expect("short"),
		signature,
		certificate: certificate.clone().try_into().expect("short"),
	};
	[
		CollateralUpdate::IntelRootList(bytes(&signed.root_list)),
		CollateralUpdate::IntelPckList {
			list: bytes(&signed.pck_list),
			authority: authority.try_into().expect("short"),
		},
		CollateralUpdate::IntelTcbInfo(statement(&signed.tcb_info, signed.tcb_info_signature)),
		CollateralUpdate::IntelQeIdentity(statement(
			&signed.qe_identity,
			signed.qe_identity_signature,
		)),
	]
}

/// Brings all that Intel has to say.
pub fn bring_intel(intel: &Intel) {
	for update in intel_updates(intel, &intel.sign()) {
		assert_ok!(bring(update));
	}
}

/// The revocation list of Milan's root, made `age` seconds ago.
pub fn amd_list(age: u64) -> CollateralUpdate {
	let bytes = list("ARK-Milan", &Key::p384(11), NOW - age, NOW + 500, &[]);
	CollateralUpdate::AmdList {
		product: Product::Milan,
		list: bytes.try_into().expect("short"),
	}
}

fn with_report_data(mut intel: Intel, registration: &Registration, gpus: &[GpuEvidence]) -> Intel {
	let place = if intel.tdx { 520..584 } else { 320..384 };
	intel.body[place].copy_from_slice(&registration.report_data(gpus));
	intel
}

/// A quote of SGX for a registration.
pub fn sgx(intel: Intel, registration: &Registration) -> Evidence {
	let quote = with_report_data(intel, registration, &[]).sign().quote;
	Evidence::Sgx(quote.try_into().expect("short"))
}

/// A quote of TDX for a registration.
pub fn tdx(intel: Intel, registration: &Registration) -> Evidence {
	let quote = with_report_data(intel, registration, &[]).sign().quote;
	Evidence::Tdx(quote.try_into().expect("short"))
}

/// A report of SEV-SNP for a registration.
pub fn sev_snp(mut vendor: Vendor, registration: &Registration) -> Evidence {
	vendor.report[0x50..0x90].copy_from_slice(&registration.report_data(&[]));
	let [vcek, ask] = vendor.certificates();
	Evidence::SevSnp(SevSnpEvidence {
		report: vendor.signed_report().try_into().expect("short"),
		vcek: vcek.try_into().expect("short"),
		ask: ask.try_into().expect("short"),
	})
}

/// A report of a GPU with a nonce.
pub fn gpu(nonce: [u8; 32]) -> GpuEvidence {
	let (report, chain) = Gpu::new(nonce).signed();
	let chain: Vec<_> = chain
		.into_iter()
		.map(|bytes| bytes.try_into().expect("short"))
		.collect();
	GpuEvidence {
		report: report.try_into().expect("short"),
		chain: chain.try_into().expect("short"),
	}
}

/// A domain of TDX with GPUs, for a registration.
pub fn tdx_with_gpus(registration: &Registration, gpus: Vec<GpuEvidence>) -> Evidence {
	let intel = with_report_data(Intel::tdx(5), registration, &gpus);
	let quote = intel.sign().quote;
	Evidence::Nvidia(NvidiaEvidence {
		host: HostEvidence::Tdx(quote.try_into().expect("short")),
		gpus: gpus.try_into().expect("few"),
	})
}

/// A chain of TrustZone for a registration.
pub fn trust_zone(mut device: Device, registration: &Registration) -> Evidence {
	device.challenge = registration.report_data(&[]).to_vec();
	let chain: Vec<_> = device
		.chain()
		.into_iter()
		.map(|bytes| bytes.try_into().expect("short"))
		.collect();
	Evidence::TrustZone(chain.try_into().expect("short"))
}

/// The identity of the only GPU that [`Gpu`] makes.
pub fn gpu_of(worker: u8) -> H256 {
	let gpus = PoAi::gpus(account(worker));
	assert_eq!(gpus.len(), 1);
	gpus[0]
}
