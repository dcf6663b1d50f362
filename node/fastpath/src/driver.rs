//! One set: the core's machine with its store, and what its outputs mean for a node.

use crate::{
	orders::{News, Orders, Progress},
	store::Store,
	wire::Message,
};
use aci_fastpath::{
	check::Checked,
	checkpoint::{program::Executed, Certified},
	equivocation::Equivocation,
	machine::{Input, Machine, Output, Settings, Time},
	scheme::{Scheme, Signer},
	types::CheckpointNumber,
};
use aci_finality::AuthorityIndex;
use codec::Encode;
use std::{io, sync::Arc};

/// What a node must do.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant)]
pub enum Action {
	/// Send to all other validators.
	Broadcast(Arc<Vec<u8>>),
	/// Send to one validator.
	Send(AuthorityIndex, Vec<u8>),
	/// Tell whom it concerns.
	Tell(News),
	/// So many transactions found no room in the core: their senders hear that the home is busy.
	Busy(usize),
	/// The state after a final checkpoint is held: keep it, and its bodies.
	Settled(Arc<Executed>),
	/// Report this.
	Report(Equivocation),
	/// Stop and call a person: what the chain has is not what this node computes.
	Diverged(CheckpointNumber),
	/// The disk failed: this authority is silent until the next start.
	Silent,
	/// Tick at this time.
	Wake(Time),
}

/// A machine that writes to its disk before it speaks.
pub struct Driver<S> {
	machine: Machine<S>,
	store: Store,
	orders: Orders,
	index: Option<AuthorityIndex>,
	certified: Option<Arc<Certified>>,
	silent: bool,
}

impl<S: Scheme> Driver<S> {
	/// A machine with these settings, which hold what `store` found of the journal, and others' vertices
	/// that it found, checked anew.
	pub fn new(
		settings: Settings,
		store: Store,
		held: Vec<Checked>,
		now: Time,
		signer: &dyn Signer,
	) -> (Self, Vec<Action>) {
		let index = match &settings.standing {
			aci_fastpath::machine::Standing::Authority { index, .. } => Some(*index),
			aci_fastpath::machine::Standing::Observer => None,
		};
		let (machine, outputs) = Machine::new(settings, now);
		let mut driver = Driver {
			machine,
			store,
			orders: Orders::default(),
			index,
			certified: None,
			silent: false,
		};
		let mut actions = driver.perform(outputs);
		for checked in held {
			actions.extend(driver.step(Input::Vertex(checked), now, signer));
		}
		(driver, actions)
	}

	/// The core.
	pub fn machine(&self) -> &Machine<S> {
		&self.machine
	}

	/// Whether the disk failed.
	pub fn is_silent(&self) -> bool {
		self.silent
	}

	/// The certified checkpoint that the next block of this node may carry, if it is the next one.
	pub fn certified(&self) -> Option<&Arc<Certified>> {
		let next = self.machine.state().number.checked_add(1);
		let certified = self.certified.as_ref();
		certified.filter(|certified| Some(certified.checkpoint.number) == next)
	}

	/// Another's vertex came, and is right.
	pub fn vertex(&mut self, checked: Checked, now: Time, signer: &dyn Signer) -> Vec<Action> {
		self.store.note(&checked.vertex().encode());
		self.step(Input::Vertex(checked), now, signer)
	}

	/// Anything else happened.
	pub fn step(&mut self, input: Input, now: Time, signer: &dyn Signer) -> Vec<Action> {
		if self.silent {
			return Vec::new();
		}
		let outputs = self.machine.step(input, now, signer);
		self.perform(outputs)
	}

	/// Lets others' vertices below the floor go from the disk.
	pub fn tidy(&mut self) -> io::Result<()> {
		let floor = self.machine.dag().floor();
		self.store.forget_below(floor, &|file| Box::new(file))
	}

	fn perform(&mut self, outputs: Vec<Output>) -> Vec<Action> {
		let mut actions = Vec::new();
		for output in outputs {
			match output {
				Output::Persist(bytes) => {
					if self.store.append(&bytes).is_err() {
						self.silent = true;
						actions.push(Action::Silent);
						return actions;
					}
				}
				Output::Broadcast(vertex) => {
					let message = Message::Vertex(vertex.encode());
					actions.push(Action::Broadcast(Arc::new(message.encode())));
				}
				Output::Send(to, vertex) => {
					let message = Message::Vertex(vertex.encode());
					actions.push(Action::Send(to, message.encode()));
				}
				Output::Note(to, note) => {
					actions.push(Action::Send(to, Message::Note(note).encode()));
				}
				Output::Promised(parts) => {
					let news = self.orders.promised(parts);
					actions.extend(news.into_iter().map(Action::Tell));
				}
				Output::Refused(hash, refusal) => {
					actions.push(Action::Tell(News::Refused(hash, refusal)));
				}
				Output::Busy(count) => actions.push(Action::Busy(count)),
				Output::Acked(round) => {
					let news = self.orders.reached(0, round, Progress::Acked);
					actions.extend(news.into_iter().map(Action::Tell));
				}
				Output::Final(round) => {
					let news = self.orders.reached(round, round, Progress::Final);
					actions.extend(news.into_iter().map(Action::Tell));
				}
				Output::Certified(certified) => self.certified = Some(certified),
				Output::Settled(executed) => {
					let own = |author: AuthorityIndex| Some(author) == self.index;
					let mut last = 0;
					for (leaf, _) in executed
						.vertices
						.iter()
						.filter(|(leaf, _)| own(leaf.vertex.author))
					{
						let round = leaf.vertex.round;
						let news = self.orders.reached(round, round, Progress::Settled);
						actions.extend(news.into_iter().map(Action::Tell));
						last = round;
					}
					self.orders.forget_up_to(last);
					actions.push(Action::Settled(executed));
				}
				Output::Diverged(number) => actions.push(Action::Diverged(number)),
				Output::Offence(offence) => actions.push(Action::Report(offence)),
				Output::Wake(at) => actions.push(Action::Wake(at)),
			}
		}
		actions
	}
}
