//! Checks that the measured block did what it was measured for.
//!
//! 1. It has an event of settlement for each of the jobs, once, and the chain calls each settled.
//! 2. Each worker has what its events say it was paid, and not more.
//! 3. The pots of validators, verifiers and classes have what the events say.
//! 4. What the events say was paid and burned is what was due before the block.
//! 5. The clients together have less by that and nothing else; a client's hold counts as its own.
//! 6. The escrow's own check of its invariants finds nothing.

use crate::{market::Prepared, node::Node};
use aci_primitives::{AccountId, Balance, JobId, JobStatus};
use aci_runtime::{Balances, Escrow, Hash, Jobs, Runtime, RuntimeEvent};
use anyhow::{anyhow, ensure, Context, Result};
use frame_support::{
	storage::{storage_prefix, unhashed},
	traits::fungible::Inspect,
};
use frame_system::EventRecord;
use std::collections::BTreeMap;

/// What a block settled.
#[derive(Clone, Debug, Default)]
pub struct Settled {
	/// Jobs.
	pub jobs: u32,
	/// Clients that ordered them.
	pub clients: u32,
	/// Workers that ran them.
	pub workers: u32,
	/// What was due for them, in planck.
	pub due: Balance,
	/// Events of the block, of all kinds.
	pub events: u32,
}

/// What everybody has at a block.
#[derive(Debug)]
struct Holdings {
	clients: Balance,
	workers: BTreeMap<AccountId, Balance>,
	pots: Balance,
	burned: Balance,
}

/// What an account has: its balance with holds, and what waits for it in the escrow.
fn holding(account: &AccountId) -> Balance {
	Balances::total_balance(account) + Escrow::claimable(account.clone())
}

fn holdings(prepared: &Prepared) -> Holdings {
	let pools = Escrow::pools();
	let pots = [pools.validators.account, pools.verifiers.account]
		.into_iter()
		.chain(
			prepared
				.classes
				.iter()
				.map(|class| Escrow::fund(*class).account),
		);
	Holdings {
		clients: prepared.clients.iter().map(holding).sum(),
		workers: prepared
			.workers
			.iter()
			.map(|worker| (worker.clone(), holding(worker)))
			.collect(),
		pots: pots.map(|account| holding(&account)).sum(),
		burned: Escrow::burned(),
	}
}

/// The events of settlement, summed up.
#[derive(Default)]
struct Events {
	jobs: BTreeMap<JobId, AccountId>,
	clients: BTreeMap<AccountId, u32>,
	paid: BTreeMap<AccountId, Balance>,
	pots: Balance,
	burned: Balance,
	all: u32,
}

fn events() -> Result<Events> {
	let mut sums = Events::default();
	// In one piece: the system pallet's own reader asks for the value again for each 2 KiB of it,
	// and natively each time gets a copy of the whole.
	let key = storage_prefix(b"System", b"Events");
	let records: Vec<EventRecord<RuntimeEvent, Hash>> =
		unhashed::get(&key).context("the block has no events")?;
	for record in records {
		sums.all += 1;
		let RuntimeEvent::Jobs(pallet_aci_jobs::Event::<Runtime>::JobSettled {
			job,
			client,
			worker,
			paid,
			validators,
			verifiers,
			fund,
			burned,
			..
		}) = record.event
		else {
			continue;
		};
		*sums.clients.entry(client).or_default() += 1;
		*sums.paid.entry(worker.clone()).or_default() += paid;
		sums.pots += validators + verifiers + fund;
		sums.burned += burned;
		let twice = sums.jobs.insert(job, worker);
		ensure!(twice.is_none(), "a job was settled twice");
	}
	Ok(sums)
}

/// What is due for the jobs, if they all wait for settlement.
fn dues(jobs: &[JobId]) -> Result<Balance> {
	jobs.iter()
		.map(|id| {
			let job = Jobs::job(*id).context("a job has no record")?.job;
			ensure!(job.status == JobStatus::Submitted, "a job has no result");
			Ok(job.result.context("a job has no result")?.due)
		})
		.sum()
}

/// Checks the block `after` of a node against its parent, block `before`.
pub fn check(node: &Node, prepared: &Prepared, before: Hash, after: Hash) -> Result<Settled> {
	let (due, had) = node.inspect(before, || (dues(&prepared.jobs), holdings(prepared)))?;
	let due = due?;
	let (events, have, unsettled, escrow) = node.inspect(after, || {
		let unsettled = prepared.jobs.iter().filter(|id| {
			!Jobs::job(**id).is_some_and(|view| view.job.status == JobStatus::Settled)
		});
		(
			events(),
			holdings(prepared),
			unsettled.count(),
			Escrow::do_try_state(),
		)
	})?;
	let events = events?;

	let count = events.jobs.len();
	ensure!(
		count == prepared.jobs.len(),
		"{count} of {} jobs were settled in the block: raise the limits of the jobs pallet on \
		what a block handles, in the runtime's configuration",
		prepared.jobs.len()
	);
	ensure!(
		prepared.jobs.iter().all(|id| events.jobs.contains_key(id)),
		"other jobs were settled than those that were due"
	);
	ensure!(
		unsettled == 0,
		"the chain does not call {unsettled} jobs settled"
	);

	for (worker, balance) in &have.workers {
		let paid = events.paid.get(worker).copied().unwrap_or_default();
		let gained = had
			.workers
			.get(worker)
			.and_then(|former| balance.checked_sub(*former));
		ensure!(
			gained == Some(paid),
			"a worker was paid {paid} by the events and has {gained:?} more"
		);
	}
	let paid: Balance = events.paid.values().sum();
	ensure!(
		have.pots.checked_sub(had.pots) == Some(events.pots),
		"the pots do not have what the events say"
	);
	ensure!(
		have.burned.checked_sub(had.burned) == Some(events.burned),
		"another amount was burned than the events say"
	);
	ensure!(
		paid + events.pots + events.burned == due,
		"{due} was due and {} was paid and burned",
		paid + events.pots + events.burned
	);
	ensure!(
		had.clients.checked_sub(have.clients) == Some(due),
		"the clients did not pay what was due"
	);
	escrow.map_err(|error| anyhow!("the escrow's invariants do not hold: {error:?}"))?;

	Ok(Settled {
		jobs: count as u32,
		clients: events.clients.len() as u32,
		workers: events.paid.len() as u32,
		due,
		events: events.all,
	})
}
