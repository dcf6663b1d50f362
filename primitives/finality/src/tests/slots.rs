//! The record's file: what a crash or damage leaves is never taken for more than it is.

use super::{network::*, values};
use crate::{
	record::{
		slots::{
			decide, decide_file, image, read, slot_of, Found, Lost, Slot, FILE_BYTES, SLOT_BYTES,
		},
		VoteRecord,
	},
	types::{SetId, View},
};
use alloc::{vec, vec::Vec};
use proptest::prelude::*;

fn record(set: SetId, view: View) -> VoteRecord {
	let mut record = VoteRecord::new(crate::Context { set, ..context() });
	record.view = view;
	record
}

/// The slots after records of views 1 to `records` were written.
fn written(records: u64) -> [Vec<u8>; 2] {
	let mut slots = [vec![], vec![]];
	for sequence in 0..records {
		overwrite(
			&mut slots[slot_of(sequence)],
			&image(sequence, &record(0, sequence + 1)).unwrap(),
		);
	}
	slots
}

fn overwrite(slot: &mut Vec<u8>, bytes: &[u8]) {
	if slot.len() < bytes.len() {
		slot.resize(bytes.len(), 0);
	}
	slot[..bytes.len()].copy_from_slice(bytes);
}

fn found(begun: bool, slots: &[Vec<u8>; 2]) -> Found {
	decide(context(), begun, [&slots[0], &slots[1]])
}

#[test]
fn a_new_file_is_fresh_and_a_missing_one_is_lost() {
	assert_eq!(found(false, &written(0)), Found::Fresh { next: 0 });
	assert_eq!(
		found(false, &[vec![0; SLOT_BYTES], vec![0; 9]]),
		Found::Fresh { next: 0 }
	);
	assert_eq!(found(true, &written(0)), Found::Lost(Lost::Missing));
}

/// The file of two slots.
fn file(slots: &[Vec<u8>; 2]) -> Vec<u8> {
	let mut file = vec![0; FILE_BYTES];
	for (slot, bytes) in slots.iter().enumerate() {
		file[slot * SLOT_BYTES..][..bytes.len()].copy_from_slice(bytes);
	}
	file
}

#[test]
fn a_whole_file_means_what_its_slots_mean() {
	for records in 1..6 {
		let slots = written(records);
		let whole = file(&slots);
		assert_eq!(
			decide_file(context(), true, Some(&whole)),
			found(true, &slots)
		);
		let mut later = context();
		later.set += 1;
		assert_eq!(
			decide_file(later, false, Some(&whole)),
			Found::Fresh { next: records }
		);
	}
	assert_eq!(
		decide_file(context(), false, None),
		Found::Fresh { next: 0 }
	);
	assert_eq!(
		decide_file(context(), true, None),
		Found::Lost(Lost::Missing)
	);
}

#[test]
fn a_file_that_is_shorter_or_holds_no_record_is_damaged() {
	let whole = file(&written(3));
	let torn = Found::Lost(Lost::Torn);
	for length in [
		0,
		1,
		SLOT_BYTES - 1,
		SLOT_BYTES,
		SLOT_BYTES + 1,
		FILE_BYTES - 1,
	] {
		for begun in [false, true] {
			assert_eq!(decide_file(context(), begun, Some(&whole[..length])), torn);
		}
	}
	let mut nothing_whole = vec![0; FILE_BYTES];
	assert_eq!(decide_file(context(), false, Some(&nothing_whole)), torn);
	nothing_whole[..20].copy_from_slice(&whole[..20]);
	assert_eq!(decide_file(context(), false, Some(&nothing_whole)), torn);
}

#[test]
fn the_newest_record_is_found() {
	for records in 1..6 {
		assert_eq!(
			found(true, &written(records)),
			Found::Intact {
				record: record(0, records),
				next: records
			}
		);
	}
}

#[test]
fn doubt_silences() {
	let whole = written(4);
	let torn = [whole[0][..20].to_vec(), whole[1][..20].to_vec()];
	assert_eq!(found(true, &torn), Found::Lost(Lost::Torn));
	assert_eq!(found(false, &torn), Found::Lost(Lost::Torn));
	// The newest slot was removed, or taken from another time.
	assert_eq!(
		found(true, &[whole[0].clone(), vec![]]),
		Found::Lost(Lost::Inconsistent)
	);
	assert_eq!(
		found(true, &[vec![], whole[1].clone()]),
		Found::Lost(Lost::Inconsistent)
	);
	assert_eq!(
		found(true, &[written(1)[0].clone(), whole[1].clone()]),
		Found::Lost(Lost::Inconsistent)
	);
	assert_eq!(
		found(true, &[whole[1].clone(), whole[0].clone()]),
		Found::Lost(Lost::Inconsistent)
	);
}

#[test]
fn records_of_other_sets_and_chains() {
	let in_set = |set: SetId| [image(0, &record(set, 3)).unwrap(), vec![]];
	let later = crate::Context {
		set: 5,
		..context()
	};
	let decide = |begun, slots: &[Vec<u8>; 2]| decide(later, begun, [&slots[0], &slots[1]]);
	assert_eq!(decide(false, &in_set(4)), Found::Fresh { next: 1 });
	assert_eq!(decide(true, &in_set(4)), Found::Lost(Lost::Missing));
	assert_eq!(decide(false, &in_set(6)), Found::Lost(Lost::LaterSet));
	assert!(matches!(decide(true, &in_set(5)), Found::Intact { .. }));
	let mut foreign = record(5, 3);
	foreign.context.genesis.0[0] ^= 1;
	let foreign = [image(0, &foreign).unwrap(), vec![]];
	assert_eq!(decide(false, &foreign), Found::Lost(Lost::OtherChain));
}

#[test]
fn another_version_is_not_taken_for_damage() {
	let mut bytes = image(0, &record(0, 1)).unwrap();
	bytes[8] = 2;
	let covered = bytes.len() - 32;
	let checksum = sp_crypto_hashing::blake2_256(&bytes[..covered]);
	bytes[covered..].copy_from_slice(&checksum);
	assert_eq!(read(&bytes), Slot::Unknown);
	assert_eq!(found(false, &[bytes, vec![]]), Found::Lost(Lost::Version));
}

#[test]
fn any_bit_that_changes_is_seen() {
	let whole = image(7, &record(0, 9)).unwrap();
	for bit in 0..whole.len() * 8 {
		let mut bytes = whole.clone();
		bytes[bit / 8] ^= 1 << (bit % 8);
		assert_eq!(read(&bytes), Slot::Torn, "bit {bit}");
	}
}

#[test]
fn the_longest_record_fits() {
	let longest = values::record(crate::MAX_AUTHORITIES as u16);
	let bytes = image(u64::MAX, &longest).unwrap();
	assert!(bytes.len() > SLOT_BYTES / 2 && bytes.len() <= SLOT_BYTES);
	assert_eq!(
		read(&bytes),
		Slot::Whole {
			sequence: u64::MAX,
			record: longest
		}
	);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(256))]

	/// A write that is cut off after any sector, in any order of sectors, leaves the record before
	/// it or the new one.
	#[test]
	fn a_crash_while_writing_loses_no_promise(
		records in 1u64..6,
		signers in 0u16..40,
		sector in 1usize..600,
		kept in any::<[bool; 32]>(),
	) {
		let mut slots = written(records);
		let new = values::record(signers);
		let bytes = image(records, &new).unwrap();
		let slot = &mut slots[slot_of(records)];
		let mut target = slot.clone();
		overwrite(&mut target, &bytes);
		slot.resize(target.len().max(slot.len()), 0);
		for (place, (old, new)) in slot.iter_mut().zip(&target).enumerate() {
			if kept[place / sector % kept.len()] {
				*old = *new;
			}
		}
		let whole = *slot == target;
		let expected = if whole {
			Found::Intact { record: new, next: records + 1 }
		} else {
			Found::Intact { record: record(0, records), next: records }
		};
		// A slot that was never written and of which no sector arrived is as good as empty.
		prop_assert_eq!(found(true, &slots), expected);
	}

	#[test]
	fn any_prefix_of_a_write_leaves_the_record_before_it(
		records in 1u64..6,
		cut in 0usize..400,
	) {
		let mut slots = written(records);
		let bytes = image(records, &record(0, 77)).unwrap();
		let cut = cut.min(bytes.len() - 1);
		overwrite(&mut slots[slot_of(records)], &bytes[..cut]);
		prop_assert_eq!(
			found(true, &slots),
			Found::Intact { record: record(0, records), next: records }
		);
	}

	#[test]
	fn no_bytes_make_it_panic(
		one in proptest::collection::vec(any::<u8>(), 0..300),
		two in proptest::collection::vec(any::<u8>(), 0..300),
		framed in any::<bool>(),
	) {
		let mut one = one;
		if framed && one.len() > 8 {
			one[..8].copy_from_slice(b"ACIFvote");
		}
		let verdict = found(true, &[one, two]);
		prop_assert!(matches!(verdict, Found::Lost(_)));
	}
}
