//! One scenario played and judged.

use super::{
	adversary::Adversary,
	chain::Chain,
	market::{self, Market},
	oracle::{Coverage, Oracle, Violation},
	packet::Packet,
	scenario::Scenario,
	validator::{Arrival, Doing, Observation, Validator, World},
};
use crate::world::{Counts, Disk, DiskFate, End, Event, Node, Plan, Random, Simulation, MILLI};
use aci_fastpath::{lane::Lane, safety::Rules};
use std::{ops::ControlFlow, rc::Rc};

/// A node of a run.
#[derive(Debug)]
pub enum Participant {
	/// It follows the rules.
	Honest(Box<Validator>),
	/// It does not.
	Dishonest(Box<Adversary>),
}

impl Node for Participant {
	type Packet = Packet;
	type Observation = Observation;

	fn handle(&mut self, event: Event<Packet>, doing: &mut Doing<'_>) {
		match self {
			Participant::Honest(validator) => validator.handle(event, doing),
			Participant::Dishonest(adversary) => adversary.handle(event, doing),
		}
	}

	fn crash(&mut self, fate: DiskFate, disk: &mut Disk) {
		match self {
			Participant::Honest(validator) => validator.crash(fate, disk),
			Participant::Dishonest(adversary) => adversary.crash(fate, disk),
		}
	}
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
	/// What went wrong.
	pub violations: Vec<Violation>,
	/// What was covered.
	pub coverage: Coverage,
	/// What happened in the network.
	pub counts: Counts,
	/// A digest of all that happened.
	pub trace: u64,
}

/// Milliseconds from the set's end, under synchrony, in which it must be closed.
const CLOSING: u64 = 4_000;
/// Events after which a run is cut off.
const MOST_EVENTS: u64 = 400_000;

/// The orders of each home: some clients, sequences that rise, some orders sent twice.
fn orders(scenario: &Scenario, market: &Market, random: &mut Random) -> Vec<Vec<Arrival>> {
	let homes = 0..market.homes;
	homes
		.map(|_| {
			let mut sequences = vec![0u32; market.clients.into()];
			let mut all = Vec::new();
			let mut at = 40;
			while at < scenario.length {
				at += 1 + random.exponential(scenario.pace);
				let of = random.index(sequences.len());
				sequences[of] += 1;
				let copies = if random.chance(100) { 2 } else { 1 };
				all.push((at, of as u16, sequences[of], copies));
			}
			all
		})
		.collect()
}

fn world(scenario: &Scenario) -> World {
	let mut rules = Rules::new(market::parameters(), 0);
	rules.set_control(scenario.control);
	let mut market = Market {
		homes: scenario.authorities as u16,
		clients: 3,
		workers: 2,
		slots: 2,
		amount: u128::MAX / 1_000_000_000,
	};
	let start = market.start(&rules);
	let mut lane: Lane = (*start.lanes[0]).clone();
	lane.reach(0, &mut Vec::new());
	let (price, _) = lane.quote(&market::spec(1)).expect("a free slot");
	market.amount = price.saturating_mul(scenario.budget);
	let mut random = Random::new(scenario.seed, 4);
	let orders = orders(scenario, &market, &mut random);
	let chain = Chain::new(
		market::committee(scenario.authorities),
		market,
		scenario.policy,
		Random::new(scenario.seed, 5),
	);
	let places = (0..scenario.authorities).chain(scenario.twins.iter().copied());
	World::new(
		rules,
		scenario.control,
		market,
		chain,
		orders,
		places.map(|place| place as u16).collect(),
		scenario.polls.clone(),
		scenario.length,
		scenario.timing,
	)
}

/// Plays a scenario.
pub fn play(scenario: &Scenario) -> Outcome {
	let world = Rc::new(world(scenario));
	let total = scenario.nodes();
	let nodes: Vec<Participant> = (0..total)
		.map(|number| {
			let way = scenario
				.byzantine
				.iter()
				.find(|(known, _)| *known == number);
			match way {
				Some((_, way)) => {
					Participant::Dishonest(Box::new(Adversary::new(world.clone(), number, *way)))
				}
				None => Participant::Honest(Box::new(Validator::new(world.clone(), number))),
			}
		})
		.collect();
	let honest = scenario.honest();
	let blameless = honest.iter().map(|node| *node as u16).collect();
	let mut oracle = Oracle::new(world.clone(), honest.clone(), blameless);
	let mut simulation = Simulation::new(
		Plan {
			seed: scenario.seed,
			clocks: scenario.clocks.clone(),
			links: vec![scenario.link; total * total],
			faults: scenario.faults.clone(),
			synchrony: scenario.synchrony * MILLI,
			most: MOST_EVENTS,
		},
		nodes,
	);
	let missing = scenario.missing();
	let live = missing.len() <= (scenario.authorities - 1) / 3;
	let whole: Vec<usize> = honest.difference(&missing).copied().collect();
	let last = (scenario.length.max(scenario.synchrony) + CLOSING) * MILLI;
	let end = simulation.run(last, |_, node, observation| {
		oracle.observe(node, observation);
		let chain = world.chain.borrow();
		let blocks = chain.blocks().len() as u32;
		let all = || {
			whole
				.iter()
				.all(|node| oracle.settled().get(node) == Some(&blocks))
		};
		let done = chain.is_closed() && all();
		if done || !oracle.violations().is_empty() || !chain.violations().is_empty() {
			ControlFlow::Break(())
		} else {
			ControlFlow::Continue(())
		}
	});
	oracle.judge();
	if end == End::CutOff {
		oracle.violation("endless", format!("more than {MOST_EVENTS} events"));
	}
	let closed = world.chain.borrow().is_closed();
	if live && oracle.violations().is_empty() && end == End::Over {
		let stuck = whole
			.iter()
			.filter_map(|node| match simulation.node(*node) {
				Participant::Honest(validator) => {
					Some(format!("\n  {node}: {}", validator.progress()))
				}
				Participant::Dishonest(_) => None,
			});
		let about = format!("set closed: {closed}{}", stuck.collect::<String>());
		oracle.violation("liveness", about);
	}
	Outcome {
		violations: oracle.violations().to_vec(),
		coverage: oracle.coverage().clone(),
		counts: simulation.counts(),
		trace: simulation.trace(),
	}
}
