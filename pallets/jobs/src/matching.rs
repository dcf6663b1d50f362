//! Matching: at the end of each block the open jobs of each class are cleared at one price and given
//! to workers.
//!
//! For each class with open jobs, in an order that turns by one class each block:
//!
//! 1. The jobs at the head of the queue are tried, as many as the block's budget allows: first those
//!    that a reservation pays for, since their capacity is paid; when others wait as well, at most
//!    half of the budget goes to them.
//! 2. For each, a window of the workers that offer its model in the class is looked at, beginning at
//!    a place that the job's draw gives. The draw is a hash of the job and the parent block's hash,
//!    so another block looks at another window.
//!    Jobs under a reservation that has room now are given away first, in the order of the queue, at
//!    their own price and by the same draw. The following steps are for the others.
//! 3. Jobs that some worker of their window could run are cleared against the pool. In the order of
//!    the clearing each is given to a worker by a draw weighted by quality and free slots.
//! 4. The jobs that got a worker are cleared again, alone: this gives the price that all pay. It is
//!    at most the first one's, since fewer jobs take less of the pool; so nobody's maximum and
//!    nobody's exposure is exceeded.
//! 5. Jobs that were tried and got no worker go to the end of the queue, so that they hold nobody
//!    up.
//!
//! A job that came back avoids the worker that had it, if its window has another one that could be
//! given jobs at all; it waits for that one then.

use crate::{
	types::Queued, Assigned, Bookkeepings, Config, Error, Event, Jobs, Offers, Open, Pallet,
	Workers,
};
use aci_market::{
	clearing::{clear, ClearingOrder},
	matching::{draw_weighted, Candidate},
	stake::exposure_limit,
	Pool,
};
use aci_primitives::{
	class::JOB_MILLI_SLOTS,
	domain,
	job::{Assignment, Home, PrivacyTier},
	traits::{
		Bonds, JobEscrow, MarketQuote, MarketWeights, MatchFacts, ProofOfAi, QualityUpdate,
		Reservations,
	},
	AccountId, Balance, Class, ClassId, Instant, Job, JobId, JobStatus, Moment, ReservationId,
	Role,
};
use alloc::{collections::BTreeMap, vec::Vec};
use frame_support::{storage::with_storage_layer, traits::Get, BoundedVec};
use sp_runtime::{DispatchResult, SaturatedConversion};

/// An open job that is tried.
struct Contender {
	id: JobId,
	job: Job,
	/// What is locked: the most that it can pay; what it pays under a reservation.
	limit: Balance,
	/// The reservation that pays for it.
	reservation: Option<ReservationId>,
	flops: u128,
	eta: Moment,
	/// Decides its window, its worker and its place among equals.
	draw: [u8; 32],
	/// The workers that are considered for it.
	window: Vec<AccountId>,
}

impl Contender {
	fn order(&self) -> ClearingOrder {
		ClearingOrder {
			max_price: self.limit,
			flops: self.flops,
			milli_slots: JOB_MILLI_SLOTS,
			tie: self.draw,
		}
	}
}

/// A worker as this block's matching sees it: the jobs that it was given in the block are counted.
struct Standing {
	slots: u32,
	busy: u32,
	missed: u32,
	quality: u32,
	exposure: Balance,
	exposure_limit: Balance,
	/// Whether it can hold sealed inputs.
	sealed: bool,
}

/// What is known of the workers that this block looked at; `None` for those that get no jobs.
type Standings = BTreeMap<AccountId, Option<Standing>>;

/// A match to be made.
struct Match<'a> {
	contender: &'a Contender,
	worker: &'a AccountId,
	price: Balance,
	unit_price: Balance,
}

impl<T: Config> Pallet<T> {
	/// Matches the open jobs of this block.
	pub(crate) fn match_open_jobs() {
		let most: usize = T::MaxClassesPerBlock::get().saturated_into();
		let mut classes: Vec<ClassId> = Open::<T>::iter_keys().take(most).collect();
		if classes.is_empty() {
			return;
		}
		classes.sort_unstable();
		let now = Self::now();
		let first = u64::from(now.block) % (classes.len() as u64);
		classes.rotate_left(first.saturated_into());
		let mut budget: usize = T::MaxMatchesPerBlock::get().saturated_into();
		for class in classes {
			budget = budget.saturating_sub(Self::match_class(class, budget, &now));
		}
	}

	/// Matches jobs of one class. Returns how many were tried, at most `budget`.
	fn match_class(class_id: ClassId, budget: usize, now: &Instant) -> usize {
		let (Some(class), Some(pool)) = (T::Market::class(class_id), T::Market::pool(class_id))
		else {
			return 0;
		};
		// Without a free slot those that pay the pool's price would be tried in vain.
		let pool_has_room = pool.free >= JOB_MILLI_SLOTS;
		let queue = Open::<T>::get(class_id).into_inner();
		let (mut tried, mut queue) = choose(queue, budget, pool_has_room);
		if tried.is_empty() {
			return 0;
		}

		let mut standings = Standings::new();
		let contenders: Vec<Contender> = tried
			.iter()
			.filter_map(|queued| Self::contender(queued, &class))
			.filter(|contender| {
				Self::look_at(&class, &contender.window, &mut standings);
				!Self::able(contender, 0, &standings).is_empty()
			})
			.collect();
		let (reserved, contenders): (Vec<Contender>, Vec<Contender>) = contenders
			.into_iter()
			.partition(|contender| contender.reservation.is_some());
		let mut matched = Self::match_reserved(class_id, &reserved, &mut standings, now);
		matched.append(&mut Self::clear_and_draw(
			class_id,
			&pool,
			&contenders,
			&mut standings,
			now,
		));

		let count = tried.len();
		if !matched.is_empty() || !queue.is_empty() {
			tried.retain(|queued| !matched.contains(&queued.job));
			queue.append(&mut tried);
			if queue.is_empty() {
				Open::<T>::remove(class_id);
			} else {
				// Not longer than the queue was.
				Open::<T>::insert(class_id, BoundedVec::truncate_from(queue));
			}
		}
		count
	}

	fn contender(queued: &Queued, class: &Class) -> Option<Contender> {
		let id = &queued.job;
		let job = Jobs::<T>::get(id)?;
		let parent = frame_system::Pallet::<T>::parent_hash();
		let draw = domain::tagged_hash(domain::DRAW, &(id, parent)).0;
		Some(Contender {
			id: *id,
			limit: T::Escrow::locked(id),
			reservation: queued.reservation,
			flops: T::ProofOfAi::max_flops(&job.spec)?,
			eta: T::ProofOfAi::least_duration(&job.spec, class)?,
			window: Self::window(id, &job, &draw),
			draw,
			job,
		})
	}

	/// The workers that are considered for a job.
	fn window(id: &JobId, job: &Job, draw: &[u8; 32]) -> Vec<AccountId> {
		let offers = Offers::<T>::get((job.spec.model, job.spec.class)).into_inner();
		let most: usize = T::MaxCandidates::get().saturated_into();
		// The last bytes of the draw: the first ones decide the weighted draw.
		let place = draw
			.iter()
			.rev()
			.take(8)
			.fold(0u64, |place, byte| (place << 8) | u64::from(*byte))
			.checked_rem(offers.len() as u64)
			.unwrap_or(0);
		let mut window: Vec<AccountId> = offers
			.iter()
			.cycle()
			.skip(place.saturated_into())
			.take(most.min(offers.len()))
			.cloned()
			.collect();
		let first = Bookkeepings::<T>::get(id).and_then(|kept| kept.returned);
		if let Some(first) = first {
			let usable = |worker: &AccountId| Workers::<T>::get(worker).is_some_and(|w| w.active);
			let another = window
				.iter()
				.any(|worker| *worker != first.worker && usable(worker));
			if another {
				window.retain(|worker| *worker != first.worker);
			}
		}
		window
	}

	/// Takes up the standing of workers that this block has not looked at before.
	fn look_at(class: &Class, window: &[AccountId], standings: &mut Standings) {
		for account in window {
			if !standings.contains_key(account) {
				standings.insert(account.clone(), Self::standing(account, class));
			}
		}
	}

	/// A worker's standing, unless it gets no jobs: it is paused, not attested, or its bond is below
	/// what its slots need.
	fn standing(account: &AccountId, class: &Class) -> Option<Standing> {
		let worker = Workers::<T>::get(account).filter(|worker| worker.active)?;
		let bond = T::Bonds::bonded(account, Role::Worker);
		if bond < Self::bond_required(class, worker.slots) {
			return None;
		}
		let attestation = T::ProofOfAi::attestation(account)?;
		Some(Standing {
			slots: worker.slots,
			busy: worker.busy,
			missed: worker.missed,
			quality: T::Quality::quality(account),
			exposure: worker.exposure,
			exposure_limit: exposure_limit(bond),
			sealed: attestation.data_key != [0; 32],
		})
	}

	/// The workers of a job's window that can run it at a price, with what the draw needs.
	fn able<'a>(
		contender: &'a Contender,
		price: Balance,
		standings: &Standings,
	) -> Vec<(&'a AccountId, Candidate)> {
		let sealed = contender.job.spec.privacy == PrivacyTier::Sealed;
		contender
			.window
			.iter()
			.filter_map(|account| {
				let standing = standings.get(account)?.as_ref()?;
				let candidate = Candidate {
					key: account.clone().into(),
					quality: standing.quality,
					load: Self::milli_slots(standing.busy),
					capacity: Self::milli_slots(standing.slots),
					eta_ms: contender.eta,
					rank_penalty: standing.missed,
					tie: contender.draw,
				};
				let fits = candidate.can_serve(JOB_MILLI_SLOTS, contender.job.spec.sla)
					&& (!sealed || standing.sealed)
					&& standing.exposure.saturating_add(price) <= standing.exposure_limit;
				fits.then_some((account, candidate))
			})
			.collect()
	}

	/// Gives jobs under reservations to workers, at their own price. Returns those that are matched.
	fn match_reserved(
		class: ClassId,
		contenders: &[Contender],
		standings: &mut Standings,
		now: &Instant,
	) -> Vec<JobId> {
		let mut matched = Vec::new();
		for contender in contenders {
			let open = contender
				.reservation
				.and_then(|id| Self::open_reservation(id, class, now.block));
			let Some(reservation) = open else { continue };
			let Some(worker) = Self::draw(contender, contender.limit, standings) else {
				continue;
			};
			let made = Match {
				contender,
				worker,
				price: contender.limit,
				unit_price: reservation.unit_price,
			};
			match with_storage_layer(|| Self::make_match(class, made, now)) {
				Ok(()) => {
					give(standings, worker, contender.limit);
					matched.push(contender.id);
				}
				Err(error) => {
					frame_support::defensive!("a reserved match failed", (contender.id, error));
				}
			}
		}
		matched
	}

	/// A worker for a job at a price, by the weighted draw.
	fn draw<'a>(
		contender: &'a Contender,
		price: Balance,
		standings: &Standings,
	) -> Option<&'a AccountId> {
		let able = Self::able(contender, price, standings);
		let candidates: Vec<Candidate> = able.iter().map(|(_, candidate)| *candidate).collect();
		let place = draw_weighted(&contender.draw, &candidates)?;
		able.get(place).map(|(account, _)| *account)
	}

	/// Steps 3 and 4 of the module. Returns the jobs that are matched.
	fn clear_and_draw(
		class: ClassId,
		pool: &Pool,
		contenders: &[Contender],
		standings: &mut Standings,
		now: &Instant,
	) -> Vec<JobId> {
		let orders: Vec<ClearingOrder> = contenders.iter().map(Contender::order).collect();
		let Ok(first) = clear(pool, &orders) else {
			return Vec::new();
		};
		let mut given: Vec<(&Contender, &AccountId)> = Vec::new();
		for cleared in &first.cleared {
			let Some(contender) = contenders.get(cleared.index) else {
				continue;
			};
			let Some(worker) = Self::draw(contender, cleared.price, standings) else {
				continue;
			};
			if give(standings, worker, cleared.price) {
				given.push((contender, worker));
			}
		}

		let orders: Vec<ClearingOrder> = given
			.iter()
			.map(|(contender, _)| contender.order())
			.collect();
		let Ok(second) = clear(pool, &orders) else {
			return Vec::new();
		};
		let Some(unit_price) = second.unit_price.and_then(|price| price.ceil().ok()) else {
			return Vec::new();
		};
		let mut matched = Vec::new();
		for cleared in second.cleared {
			let Some((contender, worker)) = given.get(cleared.index) else {
				continue;
			};
			let made = Match {
				contender,
				worker,
				price: cleared.price,
				unit_price,
			};
			match with_storage_layer(|| Self::make_match(class, made, now)) {
				Ok(()) => matched.push(contender.id),
				Err(error) => {
					frame_support::defensive!("a match failed", (contender.id, error));
				}
			}
		}
		matched
	}

	/// Fixes worker and price, takes the capacity and gives back the rest of the lock.
	fn make_match(class: ClassId, made: Match, now: &Instant) -> DispatchResult {
		let Match {
			contender,
			worker,
			price,
			unit_price,
		} = made;
		let mut bookkeeping =
			Bookkeepings::<T>::get(contender.id).ok_or(Error::<T>::Inconsistent)?;
		match contender.reservation {
			None => {
				T::Market::take(class, JOB_MILLI_SLOTS)?;
				T::Escrow::reduce(&contender.id, price)?;
			}
			// Its lock is its price.
			Some(id) => T::Reservations::occupy(id, &contender.job.client, JOB_MILLI_SLOTS)?,
		}
		let bond = T::Bonds::bonded(worker, Role::Worker);
		Workers::<T>::try_mutate(worker, |record| {
			let record = record.as_mut().ok_or(Error::<T>::Inconsistent)?;
			let facts = MatchFacts {
				client: &contender.job.client,
				worker,
				class,
				price,
				// A bond that was slashed can be below what is exposed.
				free_bond: bond.saturating_sub(record.exposure),
				slots: record.slots,
			};
			T::ProofOfAi::matched(&contender.id, facts);
			record.busy = record.busy.checked_add(1).ok_or(Error::<T>::Inconsistent)?;
			record.exposure = record
				.exposure
				.checked_add(price)
				.ok_or(Error::<T>::Inconsistent)?;
			T::Market::occupy_slots(class, JOB_MILLI_SLOTS, record.weight)
		})?;
		Assigned::<T>::insert(worker, contender.id, ());

		let mut job = contender.job.clone();
		job.status = JobStatus::Matched;
		job.deadline = Self::deadline_after(now, T::AcknowledgeDeadline::get());
		job.assignment = Some(Assignment {
			worker: worker.clone(),
			home: Home::Chain,
			price,
			flops: contender.flops,
			eta: contender.eta,
			matched: *now,
			acknowledged: None,
		});
		Self::store(&contender.id, &job, &mut bookkeeping, now);
		Self::deposit_event(Event::JobMatched {
			job: contender.id,
			client: job.client,
			worker: worker.clone(),
			price,
			unit_price,
			eta: contender.eta,
			acknowledge_by: job.deadline,
		});
		Ok(())
	}
}

/// Which jobs of a queue are tried, and the rest of the queue, each in the order of the queue; step 1
/// of the module. Without room in the pool only jobs under reservations are.
fn choose(queue: Vec<Queued>, budget: usize, pool_has_room: bool) -> (Vec<Queued>, Vec<Queued>) {
	let reserved = queue
		.iter()
		.filter(|queued| queued.reservation.is_some())
		.count();
	let others_wait = pool_has_room && reserved < queue.len();
	let most = if others_wait {
		budget.div_ceil(2)
	} else {
		budget
	};
	let mut reserved_left = reserved.min(most);
	let mut others_left = if others_wait {
		budget.saturating_sub(reserved_left)
	} else {
		0
	};
	queue.into_iter().partition(|queued| {
		let left = match queued.reservation {
			Some(_) => &mut reserved_left,
			None => &mut others_left,
		};
		let chosen = *left > 0;
		*left = left.saturating_sub(1);
		chosen
	})
}

/// Counts a job that a worker gets in this block. False for a worker that gets none.
fn give(standings: &mut Standings, worker: &AccountId, price: Balance) -> bool {
	let Some(Some(standing)) = standings.get_mut(worker) else {
		return false;
	};
	standing.busy = standing.busy.saturating_add(1);
	standing.exposure = standing.exposure.saturating_add(price);
	true
}
