//! The safety rules once more, small enough to try every order of events.
//!
//! # What is modelled
//!
//! Four authorities, of which one is dishonest; views 1 to 2 or 3; a base with the blocks A and B,
//! which conflict. The state is what the three honest authorities have signed, and what each
//! remembers. In every state any honest authority may take any step that the rules allow it.
//!
//! # What is abstracted
//!
//! * Messages: whatever is signed is known to those who can use it, when they use it. Loss, delay
//!   and order need no state, as an authority may act on a message at any later time or never.
//! * The dishonest authority: it has signed everything. So a certificate exists as soon as one
//!   signature less than a quorum is honest.
//! * Leaders: every view has whatever proposals help the search, as if all leaders were dishonest.
//! * Time: views are entered and given up at any moment, in any order.
//! * The highest certificate is raised by second votes only. Raising it more makes timeouts name
//!   higher views, which allows fewer first votes, never more.
//! * Honest authorities have no names: states that differ in their order are one.
//!
//! Each of these allows more than the machine does, so what cannot happen here cannot happen there.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

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

/// The most views.
const VIEWS: usize = 3;
/// Honest authorities.
const HONEST: usize = 3;

/// The blocks above the base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Block {
	/// On the base.
	A,
	/// On the base.
	B,
}

const BLOCKS: [Block; 2] = [Block::A, Block::B];

impl Block {
	fn descends_from(self, other: Block) -> bool {
		self == other
	}

	fn conflicts(self, other: Block) -> bool {
		!self.descends_from(other) && !other.descends_from(self)
	}
}

/// What an honest authority has signed and remembers. Sets are bits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Authority {
	/// By view: bit `3 * justification's view + block`.
	first: [u16; VIEWS + 1],
	/// By view: bit `block`.
	second: [u8; VIEWS + 1],
	/// By view: bit `highest certificate's view`.
	timeouts: [u8; VIEWS + 1],
	last_first: usize,
	last_second: usize,
	given_up: usize,
	high: usize,
}

/// All honest authorities, in no order.
pub type State = [Authority; HONEST];

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
pub struct Rules {
	/// Views: 2 or 3.
	pub views: usize,
	/// The rule that is taken out.
	pub without: Option<Rule>,
}

impl Rules {
	fn has(&self, rule: Rule) -> bool {
		self.without != Some(rule)
	}

	/// Honest signatures that make a certificate together with the dishonest one.
	fn needed(&self) -> usize {
		if self.has(Rule::S7) {
			HONEST - 1
		} else {
			1
		}
	}

	fn certified(&self, state: &State, view: usize, block: Block) -> bool {
		(0..view).any(|justified| {
			let bit = 1 << (3 * justified + block as usize);
			state
				.iter()
				.filter(|one| one.first[view] & bit != 0)
				.count() >= self.needed()
		})
	}

	fn is_final(&self, state: &State, block: Block) -> bool {
		(1..=self.views).any(|view| {
			let voted = |one: &&Authority| one.second[view] & (1 << block as usize) != 0;
			state.iter().filter(voted).count() >= self.needed()
		})
	}

	/// Whether a timeout certificate of `view` exists that names no view above `most`.
	fn given_up(&self, state: &State, view: usize, most: usize) -> bool {
		let low = |one: &&Authority| one.timeouts[view] & ((2 << most) - 1) != 0;
		view > 0 && state.iter().filter(low).count() >= self.needed()
	}

	fn may_vote_first(
		&self,
		state: &State,
		who: usize,
		view: usize,
		block: Block,
		justified: usize,
	) -> bool {
		let own = &state[who];
		let bit = 1 << (3 * justified + block as usize);
		let once = view > own.last_first || !self.has(Rule::S1);
		let fresh = justified + 1 == view || self.given_up(state, view - 1, justified);
		let root = |root: Block| block.descends_from(root) || !self.has(Rule::S3);
		let rests = justified == 0
			|| BLOCKS
				.into_iter()
				.any(|certified| root(certified) && self.certified(state, justified, certified));
		own.first[view] & bit == 0 && once && rests && (fresh || !self.has(Rule::S2))
	}

	fn may_vote_second(&self, state: &State, who: usize, view: usize, block: Block) -> bool {
		let own = &state[who];
		own.second[view] & (1 << block as usize) == 0
			&& view > own.last_second
			&& (view > own.given_up || !self.has(Rule::S6))
			&& self.certified(state, view, block)
	}
}

impl Model for Rules {
	type State = State;
	type Action = Step;

	fn init_states(&self) -> Vec<State> {
		vec![State::default()]
	}

	fn actions(&self, state: &State, steps: &mut Vec<Step>) {
		for who in 0..HONEST {
			if who > 0 && state[who] == state[who - 1] {
				// What the one before can do is the same.
				continue;
			}
			for view in 1..=self.views {
				for block in BLOCKS {
					for justified in 0..view {
						if self.may_vote_first(state, who, view, block, justified) {
							steps.push(Step::First(who, view, block, justified));
						}
					}
					if self.may_vote_second(state, who, view, block) {
						steps.push(Step::Second(who, view, block));
					}
				}
				// Nothing follows from a timeout of the last view.
				if view > state[who].given_up && view < self.views {
					steps.push(Step::Timeout(who, view));
				}
			}
			let own = &state[who];
			let remembers = own.last_first + own.last_second + own.given_up + own.high > 0;
			if remembers && !self.has(Rule::S8) {
				steps.push(Step::Crash(who));
			}
		}
	}

	fn next_state(&self, state: &State, step: Step) -> Option<State> {
		let mut next = state.clone();
		match step {
			Step::First(who, view, block, justified) => {
				let own = &mut next[who];
				own.first[view] |= 1 << (3 * justified + block as usize);
				own.last_first = own.last_first.max(view);
			}
			Step::Second(who, view, block) => {
				let own = &mut next[who];
				own.second[view] |= 1 << block as usize;
				own.last_second = view;
				if self.has(Rule::S4) {
					own.high = own.high.max(view);
				}
			}
			Step::Timeout(who, view) => {
				let own = &mut next[who];
				let named = if self.has(Rule::S5) { own.high } else { 0 };
				own.timeouts[view] |= 1 << named;
				own.given_up = view;
			}
			Step::Crash(who) => {
				let own = &mut next[who];
				(own.last_first, own.last_second, own.given_up, own.high) = (0, 0, 0, 0);
			}
		}
		next.sort_unstable();
		Some(next)
	}

	fn properties(&self) -> Vec<Property<Self>> {
		vec![
			Property::<Self>::always("agreement", |model, state| {
				let all: Vec<Block> = BLOCKS
					.into_iter()
					.filter(|block| model.is_final(state, *block))
					.collect();
				!all.iter()
					.any(|one| all.iter().any(|two| one.conflicts(*two)))
			}),
			// That the model is not empty: all three views can make something final.
			Property::<Self>::sometimes("A is final", |model, state| {
				model.is_final(state, Block::A)
			}),
			Property::<Self>::sometimes("B is final after a timeout", |model, state| {
				model.is_final(state, Block::B) && state.iter().all(|one| one.timeouts[1] != 0)
			}),
		]
	}
}
