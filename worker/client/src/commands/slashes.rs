//! `aci stake slashes`, `appeal`, `apply`.

use crate::{
	cli::AppealArgs,
	context::Context,
	error::ClientError,
	names,
	output::{aci, planck, table, Done},
};
use aci_chain::{
	market::{PendingSlash, SlashState},
	Call, SlashId, StakingEvent,
};
use aci_primitives::Hash;
use serde_json::{json, Value};
use sha2::{Digest, Sha256};

/// Lists slashes that took from the account.
pub async fn list(context: &Context) -> Result<Done, ClientError> {
	let slashes = context.chain.pending_slashes(&context.account()?).await?;
	Ok(Done::new(
		slashes.iter().map(as_json).collect(),
		as_text(&slashes),
	))
}

fn as_text(slashes: &[(SlashId, PendingSlash)]) -> String {
	let line = |(id, slash): &(SlashId, PendingSlash)| {
		vec![
			id.to_string(),
			slash.offender.to_string(),
			format!("{:?}", slash.role),
			format!("{:?}", slash.offence),
			aci(slash.amount),
			match slash.state {
				SlashState::Pending => "can be appealed".into(),
				SlashState::Appealed { deposit } => format!("appealed with {}", aci(deposit)),
				SlashState::Unclaimed => "applied; refunds wait".into(),
			},
			format!("block {}", slash.applies_at),
		]
	};
	let heads = [
		">slash", "offender", "role", "offence", ">amount", "state", ">applies",
	];
	match slashes.is_empty() {
		true => "No slash of the account's waits.".into(),
		false => table(&heads, slashes.iter().map(line).collect()),
	}
}

fn as_json((id, slash): &(SlashId, PendingSlash)) -> Value {
	let (state, deposit) = match slash.state {
		SlashState::Pending => ("pending", None),
		SlashState::Appealed { deposit } => ("appealed", Some(deposit)),
		SlashState::Unclaimed => ("unclaimed", None),
	};
	json!({
		"slash": id,
		"offender": slash.offender.to_string(),
		"role": slash.role,
		"offence": format!("{:?}", slash.offence),
		"amount": planck(slash.amount),
		"evidence": names::hash(&slash.evidence),
		"reporter": slash.reporter.as_ref().map(ToString::to_string),
		"job": slash.job.as_ref().map(names::hash),
		"applies_at": slash.applies_at,
		"state": state,
		"appeal_deposit": deposit.map(planck),
	})
}

/// Appeals against a slash.
pub async fn appeal(context: &Context, arguments: &AppealArgs) -> Result<Done, ClientError> {
	let reason = reason(arguments)?;
	let included = context
		.submit(Call::appeal(arguments.slash, reason))
		.await?;
	let appealed = StakingEvent::find(&included.events, |event| match event {
		StakingEvent::SlashAppealed {
			deposit,
			applies_at,
			..
		} => Some((deposit, applies_at)),
		_ => None,
	});
	let (deposit, applies_at) =
		appealed.ok_or_else(|| super::untold("StakingSlashing.SlashAppealed"))?;
	let json = json!({
		"slash": arguments.slash,
		"reason": names::hash(&reason),
		"deposit": planck(deposit),
		"applies_at": applies_at,
	});
	let text = format!(
		"Appealed with reasons {}: {} held. Governance can cancel the slash before block \
		 {applies_at}. Fee: {}",
		names::hash(&reason),
		aci(deposit),
		aci(included.fee)
	);
	Ok(Done::new(super::included(&included, json), text))
}

/// The hash of the reasons.
fn reason(arguments: &AppealArgs) -> Result<Hash, ClientError> {
	match (&arguments.reasons, &arguments.hash) {
		(Some(path), _) => {
			let bytes = std::fs::read(path)
				.map_err(|error| ClientError::file(format!("reading {}", path.display()), error))?;
			Ok(Hash::from(<[u8; 32]>::from(Sha256::digest(bytes))))
		}
		(None, Some(text)) => names::parse_hash(text).ok_or_else(|| {
			ClientError::Usage(format!(
				"`{text}` is no hash. Give 0x and 64 hexadecimal digits, or --reasons FILE"
			))
		}),
		(None, None) => Err(ClientError::Usage("give --reasons FILE".into())),
	}
}

/// Applies a slash whose time has come.
pub async fn apply(context: &Context, slash: SlashId) -> Result<Done, ClientError> {
	let included = context.submit(Call::apply_slash(slash)).await?;
	let text = format!(
		"Slash {slash} is applied in block {}. Fee: {}",
		included.block.number,
		aci(included.fee)
	);
	let json = json!({ "slash": slash });
	Ok(Done::new(super::included(&included, json), text))
}

#[cfg(test)]
mod tests {
	use super::*;
	use aci_market::Offence;
	use aci_primitives::{AccountId, Role};

	#[test]
	fn a_slash_says_for_what_how_much_and_what_can_be_done() {
		let slash = |state| {
			let slash = PendingSlash {
				offender: AccountId::new([1; 32]),
				role: Role::Worker,
				offence: Offence::Timeout,
				amount: 12,
				evidence: Hash::zero(),
				reporter: None,
				job: Some(Hash::repeat_byte(5)),
				applies_at: 40,
				state,
			};
			(3, slash)
		};
		let text = as_text(&[
			slash(SlashState::Pending),
			slash(SlashState::Appealed { deposit: 1 }),
		]);
		for part in ["Timeout", "can be appealed", "appealed with", "block 40"] {
			assert!(text.contains(part), "{part} in {text}");
		}
		let json = as_json(&slash(SlashState::Appealed { deposit: 1 }));
		assert_eq!(json["state"], "appealed");
		assert_eq!(json["appeal_deposit"], "1");
		assert_eq!(
			as_json(&slash(SlashState::Pending))["appeal_deposit"],
			Value::Null
		);
	}

	#[test]
	fn reasons_are_hashed_from_their_file() {
		let folder = tempfile::tempdir().expect("a temporary folder");
		let path = folder.path().join("reasons");
		std::fs::write(&path, "abc").expect("is writable");
		let arguments = |reasons, hash: Option<&str>| AppealArgs {
			slash: 1,
			reasons,
			hash: hash.map(Into::into),
		};
		let hash = reason(&arguments(Some(path), None)).expect("is read");
		let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
		assert_eq!(hex::encode(hash), expected);
		let given = reason(&arguments(None, Some(expected))).expect("is a hash");
		assert_eq!(given, hash);
		assert!(reason(&arguments(None, Some("short"))).is_err());
	}
}
