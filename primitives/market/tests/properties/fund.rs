//! Shares of the liquidity fund: nobody gains by depositing, withdrawing or donating.

use crate::{
	reference::{floor, fraction, whole},
	strategies::{magnitude, magnitude_or_zero},
};
use aci_market::{
	fund::{
		insurable, refund, shares_of_deposit, value, MAX_SHARES, MAX_SHARES_PER_PLANCK,
		VIRTUAL_SHARES,
	},
	FundError, ACI,
};
use num_bigint::BigInt;
use num_rational::BigRational;
use proptest::{collection::vec, prelude::*};

/// Assets and deposits below the size that guarantee 6 names: 10^9 ACI together, in many steps.
const MAX_AMOUNT: u128 = 1 << 64;

/// A fund with its providers' shares, and what each of them has put in and taken out.
#[derive(Clone, Debug, Default)]
struct Fund {
	assets: u128,
	shares: u128,
	holdings: [u128; 3],
	put_in: [u128; 3],
	taken_out: [u128; 3],
}

#[derive(Clone, Copy, Debug)]
enum Step {
	Deposit(usize, u128),
	/// Of the holder's shares, in parts of 256.
	Withdraw(usize, u8),
	Donate(usize, u128),
	Fee(u128),
	Refund(u128),
}

impl Fund {
	fn price(&self) -> BigRational {
		fraction(self.assets, self.shares + VIRTUAL_SHARES)
	}

	fn worth(&self, who: usize) -> u128 {
		value(self.holdings[who], self.assets, self.shares).unwrap()
	}

	/// What a holder has and took, less what it put in.
	fn profit(&self, who: usize) -> i128 {
		(self.worth(who) + self.taken_out[who]) as i128 - self.put_in[who] as i128
	}

	fn run(&mut self, step: Step) {
		match step {
			Step::Deposit(who, amount) => {
				if let Ok(minted) = shares_of_deposit(amount, self.assets, self.shares) {
					self.assets += amount;
					self.shares += minted;
					self.holdings[who] += minted;
					self.put_in[who] += amount;
				}
			}
			Step::Withdraw(who, part) => {
				let burned = self.holdings[who] / 256 * (u128::from(part) + 1);
				let paid = value(burned, self.assets, self.shares).unwrap();
				self.assets -= paid;
				self.shares -= burned;
				self.holdings[who] -= burned;
				self.taken_out[who] += paid;
			}
			Step::Donate(who, amount) => {
				self.assets += amount;
				self.put_in[who] += amount;
			}
			Step::Fee(amount) => self.assets += amount,
			Step::Refund(amount) => {
				self.assets -= refund(amount, u128::MAX, self.assets, self.shares)
			}
		}
	}
}

fn amount() -> impl Strategy<Value = u128> {
	magnitude(MAX_AMOUNT)
}

fn step() -> impl Strategy<Value = Step> {
	prop_oneof![
		4 => (0..3usize, amount()).prop_map(|(who, amount)| Step::Deposit(who, amount)),
		3 => (0..3usize, any::<u8>()).prop_map(|(who, part)| Step::Withdraw(who, part)),
		1 => (0..3usize, amount()).prop_map(|(who, amount)| Step::Donate(who, amount)),
		1 => amount().prop_map(Step::Fee),
		1 => amount().prop_map(Step::Refund),
	]
}

/// A fund that any operations have left.
fn any_fund() -> impl Strategy<Value = Fund> {
	vec(step(), 0..12).prop_map(|steps| {
		let mut fund = Fund::default();
		steps.into_iter().for_each(|step| fund.run(step));
		fund
	})
}

proptest! {
	#[test]
	fn the_values_of_all_shares_are_at_most_the_assets(fund in any_fund()) {
		let sum: u128 = (0..3).map(|who| fund.worth(who)).sum();
		prop_assert_eq!(fund.holdings.iter().sum::<u128>(), fund.shares);
		prop_assert!(sum <= fund.assets);
	}

	#[test]
	fn a_deposit_and_its_withdrawal_never_profit_and_lose_only_the_rounding(
		mut fund in any_fund(),
		amount in amount(),
	) {
		let (assets, shares) = (fund.assets, fund.shares);
		let Ok(minted) = shares_of_deposit(amount, assets, shares) else { return Ok(()) };
		fund.run(Step::Deposit(0, amount));
		let back = value(minted, fund.assets, fund.shares).unwrap();
		prop_assert!(back <= amount);
		prop_assert!(amount - back <= 2 + fund.assets / VIRTUAL_SHARES);
	}

	#[test]
	fn a_deposit_or_a_withdrawal_never_lowers_the_value_of_others(
		mut fund in any_fund(),
		amount in amount(),
		part in any::<u8>(),
		deposits in any::<bool>(),
	) {
		let (price, others) = (fund.price(), [fund.worth(1), fund.worth(2)]);
		fund.run(if deposits { Step::Deposit(0, amount) } else { Step::Withdraw(0, part) });
		prop_assert!(fund.price() >= price);
		prop_assert!(fund.worth(1) >= others[0] && fund.worth(2) >= others[1]);
	}

	#[test]
	fn a_donation_never_profits_the_donor(mut fund in any_fund(), amount in amount()) {
		let before = fund.profit(0);
		fund.run(Step::Donate(0, amount));
		prop_assert!(fund.profit(0) <= before);
	}

	/// The inflation attack: deposit, donate, let the victim deposit, withdraw. The attacker may
	/// choose all amounts, also what it withdraws before.
	#[test]
	fn inflating_the_share_price_gains_no_more_than_the_rounding_of_the_victims_deposit(
		before in magnitude_or_zero(MAX_AMOUNT),
		deposit in amount(),
		part in any::<u8>(),
		donation in amount(),
		victim in amount(),
	) {
		let mut fund = Fund::default();
		fund.run(Step::Fee(before));
		for step in [Step::Deposit(0, deposit), Step::Withdraw(0, part), Step::Donate(0, donation)] {
			fund.run(step);
		}
		fund.run(Step::Deposit(1, victim));
		let dust = 2 + fund.assets / VIRTUAL_SHARES;
		fund.run(Step::Withdraw(0, u8::MAX));
		prop_assert!(fund.profit(0) <= i128::try_from(dust).unwrap());
		// A victim whose deposit is refused has lost nothing; another one keeps what it put in.
		prop_assert!(-fund.profit(1) <= i128::try_from(dust).unwrap());
	}

	#[test]
	fn the_first_provider_does_not_get_what_was_there_before(
		before in magnitude_or_zero(MAX_AMOUNT),
		deposit in amount(),
	) {
		let mut fund = Fund::default();
		fund.run(Step::Fee(before));
		fund.run(Step::Deposit(0, deposit));
		prop_assert!(fund.worth(0) <= deposit);
	}

	#[test]
	fn fees_and_losses_are_borne_pro_rata(fund in any_fund(), fee in amount()) {
		let mut after = fund.clone();
		after.run(Step::Fee(fee));
		for who in 0..3 {
			let exact = whole(after.assets)
				* fraction(fund.holdings[who], fund.shares + VIRTUAL_SHARES);
			prop_assert_eq!(Some(after.worth(who)), floor(&exact));
		}
		after.run(Step::Refund(fee));
		// A refund takes the whole fee unless that would go below what it must leave.
		if insurable(fund.assets + fee, fund.shares) >= fee {
			prop_assert_eq!(after.assets, fund.assets);
		}
	}

	#[test]
	fn a_fund_can_always_take_a_deposit_again(fund in any_fund(), amount in amount()) {
		let issued = fund.shares + VIRTUAL_SHARES;
		prop_assert!(issued <= (fund.assets + 1) * MAX_SHARES_PER_PLANCK);
		prop_assert_ne!(
			shares_of_deposit(amount, fund.assets, fund.shares),
			Err(FundError::DepositTooLarge)
		);
	}

	#[test]
	fn shares_and_values_are_exact_and_rounded_toward_the_fund_on_the_whole_domain(
		deposit in magnitude_or_zero(u128::MAX),
		assets in magnitude_or_zero(u128::MAX),
		shares in magnitude_or_zero(u128::MAX),
		part in magnitude_or_zero(u128::MAX),
	) {
		let issued = BigInt::from(shares) + BigInt::from(VIRTUAL_SHARES);
		let exact = fraction(
			BigInt::from(deposit) * &issued,
			BigInt::from(assets) + BigInt::from(1),
		);
		match shares_of_deposit(deposit, assets, shares) {
			Ok(minted) => {
				prop_assert_eq!(Some(minted), floor(&exact));
				prop_assert!(minted > 0 && minted <= MAX_SHARES - shares);
			}
			Err(FundError::DepositTooSmall) => prop_assert!(exact < whole(1)),
			Err(error) => {
				prop_assert_eq!(error, FundError::DepositTooLarge);
				let sum = floor(&exact).and_then(|minted| minted.checked_add(shares));
				prop_assert!(assets == u128::MAX || sum.is_none_or(|sum| sum > MAX_SHARES));
			}
		}
		let exact = fraction(BigInt::from(part) * BigInt::from(assets), issued.clone());
		match value(part, assets, shares) {
			Ok(worth) => prop_assert_eq!(Some(worth), floor(&exact)),
			Err(error) => prop_assert!(error == FundError::NotEnoughShares && part > shares),
		}
		let left = assets - insurable(assets, shares);
		let least = fraction(issued, MAX_SHARES_PER_PLANCK).ceil();
		prop_assert!(left == assets || shares > MAX_SHARES || whole(left) == least);
		prop_assert!(whole(left) <= least);
	}

	/// A worker's refunds, whatever their number and order, are at most what its jobs brought.
	#[test]
	fn refunds_are_at_most_what_was_brought(
		fees in vec(amount(), 0..8),
		claims in vec(amount(), 0..8),
		deposit in amount(),
	) {
		let mut fund = Fund::default();
		fund.run(Step::Deposit(0, deposit));
		let brought: u128 = fees.iter().sum();
		fees.iter().for_each(|fee| fund.run(Step::Fee(*fee)));
		let mut left = brought;
		let mut paid = 0;
		for claim in claims {
			let refunded = refund(claim, left, fund.assets, fund.shares);
			fund.assets -= refunded;
			left -= refunded;
			paid += refunded;
		}
		prop_assert!(paid <= brought);
		// So the providers keep what they deposited, but for the rounding.
		prop_assert!(fund.worth(0) + 2 + fund.assets / VIRTUAL_SHARES >= deposit);
	}

	/// One owner is worker, client and a provider beside others: it orders from itself, withdraws
	/// its part of the fee, and claims the whole fee as a refund. A fifth of each payment left it.
	#[test]
	fn one_owner_on_all_sides_loses_more_in_fees_than_fund_and_refund_return(
		price in 25..MAX_AMOUNT,
		own in amount(),
		others in amount(),
	) {
		let mut fund = Fund::default();
		fund.run(Step::Deposit(1, others));
		fund.run(Step::Deposit(0, own));
		let parts = aci_market::fees::split(price, &Default::default());
		let left_the_owner = price - parts.worker;
		fund.run(Step::Fee(parts.liquidity));
		fund.run(Step::Withdraw(0, u8::MAX));
		let refunded = refund(price, parts.liquidity, fund.assets, fund.shares);
		let gain = fund.profit(0) + refunded as i128;
		prop_assert!(gain <= left_the_owner as i128 / 2);
	}
}

#[test]
fn a_thousand_aci_and_a_thousand_aci_share_a_fee_equally() {
	let deposit = 1_000 * ACI;
	let one = shares_of_deposit(deposit, 0, 0).unwrap();
	let two = shares_of_deposit(deposit, deposit, one).unwrap();
	// The first bought at one planck of virtual assets less.
	assert!(two <= one && one - two < one / 1_000_000_000);
	let assets = 2 * deposit + 10 * ACI;
	for part in [one, two] {
		let worth = value(part, assets, one + two).unwrap();
		assert!(worth <= deposit + 5 * ACI && worth + 10 >= deposit + 5 * ACI);
	}
}

#[test]
fn a_deposit_after_years_of_fees_is_exact_to_a_few_planck() {
	// 10,000 ACI came before anybody provided.
	let before = 10_000 * ACI;
	let deposit = 1_000 * ACI;
	let minted = shares_of_deposit(deposit, before, 0).unwrap();
	let back = value(minted, before + deposit, minted).unwrap();
	assert!(back <= deposit && deposit - back < 50, "{}", deposit - back);
}

#[test]
fn more_shares_than_there_are_have_no_value() {
	assert_eq!(value(11, 1_000, 10), Err(FundError::NotEnoughShares));
	assert_eq!(shares_of_deposit(0, 0, 0), Err(FundError::DepositTooSmall));
	assert_eq!(
		shares_of_deposit(u128::MAX, 0, 0),
		Err(FundError::DepositTooLarge)
	);
	assert_eq!(
		shares_of_deposit(1, 0, u128::MAX),
		Err(FundError::DepositTooLarge)
	);
}
