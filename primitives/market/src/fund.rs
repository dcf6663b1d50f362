//! Shares of a class's liquidity fund.
//!
//! A fund has assets (planck) and shares. A deposit mints shares, a withdrawal burns them at their
//! value of that moment; fees raise the assets and refunds lower them, and neither touches the
//! shares. So fees and losses are borne pro rata.
//!
//! # Rule
//!
//! With `A` assets, `S` shares and `V` = [`VIRTUAL_SHARES`]:
//!
//! ```text
//! shares of a deposit D  = floor( D · (S + V) / (A + 1) )
//! value of s shares      = floor( s · A / (S + V) )
//! insurable assets       = A − ceil( (S + V) / 2^58 )      (zero where that is negative)
//! ```
//!
//! The virtual shares belong to nobody and the virtual planck of assets is not there. They settle
//! the two cases in which a plain pro rata rule fails. Assets that came before the first deposit
//! stay with the virtual shares, so the first provider does not get them; and a donation meant to
//! make a share too dear for the next provider goes to the virtual shares as well.
//!
//! # Guarantees
//!
//! 1. The values of all shares together are at most the assets, whatever happened before.
//! 2. A deposit and a withdrawal of its shares, with nothing in between, never returns more than was
//!    deposited, and less by at most `2 + (A + D) / 2^48` planck.
//! 3. Neither a deposit nor a withdrawal lowers the value of anybody else's shares.
//! 4. A donation raises the value of the donor's shares by at most the donation.
//! 5. Every division is rounded once, in favour of the fund; the error is below one share or one
//!    planck.
//! 6. With assets below 2^70 planck (10^9 ACI) and losses only within the insurable assets, no
//!    deposit fails for the size of its shares: `S + V` is at most `(A + 1) · 2^58`. That is why a
//!    refund leaves a little: a fund that was emptied below its shares could take no deposit again.

use core::fmt;

use primitive_types::{U256, U512};

use crate::fixed::{mul_div_floor, ratio_floor};

/// Shares that belong to nobody: 2^48. A fund without assets gives this many shares for a planck.
pub const VIRTUAL_SHARES: u128 = 1 << 48;

/// The most shares that can be issued.
pub const MAX_SHARES: u128 = u128::MAX - VIRTUAL_SHARES;

/// Refunds leave at least one planck for this many shares, a thousandth of what they cost at first.
pub const MAX_SHARES_PER_PLANCK: u128 = 1 << 58;

/// Why a fund refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FundError {
	/// The deposit buys not one share. Deposit more.
	DepositTooSmall,
	/// The deposit's shares do not fit. Deposit less.
	DepositTooLarge,
	/// More shares were named than there are. Name at most all.
	NotEnoughShares,
}

impl fmt::Display for FundError {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		formatter.write_str(match self {
			FundError::DepositTooSmall => "the deposit buys not one share; deposit more",
			FundError::DepositTooLarge => "the deposit's shares do not fit; deposit less",
			FundError::NotEnoughShares => "there are fewer shares; name at most all",
		})
	}
}

impl core::error::Error for FundError {}

/// The shares that a deposit of `deposit` planck gets of a fund with `assets` planck and `shares`
/// shares. The assets are those without the deposit.
///
/// Errors: [`FundError::DepositTooSmall`], [`FundError::DepositTooLarge`].
///
/// ```
/// use aci_market::fund::{shares_of_deposit, value, VIRTUAL_SHARES};
/// let shares = shares_of_deposit(1_000, 0, 0).unwrap();
/// assert_eq!(shares, 1_000 * VIRTUAL_SHARES);
/// // A fee of 500 comes in.
/// assert_eq!(value(shares, 1_500, shares), Ok(1_498));
/// ```
pub fn shares_of_deposit(deposit: u128, assets: u128, shares: u128) -> Result<u128, FundError> {
	let too_large = FundError::DepositTooLarge;
	let issued = shares
		.checked_add(VIRTUAL_SHARES)
		.ok_or(FundError::DepositTooLarge)?;
	let backing = assets.checked_add(1).ok_or(FundError::DepositTooLarge)?;
	let minted = mul_div_floor(deposit, issued, backing).map_err(|_| too_large)?;
	if minted == 0 {
		return Err(FundError::DepositTooSmall);
	}
	shares
		.checked_add(minted)
		.filter(|sum| *sum <= MAX_SHARES)
		.ok_or(too_large)?;
	Ok(minted)
}

/// What `part` of a fund's `shares` are worth in planck.
///
/// Errors: [`FundError::NotEnoughShares`].
pub fn value(part: u128, assets: u128, shares: u128) -> Result<u128, FundError> {
	if part > shares {
		return Err(FundError::NotEnoughShares);
	}
	let product = U256::from(part).full_mul(U256::from(assets));
	let issued = U512::from(shares).saturating_add(U512::from(VIRTUAL_SHARES));
	// `part ≤ shares`, so the quotient is at most the assets; the divisor is not zero.
	Ok(ratio_floor(product, issued).unwrap_or(assets).min(assets))
}

/// How much of a fund's assets refunds may take, in planck: all but a little that lets the fund take
/// deposits again, see guarantee 6.
pub fn insurable(assets: u128, shares: u128) -> u128 {
	let issued = shares.saturating_add(VIRTUAL_SHARES);
	assets.saturating_sub(issued.div_ceil(MAX_SHARES_PER_PLANCK))
}

/// What a fund refunds, in planck, of `amount` that a worker's client lost: at most what this
/// worker's jobs brought the fund and has not been refunded yet, and at most the insurable assets.
///
/// An owner who is worker, client and provider at once therefore gets back through refunds at most
/// what its own jobs paid in.
pub fn refund(amount: u128, brought: u128, assets: u128, shares: u128) -> u128 {
	amount.min(brought).min(insurable(assets, shares))
}
