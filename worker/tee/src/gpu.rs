//! Evidence of GPUs beside a machine's TEE.
//!
//! A command is run with two arguments, a nonce in 64 hexadecimal digits and an empty folder. For GPU
//! number N it writes `N.report`, the report with this nonce, and `N.pem`, the chain of its key, the
//! key's own certificate first.

use crate::{certificates, read_bounded, AttesterError};
use aci_primitives::evidence::{GpuEvidence, MAX_GPUS};
use std::{
	fs,
	path::{Path, PathBuf},
	process::{Child, Command, Stdio},
	thread::sleep,
	time::{Duration, Instant},
};

/// Most bytes of a report.
const MOST: usize = 16 * 1024;
/// Where a report has its nonce.
const NONCE: usize = 4;
/// How long the command may run.
const COMMAND_PATIENCE: Duration = Duration::from_secs(30);

/// Where the evidence of GPUs comes from.
pub trait GpuSource: Send + Sync {
	/// A report of each GPU, with this nonce.
	fn evidence(&self, nonce: &[u8; 32]) -> Result<Vec<GpuEvidence>, AttesterError>;
}

/// A machine without GPUs in confidential mode.
pub struct NoGpu;

impl GpuSource for NoGpu {
	fn evidence(&self, _: &[u8; 32]) -> Result<Vec<GpuEvidence>, AttesterError> {
		Ok(Vec::new())
	}
}

/// Asks a command; see the README.
pub struct GpuCommand {
	program: PathBuf,
	patience: Duration,
}

impl GpuCommand {
	/// The program, by its path or its name.
	pub fn new(program: PathBuf) -> Self {
		Self {
			program,
			patience: COMMAND_PATIENCE,
		}
	}

	fn run(&self, nonce: &[u8; 32], folder: &Path) -> Result<(), AttesterError> {
		let shown = self.program.display();
		let failed = |why: String| AttesterError::GpuCommand(format!("{shown} {why}"));
		let mut child = Command::new(&self.program)
			.arg(hex::encode(nonce))
			.arg(folder)
			.stdin(Stdio::null())
			.stdout(Stdio::null())
			.spawn()
			.map_err(|error| failed(format!("cannot be run: {error}")))?;
		let start = Instant::now();
		loop {
			match child.try_wait() {
				Ok(Some(status)) if status.success() => return Ok(()),
				Ok(Some(status)) => return Err(failed(format!("ended with {status}"))),
				Ok(None) if start.elapsed() < self.patience => sleep(Duration::from_millis(20)),
				Ok(None) => {
					end(&mut child);
					return Err(failed(format!("took longer than {:?}", self.patience)));
				}
				Err(error) => {
					end(&mut child);
					return Err(failed(format!("cannot be waited for: {error}")));
				}
			}
		}
	}
}

fn end(child: &mut Child) {
	// It may have ended by itself meanwhile.
	let _ = child.kill();
	let _ = child.wait();
}

impl GpuSource for GpuCommand {
	fn evidence(&self, nonce: &[u8; 32]) -> Result<Vec<GpuEvidence>, AttesterError> {
		let folder = std::env::temp_dir().join(format!(
			"aci-gpu-{}-{}",
			std::process::id(),
			hex::encode(nonce.get(..8).unwrap_or_default())
		));
		fs::create_dir(&folder).map_err(|error| AttesterError::Interface {
			path: folder.display().to_string(),
			error,
			hint: "remove it, or set TMPDIR to a folder that can be written to",
		})?;
		let result = self.run(nonce, &folder).and_then(|()| read(&folder, nonce));
		// Reports are no secret; what cannot be removed stays in the system's own folder for that.
		let _ = fs::remove_dir_all(&folder);
		result
	}
}

fn read(folder: &Path, nonce: &[u8; 32]) -> Result<Vec<GpuEvidence>, AttesterError> {
	let failed = |why: String| AttesterError::GpuCommand(why);
	let mut all = Vec::new();
	for number in 0..=MAX_GPUS {
		let report = folder.join(format!("{number}.report"));
		if !report.exists() {
			break;
		}
		if number == MAX_GPUS {
			return Err(failed(format!("it found more than {MAX_GPUS} GPUs")));
		}
		let bytes = read_bounded(&report, MOST)
			.map_err(|error| failed(format!("the report of GPU {number}: {error}")))?;
		if bytes.get(NONCE..NONCE + nonce.len()) != Some(&nonce[..]) {
			return Err(failed(format!(
				"the report of GPU {number} has another nonce"
			)));
		}
		let chain = certificates::of_file(&folder.join(format!("{number}.pem")))?;
		all.push(GpuEvidence {
			report: bytes
				.try_into()
				.map_err(|_| failed(format!("the report of GPU {number} is too long")))?,
			chain: chain
				.try_into()
				.map_err(|_| failed(format!("the chain of GPU {number} is too long")))?,
		});
	}
	if all.is_empty() {
		return Err(failed(
			"it wrote no report: is the GPU in confidential mode?".into(),
		));
	}
	Ok(all)
}

#[cfg(test)]
mod tests;
