//! The program `aci-node`.

// The SDK's error type is large, and its functions return it unboxed.
#![allow(clippy::result_large_err)]

fn main() -> sc_cli::Result<()> {
	aci_node::command::run()
}
