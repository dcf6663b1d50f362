//! The voter's task: feeds the state machine, and does what it says.
//!
//! # Guarantees
//!
//! 1. Outputs are done in the order given. A record is on the disk before anything that comes after
//!    it; if it cannot be written, nothing after it is done and the node signs no more in this set.
//! 2. A machine serves one set. When the set changes, its key is looked up in the keystore anew,
//!    its record begun, and the old machine dropped. A node without a key of the set looks again
//!    from time to time.
//! 3. No failure of the disk, the database, the keystore or the network ends the task: the node
//!    goes on following. It ends when the chain's events or the network end.
//!
//! The record is written in the task itself, not handed to another thread: nothing else may be done
//! meanwhile by rule 1, and the task is spawned where blocking is allowed.

use super::{
	gossip::Net,
	metrics::{ImportTimes, Metrics},
	offences::{OffenceReporter, Offences},
	record_file::{RecordFile, Records},
	signer::KeystoreSigner,
	standing::{own_key, take_up, Notes, Silence},
	state::{hex, Counted, Role, RoundState, SharedState},
};
use crate::interface::{Chain, ChainEvent, CurrentSet, FinaliseError, Finalised};
use aci_finality::{
	machine::{Input, Machine, Output, Settings, Standing, Time, Timing},
	AuthorityId, AuthorityIndex, BlockNumber, Context, Ed25519, Justification, Message, View,
};
use futures::{
	future::{poll_fn, select, Either},
	stream::BoxStream,
	FutureExt, StreamExt,
};
use futures_timer::Delay;
use sp_keystore::KeystorePtr;
use std::{
	sync::Arc,
	time::{Duration, Instant},
};

const LOG_TARGET: &str = "finality";
/// Chain events that are taken in before the machine hears of them. While a node syncs, blocks come
/// faster than the machine needs to look at them.
const EVENTS_AT_ONCE: usize = 256;

/// How often an observer with a keystore looks whether it holds a key of the set by now.
const KEY_INTERVAL: Duration = Duration::from_secs(6);

/// What the voter is made of.
pub struct Parts<C, N> {
	/// The chain.
	pub chain: Arc<C>,
	/// The network.
	pub net: N,
	/// Keys; none on a node that does not vote.
	pub keystore: Option<KeystorePtr>,
	/// The folder of vote records.
	pub records: Records,
	/// The notes that records were begun.
	pub notes: Arc<dyn Notes>,
	/// Takes reports of offences.
	pub reporter: Arc<dyn OffenceReporter>,
	/// Metrics.
	pub metrics: Option<Metrics>,
	/// What RPC reads.
	pub state: SharedState,
	/// Waiting times.
	pub timing: Timing,
}

/// What belongs to one set.
struct Session {
	current: CurrentSet,
	machine: Machine<Ed25519>,
	signer: KeystoreSigner,
	file: Option<RecordFile>,
	role: Role,
	offences: Offences,
	view: View,
	entered: Instant,
	/// What the network was last told: the view, the highest certificate's, the last final block.
	told: Option<(View, View, BlockNumber)>,
	wake: Option<Time>,
}

/// The voter.
pub struct Worker<C, N> {
	parts: Parts<C, N>,
	session: Session,
	start: Instant,
	imports: ImportTimes,
	/// When the keystore was last looked into.
	looked: Instant,
	events: BoxStream<'static, ChainEvent>,
}

#[expect(clippy::large_enum_variant, reason = "one at a time, used at once")]
enum Happened {
	Message(Option<Message>),
	Event(Option<ChainEvent>),
	Time,
}

impl<C: Chain, N: Net> Worker<C, N> {
	/// A voter in the set in force.
	pub fn new(parts: Parts<C, N>) -> Self {
		let mut parts = parts;
		let start = Instant::now();
		let events = parts.chain.events();
		let (session, outputs) = Session::begin(&mut parts, 0);
		let mut worker = Worker {
			parts,
			session,
			start,
			imports: ImportTimes::default(),
			looked: start,
			events,
		};
		worker.perform(outputs);
		worker.step(Input::Blocks);
		worker
	}

	/// Runs until the chain's events or the network end.
	pub async fn run(mut self) {
		loop {
			match self.next().await {
				Happened::Message(Some(message)) => self.step(Input::Message(message)),
				Happened::Event(Some(event)) => self.chain_changed(event),
				Happened::Time => self.step(Input::Tick),
				Happened::Message(None) => {
					log::info!(target: LOG_TARGET, "The network has stopped, so voting stops.");
					return;
				}
				Happened::Event(None) => {
					log::info!(target: LOG_TARGET, "The chain has stopped, so voting stops.");
					return;
				}
			}
		}
	}

	fn now(&self) -> Time {
		self.start.elapsed().as_millis() as Time
	}

	async fn next(&mut self) -> Happened {
		let now = self.now();
		let timer = match self.session.wake {
			Some(time) => Delay::new(Duration::from_millis(time.saturating_sub(now))).left_future(),
			None => futures::future::pending().right_future(),
		};
		let net = &mut self.parts.net;
		let message = poll_fn(|context| net.poll_message(context));
		// The timer first: it is due at most once per view, and must not starve under load.
		let outside = select(self.events.next(), message);
		match select(timer, outside).await {
			Either::Left(((), _)) => Happened::Time,
			Either::Right((Either::Left((event, _)), _)) => Happened::Event(event),
			Either::Right((Either::Right((message, _)), _)) => Happened::Message(message),
		}
	}

	/// Takes in an event and those that wait behind it.
	fn chain_changed(&mut self, event: ChainEvent) {
		let mut event = Some(event);
		let mut taken = 0;
		while let Some(next) = event {
			let now = Instant::now();
			match next {
				ChainEvent::Imported(block) => self.imports.imported(&block, now),
				ChainEvent::Finalised(block) => {
					let waits = self.imports.finalised(&block, now);
					if let Some(metrics) = &self.parts.metrics {
						waits
							.into_iter()
							.for_each(|wait| metrics.finality.observe(wait));
					}
					let reporter = self.parts.reporter.clone();
					self.session.offences.report(&*reporter, block.hash);
				}
				ChainEvent::SetChanged(_) => {}
			}
			taken += 1;
			event = match taken < EVENTS_AT_ONCE {
				true => self.events.next().now_or_never().flatten(),
				false => None,
			};
		}
		self.look_for_key();
		self.step(Input::Blocks);
	}

	/// Takes up a key of the set in force that was put into the keystore since the set began.
	fn look_for_key(&mut self) {
		if self.session.role != Role::Observer || self.looked.elapsed() < KEY_INTERVAL {
			return;
		}
		self.looked = Instant::now();
		if own_key(self.parts.keystore.as_ref(), &self.session.current.set).is_some() {
			self.begin();
		}
	}

	/// Starts anew in the set in force.
	fn begin(&mut self) {
		let now = self.now();
		let (session, outputs) = Session::begin(&mut self.parts, now);
		self.session = session;
		self.perform(outputs);
	}

	/// Steps the machine, does what it says, and follows a change of the set.
	fn step(&mut self, input: Input) {
		self.follow_set();
		let now = self.now();
		if input == Input::Tick {
			self.session.wake = None;
		}
		let outputs =
			self.session
				.machine
				.step(input, now, &*self.parts.chain, &self.session.signer);
		self.perform(outputs);
		self.follow_set();
		self.session.tell(&mut self.parts);
	}

	/// Starts anew where another set is in force.
	fn follow_set(&mut self) {
		// Each turn follows a finalised change of the set, so it ends.
		while self.parts.chain.current().set.id() != self.session.current.set.id() {
			self.begin();
			let now = self.now();
			let outputs = self.session.machine.step(
				Input::Blocks,
				now,
				&*self.parts.chain,
				&self.session.signer,
			);
			self.perform(outputs);
		}
	}

	fn perform(&mut self, outputs: Vec<Output>) {
		for output in outputs {
			match output {
				Output::Persist(record) => {
					let written = match &mut self.session.file {
						Some(file) => file.write(&record),
						None => Err(std::io::Error::other("there is no record file")),
					};
					if let Err(error) = written {
						return self.fall_silent(Silence::Write(error));
					}
				}
				Output::Broadcast(message) => {
					if matches!(message, Message::Timeout(_)) {
						if let Some(metrics) = &self.parts.metrics {
							metrics.timeouts.inc();
						}
					}
					self.parts.net.broadcast(&message);
				}
				Output::Finalise(justification) => self.finalise(justification),
				Output::High(certificate) => {
					if certificate.view() == self.session.view {
						if let Some(metrics) = &self.parts.metrics {
							let waited = self.session.entered.elapsed().as_secs_f64();
							metrics.certificate.observe(waited);
						}
					}
					self.parts.chain.follow(certificate.target());
				}
				Output::Fetch(target) => self.parts.chain.fetch(target),
				Output::Offence(proof) => {
					let set = self.session.current.set.clone();
					let keystore = self.parts.keystore.as_ref();
					if self.session.offences.add(proof, &set, keystore) {
						if let Some(metrics) = &self.parts.metrics {
							metrics.offences.inc();
						}
						let at = self.parts.chain.finalised().hash;
						let reporter = self.parts.reporter.clone();
						self.session.offences.report(&*reporter, at);
					}
				}
				Output::View(view) => {
					log::debug!(
						target: LOG_TARGET,
						"In view {view} of set {}.",
						self.session.current.set.id(),
					);
					self.session.view = view;
					self.session.entered = Instant::now();
				}
				Output::Wake(time) => self.session.wake = Some(time),
			}
		}
	}

	fn finalise(&mut self, justification: Justification) {
		let target = justification.target();
		match self.parts.chain.finalise(justification) {
			Ok(Finalised::New) => log::debug!(target: LOG_TARGET, "Final: {target:?}."),
			Ok(Finalised::Known) => {}
			Err(error @ FinaliseError::Unknown(_)) => {
				log::debug!(target: LOG_TARGET, "{error}");
				self.parts.chain.fetch(target);
			}
			Err(error @ FinaliseError::Conflict(_)) => log::error!(
				target: LOG_TARGET,
				"Finality is broken: more than a third of the authorities finalised two forks. {error}",
			),
			Err(error) => log::error!(target: LOG_TARGET, "Could not finalise {target:?}: {error}"),
		}
	}

	/// Goes on without a vote in this set.
	fn fall_silent(&mut self, reason: Silence) {
		let own = self.session.own();
		let now = self.now();
		let current = self.session.current.clone();
		if let Some((index, key)) = own {
			let (session, outputs) =
				Session::silent(&mut self.parts, current, index, key, reason, now);
			self.session = session;
			// An observer's outputs hold no record, so this does not come back here.
			self.perform(outputs);
		}
	}
}

impl Session {
	/// The session of the set in force, and its machine's first outputs.
	fn begin<C: Chain, N: Net>(parts: &mut Parts<C, N>, now: Time) -> (Self, Vec<Output>) {
		let current = parts.chain.current();
		let context = Context {
			genesis: parts.chain.genesis(),
			set: current.set.id(),
		};
		let Some((index, key)) = own_key(parts.keystore.as_ref(), &current.set) else {
			log::info!(
				target: LOG_TARGET,
				"Follows set {} of {} authorities.",
				context.set,
				current.set.len(),
			);
			return Self::make(
				parts,
				current,
				Standing::Observer,
				None,
				None,
				Role::Observer,
				now,
			);
		};
		match take_up(&parts.records, &*parts.notes, context, &key) {
			Ok((record, file)) => {
				log::info!(
					target: LOG_TARGET,
					"Votes in set {} as authority {index} of {}, from view {}.",
					context.set,
					current.set.len(),
					record.view,
				);
				let role = Role::Authority {
					index,
					key: hex(&key),
				};
				let standing = Standing::Authority { index, record };
				Self::make(parts, current, standing, Some(key), Some(file), role, now)
			}
			Err(reason) => Self::silent(parts, current, index, key, reason, now),
		}
	}

	fn silent<C: Chain, N: Net>(
		parts: &mut Parts<C, N>,
		current: CurrentSet,
		index: AuthorityIndex,
		key: AuthorityId,
		reason: Silence,
		now: Time,
	) -> (Self, Vec<Output>) {
		log::error!(
			target: LOG_TARGET,
			"This node is authority {index} of set {} and does NOT vote in it: {reason}. It votes \
			 again in the next set.",
			current.set.id(),
		);
		let role = Role::Silent {
			index,
			key: hex(&key),
			reason: reason.to_string(),
		};
		let standing = Standing::Silent(index);
		Self::make(parts, current, standing, Some(key), None, role, now)
	}

	fn make<C: Chain, N: Net>(
		parts: &mut Parts<C, N>,
		current: CurrentSet,
		standing: Standing,
		key: Option<AuthorityId>,
		file: Option<RecordFile>,
		role: Role,
		now: Time,
	) -> (Self, Vec<Output>) {
		let (machine, outputs) = Machine::new(
			Settings {
				genesis: parts.chain.genesis(),
				set: current.set.clone(),
				base: current.base,
				standing,
				timing: parts.timing,
			},
			now,
		);
		parts.net.enter(&current.set);
		let session = Session {
			machine,
			signer: KeystoreSigner {
				key: key.zip(parts.keystore.clone()),
			},
			file,
			role,
			offences: Offences::default(),
			view: 1,
			entered: Instant::now(),
			told: None,
			wake: None,
			current,
		};
		(session, outputs)
	}

	fn own(&self) -> Option<(AuthorityIndex, AuthorityId)> {
		let (key, _) = self.signer.key.as_ref()?;
		Some((self.current.set.index_of(key)?, key.clone()))
	}

	/// Tells the network, the metrics and RPC where the node is.
	fn tell<C: Chain, N: Net>(&mut self, parts: &mut Parts<C, N>) {
		let set = &self.current.set;
		let finalised = parts.chain.finalised();
		let round = self.machine.round_state();
		let place = (self.view, round.high_view, finalised.number);
		if self.told != Some(place) {
			self.told = Some(place);
			let newest = self.machine.newest();
			parts.net.advance(self.view, finalised.number, newest);
		}
		if let Some(metrics) = &parts.metrics {
			metrics.set.set(set.id());
			metrics.view.set(self.view);
			metrics
				.silent
				.set(matches!(self.role, Role::Silent { .. }).into());
		}
		let leader = set.leader(self.view);
		parts.state.set(RoundState {
			set: set.id(),
			authorities: set.len() as u32,
			quorum: set.quorum() as u32,
			view: self.view,
			leader,
			leader_key: set.authority(leader).map(hex).unwrap_or_default(),
			votes: Counted {
				first: round.first_votes as u32,
				second: round.second_votes as u32,
				timeouts: round.timeouts as u32,
			},
			high_view: round.high_view,
			high: round.high_target.into(),
			finalised: finalised.into(),
			role: self.role.clone(),
		});
	}
}
