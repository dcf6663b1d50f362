//! What tests need: a writer of DER, vendors with keys of our own, and genuine evidence.
//!
//! Compiled for the tests of this crate and, by the feature `testing`, of others. A runtime never has
//! it: the feature does not compile for one.

#![allow(missing_docs)]

pub mod amd;
pub mod android;
pub mod evidence;
pub mod intel;
pub mod nvidia;
pub mod pki;
pub mod write;
