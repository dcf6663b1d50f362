//! The file that holds an authority's vote record.
//!
//! One file per chain and key, `finality/<genesis>-<key>.votes` beside the database, so that keys
//! that rotate and chains that start anew under an old name never meet in one file.
//!
//! # Guarantees
//!
//! 1. [`RecordFile::write`] returns only after the record is on the disk, as far as the operating
//!    system tells.
//! 2. A file is made, and made anew, beside the old one and moved into its place once it is synced:
//!    at every moment the name stands for a whole file or for none.
//! 3. A record that was read is written and synced again before the node acts on it. A sync that
//!    failed before a restart may have left the newest record in memory only.
//!
//! Two processes on one base path are kept apart by the database's lock.

use super::slots::{self, Unreadable, SLOT_BYTES};
use aci_finality::{AuthorityId, BlockHash, VoteRecord};
use sp_core::crypto::ByteArray;
use std::{
	fs::{self, File, OpenOptions},
	io::{self, Read, Seek, SeekFrom, Write},
	path::{Path, PathBuf},
	sync::Arc,
};

/// Where a record's bytes go.
pub trait Disk: Send {
	/// Writes `bytes` at `offset` and returns once they are on the disk.
	fn write(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()>;
}

impl Disk for File {
	fn write(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
		self.seek(SeekFrom::Start(offset))?;
		self.write_all(bytes)?;
		self.sync_all()
	}
}

/// What a key's file holds.
#[derive(Debug)]
pub enum Found {
	/// There is no file.
	Nothing,
	/// A whole record.
	Record(VoteRecord),
	/// A file without a record that can be read.
	Unreadable(Unreadable),
}

/// Lends a record file's bytes another way to the disk.
pub type Open = dyn Fn(File) -> Box<dyn Disk> + Send + Sync;

/// The folder of the record files.
#[derive(Clone)]
pub struct Records {
	folder: PathBuf,
	open: Arc<Open>,
}

impl Records {
	/// The files in `folder`, which is made when the first is written.
	pub fn new(folder: PathBuf) -> Self {
		Records {
			folder,
			open: Arc::new(|file| Box::new(file)),
		}
	}

	/// The same with another way to the disk.
	pub fn over(folder: PathBuf, open: Arc<Open>) -> Self {
		Records { folder, open }
	}

	/// The file of `key` on the chain of `genesis`.
	pub fn path(&self, genesis: &BlockHash, key: &AuthorityId) -> PathBuf {
		let chain = sp_core::bytes::to_hex(&genesis.as_bytes()[..8], false);
		let key = sp_core::bytes::to_hex(key.as_slice(), false);
		self.folder.join(format!(
			"{}-{}.votes",
			chain.trim_start_matches("0x"),
			key.trim_start_matches("0x")
		))
	}

	/// What the file of `key` holds.
	pub fn read(&self, genesis: &BlockHash, key: &AuthorityId) -> io::Result<Found> {
		let file = match File::open(self.path(genesis, key)) {
			Ok(file) => file,
			Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
			Err(error) => return Err(error),
		};
		let mut bytes = Vec::new();
		file.take(2 * SLOT_BYTES as u64).read_to_end(&mut bytes)?;
		let (first, second) = bytes.split_at(bytes.len().min(SLOT_BYTES));
		Ok(match slots::newest([first, second]) {
			Ok((_, record)) => Found::Record(record),
			Err(reason) => Found::Unreadable(reason),
		})
	}

	/// Makes the file of `key` anew with `record` in it, in place of what was there.
	pub fn begin(&self, key: &AuthorityId, record: &VoteRecord) -> io::Result<RecordFile> {
		create_folder(&self.folder)?;
		let path = self.path(&record.context.genesis, key);
		let new = path.with_extension("new");
		let file = OpenOptions::new()
			.write(true)
			.create(true)
			.truncate(true)
			.open(&new)?;
		file.set_len(2 * SLOT_BYTES as u64)?;
		let mut file = RecordFile {
			disk: (self.open)(file),
			sequence: 0,
		};
		file.write(record)?;
		fs::rename(&new, &path)?;
		sync_folder(&self.folder)?;
		Ok(file)
	}
}

/// A record file that is open for writing.
pub struct RecordFile {
	disk: Box<dyn Disk>,
	sequence: u64,
}

impl RecordFile {
	/// Writes `record` to the slot that does not hold the newest one, and syncs.
	pub fn write(&mut self, record: &VoteRecord) -> io::Result<()> {
		let sequence = self.sequence.saturating_add(1);
		let image = slots::image(sequence, record);
		if image.len() > SLOT_BYTES {
			return Err(io::Error::other("the record is larger than a slot"));
		}
		let slot = (sequence % 2) * SLOT_BYTES as u64;
		self.disk.write(slot, &image)?;
		self.sequence = sequence;
		Ok(())
	}
}

fn create_folder(folder: &Path) -> io::Result<()> {
	if folder.is_dir() {
		return Ok(());
	}
	fs::create_dir_all(folder)?;
	sync_folder(folder)?;
	folder.parent().map_or(Ok(()), sync_folder)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
	File::open(folder)?.sync_all()
}
