//! Attesters against folders that answer as the kernel and Gramine do.

use aci_primitives::{
	evidence::{Evidence, Registration},
	AccountId,
};
use aci_tee::{Attester, AttesterError, GpuSource, GramineAttester, NoGpu, TsmAttester};
use sp_core::{ed25519, H256};
use std::{
	fs,
	path::{Path, PathBuf},
	sync::{
		atomic::{AtomicBool, Ordering},
		Arc,
	},
	thread::{sleep, spawn, JoinHandle},
	time::Duration,
};

fn registration() -> Registration {
	Registration {
		genesis: H256::repeat_byte(1),
		account: AccountId::new([2; 32]),
		session_key: ed25519::Public::from_raw([3; 32]),
		data_key: [4; 32],
		recent_block: H256::repeat_byte(5),
	}
}

/// How a kernel of the tests answers.
#[derive(Clone)]
struct Kernel {
	provider: &'static str,
	/// Length of the answer, and where the report data is in it.
	length: usize,
	place: usize,
	aux: Option<Vec<u8>>,
	/// How many of the first requests another program gets in between.
	races: u64,
	/// Whether the answer carries something else.
	stale: bool,
}

const TDX: Kernel = Kernel {
	provider: "tdx_guest",
	length: 5_000,
	place: 568,
	aux: None,
	races: 0,
	stale: false,
};

/// A folder in which new folders get the files of a request, until it is dropped.
struct Tsm {
	folder: tempfile::TempDir,
	stop: Arc<AtomicBool>,
	thread: Option<JoinHandle<()>>,
}

impl Tsm {
	fn new(kernel: Kernel) -> Self {
		let folder = tempfile::tempdir().expect("a folder");
		let stop = Arc::new(AtomicBool::new(false));
		let (path, stopped) = (folder.path().to_path_buf(), stop.clone());
		let thread = Some(spawn(move || {
			let mut seen: Vec<(PathBuf, bool)> = Vec::new();
			while !stopped.load(Ordering::Relaxed) {
				serve(&path, &kernel, &mut seen);
				sleep(Duration::from_millis(1));
			}
		}));
		Self {
			folder,
			stop,
			thread,
		}
	}

	fn attester(&self, gpus: Box<dyn GpuSource>) -> TsmAttester {
		TsmAttester::new(Some(self.folder.path().into()), gpus, false)
	}
}

impl Drop for Tsm {
	fn drop(&mut self) {
		self.stop.store(true, Ordering::Relaxed);
		if let Some(thread) = self.thread.take() {
			thread.join().expect("the kernel of the tests works");
		}
	}
}

fn serve(parent: &Path, kernel: &Kernel, seen: &mut Vec<(PathBuf, bool)>) {
	for entry in fs::read_dir(parent).expect("it is there").flatten() {
		let folder = entry.path();
		let place = match seen.iter().position(|(known, _)| *known == folder) {
			Some(place) => place,
			None => {
				// As if with the folder: whoever reads waits for the files.
				put(&folder, "generation", b"7\n");
				put(
					&folder,
					"provider",
					format!("{}\n", kernel.provider).as_bytes(),
				);
				seen.push((folder.clone(), false));
				seen.len() - 1
			}
		};
		let number = place as u64;
		let Ok(data) = fs::read(folder.join("inblob")) else {
			continue;
		};
		if seen[place].1 || data.len() != 64 {
			continue;
		}
		let mut out = vec![0xee; kernel.length];
		out[kernel.place..kernel.place + 64].copy_from_slice(&data);
		if kernel.stale {
			out[kernel.place] ^= 1;
		}
		put(&folder, "outblob", &out);
		if let Some(aux) = &kernel.aux {
			put(&folder, "auxblob", aux);
		}
		let generation = if number < kernel.races { "9\n" } else { "8\n" };
		put(&folder, "generation", generation.as_bytes());
		seen[place].1 = true;
	}
}

/// Puts a file at once, as a reader never sees half of the kernel's.
fn put(folder: &Path, name: &str, bytes: &[u8]) {
	let draft = folder.join(format!("{name}.draft"));
	if fs::write(&draft, bytes).is_ok() {
		let _ = fs::rename(&draft, folder.join(name));
	}
}

#[test]
fn a_domain_of_tdx_gives_a_quote_of_its_registration() {
	let tsm = Tsm::new(TDX);
	let evidence = tsm.attester(Box::new(NoGpu)).quote(&registration());
	let Evidence::Tdx(quote) = evidence.expect("it answers") else {
		panic!("a quote")
	};
	assert_eq!(quote[568..632], registration().report_data(&[]));
}

#[test]
fn a_quote_of_version_5_is_found_too() {
	let tsm = Tsm::new(Kernel { place: 574, ..TDX });
	assert!(tsm.attester(Box::new(NoGpu)).quote(&registration()).is_ok());
}

/// A host's table with both certificates.
fn table() -> Vec<u8> {
	let vcek = hex::decode("63da758de6644564adc5f4b93be8accd").expect("digits");
	let ask = hex::decode("4ab7b379bbac4fe4a02f05aef327c782").expect("digits");
	let mut table = Vec::new();
	for (name, place) in [(vcek, 72u32), (ask, 76)] {
		table.extend(name);
		table.extend(place.to_le_bytes());
		table.extend(4u32.to_le_bytes());
	}
	table.extend([0; 24]);
	table.extend(b"chipauth");
	table
}

#[test]
fn a_guest_of_sev_snp_gives_a_report_with_the_hosts_certificates_or_the_operators() {
	let kernel = Kernel {
		provider: "sev_guest",
		length: 1_184,
		place: 0x50,
		aux: Some(table()),
		..TDX
	};
	let tsm = Tsm::new(kernel.clone());
	let evidence = tsm.attester(Box::new(NoGpu)).quote(&registration());
	let Evidence::SevSnp(evidence) = evidence.expect("it answers") else {
		panic!("a report")
	};
	assert_eq!(
		(&evidence.vcek[..], &evidence.ask[..]),
		(&b"chip"[..], &b"auth"[..])
	);

	let tsm = Tsm::new(Kernel {
		aux: None,
		..kernel
	});
	let error = tsm.attester(Box::new(NoGpu)).quote(&registration());
	let error = error.expect_err("no certificates").to_string();
	assert!(error.contains("--vcek"), "{error}");
	let files = tempfile::tempdir().expect("a folder");
	let path = files.path().join("certificate");
	fs::write(&path, [0x30, 1, 2]).expect("written");
	let attester = tsm.attester(Box::new(NoGpu)).with_amd_chain(&path, &path);
	let evidence = attester.expect("files").quote(&registration());
	assert!(matches!(evidence, Ok(Evidence::SevSnp(_))));
}

#[test]
fn an_answer_that_another_program_got_in_between_is_asked_for_again() {
	let tsm = Tsm::new(Kernel { races: 2, ..TDX });
	assert!(tsm.attester(Box::new(NoGpu)).quote(&registration()).is_ok());
	let tsm = Tsm::new(Kernel { races: 9, ..TDX });
	let result = tsm.attester(Box::new(NoGpu)).quote(&registration());
	assert!(matches!(result, Err(AttesterError::Raced)));
}

#[test]
fn an_answer_for_somebody_else_is_not_sent() {
	let tsm = Tsm::new(Kernel { stale: true, ..TDX });
	let error = tsm.attester(Box::new(NoGpu)).quote(&registration());
	let error = error.expect_err("stale").to_string();
	assert!(error.contains("other report data"), "{error}");
}

#[test]
fn an_unknown_provider_and_a_missing_interface_are_errors_that_say_what_to_do() {
	let tsm = Tsm::new(Kernel {
		provider: "cca_guest",
		..TDX
	});
	let error = tsm.attester(Box::new(NoGpu)).quote(&registration());
	let error = error.expect_err("unknown").to_string();
	assert!(error.contains("`cca_guest`"), "{error}");
	let attester = TsmAttester::new(Some("/there/is/none".into()), Box::new(NoGpu), false);
	let error = attester
		.quote(&registration())
		.expect_err("missing")
		.to_string();
	assert!(error.contains("--tsm-path"), "{error}");
}

/// GPUs whose reports carry the nonce that they are asked with.
struct TwoGpus;

impl GpuSource for TwoGpus {
	fn evidence(
		&self,
		nonce: &[u8; 32],
	) -> Result<Vec<aci_primitives::evidence::GpuEvidence>, AttesterError> {
		let gpu = aci_primitives::evidence::GpuEvidence {
			report: nonce.to_vec().try_into().expect("short"),
			chain: Default::default(),
		};
		Ok(vec![gpu.clone(), gpu])
	}
}

#[test]
fn the_machines_report_data_commits_to_its_gpus() {
	let tsm = Tsm::new(TDX);
	let evidence = tsm.attester(Box::new(TwoGpus)).quote(&registration());
	let evidence = evidence.expect("it answers");
	let gpus = evidence.gpus();
	assert_eq!(
		(gpus.len(), &gpus[0].report[..]),
		(2, &registration().nonce()[..])
	);
	let Evidence::Nvidia(nvidia) = &evidence else {
		panic!("with GPUs")
	};
	let aci_primitives::evidence::HostEvidence::Tdx(quote) = &nvidia.host else {
		panic!("a quote")
	};
	assert_eq!(quote[568..632], registration().report_data(gpus));
}

/// A folder of Gramine's, in which `quote` carries this report data.
fn gramine(kind: &str, report_data: &[u8; 64]) -> (tempfile::TempDir, GramineAttester) {
	let folder = tempfile::tempdir().expect("a folder");
	let mut quote = vec![0xee; 4_700];
	quote[368..432].copy_from_slice(report_data);
	put(folder.path(), "attestation_type", kind.as_bytes());
	put(folder.path(), "user_report_data", &[0; 64]);
	put(folder.path(), "quote", &quote);
	let attester = GramineAttester::new(Some(folder.path().into()), true);
	(folder, attester)
}

#[test]
fn an_enclave_of_gramine_gives_a_quote_of_its_registration() {
	let expected = registration().report_data(&[]);
	let (folder, attester) = gramine("dcap\n", &expected);
	assert!(matches!(
		attester.quote(&registration()),
		Ok(Evidence::Sgx(_))
	));
	let written = fs::read(folder.path().join("user_report_data")).expect("written");
	assert_eq!(written, expected);
	let (_folder, attester) = gramine("dcap\n", &[9; 64]);
	assert!(matches!(
		attester.quote(&registration()),
		Err(AttesterError::Raced)
	));
	let (folder, attester) = gramine("none\n", &expected);
	let error = attester
		.quote(&registration())
		.expect_err("no quotes")
		.to_string();
	assert!(error.contains("`none`"), "{error}");
	fs::write(folder.path().join("attestation_type"), "dcap").expect("written");
	fs::write(folder.path().join("quote"), vec![0; 20_000]).expect("written");
	let error = attester
		.quote(&registration())
		.expect_err("too long")
		.to_string();
	assert!(error.contains("16384"), "{error}");
}

#[test]
fn secrets_are_stored_only_on_a_disk_that_the_operator_calls_encrypted() {
	let (_folder, attester) = gramine("dcap", &[0; 64]);
	let sealed = attester.seal(b"secret").expect("encrypted");
	assert_eq!(attester.unseal(&sealed).expect("opens"), b"secret");
	assert!(attester.unseal(b"secret").is_err());
	let plain = GramineAttester::new(None, false);
	let error = plain
		.seal(b"secret")
		.expect_err("not encrypted")
		.to_string();
	assert!(error.contains("--encrypted-disk"), "{error}");
	assert!(plain.unseal(&sealed).is_err());
}
