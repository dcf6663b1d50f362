use crate::support::{
	block, first, keystore, pair, set, timeout, Hub, MemoryNotes, TestChain, GENESIS,
};
use aci_finality::{machine::Timing, AuthoritySet, BlockHash, BlockNumber, OffenceProof, KEY_TYPE};
use aci_node_finality::{
	interface::Chain,
	voter::{
		envelope::Envelope,
		offences::{OffenceReporter, ReportError},
		record_file::{Disk, Records},
		state::{Role, SharedState},
		worker::{Parts, Worker},
	},
};
use codec::Encode;
use futures::{channel::oneshot, future::select};
use parking_lot::Mutex;
use sp_core::Pair;
use sp_keystore::KeystorePtr;
use std::{
	fs,
	sync::{
		atomic::{AtomicBool, Ordering},
		Arc,
	},
	thread::{sleep, spawn, JoinHandle},
	time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Reports(Mutex<Vec<OffenceProof>>);

impl OffenceReporter for Reports {
	fn report(&self, _at: BlockHash, proof: OffenceProof) -> Result<(), ReportError> {
		self.0.lock().push(proof);
		Ok(())
	}
}

/// What of a node outlives its process.
struct Node {
	who: usize,
	chain: Arc<TestChain>,
	folder: tempfile::TempDir,
	notes: Arc<MemoryNotes>,
	state: SharedState,
	reports: Arc<Reports>,
	disk_full: Arc<AtomicBool>,
	keys: KeystorePtr,
	running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

/// A disk that can fill up.
struct Filling(fs::File, Arc<AtomicBool>);

impl Disk for Filling {
	fn write(&mut self, offset: u64, bytes: &[u8]) -> std::io::Result<()> {
		match self.1.load(Ordering::SeqCst) {
			true => Err(std::io::ErrorKind::StorageFull.into()),
			false => self.0.write(offset, bytes),
		}
	}
}

impl Node {
	fn new(who: usize, authorities: &AuthoritySet) -> Self {
		Node {
			who,
			chain: TestChain::new(authorities.clone()),
			folder: tempfile::tempdir().expect("a folder"),
			notes: Arc::default(),
			state: SharedState::default(),
			reports: Arc::default(),
			disk_full: Arc::default(),
			keys: keystore([who]),
			running: None,
		}
	}

	fn start(&mut self, hub: &Hub) {
		let full = self.disk_full.clone();
		let parts = Parts {
			chain: self.chain.clone(),
			net: hub.join(self.who),
			keystore: Some(self.keys.clone()),
			records: Records::over(
				self.folder.path().to_path_buf(),
				Arc::new(move |file| Box::new(Filling(file, full.clone()))),
			),
			notes: self.notes.clone(),
			reporter: self.reports.clone(),
			metrics: None,
			state: self.state.clone(),
			timing: Timing {
				base_timeout: 500,
				longest_timeout: 2_000,
				retry: 100,
			},
		};
		let (stop, stopped) = oneshot::channel();
		let thread = spawn(move || {
			let run = Box::pin(Worker::new(parts).run());
			futures::executor::block_on(select(run, stopped));
		});
		self.running = Some((stop, thread));
	}

	fn stop(&mut self, hub: &Hub) {
		hub.leave(self.who);
		if let Some((stop, thread)) = self.running.take() {
			let _ = stop.send(());
			thread.join().expect("the voter does not panic");
		}
	}

	fn record(&self) -> std::path::PathBuf {
		Records::new(self.folder.path().to_path_buf()).path(&GENESIS, &pair(self.who).public())
	}

	fn role(&self) -> Option<Role> {
		self.state.get().map(|state| state.role)
	}
}

struct Network {
	hub: Hub,
	nodes: Vec<Node>,
	height: BlockNumber,
}

impl Network {
	fn new(size: usize) -> Self {
		let authorities = set(0, 0..size);
		Network {
			hub: Hub::default(),
			nodes: (0..size).map(|who| Node::new(who, &authorities)).collect(),
			height: 0,
		}
	}

	fn running(size: usize) -> Self {
		let mut network = Network::new(size);
		for node in &mut network.nodes {
			node.start(&network.hub);
		}
		network
	}

	fn change_at(&self, number: BlockNumber, to: AuthoritySet) {
		for node in &self.nodes {
			node.chain.change_at(number, to.clone());
		}
	}

	/// Makes a block at a time until the `nodes` have finalised `blocks` more.
	fn finalise(&mut self, blocks: BlockNumber, nodes: &[usize]) {
		let goal = self.height + blocks;
		let start = Instant::now();
		loop {
			if self.height < goal {
				self.height += 1;
				for node in &self.nodes {
					node.chain.grow_to(self.height);
				}
			}
			let lowest = nodes
				.iter()
				.map(|who| self.nodes[*who].chain.finalised().number)
				.min();
			if lowest >= Some(goal) {
				return;
			}
			assert!(
				start.elapsed() < PATIENCE,
				"final: {lowest:?} of {goal}, states: {:#?}",
				self.nodes
					.iter()
					.map(|node| node.state.get())
					.collect::<Vec<_>>(),
			);
			sleep(Duration::from_millis(20));
		}
	}

	fn wait(&self, what: &str, mut until: impl FnMut(&Network) -> bool) {
		let start = Instant::now();
		while !until(self) {
			assert!(start.elapsed() < PATIENCE, "never: {what}");
			sleep(Duration::from_millis(20));
		}
	}
}

impl Drop for Network {
	fn drop(&mut self) {
		let hub = self.hub.clone();
		for node in &mut self.nodes {
			if let Some((stop, thread)) = node.running.take() {
				hub.leave(node.who);
				let _ = stop.send(());
				let _ = thread.join();
			}
		}
	}
}

#[test]
fn four_nodes_finalise() {
	let mut network = Network::running(4);
	network.finalise(20, &[0, 1, 2, 3]);
	let state = network.nodes[0].state.get().expect("it has started");
	assert_eq!((state.set, state.authorities, state.quorum), (0, 4, 3));
	assert!(matches!(state.role, Role::Authority { index: 0, .. }));
	assert!(state.view > 1 && state.high_view > 0);
}

#[test]
fn one_node_alone_finalises() {
	Network::running(1).finalise(5, &[0]);
}

#[test]
fn a_node_goes_on_from_its_record_after_a_restart() {
	let mut network = Network::running(4);
	network.finalise(5, &[0, 1, 2, 3]);
	let hub = network.hub.clone();
	network.nodes[0].stop(&hub);
	network.finalise(3, &[1, 2, 3]);
	network.nodes[0].start(&hub);
	network.nodes[1].stop(&hub);
	// Three of four are needed, so the restarted one votes.
	network.finalise(3, &[0, 2, 3]);
	assert!(matches!(
		network.nodes[0].role(),
		Some(Role::Authority { index: 0, .. })
	));
	assert!(network
		.nodes
		.iter()
		.all(|node| node.reports.0.lock().is_empty()));
}

#[test]
fn a_torn_record_silences_until_the_next_set() {
	let mut network = Network::running(4);
	network.finalise(5, &[0, 1, 2, 3]);
	let hub = network.hub.clone();
	network.nodes[0].stop(&hub);
	fs::write(network.nodes[0].record(), b"torn").expect("the disk has room");
	network.nodes[0].start(&hub);
	network.finalise(3, &[0, 1, 2, 3]);
	assert!(matches!(
		network.nodes[0].role(),
		Some(Role::Silent { index: 0, .. })
	));
	network.change_at(network.height + 2, set(1, 0..4));
	network.finalise(5, &[0, 1, 2, 3]);
	network.wait("it votes in the next set", |network| {
		matches!(
			network.nodes[0].role(),
			Some(Role::Authority { index: 0, .. })
		)
	});
	network.nodes[1].stop(&hub);
	network.finalise(3, &[0, 2, 3]);
}

#[test]
fn a_full_disk_silences_and_the_node_follows() {
	let mut network = Network::running(4);
	network.finalise(3, &[0, 1, 2, 3]);
	network.nodes[2].disk_full.store(true, Ordering::SeqCst);
	network.finalise(3, &[0, 1, 2, 3]);
	network.wait("it falls silent", |network| {
		matches!(&network.nodes[2].role(), Some(Role::Silent { index: 2, reason, .. })
			if reason.contains("disk full"))
	});
	network.finalise(3, &[0, 1, 2, 3]);
}

#[test]
fn the_set_changes_with_other_keys() {
	let mut network = Network::new(5);
	let first = set(0, 0..4);
	for node in &mut network.nodes {
		node.chain = TestChain::new(first.clone());
	}
	network.change_at(4, set(1, 1..5));
	let hub = network.hub.clone();
	for node in &mut network.nodes {
		node.start(&hub);
	}
	network.finalise(10, &[0, 1, 2, 3, 4]);
	network.wait("the roles follow the keys", |network| {
		network.nodes[0].role() == Some(Role::Observer)
			&& matches!(
				network.nodes[4].role(),
				Some(Role::Authority { index: 3, .. })
			)
	});
	assert_eq!(network.nodes[0].state.get().map(|state| state.set), Some(1));
	assert!(network.nodes[0].chain.last_of(0).is_some());
}

#[test]
fn a_key_that_comes_late_is_taken_up() {
	let mut network = Network::new(4);
	network.nodes[3].keys = keystore([]);
	let hub = network.hub.clone();
	for node in &mut network.nodes {
		node.start(&hub);
	}
	network.finalise(3, &[0, 1, 2, 3]);
	assert_eq!(network.nodes[3].role(), Some(Role::Observer));
	network.nodes[3]
		.keys
		.ed25519_generate_new(KEY_TYPE, Some("//3"))
		.expect("memory does not fail");
	// Without the first node the others need the fourth.
	sleep(Duration::from_secs(7));
	network.finalise(2, &[0, 1, 2, 3]);
	network.wait("it votes", |network| {
		matches!(
			network.nodes[3].role(),
			Some(Role::Authority { index: 3, .. })
		)
	});
	network.nodes[0].stop(&hub);
	network.finalise(3, &[1, 2, 3]);
}

#[test]
fn rubbish_stops_nobody() {
	let mut network = Network::running(4);
	for view in 1..200 {
		network.hub.say(9, &vec![view as u8; view]);
		// Signed for another set, or of views that nobody is in.
		let forged = Envelope::message(0, first(1, 5, view as u64, block(1)));
		network.hub.say(9, &forged.encode());
		let early = Envelope::message(0, first(3, 0, 1_000 + view as u64, block(1)));
		network.hub.say(9, &early.encode());
		let later = Envelope::message(1, timeout(3, 1, view as u64));
		network.hub.say(9, &later.encode());
	}
	network.finalise(10, &[0, 1, 2, 3]);
}

#[test]
fn an_equivocation_of_another_is_reported_once_and_an_own_one_never() {
	let mut network = Network::new(4);
	let hub = network.hub.clone();
	for who in 0..3 {
		network.nodes[who].start(&hub);
	}
	network.wait("it starts", |network| {
		network.nodes[2].state.get().is_some()
	});
	for who in [3, 0] {
		for number in 1..4 {
			let vote = Envelope::message(0, first(who, 0, 2, block(number)));
			hub.say(9, &vote.encode());
		}
	}
	network.wait("it is reported", |network| {
		network.nodes[1].reports.0.lock().len() >= 2
	});
	sleep(Duration::from_millis(200));
	let told = |who: usize| -> Vec<_> {
		let mut told: Vec<_> = network.nodes[who]
			.reports
			.0
			.lock()
			.iter()
			.map(|proof| proof.offender.clone())
			.collect();
		told.sort();
		told
	};
	let mut both = vec![pair(0).public(), pair(3).public()];
	both.sort();
	assert_eq!(told(1), both);
	assert_eq!(told(0), vec![pair(3).public()]);
}

#[test]
fn a_network_that_stops_ends_the_task() {
	let mut network = Network::running(1);
	network.finalise(1, &[0]);
	network.hub.leave(0);
	let (_stop, thread) = network.nodes[0].running.take().expect("it runs");
	thread.join().expect("it ends in good order");
}
