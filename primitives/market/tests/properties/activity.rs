//! Utilisation as the slow control reads it.

use crate::{
	reference::{floor, fraction},
	strategies::magnitude_or_zero,
};
use aci_market::{Activity, MAX_CAPACITY, PARTS_PER_BILLION};
use num_bigint::BigInt;
use proptest::{collection::vec, prelude::*};

proptest! {
	#[test]
	fn the_utilisation_is_the_exact_share_rounded_down(
		paid in magnitude_or_zero(u128::MAX),
		offered in magnitude_or_zero(u128::MAX),
	) {
		let utilisation = Activity { paid, offered }.utilisation();
		if offered == 0 {
			prop_assert_eq!(utilisation, None);
		} else {
			let scaled = BigInt::from(paid) * BigInt::from(1_000) * BigInt::from(PARTS_PER_BILLION);
			let exact = floor(&fraction(scaled, offered)).unwrap_or(u128::MAX);
			let capped = exact.min(u128::from(PARTS_PER_BILLION));
			prop_assert_eq!(utilisation.map(u128::from), Some(capped));
		}
	}

	#[test]
	fn the_order_of_paying_and_elapsing_does_not_matter(
		steps in vec((0..=MAX_CAPACITY, 0..1u64 << 40, 0..1u64 << 40), 0..12),
	) {
		let (mut mixed, mut apart) = (Activity::default(), Activity::default());
		for (registered, milliseconds, paid) in &steps {
			mixed.elapse(*registered, *milliseconds);
			mixed.pay(*paid);
			apart.pay(*paid);
		}
		for (registered, milliseconds, _) in &steps {
			apart.elapse(*registered, *milliseconds);
		}
		prop_assert_eq!(mixed, apart);
	}

	/// Joining for `part` of `whole` milliseconds changes the utilisation as capacity that is there
	/// in that proportion does, whether at the epoch's start, its end, or in between.
	#[test]
	fn joining_for_a_block_moves_the_utilisation_by_that_blocks_share_only(
		registered in 1_000..1u64 << 40,
		joining in 0..1u64 << 40,
		blocks in 2..10_000u64,
		at in any::<prop::sample::Index>(),
		load in 0..=1_000u64,
	) {
		let time = blocks * 2_000;
		let mut honest = Activity::default();
		honest.elapse(registered, time);
		honest.paid = u128::from(registered / 1_000) * u128::from(time) * u128::from(load) / 1_000;
		let mut gamed = Activity { offered: 0, ..honest };
		let at = at.index(blocks as usize) as u64;
		gamed.elapse(registered, at * 2_000);
		gamed.elapse(registered + joining, 2_000);
		gamed.elapse(registered, (blocks - at - 1) * 2_000);
		prop_assert_eq!(gamed.offered, honest.offered + u128::from(joining) * 2_000);
		// With no more than what was there, one block of an hour's 1,800 moves it by 1/1,801 of itself.
		if joining <= registered {
			let (before, after) = (honest.utilisation().unwrap(), gamed.utilisation().unwrap());
			prop_assert!(u64::from(before - after) * (blocks + 1) <= u64::from(before) + blocks + 1);
		}
	}
}

#[test]
fn sums_beyond_every_pool_saturate() {
	let mut activity = Activity {
		paid: u128::MAX,
		offered: u128::MAX,
	};
	activity.elapse(u64::MAX, u64::MAX);
	activity.pay(u64::MAX);
	assert_eq!((activity.paid, activity.offered), (u128::MAX, u128::MAX));
	assert_eq!(activity.utilisation(), Some(PARTS_PER_BILLION));
}
