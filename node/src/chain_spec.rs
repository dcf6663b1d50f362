//! Chain specifications: named chains, and files.

use aci_runtime::{genesis, SS58_PREFIX, TOKEN_DECIMALS, TOKEN_SYMBOL, WASM_BINARY};
use sc_chain_spec::{ChainSpecExtension, ChainType, GenericChainSpec, Properties};
use serde::{Deserialize, Serialize};

/// A specification of an ACI chain.
pub type ChainSpec = GenericChainSpec<Extensions>;

/// Which engine finalises a chain's blocks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FinalityEngine {
	/// The chain's own gadget, in the manner of HotStuff.
	#[default]
	HotStuff,
	/// GRANDPA, the reference to measure against.
	Grandpa,
}

/// What an ACI specification says beside the standard fields.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ChainSpecExtension)]
#[serde(rename_all = "camelCase")]
pub struct Extensions {
	/// The finality engine; the chain's own gadget where a file does not say.
	#[serde(default)]
	pub finality_engine: Option<FinalityEngine>,
}

impl Extensions {
	/// The engine that a specification selects.
	pub fn engine(spec: &dyn sc_chain_spec::ChainSpec) -> FinalityEngine {
		sc_chain_spec::get_extension::<Extensions>(spec.extensions())
			.and_then(|extensions| extensions.finality_engine)
			.unwrap_or_default()
	}
}

fn properties() -> Properties {
	let mut properties = Properties::new();
	properties.insert("tokenSymbol".into(), TOKEN_SYMBOL.into());
	properties.insert("tokenDecimals".into(), TOKEN_DECIMALS.into());
	properties.insert("ss58Format".into(), SS58_PREFIX.into());
	properties
}

fn named(
	name: &str,
	id: &str,
	chain_type: ChainType,
	preset: &str,
	engine: FinalityEngine,
) -> Result<ChainSpec, String> {
	let wasm = WASM_BINARY.ok_or(
		"this node was built without a runtime (SKIP_WASM_BUILD was set): build it again without",
	)?;
	let patch = genesis::preset(preset).ok_or_else(|| format!("no preset named {preset}"))?;
	let extensions = Extensions {
		finality_engine: Some(engine),
	};
	Ok(ChainSpec::builder(wasm, extensions)
		.with_name(name)
		.with_id(id)
		.with_chain_type(chain_type)
		.with_protocol_id(id)
		.with_properties(properties())
		.with_genesis_config_patch(patch)
		.build())
}

/// The specification that `--chain` names: `dev`, `local`, `local-seven`, `production`, the first
/// two with GRANDPA as `dev-grandpa` and `local-grandpa`, or a file.
pub fn load(id: &str) -> Result<ChainSpec, String> {
	use ChainType::{Development, Live, Local};
	use FinalityEngine::{Grandpa, HotStuff};
	match id {
		"dev" => named(
			"ACI Development",
			"aci_dev",
			Development,
			genesis::DEV,
			HotStuff,
		),
		"dev-grandpa" => named(
			"ACI Development with GRANDPA",
			"aci_dev_grandpa",
			Development,
			genesis::DEV,
			Grandpa,
		),
		"" | "local" => named("ACI Local", "aci_local", Local, genesis::LOCAL, HotStuff),
		"local-grandpa" => named(
			"ACI Local with GRANDPA",
			"aci_local_grandpa",
			Local,
			genesis::LOCAL,
			Grandpa,
		),
		"local-seven" => named(
			"ACI Local Seven",
			"aci_local_seven",
			Local,
			genesis::LOCAL_SEVEN,
			HotStuff,
		),
		"production" => named("ACI", "aci", Live, genesis::PRODUCTION, HotStuff),
		path => ChainSpec::from_json_file(path.into()).map_err(|error| {
			format!(
				"no chain named {path:?} (there are dev, local, local-seven and production, and dev-grandpa \
				and local-grandpa), and no specification in a file of that name: {error}"
			)
		}),
	}
}
