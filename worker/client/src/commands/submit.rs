//! `aci submit`.

use super::{quote::as_text, reserve, result};
use crate::{
	cli::SubmitArgs,
	context::Context,
	data,
	error::ClientError,
	follow::{follow, Followed, Until},
	names,
	order::{prepare, quote_error, reserved_price, Prepared},
	output::{aci, planck, Done},
	stream::Live,
	transfer::Channel,
};
use aci_chain::{amount, Call, Certainty, ChainError, Included};
use aci_primitives::{
	job::{job_id, JobInput},
	view::QuoteError,
	AccountId, Balance, JobId, JobSpec, JobStatus, Reservation, ReservationId,
};
use serde_json::{json, Value};
use std::{
	io::IsTerminal,
	time::{SystemTime, UNIX_EPOCH},
};

/// What the program ends with where the job ended without being settled.
const NOT_SETTLED: u8 = 3;
/// How often another order number is tried where one was used meanwhile.
const ORDER_NUMBERS: u32 = 3;

/// Orders a job and follows it.
pub async fn run(context: &Context, arguments: &SubmitArgs) -> Result<Done, ClientError> {
	let client = context.signer()?.id();
	if arguments.stream && context.json {
		return Err(ClientError::Usage(
			"--json gives one value at the end; take --stream or --json".into(),
		));
	}
	let given = arguments
		.max_price
		.as_deref()
		.map(amount::parse)
		.transpose()?;
	let bought = match arguments.reservation {
		Some(id) => Some(reserve::find(context, id).await?.reservation),
		None => None,
	};
	let mut prepared = prepare(context, &arguments.order, bought.as_ref()).await?;
	prepared.spec.max_price = match &bought {
		None => agree(context, arguments, &prepared, given)?,
		Some(bought) => agree_reserved(context, arguments, &prepared, bought, given)?,
	};

	let channel = match prepared.served.take() {
		Some(bytes) => {
			let listen = Some(arguments.listen.as_str());
			let external = arguments.external.as_deref();
			let channel = Channel::start(&context.data, listen, external).await?;
			prepared.spec.input = JobInput::Content(channel.serve(bytes).await?);
			Some(channel)
		}
		None => None,
	};
	let ended = order(context, arguments, &client, &prepared, channel.is_some()).await;
	if let Some(channel) = channel {
		channel.stop().await;
	}
	ended
}

/// The most that the job may cost, once somebody agreed.
fn agree(
	context: &Context,
	arguments: &SubmitArgs,
	prepared: &Prepared,
	given: Option<Balance>,
) -> Result<Balance, ClientError> {
	let quote = match &prepared.quote {
		Ok(quote) => {
			context.tell(as_text(prepared, quote).trim_end());
			Some(quote.price)
		}
		Err(QuoteError::NoCapacity) if given.is_some() => {
			context.tell(&format!(
				"No worker of class {} has a free slot now; the order waits for one.",
				prepared.class_name
			));
			None
		}
		Err(error) => return Err(quote_error(*error, &prepared.class_name)),
	};
	let with_margin = |price: Balance| price.saturating_add(price / 4).saturating_add(1);
	let max_price = given
		.or(quote.map(with_margin))
		.ok_or_else(|| ClientError::Usage("give --max-price".into()))?;
	if let Some(price) = quote.filter(|price| *price > max_price) {
		context.tell(&format!(
			"The maximum of {} is below the quoted {}: the order waits for the price to fall.",
			aci(max_price),
			aci(price)
		));
	}
	context.agree(
		&format!("Submit for at most {}?", aci(max_price)),
		arguments.yes,
		given.is_some(),
		"nobody can be asked whether the price is right. Give --max-price AMOUNT, or --yes to take the \
		 quoted price and a quarter more",
	)?;
	Ok(max_price)
}

/// The most that a job may cost that a reservation pays for, once somebody agreed.
fn agree_reserved(
	context: &Context,
	arguments: &SubmitArgs,
	prepared: &Prepared,
	bought: &Reservation,
	given: Option<Balance>,
) -> Result<Balance, ClientError> {
	match &prepared.quote {
		// The reservation has capacity of its own.
		Ok(_) | Err(QuoteError::NoCapacity) => {}
		Err(error) => return Err(quote_error(*error, &prepared.class_name)),
	}
	let price = reserved_price(&prepared.manifest, &prepared.spec, bought)?;
	context.tell(&format!(
		"The reservation pays {} at most, out of what was prepaid for it.",
		aci(price)
	));
	let max_price = given.unwrap_or(price);
	if price > max_price {
		return Err(ClientError::Usage(format!(
			"at the reservation's price the job costs {}, above the maximum of {}. Raise --max-price \
			 or lower the limits of tokens",
			aci(price),
			aci(max_price)
		)));
	}
	context.agree(
		"Submit?",
		arguments.yes,
		given.is_some(),
		"nobody can be asked whether the price is right. Give --max-price AMOUNT, or --yes",
	)?;
	Ok(max_price)
}

async fn order(
	context: &Context,
	arguments: &SubmitArgs,
	client: &AccountId,
	prepared: &Prepared,
	is_served: bool,
) -> Result<Done, ClientError> {
	let mut blocks = context.chain.blocks(Certainty::Best).await?;
	let (job, included) = send(context, client, prepared, arguments.reservation).await?;
	context.tell(&format!("Job {}", names::hash(&job)));
	let until = match (arguments.no_wait, is_served) {
		(true, false) => None,
		(true, true) => Some(Until::Held),
		(false, _) => Some(Until::End),
	};
	let mut live =
		is_streamed(context, arguments, prepared).then(|| Live::new(prepared.reply_secret));
	let followed = match until {
		Some(until) => follow(context, &mut blocks, job, until, live.as_mut()).await?,
		None => Followed::default(),
	};
	let mut json = as_json(job, &prepared.spec, &included, &followed);
	if let Value::Object(fields) = &mut json {
		fields.insert("reservation".into(), arguments.reservation.into());
	}
	if until != Some(Until::End) {
		return Ok(Done::new(json, names::hash(&job)));
	}
	if followed.status != JobStatus::Settled {
		let text = match context.json {
			true => String::new(),
			false => format!("The job ended without a result: {:?}", followed.status),
		};
		return Ok(Done {
			exit_code: NOT_SETTLED,
			..Done::new(json, text)
		});
	}
	let output = result::fetch(context, job).await?;
	if let Value::Object(fields) = &mut json {
		fields.insert("output".into(), output.json());
	}
	let rest = live.and_then(|mut live| live.end(context, output.bytes()));
	let text = match (&arguments.output, rest) {
		(Some(path), _) => output.write(path)?.into_bytes(),
		(None, Some(rest)) => rest,
		(None, None) => output.text(),
	};
	Ok(Done {
		json,
		text,
		exit_code: 0,
	})
}

/// Whether the text is shown while it is made.
fn is_streamed(context: &Context, arguments: &SubmitArgs, prepared: &Prepared) -> bool {
	let wanted = arguments.stream || std::io::stdout().is_terminal();
	let is_text = prepared.spec.parameters.max_tokens_out > 0;
	let waits = !arguments.no_wait;
	wanted && is_text && waits && !context.json && !arguments.no_stream
}

/// Sends the order under a number that is above the client's last one.
async fn send(
	context: &Context,
	client: &AccountId,
	prepared: &Prepared,
	reservation: Option<ReservationId>,
) -> Result<(JobId, Included), ClientError> {
	let account = context.signer()?;
	let mut order = order_number(context, client).await?;
	let mut attempt = 1;
	loop {
		let job = job_id(&context.chain.genesis(), client, order, &prepared.spec);
		if let Some(secret) = &prepared.reply_secret {
			data::keep_reply_secret(&context.data, &job, secret)?;
		}
		let spec = prepared.spec.clone();
		let call = match reservation {
			None => Call::submit(order, spec),
			Some(id) => Call::submit_reserved(order, spec, id),
		};
		match context.chain.submit(account, call).await {
			Ok(included) => return Ok((job, included)),
			Err(error) if is_used(&error) && attempt < ORDER_NUMBERS => {
				order = order_number(context, client)
					.await?
					.max(order.saturating_add(1));
				attempt = attempt.saturating_add(1);
			}
			Err(error) => return Err(error.into()),
		}
	}
}

fn is_used(error: &ChainError) -> bool {
	error.is_dispatch("Jobs", "OrderNumberUsed")
}

/// Milliseconds since the Unix epoch, or one above the last number that is known.
async fn order_number(context: &Context, client: &AccountId) -> Result<u64, ClientError> {
	let now = SystemTime::now().duration_since(UNIX_EPOCH);
	let now = now.map_or(0, |now| u64::try_from(now.as_millis()).unwrap_or(u64::MAX));
	let jobs = context.chain.all_jobs_of(client).await?;
	let last = jobs.iter().map(|view| view.job.order).max();
	Ok(last.map_or(now, |last| now.max(last.saturating_add(1))))
}

fn as_json(job: JobId, spec: &JobSpec, included: &Included, followed: &Followed) -> Value {
	super::included(
		included,
		json!({
			"job": names::hash(&job),
			"status": followed.status,
			"class": spec.class,
			"max_price": planck(spec.max_price),
			"worker": followed.worker.as_ref().map(ToString::to_string),
			"price": followed.price.map(planck),
			"due": followed.due.map(planck),
			"settlement": followed.settlement.map(|settlement| settlement.json()),
			"refund": followed.refund.map(planck),
		}),
	)
}
