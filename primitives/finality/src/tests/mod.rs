//! Tests, one file for each scenario or rule.

mod network;
mod values;

mod decoding;
mod happy_path;
mod slots;
