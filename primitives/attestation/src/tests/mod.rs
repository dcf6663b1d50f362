//! Verifiers on genuine evidence, and on evidence of own vendors that is wrong in one point each.

mod android;
mod dcap;
mod dcap_genuine;
mod nvidia;
mod sev;
