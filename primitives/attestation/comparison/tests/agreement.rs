//! Agreement on genuine evidence and on evidence that was changed.

use aci_attestation_comparison::{Sample, Words};

/// Each sample and a time in which its collateral is valid.
const SAMPLES: [(&str, u64); 4] = [
	("sgx_quote", 1_750_400_000),
	("tdx_quote", 1_750_400_000),
	("tdx_quote_td15ex", 1_791_500_000),
	("tdx_quote_outdated", 1_771_500_000),
];

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
	fn below(&mut self, bound: usize) -> usize {
		self.0 = self
			.0
			.wrapping_mul(6_364_136_223_846_793_005)
			.wrapping_add(1_442_695_040_888_963_407);
		(self.0 >> 33) as usize % bound
	}
}

#[test]
fn both_say_the_same_of_genuine_evidence_at_all_times() {
	for (name, now) in SAMPLES {
		let Some(sample) = Sample::read(name) else {
			return;
		};
		let at = sample.judge(now);
		assert!(at.agree(), "{name}: {at:?}");
		assert_eq!(
			at.ours.is_none(),
			name == "tdx_quote_outdated",
			"{name}: {at:?}"
		);
		for day in -60i64..60 {
			let now = now.checked_add_signed(day * 86_400).unwrap();
			let words = sample.judge(now);
			assert!(words.agree(), "{name} at {now}: {words:?}");
		}
	}
}

/// Bytes of header and body that the attestation key signs in every sample, at least.
const SIGNED: usize = 432;

#[test]
fn both_refuse_a_quote_of_which_a_signed_byte_changed() {
	let mut numbers = Numbers(1);
	for (name, now) in SAMPLES {
		let Some(sample) = Sample::read(name) else {
			return;
		};
		for _ in 0..100 {
			let mut changed = sample.clone();
			changed.quote[numbers.below(SIGNED)] ^= 1 << numbers.below(8);
			let words = changed.judge(now);
			assert_eq!(
				words,
				Words {
					ours: None,
					other: None
				},
				"{name}"
			);
		}
	}
}

#[test]
fn ours_refuses_a_quote_of_which_any_byte_before_the_certificates_changed() {
	let mut numbers = Numbers(4);
	for (name, now) in SAMPLES {
		let Some(sample) = Sample::read(name) else {
			return;
		};
		let text = sample
			.quote
			.windows(5)
			.position(|window| window == b"-----")
			.unwrap();
		for _ in 0..100 {
			let mut changed = sample.clone();
			let place = SIGNED + numbers.below(text - SIGNED);
			changed.quote[place] ^= 1 << numbers.below(8);
			// The other does not look at the kind and length of what holds the signatures.
			assert_eq!(changed.judge(now).ours, None, "{name}, byte {place}");
		}
	}
}

#[test]
fn ours_is_never_laxer_whatever_is_changed() {
	let mut numbers = Numbers(2);
	let mut differences = 0;
	for (name, now) in SAMPLES {
		let Some(sample) = Sample::read(name) else {
			return;
		};
		for round in 0..300 {
			let mut changed = sample.clone();
			let collateral = &mut changed.collateral;
			let bytes = match round % 6 {
				0 | 1 => &mut changed.quote,
				2 => &mut collateral.root_ca_crl,
				3 => &mut collateral.pck_crl,
				4 => &mut collateral.tcb_info_signature,
				_ => &mut collateral.qe_identity_signature,
			};
			let place = numbers.below(bytes.len());
			match numbers.below(4) {
				0 => bytes[place] = numbers.below(256) as u8,
				1 => bytes[place] ^= 1 << numbers.below(8),
				2 => drop(bytes.remove(place)),
				_ => bytes.insert(place, numbers.below(256) as u8),
			}
			let words = changed.judge(now);
			assert!(
				words.ours_is_not_laxer(),
				"{name}, round {round}, byte {place}: {words:?}"
			);
			differences += usize::from(!words.agree());
		}
	}
	println!("ours refused what the other accepted in {differences} of 1200 cases");
}

#[test]
fn ours_is_never_laxer_on_changed_statements() {
	let mut numbers = Numbers(3);
	for (name, now) in SAMPLES {
		let Some(sample) = Sample::read(name) else {
			return;
		};
		for round in 0..100 {
			let mut changed = sample.clone();
			let text = match round % 3 {
				0 => &mut changed.collateral.tcb_info,
				1 => &mut changed.collateral.qe_identity,
				_ => &mut changed.collateral.tcb_info_issuer_chain,
			};
			let place = numbers.below(text.len());
			let letter = char::from(b' ' + numbers.below(94) as u8);
			text.replace_range(place..place + 1, &letter.to_string());
			let words = changed.judge(now);
			assert!(
				words.ours_is_not_laxer(),
				"{name}, round {round}, byte {place}: {words:?}"
			);
		}
	}
}

#[test]
fn both_refuse_collateral_of_another_platform() {
	let samples: Vec<_> = SAMPLES
		.iter()
		.filter_map(|(name, now)| Some((Sample::read(name)?, *now)))
		.collect();
	for (one, now) in &samples {
		for (other, _) in &samples {
			if one.collateral.tcb_info == other.collateral.tcb_info {
				continue;
			}
			let mixed = Sample {
				quote: one.quote.clone(),
				collateral: other.collateral.clone(),
			};
			let words = mixed.judge(*now);
			assert_eq!(
				words,
				Words {
					ours: None,
					other: None
				}
			);
		}
	}
}
