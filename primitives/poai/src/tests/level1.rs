use super::{h100, minilm, smollm2, text_order};
use crate::{
	check_receipt, compute,
	level1::{Expected, ReceiptError},
	verify_ed25519,
};
use aci_primitives::{
	job::{job_id, sampling_seed},
	proof::{Profile, ProfileKind},
	receipt::Metrics,
	AccountId, Class, Hash, JobId, JobSpec, ModelManifest, Receipt, SignedReceipt,
};
use proptest::prelude::*;
use sp_core::{ed25519, Pair, H256};

/// All that a receipt is checked against, and the key that signs.
struct Scene {
	genesis: Hash,
	job: JobId,
	spec: JobSpec,
	class: Class,
	manifest: ModelManifest,
	session: ed25519::Pair,
}

impl Scene {
	fn new() -> Self {
		Self::with(text_order(), smollm2())
	}

	fn embedding() -> Self {
		let mut spec = text_order();
		spec.parameters.max_tokens_out = 0;
		spec.profile = Profile {
			kind: ProfileKind::Numeric,
			calibration: 3,
		};
		Self::with(spec, minilm())
	}

	fn with(spec: JobSpec, manifest: ModelManifest) -> Self {
		let genesis = H256::repeat_byte(0x77);
		Scene {
			job: job_id(&genesis, &AccountId::new([1; 32]), 1, &spec),
			genesis,
			spec,
			class: h100(),
			manifest,
			session: ed25519::Pair::from_seed(&[8; 32]),
		}
	}

	/// An honest receipt.
	fn receipt(&self, tokens_in: u32, tokens_out: u32) -> Receipt {
		let Scene {
			manifest, class, ..
		} = self;
		let flops = compute::operations(manifest.kind, &manifest.shape, tokens_in, tokens_out)
			.expect("within the model");
		let duration = compute::least_duration(manifest, class, tokens_in, tokens_out)
			.expect("within the model")
			+ 1_000;
		Receipt {
			job: self.job,
			input: self.spec.input.sha256(),
			output: H256::repeat_byte(0x33),
			model: self.spec.model,
			tokens_in,
			tokens_out,
			started: 1_800_000_000_000,
			duration,
			metrics: Metrics {
				flops,
				device_busy: duration - 100,
				peak_memory: manifest.weight_bytes + 50_000_000,
				energy: 12,
			},
			profile: self.spec.profile,
			proof_root: H256::repeat_byte(0x44),
			seed: sampling_seed(&self.job, &self.spec.parameters.seed, &self.spec.model),
		}
	}

	fn sign(&self, receipt: Receipt) -> SignedReceipt {
		let signature = self
			.session
			.sign(receipt.signing_hash(&self.genesis).as_bytes());
		SignedReceipt { receipt, signature }
	}

	fn check(&self, signed: &SignedReceipt) -> Result<(), ReceiptError> {
		let session_key = self.session.public();
		let expected = Expected {
			genesis: &self.genesis,
			job: &self.job,
			spec: &self.spec,
			class: &self.class,
			manifest: &self.manifest,
			session_key: &session_key,
		};
		check_receipt(&expected, signed, verify_ed25519)
	}
}

/// An honest receipt of a text.
pub fn good_receipt() -> Receipt {
	Scene::new().receipt(20, 10)
}

#[test]
fn an_honest_receipt_passes() {
	let scene = Scene::new();
	assert_eq!(scene.check(&scene.sign(scene.receipt(37, 8))), Ok(()));
	// The order's maxima, the least, and an end token at once.
	assert_eq!(scene.check(&scene.sign(scene.receipt(64, 32))), Ok(()));
	assert_eq!(scene.check(&scene.sign(scene.receipt(1, 1))), Ok(()));
	assert_eq!(scene.check(&scene.sign(scene.receipt(1, 0))), Ok(()));
	let scene = Scene::embedding();
	assert_eq!(scene.check(&scene.sign(scene.receipt(20, 0))), Ok(()));
}

#[test]
fn a_receipt_at_the_floor_and_at_the_memory_bounds_passes() {
	let scene = Scene::new();
	let mut receipt = scene.receipt(37, 8);
	receipt.duration =
		compute::least_duration(&scene.manifest, &scene.class, 37, 8).expect("within the model");
	receipt.metrics.device_busy = receipt.duration;
	for peak in [scene.manifest.weight_bytes, scene.class.memory] {
		receipt.metrics.peak_memory = peak;
		assert_eq!(scene.check(&scene.sign(receipt.clone())), Ok(()));
	}
}

/// A change to a receipt, the error when the worker signs the changed receipt, and whether the
/// field is judged by what it says (else only the signature holds it).
type Case = (&'static str, fn(&mut Receipt), Result<(), ReceiptError>);

/// Every field of a receipt, changed to something untrue.
const CASES: [Case; 26] = [
	(
		"job",
		|r| r.job = H256::repeat_byte(1),
		Err(ReceiptError::WrongJob),
	),
	(
		"input",
		|r| r.input = H256::repeat_byte(1),
		Err(ReceiptError::WrongInput),
	),
	("output", |r| r.output = H256::repeat_byte(1), Ok(())),
	(
		"model",
		|r| r.model = H256::repeat_byte(1),
		Err(ReceiptError::WrongModel),
	),
	(
		"no token in",
		|r| r.tokens_in = 0,
		Err(ReceiptError::NoInputTokens),
	),
	(
		"fewer tokens in",
		|r| r.tokens_in -= 1,
		Err(ReceiptError::WrongOperations),
	),
	(
		"more tokens in",
		|r| r.tokens_in += 1,
		Err(ReceiptError::WrongOperations),
	),
	(
		"too many tokens in",
		|r| r.tokens_in = 65,
		Err(ReceiptError::TooManyTokensIn),
	),
	(
		"fewer tokens out",
		|r| r.tokens_out -= 1,
		Err(ReceiptError::WrongOperations),
	),
	(
		"more tokens out",
		|r| r.tokens_out += 1,
		Err(ReceiptError::WrongOperations),
	),
	(
		"too many tokens out",
		|r| r.tokens_out = 33,
		Err(ReceiptError::TooManyTokensOut),
	),
	("other start", |r| r.started += 1, Ok(())),
	(
		"start zero",
		|r| r.started = 0,
		Err(ReceiptError::ImplausibleTime),
	),
	(
		"start without end",
		|r| r.started = u64::MAX / 1_000,
		Err(ReceiptError::ImplausibleTime),
	),
	(
		"no time at all",
		|r| r.duration = 0,
		Err(ReceiptError::TooFast),
	),
	(
		"shorter than busy",
		|r| r.duration -= 101,
		Err(ReceiptError::BusyLongerThanRun),
	),
	(
		"endless",
		|r| r.duration = u64::MAX,
		Err(ReceiptError::ImplausibleTime),
	),
	(
		"fewer operations",
		|r| r.metrics.flops -= 1,
		Err(ReceiptError::WrongOperations),
	),
	(
		"more operations",
		|r| r.metrics.flops += 1,
		Err(ReceiptError::WrongOperations),
	),
	(
		"busy",
		|r| r.metrics.device_busy = r.duration + 1,
		Err(ReceiptError::BusyLongerThanRun),
	),
	(
		"memory below weights",
		|r| r.metrics.peak_memory = 98_362_431,
		Err(ReceiptError::MemoryBelowWeights),
	),
	(
		"memory above hardware",
		|r| r.metrics.peak_memory = 80_000_000_001,
		Err(ReceiptError::MemoryAboveHardware),
	),
	("energy", |r| r.metrics.energy += 1, Ok(())),
	(
		"profile",
		|r| r.profile.calibration += 1,
		Err(ReceiptError::WrongProfile),
	),
	(
		"proof root",
		|r| r.proof_root = H256::repeat_byte(1),
		Ok(()),
	),
	(
		"seed",
		|r| r.seed = H256::repeat_byte(1),
		Err(ReceiptError::WrongSeed),
	),
];

#[test]
fn every_untrue_field_that_a_worker_signs_has_its_own_error() {
	let scene = Scene::new();
	for (field, change, result) in CASES {
		let mut receipt = scene.receipt(37, 8);
		change(&mut receipt);
		assert_eq!(scene.check(&scene.sign(receipt)), result, "{field}");
	}
}

#[test]
fn every_field_is_held_by_the_signature() {
	let scene = Scene::new();
	for (field, change, result) in CASES {
		let mut signed = scene.sign(scene.receipt(37, 8));
		change(&mut signed.receipt);
		// What level 1 cannot judge fails at the signature.
		let expected = result.and(Err(ReceiptError::BadSignature));
		assert_eq!(scene.check(&signed), expected, "{field}");
	}
}

#[test]
fn a_receipt_of_another_chain_fails() {
	let scene = Scene::new();
	let receipt = scene.receipt(37, 8);
	let elsewhere = H256::repeat_byte(0x78);
	let signature = scene
		.session
		.sign(receipt.signing_hash(&elsewhere).as_bytes());
	assert_eq!(
		scene.check(&SignedReceipt { receipt, signature }),
		Err(ReceiptError::BadSignature)
	);
}

#[test]
fn a_receipt_of_another_worker_fails() {
	let scene = Scene::new();
	let mut other = Scene::new();
	other.session = ed25519::Pair::from_seed(&[9; 32]);
	assert_eq!(
		scene.check(&other.sign(scene.receipt(37, 8))),
		Err(ReceiptError::BadSignature)
	);
}

#[test]
fn a_receipt_for_another_job_of_the_same_order_fails() {
	let scene = Scene::new();
	let mut again = Scene::new();
	again.job = job_id(&again.genesis, &AccountId::new([1; 32]), 2, &again.spec);
	assert_eq!(
		again.check(&scene.sign(scene.receipt(37, 8))),
		Err(ReceiptError::WrongJob)
	);
}

#[test]
fn a_run_on_lesser_hardware_than_it_needs_fails() {
	let mut scene = Scene::new();
	let signed = scene.sign(scene.receipt(37, 8));
	scene.class.memory = scene.manifest.weight_bytes;
	assert_eq!(scene.check(&signed), Err(ReceiptError::ModelTooLarge));

	let mut scene = Scene::new();
	scene.class.peak_flops /= 1_000;
	assert_eq!(scene.check(&signed), Err(ReceiptError::TooFast));

	let mut scene = Scene::new();
	scene.class.bandwidth /= 1_000;
	assert_eq!(scene.check(&signed), Err(ReceiptError::TooFast));

	let mut scene = Scene::new();
	scene.class.bandwidth = 0;
	assert_eq!(scene.check(&signed), Err(ReceiptError::HardwareUnknown));
}

#[test]
fn a_profile_that_the_model_does_not_offer_fails() {
	let mut scene = Scene::new();
	let signed = scene.sign(scene.receipt(37, 8));
	scene.manifest.profiles = vec![ProfileKind::Exact].try_into().expect("short");
	assert_eq!(scene.check(&signed), Err(ReceiptError::ProfileNotAllowed));
}

#[test]
fn an_embedding_with_output_tokens_or_beyond_its_context_fails() {
	let mut scene = Scene::embedding();
	scene.spec.parameters.max_tokens_out = 5;
	scene.spec.parameters.max_tokens_in = 1_000;
	let mut receipt = scene.receipt(20, 0);
	receipt.tokens_out = 1;
	assert_eq!(
		scene.check(&scene.sign(receipt)),
		Err(ReceiptError::OutsideModel)
	);
	let mut receipt = scene.receipt(20, 0);
	receipt.tokens_in = 513;
	assert_eq!(
		scene.check(&scene.sign(receipt)),
		Err(ReceiptError::OutsideModel)
	);
}

#[test]
fn the_signature_is_not_verified_for_a_receipt_that_fails_before() {
	let scene = Scene::new();
	let mut receipt = scene.receipt(37, 8);
	receipt.metrics.flops += 1;
	let signed = scene.sign(receipt);
	let session_key = scene.session.public();
	let expected = Expected {
		genesis: &scene.genesis,
		job: &scene.job,
		spec: &scene.spec,
		class: &scene.class,
		manifest: &scene.manifest,
		session_key: &session_key,
	};
	let mut verified = false;
	let result = check_receipt(&expected, &signed, |_, _, _| {
		verified = true;
		true
	});
	assert_eq!(
		(result, verified),
		(Err(ReceiptError::WrongOperations), false)
	);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn an_honest_receipt_of_any_length_passes(tokens_in in 1u32..=64, tokens_out in 0u32..=32) {
		let scene = Scene::new();
		let signed = scene.sign(scene.receipt(tokens_in, tokens_out));
		prop_assert_eq!(scene.check(&signed), Ok(()));
	}

	#[test]
	fn any_flipped_bit_of_receipt_or_signature_fails(byte in 0usize..512, bit in 0u8..8) {
		use codec::{DecodeAll, Encode};
		let scene = Scene::new();
		let signed = scene.sign(scene.receipt(37, 8));
		let mut bytes = signed.encode();
		let byte = byte % bytes.len();
		bytes[byte] ^= 1 << bit;
		if let Ok(changed) = SignedReceipt::decode_all(&mut bytes.as_slice()) {
			prop_assert!(scene.check(&changed).is_err());
		}
	}

	#[test]
	fn no_figures_panic(
		tokens_in in any::<u32>(),
		tokens_out in any::<u32>(),
		started in any::<u64>(),
		duration in any::<u64>(),
		flops in any::<u128>(),
		device_busy in any::<u64>(),
		peak_memory in any::<u64>(),
		memory in any::<u64>(),
		peak_flops in any::<u64>(),
		bandwidth in any::<u64>(),
		layers in any::<u32>(),
		head_dimension in any::<u32>(),
	) {
		let mut scene = Scene::new();
		let mut receipt = scene.receipt(37, 8);
		scene.class = Class { memory, peak_flops, bandwidth, ..scene.class };
		scene.manifest.shape.layers = layers;
		scene.manifest.shape.head_dimension = head_dimension;
		scene.spec.parameters.max_tokens_in = u32::MAX;
		scene.spec.parameters.max_tokens_out = u32::MAX;
		receipt.tokens_in = tokens_in;
		receipt.tokens_out = tokens_out;
		receipt.started = started;
		receipt.duration = duration;
		receipt.metrics = Metrics { flops, device_busy, peak_memory, energy: 0 };
		// Random operations are never the formula's, so a receipt that passes would be a fault.
		prop_assert!(scene.check(&scene.sign(receipt)).is_err());
	}
}
