//! Resource classes: kinds of capacity that workers offer and clients pay for.

use crate::BoundedBytes;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Number of a class, given by governance when it creates the class.
pub type ClassId = u16;

/// A job occupies this many milli-slots while it is assigned to a worker.
pub const JOB_MILLI_SLOTS: u64 = 1_000;

/// What one slot of a class can do at most. Created by governance.
///
/// The figures are physical ceilings of the hardware, not typical speeds: level 1 rejects what
/// claims to be faster.
#[derive(
	Clone,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[scale_info(capture_docs = "always")]
pub struct Class {
	/// Name, for example `h100-80g` or `cpu`; UTF-8.
	pub name: BoundedBytes<32>,
	/// Memory of one device, in bytes.
	pub memory: u64,
	/// Peak floating-point operations per second of one device.
	pub peak_flops: u64,
	/// Memory bandwidth of one device, in bytes per second.
	pub bandwidth: u64,
}
