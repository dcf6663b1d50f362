use crate::gas::{matmul, Gas, Opcode};

#[test]
fn matmul_is_exactly_the_formula_of_the_paper() {
	assert_eq!(matmul(0, 0, 0).milli(), 100_000);
	for (m, n, k) in [
		(1, 1, 1),
		(3, 5, 7),
		(64, 64, 64),
		(512, 512, 512),
		(1, 10_000, 3),
	] {
		// 100 + 0.001 m n k, in thousandths.
		assert_eq!(matmul(m, n, k).milli(), 100 * 1_000 + m * n * k);
	}
	assert_eq!(matmul(512, 512, 512).to_string(), "134317.728");
	assert_eq!(matmul(1, 1, 1).whole(), 101);
}

#[test]
fn a_cost_beyond_64_bits_is_beyond_every_limit() {
	assert_eq!(matmul(u64::MAX, 2, 1), Gas::MAX);
	assert_eq!(Gas::from_whole(u64::MAX), Gas::MAX);
	assert_eq!(Gas::from_milli(5).checked_sub(Gas::from_milli(6)), None);
}

#[test]
fn the_table_has_the_fourteen_opcodes_of_the_paper_first() {
	let names: Vec<_> = Opcode::ALL
		.iter()
		.take(Opcode::PAPER)
		.map(|opcode| opcode.name())
		.collect();
	assert_eq!(
		names,
		[
			"TENSOR_ALLOC",
			"TENSOR_MATMUL",
			"TENSOR_NORM",
			"TENSOR_SOFTMAX",
			"MODEL_LOAD",
			"MODEL_INFER",
			"MODEL_HASH",
			"TEE_VERIFY",
			"HASH_COMPARE",
			"KL_DIVERGE",
			"HMM_QUOTE",
			"HMM_SWAP",
			"ESCROW_LOCK",
			"ESCROW_RELEASE",
		]
	);
}

#[test]
fn every_opcode_has_a_base_and_grows_with_its_size() {
	for opcode in Opcode::ALL {
		let cost = opcode.cost();
		assert!(cost.base > 0, "{} is free", opcode.name());
		let grown = opcode.gas(1_000).milli() - opcode.gas(0).milli();
		assert_eq!(grown, 1_000 * cost.unit);
		assert_eq!(cost.unit == 0, cost.size == "none", "{}", opcode.name());
	}
}

#[test]
fn a_gas_is_a_microsecond() {
	assert_eq!(Gas::from_whole(1).picoseconds(), 1_000_000);
	assert_eq!(Gas::from_picoseconds(1_999), Gas::from_milli(1));
}
