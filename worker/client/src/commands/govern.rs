//! `aci govern`: what only governance may do, encoded for a referendum, or done by sudo.

use crate::{
	cli::{FiguresArgs, GovernArgs, GovernCommand, PriceArgs, TeeArg, VerdictArg},
	context::Context,
	error::ClientError,
	names,
	numbers::parts_per_million,
	output::{aci, pairs, Done},
};
use aci_chain::{amount, Call};
use aci_primitives::{evidence::TeeKind, traits::DisputeVerdict, Balance, Class, Hash};
use serde_json::json;

/// Parts per billion in one per million.
const BILLIONTHS: u32 = 1_000;

/// Shows the encoded call, or sends it as root.
pub async fn run(context: &Context, arguments: GovernArgs) -> Result<Done, ClientError> {
	let call = call(context, arguments.command).await?;
	if arguments.sudo {
		let included = context.submit(call.as_root()).await?;
		let text = format!(
			"Done as root in block {}. Fee: {}",
			included.block.number,
			aci(included.fee)
		);
		return Ok(Done::new(super::included(&included, json!({})), text));
	}
	let (bytes, hash) = context.chain.encode(&call).await?;
	let encoded = format!("0x{}", hex::encode(&bytes));
	let text = pairs(&[
		("call", encoded.clone()),
		("hash", names::hash(&hash)),
		("length", bytes.len().to_string()),
		(
			"next",
			"note it with preimage.notePreimage, then propose it with referenda.submit".into(),
		),
	]);
	let json = json!({ "call": encoded, "hash": names::hash(&hash), "length": bytes.len() });
	Ok(Done::new(json, text))
}

async fn call(context: &Context, command: GovernCommand) -> Result<Call, ClientError> {
	Ok(match command {
		GovernCommand::CreateClass { figures, price } => {
			let (par_price, floor_share) = read_price(&price)?;
			Call::create_class(class(figures)?, par_price, floor_share)
		}
		GovernCommand::SetClass {
			class: name,
			figures,
		} => {
			let (id, _) = names::class(&context.chain, &name).await?;
			Call::set_class(id, class(figures)?)
		}
		GovernCommand::SetPrice { class, price } => {
			let (par_price, floor_share) = read_price(&price)?;
			let (id, _) = names::class(&context.chain, &class).await?;
			Call::set_price(id, par_price, floor_share)
		}
		GovernCommand::CancelSlash { slash } => Call::cancel_slash(slash),
		GovernCommand::ForceChill { validator } => Call::force_chill(names::account(&validator)?),
		GovernCommand::DecideDispute { job, verdict } => {
			let verdict = match verdict {
				VerdictArg::Right => DisputeVerdict::Right,
				VerdictArg::Wrong => DisputeVerdict::Wrong,
				VerdictArg::Doubtful => DisputeVerdict::Doubtful,
			};
			Call::decide_dispute(names::job(&job)?, verdict)
		}
		GovernCommand::AllowMeasurement { measurement, tee } => {
			Call::allow_measurement(tee_kind(tee), read_measurement(&measurement)?)
		}
		GovernCommand::RevokeMeasurement { measurement } => {
			Call::revoke_measurement(read_measurement(&measurement)?)
		}
		GovernCommand::SuspendWorker { worker } => Call::suspend(names::account(&worker)?),
		GovernCommand::UnsuspendWorker { worker } => Call::unsuspend(names::account(&worker)?),
	})
}

fn class(figures: FiguresArgs) -> Result<Class, ClientError> {
	let name = figures.name.into_bytes().try_into();
	Ok(Class {
		name: name
			.map_err(|_| ClientError::Usage("--name is too long. Choose a shorter one".into()))?,
		memory: figures.memory,
		peak_flops: figures.peak_flops,
		bandwidth: figures.bandwidth,
	})
}

/// Par price in planck, floor share in parts per billion.
fn read_price(price: &PriceArgs) -> Result<(Balance, u32), ClientError> {
	let floor = parts_per_million(&price.floor_share)?;
	// At most 10^6 times 10^3.
	let floor = floor.saturating_mul(BILLIONTHS);
	Ok((amount::parse(&price.par_price)?, floor))
}

fn tee_kind(tee: TeeArg) -> TeeKind {
	match tee {
		TeeArg::Software => TeeKind::Software,
		TeeArg::Sgx => TeeKind::Sgx,
		TeeArg::Tdx => TeeKind::Tdx,
		TeeArg::SevSnp => TeeKind::SevSnp,
		TeeArg::Nvidia => TeeKind::Nvidia,
		TeeArg::TrustZone => TeeKind::TrustZone,
	}
}

fn read_measurement(text: &str) -> Result<Hash, ClientError> {
	names::parse_hash(text).ok_or_else(|| {
		ClientError::Usage(format!(
			"`{text}` is no measurement. Give 0x and 64 hexadecimal digits"
		))
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_price_is_read_in_planck_and_parts_per_billion() {
		let price = |par_price: &str, floor_share: &str| PriceArgs {
			par_price: par_price.into(),
			floor_share: floor_share.into(),
		};
		let read = read_price(&price("1.5", "10%")).expect("is right");
		assert_eq!(read, (1_500_000_000_000, 100_000_000));
		assert!(read_price(&price("1.5", "101")).is_err());
		assert!(read_price(&price("-1", "10")).is_err());
	}

	#[test]
	fn a_name_that_is_too_long_is_refused_before_it_is_sent() {
		let figures = |length| FiguresArgs {
			name: "x".repeat(length),
			memory: 1,
			peak_flops: 2,
			bandwidth: 3,
		};
		assert_eq!(class(figures(5)).expect("is short").peak_flops, 2);
		assert!(class(figures(1_000)).is_err());
	}
}
