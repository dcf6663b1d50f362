//! Judges what peers send, before anything is passed on.
//!
//! # Guarantees
//!
//! 1. What is accepted is of the set in force, near the present view or a certificate above it, and
//!    every signature in it was checked; so what an honest node passes on, another accepts.
//! 2. At most [`COPIES`] different messages of one authority, kind and view are accepted. Two are
//!    needed to show that an authority contradicts itself. Of views far ahead, timeouts and
//!    proposals are accepted one by one as they rise, two a second: they bring a node that lags
//!    back to the others.
//! 3. Memory is bounded by the number of connected peers and the size of the set, whatever is sent.
//! 4. The cheap checks come first: the peer's tokens, size, set, view, signer, copies; signatures
//!    last. A certificate that was checked lately is not checked again.
//!
//! A peer that lags is told what it lacks, at most once a second: of an older set the justification
//! that ended it, within the set the newest certificates.

use super::{
	early::Early,
	envelope::{largest, Envelope, Payload, LARGEST},
	peers::{Peer, Rate},
};
use aci_finality::{
	AuthorityIndex, AuthoritySet, BlockHash, BlockNumber, Ed25519, Justification, Message,
	QuorumCertificate, SetId, SignedVote, TimeoutCertificate, View,
};
use codec::Encode;
use sc_network::{PeerId, ReputationChange};
use std::{
	collections::{BTreeMap, HashMap, VecDeque},
	sync::Arc,
	time::{Duration, Instant},
};

/// Views before the present one whose messages are still accepted.
pub const PAST_VIEWS: View = 8;
/// Views after the present one whose messages are accepted.
pub const FUTURE_VIEWS: View = 8;
/// Different messages of one authority, kind and view that are accepted.
pub const COPIES: u8 = 2;
/// Shortest time between two messages of one authority and kind from views far ahead: half of the
/// shortest honest timeout.
pub const FAR_INTERVAL: Duration = Duration::from_millis(500);
/// Certificates remembered as checked.
const CHECKED: usize = 128;

/// What was made of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
	/// For the state machine, and to be passed on.
	Accepted,
	/// A peer said where it is.
	Status,
	/// Of the next set: held until it is in force.
	Early,
	/// Of a set that is over.
	OldSet,
	/// Of a set further away than the next.
	FarSet,
	/// Of a view that is over.
	OldView,
	/// Of a view too far ahead: the node lags, and tells the peer so.
	FarView,
	/// The peer sends more than it may.
	TooMuch,
	/// Larger than a message of the set can be.
	Oversized,
	/// Not a message.
	Undecodable,
	/// Its signer is not in the set, or is not the view's leader.
	Stranger,
	/// Enough of this authority, kind and view were accepted.
	Copy,
	/// A signature or certificate does not stand.
	Forged,
}

impl Verdict {
	/// Its name in metrics.
	pub fn name(self) -> &'static str {
		match self {
			Verdict::Accepted => "accepted",
			Verdict::Status => "status",
			Verdict::Early => "early",
			Verdict::OldSet => "old_set",
			Verdict::FarSet => "far_set",
			Verdict::OldView => "old_view",
			Verdict::FarView => "far_view",
			Verdict::TooMuch => "too_much",
			Verdict::Oversized => "oversized",
			Verdict::Undecodable => "undecodable",
			Verdict::Stranger => "stranger",
			Verdict::Copy => "copy",
			Verdict::Forged => "forged",
		}
	}

	/// What it does to the sender's reputation. A peer is banned at about -1.5 * 2^30 and recovers
	/// by a two-hundredth a second. Honest peers check before they pass on, so a forgery is the
	/// sender's doing. Being late or early happens to everyone, and so does a third certificate of
	/// one view: nodes make them of different votes.
	pub fn reputation(self) -> Option<ReputationChange> {
		let (value, reason) = match self {
			Verdict::Accepted | Verdict::Status | Verdict::Early | Verdict::FarView => return None,
			Verdict::OldSet => (-(1 << 4), "finality: old set"),
			Verdict::OldView => (-(1 << 4), "finality: old view"),
			Verdict::FarSet => (-(1 << 8), "finality: far set"),
			Verdict::TooMuch => (-(1 << 12), "finality: too many messages"),
			Verdict::Copy => (-(1 << 6), "finality: too many copies"),
			Verdict::Stranger => (-(1 << 24), "finality: not its signer's to say"),
			Verdict::Oversized => (-(1 << 28), "finality: oversized message"),
			Verdict::Undecodable => (-(1 << 28), "finality: not a message"),
			Verdict::Forged => (-(1 << 28), "finality: forged message"),
		};
		Some(ReputationChange::new(value, reason))
	}
}

/// What to do about a message.
#[derive(Debug)]
pub struct Judgement {
	/// What was made of it.
	pub verdict: Verdict,
	/// What to answer the sender, encoded.
	pub answers: Vec<Vec<u8>>,
}

/// What is told of the justification that ended a set.
pub type LastOf = Arc<dyn Fn(SetId) -> Option<Justification> + Send + Sync>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
	Proposal,
	First,
	Second,
	Timeout,
	FirstCertificate,
	SecondCertificate,
	Timeouts,
}

/// The judge, with what it knows of the set, the view and the peers.
pub struct Sieve {
	genesis: BlockHash,
	last_of: LastOf,
	set: Option<Arc<AuthoritySet>>,
	rate: Rate,
	view: View,
	finalised: BlockNumber,
	newest: Vec<Vec<u8>>,
	peers: HashMap<PeerId, Peer>,
	accepted: BTreeMap<(View, Kind, AuthorityIndex), u8>,
	far: BTreeMap<(Kind, AuthorityIndex), (View, Instant)>,
	checked: VecDeque<[u8; 32]>,
	early: Early,
	withheld: Option<PeerId>,
}

impl Sieve {
	/// A judge that knows no set yet.
	pub fn new(genesis: BlockHash, last_of: LastOf) -> Self {
		Sieve {
			genesis,
			last_of,
			set: None,
			rate: Rate::of_set(0, 0),
			view: 1,
			finalised: 0,
			newest: Vec::new(),
			peers: HashMap::new(),
			accepted: BTreeMap::new(),
			far: BTreeMap::new(),
			checked: VecDeque::new(),
			early: Early::default(),
			withheld: None,
		}
	}

	/// `set` is in force. Gives up the messages of it that came before.
	pub fn enter(&mut self, set: AuthoritySet) -> Vec<Vec<u8>> {
		if self.set_id() == Some(set.id()) {
			return Vec::new();
		}
		self.rate = Rate::of_set(set.len(), set.quorum());
		self.view = 1;
		self.newest.clear();
		self.accepted.clear();
		self.far.clear();
		self.checked.clear();
		let id = set.id();
		self.set = Some(Arc::new(set));
		let mut early = self.early.take();
		early.retain(|bytes| Envelope::peek(bytes).is_some_and(|(set, _)| set == id));
		early
	}

	/// The node is in `view` and `finalised` is final; peers that lag are sent `newest`.
	pub fn advance(&mut self, view: View, finalised: BlockNumber, newest: Vec<Message>) {
		let Some(set) = self.set_id() else {
			return;
		};
		self.view = view;
		self.finalised = finalised;
		self.newest = newest
			.into_iter()
			.map(|message| Envelope::message(set, message).encode())
			.collect();
		self.accepted = self.accepted.split_off(&(
			view.saturating_sub(PAST_VIEWS),
			Kind::Proposal,
			AuthorityIndex::MIN,
		));
	}

	/// What this node says of itself.
	pub fn status(&self) -> Option<Vec<u8>> {
		let set = self.set.as_ref()?.id();
		Some(Envelope::status(set, self.view).encode())
	}

	/// A peer connected.
	pub fn connected(&mut self, peer: PeerId, now: Instant) {
		self.peers.insert(peer, Peer::new(self.rate, now));
	}

	/// A peer is gone.
	pub fn disconnected(&mut self, peer: &PeerId) {
		self.peers.remove(peer);
		self.early.forget(peer);
	}

	/// The peers that are connected.
	pub fn peers(&self) -> Vec<PeerId> {
		self.peers.keys().copied().collect()
	}

	/// Messages of the next set that are held.
	pub fn early(&self) -> usize {
		self.early.count()
	}

	/// Whether a kept message is of no use any more.
	pub fn expired(&self, bytes: &[u8]) -> bool {
		let Some((set, view)) = Envelope::peek(bytes) else {
			return true;
		};
		let far = view > self.view.saturating_add(FUTURE_VIEWS);
		self.set_id() != Some(set) || self.is_over(view) || far
	}

	/// Whether `peer` has a use for a message.
	pub fn wants(&self, peer: &PeerId, bytes: &[u8]) -> bool {
		let Some((set, _)) = Envelope::peek(bytes) else {
			return false;
		};
		if self.withheld.as_ref() == Some(peer) {
			return false;
		}
		match self.peers.get(peer).and_then(|peer| peer.place) {
			Some((place, _)) => place == set || place.saturating_add(1) == set,
			None => true,
		}
	}

	/// Nothing is sent to this peer until told otherwise.
	pub fn withhold_from(&mut self, peer: Option<PeerId>) {
		self.withheld = peer;
	}

	/// Judges a message of a connected peer.
	pub fn judge(&mut self, sender: &PeerId, bytes: &[u8], now: Instant) -> Judgement {
		let mut answers = Vec::new();
		let verdict = self.judge_peer(sender, bytes, now, &mut answers);
		Judgement { verdict, answers }
	}

	/// Judges a message that was held until its set came. Nobody is charged for it.
	pub fn judge_early(&mut self, bytes: &[u8]) -> Verdict {
		match Envelope::read(bytes) {
			Some(Envelope {
				payload: Payload::Message(message),
				view,
				..
			}) => self.judge_message(None, view, &message, Instant::now()),
			_ => Verdict::Undecodable,
		}
	}

	fn judge_peer(
		&mut self,
		sender: &PeerId,
		bytes: &[u8],
		now: Instant,
		answers: &mut Vec<Vec<u8>>,
	) -> Verdict {
		let rate = self.rate;
		let Some(own) = self.set.as_ref().map(|set| (set.id(), set.len())) else {
			return Verdict::FarSet;
		};
		let peer = self
			.peers
			.entry(*sender)
			.or_insert_with(|| Peer::new(rate, now));
		if !peer.bucket.take(1, rate, now) {
			return Verdict::TooMuch;
		}
		if bytes.len() > LARGEST {
			return Verdict::Oversized;
		}
		let Some((set, view)) = Envelope::peek(bytes) else {
			return Verdict::Undecodable;
		};
		if set == own.0 && bytes.len() > largest(own.1) {
			return Verdict::Oversized;
		}
		if set != own.0 && Envelope::read(bytes).is_none() {
			return Verdict::Undecodable;
		}
		if set < own.0 {
			if peer.help(now) {
				answers.extend(self.end_of(set));
			}
			return match Envelope::read(bytes) {
				Some(Envelope {
					payload: Payload::Status,
					..
				}) => self.note_place(sender, (set, view)),
				_ => Verdict::OldSet,
			};
		}
		let Some(envelope) = Envelope::read(bytes) else {
			return Verdict::Undecodable;
		};
		match envelope.payload {
			Payload::Status => {
				let lags = set == own.0 && view.saturating_add(1) < self.view;
				if lags && peer.help(now) {
					answers.extend(self.newest.iter().cloned());
				}
				self.note_place(sender, (set, view))
			}
			Payload::Message(_) if set == own.0.saturating_add(1) => {
				self.early.hold(sender, bytes);
				Verdict::Early
			}
			Payload::Message(_) if set != own.0 => Verdict::FarSet,
			Payload::Message(message) => {
				let verdict = self.judge_message(Some(sender), view, &message, now);
				let behind = verdict == Verdict::FarView
					&& self
						.peers
						.get_mut(sender)
						.is_some_and(|peer| peer.help(now));
				if behind {
					answers.extend(self.status());
				}
				verdict
			}
		}
	}

	fn note_place(&mut self, peer: &PeerId, place: (SetId, View)) -> Verdict {
		if let Some(peer) = self.peers.get_mut(peer) {
			peer.place = Some(place);
		}
		Verdict::Status
	}

	fn end_of(&self, set: SetId) -> Option<Vec<u8>> {
		let last = (self.last_of)(set)?;
		Some(Envelope::message(set, Message::Certificate(last.certificate)).encode())
	}

	fn set_id(&self) -> Option<SetId> {
		self.set.as_ref().map(|set| set.id())
	}

	fn is_over(&self, view: View) -> bool {
		view.saturating_add(PAST_VIEWS) < self.view
	}

	fn judge_message(
		&mut self,
		sender: Option<&PeerId>,
		view: View,
		message: &Message,
		now: Instant,
	) -> Verdict {
		let Some(set) = self.set.clone() else {
			return Verdict::FarSet;
		};
		let (kind, signer) = match message {
			Message::Proposal(proposal) => (Kind::Proposal, Some(proposal.proposal.signer)),
			Message::Vote(SignedVote::First(vote)) => (Kind::First, Some(vote.signer)),
			Message::Vote(SignedVote::Second(vote)) => (Kind::Second, Some(vote.signer)),
			Message::Timeout(timeout) => (Kind::Timeout, Some(timeout.timeout.signer)),
			Message::Certificate(certificate) if certificate.finalises() => {
				(Kind::SecondCertificate, None)
			}
			Message::Certificate(_) => (Kind::FirstCertificate, None),
			Message::Timeouts(_) => (Kind::Timeouts, None),
		};
		let finalises = match message {
			Message::Certificate(certificate) => {
				certificate.finalises() && certificate.target().number > self.finalised
			}
			_ => false,
		};
		if self.is_over(view) && !finalises {
			return Verdict::OldView;
		}
		let far = view > self.view.saturating_add(FUTURE_VIEWS);
		if far && matches!(kind, Kind::First | Kind::Second) {
			return Verdict::FarView;
		}
		if let Some(signer) = signer {
			let leads = kind != Kind::Proposal || set.leader(view) == signer;
			if set.authority(signer).is_none() || !leads {
				return Verdict::Stranger;
			}
		}
		let place = (view, kind, signer.unwrap_or_default());
		let far = far && signer.is_some();
		if far && !self.may_be_far(&place, now) {
			return Verdict::FarView;
		}
		if self
			.accepted
			.get(&place)
			.is_some_and(|copies| *copies >= COPIES)
		{
			return Verdict::Copy;
		}
		let rate = self.rate;
		if let Some(peer) = sender.and_then(|sender| self.peers.get_mut(sender)) {
			if !peer.bucket.take(checks(message), rate, now) {
				return Verdict::TooMuch;
			}
		}
		if !self.stands(&set, message) {
			return Verdict::Forged;
		}
		if far {
			self.far.insert((kind, place.2), (view, now));
		} else if self.accepted.len() < table_bound(set.len()) {
			let copies = self.accepted.entry(place).or_default();
			*copies = copies.saturating_add(1);
		}
		Verdict::Accepted
	}

	/// Whether a proposal or timeout of a view far ahead is taken: a higher one than the last of its
	/// signer, and not too soon after it.
	fn may_be_far(&self, place: &(View, Kind, AuthorityIndex), now: Instant) -> bool {
		let (view, kind, signer) = *place;
		self.far.get(&(kind, signer)).is_none_or(|(last, when)| {
			view > *last && now.saturating_duration_since(*when) >= FAR_INTERVAL
		})
	}

	fn stands(&mut self, set: &AuthoritySet, message: &Message) -> bool {
		let genesis = self.genesis;
		match message {
			Message::Vote(SignedVote::First(vote)) => vote.verify::<Ed25519>(genesis, set),
			Message::Vote(SignedVote::Second(vote)) => vote.verify::<Ed25519>(genesis, set),
			Message::Proposal(proposal) => {
				let said = &proposal.proposal.statement;
				high_fits(proposal.justify.as_ref(), said.justify_view)
					&& proposal.timeouts.as_ref().map(TimeoutCertificate::digest)
						== said.timeout_digest
					&& proposal.proposal.verify::<Ed25519>(genesis, set)
					&& proposal
						.justify
						.as_ref()
						.is_none_or(|justify| self.quorum_stands(set, justify))
					&& proposal
						.timeouts
						.as_ref()
						.is_none_or(|timeouts| self.timeouts_stand(set, timeouts))
			}
			Message::Timeout(timeout) => {
				high_fits(timeout.high.as_ref(), timeout.timeout.statement.high_view)
					&& timeout.timeout.verify::<Ed25519>(genesis, set)
					&& timeout
						.high
						.as_ref()
						.is_none_or(|high| self.quorum_stands(set, high))
			}
			Message::Certificate(certificate) => self.quorum_stands(set, certificate),
			Message::Timeouts(timeouts) => self.timeouts_stand(set, timeouts),
		}
	}

	fn quorum_stands(&mut self, set: &AuthoritySet, certificate: &QuorumCertificate) -> bool {
		let genesis = self.genesis;
		self.once(certificate.encode(), || {
			certificate.verify::<Ed25519>(genesis, set).is_ok()
		})
	}

	fn timeouts_stand(&mut self, set: &AuthoritySet, certificate: &TimeoutCertificate) -> bool {
		let genesis = self.genesis;
		self.once(certificate.encode(), || {
			certificate.verify::<Ed25519>(genesis, set).is_ok()
		})
	}

	fn once(&mut self, encoded: Vec<u8>, check: impl FnOnce() -> bool) -> bool {
		let digest = sp_crypto_hashing::blake2_256(&encoded);
		if self.checked.contains(&digest) {
			return true;
		}
		let stands = check();
		if stands {
			if self.checked.len() >= CHECKED {
				self.checked.pop_front();
			}
			self.checked.push_back(digest);
		}
		stands
	}
}

/// Whether a certificate is the one of first votes in `view` that a statement names; none for 0.
fn high_fits(certificate: Option<&QuorumCertificate>, view: View) -> bool {
	match certificate {
		None => view == 0,
		Some(certificate) => view > 0 && certificate.view() == view && !certificate.finalises(),
	}
}

/// Signature checks that a message may cost.
fn checks(message: &Message) -> u64 {
	let quorum = |certificate: &QuorumCertificate| certificate.signatures.len();
	let timeouts = |certificate: &TimeoutCertificate| {
		certificate.timeouts.len() + certificate.high.as_deref().map_or(0, quorum)
	};
	let checks = match message {
		Message::Vote(_) => 1,
		Message::Proposal(proposal) => {
			1 + proposal.justify.as_ref().map_or(0, quorum)
				+ proposal.timeouts.as_ref().map_or(0, timeouts)
		}
		Message::Timeout(timeout) => 1 + timeout.high.as_ref().map_or(0, quorum),
		Message::Certificate(certificate) => quorum(certificate),
		Message::Timeouts(certificate) => timeouts(certificate),
	};
	checks as u64
}

/// Entries of the table of accepted messages: every kind of every authority in every view of the
/// window.
fn table_bound(authorities: usize) -> usize {
	(PAST_VIEWS + FUTURE_VIEWS + 1) as usize * (4 * authorities + 3)
}
