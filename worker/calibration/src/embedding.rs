//! Runs of embeddings, for the numeric profile.
//!
//! Honest programs differ in the device and in how many texts they read at once: a setting's last
//! part, which is a chunk for texts, is here the copies of the text in one batch. Everything is f32:
//! other data types are coarser than any tolerance that would tell a cheaper model, and stand among
//! the cheats.
//!
//! | cheat | what is handed in |
//! | --- | --- |
//! | `bf16`, `8-bit`, `4-bit` | the embedding by weights that were rounded so |
//! | `layers-1` | by a model without its last layer |
//! | `edited-prompt` | of the edited text |
//! | `truncated` | of the first half of the text |
//! | `cached` | of another text |
//! | `random` | a random vector of unit norm |

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

use aci_engine::{CandleEngine, DeviceChoice, EngineOptions, ModelHash};
use anyhow::{ensure, Context, Result};
use candle_core::{DType, Device, Tensor};

use crate::campaign::Effort;
use crate::order::Order;
use crate::prompts::{prompts, Set};
use crate::record::{Journal, Key, NumericObservation, Record};
use crate::setting::Setting;
use crate::statistics::random::Random;
use crate::text::micros;
use crate::variants::coarsen;

/// The cheats of embeddings.
pub const CHEATS: [&str; 8] = [
	"bf16",
	"8-bit",
	"4-bit",
	"layers-1",
	"edited-prompt",
	"truncated",
	"cached",
	"random",
];
/// Those that run another model.
const CHEAPER: [&str; 4] = ["bf16", "8-bit", "4-bit", "layers-1"];
/// Differences that are written down of one run.
const KEPT: usize = 16;

/// Which runs of embeddings.
#[derive(Debug, Clone)]
pub struct Embeddings {
	/// The set.
	pub set: Set,
	/// The first run and the one behind the last.
	pub runs: std::ops::Range<u32>,
	/// How honest workers compute.
	pub workers: Vec<Setting>,
	/// How verifiers compute. Cheats run as the first, and are looked at by it.
	pub verifiers: Vec<Setting>,
	/// How the threads share the work.
	pub effort: Effort,
}

/// One thread's engines: by device, and the cheaper ones by their names.
#[derive(Clone)]
struct Engines {
	right: BTreeMap<String, CandleEngine>,
	cheaper: BTreeMap<&'static str, (CandleEngine, ModelHash)>,
	model: ModelHash,
}

/// The name of a setting's device alone: engines of embeddings differ in nothing else.
fn device(setting: &Setting) -> String {
	let whole = Setting {
		chunk: None,
		..*setting
	};
	whole.to_string()
}

impl Engines {
	fn load(embeddings: &Embeddings, model: &Path, folder: &Path) -> Result<Self> {
		let first = *embeddings.verifiers.first().context("name a verifier")?;
		let engine = |setting: &Setting, path: &Path| -> Result<(CandleEngine, ModelHash)> {
			let mut engine = CandleEngine::new(EngineOptions {
				device: setting.device,
				threads: NonZeroUsize::new(embeddings.effort.threads),
				kernels: setting.kernels,
			})?;
			let hash = engine.load(path)?.hash;
			Ok((engine, hash))
		};
		let mut right = BTreeMap::new();
		let mut hash = None;
		for setting in embeddings.workers.iter().chain(&embeddings.verifiers) {
			if let std::collections::btree_map::Entry::Vacant(place) = right.entry(device(setting))
			{
				let (engine, own) = engine(setting, model)?;
				place.insert(engine);
				hash = Some(own);
			}
		}
		let hash = hash.context("name at least one setting")?;
		let mut cheaper = BTreeMap::new();
		for name in CHEAPER {
			let name_of_model = hash.to_string();
			let start = name_of_model.get(..16).unwrap_or(&name_of_model);
			let own = folder.join(format!("{start}-{name}"));
			make(model, name, &own).with_context(|| format!("cannot make {}", own.display()))?;
			cheaper.insert(name, engine(&first, &own.join("model.safetensors"))?);
		}
		Ok(Self {
			right,
			cheaper,
			model: hash,
		})
	}

	fn embed(&self, setting: &Setting, text: &str) -> Result<(Vec<f32>, u64)> {
		let engine = self
			.right
			.get(&device(setting))
			.with_context(|| format!("no engine runs as {setting}"))?;
		let copies = setting.chunk.unwrap_or(NonZeroUsize::MIN);
		let started = Instant::now();
		let (embedding, _) = engine
			.embedding_model(&self.model)?
			.embed_among(text, copies)?;
		Ok((embedding, micros(started.elapsed())))
	}
}

/// Writes a cheaper encoder with the same tokenizer into a folder, if it is not there.
fn make(model: &Path, name: &str, folder: &Path) -> Result<()> {
	let target = folder.join("model.safetensors");
	if target.is_file() {
		return Ok(());
	}
	std::fs::create_dir_all(folder)?;
	std::fs::copy(
		model.with_file_name("tokenizer.json"),
		folder.join("tokenizer.json"),
	)?;
	let config = std::fs::read(model.with_file_name("config.json"))?;
	let mut config: serde_json::Value = serde_json::from_slice(&config)?;
	let mut tensors: HashMap<String, Tensor> = candle_core::safetensors::load(model, &Device::Cpu)?;
	let layers = config
		.get("num_hidden_layers")
		.and_then(serde_json::Value::as_u64)
		.context("config.json does not say how many layers there are")?;
	if name == "layers-1" {
		ensure!(layers > 1, "a model of one layer has none to leave out");
		let last = format!("encoder.layer.{}.", layers - 1);
		tensors.retain(|name, _| !name.contains(&last));
		config["num_hidden_layers"] = (layers - 1).into();
	} else {
		for (tensor_name, tensor) in &mut tensors {
			if tensor.rank() == 2 && tensor_name.contains("encoder.layer") {
				*tensor = rounded(tensor, name)?;
			}
		}
	}
	std::fs::write(folder.join("config.json"), serde_json::to_vec(&config)?)?;
	let part: PathBuf = folder.join(format!("part-{}", std::process::id()));
	candle_core::safetensors::save(&tensors, &part)?;
	std::fs::rename(part, target)?;
	Ok(())
}

fn rounded(tensor: &Tensor, name: &str) -> Result<Tensor> {
	let bits = match name {
		"8-bit" => 8,
		"4-bit" => 4,
		_ => return Ok(tensor.to_dtype(DType::BF16)?.to_dtype(tensor.dtype())?),
	};
	let mut values = tensor
		.to_dtype(DType::F32)?
		.flatten_all()?
		.to_vec1::<f32>()?;
	coarsen(&mut values, bits);
	Ok(Tensor::from_vec(values, tensor.shape(), &Device::Cpu)?)
}

impl Embeddings {
	/// Runs what the journal does not have; how many records were written.
	pub fn run(&self, model: &Path, folder: &Path, journal: &Journal) -> Result<u64> {
		let engines = Engines::load(self, model, folder)?;
		let mut all = self.workers.iter().chain(&self.verifiers);
		let shared = all.all(|setting| setting.device == DeviceChoice::Cpu);
		let prompts = prompts(self.set);
		let items = self.runs.end.saturating_sub(self.runs.start);
		self.effort.spend(
			items,
			|| match shared {
				true => Ok(engines.clone()),
				false => Engines::load(self, model, folder),
			},
			|engines, item, clock| {
				let run = self.runs.start + item;
				let order = Order::new(self.set, run, &prompts, 0);
				let next = (run as usize + 1) % prompts.len();
				let mut written = 0;
				let mut look = |kind: &str, worker: &Setting, verifier: &Setting| -> Result<()> {
					let key = Key {
						model: engines.model.to_string(),
						set: self.set,
						run,
						kind: kind.into(),
						worker: worker.to_string(),
						verifier: verifier.to_string(),
					};
					if clock.is_over() || journal.has(&key) {
						return Ok(());
					}
					let text = &order.prompt.text;
					let (own, check) = engines.embed(verifier, text)?;
					let (stated, generation) = match kind {
						"edited-prompt" => engines.embed(worker, &order.prompt.edited)?,
						"truncated" => engines.embed(worker, half(text))?,
						"cached" => engines.embed(worker, &prompts[next].text)?,
						"random" => (direction(&order, own.len()), 0),
						kind => match engines.cheaper.get(kind) {
							Some((engine, hash)) => {
								(engine.embedding_model(hash)?.embed(text)?.0, 0)
							}
							None => engines.embed(worker, text)?,
						},
					};
					journal.append(&Record::Numeric(NumericObservation {
						key,
						elements: u32::try_from(own.len())?,
						largest: differences(&stated, &own)?,
						generation,
						check,
					}))?;
					written += 1;
					Ok(())
				};
				for verifier in &self.verifiers {
					for worker in &self.workers {
						look("honest", worker, verifier)?;
					}
				}
				if let Some(verifier) = self.verifiers.first() {
					for kind in CHEATS {
						look(kind, verifier, verifier)?;
					}
				}
				Ok(written)
			},
		)
	}
}

/// The first half of a text's words, at least one.
fn half(text: &str) -> &str {
	let words = text.split_whitespace().count();
	match text
		.match_indices(char::is_whitespace)
		.nth((words / 2).max(1) - 1)
	{
		Some((place, _)) => &text[..place],
		None => text,
	}
}

/// A random vector of unit norm.
fn direction(order: &Order, width: usize) -> Vec<f32> {
	let seed = order.other_seed("random vector");
	let word = seed
		.first_chunk()
		.map_or(0, |bytes| u64::from_le_bytes(*bytes));
	let mut random = Random::new(word);
	let numbers: Vec<f64> = (0..width).map(|_| random.normal()).collect();
	let norm = numbers
		.iter()
		.map(|number| number * number)
		.sum::<f64>()
		.sqrt();
	numbers
		.iter()
		.map(|number| (number / norm) as f32)
		.collect()
}

/// The largest differences in billionths, by the chain's own comparison of elements.
fn differences(stated: &[f32], own: &[f32]) -> Result<Vec<u64>> {
	ensure!(stated.len() == own.len(), "embeddings of two lengths");
	let mut all = stated
		.iter()
		.zip(own)
		.map(|(stated, own)| {
			let found = aci_poai::numeric::compare(&stated.to_le_bytes(), &[own.to_bits()], 0);
			found
				.map(|found| found.largest)
				.map_err(|error| anyhow::anyhow!("an embedding is none: {error:?}"))
		})
		.collect::<Result<Vec<u64>>>()?;
	all.sort_unstable_by(|a, b| b.cmp(a));
	all.truncate(KEPT);
	Ok(all)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn half_of_a_text_is_a_proper_part() {
		assert_eq!(half("one two three four"), "one two");
		assert_eq!(half("one two three"), "one");
		assert_eq!(half("one two"), "one");
		assert_eq!(half("one"), "one");
	}

	#[test]
	fn differences_are_the_largest_first() {
		let found = differences(&[0.5, 0.25, -1.0], &[0.5, 0.75, -1.25]).unwrap();
		assert_eq!(found, [500_000_000, 250_000_000, 0]);
		assert!(differences(&[0.0], &[]).is_err());
		assert!(differences(&[f32::NAN], &[0.0]).is_err());
	}
}
