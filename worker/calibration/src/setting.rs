//! How a worker or a verifier computes, as the command line and the records name it.
//!
//! `DEVICE/NUMBERS[/CHUNK]`: `cpu/f32`, `cpu/quantised`, `cuda/bf16`, `cpu/f32/16`. Numbers are
//! `quantised` (the file's blocks), `f32`, `bf16` or `f16`; the chunk is how many tokens are read at
//! once, by default as every ACI program does.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

use aci_engine::{DeviceChoice, Kernels};

/// A way to compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
	/// The device.
	pub device: DeviceChoice,
	/// The numbers.
	pub kernels: Kernels,
	/// Tokens that are read at once, where it is not the default.
	pub chunk: Option<NonZeroUsize>,
}

const NUMBERS: [(&str, Kernels); 4] = [
	("f32", Kernels::Dequantised),
	("quantised", Kernels::Quantised),
	("bf16", Kernels::Bfloat16),
	("f16", Kernels::Float16),
];

impl fmt::Display for Setting {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self.device {
			DeviceChoice::Cpu => write!(formatter, "cpu")?,
			DeviceChoice::Cuda(0) => write!(formatter, "cuda")?,
			DeviceChoice::Cuda(index) => write!(formatter, "cuda:{index}")?,
		}
		let numbers = NUMBERS
			.iter()
			.find(|(_, kernels)| *kernels == self.kernels)
			.map_or("f32", |(name, _)| name);
		write!(formatter, "/{numbers}")?;
		match self.chunk {
			Some(chunk) => write!(formatter, "/{chunk}"),
			None => Ok(()),
		}
	}
}

impl FromStr for Setting {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		let wrong = || {
			format!(
				"{text:?} is no setting: write DEVICE/NUMBERS or DEVICE/NUMBERS/CHUNK, for example \
				 cpu/f32, cpu/quantised, cuda/bf16 or cpu/f32/16"
			)
		};
		let mut parts = text.split('/');
		let device = match parts.next().ok_or_else(wrong)? {
			"cpu" => DeviceChoice::Cpu,
			"cuda" => DeviceChoice::Cuda(0),
			other => {
				let index = other.strip_prefix("cuda:").ok_or_else(wrong)?;
				DeviceChoice::Cuda(index.parse().map_err(|_| wrong())?)
			}
		};
		let name = parts.next().ok_or_else(wrong)?;
		let (_, kernels) = NUMBERS
			.into_iter()
			.find(|(numbers, _)| *numbers == name)
			.ok_or_else(wrong)?;
		let chunk = parts
			.next()
			.map(|chunk| chunk.parse())
			.transpose()
			.map_err(|_| wrong())?;
		match parts.next() {
			Some(_) => Err(wrong()),
			None => Ok(Self {
				device,
				kernels,
				chunk,
			}),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn settings_are_read_as_they_are_written() {
		for text in [
			"cpu/f32",
			"cpu/quantised",
			"cuda/bf16",
			"cuda:1/f16",
			"cpu/f32/16",
		] {
			assert_eq!(text.parse::<Setting>().unwrap().to_string(), text);
		}
		for text in [
			"",
			"cpu",
			"tpu/f32",
			"cpu/f64",
			"cpu/f32/0",
			"cpu/f32/16/2",
			"cuda:/f32",
		] {
			assert!(text.parse::<Setting>().is_err(), "{text}");
		}
	}
}
