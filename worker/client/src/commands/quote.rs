//! `aci quote`.

use crate::{
	cli::OrderArgs,
	context::Context,
	error::ClientError,
	names,
	order::{prepare, quote_error, Prepared},
	output::{aci, pairs, planck, Done},
};
use aci_primitives::traits::Quote;
use serde_json::{json, Value};

/// Shows what an order would cost now.
pub async fn run(context: &Context, arguments: &OrderArgs) -> Result<Done, ClientError> {
	let prepared = prepare(context, arguments, None).await?;
	let quote = prepared
		.quote
		.as_ref()
		.map_err(|error| quote_error(*error, &prepared.class_name))?;
	Ok(Done::new(
		as_json(&prepared, quote),
		as_text(&prepared, quote),
	))
}

fn as_json(prepared: &Prepared, quote: &Quote) -> Value {
	json!({
		"model": names::hash(&prepared.spec.model),
		"model_name": names::text(&prepared.manifest.name),
		"class": quote.class,
		"class_name": prepared.class_name,
		"price": planck(quote.price),
		"unit_price": planck(quote.unit_price),
		"flops": quote.flops.to_string(),
		"max_tokens_in": prepared.spec.parameters.max_tokens_in,
		"max_tokens_out": prepared.spec.parameters.max_tokens_out,
		"sla_milliseconds": prepared.spec.sla,
		"pool_version": quote.version,
		"expires": quote.expires,
	})
}

/// A quote for people.
pub fn as_text(prepared: &Prepared, quote: &Quote) -> String {
	let parameters = &prepared.spec.parameters;
	pairs(&[
		("model", names::text(&prepared.manifest.name)),
		("class", prepared.class_name.clone()),
		(
			"tokens",
			format!(
				"at most {} in, {} out",
				parameters.max_tokens_in, parameters.max_tokens_out
			),
		),
		("price", format!("at most {}", aci(quote.price))),
		(
			"work",
			format!(
				"{} compute units ({} operations) at {} each",
				compute_units(quote.flops),
				quote.flops,
				aci(quote.unit_price)
			),
		),
		(
			"expires",
			format!("block {}, if the market stays", quote.expires),
		),
	])
}

/// Compute units (10^12 operations) with three decimals, rounded down.
fn compute_units(flops: u128) -> String {
	let thousandths = flops / 1_000_000_000;
	format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000)
}

#[cfg(test)]
mod tests {
	use super::compute_units;

	#[test]
	fn compute_units_are_operations_by_ten_to_the_twelve() {
		assert_eq!(compute_units(1_500_000_000_000), "1.500");
		assert_eq!(compute_units(999_999_999), "0.000");
	}
}
