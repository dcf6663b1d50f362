//! The worker's program; see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
	aci_worker::cli::main()
}
