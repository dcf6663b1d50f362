//! `aci stake validate`, `chill`, `validators`, `yields`.

use crate::{
	context::Context,
	error::ClientError,
	numbers::{millionths, parts_per_million, percent},
	output::{aci, planck, table, Done},
};
use aci_chain::{
	market::{Earner, ValidatorView, Yield},
	Call,
};
use aci_primitives::{AccountId, Balance};
use serde_json::{json, Value};

/// Becomes a candidate, or changes the commission.
pub async fn validate(context: &Context, commission: &str) -> Result<Done, ClientError> {
	let parts = parts_per_million(commission)?;
	let included = context.submit(Call::validate(parts)).await?;
	let text = format!(
		"A candidate since block {}, with a commission of {}. It counts from the next election on, if \
		 the account has session keys. Fee: {}",
		included.block.number,
		millionths(parts),
		aci(included.fee)
	);
	let json = json!({ "candidate": true, "commission_ppm": parts });
	Ok(Done::new(super::included(&included, json), text))
}

/// Ends the candidacy.
pub async fn chill(context: &Context) -> Result<Done, ClientError> {
	let included = context.submit(Call::chill()).await?;
	let text = format!(
		"No candidate any more since block {}. The account works until the sessions that it is \
		 elected for are over; its bond stays. Fee: {}",
		included.block.number,
		aci(included.fee)
	);
	let json = json!({ "candidate": false });
	Ok(Done::new(super::included(&included, json), text))
}

/// A candidate as it is listed.
struct Candidate {
	account: AccountId,
	commission_ppm: u32,
	total: Balance,
	view: Option<ValidatorView>,
}

impl Candidate {
	fn line(&self) -> Vec<String> {
		let of = |read: fn(&ValidatorView) -> String| {
			self.view.as_ref().map_or_else(|| "-".into(), read)
		};
		vec![
			self.account.to_string(),
			aci(self.total),
			of(|view| aci(view.own)),
			of(|view| view.delegators.len().to_string()),
			millionths(self.commission_ppm),
			of(|view| if view.exposure.is_some() { "yes" } else { "no" }.into()),
			of(|view| view.blocks.to_string()),
		]
	}

	fn json(&self) -> Value {
		json!({
			"validator": self.account.to_string(),
			"commission_ppm": self.commission_ppm,
			"total": planck(self.total),
			"own": self.view.as_ref().map(|view| planck(view.own)),
			"owed": self.view.as_ref().map(|view| planck(view.owed)),
			"delegators": self.view.as_ref().map(|view| view.delegators.len()),
			"elected": self.view.as_ref().map(|view| view.exposure.is_some()),
			"blocks": self.view.as_ref().map(|view| view.blocks),
		})
	}
}

/// Lists the candidates, those with the highest stake first.
pub async fn list(context: &Context) -> Result<Done, ClientError> {
	let mut candidates = Vec::new();
	for (account, commission, total) in context.chain.candidates().await? {
		let view = context.chain.validator(&account).await?;
		candidates.push(Candidate {
			account,
			commission_ppm: commission.deconstruct(),
			total,
			view,
		});
	}
	let heads = [
		"validator",
		">stake",
		">own bond",
		">delegators",
		">commission",
		"elected",
		">blocks",
	];
	let text = match candidates.is_empty() {
		true => "Nobody is a candidate for validating.".into(),
		false => table(&heads, candidates.iter().map(Candidate::line).collect()),
	};
	let json = candidates.iter().map(Candidate::json).collect();
	Ok(Done::new(json, text))
}

/// Shows what each role earned in the last epoch.
pub async fn yields(context: &Context) -> Result<Done, ClientError> {
	let yields = context.chain.yields().await?;
	let json = yields.iter().map(yield_json).collect();
	let text = match yields.is_empty() {
		true => "The first epoch is not over, so nothing is known yet.".into(),
		false => yields_text(&yields),
	};
	Ok(Done::new(json, text))
}

fn yields_text(yields: &[Yield]) -> String {
	let heads = [
		"who",
		">earned in the last epoch",
		">on a stake of",
		">a year",
	];
	let lines = yields
		.iter()
		.map(|earned| {
			vec![
				earner(earned.earner).into(),
				aci(earned.paid.amount),
				aci(earned.paid.stake),
				earned
					.yearly
					.map_or_else(|| "-".into(), |parts| percent(parts, 1_000_000)),
			]
		})
		.collect();
	format!(
		"{}\nA year is what it would be if every epoch were like the last one. Nothing is issued: all of \
		 it was paid by clients.\n",
		table(&heads, lines)
	)
}

fn yield_json(earned: &Yield) -> Value {
	json!({
		"earner": earner(earned.earner),
		"earned": planck(earned.paid.amount),
		"stake": planck(earned.paid.stake),
		"yearly_ppm": earned.yearly,
	})
}

fn earner(earner: Earner) -> &'static str {
	match earner {
		Earner::Validators => "validators",
		Earner::Delegators => "delegators",
		Earner::Verifiers => "verifiers",
		Earner::Workers => "workers",
		Earner::LiquidityProviders => "liquidity providers",
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use aci_chain::market::Paid;

	#[test]
	fn a_yield_can_be_above_the_stake_or_unknown() {
		let earned = |yearly| Yield {
			earner: Earner::Workers,
			paid: Paid {
				amount: 5,
				stake: 7,
			},
			yearly,
		};
		let text = yields_text(&[earned(Some(2_500_000)), earned(None)]);
		assert!(text.contains("250.00 %"), "{text}");
		let json = yield_json(&earned(None));
		assert_eq!(json["yearly_ppm"], Value::Null);
		assert_eq!(json["earned"], "5");
	}

	#[test]
	fn a_candidate_that_never_validated_has_no_figures() {
		let candidate = Candidate {
			account: AccountId::new([7; 32]),
			commission_ppm: 100_000,
			total: 9,
			view: None,
		};
		assert!(candidate.line().contains(&"10.00 %".to_string()));
		assert_eq!(candidate.json()["elected"], Value::Null);
	}
}
