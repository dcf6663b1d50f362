//! The chain of a run: it takes certified checkpoints, by its own rules and sums, and is final at
//! once. When a node hears of it is the node's affair.

use super::{
	market::{parameters, Market},
	scheme::{client, worker, Keyed},
};
use crate::world::Random;
use aci_fastpath::{
	checkpoint::{Certified, CheckpointError, Last, Payee},
	lane::grant::{Closing, Grants, LaneGrant},
	transaction::TicketId,
	types::Committee,
};
use aci_primitives::AccountId;
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
};

/// What the chain may grant and end of its own accord.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
	/// Leases that it ends, at most.
	pub closings: u64,
	/// Chance of a closing with a checkpoint, of a thousand.
	pub closing: u32,
	/// Chance of more budget for a ticket with a checkpoint, of a thousand.
	pub top_up: u32,
}

/// The chain.
#[derive(Debug)]
pub struct Chain {
	committee: Committee,
	market: Market,
	policy: Policy,
	random: Random,
	last: Last,
	blocks: Vec<(Arc<Certified>, Arc<Grants>)>,
	budgets: BTreeMap<(AccountId, TicketId), i128>,
	accounts: BTreeMap<Payee, u128>,
	burned: u128,
	granted: i128,
	/// Tickets that were told to leave: they get no more.
	left: BTreeSet<(u16, u16)>,
	violations: Vec<String>,
	closed: bool,
}

impl Chain {
	/// A chain before its first checkpoint, with what the market begins with granted.
	pub fn new(committee: Committee, market: Market, policy: Policy, random: Random) -> Self {
		let mut budgets: BTreeMap<_, i128> = BTreeMap::new();
		for (_, grant) in market.grants().lanes {
			if let LaneGrant::Budget {
				client,
				ticket,
				amount,
				..
			} = grant
			{
				*budgets.entry((client, ticket)).or_default() += amount as i128;
			}
		}
		Chain {
			committee,
			market,
			policy,
			random,
			last: Last {
				number: 0,
				hash: Default::default(),
				anchor_round: 0,
				open_locks: 0,
			},
			blocks: Vec::new(),
			granted: budgets.values().sum(),
			budgets,
			accounts: BTreeMap::new(),
			burned: 0,
			left: BTreeSet::new(),
			violations: Vec::new(),
			closed: false,
		}
	}

	/// The checkpoints with their grants, in order.
	pub fn blocks(&self) -> &[(Arc<Certified>, Arc<Grants>)] {
		&self.blocks
	}

	/// Whether it has the set's closing checkpoint.
	pub fn is_closed(&self) -> bool {
		self.closed
	}

	/// What went wrong on it.
	pub fn violations(&self) -> &[String] {
		&self.violations
	}

	/// Planck that workers were paid.
	pub fn paid(&self) -> u128 {
		let workers = self.accounts.iter();
		workers
			.filter(|(payee, _)| matches!(payee, Payee::Worker(_)))
			.map(|(_, amount)| amount)
			.sum()
	}

	/// Locks of disputed jobs that it took over.
	pub fn disputes(&self) -> usize {
		let payees = self.accounts.keys();
		payees
			.filter(|payee| matches!(payee, Payee::Dispute(..)))
			.count()
	}

	/// A block carries this. Whether it is taken.
	pub fn include(&mut self, certified: Arc<Certified>) -> bool {
		if self.closed {
			return false;
		}
		match certified.check::<Keyed>(&self.last, &self.committee, &parameters()) {
			Ok(()) => {}
			// Another author's was first.
			Err(CheckpointError::NotNext) => return false,
			Err(error) => {
				let text = format!("a certified checkpoint is refused: {error:?}");
				self.violations.push(text);
				return false;
			}
		}
		let checkpoint = &certified.checkpoint;
		self.last = Last {
			number: checkpoint.number,
			hash: checkpoint.hash(),
			anchor_round: checkpoint.anchor.round,
			open_locks: checkpoint.open_locks,
		};
		self.closed = checkpoint.closing;
		self.book(&certified);
		let grants = self.grants(checkpoint.number);
		self.blocks.push((certified, Arc::new(grants)));
		true
	}

	fn book(&mut self, certified: &Certified) {
		for (client, ticket, amount) in &certified.effects.debits {
			let left = self.budgets.entry((client.clone(), *ticket)).or_default();
			*left -= *amount as i128;
		}
		for (payee, amount) in &certified.effects.credits {
			match payee {
				Payee::Ticket(client, ticket) => {
					let left = self.budgets.entry((client.clone(), *ticket)).or_default();
					*left += *amount as i128;
				}
				payee => *self.accounts.entry(payee.clone()).or_default() += *amount,
			}
		}
		self.burned += certified.effects.burn;
		if self.budgets.values().any(|left| *left < 0) {
			self.violations
				.push("a ticket paid more than it had".into());
		}
		let held: i128 = self.budgets.values().sum();
		let given: u128 = self.accounts.values().sum::<u128>() + self.burned;
		if held + (given + self.last.open_locks) as i128 != self.granted {
			self.violations
				.push("money came from nowhere or went there".into());
		}
	}

	fn grants(&mut self, number: u32) -> Grants {
		let mut grants = Grants::default();
		if self.closed {
			return grants;
		}
		let homes = u64::from(self.market.homes);
		if self.policy.closings > 0 && self.random.chance(self.policy.closing) {
			self.policy.closings -= 1;
			let home = self.random.below(homes) as u16;
			let to = self.random.below(homes) as u16;
			let at = number + 1 + self.random.below(3) as u32;
			let of_client = self.random.chance(500);
			let closing = if of_client {
				let of = self.random.below(self.market.clients.into()) as u16;
				self.left.insert((home, of));
				Closing {
					home,
					key: client(of),
					// A client has one ticket at a home, so it goes back to the chain.
					to: None,
					at,
				}
			} else {
				let of = self.random.below(self.market.workers.into()) as u16;
				Closing {
					home,
					key: worker(home * self.market.workers + of),
					to: (to != home).then_some(to),
					at,
				}
			};
			grants.closings.push(closing);
		}
		if self.random.chance(self.policy.top_up) {
			let home = self.random.below(homes) as u16;
			let of = self.random.below(self.market.clients.into()) as u16;
			if !self.left.contains(&(home, of)) {
				let amount = self.market.amount / 4;
				let account = super::market::account(&client(of));
				let ticket = Market::ticket(home);
				*self.budgets.entry((account.clone(), ticket)).or_default() += amount as i128;
				self.granted += amount as i128;
				let grant = LaneGrant::Budget {
					key: client(of),
					client: account,
					ticket,
					amount,
					sequence: 0,
				};
				grants.lanes.push((home, grant));
			}
		}
		grants
	}
}
