//! The blocks that can be voted for.

/// A block above the base: A and B are children of the base, C of A and D of B.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Block {
	/// On the base.
	A,
	/// On the base.
	B,
	/// On A.
	C,
	/// On B.
	D,
}

impl Block {
	/// All of them.
	pub const ALL: [Block; 4] = [Block::A, Block::B, Block::C, Block::D];

	fn parent(self) -> Option<Block> {
		match self {
			Block::A | Block::B => None,
			Block::C => Some(Block::A),
			Block::D => Some(Block::B),
		}
	}

	/// Whether this is `other` or above it.
	pub fn descends_from(self, other: Block) -> bool {
		self == other || self.parent().is_some_and(|parent| parent == other)
	}

	/// Whether they are on different branches.
	pub fn conflicts(self, other: Block) -> bool {
		!self.descends_from(other) && !other.descends_from(self)
	}

	/// Its place in a set of blocks.
	pub(crate) fn bit(self) -> u8 {
		1 << self as u8
	}
}
