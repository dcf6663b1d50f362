//! What the chain side keeps in the database beside blocks.
//!
//! | key | value |
//! | --- | --- |
//! | `acif:version` | version of this layout |
//! | `acif:genesis` | the first authority set |
//! | `acif:authorities` | the set in force with its base and the pending changes ([`Authorities`]) |
//! | `acif:newest` | the newest justification |
//! | `acif:end:` and a set's number | the block that ended the set |
//!
//! # Guarantees
//!
//! 1. All of it is written in the operation that writes the block or its finality, so after a crash
//!    the authorities fit the blocks.
//! 2. A database of another version is refused, never guessed at.

use super::{authorities::Authorities, digest::change_of, FinalityBlock};
use aci_finality::{AuthoritySet, BlockNumber, Justification, SetId, Target, ENGINE_ID};
use codec::{Decode, DecodeAll, Encode};
use sc_client_api::AuxStore;
use sp_blockchain::Error;

/// The version of the layout that this code reads and writes.
const VERSION: u32 = 1;

const VERSION_KEY: &[u8] = b"acif:version";
const GENESIS_KEY: &[u8] = b"acif:genesis";
const AUTHORITIES_KEY: &[u8] = b"acif:authorities";
const NEWEST_KEY: &[u8] = b"acif:newest";
const END_PREFIX: &[u8] = b"acif:end:";

/// Keys and values to be written together.
pub type Entries = Vec<(Vec<u8>, Vec<u8>)>;

fn end_key(set: SetId) -> Vec<u8> {
	[END_PREFIX, &set.to_be_bytes()[..]].concat()
}

/// The entry of the authorities.
pub fn authorities_entry(authorities: &Authorities) -> (Vec<u8>, Vec<u8>) {
	(AUTHORITIES_KEY.to_vec(), authorities.encode())
}

/// The entry of the newest justification.
pub fn newest_entry(justification: &Justification) -> (Vec<u8>, Vec<u8>) {
	(NEWEST_KEY.to_vec(), justification.encode())
}

/// The entry that says that `last` ended `set`.
pub fn end_entry(set: SetId, last: &Target) -> (Vec<u8>, Vec<u8>) {
	(end_key(set), last.encode())
}

/// Writes entries outside of an operation on blocks.
pub fn write(store: &impl AuxStore, entries: &Entries) -> Result<(), Error> {
	let entries: Vec<(&[u8], &[u8])> = entries
		.iter()
		.map(|(key, value)| (&key[..], &value[..]))
		.collect();
	store.insert_aux(&entries, &[])
}

fn read<T: Decode>(store: &impl AuxStore, key: &[u8]) -> Result<Option<T>, Error> {
	store
		.get_aux(key)?
		.map(|bytes| {
			T::decode_all(&mut &bytes[..]).map_err(|error| {
				Error::Backend(format!(
					"the finality gadget's entry {} in the database is damaged ({error}): \
					sync this node afresh",
					String::from_utf8_lossy(key)
				))
			})
		})
		.transpose()
}

/// The authorities, or those that `first` makes on a fresh database: the first set, and what is in
/// force.
pub fn load(
	store: &impl AuxStore,
	first: impl FnOnce() -> Result<(AuthoritySet, Authorities), Error>,
) -> Result<Authorities, Error> {
	match read::<u32>(store, VERSION_KEY)? {
		None => {
			let (genesis, authorities) = first()?;
			let entries = vec![
				(VERSION_KEY.to_vec(), VERSION.encode()),
				(GENESIS_KEY.to_vec(), genesis.encode()),
				authorities_entry(&authorities),
			];
			write(store, &entries)?;
			Ok(authorities)
		}
		Some(VERSION) => read(store, AUTHORITIES_KEY)?.ok_or_else(|| {
			Error::Backend(
				"the database has no authorities of the finality gadget: sync this node afresh"
					.into(),
			)
		}),
		Some(version) => Err(Error::Backend(format!(
			"the finality gadget's data in this database are of version {version}, this node \
			reads version {VERSION}: use the node that wrote them, or sync afresh"
		))),
	}
}

/// The first authority set.
pub fn genesis_set(store: &impl AuxStore) -> Result<AuthoritySet, Error> {
	read(store, GENESIS_KEY)?
		.ok_or_else(|| Error::Backend("the database has no first authority set".into()))
}

/// The newest justification.
pub fn newest(store: &impl AuxStore) -> Result<Option<Justification>, Error> {
	read(store, NEWEST_KEY)
}

/// The block that ended `set`, where this node knows.
pub fn end_of(store: &impl AuxStore, set: SetId) -> Result<Option<Target>, Error> {
	read(store, &end_key(set))
}

/// The set whose end is the first at `number` or above, with that end; `None` where block `number`
/// is above the end of all sets before `current`. Looks at a number of entries that grows with the
/// logarithm of the number of sets.
pub fn end_at_or_after(
	store: &impl AuxStore,
	current: SetId,
	number: BlockNumber,
) -> Result<Option<(SetId, Target)>, EndsError> {
	let (mut low, mut high) = (0, current);
	let mut found = None;
	while low < high {
		let middle = low + (high - low) / 2;
		let end = end_of(store, middle)?.ok_or(EndsError::Missing(middle))?;
		if end.number >= number {
			found = Some((middle, end));
			high = middle;
		} else {
			low = middle + 1;
		}
	}
	Ok(found)
}

/// Why the end of a set is not found.
#[derive(Debug, thiserror::Error)]
pub enum EndsError {
	/// This node joined later and has not filled its past.
	#[error("this node does not know the block that ended authority set {0}")]
	Missing(SetId),
	/// The database failed.
	#[error(transparent)]
	Client(#[from] Error),
}

/// The authorities of `set`, which is not above `current`.
pub fn set_of<Block, B>(
	store: &impl AuxStore,
	blocks: &B,
	current: &AuthoritySet,
	set: SetId,
) -> Result<Option<AuthoritySet>, Error>
where
	Block: FinalityBlock,
	B: sp_blockchain::HeaderBackend<Block>,
{
	if set == current.id() {
		return Ok(Some(current.clone()));
	}
	let Some(before) = set.checked_sub(1) else {
		return genesis_set(store).map(Some);
	};
	let Some(end) = end_of(store, before)? else {
		return Ok(None);
	};
	let Some(header) = blocks.header(end.hash)? else {
		return Ok(None);
	};
	Ok(change_of(&header)
		.ok()
		.flatten()
		.and_then(|log| log.next_set(before).ok()))
}

/// The justification that is stored with `block`.
pub fn justification_of<Block, B>(
	blocks: &B,
	block: &Target,
) -> Result<Option<Justification>, Error>
where
	Block: FinalityBlock,
	B: sp_blockchain::Backend<Block>,
{
	Ok(blocks
		.justifications(block.hash)?
		.and_then(|justifications| justifications.into_justification(ENGINE_ID))
		.and_then(|bytes| Justification::decode_all(&mut &bytes[..]).ok()))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::chain::testing::{keys, set, Tree};

	fn first(tree: &Tree) -> (AuthoritySet, Authorities) {
		let set = set(0, &keys(4));
		(set.clone(), Authorities::new(set, tree.genesis()))
	}

	#[test]
	fn authorities_are_made_once_and_then_read() {
		let tree = Tree::new();
		let store = tree.blocks();
		let made = load(store, || Ok(first(&tree))).expect("the database is fresh");
		let read = load(store, || panic!("they are there")).expect("they are there");
		assert_eq!(made, read);
		assert_eq!(genesis_set(store).expect("it is there"), *made.set());
	}

	#[test]
	fn another_version_is_refused() {
		let tree = Tree::new();
		let entries = vec![(VERSION_KEY.to_vec(), (VERSION + 1).encode())];
		write(tree.blocks(), &entries).expect("memory does not fail");
		let refused = load(tree.blocks(), || Ok(first(&tree))).expect_err("it is not ours");
		assert!(refused.to_string().contains("version 2"), "{refused}");
	}

	#[test]
	fn damaged_entries_are_refused() {
		let tree = Tree::new();
		load(tree.blocks(), || Ok(first(&tree))).expect("the database is fresh");
		write(tree.blocks(), &vec![(AUTHORITIES_KEY.to_vec(), vec![1, 2])])
			.expect("memory does not fail");
		assert!(load(tree.blocks(), || Ok(first(&tree))).is_err());
	}

	#[test]
	fn the_set_of_a_block_is_found_by_the_ends() {
		let tree = Tree::new();
		let store = tree.blocks();
		let ends: Vec<Target> = [5u32, 9, 20]
			.into_iter()
			.map(|number| Target {
				number,
				hash: Default::default(),
			})
			.collect();
		let entries: Entries = (0..)
			.zip(&ends)
			.map(|(set, end)| end_entry(set, end))
			.collect();
		write(store, &entries).expect("memory does not fail");
		let set_at = |number| {
			end_at_or_after(store, 3, number)
				.expect("all ends are known")
				.map(|(set, _)| set)
		};
		for number in 0..=5 {
			assert_eq!(set_at(number), Some(0), "{number}");
		}
		for number in 6..=9 {
			assert_eq!(set_at(number), Some(1), "{number}");
		}
		for number in 10..=20 {
			assert_eq!(set_at(number), Some(2), "{number}");
		}
		assert_eq!(set_at(21), None);
		assert!(matches!(
			end_at_or_after(store, 4, 21),
			Err(EndsError::Missing(3))
		));
	}
}
