//! How the worker and the client of ACI speak to the chain.
//!
//! Typed calls, reads and events over a node's WebSocket, with the types of `aci-primitives`. No
//! code is generated from a metadata file: arguments and answers are SCALE of our own types, and
//! those are compared with the node's metadata when the program connects.
//!
//! # What it guarantees
//!
//! 1. *A node that does not fit is refused.* At the connection the name of the runtime must be
//!    `aci`, and every call, event, runtime API, view function and stored value that is used must
//!    exist with the very shape that this program encodes and decodes ([`ChainError::DoesNotFit`] names the first
//!    difference). After a runtime upgrade the comparison is made again, before anything is
//!    signed or read with the metadata; a runtime that fits is gone on with, with no restart.
//! 2. *Included means included.* [`Chain::submit`] returns when the transaction is in a block of
//!    the chosen certainty, with its events. What the chain refuses is a
//!    [`ChainError::Dispatch`] with the error's name and the text that the pallet documents it
//!    with.
//! 3. *Several transactions of one account may be in flight.* Number and submission are one step
//!    per account, so they do not take each other's numbers. Where another program takes the
//!    number, a new one is taken.
//! 4. *A lost connection is found again* by reads, and by [`Blocks`], which also hands out the
//!    blocks that were made meanwhile. A transaction is never sent twice: after a loss, the blocks
//!    in which it can be are searched for it.
//! 5. *No answer of a node panics.* What cannot be decoded is a [`ChainError::Decode`].
//! 6. *An upgrade loses nothing.* A transaction that was signed for the runtime before and is in no
//!    block is signed again for the new one: the old can be in no later block. The events of a block
//!    are read by the metadata of the runtime that made it, in whichever order they are asked for.
//!
//! # What it assumes
//!
//! The node is honest: answers are not proven. Use a node of your own.
//!
//! # Use
//!
//! ```no_run
//! # async fn example() -> Result<(), aci_chain::ChainError> {
//! use aci_chain::{Account, Call, Certainty, Chain, Event};
//!
//! let chain = Chain::connect("ws://127.0.0.1:9944").await?;
//! let alice = Account::development("alice")?;
//! let included = chain.submit(&alice, Call::deposit(5_000_000_000_000)).await?;
//! println!("in block {}: {:?}", included.block.number, included.events);
//!
//! let mut blocks = chain.blocks(Certainty::Best).await?;
//! loop {
//!     for event in blocks.next().await?.events {
//!         if let Event::JobMatched { job, worker, price, .. } = event {
//!             println!("{job:?} goes to {worker} for {price}");
//!         }
//!     }
//! }
//! # }
//! ```

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod account;
pub mod amount;
mod blocks;
mod call;
pub mod case;
mod chain;
mod connection;
pub mod contracts;
mod error;
mod event;
mod fit;
pub mod history;
pub mod market;
mod market_event;
mod reads;
mod runtime;
mod shape;
mod submit;
mod types;
mod views;

pub use account::{address, Account};
pub use blocks::{Block, Blocks};
pub use call::{
	AivmCall, Call, ContractMeans, EscrowCall, HmmCall, JobsCall, PoAiCall, StakingCall,
};
pub use chain::Chain;
pub use error::ChainError;
pub use event::Event;
pub use market::{SlashId, Swap};
pub use market_event::{AivmEvent, EscrowEvent, HmmEvent, StakingEvent};
pub use submit::Included;
pub use types::{Balances, BlockRef, Certainty, DeclineReason, Held, Properties, ReturnReason};
