//! Measures one size of block.

use crate::{
	block::{self, Authoring, Importing},
	books::{self, Settled},
	clock::Span,
	host::{self, Record},
	market::{self, Size},
	node::{Executor, Node},
};
use anyhow::{ensure, Context, Result};
use std::{path::Path, time::Duration};

/// What is to be measured.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
	/// The block.
	pub size: Size,
	/// How often everything is measured, each time on fresh copies of the database; at least 1.
	pub repetitions: u32,
	/// Whether the calls of host functions are counted too, in a run of its own.
	pub host_calls: bool,
}

/// What the database had in its caches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caches {
	/// Nothing: it was just opened.
	Cold,
	/// What a run of the same block left.
	Warm,
}

/// One measurement of all steps.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
	/// Making the block.
	pub author: Authoring,
	/// Importing it elsewhere.
	pub import: Importing,
}

/// What was measured.
#[derive(Debug)]
pub struct Batch {
	/// What the block did.
	pub settled: Settled,
	/// With cold caches, once for each repetition.
	pub cold: Vec<Measured>,
	/// With warm caches, once for each repetition.
	pub warm: Vec<Measured>,
	/// Storing the block where it was made, once for each repetition.
	pub store: Vec<Span>,
	/// Keys that the block changed.
	pub changed_keys: usize,
	/// Bytes of the values that it set.
	pub changed_bytes: usize,
	/// How long it took to bring the jobs there; not a part of any measurement.
	pub preparation: Duration,
	/// The calls of host functions, if they were counted, and how long the author took then.
	pub host_calls: Option<(Record, Authoring)>,
}

/// Prepares the block's state, makes the block and imports it, and checks what it did. The
/// databases are folders in `directory`, which are removed again.
pub fn measure(plan: &Plan, directory: &Path, executor: &Executor) -> Result<Batch> {
	ensure!(plan.repetitions > 0, "measure once at least");
	let folder = tempfile::Builder::new()
		.prefix("aci-benchmark-")
		.tempdir_in(directory)
		.context("no folder for databases can be made")?;
	let original = folder.path().join("original");
	let start = std::time::Instant::now();
	let mut prepared = market::prepare(&plan.size)?;
	Node::create(&original, std::mem::take(&mut prepared.state), executor)?;
	let preparation = start.elapsed();

	let mut batch = Batch {
		settled: Settled::default(),
		cold: Vec::new(),
		warm: Vec::new(),
		store: Vec::new(),
		changed_keys: 0,
		changed_bytes: 0,
		preparation,
		host_calls: None,
	};
	let mut block_hash = None;
	for _ in 0..plan.repetitions {
		let copies = tempfile::tempdir_in(folder.path())?;
		let open = |name: &str| Node::open_copy(&original, &copies.path().join(name), executor);

		let author = open("author")?;
		let genesis = author.best();
		let (first, author_cold) = block::author(&author)?;
		let (built, author_warm) = block::author(&author)?;
		let block = built.block.clone();
		let hash = block.header.hash();
		ensure!(
			first.block.header.hash() == hash && *block_hash.get_or_insert(hash) == hash,
			"the same state gave different blocks"
		);
		let changes = &built.storage_changes.main_storage_changes;
		batch.changed_keys = changes.len();
		batch.changed_bytes = changes
			.iter()
			.filter_map(|(_, value)| value.as_ref().map(Vec::len))
			.sum();
		drop(first);
		batch.store.push(block::store(&author, built)?);
		drop(author);

		let importer = open("cold")?;
		let import_cold = block::import(&importer, block.clone())?;
		if batch.settled.jobs == 0 {
			batch.settled = books::check(&importer, &prepared, genesis, hash)?;
		}
		drop(importer);

		let importer = open("warm")?;
		// The same block once without storing it, as the author does, to fill the caches.
		block::author(&importer)?;
		let import_warm = block::import(&importer, block)?;

		batch.cold.push(Measured {
			author: author_cold,
			import: import_cold,
		});
		batch.warm.push(Measured {
			author: author_warm,
			import: import_warm,
		});
	}
	if plan.host_calls {
		let node = Node::open_copy(&original, &folder.path().join("counted"), executor)?;
		block::author(&node)?;
		let (authored, record) = host::with_details(|| block::author(&node));
		batch.host_calls = Some((record, authored?.1));
	}
	Ok(batch)
}
