//! How long verification takes, natively: what the chain's weights are made from.
//!
//! `cargo run --release -p aci-attestation --no-default-features --features testing --example weights`
//!
//! Prints the median of repeated runs, in microseconds: of whole verifications with vendors of our
//! own, of genuine evidence where it is there (AMD's and Google's chains have RSA keys, ours have
//! not), and of the longest collateral.

use aci_attestation::{
	android, dcap, nvidia,
	roots::{Roots, VENDORS},
	sev,
	signature::{verify_p256, verify_p384, PublicKey},
	testing::{
		android::Device,
		evidence,
		intel::Intel,
		nvidia::Gpu,
		pki::{list, Key, NOW},
	},
	x509::{Certificate, RevocationList, RevokedSerials},
	Part,
};
use std::{hint::black_box, time::Instant};

const RUNS: usize = 41;

/// The median time of one run, in microseconds.
fn measure<T>(mut run: impl FnMut() -> T) -> u128 {
	let mut times: Vec<u128> = (0..RUNS)
		.map(|_| {
			let start = Instant::now();
			black_box(run());
			start.elapsed().as_micros()
		})
		.collect();
	times.sort_unstable();
	times[RUNS / 2]
}

fn print(what: &str, micros: u128) {
	println!("{what:<58}{micros:>8} µs");
}

fn main() {
	signatures();
	let revoked = RevokedSerials::new(&[]).expect("in order");
	let policy = dcap::Policy {
		accepted: 0xff,
		evaluation: 0,
	};
	for (name, intel) in [("SGX quote", Intel::sgx()), ("TDX quote", Intel::tdx(5))] {
		let signed = intel.sign();
		let (collateral, roots) = (signed.collateral(), signed.roots());
		let judge = || dcap::verify(&signed.quote, &collateral, NOW, &policy, &roots);
		judge().expect("it stands");
		print(&format!("{name}, own vendor (9 x P-256)"), measure(judge));
	}
	nvidia_gpu(&revoked);
	trust_zone(&revoked);
	sev_snp();
	longest();
}

/// Single signatures.
fn signatures() {
	let message = [0x5a; 1_024];
	let key = Key::p256(1);
	let (point, signature) = (key.point(), key.sign_raw(&message));
	let signature = signature.try_into().expect("64 bytes");
	let verify = || verify_p256(&point, &message, &signature, Part::Report);
	verify().expect("it stands");
	print("a signature over P-256", measure(verify));
	let key = Key::p384(1);
	let (point, signature) = (key.point(), key.sign_raw(&message));
	let signature = signature.try_into().expect("96 bytes");
	let verify = || verify_p384(&point, &message, &signature, Part::Report);
	verify().expect("it stands");
	print("a signature over P-384", measure(verify));
	if let Some(ask) = evidence::certificates("weights", "amd/ask_milan.pem") {
		let part = Part::Certificate;
		let ask = Certificate::parse(&ask[0], part).expect("a certificate");
		let root = PublicKey::parse(VENDORS.amd(sev::Product::Milan), part).expect("a key");
		let verify = || root.verify(ask.algorithm, ask.signed, ask.signature, part);
		verify().expect("it stands");
		print("a signature with RSA of 4096 bits", measure(verify));
	}
}

fn nvidia_gpu(revoked: &RevokedSerials) {
	let (report, chain) = Gpu::new([1; 32]).signed();
	let chain: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
	let root = Gpu::root();
	let roots = Roots {
		nvidia: &root,
		..VENDORS
	};
	let judge = || nvidia::verify(&report, &chain, &[1; 32], revoked, NOW, &roots);
	judge().expect("it stands");
	print("GPU report, own vendor (4 x P-384)", measure(judge));
	let files = (
		evidence::hexadecimal("weights", "nvidia/hopper_report.hex"),
		evidence::certificates("weights", "nvidia/hopper_chain.pem"),
	);
	if let (Some(report), Some(chain)) = files {
		let chain: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
		let nonce: [u8; 32] = report[4..36].try_into().expect("32 bytes");
		let judge = || nvidia::verify(&report, &chain, &nonce, revoked, NOW, &VENDORS);
		judge().expect("it stands");
		print("GPU report, genuine (5 x P-384)", measure(judge));
	}
}

fn trust_zone(revoked: &RevokedSerials) {
	let policy = android::Policy {
		os_patch_level: 0,
		vendor_patch_level: 0,
		expired_factory_certificates: false,
	};
	let chain = Device::new().chain();
	let chain: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
	let root = Device::root();
	let google = [&root[..]];
	let roots = Roots {
		google: &google,
		..VENDORS
	};
	let judge = || android::authenticate(&chain, revoked, NOW, &policy, &roots);
	judge().expect("it stands");
	print("TrustZone chain, own vendor", measure(judge));
	for file in ["ec_tee", "rsa_tee"] {
		let Some(chain) = evidence::certificates("weights", &format!("android/{file}.pem")) else {
			continue;
		};
		let chain: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
		let judge = || android::authenticate(&chain, revoked, NOW, &policy, &VENDORS);
		judge().expect("it stands");
		print(&format!("TrustZone chain, genuine, {file}"), measure(judge));
	}
}

fn sev_snp() {
	let files = (
		evidence::hexadecimal("weights", "amd/report_milan"),
		evidence::read("weights", "amd/vcek_milan.der"),
		evidence::certificates("weights", "amd/ask_milan.pem"),
	);
	let (Some(report), Some(vcek), Some(ask)) = files else {
		return;
	};
	let evidence = sev::Evidence {
		report: &report,
		vcek: &vcek,
		ask: &ask[0],
	};
	let policy = sev::Policy {
		minimum: [Some(sev::Tcb::default()); 3],
		vmpl: 0,
		migration: false,
		revocation_list_required: false,
	};
	let judge = || sev::verify(&evidence, None, NOW, &policy, &VENDORS);
	judge().expect("it stands");
	print(
		"SEV-SNP report, genuine (1 x P-384, 2 x RSA-4096), no list",
		measure(judge),
	);
}

/// The longest list and the longest statement that are read.
fn longest() {
	let key = Key::p384(11);
	let serials: Vec<[u8; 20]> = (0..2_900u32)
		.map(|number| {
			let mut serial = [0x7f; 20];
			serial[16..].copy_from_slice(&number.to_be_bytes());
			serial
		})
		.collect();
	let serials: Vec<&[u8]> = serials.iter().map(|serial| &serial[..]).collect();
	let bytes = list("ARK-Milan", &key, NOW - 5, NOW + 5, &serials);
	let read = || {
		RevocationList::parse(&bytes)
			.expect("it is a list")
			.has(&[1])
	};
	let what = format!(
		"revocation list of {} bytes, read and searched",
		bytes.len()
	);
	print(&what, measure(read));

	let mut intel = Intel::tdx(4);
	let start = intel
		.tcb_info
		.rfind("\"tcbLevels\":[")
		.expect("it is there")
		+ 13;
	let end = intel.tcb_info.len() - 2;
	let level = intel.tcb_info[start..end].to_string();
	let level = level.split("},{\"tcb\"").next().expect("one").to_string() + "}";
	let mut levels = vec![level.clone(); 1];
	while intel.tcb_info.len() + level.len() * (levels.len() + 1) < dcap::MAX_TCB_INFO
		&& levels.len() < dcap::MAX_LEVELS - 2
	{
		levels.push(level.clone());
	}
	intel.tcb_info.insert_str(start, &(levels.join(",") + ","));
	let text = intel.tcb_info.clone();
	let read = || dcap::TcbInfo::parse(text.as_bytes()).map(|info| info.levels.len());
	match read() {
		Ok(count) => {
			let what = format!("TCB info of {} bytes, {count} levels, read", text.len());
			print(&what, measure(read));
		}
		Err(error) => println!("the longest TCB info is refused: {error:?}"),
	}
}
