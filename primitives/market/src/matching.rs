//! Choosing a worker for a job.
//!
//! # Rule
//!
//! All workers of a class share the class's price, so price does not decide. Among the workers that
//! can serve the job ([`Candidate::can_serve`], and the privacy tier and model, which the caller
//! filters), one is drawn at random, weighted by quality and free capacity, so that nobody is
//! always first. [`rank`] gives a fixed order instead, for showing candidates and for falling back
//! to the next one.
//!
//! # Guarantees
//!
//! 1. Both functions are deterministic integer functions of their arguments, and bounded by the
//!    length of the caller's slice: [`draw_weighted`] is O(n), [`rank`] is O(n log n).
//! 2. [`draw_weighted`] draws a candidate with probability `weight / sum of weights`, to within
//!    2^-256, over uniform hashes. A candidate of weight zero (no quality or no free capacity) is
//!    never drawn. It returns `None` only when all weights are zero.
//! 3. [`rank`] never prefers a candidate that is worse or equal in quality, load and penalty, and
//!    worse in one of them.
//!
//! # Assumptions
//!
//! * The order of the slice is part of the input of [`draw_weighted`]: callers that must agree pass
//!   the candidates in one order, such as by key. [`rank`] does not depend on it if the
//!   pairs of tie and key differ.
//! * `job_hash` is the output of a cryptographic hash and covers something that the client cannot
//!   choose after it knows the candidates (for example the parent block's hash); a client that
//!   chooses it freely can choose its worker.

use alloc::vec::Vec;
use core::cmp::Ordering;
use primitive_types::U256;

use crate::fees::PARTS_PER_MILLION;

/// A worker that could run a job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Candidate {
	/// The worker's account, as 32 bytes.
	pub key: [u8; 32],
	/// Quality score in parts per million; larger values count as one million.
	pub quality: u32,
	/// Milli-slots in use.
	pub load: u64,
	/// Milli-slots offered.
	pub capacity: u64,
	/// The expected time until the job's result, in milliseconds.
	pub eta_ms: u64,
	/// How far the worker fell in rank, by jobs that it never acknowledged. Each step divides the
	/// quality that counts: `quality / (1 + rank_penalty)`.
	pub rank_penalty: u32,
	/// Decides between equals in [`rank`], lowest first: a hash of the job and the worker.
	pub tie: [u8; 32],
}

impl Candidate {
	/// Milli-slots that are free.
	pub fn free(&self) -> u64 {
		self.capacity.saturating_sub(self.load)
	}

	/// Whether the worker has `milli_slots` free and expects to meet an SLA of `sla_ms`.
	pub fn can_serve(&self, milli_slots: u64, sla_ms: u64) -> bool {
		self.free() >= milli_slots && self.eta_ms <= sla_ms
	}

	/// The weight in [`draw_weighted`]: `floor(quality · free / (1 + rank_penalty))`, and at least
	/// one when the quality and the free capacity are above zero. Below 2^84.
	pub fn weight(&self) -> u128 {
		let product = u128::from(self.counted_quality()).saturating_mul(u128::from(self.free()));
		if product == 0 {
			0
		} else {
			(product / self.penalty_divisor()).max(1)
		}
	}

	fn counted_quality(&self) -> u32 {
		self.quality.min(PARTS_PER_MILLION)
	}

	/// `1 + rank_penalty`, at most 2^32.
	fn penalty_divisor(&self) -> u128 {
		u128::from(self.rank_penalty).saturating_add(1)
	}
}

/// The places of `candidates` in the slice, best first.
///
/// Compared by: quality after the rank penalty, higher first; load as a share of capacity, lower
/// first (no capacity counts as fully loaded); rank penalty, lower first; tie; key; place.
pub fn rank(candidates: &[Candidate]) -> Vec<usize> {
	let mut places: Vec<(usize, &Candidate)> = candidates.iter().enumerate().collect();
	places.sort_unstable_by(|(i, a), (j, b)| compare(a, b).then_with(|| i.cmp(j)));
	places.into_iter().map(|(place, _)| place).collect()
}

/// The place in the slice of the candidate that `job_hash` draws, or `None` when no candidate has a
/// weight above zero.
///
/// ```
/// use aci_market::matching::{draw_weighted, Candidate};
/// let candidate = |quality, load| Candidate {
///     key: [0; 32],
///     quality,
///     load,
///     capacity: 8_000,
///     eta_ms: 0,
///     rank_penalty: 0,
///     tie: [0; 32],
/// };
/// // The first is full, so the second is drawn whatever the hash.
/// assert_eq!(draw_weighted(&[7; 32], &[candidate(900_000, 8_000), candidate(800_000, 0)]), Some(1));
/// assert_eq!(draw_weighted(&[7; 32], &[]), None);
/// ```
pub fn draw_weighted(job_hash: &[u8; 32], candidates: &[Candidate]) -> Option<usize> {
	// A weight is below 2^84, so only more than 2^44 candidates could saturate the sum.
	let total = candidates
		.iter()
		.fold(0u128, |sum, c| sum.saturating_add(c.weight()));
	let mut left = draw_point(job_hash, total)?;
	for (place, candidate) in candidates.iter().enumerate() {
		match left.checked_sub(candidate.weight()) {
			Some(rest) => left = rest,
			None => return Some(place),
		}
	}
	None
}

/// Where in the row of all weights, laid one after the other, `job_hash` points: below `total`, their
/// sum. `None` when the sum is zero.
///
/// It is for callers that keep sums of weights and find the candidate there by themselves, as
/// [`draw_weighted`] would by going through all.
pub fn draw_point(job_hash: &[u8; 32], total: u128) -> Option<u128> {
	if total == 0 {
		return None;
	}
	// `floor(hash · total / 2^256)` is below the total. Each candidate owns one interval of hashes,
	// of its exact share of 2^256 to within one hash.
	let hash = U256::from_big_endian(job_hash);
	let point: U256 = U256::try_from(hash.full_mul(U256::from(total)) >> 256).ok()?;
	u128::try_from(point).ok()
}

/// Best first.
fn compare(a: &Candidate, b: &Candidate) -> Ordering {
	// Fractions are compared by cross multiplication: below 2^52 for quality, 2^128 for load.
	let quality_of = |x: &Candidate, y: &Candidate| {
		u128::from(x.counted_quality()).saturating_mul(y.penalty_divisor())
	};
	quality_of(b, a)
		.cmp(&quality_of(a, b))
		.then_with(|| compare_load(a, b))
		.then_with(|| a.rank_penalty.cmp(&b.rank_penalty))
		.then_with(|| a.tie.cmp(&b.tie))
		.then_with(|| a.key.cmp(&b.key))
}

/// Lower share of capacity in use first. A load above the capacity counts as the capacity.
fn compare_load(a: &Candidate, b: &Candidate) -> Ordering {
	let share = |c: &Candidate| match c.capacity {
		0 => (1u128, 1u128),
		capacity => (u128::from(c.load.min(capacity)), u128::from(capacity)),
	};
	let ((load_a, capacity_a), (load_b, capacity_b)) = (share(a), share(b));
	// Each product of two 64-bit values fits 128 bits.
	load_a
		.saturating_mul(capacity_b)
		.cmp(&load_b.saturating_mul(capacity_a))
}
