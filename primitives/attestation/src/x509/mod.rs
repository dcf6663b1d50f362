//! The strict subset of X.509 (RFC 5280) that the vendors' chains need.
//!
//! # Guarantees
//!
//! 1. A certificate is version 3 in DER, with each extension at most once and no critical extension
//!    but basic constraints and key usage. Anything else is refused, not skipped.
//! 2. A chain stands when every certificate is within its time, is signed by the next one's key, and
//!    names it as issuer; every issuer is a certificate authority whose key usage, where stated,
//!    lets it sign certificates, with the path length that it allows; and the last is signed by a
//!    pinned key. Where both are stated, the issuer's key identifier is the one that is named.
//! 3. A pinned root is a key. The root's own certificate may stand at the end of a chain; nothing in
//!    it counts, also not its times.
//! 4. A revocation list counts only with the issuer's signature and within its time; it is complete
//!    (no critical extension, so neither a delta nor a partial list).
//! 5. Parsing copies nothing and is linear in the input; a chain has at most [`MAX_CHAIN`]
//!    certificates, a certificate [`MAX_EXTENSIONS`] extensions.
//!
//! # Deviations from RFC 5280
//!
//! Names are compared byte by byte. Policies and name constraints are not processed: as critical
//! extensions they are refused. A path length counts self-issued certificates too.

mod certificate;
mod chain;
mod revocation;
mod serials;

pub use certificate::{common_name, BasicConstraints, Certificate, MAX_EXTENSIONS};
pub use chain::{verify_chain, Validity, MAX_CHAIN};
pub use revocation::{RevocationList, MAX_REVOCATION_LIST};
pub use serials::RevokedSerials;

#[cfg(test)]
mod tests;
