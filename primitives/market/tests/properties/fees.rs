//! The five shares of a payment.

use crate::{reference, strategies::magnitude_or_zero};
use aci_market::{fees::split, FeeError, FeeShares, FeeSplit, PARTS_PER_MILLION};
use codec::{Decode, Encode, MaxEncodedLen};
use proptest::prelude::*;

fn any_shares() -> impl Strategy<Value = FeeShares> {
	let cut =
		|| prop_oneof![1 => Just(0), 1 => Just(PARTS_PER_MILLION), 6 => 0..=PARTS_PER_MILLION];
	[cut(), cut(), cut(), cut()].prop_map(|mut cuts| {
		cuts.sort_unstable();
		let [a, b, c, d] = cuts;
		FeeShares::new(a, b - a, c - b, d - c, PARTS_PER_MILLION - d).unwrap()
	})
}

fn sum(parts: &FeeSplit) -> Option<u128> {
	parts
		.worker
		.checked_add(parts.validators)?
		.checked_add(parts.verifiers)?
		.checked_add(parts.liquidity)?
		.checked_add(parts.burn)
}

proptest! {
	#[test]
	fn a_split_sums_exactly_to_the_price(
		price in magnitude_or_zero(u128::MAX),
		shares in any_shares(),
	) {
		prop_assert_eq!(sum(&split(price, &shares)), Some(price));
		prop_assert_eq!(sum(&split(price, &FeeShares::default())), Some(price));
	}

	#[test]
	fn each_smaller_part_is_its_share_rounded_down_and_the_worker_gets_the_rest(
		price in magnitude_or_zero(u128::MAX),
		shares in any_shares(),
	) {
		let parts = split(price, &shares);
		let exact = |share: u32| {
			reference::whole(price) * reference::fraction(share, PARTS_PER_MILLION)
		};
		for (part, share) in [
			(parts.validators, shares.validators()),
			(parts.verifiers, shares.verifiers()),
			(parts.liquidity, shares.liquidity()),
			(parts.burn, shares.burn()),
		] {
			prop_assert_eq!(Some(part), reference::floor(&exact(share)));
		}
		let excess = reference::whole(parts.worker) - exact(shares.worker());
		prop_assert!(excess >= reference::whole(0) && excess < reference::whole(4));
	}

	#[test]
	fn shares_that_do_not_sum_to_the_whole_are_refused_by_construction_and_by_decoding(
		shares in prop_oneof![any::<[u32; 5]>(), [0..400_000u32, 0..400_000, 0..400_000, 0..400_000, 0..400_000]],
	) {
		let [worker, validators, verifiers, liquidity, burn] = shares;
		let total: u64 = shares.iter().map(|share| u64::from(*share)).sum();
		let made = FeeShares::new(worker, validators, verifiers, liquidity, burn);
		let decoded = FeeShares::decode(&mut &shares.encode()[..]);
		if total == u64::from(PARTS_PER_MILLION) {
			prop_assert_eq!(decoded.ok(), made.ok());
			prop_assert!(made.is_ok());
		} else {
			prop_assert_eq!(made, Err(FeeError::SharesDoNotSum(total)));
			prop_assert!(decoded.is_err());
		}
	}

	#[test]
	fn shares_decode_to_what_was_encoded(shares in any_shares()) {
		let encoded = shares.encode();
		prop_assert_eq!(encoded.len(), FeeShares::max_encoded_len());
		prop_assert_eq!(FeeShares::decode(&mut &encoded[..]), Ok(shares));
	}
}

#[test]
fn the_default_shares_are_the_papers() {
	let shares = FeeShares::default();
	assert_eq!(
		FeeShares::new(800_000, 80_000, 50_000, 40_000, 30_000),
		Ok(shares)
	);
	let parts = split(100, &shares);
	let expected = FeeSplit {
		worker: 80,
		validators: 8,
		verifiers: 5,
		liquidity: 4,
		burn: 3,
	};
	assert_eq!(parts, expected);
}

#[test]
fn every_small_price_splits_exactly() {
	for price in 0..10_000 {
		assert_eq!(sum(&split(price, &FeeShares::default())), Some(price));
	}
}
