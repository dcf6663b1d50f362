use crate::{
	mock::*, EndsCursor, Error, Event, Pallet, ReservationEnds, ReservationStates, Reserved, Swap,
};
use aci_market::{curve, reservation::reserved_flops, FLOPS_PER_COMPUTE_UNIT};
use aci_primitives::{
	traits::{MarketQuote, Prepayments, Reservations},
	Reservation, ReservationId,
};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchResult;

fn buy(who: u8, milli_slots: u64, blocks: u32) -> DispatchResult {
	Hmm::swap(
		RuntimeOrigin::signed(account(who)),
		Swap::Buy {
			class: 0,
			milli_slots,
			blocks,
			max_price: u128::MAX,
		},
	)
}

fn sell_back(who: u8, reservation: ReservationId, min_refund: u128) -> DispatchResult {
	let action = Swap::SellBack {
		reservation,
		min_refund,
	};
	Hmm::swap(RuntimeOrigin::signed(account(who)), action)
}

fn free() -> u64 {
	Hmm::pool(0).expect("known").free
}

fn reservation(id: ReservationId) -> Option<Reservation> {
	<Pallet<Test> as Reservations>::reservation(id)
}

fn occupy(id: ReservationId, who: u8, milli_slots: u64) -> DispatchResult {
	Hmm::occupy(id, &account(who), milli_slots)
}

/// Ten slots of the cpu class at 10^9 planck per compute unit, half of it a floor.
fn ten_slots() {
	assert_ok!(Hmm::set_price(
		RuntimeOrigin::root(),
		0,
		1_000_000_000,
		FLOOR_SHARE
	));
	assert_ok!(Hmm::add_capacity(0, 10_000, WHOLE));
}

#[test]
fn buying_prepays_the_curves_price_and_takes_the_capacity() {
	one_class().execute_with(|| {
		ten_slots();
		assert_ok!(buy(1, 2_000, 10));
		// Two slots for 20 s at a tenth of 10^12 operations per second are 4 compute units, at
		// 10^9 · (0.5 · 200/162 + 0.5) = 1,117,283,950.6…
		let unit_price = 1_117_283_951;
		let paid = 4 * unit_price;
		let expected = Reservation {
			owner: account(1),
			class: 0,
			milli_slots: 2_000,
			occupied: 0,
			from: 101,
			until: 111,
			unit_price,
			paid,
		};
		assert_eq!(reservation(0), Some(expected));
		System::assert_last_event(
			Event::Reserved {
				id: 0,
				owner: account(1),
				class: 0,
				milli_slots: 2_000,
				from: 101,
				until: 111,
				flops: 4 * FLOPS_PER_COMPUTE_UNIT,
				unit_price,
				paid,
				version: Hmm::pool_state(0).expect("known").version,
			}
			.into(),
		);
		assert_eq!(EscrowDouble::prepaid(0), paid);
		assert_eq!(balance(1), START - paid);
		assert_eq!(free(), 8_000);
		assert_eq!(Reserved::<Test>::get(0), 2_000);
		assert_invariants();
	});
}

#[test]
fn the_price_that_others_see_rises_at_once() {
	one_class().execute_with(|| {
		ten_slots();
		let before = Hmm::marginal_price(0);
		assert_ok!(buy(1, 2_000, 10));
		assert!(Hmm::marginal_price(0) > before);
	});
}

#[test]
fn a_job_is_priced_at_the_reservations_unit_price_until_the_window_ends() {
	one_class().execute_with(|| {
		ten_slots();
		assert_ok!(buy(1, 2_000, 10));
		let price = |flops| Hmm::price(0, flops);
		assert_eq!(price(FLOPS_PER_COMPUTE_UNIT), Some(1_117_283_951));
		// The prepayment buys exactly the reserved operations.
		let flops = reserved_flops(2_000, cpu().peak_flops, 20_000, 100_000).expect("fits");
		assert_eq!(price(flops), Some(EscrowDouble::prepaid(0)));
		assert_eq!(Hmm::price(1, 1), None);
		to_block(110);
		assert!(price(1).is_some());
		to_block(111);
		assert_eq!(price(1), None);
		assert_eq!(reservation(0), None);
	});
}

#[test]
fn jobs_occupy_and_vacate_within_the_window() {
	one_class().execute_with(|| {
		ten_slots();
		assert_ok!(buy(1, 2_000, 10));
		assert_noop!(occupy(0, 1, 1_000), Error::<Test>::WindowNotOpen);
		to_block(101);
		assert_noop!(occupy(0, 2, 1_000), Error::<Test>::NotOwner);
		assert_noop!(occupy(1, 1, 1_000), Error::<Test>::UnknownReservation);
		assert_noop!(occupy(0, 1, 0), Error::<Test>::NothingAsked);
		assert_noop!(occupy(0, 1, 2_001), Error::<Test>::NotEnoughIdle);
		assert_noop!(occupy(0, 1, u64::MAX), Error::<Test>::NotEnoughIdle);
		assert_ok!(occupy(0, 1, 1_000));
		assert_ok!(occupy(0, 1, 1_000));
		assert_noop!(occupy(0, 1, 1), Error::<Test>::NotEnoughIdle);
		assert_eq!(reservation(0).expect("open").occupied, 2_000);
		assert_ok!(Hmm::vacate(0, 1_000));
		assert_noop!(Hmm::vacate(0, 1_001), Error::<Test>::NotOccupied);
		assert_noop!(Hmm::vacate(0, 0), Error::<Test>::NothingAsked);
		assert_eq!(reservation(0).expect("open").occupied, 1_000);
		// The pool does not move: the capacity was taken out of it before.
		assert_eq!(free(), 8_000);
		assert_invariants();
	});
}

#[test]
fn at_the_windows_end_the_capacity_returns_and_the_rest_is_burned() {
	one_class().execute_with(|| {
		ten_slots();
		assert_ok!(buy(1, 2_000, 10));
		let paid = EscrowDouble::prepaid(0);
		to_block(105);
		EscrowDouble::spend(0, 1_000);
		to_block(110);
		assert_eq!(free(), 8_000);
		to_block(111);
		assert_eq!(free(), 10_000);
		System::assert_last_event(
			Event::ReservationEnded {
				id: 0,
				owner: account(1),
				class: 0,
				burned: paid - 1_000,
				occupied: 0,
			}
			.into(),
		);
		assert_eq!(Hmm::reservation(0), None);
		assert!(Hmm::reservations_of(account(1)).is_empty());
		assert_eq!(balance(1), START - paid);
		assert_noop!(sell_back(1, 0, 0), Error::<Test>::UnknownReservation);
		assert_eq!(fund(), 0);
	});
}

#[test]
fn what_jobs_occupy_at_the_windows_end_returns_when_they_vacate_it() {
	one_class().execute_with(|| {
		ten_slots();
		assert_ok!(buy(1, 3_000, 10));
		to_block(101);
		assert_ok!(occupy(0, 1, 2_000));
		to_block(111);
		assert_eq!(free(), 8_000);
		assert_eq!(EscrowDouble::prepaid(0), 0);
		assert_eq!(reservation(0), None);
		assert!(Hmm::reservation(0).expect("still occupied").ended);
		assert_noop!(occupy(0, 1, 1_000), Error::<Test>::WindowOver);
		assert_noop!(sell_back(1, 0, 0), Error::<Test>::WindowOver);
		assert_ok!(Hmm::vacate(0, 1_000));
		assert_invariants();
		assert_eq!(free(), 9_000);
		assert_ok!(Hmm::vacate(0, 1_000));
		assert_eq!(free(), 10_000);
		assert_eq!(Hmm::reservation(0), None);
		assert_noop!(Hmm::vacate(0, 1_000), Error::<Test>::UnknownReservation);
		assert_invariants();
	});
}

#[test]
fn selling_back_refunds_the_time_left_less_the_fee_and_burns_the_rest() {
	one_class().execute_with(|| {
		ten_slots();
		assert_ok!(buy(1, 2_000, 100));
		let paid = EscrowDouble::prepaid(0);
		to_block(150);
		// 50 of 100 blocks are left after this one.
		let expected = paid * 50 * 95 / 100 / 100;
		assert_eq!(Hmm::refund_quote(0), Ok(expected));
		assert_noop!(
			sell_back(1, 0, expected + 1),
			Error::<Test>::RefundBelowMinimum
		);
		assert_noop!(sell_back(2, 0, 0), Error::<Test>::NotOwner);
		assert_ok!(sell_back(1, 0, expected));
		System::assert_last_event(
			Event::SoldBack {
				id: 0,
				owner: account(1),
				class: 0,
				refund: expected,
				burned: paid - expected,
			}
			.into(),
		);
		assert_eq!(balance(1), START - paid + expected);
		assert_eq!(free(), 10_000);
		assert_eq!(ReservationEnds::<Test>::iter().count(), 0);
		assert_invariants();
	});
}

#[test]
fn an_occupied_reservation_is_not_sold_back() {
	one_class().execute_with(|| {
		ten_slots();
		assert_ok!(buy(1, 2_000, 100));
		to_block(101);
		assert_ok!(occupy(0, 1, 1_000));
		assert_noop!(sell_back(1, 0, 0), Error::<Test>::ReservationInUse);
		assert_ok!(Hmm::vacate(0, 1_000));
		assert_ok!(sell_back(1, 0, 0));
		assert_invariants();
	});
}

#[test]
fn a_refund_is_at_most_what_is_left_and_what_the_curve_returns() {
	one_class().execute_with(|| {
		ten_slots();
		assert_ok!(buy(1, 2_000, 100));
		let paid = EscrowDouble::prepaid(0);
		assert_ok!(buy(2, 1_000, 100));
		EscrowDouble::spend(0, paid - 7);
		assert_eq!(Hmm::refund_quote(0), Ok(7));
		// The class became worth a hundredth; the second refund follows.
		let before = Hmm::refund_quote(1).expect("open");
		assert_ok!(Hmm::set_price(
			RuntimeOrigin::root(),
			0,
			10_000_000,
			FLOOR_SHARE
		));
		let after = Hmm::refund_quote(1).expect("open");
		assert!(after < before / 50 && after > before / 200);
		// A dearer class returns no more than was paid.
		assert_ok!(Hmm::set_price(
			RuntimeOrigin::root(),
			0,
			1 << 60,
			FLOOR_SHARE
		));
		assert_eq!(Hmm::refund_quote(1), Ok(before));
	});
}

#[test]
fn a_reservation_has_bounds() {
	one_class().execute_with(|| {
		assert_noop!(buy(1, 1_000, 10), Error::<Test>::TooMuchReserved);
		ten_slots();
		assert_noop!(buy(1, 1_000, 9), Error::<Test>::WindowOutOfBounds);
		assert_noop!(buy(1, 1_000, 1_001), Error::<Test>::WindowOutOfBounds);
		assert_noop!(buy(1, 999, 10), Error::<Test>::LessThanOneSlot);
		assert_noop!(buy(1, u64::MAX, 10), Error::<Test>::TooMuchReserved);
		assert_noop!(buy(1, 5_001, 10), Error::<Test>::TooMuchReserved);
		assert_ok!(buy(1, 4_000, 10));
		assert_noop!(buy(2, 1_001, 10), Error::<Test>::TooMuchReserved);
		assert_ok!(buy(2, 1_000, 10));
		assert_noop!(
			Hmm::swap(
				RuntimeOrigin::signed(account(1)),
				Swap::Buy {
					class: 1,
					milli_slots: 1_000,
					blocks: 10,
					max_price: 1
				}
			),
			Error::<Test>::UnknownClass
		);
		assert!(Hmm::swap(
			RuntimeOrigin::root(),
			Swap::SellBack {
				reservation: 0,
				min_refund: 0
			}
		)
		.is_err());
		assert_invariants();
	});
}

#[test]
fn a_price_above_the_maximum_and_an_owner_without_money_are_refused() {
	one_class().execute_with(|| {
		ten_slots();
		let quote = Hmm::reservation_quote(0, 1_000, 10).expect("offered");
		let at_most = |max_price| {
			Hmm::swap(
				RuntimeOrigin::signed(account(1)),
				Swap::Buy {
					class: 0,
					milli_slots: 1_000,
					blocks: 10,
					max_price,
				},
			)
		};
		assert_noop!(at_most(quote.price - 1), Error::<Test>::PriceAboveMaximum);
		assert_ok!(at_most(quote.price));
		let poor = RuntimeOrigin::signed(account(77));
		let action = Swap::Buy {
			class: 0,
			milli_slots: 1_000,
			blocks: 10,
			max_price: u128::MAX,
		};
		assert!(Hmm::swap(poor, action).is_err());
		assert_invariants();
	});
}

#[test]
fn capacity_that_others_took_is_not_reserved() {
	one_class().execute_with(|| {
		ten_slots();
		assert_ok!(Hmm::take(0, 9_000));
		assert_noop!(buy(1, 1_001, 10), Error::<Test>::NotEnoughCapacity);
		assert_ok!(buy(1, 1_000, 10));
		assert_noop!(
			Hmm::remove_capacity(0, 1, WHOLE),
			Error::<Test>::NotEnoughCapacity
		);
	});
}

#[test]
fn reservations_of_an_account_are_bounded() {
	one_class().execute_with(|| {
		ten_slots();
		for _ in 0..3 {
			assert_ok!(buy(1, 1_000, 10));
		}
		assert_noop!(buy(1, 1_000, 10), Error::<Test>::TooManyReservations);
		assert_eq!(Hmm::reservations_of(account(1)), vec![0, 1, 2]);
		assert_ok!(sell_back(1, 1, 0));
		assert_ok!(buy(1, 1_000, 10));
		assert_eq!(Hmm::reservations_of(account(1)), vec![0, 2, 3]);
		assert_invariants();
	});
}

#[test]
fn more_ends_than_a_block_handles_are_done_in_the_next_blocks() {
	one_class().execute_with(|| {
		ten_slots();
		for who in [1, 1, 1, 2, 2] {
			assert_ok!(buy(who, 1_000, 10));
		}
		let left = || ReservationStates::<Test>::iter().count();
		to_block(111);
		assert_eq!(left(), 3);
		assert_eq!(EndsCursor::<Test>::get(), Some(111));
		// A window that is over is over, also for those whose turn comes later.
		assert_eq!(
			ReservationStates::<Test>::iter_keys()
				.filter_map(reservation)
				.count(),
			0
		);
		for (id, state) in ReservationStates::<Test>::iter() {
			let who = state.reservation.owner;
			assert_noop!(Hmm::occupy(id, &who, 1_000), Error::<Test>::WindowOver);
			let action = Swap::SellBack {
				reservation: id,
				min_refund: 0,
			};
			let refused = Hmm::swap(RuntimeOrigin::signed(who), action);
			assert_eq!(refused, Err(Error::<Test>::WindowOver.into()));
		}
		to_block(112);
		assert_eq!(left(), 1);
		to_block(113);
		assert_eq!((left(), free()), (0, 10_000));
		to_block(120);
		assert_eq!(EndsCursor::<Test>::get(), None);
	});
}

#[test]
fn a_job_that_ends_between_the_window_and_its_turn_returns_its_capacity_once() {
	one_class().execute_with(|| {
		ten_slots();
		for who in [1, 1, 1] {
			assert_ok!(buy(who, 1_000, 10));
		}
		to_block(101);
		for id in 0..3 {
			assert_ok!(occupy(id, 1, 1_000));
		}
		to_block(111);
		for id in 0..3 {
			assert_ok!(Hmm::vacate(id, 1_000));
			assert_invariants();
		}
		to_block(113);
		assert_eq!(free(), 10_000);
		assert_eq!(ReservationStates::<Test>::iter().count(), 0);
	});
}

#[test]
fn the_largest_class_and_window_have_a_price_or_a_typed_error() {
	one_class().execute_with(|| {
		assert_ok!(Hmm::add_capacity(0, aci_market::MAX_CAPACITY, WHOLE));
		assert_ok!(Hmm::set_price(
			RuntimeOrigin::root(),
			0,
			aci_market::MAX_PAR_PRICE,
			0
		));
		assert_noop!(
			buy(1, aci_market::MAX_CAPACITY / 2, 1_000),
			Error::<Test>::PriceTooHigh
		);
		let pool = Hmm::pool(0).expect("known");
		assert!(curve::unit_price(&pool, aci_market::MAX_CAPACITY / 2).is_ok());
	});
}
