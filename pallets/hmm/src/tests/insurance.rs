use crate::{mock::*, Event, FeesBrought};
use aci_primitives::{traits::Insurer, ACI};
use frame_support::{assert_ok, traits::Get};

const WORKER: u8 = 3;
const CLIENT: u8 = 4;

/// A fee of a worker's job comes into the fund.
fn fee(worker: u8, amount: u128) {
	pay_fund(5, amount);
	Hmm::note_fee(0, &account(worker), amount);
}

fn refund(worker: u8, amount: u128) -> u128 {
	let before = (balance(CLIENT), fund());
	let paid = Hmm::refund(0, &account(worker), &account(CLIENT), amount);
	assert_eq!(
		(balance(CLIENT), fund()),
		(before.0 + paid, before.1 - paid)
	);
	assert_invariants();
	paid
}

#[test]
fn a_refund_is_at_most_what_the_workers_jobs_brought() {
	one_class().execute_with(|| {
		assert_ok!(Hmm::provide(
			RuntimeOrigin::signed(account(1)),
			0,
			MIN_LIQUIDITY
		));
		fee(WORKER, 40);
		fee(WORKER, 20);
		assert_eq!(refund(WORKER, 50), 50);
		System::assert_last_event(
			Event::RefundInsured {
				class: 0,
				worker: account(WORKER),
				client: account(CLIENT),
				asked: 50,
				paid: 50,
				left: 10,
			}
			.into(),
		);
		assert_eq!(refund(WORKER, 50), 10);
		assert_eq!(refund(WORKER, 50), 0);
		assert!(!FeesBrought::<Test>::contains_key(0, account(WORKER)));
	});
}

/// Attack: the first refund eats what later ones of other workers' clients would get.
#[test]
fn a_refund_of_one_workers_client_leaves_those_of_others() {
	one_class().execute_with(|| {
		assert_ok!(Hmm::provide(
			RuntimeOrigin::signed(account(1)),
			0,
			MIN_LIQUIDITY
		));
		fee(WORKER, 100);
		fee(2, 70);
		assert_eq!(refund(WORKER, u128::MAX), 100);
		assert_eq!(refund(2, 70), 70);
	});
}

#[test]
fn a_worker_that_brought_nothing_is_not_insured() {
	one_class().execute_with(|| {
		assert_ok!(Hmm::provide(
			RuntimeOrigin::signed(account(1)),
			0,
			MIN_LIQUIDITY
		));
		Hmm::note_fee(0, &account(WORKER), 0);
		assert_eq!(refund(WORKER, ACI), 0);
		// Nor by what it brought another class.
		Hmm::note_fee(1, &account(WORKER), ACI);
		assert_eq!(refund(WORKER, ACI), 0);
	});
}

#[test]
fn a_refund_takes_no_more_than_the_fund_can_give_and_the_rest_stays_owed() {
	one_class().execute_with(|| {
		pay_fund(5, 50);
		Hmm::note_fee(0, &account(WORKER), 1_000);
		assert_eq!(refund(WORKER, 200), 49);
		assert_eq!(fund(), 1);
		assert_eq!(Hmm::insured(0, account(WORKER)), 951);
		pay_fund(5, 60);
		assert_eq!(refund(WORKER, 10), 10);
	});
}

/// Attack: one owner is worker, client and the larger provider. It orders from itself, takes its
/// part of the fees out as a provider, and claims the fees as refunds for its own job.
#[test]
fn one_owner_on_all_sides_gets_out_less_than_it_put_in() {
	one_class().execute_with(|| {
		let signed = |who| RuntimeOrigin::signed(account(who));
		// An honest provider, and the owner: provider 1, client 4, worker 3.
		assert_ok!(Hmm::provide(signed(2), 0, MIN_LIQUIDITY));
		assert_ok!(Hmm::provide(signed(1), 0, 99 * MIN_LIQUIDITY));
		let owned = || balance(1) + balance(WORKER) + balance(CLIENT);
		let start = owned() + 99 * MIN_LIQUIDITY;
		let parts = aci_market::fees::split(10_000 * ACI, &Default::default());
		let mut brought = 0;
		for _ in 0..5 {
			use frame_support::traits::{fungible::Mutate, tokens::Preservation::Preserve};
			assert_ok!(Balances::transfer(
				&account(CLIENT),
				&account(WORKER),
				parts.worker,
				Preserve
			));
			let others = parts.validators + parts.verifiers + parts.burn;
			assert_ok!(Balances::transfer(
				&account(CLIENT),
				&account(5),
				others,
				Preserve
			));
			pay_fund(CLIENT, parts.liquidity);
			Hmm::note_fee(0, &account(WORKER), parts.liquidity);
			brought += parts.liquidity;
		}
		let shares = Hmm::provider(0, account(1)).expect("provides").shares;
		assert_ok!(Hmm::begin_withdrawal(signed(1), 0, shares));
		skip_to_block(150);
		assert_ok!(Hmm::withdraw_liquidity(signed(1), 0));
		let claimed: u128 = (0..5).map(|_| refund(WORKER, 10_000 * ACI)).sum();
		assert!(claimed <= brought);
		// It paid 16 % to others and got the 4 % of the fund at most twice.
		assert!(owned() < start);
		assert!(start - owned() >= 5 * 10_000 * ACI * 12 / 100);
	});
}

#[test]
fn what_a_worker_brought_is_forgotten_when_no_refund_can_need_it() {
	one_class().execute_with(|| {
		let workers: Vec<u8> = (10..20).collect();
		for worker in &workers {
			Hmm::note_fee(0, &account(*worker), 500);
		}
		let count = || FeesBrought::<Test>::iter_keys().count();
		let begin = System::block_number() as u32;
		// The next epochs begin at 120, 180 and 240; the time is 120 blocks.
		to_block(130);
		Hmm::note_fee(0, &account(10), 500);
		to_block(begin + 120 + 15);
		assert_eq!(count(), 10, "not before its time");
		to_block(239);
		assert_eq!(count(), 10);
		to_block(239 + 12);
		assert_eq!(count(), 1, "who brought something since is insured");
		assert_eq!(Hmm::insured(0, account(10)), 1_000);
		assert_eq!(Hmm::insured(0, account(11)), 0);
		to_block(311);
		assert_eq!(count(), 0);
		assert!(!crate::BroughtCursor::<Test>::exists());
	});
}

#[test]
fn the_search_for_what_can_be_forgotten_is_bounded_in_each_block() {
	one_class().execute_with(|| {
		for worker in 10..20 {
			Hmm::note_fee(0, &account(worker), 500);
		}
		let most: u32 = <Test as crate::Config>::MaxEndsPerBlock::get();
		skip_to_block(400);
		let mut left = FeesBrought::<Test>::iter_keys().count() as u32;
		assert_eq!(left, 10 - most.min(10));
		while left > 0 {
			next_block();
			let now = FeesBrought::<Test>::iter_keys().count() as u32;
			assert!(left - now <= most && now < left);
			left = now;
		}
	});
}
