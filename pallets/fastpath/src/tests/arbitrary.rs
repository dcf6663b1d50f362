//! Random sequences of requests, checkpoints, sessions and late sets. After every block the invariants
//! hold and money is conserved to the unit.

use crate::{
	mock::*,
	types::{State, Ticket},
	Ending, LastCheckpoint, Tickets,
};
use aci_fastpath::checkpoint::{Effects, Payee};
use aci_primitives::{AccountId, Balance};
use frame_support::assert_ok;
use std::collections::BTreeMap;

struct Dice(u64);

impl Dice {
	fn roll(&mut self, sides: u64) -> u64 {
		self.0 ^= self.0 << 13;
		self.0 ^= self.0 >> 7;
		self.0 ^= self.0 << 17;
		(self.0 >> 11) % sides.max(1)
	}

	fn part(&mut self, of: Balance) -> Balance {
		of * Balance::from(self.roll(5)) / 4
	}

	fn small(&mut self, sides: u8) -> u8 {
		self.roll(sides.into()) as u8
	}
}

fn held() -> Vec<(AccountId, Ticket)> {
	let lists = Tickets::<Test>::iter();
	lists
		.flat_map(|(client, list)| {
			let held = list.into_iter().filter(Fastpath::is_held);
			held.map(move |ticket| (client.clone(), ticket))
				.collect::<Vec<_>>()
		})
		.collect()
}

/// What honest homes could have made of what they have.
fn effects(dice: &mut Dice, closing: bool) -> (Effects, Balance) {
	let last = LastCheckpoint::<Test>::get();
	let mut locks = last.open_locks;
	let mut debits = BTreeMap::new();
	let mut credits = BTreeMap::<Payee, Balance>::new();
	let mut staying = vec![Payee::Escrow(client(0)), Payee::Ticket(client(1), 999)];
	for (client, ticket) in held() {
		let spent = dice.part(ticket.amount) / 2;
		let rest = ticket.amount - spent;
		locks += spent;
		let leaves = ticket.state == State::Leaving(last.number + 1);
		let debit = if leaves || closing {
			let payee = match ticket.to {
				Some(_) if !closing => Payee::Ticket(client.clone(), ticket.id),
				_ => Payee::Escrow(client.clone()),
			};
			*credits.entry(payee).or_default() += rest;
			ticket.amount
		} else {
			staying.push(Payee::Ticket(client.clone(), ticket.id));
			spent
		};
		if debit > 0 {
			debits.insert((client, ticket.id), debit);
		}
	}
	let refunded = staying[dice.roll(staying.len() as u64) as usize].clone();
	let dispute = Payee::Dispute(client(dice.small(EACH)), job(dice.small(200)));
	let payees = [
		Payee::Worker(worker(dice.small(EACH))),
		Payee::Validators,
		Payee::Liquidity(CLASS),
		refunded,
		dispute,
	];
	for payee in payees {
		let known = |payee: &Payee| match payee {
			Payee::Dispute(_, job) => crate::DisputedLocks::<Test>::contains_key(job),
			_ => false,
		};
		let amount = dice.part(locks) / 3;
		if amount > 0 && !known(&payee) {
			locks -= amount;
			*credits.entry(payee).or_default() += amount;
		}
	}
	let burn = dice.part(locks) / 10;
	locks -= burn;
	credits.retain(|_, amount| *amount > 0);
	let effects = Effects {
		debits: debits
			.into_iter()
			.map(|((client, ticket), amount)| (client, ticket, amount))
			.collect(),
		credits: credits.into_iter().collect(),
		burn,
		free_slots: vec![(worker(dice.small(EACH)), u32::from(dice.small(SLOTS as u8)))],
		..Default::default()
	};
	(effects, locks)
}

/// One step. Returns which kind it was, where it did something.
fn step(dice: &mut Dice, session: &mut u32) -> Option<u8> {
	let kind = dice.small(10);
	let homes = Fastpath::homes();
	let home = homes[usize::from(dice.small(VALIDATORS))].clone();
	let who = dice.small(EACH);
	let origin = RuntimeOrigin::signed(client(who));
	let renew = Balance::from(dice.roll(2)) * 2_000;
	let done = match kind {
		0 | 1 => {
			let amount = 1_000 + Balance::from(dice.roll(20_000));
			Fastpath::fund_ticket(origin, home, amount, renew).is_ok()
		}
		2 => {
			let to = (dice.roll(2) == 0).then_some(home);
			let tickets = Tickets::<Test>::get(client(who));
			let id = tickets.first().map_or(1, |ticket| ticket.id);
			Fastpath::end_ticket(origin, id, to).is_ok()
		}
		3 => {
			let (slots, exposure) = (1 + dice.roll(4) as u32, 1_000 + dice.roll(90_000));
			let origin = RuntimeOrigin::signed(worker(who));
			let renew = renew > 0;
			Fastpath::lease_slots(origin, home, slots, exposure.into(), renew).is_ok()
		}
		4 => Fastpath::end_lease(RuntimeOrigin::signed(worker(who)), home).is_ok(),
		5 => {
			*session += 1;
			let from = 1 + dice.small(3);
			Fastpath::schedule(*session, members(from));
			true
		}
		6 => {
			let overdue = crate::DisputedLocks::<Test>::iter_keys().next();
			overdue.is_some_and(|job| {
				Fastpath::refund_dispute(RuntimeOrigin::signed(client(who)), job).is_ok()
			})
		}
		_ => {
			let closing = Ending::<Test>::exists() && dice.roll(2) == 0;
			next_block();
			let (effects, locks) = effects(dice, closing);
			let checkpoint = next_checkpoint(&effects, locks, closing);
			assert_ok!(submit(certify(checkpoint, effects, &[0, 1, 2])));
			return Some(if closing { 20 } else { 21 });
		}
	};
	if dice.roll(3) == 0 {
		let before = crate::CurrentSet::<Test>::get();
		blocks(1 + dice.roll(4) as u32);
		if crate::CurrentSet::<Test>::get() > before {
			return Some(22);
		}
	}
	done.then_some(kind)
}

#[test]
fn random_sequences_keep_the_invariants_and_conserve_money() {
	let mut seen = BTreeMap::<u8, u32>::new();
	for seed in 1..=6 {
		run(|| {
			let mut dice = Dice(0x9E37_79B9_7F4A_7C15u64.wrapping_mul(seed) | 1);
			let mut session = 0;
			for _ in 0..60 {
				if let Some(kind) = step(&mut dice, &mut session) {
					*seen.entry(kind).or_default() += 1;
				}
				check();
			}
		});
	}
	for kind in [0, 2, 3, 4, 5, 20, 21, 22] {
		assert!(seen.contains_key(&kind), "{kind} never happened: {seen:?}");
	}
}
