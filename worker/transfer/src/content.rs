//! The identity of content.

use crate::tree::{ChunkTree, Hash};
use codec::{Decode, Encode, MaxEncodedLen};
use sha2::{Digest, Sha256};
use std::fmt;

/// Bytes of an encoded [`ContentId`].
pub const CONTENT_ID_BYTES: usize = 72;

const NAME: &[u8] = b"aci/transfer/name/1";

/// What content is known by. The three fields belong together: two identities that differ in any
/// of them are two contents.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, MaxEncodedLen,
)]
pub struct ContentId {
	/// SHA-256 of the whole.
	pub sha256: Hash,
	/// Root of the hash tree over its chunks; see [`crate::tree`].
	pub tree_root: Hash,
	/// Length in bytes.
	pub length: u64,
}

impl ContentId {
	/// The identity of these bytes.
	pub fn of(content: &[u8]) -> Self {
		Self::with_tree(content, &ChunkTree::of(content))
	}

	/// The identity of bytes whose tree is known.
	pub(crate) fn with_tree(content: &[u8], tree: &ChunkTree) -> Self {
		ContentId {
			sha256: Sha256::digest(content).into(),
			tree_root: tree.root(),
			length: content.len() as u64,
		}
	}

	/// The fields in order, the length little-endian: the key in the store.
	pub(crate) fn to_bytes(self) -> [u8; CONTENT_ID_BYTES] {
		let mut bytes = [0; CONTENT_ID_BYTES];
		bytes[..32].copy_from_slice(&self.sha256);
		bytes[32..64].copy_from_slice(&self.tree_root);
		bytes[64..].copy_from_slice(&self.length.to_le_bytes());
		bytes
	}

	/// The inverse of [`ContentId::to_bytes`].
	pub(crate) fn from_bytes(bytes: &[u8; CONTENT_ID_BYTES]) -> Self {
		let mut id = ContentId {
			sha256: [0; 32],
			tree_root: [0; 32],
			length: 0,
		};
		id.sha256.copy_from_slice(&bytes[..32]);
		id.tree_root.copy_from_slice(&bytes[32..64]);
		let mut length = [0; 8];
		length.copy_from_slice(&bytes[64..]);
		id.length = u64::from_le_bytes(length);
		id
	}

	/// The name under which providers are found in the DHT: SHA-256 over a domain and all fields.
	pub fn name(&self) -> Hash {
		let mut hasher = Sha256::new();
		hasher.update(NAME);
		hasher.update(self.to_bytes());
		hasher.finalize().into()
	}
}

impl fmt::Display for ContentId {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		for byte in self.sha256 {
			write!(formatter, "{byte:02x}")?;
		}
		write!(formatter, " ({} bytes)", self.length)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn bytes_and_back() {
		let id = ContentId::of(b"some content");
		assert_eq!(ContentId::from_bytes(&id.to_bytes()), id);
		assert_eq!(id.encode(), id.to_bytes());
	}

	#[test]
	fn the_name_depends_on_every_field() {
		let id = ContentId::of(b"abc");
		let mut other = id;
		other.sha256[0] ^= 1;
		assert_ne!(id.name(), other.name());
		other = id;
		other.tree_root[31] ^= 1;
		assert_ne!(id.name(), other.name());
		other = id;
		other.length += 1;
		assert_ne!(id.name(), other.name());
	}

	#[test]
	fn sha256_is_that_of_the_standard() {
		let id = ContentId::of(b"abc");
		assert!(id
			.to_string()
			.starts_with("ba7816bf8f01cfea414140de5dae2223"));
	}
}
