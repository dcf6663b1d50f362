//! `aci dispute` and `aci poke`.

use super::job;
use crate::{
	cli::DisputeArgs,
	context::Context,
	error::ClientError,
	names,
	output::{aci, pairs, planck, Done},
};
use aci_chain::{market::Dispute, Call, Event};
use aci_primitives::job::JobView;
use serde_json::{json, Value};

/// Disputes a job's output.
pub async fn run(context: &Context, arguments: &DisputeArgs) -> Result<Done, ClientError> {
	let id = names::job(&arguments.id)?;
	context.signer()?;
	let view = job::find(context, id).await?;
	if view.job.result.is_none() {
		return Err(ClientError::NotFound(format!(
			"the job has no result that could be disputed: it is {:?}",
			view.job.status
		)));
	}
	let price = view.job.assignment.as_ref().map(|matched| matched.price);
	context.tell(&format!(
		"The job's price is {}. The chain holds a bond for a dispute: a share of the price, a tenth \
		 unless governance changed it, and not below a minimum. The worker gets it if the output was \
		 right.",
		aci(price.unwrap_or_default())
	));
	context.agree(
		"Dispute the output?",
		arguments.yes,
		false,
		"nobody can be asked whether to dispute the output. Give --yes",
	)?;
	let included = context.submit(Call::dispute(id)).await?;
	let opened = included.events.iter().find_map(|event| match event {
		Event::JobDisputed {
			bond, decide_by, ..
		} => Some((*bond, *decide_by)),
		_ => None,
	});
	let (bond, decide_by) = opened.ok_or_else(|| super::untold("Jobs.JobDisputed"))?;
	let json = json!({
		"job": names::hash(&id),
		"status": "Disputed",
		"bond": planck(bond),
		"decide_by": decide_by,
	});
	let text = format!(
		"Disputed in block {}: {} held. It is decided by block {}, or goes to another committee. \
		 Fee: {}",
		included.block.number,
		aci(bond),
		decide_by.block,
		aci(included.fee)
	);
	Ok(Done::new(super::included(&included, json), text))
}

/// Has a job's deadline looked at.
pub async fn poke(context: &Context, id: &str) -> Result<Done, ClientError> {
	let id = names::job(id)?;
	let included = context.submit(Call::poke(id)).await?;
	let events: Vec<&str> = included
		.events
		.iter()
		.filter(|event| event.job() == Some(&id))
		.map(Event::name)
		.collect();
	let text = format!(
		"Done in block {}: {}. Fee: {}",
		included.block.number,
		events.join(", "),
		aci(included.fee)
	);
	let json = json!({ "job": names::hash(&id), "events": events });
	Ok(Done::new(super::included(&included, json), text))
}

/// An open dispute for people; its deadline is the job's.
pub fn as_text(dispute: &Dispute, view: &JobView) -> String {
	let mut lines = vec![
		("dispute", format!("open since block {}", dispute.opened)),
		("bond", aci(dispute.bond)),
		("committee", format!("draw {}", dispute.draws)),
		("decided by", format!("block {}", view.job.deadline.block)),
	];
	if let Some(paid) = dispute.paid {
		let text = format!("yes, with a fraud window until block {}", paid.block);
		lines.push(("was paid", text));
	}
	pairs(&lines)
}

/// An open dispute for programs.
pub fn as_json(dispute: &Dispute) -> Value {
	json!({
		"bond": planck(dispute.bond),
		"draws": dispute.draws,
		"opened": dispute.opened,
		"paid": dispute.paid,
	})
}
