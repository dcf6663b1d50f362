//! Tests, one file for each scenario or rule.

mod network;

mod happy_path;
