//! `aci result`: fetch an output, check it, show it.

use super::job;
use crate::{context::Context, data, error::ClientError, names, output::Done, transfer::Channel};
use aci_primitives::{
	job::{JobOutput, PrivacyTier},
	model::ModelKind,
	Hash, JobId,
};
use serde_json::{json, Value};
use sha2::{Digest, Sha256};
use std::path::Path;

/// Numbers of an embedding that people are shown.
const SHOWN: usize = 8;

/// An output that was checked.
pub struct Output {
	/// The job.
	job: JobId,
	/// SHA-256 of what the worker handed in.
	sha256: Hash,
	/// The output, opened where it was private.
	bytes: Vec<u8>,
	/// What it is.
	kind: ModelKind,
}

/// Fetches and shows a job's output.
pub async fn run(context: &Context, id: &str, file: Option<&Path>) -> Result<Done, ClientError> {
	let output = fetch(context, names::job(id)?).await?;
	let text = match file {
		Some(path) => output.write(path)?.into_bytes(),
		None => output.text(),
	};
	Ok(Done {
		json: output.json(),
		text,
		exit_code: 0,
	})
}

/// Fetches a job's output and checks it against its receipt.
pub async fn fetch(context: &Context, id: JobId) -> Result<Output, ClientError> {
	let view = job::find(context, id).await?;
	let result = view.job.result.ok_or_else(|| {
		ClientError::NotFound(format!(
			"the job has no result: it is {:?}. `aci job` shows it",
			view.job.status
		))
	})?;
	let receipt = context.chain.receipt(id).await?.ok_or_else(|| {
		ClientError::NotFound("the job's receipt is no longer on the chain".into())
	})?;
	let bytes = match result.output {
		JobOutput::Inline(bytes) => bytes.into_inner(),
		JobOutput::Content(content) => {
			let channel = Channel::start(&context.data, None, None).await?;
			let fetched = channel.fetch(&content).await;
			channel.stop().await;
			fetched?
		}
	};
	let sha256 = Hash::from(<[u8; 32]>::from(Sha256::digest(&bytes)));
	if sha256 != receipt.receipt.output {
		return Err(ClientError::Verification(format!(
			"the output is not what the worker signed: it hashes to {}, the receipt says {}",
			names::hash(&sha256),
			names::hash(&receipt.receipt.output)
		)));
	}
	let bytes = match view.job.spec.privacy {
		PrivacyTier::Open => bytes,
		PrivacyTier::Sealed => open(context, id, bytes)?,
	};
	let model = context.chain.model(view.job.spec.model).await?;
	let kind = model.map_or(ModelKind::TextGeneration, |model| model.manifest.kind);
	Ok(Output {
		job: id,
		sha256,
		bytes,
		kind,
	})
}

/// Opens a private output; one that its client did not ask to be sealed is in the clear.
fn open(context: &Context, job: JobId, bytes: Vec<u8>) -> Result<Vec<u8>, ClientError> {
	let Some(secret) = data::reply_secret(&context.data, &job)? else {
		return Err(ClientError::NotFound(format!(
			"the output is encrypted, and its key is not in {}. Only the computer that ordered the \
			 job has it; --data names the folder",
			context.data.display()
		)));
	};
	aci_transfer::open(&bytes, &secret).map_err(|error| ClientError::Transfer(error.into()))
}

impl Output {
	/// For people: the text, or the beginning of the embedding.
	pub fn text(&self) -> Vec<u8> {
		let Some(numbers) = self.numbers() else {
			return self.bytes.clone();
		};
		let shown: Vec<_> = numbers.iter().take(SHOWN).map(f32::to_string).collect();
		let more = match numbers.len() > SHOWN {
			true => ", …",
			false => "",
		};
		format!("{} numbers: {}{more}", numbers.len(), shown.join(", ")).into_bytes()
	}

	/// The output as it is, opened where it was private.
	pub fn bytes(&self) -> &[u8] {
		&self.bytes
	}

	/// For programs.
	pub fn json(&self) -> Value {
		let mut value = json!({
			"job": names::hash(&self.job),
			"sha256": names::hash(&self.sha256),
			"length": self.bytes.len(),
		});
		let (name, content) = match (self.numbers(), std::str::from_utf8(&self.bytes)) {
			(Some(numbers), _) => ("embedding", json!(numbers)),
			(None, Ok(text)) => ("text", json!(text)),
			(None, Err(_)) => ("hex", json!(hex::encode(&self.bytes))),
		};
		if let Value::Object(fields) = &mut value {
			fields.insert(name.into(), content);
		}
		value
	}

	/// Writes the output to a file, as it is.
	pub fn write(&self, path: &Path) -> Result<String, ClientError> {
		std::fs::write(path, &self.bytes)
			.map_err(|error| ClientError::file(format!("writing {}", path.display()), error))?;
		Ok(format!(
			"{} bytes written to {}",
			self.bytes.len(),
			path.display()
		))
	}

	/// The numbers of an embedding: little-endian, 32 bits each.
	fn numbers(&self) -> Option<Vec<f32>> {
		let (numbers, rest) = self.bytes.as_chunks::<4>();
		let is_embedding = self.kind == ModelKind::Embedding && rest.is_empty();
		is_embedding.then(|| {
			numbers
				.iter()
				.map(|bytes| f32::from_le_bytes(*bytes))
				.collect()
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn output(kind: ModelKind, bytes: Vec<u8>) -> Output {
		Output {
			job: JobId::zero(),
			sha256: Hash::zero(),
			bytes,
			kind,
		}
	}

	#[test]
	fn a_text_is_given_as_it_is() {
		let output = output(ModelKind::TextGeneration, "four bytes äß".into());
		assert_eq!(output.text(), "four bytes äß".as_bytes());
		assert_eq!(output.json()["text"], "four bytes äß");
	}

	#[test]
	fn an_embedding_is_its_dimension_and_first_numbers_or_all_of_them() {
		let numbers: Vec<f32> = (0..10u8).map(|n| f32::from(n) / 2.0).collect();
		let bytes = numbers.iter().flat_map(|number| number.to_le_bytes());
		let output = output(ModelKind::Embedding, bytes.collect());
		let text = String::from_utf8(output.text()).expect("is text");
		assert_eq!(text, "10 numbers: 0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, …");
		assert_eq!(
			output.json()["embedding"].as_array().map(Vec::len),
			Some(10)
		);
	}

	#[test]
	fn bytes_that_are_no_text_are_given_in_hexadecimal() {
		let output = output(ModelKind::TextGeneration, vec![0xff, 0x00]);
		assert_eq!(output.json()["hex"], "ff00");
	}
}
