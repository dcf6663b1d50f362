//! What the honest authorities have signed, and what exists because of it.

use crate::Block;

/// The most views that a state has room for.
pub const MOST_VIEWS: usize = 5;

const ROOM: usize = MOST_VIEWS + 1;

/// What an honest authority has signed and remembers. Sets are bits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Authority {
	/// By view: bit `4 * justification's view + block`.
	pub(crate) first: [u32; ROOM],
	/// By view: bit `block`.
	pub(crate) second: [u8; ROOM],
	/// By view: bit `highest certificate's view`.
	pub(crate) timeouts: [u8; ROOM],
	pub(crate) last_first: u8,
	pub(crate) last_second: u8,
	pub(crate) given_up: u8,
	pub(crate) high: u8,
}

impl Authority {
	/// The bit of a first vote.
	pub(crate) fn first_bit(block: Block, justified: usize) -> u32 {
		u32::from(block.bit()) << (Block::ALL.len() * justified)
	}

	/// Nothing is left of it but what the disk does not hold.
	pub(crate) fn crash(&mut self) {
		(self.last_first, self.last_second, self.given_up, self.high) = (0, 0, 0, 0);
	}

	/// Whether a crash would change anything.
	pub(crate) fn remembers(&self) -> bool {
		self.last_first + self.last_second + self.given_up + self.high > 0
	}

	/// Forgets all but the highest certificate.
	pub(crate) fn forget(&mut self) {
		*self = Authority {
			high: self.high,
			..Authority::default()
		};
	}
}

/// The certificates that exist. They stay, so facts only grow.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Facts {
	/// By view: the blocks that have a first certificate, as bits.
	pub certified: [u8; ROOM],
	/// By view: what the timeout certificate that names least names; [`Facts::NONE`] where there is
	/// none.
	pub given_up: [u8; ROOM],
	/// The final blocks, as bits.
	pub finalised: u8,
}

impl Default for Facts {
	fn default() -> Self {
		Facts {
			certified: [0; ROOM],
			given_up: [Facts::NONE; ROOM],
			finalised: 0,
		}
	}
}

impl Facts {
	/// Stands for no timeout certificate.
	pub const NONE: u8 = u8::MAX;

	/// Whether all that `other` allows is allowed by this too.
	pub fn covers(&self, other: &Facts) -> bool {
		let holds = |one: &u8, two: &u8| two & !one == 0;
		let pairs = |one: &[u8; ROOM], two: &[u8; ROOM], covers: &dyn Fn(&u8, &u8) -> bool| {
			one.iter().zip(two).all(|(one, two)| covers(one, two))
		};
		holds(&self.finalised, &other.finalised)
			&& pairs(&self.certified, &other.certified, &holds)
			&& pairs(&self.given_up, &other.given_up, &|one, two| one <= two)
	}

	/// Whether a block is final.
	pub fn is_final(&self, block: Block) -> bool {
		self.finalised & block.bit() != 0
	}
}

/// All honest authorities, in no order, and what they brought about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
	pub(crate) authorities: Vec<Authority>,
	/// The certificates.
	pub facts: Facts,
	/// The stage; 0 where steps are taken in any order.
	pub(crate) stage: u8,
}

impl State {
	/// Nothing is signed.
	pub fn new(honest: usize) -> Self {
		State {
			authorities: vec![Authority::default(); honest],
			facts: Facts::default(),
			stage: 0,
		}
	}

	/// Takes note of a first vote that was cast.
	pub(crate) fn note_first(
		&mut self,
		view: usize,
		block: Block,
		justified: usize,
		needed: usize,
	) {
		let bit = Authority::first_bit(block, justified);
		let votes = self
			.authorities
			.iter()
			.filter(|one| one.first[view] & bit != 0);
		if votes.count() >= needed {
			self.facts.certified[view] |= block.bit();
		}
	}

	/// Takes note of a second vote that was cast.
	pub(crate) fn note_second(&mut self, view: usize, block: Block, needed: usize) {
		let votes = self
			.authorities
			.iter()
			.filter(|one| one.second[view] & block.bit() != 0);
		if votes.count() >= needed {
			self.facts.finalised |= block.bit();
		}
	}

	/// Takes note of a timeout.
	pub(crate) fn note_timeout(&mut self, view: usize, needed: usize) {
		let named = self.authorities.iter().map(|one| one.timeouts[view]);
		let mut lowest: Vec<u8> = named
			.filter(|named| *named != 0)
			.map(|named| named.trailing_zeros() as u8)
			.collect();
		lowest.sort_unstable();
		if let Some(most) = lowest.get(needed - 1) {
			let known = &mut self.facts.given_up[view];
			*known = (*known).min(*most);
		}
	}
}
