//! `aci contract build`: a contract's crate to a module, checked by the rules of the chain.
//!
//! It runs cargo for `wasm32v1-none` in the release profile, with a small stack: what is zeroed at
//! every call is paid for at every call.

use crate::{
	error::ClientError,
	output::{pairs, Done},
};
use aci_aivm_engine::{validate, ModuleInfo};
use serde_json::{json, Value};
use std::{
	path::{Path, PathBuf},
	process::{Command, Stdio},
};

/// The target that contracts are built for.
const TARGET: &str = "wasm32v1-none";
/// How contracts are linked.
const FLAGS: &str = "-C link-arg=-zstack-size=32768 -C link-arg=--strip-all";
/// Names a toolchain that can build for the target, where the default one cannot.
const TOOLCHAIN: &str = "WASM_BUILD_TOOLCHAIN";

/// Builds the crate in a folder.
pub fn run(folder: &Path, output: Option<&Path>) -> Result<Done, ClientError> {
	let manifest = folder.join("Cargo.toml");
	if !manifest.is_file() {
		return Err(ClientError::file(
			format!("crate {}", folder.display()),
			"there is no Cargo.toml. Name the folder of a contract's crate",
		));
	}
	let manifest = manifest
		.canonicalize()
		.map_err(|error| ClientError::file(format!("crate {}", folder.display()), error))?;
	check_target()?;
	let built = cargo(&manifest)?;
	let code = read(&built)?;
	let info = check(&built, &code)?;
	let module = match output {
		Some(output) => {
			std::fs::write(output, &code).map_err(|error| {
				ClientError::file(format!("module {}", output.display()), error)
			})?;
			output.to_path_buf()
		}
		None => built,
	};
	let json = json!({
		"module": module.display().to_string(),
		"bytes": code.len(),
		"code": super::code_hash(&code),
		"memory_pages": info.memory_pages,
		"entry_points": info.entries,
	});
	let text = pairs(&[
		("module", module.display().to_string()),
		("bytes", code.len().to_string()),
		("code", super::code_hash(&code)),
		("memory", format!("{} pages of 64 KiB", info.memory_pages)),
		("entry points", info.entries.join(", ")),
	]);
	Ok(Done::new(json, text))
}

/// A program of the toolchain that builds contracts.
fn tool(name: &str) -> Command {
	let mut command = Command::new(name);
	if let Some(toolchain) = std::env::var_os(TOOLCHAIN).filter(|name| !name.is_empty()) {
		command.env("RUSTUP_TOOLCHAIN", toolchain);
	}
	command
		.env_remove("CARGO_ENCODED_RUSTFLAGS")
		.stdin(Stdio::null())
		.stderr(Stdio::inherit());
	command
}

fn not_there(name: &str, error: std::io::Error) -> ClientError {
	ClientError::contract(
		"no-toolchain",
		format!("{name} cannot be run ({error}). Install Rust with rustup, and try again"),
	)
}

/// Whether the toolchain has the target: it names a folder for it in any case.
fn check_target() -> Result<(), ClientError> {
	let output = tool("rustc")
		.args(["--print", "target-libdir", "--target", TARGET])
		.stderr(Stdio::null())
		.output()
		.map_err(|error| not_there("rustc", error))?;
	let folder = String::from_utf8_lossy(&output.stdout).trim().to_string();
	match output.status.success() && !folder.is_empty() && Path::new(&folder).is_dir() {
		true => Ok(()),
		false => Err(ClientError::contract("no-target", no_target())),
	}
}

fn no_target() -> String {
	format!(
		"the toolchain cannot build for {TARGET}. Run `rustup target add {TARGET}`, or name a \
		 toolchain that can in {TOOLCHAIN}"
	)
}

/// Runs cargo; the module that it made of this manifest.
fn cargo(manifest: &Path) -> Result<PathBuf, ClientError> {
	let output = tool("cargo")
		.args(["build", "--release", "--target", TARGET])
		.args(["--message-format", "json-render-diagnostics"])
		.arg("--manifest-path")
		.arg(manifest)
		.env("RUSTFLAGS", FLAGS)
		.output()
		.map_err(|error| not_there("cargo", error))?;
	if !output.status.success() {
		return Err(ClientError::contract(
			"build-failed",
			"the contract does not compile. What cargo says stands above",
		));
	}
	module_of(&String::from_utf8_lossy(&output.stdout), manifest).ok_or_else(|| {
		ClientError::contract(
			"no-module",
			"the crate makes no module. A contract has `crate-type = [\"cdylib\"]` in the section \
			 [lib] of its Cargo.toml",
		)
	})
}

/// The module among what cargo says that it made, one JSON value a line.
fn module_of(messages: &str, manifest: &Path) -> Option<PathBuf> {
	messages
		.lines()
		.filter_map(|line| serde_json::from_str::<Value>(line).ok())
		.filter(|message| {
			message["reason"] == "compiler-artifact"
				&& message["manifest_path"].as_str().map(Path::new) == Some(manifest)
		})
		.filter_map(|message| {
			let files = message["filenames"].as_array()?;
			let names = files.iter().filter_map(Value::as_str);
			names.map(PathBuf::from).find(|file| {
				file.extension()
					.is_some_and(|extension| extension == "wasm")
			})
		})
		.last()
}

/// A module's bytes.
pub fn read(module: &Path) -> Result<Vec<u8>, ClientError> {
	std::fs::read(module)
		.map_err(|error| ClientError::file(format!("module {}", module.display()), error))
}

/// Whether the chain would take a module, by its own rules.
pub fn check(module: &Path, code: &[u8]) -> Result<ModuleInfo, ClientError> {
	validate(code).map_err(|error| {
		ClientError::contract(
			"no-contract",
			format!(
				"{} is no contract: {error}. Write it with aivm-sdk and build it with `aci contract \
				 build`",
				module.display()
			),
		)
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_module_is_that_of_the_crate_and_not_of_what_it_depends_on() {
		let message = |manifest: &str, file: &str| {
			json!({
				"reason": "compiler-artifact",
				"manifest_path": manifest,
				"filenames": ["/t/lib.rlib", file],
			})
			.to_string()
		};
		let messages = [
			message("/sdk/Cargo.toml", "/t/sdk.wasm"),
			"not a message".into(),
			message("/c/Cargo.toml", "/t/contract.wasm"),
			json!({ "reason": "build-finished" }).to_string(),
		]
		.join("\n");
		let module = module_of(&messages, Path::new("/c/Cargo.toml"));
		assert_eq!(module, Some("/t/contract.wasm".into()));
		assert_eq!(module_of(&messages, Path::new("/d/Cargo.toml")), None);
	}

	#[test]
	fn a_folder_without_a_crate_and_a_file_that_is_no_module_say_what_to_do() {
		let folder = tempfile::tempdir().expect("a temporary folder");
		let error = run(folder.path(), None).expect_err("is no crate");
		assert_eq!(error.code(), "file");
		let file = folder.path().join("m.wasm");
		let error = check(&file, b"no module").expect_err("is none");
		assert_eq!(error.code(), "no-contract");
		assert!(error.to_string().contains("aci contract"), "{error}");
		assert!(no_target().contains("rustup target add"));
	}
}
