//! Conversions between element types: how sums become operands again.
//!
//! # Rule
//!
//! `y = (x · multiplier + 2^(shift - 1)) >> shift`, the shift arithmetic: rounded to nearest, halves
//! upward. With `rectify` a negative result becomes 0. Then `y` is clamped to the target's range.
//! Clamping is what a quantiser is; all other operations refuse what leaves its type.

use crate::TensorError;

/// The largest shift: with it `x · multiplier + 2^(shift - 1)` is below 2^63.
pub const MAX_SHIFT: u32 = 62;

/// Factor and rectification of a conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
	/// What elements are multiplied with.
	pub multiplier: i32,
	/// Bits that the products are shifted right by: at most [`MAX_SHIFT`].
	pub shift: u32,
	/// Whether negative results become zero.
	pub rectify: bool,
}

impl Scale {
	/// Factor one.
	pub const ONE: Self = Self {
		multiplier: 1,
		shift: 0,
		rectify: false,
	};

	/// The rule for one element, before the clamp.
	fn apply(&self, value: i32) -> i64 {
		// At most 2^62 + 2^61.
		let half = (1i64 << self.shift) >> 1;
		let scaled = (i64::from(value) * i64::from(self.multiplier) + half) >> self.shift;
		if self.rectify {
			scaled.max(0)
		} else {
			scaled
		}
	}

	fn check(&self) -> Result<(), TensorError> {
		if self.shift > MAX_SHIFT {
			return Err(TensorError::Parameter);
		}
		Ok(())
	}

	/// Converts to 8 bits.
	///
	/// Errors: [`TensorError::Parameter`].
	pub fn to_i8<T: Copy + Into<i32>>(
		&self,
		input: &[T],
		out: &mut [i8],
	) -> Result<(), TensorError> {
		self.check()?;
		for (out, value) in out.iter_mut().zip(input) {
			*out = self
				.apply((*value).into())
				.clamp(i64::from(i8::MIN), i64::from(i8::MAX)) as i8;
		}
		Ok(())
	}

	/// Converts to 32 bits.
	///
	/// Errors: [`TensorError::Parameter`].
	pub fn to_i32<T: Copy + Into<i32>>(
		&self,
		input: &[T],
		out: &mut [i32],
	) -> Result<(), TensorError> {
		self.check()?;
		for (out, value) in out.iter_mut().zip(input) {
			*out = self
				.apply((*value).into())
				.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
		}
		Ok(())
	}
}
