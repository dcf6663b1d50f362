//! What a chain uses: versioned evidence in, one kind of claim out; collateral that only gets newer.

pub mod binding;
pub mod collateral;
pub mod evidence;
mod reason;
mod verifier;

pub use binding::Registration;
pub use evidence::{serial_entries, Evidence, GpuEvidence, HostEvidence};
pub use verifier::{verify, Collateral, Gpu, Policy, Tcb, Tee, Verified};
