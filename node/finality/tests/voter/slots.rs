use crate::support::GENESIS;
use aci_finality::{Context, VoteRecord};
use aci_node_finality::voter::slots::{image, newest, Unreadable, CHECKSUM, MAGIC, VERSION};

fn record(view: u64) -> VoteRecord {
	let mut record = VoteRecord::new(Context {
		genesis: GENESIS,
		set: 3,
	});
	record.view = view;
	record
}

/// A slot as the file has it: zeros after the image.
fn slot(image: &[u8]) -> Vec<u8> {
	let mut slot = image.to_vec();
	slot.resize(image.len() + 512, 0);
	slot
}

#[test]
fn guarantee_1_any_prefix_of_a_write_leaves_the_record_before_it() {
	let (old, previous) = (slot(&image(4, &record(1))), slot(&image(5, &record(2))));
	let new = image(6, &record(3));
	for written in 0..new.len() {
		let mut torn = old.clone();
		torn[..written].copy_from_slice(&new[..written]);
		let (sequence, read) = newest([&torn, &previous]).expect("the other slot is whole");
		assert_eq!((sequence, read), (5, record(2)), "{written} bytes written");
	}
	assert_eq!(newest([&slot(&new), &previous]), Ok((6, record(3))));
}

#[test]
fn guarantee_2_any_flipped_bit_makes_the_slot_unreadable() {
	let whole = image(9, &record(8));
	for bit in 0..whole.len() * 8 {
		let mut flipped = slot(&whole);
		flipped[bit / 8] ^= 1 << (bit % 8);
		assert_eq!(
			newest([&flipped, &[]]),
			Err(Unreadable::Torn),
			"bit {bit} flipped"
		);
	}
}

#[test]
fn a_slot_of_a_later_release_is_not_passed_over() {
	let mut later = image(2, &record(2));
	let body = later.len() - CHECKSUM;
	later[MAGIC.len()] = VERSION + 1;
	let checksum = sp_crypto_hashing::blake2_256(&later[..body]);
	later[body..].copy_from_slice(&checksum[..CHECKSUM]);
	let known = image(1, &record(1));
	assert_eq!(
		newest([&known, &later]),
		Err(Unreadable::Version(VERSION + 1))
	);
}

#[test]
fn empty_and_short_slots_are_torn() {
	let whole = image(1, &record(1));
	for length in 0..whole.len() {
		assert_eq!(newest([&whole[..length], &[]]), Err(Unreadable::Torn));
	}
}
