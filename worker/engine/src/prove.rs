//! Proofs of runs: what the worker keeps beside an output so that a verifier can check it (§3.3 of
//! the paper). The formats are [`aci_poai::proof`]'s; this module fills them while a model runs.
//!
//! Guarantees
//! 1. For sampled text the proof holds the output's tokens and the fingerprint of the hidden states
//!    that the engine reported, each the state from which its token was chosen. It is bound to job,
//!    model, prompt tokens and output tokens.
//! 2. Memory is bounded by the number of tokens, not by the width of the states.
//! 3. The bytes decode to the proof under the form that follows from the output, and the root is
//!    that proof's.
//! 4. The exact and the numeric profile have the empty proof and the root zero: the output itself,
//!    or its numbers, are what is compared.
//!
//! Deviation: the distribution profile needs the logits of every place, which the engine does not
//! report while it generates. It is refused before the run.

use aci_poai::fingerprint::{binding, Fingerprint, FingerprintError, Selector};
use aci_poai::proof::{Form, Proof, ProofError};
use aci_primitives::proof::ProfileKind;
use sp_core::H256;

use crate::job::Progress;
use crate::model::ModelHash;

/// Why a run has no proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProveError {
	/// Nobody makes proofs of this profile yet.
	#[error("proofs of the profile {0:?} are not made: decline the job, or order another profile")]
	Unsupported(ProfileKind),
	/// The states are none that a fingerprint can be made of.
	#[error("the run has no fingerprint: {0}")]
	Fingerprint(#[from] FingerprintError),
	/// The figures of the model give no form.
	#[error("the run has no proof: {0}")]
	Proof(#[from] ProofError),
	/// The engine reported other tokens than its outcome has.
	#[error(
		"the engine reported {reported} tokens and its outcome has {stated}: this is a fault of the \
		 engine"
	)]
	OtherTokens {
		/// Tokens that were reported.
		reported: usize,
		/// Tokens of the outcome.
		stated: usize,
	},
}

/// A proof as it is kept and served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
	/// What the receipt commits to.
	pub root: H256,
	/// What a verifier reads; empty for a profile whose proof holds nothing.
	pub bytes: Vec<u8>,
}

/// Collects what the proof of one run needs; see the module.
pub struct Prover {
	kind: ProfileKind,
	hidden: u32,
	vocabulary: u32,
	/// For sampled text: the states so far, and the tokens chosen from them.
	states: Option<Result<Selector, FingerprintError>>,
	tokens: Vec<u32>,
}

impl Prover {
	/// A collector for a run under this profile, of a model of this width and vocabulary.
	///
	/// # Errors
	///
	/// [`ProveError::Unsupported`], [`ProveError::Fingerprint`] and [`ProveError::Proof`] for figures
	/// out of range.
	pub fn new(kind: ProfileKind, hidden: u32, vocabulary: u32) -> Result<Self, ProveError> {
		let states = match kind {
			ProfileKind::Exact | ProfileKind::Numeric => None,
			ProfileKind::SampledText => {
				Form::new(kind, 0, hidden, vocabulary)?;
				Some(Ok(Selector::new(hidden)?))
			}
			ProfileKind::Distribution => return Err(ProveError::Unsupported(kind)),
		};
		Ok(Self {
			kind,
			hidden,
			vocabulary,
			states,
			tokens: Vec::new(),
		})
	}

	/// Takes up what the engine reports. A state that cannot be taken is an error of [`Self::finish`]:
	/// the run goes on.
	pub fn take(&mut self, progress: &Progress<'_>) {
		let (Some(states), Progress::Token { id, hidden, .. }) = (&mut self.states, progress)
		else {
			return;
		};
		self.tokens.push(*id);
		if let Ok(selector) = states {
			if let Err(error) = selector.push(hidden.iter().map(|number| number.to_bits())) {
				*states = Err(error);
			}
		}
	}

	/// The proof of the run, whose prompt and outcome had these tokens.
	///
	/// # Errors
	///
	/// [`ProveError::Fingerprint`], [`ProveError::Proof`], [`ProveError::OtherTokens`].
	pub fn finish(
		self,
		job: &H256,
		model: &ModelHash,
		prompt: &[u32],
		tokens: &[u32],
	) -> Result<Proven, ProveError> {
		let model = H256(model.0);
		let Some(states) = self.states else {
			return Ok(Proven {
				root: Proof::Empty.root(job, &model, prompt),
				bytes: Vec::new(),
			});
		};
		if self.tokens != tokens {
			return Err(ProveError::OtherTokens {
				reported: self.tokens.len(),
				stated: tokens.len(),
			});
		}
		let selection = states?.finish()?;
		let form = Form::new(
			self.kind,
			u32::try_from(tokens.len()).map_err(|_| FingerprintError::TooManyTokens)?,
			self.hidden,
			self.vocabulary,
		)?;
		let fingerprint = Fingerprint::new(&binding(job, &model, prompt, tokens), &selection);
		let proof = Proof::SampledText {
			tokens: self.tokens,
			fingerprint,
		};
		Ok(Proven {
			root: proof.root(job, &model, prompt),
			bytes: proof.encode(&form),
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const MODEL: ModelHash = ModelHash([2; 32]);

	fn token(id: u32, hidden: &[f32]) -> Progress<'_> {
		Progress::Token {
			index: 0,
			id,
			text: "",
			hidden,
		}
	}

	fn prove(prompt: &[u32], states: &[[f32; 16]]) -> Result<Proven, ProveError> {
		let mut prover = Prover::new(ProfileKind::SampledText, 16, 100)?;
		let tokens: Vec<u32> = (0..states.len() as u32).collect();
		for (id, state) in tokens.iter().zip(states) {
			prover.take(&Progress::Prefill { done: 0, total: 1 });
			prover.take(&token(*id, state));
		}
		prover.finish(&H256::repeat_byte(1), &MODEL, prompt, &tokens)
	}

	fn states(count: usize) -> Vec<[f32; 16]> {
		(0..count)
			.map(|place| core::array::from_fn(|d| (place * 31 + d * 7) as f32 % 17.0 - 8.5))
			.collect()
	}

	#[test]
	fn the_bytes_decode_to_the_proof_of_the_root() {
		let proven = prove(&[1, 2], &states(40)).unwrap();
		let form = Form::new(ProfileKind::SampledText, 40, 16, 100).unwrap();
		let proof = Proof::decode(&proven.bytes, &form).unwrap();
		let root = |prompt: &[u32]| proof.root(&H256::repeat_byte(1), &H256(MODEL.0), prompt);
		assert_eq!(root(&[1, 2]), proven.root);
		assert_ne!(root(&[1, 3]), proven.root, "bound to the prompt");
		assert_eq!(proof.tokens(), (0..40).collect::<Vec<u32>>());
	}

	#[test]
	fn profiles_that_compare_the_output_itself_have_the_empty_proof() {
		for kind in [ProfileKind::Exact, ProfileKind::Numeric] {
			let mut prover = Prover::new(kind, 16, 0).unwrap();
			prover.take(&token(5, &[f32::NAN]));
			let proven = prover.finish(&H256::zero(), &MODEL, &[1], &[5]).unwrap();
			assert_eq!((proven.root, proven.bytes), (H256::zero(), Vec::new()));
		}
	}

	#[test]
	fn what_cannot_be_proved_is_an_error_and_not_a_wrong_proof() {
		assert_eq!(
			Prover::new(ProfileKind::Distribution, 16, 100).err(),
			Some(ProveError::Unsupported(ProfileKind::Distribution))
		);
		let mut broken = states(3);
		broken[1][4] = f32::INFINITY;
		assert_eq!(
			prove(&[1], &broken),
			Err(ProveError::Fingerprint(FingerprintError::NotFinite))
		);
		let mut prover = Prover::new(ProfileKind::SampledText, 16, 100).unwrap();
		prover.take(&token(1, &states(1)[0]));
		assert_eq!(
			prover.finish(&H256::zero(), &MODEL, &[1], &[1, 2]),
			Err(ProveError::OtherTokens {
				reported: 1,
				stated: 2
			})
		);
	}
}
