//! Traits by which the pallets speak to each other. Each is implemented by one pallet and used by
//! others through their configuration, so that no pallet depends on another's crate.
//!
//! | module | implemented by | traits |
//! | --- | --- | --- |
//! | [`market`] | hmm | [`MarketQuote`], [`MarketWeights`], [`MarketActivity`], [`Reservations`], [`Insurer`], [`Slices`] |
//! | [`escrow`] | escrow | [`JobEscrow`], [`Settlement`], [`Pots`], [`Prepayments`], [`Budgets`] |
//! | [`stake`] | staking-slashing | [`Bonds`], [`Slasher`], [`QualityUpdate`], [`VerifierWork`] |
//! | [`proof`] | poai | [`AttestationVerifier`], [`ProofOfAi`] |
//! | [`lease`] | escrow, jobs | [`LeasedEscrow`], [`LeasedSlots`], [`DisputedJobs`] |
//! | [`dispute`] | jobs, poai | [`Verdicts`], [`DisputeCommittee`] |

pub mod dispute;
pub mod escrow;
pub mod lease;
pub mod market;
pub mod proof;
pub mod stake;

pub use dispute::{DisputeCommittee, DisputeVerdict, Verdicts};
pub use escrow::{Budgets, JobEscrow, Payee, Pot, Pots, Prepayments, Release, Settlement};
pub use lease::{DisputedJobs, ExportedJob, LeaseOffer, LeasedEscrow, LeasedSlots, NetSettlement};
pub use market::{
	Insurer, MarketActivity, MarketQuote, MarketWeights, Quote, Reservations, Slices,
};
pub use proof::{AttestationVerifier, ProofOfAi};
pub use stake::{Bonds, Claim, QualityUpdate, SlashReport, Slasher, VerifierWork};
