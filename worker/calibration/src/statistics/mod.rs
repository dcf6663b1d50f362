//! The statistics of the calibration, each against known values in its tests.
//!
//! They are computed in f64: nothing of them is consensus. What becomes consensus are the whole
//! numbers of the frozen thresholds.

pub mod area;
pub mod interval;
pub mod random;
pub mod tail;
