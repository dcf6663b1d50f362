//! Tests of the composed runtime, without wasm.

mod finality;
mod genesis;
mod governance;
mod metadata;
