//! Binding, places and masks, and the bytes of a fingerprint. The format is the parent module's.

use alloc::{collections::BTreeSet, vec::Vec};

use aci_primitives::{domain::tagged_hash, Hash, JobId, ModelId};
use binary_merkle_tree::merkle_root_raw;
use sp_core::H256;
use sp_runtime::traits::BlakeTwo256;

use super::{
	field::{self, ORDER},
	Candidate, FingerprintError, Layout, Selection,
};
use crate::chacha;

/// The version byte.
pub const VERSION: u8 = 1;
/// Hash domain of the binding.
const BINDING: &[u8] = b"aci/fingerprint/1";
/// Hash domain of a chunk's key.
const CHUNK_KEY: &[u8] = b"aci/fingerprint-key/1";
/// Hash domain of a chunk in the root.
const CHUNK: &[u8] = b"aci/fingerprint-chunk/1";
/// Magnitudes of finite bfloat16 numbers: what a negative one is moved up by.
const MAGNITUDES: u16 = 0x7f80;

/// What a fingerprint is bound to: a hash over job, model and all tokens.
pub fn binding(job: &JobId, model: &ModelId, prompt: &[u32], output: &[u32]) -> H256 {
	tagged_hash(BINDING, &(job, model, prompt, output))
}

/// The key of a chunk's places and masks.
pub(super) struct ChunkKey([u32; 8]);

/// Where an index is read, and what hides its value.
pub(super) struct Place {
	pub(super) x: u16,
	pub(super) mask: u16,
}

impl ChunkKey {
	pub(super) fn new(binding: &H256, chunk: u32) -> Self {
		let hash = tagged_hash(CHUNK_KEY, &(binding, chunk));
		ChunkKey(chacha::key_words(hash.as_fixed_bytes()))
	}

	pub(super) fn place(&self, index: u32) -> Place {
		// The reduction of 64 bits to the field favours no element by more than 2^-48.
		let [a, b, c, d, ..] = chacha::block(&self.0, index, &[0; 3]);
		Place {
			x: field::reduce(u64::from(a) | u64::from(b) << 32),
			mask: field::reduce(u64::from(c) | u64::from(d) << 32),
		}
	}

	/// The entries of a chunk with their places: the first candidates that have one of their own.
	pub(super) fn entries<'a>(
		&'a self,
		candidates: &'a [Candidate],
		entries: u32,
	) -> impl Iterator<Item = (Candidate, Place)> + 'a {
		let mut taken = BTreeSet::new();
		candidates
			.iter()
			.map(|candidate| (*candidate, self.place(candidate.index)))
			.filter(move |(_, place)| taken.insert(place.x))
			.take(entries as usize)
	}
}

/// The element of a finite bfloat16.
fn element(value: u16) -> u16 {
	let magnitude = value & 0x7fff;
	if value == magnitude {
		magnitude
	} else {
		magnitude + MAGNITUDES
	}
}

/// Sign and magnitude of an element; `None` if it stands for no number.
pub(super) fn number(element: u16) -> Option<(bool, u16)> {
	if element < MAGNITUDES {
		return Some((false, element));
	}
	let magnitude = element - MAGNITUDES;
	// A negative zero is not written.
	(magnitude > 0 && magnitude < MAGNITUDES).then_some((true, magnitude))
}

/// A worker's commitment to the hidden states of one output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
	pub(crate) layout: Layout,
	pub(crate) chunks: Vec<Vec<u16>>,
}

impl Fingerprint {
	/// The fingerprint of the selected numbers under a [`binding`].
	pub fn new(binding: &H256, selection: &Selection) -> Self {
		let layout = selection.layout;
		let encode = |(chunk, candidates): (u32, &Vec<Candidate>)| {
			let entries = layout.entries(chunk);
			let points: Vec<(u16, u16)> = ChunkKey::new(binding, chunk)
				.entries(candidates, entries)
				.map(|(candidate, place)| {
					(place.x, field::plus(element(candidate.value), place.mask))
				})
				.collect();
			// The places are distinct by selection, so there is always a polynomial.
			let mut coefficients = field::interpolate(&points).unwrap_or_default();
			coefficients.resize(entries as usize, 0);
			coefficients
		};
		Fingerprint {
			layout,
			chunks: (0u32..).zip(&selection.chunks).map(encode).collect(),
		}
	}

	/// How the output is cut into chunks.
	pub fn layout(&self) -> Layout {
		self.layout
	}

	/// The bytes, [`Layout::encoded_length`] of them.
	pub fn encode(&self) -> Vec<u8> {
		let mut bytes = Vec::with_capacity(self.layout.encoded_length());
		bytes.push(VERSION);
		for coefficient in self.chunks.iter().flatten() {
			bytes.extend_from_slice(&coefficient.to_be_bytes());
		}
		bytes
	}

	/// Reads the fingerprint of an output with this layout.
	///
	/// Errors: [`FingerprintError::UnknownVersion`], [`FingerprintError::WrongLength`],
	/// [`FingerprintError::NotCanonical`].
	pub fn decode(bytes: &[u8], layout: Layout) -> Result<Self, FingerprintError> {
		let Some((&VERSION, mut rest)) = bytes.split_first() else {
			return Err(FingerprintError::UnknownVersion);
		};
		if bytes.len() != layout.encoded_length() {
			return Err(FingerprintError::WrongLength);
		}
		let mut chunks = Vec::with_capacity(layout.chunks() as usize);
		for chunk in 0..layout.chunks() {
			let length = 2 * layout.entries(chunk) as usize;
			let (own, after) = rest
				.split_at_checked(length)
				.ok_or(FingerprintError::WrongLength)?;
			rest = after;
			let coefficients: Vec<u16> = own
				.chunks_exact(2)
				.filter_map(|pair| Some(u16::from_be_bytes(pair.try_into().ok()?)))
				.collect();
			if coefficients.iter().any(|coefficient| *coefficient >= ORDER) {
				return Err(FingerprintError::NotCanonical);
			}
			chunks.push(coefficients);
		}
		Ok(Fingerprint { layout, chunks })
	}

	/// Root of the binary tree over the chunks' hashes (Blake2b-256; a node without a sibling moves up
	/// a level), so that a single chunk can be shown.
	pub fn chunks_root(&self) -> Hash {
		let leaves = (0u32..)
			.zip(&self.chunks)
			.map(|chunk| tagged_hash(CHUNK, &chunk));
		merkle_root_raw::<BlakeTwo256, _>(leaves)
	}
}
