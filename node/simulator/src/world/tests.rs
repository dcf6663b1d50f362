//! The simulation with nodes that count each other's beats.

use super::*;
use std::ops::ControlFlow;

struct Beat(u64);

impl Packet for Beat {
	fn round(&self) -> Option<u64> {
		Some(self.0)
	}
	fn kind(&self) -> u8 {
		(self.0 % 2) as u8
	}
	fn digest(&self) -> u64 {
		self.0
	}
}

/// Sends a numbered beat every 100 ms, and keeps the number on its disk.
#[derive(Default)]
struct Heart {
	beat: u64,
}

impl Node for Heart {
	type Packet = Beat;
	type Observation = (u64, u64);

	fn handle(&mut self, event: Event<Beat>, effects: &mut Effects<'_, Beat, (u64, u64)>) {
		match event {
			Event::Boot => {
				self.beat = effects.disk.read(0).map_or(0, |file| u64::from(file[0]));
				effects.wake(0, effects.now + 100);
			}
			Event::Timer(_) => {
				self.beat += 1;
				for (effect, left) in (0..2).zip((0..=effects.stop_after.unwrap_or(2)).rev()) {
					if left == 0 {
						effects.stopped = true;
						return;
					}
					if effect == 0 {
						effects.disk.write(0, vec![self.beat as u8]);
					} else {
						effects.broadcast(Beat(self.beat));
					}
				}
				effects.wake(0, effects.now + 100);
			}
			Event::Packet { from, packet } => effects.observe((from as u64, packet.0)),
		}
	}

	fn crash(&mut self, fate: DiskFate, disk: &mut Disk) {
		*self = Heart::default();
		if fate == DiskFate::Lost {
			disk.remove(0);
		}
	}
}

type Heard = Vec<(Micros, NodeId, u64, u64)>;

fn run(seed: u64, link: Link, faults: &[&str], synchrony: Micros) -> (Heard, u64, Counts) {
	let plan = Plan {
		seed,
		clocks: vec![Clock::default(); 3],
		links: vec![link; 9],
		faults: faults.iter().map(|fault| fault.parse().unwrap()).collect(),
		synchrony,
		most: 100_000,
	};
	let nodes = (0..3).map(|_| Heart::default()).collect();
	let mut simulation = Simulation::new(plan, nodes);
	let mut heard = Vec::new();
	let end = simulation.run(2 * SECOND, |time, node, (from, beat)| {
		heard.push((time, node, from, beat));
		ControlFlow::Continue(())
	});
	assert_eq!(end, End::Over);
	(heard, simulation.trace(), simulation.counts())
}

const PLAIN: Link = Link::reliable(Latency {
	base: 1_000,
	jitter: 0,
	tail: 0,
});

const ROUGH: Link = Link {
	latency: Latency {
		base: 1_000,
		jitter: 50_000,
		tail: 20_000,
	},
	loss: 200,
	duplicate: 100,
	reorder: 100,
	held: 300_000,
};

#[test]
fn the_same_seed_gives_the_same_trace_and_another_seed_another() {
	let faults = [
		"partition 300-600 0|1.2",
		"crash 500-900 1 kept",
		"slow 0-900 2 70",
	];
	let one = run(1, ROUGH, &faults, SECOND);
	assert_eq!(one, run(1, ROUGH, &faults, SECOND));
	assert_ne!(one.1, run(2, ROUGH, &faults, SECOND).1);
}

#[test]
fn a_plain_network_brings_everything_once() {
	let (heard, _, counts) = run(1, PLAIN, &[], 0);
	// 19 beats of 3 nodes to 2 others: the twentieth is on its way.
	assert_eq!(heard.len(), 19 * 3 * 2);
	assert_eq!((counts.lost, counts.doubled, counts.stopped), (0, 0, 0));
}

#[test]
fn a_partition_stops_packets_between_groups_only_and_heals() {
	let (heard, _, counts) = run(1, PLAIN, &["partition 0-1000 0|1.2"], 2 * SECOND);
	assert!(counts.stopped > 0);
	for (time, node, from, _) in heard {
		assert!(
			time > SECOND || (node > 0 && from > 0),
			"{time} {node} {from}"
		);
	}
}

#[test]
fn a_partition_of_rounds_stops_the_kinds_in_its_mask() {
	let (heard, ..) = run(1, PLAIN, &["rounds 3-6 1 0|1|2"], 2 * SECOND);
	let rounds: Vec<u64> = heard.iter().map(|(.., beat)| *beat).collect();
	assert!(!rounds.contains(&4) && !rounds.contains(&6));
	assert!(rounds.contains(&3) && rounds.contains(&5) && rounds.contains(&8));
}

#[test]
fn synchrony_ends_loss_and_partitions() {
	let (heard, _, counts) = run(1, ROUGH, &["partition 0-9000 0|1|2"], 0);
	assert_eq!((counts.lost, counts.doubled, counts.stopped), (0, 0, 0));
	assert!(heard.len() > 100);
}

#[test]
fn a_crashed_node_hears_nothing_and_goes_on_from_its_disk() {
	let (heard, _, counts) = run(1, PLAIN, &["crash 350-1050 1 kept"], 0);
	assert_eq!((counts.crashes, counts.recoveries), (1, 1));
	let down = 350 * MILLI..1_050 * MILLI;
	assert!(heard
		.iter()
		.all(|(time, node, ..)| *node != 1 || !down.contains(time)));
	let beats: Vec<u64> = heard
		.iter()
		.filter(|(_, node, from, _)| *node == 0 && *from == 1)
		.map(|(.., beat)| *beat)
		.collect();
	assert_eq!(beats[..5], [1, 2, 3, 4, 5]);
}

#[test]
fn a_lost_file_is_gone_and_a_torn_event_stops_between_its_effects() {
	let (heard, ..) = run(1, PLAIN, &["crash 350-1050 1 lost"], 0);
	let beats = |heard: &Heard| -> Vec<u64> {
		let from_1 = heard
			.iter()
			.filter(|(_, node, from, _)| *node == 0 && *from == 1);
		from_1.map(|(.., beat)| *beat).collect()
	};
	assert_eq!(beats(&heard)[..5], [1, 2, 3, 1, 2]);
	let skipped = (0..20).any(|seed| {
		let (heard, ..) = run(seed, PLAIN, &["crash 350-1050 1 torn"], 0);
		// Beat 4 was written to the disk but never sent.
		beats(&heard)[..4] == [1, 2, 3, 5]
	});
	assert!(skipped);
}

#[test]
fn a_run_with_too_many_events_is_cut_off_and_says_so() {
	let end_within = |most| {
		let plan = Plan {
			seed: 1,
			clocks: vec![Clock::default(); 3],
			links: vec![PLAIN; 9],
			faults: Vec::new(),
			synchrony: 0,
			most,
		};
		let nodes = (0..3).map(|_| Heart::default()).collect();
		Simulation::new(plan, nodes).run(2 * SECOND, |_, _, _| ControlFlow::Continue(()))
	};
	// 3 starts, 3 x 20 timers and 114 packets that come.
	assert_eq!(end_within(177), End::Over);
	assert_eq!(end_within(176), End::CutOff);
}
