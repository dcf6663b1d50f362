//! Shapes: one to four positive dimensions, the last one contiguous in memory.

use crate::TensorError;

/// Dimensions that a tensor may have.
pub const MAX_RANK: usize = 4;
/// Bytes that one tensor may have: half of what the runtime's allocator gives in one piece.
pub const MAX_TENSOR_BYTES: u64 = 16 * 1024 * 1024;
/// Largest last dimension of a norm, a softmax and a divergence. Their error bounds hold up to it.
pub const MAX_WIDTH: usize = 65_536;

/// Elements that a row counts for besides its own, where operations on rows are charged.
pub const ROW: u64 = 4;

/// The dimensions of a tensor in row-major order.
///
/// Invariants: the rank is 1 to [`MAX_RANK`], every dimension is positive, and the product is at
/// most [`MAX_TENSOR_BYTES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
	// Those beyond the rank are 1.
	dimensions: [u32; MAX_RANK],
	rank: usize,
}

impl Shape {
	/// A shape of these dimensions.
	///
	/// Errors: [`TensorError::Shape`], [`TensorError::TooLarge`].
	pub fn new(given: &[u32]) -> Result<Self, TensorError> {
		if given.is_empty() || given.len() > MAX_RANK {
			return Err(TensorError::Shape);
		}
		let mut dimensions = [1; MAX_RANK];
		let mut product = 1u64;
		for (slot, dimension) in dimensions.iter_mut().zip(given) {
			if *dimension == 0 {
				return Err(TensorError::Shape);
			}
			*slot = *dimension;
			product = product
				.checked_mul(u64::from(*dimension))
				.filter(|product| *product <= MAX_TENSOR_BYTES)
				.ok_or(TensorError::TooLarge)?;
		}
		Ok(Self {
			dimensions,
			rank: given.len(),
		})
	}

	/// The dimensions, outermost first.
	pub fn dimensions(&self) -> &[u32] {
		self.dimensions.get(..self.rank).unwrap_or(&[])
	}

	/// Number of elements: at most [`MAX_TENSOR_BYTES`].
	pub fn elements(&self) -> usize {
		self.dimensions.iter().fold(1, |product: usize, dimension| {
			product.saturating_mul(*dimension as usize)
		})
	}

	/// The last dimension.
	pub fn width(&self) -> usize {
		self.dimensions().last().map_or(1, |last| *last as usize)
	}

	/// The product of all dimensions but the last.
	pub fn rows(&self) -> usize {
		self.elements() / self.width().max(1)
	}

	/// The size that operations on rows are charged by: elements, and [`ROW`] more for each row, for the
	/// root, the division or the logarithms that it takes once.
	pub fn row_work(&self) -> u64 {
		// At most 2^24 and 2^26.
		(self.elements() as u64).saturating_add(ROW.saturating_mul(self.rows() as u64))
	}

	/// The dimensions before the last two.
	pub fn leading(&self) -> &[u32] {
		let outer = self.rank.saturating_sub(2);
		self.dimensions.get(..outer).unwrap_or(&[])
	}

	/// As a stack of matrices: (how many, rows, columns). `None` for one dimension.
	pub fn matrices(&self) -> Option<(usize, usize, usize)> {
		match *self.dimensions() {
			[rows, columns] => Some((1, rows as usize, columns as usize)),
			[count, rows, columns] => Some((count as usize, rows as usize, columns as usize)),
			[outer, inner, rows, columns] => Some((
				(outer as usize).saturating_mul(inner as usize),
				rows as usize,
				columns as usize,
			)),
			_ => None,
		}
	}

	/// This shape with another last dimension.
	///
	/// Errors: [`TensorError::Shape`], [`TensorError::TooLarge`].
	pub fn with_width(&self, width: u32) -> Result<Self, TensorError> {
		let mut dimensions = self.dimensions;
		if let Some(last) = dimensions
			.get_mut(..self.rank)
			.and_then(|given| given.last_mut())
		{
			*last = width;
		}
		Self::new(dimensions.get(..self.rank).unwrap_or(&[]))
	}
}
