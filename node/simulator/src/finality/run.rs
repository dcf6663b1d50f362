//! One scenario played and judged.

use super::{
	adversary::Adversary,
	oracle::{bound, Coverage, Oracle, Violation},
	packet::Packet,
	scenario::{Kind, Scenario},
	validator::{Doing, Observation, Validator},
};
use crate::world::{
	Counts, Disk, DiskFate, End, Event, Micros, Node, Plan, Simulation, MILLI, SECOND,
};
use aci_finality::{
	accountability::{offenders, Evidence},
	SetId, View,
};
use std::{collections::BTreeMap, ops::ControlFlow, rc::Rc};

/// A node of a run.
#[derive(Debug)]
pub enum Participant {
	/// It follows the rules.
	Honest(Box<Validator>),
	/// It does not.
	Dishonest(Box<Adversary>),
	/// It is down for good.
	Down,
}

impl Node for Participant {
	type Packet = Packet;
	type Observation = Observation;

	fn handle(&mut self, event: Event<Packet>, doing: &mut Doing<'_>) {
		match self {
			Participant::Honest(validator) => validator.handle(event, doing),
			Participant::Dishonest(adversary) => adversary.handle(event, doing),
			Participant::Down => {}
		}
	}

	fn crash(&mut self, fate: DiskFate, disk: &mut Disk) {
		match self {
			Participant::Honest(validator) => validator.crash(fate, disk),
			Participant::Dishonest(adversary) => adversary.crash(fate, disk),
			Participant::Down => {}
		}
	}
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
	/// What went wrong.
	pub violations: Vec<Violation>,
	/// Whether blocks conflicted, excused or not.
	pub forked: bool,
	/// Whether the run was cut off, as it had too many events.
	pub cut_off: bool,
	/// What was covered.
	pub coverage: Coverage,
	/// What happened in the network.
	pub counts: Counts,
	/// A digest of all that happened.
	pub trace: u64,
	/// True time that passed, in microseconds.
	pub time: Micros,
	/// Times from making to finality, in microseconds.
	pub latencies: Vec<Micros>,
	/// The longest time from synchrony to an honest node's first new final block, in microseconds;
	/// none where it never came.
	pub recovery: Option<Micros>,
}

/// Plays a scenario.
pub fn play(scenario: &Scenario) -> Outcome {
	let chain = Rc::new(scenario.chain());
	let total = scenario.nodes();
	let coalition: Vec<usize> = scenario
		.byzantine
		.iter()
		.map(|(number, _)| *number)
		.collect();
	let honest_node = |number: usize, salt: u64| {
		Participant::Honest(Box::new(Validator::new(chain.clone(), number, salt, total)))
	};
	let mut nodes: Vec<Participant> = (0..scenario.authorities)
		.map(|number| {
			let way = scenario
				.byzantine
				.iter()
				.find(|(known, _)| *known == number);
			match way {
				Some((_, way)) => Participant::Dishonest(Box::new(Adversary::new(
					chain.clone(),
					number,
					coalition.clone(),
					*way,
					total,
				))),
				None if number >= scenario.authorities - scenario.down => Participant::Down,
				None => honest_node(number, 0),
			}
		})
		.collect();
	nodes.extend(scenario.twins.iter().map(|twin| honest_node(*twin, 1)));
	let synchrony = scenario.synchrony * MILLI;
	let mut oracle = Oracle::new(
		chain.clone(),
		scenario.honest(),
		scenario.dishonest(),
		synchrony,
	);
	if scenario.conflicts_only {
		oracle.look_for_conflicts_only();
	}
	let mut simulation = Simulation::new(
		Plan {
			seed: scenario.seed,
			clocks: scenario.clocks.clone(),
			links: vec![scenario.link; total * total],
			faults: scenario.faults.clone(),
			synchrony,
			most: scenario.most_events(),
		},
		nodes,
	);

	let honest = scenario.honest();
	let deadline = synchrony + bound(&chain);
	let bearable = super::oracle::bearable(scenario.authorities);
	let live = scenario.missing() <= bearable;
	// Views that each node has seen, over all sets.
	let mut views: BTreeMap<usize, (SetId, View, View)> = BTreeMap::new();
	let mut reached = 0;
	let last = deadline.max(synchrony + scenario.views * 4 * SECOND);
	// Until when what is known of a conflict may spread.
	let mut told = None;
	let end = simulation.run(last, |now, node, observation| {
		if let Observation::View { set, view } = observation {
			let seen = views.entry(node).or_default();
			if seen.0 != set {
				*seen = (set, 0, seen.1 + seen.2);
			}
			seen.1 = view;
			if honest.contains(&node) {
				reached = reached.max(seen.1 + seen.2);
			}
		}
		oracle.observe(now, node, &observation);
		let failed = oracle.violations().iter().any(|violation| {
			!matches!(violation, Violation::Conflict(..)) || scenario.kind != Kind::Coalition
		});
		let done = reached >= scenario.views
			&& now > synchrony
			&& (!live || oracle.progress().len() >= honest.len());
		if scenario.kind == Kind::Coalition && told.is_none() && oracle.forked() {
			told = Some(now.max(synchrony) + bound(&chain));
		}
		let over = told.map_or(done, |told| now > told);
		if failed || over {
			ControlFlow::Break(())
		} else {
			ControlFlow::Continue(())
		}
	});

	let cut_off = end == End::CutOff;
	if cut_off {
		oracle.cut_off(scenario.most_events());
	}
	let failed = oracle.violations().iter().any(|violation| {
		!matches!(violation, Violation::Conflict(..)) || scenario.kind != Kind::Coalition
	});
	let forked = oracle.forked();
	if scenario.kind == Kind::Coalition {
		if forked {
			let mut evidence = Evidence::new();
			for node in &honest {
				if let Participant::Honest(validator) = simulation.node(*node) {
					evidence.extend(&validator.evidence());
				}
			}
			oracle.accountability(&offenders(chain.context(0), &chain.set(0), &evidence));
		}
		oracle.excuse_conflicts();
	}
	if live && !failed {
		oracle.liveness(honest.iter().copied(), deadline);
	}
	let complete = oracle.progress().len() >= honest.len();
	let recovery = oracle.progress().values().max().filter(|_| complete);
	Outcome {
		violations: oracle.violations().to_vec(),
		forked,
		cut_off,
		coverage: oracle.coverage(),
		counts: simulation.counts(),
		trace: simulation.trace(),
		time: simulation.now(),
		latencies: oracle.latencies().to_vec(),
		recovery: recovery.map(|seen| seen.saturating_sub(synchrony)),
	}
}
