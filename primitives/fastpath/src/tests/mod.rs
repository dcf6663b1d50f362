mod checkpoints;
mod checks;
mod controls;
mod dag;
mod decoding;
mod lanes;
mod network;
mod runs;
pub(crate) mod values;
