//! Compiles the runtime's wasm once more, as the next version.

use std::path::PathBuf;
use substrate_wasm_builder::WasmBuilder;

fn main() {
	let here = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it for build scripts");
	let here = PathBuf::from(here);
	let runtime = here.parent().expect("lies in the runtime's folder");
	WasmBuilder::new()
		.with_project(runtime.join("Cargo.toml"))
		.expect("the runtime's folder has a manifest")
		.enable_feature("next-version")
		.import_memory()
		.export_heap_base()
		// Both versions are built in one folder; this names the files that are this version's.
		.set_file_name("aci_next_runtime")
		.build();
}
