use crate::{mock::*, Activities, Epoch, Event};
use aci_market::{control, ControlRules};
use aci_primitives::{
	traits::{MarketActivity, MarketQuote, Slices},
	ACI,
};
use frame_support::assert_ok;

const BILLION: u32 = 1_000_000_000;
/// Milliseconds of an epoch.
const EPOCH_TIME: u64 = EPOCH_LENGTH as u64 * BLOCK_TIME;

fn par_price(class: u16) -> u128 {
	Hmm::pool(class).expect("known").par_price
}

/// What [`Event::EpochClosed`] said of utilisation and par price, by class.
fn closed() -> Vec<(u16, u32, Option<u32>, u128)> {
	System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::Hmm(Event::EpochClosed {
				class,
				epoch,
				utilisation,
				par_price,
				..
			}) => Some((class, epoch, utilisation, par_price)),
			_ => None,
		})
		.collect()
}

/// Four slots from the start of epoch 2, which is block 120, on.
fn four_slots() {
	to_block(120);
	assert_ok!(Hmm::add_capacity(0, 4_000, WHOLE));
	System::reset_events();
}

#[test]
fn the_par_price_rises_with_paid_time_and_the_sums_begin_anew() {
	one_class().execute_with(|| {
		four_slots();
		for _ in 0..4 {
			Hmm::paid(0, EPOCH_TIME);
		}
		to_block(180);
		assert_eq!(closed(), vec![(0, 2, Some(BILLION), 1_020)]);
		let version = Hmm::pool_state(0).expect("known").version;
		System::assert_last_event(
			Event::EpochClosed {
				class: 0,
				epoch: 2,
				paid: 4 * u128::from(EPOCH_TIME),
				offered: 4_000 * u128::from(EPOCH_TIME),
				utilisation: Some(BILLION),
				par_price: 1_020,
				fund: 0,
				floor_share: 0,
				version,
			}
			.into(),
		);
		// The next epoch has no paid work and falls by the whole step.
		to_block(240);
		assert_eq!(closed()[1], (0, 3, Some(0), 1_000));
	});
}

#[test]
fn inside_the_zone_the_par_price_and_the_version_stay() {
	one_class().execute_with(|| {
		four_slots();
		// The first close brings the floor share to that of an empty fund.
		to_block(180);
		let before = Hmm::pool_state(0);
		Hmm::paid(0, 2 * EPOCH_TIME);
		to_block(240);
		assert_eq!(closed()[1].2, Some(BILLION / 2));
		assert_eq!(Hmm::pool_state(0), before);
	});
}

#[test]
fn a_class_that_nobody_offers_keeps_its_par_price() {
	one_class().execute_with(|| {
		to_block(240);
		assert_eq!(par_price(0), PAR_PRICE);
		assert!(closed().iter().all(|close| close.2.is_none()));
		Hmm::paid(7, 1);
		assert!(!Activities::<Test>::contains_key(7));
	});
}

#[test]
fn the_floor_share_follows_the_fund() {
	one_class().execute_with(|| {
		let rules = ControlRules::default();
		assert_eq!(Hmm::pool(0).expect("known").floor_share, FLOOR_SHARE);
		for _ in 0..3 {
			let amount = 100_000 * aci_primitives::ACI;
			assert_ok!(Hmm::provide(RuntimeOrigin::signed(account(1)), 0, amount));
			let expected = control::floor_share(fund(), &rules);
			// Not at once, but at the epoch's end.
			assert_ne!(Hmm::pool(0).expect("known").floor_share, expected);
			skip_to_block((Epoch::<Test>::get().index + 1) * EPOCH_LENGTH + 60);
			assert_eq!(Hmm::pool(0).expect("known").floor_share, expected);
		}
		assert_eq!(Hmm::pool(0).expect("known").floor_share, 675_000_000);
	});
}

#[test]
fn a_changed_length_counts_from_the_running_epochs_first_block() {
	one_class().execute_with(|| {
		assert_ok!(Hmm::add_capacity(0, 1_000, WHOLE));
		let closes = || {
			closed()
				.into_iter()
				.map(|close| close.1)
				.collect::<Vec<_>>()
		};
		to_block(120);
		assert_eq!(closes(), vec![1]);
		EpochBlocks::set(2 * EPOCH_LENGTH);
		to_block(239);
		assert_eq!(closes(), vec![1]);
		assert_eq!(Hmm::activity(0).expect("is known").ends, 240);
		to_block(240);
		assert_eq!(closes(), vec![1, 2]);
		// A shorter length ends the epoch at once where it has passed already.
		to_block(240 + EPOCH_LENGTH);
		EpochBlocks::set(EPOCH_LENGTH);
		to_block(241 + EPOCH_LENGTH);
		assert_eq!(closes(), vec![1, 2, 3]);
		to_block(240 + 2 * EPOCH_LENGTH);
		assert_eq!(closes(), vec![1, 2, 3, 4]);
	});
}

#[test]
fn a_bounded_number_of_classes_is_closed_in_a_block_and_all_in_turn() {
	chain((0..5).map(|_| (cpu(), 1_000, 0)).collect()).execute_with(|| {
		for class in 0..5 {
			assert_ok!(Hmm::add_capacity(class, 1_000, WHOLE));
		}
		System::reset_events();
		let classes = || -> Vec<u16> { closed().into_iter().map(|close| close.0).collect() };
		to_block(120);
		assert_eq!(classes(), vec![0, 1]);
		assert_eq!(Epoch::<Test>::get().next, Some(2));
		to_block(121);
		assert_eq!(classes(), vec![0, 1, 2, 3]);
		to_block(122);
		assert_eq!(classes(), vec![0, 1, 2, 3, 4]);
		assert_eq!(Epoch::<Test>::get().next, None);
		to_block(179);
		assert_eq!(classes().len(), 5);
		// A class that is closed late is measured over its own time: 60 blocks again.
		for class in 0..5 {
			Hmm::paid(class, EPOCH_TIME / 4);
		}
		to_block(182);
		let shares: Vec<_> = closed()[5..].iter().map(|close| close.2).collect();
		assert_eq!(shares, vec![Some(BILLION / 4); 5]);
		assert!(closed().iter().all(|close| close.1 == 1 || close.1 == 2));
	});
}

#[test]
fn capacity_counts_for_as_long_as_it_is_registered() {
	one_class().execute_with(|| {
		four_slots();
		// Half of the epoch with twice the capacity.
		to_block(150);
		assert_ok!(Hmm::add_capacity(0, 4_000, WHOLE));
		Hmm::paid(0, 3 * EPOCH_TIME);
		to_block(180);
		assert_eq!(closed()[0].2, Some(BILLION / 2));
	});
}

#[test]
fn joining_for_one_block_at_the_epochs_end_moves_nothing_that_matters() {
	one_class().execute_with(|| {
		four_slots();
		Hmm::paid(0, 4 * EPOCH_TIME);
		to_block(179);
		// As much again, for the last of 60 blocks.
		assert_ok!(Hmm::add_capacity(0, 4_000, WHOLE));
		to_block(180);
		assert_ok!(Hmm::remove_capacity(0, 4_000, WHOLE));
		// Full use over 61 of 60 parts; with the capacity at the end alone it would be a half.
		assert_eq!(closed()[0].2, Some(983_606_557));
		// Leaving before the end hardly raises it either: 120 of 237 parts instead of 240.
		to_block(239);
		Hmm::paid(0, 2 * EPOCH_TIME);
		assert_ok!(Hmm::remove_capacity(0, 3_000, WHOLE));
		to_block(240);
		assert_eq!(closed()[1].2, Some(506_329_113));
	});
}

#[test]
fn slices_count_as_offered() {
	one_class().execute_with(|| {
		four_slots();
		let home = aci_primitives::job::Home::Validator(account(9));
		assert_ok!(Hmm::split(0, &home, 3_000));
		Hmm::paid(0, 2 * EPOCH_TIME);
		to_block(180);
		assert_eq!(closed()[0].2, Some(BILLION / 2));
	});
}

#[test]
fn the_capital_is_that_of_all_classes_as_they_were_closed() {
	let classes = (0..8).map(|_| (cpu(), PAR_PRICE, FLOOR_SHARE)).collect();
	chain(classes).execute_with(|| {
		assert_eq!(Hmm::capital(), 0);
		let funds = || -> u128 {
			(0..8)
				.map(|class| Hmm::fund(class).expect("there").assets)
				.sum()
		};
		pay_fund(1, 5 * ACI);
		to_block(2 * EPOCH_LENGTH + 10);
		assert_eq!(Hmm::capital(), funds());
		pay_fund(1, 3 * ACI);
		assert_eq!(Hmm::capital() + 3 * ACI, funds());
		to_block(3 * EPOCH_LENGTH + 10);
		assert_eq!(Hmm::capital(), funds());
	});
}
