//! Whether this node votes in a set: its key, its record, and the note that a record was begun.
//!
//! A record is begun when the node first becomes an authority of a set. The note of that goes into
//! the database after the record is synced and before the first vote, so wherever there is a note
//! for the set in force there was a record of it.
//!
//! What the file means is decided by [`aci_finality::record::slots::decide_file`], told whether there
//! is such a note for the set in force or a later one. Two things are added here:
//!
//! * A file that is damaged, or that another version wrote, is replaced where the note is of an
//!   older set: the record in it was of that set. Where there is no note at all one is made, so that
//!   the next set begins anew.
//! * A file of another chain or a later set is never replaced.
//!
//! Silence lasts until the next set. What no rule here can see: a record file that was restored
//! from a backup of the same set, and the same key on a second machine. Neither may ever be done.

use super::record_file::{RecordFile, Records};
use aci_finality::{
	record::slots::{decide_file, Found, Lost},
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
	/// The record is lost.
	#[error("{}", explain(*.0))]
	Lost(Lost),
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

fn explain(lost: Lost) -> &'static str {
	match lost {
		Lost::Missing => "the vote record of this set is missing: its file was removed or replaced",
		Lost::Torn => "the vote record is damaged",
		Lost::Inconsistent => "the vote record's two copies do not follow each other",
		Lost::OtherChain => "the vote record is of another chain: move its file away",
		Lost::LaterSet => {
			"the vote record is of a later set: the database is behind it, and voting resumes there"
		}
		Lost::Version => "the vote record was written by another version of this program",
	}
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
	let file = records.read(&context.genesis, key)?;
	let record = match decide_file(context, this_set, file.as_deref()) {
		Found::Fresh { .. } => VoteRecord::new(context),
		Found::Intact { record, .. } => record,
		Found::Lost(lost @ (Lost::Missing | Lost::OtherChain | Lost::LaterSet)) => {
			return Err(Silence::Lost(lost));
		}
		Found::Lost(lost @ (Lost::Torn | Lost::Inconsistent | Lost::Version)) => {
			match begun {
				Some(_) if !this_set => {}
				Some(_) => return Err(Silence::Lost(lost)),
				None => {
					notes.note(key, context.set)?;
					return Err(Silence::Lost(lost));
				}
			}
			VoteRecord::new(context)
		}
	};
	let file = records.begin(key, &record)?;
	if !this_set {
		notes.note(key, context.set)?;
	}
	Ok((record, file))
}
