//! Every decoder of what comes from the network or the database takes any bytes, and what it takes
//! is checked without a panic. The bytes are valid ones, changed here and there, and any others; the
//! environment variable `ACI_FUZZ_CASES` sets how many cases are tried.

use aci_finality::{
	certificate::PerAuthority, AuthorityId, AuthoritySet, BlockHash, ConsensusLog, Context,
	Ed25519, Justification, Message, Phase, QuorumCertificate, SecondVote, SetId, Statement,
	Target, ENGINE_ID,
};
use aci_node_finality::{
	chain::{
		authorities::Authorities,
		digest::change_of,
		proof::FinalityProof,
		tree::target_of,
		warp::{Fragment, WarpProof},
	},
	voter::envelope::Envelope,
};
use codec::{Compact, Decode, DecodeAll, Encode};
use sp_core::{crypto::Pair, ed25519};
use sp_runtime::{generic, traits::BlakeTwo256, traits::Header as _, Digest, DigestItem};

/// Headers as the chain has them.
type Header = generic::Header<u32, BlakeTwo256>;

fn keys(count: u8) -> Vec<ed25519::Pair> {
	(1..=count)
		.map(|seed| ed25519::Pair::from_seed(&[seed; 32]))
		.collect()
}

fn ids(keys: &[ed25519::Pair]) -> Vec<AuthorityId> {
	keys.iter().map(|key| key.public().into()).collect()
}

fn set(id: SetId, keys: &[ed25519::Pair]) -> AuthoritySet {
	AuthoritySet::new(id, ids(keys)).expect("keys differ")
}

fn change(keys: &[ed25519::Pair]) -> ConsensusLog {
	ConsensusLog::Change(PerAuthority::try_from(ids(keys)).expect("few keys"))
}

fn header(number: u32, item: DigestItem) -> Header {
	let digest = Digest { logs: vec![item] };
	Header::new(
		number,
		Default::default(),
		Default::default(),
		GENESIS,
		digest,
	)
}

/// A justification of `target` in set 0 by the first three of `keys`.
fn justification(keys: &[ed25519::Pair], target: Target) -> Justification {
	let vote = SecondVote { view: 1, target };
	let context = Context {
		genesis: GENESIS,
		set: 0,
	};
	let payload = context.payload(&Statement::Second(vote));
	let signatures: Vec<_> = keys
		.iter()
		.take(3)
		.enumerate()
		.map(|(index, key)| (index as u16, key.sign(&payload).into()))
		.collect();
	Justification {
		certificate: QuorumCertificate {
			set: 0,
			vote: Phase::Second(vote),
			signatures: PerAuthority::try_from(signatures).expect("few keys"),
		},
	}
}

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
	fn below(&mut self, bound: usize) -> usize {
		self.0 ^= self.0 << 13;
		self.0 ^= self.0 >> 7;
		self.0 ^= self.0 << 17;
		(self.0 % bound.max(1) as u64) as usize
	}
}

const GENESIS: BlockHash = BlockHash::zero();

/// Decodes as a `T`; what is taken is encoded as it came.
fn decoded<T: Decode + Encode>(bytes: &[u8]) -> Option<T> {
	let value = T::decode_all(&mut &*bytes).ok()?;
	assert_eq!(value.encode(), bytes);
	Some(value)
}

/// The justified end of the first of two sets.
fn fragment() -> Fragment<Header> {
	let log = DigestItem::Consensus(ENGINE_ID, change(&keys(5)).encode());
	let header = header(2, log);
	let justification = justification(&keys(4), target_of(&header));
	Fragment {
		header,
		justification,
	}
}

/// Valid encodings of everything.
fn encodings() -> Vec<Vec<u8>> {
	let fragment = fragment();
	let target = target_of(&fragment.header);
	let mut authorities = Authorities::new(set(0, &keys(4)), target);
	let above = Target {
		number: 9,
		hash: GENESIS,
	};
	authorities.announce(above).expect("there is room");
	let message = Message::Certificate(fragment.justification.certificate.clone());
	vec![
		WarpProof {
			fragments: vec![fragment.clone()],
			complete: true,
		}
		.encode(),
		FinalityProof {
			block: target.hash,
			justification: fragment.justification.encode(),
			unknown_headers: vec![fragment.header.clone()],
		}
		.encode(),
		fragment.header.encode(),
		fragment.justification.encode(),
		authorities.encode(),
		change(&keys(4)).encode(),
		Envelope::message(0, message).encode(),
		Envelope::status(3, 4).encode(),
	]
}

/// Decodes `bytes` as everything and uses what comes out.
fn use_all(bytes: &[u8]) {
	let first = set(0, &keys(4));
	if let Some(proof) = decoded::<WarpProof<Header>>(bytes) {
		let _ = proof.verify(GENESIS, first.clone());
	}
	if let Some(proof) = decoded::<FinalityProof<Header>>(bytes) {
		decoded::<Justification>(&proof.justification);
	}
	if let Ok(header) = Header::decode_all(&mut &*bytes) {
		let _ = change_of(&header);
	}
	let item = DigestItem::Consensus(ENGINE_ID, bytes.to_vec());
	let _ = change_of(&header(1, item));
	if let Some(justification) = decoded::<Justification>(bytes) {
		let _ = justification.verify::<Ed25519>(GENESIS, &first);
	}
	if let Some(authorities) = decoded::<Authorities>(bytes) {
		let base = authorities.base();
		let _ = (authorities.set().leader(u64::MAX), authorities.pending());
		let _ = authorities.lowest_on(&base, |_, _| None);
	}
	if let Some(envelope) = Envelope::read(bytes) {
		assert_eq!(
			Envelope::peek(bytes),
			Some((envelope.set, envelope.view)),
			"what is read without decoding the rest"
		);
	}
}

/// One change of `bytes`.
fn change_somewhere(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
	let place = numbers.below(bytes.len());
	match numbers.below(4) {
		0 => bytes.truncate(place),
		1 => {
			// A length that promises more than there is.
			let most = [2_000, u32::MAX as usize][numbers.below(2)];
			let length = Compact(numbers.below(most) as u32).encode();
			let end = bytes.len().min(place + length.len());
			bytes.splice(place..end, length);
		}
		_ => {
			if let Some(byte) = bytes.get_mut(place) {
				*byte = numbers.below(256) as u8;
			}
		}
	}
}

#[test]
fn what_is_made_decodes() {
	assert!(encodings().iter().all(|bytes| {
		decoded::<WarpProof<Header>>(bytes).is_some()
			|| decoded::<FinalityProof<Header>>(bytes).is_some()
			|| decoded::<Header>(bytes).is_some()
			|| decoded::<Justification>(bytes).is_some()
			|| decoded::<Authorities>(bytes).is_some()
			|| decoded::<ConsensusLog>(bytes).is_some()
			|| Envelope::read(bytes).is_some()
	}));
	let proof = WarpProof {
		fragments: vec![fragment()],
		complete: true,
	};
	let next = proof.verify(GENESIS, set(0, &keys(4)));
	assert_eq!(next.expect("it is justified"), set(1, &keys(5)));
}

#[test]
fn no_bytes_make_a_decoder_panic() {
	let cases: usize = std::env::var("ACI_FUZZ_CASES").map_or(5_000, |cases| {
		cases
			.parse()
			.expect("ACI_FUZZ_CASES is the number of cases")
	});
	let encodings = encodings();
	let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
	for _ in 0..cases {
		let mut bytes = encodings[numbers.below(encodings.len())].clone();
		for _ in 0..=numbers.below(3) {
			change_somewhere(&mut bytes, &mut numbers);
		}
		use_all(&bytes);
		let any: Vec<u8> = (0..numbers.below(200))
			.map(|_| numbers.below(256) as u8)
			.collect();
		use_all(&any);
	}
}
