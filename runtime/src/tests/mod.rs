//! Tests of the composed runtime, without wasm.

mod genesis;
mod governance;
mod metadata;
