use crate::{software_tee::*, verify_ed25519};
use aci_primitives::evidence::{Binding, EvidenceError, SoftwareGpuQuote, SoftwareQuote, TeeKind};
use aci_primitives::AccountId;
use sp_core::{ed25519, Pair, H256};
use sp_crypto_hashing::blake2_256;

fn binding() -> Binding {
	Binding {
		genesis: H256::repeat_byte(1),
		account: AccountId::new([2; 32]),
		session_key: ed25519::Pair::from_seed(&[3; 32]).public(),
		data_key: [4; 32],
		recent_block: H256::repeat_byte(5),
		device_evidence: H256::zero(),
	}
}

fn good_quote() -> SoftwareQuote {
	quote(
		&development_root(),
		DEVELOPMENT_MEASUREMENT,
		binding().report_data(),
		H256::repeat_byte(6),
	)
}

fn check(root: Option<&ed25519::Public>, quote: &SoftwareQuote) -> Result<(), EvidenceError> {
	verify(root, quote, &binding().report_data(), verify_ed25519).map(|_| ())
}

#[test]
fn the_development_constants_are_what_their_phrases_give() {
	assert_eq!(development_root().public(), development_root_key());
	assert_eq!(
		DEVELOPMENT_MEASUREMENT,
		H256(blake2_256(b"aci worker development measurement"))
	);
}

#[test]
fn a_quote_of_the_root_stands_and_says_what_was_signed() {
	let claims = verify(
		Some(&development_root_key()),
		&good_quote(),
		&binding().report_data(),
		verify_ed25519,
	)
	.expect("a good quote");
	assert_eq!(claims.tee, TeeKind::Software);
	assert_eq!(claims.measurement, DEVELOPMENT_MEASUREMENT);
	assert_eq!(claims.hardware, H256::repeat_byte(6));
	assert_eq!(claims.gpu, None);
	assert_eq!(claims.report_data, binding().report_data());
}

#[test]
fn a_quote_with_a_gpu_stands_for_that_gpu_alone() {
	let root = development_root_key();
	let quote = quote_gpu(
		&development_root(),
		DEVELOPMENT_MEASUREMENT,
		binding().report_data(),
		H256::repeat_byte(6),
		H256::repeat_byte(7),
	);
	let check = |root: Option<&ed25519::Public>, quote: &SoftwareGpuQuote, data: &[u8; 64]| {
		verify_gpu(root, quote, data, verify_ed25519)
	};
	let data = binding().report_data();
	let claims = check(Some(&root), &quote, &data).expect("a good quote");
	assert_eq!(claims.gpu, Some(H256::repeat_byte(7)));
	assert_eq!(claims.hardware, H256::repeat_byte(6));
	assert_eq!(
		check(None, &quote, &data),
		Err(EvidenceError::TeeNotAccepted)
	);
	assert_eq!(
		check(Some(&root), &quote, &[0; 64]),
		Err(EvidenceError::WrongReportData)
	);
	let other = SoftwareGpuQuote {
		gpu: H256::repeat_byte(8),
		..quote.clone()
	};
	assert_eq!(
		check(Some(&root), &other, &data),
		Err(EvidenceError::BadSignature)
	);
	// The signature of a quote without a GPU is not one of a quote with a GPU of zeros.
	let bare = good_quote();
	let other = SoftwareGpuQuote {
		gpu: H256::zero(),
		signature: bare.signature,
		..quote
	};
	assert_eq!(
		check(Some(&root), &other, &data),
		Err(EvidenceError::BadSignature)
	);
}

#[test]
fn a_chain_without_a_root_accepts_no_quote() {
	assert_eq!(
		check(None, &good_quote()),
		Err(EvidenceError::TeeNotAccepted)
	);
}

#[test]
fn a_quote_of_another_root_does_not_stand() {
	let other = ed25519::Pair::from_seed(&[9; 32]);
	let forged = quote(
		&other,
		DEVELOPMENT_MEASUREMENT,
		binding().report_data(),
		H256::repeat_byte(6),
	);
	assert_eq!(
		check(Some(&development_root_key()), &forged),
		Err(EvidenceError::BadSignature)
	);
	assert_eq!(check(Some(&other.public()), &forged), Ok(()));
}

#[test]
fn every_field_of_a_quote_is_signed() {
	let root = development_root_key();
	let root = Some(&root);
	let mut changed = good_quote();
	changed.measurement = H256::repeat_byte(7);
	assert_eq!(check(root, &changed), Err(EvidenceError::BadSignature));

	let mut changed = good_quote();
	changed.hardware = H256::repeat_byte(7);
	assert_eq!(check(root, &changed), Err(EvidenceError::BadSignature));

	let mut changed = good_quote();
	changed.report_data[40] ^= 1;
	assert_eq!(check(root, &changed), Err(EvidenceError::WrongReportData));
	let changed_data = changed.report_data;
	assert_eq!(
		verify(root, &changed, &changed_data, verify_ed25519).map(|_| ()),
		Err(EvidenceError::BadSignature)
	);
}

#[test]
fn a_quote_for_other_keys_chain_account_or_block_does_not_stand() {
	let changes: [fn(&mut Binding); 6] = [
		|b| b.genesis = H256::repeat_byte(9),
		|b| b.account = AccountId::new([9; 32]),
		|b| b.session_key = ed25519::Public::from_raw([9; 32]),
		|b| b.data_key = [9; 32],
		|b| b.recent_block = H256::repeat_byte(9),
		|b| b.device_evidence = H256::repeat_byte(9),
	];
	for (index, change) in changes.into_iter().enumerate() {
		let mut other = binding();
		change(&mut other);
		let expected = other.report_data();
		assert_eq!(
			verify(
				Some(&development_root_key()),
				&good_quote(),
				&expected,
				verify_ed25519
			)
			.map(|_| ()),
			Err(EvidenceError::WrongReportData),
			"change {index}"
		);
	}
}
