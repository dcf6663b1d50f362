//! How long orders take at many homes in a stated placement: from an order's arrival at its home until
//! it is Promised, Acked and Final there.

use super::{
	adversary::{Adversary, Behaviour},
	chain::{Chain, Policy},
	market::{self, Market},
	placement::Placement,
	run::Participant,
	validator::{Arrival, Observation, Validator, World},
};
use crate::world::{Clock, DiskFate, Fault, Micros, Plan, Random, Simulation, MILLI};
use aci_fastpath::{
	machine::Timing,
	safety::Rules,
	types::{Parameters, Round},
};
use std::{collections::BTreeMap, fmt::Write, ops::ControlFlow, rc::Rc};

/// What is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
	/// Where the validators are.
	pub placement: Placement,
	/// How many they are.
	pub validators: usize,
	/// How many of them are down.
	pub down: usize,
	/// Whether one signs two chains.
	pub equivocator: bool,
	/// Clients, spread over the homes.
	pub clients: usize,
	/// Workers, spread over the homes.
	pub workers: usize,
	/// Orders a second by all clients.
	pub rate: u64,
	/// In the middle third of the time so many times as many.
	pub surge: u64,
	/// Milliseconds in which orders come, after 200 without.
	pub time: u64,
	/// Seeds arrivals and links.
	pub seed: u64,
}

const QUIET: u64 = 200;
/// What comes after the last order is played to its end for so long.
const REST: u64 = 3_000;

/// What came of it: times in microseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Times {
	/// Orders that came at homes that are up.
	pub orders: usize,
	/// To the home's word.
	pub promised: Vec<Micros>,
	/// To a quorum's acknowledgement, as the home sees.
	pub acked: Vec<Micros>,
	/// To certificates of a quorum, as the home sees.
	pub finals: Vec<Micros>,
	/// The newest round.
	pub rounds: Round,
}

/// Poisson arrivals at each home, by its clients in turn.
fn arrivals(load: &Load, homes: usize, clients: usize) -> Vec<Vec<Arrival>> {
	let mut random = Random::new(load.seed, 6);
	let third = load.time / 3;
	(0..homes)
		.map(|_| {
			let mut all = Vec::new();
			let mut at = QUIET * MILLI;
			let mut number = 0u32;
			loop {
				let passed = at / MILLI - QUIET;
				let busy = (third..2 * third).contains(&passed);
				let rate = if busy {
					load.rate * load.surge
				} else {
					load.rate
				};
				at += random.exponential(homes as u64 * 1_000_000 / rate.max(1));
				if at / MILLI >= QUIET + load.time {
					return all;
				}
				let of = (number as usize % clients) as u16;
				all.push((at / MILLI, of, number / clients as u32 + 1, 1));
				number += 1;
			}
		})
		.collect()
}

/// Plays it.
pub fn measure(load: &Load) -> Times {
	let homes = load.validators;
	let clients = (load.clients / homes).max(1);
	let parameters = Parameters::default();
	let rules = Rules::new(parameters, 0);
	let market = Market {
		homes: homes as u16,
		clients: clients as u16,
		workers: (load.workers / homes).max(1) as u16,
		slots: 1_000,
		amount: u128::MAX / 1_000_000_000,
	};
	let orders = arrivals(load, homes, clients);
	let committee = market::committee(homes);
	let chain = Chain::new(
		committee,
		market,
		Policy::default(),
		Random::new(load.seed, 5),
	);
	let end = QUIET + load.time + REST;
	let mut world = World::new(
		rules,
		None,
		market,
		chain,
		orders,
		(0..homes as u16).collect(),
		vec![10 * end; homes],
		10 * end,
		Timing {
			// What is on its way is not asked for.
			fetch: load.placement.longest().div_ceil(MILLI).max(60),
			..Timing::default()
		},
	);
	world.orders_only = true;
	let world = Rc::new(world);
	// Down are some of every region: the regions take turns.
	let down: Vec<usize> = (0..load.down)
		.map(|place| place * homes / load.down.max(1))
		.collect();
	let up: Vec<usize> = (0..homes).filter(|node| !down.contains(node)).collect();
	let guilty = load.equivocator.then(|| up[0]);
	let nodes = (0..homes)
		.map(|node| {
			if guilty == Some(node) {
				let way = Behaviour::Equivocator;
				Participant::Dishonest(Box::new(Adversary::new(world.clone(), node, way)))
			} else {
				Participant::Honest(Box::new(Validator::new(world.clone(), node)))
			}
		})
		.collect();
	let faults = down.iter().map(|node| Fault::Crash {
		from: 0,
		until: 10 * end,
		node: *node,
		disk: DiskFate::Kept,
	});
	let mut simulation = Simulation::new(
		Plan {
			seed: load.seed,
			clocks: vec![Clock::default(); homes],
			links: load.placement.links(homes),
			faults: faults.collect(),
			synchrony: 0,
			most: u64::MAX,
		},
		nodes,
	);
	let mut times = Times {
		orders: up
			.iter()
			.filter(|node| guilty != Some(**node))
			.map(|node| world.orders[*node].len())
			.sum(),
		..Times::default()
	};
	let mut waits: BTreeMap<(usize, Round), Vec<u64>> = BTreeMap::new();
	let mut acked: BTreeMap<usize, Round> = BTreeMap::new();
	let since = |now: Micros, came: &[u64]| -> Vec<Micros> {
		came.iter()
			.map(|at| now.saturating_sub(at * MILLI))
			.collect()
	};
	simulation.run(end * MILLI, |now, node, observation| {
		match observation {
			Observation::Waited(round, came) => {
				times.promised.extend(since(now, &came));
				times.rounds = times.rounds.max(round);
				waits.insert((node, round), came);
			}
			Observation::Acked(round) => {
				let before = acked.insert(node, round).unwrap_or_default();
				for (_, came) in waits.range((node, before + 1)..=(node, round)) {
					times.acked.extend(since(now, came));
				}
			}
			Observation::Final(round, _) => {
				if let Some(came) = waits.get(&(node, round)) {
					times.finals.extend(since(now, came));
				}
			}
			_ => {}
		}
		if times.finals.len() < times.orders {
			ControlFlow::Continue(())
		} else {
			ControlFlow::Break(())
		}
	});
	for list in [&mut times.promised, &mut times.acked, &mut times.finals] {
		list.sort_unstable();
	}
	times
}

/// A line of a table.
pub fn line(load: &Load, times: &Times) -> String {
	let up: Vec<usize> = (0..load.validators - load.down).collect();
	let trips = load.placement.quorum_round_trips(load.validators, &up);
	let at = |sorted: &[Micros], per_cent: usize| {
		let place = (sorted.len() * per_cent).div_ceil(100).max(1) - 1;
		sorted
			.get(place)
			.map_or("-".into(), |time| format!("{}", time / MILLI))
	};
	let mut out = String::new();
	let _ = write!(
		out,
		"| {} | {} | {} | {} | {} | {} / {} |",
		load.placement.name,
		load.down,
		if load.equivocator { "yes" } else { "no" },
		load.rate * load.surge,
		times.orders,
		at(&trips, 50),
		at(&trips, 100),
	);
	for list in [&times.promised, &times.acked, &times.finals] {
		let _ = write!(out, " {} / {} |", at(list, 50), at(list, 99));
	}
	let lost = times.orders - times.finals.len().min(times.orders);
	let _ = write!(out, " {lost} |");
	out
}
