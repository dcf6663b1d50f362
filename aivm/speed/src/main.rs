//! Millions of multiplications a second of the AIVM's matrix products, for each type of elements and
//! several shapes. The least time of many runs counts: other work on the machine can only add to it.

use aci_aivm::{ElementType, Elements, Shape, Tensor};
use std::{hint::black_box, time::Instant};

const SHAPES: [(u32, u32, u32); 7] = [
	(1, 1_024, 1_024),
	(1_024, 1_024, 1),
	(64, 1_024, 16),
	(64, 64, 64),
	(128, 128, 128),
	(256, 256, 256),
	(512, 512, 512),
];

fn tensor(element: ElementType, dimensions: [u32; 2]) -> Tensor {
	let shape = Shape::new(&dimensions).expect("two small dimensions");
	let mut state = 1u32;
	let values = (0..shape.elements()).map(|_| {
		state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
		(state as i32) >> 24
	});
	let elements = match element {
		ElementType::I8 => Elements::I8(values.map(|value| value as i8).collect()),
		ElementType::I32 => Elements::I32(values.collect()),
		ElementType::Fixed => Elements::Fixed(values.collect()),
	};
	Tensor::new(shape, elements).expect("as many elements as the shape has")
}

fn least(mut work: impl FnMut()) -> f64 {
	let begin = Instant::now();
	let mut least = f64::INFINITY;
	let mut runs = 0;
	while runs < 5 || (runs < 10_000 && begin.elapsed().as_secs_f64() < 0.5) {
		let start = Instant::now();
		work();
		least = least.min(start.elapsed().as_secs_f64());
		runs += 1;
	}
	least
}

fn main() {
	for element in [ElementType::I8, ElementType::I32, ElementType::Fixed] {
		for (m, k, n) in SHAPES {
			let (a, b) = (tensor(element, [m, k]), tensor(element, [k, n]));
			let seconds = least(|| {
				black_box(a.matmul(&b).expect("no sum overflows"));
			});
			let products = f64::from(m) * f64::from(k) * f64::from(n);
			println!(
				"{:<32} {:>10.1} {:>10.3} ns each",
				format!("{element:?} {m} x {k} x {n}"),
				products / seconds / 1e6,
				seconds * 1e9 / products,
			);
		}
	}
}
