//! The example contracts, built by `aivm/build.sh` and run on the machine: the paper's marketplace,
//! a classifier, and questions to a model that workers run.

#[path = "../machine/mock.rs"]
mod mock;
#[path = "../machine/world.rs"]
mod world;

mod classifier;
mod marketplace;
mod questions;

use std::{path::Path, process::Command, sync::OnceLock};

/// The code of an example contract. The contracts are built once for a run of the tests.
pub fn contract(name: &str) -> Vec<u8> {
	static BUILT: OnceLock<()> = OnceLock::new();
	let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("contracts");
	BUILT.get_or_init(|| {
		let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../aivm/build.sh");
		let output = Command::new(script)
			.arg(&folder)
			// The toolchain that runs the tests says nothing about the one that builds contracts.
			.env_remove("RUSTUP_TOOLCHAIN")
			.env_remove("CARGO_ENCODED_RUSTFLAGS")
			.output()
			.expect("the script that builds the contracts runs");
		assert!(
			output.status.success(),
			"the contracts cannot be built: {}",
			String::from_utf8_lossy(&output.stderr)
		);
	});
	std::fs::read(folder.join(name).with_extension("wasm")).expect("the contract was built")
}

/// Bytes after their length, as contracts read them.
pub fn bytes(bytes: &[u8]) -> Vec<u8> {
	[&(bytes.len() as u32).to_le_bytes()[..], bytes].concat()
}

#[test]
fn contracts_are_valid_and_tell_their_entry_points() {
	let entries = |name: &str| {
		let mut entries = aci_aivm_engine::validate(&contract(name)).unwrap().entries;
		entries.sort();
		entries
	};
	assert_eq!(
		entries("marketplace"),
		["cancel_job", "deploy", "job", "settle_job", "submit_job"]
	);
	assert_eq!(
		entries("classifier"),
		["agreement", "classify", "deploy", "linear"]
	);
	assert_eq!(
		entries("questions"),
		["answered", "ask", "deploy", "forget", "question"]
	);
}
