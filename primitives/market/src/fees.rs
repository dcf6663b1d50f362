//! The division of a settled price into the five shares of the paper's fee table.
//!
//! Guarantees
//!
//! 1. A [`FeeShares`] value always sums to the whole: construction and decoding refuse others.
//! 2. [`split`] is exact: the five parts sum to the price for every `u128` price.
//! 3. Each of the four smaller parts is its exact share rounded down; what the four divisions leave
//!    over (less than 4 planck) goes to the worker, whose part is never below its exact share.
//!
//! Nothing is added to a job's price: the shares are taken out of it.

use core::fmt;

use codec::{Decode, DecodeWithMemTracking, Encode, Error, Input, MaxEncodedLen};
use scale_info::TypeInfo;

/// The denominator of fee shares and quality scores: parts per million.
pub const PARTS_PER_MILLION: u32 = 1_000_000;

/// Why shares were refused.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub enum FeeError {
	/// The five shares sum to this many parts per million. They must sum to one million.
	SharesDoNotSum(u64),
}

impl fmt::Display for FeeError {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		let FeeError::SharesDoNotSum(sum) = self;
		write!(
			formatter,
			"the shares sum to {sum} parts per million, not to one million"
		)
	}
}

impl core::error::Error for FeeError {}

/// The five shares of a settled price, in parts per million, which sum to one million.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct FeeShares {
	worker: u32,
	validators: u32,
	verifiers: u32,
	liquidity: u32,
	burn: u32,
}

impl FeeShares {
	/// Shares in parts per million.
	///
	/// Errors: [`FeeError::SharesDoNotSum`].
	pub fn new(
		worker: u32,
		validators: u32,
		verifiers: u32,
		liquidity: u32,
		burn: u32,
	) -> Result<Self, FeeError> {
		let shares = [worker, validators, verifiers, liquidity, burn];
		let sum: u64 = shares.into_iter().map(u64::from).sum();
		if sum != u64::from(PARTS_PER_MILLION) {
			return Err(FeeError::SharesDoNotSum(sum));
		}
		Ok(FeeShares {
			worker,
			validators,
			verifiers,
			liquidity,
			burn,
		})
	}

	/// The worker's share, in parts per million.
	pub fn worker(&self) -> u32 {
		self.worker
	}

	/// The validators' share, in parts per million.
	pub fn validators(&self) -> u32 {
		self.validators
	}

	/// The verifiers' share, in parts per million.
	pub fn verifiers(&self) -> u32 {
		self.verifiers
	}

	/// The share of the class's liquidity fund, in parts per million.
	pub fn liquidity(&self) -> u32 {
		self.liquidity
	}

	/// The burned share, in parts per million.
	pub fn burn(&self) -> u32 {
		self.burn
	}
}

impl Default for FeeShares {
	/// The paper's: 80 % worker, 8 % validators, 5 % verifiers, 4 % liquidity, 3 % burned.
	fn default() -> Self {
		FeeShares {
			worker: 800_000,
			validators: 80_000,
			verifiers: 50_000,
			liquidity: 40_000,
			burn: 30_000,
		}
	}
}

impl Decode for FeeShares {
	fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
		let (worker, validators, verifiers, liquidity, burn) =
			<(u32, u32, u32, u32, u32)>::decode(input)?;
		FeeShares::new(worker, validators, verifiers, liquidity, burn)
			.map_err(|_| "fee shares do not sum to one million".into())
	}
}

/// A price divided into its five parts, in planck.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Default,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct FeeSplit {
	/// To the worker: its share and what the divisions leave over.
	pub worker: u128,
	/// To the validators' pool.
	pub validators: u128,
	/// To the verifiers' pool.
	pub verifiers: u128,
	/// To the class's liquidity fund.
	pub liquidity: u128,
	/// Burned.
	pub burn: u128,
}

/// Divides `price` planck exactly.
///
/// ```
/// use aci_market::fees::{split, FeeShares};
/// let parts = split(1_001, &FeeShares::default());
/// assert_eq!((parts.worker, parts.validators, parts.verifiers), (801, 80, 50));
/// assert_eq!((parts.liquidity, parts.burn), (40, 30));
/// ```
pub fn split(price: u128, shares: &FeeShares) -> FeeSplit {
	let validators = part(price, shares.validators);
	let verifiers = part(price, shares.verifiers);
	let liquidity = part(price, shares.liquidity);
	let burn = part(price, shares.burn);
	// The four parts are each rounded down and their shares sum to at most one million, so they
	// sum to at most the price and nothing saturates.
	let worker = price
		.saturating_sub(validators)
		.saturating_sub(verifiers)
		.saturating_sub(liquidity)
		.saturating_sub(burn);
	FeeSplit {
		worker,
		validators,
		verifiers,
		liquidity,
		burn,
	}
}

/// `floor(price · share / 10^6)` for `share ≤ 10^6`, without a wide product: with
/// `price = a·10^6 + b` it is `a·share + floor(b·share / 10^6)`, and `a·share ≤ price`.
fn part(price: u128, share: u32) -> u128 {
	let whole = u128::from(PARTS_PER_MILLION);
	let share = u128::from(share);
	let (quotient, remainder) = (price / whole, price % whole);
	quotient
		.saturating_mul(share)
		.saturating_add(remainder.saturating_mul(share) / whole)
}
