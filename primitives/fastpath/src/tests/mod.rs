mod checks;
mod dag;
mod decoding;
mod network;
mod runs;
mod values;
