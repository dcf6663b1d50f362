//! Levels 2 and the disputes of verification: secret sampling, verdicts, canaries, committees.
//!
//! | module | what |
//! | --- | --- |
//! | `sampling` | rates, anchors, seeds, who has to check what, the end of an epoch |
//! | `verdicts` | what verifiers state, and what becomes of true and false statements |
//! | `canaries` | jobs with known answers |
//! | `cases` | committees: opening, draw, votes, decision |
//! | `outcomes` | what a decision does, to whom |
//! | `overlap` | level 1 over several receipts of a worker |
//! | `invariants` | 9 to 14 of the README |

mod canaries;
mod cases;
mod invariants;
mod outcomes;
mod overlap;
mod sampling;
pub mod types;
mod verdicts;
