//! Prints what was measured.

use crate::{
	batch::{Batch, Caches, Measured},
	clock::Span,
	host::{Calls, Item, Purpose, Record},
};
use aci_runtime::{AllPalletsWithSystem, BLOCK_TIME};
use frame_support::traits::StorageInfoTrait;
use std::{collections::BTreeMap, fmt::Write, time::Duration};

/// Settlements in a second that the paper states (its evaluation, throughput).
pub const PAPER: u32 = 2_000;
/// Settlements in a second that we want: six times as many.
pub const TARGET: u32 = 12_000;

/// One line of the summary: a size of block, with cold or warm caches.
#[derive(Clone, Copy, Debug)]
pub struct Line {
	/// Jobs of the block.
	pub jobs: u32,
	/// What was in the caches.
	pub caches: Caches,
	/// The whole of making the block.
	pub author: Span,
	/// The whole of importing it.
	pub import: Span,
	/// Of the slower one, the root of the state.
	pub root: Duration,
}

impl Line {
	/// The medians of a batch.
	pub fn of(batch: &Batch, caches: Caches) -> Self {
		let measured = match caches {
			Caches::Cold => &batch.cold,
			Caches::Warm => &batch.warm,
		};
		let by_author = median(measured, |m| m.author.total().wall);
		let by_import = median(measured, |m| m.import.total.wall);
		let (author, import) = (by_author.author.total(), by_import.import.total);
		Line {
			jobs: batch.settled.jobs,
			caches,
			author,
			import,
			root: if author.wall > import.wall {
				by_author.author.root
			} else {
				by_import.import.root
			},
		}
	}

	/// The slower of making and importing.
	pub fn slower(&self) -> Duration {
		self.author.wall.max(self.import.wall)
	}

	/// Jobs in a second.
	pub fn rate(&self) -> f64 {
		f64::from(self.jobs) / self.slower().as_secs_f64()
	}

	/// Jobs in a second, without what the thread waited for a processor.
	pub fn undisturbed_rate(&self) -> f64 {
		let slower = self.author.undisturbed().max(self.import.undisturbed());
		f64::from(self.jobs) / slower.as_secs_f64()
	}

	/// Microseconds that a job takes.
	pub fn microseconds_a_job(&self) -> f64 {
		self.slower().as_secs_f64() * 1e6 / f64::from(self.jobs)
	}

	/// Whether both fit the time of a block.
	pub fn in_time(&self) -> bool {
		self.slower() <= Duration::from_millis(BLOCK_TIME)
	}
}

/// The measurement in the middle by one figure: the upper one of two.
fn median(measured: &[Measured], figure: impl Fn(&Measured) -> Duration) -> Measured {
	let mut sorted = measured.to_vec();
	sorted.sort_by_key(|m| figure(m));
	sorted[sorted.len() / 2]
}

fn milliseconds(time: Duration) -> String {
	format!("{:.1}", time.as_secs_f64() * 1e3)
}

fn name(caches: Caches) -> &'static str {
	match caches {
		Caches::Cold => "cold",
		Caches::Warm => "warm",
	}
}

/// A number with a comma after each thousand.
pub fn grouped(number: u64) -> String {
	let digits = number.to_string();
	let mut text = String::new();
	for (place, digit) in digits.chars().enumerate() {
		if place > 0 && (digits.len() - place).is_multiple_of(3) {
			text.push(',');
		}
		text.push(digit);
	}
	text
}

/// Every measurement of a batch, in milliseconds.
pub fn batch(batch: &Batch) -> String {
	let settled = &batch.settled;
	let a_job = |figure: usize| figure as f64 / f64::from(settled.jobs);
	let mut text = format!(
		"== {} jobs settled, of {} clients on {} workers\n   {} events; {} keys changed ({:.2} a \
		job), {} bytes set ({:.0} a job); prepared in {:.1} s\n",
		grouped(settled.jobs.into()),
		grouped(settled.clients.into()),
		grouped(settled.workers.into()),
		grouped(settled.events.into()),
		grouped(batch.changed_keys as u64),
		a_job(batch.changed_keys),
		grouped(batch.changed_bytes as u64),
		a_job(batch.changed_bytes),
		batch.preparation.as_secs_f64(),
	);
	let _ = writeln!(
		text,
		"   {:<6} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10}",
		"ms", "begin", "inherents", "end", "(root)", "author", "import", "(root)", "waited"
	);
	for (caches, measured) in [(Caches::Cold, &batch.cold), (Caches::Warm, &batch.warm)] {
		for one in measured {
			let author = one.author.total();
			let import = one.import.total;
			let _ = writeln!(
				text,
				"   {:<6} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10}",
				name(caches),
				milliseconds(one.author.initialize.wall),
				milliseconds(one.author.inherents.wall),
				milliseconds(one.author.finalize.wall),
				milliseconds(one.author.root),
				milliseconds(author.wall),
				milliseconds(import.wall),
				milliseconds(one.import.root),
				milliseconds(author.waited + import.waited),
			);
		}
	}
	let stores: Vec<String> = batch
		.store
		.iter()
		.map(|span| milliseconds(span.wall))
		.collect();
	let _ = writeln!(
		text,
		"   the author's storing of its own block: {} ms",
		stores.join(", ")
	);
	if let Some((record, authoring)) = &batch.host_calls {
		text.push_str(&host_calls(record, authoring.total().wall, settled.jobs));
	}
	text
}

/// The summary of all batches.
pub fn summary(lines: &[Line]) -> String {
	let mut text = format!(
		"{:>8} {:>6} {:>10} {:>10} {:>10} {:>9} {:>9} {:>11} {:>7} {:>7} {:>10}\n",
		"jobs",
		"caches",
		"author ms",
		"import ms",
		"(root ms)",
		"us a job",
		"jobs/s",
		"undisturbed",
		"in 2 s",
		"paper",
		"ours/paper"
	);
	for line in lines {
		let _ = writeln!(
			text,
			"{:>8} {:>6} {:>10} {:>10} {:>10} {:>9.1} {:>9} {:>11} {:>7} {:>7} {:>10.1}",
			grouped(line.jobs.into()),
			name(line.caches),
			milliseconds(line.author.wall),
			milliseconds(line.import.wall),
			milliseconds(line.root),
			line.microseconds_a_job(),
			grouped(line.rate() as u64),
			grouped(line.undisturbed_rate() as u64),
			if line.in_time() { "yes" } else { "no" },
			grouped(PAPER.into()),
			line.rate() / f64::from(PAPER),
		);
	}
	for caches in [Caches::Cold, Caches::Warm] {
		let of_kind = || lines.iter().filter(|line| line.caches == caches);
		let most = of_kind()
			.filter(|line| line.in_time())
			.map(|line| line.jobs)
			.max();
		let _ = writeln!(
			text,
			"{}: the largest of these blocks within {} s has {} jobs; wanted are {}",
			name(caches),
			BLOCK_TIME / 1_000,
			most.map_or("no".into(), |jobs| grouped(jobs.into())),
			grouped(u64::from(TARGET) * BLOCK_TIME / 1_000),
		);
		let smallest = of_kind().min_by_key(|line| line.jobs);
		let largest = of_kind().max_by_key(|line| line.jobs);
		if let (Some(small), Some(large)) = (smallest, largest) {
			if small.jobs < large.jobs {
				let _ = writeln!(
					text,
					"{}: a job among {} costs {:.2} times a job among {}",
					name(caches),
					grouped(large.jobs.into()),
					large.microseconds_a_job() / small.microseconds_a_job(),
					grouped(small.jobs.into()),
				);
			}
		}
	}
	text
}

/// What the runtime called, for each job, and which storage items it did that to.
fn host_calls(record: &Record, whole: Duration, jobs: u32) -> String {
	let jobs = f64::from(jobs);
	let mut text = format!(
		"   {:<44} {:>12} {:>12}\n",
		"host calls, for a job", "calls", "us"
	);
	let mut line = |name: &str, calls: &Calls| {
		let _ = writeln!(
			text,
			"   {:<44} {:>12.3} {:>12.3}",
			name,
			calls.count as f64 / jobs,
			calls.time.as_secs_f64() * 1e6 / jobs
		);
	};
	let mut inside = Duration::ZERO;
	for (purpose, calls) in &record.purposes {
		inside += calls.time;
		line(purpose.name(), calls);
	}
	line(
		"wasm, copies, and the clocks",
		&Calls {
			count: 0,
			time: whole.saturating_sub(inside),
		},
	);
	let names = item_names();
	let mut items: Vec<_> = record.items.iter().collect();
	items.sort_by_key(|(_, calls)| std::cmp::Reverse(calls.time));
	for ((item, purpose), calls) in items.into_iter().take(ITEMS) {
		// Keys outside of pallets are words.
		let word = || {
			String::from_utf8_lossy(item)
				.trim_end_matches('\0')
				.to_string()
		};
		let name = names.get(item).cloned().unwrap_or_else(word);
		line(&format!("{}: {name}", verb(*purpose)), calls);
	}
	text
}

/// Most storage items that are listed.
const ITEMS: usize = 24;

fn verb(purpose: Purpose) -> &'static str {
	match purpose {
		Purpose::Read => "read",
		Purpose::Write => "write",
		Purpose::Append => "append",
		Purpose::NextKey => "next key",
		Purpose::Layer | Purpose::Hash | Purpose::Root => "",
	}
}

/// The names of the storage items of all pallets.
fn item_names() -> BTreeMap<Item, String> {
	AllPalletsWithSystem::storage_info()
		.into_iter()
		.map(|info| {
			(
				crate::host::item(&info.prefix),
				format!(
					"{}.{}",
					String::from_utf8_lossy(&info.pallet_name),
					String::from_utf8_lossy(&info.storage_name)
				),
			)
		})
		.collect()
}
