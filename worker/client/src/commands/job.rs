//! `aci job`, `aci jobs`, `aci cancel`.

use super::dispute;
use crate::{
	context::Context,
	error::ClientError,
	names,
	output::{aci, pairs, planck, table, Done},
};
use aci_chain::{Call, Event};
use aci_primitives::{
	job::{JobInput, JobOutput, JobView},
	JobId, JobStatus, ReservationId,
};
use serde_json::{json, Value};

/// A job, or what to say where it is not there.
pub async fn find(context: &Context, id: JobId) -> Result<JobView, ClientError> {
	context.chain.job(id).await?.ok_or_else(|| {
		ClientError::NotFound(format!(
			"there is no job {}: it was never submitted, or ended so long ago that its record was \
			 removed",
			names::hash(&id)
		))
	})
}

/// Shows a job.
pub async fn show(context: &Context, id: &str) -> Result<Done, ClientError> {
	let id = names::job(id)?;
	let view = find(context, id).await?;
	let reservation = context.chain.reservation_of(id).await?;
	let open = match view.job.status {
		JobStatus::Disputed => context.chain.dispute(id).await?,
		_ => None,
	};
	let (mut json, mut text) = (as_json(&view), as_text(&view, reservation));
	if let Value::Object(fields) = &mut json {
		fields.insert("reservation".into(), reservation.into());
		let open = open.as_ref().map(dispute::as_json);
		fields.insert("dispute".into(), open.into());
	}
	if let Some(open) = &open {
		text.push_str(&dispute::as_text(open, &view));
	}
	Ok(Done::new(json, text))
}

/// Lists an account's jobs.
pub async fn list(context: &Context) -> Result<Done, ClientError> {
	let mut jobs = context.chain.all_jobs_of(&context.account()?).await?;
	jobs.sort_by_key(|view| view.job.order);
	let lines = jobs
		.iter()
		.map(|view| {
			vec![
				names::hash(&view.id),
				format!("{:?}", view.job.status),
				view.job.submitted.block.to_string(),
				aci(view.job.spec.max_price),
				price(view),
			]
		})
		.collect();
	let text = match jobs.is_empty() {
		true => "The account has no jobs.".into(),
		false => table(
			&["job", "status", ">block", ">maximum", ">price or due"],
			lines,
		),
	};
	Ok(Done::new(jobs.iter().map(as_json).collect(), text))
}

/// Withdraws an open job.
pub async fn cancel(context: &Context, id: &str) -> Result<Done, ClientError> {
	let job = names::job(id)?;
	let included = context.submit(Call::cancel(job)).await?;
	let refund = included.events.iter().find_map(|event| match event {
		Event::JobCancelled { refund, .. } => Some(*refund),
		_ => None,
	});
	let json = json!({
		"job": names::hash(&job),
		"status": "Cancelled",
		"refund": refund.map(planck),
	});
	let text = format!(
		"Cancelled: {} came back. Fee: {}",
		aci(refund.unwrap_or_default()),
		aci(included.fee)
	);
	Ok(Done::new(super::included(&included, json), text))
}

/// What is due, or else the locked price.
fn price(view: &JobView) -> String {
	let job = &view.job;
	let due = job.result.as_ref().map(|result| result.due);
	due.or(job.assignment.as_ref().map(|assignment| assignment.price))
		.map_or_else(String::new, aci)
}

fn as_text(view: &JobView, reservation: Option<ReservationId>) -> String {
	let (job, spec) = (&view.job, &view.job.spec);
	let mut lines = vec![
		("job", names::hash(&view.id)),
		("status", format!("{:?}", job.status)),
		("client", job.client.to_string()),
		("order", job.order.to_string()),
		("model", names::hash(&spec.model)),
		("class", spec.class.to_string()),
		(
			"input",
			match &spec.input {
				JobInput::Inline(bytes) => format!("{} bytes on chain", bytes.len()),
				JobInput::Content(content) => format!("{} bytes served", content.length),
			},
		),
		(
			"tokens",
			format!(
				"at most {} in, {} out",
				spec.parameters.max_tokens_in, spec.parameters.max_tokens_out
			),
		),
		("privacy", format!("{:?}", spec.privacy)),
		("maximum", aci(spec.max_price)),
		("locked", aci(view.locked)),
		("submitted", format!("in block {}", job.submitted.block)),
		(
			"deadline",
			format!("of this status: block {}", job.deadline.block),
		),
	];
	if let Some(reservation) = reservation {
		lines.push(("reservation", format!("{reservation} pays for it")));
	}
	if let Some(assignment) = &job.assignment {
		lines.push(("worker", assignment.worker.to_string()));
		lines.push(("price", aci(assignment.price)));
	}
	if let Some(result) = &job.result {
		lines.push(("due", aci(result.due)));
		lines.push((
			"output",
			match &result.output {
				JobOutput::Inline(bytes) => format!("{} bytes on chain", bytes.len()),
				JobOutput::Content(content) => format!("{} bytes served", content.length),
			},
		));
		lines.push(("receipt", names::hash(&result.receipt)));
	}
	pairs(&lines)
}

fn as_json(view: &JobView) -> Value {
	let (job, spec) = (&view.job, &view.job.spec);
	json!({
		"job": names::hash(&view.id),
		"status": job.status,
		"client": job.client.to_string(),
		"order": job.order,
		"model": names::hash(&spec.model),
		"class": spec.class,
		"input": { "sha256": names::hash(&spec.input.sha256()), "length": spec.input.length() },
		"max_tokens_in": spec.parameters.max_tokens_in,
		"max_tokens_out": spec.parameters.max_tokens_out,
		"temperature_thousandths": spec.parameters.temperature,
		"seed": names::hash(&spec.parameters.seed),
		"sla_milliseconds": spec.sla,
		"privacy": spec.privacy,
		"profile": spec.profile,
		"max_price": planck(spec.max_price),
		"locked": planck(view.locked),
		"submitted": job.submitted,
		"deadline": job.deadline,
		"returns": job.returns,
		"assignment": job.assignment.as_ref().map(|assignment| json!({
			"worker": assignment.worker.to_string(),
			"price": planck(assignment.price),
			"flops": assignment.flops.to_string(),
			"eta_milliseconds": assignment.eta,
			"matched": assignment.matched,
			"acknowledged": assignment.acknowledged,
		})),
		"result": job.result.as_ref().map(|result| json!({
			"sha256": names::hash(&result.output.sha256()),
			"length": result.output.length(),
			"receipt": names::hash(&result.receipt),
			"submitted": result.submitted,
			"due": planck(result.due),
		})),
	})
}
