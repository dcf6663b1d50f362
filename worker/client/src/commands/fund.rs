//! `aci fund`.

use crate::{
	cli::FundCommand,
	context::Context,
	error::ClientError,
	names,
	numbers::{billionths, shares},
	output::{aci, planck, table, Done},
};
use aci_chain::{
	amount,
	market::{FundView, ProviderView},
	Call, HmmEvent, Included,
};
use aci_primitives::{AccountId, Class, ClassId};
use serde_json::{json, Value};

/// Runs a command about funds.
pub async fn run(context: &Context, command: FundCommand) -> Result<Done, ClientError> {
	match command {
		FundCommand::Show { class } => show(context, class.as_deref()).await,
		FundCommand::Provide { class, amount } => {
			let amount = amount::parse(&amount)?;
			let class = names::class(&context.chain, &class).await?;
			let included = context.submit(Call::provide(class.0, amount)).await?;
			told(context, class, &included).await
		}
		FundCommand::BeginWithdrawal { class, shares: of } => {
			let class = names::class(&context.chain, &class).await?;
			let all = provider(context, &class).await?.shares;
			let call = Call::begin_withdrawal(class.0, shares(&of, all)?);
			let included = context.submit(call).await?;
			told(context, class, &included).await
		}
		FundCommand::CancelWithdrawal { class, shares: of } => {
			let class = names::class(&context.chain, &class).await?;
			let provider = provider(context, &class).await?;
			// Parts of one fund's shares, which fit.
			let all = provider
				.withdrawals
				.iter()
				.fold(0, |sum: u128, (out, _)| sum.saturating_add(out.shares));
			let call = Call::cancel_withdrawal(class.0, shares(&of, all)?);
			let included = context.submit(call).await?;
			told(context, class, &included).await
		}
		FundCommand::Withdraw { class } => {
			let class = names::class(&context.chain, &class).await?;
			let included = context.submit(Call::withdraw_liquidity(class.0)).await?;
			told(context, class, &included).await
		}
	}
}

/// What the account has in a fund, or what to say where it has nothing.
async fn provider(
	context: &Context,
	(id, class): &(ClassId, Class),
) -> Result<ProviderView, ClientError> {
	let account = context.signer()?.id();
	let provider = context.chain.provider(*id, &account).await?;
	provider.ok_or_else(|| {
		ClientError::NotFound(format!(
			"{account} has no shares of the fund of class {}. `aci fund provide` buys some",
			names::text(&class.name)
		))
	})
}

/// A fund, and what the account has in it.
struct Holding {
	id: ClassId,
	class: Class,
	fund: FundView,
	own: Option<ProviderView>,
}

impl Holding {
	async fn read(
		context: &Context,
		(id, class): (ClassId, Class),
		account: Option<&AccountId>,
	) -> Result<Self, ClientError> {
		let fund = context.chain.fund(id).await?.ok_or_else(|| {
			ClientError::NotFound(format!("class {} has no fund", names::text(&class.name)))
		})?;
		let own = match account {
			Some(account) => context.chain.provider(id, account).await?,
			None => None,
		};
		Ok(Holding {
			id,
			class,
			fund,
			own,
		})
	}

	fn json(&self) -> Value {
		json!({
			"class": self.id,
			"name": names::text(&self.class.name),
			"assets": planck(self.fund.assets),
			"shares": self.fund.shares.to_string(),
			"value": planck(self.fund.value),
			"floor_share_ppb": self.fund.floor_share,
			"next_floor_share_ppb": self.fund.next_floor_share,
			"own": self.own.as_ref().map(|own| json!({
				"shares": own.shares.to_string(),
				"value": planck(own.value),
				"withdrawals": own.withdrawals.iter().map(|(out, value)| json!({
					"shares": out.shares.to_string(),
					"value": planck(*value),
					"from": out.from,
					"until": out.until,
				})).collect::<Vec<_>>(),
			})),
		})
	}

	/// What the account has in the fund, line by line.
	fn own_text(&self) -> String {
		let Some(own) = &self.own else {
			return String::new();
		};
		let name = names::text(&self.class.name);
		let mut text = format!(
			"{name}: {} shares, worth {} now\n",
			own.shares,
			aci(own.value)
		);
		for (out, value) in &own.withdrawals {
			text.push_str(&format!(
				"{name}: {} shares on their way out, worth {} now; from block {} on, until block {}\n",
				out.shares,
				aci(*value),
				out.from,
				out.until.saturating_sub(1)
			));
		}
		text
	}
}

async fn show(context: &Context, class: Option<&str>) -> Result<Done, ClientError> {
	let classes = match class {
		Some(name) => vec![names::class(&context.chain, name).await?],
		None => context.chain.classes().await?,
	};
	let account = context.account().ok();
	let mut holdings = Vec::with_capacity(classes.len());
	for class in classes {
		holdings.push(Holding::read(context, class, account.as_ref()).await?);
	}
	let lines = holdings
		.iter()
		.map(|holding| {
			vec![
				holding.id.to_string(),
				names::text(&holding.class.name),
				aci(holding.fund.assets),
				holding.fund.shares.to_string(),
				aci(holding.fund.value),
				billionths(holding.fund.floor_share),
				billionths(holding.fund.next_floor_share),
			]
		})
		.collect();
	let heads = [
		">class",
		"name",
		">assets",
		">shares",
		">worth of all shares",
		">floor",
		">next floor",
	];
	let own: String = holdings.iter().map(Holding::own_text).collect();
	let text = match own.is_empty() {
		true => table(&heads, lines),
		false => format!("{}\n{own}", table(&heads, lines)),
	};
	let json = holdings.iter().map(Holding::json).collect();
	Ok(Done::new(json, text))
}

/// What a transaction did to a fund, and what the account has there now.
async fn told(
	context: &Context,
	class: (ClassId, Class),
	included: &Included,
) -> Result<Done, ClientError> {
	let account = context.signer()?.id();
	let holding = Holding::read(context, class, Some(&account)).await?;
	let moved = HmmEvent::find(&included.events, moved);
	let mut json = super::included(included, holding.json());
	let line = match moved {
		Some((line, fields)) => {
			if let (Value::Object(json), Value::Object(fields)) = (&mut json, fields) {
				json.extend(fields);
			}
			format!("{line} in block {}.", included.block.number)
		}
		None => format!("Done in block {}.", included.block.number),
	};
	let text = format!("{line} Fee: {}\n{}", aci(included.fee), holding.own_text());
	Ok(Done::new(json, text))
}

/// What an event of a fund says, and its fields for programs.
fn moved(event: HmmEvent) -> Option<(String, Value)> {
	Some(match event {
		HmmEvent::LiquidityProvided { amount, shares, .. } => (
			format!("Provided {} for {shares} shares", aci(amount)),
			json!({ "provided": planck(amount), "bought": shares.to_string() }),
		),
		HmmEvent::WithdrawalBegun {
			shares,
			from,
			until,
			..
		} => (
			format!(
				"{shares} shares can be withdrawn from block {from} on, until block {}: begun",
				until.saturating_sub(1)
			),
			json!({ "begun": shares.to_string(), "from": from, "until": until }),
		),
		HmmEvent::WithdrawalCancelled { shares, .. } => (
			format!("{shares} shares stay: cancelled"),
			json!({ "cancelled": shares.to_string() }),
		),
		HmmEvent::LiquidityWithdrawn { shares, amount, .. } => (
			format!("Withdrew {} for {shares} shares", aci(amount)),
			json!({ "withdrawn": planck(amount), "sold": shares.to_string() }),
		),
		_ => return None,
	})
}
