//! Every rule that the fast path's promises rest on, in one place.
//!
//! # Rules
//!
//! What honest authorities do:
//!
//! * **S1** An author's vertices form one chain: each is of a later round than the one before and
//!   names it.
//! * **S2** A vertex is on its author's disk before anybody sees it, and is not forgotten. An author
//!   that lost its journal signs nothing in that set.
//! * **S3** An author's acknowledgements of another's vertices lie on one chain: from the moment at
//!   which it holds two vertices of it that conflict, it accuses it and acknowledges no more.
//!
//! What all nodes count alike:
//!
//! * **S4** A vertex certifies another when a quorum of authors acknowledge it in its history.
//! * **S5** A vertex has parents of the round before by a quorum of authors.
//! * **S6** A vertex is Final when a quorum of authors have a vertex that certifies it and does not
//!   close the set.
//! * **S7** A lane gives away only what its home was granted and has not given away.
//! * **S8** An anchor is at least `interval` rounds above the anchor before.
//! * **S9** An authority signs a checkpoint only if it has computed the same one.
//! * **S10** What leaves a home leaves with a checkpoint at least `lag` above the one whose block
//!   announces it, and from the base on that knows of it the home's lane uses it only in rounds that
//!   are `interval` below any anchor that the checkpoint can have. A worker's slots are used also where
//!   they are counted in a price.
//! * **S11** The anchor of a set's last checkpoint has closing vertices of a quorum of authors in its
//!   history, from the floor of the state before on.
//! * **S12** Sequences of a ticket rise.
//! * **S13** A checkpoint executes what its anchor certifies, whatever else a node has seen.
//! * **S14** A vertex is called Final only while the newest round that is known is less than
//!   `interval` above its own.
//! * **S15** Lane statements of a vertex have no effect when its round is more than `lag` intervals
//!   above its base's anchor.
//! * **S16** A home promises nothing in a vertex while an earlier one of its own that has
//!   transactions is neither Final nor executed nor void, and more than `depth - interval` rounds
//!   below.
//!
//! # Lemmas
//!
//! Let at most f = floor((n - 1) / 3) authorities break the rules. Any two quorums share an honest
//! one. "v is certified in W" means that the vertex W certifies v.
//!
//! **Lemma 1 (no conflict).** Two vertices of one author that conflict are not both certified, in
//! whatever vertices. A quorum acknowledged each (S4), so one honest author acknowledged both. By S3
//! what it acknowledged lies on one chain, and no chain holds both. So the certificates of a lane
//! form one chain, which all nodes extend alike.
//!
//! **Lemma 2 (inclusion).** Let v be Final, and p the newest round of the vertices that make it so.
//! Every valid vertex W of a round above p certifies v. W has parents of round(W) - 1 >= p by a
//! quorum (S5). One of their authors is honest and among those that certify v (S6). That
//! parent is its certifying vertex, or comes after it in its chain (S1, V2), and what a vertex
//! certifies, its descendants do. By V4 whoever accepts W holds all of this.
//!
//! **Lemma 3 (no Final match is lost).** Let v be Final and known as such by S14: p < round(v) +
//! interval. (a) The first checkpoint whose anchor is above p executes v, if none did before, by
//! Lemma 2 and S13; v's round is within the depth of every earlier anchor, since depth >= interval
//! and that anchor is at most p. The same holds of what comes before v in its chain: by S16 an earlier
//! vertex u that is neither Final, executed nor void is of a round of at least round(v) + interval -
//! depth, above p - depth, so no anchor before the one that executes v makes it void. (b) Its outcome is the one that the home promised: it is a function
//! of the grants up to v's base and of the home's chain up to v (`lane`), which S1 and Lemma 1 fix,
//! unless something that v uses left the home with a checkpoint c that was executed before. Let j
//! announce it. If v's base is j or later, S10 has v use it only if round(v) + interval is at most
//! the least round of c's anchor, so p is below that anchor and v was executed in c at the latest.
//! If v's base is before j, then by S15 and S8 the anchor of c is at least (c - j + 1 - lag)
//! intervals above v, which by S10 is one at least: the same holds.
//!
//! **Lemma 4 (the set's end).** Every Final vertex is executed in the set's last checkpoint at the
//! latest. A quorum certified it in vertices that do not close (S6), a quorum has closing vertices in
//! the anchor's history (S11); one honest author is in both, and by V6 its certifying vertex came
//! first in its chain. So the anchor's history holds the certificate.
//!
//! **Lemma 5 (nothing twice).** An order is executed once: its number names one ticket, a ticket is
//! at one home at a time, and there its sequence must rise (S12). A slot and a budget are given away
//! once: only the lane of their home gives them away (S7), lanes are chains (Lemma 1), and every node
//! executes each certified vertex once, in the chain's order (S13).
//!
//! **Lemma 6 (equal roots).** What an anchor certifies from the floor on is the same at every node
//! that holds its history (`dag`, guarantee 3), and the program is a function of that and of the
//! state before. So honest authorities that compute a checkpoint compute the same, and by S9 a
//! certified one is computed by at least one of them.
//!
//! **Lemma 7 (nobody honest is accused).** By S1 and S2 an honest author never signs two headers that
//! conflict, also across crashes.

use crate::{
	dag::{Dag, Node, Position},
	lane::Place,
	types::{CheckpointNumber, Committee, Parameters, Round},
};
use aci_finality::AuthorityIndex;

/// A rule taken out, to show that what goes wrong without it is found.
#[cfg(any(test, feature = "controls"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
	/// Without S1: an author names the vertex before its newest one.
	S1,
	/// Without S2: nothing is written to the disk.
	S2,
	/// Without S3: nobody is accused.
	S3,
	/// Without S4: more than can be faulty certify.
	S4,
	/// Without S5: one parent is enough.
	S5,
	/// Without S6: one certificate makes Final.
	S6,
	/// Without S7: a ticket pays more than it has.
	S7,
	/// Without S8: an anchor may follow at once.
	S8,
	/// Without S9: whatever is proposed is signed.
	S9,
	/// Without S10: what leaves, leaves with the next checkpoint, and is used until then.
	S10,
	/// Without S11: any anchor closes the set.
	S11,
	/// Without S12: sequences need not rise.
	S12,
	/// Without S13: a checkpoint executes what the node itself has seen certified.
	S13,
	/// Without S14: Final at any age.
	S14,
	/// Without S15: any base will do.
	S15,
	/// Without S16: promises rest on what may become void.
	S16,
}

/// The rules in force in one set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
	/// What all members of the set have in common.
	pub parameters: Parameters,
	/// Number of the checkpoint on which the set started.
	pub start: CheckpointNumber,
	#[cfg(any(test, feature = "controls"))]
	control: Option<Control>,
}

/// Asks whether a rule is taken out. Without the feature `controls` none is, at no cost.
macro_rules! without {
	($rules:expr, $rule:ident) => {{
		#[cfg(any(test, feature = "controls"))]
		let absent = $rules.control == Some(Control::$rule);
		#[cfg(not(any(test, feature = "controls")))]
		let absent = {
			let _ = $rules;
			false
		};
		absent
	}};
}

impl Rules {
	/// All rules, in the set that starts on the state after checkpoint `start`.
	pub fn new(parameters: Parameters, start: CheckpointNumber) -> Self {
		Rules {
			parameters,
			start,
			#[cfg(any(test, feature = "controls"))]
			control: None,
		}
	}

	/// Takes a rule out.
	#[cfg(any(test, feature = "controls"))]
	pub fn set_control(&mut self, control: Option<Control>) {
		self.control = control;
	}

	/// S1: the vertex that the next one names, of the newest and the one before it.
	pub(crate) fn names_newest(&self) -> bool {
		!without!(self, S1)
	}

	/// S2: whether own vertices are kept.
	pub(crate) fn persists(&self) -> bool {
		!without!(self, S2)
	}

	/// S3: whether those who sign two chains are accused.
	pub(crate) fn accuses(&self) -> bool {
		!without!(self, S3)
	}

	/// S4: acknowledgements that certify.
	pub(crate) fn quorum(&self, committee: &Committee) -> usize {
		if without!(self, S4) {
			committee.faults().saturating_add(1)
		} else {
			committee.quorum()
		}
	}

	/// S5: parents of the round before that a vertex needs.
	pub(crate) fn parents(&self, committee: &Committee) -> usize {
		if without!(self, S5) {
			1
		} else {
			committee.quorum()
		}
	}

	/// S6: certificates that make Final.
	pub(crate) fn final_quorum(&self, committee: &Committee) -> usize {
		if without!(self, S6) {
			1
		} else {
			committee.quorum()
		}
	}

	/// V7: the base of vertices that have no parents.
	pub(crate) fn first_base(&self) -> CheckpointNumber {
		self.start
	}

	/// S7
	pub(crate) fn gives_only_what_it_has(&self) -> bool {
		!without!(self, S7)
	}

	/// S8: the least round of the anchor after one of this round.
	pub fn earliest_anchor(&self, last: Round) -> Round {
		if without!(self, S8) {
			last.saturating_add(1)
		} else {
			last.saturating_add(self.parameters.interval)
		}
	}

	/// S9
	pub(crate) fn signs_only_its_own(&self) -> bool {
		!without!(self, S9)
	}

	/// S10: the first checkpoint with which something leaves that the block of `number` announces.
	pub(crate) fn earliest_closing(&self, number: CheckpointNumber) -> CheckpointNumber {
		if without!(self, S10) {
			return number.saturating_add(1);
		}
		number.saturating_add(self.parameters.lag.max(1))
	}

	/// S10: whether something that leaves with checkpoint `closes` is no longer used at `place`.
	pub(crate) fn is_closing(&self, closes: Option<CheckpointNumber>, place: &Place) -> bool {
		let Some(closes) = closes.filter(|_| !without!(self, S10)) else {
			return false;
		};
		let Some(anchor) = place.anchor_round else {
			return true;
		};
		let interval = self.parameters.interval;
		// The least round that the anchor of that checkpoint can have, by S8.
		let spans = closes.saturating_sub(place.base);
		let least = anchor.saturating_add(interval.saturating_mul(spans));
		place.round.saturating_add(interval) > least
	}

	/// S11: whether a vertex can be the anchor of the set's last checkpoint.
	pub(crate) fn closes(&self, dag: &Dag, anchor: &Node, floor: Round) -> bool {
		let committee = dag.committee();
		// The anchor is the head of its own author.
		let closing = dag
			.heads_from(anchor, floor)
			.filter(|head| head.header().closing)
			.count();
		closing >= committee.quorum() || without!(self, S11)
	}

	/// S12
	pub(crate) fn is_new(&self, sequence: u32, newest: u32) -> bool {
		sequence > newest || without!(self, S12)
	}

	/// S13: up to where a checkpoint executes an author's chain.
	pub(crate) fn executable(&self, dag: &Dag, anchor: &Node, author: AuthorityIndex) -> Position {
		if without!(self, S13) {
			return dag.acked_of(author);
		}
		anchor.summary.certified(author)
	}

	/// S14: whether a vertex can be called Final while `newest` is the newest round.
	pub(crate) fn is_young(&self, round: Round, newest: Round) -> bool {
		newest < round.saturating_add(self.parameters.interval) || without!(self, S14)
	}

	/// S15: whether a vertex's base is too old for its lane statements to count.
	pub(crate) fn lags(&self, place: &Place) -> bool {
		if without!(self, S15) {
			return false;
		}
		let Some(anchor) = place.anchor_round else {
			return true;
		};
		let spans = self.parameters.interval.saturating_mul(self.parameters.lag);
		place.round > anchor.saturating_add(spans)
	}

	/// S16: whether a home promises nothing at `round` while its vertex of `open` is open.
	pub(crate) fn holds_back(&self, open: Round, round: Round) -> bool {
		let Parameters {
			interval, depth, ..
		} = self.parameters;
		open.saturating_add(depth) < round.saturating_add(interval) && !without!(self, S16)
	}
}
