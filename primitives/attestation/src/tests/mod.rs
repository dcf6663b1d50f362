//! Verifiers on genuine evidence, and on evidence of own vendors that is wrong in one point each.

mod dcap;
mod dcap_genuine;
mod sev;
