//! The start of a worker: everything that must be right before jobs are taken.

use crate::{
	attester,
	cli::{BondChoice, RunOptions},
	directory::DataDirectory,
	enrol::{enrol, Wanted},
	keys::Keys,
	models::{check_fits, model_id, ModelError},
	node::NodeAccess,
	runner,
	store::Store,
	work::{Parts, Worker},
};
use aci_chain::{Account, Blocks, Call, Certainty, Chain};
use aci_engine::{CandleEngine, EngineOptions};
use aci_primitives::{BoundedBytes, BoundedList, Class, ClassId, Instant, ModelId, ModelManifest};
use aci_transfer::{
	Libp2pTransport, Options, Store as ContentStore, StoreOptions, StreamLimits, Transport,
};
use anyhow::{anyhow, Context};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};
use tokio::sync::watch;

/// Time in which the chain is told that the worker pauses.
const PAUSE_TIMEOUT: Duration = Duration::from_secs(5);

/// `aci-worker run`.
pub(crate) async fn run(options: RunOptions) -> anyhow::Result<()> {
	// First of all: without its device a worker has nothing to offer.
	options.device.check()?;
	// From here on a signal is no sudden end.
	let shutdown = signals()?;
	let (stop, mut stopped) = watch::channel(false);
	tokio::spawn(async move {
		shutdown.await;
		stop.send_replace(true);
	});
	let grace = Duration::from_secs(options.grace);
	let ready = tokio::select! {
		ready = prepare(options) => ready?,
		_ = stopped.wait_for(|stopped| *stopped) => return Ok(()),
	};
	work(ready, stopped, grace).await?;
	tracing::info!("stopped");
	Ok(())
}

/// A worker that is registered and can take jobs.
struct Ready {
	directory: DataDirectory,
	chain: Chain,
	account: Account,
	worker: Arc<Worker<NodeAccess, CandleEngine>>,
	blocks: Blocks,
	present: watch::Sender<Instant>,
}

async fn prepare(options: RunOptions) -> anyhow::Result<Ready> {
	let directory = DataDirectory::open(&options.data_dir)?;
	let account = options.chain.account.open()?;
	let chain = Chain::connect(&options.chain.node).await?;
	let store = Store::open(&directory.worker_store())?;
	store.bind(&chain.genesis(), &account.id())?;
	let attester = attester::open(&options.tee)?;
	let keys = Keys::load_or_make(&store, attester.as_ref())?;
	tracing::info!(account = %account.id(), chain = chain.properties().chain, "connected");

	let (class_id, class) = find_class(&chain, &options.class).await?;
	let (engines, models) = load_models(&chain, &class, &options).await?;
	let transport = start_transport(&directory, &store, &keys, &options).await?;

	let endpoints = transport.locators().await?;
	let wanted = Wanted {
		class: class_id,
		slots: options.slots,
		models: BoundedList::truncate_from(models.keys().copied().collect()),
		endpoints: endpoints
			.iter()
			.filter_map(|endpoint| BoundedBytes::try_from(endpoint.clone().into_bytes()).ok())
			.collect::<Vec<_>>()
			.try_into()
			.map_err(|_| anyhow!("more than 4 endpoints: give fewer --public-endpoint options"))?,
		session_key: keys.session_public(),
		data_key: keys.data_public(),
	};
	let auto_bond = options.bond == BondChoice::Auto;
	enrol(
		&chain,
		&account,
		&class,
		&wanted,
		attester.as_ref(),
		auto_bond,
	)
	.await?;

	let blocks = chain.blocks(Certainty::Best).await?;
	let head = chain.head(Certainty::Best).await?;
	let (present, seen) = watch::channel(runner::present(&chain, head.number).await?);
	let parts = Parts {
		chain: NodeAccess::new(chain.clone(), account.clone()),
		genesis: chain.genesis(),
		account: account.id(),
		class,
		models,
		transport: Arc::new(transport),
		store,
		keys,
		present: seen,
	};
	let worker = Arc::new(Worker::new(parts, engines));
	tracing::info!(endpoints = endpoints.join(" "), "ready for jobs");
	Ok(Ready {
		directory,
		chain,
		account,
		worker,
		blocks,
		present,
	})
}

async fn work(
	ready: Ready,
	mut stopped: watch::Receiver<bool>,
	grace: Duration,
) -> anyhow::Result<()> {
	let Ready {
		directory,
		chain,
		account,
		worker,
		blocks,
		present,
	} = ready;
	let pausing = tokio::spawn(pause(chain.clone(), account, stopped.clone()));
	let shutdown = async {
		let _ = stopped.wait_for(|stopped| *stopped).await;
	};
	let result = runner::run(worker, chain, blocks, present, shutdown, grace).await;
	match result.is_ok() {
		true => drop(pausing.await),
		false => pausing.abort(),
	}
	// The lock on the directory is held until here.
	drop(directory);
	Ok(result?)
}

/// Tells the chain, once the worker is told to stop, to match no more jobs to it. Best effort:
/// without it, jobs may be matched to a worker that is away.
async fn pause(chain: Chain, account: Account, mut stopped: watch::Receiver<bool>) {
	if stopped.wait_for(|stopped| *stopped).await.is_err() {
		return;
	}
	let call = chain.submit(&account, Call::set_active(false));
	match tokio::time::timeout(PAUSE_TIMEOUT, call).await {
		Ok(Ok(_)) => tracing::info!("no jobs are matched until the next start"),
		Ok(Err(error)) => tracing::warn!(%error, "could not pause on the chain"),
		Err(_) => tracing::warn!("could not pause on the chain in time"),
	}
}

async fn find_class(chain: &Chain, wanted: &str) -> anyhow::Result<(ClassId, Class)> {
	let classes = chain.classes().await?;
	let names: Vec<String> = classes
		.iter()
		.map(|(id, class)| format!("{} ({id})", String::from_utf8_lossy(&class.name)))
		.collect();
	classes
		.into_iter()
		.find(|(id, class)| class.name.as_slice() == wanted.as_bytes() || wanted.parse() == Ok(*id))
		.ok_or_else(|| {
			anyhow!(
				"there is no class `{wanted}`; there are {}",
				names.join(", ")
			)
		})
}

/// Loads all models once for each slot and checks them against the chain.
async fn load_models(
	chain: &Chain,
	class: &Class,
	options: &RunOptions,
) -> anyhow::Result<(Vec<CandleEngine>, BTreeMap<ModelId, ModelManifest>)> {
	let (paths, slots) = (options.models.clone(), options.slots);
	let engine_options = options.engine()?;
	let loading = tokio::task::spawn_blocking(move || load_engines(&paths, slots, engine_options));
	let (engines, files) = loading.await.context("loading broke off")??;
	let registered = chain.models().await?;
	let mut models = BTreeMap::new();
	for (path, file) in files {
		let (id, path) = (model_id(&file), path.display().to_string());
		let known = registered.iter().find(|(known, _)| *known == id);
		let Some((_, known)) = known else {
			let names: Vec<String> = registered
				.iter()
				.map(|(id, model)| {
					let name = String::from_utf8_lossy(&model.manifest.name).into_owned();
					format!("{name} ({})", hex::encode(id))
				})
				.collect();
			return Err(ModelError::NotRegistered {
				path,
				hash: file.hash.to_string(),
				registered: names.join(", "),
			}
			.into());
		};
		check_fits(&path, &file, &known.manifest)?;
		if file.weight_bytes > class.memory {
			return Err(ModelError::TooLarge {
				hash: file.hash.to_string(),
				bytes: file.weight_bytes,
				class: String::from_utf8_lossy(&class.name).into_owned(),
				memory: class.memory,
			}
			.into());
		}
		let name = String::from_utf8_lossy(&known.manifest.name).into_owned();
		tracing::info!(model = ?id, name, "loaded");
		models.insert(id, known.manifest.clone());
	}
	if models.len() > 16 {
		return Err(ModelError::TooMany(models.len()).into());
	}
	Ok((engines, models))
}

type Loaded = (Vec<CandleEngine>, Vec<(PathBuf, aci_engine::ModelManifest)>);

fn load_engines(
	paths: &[PathBuf],
	slots: u32,
	options: EngineOptions,
) -> Result<Loaded, aci_engine::EngineError> {
	let mut engines = Vec::new();
	let mut files = Vec::new();
	for slot in 0..slots {
		let mut engine = CandleEngine::new(options)?;
		for path in paths {
			let manifest = engine.load(path)?;
			if slot == 0 {
				files.push((path.clone(), manifest));
			}
		}
		engines.push(engine);
	}
	Ok((engines, files))
}

/// Starts serving. A free port, once taken, is taken again at the next start if it is still free, so
/// that the addresses on the chain stay true.
async fn start_transport(
	directory: &DataDirectory,
	store: &Store,
	keys: &Keys,
	options: &RunOptions,
) -> anyhow::Result<Libp2pTransport> {
	let quota = options.store_quota.saturating_mul(1 << 20);
	let bounds = StoreOptions {
		quota,
		..StoreOptions::default()
	};
	let content = Arc::new(ContentStore::open(directory.content_store(), bounds)?);
	// A stream for each run, and as many that have just ended.
	let slots = usize::try_from(options.slots).unwrap_or(usize::MAX);
	let streams = StreamLimits {
		streams: slots.saturating_mul(2).clamp(32, 1024),
		..StreamLimits::default()
	};
	let any_port = options.listen.strip_suffix("/tcp/0");
	let mut candidates = vec![options.listen.clone()];
	if let (Some(address), Some(port)) = (any_port, store.port()?) {
		candidates.insert(0, format!("{address}/tcp/{port}"));
	}
	let mut failure = None;
	for listen in candidates {
		let transfer = Options {
			listen: vec![listen],
			external: options.public_endpoints.clone(),
			bootstrap: options.bootstrap.clone(),
			streams: streams.clone(),
			..Options::default()
		};
		match Libp2pTransport::start(keys.transfer_secret(), transfer, content.clone()).await {
			Ok(transport) => {
				let addresses = transport.listen_addresses().await?;
				let port = addresses.first().and_then(|address| port_of(address));
				if let (Some(port), Some(_)) = (port, any_port) {
					store.put_port(port)?;
				}
				return Ok(transport);
			}
			Err(error) => failure = Some(error),
		}
	}
	match failure {
		Some(error) => Err(error).with_context(|| format!("cannot listen at {}", options.listen)),
		None => Err(anyhow!("no address to listen at")),
	}
}

fn port_of(address: &str) -> Option<u16> {
	let (_, rest) = address.split_once("/tcp/")?;
	rest.split('/').next()?.parse().ok()
}

/// Ready when the process is told to stop.
fn signals() -> anyhow::Result<impl std::future::Future<Output = ()>> {
	#[cfg(unix)]
	{
		use tokio::signal::unix::{signal, SignalKind};
		let mut terminate = signal(SignalKind::terminate())?;
		let mut interrupt = signal(SignalKind::interrupt())?;
		Ok(async move {
			tokio::select! {
				_ = terminate.recv() => {}
				_ = interrupt.recv() => {}
			}
		})
	}
	#[cfg(not(unix))]
	Ok(async {
		let _ = tokio::signal::ctrl_c().await;
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_port_of_an_address_is_read() {
		assert_eq!(port_of("/ip4/127.0.0.1/tcp/4001/p2p/12D3"), Some(4_001));
		assert_eq!(port_of("/ip4/127.0.0.1/udp/4001"), None);
	}
}
