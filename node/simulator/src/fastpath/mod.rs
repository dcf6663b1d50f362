//! The fast path under simulation.
//!
//! * [`scenario`]: what a seed stands for; [`trouble`]: what goes wrong in it.
//! * [`validator`], [`adversary`]: honest and dishonest homes, with their clients and workers.
//! * [`chain`], [`market`], [`packet`], [`scheme`]: what they share and send.
//! * [`oracle`]: the independent judges.
//! * [`placement`], [`load`]: many homes at stated places, and how long orders take.
//! * [`run`], [`campaign`], [`report`]: one seed, many seeds, what came of them.

pub mod adversary;
pub mod campaign;
pub mod chain;
pub mod load;
pub mod market;
pub mod oracle;
pub mod packet;
pub mod placement;
pub mod report;
pub mod run;
pub mod scenario;
pub mod scheme;
pub mod trouble;
pub mod validator;
