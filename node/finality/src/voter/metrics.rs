//! The voter's metrics.

use aci_finality::{BlockNumber, Target};
use prometheus_endpoint::{
	register, Counter, CounterVec, Gauge, Histogram, HistogramOpts, Opts, PrometheusError,
	Registry, U64,
};
use std::{collections::BTreeMap, time::Instant};

/// Heights whose time of import is remembered.
const REMEMBERED: usize = 4_096;

/// The voter's metrics.
#[derive(Clone)]
pub struct Metrics {
	/// The authority set in force.
	pub set: Gauge<U64>,
	/// The view.
	pub view: Gauge<U64>,
	/// 1 where the node has a key of the set but signs nothing, for want of its vote record.
	pub silent: Gauge<U64>,
	/// Views that this node gave up.
	pub timeouts: Counter<U64>,
	/// Offences seen.
	pub offences: Counter<U64>,
	/// Messages of peers, by what was made of them.
	pub messages: CounterVec<U64>,
	/// Seconds from entering a view to a certificate of its first votes.
	pub certificate: Histogram,
	/// Seconds from the first import of a block at a height to finality of that height.
	pub finality: Histogram,
}

impl Metrics {
	/// Registers them.
	pub fn register(registry: &Registry) -> Result<Self, PrometheusError> {
		let seconds = |name: &str, help: &str| {
			Histogram::with_opts(HistogramOpts::new(name, help).buckets(vec![
				0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0,
			]))
		};
		Ok(Metrics {
			set: register(
				Gauge::new("aci_finality_set", "The authority set in force")?,
				registry,
			)?,
			view: register(
				Gauge::new("aci_finality_view", "The view within the set")?,
				registry,
			)?,
			silent: register(
				Gauge::new(
					"aci_finality_silent",
					"1 where this authority signs nothing because its vote record is lost",
				)?,
				registry,
			)?,
			timeouts: register(
				Counter::new(
					"aci_finality_timeouts_total",
					"Views that this node gave up",
				)?,
				registry,
			)?,
			offences: register(
				Counter::new(
					"aci_finality_offences_total",
					"Offences of authorities seen",
				)?,
				registry,
			)?,
			messages: register(
				CounterVec::new(
					Opts::new(
						"aci_finality_messages_total",
						"Messages of peers, by what was made of them",
					),
					&["verdict"],
				)?,
				registry,
			)?,
			certificate: register(
				seconds(
					"aci_finality_certificate_seconds",
					"Seconds from entering a view to a certificate of its first votes",
				)?,
				registry,
			)?,
			finality: register(
				seconds(
					"aci_finality_import_to_finality_seconds",
					"Seconds from the first import at a height to its finality",
				)?,
				registry,
			)?,
		})
	}
}

/// When the heights above the last final block were first imported.
#[derive(Debug, Default)]
pub struct ImportTimes(BTreeMap<BlockNumber, Instant>);

impl ImportTimes {
	/// `block` was imported.
	pub fn imported(&mut self, block: &Target, now: Instant) {
		if self.0.len() >= REMEMBERED {
			self.0.pop_first();
		}
		self.0.entry(block.number).or_insert(now);
	}

	/// Heights up to `block`'s are final: how long each took, in seconds.
	pub fn finalised(&mut self, block: &Target, now: Instant) -> Vec<f64> {
		let above = match block.number.checked_add(1) {
			Some(above) => self.0.split_off(&above),
			None => BTreeMap::new(),
		};
		std::mem::replace(&mut self.0, above)
			.into_values()
			.map(|imported| now.saturating_duration_since(imported).as_secs_f64())
			.collect()
	}
}
