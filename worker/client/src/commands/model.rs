//! `aci model`.

use crate::{
	cli::ModelCommand,
	context::Context,
	error::ClientError,
	names,
	output::{aci, pairs, planck, table, Done},
};
use aci_chain::Call;
use aci_primitives::{
	model::{ModelKind, ModelManifest, ModelShape, RegisteredModel},
	proof::ProfileKind,
	ModelId,
};
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};
use std::path::Path;

/// A manifest as a file holds it. Hashes are 0x and 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ManifestFile {
	/// SHA-256 of the weights file.
	model: String,
	/// Name for people.
	name: String,
	/// What the model does.
	kind: ModelKind,
	/// The parameters of the FLOP formula.
	shape: ModelShape,
	/// Size of the weights file in bytes.
	weight_bytes: u64,
	/// SHA-256 of the tokenizer's definition; of the weights file where that contains it.
	tokenizer: String,
	/// How outputs may be verified.
	profiles: Vec<ProfileKind>,
}

impl ManifestFile {
	fn of(id: &ModelId, manifest: &ModelManifest) -> Self {
		ManifestFile {
			model: names::hash(id),
			name: names::text(&manifest.name),
			kind: manifest.kind,
			shape: manifest.shape,
			weight_bytes: manifest.weight_bytes,
			tokenizer: names::hash(&manifest.tokenizer),
			profiles: manifest.profiles.to_vec(),
		}
	}

	fn read(self) -> Result<(ModelId, ModelManifest), String> {
		let hash = |field: &str, text: &str| {
			names::parse_hash(text)
				.ok_or_else(|| format!("`{field}` is not 0x and 64 hexadecimal digits"))
		};
		let name = self.name.into_bytes().try_into();
		let profiles = self.profiles.try_into();
		let manifest = ModelManifest {
			name: name.map_err(|_| "`name` is longer than 64 bytes")?,
			kind: self.kind,
			shape: self.shape,
			weight_bytes: self.weight_bytes,
			tokenizer: hash("tokenizer", &self.tokenizer)?,
			profiles: profiles.map_err(|_| "`profiles` has more than 4 entries")?,
		};
		aci_poai::compute::check_model(&manifest)
			.map_err(|error| format!("the figures are of no model: {error:?}"))?;
		Ok((hash("model", &self.model)?, manifest))
	}
}

/// What a manifest file may hold: the form of `aci model show`, or that of `aci-worker
/// model-manifest`, which names the model beside the manifest as the chain's types are serialised.
#[derive(Deserialize)]
#[serde(untagged)]
enum Manifests {
	Worker {
		model: String,
		manifest: ModelManifest,
	},
	Client(ManifestFile),
}

impl Manifests {
	fn read(self) -> Result<(ModelId, ModelManifest), String> {
		match self {
			Manifests::Client(file) => file.read(),
			Manifests::Worker { model, manifest } => {
				let id = names::parse_hash(&model)
					.ok_or("`model` is not 0x and 64 hexadecimal digits")?;
				ManifestFile::of(&id, &manifest).read()
			}
		}
	}
}

/// Runs a command about models.
pub async fn run(context: &Context, command: ModelCommand) -> Result<Done, ClientError> {
	match command {
		ModelCommand::List => list(context).await,
		ModelCommand::Show { model } => {
			let (id, registered) = names::model(&context.chain, &model).await?;
			Ok(Done::new(
				as_json(&id, &registered),
				as_text(&id, &registered),
			))
		}
		ModelCommand::Register { manifest } => {
			let (id, manifest) = read(&manifest)?;
			let included = context.submit(Call::register_model(id, manifest)).await?;
			let json = json!({ "model": names::hash(&id) });
			let text = format!(
				"Registered {} in block {}. Fee: {}",
				names::hash(&id),
				included.block.number,
				aci(included.fee)
			);
			Ok(Done::new(super::included(&included, json), text))
		}
		ModelCommand::Remove { model } => {
			let (id, registered) = names::model(&context.chain, &model).await?;
			let included = context.submit(Call::remove_model(id)).await?;
			let json = json!({
				"model": names::hash(&id),
				"deposit": planck(registered.deposit),
			});
			let text = format!(
				"Removed {} in block {}; the deposit of {} is free. Fee: {}",
				names::hash(&id),
				included.block.number,
				aci(registered.deposit),
				aci(included.fee)
			);
			Ok(Done::new(super::included(&included, json), text))
		}
	}
}

fn read(path: &Path) -> Result<(ModelId, ModelManifest), ClientError> {
	let failed = |reason: String| ClientError::file(format!("manifest {}", path.display()), reason);
	let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
	parse(&text).map_err(failed)
}

fn parse(text: &str) -> Result<(ModelId, ModelManifest), String> {
	let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
	let manifests: Manifests = serde_json::from_value(value).map_err(|_| {
		"it has neither the fields of `aci --json model show` nor those of `aci-worker \
		 model-manifest`"
			.to_string()
	})?;
	manifests.read()
}

async fn list(context: &Context) -> Result<Done, ClientError> {
	let models = context.chain.models().await?;
	let json: Value = models
		.iter()
		.map(|(id, registered)| as_json(id, registered))
		.collect();
	let lines = models
		.iter()
		.map(|(id, registered)| {
			let manifest = &registered.manifest;
			vec![
				names::text(&manifest.name),
				format!("{:?}", manifest.kind),
				manifest.shape.context.to_string(),
				manifest.weight_bytes.to_string(),
				names::hash(id),
			]
		})
		.collect();
	let text = match models.is_empty() {
		true => "No model is registered.".into(),
		false => table(&["name", "kind", ">context", ">bytes", "hash"], lines),
	};
	Ok(Done::new(json, text))
}

fn as_json(id: &ModelId, registered: &RegisteredModel) -> Value {
	let file = ManifestFile::of(id, &registered.manifest);
	let mut json = json!(file);
	if let Value::Object(fields) = &mut json {
		fields.insert("owner".into(), registered.owner.to_string().into());
		fields.insert("deposit".into(), planck(registered.deposit));
	}
	json
}

fn as_text(id: &ModelId, registered: &RegisteredModel) -> String {
	let manifest = &registered.manifest;
	let shape = &manifest.shape;
	pairs(&[
		("model", names::hash(id)),
		("name", names::text(&manifest.name)),
		("kind", format!("{:?}", manifest.kind)),
		("bytes", manifest.weight_bytes.to_string()),
		("context", format!("{} positions", shape.context)),
		(
			"shape",
			format!(
				"{} layers of width {}, {} heads ({} for keys and values) of width {}, \
				 feed-forward {} with {} matrices, vocabulary {}",
				shape.layers,
				shape.hidden,
				shape.heads,
				shape.key_value_heads,
				shape.head_dimension,
				shape.feed_forward,
				shape.feed_forward_matrices,
				shape.vocabulary
			),
		),
		("tokenizer", names::hash(&manifest.tokenizer)),
		("profiles", format!("{:?}", manifest.profiles.to_vec())),
		("owner", registered.owner.to_string()),
		("deposit", aci(registered.deposit)),
	])
}

#[cfg(test)]
mod tests {
	use super::*;

	fn manifest() -> ModelManifest {
		ModelManifest {
			name: b"a model".to_vec().try_into().expect("is short"),
			kind: ModelKind::TextGeneration,
			shape: ModelShape {
				layers: 2,
				hidden: 64,
				heads: 4,
				key_value_heads: 2,
				head_dimension: 16,
				feed_forward: 128,
				feed_forward_matrices: 3,
				vocabulary: 1_000,
				context: 512,
			},
			weight_bytes: 100_000,
			tokenizer: ModelId::repeat_byte(2),
			profiles: vec![ProfileKind::SampledText].try_into().expect("is one"),
		}
	}

	#[test]
	fn both_forms_of_a_manifest_file_are_read() {
		let id = ModelId::repeat_byte(1);
		let client = json!(ManifestFile::of(&id, &manifest())).to_string();
		assert_eq!(parse(&client), Ok((id, manifest())));
		let worker = json!({ "model": names::hash(&id), "manifest": manifest() }).to_string();
		assert_eq!(parse(&worker), Ok((id, manifest())));
	}

	#[test]
	fn a_manifest_of_no_model_is_refused_before_it_is_sent() {
		let mut wrong = manifest();
		wrong.shape.layers = 0;
		let text = json!(ManifestFile::of(&ModelId::zero(), &wrong)).to_string();
		assert!(parse(&text).is_err());
		assert!(parse("{}").is_err());
		assert!(parse("no json").is_err());
	}
}
