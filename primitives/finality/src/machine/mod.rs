//! The state machine that a node runs for one authority set.
//!
//! One [`Input`] at a time goes in with the present time; what the node must do comes out as a list
//! of [`Output`]s, to be done in that order.

mod interface;

pub use interface::{BlockTree, Input, Output, Settings, Signer, Standing, Time, Timing, Votable};
