//! What a worker keeps beside its output so that a verifier can check it, for each profile.
//!
//! | profile | the proof holds | bytes for each token |
//! | --- | --- | --- |
//! | exact | nothing: the output's hash is in the receipt | 0 |
//! | numeric | nothing: the output holds the numbers | 0 |
//! | sampled text | the output's tokens, the activation fingerprint | 2 or 3, and 8 |
//! | distribution | the output's tokens, for each the [`TOP`] likeliest with their probabilities | 2 or 3, and 32 or 40 |
//!
//! The receipt holds the proof's [*root*](Proof::root), the chain nothing else. The worker serves the
//! proof as it serves the output.
//!
//! # Why the tokens
//!
//! A text can be cut into tokens in more than one way, and a model's states and draws belong to one of
//! them. So the tokens are part of the proof, and the verifier checks that they spell the output
//! ([`crate::judgement::SampledText::spells_output`]).
//!
//! # Format
//!
//! One token is 2 bytes for a vocabulary of up to 2^16, else 3, big-endian. The tokens come first,
//! then for *sampled text* the [`Fingerprint`]'s bytes, for *distribution* the lists, each entry a
//! token and its probability in 2 bytes.
//!
//! # Guarantees
//!
//! 1. The length follows from the profile, the receipt's number of tokens and the model's manifest. It
//!    is checked before anything is allocated, and decoding takes time linear in it.
//! 2. One proof has one encoding: what decodes encodes to the same bytes.
//! 3. Decoded tokens are in the vocabulary; decoded lists pass [`TopTokens::check`].
//! 4. The root commits to the profile, the job, the model, the prompt's and the output's tokens and
//!    the proof's content, so a proof stands for one run alone.

use alloc::vec::Vec;

use aci_primitives::{
	domain::tagged_hash, proof::ProfileKind, Hash, JobId, ModelId, ModelManifest, Receipt,
};
use binary_merkle_tree::merkle_root_raw;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::H256;
use sp_runtime::traits::BlakeTwo256;

use crate::{
	compute::MAX_VOCABULARY,
	distribution::{DistributionError, TopTokens, TOP},
	fingerprint::{binding, Fingerprint, FingerprintError, Layout},
};

/// Hash domain of a proof's root.
const PROOF: &[u8] = b"aci/proof/1";
/// Hash domain of one place's list.
const LIST: &[u8] = b"aci/proof-list/1";
/// The largest vocabulary whose tokens take 2 bytes.
const SHORT_VOCABULARY: u32 = 1 << 16;

/// Why bytes are no proof.
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
pub enum ProofError {
	/// The vocabulary is empty or larger than any that the chain prices. Correct the manifest.
	#[codec(index = 0)]
	VocabularyOutOfRange,
	/// The length is not the one that follows from profile, tokens and model.
	#[codec(index = 1)]
	WrongLength,
	/// A token is outside the vocabulary.
	#[codec(index = 2)]
	UnknownToken,
	/// The fingerprint is none.
	#[codec(index = 3)]
	Fingerprint(FingerprintError),
	/// A list of likely tokens is none.
	#[codec(index = 4)]
	List(DistributionError),
}

impl core::fmt::Display for ProofError {
	fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		formatter.write_str(match self {
			ProofError::VocabularyOutOfRange => "the vocabulary is out of range",
			ProofError::WrongLength => "the proof has the wrong length",
			ProofError::UnknownToken => "a token of the proof is outside the vocabulary",
			ProofError::Fingerprint(error) => return error.fmt(formatter),
			ProofError::List(error) => return error.fmt(formatter),
		})
	}
}

impl core::error::Error for ProofError {}

impl From<FingerprintError> for ProofError {
	fn from(error: FingerprintError) -> Self {
		ProofError::Fingerprint(error)
	}
}

impl From<DistributionError> for ProofError {
	fn from(error: DistributionError) -> Self {
		ProofError::List(error)
	}
}

/// The figures from which a proof's form follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
	kind: ProfileKind,
	layout: Layout,
	vocabulary: u32,
}

impl Form {
	/// The form of a proof for this number of output tokens, width of the hidden state and vocabulary.
	///
	/// Errors: [`ProofError::VocabularyOutOfRange`] for a profile whose proof holds tokens, and those
	/// of [`Layout::new`].
	pub fn new(
		kind: ProfileKind,
		tokens: u32,
		hidden: u32,
		vocabulary: u32,
	) -> Result<Self, ProofError> {
		let holds_tokens = matches!(kind, ProfileKind::SampledText | ProfileKind::Distribution);
		if holds_tokens && (vocabulary == 0 || vocabulary > MAX_VOCABULARY) {
			return Err(ProofError::VocabularyOutOfRange);
		}
		Ok(Form {
			kind,
			layout: Layout::new(tokens, hidden)?,
			vocabulary,
		})
	}

	/// The form of the proof of a receipt.
	///
	/// Errors: those of [`Form::new`].
	pub fn of(receipt: &Receipt, manifest: &ModelManifest) -> Result<Self, ProofError> {
		Form::new(
			receipt.profile.kind,
			receipt.tokens_out,
			manifest.shape.hidden,
			manifest.shape.vocabulary,
		)
	}

	/// How the fingerprint cuts the output into chunks.
	pub fn layout(&self) -> Layout {
		self.layout
	}

	/// Bytes of one token.
	fn token_bytes(&self) -> usize {
		if self.vocabulary <= SHORT_VOCABULARY {
			2
		} else {
			3
		}
	}

	/// Bytes of one place's list.
	fn list_bytes(&self) -> usize {
		TopTokens::count(self.vocabulary) * (self.token_bytes() + 2)
	}

	/// Bytes of the proof.
	pub fn encoded_length(&self) -> usize {
		let tokens = self.layout.tokens() as usize;
		match self.kind {
			ProfileKind::Exact | ProfileKind::Numeric => 0,
			ProfileKind::SampledText => tokens * self.token_bytes() + self.layout.encoded_length(),
			ProfileKind::Distribution => tokens * (self.token_bytes() + self.list_bytes()),
		}
	}

	fn push_token(&self, bytes: &mut Vec<u8>, token: u32) {
		let token = token.to_be_bytes();
		bytes.extend(token.iter().skip(token.len() - self.token_bytes()));
	}

	/// Takes the next token off the front of `bytes`.
	fn take_token(&self, bytes: &mut &[u8]) -> Result<u32, ProofError> {
		let (token, rest) = bytes
			.split_at_checked(self.token_bytes())
			.ok_or(ProofError::WrongLength)?;
		*bytes = rest;
		let token = token
			.iter()
			.fold(0u32, |token, byte| token << 8 | u32::from(*byte));
		if token >= self.vocabulary {
			return Err(ProofError::UnknownToken);
		}
		Ok(token)
	}
}

/// A proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
	/// Of the exact and the numeric profile: the receipt and the output hold all.
	Empty,
	/// Of the sampled-text profile.
	SampledText {
		/// The output's tokens, the end token included.
		tokens: Vec<u32>,
		/// What the worker commits to of its hidden states.
		fingerprint: Fingerprint,
	},
	/// Of the distribution profile.
	Distribution {
		/// The output's tokens, the end token included.
		tokens: Vec<u32>,
		/// For each token the likeliest ones of its place.
		lists: Vec<TopTokens>,
	},
}

impl Proof {
	/// The output's tokens; none where the proof holds none.
	pub fn tokens(&self) -> &[u32] {
		match self {
			Proof::Empty => &[],
			Proof::SampledText { tokens, .. } | Proof::Distribution { tokens, .. } => tokens,
		}
	}

	/// The bytes, for a proof of this form.
	pub fn encode(&self, form: &Form) -> Vec<u8> {
		let mut bytes = Vec::with_capacity(form.encoded_length());
		for token in self.tokens() {
			form.push_token(&mut bytes, *token);
		}
		match self {
			Proof::Empty => {}
			Proof::SampledText { fingerprint, .. } => bytes.extend(fingerprint.encode()),
			Proof::Distribution { lists, .. } => {
				for (token, probability) in lists.iter().flat_map(|list| &list.0) {
					form.push_token(&mut bytes, *token);
					bytes.extend(probability.to_be_bytes());
				}
			}
		}
		bytes
	}

	/// Reads a proof of this form.
	///
	/// Errors: [`ProofError::WrongLength`], [`ProofError::UnknownToken`],
	/// [`ProofError::Fingerprint`], [`ProofError::List`].
	pub fn decode(bytes: &[u8], form: &Form) -> Result<Self, ProofError> {
		if bytes.len() != form.encoded_length() {
			return Err(ProofError::WrongLength);
		}
		if matches!(form.kind, ProfileKind::Exact | ProfileKind::Numeric) {
			return Ok(Proof::Empty);
		}
		let mut rest = bytes;
		// As many as the length has been found to hold.
		let tokens = (0..form.layout.tokens())
			.map(|_| form.take_token(&mut rest))
			.collect::<Result<Vec<u32>, ProofError>>()?;
		if form.kind == ProfileKind::SampledText {
			let fingerprint = Fingerprint::decode(rest, form.layout)?;
			return Ok(Proof::SampledText {
				tokens,
				fingerprint,
			});
		}
		let mut lists = Vec::with_capacity(tokens.len());
		for _ in &tokens {
			let mut list = Vec::with_capacity(TOP);
			for _ in 0..TopTokens::count(form.vocabulary) {
				let token = form.take_token(&mut rest)?;
				let (probability, after) =
					rest.split_first_chunk().ok_or(ProofError::WrongLength)?;
				rest = after;
				list.push((token, u16::from_be_bytes(*probability)));
			}
			let list = TopTokens(list);
			list.check(form.vocabulary)?;
			lists.push(list);
		}
		Ok(Proof::Distribution { tokens, lists })
	}

	/// The root that the receipt commits to: zero for a proof that holds nothing.
	///
	/// `prompt` are the tokens that the model was fed before the first draw.
	pub fn root(&self, job: &JobId, model: &ModelId, prompt: &[u32]) -> H256 {
		let (kind, content): (ProfileKind, Hash) = match self {
			Proof::Empty => return H256::zero(),
			Proof::SampledText { fingerprint, .. } => {
				(ProfileKind::SampledText, fingerprint.chunks_root())
			}
			Proof::Distribution { lists, .. } => {
				let leaves = (0u32..)
					.zip(lists)
					.map(|(place, list)| tagged_hash(LIST, &(place, &list.0)));
				(
					ProfileKind::Distribution,
					merkle_root_raw::<BlakeTwo256, _>(leaves),
				)
			}
		};
		let binding = binding(job, model, prompt, self.tokens());
		tagged_hash(PROOF, &(kind, binding, content))
	}
}
