use super::{fixed, small};
use crate::{ElementType, Shape, Tensor, TensorError};
use proptest::prelude::*;

#[test]
fn bytes_are_read_as_they_were_written() {
	let mut tensor = Tensor::zeros(ElementType::I32, Shape::new(&[2, 2]).unwrap()).unwrap();
	tensor
		.write(4, &[1, 0, 0, 0x80, 0xff, 0xff, 0xff, 0xff])
		.unwrap();
	let mut bytes = [9; 16];
	tensor.read(0, &mut bytes).unwrap();
	assert_eq!(
		bytes,
		[0, 0, 0, 0, 1, 0, 0, 0x80, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]
	);
}

#[test]
fn what_leaves_a_tensor_or_cuts_an_element_is_refused() {
	let mut tensor = fixed(&[2], &[1, 2]);
	for (offset, length) in [(4, 8), (8, 4), (usize::MAX - 3, 8), (1, 4), (0, 3)] {
		let mut bytes = vec![0; length];
		assert_eq!(tensor.write(offset, &bytes), Err(TensorError::OutOfRange));
		assert_eq!(
			tensor.read(offset, &mut bytes),
			Err(TensorError::OutOfRange)
		);
	}
	assert_eq!(tensor, fixed(&[2], &[1, 2]));
	assert!(tensor.write(8, &[]).is_ok());
}

#[test]
fn a_tensor_has_as_many_elements_as_its_shape() {
	let shape = Shape::new(&[3]).unwrap();
	let elements = small(&[2], &[1, 2]).into_elements();
	assert_eq!(Tensor::new(shape, elements), Err(TensorError::ShapesDiffer));
}

#[test]
fn types_have_their_numbers() {
	for number in 0..3 {
		assert_eq!(ElementType::from_number(number).unwrap().number(), number);
	}
	assert_eq!(ElementType::from_number(3), None);
}

proptest! {
	#[test]
	fn any_write_in_range_is_read_back(
		offset in 0usize..64,
		bytes in prop::collection::vec(any::<u8>(), 0..64),
	) {
		let mut tensor = Tensor::zeros(ElementType::I8, Shape::new(&[8, 8]).unwrap()).unwrap();
		let written = tensor.write(offset, &bytes);
		prop_assert_eq!(written.is_ok(), offset + bytes.len() <= 64);
		if written.is_ok() {
			let mut back = vec![0; bytes.len()];
			tensor.read(offset, &mut back).unwrap();
			prop_assert_eq!(back, bytes);
		}
	}
}
