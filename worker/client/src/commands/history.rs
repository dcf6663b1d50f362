//! `aci history`: how a job ended, proven against the root that the chain keeps for ever.
//!
//! The proof is made here of the events of the job's block, and checked here against the root; the
//! node is trusted for the root alone. It needs a node that still has the state of that block, so
//! keep the file: a proof that was made once is checked by any node.

use crate::{
	cli::{HistoryArgs, HistoryCommand},
	context::Context,
	error::ClientError,
	names,
	output::{aci, pairs, Done},
};
use aci_chain::{history::leaves, Certainty, ChainError};
use aci_primitives::{
	history::prove, AccountId, Balance, BlockHistory, BlockNumber, Hash, HistoryLeaf, HistoryProof,
	JobId, JobStatus,
};
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};
use std::path::Path;

/// Most blocks that are searched for the end of a job whose record is still there.
const MAX_SEARCH: u32 = 5_000;

/// A proof as a file holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ProofFile {
	job: String,
	client: String,
	worker: Option<String>,
	status: JobStatus,
	price: String,
	due: String,
	refund: String,
	receipt: Option<String>,
	block: BlockNumber,
	/// The leaf's place among those of its block.
	index: u32,
	/// Hashes beside the leaf's path to the root, from the leaf upwards.
	proof: Vec<String>,
}

/// A leaf with its place and its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Proven {
	leaf: HistoryLeaf,
	index: u32,
	proof: HistoryProof,
}

impl Proven {
	/// The last leaf of a job among those of a block. `None` where it has none there.
	fn of(job: &JobId, leaves: &[HistoryLeaf]) -> Option<Self> {
		let index = leaves.iter().rposition(|leaf| leaf.job == *job)?;
		let hashes: Vec<Hash> = leaves.iter().map(HistoryLeaf::hash).collect();
		let place = u32::try_from(index).ok()?;
		Some(Proven {
			leaf: leaves.get(index)?.clone(),
			index: place,
			proof: prove(&hashes, place)?,
		})
	}

	fn file(&self) -> ProofFile {
		let leaf = &self.leaf;
		ProofFile {
			job: names::hash(&leaf.job),
			client: leaf.client.to_string(),
			worker: leaf.worker.as_ref().map(ToString::to_string),
			status: leaf.status,
			price: leaf.price.to_string(),
			due: leaf.due.to_string(),
			refund: leaf.refund.to_string(),
			receipt: leaf.receipt.as_ref().map(names::hash),
			block: leaf.block,
			index: self.index,
			proof: self.proof.iter().map(names::hash).collect(),
		}
	}

	fn text(&self, history: &BlockHistory) -> String {
		let leaf = &self.leaf;
		let mut lines = vec![
			("job", names::hash(&leaf.job)),
			(
				"ended",
				format!("{:?} in block {}", leaf.status, leaf.block),
			),
			("client", leaf.client.to_string()),
		];
		if let Some(worker) = &leaf.worker {
			lines.push(("worker", worker.to_string()));
			lines.push(("price", aci(leaf.price)));
		}
		lines.push(("paid", aci(leaf.due)));
		lines.push(("refund", aci(leaf.refund)));
		if let Some(receipt) = &leaf.receipt {
			lines.push(("receipt", names::hash(receipt)));
		}
		lines.push(("leaf", format!("{} of {}", self.index, history.jobs)));
		lines.push(("root", names::hash(&history.root)));
		lines.push(("checked", "the leaf is under the chain's root".into()));
		pairs(&lines)
	}

	fn json(&self, history: &BlockHistory) -> Value {
		let mut json = json!(self.file());
		if let Value::Object(fields) = &mut json {
			fields.insert("root".into(), names::hash(&history.root).into());
			fields.insert("jobs".into(), history.jobs.into());
			fields.insert("verified".into(), true.into());
		}
		json
	}
}

impl ProofFile {
	fn read(self) -> Result<Proven, String> {
		let hash = |what: &str, text: &str| {
			names::parse_hash(text)
				.ok_or_else(|| format!("`{what}` is not 0x and 64 hexadecimal digits"))
		};
		let amount = |what: &str, text: &str| {
			text.parse::<Balance>()
				.map_err(|_| format!("`{what}` is no number of planck"))
		};
		let account = |what: &str, text: &str| -> Result<AccountId, String> {
			aci_chain::address(text).map_err(|_| format!("`{what}` is no address"))
		};
		let hashes: Result<Vec<Hash>, String> =
			self.proof.iter().map(|text| hash("proof", text)).collect();
		let proof = hashes?
			.try_into()
			.map_err(|_| "`proof` is longer than any proof")?;
		Ok(Proven {
			leaf: HistoryLeaf {
				job: hash("job", &self.job)?,
				client: account("client", &self.client)?,
				worker: self
					.worker
					.as_deref()
					.map(|worker| account("worker", worker))
					.transpose()?,
				status: self.status,
				price: amount("price", &self.price)?,
				due: amount("due", &self.due)?,
				refund: amount("refund", &self.refund)?,
				receipt: self
					.receipt
					.as_deref()
					.map(|receipt| hash("receipt", receipt))
					.transpose()?,
				block: self.block,
			},
			index: self.index,
			proof,
		})
	}
}

/// Proves how a job ended, or checks a proof.
pub async fn run(context: &Context, arguments: &HistoryArgs) -> Result<Done, ClientError> {
	if let Some(HistoryCommand::Verify { proof }) = &arguments.command {
		return verify(context, proof).await;
	}
	let id = names::job(arguments.id.as_deref().unwrap_or_default())?;
	let proven = match arguments.block {
		Some(block) => at(context, &id, block).await?.ok_or_else(|| {
			ClientError::NotFound(format!(
				"job {} did not end in block {block}. Name the block of its last event",
				names::hash(&id)
			))
		})?,
		None => search(context, &id).await?,
	};
	let history = checked(context, &proven).await?;
	let mut text = proven.text(&history);
	if let Some(path) = &arguments.output {
		let file = json!(proven.file()).to_string();
		std::fs::write(path, file)
			.map_err(|error| ClientError::file(format!("writing {}", path.display()), error))?;
		text.push_str(&format!("The proof is in {}.\n", path.display()));
	}
	Ok(Done::new(proven.json(&history), text))
}

/// Checks a proof that was made before.
async fn verify(context: &Context, path: &Path) -> Result<Done, ClientError> {
	let failed = |reason: String| ClientError::file(format!("proof {}", path.display()), reason);
	let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
	let file: ProofFile = serde_json::from_str(&text).map_err(|error| {
		failed(format!(
			"it is no proof that `aci history JOB --output FILE` wrote: {error}"
		))
	})?;
	let proven = file.read().map_err(failed)?;
	let history = checked(context, &proven).await?;
	Ok(Done::new(proven.json(&history), proven.text(&history)))
}

/// The history of a proof's block, where the proof holds against it.
async fn checked(context: &Context, proven: &Proven) -> Result<BlockHistory, ClientError> {
	let block = proven.leaf.block;
	let history = context.chain.history(block).await?.ok_or_else(|| {
		ClientError::Verification(format!("no job ended in block {block} of this chain"))
	})?;
	match history.verify(proven.index, &proven.leaf, &proven.proof) {
		true => Ok(history),
		false => Err(ClientError::Verification(format!(
			"the chain's root of block {block} does not prove this: the job did not end like that \
			 there"
		))),
	}
}

/// The job's end in a block, if it ended there.
async fn at(
	context: &Context,
	job: &JobId,
	block: BlockNumber,
) -> Result<Option<Proven>, ClientError> {
	let events = context.chain.events_at(block).await;
	let events = events.map_err(|error| match error {
		ChainError::Refused { reason, .. } => ClientError::NotFound(format!(
			"the node does not know the events of block {block} any more ({reason}). Ask one that \
			 keeps all states, started with --state-pruning archive, or check a proof that was made \
			 before with `aci history verify`"
		)),
		error => error.into(),
	})?;
	let events = events
		.ok_or_else(|| ClientError::NotFound(format!("the chain has no block {block} yet")))?;
	Ok(Proven::of(job, &leaves(block, &events)))
}

/// Looks for the end of a job whose record is still there. Its last end holds.
async fn search(context: &Context, job: &JobId) -> Result<Proven, ClientError> {
	let view = context.chain.job(*job).await?.ok_or_else(|| {
		ClientError::NotFound(format!(
			"the record of job {} is gone, so the block of its end must be named: --block NUMBER",
			names::hash(job)
		))
	})?;
	let record = &view.job;
	if !record.status.is_final() {
		return Err(ClientError::NotFound(format!(
			"the job has not ended: it is {:?}",
			record.status
		)));
	}
	let submitted = record.result.as_ref().map(|result| result.submitted.block);
	let from = submitted.unwrap_or(record.submitted.block);
	let head = context.chain.head(Certainty::Best).await?.number;
	if head.saturating_sub(from) > MAX_SEARCH {
		return Err(ClientError::NotFound(format!(
			"the last that the record tells of the job is more than {MAX_SEARCH} blocks ago, too many to \
			 search. Name the block of its end with --block"
		)));
	}
	for block in (from..=head).rev() {
		// Blocks without an end are passed over without reading their events.
		if context.chain.history(block).await?.is_none() {
			continue;
		}
		if let Some(proven) = at(context, job, block).await? {
			return Ok(proven);
		}
	}
	Err(ClientError::NotFound(
		"the job's end is in no block that the node knows. Name the block with --block".into(),
	))
}

#[cfg(test)]
mod tests {
	use super::*;

	fn leaf(byte: u8) -> HistoryLeaf {
		HistoryLeaf {
			job: JobId::repeat_byte(byte),
			client: AccountId::new([1; 32]),
			worker: byte.is_multiple_of(2).then(|| AccountId::new([2; 32])),
			status: JobStatus::Settled,
			price: u128::MAX,
			due: 9,
			refund: 1,
			receipt: byte.is_multiple_of(2).then(|| Hash::repeat_byte(3)),
			block: 7,
		}
	}

	#[test]
	fn a_proof_is_the_same_after_it_was_written_and_read() {
		let leaves: Vec<_> = (0..5).map(leaf).collect();
		let hashes: Vec<Hash> = leaves.iter().map(HistoryLeaf::hash).collect();
		let history = BlockHistory::of(&hashes).expect("is not empty");
		for leaf in &leaves {
			let proven = Proven::of(&leaf.job, &leaves).expect("is there");
			let text = json!(proven.file()).to_string();
			let file: ProofFile = serde_json::from_str(&text).expect("is a proof");
			let read = file.read().expect("is right");
			assert_eq!(read, proven);
			assert!(history.verify(read.index, &read.leaf, &read.proof));
		}
		assert_eq!(Proven::of(&JobId::repeat_byte(9), &leaves), None);
	}

	#[test]
	fn the_last_end_of_a_job_in_a_block_is_the_one_that_holds() {
		let mut refunded = leaf(1);
		refunded.status = JobStatus::Refunded;
		let leaves = [leaf(1), leaf(2), refunded.clone()];
		let proven = Proven::of(&refunded.job, &leaves).expect("is there");
		assert_eq!((proven.index, proven.leaf), (2, refunded));
	}

	#[test]
	fn a_file_that_was_changed_says_where_it_is_no_proof() {
		let good = Proven::of(&leaf(0).job, &[leaf(0)])
			.expect("is there")
			.file();
		type Change = (fn(&mut ProofFile), &'static str);
		let changes: [Change; 4] = [
			(|file| file.job = "0x12".into(), "`job`"),
			(|file| file.client = "nobody".into(), "`client`"),
			(|file| file.price = "-1".into(), "`price`"),
			(|file| file.proof = vec!["0x00".into()], "`proof`"),
		];
		for (change, named) in changes {
			let mut file = good.clone();
			change(&mut file);
			let error = file.read().expect_err("is no proof");
			assert!(error.contains(named), "{error}");
		}
	}
}
