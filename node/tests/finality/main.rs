//! The finality gadget on networks of real validators.

mod crashes;
mod observe;
mod roles;
mod sets;
#[path = "../support/signing.rs"]
mod signing;
mod twins;
mod wallet;
