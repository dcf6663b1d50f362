//! Roles that bond a stake.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// What a bond is for. Bonds of one account for two roles are separate.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[scale_info(capture_docs = "always")]
pub enum Role {
	/// Authors blocks and votes on finality.
	#[codec(index = 0)]
	Validator,
	/// Checks a sample of the work.
	#[codec(index = 1)]
	Verifier,
	/// Runs jobs.
	#[codec(index = 2)]
	Worker,
}
