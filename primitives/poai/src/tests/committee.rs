use crate::committee::*;
use aci_primitives::{proof::Outcome, AccountId};
use proptest::prelude::*;
use sp_core::H256;
use std::collections::{BTreeMap, BTreeSet};

fn accounts(count: u8) -> Vec<AccountId> {
	(1..=count)
		.map(|number| AccountId::new([number; 32]))
		.collect()
}

const CASE: H256 = H256::repeat_byte(7);

#[test]
fn a_committee_does_not_depend_on_the_order_of_the_list() {
	let mut all = accounts(20);
	let random = H256::repeat_byte(1);
	let drawn = committee(&random, &CASE, 1, &all, 7);
	assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), 7);
	all.reverse();
	all.extend(accounts(20));
	assert_eq!(committee(&random, &CASE, 1, &all, 7), drawn);
	assert_ne!(committee(&random, &CASE, 2, &all, 7), drawn);
	assert_ne!(committee(&random, &H256::repeat_byte(8), 1, &all, 7), drawn);
	assert_ne!(committee(&H256::repeat_byte(2), &CASE, 1, &all, 7), drawn);
	assert_eq!(committee(&random, &CASE, 1, &accounts(3), 7).len(), 3);
	assert!(committee(&random, &CASE, 1, &[], 7).is_empty());
}

#[test]
fn everybody_is_drawn_as_often() {
	let all = accounts(10);
	let mut times = BTreeMap::<AccountId, u32>::new();
	for number in 0..1_000 {
		let random = H256::from_low_u64_be(number);
		for member in committee(&random, &CASE, 1, &all, 3) {
			*times.entry(member).or_default() += 1;
		}
	}
	// 300 each; five standard deviations are 73.
	assert!(times.values().all(|count| (227..=373).contains(count)));
	assert_eq!(times.len(), 10);
}

#[test]
fn a_commitment_fits_one_vote_of_one_member_in_one_draw() {
	let [first, second] = [1, 2].map(|number| AccountId::new([number; 32]));
	let salt = H256::repeat_byte(9);
	let mine = vote_commitment(&CASE, 1, &first, Outcome::Fail, &salt);
	assert_ne!(
		mine,
		vote_commitment(&CASE, 1, &second, Outcome::Fail, &salt)
	);
	assert_ne!(
		mine,
		vote_commitment(&CASE, 2, &first, Outcome::Fail, &salt)
	);
	assert_ne!(
		mine,
		vote_commitment(&CASE, 1, &first, Outcome::Pass, &salt)
	);
	let other = H256::repeat_byte(8);
	assert_ne!(
		mine,
		vote_commitment(&other, 1, &first, Outcome::Fail, &salt)
	);
	assert_ne!(
		mine,
		vote_commitment(&CASE, 1, &first, Outcome::Fail, &other)
	);
}

fn decided(right: usize, failed: usize, unavailable: usize, absent: usize) -> Decision {
	let votes = [
		(Some(Outcome::Pass), right),
		(Some(Outcome::Fail), failed),
		(Some(Outcome::Unavailable), unavailable),
		(None, absent),
	];
	let votes = votes
		.into_iter()
		.flat_map(|(vote, count)| vec![vote; count]);
	Tally::count(votes).decision()
}

#[test]
fn a_failure_needs_two_thirds_of_all_members() {
	assert_eq!([1, 2, 3, 4, 6, 7, 9].map(needed), [1, 2, 2, 3, 4, 5, 6]);
	assert_eq!(needed(0), 1);
	assert_eq!(decided(2, 5, 0, 0), Decision::Failed);
	assert_eq!(decided(0, 5, 0, 2), Decision::Failed);
	assert_eq!(decided(3, 4, 0, 0), Decision::Right);
	assert_eq!(decided(1, 4, 0, 2), Decision::Right);
	assert_eq!(decided(0, 4, 0, 3), Decision::TooFew);
	assert_eq!(decided(0, 0, 0, 0), Decision::TooFew);
	assert_eq!(decided(1, 1, 5, 0), Decision::Unavailable);
	assert_eq!(decided(1, 3, 3, 0), Decision::Doubtful);
	assert_eq!(decided(7, 0, 0, 0), Decision::Right);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(128))]

	/// Guarantee 3, for committees of every size.
	#[test]
	fn fewer_liars_than_two_thirds_condemn_nobody_and_a_third_saves_nobody(
		size in 1..=15usize, liars in 0..=15usize, absent in any::<bool>(),
	) {
		let liars = liars.min(size);
		let needed = needed(size as u32) as usize;
		let honest = size - liars;
		if liars < needed {
			prop_assert_ne!(decided(honest, liars, 0, 0), Decision::Failed);
		}
		if liars <= size - needed {
			let (lie, gone) = if absent { (0, liars) } else { (liars, 0) };
			prop_assert_eq!(decided(lie, honest, 0, gone), Decision::Failed);
		}
	}
}
