//! Properties of the market mathematics, searched with random cases, and small domains searched
//! completely. A long search: `PROPTEST_CASES=1000000 cargo test --release -p aci-market`.

mod clearing;
mod control;
mod curve;
mod exactness;
mod fees;
mod matching;
mod payment;
mod reference;
mod stake;
mod strategies;
