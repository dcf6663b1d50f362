//! What the worker remembers across restarts, in one embedded database.
//!
//! # What it guarantees
//!
//! 1. A change is one transaction. When a call returns it is on disk; when the process dies inside
//!    one, nothing of it happened.
//! 2. A store belongs to one chain and one account, those that it was first used with
//!    ([`Store::bind`]); on any other it refuses.
//! 3. What cannot be decoded is an error that names the entry, never a panic.
//!
//! Records are SCALE encoded. The store's format has a version; another one is refused.

use crate::record::JobRecord;
use aci_primitives::{AccountId, Hash, JobId};
use aci_transfer::ContentId;
use codec::{DecodeAll, Encode};
use redb::{Database, DatabaseError, Durability, ReadableDatabase, ReadableTable, TableDefinition};
use std::path::Path;

const FORMAT: u32 = 1;
const META: TableDefinition<&str, &[u8]> = TableDefinition::new("meta");
const JOBS: TableDefinition<&[u8; 32], &[u8]> = TableDefinition::new("jobs");
/// Content of the proof of a job, where it has one that holds something.
const PROOFS: TableDefinition<&[u8; 32], &[u8]> = TableDefinition::new("proofs");
const FORMAT_KEY: &str = "format";
const OWNER_KEY: &str = "owner";
const KEYS_KEY: &str = "keys";
const PORT_KEY: &str = "port";
/// Most memory that the database uses for its cache, in bytes.
const CACHE: usize = 8 * 1024 * 1024;

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
	/// Another process has the file.
	#[error("the store is in use by another process: stop that worker, or use another --data-dir")]
	InUse,
	/// The database failed.
	#[error(
		"the store failed: {0}; check the disk's space and the permissions of the data directory"
	)]
	Database(#[from] redb::Error),
	/// An entry is not what it should be.
	#[error(
		"the store's entry {0} is damaged: restore the data directory, or start with a new one"
	)]
	Damaged(String),
	/// The store is of another version.
	#[error(
		"the store has format {found}, this program knows {FORMAT}: use the program that made it"
	)]
	Format {
		/// The version of the file.
		found: u32,
	},
	/// The store is another worker's.
	#[error(
		"this data directory belongs to account {account} on the chain with genesis {genesis:?}: \
		 use another --data-dir for another chain or account"
	)]
	OtherOwner {
		/// Whose it is.
		account: AccountId,
		/// On which chain.
		genesis: Hash,
	},
}

fn failed(error: impl Into<redb::Error>) -> StoreError {
	StoreError::Database(error.into())
}

/// Entries by job.
type ByJob<'t> = redb::Table<'t, &'static [u8; 32], &'static [u8]>;

/// The tables of one write.
struct Tables<'a, 't> {
	meta: &'a mut redb::Table<'t, &'static str, &'static [u8]>,
	jobs: &'a mut ByJob<'t>,
	proofs: &'a mut ByJob<'t>,
}

/// The store; see the module. Its methods block for one write to disk at most.
pub struct Store {
	database: Database,
}

impl Store {
	/// Opens the store in this file, or makes it.
	pub fn open(path: &Path) -> Result<Self, StoreError> {
		let database = Database::builder()
			.set_cache_size(CACHE)
			.create(path)
			.map_err(|error| match error {
				DatabaseError::DatabaseAlreadyOpen => StoreError::InUse,
				error => failed(error),
			})?;
		let store = Store { database };
		// Makes the tables, so that reading never meets a missing one.
		store.write(|_| Ok(()))?;
		match store.value(FORMAT_KEY)? {
			None => store.put_value(FORMAT_KEY, &FORMAT.encode())?,
			Some(bytes) => match u32::decode_all(&mut bytes.as_slice()) {
				Ok(FORMAT) => {}
				Ok(found) => return Err(StoreError::Format { found }),
				Err(_) => return Err(StoreError::Damaged(FORMAT_KEY.into())),
			},
		}
		Ok(store)
	}

	fn write(
		&self,
		change: impl FnOnce(&mut Tables) -> Result<(), StoreError>,
	) -> Result<(), StoreError> {
		let mut transaction = self.database.begin_write().map_err(failed)?;
		transaction
			.set_durability(Durability::Immediate)
			.map_err(failed)?;
		{
			let mut meta = transaction.open_table(META).map_err(failed)?;
			let mut jobs = transaction.open_table(JOBS).map_err(failed)?;
			let mut proofs = transaction.open_table(PROOFS).map_err(failed)?;
			change(&mut Tables {
				meta: &mut meta,
				jobs: &mut jobs,
				proofs: &mut proofs,
			})?;
		}
		transaction.commit().map_err(failed)
	}

	fn value(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
		let read = self.database.begin_read().map_err(failed)?;
		let table = read.open_table(META).map_err(failed)?;
		let value = table.get(key).map_err(failed)?;
		Ok(value.map(|value| value.value().to_vec()))
	}

	fn put_value(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
		self.write(|tables| tables.meta.insert(key, value).map(drop).map_err(failed))
	}

	/// Makes the store that of a chain and an account, or checks that it is.
	pub fn bind(&self, genesis: &Hash, account: &AccountId) -> Result<(), StoreError> {
		match self.owner()? {
			None => self.put_value(OWNER_KEY, &(genesis, account).encode()),
			Some(owner) if owner == (*genesis, account.clone()) => Ok(()),
			Some((genesis, account)) => Err(StoreError::OtherOwner { account, genesis }),
		}
	}

	/// The chain and the account that the store belongs to, if it was used before.
	pub fn owner(&self) -> Result<Option<(Hash, AccountId)>, StoreError> {
		self.value(OWNER_KEY)?
			.map(|bytes| {
				DecodeAll::decode_all(&mut bytes.as_slice())
					.map_err(|_| StoreError::Damaged(OWNER_KEY.into()))
			})
			.transpose()
	}

	/// The sealed keys.
	pub fn keys(&self) -> Result<Option<Vec<u8>>, StoreError> {
		self.value(KEYS_KEY)
	}

	/// Stores the sealed keys.
	pub fn put_keys(&self, sealed: &[u8]) -> Result<(), StoreError> {
		self.put_value(KEYS_KEY, sealed)
	}

	/// The port that was taken when any free one was asked for.
	pub fn port(&self) -> Result<Option<u16>, StoreError> {
		self.value(PORT_KEY)?
			.map(|bytes| {
				u16::decode_all(&mut bytes.as_slice())
					.map_err(|_| StoreError::Damaged(PORT_KEY.into()))
			})
			.transpose()
	}

	/// Remembers the port.
	pub fn put_port(&self, port: u16) -> Result<(), StoreError> {
		self.put_value(PORT_KEY, &port.encode())
	}

	/// The record of a job.
	pub fn job(&self, id: &JobId) -> Result<Option<JobRecord>, StoreError> {
		let read = self.database.begin_read().map_err(failed)?;
		let table = read.open_table(JOBS).map_err(failed)?;
		let value = table.get(&id.0).map_err(failed)?;
		value.map(|value| decode(id, value.value())).transpose()
	}

	/// All records.
	pub fn jobs(&self) -> Result<Vec<JobRecord>, StoreError> {
		let read = self.database.begin_read().map_err(failed)?;
		let table = read.open_table(JOBS).map_err(failed)?;
		let mut records = Vec::new();
		for entry in table.iter().map_err(failed)? {
			let (id, value) = entry.map_err(failed)?;
			records.push(decode(&JobId::from(*id.value()), value.value())?);
		}
		Ok(records)
	}

	/// Stores a record, in the place of an earlier one of the job.
	pub fn put_job(&self, record: &JobRecord) -> Result<(), StoreError> {
		self.write(|tables| {
			tables
				.jobs
				.insert(&record.id.0, record.encode().as_slice())
				.map(drop)
				.map_err(failed)
		})
	}

	/// The content that holds a job's proof.
	pub fn proof(&self, id: &JobId) -> Result<Option<ContentId>, StoreError> {
		let read = self.database.begin_read().map_err(failed)?;
		let table = read.open_table(PROOFS).map_err(failed)?;
		let value = table.get(&id.0).map_err(failed)?;
		value
			.map(|value| {
				ContentId::decode_all(&mut value.value())
					.map_err(|_| StoreError::Damaged(format!("of the proof of job {id:?}")))
			})
			.transpose()
	}

	/// Remembers the content that holds a job's proof, in the place of an earlier run's.
	pub fn put_proof(&self, id: &JobId, content: &ContentId) -> Result<(), StoreError> {
		self.write(|tables| {
			tables
				.proofs
				.insert(&id.0, content.encode().as_slice())
				.map(drop)
				.map_err(failed)
		})
	}

	/// Forgets a job and its proof.
	pub fn remove_job(&self, id: &JobId) -> Result<(), StoreError> {
		self.write(|tables| {
			tables.proofs.remove(&id.0).map(drop).map_err(failed)?;
			tables.jobs.remove(&id.0).map(drop).map_err(failed)
		})
	}
}

fn decode(id: &JobId, mut bytes: &[u8]) -> Result<JobRecord, StoreError> {
	JobRecord::decode_all(&mut bytes).map_err(|_| StoreError::Damaged(format!("of job {id:?}")))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::testing;

	#[test]
	fn what_was_put_is_there_after_reopening() {
		let directory = tempfile::tempdir().expect("a directory");
		let path = directory.path().join("worker.redb");
		let store = Store::open(&path).expect("opens");
		let record = testing::record();
		store.put_job(&record).expect("writes");
		store.put_port(4_001).expect("writes");
		drop(store);
		let store = Store::open(&path).expect("opens");
		assert_eq!(store.job(&record.id).expect("reads"), Some(record.clone()));
		assert_eq!(store.jobs().expect("reads"), vec![record.clone()]);
		assert_eq!(store.port().expect("reads"), Some(4_001));
		let proof = ContentId::of(b"a proof");
		assert_eq!(store.proof(&record.id).expect("reads"), None);
		store.put_proof(&record.id, &proof).expect("writes");
		assert_eq!(store.proof(&record.id).expect("reads"), Some(proof));
		store.remove_job(&record.id).expect("writes");
		assert_eq!(store.proof(&record.id).expect("reads"), None);
		assert_eq!(store.job(&record.id).expect("reads"), None);
	}

	#[test]
	fn a_store_of_another_chain_or_account_is_refused() {
		let directory = tempfile::tempdir().expect("a directory");
		let store = Store::open(&directory.path().join("worker.redb")).expect("opens");
		let (genesis, account) = (Hash::repeat_byte(1), AccountId::new([2; 32]));
		store.bind(&genesis, &account).expect("is new");
		store.bind(&genesis, &account).expect("is its own");
		for (genesis, account) in [
			(Hash::repeat_byte(9), account.clone()),
			(genesis, AccountId::new([9; 32])),
		] {
			let error = store.bind(&genesis, &account).expect_err("is another's");
			assert!(error.to_string().contains("--data-dir"), "{error}");
		}
	}

	#[test]
	fn an_open_store_is_not_opened_twice() {
		let directory = tempfile::tempdir().expect("a directory");
		let path = directory.path().join("worker.redb");
		let _store = Store::open(&path).expect("opens");
		assert!(matches!(Store::open(&path), Err(StoreError::InUse)));
	}

	#[test]
	fn a_damaged_entry_is_named() {
		let directory = tempfile::tempdir().expect("a directory");
		let store = Store::open(&directory.path().join("worker.redb")).expect("opens");
		let id = JobId::repeat_byte(7);
		store
			.write(|tables| {
				let inserted = tables.jobs.insert(&id.0, &[1u8][..]);
				inserted.map(drop).map_err(failed)
			})
			.expect("writes");
		let error = store.job(&id).expect_err("is damaged").to_string();
		assert!(error.contains(&format!("{id:?}")), "{error}");
	}
}
