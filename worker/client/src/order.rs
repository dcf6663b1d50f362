//! From arguments to an order: model, class, input, parameters, price.

use crate::{cli::OrderArgs, context::Context, error::ClientError, names, transfer::content};
use aci_market::reservation::price_at;
use aci_poai::compute;
use aci_primitives::{
	job::{JobInput, JobParameters, PrivacyTier, MAX_CONTENT},
	model::{ModelKind, ModelManifest, RegisteredModel},
	proof::Profile,
	traits::Quote,
	view::QuoteError,
	worker::WorkerView,
	Balance, Class, ClassId, Hash, JobSpec, ModelId, Reservation,
};
use aci_transfer::ContentId;
use rand_core::{OsRng, RngCore};
use std::io::Read;

/// Tokens that a model's template may add to an input.
const TEMPLATE_TOKENS: u64 = 128;
/// Generated tokens where no maximum is given.
const DEFAULT_TOKENS_OUT: u32 = 128;
/// What stands before the key that a private output is to be sealed to; the worker knows it.
const REPLY: &[u8] = b"aci/reply/1";

/// An order that was quoted.
pub struct Prepared {
	/// The model's manifest.
	pub manifest: ModelManifest,
	/// The class's name.
	pub class_name: String,
	/// The order; the maximum price is not set, and served input has no locators yet.
	pub spec: JobSpec,
	/// What the market says.
	pub quote: Result<Quote, QuoteError>,
	/// What must be served, where the input is not on chain.
	pub served: Option<Vec<u8>>,
	/// Opens the output of a private job.
	pub reply_secret: Option<[u8; 32]>,
}

/// The price of an order under a reservation: its operations at the reservation's own unit price.
pub fn reserved_price(
	manifest: &ModelManifest,
	spec: &JobSpec,
	reservation: &Reservation,
) -> Result<Balance, ClientError> {
	let parameters = &spec.parameters;
	let (tokens_in, tokens_out) = (parameters.max_tokens_in, parameters.max_tokens_out);
	compute::operations(manifest.kind, &manifest.shape, tokens_in, tokens_out)
		.ok()
		.and_then(|flops| price_at(reservation.unit_price, flops).ok())
		.ok_or_else(|| quote_error(QuoteError::DoesNotFitModel, ""))
}

/// Reads the arguments, and asks the chain for a quote. Only the class of the reservation is looked
/// at where there is one.
pub async fn prepare(
	context: &Context,
	arguments: &OrderArgs,
	reservation: Option<&Reservation>,
) -> Result<Prepared, ClientError> {
	let (model, registered) = names::model(&context.chain, &arguments.model).await?;
	let text = read_input(arguments)?;
	let of_reservation = reservation.map(|bought| bought.class.to_string());
	let classes = match of_reservation.as_ref().or(arguments.class.as_ref()) {
		Some(name) => vec![names::class(&context.chain, name).await?],
		None => context.chain.classes().await?,
	};
	let parameters = parameters(arguments, &registered.manifest, text.len())?;
	let (input, served, reply_secret) = match arguments.private {
		true => {
			let (bytes, secret) = seal(context, arguments, &classes, model, &text).await?;
			(by_content(&bytes)?, Some(bytes), Some(secret))
		}
		false => match text.clone().try_into() {
			Ok(inline) => (JobInput::Inline(inline), None, None),
			Err(_) => (by_content(&text)?, Some(text), None),
		},
	};
	let spec = JobSpec {
		model,
		class: 0,
		input,
		parameters,
		max_price: 0,
		sla: arguments.sla.saturating_mul(1_000),
		privacy: match arguments.private {
			true => PrivacyTier::Sealed,
			false => PrivacyTier::Open,
		},
		profile: profile(&registered)?,
	};
	let (class, class_name, quote) = cheapest(context, &spec, &classes).await?;
	Ok(Prepared {
		manifest: registered.manifest,
		class_name,
		spec: JobSpec { class, ..spec },
		quote,
		served,
		reply_secret,
	})
}

/// The class that runs the order for the least; without capacity anywhere, the first that could.
async fn cheapest(
	context: &Context,
	spec: &JobSpec,
	classes: &[(ClassId, Class)],
) -> Result<(ClassId, String, Result<Quote, QuoteError>), ClientError> {
	let mut quotes = Vec::with_capacity(classes.len());
	for (id, class) in classes {
		let spec = JobSpec {
			class: *id,
			..spec.clone()
		};
		let quote = context.chain.quote(&spec).await?;
		quotes.push((*id, names::text(&class.name), quote));
	}
	quotes
		.into_iter()
		.min_by_key(|(id, _, quote)| rank(quote, *id))
		.ok_or_else(|| ClientError::NotFound("the chain has no class of hardware yet".into()))
}

/// Prices first, then classes that lack capacity only, then the rest.
fn rank(quote: &Result<Quote, QuoteError>, class: ClassId) -> (u8, u128, ClassId) {
	match quote {
		Ok(quote) => (0, quote.price, class),
		Err(QuoteError::NoCapacity) => (1, 0, class),
		Err(_) => (2, 0, class),
	}
}

fn profile(model: &RegisteredModel) -> Result<Profile, ClientError> {
	let kind = model.manifest.profiles.first();
	kind.map(|kind| Profile {
		kind: *kind,
		calibration: 0,
	})
	.ok_or_else(|| ClientError::NotFound("the model's outputs cannot be verified".into()))
}

fn by_content(bytes: &[u8]) -> Result<JobInput, ClientError> {
	Ok(JobInput::Content(content(
		&ContentId::of(bytes),
		Vec::new(),
	)?))
}

/// The input's bytes.
fn read_input(arguments: &OrderArgs) -> Result<Vec<u8>, ClientError> {
	let limit = MAX_CONTENT.saturating_add(1);
	let read = |what: String, source: &mut dyn Read| {
		let mut bytes = Vec::new();
		source
			.take(limit)
			.read_to_end(&mut bytes)
			.map_err(|error| ClientError::file(what, error))?;
		Ok::<_, ClientError>(bytes)
	};
	let bytes = match (&arguments.prompt, &arguments.file) {
		(Some(prompt), _) => prompt.clone().into_bytes(),
		(None, Some(path)) if path.as_os_str() == "-" => {
			read("standard input".into(), &mut std::io::stdin().lock())?
		}
		(None, Some(path)) => {
			let what = format!("reading {}", path.display());
			let mut file =
				std::fs::File::open(path).map_err(|error| ClientError::file(&what, error))?;
			read(what, &mut file)?
		}
		(None, None) => {
			return Err(ClientError::Usage(
				"there is no input. Give --prompt TEXT, or --file FILE (- for standard input)"
					.into(),
			))
		}
	};
	match bytes.len() as u64 {
		0 => Err(ClientError::Usage("the input is empty".into())),
		length if length > MAX_CONTENT => Err(ClientError::Usage(
			"the input is longer than 64 MiB. Order it in parts".into(),
		)),
		_ => Ok(bytes),
	}
}

fn parameters(
	arguments: &OrderArgs,
	manifest: &ModelManifest,
	input: usize,
) -> Result<JobParameters, ClientError> {
	let max_tokens_out = match (manifest.kind, arguments.max_tokens) {
		(ModelKind::TextGeneration, tokens) => tokens.unwrap_or(DEFAULT_TOKENS_OUT),
		(ModelKind::Embedding, None | Some(0)) => 0,
		(ModelKind::Embedding, Some(_)) => {
			return Err(ClientError::Usage(
				"the model makes embeddings and generates no tokens. Leave out --max-tokens".into(),
			))
		}
	};
	let max_tokens_in = match arguments.max_tokens_in {
		Some(tokens) => tokens,
		None => tokens_in(input as u64, manifest.shape.context, max_tokens_out),
	};
	Ok(JobParameters {
		max_tokens_in,
		max_tokens_out,
		temperature: temperature(&arguments.temperature)?,
		seed: seed(arguments.seed.as_deref())?,
	})
}

/// A bound on the tokens of any input of so many bytes: no tokenizer makes more tokens than bytes,
/// and the template adds a few. What exceeds the model's context could not be run.
fn tokens_in(bytes: u64, context: u32, tokens_out: u32) -> u32 {
	let bound = bytes.saturating_add(TEMPLATE_TOKENS);
	let room = context.saturating_sub(tokens_out).max(1);
	u32::try_from(bound).map_or(room, |bound| bound.min(room))
}

/// Thousandths of a decimal.
fn temperature(text: &str) -> Result<u32, ClientError> {
	let wrong = || {
		ClientError::Usage(format!(
			"`{text}` is no temperature. Write it like 0.7, with at most three decimals"
		))
	};
	let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
	let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
	if !digits(whole) || !digits(part) || part.len() > 3 {
		return Err(wrong());
	}
	let whole: u32 = whole.parse().map_err(|_| wrong())?;
	let part: u32 = format!("{part:0<3}").parse().map_err(|_| wrong())?;
	whole
		.checked_mul(1_000)
		.and_then(|whole| whole.checked_add(part))
		.ok_or_else(wrong)
}

/// The client's part of the seed.
fn seed(text: Option<&str>) -> Result<Hash, ClientError> {
	let Some(text) = text else {
		let mut bytes = [0; 32];
		OsRng.fill_bytes(&mut bytes);
		return Ok(Hash::from(bytes));
	};
	if let Ok(number) = text.parse::<u64>() {
		return Ok(Hash::from_low_u64_be(number));
	}
	text.strip_prefix("0x")
		.and_then(names::parse_hash)
		.ok_or_else(|| {
			ClientError::Usage(format!(
				"`{text}` is no seed. Give a number, or 0x and 64 hexadecimal digits"
			))
		})
}

/// Seals the input to a worker, with a new key for the answer.
async fn seal(
	context: &Context,
	arguments: &OrderArgs,
	classes: &[(ClassId, Class)],
	model: ModelId,
	text: &[u8],
) -> Result<(Vec<u8>, [u8; 32]), ClientError> {
	let receiver = match &arguments.worker {
		Some(name) => {
			let account = names::account(name)?;
			let worker = context.chain.worker(&account).await?;
			worker.ok_or_else(|| ClientError::NotFound(format!("{account} is no worker")))?
		}
		None => receiver(context, classes, model).await?,
	};
	let key = receiver.data_key.ok_or_else(|| {
		ClientError::NotFound(format!(
			"worker {} has no attested key to encrypt to. Name another with --worker",
			receiver.account
		))
	})?;
	context.tell(&format!("Encrypted to worker {}.", receiver.account));
	let mut secret = [0; 32];
	OsRng.fill_bytes(&mut secret);
	let reply = aci_transfer::public_key(&secret);
	let plain = [REPLY, &reply, text].concat();
	let sealed =
		aci_transfer::seal(&plain, &key).map_err(|error| ClientError::Transfer(error.into()))?;
	Ok((sealed.bytes, secret))
}

/// The best worker that a private order could go to.
async fn receiver(
	context: &Context,
	classes: &[(ClassId, Class)],
	model: ModelId,
) -> Result<WorkerView, ClientError> {
	let mut candidates = Vec::new();
	for (class, _) in classes {
		candidates.extend(context.chain.all_workers(*class).await?);
	}
	candidates.retain(|view| {
		let worker = &view.worker;
		worker.active && view.data_key.is_some() && worker.models.contains(&model)
	});
	if candidates.len() > 1 {
		context.tell(
			"Several workers could get the order. Only the one that the input is encrypted to can \
			 run it; another gives it back. --worker chooses.",
		);
	}
	candidates
		.into_iter()
		.max_by_key(|view| {
			(
				view.quality,
				view.worker.slots.saturating_sub(view.worker.busy),
			)
		})
		.ok_or_else(|| {
			ClientError::NotFound(
				"no attested worker offers the model now, so there is nobody to encrypt the input \
				 to. Try again later, or order without --private"
					.into(),
			)
		})
}

/// Why an order cannot be quoted, and what to do.
pub fn quote_error(error: QuoteError, class: &str) -> ClientError {
	let (code, message) = match error {
		QuoteError::UnknownClass => (
			"unknown-class",
			"there is no such class. `aci class list` shows those there are".into(),
		),
		QuoteError::UnknownModel => (
			"unknown-model",
			"no such model is registered. `aci model list` shows those that are".into(),
		),
		QuoteError::ModelTooLarge => (
			"model-too-large",
			format!("the model does not fit the memory of class {class}. Choose a larger class"),
		),
		QuoteError::ProfileNotAllowed => (
			"profile-not-allowed",
			"outputs of the model cannot be verified in the asked way".into(),
		),
		QuoteError::InputEmpty => ("input-empty", "the input is empty".into()),
		QuoteError::InputTooLong => (
			"input-too-long",
			"the input is longer than 64 MiB. Order it in parts".into(),
		),
		QuoteError::WrongTokenLimits => (
			"wrong-token-limits",
			"the token limits do not suit the model: both must be above 0 for text, and \
			 --max-tokens 0 for embeddings"
				.into(),
		),
		QuoteError::ContextExceeded => (
			"context-exceeded",
			"input and output tokens together exceed the model's context. Lower --max-tokens or \
			 --max-tokens-in"
				.into(),
		),
		QuoteError::SlaOutOfBounds => (
			"sla-out-of-bounds",
			"the chain does not take this --sla. Choose one between some seconds and an hour"
				.into(),
		),
		QuoteError::SlaTooShort => (
			"sla-too-short",
			format!(
				"the run takes longer than --sla even at the peak of class {class}. Allow more time, \
				 lower --max-tokens or choose a faster class"
			),
		),
		QuoteError::DoesNotFitModel => (
			"does-not-fit-model",
			"the model cannot run with these token limits. Lower them".into(),
		),
		QuoteError::NoCapacity => (
			"no-capacity",
			format!(
				"no worker of class {class} has a free slot now. Try again later, choose another \
				 --class, or submit with --max-price: the order then waits for a worker for a while, \
				 and is refunded if none comes"
			),
		),
	};
	ClientError::Quote { code, message }
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_bound_on_input_tokens_holds_for_bytes_and_stays_within_the_context() {
		assert_eq!(tokens_in(5, 2_048, 128), 5 + 128);
		assert_eq!(tokens_in(5_000, 2_048, 128), 2_048 - 128);
		assert_eq!(tokens_in(u64::MAX, 2_048, 128), 2_048 - 128);
		assert_eq!(tokens_in(5, 100, 200), 1);
	}

	#[test]
	fn a_temperature_is_read_exactly() {
		for (text, thousandths) in [("0", 0), ("0.7", 700), ("1", 1_000), ("1.05", 1_050)] {
			assert_eq!(temperature(text).expect("is one"), thousandths, "{text}");
		}
		for text in ["", ".7", "1.", "-1", "0.0001", "1e3", "nan", "99999999"] {
			assert!(temperature(text).is_err(), "{text}");
		}
	}

	#[test]
	fn a_seed_is_a_number_a_hash_or_random() {
		assert_eq!(seed(Some("7")).expect("is one"), Hash::from_low_u64_be(7));
		let text = format!("0x{}", "ab".repeat(32));
		assert_eq!(seed(Some(&text)).expect("is one"), Hash::repeat_byte(0xab));
		assert!(seed(Some("lucky")).is_err());
		assert_ne!(
			seed(None).expect("is random"),
			seed(None).expect("is random")
		);
	}

	#[test]
	fn a_price_is_preferred_to_none_and_a_lower_one_to_a_higher_one() {
		let priced = |price| {
			Ok(Quote {
				class: 0,
				flops: 1,
				price,
				unit_price: 1,
				version: 0,
				expires: 0,
			})
		};
		let mut quotes = [
			(Err(QuoteError::ModelTooLarge), 0),
			(Err(QuoteError::NoCapacity), 1),
			(priced(9), 2),
			(priced(5), 3),
		];
		quotes.sort_by_key(|(quote, class)| rank(quote, *class));
		assert_eq!(quotes.map(|(_, class)| class), [3, 2, 1, 0]);
	}
}
