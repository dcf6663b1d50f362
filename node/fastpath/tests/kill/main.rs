//! Four nodes over files and links in memory; one of them is killed at a write, of which any part is
//! on the disk, and starts again.

mod market;

use aci_fastpath::{
	check::check_one,
	checkpoint::program::execute,
	journal::Lost,
	lane::Outcome,
	machine::{Input, Settings, Standing, Timing},
	safety::Rules,
	types::Round,
	vertex::Vertex,
};
use aci_node_fastpath::{
	driver::{Action, Driver},
	orders::{News, Progress},
	store::{Disk, Store},
	wire::Message,
};
use aci_primitives::{Hash, JobId};
use codec::DecodeAll;
use market::*;
use std::{
	collections::{BTreeMap, BTreeSet},
	fs::File,
	io::{self, Write},
	path::Path,
	sync::{
		atomic::{AtomicUsize, Ordering},
		Arc,
	},
};

/// A file that fails after so many bytes of all files together. The last write is cut off there.
struct Failing {
	file: File,
	left: Arc<AtomicUsize>,
}

impl Disk for Failing {
	fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
		let left = self.left.load(Ordering::Relaxed);
		let part = left.min(bytes.len());
		self.file.write_all(&bytes[..part])?;
		self.left.store(left - part, Ordering::Relaxed);
		if part < bytes.len() {
			return Err(io::Error::other("killed"));
		}
		Ok(())
	}

	fn sync(&mut self) -> io::Result<()> {
		self.file.sync_data()
	}
}

const ENOUGH: usize = usize::MAX;

struct Net {
	drivers: Vec<Option<Driver<Keyed>>>,
	lefts: Vec<Arc<AtomicUsize>>,
	/// Messages by the time at which they come.
	links: BTreeMap<(u64, u64), (usize, usize, Vec<u8>)>,
	number: u64,
	now: u64,
	wakes: Vec<u64>,
	/// Hashes of the vertices that node 0 was heard to sign, by round.
	heard: BTreeMap<Round, BTreeSet<Hash>>,
	promised: BTreeSet<JobId>,
	finals: BTreeSet<JobId>,
	silent: usize,
}

impl Net {
	fn new(folder: &Path, left: usize) -> Self {
		let mut net = Net {
			drivers: (0..AUTHORS).map(|_| None).collect(),
			lefts: (0..AUTHORS)
				.map(|of| Arc::new(AtomicUsize::new(if of == 0 { left } else { ENOUGH })))
				.collect(),
			links: BTreeMap::new(),
			number: 0,
			now: 1_000,
			wakes: vec![0; AUTHORS.into()],
			heard: BTreeMap::new(),
			promised: BTreeSet::new(),
			finals: BTreeSet::new(),
			silent: 0,
		};
		for node in 0..AUTHORS {
			net.boot(folder, node).expect("a new journal");
		}
		net
	}

	fn boot(&mut self, folder: &Path, node: u16) -> Result<(), Lost> {
		let left = self.lefts[usize::from(node)].clone();
		let lend = move |file| -> Box<dyn Disk> {
			let left = left.clone();
			Box::new(Failing { file, left })
		};
		let folder = folder.join(node.to_string());
		let (store, found) = Store::open(&folder, &context(), &lend).expect("a folder");
		let settings = Settings {
			committee: committee(),
			parameters: parameters(),
			state: start(),
			start: 0,
			standing: Standing::Authority {
				index: node,
				journal: found.journal?,
			},
			timing: Timing::default(),
		};
		let rules = Rules::new(parameters(), 0);
		let held = found.held.iter();
		let held =
			held.map(|bytes| check_one::<Keyed>(bytes, &committee(), &rules).expect("was right"));
		let (driver, actions) = Driver::new(settings, store, held.collect(), self.now, &Key(node));
		self.drivers[usize::from(node)] = Some(driver);
		self.perform(node.into(), actions);
		Ok(())
	}

	fn post(&mut self, from: usize, to: usize, bytes: Vec<u8>) {
		self.number += 1;
		let way = 3 + (from * 7 + to * 5) as u64 % 6;
		self.links
			.insert((self.now + way, self.number), (from, to, bytes));
	}

	fn perform(&mut self, node: usize, actions: Vec<Action>) {
		for action in actions {
			match action {
				Action::Broadcast(bytes) => {
					for to in (0..AUTHORS.into()).filter(|to| *to != node) {
						self.post(node, to, bytes.to_vec());
					}
				}
				Action::Send(to, bytes) => self.post(node, to.into(), bytes),
				Action::Tell(News::Promised(part)) => {
					self.promised.insert(part.matched.job);
				}
				Action::Tell(News::Progress(job, Progress::Final)) => {
					self.finals.insert(job);
				}
				Action::Tell(News::Refused(_, refusal)) => panic!("{refusal:?}"),
				Action::Silent => {
					self.silent += 1;
					self.drivers[node] = None;
				}
				Action::Wake(at) => self.wakes[node] = at,
				Action::Report(offence) => panic!("an honest author is accused: {offence:?}"),
				_ => {}
			}
		}
	}

	fn deliver(&mut self, from: usize, to: usize, bytes: &[u8]) {
		let now = self.now;
		let rules = Rules::new(parameters(), 0);
		let message = Message::read(bytes).expect("sent by an honest node");
		if let Message::Vertex(encoded) = &message {
			let vertex = Vertex::decode_all(&mut encoded.as_slice()).expect("a vertex");
			if vertex.header().author == 0 {
				let hash = vertex.header().hash(&context());
				self.heard
					.entry(vertex.header().round)
					.or_default()
					.insert(hash);
			}
		}
		let Some(driver) = &mut self.drivers[to] else {
			return;
		};
		let signer = Key(to as u16);
		let actions = match message {
			Message::Vertex(encoded) => {
				let checked = check_one::<Keyed>(&encoded, &committee(), &rules);
				driver.vertex(checked.expect("honest"), now, &signer)
			}
			Message::Note(note) => driver.step(Input::Note(from as u16, note), now, &signer),
		};
		self.perform(to, actions);
	}

	fn run(&mut self, millis: u64, mut sequence: u32) -> u32 {
		let end = self.now + millis;
		while self.now < end {
			self.now += 1;
			while let Some(entry) = self
				.links
				.first_entry()
				.filter(|entry| entry.key().0 <= self.now)
			{
				let (from, to, bytes) = entry.remove();
				self.deliver(from, to, &bytes);
			}
			if self.now % 20 == 0 {
				sequence += 1;
			}
			for node in 0..AUTHORS {
				let place = usize::from(node);
				let input = if self.now % 20 == 0 {
					Input::Submit(order(node, sequence))
				} else if self.wakes[place] <= self.now {
					Input::Tick
				} else {
					continue;
				};
				if let Some(driver) = &mut self.drivers[place] {
					let actions = driver.step(input, self.now, &Key(node));
					self.perform(place, actions);
				}
			}
		}
		sequence
	}

	/// The jobs that the checkpoint of node 1's newest vertex matches.
	fn executed(&self) -> BTreeSet<JobId> {
		let machine = self.drivers[1].as_ref().expect("it runs").machine();
		let dag = machine.dag();
		let newest = dag.newest(1);
		let anchor = dag.node(1, newest).expect("held").checked.hash();
		let rules = Rules::new(parameters(), 0);
		let executed = execute(dag, machine.state(), &anchor, false, &rules).expect("far enough");
		let outcomes = executed.vertices.iter().flat_map(|(_, outcomes)| outcomes);
		outcomes
			.filter_map(|outcome| match outcome {
				Outcome::Matched(matched) => Some(matched.job),
				_ => None,
			})
			.collect()
	}
}

#[test]
fn killed_at_any_write_a_node_makes_no_equivocation_and_loses_no_final_match() {
	let mut killed = 0;
	for cut in [1, 700, 1_734, 7_467, 22_399] {
		let folder = tempfile::tempdir().expect("a folder");
		let mut net = Net::new(folder.path(), cut);
		let sequence = net.run(400, 0);
		assert!(net.drivers[0].is_none(), "killed after {cut} bytes");
		killed += net.silent;
		let before = net.heard.keys().next_back().copied().unwrap_or_default();
		net.lefts[0].store(ENOUGH, Ordering::Relaxed);
		match net.boot(folder.path(), 0) {
			Ok(()) => {
				net.run(2_000, sequence);
				let after = net.heard.keys().next_back().copied().unwrap_or_default();
				assert!(after > before, "it goes on after {cut} bytes");
			}
			Err(lost) => {
				// Not one entry is whole: it is silent, which is stricter than need be.
				assert_eq!(lost, Lost::Missing, "{cut} bytes");
				assert!(net.heard.is_empty(), "nothing was sent");
				net.run(300, sequence);
			}
		}
		for (round, hashes) in &net.heard {
			assert_eq!(
				hashes.len(),
				1,
				"two vertices in round {round} after {cut} bytes"
			);
		}
		assert!(net.finals.len() > 10, "{} Final", net.finals.len());
		assert!(net.finals.is_subset(&net.promised));
		// A little later, so that the newest anchor is above all that was Final.
		let finals = net.finals.clone();
		net.run(150, 100_000);
		assert!(finals.is_subset(&net.executed()), "{cut} bytes");
	}
	assert_eq!(killed, 5);
}

#[test]
fn after_a_failed_write_nothing_is_sent() {
	let folder = tempfile::tempdir().expect("a folder");
	let mut net = Net::new(folder.path(), 0);
	net.run(200, 0);
	assert_eq!(net.silent, 1);
	assert!(net.heard.is_empty());
	assert!(net.drivers[1].is_some());
}

#[test]
fn others_vertices_below_the_floor_leave_the_disk() {
	let folder = tempfile::tempdir().expect("a folder");
	let mut net = Net::new(folder.path(), ENOUGH);
	net.run(600, 0);
	net.drivers.clear();
	let path = folder.path().join("2");
	let plain = |file| -> Box<dyn Disk> { Box::new(file) };
	let (mut store, found) = Store::open(&path, &context(), &plain).expect("a folder");
	let round = |bytes: &Vec<u8>| {
		let vertex = Vertex::decode_all(&mut bytes.as_slice()).expect("a vertex");
		vertex.header().round
	};
	let newest = found.held.iter().map(round).max().expect("some");
	store.compact(newest, &plain).expect("a disk");
	store.note(&found.held[0]);
	drop(store);
	let (_, found) = Store::open(&path, &context(), &plain).expect("a folder");
	assert!(!found.held.is_empty() && found.held.iter().all(|bytes| round(bytes) >= newest));
}
