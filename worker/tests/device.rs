//! What the program says when the device it is told to use is not there.

use std::process::Command;

/// No machine has so many GPUs, so this holds with and without a GPU and with and without the
/// feature. There is no node at the address either: the device must be checked before.
#[test]
fn start_on_a_device_that_is_not_there_ends_with_the_reason_and_leaves_nothing_behind() {
	let folder = tempfile::tempdir().expect("a folder");
	let data = folder.path().join("worker");
	let output = Command::new(env!("CARGO_BIN_EXE_aci-worker"))
		.args(["run", "--account", "alice", "--class", "cpu"])
		.args(["--node", "ws://127.0.0.1:1", "--model", "none.gguf"])
		.args(["--device", "cuda:4095", "--data-dir"])
		.arg(&data)
		.output()
		.expect("the program starts");
	let text = String::from_utf8_lossy(&output.stderr);
	let reason = match cfg!(feature = "cuda") {
		true => "error: cannot open CUDA device 4095: ",
		false => "error: this program was built without CUDA: ",
	};
	// A panic would end with code 101.
	assert_eq!(output.status.code(), Some(1), "{text}");
	assert!(text.contains(reason), "{text}");
	assert!(!data.exists());
}
