//! `aci receipt --save`: the files by which anyone with the model can check a job's output.
//!
//! Input and output are compared with the receipt. The proof is compared with it by whoever checks,
//! since its root is over the tokens of the prompt; here its length is.

use super::job;
use crate::{context::Context, error::ClientError, names, transfer::Channel};
use aci_chain::case::{proof_name, CaseError};
use aci_poai::proof::Form;
use aci_primitives::{
	job::{Content, JobInput, JobOutput, PrivacyTier},
	BoundedBytes, BoundedList, Hash, JobId,
};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// The names of the files.
const RECEIPT: &str = "receipt";
const INPUT: &str = "input";
const OUTPUT: &str = "output";
const PROOF: &str = "proof";

/// Where data is fetched from.
type Locators = BoundedList<BoundedBytes<128>, 4>;

/// Writes receipt, input, output and, where there is one, proof of a job to a folder, and says which
/// files these are.
pub async fn save(
	context: &Context,
	id: JobId,
	folder: &Path,
) -> Result<Vec<PathBuf>, ClientError> {
	let case = context.chain.case(id).await.map_err(|error| match error {
		CaseError::Chain(error) => ClientError::Chain(error),
		other => ClientError::NotFound(other.to_string()),
	})?;
	if case.spec.privacy != PrivacyTier::Open {
		return Err(ClientError::Usage(
			"the job is private: what its receipt stands for is encrypted, and nobody else can \
			 check it"
				.into(),
		));
	}
	let receipt = &case.receipt.receipt;
	let output = job::find(context, id).await?.job.result;
	let output = output
		.ok_or_else(|| ClientError::NotFound("the job has no result any more".into()))?
		.output;
	let worker = context.chain.worker(&case.worker).await?;
	let endpoints = worker.map(|view| view.worker.endpoints).unwrap_or_default();
	let model = context.chain.model(receipt.model).await?;
	let model = model
		.ok_or_else(|| ClientError::NotFound("the model is not registered any more".into()))?;
	let form = Form::of(receipt, &model.manifest).map_err(|error| {
		ClientError::Verification(format!("the receipt's figures have no proof: {error}"))
	})?;

	let channel = Channel::start(&context.data, None, None).await?;
	let fetched = async {
		let input = match &case.spec.input {
			JobInput::Inline(bytes) => bytes.to_vec(),
			// The client served it while the job ran; its worker serves it on.
			JobInput::Content(content) => channel.fetch(&at(content, &endpoints)).await?,
		};
		let output = match &output {
			JobOutput::Inline(bytes) => bytes.to_vec(),
			JobOutput::Content(content) => channel.fetch(content).await?,
		};
		let proof = match receipt.proof_root == Hash::zero() {
			true => None,
			false => {
				let content = channel.find(proof_name(&id), &endpoints).await?;
				if content.length != form.encoded_length() as u64 {
					return Err(ClientError::Verification(format!(
						"what the worker serves as the proof has {} bytes, a proof of this receipt \
						 has {}",
						content.length,
						form.encoded_length()
					)));
				}
				Some(channel.fetch(&content).await?)
			}
		};
		Ok((input, output, proof))
	};
	let fetched = fetched.await;
	channel.stop().await;
	let (input, output, proof) = fetched?;
	for (name, bytes, stated) in [
		(INPUT, &input, receipt.input),
		(OUTPUT, &output, receipt.output),
	] {
		let found = Hash::from(<[u8; 32]>::from(Sha256::digest(bytes)));
		if found != stated {
			return Err(ClientError::Verification(format!(
				"the {name} hashes to {}, the receipt says {}",
				names::hash(&found),
				names::hash(&stated)
			)));
		}
	}

	let mut files = vec![(RECEIPT, case.to_bytes()), (INPUT, input), (OUTPUT, output)];
	files.extend(proof.map(|proof| (PROOF, proof)));
	std::fs::create_dir_all(folder)
		.map_err(|error| ClientError::file(format!("making {}", folder.display()), error))?;
	let mut written = Vec::new();
	for (name, bytes) in files {
		let path = folder.join(name);
		std::fs::write(&path, bytes)
			.map_err(|error| ClientError::file(format!("writing {}", path.display()), error))?;
		written.push(path);
	}
	Ok(written)
}

/// The same content, fetched from elsewhere.
fn at(content: &Content, locators: &Locators) -> Content {
	Content {
		locators: locators.clone(),
		..content.clone()
	}
}

/// How the files are checked.
pub fn advice(written: &[PathBuf]) -> String {
	let mut command = String::from("aci-worker verify --offline");
	for path in written {
		if let Some(name) = path.file_name() {
			command += &format!(" --{} {}", name.to_string_lossy(), path.display());
		}
	}
	command + " --model WEIGHTS"
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_advice_names_each_file_by_its_option() {
		let folder = Path::new("case");
		assert_eq!(
			advice(&[folder.join(RECEIPT), folder.join(PROOF)]),
			"aci-worker verify --offline --receipt case/receipt --proof case/proof --model WEIGHTS"
		);
	}
}
