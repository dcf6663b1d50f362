//! The terms of a track: what a referendum on it costs and how long its stages take.
//!
//! 1. Terms are governed parameters, and only root changes them (see [`super::ParameterSetter`]):
//!    a track that could shorten another's times would have the other's power.
//! 2. The chain reads the present terms at every step of a referendum, so a change reaches
//!    referenda that are under way.
//! 3. What must be voted for, and by how many, is no term. It is fixed in [`super::tracks`].
//!
//! A referendum waits at least `prepare_period` and until its decision deposit is placed. Then it is
//! decided for at most `decision_period`, in which the demanded approval and support fall. It passes
//! once it has held both for `confirm_period` without a break, and is enacted no earlier than
//! `min_enactment_period` later, and at least one block later.

use crate::{Balance, BlockNumber, DAYS, HOURS, MINUTES, UNIT};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// The terms of one track.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[scale_info(capture_docs = "always")]
pub struct TrackTerms {
	/// What is put down before a referendum is decided, in planck. It is given back afterwards.
	pub decision_deposit: Balance,
	/// Least number of blocks from submission to decision.
	pub prepare_period: BlockNumber,
	/// Most blocks that a decision takes; without approval by then the referendum fails.
	pub decision_period: BlockNumber,
	/// Blocks for which approval must last.
	pub confirm_period: BlockNumber,
	/// Least number of blocks from approval to enactment.
	pub min_enactment_period: BlockNumber,
}

/// The root track on a production chain.
pub const ROOT: TrackTerms = TrackTerms {
	decision_deposit: 100_000 * UNIT,
	prepare_period: 2 * HOURS,
	decision_period: 14 * DAYS,
	confirm_period: DAYS,
	min_enactment_period: DAYS,
};

/// The parameters' track on a production chain.
pub const PARAMETERS: TrackTerms = TrackTerms {
	decision_deposit: 10_000 * UNIT,
	prepare_period: HOURS,
	decision_period: 7 * DAYS,
	confirm_period: 3 * HOURS,
	min_enactment_period: 10 * MINUTES,
};

/// The treasury's track on a production chain.
pub const TREASURY: TrackTerms = TrackTerms {
	decision_deposit: 1_000 * UNIT,
	prepare_period: 2 * HOURS,
	decision_period: 14 * DAYS,
	confirm_period: 3 * HOURS,
	min_enactment_period: DAYS,
};
