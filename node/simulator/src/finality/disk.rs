//! The vote record on a simulated disk, in the format of the node's file.
//!
//! The file is the node's, byte for byte: two slots, images, sequence numbers and checksums of
//! [`aci_finality::record::slots`], which also decides at a start what the file means. As on a node
//! the file is made anew at every start, and a note that a set was begun lies beside it, in what
//! stands for the database. A write that is cut off leaves any of its sectors.

use crate::world::{Disk, DiskFate, Random};
use aci_finality::{
	record::slots::{decide_file, image, slot_of, Found, Lost, FILE_BYTES, SLOT_BYTES},
	Context, SetId, VoteRecord,
};
use codec::{Decode, Encode};
use sp_core::H256;

const FILE: u8 = 0;
const NOTE: u8 = 1;

/// Bytes that a cut file has left: the first slot and a part of the second.
const CUT: usize = SLOT_BYTES + SLOT_BYTES / 2;

/// How a node may begin in a set.
#[derive(Debug)]
pub enum Start {
	/// It votes.
	Votes {
		/// What it knows of itself.
		record: Box<VoteRecord>,
		/// Where it writes.
		file: RecordFile,
		/// Whether the record was on the disk.
		recovered: bool,
	},
	/// It signs nothing in this set.
	Silent(Lost),
}

/// The file, open for writing.
#[derive(Debug)]
pub struct RecordFile {
	next: u64,
}

impl RecordFile {
	/// Writes a record to the slot that does not hold the newest one. Where `torn`, some of its
	/// sectors get there.
	pub fn write(&mut self, disk: &mut Disk, record: &VoteRecord, torn: Option<&mut Random>) {
		let image = image(self.next, record).expect("a simulated set's record fits");
		let offset = slot_of(self.next) * SLOT_BYTES;
		match torn {
			None => disk.write_at(FILE, offset, &image),
			Some(random) => {
				let sector = random.within(1, 600) as usize;
				for (place, bytes) in image.chunks(sector).enumerate() {
					if random.chance(500) {
						disk.write_at(FILE, offset + place * sector, bytes);
					}
				}
			}
		}
		self.next += 1;
	}
}

/// Makes the file anew with `record` in it.
fn begin(disk: &mut Disk, record: &VoteRecord) -> RecordFile {
	disk.write(FILE, vec![0; FILE_BYTES]);
	let mut file = RecordFile { next: 0 };
	file.write(disk, record, None);
	file
}

/// Takes up the record of the set of `context`, or begins it.
pub fn take_up(disk: &mut Disk, context: Context) -> Start {
	let noted = disk
		.read(NOTE)
		.and_then(|mut note| SetId::decode(&mut note).ok());
	let begun = noted.is_some_and(|noted| noted >= context.set);
	let (record, recovered) = match decide_file(context, begun, disk.read(FILE)) {
		Found::Fresh { .. } => (VoteRecord::new(context), false),
		Found::Intact { record, .. } => (record, true),
		// What is damaged was of a set before, so it is over.
		Found::Lost(Lost::Torn | Lost::Inconsistent | Lost::Version)
			if noted.is_some() && !begun =>
		{
			(VoteRecord::new(context), false)
		}
		Found::Lost(lost) => return Start::Silent(lost),
	};
	let file = begin(disk, &record);
	if !begun {
		disk.write(NOTE, context.set.encode());
	}
	Start::Votes {
		record: Box::new(record),
		file,
		recovered,
	}
}

/// Does to the file what a crash does to it; the note stays.
pub fn damage(disk: &mut Disk, fate: DiskFate) {
	let Some(mut file) = disk.read(FILE).map(<[u8]>::to_vec) else {
		return;
	};
	match fate {
		DiskFate::Kept | DiskFate::Torn => return,
		DiskFate::Lost => return disk.remove(FILE),
		DiskFate::Cut => file.truncate(CUT),
		DiskFate::Garbled => file.iter_mut().for_each(|byte| *byte ^= 0x55),
		DiskFate::Foreign => {
			let context = Context {
				genesis: H256::repeat_byte(0xfe),
				set: 0,
			};
			begin(disk, &VoteRecord::new(context));
			return;
		}
	}
	disk.write(FILE, file);
}

#[cfg(test)]
mod tests {
	use super::*;

	fn context(set: SetId) -> Context {
		Context {
			genesis: H256::zero(),
			set,
		}
	}

	fn record(set: SetId, view: u64) -> VoteRecord {
		let mut record = VoteRecord::new(context(set));
		record.view = view;
		record
	}

	/// The view of the record that a node finds, and whether it found one.
	fn found(disk: &mut Disk, set: SetId) -> Result<(u64, bool), Lost> {
		match take_up(disk, context(set)) {
			Start::Votes {
				record, recovered, ..
			} => Ok((record.view, recovered)),
			Start::Silent(lost) => Err(lost),
		}
	}

	/// A disk on which so many records of a set were written.
	fn written(set: SetId, records: u64) -> (Disk, RecordFile) {
		let mut disk = Disk::default();
		let Start::Votes { mut file, .. } = take_up(&mut disk, context(set)) else {
			panic!("a new disk silences nobody");
		};
		for view in 2..=records {
			file.write(&mut disk, &record(set, view), None);
		}
		(disk, file)
	}

	#[test]
	fn the_newest_record_is_found_at_every_start() {
		for records in 1..6 {
			let (mut disk, _) = written(3, records);
			for _ in 0..3 {
				assert_eq!(found(&mut disk, 3), Ok((records, true)));
			}
			assert_eq!(found(&mut disk, 4), Ok((1, false)));
		}
	}

	#[test]
	fn a_write_that_is_cut_off_leaves_the_record_before_it_or_the_new_one() {
		let (mut old, mut new) = (0, 0);
		for seed in 0..200 {
			let records = 1 + seed % 5;
			let (mut disk, mut file) = written(3, records);
			let mut random = Random::new(seed, 0);
			file.write(&mut disk, &record(3, 77), Some(&mut random));
			match found(&mut disk, 3) {
				Ok((77, true)) => new += 1,
				Ok((view, true)) if view == records => old += 1,
				other => panic!("{seed}: {other:?}"),
			}
		}
		assert!(old > 0 && new > 0, "{old} {new}");
	}

	#[test]
	fn damage_silences_until_the_next_set() {
		for (fate, lost) in [
			(DiskFate::Lost, Lost::Missing),
			(DiskFate::Cut, Lost::Torn),
			(DiskFate::Garbled, Lost::Torn),
		] {
			for records in 1..4 {
				let (mut disk, _) = written(3, records);
				damage(&mut disk, fate);
				assert_eq!(found(&mut disk, 3), Err(lost), "{fate}");
				assert_eq!(found(&mut disk, 3), Err(lost), "{fate}, once more");
				assert_eq!(found(&mut disk, 4), Ok((1, false)), "{fate}");
			}
		}
	}

	#[test]
	fn another_chains_file_silences_for_good() {
		let (mut disk, _) = written(3, 2);
		damage(&mut disk, DiskFate::Foreign);
		for set in 3..6 {
			assert_eq!(found(&mut disk, set), Err(Lost::OtherChain));
		}
	}

	#[test]
	fn what_damages_nothing_changes_nothing() {
		for fate in DiskFate::ALL.into_iter().filter(|fate| !fate.damages()) {
			let (mut disk, _) = written(3, 2);
			damage(&mut disk, fate);
			assert_eq!(found(&mut disk, 3), Ok((2, true)));
		}
	}
}
