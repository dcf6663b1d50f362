//! What tests need: a writer of DER, chains of own keys, and genuine evidence.

pub mod evidence;
pub mod intel;
pub mod pki;
pub mod write;
