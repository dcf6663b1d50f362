//! The engines of a calibration: the right model in every setting, and the cheaper ones.
//!
//! Each thread has its own fleet ([`Fleet::another`]). On the CPU they share the weights, so that costs
//! nothing; on a GPU each has a device of its own, whose queue no other thread uses.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use aci_engine::{CandleEngine, DeviceChoice, EngineOptions, ModelHash, ModelManifest};
use anyhow::{Context, Result};

use crate::setting::Setting;
use crate::variants::{make, CHANGES};

/// Which engines there are.
#[derive(Debug, Clone)]
pub struct Wanted {
	/// The ordered model.
	pub model: PathBuf,
	/// The settings.
	pub settings: Vec<Setting>,
	/// The setting of the cheats' engines, one of the above.
	pub cheats: Setting,
	/// The cheaper models, by their names.
	pub variants: Vec<&'static str>,
	/// Where the cheaper models' files are kept.
	pub folder: PathBuf,
	/// Threads for computing.
	pub threads: NonZeroUsize,
}

/// The engines.
#[derive(Clone)]
pub struct Fleet {
	/// The ordered model.
	pub manifest: ModelManifest,
	/// The setting of the cheats' engines.
	pub cheats: Setting,
	wanted: Wanted,
	settings: BTreeMap<String, CandleEngine>,
	variants: BTreeMap<&'static str, (CandleEngine, ModelHash)>,
}

impl Fleet {
	/// Loads all models; cheaper ones that are no file yet are made.
	pub fn load(wanted: &Wanted) -> Result<Self> {
		let engine = |setting: &Setting, path: &Path| -> Result<(CandleEngine, ModelManifest)> {
			let mut engine = CandleEngine::new(EngineOptions {
				device: setting.device,
				threads: Some(wanted.threads),
				kernels: setting.kernels,
			})?;
			let manifest = engine.load(path)?;
			if let Some(chunk) = setting.chunk {
				engine.read_in_chunks_of(chunk);
			}
			Ok((engine, manifest))
		};
		let mut settings: BTreeMap<String, CandleEngine> = BTreeMap::new();
		let mut found = None;
		for setting in wanted.settings.iter().chain([&wanted.cheats]) {
			let whole = Setting {
				chunk: None,
				..*setting
			};
			// Engines that differ in the chunk share their weights.
			let shared = settings.get(&whole.to_string()).cloned();
			let mut own = match shared {
				Some(engine) => engine,
				None => {
					let (engine, manifest) = engine(&whole, &wanted.model)?;
					found = Some(manifest);
					settings.insert(whole.to_string(), engine.clone());
					engine
				}
			};
			if let Some(chunk) = setting.chunk {
				own.read_in_chunks_of(chunk);
				settings.insert(setting.to_string(), own);
			}
		}
		let manifest = found.context("name at least one setting")?;
		let mut variants = BTreeMap::new();
		for (name, change) in CHANGES {
			if !wanted.variants.contains(&name) {
				continue;
			}
			let path = variant_path(&wanted.folder, &manifest.hash, name);
			if !path.is_file() {
				std::fs::create_dir_all(&wanted.folder)?;
				make(&wanted.model, change, &path)
					.with_context(|| format!("cannot make {}", path.display()))?;
			}
			let (engine, cheap) = engine(&wanted.cheats, &path)?;
			variants.insert(name, (engine, cheap.hash));
		}
		Ok(Self {
			manifest,
			cheats: wanted.cheats,
			wanted: wanted.clone(),
			settings,
			variants,
		})
	}

	/// A fleet for another thread.
	pub fn another(&self) -> Result<Self> {
		let wanted = &self.wanted;
		let mut all = wanted.settings.iter().chain([&wanted.cheats]);
		if all.all(|setting| setting.device == DeviceChoice::Cpu) {
			return Ok(self.clone());
		}
		Self::load(wanted)
	}

	/// The engine of a setting.
	pub fn engine(&mut self, setting: &Setting) -> Result<&mut CandleEngine> {
		self.settings
			.get_mut(&setting.to_string())
			.with_context(|| format!("no engine runs as {setting}"))
	}

	/// The engine with the right model that the cheats use.
	pub fn right(&mut self) -> Result<&mut CandleEngine> {
		let setting = self.cheats;
		self.engine(&setting)
	}

	/// A cheaper model.
	pub fn variant(&mut self, name: &str) -> Result<(&mut CandleEngine, ModelHash)> {
		let (engine, hash) = self
			.variants
			.get_mut(name)
			.with_context(|| format!("no engine runs the model {name}"))?;
		Ok((engine, *hash))
	}
}

/// Where a cheaper model of a model is kept.
fn variant_path(folder: &Path, model: &ModelHash, name: &str) -> PathBuf {
	let hash = model.to_string();
	folder.join(format!("{}-{name}.gguf", hash.get(..16).unwrap_or(&hash)))
}
