//! Tests of the composed runtime, without wasm.

mod fastpath;
mod finality;
mod genesis;
mod governance;
mod metadata;
