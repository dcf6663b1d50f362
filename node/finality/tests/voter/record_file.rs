use crate::support::{pair, GENESIS};
use aci_finality::{BlockHash, Context, VoteRecord};
use aci_node_finality::voter::{
	record_file::{Found, Open, Records},
	slots::{Unreadable, SLOT_BYTES},
};
use sp_core::Pair;
use std::{
	fs::{self, OpenOptions},
	io,
	path::PathBuf,
	sync::Arc,
};

fn record(view: u64) -> VoteRecord {
	let mut record = VoteRecord::new(Context {
		genesis: GENESIS,
		set: 1,
	});
	record.view = view;
	record
}

fn read(records: &Records) -> Found {
	records
		.read(&GENESIS, &pair(0).public())
		.expect("the folder can be read")
}

#[test]
fn a_record_is_read_as_it_was_last_written() {
	let folder = tempfile::tempdir().expect("a folder");
	let records = Records::new(folder.path().join("finality"));
	assert!(matches!(read(&records), Found::Nothing));
	let mut file = records
		.begin(&pair(0).public(), &record(1))
		.expect("the disk has room");
	for view in 2..7 {
		file.write(&record(view)).expect("the disk has room");
		assert!(matches!(read(&records), Found::Record(found) if found == record(view)));
	}
}

#[test]
fn a_file_that_is_cut_gives_the_record_before_or_none() {
	let folder = tempfile::tempdir().expect("a folder");
	let records = Records::new(folder.path().to_path_buf());
	let key = pair(0).public();
	let mut file = records.begin(&key, &record(1)).expect("the disk has room");
	file.write(&record(2)).expect("the disk has room");
	let path = records.path(&GENESIS, &key);
	let whole = fs::read(&path).expect("it is there");
	// The first write goes to the second slot, the second to the first.
	fs::write(&path, &whole[..SLOT_BYTES]).expect("the disk has room");
	assert!(matches!(read(&records), Found::Record(found) if found == record(2)));
	fs::write(&path, &whole[..20]).expect("the disk has room");
	assert!(matches!(
		read(&records),
		Found::Unreadable(Unreadable::Torn)
	));
	fs::write(&path, b"").expect("the disk has room");
	assert!(matches!(
		read(&records),
		Found::Unreadable(Unreadable::Torn)
	));
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
	assert!(matches!(read(&records), Found::Record(found) if found == record(3)));
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
	assert!(matches!(read(&records), Found::Nothing));
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
