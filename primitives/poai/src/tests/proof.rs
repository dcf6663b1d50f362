use super::{
	fingerprint::{hash, select, states, HIDDEN},
	smollm2, splitmix,
};
use crate::{
	distribution::{weights, DistributionError, TopTokens},
	fingerprint::{binding, Fingerprint, FingerprintError},
	judgement::{read_proof, Doubt, Judgement},
	proof::*,
};
use aci_primitives::proof::{Outcome, ProfileKind};
use proptest::prelude::*;
use sp_core::H256;

const KINDS: [ProfileKind; 4] = [
	ProfileKind::Exact,
	ProfileKind::Numeric,
	ProfileKind::SampledText,
	ProfileKind::Distribution,
];
const PROMPT: [u32; 3] = [7, 8, 9];

/// A proof of this kind over so many tokens, for a vocabulary.
fn proof(kind: ProfileKind, count: u32, vocabulary: u32) -> Proof {
	let mut state = u64::from(count) + 1;
	let mut below = |bound: u32| (splitmix(&mut state) % u64::from(bound)) as u32;
	let tokens: Vec<u32> = (0..count).map(|_| below(vocabulary)).collect();
	match kind {
		ProfileKind::Exact | ProfileKind::Numeric => Proof::Empty,
		ProfileKind::SampledText => Proof::SampledText {
			fingerprint: Fingerprint::new(
				&binding(&hash(1), &hash(2), &PROMPT, &tokens),
				&select(&states(1, count, HIDDEN)),
			),
			tokens,
		},
		ProfileKind::Distribution => {
			let lists = (0..count)
				.map(|_| {
					let logits: Vec<i32> = (0..vocabulary.min(50))
						.map(|_| below(10 << 16) as i32)
						.collect();
					TopTokens::of(&weights(&logits, 1_000).unwrap()).unwrap()
				})
				.collect();
			Proof::Distribution { tokens, lists }
		}
	}
}

/// A proof with its form.
pub fn proof_of(kind: ProfileKind, count: u32, vocabulary: u32) -> (Proof, Form) {
	(
		proof(kind, count, vocabulary),
		form(kind, count, vocabulary),
	)
}

fn form(kind: ProfileKind, count: u32, vocabulary: u32) -> Form {
	Form::new(kind, count, HIDDEN, vocabulary).unwrap()
}

fn root(proof: &Proof) -> H256 {
	proof.root(&hash(1), &hash(2), &PROMPT)
}

#[test]
fn every_proof_decodes_to_itself_and_is_as_long_as_its_form_says() {
	for kind in KINDS {
		for vocabulary in [3, 8, 49_152, 65_536, 65_537, 1 << 24] {
			for count in [0, 1, 40] {
				let (proof, form) = (
					proof(kind, count, vocabulary),
					form(kind, count, vocabulary),
				);
				let bytes = proof.encode(&form);
				assert_eq!(bytes.len(), form.encoded_length());
				assert_eq!(Proof::decode(&bytes, &form).as_ref(), Ok(&proof));
			}
		}
	}
}

#[test]
fn a_proof_of_sampled_text_takes_two_or_three_bytes_for_a_token_beside_its_fingerprint() {
	let length = |vocabulary| form(ProfileKind::SampledText, 100, vocabulary).encoded_length();
	assert_eq!(length(65_536), 100 * 2 + 1 + 800);
	assert_eq!(length(65_537), 100 * 3 + 1 + 800);
	assert_eq!(
		form(ProfileKind::Distribution, 100, 49_152).encoded_length(),
		100 * (2 + 32)
	);
	assert_eq!(form(ProfileKind::Exact, 100, 0).encoded_length(), 0);
}

#[test]
fn the_form_follows_from_receipt_and_manifest() {
	use aci_primitives::{proof::Profile, receipt::Metrics, Receipt};
	let receipt = Receipt {
		job: hash(1),
		input: hash(3),
		output: hash(4),
		model: hash(2),
		tokens_in: 3,
		tokens_out: 20,
		started: 1,
		duration: 1,
		metrics: Metrics {
			flops: 1,
			device_busy: 1,
			peak_memory: 1,
			energy: 0,
		},
		profile: Profile {
			kind: ProfileKind::SampledText,
			calibration: 0,
		},
		proof_root: hash(5),
		seed: hash(6),
	};
	let form = Form::of(&receipt, &smollm2()).unwrap();
	assert_eq!(form.layout().tokens(), 20);
	assert_eq!(form.layout().hidden(), 576);
	assert_eq!(form.encoded_length(), 20 * 2 + 1 + 160);
}

#[test]
fn a_form_outside_the_domain_is_refused() {
	for vocabulary in [0, (1 << 24) + 1] {
		assert_eq!(
			Form::new(ProfileKind::SampledText, 1, 8, vocabulary),
			Err(ProofError::VocabularyOutOfRange)
		);
	}
	assert_eq!(
		Form::new(ProfileKind::Exact, 1, 0, 1),
		Err(ProofError::Fingerprint(FingerprintError::HiddenOutOfRange))
	);
}

#[test]
fn the_root_is_of_one_run_and_one_proof() {
	for kind in [ProfileKind::SampledText, ProfileKind::Distribution] {
		let own = proof(kind, 40, 100);
		let mut roots = vec![
			root(&own),
			own.root(&hash(9), &hash(2), &PROMPT),
			own.root(&hash(1), &hash(9), &PROMPT),
			own.root(&hash(1), &hash(2), &[7, 8]),
			root(&proof(kind, 41, 100)),
		];
		let bytes = own.encode(&form(kind, 40, 100));
		for place in [1, bytes.len() - 1] {
			let mut changed = bytes.clone();
			changed[place] ^= 1;
			roots.extend(Proof::decode(&changed, &form(kind, 40, 100)).map(|proof| root(&proof)));
		}
		let count = roots.len();
		roots.sort();
		roots.dedup();
		assert_eq!(roots.len(), count);
	}
	assert_eq!(root(&Proof::Empty), H256::zero());
}

#[test]
fn a_proof_with_a_list_or_a_token_that_is_none_is_refused() {
	let (kind, vocabulary) = (ProfileKind::Distribution, 100);
	let form = form(kind, 2, vocabulary);
	let bytes = proof(kind, 2, vocabulary).encode(&form);
	let first_list = 4;
	let broken = |place: usize, value: &[u8]| {
		let mut bytes = bytes.clone();
		bytes[place..place + value.len()].copy_from_slice(value);
		Proof::decode(&bytes, &form)
	};
	assert_eq!(broken(0, &[0, 100]), Err(ProofError::UnknownToken));
	assert_eq!(broken(first_list, &[0, 100]), Err(ProofError::UnknownToken));
	assert_eq!(
		broken(first_list + 2, &[0, 0]),
		Err(ProofError::List(DistributionError::NotInOrder))
	);
	assert_eq!(
		broken(first_list + 2, &[0xff, 0xff]),
		Err(ProofError::List(DistributionError::MoreThanOne))
	);
}

#[test]
fn a_proof_that_does_not_arrive_as_committed_is_unavailable_and_no_failure() {
	let kind = ProfileKind::SampledText;
	let (own, form) = (proof(kind, 40, 100), form(kind, 40, 100));
	let bytes = own.encode(&form);
	let read =
		|bytes: &[u8], root: &H256| read_proof(bytes, &form, root, &hash(1), &hash(2), &PROMPT);
	assert_eq!(read(&bytes, &root(&own)).as_ref(), Ok(&own));
	let other = read(&bytes, &hash(77)).unwrap_err();
	assert_eq!(other, Judgement::Inconclusive(Doubt::NotTheProof));
	assert_eq!(other.outcome(), Some(Outcome::Unavailable));
	let none = read(&bytes[1..], &root(&own)).unwrap_err();
	assert_eq!(
		none,
		Judgement::Inconclusive(Doubt::NotAProof(ProofError::WrongLength))
	);
	assert_eq!(none.outcome(), Some(Outcome::Unavailable));
	assert_eq!(
		none.to_string(),
		"what was served is no proof: the proof has the wrong length"
	);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(128))]

	#[test]
	fn arbitrary_bytes_are_refused_or_read_and_never_panic(
		bytes in proptest::collection::vec(any::<u8>(), 0..300),
		kind in 0usize..4,
		count in 0u32..30,
		vocabulary in 1u32..100_000,
	) {
		let form = Form::new(KINDS[kind], count, 4, vocabulary).unwrap();
		if let Ok(proof) = Proof::decode(&bytes, &form) {
			prop_assert_eq!(proof.encode(&form), bytes);
		}
	}

	/// Bytes of the right length, so that tokens, lists and coefficients are looked at.
	#[test]
	fn arbitrary_bytes_of_the_right_length_are_refused_or_read(
		bytes in proptest::collection::vec(any::<u8>(), 1..64),
		kind in 0usize..4,
		count in 0u32..12,
		vocabulary in prop_oneof![1u32..10, 60_000u32..65_537, 1u32 << 24..=1 << 24],
	) {
		let form = Form::new(KINDS[kind], count, 4, vocabulary).unwrap();
		let mut bytes: Vec<u8> = bytes.into_iter().cycle().take(form.encoded_length()).collect();
		let version = count as usize * if vocabulary > 1 << 16 { 3 } else { 2 };
		if kind == 2 {
			bytes[version] = 1;
		}
		match Proof::decode(&bytes, &form) {
			Ok(proof) => prop_assert_eq!(proof.encode(&form), bytes),
			Err(error) => prop_assert_ne!(error, ProofError::WrongLength),
		}
	}

	#[test]
	fn a_mutated_proof_is_refused_or_has_another_root(
		kind in 2usize..4,
		count in 1u32..30,
		changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
	) {
		let (own, form) = (proof(KINDS[kind], count, 300), form(KINDS[kind], count, 300));
		let valid = own.encode(&form);
		let mut bytes = valid.clone();
		for (place, byte) in changes {
			let place = place.index(bytes.len());
			bytes[place] = byte;
		}
		match Proof::decode(&bytes, &form) {
			Ok(proof) => {
				prop_assert_eq!(proof.encode(&form), bytes.clone());
				prop_assert_eq!(root(&proof) == root(&own), bytes == valid);
			}
			Err(error) => prop_assert_ne!(error, ProofError::WrongLength),
		}
	}
}
