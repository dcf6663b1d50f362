//! Whether this node votes in a set: its key, its record, and the note that a record was begun.
//!
//! A record is begun when the node first becomes an authority of a set. The note of that goes into
//! the database after the record is synced and before the first vote, so wherever there is a note
//! for the set in force there was a record of it.
//!
//! | file | note of this set or a later one | what follows |
//! | --- | --- | --- |
//! | this set's record | any | votes go on from it |
//! | none, or an older set's record | no | a new record is begun |
//! | none, or an older set's record | yes | silent: the record is lost |
//! | unreadable | of an older set | a new record is begun |
//! | unreadable | of this set, or none at all | silent: it may be this set's |
//! | a later set's record | any | silent: the database is behind what the key has signed |
//! | another chain's record | any | silent: the file was put there by hand |
//!
//! Silence lasts until the next set. What no rule here can see: a record file that was restored
//! from a backup of the same set, and the same key on a second machine. Neither may ever be done.

use super::{
	record_file::{Found, RecordFile, Records},
	slots::Unreadable,
};
use aci_finality::{
	AuthorityId, AuthorityIndex, AuthoritySet, Context, SetId, VoteRecord, KEY_TYPE,
};
use codec::{Decode, Encode};
use sc_client_api::AuxStore;
use sp_core::crypto::ByteArray;
use sp_keystore::KeystorePtr;
use std::{io, sync::Arc};

/// Why an authority signs nothing in a set.
#[derive(Debug, thiserror::Error)]
pub enum Silence {
	/// The note says that there was a record.
	#[error("the vote record of this set is missing: the file was removed or replaced")]
	Missing,
	/// The file is damaged.
	#[error("the vote record cannot be read: {0}")]
	Unreadable(Unreadable),
	/// The file is ahead of the database.
	#[error(
		"the vote record is of set {0}, which is later than the chain's: voting resumes there"
	)]
	Later(SetId),
	/// The file belongs to another chain.
	#[error("the vote record is of another chain: move the file away")]
	OtherChain,
	/// The file could not be read or made.
	#[error("the vote record's file: {0}")]
	File(#[from] io::Error),
	/// A record could not be written.
	#[error("the vote record could not be written, is the disk full? {0}")]
	Write(io::Error),
	/// The note could not be read or written.
	#[error("the database: {0}")]
	Note(#[from] sp_blockchain::Error),
}

/// The notes that records were begun.
pub trait Notes: Send + Sync {
	/// The newest set in which a record of `key` was begun.
	fn begun(&self, key: &AuthorityId) -> Result<Option<SetId>, sp_blockchain::Error>;

	/// Notes that a record of `key` was begun in `set`.
	fn note(&self, key: &AuthorityId, set: SetId) -> Result<(), sp_blockchain::Error>;
}

/// Notes in the client's database.
pub struct AuxNotes<C>(pub Arc<C>);

fn note_key(key: &AuthorityId) -> Vec<u8> {
	[b"aci_finality/voter/begun/".as_slice(), key.as_slice()].concat()
}

impl<C: AuxStore + Send + Sync> Notes for AuxNotes<C> {
	fn begun(&self, key: &AuthorityId) -> Result<Option<SetId>, sp_blockchain::Error> {
		self.0
			.get_aux(&note_key(key))?
			.map(|bytes| {
				SetId::decode(&mut &*bytes).map_err(|error| {
					sp_blockchain::Error::Backend(format!("the voter's note: {error}"))
				})
			})
			.transpose()
	}

	fn note(&self, key: &AuthorityId, set: SetId) -> Result<(), sp_blockchain::Error> {
		self.0
			.insert_aux(&[(note_key(key).as_slice(), set.encode().as_slice())], &[])
	}
}

/// This node's place in `set`: the first of the set's keys that its keystore holds.
pub fn own_key(
	keystore: Option<&KeystorePtr>,
	set: &AuthoritySet,
) -> Option<(AuthorityIndex, AuthorityId)> {
	let held = keystore?.ed25519_public_keys(KEY_TYPE);
	set.authorities()
		.iter()
		.find(|key| held.iter().any(|own| own.as_slice() == key.as_slice()))
		.and_then(|key| Some((set.index_of(key)?, key.clone())))
}

/// Takes up the record of `key` in `context`, or begins it.
pub fn take_up(
	records: &Records,
	notes: &dyn Notes,
	context: Context,
	key: &AuthorityId,
) -> Result<(VoteRecord, RecordFile), Silence> {
	let begun = notes.begun(key)?;
	let this_set = begun.is_some_and(|begun| begun >= context.set);
	let record = match records.read(&context.genesis, key)? {
		Found::Record(record) if record.context.genesis != context.genesis => {
			return Err(Silence::OtherChain)
		}
		Found::Record(record) if record.context.set == context.set => record,
		Found::Record(record) if record.context.set > context.set => {
			return Err(Silence::Later(record.context.set))
		}
		Found::Nothing | Found::Record(_) if this_set => return Err(Silence::Missing),
		Found::Nothing | Found::Record(_) => VoteRecord::new(context),
		Found::Unreadable(reason) => match begun {
			Some(set) if set < context.set => VoteRecord::new(context),
			begun => {
				if begun.is_none() {
					// So that a record is begun in the next set.
					notes.note(key, context.set)?;
				}
				return Err(Silence::Unreadable(reason));
			}
		},
	};
	let file = records.begin(key, &record)?;
	if !this_set {
		notes.note(key, context.set)?;
	}
	Ok((record, file))
}
