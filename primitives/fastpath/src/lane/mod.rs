//! Lanes: what one home has leased, and what its chain of vertices does to it.
//!
//! A worker's slots, a client's escrow and a part of each pool are leased to homes. Only its own
//! home uses a leased object, so what an order gets is a function of the grants that came with the
//! checkpoints up to the vertex's base and of the home's own chain; no other author has a say, and an
//! acknowledgement of the vertex is enough. This is why the fast path needs no votes on orders.
//!
//! # The function
//!
//! [`Lane::advance`] takes the vertices of one chain in their order. At each it first applies the
//! grants of checkpoints up to the vertex's base, then the lane statements in their order. A
//! statement that is not allowed is a no-op with a reason ([`Refusal`]).
//!
//! The checkpoint program runs it on what an anchor certifies; the home runs the same function ahead
//! on its own chain, and so knows what it promises.
//!
//! An order carries no worker and no price: both are the function's result. The price is that of
//! the home's slice on the class's curve, the worker is drawn among those of the home that offer the
//! model, by a hash over the order and the home's previous vertex, which the home signed before it
//! knew the order. So a home can choose when it takes an order, but neither worker nor price.
//!
//! # Invariants
//!
//! * **I1** A worker has at most as many jobs here as slots; an occupied slot names its job, a job has
//!   one slot.
//! * **I2** The sum of what a ticket pays is at most what was granted to it.
//! * **I3** A slice's registered capacity is 1,000 milli-slots a slot of its workers, its free
//!   capacity 1,000 a slot that is not occupied.
//! * **I4** A worker's exposure here is at most what was granted.

mod draw;
pub mod grant;
pub mod terms;

pub use draw::DrawIndex;

use crate::{
	safety::Rules,
	scheme::PublicKey,
	transaction::{Destination, Move, Order, Release, Signed, TicketId, Transaction},
	types::{CheckpointNumber, Round},
	vertex::Header,
};
use aci_market::{curve, slices::Slice, Pool};
use aci_poai::compute;
use aci_primitives::{
	class::JOB_MILLI_SLOTS,
	domain::{tagged_hash, DRAW},
	job::{job_id, MAX_CONTENT},
	AccountId, Balance, ClassId, Hash, JobId, JobInput, JobSpec,
};
use alloc::{collections::BTreeMap, sync::Arc, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode};
use grant::{LaneGrant, Returned};
use scale_info::TypeInfo;
use terms::{Terms, Ticket, WorkerLease};

/// Why a statement has no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum Refusal {
	/// The base of the vertex is too far behind its round. Wait until the home has caught up.
	Lagging,
	/// The key has no ticket of this number at this home. Ask where the ticket is.
	NoTicket,
	/// The sequence is not above that of an earlier statement of the ticket. Sign with a higher one.
	Replayed,
	/// The order has expired. Sign a new one.
	Expired,
	/// The ticket, or every worker that could take the job, is about to leave this home. Order at
	/// the next one.
	Closing,
	/// No such class or model, or the model does not run as ordered. Ask for a quote.
	Unservable,
	/// The run takes longer than the SLA at the peak of the hardware. Allow more time.
	SlaTooShort,
	/// No worker of the home has a free slot for it. Try later, or elsewhere.
	NoCapacity,
	/// The price is above the order's maximum. Allow more, or wait.
	TooDear,
	/// The ticket has not so much left. Deposit more, or order elsewhere.
	NoBudget,
	/// The job is not known, or not in a state in which this counts.
	WrongState,
	/// The key is not that of the job's worker, or of a verifier.
	NotEntitled,
	/// The deadline has passed.
	Late,
	/// The receipt fails the level 1 checks.
	Receipt(aci_poai::level1::ReceiptError),
}

/// What an order got.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Match {
	/// The job's identity.
	pub job: JobId,
	/// Who pays.
	pub client: AccountId,
	/// The ticket that pays.
	pub ticket: TicketId,
	/// Who runs it.
	pub worker: AccountId,
	/// The worker's order key.
	pub worker_key: PublicKey,
	/// The locked price in planck, for the maximum of tokens.
	pub price: Balance,
	/// Operations that the price is for.
	pub flops: u128,
}

/// What became of a transaction. These are the leaves under a checkpoint's transaction root.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum Outcome {
	/// An order was matched.
	#[codec(index = 0)]
	Matched(Match),
	/// A slot was given back.
	#[codec(index = 1)]
	Released {
		/// The job that had it.
		job: JobId,
	},
	/// A part of a ticket was taken away.
	#[codec(index = 2)]
	Moved {
		/// Whose ticket.
		client: AccountId,
		/// The ticket.
		ticket: TicketId,
		/// How much, in planck.
		amount: Balance,
		/// Where it goes.
		to: Destination,
	},
	/// A worker holds a job's input: the SLA runs.
	#[codec(index = 3)]
	Acknowledged {
		/// The job.
		job: JobId,
	},
	/// A result was accepted.
	#[codec(index = 4)]
	Submitted {
		/// The job.
		job: JobId,
		/// Hash of the signed receipt.
		receipt: Hash,
		/// What is due for it, in planck.
		due: Balance,
	},
	/// A verifier's finding was accepted.
	#[codec(index = 5)]
	Judged {
		/// The job.
		job: JobId,
		/// Whether the output is what the model gives.
		passed: bool,
	},
	/// No effect.
	#[codec(index = 6)]
	Ignored(Refusal),
}

/// What a lane knows of a vertex while it executes it.
#[derive(Clone, Copy, Debug)]
pub struct Place {
	/// The chain.
	pub genesis: Hash,
	/// The vertex's round.
	pub round: Round,
	/// The vertex's base.
	pub base: CheckpointNumber,
	/// Hash of the author's previous vertex.
	pub previous: Hash,
	/// The round of the base's anchor; `None` where the base is too old to count.
	pub anchor_round: Option<Round>,
}

impl Place {
	/// The place of a vertex with this header.
	pub fn of(header: &Header, genesis: Hash, anchor_round: Option<Round>) -> Self {
		Place {
			genesis,
			round: header.round,
			base: header.base,
			previous: header.own_parent.hash,
			anchor_round,
		}
	}
}

/// What one home has leased.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Lane {
	/// Classes, models and fees by which the home prices.
	pub terms: Arc<Terms>,
	/// Budgets of clients, by their order keys.
	pub tickets: BTreeMap<PublicKey, Ticket>,
	/// Slots of workers, by their order keys.
	pub workers: BTreeMap<PublicKey, WorkerLease>,
	/// The parts of the pools.
	pub slices: BTreeMap<ClassId, Slice>,
	/// Who has the slot of which job.
	pub occupied: BTreeMap<JobId, PublicKey>,
	/// Jobs whose worker's lease here has ended, with the worker: their slots go back to the chain.
	pub detached: BTreeMap<JobId, AccountId>,
	/// Grants that no executed vertex has reached with its base yet.
	pub granted: BTreeMap<CheckpointNumber, Vec<LaneGrant>>,
	/// Sums over `workers` for drawing among them. Who changes `workers` from outside sets it to its
	/// default.
	#[codec(skip)]
	pub index: DrawIndex,
}

impl Lane {
	/// Executes the lane statements of one vertex. `None` in the result stands for a job statement,
	/// which is not the lane's. What grants could not be applied to is in `returned`.
	pub fn advance(
		&mut self,
		place: &Place,
		transactions: &[Transaction],
		rules: &Rules,
		returned: &mut Vec<Returned>,
	) -> Vec<Option<Outcome>> {
		self.reach(place.base, returned);
		transactions
			.iter()
			.map(|transaction| self.execute(place, transaction, rules))
			.collect()
	}

	/// Applies the grants of checkpoints up to `base`.
	pub fn reach(&mut self, base: CheckpointNumber, returned: &mut Vec<Returned>) {
		while let Some(entry) = self.granted.first_entry() {
			if *entry.key() > base {
				break;
			}
			for grant in entry.remove() {
				self.apply_grant(grant, returned);
			}
		}
	}

	fn execute(
		&mut self,
		place: &Place,
		transaction: &Transaction,
		rules: &Rules,
	) -> Option<Outcome> {
		let lagging = rules.lags(place);
		let outcome = match transaction {
			Transaction::Order(_) | Transaction::Release(_) | Transaction::Move(_) if lagging => {
				Err(Refusal::Lagging)
			}
			Transaction::Order(order) => self.order(place, order, rules).map(Outcome::Matched),
			Transaction::Release(release) => self.release(release),
			Transaction::Move(moved) => self.take_away(place, moved, rules),
			Transaction::Acknowledge(_)
			| Transaction::Submission(_)
			| Transaction::Judgement(_) => return None,
		};
		Some(outcome.unwrap_or_else(Outcome::Ignored))
	}

	/// The ticket of `key`, if this is it and the sequence is new.
	fn ticket(
		&self,
		key: &PublicKey,
		id: TicketId,
		sequence: u32,
		place: &Place,
		rules: &Rules,
	) -> Result<&Ticket, Refusal> {
		let ticket = self.tickets.get(key).filter(|ticket| ticket.id == id);
		let ticket = ticket.ok_or(Refusal::NoTicket)?;
		if !rules.is_new(sequence, ticket.sequence) {
			return Err(Refusal::Replayed);
		}
		if rules.is_closing(ticket.closes, place) {
			return Err(Refusal::Closing);
		}
		Ok(ticket)
	}

	/// What an order would cost and need here: the price, and the operations that it is for. While
	/// workers are about to leave, an order may cost more.
	///
	/// Errors: [`Refusal::Unservable`], [`Refusal::SlaTooShort`], [`Refusal::NoCapacity`].
	pub fn quote(&self, spec: &JobSpec) -> Result<(Balance, u128), Refusal> {
		self.quote_in(spec, self.pool(spec.class))
	}

	/// The same on a pool.
	fn quote_in(&self, spec: &JobSpec, pool: Option<Pool>) -> Result<(Balance, u128), Refusal> {
		let class = self.terms.classes.get(&spec.class);
		let class = class.ok_or(Refusal::Unservable)?;
		let manifest = self.terms.models.get(&spec.model);
		let manifest = manifest.ok_or(Refusal::Unservable)?;
		let input = match &spec.input {
			JobInput::Inline(bytes) => !bytes.is_empty(),
			JobInput::Content(content) => content.length > 0 && content.length <= MAX_CONTENT,
		};
		let parameters = &spec.parameters;
		if !input || !manifest.profiles.contains(&spec.profile.kind) {
			return Err(Refusal::Unservable);
		}
		let flops = compute::operations(
			manifest.kind,
			&manifest.shape,
			parameters.max_tokens_in,
			parameters.max_tokens_out,
		)
		.map_err(|_| Refusal::Unservable)?;
		let least = compute::least_duration(
			manifest,
			&class.class,
			parameters.max_tokens_in,
			parameters.max_tokens_out,
		)
		.map_err(|_| Refusal::Unservable)?;
		if least.div_ceil(1_000) > spec.sla {
			return Err(Refusal::SlaTooShort);
		}
		let pool = pool.ok_or(Refusal::NoCapacity)?;
		let price = curve::price(&pool, JOB_MILLI_SLOTS, flops).map_err(|_| Refusal::NoCapacity)?;
		Ok((price, flops))
	}

	/// The home's slice of a class's pool.
	pub fn pool(&self, class: ClassId) -> Option<Pool> {
		let slice = self.slices.get(&class)?;
		let terms = self.terms.classes.get(&class)?;
		Some(Pool {
			free: slice.free,
			target: slice.target,
			par_price: terms.par_price,
			floor_share: terms.floor_share,
			free_weight: terms.free_weight,
		})
	}

	/// S10: the pool as it is at `place` without the workers that take no more jobs there, and whether
	/// one of these has a free slot. They may have left when the vertex is executed, and the price
	/// must be the same.
	fn pool_at(&mut self, class: ClassId, place: &Place, rules: &Rules) -> (Option<Pool>, bool) {
		let (mut pool, mut closing) = (self.pool(class), false);
		for (key, closes) in self.index.leaving(&self.workers) {
			let worker = self.workers.get(key).filter(|worker| worker.class == class);
			let (Some(worker), Some(pool)) = (worker, &mut pool) else {
				continue;
			};
			if rules.is_closing(Some(*closes), place) {
				let slots = |count: u32| u64::from(count).saturating_mul(JOB_MILLI_SLOTS);
				let free = worker.slots.saturating_sub(worker.busy);
				pool.target = pool.target.saturating_sub(slots(worker.slots));
				pool.free = pool.free.saturating_sub(slots(free));
				closing |= free > 0;
			}
		}
		(pool, closing)
	}

	fn order(
		&mut self,
		place: &Place,
		signed: &Signed<Order>,
		rules: &Rules,
	) -> Result<Match, Refusal> {
		let order = &signed.statement;
		let ticket = self.ticket(&signed.key, order.ticket, order.sequence, place, rules)?;
		if place.base > order.expires {
			return Err(Refusal::Expired);
		}
		let (client, budget) = (ticket.client.clone(), ticket.amount);
		let (pool, closing) = self.pool_at(order.spec.class, place, rules);
		let quote = self.quote_in(&order.spec, pool);
		let (price, flops) = quote.map_err(|refusal| match refusal {
			Refusal::NoCapacity if closing => Refusal::Closing,
			refusal => refusal,
		})?;
		if price > order.spec.max_price {
			return Err(Refusal::TooDear);
		}
		if price > budget && rules.gives_only_what_it_has() {
			return Err(Refusal::NoBudget);
		}
		let job = job_id(&place.genesis, &client, order.number(), &order.spec);
		let worker_key = self.draw(place, &order.spec, &job, price, rules)?;
		let worker = self
			.workers
			.get_mut(&worker_key)
			.ok_or(Refusal::NoCapacity)?;
		// All checks are done: from here on everything is applied.
		worker.busy = worker.busy.saturating_add(1);
		worker.exposure = worker.exposure.saturating_sub(price);
		self.index.update(&worker_key, worker);
		let account = worker.account.clone();
		if let Some(slice) = self.slices.get_mut(&order.spec.class) {
			slice.free = slice.free.saturating_sub(JOB_MILLI_SLOTS);
		}
		if let Some(ticket) = self.tickets.get_mut(&signed.key) {
			ticket.amount = ticket.amount.saturating_sub(price);
			ticket.sequence = ticket.sequence.max(order.sequence);
		}
		self.occupied.insert(job, worker_key);
		Ok(Match {
			job,
			client,
			ticket: order.ticket,
			worker: account,
			worker_key,
			price,
			flops,
		})
	}

	/// The worker of a job, among those that have a free slot for it.
	fn draw(
		&mut self,
		place: &Place,
		spec: &JobSpec,
		job: &JobId,
		price: Balance,
		rules: &Rules,
	) -> Result<PublicKey, Refusal> {
		let hash = tagged_hash(DRAW, &(place.previous, job));
		let is_closing = |closes| rules.is_closing(Some(closes), place);
		let kind = (spec.class, spec.model);
		let drawn = self
			.index
			.draw(&self.workers, kind, &hash, price, is_closing);
		drawn.ok_or_else(|| {
			let leaving = self.workers.values().any(|worker| {
				let fits = worker.class == spec.class && worker.models.contains(&spec.model);
				let has_room = worker.exposure >= price && worker.busy < worker.slots;
				fits && has_room && rules.is_closing(worker.closes, place)
			});
			if leaving {
				Refusal::Closing
			} else {
				Refusal::NoCapacity
			}
		})
	}

	fn release(&mut self, signed: &Signed<Release>) -> Result<Outcome, Refusal> {
		let job = signed.statement.job;
		match self.occupied.get(&job) {
			None => Err(Refusal::WrongState),
			Some(worker) if *worker != signed.key => Err(Refusal::NotEntitled),
			Some(_) => {
				self.free(&job);
				Ok(Outcome::Released { job })
			}
		}
	}

	/// Frees the slot of a job, if it has one.
	fn free(&mut self, job: &JobId) {
		let key = self.occupied.remove(job);
		let Some(worker) = key.and_then(|key| self.workers.get_mut(&key)) else {
			return;
		};
		worker.busy = worker.busy.saturating_sub(1);
		if let Some(key) = &key {
			self.index.update(key, worker);
		}
		if let Some(slice) = self.slices.get_mut(&worker.class) {
			slice.free = slice.free.saturating_add(JOB_MILLI_SLOTS).min(slice.target);
		}
	}

	fn take_away(
		&mut self,
		place: &Place,
		signed: &Signed<Move>,
		rules: &Rules,
	) -> Result<Outcome, Refusal> {
		let moved = &signed.statement;
		self.ticket(&signed.key, moved.ticket, moved.sequence, place, rules)?;
		let ticket = self.tickets.get_mut(&signed.key).ok_or(Refusal::NoTicket)?;
		let left = ticket.amount.checked_sub(moved.amount);
		ticket.amount = left.ok_or(Refusal::NoBudget)?;
		ticket.sequence = ticket.sequence.max(moved.sequence);
		Ok(Outcome::Moved {
			client: ticket.client.clone(),
			ticket: moved.ticket,
			amount: moved.amount,
			to: moved.to,
		})
	}

	/// Checks I1 and I3.
	pub fn check_invariants(&self) -> Result<(), &'static str> {
		let mut busy: BTreeMap<PublicKey, u32> = BTreeMap::new();
		for worker in self.occupied.values() {
			let count = busy.entry(*worker).or_default();
			*count = count.saturating_add(1);
		}
		let mut slices: BTreeMap<ClassId, Slice> = BTreeMap::new();
		for (key, worker) in &self.workers {
			let jobs = busy.get(key).copied().unwrap_or_default();
			if worker.busy > worker.slots {
				return Err("I1: a worker has more jobs than slots");
			}
			if jobs != worker.busy {
				return Err("I1: a worker's jobs are not those that occupy its slots");
			}
			let slice = slices.entry(worker.class).or_default();
			let slots = |count: u32| u64::from(count).saturating_mul(JOB_MILLI_SLOTS);
			slice.target = slice.target.saturating_add(slots(worker.slots));
			slice.free = slice
				.free
				.saturating_add(slots(worker.slots.saturating_sub(worker.busy)));
		}
		for (class, slice) in &self.slices {
			if *slice != slices.get(class).copied().unwrap_or_default() {
				return Err("I3: a slice is not what its workers' slots are");
			}
		}
		Ok(())
	}
}
