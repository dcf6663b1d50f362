use super::*;
use std::os::unix::fs::PermissionsExt;

const NONCE: [u8; 32] = [0x17; 32];
const PEM: &str = "-----BEGIN CERTIFICATE-----\\nMAEC\\n-----END CERTIFICATE-----\\n";

/// A command that runs these lines with `$1` and `$2`.
fn command(lines: &str) -> (tempfile::TempDir, GpuCommand) {
	let folder = tempfile::tempdir().expect("a folder");
	let path = folder.path().join("evidence");
	fs::write(&path, format!("#!/bin/sh\n{lines}\n")).expect("written");
	fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("executable");
	(folder, GpuCommand::new(path))
}

/// One after the other: the folder of a nonce exists once.
fn lines(lines: &str, nonce: u8) -> Result<Vec<GpuEvidence>, String> {
	let (_folder, command) = command(lines);
	let mut bytes = NONCE;
	bytes[0] = nonce;
	command.evidence(&bytes).map_err(|error| error.to_string())
}

#[test]
fn reports_and_chains_of_a_command_are_evidence() {
	let fixed = "printf 'head\\027\\027\\027\\027' > $2/0.report; \
	             for i in 1 2 3 4 5 6 7; do printf '\\027\\027\\027\\027' >> $2/0.report; done";
	let text = format!("{fixed}\nprintf '%b' '{PEM}{PEM}' > $2/0.pem");
	let gpus = lines(&text, 0x17).expect("good");
	assert_eq!((gpus.len(), gpus[0].chain.len()), (1, 2));
	assert_eq!(gpus[0].report[4..36], NONCE);
	// A report with another nonce is not sent.
	let error = lines(&text, 0x18).expect_err("another nonce");
	assert!(error.contains("another nonce"), "{error}");
}

#[test]
fn a_command_that_fails_says_how() {
	for (number, (text, said)) in [
		("exit 3", "ended with exit status: 3"),
		("true", "confidential mode"),
		("printf short > $2/0.report", "another nonce"),
	]
	.into_iter()
	.enumerate()
	{
		let error = lines(text, 0x20 + number as u8).expect_err("it fails");
		assert!(error.contains(said), "{error}");
	}
	let missing = GpuCommand::new("/there/is/no/such/program".into());
	let error = missing
		.evidence(&[0x30; 32])
		.expect_err("missing")
		.to_string();
	assert!(error.contains("cannot be run"), "{error}");
}

#[test]
fn a_command_is_not_waited_for_without_end() {
	let (_folder, mut command) = command("sleep 20");
	command.patience = Duration::from_millis(100);
	let start = Instant::now();
	let error = command
		.evidence(&[0x31; 32])
		.expect_err("too long")
		.to_string();
	assert!(error.contains("took longer"), "{error}");
	assert!(start.elapsed() < Duration::from_secs(10));
}
