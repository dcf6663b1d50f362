//! The vote record on a simulated disk: two files written in turn, so that a write that is cut
//! short leaves the record before it.

use super::scheme::digest;
use crate::world::{Disk, Random};
use aci_finality::{SetId, VoteRecord};
use codec::{Decode, Encode};

const SLOTS: [u8; 2] = [0, 1];
const NOTE: u8 = 2;

/// What the disk says at a start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
	/// No vote was ever cast in this set.
	Fresh,
	/// The newest record.
	Record(Box<VoteRecord>),
	/// There was a record in this set, and it cannot be read.
	Lost,
}

/// The whole slots: their numbers, which rise with every write, and what they hold.
fn whole_slots(disk: &Disk) -> impl Iterator<Item = (u64, &[u8])> {
	SLOTS.iter().filter_map(|slot| {
		let (check, content) = disk.read(*slot)?.split_first_chunk::<8>()?;
		(digest(0, content).to_le_bytes() == *check).then_some(())?;
		let mut record = content;
		Some((u64::decode(&mut record).ok()?, record))
	})
}

/// Writes a record into the slot of the older one. Where `torn`, only a part of it gets there.
pub fn write(disk: &mut Disk, record: &VoteRecord, torn: Option<&mut Random>) {
	let newest = whole_slots(disk).map(|(sequence, _)| sequence).max();
	let sequence = newest.map_or(0, |sequence| sequence + 1);
	let content = (sequence, record).encode();
	let mut image = digest(0, &content).to_le_bytes().to_vec();
	image.extend(content);
	if let Some(random) = torn {
		image.truncate(random.index(image.len()));
	}
	disk.write(SLOTS[(sequence % 2) as usize], image);
}

/// Notes that votes may be cast in `set` from now on.
pub fn note(disk: &mut Disk, set: SetId) {
	disk.write(NOTE, set.encode());
}

/// Removes the record, and leaves the note.
pub fn lose(disk: &mut Disk) {
	for slot in SLOTS {
		disk.remove(slot);
	}
}

/// What the disk says of `set`.
pub fn read(disk: &Disk, set: SetId) -> Found {
	let newest = whole_slots(disk)
		.max_by_key(|(sequence, _)| *sequence)
		.and_then(|(_, mut record)| VoteRecord::decode(&mut record).ok())
		.filter(|record| record.context.set == set);
	let noted = disk
		.read(NOTE)
		.and_then(|mut note| SetId::decode(&mut note).ok());
	match newest {
		Some(record) => Found::Record(Box::new(record)),
		None if noted == Some(set) => Found::Lost,
		None => Found::Fresh,
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use aci_finality::Context;
	use sp_core::H256;

	fn record(set: SetId, view: u64) -> VoteRecord {
		let mut record = VoteRecord::new(Context {
			genesis: H256::zero(),
			set,
		});
		record.view = view;
		record
	}

	#[test]
	fn the_newest_whole_record_is_found() {
		let mut disk = Disk::default();
		assert_eq!(read(&disk, 3), Found::Fresh);
		note(&mut disk, 3);
		for view in 1..6 {
			write(&mut disk, &record(3, view), None);
			assert_eq!(read(&disk, 3), Found::Record(Box::new(record(3, view))));
			let mut torn = disk.clone();
			let mut random = Random::new(view, 0);
			write(&mut torn, &record(3, view + 1), Some(&mut random));
			assert_eq!(read(&torn, 3), Found::Record(Box::new(record(3, view))));
		}
		assert_eq!(read(&disk, 4), Found::Fresh);
		lose(&mut disk);
		assert_eq!(read(&disk, 3), Found::Lost);
		assert_eq!(read(&disk, 4), Found::Fresh);
	}
}
