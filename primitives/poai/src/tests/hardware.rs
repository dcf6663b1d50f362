use super::{h100, minilm, smollm2};
use crate::{
	compute::least_duration,
	hardware::{cpu_peak, Arithmetic, Device, DEVICES},
};
use aci_primitives::Class;

const ARITHMETICS: [Arithmetic; 3] = [Arithmetic::Bits32, Arithmetic::Bits16, Arithmetic::Bits8];

fn class(device: &Device, arithmetic: Arithmetic, pruned: bool) -> Class {
	Class {
		peak_flops: device.ceiling(arithmetic, pruned),
		bandwidth: device.bandwidth,
		..h100()
	}
}

#[test]
fn a_ceiling_never_falls_with_narrower_arithmetic_or_sparsity() {
	for device in &DEVICES {
		for pair in ARITHMETICS.windows(2) {
			assert!(device.ceiling(pair[0], false) <= device.ceiling(pair[1], false));
		}
		for arithmetic in ARITHMETICS {
			assert_eq!(
				2 * device.ceiling(arithmetic, false),
				device.ceiling(arithmetic, true),
				"{}",
				device.name
			);
		}
	}
}

#[test]
fn bandwidth_governs_a_small_models_tokens_on_every_device() {
	// 98.4 MB at 3.35 TB/s are 29 microseconds a token; 128 tokens after 512 are 3.8 ms for the
	// weights and 4.0 ms with the cache.
	let h100_sxm = &DEVICES[0];
	let of = |tokens_out| {
		let class = class(h100_sxm, Arithmetic::Bits8, true);
		least_duration(&smollm2(), &class, 512, tokens_out).unwrap()
	};
	assert_eq!(of(128), 4_009);
	assert!((29..=32).contains(&(of(128) - of(127))));
	for device in &DEVICES {
		let dense = class(device, Arithmetic::Bits16, false);
		let widest = class(device, Arithmetic::Bits8, true);
		assert_eq!(
			least_duration(&smollm2(), &dense, 512, 128),
			least_duration(&smollm2(), &widest, 512, 128)
		);
		// An embedding reads few bytes: there the arithmetic governs.
		let embedding = |class| least_duration(&minilm(), class, 500, 0).unwrap();
		assert!(embedding(&dense) > embedding(&widest));
	}
}

#[test]
fn a_cpus_peak_is_cores_times_clock_times_width() {
	assert_eq!(cpu_peak(2, 2_500_000_000, 64), 320_000_000_000);
	assert_eq!(cpu_peak(u32::MAX, u64::MAX, 64), u64::MAX);
}
