//! The file that holds an authority's vote record, in the format of [`aci_finality::record::slots`].
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

use aci_finality::{
	record::slots::{image, slot_of, FILE_BYTES, SLOT_BYTES},
	AuthorityId, BlockHash, VoteRecord,
};
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

	/// The file of `key`, as far as it may go; `None` where there is none.
	pub fn read(&self, genesis: &BlockHash, key: &AuthorityId) -> io::Result<Option<Vec<u8>>> {
		let file = match File::open(self.path(genesis, key)) {
			Ok(file) => file,
			Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
			Err(error) => return Err(error),
		};
		let mut bytes = Vec::new();
		file.take(FILE_BYTES as u64).read_to_end(&mut bytes)?;
		Ok(Some(bytes))
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
		file.set_len(FILE_BYTES as u64)?;
		let mut file = RecordFile {
			disk: (self.open)(file),
			next: 0,
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
	next: u64,
}

impl RecordFile {
	/// Writes `record` to the slot that does not hold the newest one, and syncs.
	///
	/// After an error the file may not be written again: what it holds is known at the next start.
	pub fn write(&mut self, record: &VoteRecord) -> io::Result<()> {
		let image = image(self.next, record)
			.map_err(|_| io::Error::other("the record is larger than a slot"))?;
		let offset = slot_of(self.next) * SLOT_BYTES;
		self.disk.write(offset as u64, &image)?;
		self.next = self.next.saturating_add(1);
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
