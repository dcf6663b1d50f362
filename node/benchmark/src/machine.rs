//! What the figures were measured on.

use std::{fmt, fs, thread};

/// Facts of the machine that decide how to read a figure.
#[derive(Clone, Debug)]
pub struct Machine {
	/// The model of the processor, as the system names it.
	pub processor: String,
	/// Processors that this program may use.
	pub cores: usize,
	/// Memory in MiB, if the system tells.
	pub memory: Option<u64>,
	/// How many programs wanted a processor in the last minute, on average, if the system tells.
	pub load: Option<String>,
}

impl Machine {
	/// The machine that this runs on.
	pub fn this() -> Self {
		let field = |file: &str, name: &str| {
			let text = fs::read_to_string(file).ok()?;
			let line = text.lines().find(|line| line.starts_with(name))?;
			Some(line.split_once(':')?.1.trim().to_string())
		};
		Machine {
			processor: field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".into()),
			cores: thread::available_parallelism().map_or(1, usize::from),
			memory: field("/proc/meminfo", "MemTotal")
				.and_then(|text| text.trim_end_matches(" kB").parse::<u64>().ok())
				.map(|kib| kib / 1_024),
			load: fs::read_to_string("/proc/loadavg")
				.ok()
				.and_then(|text| text.split_whitespace().next().map(str::to_string)),
		}
	}
}

impl fmt::Display for Machine {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		write!(f, "{}, {} cores", self.processor, self.cores)?;
		if let Some(memory) = self.memory {
			write!(f, ", {memory} MiB memory")?;
		}
		if let Some(load) = &self.load {
			write!(f, ", load {load} at the start")?;
		}
		Ok(())
	}
}
