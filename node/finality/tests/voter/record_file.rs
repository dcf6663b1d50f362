use crate::support::{pair, GENESIS};
use aci_finality::{
	record::slots::{decide_file, image, Found, Lost, SLOT_BYTES},
	BlockHash, Context, VoteRecord,
};
use aci_node_finality::voter::record_file::{Open, Records};
use sp_core::Pair;
use std::{
	fs::{self, OpenOptions},
	io,
	path::PathBuf,
	sync::Arc,
};

fn context() -> Context {
	Context {
		genesis: GENESIS,
		set: 1,
	}
}

fn record(view: u64) -> VoteRecord {
	let mut record = VoteRecord::new(context());
	record.view = view;
	record
}

/// What the file means, where the record was begun in this set.
fn read(records: &Records) -> Found {
	let file = records
		.read(&GENESIS, &pair(0).public())
		.expect("the folder can be read");
	decide_file(context(), true, file.as_deref())
}

fn holds(records: &Records, view: u64) -> bool {
	matches!(read(records), Found::Intact { record: found, .. } if found == record(view))
}

#[test]
fn a_record_is_read_as_it_was_last_written() {
	let folder = tempfile::tempdir().expect("a folder");
	let records = Records::new(folder.path().join("finality"));
	assert_eq!(read(&records), Found::Lost(Lost::Missing));
	let mut file = records
		.begin(&pair(0).public(), &record(1))
		.expect("the disk has room");
	for view in 2..7 {
		file.write(&record(view)).expect("the disk has room");
		assert!(holds(&records, view));
	}
}

#[test]
fn a_file_that_is_cut_gives_no_record() {
	let folder = tempfile::tempdir().expect("a folder");
	let records = Records::new(folder.path().to_path_buf());
	let key = pair(0).public();
	let mut file = records.begin(&key, &record(1)).expect("the disk has room");
	file.write(&record(2)).expect("the disk has room");
	let path = records.path(&GENESIS, &key);
	let whole = fs::read(&path).expect("it is there");
	for length in [0, 20, SLOT_BYTES, whole.len() - 1] {
		fs::write(&path, &whole[..length]).expect("the disk has room");
		assert_eq!(
			read(&records),
			Found::Lost(Lost::Torn),
			"{length} bytes left"
		);
	}
}

#[test]
fn a_write_that_is_cut_off_leaves_the_record_before_it() {
	let folder = tempfile::tempdir().expect("a folder");
	let records = Records::new(folder.path().to_path_buf());
	let key = pair(0).public();
	let mut file = records.begin(&key, &record(1)).expect("the disk has room");
	let path = records.path(&GENESIS, &key);
	let before = fs::read(&path).expect("it is there");
	file.write(&record(2)).expect("the disk has room");
	let after = fs::read(&path).expect("it is there");
	for written in 0..200 {
		let mut cut = before.clone();
		let end = SLOT_BYTES + written;
		cut[SLOT_BYTES..end].copy_from_slice(&after[SLOT_BYTES..end]);
		fs::write(&path, &cut).expect("the disk has room");
		let whole = cut == after;
		assert!(
			holds(&records, if whole { 2 } else { 1 }),
			"{written} bytes written"
		);
	}
}

#[test]
fn a_flipped_bit_is_never_taken_for_a_record() {
	let folder = tempfile::tempdir().expect("a folder");
	let records = Records::new(folder.path().to_path_buf());
	let key = pair(0).public();
	records.begin(&key, &record(1)).expect("the disk has room");
	let path = records.path(&GENESIS, &key);
	let whole = fs::read(&path).expect("it is there");
	let length = image(0, &record(1)).expect("it fits").len();
	for bit in 0..length * 8 {
		let mut flipped = whole.clone();
		flipped[bit / 8] ^= 1 << (bit % 8);
		fs::write(&path, &flipped).expect("the disk has room");
		assert!(
			matches!(read(&records), Found::Lost(_)),
			"bit {bit} flipped"
		);
	}
}

#[test]
fn beginning_anew_replaces_the_file() {
	let folder = tempfile::tempdir().expect("a folder");
	let records = Records::new(folder.path().to_path_buf());
	let key = pair(0).public();
	for view in 1..20 {
		let mut file = records
			.begin(&key, &record(view))
			.expect("the disk has room");
		file.write(&record(view + 100)).expect("the disk has room");
	}
	records.begin(&key, &record(3)).expect("the disk has room");
	assert!(holds(&records, 3));
	assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

#[test]
fn a_full_disk_is_told() {
	let folder = tempfile::tempdir().expect("a folder");
	let full: Arc<Open> = Arc::new(|_| {
		Box::new(
			OpenOptions::new()
				.write(true)
				.open("/dev/full")
				.expect("Linux has it"),
		)
	});
	let records = Records::over(folder.path().to_path_buf(), full);
	let error = records
		.begin(&pair(0).public(), &record(1))
		.err()
		.expect("nothing can be written");
	assert_eq!(error.kind(), io::ErrorKind::StorageFull);
	assert_eq!(read(&records), Found::Lost(Lost::Missing));
}

#[test]
fn keys_and_chains_have_files_of_their_own() {
	let records = Records::new(PathBuf::from("finality"));
	let other = BlockHash::repeat_byte(8);
	let (one, two) = (pair(0).public(), pair(1).public());
	let paths = [
		records.path(&GENESIS, &one),
		records.path(&GENESIS, &two),
		records.path(&other, &one),
	];
	assert!(paths[0] != paths[1] && paths[0] != paths[2] && paths[1] != paths[2]);
}
