//! `aci reserve`.

use crate::{
	cli::{CapacityArgs, ReserveCommand},
	context::Context,
	error::ClientError,
	names,
	numbers::{as_slots, slots},
	output::{aci, pairs, planck, table, Done},
};
use aci_chain::{
	amount,
	market::{ReservationQuote, ReservationState},
	Call, HmmEvent,
};
use aci_primitives::{Balance, Class, ClassId, ReservationId};
use serde_json::{json, Value};

/// A refund falls with each block. What is asked for at least is the quoted one less this part.
const REFUND_MARGIN: Balance = 20;

/// Runs a command about reservations.
pub async fn run(context: &Context, command: ReserveCommand) -> Result<Done, ClientError> {
	match command {
		ReserveCommand::Quote(capacity) => {
			let wanted = Wanted::read(context, &capacity).await?;
			Ok(Done::new(wanted.json(), wanted.text()))
		}
		ReserveCommand::Buy {
			capacity,
			max_price,
			yes,
		} => buy(context, &capacity, max_price.as_deref(), yes).await,
		ReserveCommand::List => list(context).await,
		ReserveCommand::SellBack {
			id,
			min_refund,
			yes,
		} => sell_back(context, id, min_refund.as_deref(), yes).await,
	}
}

/// A reservation, or what to say where it is not there.
pub async fn find(context: &Context, id: ReservationId) -> Result<ReservationState, ClientError> {
	context.chain.reservation(id).await?.ok_or_else(|| {
		ClientError::NotFound(format!(
			"there is no reservation {id}: it has ended, or never was. `aci reserve list` shows \
			 those of your account"
		))
	})
}

/// What somebody wants to reserve, with its price now.
struct Wanted {
	id: ClassId,
	class: Class,
	milli_slots: u64,
	blocks: u32,
	quote: ReservationQuote,
}

impl Wanted {
	async fn read(context: &Context, capacity: &CapacityArgs) -> Result<Self, ClientError> {
		let milli_slots = slots(&capacity.slots)?;
		let (id, class) = names::class(&context.chain, &capacity.class).await?;
		let blocks = capacity.blocks;
		let quote = context
			.chain
			.reservation_quote(id, milli_slots, blocks)
			.await?;
		Ok(Wanted {
			id,
			class,
			milli_slots,
			blocks,
			quote,
		})
	}

	fn text(&self) -> String {
		pairs(&[
			("class", names::text(&self.class.name)),
			("slots", as_slots(self.milli_slots)),
			(
				"window",
				format!("{} blocks, from the next one on", self.blocks),
			),
			("price", aci(self.quote.price)),
			(
				"buys",
				format!(
					"{} operations at {} for 10^12 of them",
					self.quote.flops,
					aci(self.quote.unit_price)
				),
			),
			(
				"note",
				"what is left of the price at the window's end is burned".into(),
			),
		])
	}

	fn json(&self) -> Value {
		json!({
			"class": self.id,
			"name": names::text(&self.class.name),
			"milli_slots": self.milli_slots,
			"blocks": self.blocks,
			"price": planck(self.quote.price),
			"unit_price": planck(self.quote.unit_price),
			"flops": self.quote.flops.to_string(),
			"pool_version": self.quote.version,
		})
	}
}

async fn buy(
	context: &Context,
	capacity: &CapacityArgs,
	max_price: Option<&str>,
	yes: bool,
) -> Result<Done, ClientError> {
	context.signer()?;
	let given = max_price.map(amount::parse).transpose()?;
	let wanted = Wanted::read(context, capacity).await?;
	context.tell(wanted.text().trim_end());
	let max_price = given.unwrap_or(wanted.quote.price);
	context.agree(
		&format!("Reserve for at most {}?", aci(max_price)),
		yes,
		given.is_some(),
		"nobody can be asked whether the price is right. Give --max-price AMOUNT, or --yes to take \
		 the quoted price",
	)?;
	let call = Call::buy(wanted.id, wanted.milli_slots, wanted.blocks, max_price);
	let included = context.submit(call).await?;
	let reserved = HmmEvent::find(&included.events, |event| match event {
		HmmEvent::Reserved {
			id,
			from,
			until,
			flops,
			unit_price,
			paid,
			..
		} => Some((id, from, until, flops, unit_price, paid)),
		_ => None,
	});
	let (id, from, until, flops, unit_price, paid) =
		reserved.ok_or_else(|| super::untold("Hmm.Reserved"))?;
	let json = json!({
		"reservation": id,
		"class": wanted.id,
		"milli_slots": wanted.milli_slots,
		"from": from,
		"until": until,
		"flops": flops.to_string(),
		"unit_price": planck(unit_price),
		"paid": planck(paid),
	});
	let text = format!(
		"Reservation {id}: {} slots of {} from block {from} to block {}, for {}. Fee: {}\n\
		 `aci submit --reservation {id}` uses it.",
		as_slots(wanted.milli_slots),
		names::text(&wanted.class.name),
		until.saturating_sub(1),
		aci(paid),
		aci(included.fee)
	);
	Ok(Done::new(super::included(&included, json), text))
}

/// A reservation of the account's, with what is left of it.
struct Owned {
	id: ReservationId,
	state: ReservationState,
	left: Balance,
	/// What selling it back returns now; `None` where it cannot be sold back.
	refund: Option<Balance>,
}

impl Owned {
	fn line(&self) -> Vec<String> {
		let bought = &self.state.reservation;
		vec![
			self.id.to_string(),
			bought.class.to_string(),
			as_slots(bought.milli_slots),
			as_slots(bought.occupied),
			format!("{} to {}", bought.from, bought.until.saturating_sub(1)),
			aci(bought.unit_price),
			aci(bought.paid),
			aci(self.left),
			self.refund.map_or_else(|| "-".into(), aci),
		]
	}

	fn json(&self) -> Value {
		let bought = &self.state.reservation;
		json!({
			"reservation": self.id,
			"class": bought.class,
			"milli_slots": bought.milli_slots,
			"occupied_milli_slots": bought.occupied,
			"from": bought.from,
			"until": bought.until,
			"unit_price": planck(bought.unit_price),
			"flops": self.state.flops.to_string(),
			"paid": planck(bought.paid),
			"left": planck(self.left),
			"refund": self.refund.map(planck),
			"ended": self.state.ended,
		})
	}
}

async fn list(context: &Context) -> Result<Done, ClientError> {
	let account = context.account()?;
	let mut owned = Vec::new();
	for id in context.chain.reservations_of(&account).await? {
		// It may end between two questions.
		let Some(state) = context.chain.reservation(id).await? else {
			continue;
		};
		let left = context.chain.prepayment(id).await?;
		owned.push(Owned {
			id,
			state,
			left: left.map_or(0, |left| left.amount),
			refund: match context.chain.refund_quote(id).await {
				Ok(refund) => Some(refund),
				Err(aci_chain::ChainError::View { .. }) => None,
				Err(error) => return Err(error.into()),
			},
		});
	}
	let heads = [
		">number",
		">class",
		">slots",
		">in use",
		"blocks",
		">price of a CU",
		">paid",
		">left",
		">refund now",
	];
	let text = match owned.is_empty() {
		true => "The account has no reservations. `aci reserve buy` makes one.".into(),
		false => table(&heads, owned.iter().map(Owned::line).collect()),
	};
	Ok(Done::new(owned.iter().map(Owned::json).collect(), text))
}

async fn sell_back(
	context: &Context,
	id: ReservationId,
	min_refund: Option<&str>,
	yes: bool,
) -> Result<Done, ClientError> {
	context.signer()?;
	let given = min_refund.map(amount::parse).transpose()?;
	let state = find(context, id).await?;
	let refund = context.chain.refund_quote(id).await?;
	context.tell(&format!(
		"Reservation {id} cost {}; selling it back returns {} now, and the rest is burned.",
		aci(state.reservation.paid),
		aci(refund)
	));
	let least = given.unwrap_or_else(|| least_refund(refund));
	context.agree(
		&format!("Sell it back for at least {}?", aci(least)),
		yes,
		given.is_some(),
		"nobody can be asked whether the refund is right. Give --min-refund AMOUNT, or --yes to take \
		 what it returns",
	)?;
	let included = context.submit(Call::sell_back(id, least)).await?;
	let sold = HmmEvent::find(&included.events, |event| match event {
		HmmEvent::SoldBack { refund, burned, .. } => Some((refund, burned)),
		_ => None,
	});
	let (refund, burned) = sold.ok_or_else(|| super::untold("Hmm.SoldBack"))?;
	let json = json!({
		"reservation": id,
		"refund": planck(refund),
		"burned": planck(burned),
	});
	let text = format!(
		"Sold back in block {}: {} came back, {} burned. Fee: {}",
		included.block.number,
		aci(refund),
		aci(burned),
		aci(included.fee)
	);
	Ok(Done::new(super::included(&included, json), text))
}

/// The quoted refund less a twentieth.
fn least_refund(refund: Balance) -> Balance {
	refund.saturating_sub(refund / REFUND_MARGIN)
}

#[cfg(test)]
mod tests {
	use super::*;
	use aci_primitives::{AccountId, Reservation, ACI};

	#[test]
	fn a_refund_may_fall_by_a_twentieth_while_it_is_sold() {
		assert_eq!(least_refund(100), 95);
		assert_eq!(least_refund(19), 19);
		assert_eq!(least_refund(0), 0);
	}

	#[test]
	fn a_reservation_is_shown_with_its_last_block_and_what_is_left() {
		let owned = Owned {
			id: 7,
			state: ReservationState {
				reservation: Reservation {
					owner: AccountId::new([1; 32]),
					class: 2,
					milli_slots: 2_500,
					occupied: 1_000,
					from: 10,
					until: 30,
					unit_price: ACI,
					paid: 3 * ACI,
				},
				flops: u128::MAX,
				ended: false,
			},
			left: 2 * ACI,
			refund: None,
		};
		let line = owned.line();
		for part in ["2.5", "1", "10 to 29", "2.000000000000 ACI", "-"] {
			assert!(line.iter().any(|cell| cell == part), "{part} in {line:?}");
		}
		let json = owned.json();
		assert_eq!(json["until"], 30, "the first block after it");
		assert_eq!(json["flops"], u128::MAX.to_string());
		assert_eq!(json["refund"], Value::Null);
	}
}
