//! What instructions cost, in units of the interpreter's fuel.
//!
//! One unit is [`MILLI_PER_FUEL`](aci_aivm::gas::MILLI_PER_FUEL) thousandths of a gas: two nanoseconds.
//! The interpreter's own costs are one for every instruction. Inside a runtime that is WebAssembly itself
//! that is far from the time: reading a local becomes part of the instruction that uses it and takes
//! nothing, a branch through a table takes twelve nanoseconds, and a call clears the callee's locals.
//!
//! The scale is fixed by the multiplication of 64 bits: a gas buys a microsecond of a chain of them, on the
//! machine that the figures of the project were taken on. All other instructions cost what was measured
//! for them and about a third more, so that none takes longer for its fuel than multiplications do;
//! `scripts/gas.sh` checks it.
//!
//! What costs by the byte is [`BYTES_PER_FUEL`]: memory that is copied, filled or grown, and data that a
//! module brings. The slowest of them is a copy within itself.

use wasmi::{CustomFuelCosts, OperatorCost};

/// Bytes that one unit of fuel copies.
const BYTES_PER_FUEL: u32 = 5;
/// The instruction that fixes the scale: with its operands and its result 14 nanoseconds.
const MULTIPLICATION: u8 = 4;
/// Other numeric instructions, comparisons among them.
const NUMERIC: u8 = 7;
/// Numeric instructions of one operand, and conversions.
const UNARY: u8 = 9;
/// Loads and stores.
const ACCESS: u8 = 4;
/// Calls: with the most parameters and locals that a function may have.
const CALL: u8 = 125;
/// What works on ranges of memory or of the table, besides its bytes.
const RANGE: u8 = 24;

/// Sets fields of the table to one cost.
macro_rules! set {
	($costs:ident, $cost:expr, $($operator:ident)*) => {
		$($costs.$operator = $cost;)*
	};
}

/// What each instruction costs.
pub(crate) fn operators() -> OperatorCost {
	// One for what is not named: reading locals, constants.
	let mut costs = OperatorCost::default();
	set!(costs, NUMERIC,
		i32_add i32_sub i32_mul i32_div_s i32_div_u i32_rem_s i32_rem_u i32_and i32_or i32_xor
		i32_shl i32_shr_s i32_shr_u i32_rotl i32_rotr
		i64_add i64_sub i64_div_s i64_div_u i64_rem_s i64_rem_u i64_and i64_or i64_xor
		i64_shl i64_shr_s i64_shr_u i64_rotl i64_rotr
		i32_eq i32_ne i32_lt_s i32_lt_u i32_gt_s i32_gt_u i32_le_s i32_le_u i32_ge_s i32_ge_u
		i64_eq i64_ne i64_lt_s i64_lt_u i64_gt_s i64_gt_u i64_le_s i64_le_u i64_ge_s i64_ge_u
	);
	set!(costs, UNARY,
		i32_eqz i64_eqz i32_clz i32_ctz i32_popcnt i64_clz i64_ctz i64_popcnt
		i32_wrap_i64 i64_extend_i32_s i64_extend_i32_u
		i32_extend8_s i32_extend16_s i64_extend8_s i64_extend16_s i64_extend32_s
	);
	set!(costs, ACCESS,
		i32_load i64_load i32_load8_s i32_load8_u i32_load16_s i32_load16_u
		i64_load8_s i64_load8_u i64_load16_s i64_load16_u i64_load32_s i64_load32_u
		i32_store i64_store i32_store8 i32_store16 i64_store8 i64_store16 i64_store32
	);
	set!(costs, CALL, call call_indirect);
	set!(costs, RANGE,
		memory_copy memory_fill memory_init table_copy table_init data_drop elem_drop
	);
	costs.i64_mul = MULTIPLICATION;
	costs.local_set = 2;
	costs.local_tee = 2;
	costs.global_get = 7;
	costs.global_set = 7;
	costs.select = 3;
	costs.br = 7;
	costs.br_if = 8;
	costs.br_table = 10;
	costs.if_ = 8;
	costs.else_ = 7;
	costs.return_ = 7;
	costs.memory_size = 7;
	costs.memory_grow = 10;
	costs
}

/// What copying and translating costs by the byte.
pub(crate) fn bytes() -> CustomFuelCosts {
	CustomFuelCosts {
		bytes_copied_per_fuel: BYTES_PER_FUEL,
		fuel_per_bytes_translated: 22,
		fuel_per_bytes_validated: 22,
	}
}
