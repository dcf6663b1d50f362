use crate::support::{keystore, pair, set, MemoryNotes, GENESIS};
use aci_finality::{record::slots::Lost, BlockHash, Context, SetId, VoteRecord};
use aci_node_finality::voter::{
	record_file::{RecordFile, Records},
	standing::{own_key, take_up, Silence},
};
use sp_core::Pair;
use std::{fs, path::Path, sync::Arc};

fn context(set: SetId) -> Context {
	Context {
		genesis: GENESIS,
		set,
	}
}

struct Node {
	folder: tempfile::TempDir,
	notes: MemoryNotes,
}

impl Node {
	fn new() -> Self {
		Node {
			folder: tempfile::tempdir().expect("a folder"),
			notes: MemoryNotes::default(),
		}
	}

	fn records(&self) -> Records {
		Records::new(self.folder.path().to_path_buf())
	}

	fn path(&self) -> std::path::PathBuf {
		self.records().path(&GENESIS, &pair(0).public())
	}

	fn take_up(&self, set: SetId) -> Result<(VoteRecord, RecordFile), Silence> {
		take_up(
			&self.records(),
			&self.notes,
			context(set),
			&pair(0).public(),
		)
	}

	fn vote(&self, set: SetId, view: u64) {
		let (mut record, mut file) = self.take_up(set).expect("it may vote");
		record.view = view;
		file.write(&record).expect("the disk has room");
	}
}

fn damage(path: &Path) {
	let mut bytes = fs::read(path).expect("it is there");
	for byte in bytes.iter_mut().step_by(7) {
		*byte ^= 0x55;
	}
	fs::write(path, bytes).expect("the disk has room");
}

#[test]
fn a_fresh_node_begins_a_record() {
	let (record, _) = Node::new().take_up(5).expect("nothing was lost");
	assert_eq!(record, VoteRecord::new(context(5)));
}

#[test]
fn a_restart_goes_on_from_the_record() {
	let node = Node::new();
	node.vote(5, 17);
	let (record, _) = node.take_up(5).expect("the record is there");
	assert_eq!(record.view, 17);
}

#[test]
fn the_next_set_begins_a_new_record() {
	let node = Node::new();
	node.vote(5, 17);
	let (record, _) = node.take_up(6).expect("nothing was lost");
	assert_eq!(record, VoteRecord::new(context(6)));
}

#[test]
fn a_missing_record_silences_until_the_next_set() {
	let node = Node::new();
	node.vote(5, 17);
	fs::remove_file(node.path()).expect("it is there");
	assert!(matches!(node.take_up(5), Err(Silence::Lost(Lost::Missing))));
	assert!(matches!(node.take_up(5), Err(Silence::Lost(Lost::Missing))));
	node.take_up(6).expect("the next set's record is a new one");
}

#[test]
fn an_older_record_in_place_of_this_sets_is_a_missing_one() {
	let node = Node::new();
	node.vote(4, 9);
	let older = fs::read(node.path()).expect("it is there");
	node.vote(5, 17);
	fs::write(node.path(), older).expect("the disk has room");
	assert!(matches!(node.take_up(5), Err(Silence::Lost(Lost::Missing))));
}

#[test]
fn a_torn_record_silences_until_the_next_set() {
	let node = Node::new();
	node.vote(5, 17);
	damage(&node.path());
	assert!(matches!(node.take_up(5), Err(Silence::Lost(Lost::Torn))));
	node.take_up(6).expect("the next set's record is a new one");
}

#[test]
fn a_torn_record_without_a_note_silences_until_the_next_set() {
	let mut node = Node::new();
	node.vote(5, 17);
	damage(&node.path());
	node.notes = MemoryNotes::default();
	assert!(matches!(node.take_up(5), Err(Silence::Lost(Lost::Torn))));
	node.take_up(6).expect("the next set's record is a new one");
}

#[test]
fn a_fresh_database_keeps_to_the_record_that_is_there() {
	let mut node = Node::new();
	node.vote(5, 17);
	node.notes = MemoryNotes::default();
	let (record, _) = node.take_up(5).expect("the record is there");
	assert_eq!(record.view, 17);
}

#[test]
fn a_later_sets_record_silences_and_is_kept() {
	let node = Node::new();
	node.vote(9, 17);
	assert!(matches!(
		node.take_up(5),
		Err(Silence::Lost(Lost::LaterSet))
	));
	let (record, _) = node.take_up(9).expect("the record is there");
	assert_eq!(record.view, 17);
}

#[test]
fn another_chains_record_silences_and_is_kept() {
	let node = Node::new();
	let key = pair(0).public();
	let elsewhere = VoteRecord::new(Context {
		genesis: BlockHash::repeat_byte(9),
		set: 5,
	});
	node.records()
		.begin(&key, &elsewhere)
		.expect("the disk has room");
	let theirs = node.records().path(&elsewhere.context.genesis, &key);
	fs::copy(&theirs, node.path()).expect("the disk has room");
	assert!(matches!(
		node.take_up(5),
		Err(Silence::Lost(Lost::OtherChain))
	));
	assert_eq!(
		fs::read(theirs).expect("it is there"),
		fs::read(node.path()).expect("it is there")
	);
}

#[test]
fn a_full_disk_silences() {
	let node = Node::new();
	let full = Records::over(
		node.folder.path().to_path_buf(),
		Arc::new(|_| {
			Box::new(
				fs::OpenOptions::new()
					.write(true)
					.open("/dev/full")
					.expect("Linux has it"),
			)
		}),
	);
	let taken = take_up(&full, &node.notes, context(1), &pair(0).public());
	assert!(matches!(taken, Err(Silence::File(_))));
	node.take_up(1)
		.expect("nothing was signed, so nothing was lost");
}

#[test]
fn the_own_key_is_found_among_several() {
	let authorities = set(0, 0..4);
	let (index, key) = own_key(Some(&keystore([7, 2, 9])), &authorities).expect("2 is in the set");
	assert_eq!((index, key), (2, pair(2).public()));
	assert!(own_key(Some(&keystore([7, 9])), &authorities).is_none());
	assert!(own_key(None, &authorities).is_none());
}
