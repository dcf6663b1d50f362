//! The worker of the ACI chain: it runs jobs on models and is paid for them.
//!
//! A worker bonds, attests its keys and registers ([`enrol`]). From then on the chain matches jobs
//! to it. For each it obtains the input, acknowledges, runs the model, signs a receipt and hands in
//! the result ([`work`]); it serves input and output until the fraud window ends.
//!
//! # What it guarantees
//!
//! 1. *It survives.* Every stage of a job is on disk before anything follows from it ([`record`],
//!    [`store`]). After a crash at any point the next step follows from the record and the chain
//!    alone ([`decide`]): no result is lost, none is handed in twice, and what the chain has taken
//!    is recognised.
//! 2. *It says the truth.* A receipt states what was measured and passes level 1 before it is stored
//!    ([`receipt`]).
//! 3. *It refuses in time.* What cannot be done is given back before it is acknowledged.
//! 4. *It is alone.* One process uses a data directory ([`directory`]), and a data directory belongs
//!    to one chain and one account.
//! 5. *It is bounded.* In jobs at once ([`pool`]), in stored content, in the time of a fetch and of
//!    a run, and in the time that it takes to stop ([`runner`]).
//! 6. *It can be checked.* Proofs of runs are served as long as outputs, and [`verify`] checks a
//!    finished job by its files.
//! 7. *Starting again changes nothing* that is as wanted already.
//!
//! # Seams
//!
//! | seam | for | implementation |
//! | --- | --- | --- |
//! | [`access::ChainAccess`] | the chain | [`node::NodeAccess`] |
//! | `aci_engine::Engine` | running models | `aci_engine::CandleEngine` |
//! | `aci_transfer::Transport` | data | `aci_transfer::Libp2pTransport` |
//! | `aci_tee::Attester` | the TEE | `aci_tee::TsmAttester`, `GramineAttester`, `SoftwareAttester` |
//!
//! # What it assumes
//!
//! The node is the operator's own and honest. The clock of the machine is right to about a block:
//! it is stated in receipts and judged nowhere.
//!
//! # What waits for a later part
//!
//! TrustZone, verifying of drawn jobs while a node runs, the fast path.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod access;
pub mod attester;
pub mod cli;
pub mod decide;
pub mod directory;
pub mod enrol;
pub mod input;
mod json_log;
pub mod keys;
pub mod models;
pub mod node;
pub mod pool;
pub mod receipt;
pub mod record;
pub mod runner;
mod start;
pub mod store;
pub mod stream;
pub mod verify;
pub mod work;

#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod testing;
