//! `aci market`: prices, capacity, funds and use of the classes.

use super::worker;
use crate::{
	cli::MarketArgs,
	context::Context,
	curve::{self, Point},
	error::ClientError,
	names,
	numbers::{as_slots, billionths},
	output::{aci, planck, table, Done},
};
use aci_chain::{
	market::{ActivityView, FundView},
	Certainty, HmmEvent,
};
use aci_market::Pool;
use aci_primitives::{worker::WorkerView, Balance, BlockNumber, Class, ClassId};
use serde_json::{json, Value};
use std::collections::BTreeMap;

/// Points of a curve; as many as the chain gives.
const POINTS: u32 = 32;
/// Width where the terminal's is not known.
const WIDTH: usize = 80;
/// What stands for a number that there is not.
const NONE: &str = "-";
/// Blocks after an epoch's end in which the closing of a class is looked for.
const CLOSING_BLOCKS: BlockNumber = 4;

/// What is known of a class.
struct Offer {
	id: ClassId,
	class: Class,
	pool: Option<Pool>,
	/// Price of the next compute unit; `None` without capacity.
	unit_price: Option<Balance>,
	fund: Option<FundView>,
	activity: Option<ActivityView>,
	/// The last epoch's use in parts per billion, where the node still knows it.
	last_use: Option<u32>,
	workers: Vec<WorkerView>,
}

impl Offer {
	async fn read(context: &Context, id: ClassId, class: Class) -> Result<Self, ClientError> {
		let chain = &context.chain;
		Ok(Offer {
			id,
			class,
			pool: chain.pool(id).await?,
			unit_price: chain.marginal_price(id).await?,
			fund: chain.fund(id).await?,
			activity: chain.activity(id).await?,
			last_use: None,
			workers: chain.all_workers(id).await?,
		})
	}

	/// The used share of the capacity now, in parts per billion; `None` without capacity.
	fn used(&self) -> Option<u32> {
		let pool = self.pool.filter(|pool| pool.target > 0);
		pool.map(|pool| pool.utilisation())
	}

	fn line(&self) -> Vec<String> {
		let or_none = |text: Option<String>| text.unwrap_or_else(|| NONE.into());
		vec![
			self.id.to_string(),
			names::text(&self.class.name),
			or_none(self.unit_price.map(aci)),
			or_none(self.pool.map(|pool| aci(pool.par_price))),
			or_none(self.pool.map(|pool| billionths(pool.floor_share))),
			or_none(
				self.pool
					.map(|pool| format!("{}/{}", as_slots(pool.free), as_slots(pool.target))),
			),
			or_none(self.used().map(billionths)),
			or_none(self.last_use.map(billionths)),
			self.workers.len().to_string(),
			or_none(self.fund.as_ref().map(|fund| aci(fund.assets))),
		]
	}

	fn json(&self) -> Value {
		json!({
			"class": self.id,
			"name": names::text(&self.class.name),
			"unit_price": self.unit_price.map(planck),
			"par_price": self.pool.map(|pool| planck(pool.par_price)),
			"floor_share_ppb": self.pool.map(|pool| pool.floor_share),
			"free_milli_slots": self.pool.map(|pool| pool.free),
			"milli_slots": self.pool.map(|pool| pool.target),
			"utilisation_ppb": self.used(),
			"worker_count": self.workers.len(),
			"fund": self.fund.as_ref().map(|fund| json!({
				"assets": planck(fund.assets),
				"shares": fund.shares.to_string(),
				"value": planck(fund.value),
				"next_floor_share_ppb": fund.next_floor_share,
			})),
			"epoch": self.activity.as_ref().map(|activity| json!({
				"number": activity.epoch,
				"ends": activity.ends,
				"utilisation_ppb": activity.utilisation,
				"last_utilisation_ppb": self.last_use,
			})),
		})
	}
}

/// Shows the market.
pub async fn run(context: &Context, arguments: &MarketArgs) -> Result<Done, ClientError> {
	let classes = match &arguments.class {
		Some(name) => vec![names::class(&context.chain, name).await?],
		None => context.chain.classes().await?,
	};
	let mut offers = Vec::with_capacity(classes.len());
	for (id, class) in classes {
		offers.push(Offer::read(context, id, class).await?);
	}
	let uses = last_uses(context, &offers).await;
	for offer in &mut offers {
		offer.last_use = uses.get(&offer.id).copied();
	}
	let text = as_table(&offers);
	match (arguments.class.is_some(), offers.as_slice()) {
		(true, [offer]) => {
			let points = context.chain.price_curve(offer.id, POINTS).await?;
			let width = arguments.width.map_or_else(terminal_width, usize::from);
			Ok(Done::new(
				one_json(offer, &points),
				format!("{text}\n{}", one_text(offer, &points, width)),
			))
		}
		_ => {
			let hint = "\n`aci market --class NAME` draws a class's price curve.";
			Ok(Done::new(
				offers.iter().map(Offer::json).collect(),
				format!("{text}{hint}"),
			))
		}
	}
}

fn as_table(offers: &[Offer]) -> String {
	let heads = [
		">class",
		"name",
		">price of a CU",
		">par price",
		">floor",
		">free slots",
		">used",
		">last epoch",
		">workers",
		">fund",
	];
	table(&heads, offers.iter().map(Offer::line).collect())
}

/// The curve and the workers of one class, for people.
fn one_text(offer: &Offer, points: &[Point], width: usize) -> String {
	let present = offer.used().zip(offer.unit_price);
	let picture = match points.is_empty() {
		true => "No worker offers this class, so it has no price.\n".into(),
		false => curve::draw(points, present, width),
	};
	let workers = match offer.workers.is_empty() {
		true => String::new(),
		false => format!("\n{}", worker::as_table(&offer.workers, &offer.class)),
	};
	format!("{picture}{workers}")
}

fn one_json(offer: &Offer, points: &[Point]) -> Value {
	let mut json = offer.json();
	if let Value::Object(fields) = &mut json {
		let point =
			|(used, price): &Point| json!({ "utilisation_ppb": used, "price": planck(*price) });
		fields.insert("curve".into(), points.iter().map(point).collect());
		fields.insert(
			"workers".into(),
			offer.workers.iter().map(worker::as_json).collect(),
		);
	}
	json
}

/// What each class's last epoch closed with. It stands in an event only, so a node that has
/// forgotten the block cannot tell; the rest of the market is shown all the same.
async fn last_uses(context: &Context, offers: &[Offer]) -> BTreeMap<ClassId, u32> {
	let mut uses = BTreeMap::new();
	let activity = offers.iter().find_map(|offer| offer.activity.as_ref());
	let Some(begin) = activity.and_then(epoch_begin) else {
		return uses;
	};
	let Ok(head) = context.chain.head(Certainty::Best).await else {
		return uses;
	};
	let last = begin.saturating_add(CLOSING_BLOCKS).min(head.number);
	for block in begin..=last {
		let events = context.chain.events_at(block).await;
		let Ok(Some(events)) = events else { break };
		uses.extend(events.iter().filter_map(closed));
		if offers.iter().all(|offer| uses.contains_key(&offer.id)) {
			break;
		}
	}
	uses
}

/// The first block of the running epoch; `None` in the first epoch. Epochs begin at multiples of
/// their length.
fn epoch_begin(activity: &ActivityView) -> Option<BlockNumber> {
	let length = activity.ends.checked_div(activity.epoch.checked_add(1)?)?;
	let begin = activity.ends.checked_sub(length)?;
	(begin > 0).then_some(begin)
}

fn closed(event: &aci_chain::Event) -> Option<(ClassId, u32)> {
	match HmmEvent::of(event)? {
		HmmEvent::EpochClosed {
			class,
			utilisation: Some(utilisation),
			..
		} => Some((class, utilisation)),
		_ => None,
	}
}

fn terminal_width() -> usize {
	let columns = std::env::var("COLUMNS").ok();
	columns
		.and_then(|columns| columns.parse().ok())
		.map_or(WIDTH, |columns: usize| columns.clamp(40, 200))
}

#[cfg(test)]
mod tests {
	use super::*;
	use aci_primitives::ACI;

	fn offer(free: u64, target: u64) -> Offer {
		let pool = Pool::new(free, target, ACI, 100_000_000).expect("is in bounds");
		Offer {
			id: 3,
			class: Class {
				name: b"cpu".to_vec().try_into().expect("is short"),
				memory: 1,
				peak_flops: 1,
				bandwidth: 1,
			},
			pool: Some(pool),
			unit_price: (target > 0).then_some(2 * ACI),
			fund: Some(FundView {
				assets: 5 * ACI,
				shares: u128::MAX,
				value: 4 * ACI,
				floor_share: 0,
				next_floor_share: 7,
			}),
			activity: None,
			last_use: Some(250_000_000),
			workers: Vec::new(),
		}
	}

	#[test]
	fn a_class_is_a_line_of_what_it_has_and_costs() {
		let text = as_table(&[offer(1_500, 2_000)]);
		for part in [
			"2.000000000000 ACI",
			"1.000000000000 ACI",
			"10.00 %",
			"1.5/2",
			"25.00 %",
			"5.000000000000 ACI",
		] {
			assert!(text.contains(part), "{part} in {text}");
		}
	}

	#[test]
	fn a_class_without_capacity_has_no_price_and_no_use() {
		let offer = offer(0, 0);
		assert_eq!(offer.used(), None);
		assert_eq!(offer.json()["unit_price"], Value::Null);
		let text = one_text(&offer, &[], 80);
		assert!(text.contains("no price"), "{text}");
	}

	#[test]
	fn amounts_and_shares_are_text_in_json_and_the_rest_numbers() {
		let offer = offer(1_000, 2_000);
		let json = one_json(&offer, &[(0, ACI), (500_000_000, 2 * ACI)]);
		assert_eq!(json["unit_price"], "2000000000000");
		assert_eq!(json["fund"]["shares"], u128::MAX.to_string());
		assert_eq!(json["utilisation_ppb"], 500_000_000);
		assert_eq!(json["curve"][1]["price"], "2000000000000");
		assert_eq!(json["curve"][1]["utilisation_ppb"], 500_000_000);
		assert_eq!(json["workers"], json!([]));
	}

	#[test]
	fn an_epoch_begins_at_a_multiple_of_its_length() {
		let activity = |epoch, ends| ActivityView {
			epoch,
			ends,
			paid: 0,
			offered: 0,
			registered: 0,
			utilisation: None,
		};
		assert_eq!(epoch_begin(&activity(2, 90)), Some(60));
		assert_eq!(epoch_begin(&activity(0, 30)), None, "nothing was before");
	}
}
