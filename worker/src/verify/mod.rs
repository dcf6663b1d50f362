//! `aci-worker verify`: whether a finished job's output is what its model gives.
//!
//! A verifier has the case (`aci_chain::case`), the input, the output and the proof in files, and
//! the model. `aci receipt JOB --save FOLDER` writes these files.
//!
//! # What is checked, in this order
//!
//! 1. The receipt's job is the order in the case, and chain and session key are those that the caller
//!    expects, where it says so.
//! 2. Input and output hash to what the receipt says; the model's file too.
//! 3. Level 1: the signature, the operations, the time and the memory (`aci_poai::level1`).
//! 4. The profile's check (`aci_engine::check`).
//!
//! The first that does not hold ends the check.
//!
//! # What it guarantees
//!
//! 1. Of each file no more is read than its bound: a case's, the chain's for inputs and outputs, and
//!    for the proof the length that follows from the receipt.
//! 2. Files that are none of what they should be, and the verifier's own faults, are a
//!    [`VerifyError`], never a failure of the worker.
//! 3. Every step is said in words, with the numbers that decided.
//!
//! # What it assumes
//!
//! What the case says of genesis, class and session key. The model's figures are those of its file.
//!
//! # Exit status
//!
//! 0 passed; 1 failed; 2 wrong arguments or files, or the check could not be made; 3 the check says
//! nothing, for example of an output that is too short.

mod command;
#[cfg(test)]
mod tests;

pub(crate) use command::{run, VerifyOptions};

use crate::{
	models::{chain_manifest, ModelError},
	work::task,
};
use aci_chain::case::{Case, CaseError, MAX_CASE_BYTES};
use aci_engine::{
	check::{check, CheckError, Claim, Finding, Report},
	CandleEngine, EngineError, EngineOptions, ModelFile, ModelHash,
};
use aci_poai::{
	check_receipt,
	judgement::{Doubt, Judgement},
	proof::{Form, ProofError},
	thresholds::{
		file::{self, FileError},
		Thresholds,
	},
	verify_ed25519, Expected,
};
use aci_primitives::{
	job::{PrivacyTier, MAX_CONTENT},
	proof::{Outcome, ProfileKind},
	Hash,
};
use sha2::{Digest, Sha256};
use sp_core::{ed25519, H256};
use std::{
	fs::File,
	io::{self, Read},
	path::{Path, PathBuf},
};

/// What is to be verified, and by what.
#[derive(Clone, Debug)]
pub struct Files {
	/// The case.
	pub receipt: PathBuf,
	/// The input, as it was ordered.
	pub input: PathBuf,
	/// The output, as it was handed in.
	pub output: PathBuf,
	/// The proof; not read for profiles whose proof is empty.
	pub proof: Option<PathBuf>,
	/// The model's weights.
	pub model: PathBuf,
	/// The thresholds; those that this program ships where none are given.
	pub thresholds: Option<PathBuf>,
}

/// What the caller knows from elsewhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known {
	/// The hash of the chain's block 0.
	pub genesis: Option<Hash>,
	/// The worker's session key.
	pub session_key: Option<ed25519::Public>,
}

/// Why nothing can be said. It is no failure of the worker.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
	/// A file cannot be read.
	#[error("cannot read {}: {source}", .path.display())]
	Io {
		/// The file.
		path: PathBuf,
		/// What the system said.
		source: io::Error,
	},
	/// A file is longer than it can be.
	#[error("{} has more than {limit} bytes, which is the most that it can have", .path.display())]
	TooLong {
		/// The file.
		path: PathBuf,
		/// The most bytes.
		limit: u64,
	},
	/// The receipt's file is none.
	#[error("the receipt's file is of no use: {0}")]
	Case(#[from] CaseError),
	/// The proof's file is none.
	#[error("the proof's file is no proof of this receipt: {0}")]
	Proof(#[from] ProofError),
	/// No proof was given.
	#[error("the profile {0:?} has a proof: give it with --proof")]
	NoProof(ProfileKind),
	/// Input and output are encrypted.
	#[error("the job is private: its input and output can be checked only by whom they are for")]
	Private,
	/// The model's file has figures that no chain would register.
	#[error(transparent)]
	Figures(#[from] ModelError),
	/// The model cannot be used.
	#[error(transparent)]
	Engine(#[from] EngineError),
	/// The check could not be made.
	#[error(transparent)]
	Check(#[from] CheckError),
	/// The thresholds cannot be read.
	#[error("the thresholds are of no use: {0}")]
	Thresholds(FileError),
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conclusion {
	/// All holds.
	Passed,
	/// Something does not hold: what, in words.
	Failed(String),
	/// The check says nothing: why, in words.
	Undecided(String),
}

/// Verifies, and tells `say` every step that holds and what was seen.
pub fn verify(
	files: &Files,
	known: &Known,
	options: EngineOptions,
	say: &mut dyn FnMut(String),
) -> Result<Conclusion, VerifyError> {
	let failed = |why: String| Ok(Conclusion::Failed(why));
	let case = Case::from_bytes(&read(&files.receipt, MAX_CASE_BYTES)?)?;
	let receipt = &case.receipt.receipt;
	say(format!("job {:?}", receipt.job));
	say(format!("chain with genesis {:?}", case.genesis));
	if known.genesis.is_some_and(|genesis| genesis != case.genesis) {
		return failed("the receipt is of another chain than expected".into());
	}
	say(format!("session key 0x{}", hex::encode(case.session_key.0)));
	if known.session_key.is_some_and(|key| key != case.session_key) {
		return failed("the session key is not the expected one".into());
	}
	if !case.names_its_order() {
		return failed("the receipt's job is not the order that the file holds".into());
	}
	say("order: the receipt's job is this order".into());
	if case.spec.privacy != PrivacyTier::Open {
		return Err(VerifyError::Private);
	}

	let thresholds = thresholds(files.thresholds.as_deref())?;
	say(format!(
		"thresholds: version {}, calibration {:?}",
		thresholds.version, thresholds.calibration
	));
	let input = read(&files.input, MAX_CONTENT)?;
	let output = read(&files.output, MAX_CONTENT)?;
	for (name, bytes, stated) in [
		("input", &input, receipt.input),
		("output", &output, receipt.output),
	] {
		let found = H256(Sha256::digest(bytes).into());
		if found != stated {
			return failed(format!(
				"the {name} has SHA-256 {found:?}, the receipt says {stated:?}"
			));
		}
		say(format!(
			"{name}: {} bytes with the receipt's hash",
			bytes.len()
		));
	}

	let model = ModelHash(receipt.model.0);
	let file = ModelFile::identify_as(&files.model, model)?;
	let manifest = chain_manifest(&file.manifest, Some("model"))?;
	say(format!(
		"model: {} with the receipt's hash",
		files.model.display()
	));
	let expected = Expected {
		genesis: &case.genesis,
		job: &receipt.job,
		spec: &case.spec,
		class: &case.class,
		manifest: &manifest,
		session_key: &case.session_key,
	};
	if let Err(error) = check_receipt(&expected, &case.receipt, verify_ed25519) {
		return failed(format!("the receipt breaks a rule of level 1: {error:?}"));
	}
	say("level 1: signature, operations, time and memory are right".into());

	let form = Form::of(receipt, &manifest)?;
	let proof = match (&files.proof, form.encoded_length()) {
		(_, 0) => Vec::new(),
		(Some(path), length) => read(path, length as u64)?,
		(None, _) => return Err(VerifyError::NoProof(receipt.profile.kind)),
	};
	let mut engine = CandleEngine::new(options)?;
	engine.load_as(&files.model, model)?;
	let task = match task(&mut engine, manifest.kind, &model, &input) {
		Err(error @ (EngineError::EmptyInput | EngineError::InputNotText { .. })) => {
			return failed(format!("the model cannot have read the input: {error}"))
		}
		read => read?.0,
	};
	let claim = Claim {
		job: receipt.job,
		model,
		task,
		input: &input,
		output: &output,
		tokens_in: receipt.tokens_in,
		tokens_out: receipt.tokens_out,
		max_tokens: case.spec.parameters.max_tokens_out,
		seed: receipt.seed.0,
		temperature_milli: case.spec.parameters.temperature,
		profile: receipt.profile.kind,
		proof: &proof,
		proof_root: receipt.proof_root,
	};
	let report = check(&mut engine, &claim, &thresholds)?;
	describe(&report, receipt.duration, say);
	conclude(&report.finding)
}

/// Says what was seen, by which thresholds, and what it cost.
fn describe(report: &Report, generation: u64, say: &mut dyn FnMut(String)) {
	if let Some(observation) = &report.observation {
		say(format!("seen: {observation}"));
	}
	let micros = u64::try_from(report.duration.as_micros()).unwrap_or(u64::MAX);
	say(format!(
		"cost: {} tokens read in {} ms; the run took {} ms by its receipt",
		report.tokens,
		micros / 1_000,
		generation / 1_000
	));
}

fn conclude(finding: &Finding) -> Result<Conclusion, VerifyError> {
	Ok(match finding {
		Finding::Judged(Judgement::Inconclusive(Doubt::NotAProof(error))) => {
			return Err(VerifyError::Proof(*error))
		}
		// The files do not belong together: as with any other hash that differs.
		Finding::Judged(Judgement::Inconclusive(Doubt::NotTheProof)) => {
			Conclusion::Failed(finding.to_string())
		}
		_ => match finding.outcome() {
			Some(Outcome::Pass) => Conclusion::Passed,
			Some(_) => Conclusion::Failed(finding.to_string()),
			None => Conclusion::Undecided(finding.to_string()),
		},
	})
}

/// The thresholds of a file, or those that this program ships.
fn thresholds(path: Option<&Path>) -> Result<Thresholds, VerifyError> {
	let parsed = match path {
		Some(path) => file::parse(&read(path, file::MAX_BYTES as u64)?),
		None => file::shipped(),
	};
	parsed.map_err(VerifyError::Thresholds)
}

/// Reads a file of at most `limit` bytes.
fn read(path: &Path, limit: u64) -> Result<Vec<u8>, VerifyError> {
	let failed = |source| VerifyError::Io {
		path: path.into(),
		source,
	};
	let file = File::open(path).map_err(failed)?;
	let mut bytes = Vec::new();
	file.take(limit.saturating_add(1))
		.read_to_end(&mut bytes)
		.map_err(failed)?;
	match bytes.len() as u64 > limit {
		true => Err(VerifyError::TooLong {
			path: path.into(),
			limit,
		}),
		false => Ok(bytes),
	}
}
