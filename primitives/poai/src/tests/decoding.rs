//! Every decoder takes any bytes: what workers serve and sign, and the file of thresholds.
//!
//! The environment variable `ACI_FUZZ_CASES` sets how many changed encodings of each kind are tried.

use super::{fingerprint::hash, h100, proof::proof_of, smollm2, splitmix, text_order};
use crate::{
	check_receipt,
	judgement::read_proof,
	level1::Expected,
	proof::{Form, Proof},
	thresholds::file,
	verify_ed25519,
};
use aci_primitives::{proof::ProfileKind, receipt::Metrics, Receipt, SignedReceipt};
use codec::{DecodeAll, Encode};
use sp_core::{ed25519, Pair, H256};

fn cases() -> u64 {
	std::env::var("ACI_FUZZ_CASES").map_or(3_000, |cases| {
		cases
			.parse()
			.expect("ACI_FUZZ_CASES is the number of cases")
	})
}

/// Changes an encoding in one to three places: bits, bytes, cuts, doubled parts.
fn changed(mut bytes: Vec<u8>, case: u64) -> Vec<u8> {
	let mut state = case;
	let mut below = |limit: usize| (splitmix(&mut state) % limit.max(1) as u64) as usize;
	for _ in 0..=below(3) {
		let at = below(bytes.len());
		match below(6) {
			0..=2 => bytes[at] ^= 1 << below(8),
			3 => bytes[at] = below(256) as u8,
			4 => bytes.truncate(at.max(1)),
			_ => {
				let end = bytes.len().min(at + below(24));
				bytes.extend_from_within(at..end);
			}
		}
	}
	bytes
}

#[test]
fn a_changed_proof_is_refused_or_another_proof() {
	for kind in [ProfileKind::SampledText, ProfileKind::Distribution] {
		let (proof, form) = proof_of(kind, 40, 500);
		let whole = proof.encode(&form);
		let root = proof.root(&hash(1), &hash(2), &[7, 8, 9]);
		for case in 0..cases() {
			let bytes = changed(whole.clone(), case);
			match Proof::decode(&bytes, &form) {
				// A proof has one encoding.
				Ok(found) => assert_eq!(found.encode(&form), bytes),
				Err(error) => assert!(!error.to_string().is_empty()),
			}
			let read = read_proof(&bytes, &form, &root, &hash(1), &hash(2), &[7, 8, 9]);
			assert_eq!(read.is_ok(), bytes == whole);
		}
	}
	// Forms of any figures have a length, or are refused before anything is decoded.
	let mut state = 5;
	for _ in 0..cases() {
		let [tokens, hidden, vocabulary] =
			core::array::from_fn(|_| (splitmix(&mut state) >> (splitmix(&mut state) % 64)) as u32);
		if let Ok(form) = Form::new(ProfileKind::SampledText, tokens, hidden, vocabulary) {
			let _ = Proof::decode(&[1; 64], &form);
		}
	}
}

#[test]
fn a_changed_receipt_never_passes() {
	let (spec, class, manifest) = (text_order(), h100(), smollm2());
	let session = ed25519::Pair::from_seed(&[8; 32]);
	let genesis = H256::repeat_byte(0x77);
	let job = H256::repeat_byte(3);
	let receipt = Receipt {
		job,
		input: spec.input.sha256(),
		output: H256::repeat_byte(9),
		model: spec.model,
		tokens_in: 9,
		tokens_out: 30,
		started: 1_000_000,
		duration: 2_000_000,
		metrics: Metrics {
			flops: 1,
			device_busy: 1,
			peak_memory: manifest.weight_bytes,
			energy: 5,
		},
		profile: spec.profile,
		proof_root: H256::repeat_byte(4),
		seed: H256::repeat_byte(5),
	};
	let signature = session.sign(receipt.signing_hash(&genesis).as_bytes());
	let signed = SignedReceipt { receipt, signature };
	let whole = signed.encode();
	let session_key = session.public();
	let expected = Expected {
		genesis: &genesis,
		job: &job,
		spec: &spec,
		class: &class,
		manifest: &manifest,
		session_key: &session_key,
	};
	let mut decoded = 0;
	for case in 0..cases() {
		let bytes = changed(whole.clone(), case);
		let Ok(found) = SignedReceipt::decode_all(&mut &bytes[..]) else {
			continue;
		};
		decoded += 1;
		assert_eq!(found.encode(), bytes);
		if bytes != whole {
			assert!(!verify_ed25519(
				&found.signature,
				found.receipt.signing_hash(&genesis).as_bytes(),
				&session_key
			));
		}
		assert!(check_receipt(&expected, &found, verify_ed25519).is_err());
	}
	assert!(decoded > 0);
}

#[test]
fn a_changed_file_of_thresholds_is_refused_or_usable() {
	let whole = serde_json::to_vec_pretty(&file::shipped().unwrap()).unwrap();
	let mut read = 0;
	for case in 0..cases() {
		match file::parse(&changed(whole.clone(), case)) {
			Ok(thresholds) => {
				read += 1;
				thresholds.check().unwrap();
			}
			Err(error) => assert!(!error.to_string().is_empty()),
		}
	}
	assert!(read > 0);
}
