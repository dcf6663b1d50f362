//! Why an operation on tensors is refused.

use core::fmt;

/// Why an operation on tensors is refused. Nothing is changed by an operation that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TensorError {
	/// No dimension, more than four, or one that is zero. Give one to four positive dimensions.
	Shape,
	/// The tensor or its last dimension is over the bound. Split it.
	TooLarge,
	/// The shapes do not fit each other: for a product the inner dimensions, otherwise all of them.
	ShapesDiffer,
	/// The operation does not take elements of this type, or of these two together. Convert first.
	ElementType,
	/// A sum or a result leaves its type. Scale the operands down.
	Overflow,
	/// An offset or a length leaves the tensor, or cuts an element.
	OutOfRange,
	/// A parameter is out of its range: the shift of a conversion, the epsilon of a norm.
	Parameter,
	/// A distribution has a negative entry, or its sum is zero.
	NotADistribution,
	/// The divergence is infinite: the second distribution is zero where the first is not.
	Infinite,
}

impl fmt::Display for TensorError {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		formatter.write_str(match self {
			Self::Shape => "a shape has one to four positive dimensions",
			Self::TooLarge => "the tensor or its last dimension is over the bound",
			Self::ShapesDiffer => "the shapes do not fit each other",
			Self::ElementType => "the operation does not take these element types",
			Self::Overflow => "a sum or a result leaves its type",
			Self::OutOfRange => "an offset or a length leaves the tensor or cuts an element",
			Self::Parameter => "a parameter is out of its range",
			Self::NotADistribution => "a distribution has a negative entry or the sum zero",
			Self::Infinite => "the divergence is infinite",
		})
	}
}
