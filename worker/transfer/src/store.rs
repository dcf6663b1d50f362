//! Content on disk: what is served, and what has been received so far.
//!
//! # What it guarantees
//!
//! 1. A chunk enters only after it is checked against the content's tree root, and content counts
//!    as whole only after its SHA-256 is checked ([`Store::finish`]).
//! 2. Every call that returns is on disk: a process that is killed finds all chunks of earlier
//!    calls again.
//! 3. Bounded: no content above `max_content`; the sum of [`charge`] over all content, also
//!    content that is only begun, never exceeds `quota`. Room for the whole is taken at the
//!    beginning, so a fetch never fails for the quota halfway.
//! 4. Content is kept until the moment that the caller pinned it to, and until [`Store::expire`] is
//!    called with a moment that is not before. The store reads no clock.
//!
//! # What it assumes
//!
//! One process has the file open. The file system keeps what it says it has written. The disk has
//! room for three times the quota: the database rounds a chunk with its key to the next power of
//! two and grows ahead (64 MiB of content made a file of 162 MiB). Room of removed content is used
//! again, but not given back to the file system.

use crate::{
	content::{ContentId, CONTENT_ID_BYTES},
	error::StoreError,
	protocol::ProvenChunk,
	tree::{chunk_count, chunk_length, verify_chunk, ChunkTree, Hash, CHUNK_BYTES},
};
use codec::{Decode, DecodeAll, Encode};
use redb::{Database, Durability, ReadableDatabase, ReadableTable, TableDefinition};
use sha2::{Digest, Sha256};
use std::path::Path;

/// Milliseconds since the Unix epoch, or any other count that the caller keeps to.
pub type Moment = u64;

/// Bytes that every content is charged for besides its length, for its entries in the database.
pub const CONTENT_CHARGE: u64 = 4096;

type IdBytes = [u8; CONTENT_ID_BYTES];

/// Every content that is held or begun.
const CONTENTS: TableDefinition<&IdBytes, &[u8]> = TableDefinition::new("contents");
/// Chunks by content and index.
const CHUNKS: TableDefinition<(&IdBytes, u32), &[u8]> = TableDefinition::new("chunks");
/// Leaf hash of every chunk that is there.
const LEAVES: TableDefinition<(&IdBytes, u32), &Hash> = TableDefinition::new("leaves");
/// Names of whole content. An entry whose content is gone counts for nothing, and leaves with the
/// next [`Store::expire`].
const NAMES: TableDefinition<&[u8; 32], &IdBytes> = TableDefinition::new("names");
/// Sums; the only key is [`USED`].
const SUMS: TableDefinition<&str, u64> = TableDefinition::new("sums");
const USED: &str = "used";

/// Most memory that the database uses for its cache, in bytes.
const CACHE: usize = 32 * 1024 * 1024;

/// What content of this length counts against the quota.
pub fn charge(length: u64) -> u64 {
	length.saturating_add(CONTENT_CHARGE)
}

/// Bounds of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreOptions {
	/// Most bytes that all content together is charged for.
	pub quota: u64,
	/// Most bytes of one content.
	pub max_content: u64,
}

impl Default for StoreOptions {
	/// 4 GiB in all, 64 MiB for one: the chain's bound.
	fn default() -> Self {
		StoreOptions {
			quota: 4 * 1024 * 1024 * 1024,
			max_content: 64 * 1024 * 1024,
		}
	}
}

/// What is known of stored content besides its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ContentState {
	/// Whether all of it is there and checked.
	pub complete: bool,
	/// Until when it is kept.
	pub pinned_until: Moment,
}

/// Turns any of the database's errors into ours.
fn database<T>(result: Result<T, impl Into<redb::Error>>) -> Result<T, StoreError> {
	result.map_err(|error| StoreError::Database(error.into()))
}

/// Reads an entry of [`CONTENTS`].
fn state(
	contents: &impl ReadableTable<&'static IdBytes, &'static [u8]>,
	id: &ContentId,
) -> Result<Option<ContentState>, StoreError> {
	match database(contents.get(&id.to_bytes()))? {
		Some(bytes) => ContentState::decode_all(&mut bytes.value())
			.map(Some)
			.map_err(|_| StoreError::Damaged(*id)),
		None => Ok(None),
	}
}

/// The number of chunks as an index type. [`Store::admit`] has bounded it.
fn count(id: &ContentId) -> u32 {
	u32::try_from(chunk_count(id.length)).unwrap_or(u32::MAX)
}

/// The tables of one write.
struct Tables<'a> {
	contents: redb::Table<'a, &'static IdBytes, &'static [u8]>,
	chunks: redb::Table<'a, (&'static IdBytes, u32), &'static [u8]>,
	leaves: redb::Table<'a, (&'static IdBytes, u32), &'static Hash>,
	sums: redb::Table<'a, &'static str, u64>,
	names: redb::Table<'a, &'static [u8; 32], &'static IdBytes>,
}

impl Tables<'_> {
	fn set_state(&mut self, id: &ContentId, state: ContentState) -> Result<(), StoreError> {
		database(
			self.contents
				.insert(&id.to_bytes(), state.encode().as_slice()),
		)?;
		Ok(())
	}

	fn used(&self) -> Result<u64, StoreError> {
		Ok(database(self.sums.get(USED))?.map_or(0, |used| used.value()))
	}

	/// Enters content that is not there yet, as not complete, and takes its room.
	fn enter(
		&mut self,
		id: &ContentId,
		pinned_until: Moment,
		options: &StoreOptions,
	) -> Result<(), StoreError> {
		let (used, needed) = (self.used()?, charge(id.length));
		let sum = used.saturating_add(needed);
		if sum > options.quota {
			return Err(StoreError::QuotaExceeded {
				needed,
				used,
				quota: options.quota,
			});
		}
		database(self.sums.insert(USED, sum))?;
		self.set_state(
			id,
			ContentState {
				complete: false,
				pinned_until,
			},
		)
	}

	fn insert_chunk(
		&mut self,
		id: &ContentId,
		index: u32,
		chunk: &[u8],
		leaf: &Hash,
	) -> Result<(), StoreError> {
		let key = id.to_bytes();
		database(self.chunks.insert((&key, index), chunk))?;
		database(self.leaves.insert((&key, index), leaf))?;
		Ok(())
	}

	/// Removes content with its chunks and gives its room back.
	fn remove(&mut self, id: &ContentId) -> Result<(), StoreError> {
		let key = id.to_bytes();
		if database(self.contents.remove(&key))?.is_none() {
			return Ok(());
		}
		let all = (&key, 0)..=(&key, u32::MAX);
		database(self.chunks.retain_in(all.clone(), |_, _| false))?;
		database(self.leaves.retain_in(all, |_, _| false))?;
		let used = self.used()?.saturating_sub(charge(id.length));
		database(self.sums.insert(USED, used))?;
		Ok(())
	}
}

/// Content on disk. All methods block; call them where blocking is allowed.
pub struct Store {
	database: Database,
	options: StoreOptions,
}

impl Store {
	/// Opens the store in this file, or creates it.
	pub fn open(path: impl AsRef<Path>, options: StoreOptions) -> Result<Self, StoreError> {
		let mut builder = Database::builder();
		let opened = database(builder.set_cache_size(CACHE).create(path))?;
		let store = Store {
			database: opened,
			options,
		};
		// Creates the tables, so that reading never meets a missing one.
		store.write(|_| Ok(()))?;
		Ok(store)
	}

	/// The bounds that the store was opened with.
	pub fn options(&self) -> &StoreOptions {
		&self.options
	}

	/// Runs `change` in one transaction, which is on disk when this returns `Ok`, and of which
	/// nothing happened when it returns `Err`.
	fn write<T>(
		&self,
		change: impl FnOnce(&mut Tables) -> Result<T, StoreError>,
	) -> Result<T, StoreError> {
		let mut transaction = database(self.database.begin_write())?;
		database(transaction.set_durability(Durability::Immediate))?;
		// After a kill the file is usable at once, without a pass over all of it.
		transaction.set_quick_repair(true);
		let mut tables = Tables {
			contents: database(transaction.open_table(CONTENTS))?,
			chunks: database(transaction.open_table(CHUNKS))?,
			leaves: database(transaction.open_table(LEAVES))?,
			sums: database(transaction.open_table(SUMS))?,
			names: database(transaction.open_table(NAMES))?,
		};
		// Returning early drops the transaction, which undoes it.
		let result = change(&mut tables)?;
		drop(tables);
		database(transaction.commit())?;
		Ok(result)
	}

	/// Whether content of this length is allowed at all.
	fn admit(&self, length: u64) -> Result<(), StoreError> {
		// Indices are 32 bits wide, whatever the options say.
		let limit = self
			.options
			.max_content
			.min(u64::from(u32::MAX) * CHUNK_BYTES as u64);
		match length <= limit {
			true => Ok(()),
			false => Err(StoreError::TooLarge { length, limit }),
		}
	}

	/// Stores whole content. Content that is there already is kept until the later moment.
	pub fn put(&self, content: &[u8], pinned_until: Moment) -> Result<ContentId, StoreError> {
		self.admit(content.len() as u64)?;
		let tree = ChunkTree::of(content);
		let id = ContentId::with_tree(content, &tree);
		self.write(|tables| {
			let known = state(&tables.contents, &id)?;
			let until = known.map_or(pinned_until, |known| known.pinned_until.max(pinned_until));
			if known.is_none() {
				tables.enter(&id, until, &self.options)?;
			}
			if !known.is_some_and(|known| known.complete) {
				let chunks = content.chunks(CHUNK_BYTES).zip(tree.leaves());
				for (index, (chunk, leaf)) in (0u32..).zip(chunks) {
					tables.insert_chunk(&id, index, chunk, leaf)?;
				}
			}
			tables.set_state(
				&id,
				ContentState {
					complete: true,
					pinned_until: until,
				},
			)
		})?;
		Ok(id)
	}

	/// Takes room for content that is about to be received. Begun or held content is kept until
	/// the later moment.
	pub fn begin(&self, id: &ContentId, pinned_until: Moment) -> Result<(), StoreError> {
		self.admit(id.length)?;
		self.write(|tables| match state(&tables.contents, id)? {
			Some(known) => {
				let pinned_until = known.pinned_until.max(pinned_until);
				tables.set_state(
					id,
					ContentState {
						pinned_until,
						..known
					},
				)
			}
			None => tables.enter(id, pinned_until, &self.options),
		})
	}

	/// Checks and keeps one chunk of content that was begun.
	pub fn put_chunk(&self, id: &ContentId, chunk: &ProvenChunk) -> Result<(), StoreError> {
		self.put_chunks(id, std::slice::from_ref(chunk))
	}

	/// Checks and keeps chunks of content that was begun: all of them or, where one is wrong, none.
	pub fn put_chunks(&self, id: &ContentId, chunks: &[ProvenChunk]) -> Result<(), StoreError> {
		let mut checked = Vec::with_capacity(chunks.len());
		for chunk in chunks {
			let index = u64::from(chunk.index);
			let leaf = verify_chunk(&id.tree_root, id.length, index, &chunk.bytes, &chunk.proof)?;
			checked.push((chunk, leaf));
		}
		self.write(|tables| {
			let known = state(&tables.contents, id)?.ok_or(StoreError::Unknown(*id))?;
			if !known.complete {
				for (chunk, leaf) in &checked {
					tables.insert_chunk(id, chunk.index, &chunk.bytes, leaf)?;
				}
			}
			Ok(())
		})
	}

	/// Indices of the chunks that are not there yet, in ascending order.
	pub fn missing(&self, id: &ContentId) -> Result<Vec<u32>, StoreError> {
		let known = self.state(id)?.ok_or(StoreError::Unknown(*id))?;
		if known.complete {
			return Ok(Vec::new());
		}
		let read = database(self.database.begin_read())?;
		let leaves = database(read.open_table(LEAVES))?;
		let key = id.to_bytes();
		let mut missing = Vec::new();
		let mut next = 0;
		for entry in database(leaves.range((&key, 0)..=(&key, u32::MAX)))? {
			let (_, present) = database(entry)?.0.value();
			missing.extend(next..present);
			next = present.saturating_add(1);
		}
		missing.extend(next..count(id));
		Ok(missing)
	}

	/// Checks the whole and returns it. From here on it is complete and can be served. Content
	/// whose SHA-256 is not the announced one is removed.
	pub fn finish(&self, id: &ContentId) -> Result<Vec<u8>, StoreError> {
		let missing = self.missing(id)?.len() as u64;
		if missing > 0 {
			return Err(StoreError::Incomplete { id: *id, missing });
		}
		let content = self.assemble(id)?;
		if ContentId::of(&content) != *id {
			self.remove(id)?;
			return Err(StoreError::Inconsistent(*id));
		}
		self.write(|tables| {
			let known = state(&tables.contents, id)?.ok_or(StoreError::Unknown(*id))?;
			tables.set_state(
				id,
				ContentState {
					complete: true,
					..known
				},
			)
		})?;
		Ok(content)
	}

	/// Joins the chunks, whose number was checked by the caller.
	fn assemble(&self, id: &ContentId) -> Result<Vec<u8>, StoreError> {
		let read = database(self.database.begin_read())?;
		let chunks = database(read.open_table(CHUNKS))?;
		let key = id.to_bytes();
		let mut content = Vec::new();
		for entry in database(chunks.range((&key, 0)..=(&key, u32::MAX)))? {
			content.extend_from_slice(database(entry)?.1.value());
		}
		match content.len() as u64 == id.length {
			true => Ok(content),
			false => Err(StoreError::Damaged(*id)),
		}
	}

	/// Whole content, or `None` where it is not there or not whole.
	pub fn get(&self, id: &ContentId) -> Result<Option<Vec<u8>>, StoreError> {
		match self.state(id)? {
			Some(ContentState { complete: true, .. }) => {
				let content = self.assemble(id)?;
				match <Hash>::from(Sha256::digest(&content)) == id.sha256 {
					true => Ok(Some(content)),
					false => Err(StoreError::Damaged(*id)),
				}
			}
			_ => Ok(None),
		}
	}

	/// Chunks of whole content with their proofs, or `None` where the content is not there, not
	/// whole, or has no such chunk.
	pub fn prove(
		&self,
		id: &ContentId,
		indices: &[u32],
	) -> Result<Option<Vec<ProvenChunk>>, StoreError> {
		if !self.state(id)?.is_some_and(|state| state.complete) {
			return Ok(None);
		}
		let read = database(self.database.begin_read())?;
		let (chunks, leaves) = (
			database(read.open_table(CHUNKS))?,
			database(read.open_table(LEAVES))?,
		);
		let key = id.to_bytes();
		let mut hashes = Vec::new();
		for entry in database(leaves.range((&key, 0)..=(&key, u32::MAX)))? {
			hashes.push(*database(entry)?.1.value());
		}
		let tree = ChunkTree::from_leaves(id.length, hashes).ok_or(StoreError::Damaged(*id))?;
		let mut proven = Vec::with_capacity(indices.len());
		for index in indices.iter().copied() {
			if chunk_length(id.length, u64::from(index)).is_none() {
				return Ok(None);
			}
			let bytes = database(chunks.get((&key, index)))?.ok_or(StoreError::Damaged(*id))?;
			let proof = tree
				.proof(u64::from(index))
				.ok_or(StoreError::Damaged(*id))?;
			proven.push(ProvenChunk {
				index,
				bytes: bytes.value().to_vec(),
				proof,
			});
		}
		Ok(Some(proven))
	}

	/// What is known of content, or `None` where it is neither held nor begun.
	pub fn state(&self, id: &ContentId) -> Result<Option<ContentState>, StoreError> {
		let read = database(self.database.begin_read())?;
		state(&database(read.open_table(CONTENTS))?, id)
	}

	/// Gives whole content a name, in the place of what had it before.
	pub fn name(&self, name: &[u8; 32], id: &ContentId) -> Result<(), StoreError> {
		self.write(|tables| match state(&tables.contents, id)? {
			Some(ContentState { complete: true, .. }) => {
				database(tables.names.insert(name, &id.to_bytes()))?;
				Ok(())
			}
			_ => Err(StoreError::Unknown(*id)),
		})
	}

	/// The whole content that goes by a name.
	pub fn named(&self, name: &[u8; 32]) -> Result<Option<ContentId>, StoreError> {
		let read = database(self.database.begin_read())?;
		let names = database(read.open_table(NAMES))?;
		let Some(id) = database(names.get(name))?.map(|id| ContentId::from_bytes(id.value()))
		else {
			return Ok(None);
		};
		let held = state(&database(read.open_table(CONTENTS))?, &id)?;
		Ok(held.filter(|state| state.complete).map(|_| id))
	}

	/// Keeps content until at least this moment.
	pub fn pin(&self, id: &ContentId, until: Moment) -> Result<(), StoreError> {
		self.write(|tables| {
			let known = state(&tables.contents, id)?.ok_or(StoreError::Unknown(*id))?;
			let pinned_until = known.pinned_until.max(until);
			tables.set_state(
				id,
				ContentState {
					pinned_until,
					..known
				},
			)
		})
	}

	/// Removes content, whatever it is pinned to.
	pub fn remove(&self, id: &ContentId) -> Result<(), StoreError> {
		self.write(|tables| tables.remove(id))
	}

	/// Removes content that was begun and of which no chunk is there.
	pub fn abandon(&self, id: &ContentId) -> Result<(), StoreError> {
		self.write(|tables| {
			let key = id.to_bytes();
			let begun = state(&tables.contents, id)?.is_some_and(|state| !state.complete);
			let all = (&key, 0)..=(&key, u32::MAX);
			let empty = database(tables.leaves.range(all))?.next().is_none();
			match begun && empty {
				true => tables.remove(id),
				false => Ok(()),
			}
		})
	}

	/// Removes all content, whole or begun, that is pinned until `now` or earlier, and says which.
	pub fn expire(&self, now: Moment) -> Result<Vec<ContentId>, StoreError> {
		self.write(|tables| {
			let mut expired = Vec::new();
			for entry in database(tables.contents.iter())? {
				let (key, value) = database(entry)?;
				let id = ContentId::from_bytes(key.value());
				let state = ContentState::decode_all(&mut value.value())
					.map_err(|_| StoreError::Damaged(id))?;
				if state.pinned_until <= now {
					expired.push(id);
				}
			}
			for id in &expired {
				tables.remove(id)?;
			}
			let mut gone = Vec::new();
			for entry in database(tables.names.iter())? {
				let (name, id) = database(entry)?;
				if database(tables.contents.get(id.value()))?.is_none() {
					gone.push(*name.value());
				}
			}
			for name in &gone {
				database(tables.names.remove(name))?;
			}
			Ok(expired)
		})
	}

	/// All whole content.
	pub fn complete(&self) -> Result<Vec<ContentId>, StoreError> {
		let read = database(self.database.begin_read())?;
		let mut complete = Vec::new();
		for entry in database(database(read.open_table(CONTENTS))?.iter())? {
			let (key, value) = database(entry)?;
			let id = ContentId::from_bytes(key.value());
			let state = ContentState::decode_all(&mut value.value())
				.map_err(|_| StoreError::Damaged(id))?;
			if state.complete {
				complete.push(id);
			}
		}
		Ok(complete)
	}

	/// Bytes that count against the quota.
	pub fn used(&self) -> Result<u64, StoreError> {
		let read = database(self.database.begin_read())?;
		let sums = database(read.open_table(SUMS))?;
		let used = database(sums.get(USED))?.map_or(0, |used| used.value());
		Ok(used)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use tempfile::TempDir;

	fn text(length: usize) -> Vec<u8> {
		(0..length)
			.map(|at| (at / CHUNK_BYTES * 7 + at * 13) as u8)
			.collect()
	}

	fn small() -> StoreOptions {
		StoreOptions {
			quota: 1 << 20,
			max_content: 512 * 1024,
		}
	}

	fn open(folder: &TempDir) -> Store {
		Store::open(folder.path().join("store"), small()).expect("the folder is writable")
	}

	fn folder() -> TempDir {
		tempfile::tempdir().expect("a temporary folder")
	}

	/// All chunks of content, proven.
	fn proven(content: &[u8]) -> Vec<ProvenChunk> {
		let tree = ChunkTree::of(content);
		let chunks = (0u32..).zip(content.chunks(CHUNK_BYTES));
		let proof = |index| tree.proof(u64::from(index)).expect("in range");
		chunks
			.map(|(index, bytes)| ProvenChunk {
				index,
				bytes: bytes.to_vec(),
				proof: proof(index),
			})
			.collect()
	}

	#[test]
	fn a_name_stands_for_held_content_and_goes_with_it() {
		let folder = TempDir::new().expect("a directory");
		let store =
			Store::open(folder.path().join("content"), StoreOptions::default()).expect("opens");
		let (name, unknown) = ([1; 32], ContentId::of(b"elsewhere"));
		assert!(matches!(
			store.name(&name, &unknown),
			Err(StoreError::Unknown(_))
		));
		let (first, second) = (
			store.put(b"first", 5).expect("stores"),
			store.put(b"second", 9).expect("stores"),
		);
		store.name(&name, &first).expect("is held");
		assert_eq!(store.named(&name).expect("reads"), Some(first));
		store.name(&name, &second).expect("is held");
		store.expire(5).expect("expires the first");
		assert_eq!(store.named(&name).expect("reads"), Some(second));
		store.remove(&second).expect("removes");
		assert_eq!(store.named(&name).expect("reads"), None);
		store.expire(5).expect("tidies");
		store.put(b"second", 9).expect("stores");
		assert_eq!(
			store.named(&name).expect("reads"),
			None,
			"the entry is gone"
		);
	}

	#[test]
	fn what_was_put_is_there_after_a_restart_and_proves_its_chunks() {
		let folder = folder();
		let content = text(3 * CHUNK_BYTES + 5);
		let id = open(&folder).put(&content, 10).expect("fits");
		let store = open(&folder);
		assert_eq!(store.get(&id).expect("reads"), Some(content.clone()));
		assert_eq!(store.complete().expect("reads"), vec![id]);
		let chunks = store.prove(&id, &[0, 3]).expect("reads").expect("held");
		let all = proven(&content);
		assert_eq!(chunks, vec![all[0].clone(), all[3].clone()]);
		assert_eq!(store.prove(&id, &[4]).expect("reads"), None);
	}

	#[test]
	fn nothing_and_one_byte_can_be_stored() {
		let folder = folder();
		let store = open(&folder);
		for content in [&[][..], &[1]] {
			let id = store.put(content, 1).expect("fits");
			assert_eq!(store.get(&id).expect("reads"), Some(content.to_vec()));
		}
	}

	#[test]
	fn begun_content_is_kept_over_a_restart_and_knows_what_it_misses() {
		let folder = folder();
		let content = text(4 * CHUNK_BYTES);
		let id = ContentId::of(&content);
		let chunks = proven(&content);
		{
			let store = open(&folder);
			assert!(matches!(store.missing(&id), Err(StoreError::Unknown(_))));
			store.begin(&id, 1).expect("fits");
			assert_eq!(store.missing(&id).expect("begun"), vec![0, 1, 2, 3]);
			store
				.put_chunks(&id, &[chunks[0].clone(), chunks[2].clone()])
				.expect("right chunks");
		}
		let store = open(&folder);
		assert_eq!(store.missing(&id).expect("begun"), vec![1, 3]);
		assert_eq!(store.get(&id).expect("reads"), None);
		assert_eq!(store.prove(&id, &[0]).expect("reads"), None);
		assert!(matches!(
			store.finish(&id),
			Err(StoreError::Incomplete { missing: 2, .. })
		));
		store.put_chunk(&id, &chunks[3]).expect("a right chunk");
		store.put_chunk(&id, &chunks[1]).expect("a right chunk");
		assert_eq!(store.finish(&id).expect("all there"), content);
		assert_eq!(store.get(&id).expect("reads"), Some(content));
	}

	#[test]
	fn a_wrong_chunk_does_not_enter_nor_what_comes_with_it() {
		let folder = folder();
		let store = open(&folder);
		let content = text(2 * CHUNK_BYTES);
		let id = ContentId::of(&content);
		store.begin(&id, 1).expect("fits");
		let mut chunks = proven(&content);
		chunks[1].bytes[9] ^= 1;
		assert!(matches!(
			store.put_chunks(&id, &chunks),
			Err(StoreError::Chunk(_))
		));
		assert_eq!(store.missing(&id).expect("begun"), vec![0, 1]);
	}

	#[test]
	fn content_whose_sha256_is_not_the_announced_one_is_discarded() {
		let folder = folder();
		let store = open(&folder);
		let content = text(CHUNK_BYTES + 1);
		let mut id = ContentId::of(&content);
		id.sha256[0] ^= 1;
		store.begin(&id, 1).expect("fits");
		store
			.put_chunks(&id, &proven(&content))
			.expect("the tree is right");
		assert!(matches!(
			store.finish(&id),
			Err(StoreError::Inconsistent(_))
		));
		assert_eq!(store.state(&id).expect("reads"), None);
		assert_eq!(store.used().expect("reads"), 0);
	}

	#[test]
	fn content_above_the_limit_is_refused() {
		let folder = folder();
		let store = open(&folder);
		let limit = small().max_content;
		let content = text(limit as usize + 1);
		assert!(matches!(
			store.put(&content, 1),
			Err(StoreError::TooLarge { .. })
		));
		assert!(matches!(
			store.begin(&ContentId::of(&content), 1),
			Err(StoreError::TooLarge { .. })
		));
		store
			.put(&content[1..], 1)
			.expect("the limit itself is allowed");
	}

	#[test]
	fn the_quota_counts_what_is_begun_and_is_given_back() {
		let folder = folder();
		let store = open(&folder);
		let big = text(500 * 1024);
		let one = store.put(&big, 1).expect("fits");
		let two = ContentId::of(&text(500 * 1024 - 1));
		store.begin(&two, 2).expect("fits");
		store.begin(&two, 2).expect("is not charged twice");
		store.put(&big, 1).expect("is not charged twice");
		let used = charge(one.length) + charge(two.length);
		assert_eq!(store.used().expect("reads"), used);
		let content = text(64 * 1024);
		assert!(matches!(
			store.put(&content, 9),
			Err(StoreError::QuotaExceeded { used: found, .. }) if found == used
		));
		assert_eq!(store.expire(1).expect("writes"), vec![one]);
		store.put(&content, 9).expect("there is room again");
	}

	#[test]
	fn content_expires_when_its_pin_does_and_not_before() {
		let folder = folder();
		let store = open(&folder);
		let early = store.put(b"early", 10).expect("fits");
		let late = store.put(b"late", 10).expect("fits");
		let begun = ContentId::of(b"begun");
		store.begin(&begun, 10).expect("fits");
		store.pin(&late, 20).expect("is there");
		store.pin(&late, 5).expect("a pin is never lowered");
		assert_eq!(store.expire(9).expect("writes"), vec![]);
		let mut expired = store.expire(10).expect("writes");
		expired.sort();
		let mut expected = vec![early, begun];
		expected.sort();
		assert_eq!(expired, expected);
		assert_eq!(store.get(&early).expect("reads"), None);
		assert_eq!(store.get(&late).expect("reads"), Some(b"late".to_vec()));
		assert_eq!(store.expire(20).expect("writes"), vec![late]);
		assert_eq!(store.used().expect("reads"), 0);
		assert!(matches!(store.pin(&late, 30), Err(StoreError::Unknown(_))));
	}

	#[test]
	fn only_begun_content_without_chunks_is_abandoned() {
		let folder = folder();
		let store = open(&folder);
		let content = text(2 * CHUNK_BYTES);
		let id = ContentId::of(&content);
		let empty = store.put(&[], 1).expect("fits");
		store.begin(&id, 1).expect("fits");
		store.abandon(&id).expect("writes");
		assert_eq!(store.state(&id).expect("reads"), None);
		assert_eq!(store.used().expect("reads"), charge(0));
		store.begin(&id, 1).expect("fits");
		store
			.put_chunk(&id, &proven(&content)[1])
			.expect("a right chunk");
		store.abandon(&id).expect("writes");
		store.abandon(&empty).expect("writes");
		assert_eq!(store.missing(&id).expect("is kept"), vec![0]);
		assert_eq!(store.get(&empty).expect("reads"), Some(vec![]));
	}

	#[test]
	fn one_content_is_removed_without_its_neighbours() {
		let folder = folder();
		let store = open(&folder);
		let contents: Vec<_> = (1..6)
			.map(|chunks| text(chunks * CHUNK_BYTES / 3))
			.collect();
		let ids: Vec<_> = contents
			.iter()
			.map(|content| store.put(content, 1).expect("fits"))
			.collect();
		store.remove(&ids[2]).expect("writes");
		for (at, (id, content)) in ids.iter().zip(&contents).enumerate() {
			let expected = (at != 2).then(|| content.clone());
			assert_eq!(store.get(id).expect("reads"), expected);
		}
	}

	#[test]
	fn a_file_that_is_open_elsewhere_is_refused_with_a_message() {
		let folder = folder();
		let _store = open(&folder);
		let error = Store::open(folder.path().join("store"), small())
			.err()
			.expect("is locked");
		assert!(
			error
				.to_string()
				.contains("no other process has the file open"),
			"{error}"
		);
	}
}
