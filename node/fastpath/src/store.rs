//! Own vertices and others' on the disk.
//!
//! # Files
//!
//! One folder per chain, set and key:
//!
//! | file | content |
//! | --- | --- |
//! | `begun` | empty; it is there before the first entry of the journal |
//! | `journal` | own vertices ([`aci_fastpath::journal`]) |
//! | `held` | others' vertices: entries of length (4 bytes, little endian), bytes, Blake2b-256 of both |
//!
//! # Guarantees
//!
//! 1. [`Store::append`] returns only after others' vertices that were noted before and then the entry
//!    are on the disk, as far as the operating system tells.
//! 2. After an error the store takes nothing more: what its files hold is known at the next start.
//! 3. At a start what was cut off at a file's end is cut away. What is damaged in the journal before
//!    its end is told ([`Lost`]); others' vertices from a damaged one on are dropped, as others have
//!    them.

use aci_fastpath::{
	journal::{self, Journal, Lost},
	types::Round,
	vertex::{Vertex, MAX_VERTEX_BYTES},
};
use aci_finality::Context;
use codec::DecodeAll;
use std::{
	fs::{self, File, OpenOptions},
	io::{self, Write},
	path::{Path, PathBuf},
};

/// Where bytes go. A file in a node; in tests one that fails.
pub trait Disk: Send {
	/// Appends.
	fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
	/// Returns once all that was appended is on the disk.
	fn sync(&mut self) -> io::Result<()>;
}

impl Disk for File {
	fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
		self.write_all(bytes)
	}

	fn sync(&mut self) -> io::Result<()> {
		self.sync_data()
	}
}

/// Lends a file another way to the disk.
pub type Lend<'a> = dyn Fn(File) -> Box<dyn Disk> + 'a;

/// Bytes of the length before an entry of `held`, and of the hash after it.
const LENGTH: usize = 4;
const HASH: usize = 32;
/// `held` is made anew when it is this many times what is needed of it, and larger than this.
const SLACK: usize = 2;
const LEAST_TO_COMPACT: usize = 16 << 20;

/// The files of one set.
pub struct Store {
	folder: PathBuf,
	journal: Box<dyn Disk>,
	held: Box<dyn Disk>,
	/// Others' vertices that are not on the disk.
	noted: Vec<u8>,
	held_bytes: usize,
	begun: bool,
	broken: bool,
}

/// What a start finds.
#[derive(Debug)]
pub struct Found {
	/// Own vertices, or why the author is silent in this set.
	pub journal: Result<Journal, Lost>,
	/// Others' vertices, encoded.
	pub held: Vec<Vec<u8>>,
}

impl Store {
	/// Opens the files in `folder`, which is made where it is not there.
	///
	/// Errors: those of the file system.
	pub fn open(folder: &Path, context: &Context, lend: &Lend<'_>) -> io::Result<(Self, Found)> {
		if !folder.is_dir() {
			fs::create_dir_all(folder)?;
			folder.parent().map_or(Ok(()), sync_folder)?;
		}
		let begun = folder.join("begun").try_exists()?;
		let bytes = read(&folder.join("journal"))?;
		let journal = journal::replay(context, begun, &bytes);
		let own = open(&folder.join("journal"))?;
		if let Ok(journal) = &journal {
			// What is not beyond is as long as it is.
			own.set_len(journal.length as u64)?;
			own.sync_all()?;
		}
		let bytes = read(&folder.join("held"))?;
		let held = entries(&bytes);
		let others = open(&folder.join("held"))?;
		let held_bytes = held.iter().map(|entry| entry_length(entry)).sum();
		others.set_len(held_bytes as u64)?;
		others.sync_all()?;
		sync_folder(folder)?;
		let store = Store {
			folder: folder.into(),
			journal: lend(own),
			held: lend(others),
			noted: Vec::new(),
			held_bytes,
			begun,
			broken: false,
		};
		Ok((store, Found { journal, held }))
	}

	/// Whether a write failed.
	pub fn is_broken(&self) -> bool {
		self.broken
	}

	/// Notes another's vertex. It is on the disk before the next own one.
	pub fn note(&mut self, encoded: &[u8]) {
		let Ok(length) = u32::try_from(encoded.len()) else {
			return;
		};
		let from = self.noted.len();
		self.noted.extend_from_slice(&length.to_le_bytes());
		self.noted.extend_from_slice(encoded);
		let hash = sp_crypto_hashing::blake2_256(self.noted.get(from..).unwrap_or_default());
		self.noted.extend_from_slice(&hash);
	}

	/// Writes an entry of the journal, after what was noted.
	pub fn append(&mut self, entry: &[u8]) -> io::Result<()> {
		if self.broken {
			return Err(io::Error::other("an earlier write failed"));
		}
		// Until all of it has gone well.
		self.broken = true;
		if !self.begun {
			File::create(self.folder.join("begun"))?.sync_all()?;
			sync_folder(&self.folder)?;
			self.begun = true;
		}
		if !self.noted.is_empty() {
			self.held.append(&self.noted)?;
			self.held.sync()?;
			self.held_bytes = self.held_bytes.saturating_add(self.noted.len());
			self.noted.clear();
		}
		self.journal.append(entry)?;
		self.journal.sync()?;
		self.broken = false;
		Ok(())
	}

	/// Removes others' vertices below `floor`, when they are most of a large file. The new file is made
	/// beside the old one and moved into its place.
	pub fn forget_below(&mut self, floor: Round, lend: &Lend<'_>) -> io::Result<()> {
		if self.broken || self.held_bytes < LEAST_TO_COMPACT {
			return Ok(());
		}
		self.compact(floor, lend)
	}

	/// The same for a file of any size.
	pub fn compact(&mut self, floor: Round, lend: &Lend<'_>) -> io::Result<()> {
		let path = self.folder.join("held");
		let kept: Vec<Vec<u8>> = entries(&read(&path)?)
			.into_iter()
			.filter(|entry| {
				let vertex = Vertex::decode_all(&mut entry.as_slice());
				vertex.is_ok_and(|vertex| vertex.header().round >= floor)
			})
			.collect();
		let bytes: usize = kept.iter().map(|entry| entry_length(entry)).sum();
		if bytes.saturating_mul(SLACK) > self.held_bytes {
			return Ok(());
		}
		let new = path.with_extension("new");
		let mut file = File::create(&new)?;
		for entry in &kept {
			// An entry that was read has a length that fits.
			let mut whole = (entry.len() as u32).to_le_bytes().to_vec();
			whole.extend_from_slice(entry);
			let hash = sp_crypto_hashing::blake2_256(&whole);
			whole.extend_from_slice(&hash);
			file.write_all(&whole)?;
		}
		file.sync_all()?;
		fs::rename(&new, &path)?;
		sync_folder(&self.folder)?;
		self.held = lend(open(&path)?);
		self.held_bytes = bytes;
		Ok(())
	}
}

fn open(path: &Path) -> io::Result<File> {
	OpenOptions::new().append(true).create(true).open(path)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
	match fs::read(path) {
		Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
		read => read,
	}
}

fn sync_folder(folder: &Path) -> io::Result<()> {
	File::open(folder)?.sync_all()
}

fn entry_length(entry: &[u8]) -> usize {
	entry.len().saturating_add(LENGTH + HASH)
}

/// The entries up to the first that is not whole.
fn entries(mut bytes: &[u8]) -> Vec<Vec<u8>> {
	let mut all = Vec::new();
	while let Some((entry, rest)) = entry(bytes) {
		all.push(entry.to_vec());
		bytes = rest;
	}
	all
}

fn entry(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
	let (length, rest) = bytes.split_first_chunk::<LENGTH>()?;
	let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
	if length > MAX_VERTEX_BYTES {
		return None;
	}
	let (entry, rest) = rest.split_at_checked(length)?;
	let (hash, rest) = rest.split_first_chunk::<HASH>()?;
	let covered = bytes.get(..LENGTH.checked_add(length)?)?;
	(sp_crypto_hashing::blake2_256(covered) == *hash).then_some((entry, rest))
}
