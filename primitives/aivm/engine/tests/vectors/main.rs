//! The golden vectors of the opcodes that compute, four times: as constants, by native code, by the
//! opcodes of the machine, and by the same arithmetic as WebAssembly inside of a contract.

extern crate alloc;

#[path = "../../../../../aivm/vectors/src/arithmetic.rs"]
mod arithmetic;
#[path = "../../../../../aivm/vectors/src/cases.rs"]
mod cases;
#[allow(dead_code)]
#[path = "../machine/mock.rs"]
mod mock;
#[allow(dead_code)]
#[path = "../machine/world.rs"]
mod world;

use mock::Mock;
use std::{path::Path, process::Command};

/// The digests, in the order of [`cases::NAMES`]. The divergence is the number itself.
const GOLDEN: &[u64] = &[
	0x67e9_35f7_8fa7_06a5,
	0x0a71_6f6b_f958_1882,
	0x33c9_c84b_f652_6c12,
	0x37e3_5a21_b5c1_12ae,
	0xe823_0592_0d85_30e9,
	0x5d35_1f6b_ffee_238a,
	0xd061_b323_649d_ee5b,
	0xad73_1696_d4a2_ac79,
	0x4625_e4dd_b3f1_ca26,
	0x860a_4553_7d3f_2b32,
	0x9618_a7fd_222d_f34e,
	31_994,
	0xf918_05f9_d9f6_86b2,
	0xb9a5_d715_9e64_9972,
	2,
];

/// The contract that computes them.
fn contract() -> Vec<u8> {
	let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
	let output = Path::new(env!("CARGO_TARGET_TMPDIR")).join("vectors.wasm");
	let built = Command::new(manifest.join("../../../aivm/vectors/build.sh"))
		.arg(&output)
		// The toolchain that runs the tests says nothing about the one that builds contracts.
		.env_remove("RUSTUP_TOOLCHAIN")
		.env_remove("CARGO_ENCODED_RUSTFLAGS")
		.output()
		.expect("the script that builds the contract runs");
	assert!(
		built.status.success(),
		"the contract cannot be built: {}",
		String::from_utf8_lossy(&built.stderr)
	);
	std::fs::read(output).expect("the contract was built")
}

#[test]
fn every_opcode_has_its_golden_value_natively_and_in_webassembly() {
	let bytes = cases::model();
	let hash = sp_crypto_hashing::sha2_256(&bytes);
	let native = cases::digests(&arithmetic::Arithmetic { hash });
	assert_eq!(native.len(), cases::NAMES.len());
	for ((name, digest), golden) in cases::NAMES.iter().zip(&native).zip(GOLDEN) {
		assert_eq!(digest, golden, "{name}: {digest:#x}");
	}
	assert_eq!(native, GOLDEN);

	let mock = Mock::new();
	let vectors = mock.install(1, &contract());
	mock.world.borrow_mut().models.insert(hash, bytes);
	for entry in ["by_opcodes", "inside"] {
		let output = mock.run(vectors, entry, &hash).expect("the contract runs");
		let digests: Vec<_> = output
			.chunks_exact(8)
			.map(|word| u64::from_le_bytes(word.try_into().expect("eight bytes")))
			.collect();
		assert_eq!(digests, native, "{entry}");
	}
}
