use super::{fixed, small, wide};
use crate::{
	convert::Scale,
	model::{Layer, MAX_LAYERS},
	Model, ModelError, TensorError,
};
use proptest::prelude::*;

fn layer(inputs: u16, outputs: u16, rectify: bool) -> Layer {
	let count = usize::from(inputs) * usize::from(outputs);
	Layer {
		inputs,
		outputs,
		scale: Scale {
			multiplier: 1 << 14,
			shift: 14,
			rectify,
		},
		bias: (0..i32::from(outputs)).collect(),
		weights: (0..count).map(|n| (n as i8).wrapping_mul(7)).collect(),
	}
}

#[test]
fn a_model_is_read_as_it_was_written() {
	let model = Model::new(vec![layer(4, 3, true), layer(3, 2, false)]).unwrap();
	assert_eq!(Model::decode(&model.encode()), Ok(model.clone()));
	assert_eq!((model.inputs(), model.outputs()), (4, 2));
	assert_eq!(model.work(), 3 * 34 + 2 * 33);
}

#[test]
fn inference_is_the_chain_of_its_layers() {
	let hidden = Layer {
		inputs: 2,
		outputs: 2,
		scale: Scale {
			multiplier: 1,
			shift: 1,
			rectify: true,
		},
		bias: vec![1, -100],
		weights: vec![1, 2, 3, 4],
	};
	let last = Layer {
		inputs: 2,
		outputs: 1,
		scale: Scale {
			multiplier: 1 << 16,
			shift: 0,
			rectify: false,
		},
		bias: vec![5],
		weights: vec![-2, 9],
	};
	let model = Model::new(vec![hidden, last]).unwrap();
	// (1, 2): sums 8 and -90, halves 4 and 0 after the rectifier; -8 + 5 = -3.
	// (-1, 0): sums 0 and -102, so 0 and 0; 5.
	let output = model.infer(&small(&[2, 2], &[1, 2, -1, 0])).unwrap();
	assert_eq!(output, fixed(&[2, 1], &[-3 << 16, 5 << 16]));
}

#[test]
fn inputs_of_another_width_or_type_are_refused() {
	let model = Model::new(vec![layer(4, 3, true)]).unwrap();
	assert_eq!(
		model.infer(&small(&[3], &[1; 3])),
		Err(TensorError::ShapesDiffer)
	);
	assert_eq!(
		model.infer(&wide(&[4], &[1; 4])),
		Err(TensorError::ElementType)
	);
}

#[test]
fn what_is_no_model_is_refused() {
	let good = Model::new(vec![layer(4, 3, true)]).unwrap().encode();
	let changed = |at: usize, byte: u8| {
		let mut bytes = good.clone();
		bytes[at] = byte;
		Model::decode(&bytes)
	};
	assert_eq!(Model::decode(b"ACI"), Err(ModelError::NotAModel));
	assert_eq!(changed(0, 0), Err(ModelError::NotAModel));
	assert_eq!(changed(4, 2), Err(ModelError::NotAModel));
	assert_eq!(changed(5, 0), Err(ModelError::Length));
	assert_eq!(changed(5, 2), Err(ModelError::Length));
	assert_eq!(changed(5, 200), Err(ModelError::Parameter));
	assert_eq!(changed(7, 255), Err(ModelError::Length));
	assert_eq!(changed(10, 2), Err(ModelError::Parameter));
	assert_eq!(changed(11, 63), Err(ModelError::Parameter));
	let mut longer = good.clone();
	longer.push(0);
	assert_eq!(Model::decode(&longer), Err(ModelError::Length));
	assert_eq!(
		Model::decode(&good[..good.len() - 1]),
		Err(ModelError::Length)
	);
	let differing = vec![layer(4, 3, true), layer(4, 1, false)];
	assert_eq!(Model::new(differing), Err(ModelError::LayersDiffer));
	assert_eq!(Model::new(vec![]), Err(ModelError::Parameter));
	assert_eq!(
		Model::new(vec![layer(1, 1, true); MAX_LAYERS + 1]),
		Err(ModelError::Parameter)
	);
	assert_eq!(
		Model::new(vec![layer(1024, 512, true)]),
		Err(ModelError::TooLarge)
	);
}

proptest! {
	#[test]
	fn decoding_never_panics_and_is_one_to_one(
		bytes in prop::collection::vec(any::<u8>(), 0..200),
		layers in 0u8..4,
	) {
		let mut start = b"ACIM\x01".to_vec();
		start.push(layers);
		// Small dimensions, so that some of them are models.
		start.extend(bytes.iter().enumerate().map(|(n, byte)| if n < 4 { byte % 3 } else { *byte }));
		if let Ok(model) = Model::decode(&start) {
			prop_assert_eq!(model.encode(), start);
		}
		let _ = Model::decode(&bytes);
	}
}
