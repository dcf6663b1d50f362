//! The arguments and the exit status of `aci-worker verify`.

use super::{verify, Conclusion, Files, Known, VerifyError};
use crate::cli::parse_device;
use aci_engine::{DeviceChoice, EngineOptions};
use aci_primitives::Hash;
use clap::Args;
use sp_core::ed25519;
use std::{num::NonZeroUsize, path::PathBuf, process::ExitCode};

/// What is verified, and how.
#[derive(Clone, Debug, Args)]
pub(crate) struct VerifyOptions {
	/// Check files, without a node.
	#[arg(long, required = true)]
	offline: bool,
	/// The receipt with its order, as `aci receipt JOB --save FOLDER` writes it.
	#[arg(long, value_name = "FILE")]
	receipt: PathBuf,
	/// The input.
	#[arg(long, value_name = "FILE")]
	input: PathBuf,
	/// The output.
	#[arg(long, value_name = "FILE")]
	output: PathBuf,
	/// The proof, where the profile has one.
	#[arg(long, value_name = "FILE")]
	proof: Option<PathBuf>,
	/// The model's weights.
	#[arg(long, value_name = "PATH")]
	model: PathBuf,
	/// The thresholds, as `aci-calibrate freeze` writes them; by default those of this version.
	#[arg(long, value_name = "FILE")]
	thresholds: Option<PathBuf>,
	/// The hash of the chain's block 0, if known from elsewhere: 0x and 64 hexadecimal digits.
	#[arg(long, value_parser = parse_hash)]
	genesis: Option<Hash>,
	/// The worker's session key, if known from elsewhere: 0x and 64 hexadecimal digits.
	#[arg(long, value_parser = parse_hash)]
	session_key: Option<Hash>,
	/// Where the model runs: `cpu`, `cuda` or `cuda:NUMBER`.
	#[arg(long, default_value = "cpu", value_parser = parse_device)]
	device: DeviceChoice,
	/// Threads of the processor for computing.
	#[arg(long)]
	threads: Option<NonZeroUsize>,
}

fn parse_hash(text: &str) -> Result<Hash, String> {
	let mut bytes = [0; 32];
	let digits = text.strip_prefix("0x").unwrap_or(text);
	hex::decode_to_slice(digits, &mut bytes)
		.map_err(|_| "write 0x and 64 hexadecimal digits".to_string())?;
	Ok(Hash::from(bytes))
}

/// Verifies and says what came of it.
pub(crate) fn run(options: VerifyOptions) -> ExitCode {
	let files = Files {
		receipt: options.receipt,
		input: options.input,
		output: options.output,
		proof: options.proof,
		model: options.model,
		thresholds: options.thresholds,
	};
	let known = Known {
		genesis: options.genesis,
		session_key: options
			.session_key
			.map(|key| ed25519::Public::from_raw(key.0)),
	};
	let engine = EngineOptions::verifier(options.device, options.threads);
	let result = verify(&files, &known, engine, &mut |line| println!("{line}"));
	match &result {
		Ok(Conclusion::Passed) => println!("PASS: the output is what the model gives"),
		Ok(Conclusion::Failed(why)) => println!("FAIL: {why}"),
		Ok(Conclusion::Undecided(why)) => println!("UNDECIDED: {why}"),
		Err(error) => eprintln!("error: {error}"),
	}
	ExitCode::from(status(&result))
}

/// The exit status; see the parent module.
pub(super) fn status(result: &Result<Conclusion, VerifyError>) -> u8 {
	match result {
		Ok(Conclusion::Passed) => 0,
		Ok(Conclusion::Failed(_)) => 1,
		Ok(Conclusion::Undecided(_)) => 3,
		Err(_) => 2,
	}
}
