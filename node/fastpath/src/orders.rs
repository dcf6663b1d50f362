//! How far each order of this home is.

use aci_fastpath::{checkpoint::promise::PromisedMatch, lane::Refusal, types::Round};
use aci_primitives::{Hash, JobId};
use std::collections::BTreeMap;

/// Matches that are followed at most; of more the oldest are no longer.
pub const FOLLOWED: usize = 262_144;

/// A state of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Progress {
	/// The home signed for it.
	Promised,
	/// A quorum acknowledged it.
	Acked,
	/// It will be in a checkpoint as promised.
	Final,
	/// It is in a final checkpoint.
	Settled,
}

/// What there is to tell a client.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant)]
pub enum News {
	/// The order is matched: the home's word.
	Promised(PromisedMatch),
	/// The job is so far.
	Progress(JobId, Progress),
	/// The transaction with this hash has no effect.
	Refused(Hash, Refusal),
}

/// The matches of this home by the round of their vertex.
#[derive(Debug, Default)]
pub struct Orders {
	rounds: BTreeMap<Round, (Progress, Vec<JobId>)>,
	followed: usize,
}

impl Orders {
	/// The home gave its word.
	pub fn promised(&mut self, parts: Vec<PromisedMatch>) -> Vec<News> {
		for part in &parts {
			let round = part.promise.vertex.round;
			let entry = self
				.rounds
				.entry(round)
				.or_insert((Progress::Promised, Vec::new()));
			entry.1.push(part.matched.job);
		}
		self.followed = self.followed.saturating_add(parts.len());
		while self.followed > FOLLOWED {
			let Some((_, (_, jobs))) = self.rounds.pop_first() else {
				break;
			};
			self.followed = self.followed.saturating_sub(jobs.len());
		}
		parts.into_iter().map(News::Promised).collect()
	}

	/// Own vertices from one round to another are so far. Progress does not go back.
	pub fn reached(&mut self, from: Round, to: Round, progress: Progress) -> Vec<News> {
		let mut news = Vec::new();
		for (known, jobs) in self.rounds.range_mut(from..=to).map(|(_, entry)| entry) {
			if *known < progress {
				*known = progress;
				news.extend(jobs.iter().map(|job| News::Progress(*job, progress)));
			}
		}
		news
	}

	/// What was executed is not followed any more.
	pub fn forget_up_to(&mut self, round: Round) {
		let left = self.rounds.split_off(&round.saturating_add(1));
		self.rounds = left;
		self.followed = self.rounds.values().map(|(_, jobs)| jobs.len()).sum();
	}
}
