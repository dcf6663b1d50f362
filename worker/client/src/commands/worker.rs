//! `aci worker`.

use crate::{
	cli::WorkerCommand,
	context::Context,
	error::ClientError,
	names,
	numbers::millionths,
	output::{aci, pairs, planck, table, Done},
};
use aci_chain::Call;
use aci_primitives::{worker::WorkerView, Class};
use serde_json::{json, Value};

/// Runs a command about workers.
pub async fn run(context: &Context, command: WorkerCommand) -> Result<Done, ClientError> {
	match command {
		WorkerCommand::List { class } => list(context, class.as_deref()).await,
		WorkerCommand::Show { worker } => show(context, &worker).await,
		WorkerCommand::Report { job, other } => report(context, &job, &other).await,
	}
}

async fn list(context: &Context, class: Option<&str>) -> Result<Done, ClientError> {
	let classes = match class {
		Some(name) => vec![names::class(&context.chain, name).await?],
		None => context.chain.classes().await?,
	};
	let mut workers = Vec::new();
	let mut lines = Vec::new();
	for (id, class) in classes {
		for view in context.chain.all_workers(id).await? {
			lines.push(line(&view, &class));
			workers.push(as_json(&view));
		}
	}
	let text = match lines.is_empty() {
		true => "No worker is registered.".into(),
		false => table(&HEADS, lines),
	};
	Ok(Done::new(Value::Array(workers), text))
}

/// Reports two workers that used one GPU.
async fn report(context: &Context, job: &str, other: &str) -> Result<Done, ClientError> {
	let call = Call::report_sybil(names::job(job)?, names::job(other)?);
	let included = context.submit(call).await?;
	let text = format!(
		"Reported in block {}. The slash is applied after its appeal time. Fee: {}",
		included.block.number,
		aci(included.fee)
	);
	Ok(Done::new(super::included(&included, json!({})), text))
}

const HEADS: [&str; 6] = ["worker", "class", ">busy", ">quality", ">bond", "state"];

/// The workers of a class, for people.
pub fn as_table(workers: &[WorkerView], class: &Class) -> String {
	table(
		&HEADS,
		workers.iter().map(|view| line(view, class)).collect(),
	)
}

fn line(view: &WorkerView, class: &Class) -> Vec<String> {
	vec![
		view.account.to_string(),
		names::text(&class.name),
		format!("{}/{}", view.worker.busy, view.worker.slots),
		millionths(view.quality),
		aci(view.bond),
		state(view).into(),
	]
}

async fn show(context: &Context, name: &str) -> Result<Done, ClientError> {
	let account = names::account(name)?;
	let view = context.chain.worker(&account).await?.ok_or_else(|| {
		ClientError::NotFound(format!(
			"{account} is no worker. `aci worker list` shows those there are"
		))
	})?;
	let list = |items: Vec<String>| items.join("\n");
	let worker = &view.worker;
	let text = pairs(&[
		("worker", view.account.to_string()),
		("class", worker.class.to_string()),
		("state", state(&view).into()),
		("slots", format!("{} of {} busy", worker.busy, worker.slots)),
		("quality", millionths(view.quality)),
		("bond", aci(view.bond)),
		("exposure", aci(worker.exposure)),
		(
			"models",
			list(worker.models.iter().map(names::hash).collect()),
		),
		(
			"endpoints",
			list(worker.endpoints.iter().map(names::text).collect()),
		),
		("since", format!("block {}", worker.since)),
	]);
	Ok(Done::new(as_json(&view), text))
}

fn state(view: &WorkerView) -> &'static str {
	match (view.worker.active, view.data_key) {
		(_, None) => "not attested",
		(false, _) => "paused",
		(true, _) => "active",
	}
}

/// A worker for programs.
pub fn as_json(view: &WorkerView) -> Value {
	let worker = &view.worker;
	json!({
		"worker": view.account.to_string(),
		"class": worker.class,
		"active": worker.active,
		"slots": worker.slots,
		"busy": worker.busy,
		"quality_ppm": view.quality,
		"bond": planck(view.bond),
		"exposure": planck(worker.exposure),
		"missed": worker.missed,
		"models": worker.models.iter().map(names::hash).collect::<Vec<_>>(),
		"endpoints": worker.endpoints.iter().map(names::text).collect::<Vec<_>>(),
		"data_key": view.data_key.map(hex::encode),
		"since": worker.since,
	})
}
