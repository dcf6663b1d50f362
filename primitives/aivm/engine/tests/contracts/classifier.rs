//! A classifier with its weights on chain.

use crate::{
	contract,
	mock::{Mock, CLIENT},
};
use aci_aivm_engine::{
	aci_aivm::{convert::Scale, model::Layer, ElementType, Elements, Gas, Model, Shape, Tensor},
	Account, Trap,
};

const CLASSIFIER: Account = [1; 32];
const INPUTS: u16 = 16;
const CLASSES: u16 = 4;

/// Which of four quarters of the input is brightest: two layers, so that the rectifier and the
/// conversion between them matter.
fn model() -> Model {
	let quarter = |input: u16| input / (INPUTS / CLASSES);
	let first = Layer {
		inputs: INPUTS,
		outputs: CLASSES,
		scale: Scale {
			multiplier: 1,
			shift: 2,
			rectify: true,
		},
		bias: vec![0; CLASSES.into()],
		weights: (0..INPUTS)
			.flat_map(|input| (0..CLASSES).map(move |class| i8::from(quarter(input) == class)))
			.collect(),
	};
	let second = Layer {
		inputs: CLASSES,
		outputs: CLASSES,
		scale: Scale {
			multiplier: 1 << 12,
			shift: 0,
			rectify: false,
		},
		bias: vec![0; CLASSES.into()],
		weights: (0..CLASSES * CLASSES)
			.map(|n| if n / CLASSES == n % CLASSES { 4 } else { -1 })
			.collect(),
	};
	Model::new(vec![first, second]).unwrap()
}

/// A picture whose quarter `class` is brighter.
fn picture(class: u8, seed: u8) -> Vec<u8> {
	(0..INPUTS as u8)
		.map(|n| n.wrapping_mul(seed) % 20 + if n / 4 == class { 60 } else { 0 })
		.collect()
}

fn deployed() -> Mock {
	let mock = Mock::new();
	mock.install(1, &contract("classifier"));
	let bytes = model().encode();
	let hash = sp_crypto_hashing::sha2_256(&bytes);
	mock.world.borrow_mut().models.insert(hash, bytes);
	let settings = [
		&hash[..],
		&u32::from(INPUTS).to_le_bytes(),
		&u32::from(CLASSES).to_le_bytes(),
	]
	.concat();
	mock.run(CLASSIFIER, "deploy", &settings).unwrap();
	mock
}

#[test]
fn pictures_are_classified_as_the_arithmetic_outside_of_the_machine_says() {
	let mock = deployed();
	let pictures: Vec<_> = (0..20u8).map(|n| picture(n % 4, n * 7 + 1)).collect();
	let output = mock
		.run(CLASSIFIER, "classify", &pictures.concat())
		.unwrap();
	for (n, (answer, picture)) in output.chunks(8).zip(&pictures).enumerate() {
		let class = u32::from_le_bytes(answer[..4].try_into().unwrap());
		assert_eq!(class, n as u32 % 4, "picture {n}");
		let values = picture.iter().map(|byte| *byte as i8).collect();
		let row = Tensor::new(
			Shape::new(&[1, INPUTS.into()]).unwrap(),
			Elements::I8(values),
		);
		let outside = model().infer(&row.unwrap()).unwrap().softmax().unwrap();
		let Elements::Fixed(outside) = outside.elements() else {
			panic!("fixed point")
		};
		let probability = i32::from_le_bytes(answer[4..].try_into().unwrap());
		assert_eq!(Some(&probability), outside.iter().max());
	}
}

#[test]
fn pictures_of_one_class_agree_more_than_pictures_of_two() {
	let mock = deployed();
	let divergence = |a: Vec<u8>, b: Vec<u8>| {
		let output = mock.run(CLASSIFIER, "agreement", &[a, b].concat());
		u32::from_le_bytes(output.unwrap().try_into().unwrap())
	};
	assert_eq!(divergence(picture(1, 3), picture(1, 3)), 0);
	let alike = divergence(picture(1, 0), picture(1, 1));
	// Close pictures: less than a tenth of a unit of information.
	assert!(alike < 65_536 / 10, "{alike}");
}

#[test]
fn wrong_rows_and_a_model_that_is_not_there_are_refused() {
	let mock = deployed();
	let says = |text: &str| Err(Trap::Reverted(text.as_bytes().to_vec()));
	assert_eq!(
		mock.run(CLASSIFIER, "classify", &[1; 15]),
		says("rows of another length")
	);
	assert_eq!(
		mock.run(CLASSIFIER, "classify", b""),
		says("rows of another length")
	);
	mock.world.borrow_mut().models.clear();
	assert_eq!(
		mock.run(CLASSIFIER, "classify", &[1; 16]),
		says("the model is not on chain")
	);
}

#[test]
fn a_layer_of_the_callers_own_weights_is_the_product_and_its_norm() {
	let mock = deployed();
	let (rows, inputs, outputs) = (3u32, 8u32, 5u32);
	let values: Vec<u8> = (0..rows * inputs).map(|n| (n * 37 % 251) as u8).collect();
	let weights: Vec<u8> = (0..inputs * outputs)
		.map(|n| (n * 91 % 253) as u8)
		.collect();
	let input = [
		rows.to_le_bytes().to_vec(),
		inputs.to_le_bytes().to_vec(),
		outputs.to_le_bytes().to_vec(),
		values.clone(),
		weights.clone(),
	]
	.concat();
	let output = mock.run(CLASSIFIER, "linear", &input).unwrap();
	let tensor = |bytes: &[u8], dimensions: &[u32]| {
		let values = bytes.iter().map(|byte| *byte as i8).collect();
		Tensor::new(Shape::new(dimensions).unwrap(), Elements::I8(values)).unwrap()
	};
	let product = tensor(&values, &[rows, inputs])
		.matmul(&tensor(&weights, &[inputs, outputs]))
		.unwrap();
	let scale = Scale {
		multiplier: 1 << 8,
		..Scale::ONE
	};
	let normal = product
		.convert(ElementType::Fixed, &scale)
		.and_then(|product| product.layer_norm(None, None, 42_950))
		.unwrap();
	let Elements::Fixed(normal) = normal.elements() else {
		panic!("fixed point")
	};
	let expected: Vec<u8> = normal
		.iter()
		.flat_map(|value| value.to_le_bytes())
		.collect();
	assert_eq!(output, expected);
}

#[test]
fn a_picture_costs_little_more_than_the_model_does() {
	let mock = deployed();
	let limit = Gas::from_whole(1_000_000);
	let cost = |count: usize| {
		let input = picture(1, 3).repeat(count);
		let (result, gas) = mock.run_as(CLIENT, CLASSIFIER, 0, limit, "classify", &input);
		result.unwrap();
		gas
	};
	let (one, many) = (cost(1), cost(101));
	let each = many.saturating_sub(one).milli() / 100;
	assert!(each < 30_000, "{each} thousandths for each further picture");
	assert!(one < Gas::from_whole(3_000), "{one}");
}
