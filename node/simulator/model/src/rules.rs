//! The rules, and the steps that they allow.

use crate::{Authority, Block, Facts, State, MOST_VIEWS};
use stateright::{Model, Property};

/// A rule, by the core's number. The model is a restatement of its own: it takes no code of the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
	/// One first vote a view, and never in an older one.
	S1,
	/// A proposal rests on the view before, or on a timeout certificate that names nothing higher.
	S2,
	/// A target descends from the block of the certificate that justifies it.
	S3,
	/// What was voted for a second time is remembered as the highest certificate.
	S4,
	/// A timeout names the highest certificate.
	S5,
	/// No second vote in a view that was given up.
	S6,
	/// A certificate needs a quorum.
	S7,
	/// The record outlives a crash.
	S8,
}

impl Rule {
	/// All of them.
	pub const ALL: [Rule; 8] = [
		Rule::S1,
		Rule::S2,
		Rule::S3,
		Rule::S4,
		Rule::S5,
		Rule::S6,
		Rule::S7,
		Rule::S8,
	];
}

/// In which order steps are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
	/// In any.
	Any,
	/// By stages, which reach as much.
	Stages,
}

/// A step of one authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
	/// A first vote in a view for a block, justified by a certificate of an earlier view.
	First(usize, usize, Block, usize),
	/// A second vote.
	Second(usize, usize, Block),
	/// A timeout.
	Timeout(usize, usize),
	/// A crash that loses the memory.
	Crash(usize),
}

/// The rules, perhaps without one.
#[derive(Clone, Debug)]
pub struct Rules {
	/// Authorities of the set.
	pub authorities: usize,
	/// Views: 1 to [`MOST_VIEWS`].
	pub views: usize,
	/// How many of [`Block::ALL`] there are.
	pub blocks: usize,
	/// The order of steps.
	pub order: Order,
	/// The rule that is taken out.
	pub without: Option<Rule>,
}

impl Rules {
	/// Whether no two final blocks conflict.
	pub fn agree(&self, facts: &Facts) -> bool {
		let last: Vec<Block> = self
			.blocks()
			.filter(|block| facts.is_final(*block))
			.collect();
		!last
			.iter()
			.any(|one| last.iter().any(|two| one.conflicts(*two)))
	}

	fn has(&self, rule: Rule) -> bool {
		self.without != Some(rule)
	}

	fn blocks(&self) -> impl Iterator<Item = Block> {
		Block::ALL.into_iter().take(self.blocks)
	}

	fn dishonest(&self) -> usize {
		(self.authorities - 1) / 3
	}

	/// Honest signatures that make a certificate together with the dishonest ones.
	fn needed(&self) -> usize {
		if self.has(Rule::S7) {
			self.authorities - 2 * self.dishonest()
		} else {
			1
		}
	}

	/// The stage that a step belongs to; none for what may happen in all.
	fn stage(&self, step: &Step) -> Option<u8> {
		let stage = match step {
			Step::First(_, view, ..) => 3 * view,
			Step::Second(_, view, _) if self.has(Rule::S6) => 3 * view + 1,
			Step::Second(..) => 3 * (MOST_VIEWS + 1),
			Step::Timeout(_, view) => 3 * view + 2,
			Step::Crash(_) => return None,
		};
		(self.order == Order::Stages).then_some(stage as u8)
	}

	fn may_vote_first(
		&self,
		state: &State,
		who: usize,
		view: usize,
		block: Block,
		justified: usize,
	) -> bool {
		let own = &state.authorities[who];
		let once = view > usize::from(own.last_first) || !self.has(Rule::S1);
		let fresh =
			justified + 1 == view || usize::from(state.facts.given_up[view - 1]) <= justified;
		let root = |root: &Block| block.descends_from(*root) || !self.has(Rule::S3);
		let certified = |root: &Block| state.facts.certified[justified] & root.bit() != 0;
		let rests = justified == 0 || self.blocks().filter(certified).any(|block| root(&block));
		own.first[view] & Authority::first_bit(block, justified) == 0
			&& once && rests
			&& (fresh || !self.has(Rule::S2))
	}

	fn may_vote_second(&self, state: &State, who: usize, view: usize, block: Block) -> bool {
		let own = &state.authorities[who];
		own.second[view] & block.bit() == 0
			&& view > usize::from(own.last_second)
			&& (view > usize::from(own.given_up) || !self.has(Rule::S6))
			&& state.facts.certified[view] & block.bit() != 0
	}

	/// What a timeout would name.
	fn named(&self, own: &Authority) -> usize {
		if self.has(Rule::S5) {
			usize::from(own.high)
		} else {
			0
		}
	}

	fn may_time_out(&self, state: &State, who: usize, view: usize) -> bool {
		let own = &state.authorities[who];
		// Nothing follows from a timeout of the last view.
		view > usize::from(own.given_up) && view < self.views && self.named(own) < view
	}
}

impl Model for Rules {
	type State = State;
	type Action = Step;

	fn init_states(&self) -> Vec<State> {
		vec![State::new(self.authorities - self.dishonest())]
	}

	fn actions(&self, state: &State, steps: &mut Vec<Step>) {
		for (who, own) in state.authorities.iter().enumerate() {
			if who > 0 && *own == state.authorities[who - 1] {
				// What the one before can do is the same.
				continue;
			}
			for view in 1..=self.views {
				for block in self.blocks() {
					for justified in 0..view {
						if self.may_vote_first(state, who, view, block, justified) {
							steps.push(Step::First(who, view, block, justified));
						}
					}
					if self.may_vote_second(state, who, view, block) {
						steps.push(Step::Second(who, view, block));
					}
				}
				if self.may_time_out(state, who, view) {
					steps.push(Step::Timeout(who, view));
				}
			}
			if !self.has(Rule::S8) && own.remembers() {
				steps.push(Step::Crash(who));
			}
		}
		steps.retain(|step| self.stage(step).is_none_or(|stage| stage >= state.stage));
	}

	fn next_state(&self, state: &State, step: Step) -> Option<State> {
		let mut next = state.clone();
		if let Some(stage) = self.stage(&step).filter(|stage| *stage > state.stage) {
			next.stage = stage;
			next.authorities.iter_mut().for_each(Authority::forget);
		}
		match step {
			Step::First(who, view, block, justified) => {
				let own = &mut next.authorities[who];
				own.first[view] |= Authority::first_bit(block, justified);
				own.last_first = own.last_first.max(view as u8);
				next.note_first(view, block, justified, self.needed());
			}
			Step::Second(who, view, block) => {
				let own = &mut next.authorities[who];
				own.second[view] |= block.bit();
				own.last_second = view as u8;
				if self.has(Rule::S4) {
					own.high = own.high.max(view as u8);
				}
				next.note_second(view, block, self.needed());
			}
			Step::Timeout(who, view) => {
				let own = &mut next.authorities[who];
				own.timeouts[view] |= 1 << self.named(own);
				own.given_up = view as u8;
				next.note_timeout(view, self.needed());
			}
			Step::Crash(who) => next.authorities[who].crash(),
		}
		next.authorities.sort_unstable();
		Some(next)
	}

	fn properties(&self) -> Vec<Property<Self>> {
		vec![
			Property::<Self>::always("agreement", |model, state| model.agree(&state.facts)),
			// That the model is not empty.
			Property::<Self>::sometimes("A is final", |_, state| state.facts.is_final(Block::A)),
			Property::<Self>::sometimes("B is final after a timeout", |_, state| {
				state.facts.is_final(Block::B) && state.facts.given_up[1] != Facts::NONE
			}),
		]
	}
}
