//! Random sequences of all calls and of what other pallets ask, against a plain model of the money
//! and the capacity. After each step the invariants hold, every balance is the model's, and a step
//! succeeds exactly when the model's does.

use crate::{mock::*, Providers, ReservationStates, Reserved, SliceStates, Swap};
use aci_market::{
	fund::{refund, shares_of_deposit, value},
	reservation::{self, reserved_flops},
	Pool, ReservationTerms,
};
use aci_primitives::{
	job::Home,
	traits::{Insurer, MarketActivity, MarketQuote, Prepayments, Reservations, Slices},
};
use proptest::{
	prelude::*,
	test_runner::{TestCaseError, TestRunner},
};
use sp_runtime::{traits::Dispatchable, DispatchResult};
use std::{cell::RefCell, collections::BTreeMap};

#[derive(Clone, Debug)]
enum Step {
	Provide(u8, u128),
	Begin(u8, u8),
	Cancel(u8, u8),
	Withdraw(u8),
	Buy(u8, u64, u32),
	SellBack(u8, u64),
	Occupy(u8, u64, u64),
	Vacate(u64, u64),
	Spend(u64, u8),
	Fee(u8, u128),
	Donate(u8, u128),
	Refund(u8, u8, u128),
	Paid(u64),
	SetPrice(u128),
	Add(u64),
	Remove(u64),
	Take(u64),
	GiveBack(u64),
	Split(u8, u64),
	Merge(u8, u64),
	Blocks(u8),
}

fn amount() -> impl Strategy<Value = u128> {
	prop_oneof![
		4 => MIN_LIQUIDITY..20 * MIN_LIQUIDITY,
		2 => 0..MIN_LIQUIDITY,
		1 => 0..100u128,
		1 => any::<u128>(),
	]
}

fn slots() -> impl Strategy<Value = u64> {
	prop_oneof![6 => (0..4u64).prop_map(|slots| slots * 1_000), 2 => 0..6_000u64, 1 => any::<u64>()]
}

fn step() -> impl Strategy<Value = Step> {
	use Step::*;
	let who = || 1..4u8;
	prop_oneof![
		3 => (who(), amount()).prop_map(|(who, amount)| Provide(who, amount)),
		3 => (who(), prop_oneof![Just(u8::MAX), any::<u8>()])
			.prop_map(|(who, part)| Begin(who, part)),
		1 => (who(), any::<u8>()).prop_map(|(who, part)| Cancel(who, part)),
		3 => who().prop_map(Withdraw),
		6 => (who(), slots(), 5..120u32).prop_map(|(who, slots, blocks)| Buy(who, slots, blocks)),
		2 => (who(), 0..12u64).prop_map(|(who, id)| SellBack(who, id)),
		5 => (who(), 0..8u64, slots()).prop_map(|(who, id, slots)| Occupy(who, id, slots)),
		4 => (0..8u64, slots()).prop_map(|(id, slots)| Vacate(id, slots)),
		2 => (0..8u64, any::<u8>()).prop_map(|(id, part)| Spend(id, part)),
		2 => (who(), 0..MIN_LIQUIDITY).prop_map(|(worker, amount)| Fee(worker, amount)),
		1 => (who(), 0..MIN_LIQUIDITY).prop_map(|(who, amount)| Donate(who, amount)),
		2 => (who(), who(), amount())
			.prop_map(|(worker, client, amount)| Refund(worker, client, amount)),
		1 => (0..1u64 << 32).prop_map(Paid),
		1 => (1..1u128 << 40).prop_map(SetPrice),
		2 => slots().prop_map(|slots| Add(slots % (1 << 40))),
		2 => slots().prop_map(Remove),
		2 => slots().prop_map(Take),
		2 => slots().prop_map(GiveBack),
		1 => (0..4u8, slots()).prop_map(|(home, slots)| Split(home, slots)),
		1 => (0..4u8, slots()).prop_map(|(home, slots)| Merge(home, slots)),
		5 => (1..25u8).prop_map(Blocks),
	]
}

/// Shares, the first block in which they can be withdrawn, the first in which they cannot.
type Out = (u128, u32, u32);

#[derive(Clone, Debug, Default)]
struct ModelProvider {
	shares: u128,
	out: Vec<Out>,
}

impl ModelProvider {
	fn total(&self) -> u128 {
		self.shares + self.out.iter().map(|out| out.0).sum::<u128>()
	}
}

#[derive(Clone, Debug)]
struct ModelReservation {
	owner: u8,
	slots: u64,
	occupied: u64,
	from: u32,
	until: u32,
	terms: ReservationTerms,
	left: u128,
	ended: bool,
}

/// What the pallet should have, told plainly.
#[derive(Clone, Debug)]
struct Model {
	now: u32,
	balance: BTreeMap<u8, u128>,
	fund: u128,
	providers: BTreeMap<u8, ModelProvider>,
	brought: BTreeMap<u8, u128>,
	/// The block of each worker's last fee.
	last_fee: BTreeMap<u8, u64>,
	reservations: BTreeMap<u64, ModelReservation>,
	next: u64,
	pool: Pool,
	/// What jobs took out of the pool without a reservation.
	taken: u64,
	slices: BTreeMap<u8, u64>,
}

impl Model {
	fn new() -> Self {
		Model {
			now: 100,
			balance: (1..=5).map(|who| (who, START)).collect(),
			fund: 0,
			providers: BTreeMap::new(),
			brought: BTreeMap::new(),
			last_fee: BTreeMap::new(),
			reservations: BTreeMap::new(),
			next: 0,
			pool: Hmm::pool(0).expect("known"),
			taken: 0,
			slices: BTreeMap::new(),
		}
	}

	fn issued(&self) -> u128 {
		self.providers.values().map(ModelProvider::total).sum()
	}

	fn worth(&self, shares: u128) -> u128 {
		value(shares, self.fund, self.issued()).expect("a part of all")
	}

	/// Takes money of an account, which keeps the existential deposit.
	fn pay(&mut self, who: u8, amount: u128) -> Option<()> {
		let balance = self.balance.get_mut(&who)?;
		let least = amount.checked_add(EXISTENTIAL_DEPOSIT)?;
		(*balance >= least).then(|| *balance -= amount)
	}

	fn receive(&mut self, who: u8, amount: u128) {
		*self.balance.entry(who).or_default() += amount;
	}

	/// A provider with what was not withdrawn in time bound again.
	fn provider(&self, who: u8) -> Option<ModelProvider> {
		let mut provider = self.providers.get(&who)?.clone();
		let (lapsed, out): (Vec<Out>, Vec<Out>) =
			provider.out.iter().partition(|out| out.2 <= self.now);
		provider.shares += lapsed.iter().map(|out| out.0).sum::<u128>();
		provider.out = out;
		Some(provider)
	}

	fn reserved(&self) -> u64 {
		let held = |r: &ModelReservation| if r.ended { r.occupied } else { r.slots };
		self.reservations.values().map(held).sum()
	}

	/// Points a step at something that is there, mostly: a random number seldom names it.
	fn aim(&self, step: &Step) -> Step {
		let some = |id: u64| {
			let place = id.checked_rem(self.reservations.len() as u64)?;
			let (id, r) = self.reservations.iter().nth(place as usize)?;
			Some((*id, r.clone()))
		};
		// The third account and the last number stay what they are, to be refused.
		match *step {
			Step::SellBack(who, id) if who != 3 => match some(id) {
				Some((id, r)) => Step::SellBack(r.owner, id),
				None => step.clone(),
			},
			Step::Occupy(who, id, slots) if who != 3 => match some(id) {
				Some((id, r)) => Step::Occupy(r.owner, id, slots),
				None => step.clone(),
			},
			Step::Vacate(id, slots) if id != 7 => match some(id) {
				Some((id, r)) => Step::Vacate(id, slots.min(r.occupied)),
				None => step.clone(),
			},
			Step::Spend(id, part) => some(id).map_or(step.clone(), |(id, _)| Step::Spend(id, part)),
			Step::Withdraw(who) => {
				let ready =
					|p: &ModelProvider| p.out.iter().any(|out| (out.1..out.2).contains(&self.now));
				let found = self.providers.iter().find(|(_, p)| ready(p));
				Step::Withdraw(found.map_or(who, |(who, _)| *who))
			}
			Step::Cancel(who, part) => {
				let found = self.providers.iter().find(|(_, p)| !p.out.is_empty());
				Step::Cancel(found.map_or(who, |(who, _)| *who), part)
			}
			Step::Merge(home, slots) => match self.slices.iter().next() {
				Some((home, have)) => Step::Merge(*home, slots.min(*have)),
				None => Step::Merge(home, slots),
			},
			// Often to where a withdrawal can be made.
			Step::Blocks(count) if count % 3 == 0 => {
				let ends = self
					.providers
					.values()
					.flat_map(|p| &p.out)
					.map(|out| out.1);
				let next = ends.filter(|from| *from > self.now).min();
				Step::Blocks(next.map_or(count, |from| (from - self.now) as u8))
			}
			_ => step.clone(),
		}
	}

	/// Does a step, or nothing.
	fn step(&mut self, step: &Step) -> Option<()> {
		let mut next = self.clone();
		next.try_step(step)?;
		*self = next;
		Some(())
	}

	fn try_step(&mut self, step: &Step) -> Option<()> {
		match *step {
			Step::Provide(who, amount) => {
				if !self.providers.contains_key(&who) && amount < MIN_LIQUIDITY {
					return None;
				}
				let shares = shares_of_deposit(amount, self.fund, self.issued()).ok()?;
				self.pay(who, amount)?;
				let mut provider = self.provider(who).unwrap_or_default();
				provider.shares += shares;
				self.providers.insert(who, provider);
				self.fund += amount;
			}
			Step::Begin(who, part) => {
				let mut provider = self.provider(who)?;
				let shares = part_of(provider.shares, part);
				provider.shares -= shares;
				let small = provider.shares > 0 && self.worth(provider.shares) < MIN_LIQUIDITY;
				if shares == 0 || small || provider.out.len() == 3 {
					return None;
				}
				let from = self.now + UNBONDING;
				provider.out.push((shares, from, from + WITHDRAWAL_WINDOW));
				self.providers.insert(who, provider);
			}
			Step::Cancel(who, part) => {
				let mut provider = self.provider(who)?;
				let all: u128 = provider.out.iter().map(|out| out.0).sum();
				let shares = part_of(all, part);
				let mut left = shares;
				while left > 0 {
					let last = provider.out.last_mut()?;
					let part = last.0.min(left);
					last.0 -= part;
					left -= part;
					if last.0 == 0 {
						provider.out.pop();
					}
				}
				(shares > 0).then_some(())?;
				provider.shares += shares;
				self.providers.insert(who, provider);
			}
			Step::Withdraw(who) => {
				let mut provider = self.provider(who)?;
				let (ready, out): (Vec<Out>, Vec<Out>) =
					provider.out.iter().partition(|out| out.1 <= self.now);
				let shares: u128 = ready.iter().map(|out| out.0).sum();
				(shares > 0).then_some(())?;
				let amount = self.worth(shares);
				provider.out = out;
				self.providers.insert(who, provider);
				self.providers.retain(|_, provider| provider.total() > 0);
				self.fund -= amount;
				self.receive(who, amount);
			}
			Step::Buy(who, slots, blocks) => {
				let owned = self
					.reservations
					.values()
					.filter(|r| r.owner == who)
					.count();
				let reserved = self.reserved().checked_add(slots)?;
				let bounds = (10..=1_000).contains(&blocks) && slots >= 1_000 && owned < 3;
				if !bounds || reserved > self.pool.target / 2 {
					return None;
				}
				let time = u64::from(blocks) * BLOCK_TIME;
				let flops = reserved_flops(slots, cpu().peak_flops, time, 100_000).ok()?;
				let terms = reservation::terms(&self.pool, slots, flops).ok()?;
				self.pay(who, terms.price)?;
				self.pool.free -= slots;
				let id = self.next;
				self.next += 1;
				let reservation = ModelReservation {
					owner: who,
					slots,
					occupied: 0,
					from: self.now + 1,
					until: self.now + 1 + blocks,
					terms,
					left: terms.price,
					ended: false,
				};
				self.reservations.insert(id, reservation);
			}
			Step::SellBack(who, id) => {
				let r = self.reservations.get(&id)?.clone();
				if r.owner != who || r.ended || self.now >= r.until || r.occupied > 0 {
					return None;
				}
				let (left, whole) = (r.until - self.now - 1, r.until - r.from);
				let back =
					reservation::refund(&self.pool, r.slots, &r.terms, r.left, left, whole, 50_000)
						.expect("the capacity is taken");
				self.receive(who, back);
				self.pool.free += r.slots;
				self.reservations.remove(&id);
			}
			Step::Occupy(who, id, slots) => {
				let now = self.now;
				let r = self.reservations.get_mut(&id)?;
				let open = !r.ended && (r.from..r.until).contains(&now) && r.owner == who;
				if !open || slots == 0 || slots > r.slots - r.occupied {
					return None;
				}
				r.occupied += slots;
			}
			Step::Vacate(id, slots) => {
				let r = self.reservations.get_mut(&id)?;
				if slots == 0 || slots > r.occupied {
					return None;
				}
				r.occupied -= slots;
				if r.ended {
					self.pool.free += slots;
					self.reservations.retain(|_, r| !r.ended || r.occupied > 0);
				}
			}
			Step::Spend(id, part) => {
				let r = self.reservations.get_mut(&id).filter(|r| !r.ended)?;
				r.left -= part_of(r.left, part);
			}
			Step::Fee(worker, amount) => {
				self.pay(5, amount)?;
				self.fund += amount;
				*self.brought.entry(worker).or_default() += amount;
				if amount > 0 {
					self.last_fee.insert(worker, System::block_number());
				}
			}
			Step::Donate(who, amount) => {
				self.pay(who, amount)?;
				self.fund += amount;
			}
			Step::Refund(worker, client, amount) => {
				let brought = self.brought.get(&worker).copied().unwrap_or_default();
				let paid = refund(amount, brought, self.fund, self.issued());
				self.brought.insert(worker, brought - paid);
				self.fund -= paid;
				self.receive(client, paid);
			}
			Step::Paid(_) => {}
			Step::SetPrice(par_price) => self.pool.par_price = par_price,
			Step::Add(slots) => {
				self.pool.target += slots;
				self.pool.free += slots;
			}
			Step::Remove(slots) => {
				self.pool.free = self.pool.free.checked_sub(slots)?;
				self.pool.target -= slots;
			}
			Step::Take(slots) => {
				(slots > 0).then_some(())?;
				self.pool.free = self.pool.free.checked_sub(slots)?;
				self.taken += slots;
			}
			Step::GiveBack(slots) => {
				(slots > 0).then_some(())?;
				self.taken = self.taken.checked_sub(slots)?;
				self.pool.free += slots;
			}
			Step::Split(home, slots) => {
				let known = self.slices.contains_key(&home);
				if slots == 0 || (!known && self.slices.len() == 2) {
					return None;
				}
				self.pool.free = self.pool.free.checked_sub(slots)?;
				self.pool.target -= slots;
				*self.slices.entry(home).or_default() += slots;
			}
			Step::Merge(home, slots) => {
				let slice = self.slices.get_mut(&home)?;
				*slice = slice.checked_sub(slots)?;
				(slots > 0).then_some(())?;
				self.slices.retain(|_, slots| *slots > 0);
				self.pool.free += slots;
				self.pool.target += slots;
			}
			Step::Blocks(count) => (0..count).for_each(|_| self.next_block()),
		}
		Some(())
	}

	/// Ends what is due, two in a block, in the order of the windows' ends and the pallet's agenda:
	/// which two of one block is the pallet's choice, so it is read from there.
	fn next_block(&mut self) {
		self.now += 1;
		next_block();
		for (id, r) in &mut self.reservations {
			let gone = ReservationStates::<Test>::get(id).is_none_or(|state| state.ended);
			if !r.ended && gone {
				assert!(r.until <= self.now, "ended before its window did");
				r.ended = true;
				r.left = 0;
				self.pool.free += r.slots - r.occupied;
			}
			assert!(
				r.ended || self.now < r.until + 6,
				"not ended for six blocks"
			);
		}
		self.reservations.retain(|_, r| !r.ended || r.occupied > 0);
		// The slow control is tested elsewhere.
		let pool = Hmm::pool(0).expect("known");
		self.pool.par_price = pool.par_price;
		self.pool.floor_share = pool.floor_share;
	}

	fn compare(&mut self) {
		for (who, expected) in &self.balance {
			assert_eq!(balance(*who), *expected, "balance of {who}");
		}
		assert_eq!(fund(), self.fund, "fund");
		assert_eq!(Hmm::pool(0), Some(self.pool));
		assert_eq!(Reserved::<Test>::get(0), self.reserved());
		let stored: BTreeMap<u64, (u64, u128, bool)> = ReservationStates::<Test>::iter()
			.map(|(id, s)| {
				(
					id,
					(s.reservation.occupied, EscrowDouble::prepaid(id), s.ended),
				)
			})
			.collect();
		let expected = self.reservations.iter();
		let expected = expected
			.map(|(id, r)| (*id, (r.occupied, r.left, r.ended)))
			.collect();
		assert_eq!(stored, expected);
		assert_eq!(Providers::<Test>::iter().count(), self.providers.len());
		for (who, provider) in &self.providers {
			let stored = Providers::<Test>::get(0, account(*who)).expect("provides");
			assert_eq!(stored.total(), provider.total());
		}
		let now = System::block_number();
		for (worker, brought) in &mut self.brought {
			// What came long ago may be forgotten, and nothing else.
			let old = self
				.last_fee
				.get(worker)
				.is_some_and(|last| last + 120 < now);
			let insured = Hmm::insured(0, account(*worker));
			if old && insured == 0 {
				*brought = 0;
			}
			assert_eq!(insured, *brought);
		}
		let slices = SliceStates::<Test>::iter()
			.map(|(_, _, slice)| slice.target)
			.sum::<u64>();
		assert_eq!(slices, self.slices.values().sum::<u64>());
	}
}

/// A part of an amount: all of it for 255.
fn part_of(amount: u128, part: u8) -> u128 {
	match part {
		u8::MAX => amount,
		part => amount / 255 * u128::from(part),
	}
}

fn home(number: u8) -> Home {
	match number {
		0 => Home::Chain,
		number => Home::Validator(account(number)),
	}
}

/// What another pallet asks, in the storage layer of its transaction.
fn layered(ask: &dyn Fn() -> DispatchResult) -> bool {
	frame_support::storage::with_storage_layer(ask).is_ok()
}

/// Does a step on the chain. Calls go through dispatch, as transactions do.
fn run(step: &Step, model: &Model) -> bool {
	let signed = |who: u8| RuntimeOrigin::signed(account(who));
	let call =
		|who: u8, call: crate::Call<Test>| RuntimeCall::Hmm(call).dispatch(signed(who)).is_ok();
	let swap = |who: u8, action: Swap| call(who, crate::Call::swap { action });
	let class = 0;
	match *step {
		Step::Provide(who, amount) => call(who, crate::Call::provide { class, amount }),
		Step::Begin(who, part) => {
			let free = model.provider(who).map_or(0, |provider| provider.shares);
			let shares = part_of(free, part);
			call(who, crate::Call::begin_withdrawal { class, shares })
		}
		Step::Cancel(who, part) => {
			let provider = model.provider(who).unwrap_or_default();
			let shares = part_of(provider.out.iter().map(|out| out.0).sum(), part);
			call(who, crate::Call::cancel_withdrawal { class, shares })
		}
		Step::Withdraw(who) => call(who, crate::Call::withdraw_liquidity { class }),
		Step::Buy(who, milli_slots, blocks) => swap(
			who,
			Swap::Buy {
				class,
				milli_slots,
				blocks,
				max_price: u128::MAX,
			},
		),
		Step::SellBack(who, reservation) => swap(
			who,
			Swap::SellBack {
				reservation,
				min_refund: 0,
			},
		),
		Step::Occupy(who, id, slots) => layered(&|| Hmm::occupy(id, &account(who), slots)),
		Step::Vacate(id, slots) => layered(&|| Hmm::vacate(id, slots)),
		Step::Spend(id, part) => {
			let prepaid = EscrowDouble::prepaid(id);
			let open = model.reservations.get(&id).is_some_and(|r| !r.ended);
			if open {
				EscrowDouble::spend(id, part_of(prepaid, part));
			}
			open
		}
		Step::Fee(worker, amount) => {
			pay_fund(5, amount);
			Hmm::note_fee(0, &account(worker), amount);
			true
		}
		Step::Donate(who, amount) => {
			let affordable = model.balance[&who] >= amount + EXISTENTIAL_DEPOSIT;
			if affordable {
				pay_fund(who, amount);
			}
			affordable
		}
		Step::Refund(worker, client, amount) => {
			Hmm::refund(0, &account(worker), &account(client), amount);
			true
		}
		Step::Paid(time) => {
			Hmm::paid(0, time);
			true
		}
		Step::SetPrice(par_price) => {
			let share = model.pool.floor_share;
			Hmm::set_price(RuntimeOrigin::root(), 0, par_price, share).is_ok()
		}
		Step::Add(slots) => layered(&|| Hmm::add_capacity(0, slots, WHOLE)),
		Step::Remove(slots) => layered(&|| Hmm::remove_capacity(0, slots, WHOLE)),
		Step::Take(slots) => layered(&|| Hmm::take(0, slots)),
		Step::GiveBack(slots) => layered(&|| Hmm::give_back(0, slots)),
		Step::Split(number, slots) => layered(&|| Hmm::split(0, &home(number), slots)),
		Step::Merge(number, slots) => layered(&|| Hmm::merge(0, &home(number), slots)),
		// The model starts the blocks itself, to follow the agenda in each.
		Step::Blocks(_) => true,
	}
}

#[test]
fn money_and_capacity_are_the_models_after_every_step() {
	let reached = RefCell::new(BTreeMap::<String, u32>::new());
	let sequences = proptest::collection::vec(step(), 1..160);
	let config = ProptestConfig {
		failure_persistence: None,
		..ProptestConfig::with_cases(48)
	};
	let mut runner = TestRunner::new(config);
	runner
		.run(&sequences, |steps| {
			one_class().execute_with(|| follow(&steps, &reached))
		})
		.unwrap_or_else(|error| panic!("{error}"));
	// Every kind of step was also done and not only refused.
	assert_eq!(reached.borrow().len(), 21, "{reached:?}");
}

/// Does the steps on the chain and in the model, and counts those that were done.
fn follow(steps: &[Step], reached: &RefCell<BTreeMap<String, u32>>) -> Result<(), TestCaseError> {
	let mut model = Model::new();
	for step in [Step::SetPrice(1 << 36), Step::Add(12_000)]
		.iter()
		.chain(steps)
	{
		let step = &model.aim(step);
		// A job gives back what it took; anything else is not this pallet's to refuse.
		if matches!(step, Step::GiveBack(slots) if *slots > model.taken) {
			continue;
		}
		let done = run(step, &model);
		let expected = model.step(step).is_some();
		prop_assert_eq!(done, expected, "{:?}", step);
		assert_invariants();
		model.compare();
		if done {
			let kind = format!("{step:?}");
			let kind = kind.split('(').next().unwrap_or_default();
			*reached.borrow_mut().entry(kind.into()).or_default() += 1;
		}
	}
	Ok(())
}
