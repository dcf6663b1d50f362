//! Golden vectors. The expected values were computed by the definitions, outside this crate, with 70
//! decimal digits and one rounding at the end.

use super::{fixed, small};
use crate::{exponential::exp_negative, logarithm::ln, Elements, Tensor};

/// The pseudo-random words of the long vectors: `x' = 1,664,525 x + 1,013,904,223 mod 2^32`.
fn words(seed: u32, count: usize) -> Vec<i32> {
	let mut state = seed;
	(0..count)
		.map(|_| {
			state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
			state as i32
		})
		.collect()
}

fn shifted(seed: u32, count: usize, shift: u32) -> Vec<i32> {
	words(seed, count)
		.into_iter()
		.map(|word| word >> shift)
		.collect()
}

/// FNV-1a over the little-endian words of a result.
fn digest(tensor: &Tensor) -> u64 {
	let (Elements::I32(values) | Elements::Fixed(values)) = tensor.elements() else {
		panic!("32 bits");
	};
	values
		.iter()
		.flat_map(|value| value.to_le_bytes())
		.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
			(hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
		})
}

const ROW: [i32; 8] = [-196_608, 0, 65_536, 131_072, 32_768, -1, 327_680, 70_000];

#[test]
fn softmax_has_its_golden_values() {
	let expected = [20, 397, 1_079, 2_933, 654, 397, 58_902, 1_155];
	assert_eq!(fixed(&[8], &ROW).softmax().unwrap(), fixed(&[8], &expected));
	let long = fixed(&[512], &shifted(1, 512, 12)).softmax().unwrap();
	assert_eq!(digest(&long), 0xd558_32ca_78cc_691e);
}

#[test]
fn norm_has_its_golden_values() {
	let expected = [
		-119_723, -25_725, 5_608, 36_941, -10_058, -25_725, 130_940, 7_742,
	];
	let normal = fixed(&[8], &ROW).layer_norm(None, None, 42_950).unwrap();
	assert_eq!(normal, fixed(&[8], &expected));
	let long = fixed(&[512], &shifted(1, 512, 12))
		.layer_norm(None, None, 42_950)
		.unwrap();
	assert_eq!(digest(&long), 0x97c5_9b55_c4e3_8bbd);
}

#[test]
fn divergence_has_its_golden_values() {
	let p = fixed(&[8], &[10, 20, 30, 40, 0, 5, 65_536, 1]);
	let q = fixed(&[8], &[40, 30, 20, 10, 7, 5, 60_000, 2]);
	assert_eq!(p.divergence(&q), Ok(54));
	let positive = |seed: u32| {
		let values: Vec<i32> = shifted(seed, 512, 12).iter().map(|x| x.abs() + 1).collect();
		values
	};
	let p = fixed(&[512], &positive(1));
	assert_eq!(p.divergence(&fixed(&[512], &positive(2))), Ok(34_678));
}

#[test]
fn products_have_their_golden_values() {
	let bytes = |seed: u32, count: usize| {
		let values: Vec<i8> = shifted(seed, count, 24).iter().map(|x| *x as i8).collect();
		values
	};
	let a = small(&[37, 70], &bytes(3, 37 * 70));
	let product = a.matmul(&small(&[70, 41], &bytes(4, 70 * 41))).unwrap();
	assert_eq!(digest(&product), 0xc0c2_eda3_2882_df03);
	let a = fixed(&[37, 70], &shifted(5, 37 * 70, 13));
	let product = a
		.matmul(&fixed(&[70, 41], &shifted(6, 70 * 41, 13)))
		.unwrap();
	assert_eq!(digest(&product), 0xc65f_923c_090c_299b);
}

#[test]
fn exponentials_and_logarithms_are_near_theirs() {
	let exponentials = [
		(0, 4_611_686_018_427_387_904),
		(1, 4_611_615_650_220_078_421),
		(65_536, 1_696_544_475_317_221_318),
		(100_000, 1_002_718_302_476_251_862),
		(700_000, 105_948_352_524_610),
	];
	for (x, expected) in exponentials {
		assert!(exp_negative(x).abs_diff(expected) < 32, "e^-({x} / 2^16)");
	}
	let logarithms = [
		(1, 0),
		(2, 49_946_518_145_322_873),
		(3, 79_163_358_301_925_545),
		(10, 165_918_741_868_749_488),
		(65_536, 799_144_290_325_165_978),
		(u64::MAX / 2, 3_146_630_643_155_341_041),
	];
	for (x, expected) in logarithms {
		assert!(ln(x).abs_diff(expected) < 16, "ln {x}");
	}
}
