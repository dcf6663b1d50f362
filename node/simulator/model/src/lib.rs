//! The safety rules once more, small enough to try every order of events.
//!
//! # What is modelled
//!
//! A set of 4 or 7 authorities, of which as many are dishonest as can be borne; views from 1 on; a
//! base with up to four blocks above it, on two branches ([`Block`]). The state is what the honest
//! authorities have signed and remember, and which certificates exist. In every state any honest
//! authority may take any step that the rules allow it.
//!
//! # What is abstracted
//!
//! * Messages: whatever is signed is known to those who can use it, when they use it. Loss, delay
//!   and order need no state, as an authority may act on a message at any later time or never.
//! * The dishonest authorities: they have signed everything. So a certificate exists as soon as the
//!   signatures that they cannot give are there.
//! * Leaders: every view has whatever proposals help the search, as if all leaders were dishonest.
//! * Time: views are entered and given up at any moment, in any order.
//! * The highest certificate is raised by second votes only. Raising it more makes timeouts name
//!   higher views, which allows fewer first votes, never more.
//! * A timeout that names its own view or a higher one is left out: no proposal can rest on it that
//!   could not rest on the certificate that it names, and it binds its signer.
//! * Votes that differ in their timeout certificate only count together.
//! * Honest authorities have no names: states that differ in their order are one.
//!
//! Each of these allows more than the machine does, so what cannot happen here cannot happen there.
//!
//! # Why one order is enough
//!
//! With [`Order::Any`] all runs of four authorities in three views are visited, but with more of
//! either, or more blocks, the states are too many. Most of them differ only in who went first.
//! [`Order::Stages`] takes the steps in stages: for each view the first votes, then the second votes,
//! then the timeouts; then the next view. It reaches every set of certificates that any order
//! reaches, and with it every conflict:
//!
//! 1. *What one authority signs hinders no other.* A step asks for certificates that exist, never
//!    for one that does not, and certificates stay. So a step that was possible stays possible, as
//!    far as others are concerned.
//! 2. *A step asks only for certificates of earlier stages.* A first vote of view v asks for first
//!    certificates of views below v and for a timeout certificate of v - 1, a second vote for a first
//!    certificate of v, a timeout for none. So in stages everything that it asks for is there.
//! 3. *What binds an authority by its own earlier steps binds no more in stages.* First votes are
//!    cast in rising views in any order (S1), second votes too (A1), and timeouts; in stages they
//!    still are. A second vote of v must not come after a timeout of v or later (S6); in stages it
//!    comes before those. A timeout names the highest second vote before it (S4, S5); of these, those
//!    of its view and of lower ones come before it in stages too, and those of higher views do not,
//!    so that it names the same view or a lower one. A timeout certificate that names less allows
//!    more.
//!
//! So the steps of any run, sorted by stage, are a run, with the same first and second votes and with
//! timeouts that name no more. Without S6 nothing keeps second votes from coming after timeouts,
//! which then name as little as can be: there the second votes come last of all.
//!
//! Once a stage is over, what was signed in it matters by the certificates alone, and each authority
//! needs to remember nothing but its highest certificate: the rest is forgotten, as no later step
//! asks for it. `tests/reduction.rs` visits three views in any order and compares.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod block;
mod rules;
mod state;

pub use block::Block;
pub use rules::{Order, Rule, Rules, Step};
pub use state::{Authority, Facts, State, MOST_VIEWS};
