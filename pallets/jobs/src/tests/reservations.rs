//! Jobs that a reservation pays for.

use crate::{mock::*, types::DeclineReason, Event};
use aci_primitives::{traits::Reservations, AccountId, Balance, JobId, JobStatus, ReservationId};
use frame_support::{assert_noop, assert_ok};

/// A worker with so many slots, of which one is reserved for the first client for so many blocks from
/// this one on. Returns client, worker, reservation and what was prepaid.
fn set_up(slots: u32, window: u32) -> (AccountId, AccountId, ReservationId, Balance) {
	let [client, _] = clients();
	let [worker, ..] = workers();
	register(&worker, slots);
	let id = reserve(&client, window);
	next_block();
	(client, worker, id, prepaid(id))
}

fn occupied(id: ReservationId) -> u64 {
	<Hmm as Reservations>::reservation(id)
		.expect("the window is open")
		.occupied
}

fn decline(id: JobId) {
	let origin = RuntimeOrigin::signed(worker_of(id));
	assert_ok!(Jobs::decline(origin, id, DeclineReason::Other));
}

#[test]
fn a_reserved_job_pays_its_reservations_price_and_occupies_its_capacity() {
	run(|| {
		let (client, worker_account, reservation, paid) = set_up(2, 100);
		let flops = Jobs::quote(text()).expect("there is capacity").flops;
		let own_price = <Hmm as Reservations>::price(reservation, flops).expect("open");
		let bought = <Hmm as Reservations>::reservation(reservation).expect("open");
		events();
		let id = submit_reserved(&client, 1, &text(), reservation);
		assert_eq!(Jobs::reservation_of(id), Some(reservation));
		assert_eq!(prepaid(reservation), paid - own_price);
		let free_before = pool().free;
		next_block();
		assert_eq!(price(id), own_price);
		assert_eq!((occupied(reservation), pool().free), (1_000, free_before));
		assert_eq!(worker(&worker_account).busy, 1);
		let events = events();
		assert!(
			matches!(
				&events[..],
				[
					Event::JobSubmitted { max_price, .. },
					Event::JobReserved { price, .. },
					Event::JobMatched { unit_price, price: matched, .. }
				] if *price == own_price
					&& *max_price == own_price
					&& *matched == own_price
					&& *unit_price == bought.unit_price
			),
			"{events:?}"
		);
		// Other jobs change the pool's price, not this one's.
		acknowledge(id);
		result(id, 64, 16);
		assert_eq!(
			(occupied(reservation), worker(&worker_account).busy),
			(0, 0)
		);
		let due = job(id).result.expect("there").due;
		next_block();
		assert_eq!(status(id), JobStatus::Settled);
		assert_eq!(total(&worker_account), START + part(due));
		assert_eq!(prepaid(reservation), paid - due);
		assert_eq!(total(&client), START - due);
	});
}

#[test]
fn the_reservation_is_no_part_of_a_jobs_identity() {
	run(|| {
		let (client, _, reservation, _) = set_up(1, 100);
		let expected = id(&client, 5, &text());
		assert_ok!(try_submit_reserved(&client, 5, &text(), reservation));
		assert_eq!(job(expected).order, 5);
		assert_noop!(
			try_submit_reserved(&client, 5, &text(), reservation),
			Failure::OrderNumberUsed
		);
	});
}

#[test]
fn a_reserved_job_is_matched_though_the_pool_is_empty_and_others_wait_before_it() {
	run(|| {
		let (client, _, reservation, _) = set_up(1, 100);
		assert_eq!(pool().free, 0);
		let waiting = submit(&client, 1, &text());
		next_block();
		assert_eq!(status(waiting), JobStatus::Open);
		let reserved = submit_reserved(&client, 2, &text(), reservation);
		next_block();
		assert_eq!(status(waiting), JobStatus::Open);
		assert_eq!(status(reserved), JobStatus::Matched);
	});
}

#[test]
fn reserved_jobs_do_not_take_every_try_of_a_block() {
	run(|| {
		let (client, _, reservation, _) = set_up(2, 100);
		MaxMatchesPerBlock::set(2);
		// One slot is reserved: one of these is matched, the others wait and are tried each block.
		let reserved: Vec<JobId> = (1..=4)
			.map(|order| submit_reserved(&client, order, &text(), reservation))
			.collect();
		let other = submit(&clients()[1], 1, &text());
		next_block();
		assert_eq!(status(reserved[0]), JobStatus::Matched);
		assert_eq!(status(other), JobStatus::Matched);
		assert_eq!(status(reserved[1]), JobStatus::Open);
	});
}

#[test]
fn a_reserved_job_waits_for_room_in_its_reservation() {
	run(|| {
		let (client, _, reservation, _) = set_up(3, 100);
		let first = submit_reserved(&client, 1, &text(), reservation);
		let second = submit_reserved(&client, 2, &text(), reservation);
		blocks(2);
		assert_eq!(status(first), JobStatus::Matched);
		assert_eq!(status(second), JobStatus::Open);
		acknowledge(first);
		result(first, 64, 32);
		next_block();
		assert_eq!(status(second), JobStatus::Matched);
	});
}

#[test]
fn a_reserved_job_that_comes_back_keeps_its_price_and_vacates() {
	run(|| {
		let (client, worker_account, reservation, paid) = set_up(1, 100);
		let id = submit_reserved(&client, 1, &text(), reservation);
		next_block();
		let own_price = price(id);
		decline(id);
		assert_eq!(occupied(reservation), 0);
		assert_eq!(worker(&worker_account).exposure, 0);
		set_par_price(PAR_PRICE * 4);
		next_block();
		assert_eq!(price(id), own_price);
		decline(id);
		assert_eq!(status(id), JobStatus::Expired);
		assert_eq!(prepaid(reservation), paid);
		assert_eq!((occupied(reservation), total(&client)), (0, START));
	});
}

#[test]
fn a_cancelled_reserved_job_gives_back_to_the_prepayment() {
	run(|| {
		let (client, _, reservation, paid) = set_up(1, 100);
		let id = submit_reserved(&client, 1, &text(), reservation);
		assert_ok!(Jobs::cancel(RuntimeOrigin::signed(client.clone()), id));
		assert_eq!(prepaid(reservation), paid);
		assert_eq!(free(&client), START - paid - DEPOSIT);
	});
}

#[test]
fn a_reserved_job_that_times_out_slashes_and_gives_back_to_the_prepayment() {
	run(|| {
		let (client, worker_account, reservation, paid) = set_up(1, 100);
		let id = submit_reserved(&client, 1, &text(), reservation);
		next_block();
		acknowledge(id);
		blocks(TIMEOUT_BLOCKS);
		assert_eq!(status(id), JobStatus::TimedOut);
		assert_eq!((occupied(reservation), prepaid(reservation)), (0, paid));
		assert_eq!(total(&client), START);
		assert_eq!(StakingSlashing::quality(worker_account).score, 720_000);
	});
}

#[test]
fn capacity_that_is_vacated_after_the_window_is_the_pools() {
	run(|| {
		let (client, worker_account, reservation, paid) = set_up(1, 3);
		let id = submit_reserved(&client, 1, &text(), reservation);
		next_block();
		acknowledge(id);
		blocks(3);
		assert_eq!(<Hmm as Reservations>::reservation(reservation), None);
		assert_eq!(pool().free, 0);
		result(id, 64, 32);
		assert_eq!(pool().free, 1_000);
		let due = price(id);
		next_block();
		assert_eq!(total(&worker_account), START + part(due));
		// The rest of the prepayment was burned at the window's end.
		assert_eq!(total(&client), START - paid);
	});
}

#[test]
fn a_job_whose_reservation_ends_unmatched_expires_and_its_lock_goes_with_the_prepayment() {
	run(|| {
		let (client, worker_account, reservation, paid) = set_up(1, 3);
		let origin = RuntimeOrigin::signed(worker_account);
		assert_ok!(Jobs::set_active(origin.clone(), false));
		let id = submit_reserved(&client, 1, &text(), reservation);
		blocks(5);
		assert_ok!(Jobs::set_active(origin, true));
		blocks(2);
		assert_eq!(status(id), JobStatus::Open);
		let own_price = Jobs::job(id).expect("there").locked;
		events();
		blocks(MATCH_BLOCKS - 8);
		assert_eq!(status(id), JobStatus::Open);
		next_block();
		assert_eq!(status(id), JobStatus::Expired);
		assert_eq!(total(&client), START - paid);
		assert_eq!(pots(), (0, 0, 0, paid));
		assert!(matches!(
			&events()[..],
			[
				Event::JobForfeited { amount, .. },
				Event::JobExpired { refund: 0, slot_fee: 0, .. },
				Event::HistoryWritten { .. } | Event::JobPruned { .. },
				..
			] | [
				Event::JobForfeited { amount, .. },
				Event::JobExpired { refund: 0, slot_fee: 0, .. },
			] if *amount == own_price
		));
	});
}

#[test]
fn an_order_that_does_not_fit_its_reservation_is_refused() {
	run(|| {
		let (client, _, reservation, _) = set_up(1, 4);
		let submit = |who: &AccountId, spec, id| try_submit_reserved(who, 1, &spec, id);
		assert_noop!(
			submit(&clients()[1], text(), reservation),
			Failure::NotReservationOwner
		);
		assert_noop!(submit(&client, text(), 9), Failure::UnknownReservation);
		let mut spec = text();
		spec.class = OTHER_CLASS;
		assert_noop!(
			submit(&client, spec, reservation),
			Failure::ReservationOfOtherClass
		);
		let mut spec = text();
		spec.max_price = EXISTENTIAL_DEPOSIT;
		assert_noop!(
			submit(&client, spec, reservation),
			Failure::PriceAboveMaximum
		);
		blocks(4);
		assert_noop!(
			submit(&client, text(), reservation),
			Failure::UnknownReservation
		);
	});
}

#[test]
fn a_prepayment_that_is_used_up_pays_no_more_jobs() {
	run(|| {
		let [client, _] = clients();
		register(&workers()[0], 1);
		// Room for one job, and not for two.
		let reservation = reserve(&client, 1);
		submit_reserved(&client, 1, &text(), reservation);
		assert_noop!(
			try_submit_reserved(&client, 2, &text(), reservation),
			pallet_aci_escrow::Error::<Test>::InsufficientPrepayment
		);
	});
}
