//! Activation fingerprints: a worker commits to the largest numbers of its last hidden states, and a
//! verifier compares them with the hidden states that it recomputes.
//!
//! A different model, a quantised one, an edited prompt or a different text gives other hidden
//! states. Rounding of other hardware moves only the last places of the numbers.
//!
//! # What is committed to
//!
//! *State* `i` is the hidden state after the last norm from which output token `i` was drawn: a
//! vector of `hidden` numbers. The states of an output are cut into *chunks* of [`CHUNK_TOKENS`]; the
//! last chunk takes the rest and so has up to 63. A chunk's numbers get an *index*, state within the
//! chunk × `hidden` + dimension, and are rounded to bfloat16. Of each chunk the
//! [`ENTRIES_PER_TOKEN`] × tokens numbers of largest magnitude are the *entries*, at least
//! [`LEAST_ENTRIES`], of equal magnitudes the lower index first.
//!
//! # Encoding
//!
//! The field has `p = 65,521` elements, the largest prime below 2^16. A finite bfloat16 is the
//! element `magnitude + 32,640 × sign`, below 65,280. The *binding* is a hash over job, model, prompt
//! tokens and output tokens; a chunk's key is a hash over binding and chunk number. Under that key
//! each index has a *place* `x` and a *mask* `m` in the field, by ChaCha20 with the index as counter.
//! Of entries with one place the first counts; the next ones in order of magnitude fill up. The chunk
//! is the polynomial of degree below the number of entries through all `(x, value + m)`, by its
//! coefficients from the constant one upward, two bytes each, big-endian. A fingerprint is one version
//! byte and its chunks.
//!
//! # Comparison
//!
//! The verifier selects the entries of its own states, reads the polynomial at their places and takes
//! the masks off. An entry is *mismatched* when what it reads is no number, has another sign, or is
//! away by 128 units in the last place (one binade) or more. Of the others it counts the distance in
//! units in the last place.
//!
//! # Guarantees
//!
//! 1. *Size.* `1 + 8 n` bytes for `n ≥ 8` tokens of a model with `hidden ≥ 4`; at most 65 bytes below.
//!    So at most 8.06 bytes a token from 17 tokens on; below, the version byte (and below 8 tokens
//!    the least number of entries) weighs more: 8.125 bytes a token at 8, 65 bytes at one.
//! 2. *Binding.* A fingerprint read under the binding of another job, model, prompt or output gives
//!    uniformly distributed values: each entry matches with probability below 0.004, whatever the
//!    states are, in the model where ChaCha20 is a random function.
//! 3. *Nothing matches everything.* Places and masks are fixed by the binding. A polynomial of degree
//!    below `k` takes wanted values at `k` places of its author's choice and at the others each with
//!    probability about 1/p; so to match, the author must know which numbers are the largest and how
//!    large. There is no modulus to choose, no repeated place, no index left out by construction.
//! 4. *Bounded decoding.* The length follows from the number of tokens and is checked before
//!    anything is allocated; every coefficient must be an element. One output has one encoding.
//! 5. Numbers that are not finite are errors of whoever computed them, never entries.
//!
//! # Limits
//!
//! * A model whose largest numbers sit at known dimensions with nearly constant values tells less.
//!   The calibration shows for each model what its thresholds can tell apart.
//! * Activations say nothing about how the tokens were drawn. [`crate::margin`] does.
//!
//! # Origin and deviations
//!
//! The idea, the number of entries (128 for 32 tokens) and the statistics are those of the published
//! locality-sensitive fingerprint TOPLOC. The encoding is our own: the sign is kept; the binding
//! replaces the modulus that is there chosen by the prover and stored with each chunk; every finite
//! number has its own element; distances run on across powers of two; the rest of an output joins the
//! last chunk, so that no chunk is too short to judge; the prompt has no chunk of its own, since
//! the states of the output depend on all of it.

mod comparison;
mod encoding;
pub mod field;
mod selection;

pub use comparison::{compare, ChunkStatistics};
pub use encoding::{binding, Fingerprint, VERSION};
pub use selection::{Candidate, Selection, Selector};

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::compute::{MAX_CONTEXT, MAX_HIDDEN};

/// Tokens of a chunk, except the last one.
pub const CHUNK_TOKENS: u32 = 32;
/// Entries for each token.
pub const ENTRIES_PER_TOKEN: u32 = 4;
/// Fewest entries of a chunk, where the chunk has as many numbers.
pub const LEAST_ENTRIES: u32 = 32;
/// Most entries of a chunk.
pub const MAX_ENTRIES: u32 = ENTRIES_PER_TOKEN * (2 * CHUNK_TOKENS - 1);

/// Why a fingerprint cannot be made, read or compared.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum FingerprintError {
	/// The width of the hidden state is zero or beyond what the chain prices. Correct the manifest.
	#[codec(index = 0)]
	HiddenOutOfRange,
	/// The output has more tokens than any model's context.
	#[codec(index = 1)]
	TooManyTokens,
	/// A state has another width than the model. The engine and the manifest disagree.
	#[codec(index = 2)]
	WrongWidth,
	/// A state holds a number that is not finite or too large. Check the weights, then the device.
	#[codec(index = 3)]
	NotFinite,
	/// The version byte is missing or unknown. The worker's program is newer, or the proof is damaged.
	#[codec(index = 4)]
	UnknownVersion,
	/// The length is not the one that follows from the number of tokens.
	#[codec(index = 5)]
	WrongLength,
	/// A coefficient is not an element of the field.
	#[codec(index = 6)]
	NotCanonical,
	/// Fingerprint and states are of outputs of different length or of models of different width.
	#[codec(index = 7)]
	DifferentLayout,
}

impl core::fmt::Display for FingerprintError {
	fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		formatter.write_str(match self {
			FingerprintError::HiddenOutOfRange => "the width of the hidden state is out of range",
			FingerprintError::TooManyTokens => "the output has more tokens than any context",
			FingerprintError::WrongWidth => "a hidden state has another width than the model",
			FingerprintError::NotFinite => "a hidden state holds a number that is not finite",
			FingerprintError::UnknownVersion => "the fingerprint's version is unknown",
			FingerprintError::WrongLength => "the fingerprint has the wrong length",
			FingerprintError::NotCanonical => "a coefficient is not an element of the field",
			FingerprintError::DifferentLayout => "fingerprint and states differ in tokens or width",
		})
	}
}

impl core::error::Error for FingerprintError {}

/// How an output is cut into chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
	tokens: u32,
	hidden: u32,
}

impl Layout {
	/// The layout of an output with this many tokens, of a model with this width.
	///
	/// Errors: [`FingerprintError::HiddenOutOfRange`], [`FingerprintError::TooManyTokens`].
	pub fn new(tokens: u32, hidden: u32) -> Result<Self, FingerprintError> {
		if hidden == 0 || hidden > MAX_HIDDEN {
			return Err(FingerprintError::HiddenOutOfRange);
		}
		if tokens > MAX_CONTEXT {
			return Err(FingerprintError::TooManyTokens);
		}
		Ok(Layout { tokens, hidden })
	}

	/// Tokens of the output.
	pub fn tokens(&self) -> u32 {
		self.tokens
	}

	/// Width of a state.
	pub fn hidden(&self) -> u32 {
		self.hidden
	}

	/// The number of chunks: none without tokens.
	pub fn chunks(&self) -> u32 {
		(self.tokens / CHUNK_TOKENS).max(u32::from(self.tokens > 0))
	}

	/// Tokens of the chunk with this number; 0 beyond the last one.
	pub fn chunk_tokens(&self, chunk: u32) -> u32 {
		let chunks = self.chunks();
		if chunk >= chunks {
			0
		} else if chunk + 1 == chunks {
			// The chunks before it have at most all tokens.
			self.tokens - chunk * CHUNK_TOKENS
		} else {
			CHUNK_TOKENS
		}
	}

	/// Entries of the chunk with this number, at most [`MAX_ENTRIES`].
	pub fn entries(&self, chunk: u32) -> u32 {
		let tokens = self.chunk_tokens(chunk);
		// At most 63 × 2^17 numbers.
		(tokens * ENTRIES_PER_TOKEN)
			.max(LEAST_ENTRIES)
			.min(tokens * self.hidden)
	}

	/// Bytes of a fingerprint.
	pub fn encoded_length(&self) -> usize {
		let entries: usize = (0..self.chunks())
			.map(|chunk| self.entries(chunk) as usize)
			.sum();
		1 + 2 * entries
	}
}
