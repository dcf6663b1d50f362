//! # The runtime of the next version, for tests
//!
//! The wasm of `aci-runtime`, compiled with its feature `next-version`: `spec_version` is one
//! higher, all else is equal. Tests upgrade a running chain to it.
//!
//! 1. It is another compilation of the runtime, never an edited file: what it says of its version
//!    comes from its own code.
//! 2. It shares the folder of the runtime's wasm build, so only the runtime itself is compiled
//!    again. The runtime's build script always runs first (by `links` in its manifest), and the two
//!    write to files of different names.
//! 3. The feature is enabled in the wasm alone, so no other crate of the workspace sees it.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod built {
	#![allow(dead_code)]

	include!(concat!(env!("OUT_DIR"), "/aci_next_runtime"));
}

/// The compressed wasm, as a chain is upgraded with it; `None` where it was built with
/// `SKIP_WASM_BUILD`.
pub const CODE: Option<&[u8]> = built::WASM_BINARY;
