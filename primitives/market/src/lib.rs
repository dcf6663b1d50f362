//! Market mathematics of the ACI chain: what a job costs, who gets the money, who runs it, and what
//! is at stake. Pure, `no_std`, integers only; the same code runs in the runtime, the node and the
//! simulator.
//!
//! # Units
//!
//! | quantity | unit | type |
//! | --- | --- | --- |
//! | money | planck, 10^-12 ACI | `u128` |
//! | work | floating-point operations; 10^12 of them are one compute unit (CU) | `u128` |
//! | capacity | milli-slots; a job takes 1,000 | `u64` |
//! | unit price | planck per compute unit | `u128`, or the exact [`UnitPrice`] |
//! | fee shares, quality | parts per million | `u32` |
//! | floor share, utilisation, slash shares | parts per billion | `u32` |
//! | time | milliseconds | `u64` |
//!
//! # Modules
//!
//! * [`curve`]: the price curve of one resource class (HMM).
//! * [`activity`]: the paid share of the offered time, which the slow control follows.
//! * [`control`]: how par price and floor share move, once per epoch.
//! * [`fund`]: shares of a class's liquidity fund, and how far it refunds.
//! * [`reservation`]: what reserved capacity costs and returns.
//! * [`slices`]: parts of a pool that homes price on their own.
//! * [`clearing`]: the open jobs of a block, cleared at one price.
//! * [`matching`]: which worker gets a job.
//! * [`payment`]: what a finished job pays.
//! * [`fees`]: the five shares of a payment.
//! * [`stake`]: bonds, exposure, slashes, quality.
//! * [`fixed`]: exact products and quotients.
//!
//! # What all modules guarantee
//!
//! 1. Results are functions of the arguments alone: no floats, clocks, random sources or maps with
//!    an arbitrary order.
//! 2. No panic on any argument. What cannot be answered is a typed error; what saturates says why.
//! 3. Every rounding is stated, happens once, and has a stated side: toward the pool for prices, in
//!    favour of the client for lateness, exact for splits.
//! 4. Work and memory are bounded by the length of the caller's slice.
//!
//! # The life of a price
//!
//! ```
//! use aci_market::{curve, fees, payment, FeeShares, Pool};
//!
//! // Ten slots at 2,000 planck per compute unit. A job of 50 CU takes one of them.
//! let mut pool = Pool::new(10_000, 10_000, 2_000, 300_000_000).unwrap();
//! let flops = 50 * curve::FLOPS_PER_COMPUTE_UNIT;
//! let locked = curve::price(&pool, 1_000, flops).unwrap();
//! curve::take(&mut pool, 1_000).unwrap();
//!
//! // It stopped early, at 40 CU, within its SLA.
//! let owed = payment::actual_price(locked, flops, 40 * curve::FLOPS_PER_COMPUTE_UNIT);
//! let owed = payment::late_price(owed, 60_000, 31_000).unwrap();
//! curve::give_back(&mut pool, 1_000).unwrap();
//!
//! let parts = fees::split(owed, &FeeShares::default());
//! assert_eq!(parts.worker + parts.validators + parts.verifiers + parts.liquidity + parts.burn, owed);
//! ```

#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

pub mod activity;
pub mod clearing;
pub mod control;
pub mod curve;
pub mod fees;
pub mod fixed;
pub mod fund;
pub mod matching;
pub mod payment;
pub mod quality;
pub mod reservation;
pub mod slices;
pub mod stake;

pub use activity::Activity;
pub use clearing::{ClearedOrder, Clearing, ClearingOrder};
pub use control::ControlRules;
pub use curve::{
	CurveError, Pool, UnitPrice, FLOPS_PER_COMPUTE_UNIT, MAX_CAPACITY, MAX_FLOOR_SHARE,
	MAX_PAR_PRICE, PARTS_PER_BILLION,
};
pub use fees::{FeeError, FeeShares, FeeSplit, PARTS_PER_MILLION};
pub use fixed::FixedError;
pub use fund::FundError;
pub use matching::Candidate;
pub use quality::SlotWeights;
pub use reservation::ReservationTerms;
pub use slices::Slice;
pub use stake::{Offence, QualityRules, SlashTable, StakeRules, ACI};
