//! `aci class`.

use crate::{
	cli::ClassCommand,
	context::Context,
	error::ClientError,
	names,
	output::{aci, pairs, planck, table, Done},
};
use aci_primitives::{Class, ClassId};
use serde_json::{json, Value};

/// Milli-slots of a slot.
const SLOT: u64 = aci_primitives::class::JOB_MILLI_SLOTS;

/// A class and its pool.
struct Offer {
	id: ClassId,
	class: Class,
	/// Free and registered milli-slots, par price, floor share; zeros without a pool.
	free: u64,
	target: u64,
	par_price: u128,
	floor_share: u32,
}

/// Runs a command about classes.
pub async fn run(context: &Context, command: ClassCommand) -> Result<Done, ClientError> {
	match command {
		ClassCommand::List => {
			let mut offers = Vec::new();
			for (id, class) in context.chain.classes().await? {
				offers.push(offer(context, id, class).await?);
			}
			let lines = offers
				.iter()
				.map(|offer| {
					vec![
						offer.id.to_string(),
						names::text(&offer.class.name),
						format!("{}/{}", offer.free / SLOT, offer.target / SLOT),
						aci(offer.par_price),
						offer.class.peak_flops.to_string(),
						offer.class.memory.to_string(),
					]
				})
				.collect();
			let heads = [
				">class",
				"name",
				">free slots",
				">par price of a CU",
				">peak FLOP/s",
				">memory",
			];
			let json: Value = offers.iter().map(as_json).collect();
			Ok(Done::new(json, table(&heads, lines)))
		}
		ClassCommand::Show { class } => {
			let (id, class) = names::class(&context.chain, &class).await?;
			let offer = offer(context, id, class).await?;
			Ok(Done::new(as_json(&offer), as_text(&offer)))
		}
	}
}

async fn offer(context: &Context, id: ClassId, class: Class) -> Result<Offer, ClientError> {
	let pool = context.chain.pool(id).await?;
	let (free, target, par_price, floor_share) = pool.map_or((0, 0, 0, 0), |pool| {
		(pool.free, pool.target, pool.par_price, pool.floor_share)
	});
	Ok(Offer {
		id,
		class,
		free,
		target,
		par_price,
		floor_share,
	})
}

fn as_text(offer: &Offer) -> String {
	let class = &offer.class;
	pairs(&[
		("class", offer.id.to_string()),
		("name", names::text(&class.name)),
		(
			"free",
			format!("{} of {} slots", offer.free / SLOT, offer.target / SLOT),
		),
		(
			"par price",
			format!(
				"{} for a compute unit (10^12 operations)",
				aci(offer.par_price)
			),
		),
		(
			"floor share",
			format!("{} parts per billion", offer.floor_share),
		),
		("peak", format!("{} operations a second", class.peak_flops)),
		("memory", format!("{} bytes", class.memory)),
		("bandwidth", format!("{} bytes a second", class.bandwidth)),
	])
}

fn as_json(offer: &Offer) -> Value {
	let class = &offer.class;
	json!({
		"class": offer.id,
		"name": names::text(&class.name),
		"memory": class.memory,
		"peak_flops": class.peak_flops,
		"bandwidth": class.bandwidth,
		"free_milli_slots": offer.free,
		"milli_slots": offer.target,
		"par_price": planck(offer.par_price),
		"floor_share_ppb": offer.floor_share,
	})
}
