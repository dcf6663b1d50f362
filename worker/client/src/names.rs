//! Names and numbers that people give for models, classes, jobs and accounts.

use crate::error::ClientError;
use aci_chain::{address, Account, Chain};
use aci_primitives::{
	model::RegisteredModel, AccountId, BoundedBytes, Class, ClassId, Hash, JobId, ModelId,
};

/// Fewest digits of a hash that stand for it.
const MIN_PREFIX: usize = 6;

/// Text of bytes that should be UTF-8.
pub fn text<const N: u32>(bytes: &BoundedBytes<N>) -> String {
	String::from_utf8_lossy(bytes).into_owned()
}

/// A hash with all its digits.
pub fn hash(hash: &Hash) -> String {
	format!("{hash:?}")
}

/// A hash of 0x and 64 digits; the 0x may be missing.
pub fn parse_hash(text: &str) -> Option<Hash> {
	let mut bytes = [0; 32];
	let digits = text.strip_prefix("0x").unwrap_or(text);
	hex::decode_to_slice(digits, &mut bytes).ok()?;
	Some(Hash::from(bytes))
}

/// A job's identity.
pub fn job(text: &str) -> Result<JobId, ClientError> {
	parse_hash(text).ok_or_else(|| {
		ClientError::Usage(format!(
			"`{text}` is no job. A job is 0x and 64 hexadecimal digits, as `aci jobs` lists them"
		))
	})
}

/// An account by development name or address.
pub fn account(text: &str) -> Result<AccountId, ClientError> {
	match Account::development(text) {
		Ok(account) => Ok(account.id()),
		Err(_) => Ok(address(text)?),
	}
}

/// A model by name or hash, a part of the name, or the beginning of the hash.
pub async fn model(chain: &Chain, name: &str) -> Result<(ModelId, RegisteredModel), ClientError> {
	choose_model(chain.models().await?, name)
}

fn choose_model(
	models: Vec<(ModelId, RegisteredModel)>,
	name: &str,
) -> Result<(ModelId, RegisteredModel), ClientError> {
	let wanted = name.to_lowercase();
	let digits = wanted.strip_prefix("0x").unwrap_or(&wanted);
	let is_hash = digits.len() >= MIN_PREFIX && digits.bytes().all(|b| b.is_ascii_hexdigit());
	let lower = |model: &RegisteredModel| text(&model.manifest.name).to_lowercase();
	let exact = models.iter().position(|(_, model)| lower(model) == wanted);
	let found: Vec<usize> = match exact {
		Some(at) => vec![at],
		None => models
			.iter()
			.enumerate()
			.filter(|(_, (id, model))| {
				lower(model).contains(&wanted) || (is_hash && hex::encode(id).starts_with(digits))
			})
			.map(|(at, _)| at)
			.collect(),
	};
	let known = || {
		let names: Vec<_> = models
			.iter()
			.map(|(_, model)| text(&model.manifest.name))
			.collect();
		names.join(", ")
	};
	match found.as_slice() {
		[at] => models
			.get(*at)
			.cloned()
			.ok_or_else(|| ClientError::NotFound(name.into())),
		[] => Err(ClientError::NotFound(format!(
			"no model `{name}` is registered. Registered are: {}. `aci model list` shows their \
			 hashes",
			known()
		))),
		_ => Err(ClientError::NotFound(format!(
			"`{name}` stands for several models. Name one of {}, or its whole hash",
			known()
		))),
	}
}

/// A class by name or number.
pub async fn class(chain: &Chain, name: &str) -> Result<(ClassId, Class), ClientError> {
	let classes = chain.classes().await?;
	let number = name.parse::<ClassId>().ok();
	let found = classes
		.iter()
		.find(|(id, class)| Some(*id) == number || text(&class.name) == name);
	found.cloned().ok_or_else(|| {
		let names: Vec<_> = classes.iter().map(|(_, class)| text(&class.name)).collect();
		ClientError::NotFound(format!(
			"there is no class `{name}`. There are: {}",
			names.join(", ")
		))
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use aci_primitives::model::{ModelKind, ModelManifest, ModelShape};

	fn registered(name: &str, byte: u8) -> (ModelId, RegisteredModel) {
		let shape = ModelShape {
			layers: 1,
			hidden: 1,
			heads: 1,
			key_value_heads: 1,
			head_dimension: 1,
			feed_forward: 1,
			feed_forward_matrices: 2,
			vocabulary: 1,
			context: 1,
		};
		let manifest = ModelManifest {
			name: name.as_bytes().to_vec().try_into().expect("is short"),
			kind: ModelKind::Embedding,
			shape,
			weight_bytes: 1,
			tokenizer: Hash::zero(),
			profiles: Default::default(),
		};
		let model = RegisteredModel {
			owner: AccountId::new([0; 32]),
			deposit: 0,
			manifest,
		};
		(ModelId::repeat_byte(byte), model)
	}

	#[test]
	fn a_model_is_found_by_name_hash_or_a_part() {
		let models = vec![registered("MiniLM", 0xaa), registered("MiniLM-L12", 0xab)];
		let find = |name: &str| choose_model(models.clone(), name).map(|(id, _)| id);
		assert_eq!(
			find("minilm").expect("is exact"),
			ModelId::repeat_byte(0xaa)
		);
		assert_eq!(find("-l12").expect("is one"), ModelId::repeat_byte(0xab));
		assert_eq!(
			find("0xababab").expect("is one"),
			ModelId::repeat_byte(0xab)
		);
		assert!(find("mini")
			.expect_err("is two")
			.to_string()
			.contains("several"));
		let unknown = find("gpt").expect_err("is none").to_string();
		assert!(unknown.contains("MiniLM-L12"), "{unknown}");
	}

	#[test]
	fn a_job_is_a_whole_hash() {
		let id = JobId::repeat_byte(0x5a);
		assert_eq!(job(&hash(&id)).expect("is whole"), id);
		assert_eq!(job(&hex::encode(id)).expect("is whole"), id);
		for text in ["", "0x5a", "latest", &format!("{}00", hash(&id))] {
			assert!(job(text).is_err(), "{text}");
		}
	}
}
