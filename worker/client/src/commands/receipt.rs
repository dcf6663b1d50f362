//! `aci receipt`: shows a receipt and checks it here, not at the node.

use super::{job, save};
use crate::{
	context::Context,
	error::ClientError,
	names,
	output::{pairs, Done},
};
use aci_poai::verify_ed25519;
use serde_json::{json, Value};
use std::path::Path;

/// Shows and checks a job's receipt.
pub async fn run(context: &Context, id: &str, folder: Option<&Path>) -> Result<Done, ClientError> {
	let id = names::job(id)?;
	let view = job::find(context, id).await?;
	let signed = context.chain.receipt(id).await?;
	let (signed, result, assignment) = signed
		.zip(view.job.result)
		.zip(view.job.assignment)
		.map(|((signed, result), assignment)| (signed, result, assignment))
		.ok_or_else(|| {
			ClientError::NotFound(format!(
				"the job has no receipt: it is {:?}",
				view.job.status
			))
		})?;
	let receipt = &signed.receipt;
	let fails = |what: &str| Err(ClientError::Verification(what.into()));
	if signed.hash() != result.receipt {
		return fails("the receipt is not the one that the job's record names");
	}
	if receipt.job != id
		|| receipt.model != view.job.spec.model
		|| receipt.input != view.job.spec.input.sha256()
		|| receipt.output != result.output.sha256()
	{
		return fails("the receipt is for another job, model, input or output than the record");
	}
	let attestation = context.chain.attestation(&assignment.worker).await?;
	let attestation = attestation.ok_or_else(|| {
		ClientError::NotFound("the worker's attestation is no longer on the chain".into())
	})?;
	// A key that was attested after the result is not the one that signed it.
	if attestation.since > result.submitted.block {
		return Err(ClientError::NotFound(format!(
			"the worker has attested a new key in block {}, so the signature of block {} cannot be \
			 checked with what the chain still knows. The hash is right",
			attestation.since, result.submitted.block
		)));
	}
	let hash = receipt.signing_hash(&context.chain.genesis());
	if !verify_ed25519(&signed.signature, hash.as_bytes(), &attestation.session_key) {
		return fails("the receipt is not signed by the worker's attested key");
	}
	let mut text = pairs(&[
		("receipt", names::hash(&signed.hash())),
		("job", names::hash(&receipt.job)),
		("worker", assignment.worker.to_string()),
		("model", names::hash(&receipt.model)),
		("input", names::hash(&receipt.input)),
		("output", names::hash(&receipt.output)),
		(
			"tokens",
			format!("{} in, {} out", receipt.tokens_in, receipt.tokens_out),
		),
		("operations", receipt.metrics.flops.to_string()),
		("duration", format!("{} µs", receipt.duration)),
		("memory", format!("{} bytes", receipt.metrics.peak_memory)),
		("seed", names::hash(&receipt.seed)),
		("key", hex::encode(attestation.session_key)),
		("tee", format!("{:?}", attestation.tee)),
		("checked", "hash and signature are right".into()),
	]);
	let mut json = json!({
		"receipt": names::hash(&signed.hash()),
		"job": names::hash(&receipt.job),
		"worker": assignment.worker.to_string(),
		"model": names::hash(&receipt.model),
		"input": names::hash(&receipt.input),
		"output": names::hash(&receipt.output),
		"tokens_in": receipt.tokens_in,
		"tokens_out": receipt.tokens_out,
		"started_milliseconds": receipt.started,
		"duration_microseconds": receipt.duration,
		"flops": receipt.metrics.flops.to_string(),
		"device_busy_microseconds": receipt.metrics.device_busy,
		"peak_memory": receipt.metrics.peak_memory,
		"energy_millijoules": receipt.metrics.energy,
		"profile": receipt.profile,
		"proof_root": names::hash(&receipt.proof_root),
		"seed": names::hash(&receipt.seed),
		"session_key": hex::encode(attestation.session_key),
		"signature": hex::encode(signed.signature),
		"tee": attestation.tee,
		"verified": true,
	});
	if let Some(folder) = folder {
		let written = save::save(context, id, folder).await?;
		text.push_str(&format!("\nCheck the output: {}\n", save::advice(&written)));
		let paths: Vec<_> = written
			.iter()
			.map(|path| path.display().to_string())
			.collect();
		if let Value::Object(fields) = &mut json {
			fields.insert("saved".into(), json!(paths));
		}
	}
	Ok(Done::new(json, text))
}
