//! Published figures of devices, from which a class's least durations follow
//! ([`crate::compute::least_duration`]).
//!
//! A class states one peak and one bandwidth. The floor must hold for every engine that the class
//! admits, so its peak is the device's *ceiling*: the highest rate of any arithmetic that an engine
//! may use for the model, doubled where the device skips zeros in a 2:4 pattern and engines may prune.
//! A floor from a lower figure would refuse honest workers with better kernels.
//!
//! # Guarantees
//!
//! 1. [`Device::ceiling`] never falls with a narrower arithmetic or with sparsity.
//! 2. A class with a device's ceiling and bandwidth refuses no run that the device can do, as far as
//!    the figures are true: they are the vendors', dense, for a whole device.
//!
//! CPUs have no table: [`cpu_peak`] is cores × clock × operations in a cycle.

/// The narrowest arithmetic that engines of a class may multiply in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arithmetic {
	/// 32 bits, without tensor units.
	Bits32,
	/// 16 bits: bfloat16 or binary16.
	Bits16,
	/// 8 bits. Weights of fewer bits are multiplied in 8 or 16.
	Bits8,
}

/// Dense peaks of a device in operations a second, and its memory's bandwidth in bytes a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
	/// The name under which it is sold.
	pub name: &'static str,
	/// In 32 bits; that of 16 where no figure is published.
	pub bits_32: u64,
	/// In 16 bits, with the accumulator that is fastest.
	pub bits_16: u64,
	/// In 8 bits; that of 16 where the device has no faster one.
	pub bits_8: u64,
	/// Bytes a second.
	pub bandwidth: u64,
	/// Whether it doubles its rate on weights with two zeros in four.
	pub skips_zeros: bool,
}

const TERA: u64 = 1_000_000_000_000;
const GIGA: u64 = 1_000_000_000;

/// Data-centre and consumer devices that workers are expected to bring.
pub const DEVICES: [Device; 6] = [
	Device {
		name: "H100 SXM",
		bits_32: 67 * TERA,
		bits_16: 989 * TERA,
		bits_8: 1_979 * TERA,
		bandwidth: 3_350 * GIGA,
		skips_zeros: true,
	},
	Device {
		name: "H100 PCIe",
		bits_32: 51 * TERA,
		bits_16: 756 * TERA,
		bits_8: 1_513 * TERA,
		bandwidth: 2_000 * GIGA,
		skips_zeros: true,
	},
	Device {
		name: "H200 SXM",
		bits_32: 67 * TERA,
		bits_16: 989 * TERA,
		bits_8: 1_979 * TERA,
		bandwidth: 4_800 * GIGA,
		skips_zeros: true,
	},
	Device {
		name: "B200",
		bits_32: 2_250 * TERA,
		bits_16: 2_250 * TERA,
		bits_8: 4_500 * TERA,
		bandwidth: 8_000 * GIGA,
		skips_zeros: true,
	},
	Device {
		name: "A100 80GB SXM",
		bits_32: 19_500 * GIGA,
		bits_16: 312 * TERA,
		bits_8: 624 * TERA,
		bandwidth: 2_040 * GIGA,
		skips_zeros: true,
	},
	Device {
		name: "RTX 4090",
		bits_32: 82_600 * GIGA,
		bits_16: 330 * TERA,
		bits_8: 661 * TERA,
		bandwidth: 1_010 * GIGA,
		skips_zeros: true,
	},
];

impl Device {
	/// The highest rate in operations a second, for engines that multiply in `arithmetic` or wider.
	pub fn ceiling(&self, arithmetic: Arithmetic, pruned: bool) -> u64 {
		let dense = match arithmetic {
			Arithmetic::Bits32 => self.bits_32,
			Arithmetic::Bits16 => self.bits_32.max(self.bits_16),
			Arithmetic::Bits8 => self.bits_32.max(self.bits_16).max(self.bits_8),
		};
		// Saturates for a device that does not exist: a ceiling without end refuses nobody.
		dense.saturating_mul(1 + u64::from(pruned && self.skips_zeros))
	}
}

/// The peak of a CPU in operations a second: 32 in a cycle and core with AVX2 and FMA on binary32, 64
/// with two AVX-512 units. Saturates, as [`Device::ceiling`] does.
pub fn cpu_peak(cores: u32, hertz: u64, operations_in_a_cycle: u32) -> u64 {
	u64::from(cores)
		.saturating_mul(hertz)
		.saturating_mul(u64::from(operations_in_a_cycle))
}
