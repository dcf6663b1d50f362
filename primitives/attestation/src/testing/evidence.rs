//! Genuine evidence, which is not part of this project: `scripts/evidence.sh` fetches it.
//!
//! It lies in the folder named by `ACI_EVIDENCE_DIR`, else in `~/.cache/aci/evidence`. A test that
//! does not find its evidence says so on standard error, where the count of such lines is the number
//! of skipped tests, and ends; under `ACI_EVIDENCE=required` it fails.

use crate::pem;
use std::{collections::BTreeSet, env, fs, io::Write, path::PathBuf, sync::Mutex};

/// Tests that have said that they are skipped, with the vendor whose evidence they lack.
static SKIPPED: Mutex<BTreeSet<(String, String)>> = Mutex::new(BTreeSet::new());

/// The file, or `None` and a line that says that the test is skipped.
pub fn read(test: &str, file: &str) -> Option<Vec<u8>> {
	let folder = match env::var_os("ACI_EVIDENCE_DIR") {
		Some(folder) => PathBuf::from(folder),
		None => match env::var_os("XDG_CACHE_HOME") {
			Some(cache) => PathBuf::from(cache).join("aci/evidence"),
			None => {
				PathBuf::from(env::var_os("HOME").unwrap_or_default()).join(".cache/aci/evidence")
			}
		},
	};
	match fs::read(folder.join(file)) {
		Ok(bytes) => Some(bytes),
		Err(_) => {
			let hint = "run scripts/evidence.sh, or set ACI_EVIDENCE_DIR";
			assert_ne!(
				env::var("ACI_EVIDENCE").as_deref(),
				Ok("required"),
				"{file} is missing: {hint}"
			);
			// One line for each test, also if it lacks several files.
			let vendor = file.split('/').next().unwrap_or_default();
			let mut skipped = SKIPPED
				.lock()
				.unwrap_or_else(|poisoned| poisoned.into_inner());
			if !skipped.insert((test.into(), vendor.into())) {
				return None;
			}
			// Not by a macro that prints: the test runner would hide the line of a test that passes.
			let line = format!("skipped: {test}, without {file}: {hint}\n");
			if std::io::stderr().write_all(line.as_bytes()).is_err() {
				eprintln!("{line}");
			}
			None
		}
	}
}

/// The certificates of a file in PEM.
pub fn certificates(test: &str, file: &str) -> Option<Vec<Vec<u8>>> {
	Some(pem::certificates(&read(test, file)?).expect("the file is of certificates in PEM"))
}

/// The bytes of a file of hexadecimal text.
pub fn hexadecimal(test: &str, file: &str) -> Option<Vec<u8>> {
	let text = String::from_utf8(read(test, file)?).expect("the file is text");
	let text = text.trim();
	let byte = |place| u8::from_str_radix(&text[place..place + 2], 16).expect("hexadecimal");
	Some((0..text.len()).step_by(2).map(byte).collect())
}
