//! Entry points: exports of the module, and what they return.

use crate::{env, Arguments};
use alloc::vec::Vec;

/// Why an entry point fails. All that it did is undone, and the caller sees the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure(pub &'static str);

/// What an entry point returns: the bytes for its caller, or why it fails.
pub type Results = Result<Vec<u8>, Failure>;

/// Fails unless the condition holds.
pub fn require(condition: bool, reason: &'static str) -> Result<(), Failure> {
	if condition {
		Ok(())
	} else {
		Err(Failure(reason))
	}
}

/// Runs an entry point on the call's input. [`entry_points`](crate::entry_points) calls it.
pub fn run(entry: fn(&mut Arguments) -> Results) {
	let input = env::input();
	match entry(&mut Arguments::new(&input)) {
		Ok(output) => env::output(&output),
		Err(Failure(reason)) => env::revert(reason),
	}
}

/// Exports functions as the contract's entry points. Each takes `&mut Arguments` and returns
/// [`Results`]. Use it once, at the root of the contract.
#[macro_export]
macro_rules! entry_points {
	($($name:ident),* $(,)?) => {
		/// The module's exports.
		#[cfg(target_arch = "wasm32")]
		mod exported_entry_points {
			$(
				#[unsafe(no_mangle)]
				extern "C" fn $name() {
					$crate::entry::run(super::$name)
				}
			)*
		}
	};
}

#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
	env::revert("the contract panicked")
}
