//! The program `aci-calibrate`.

mod commands;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
	match commands::run(commands::Arguments::parse()) {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("error: {error:#}");
			ExitCode::FAILURE
		}
	}
}
