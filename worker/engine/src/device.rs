//! Where and with how many threads tensors are computed.
//!
//! Guarantees
//! 1. The number of CPU threads is pinned once per process, before the first tensor operation of
//!    this crate, or the call fails. It never changes silently.
//! 2. On one CPU type the number of threads does not change results: candle splits products over
//!    rows and columns, never over the summed index.
//! 3. A device that is not there is an error that says what to do, never a panic, and never the
//!    CPU in its place: a worker would promise a speed that it does not have.
//! 4. No work on a device outlives the call that gave it. candle queues work per *thread* of the
//!    program, and nothing orders the queues of two threads, so an engine that moved to another
//!    thread could read weights that are still on their way.
//!
//! Assumes: nothing else in the process has computed with candle before the first engine, and no
//! foreign (C) thread reads the environment while the first engine is made. candle takes its
//! thread count from environment variables only, so pinning sets them.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use candle_core::utils::cuda_is_available;
use candle_core::Device;

use crate::error::{first_line, EngineError, Result};

/// The device on which models run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
	/// The CPU.
	#[default]
	Cpu,
	/// The CUDA device with this ordinal. Needs the `cuda` feature.
	Cuda(usize),
}

impl DeviceChoice {
	/// Opens the device.
	pub(crate) fn open(self) -> Result<Device> {
		let index = match self {
			Self::Cpu => return Ok(Device::Cpu),
			Self::Cuda(index) => index,
		};
		if !cuda_is_available() {
			return Err(EngineError::BuiltWithoutCuda);
		}
		let unavailable = |reason| EngineError::DeviceUnavailable { index, reason };
		// The driver counts in `i32`, and candle would cut a larger number to another device's.
		if i32::try_from(index).is_err() {
			return Err(unavailable("no device has such a number".into()));
		}
		Device::new_cuda(index).map_err(|error| unavailable(first_line(&error)))
	}

	/// Opens the device and closes it again, so that a program can refuse to start before it has
	/// promised anything.
	///
	/// # Errors
	///
	/// [`EngineError::BuiltWithoutCuda`], [`EngineError::DeviceUnavailable`].
	pub fn check(self) -> Result<()> {
		self.open().map(drop)
	}
}

/// Waits until all work that this thread gave to the device is done, then hands back `result`.
///
/// A failure of the work itself comes first: the device often repeats it.
pub(crate) fn finish<T>(device: &Device, result: Result<T>) -> Result<T> {
	let finished = device.synchronize();
	let value = result?;
	finished?;
	Ok(value)
}

static PINNED: Mutex<Option<usize>> = Mutex::new(None);

/// Pins the number of CPU threads of this process. Asking again for the same number is fine.
pub(crate) fn pin_threads(threads: NonZeroUsize) -> Result<()> {
	let mut pinned = PINNED.lock().unwrap_or_else(PoisonError::into_inner);
	let asked = threads.get();
	match *pinned {
		Some(pinned) if pinned != asked => Err(EngineError::ThreadsAlreadyPinned { pinned, asked }),
		Some(_) => Ok(()),
		None => {
			for variable in ["RAYON_NUM_THREADS", "CANDLE_NUM_THREADS"] {
				std::env::set_var(variable, asked.to_string());
			}
			*pinned = Some(asked);
			Ok(())
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn thread_count_is_pinned_once_per_process() {
		let two = NonZeroUsize::new(2).unwrap();
		pin_threads(two).unwrap();
		pin_threads(two).unwrap();
		let error = pin_threads(NonZeroUsize::new(3).unwrap()).unwrap_err();
		assert!(matches!(
			error,
			EngineError::ThreadsAlreadyPinned {
				pinned: 2,
				asked: 3
			}
		));
		assert_eq!(candle_core::utils::get_num_threads(), 2);
	}

	/// Whether this program has CUDA code or not, and the machine a GPU or not.
	#[test]
	fn device_that_is_not_there_is_an_error_that_says_what_to_do() {
		for index in [4095, 1 << 32, usize::MAX] {
			let error = DeviceChoice::Cuda(index).check().unwrap_err();
			let text = error.to_string();
			let says = |part: &str| assert!(text.contains(part), "{text}");
			if cfg!(feature = "cuda") {
				assert!(
					matches!(error, EngineError::DeviceUnavailable { index: i, .. } if i == index)
				);
				says(&format!("CUDA device {index}"));
				says("nvidia-smi");
			} else {
				assert!(matches!(error, EngineError::BuiltWithoutCuda));
				says("--features cuda");
			}
			says("the CPU");
			assert_eq!(text.lines().count(), 1, "{text}");
		}
	}

	#[test]
	fn cpu_is_always_there() {
		DeviceChoice::Cpu.check().unwrap();
	}

	#[test]
	fn waiting_for_the_device_keeps_the_result_and_the_first_error() {
		assert_eq!(finish(&Device::Cpu, Ok(7)).unwrap(), 7);
		let error = finish(&Device::Cpu, Err::<(), _>(EngineError::EmptyInput)).unwrap_err();
		assert!(matches!(error, EngineError::EmptyInput));
	}
}
