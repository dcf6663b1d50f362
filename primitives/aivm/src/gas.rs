//! The gas table: what every opcode costs, in one place (equations 2 and 3 of the paper).
//!
//! `gas(opcode) = base + unit · size`. One gas is one microsecond of reference time. Gas is counted in
//! thousandths, so MATMUL is exactly `100 + 0.001 · m · n · k` without rounding; only what is shown
//! to people or compared with a limit in whole gas is rounded, up ([`Gas::whole`]).
//!
//! # Guarantees
//!
//! 1. Costs are functions of the opcode and of sizes that are known before the work, so they are
//!    charged before it.
//! 2. A cost that leaves 64 bits is the largest number, which no limit covers: saturation only ever
//!    refuses.
//!
//! # Where the numbers come from
//!
//! MATMUL is the paper's. The units of the other computing opcodes are upper bounds of the time for
//! one unit of size, in a runtime that is itself WebAssembly, on the reference machine; `scripts/gas.sh`
//! prints, for all of them, measured time over paid time in the runtime of a real node. The opcodes that
//! reach into other pallets cost what these pallets' weights come to: reads and writes of the database,
//! signatures, hashes.

use core::{fmt, iter::Sum, ops::AddAssign};

/// Thousandths in one gas.
pub const MILLI: u64 = 1_000;
/// Picoseconds of reference time in a thousandth of a gas: a nanosecond.
pub const PICOSECONDS_PER_MILLI: u64 = 1_000;
/// Thousandths of a gas for one unit of the interpreter's fuel: two nanoseconds. A simple instruction
/// takes a few of them.
pub const MILLI_PER_FUEL: u64 = 2;

/// An amount of gas, in thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gas(u64);

impl Gas {
	/// None.
	pub const ZERO: Self = Self(0);
	/// More than any limit.
	pub const MAX: Self = Self(u64::MAX);

	/// So many thousandths.
	pub const fn from_milli(milli: u64) -> Self {
		Self(milli)
	}

	/// So many whole gas.
	pub const fn from_whole(gas: u64) -> Self {
		Self(gas.saturating_mul(MILLI))
	}

	/// In thousandths.
	pub const fn milli(self) -> u64 {
		self.0
	}

	/// In whole gas, rounded up.
	pub const fn whole(self) -> u64 {
		self.0.div_ceil(MILLI)
	}

	/// In picoseconds of reference time.
	pub const fn picoseconds(self) -> u64 {
		self.0.saturating_mul(PICOSECONDS_PER_MILLI)
	}

	/// The most gas that so much reference time pays for.
	pub const fn from_picoseconds(picoseconds: u64) -> Self {
		Self(picoseconds / PICOSECONDS_PER_MILLI)
	}

	/// What is left after paying `cost`, or `None` when it is more.
	pub const fn checked_sub(self, cost: Self) -> Option<Self> {
		match self.0.checked_sub(cost.0) {
			Some(left) => Some(Self(left)),
			None => None,
		}
	}

	/// The sum; the largest number stands for more than any limit.
	pub const fn saturating_add(self, other: Self) -> Self {
		Self(self.0.saturating_add(other.0))
	}

	/// The difference, zero where it would be negative: what was not used.
	pub const fn saturating_sub(self, other: Self) -> Self {
		Self(self.0.saturating_sub(other.0))
	}
}

impl AddAssign for Gas {
	fn add_assign(&mut self, other: Self) {
		*self = self.saturating_add(other);
	}
}

impl Sum for Gas {
	fn sum<I: Iterator<Item = Self>>(terms: I) -> Self {
		terms.fold(Self::ZERO, Self::saturating_add)
	}
}

impl fmt::Display for Gas {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(formatter, "{}.{:03}", self.0 / MILLI, self.0 % MILLI)
	}
}

/// What an opcode costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
	/// Fixed, in whole gas.
	pub base: u64,
	/// For each unit of size, in thousandths of a gas.
	pub unit: u64,
	/// What one unit of size is.
	pub size: &'static str,
}

macro_rules! opcodes {
	($($(#[$doc:meta])* $opcode:ident, $name:literal, $base:literal, $unit:literal, $size:literal;)*) => {
		/// What a contract can ask of the machine: Table 4 of the paper, ESCROW_RELEASE of its
		/// Listing 1, and what a contract needs beside them.
		#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
		pub enum Opcode {
			$($(#[$doc])* $opcode,)*
		}

		impl Opcode {
			/// All of them, in the order of the table.
			pub const ALL: &'static [Self] = &[$(Self::$opcode,)*];

			/// The name, as the paper writes names.
			pub const fn name(self) -> &'static str {
				match self {
					$(Self::$opcode => $name,)*
				}
			}

			/// Its line of the table.
			pub const fn cost(self) -> Cost {
				match self {
					$(Self::$opcode => Cost { base: $base, unit: $unit, size: $size },)*
				}
			}
		}
	};
}

opcodes! {
	/// A tensor of zeros.
	TensorAlloc, "TENSOR_ALLOC", 2, 1, "byte of the tensor";
	/// Matrix product.
	TensorMatmul, "TENSOR_MATMUL", 100, 1, "multiplication: m·n·k";
	/// Layer normalisation.
	TensorNorm, "TENSOR_NORM", 10, 60, "element, 4 for each row";
	/// Softmax.
	TensorSoftmax, "TENSOR_SOFTMAX", 10, 80, "element, 4 for each row";
	/// A registered model's weights, by hash.
	ModelLoad, "MODEL_LOAD", 100, 10, "byte of the model";
	/// Inference of a model whose weights are on chain.
	ModelInfer, "MODEL_INFER", 100, 1, "multiplication, 30 for each output of a layer";
	/// SHA-256 of a model's weights.
	ModelHash, "MODEL_HASH", 10, 10, "byte of the model";
	/// Verification of a TEE's attestation.
	TeeVerify, "TEE_VERIFY", 5_000, 20, "byte of attestation and statement";
	/// Comparison of two hashes.
	HashCompare, "HASH_COMPARE", 2, 0, "none";
	/// Kullback-Leibler divergence.
	KlDiverge, "KL_DIVERGE", 10, 200, "pair of elements, 4 for each row";
	/// Price and worker for a job.
	HmmQuote, "HMM_QUOTE", 1_000, 0, "none";
	/// Purchase of capacity.
	HmmSwap, "HMM_SWAP", 1_500, 0, "none";
	/// Money of the caller locked.
	EscrowLock, "ESCROW_LOCK", 1_000, 0, "none";
	/// Locked money paid out.
	EscrowRelease, "ESCROW_RELEASE", 1_500, 0, "none";
	/// MODEL_INFER as a job: a worker runs the model, and the contract is called back. The gas of the
	/// call back comes on top.
	ModelOrder, "MODEL_ORDER", 6_000, 20, "byte of the input and of the entry point's name";
	/// Bytes of the contract's memory into a tensor.
	TensorWrite, "TENSOR_WRITE", 2, 2, "byte";
	/// Bytes of a tensor into the contract's memory.
	TensorRead, "TENSOR_READ", 2, 2, "byte";
	/// Shape and type of a tensor.
	TensorShape, "TENSOR_SHAPE", 2, 0, "none";
	/// A tensor given up.
	TensorFree, "TENSOR_FREE", 2, 0, "none";
	/// Elements in another type, scaled.
	TensorConvert, "TENSOR_CONVERT", 5, 10, "element";
	/// Input, returned bytes, accounts, amounts and numbers of the call.
	Context, "CONTEXT", 2, 2, "byte";
	/// The result of the call, or its reason to fail.
	Output, "OUTPUT", 2, 2, "byte";
	/// A value of the contract's storage.
	StorageRead, "STORAGE_READ", 50, 5, "byte of key and value";
	/// A value of the contract's storage replaced or removed.
	StorageWrite, "STORAGE_WRITE", 300, 10, "byte of key and of both values";
	/// An event.
	Event, "EVENT", 30, 5, "byte";
	/// Money of the contract sent.
	Transfer, "TRANSFER", 500, 0, "none";
	/// Another contract called; its own work comes on top.
	Call, "CALL", 1_000, 5, "byte of input";
	/// A contract's code read, checked and set up for one call.
	CodeLoad, "CODE_LOAD", 100, 30, "byte of code";
	/// Memory that a contract starts with.
	Memory, "MEMORY", 5, 1, "byte";
}

impl Opcode {
	/// The opcodes of Table 4 and ESCROW_RELEASE: the first fourteen.
	pub const PAPER: usize = 14;

	/// What the opcode costs at this size.
	pub const fn gas(self, size: u64) -> Gas {
		let Cost { base, unit, .. } = self.cost();
		Gas::from_whole(base).saturating_add(Gas::from_milli(unit.saturating_mul(size)))
	}
}

/// Equation (3): what the product of an (m, k) and a (k, n) matrix costs.
pub const fn matmul(m: u64, n: u64, k: u64) -> Gas {
	Opcode::TensorMatmul.gas(m.saturating_mul(n).saturating_mul(k))
}
