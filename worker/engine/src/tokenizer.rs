//! Text to tokens and back.
//!
//! *Text models.* The tokenizer is built from the GGUF metadata explicitly: byte-level BPE with
//! the file's vocabulary and merges, every numeric character on its own, no space put before the
//! text, the GPT-2 split, and the tokens of type 3 as control tokens. candle's own reader of GGUF
//! tokenizers treats `smollm` as its default, which does put a space before the text: it gives
//! other, wrong tokens for the same words.
//!
//! *Encoders.* `tokenizer.json` as it is, with its own truncation and without its padding: one
//! text is one row, so padding would only add work.
//!
//! Guarantees
//! 1. `decode(encode(text)) == text` for text without control tokens.
//! 2. Control tokens decode to nothing.
//! 3. A tokenizer of a kind that is not known is refused.
//! 4. No file makes this module panic, whatever is in it.

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::Path;

use tokenizers::decoders::byte_level::ByteLevel;
use tokenizers::models::bpe::{Vocab, BPE};
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::{AddedToken, Tokenizer};

use crate::error::{EngineError, Result};
use crate::gguf::Gguf;
use crate::model::read;
use crate::utf8::Utf8Decoder;

/// `tokenizer.ggml.token_type` of a control token.
const TYPE_CONTROL: u64 = 3;

fn failed(error: impl std::fmt::Display) -> EngineError {
	EngineError::Tokenizer(error.to_string())
}

/// The tokenizer of a text model.
pub struct TextTokenizer {
	tokenizer: Tokenizer,
	/// The bytes of every token; empty for control tokens.
	bytes: Vec<Vec<u8>>,
	/// Put before every prompt, if the model asks for it.
	start: Option<u32>,
	/// Ends the output.
	end: u32,
}

impl TextTokenizer {
	/// Builds the tokenizer from the metadata of a GGUF file.
	///
	/// # Errors
	///
	/// [`EngineError::Tokenizer`] for kinds other than `gpt2` with the splits `smollm` or
	/// `gpt-2`; [`EngineError::MalformedModel`] for metadata that contradicts itself.
	pub(crate) fn from_gguf(gguf: &Gguf) -> Result<Self> {
		let model = gguf.string("tokenizer.ggml.model")?;
		let split = gguf.string("tokenizer.ggml.pre")?;
		let single_digits = match (model, split) {
			("gpt2", "smollm") => true,
			("gpt2", "gpt-2") => false,
			_ => {
				return Err(EngineError::Tokenizer(format!(
					"{} has a tokenizer of model {model} and split {split}; supported are gpt2 \
					 with smollm or gpt-2",
					gguf.path.display()
				)))
			}
		};
		let tokens = gguf.strings("tokenizer.ggml.tokens")?;
		let types = gguf.integers("tokenizer.ggml.token_type")?;
		if types.len() != tokens.len() {
			return Err(gguf.malformed("tokens and token types differ in number"));
		}
		let merges = gguf
			.strings("tokenizer.ggml.merges")?
			.into_iter()
			.map(|merge| {
				merge
					.split_once(' ')
					.map(|(left, right)| (left.to_owned(), right.to_owned()))
					.ok_or_else(|| gguf.malformed(format!("merge {merge:?} has no two parts")))
			})
			.collect::<Result<Vec<_>>>()?;
		let vocabulary: Vocab = tokens
			.iter()
			.zip(0u32..)
			.map(|(token, id)| ((*token).to_owned(), id))
			.collect();
		if vocabulary.len() != tokens.len() {
			return Err(gguf.malformed("a token is listed twice"));
		}
		let bpe = BPE::builder()
			.vocab_and_merges(vocabulary, merges)
			.build()
			.map_err(failed)?;
		let mut tokenizer = Tokenizer::new(bpe);
		let byte_level = ByteLevel::new(false, true, true);
		tokenizer.with_pre_tokenizer(Some(if single_digits {
			Sequence::new(vec![Digits::new(true).into(), byte_level.into()])
		} else {
			Sequence::new(vec![byte_level.into()])
		}));
		let control = tokens
			.iter()
			.zip(&types)
			.filter(|(_, kind)| **kind == TYPE_CONTROL)
			.map(|(token, _)| AddedToken::from(*token, true).normalized(false));
		tokenizer.add_special_tokens(control).map_err(failed)?;

		let alphabet = byte_alphabet();
		let bytes = tokens
			.iter()
			.zip(&types)
			.map(|(token, kind)| match *kind {
				TYPE_CONTROL => Ok(Vec::new()),
				_ => token
					.chars()
					.map(|letter| alphabet.iter().position(|other| *other == letter))
					.map(|byte| byte.map(|byte| byte as u8))
					.collect::<Option<Vec<u8>>>()
					.ok_or_else(|| gguf.malformed(format!("token {token:?} is not byte-level"))),
			})
			.collect::<Result<Vec<_>>>()?;

		let in_vocabulary = |id: u32| {
			if (id as usize) < tokens.len() {
				Ok(id)
			} else {
				Err(gguf.malformed(format!("special token {id} is outside the vocabulary")))
			}
		};
		let start = if gguf.flag("tokenizer.ggml.add_bos_token")? {
			Some(in_vocabulary(gguf.integer("tokenizer.ggml.bos_token_id")?)?)
		} else {
			None
		};
		let end = in_vocabulary(gguf.integer("tokenizer.ggml.eos_token_id")?)?;
		Ok(Self {
			tokenizer,
			bytes,
			start,
			end,
		})
	}

	/// The tokens of `text`. Text that spells a control token becomes that token.
	///
	/// # Errors
	///
	/// [`EngineError::Tokenizer`].
	pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
		let encoding = self.tokenizer.encode_fast(text, false).map_err(failed)?;
		Ok(self
			.start
			.iter()
			.chain(encoding.get_ids())
			.copied()
			.collect())
	}

	/// The bytes of a token: part of a character, one, or several; none for control tokens.
	///
	/// # Errors
	///
	/// [`EngineError::UnknownToken`].
	pub fn token_bytes(&self, token: u32) -> Result<&[u8]> {
		self.bytes
			.get(token as usize)
			.map(Vec::as_slice)
			.ok_or(EngineError::UnknownToken {
				token,
				vocabulary: self.bytes.len(),
			})
	}

	/// The text of `tokens`; bytes that are no character become U+FFFD.
	///
	/// # Errors
	///
	/// [`EngineError::UnknownToken`].
	pub fn decode(&self, tokens: &[u32]) -> Result<String> {
		let mut decoder = Utf8Decoder::default();
		let mut text = String::new();
		for token in tokens {
			text += &decoder.push(self.token_bytes(*token)?);
		}
		Ok(text + &decoder.finish())
	}

	/// The token that ends an output.
	pub fn end_token(&self) -> u32 {
		self.end
	}

	/// Number of tokens.
	pub fn vocabulary(&self) -> usize {
		self.bytes.len()
	}
}

/// The letter that byte-level vocabularies write for each byte: printable Latin-1 characters
/// stand for themselves, the others follow from U+0100 in order.
fn byte_alphabet() -> [char; 256] {
	let mut next = 0x100u32;
	std::array::from_fn(|byte| {
		let code = match byte {
			0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff => byte as u32,
			_ => {
				next += 1;
				next - 1
			}
		};
		char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
	})
}

/// Runs code of the tokenizers' crate over what a file says. It panics at some faults of a file: at JSON
/// that breaks off inside of some parts, at a template of tokens that are not listed.
fn contained<T>(run: impl FnOnce() -> Result<T>) -> Result<T> {
	catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
		Err(failed(
			"tokenizer.json contradicts itself; get the model's own file again",
		))
	})
}

/// The tokenizer of an encoder.
pub struct EncoderTokenizer {
	tokenizer: Tokenizer,
}

impl EncoderTokenizer {
	/// Reads `tokenizer.json`; texts are cut at the file's own length or at `context` tokens,
	/// whichever is less.
	///
	/// # Errors
	///
	/// [`EngineError::MissingFile`], [`EngineError::Io`], [`EngineError::Tokenizer`].
	pub(crate) fn from_file(path: &Path, context: usize) -> Result<Self> {
		let bytes = read(path)?;
		let mut tokenizer = contained(|| Tokenizer::from_bytes(bytes).map_err(failed))?;
		tokenizer.with_padding(None);
		let mut truncation = tokenizer.get_truncation().cloned().unwrap_or_default();
		truncation.max_length = truncation.max_length.min(context);
		tokenizer
			.with_truncation(Some(truncation))
			.map_err(failed)?;
		Ok(Self { tokenizer })
	}

	/// The tokens of `text` with the encoder's own start and end tokens.
	///
	/// # Errors
	///
	/// [`EngineError::Tokenizer`].
	pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
		contained(|| {
			let encoding = self.tokenizer.encode_fast(text, true).map_err(failed)?;
			Ok(encoding.get_ids().to_vec())
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn byte_alphabet_is_the_crates_and_has_no_letter_twice() {
		let alphabet = byte_alphabet();
		let set: std::collections::BTreeSet<char> = alphabet.into_iter().collect();
		let theirs: std::collections::BTreeSet<char> = ByteLevel::alphabet().into_iter().collect();
		assert_eq!(set.len(), 256);
		assert_eq!(set, theirs);
		assert_eq!(alphabet[usize::from(b' ')], 'Ġ');
		assert_eq!(alphabet[usize::from(b'\n')], 'Ċ');
		assert_eq!(alphabet[usize::from(b'A')], 'A');
	}
}
