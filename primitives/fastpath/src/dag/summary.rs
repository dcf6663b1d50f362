//! What a vertex's history says, kept beside the vertex.
//!
//! * **Head** of author a: the newest vertex of a in the history, by round, then by hash.
//! * **Acknowledgement.** A vertex of B acknowledges a's chain up to the head of a in its history,
//!   unless B accuses a: then up to where its previous vertex did. By V2 and V4 the history holds
//!   all of that chain, and by S3 an honest B's acknowledgements of a lie on one chain, whatever a
//!   signs.
//! * **Certificate.** A vertex W certifies v when a quorum of authors have a vertex in W's history
//!   (counting W) that acknowledges v. What a parent certifies, W certifies.
//!
//! Per author and vertex this is one position each, because acknowledgements and certificates are
//! closed toward the start of a chain.

use super::{Dag, Node, Position};
use crate::{
	check::Checked,
	types::{Moment, Round},
};
use aci_finality::AuthorityIndex;
use alloc::{boxed::Box, vec, vec::Vec};

/// What the history of one vertex says of each author.
#[derive(Clone, Debug, Default)]
pub struct Summary {
	/// The newest vertex of each author.
	heads: Box<[Position]>,
	/// Up to where each author's chain is acknowledged; `None` where that is up to the heads.
	acknowledged: Option<Box<[Position]>>,
	/// Up to where each author's chain is certified.
	certified: Box<[Position]>,
	/// The median of the clocks of the parents of the round before.
	pub moment: Moment,
}

fn at(positions: &[Position], author: AuthorityIndex) -> Position {
	positions
		.get(usize::from(author))
		.copied()
		.unwrap_or_default()
}

impl Summary {
	/// The newest vertex of `author` in the history.
	pub fn head(&self, author: AuthorityIndex) -> Position {
		at(&self.heads, author)
	}

	/// Up to where the vertex acknowledges `author`'s chain.
	pub fn acknowledged(&self, author: AuthorityIndex) -> Position {
		at(self.acknowledgements(), author)
	}

	/// Up to where the vertex certifies `author`'s chain.
	pub fn certified(&self, author: AuthorityIndex) -> Position {
		at(&self.certified, author)
	}

	fn acknowledgements(&self) -> &[Position] {
		self.acknowledged.as_deref().unwrap_or(&self.heads)
	}
}

impl Dag {
	/// The newer of two vertices of an author: by round, then by hash.
	pub(crate) fn newer(&self, author: AuthorityIndex, one: Position, other: Position) -> Position {
		if one.round != other.round || one.fork == other.fork {
			return if one.round >= other.round { one } else { other };
		}
		let hash = |position| self.node(author, position).map(|node| node.checked.hash());
		if hash(one) >= hash(other) {
			one
		} else {
			other
		}
	}

	/// The heads of the union of these vertices' histories, with themselves.
	pub(crate) fn heads_of(&self, parents: &[(AuthorityIndex, Position)]) -> Vec<Position> {
		let mut heads = vec![Position::default(); self.committee().len()];
		for (author, position) in parents {
			let Some(node) = self.node(*author, *position) else {
				continue;
			};
			for (of, (head, theirs)) in (0u16..).zip(heads.iter_mut().zip(&node.summary.heads)) {
				// Equal positions are by far the most frequent.
				if head != theirs {
					*head = self.newer(of, *head, *theirs);
				}
			}
			if let Some(head) = heads.get_mut(usize::from(*author)) {
				*head = self.newer(*author, *head, *position);
			}
		}
		heads
	}

	pub(super) fn summarise(
		&self,
		checked: &Checked,
		position: Position,
		previous: Position,
		before: &[(AuthorityIndex, Position)],
		parents: &[(AuthorityIndex, Position)],
	) -> Summary {
		let header = checked.vertex().header();
		let author = header.author;
		let mut heads = self.heads_of(parents);
		if let Some(own) = heads.get_mut(usize::from(author)) {
			*own = position;
		}
		let acknowledged = (header.accused.count() > 0).then(|| {
			let before = self.node(author, previous).map(|node| &node.summary);
			let mut acknowledged = heads.clone();
			for accused in header.accused.iter() {
				if let Some(top) = acknowledged.get_mut(usize::from(accused)) {
					*top =
						before.map_or(Position::default(), |before| before.acknowledged(accused));
				}
			}
			acknowledged.into_boxed_slice()
		});
		let mut certified = vec![Position::default(); heads.len()];
		for (of, parent) in parents {
			let Some(node) = self.node(*of, *parent) else {
				continue;
			};
			for (ours, theirs) in certified.iter_mut().zip(&node.summary.certified) {
				*ours = (*ours).max(*theirs);
			}
		}
		let own = acknowledged.as_deref().unwrap_or(&heads);
		let tops: Vec<&[Position]> = self
			.committee()
			.indices()
			.zip(&heads)
			.filter_map(|(of, head)| {
				if of == author {
					return Some(own);
				}
				let node = self.node(of, *head)?;
				Some(node.summary.acknowledgements())
			})
			.collect();
		for (of, certified) in (0u16..).zip(certified.iter_mut()) {
			let found = self.agreed(of, &tops);
			if found.round > certified.round {
				*certified = found;
			}
		}
		Summary {
			moment: self.median_time(header.time, before),
			heads: heads.into_boxed_slice(),
			acknowledged,
			certified: certified.into_boxed_slice(),
		}
	}

	/// The newest vertex of `author` that a quorum of the lists has, or has one after it.
	fn agreed(&self, author: AuthorityIndex, tops: &[&[Position]]) -> Position {
		let quorum = self.rules.quorum(self.committee());
		let mut of_author: Vec<Position> = tops.iter().map(|top| at(top, author)).collect();
		let Some(place) = quorum.checked_sub(1).filter(|p| *p < of_author.len()) else {
			return Position::default();
		};
		if !self.is_forked(author) {
			let (_, agreed, _) = of_author.select_nth_unstable_by(place, |a, b| b.cmp(a));
			return *agreed;
		}
		of_author.sort_unstable_by(|a, b| b.cmp(a));
		let mut best = Position::default();
		let mut last = None;
		for top in of_author.iter().copied() {
			if last.replace(top) == Some(top) {
				continue;
			}
			let mut candidate = top;
			while candidate.round > best.round {
				let agree = of_author
					.iter()
					.filter(|other| self.extends(author, candidate, **other))
					.count();
				if agree >= quorum {
					best = candidate;
					break;
				}
				match self.node(author, candidate) {
					Some(node) => candidate = node.previous,
					None => break,
				}
			}
		}
		best
	}

	/// Notes what a vertex of `author` certifies.
	pub(super) fn note_certificates(&mut self, author: AuthorityIndex, position: Position) {
		let lane = usize::from(author);
		let Some(node) = self.lanes.get(lane).and_then(|lane| lane.get(&position)) else {
			return;
		};
		if let Some(certifies) = self.certifies.get_mut(lane) {
			for (ours, theirs) in certifies.iter_mut().zip(&node.summary.certified) {
				*ours = (*ours).max(*theirs);
			}
		}
	}

	/// Up to where an author's chain is acknowledged by a quorum, as far as this node sees.
	pub fn acked_of(&self, author: AuthorityIndex) -> Position {
		let tops: Vec<&[Position]> = self
			.committee()
			.indices()
			.filter_map(|of| Some(self.node(of, self.newest(of))?.summary.acknowledgements()))
			.collect();
		self.agreed(author, &tops)
	}

	/// S6: up to where an author's chain is certified by vertices of a quorum that do not close the
	/// set, as far as this node sees.
	pub fn finalised_of(&self, author: AuthorityIndex) -> Position {
		let quorum = self.rules.final_quorum(self.committee());
		let mut tops: Vec<Position> = self
			.certifies
			.iter()
			.map(|certified| at(certified, author))
			.collect();
		let place = quorum.saturating_sub(1);
		if place >= tops.len() {
			return Position::default();
		}
		*tops.select_nth_unstable_by(place, |a, b| b.cmp(a)).1
	}

	/// The newest vertices of the authors in a vertex's history, of those that have one from `floor`
	/// on.
	pub(crate) fn heads_from<'a>(
		&'a self,
		of: &'a Node,
		floor: Round,
	) -> impl Iterator<Item = &'a Node> {
		self.committee().indices().filter_map(move |author| {
			let head = of.summary.head(author);
			self.node(author, head).filter(|_| head.round >= floor)
		})
	}

	/// Whether the chain of `author` up to `position` is in the history of the vertex `of`.
	pub fn in_history(
		&self,
		of: (AuthorityIndex, Position),
		author: AuthorityIndex,
		position: Position,
	) -> bool {
		self.node(of.0, of.1)
			.is_some_and(|node| self.extends(author, position, node.summary.head(author)))
	}
}
