//! Observations: one JSON object a line, appended as runs end.
//!
//! Guarantees
//! 1. A line is written whole or is the torn last one of a program that was ended, which the next
//!    program cuts off.
//! 2. Every record names its run, so that a program goes on where another stopped and files of
//!    several machines can be joined; a run that is there twice counts once.
//! 3. Records hold what was seen, not what follows from it: thresholds can be frozen anew from them.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use aci_poai::fingerprint::ChunkStatistics;
use anyhow::{bail, Context, Result};
use serde::{Deserialize, Serialize};

use crate::prompts::Set;

/// What is on a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Record {
	/// A text was checked.
	Text(TextObservation),
	/// An embedding was checked.
	Numeric(NumericObservation),
	/// An honest text with its proof, for checks elsewhere.
	Job(JobRecord),
	/// What a generation and its check cost.
	Cost(CostRecord),
	/// A run that does not exist, for example a half of an output of one token.
	Skipped(Key),
}

/// Which run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
	/// SHA-256 of the ordered model.
	pub model: String,
	/// The set.
	pub set: Set,
	/// The run's number.
	pub run: u32,
	/// What it is.
	pub kind: String,
	/// How the worker computed.
	pub worker: String,
	/// How the verifier computed; empty where nothing was verified.
	pub verifier: String,
}

/// What was found in one chunk: entries, mismatched, distance, median.
pub type Chunk = [u32; 4];

/// The numbers of a chunk.
pub fn chunk(statistics: &ChunkStatistics) -> Chunk {
	let ChunkStatistics {
		entries,
		mismatched,
		distance,
		median,
	} = *statistics;
	[entries, mismatched, distance, median.into()]
}

/// The statistics of a chunk.
pub fn statistics(chunk: &Chunk) -> ChunkStatistics {
	let [entries, mismatched, distance, median] = *chunk;
	ChunkStatistics {
		entries,
		mismatched,
		distance,
		median: u8::try_from(median).unwrap_or(u8::MAX),
	}
}

/// What a verifier saw of a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextObservation {
	/// The run.
	pub key: Key,
	/// Threads of the program.
	pub threads: u32,
	/// The ordered temperature.
	pub temperature: u32,
	/// Tokens of the prompt.
	pub tokens_in: u32,
	/// Tokens of the output.
	pub tokens_out: u32,
	/// What the check came to by rules without a tolerance, where one decided: `other-prompt`,
	/// `cut-short`, `beyond-end`, `unavailable`, `other-text`, `own-fault`. Empty where statistics
	/// decide.
	pub rule: String,
	/// The fingerprint, chunk by chunk.
	pub chunks: Vec<Chunk>,
	/// The fingerprints of the first tokens alone: how many, and their chunks.
	pub prefixes: Vec<(u32, Vec<Chunk>)>,
	/// The margin of every token in Q16.16 logits, at most 2^32 - 1.
	pub margins: Vec<u32>,
	/// Under the distribution profile: places, divergence and excess surprisal in nats with 32
	/// fraction bits. None where it was not looked at.
	pub distribution: Option<(u32, u64, i64)>,
	/// Microseconds of the generation; 0 where there was none for this run alone.
	pub generation: u64,
	/// Microseconds of the check.
	pub check: u64,
	/// Bytes of the proof.
	pub proof: u32,
}

/// What a verifier saw of an embedding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumericObservation {
	/// The run.
	pub key: Key,
	/// Elements.
	pub elements: u32,
	/// The differences in billionths, the largest first, at most 16 of them.
	pub largest: Vec<u64>,
	/// Microseconds of the embedding.
	pub generation: u64,
	/// Microseconds of the check.
	pub check: u64,
}

/// An honest text with its proof.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobRecord {
	/// The run, without a verifier.
	pub key: Key,
	/// The most tokens that were ordered.
	pub limit: u32,
	/// The output's tokens.
	pub tokens: Vec<u32>,
	/// The proof in hexadecimal digits.
	pub proof: String,
}

/// What a generation and its check cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostRecord {
	/// The run, whose kind is the profile.
	pub key: Key,
	/// Threads of the program.
	pub threads: u32,
	/// Tokens of the prompt.
	pub tokens_in: u32,
	/// Tokens of the output.
	pub tokens_out: u32,
	/// Microseconds of the generation.
	pub generation: u64,
	/// Microseconds of the check.
	pub check: u64,
}

impl Record {
	/// Which run it is of.
	pub fn key(&self) -> &Key {
		match self {
			Record::Text(TextObservation { key, .. })
			| Record::Numeric(NumericObservation { key, .. })
			| Record::Job(JobRecord { key, .. })
			| Record::Cost(CostRecord { key, .. })
			| Record::Skipped(key) => key,
		}
	}
}

/// A file that records are appended to.
pub struct Journal {
	file: Mutex<File>,
	done: BTreeSet<Key>,
}

impl Journal {
	/// Opens or makes a file and reads which runs it has. A torn last line is cut off.
	pub fn open(path: &Path) -> Result<Self> {
		let mut file = OpenOptions::new()
			.read(true)
			.write(true)
			.create(true)
			.truncate(false)
			.open(path)
			.with_context(|| format!("cannot open {}", path.display()))?;
		let mut reader = BufReader::new(&file);
		let (mut line, mut whole, mut number) = (Vec::new(), 0u64, 0u32);
		let mut done = BTreeSet::new();
		loop {
			line.clear();
			let read = reader.read_until(b'\n', &mut line)?;
			if read == 0 || line.last() != Some(&b'\n') {
				break;
			}
			number += 1;
			let record: Record = serde_json::from_slice(&line)
				.with_context(|| format!("{}: line {number}", path.display()))?;
			done.insert(record.key().clone());
			whole += read as u64;
		}
		drop(reader);
		file.set_len(whole)?;
		file.seek(SeekFrom::Start(whole))?;
		Ok(Self {
			file: Mutex::new(file),
			done,
		})
	}

	/// Whether the file had this run when it was opened.
	pub fn has(&self, key: &Key) -> bool {
		self.done.contains(key)
	}

	/// How many runs the file had when it was opened.
	pub fn len(&self) -> usize {
		self.done.len()
	}

	/// Whether it had none.
	pub fn is_empty(&self) -> bool {
		self.done.is_empty()
	}

	/// Appends a record.
	pub fn append(&self, record: &Record) -> Result<()> {
		let mut line = serde_json::to_vec(record)?;
		line.push(b'\n');
		let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
		file.write_all(&line)?;
		Ok(())
	}
}

/// The records of several files, each run once: the first that is found.
pub fn read_all<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Result<Vec<Record>> {
	let mut records = Vec::new();
	let mut seen = BTreeSet::new();
	for path in paths {
		let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
		let mut lines = BufReader::new(file).lines().enumerate().peekable();
		while let Some((number, line)) = lines.next() {
			let line = line?;
			let record: Record = match serde_json::from_str(&line) {
				Ok(record) => record,
				// The program that wrote it was ended.
				Err(_) if lines.peek().is_none() => break,
				Err(error) => bail!("{}: line {}: {error}", path.display(), number + 1),
			};
			if seen.insert(record.key().clone()) {
				records.push(record);
			}
		}
	}
	Ok(records)
}

#[cfg(test)]
mod tests {
	use super::*;

	fn skipped(run: u32) -> Record {
		Record::Skipped(Key {
			model: "m".into(),
			set: Set::HeldOut,
			run,
			kind: "ended".into(),
			worker: "cpu/f32".into(),
			verifier: "cpu/f32".into(),
		})
	}

	#[test]
	fn a_journal_goes_on_behind_the_last_whole_line() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("runs.jsonl");
		let journal = Journal::open(&path).unwrap();
		journal.append(&skipped(1)).unwrap();
		journal.append(&skipped(2)).unwrap();
		drop(journal);
		let whole = std::fs::read(&path).unwrap();
		std::fs::write(&path, [&whole[..], b"{\"record\":\"sk"].concat()).unwrap();
		assert_eq!(read_all([path.as_path()]).unwrap().len(), 2);
		let journal = Journal::open(&path).unwrap();
		assert_eq!(journal.len(), 2);
		assert!(journal.has(skipped(2).key()) && !journal.has(skipped(3).key()));
		journal.append(&skipped(3)).unwrap();
		let again = [path.as_path(), path.as_path()];
		assert_eq!(
			read_all(again).unwrap(),
			[skipped(1), skipped(2), skipped(3)]
		);
	}

	#[test]
	fn a_line_that_is_no_record_is_named() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("runs.jsonl");
		std::fs::write(&path, "{}\n{}\n").unwrap();
		let error = read_all([path.as_path()]).unwrap_err().to_string();
		assert!(error.contains("line 1"), "{error}");
		assert!(Journal::open(&path).is_err());
	}
}
