//! Properties of the market mathematics, searched with random cases, and small domains searched
//! completely. A long search: `scripts/search.sh`.

mod activity;
mod cheats;
mod clearing;
mod control;
mod curve;
mod exactness;
mod fees;
mod fund;
mod matching;
mod payment;
mod quality;
mod reference;
mod reservation;
mod self_dealing;
mod slices;
mod stake;
mod strategies;
mod theorems;
