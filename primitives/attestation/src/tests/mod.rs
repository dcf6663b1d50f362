//! Verifiers on genuine evidence, and on evidence of own vendors that is wrong in one point each.

mod android;
#[cfg(feature = "facade")]
mod collateral;
mod dcap;
mod dcap_genuine;
#[cfg(feature = "facade")]
mod facade;
mod nvidia;
mod sev;
