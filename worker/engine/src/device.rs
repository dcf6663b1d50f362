//! Where and with how many threads tensors are computed.
//!
//! Guarantees
//! 1. The number of CPU threads is pinned once per process, before the first tensor operation of
//!    this crate, or the call fails. It never changes silently.
//! 2. On one CPU type the number of threads does not change results: candle splits products over
//!    rows and columns, never over the summed index.
//!
//! Assumes: nothing else in the process has computed with candle before the first engine, and no
//! foreign (C) thread reads the environment while the first engine is made. candle takes its
//! thread count from environment variables only, so pinning sets them.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use candle_core::Device;

use crate::error::{EngineError, Result};

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
		match self {
			Self::Cpu => Ok(Device::Cpu),
			Self::Cuda(index) => {
				Device::new_cuda(index).map_err(|error| EngineError::DeviceUnavailable {
					index,
					reason: error.to_string(),
				})
			}
		}
	}
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

	#[cfg(not(feature = "cuda"))]
	#[test]
	fn cuda_without_the_feature_is_an_error_that_says_so() {
		let error = DeviceChoice::Cuda(0).open().unwrap_err();
		assert!(error.to_string().contains("--features cuda"), "{error}");
	}
}
