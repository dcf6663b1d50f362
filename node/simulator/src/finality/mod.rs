//! The finality gadget under simulation.
//!
//! * [`scenario`]: what a seed stands for, as text that can be played again.
//! * [`validator`], [`adversary`], [`behaviour`]: honest and dishonest nodes.
//! * [`tree`], [`disk`], [`packet`], [`scheme`]: what they are made of.
//! * [`oracle`]: the independent judges.
//! * [`run`], [`shrink`], [`campaign`]: one seed, a failing seed, many seeds.

pub mod adversary;
pub mod behaviour;
pub mod campaign;
pub mod disk;
pub mod oracle;
pub mod packet;
pub mod report;
pub mod run;
pub mod scenario;
pub mod scheme;
pub mod shrink;
pub mod tree;
pub mod validator;
