//! Tests, one file for each scenario or rule.

mod network;
mod values;

mod accountability;
mod decoding;
mod disorder;
mod garbage;
mod happy_path;
mod lagging;
mod leaders;
mod pacemaker;
mod restart;
mod safety_rules;
mod slots;
