//! For every computing opcode and several sizes: the measured time over the time that its gas buys.
//!
//! One gas buys a microsecond of the reference machine, on which the reference loop below takes
//! [`REFERENCE`] nanoseconds a step. Times are scaled by what the loop takes in the same run, so a
//! slower machine shows the same ratios. Each figure is the least of many runs; other load on the machine
//! can only raise it.
//!
//! An opcode that makes a tensor pays for its memory as TENSOR_ALLOC does; that is counted in.
//!
//! Natively: the runtime's WebAssembly is slower by up to a factor of three where there are no vectors, so
//! these ratios have to stay well below one. `scripts/gas.sh` measures the runtime itself.

use aci_aivm::{
	convert::Scale,
	gas::{self, Gas},
	model::Layer,
	ElementType, Elements, Model, Opcode, Shape, Tensor,
};
use std::{hint::black_box, time::Instant};

/// Nanoseconds of one step of the reference loop on the reference machine: a chain of a
/// multiplication and two dependent simple operations.
const REFERENCE: f64 = 1.2;
const STEPS: u32 = 100_000;

/// Seconds of processor that this program has used, where the system tells it: in hundredths.
fn processor_seconds() -> Option<f64> {
	let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
	// The name before it may have spaces; it ends with the last bracket.
	let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
	let user: f64 = fields.next()?.parse().ok()?;
	let system: f64 = fields.next()?.parse().ok()?;
	Some((user + system) / 100.0)
}

/// Mean seconds of processor of one call, over a third of a second; `None` where the system does not
/// tell.
fn mean_processor(mut work: impl FnMut()) -> Option<f64> {
	let start = processor_seconds()?;
	let begin = Instant::now();
	for calls in 1..1_000u32 {
		work();
		let used = processor_seconds()? - start;
		if used > 0.3 {
			return Some(used / f64::from(calls));
		}
		if begin.elapsed().as_secs_f64() > 20.0 {
			break;
		}
	}
	None
}

/// Least seconds of one call. Windows are short and many, so that on a busy machine some of them run
/// without a pause; what takes longer than a window is run at least five times.
fn least(mut work: impl FnMut()) -> f64 {
	let start = Instant::now();
	work();
	let once = start.elapsed().as_secs_f64().max(1e-9);
	if once > 0.003 {
		if let Some(mean) = mean_processor(&mut work) {
			return mean;
		}
	}
	let calls = (0.0003 / once).clamp(1.0, 10_000.0) as u32;
	let begin = Instant::now();
	let mut least = f64::INFINITY;
	let mut windows = 0;
	while windows < 5 || (windows < 200 && begin.elapsed().as_secs_f64() < 0.3) {
		let start = Instant::now();
		for _ in 0..calls {
			work();
		}
		least = least.min(start.elapsed().as_secs_f64() / f64::from(calls));
		windows += 1;
	}
	least
}

/// Seconds of the reference loop for a step.
fn reference_step() -> f64 {
	least(|| {
		let mut state = black_box(1u64);
		for step in 0..STEPS {
			state = state.wrapping_mul(6_364_136_223_846_793_005) ^ u64::from(step);
			state = state.wrapping_add(state >> 33);
		}
		black_box(state);
	}) / f64::from(STEPS)
}

fn values(count: usize, shift: u32) -> Vec<i32> {
	let mut state = 1u32;
	(0..count)
		.map(|_| {
			state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
			(state as i32) >> shift
		})
		.collect()
}

fn tensor(element: ElementType, dimensions: &[u32]) -> Tensor {
	let shape = Shape::new(dimensions).expect("the sizes of the table are allowed");
	let count = shape.elements();
	let elements = match element {
		ElementType::I8 => Elements::I8(values(count, 24).iter().map(|x| *x as i8).collect()),
		ElementType::I32 => Elements::I32(values(count, 20)),
		ElementType::Fixed => Elements::Fixed(values(count, 12)),
	};
	Tensor::new(shape, elements).expect("as many elements as the shape has")
}

/// Distribution of positive weights.
fn weights(dimensions: &[u32]) -> Tensor {
	let shape = Shape::new(dimensions).expect("the sizes of the table are allowed");
	let elements = values(shape.elements(), 12)
		.iter()
		.map(|x| x.abs() + 1)
		.collect();
	Tensor::new(shape, Elements::Fixed(elements)).expect("as many elements as the shape has")
}

/// A model of `layers` square layers.
fn model(layers: usize, width: u16) -> Model {
	let count = usize::from(width) * usize::from(width);
	let layer = Layer {
		inputs: width,
		outputs: width,
		scale: Scale {
			multiplier: 1,
			shift: 8,
			rectify: true,
		},
		bias: values(width.into(), 16),
		weights: values(count, 24).iter().map(|x| *x as i8).collect(),
	};
	Model::new(vec![layer; layers]).expect("the sizes of the table are allowed")
}

struct Table {
	scale: f64,
	worst: f64,
}

impl Table {
	fn row(&mut self, opcode: Opcode, size: &str, gas: Gas, work: impl FnMut()) {
		let seconds = least(work);
		let reference = seconds * self.scale;
		let paid = gas.picoseconds() as f64 * 1e-12;
		let ratio = reference / paid;
		self.worst = self.worst.max(ratio);
		println!(
			"{:<16} {size:<24} {:>14} {:>12.2} {:>12.2} {ratio:>8.3}",
			opcode.name(),
			gas.to_string(),
			seconds * 1e6,
			reference * 1e6,
		);
	}
}

fn main() {
	let step = reference_step();
	let mut table = Table {
		scale: REFERENCE * 1e-9 / step,
		worst: 0.0,
	};
	println!(
		"reference loop: {:.2} ns a step, {REFERENCE} on the reference machine",
		step * 1e9
	);
	println!(
		"{:<16} {:<24} {:>14} {:>12} {:>12} {:>8}",
		"opcode", "size", "gas", "us here", "us reference", "of paid"
	);
	for count in [16u32, 4_096, 1 << 20] {
		let shape = Shape::new(&[count]).expect("one dimension");
		table.row(
			Opcode::TensorAlloc,
			&format!("{count} x i32"),
			Opcode::TensorAlloc.gas(4 * u64::from(count)),
			|| {
				black_box(Tensor::zeros(ElementType::I32, shape).expect("below the bound"));
			},
		);
	}
	for element in [ElementType::I8, ElementType::I32, ElementType::Fixed] {
		for (m, k, n) in [
			(1, 1, 1),
			(1, 64, 10),
			(1, 1_024, 1_024),
			(1_024, 1_024, 1),
			(64, 1_024, 15),
			(64, 1_024, 16),
			(1, 1, 1 << 20),
			(64, 64, 64),
			(128, 128, 128),
			(256, 256, 256),
			(512, 512, 512),
		] {
			let (a, b) = (tensor(element, &[m, k]), tensor(element, &[k, n]));
			table.row(
				Opcode::TensorMatmul,
				&format!("{element:?} {m} x {k} x {n}"),
				gas::matmul(m.into(), n.into(), k.into())
					.saturating_add(Opcode::TensorAlloc.gas(4 * u64::from(m) * u64::from(n))),
				|| {
					black_box(a.matmul(&b).expect("no sum overflows"));
				},
			);
		}
	}
	for (rows, width) in [(1, 8), (1, 512), (64, 512), (4, 65_536), (65_536, 1)] {
		let size = format!("{rows} x {width}");
		let elements = u64::from(rows) * u64::from(width);
		let work = Shape::new(&[rows, width])
			.expect("two dimensions")
			.row_work();
		let memory = Opcode::TensorAlloc.gas(4 * elements);
		let input = tensor(ElementType::Fixed, &[rows, width]);
		table.row(
			Opcode::TensorNorm,
			&size,
			Opcode::TensorNorm.gas(work).saturating_add(memory),
			|| {
				black_box(input.layer_norm(None, None, 42_950).expect("fixed point"));
			},
		);
		table.row(
			Opcode::TensorSoftmax,
			&size,
			Opcode::TensorSoftmax.gas(work).saturating_add(memory),
			|| {
				black_box(input.softmax().expect("fixed point"));
			},
		);
		let (p, q) = (weights(&[rows, width]), weights(&[rows, width]).softmax());
		let q = q.and_then(|q| {
			q.convert(
				ElementType::Fixed,
				&Scale {
					rectify: true,
					..Scale::ONE
				},
			)
		});
		let q = q.map(|q| match q.into_elements() {
			Elements::Fixed(values) => {
				let positive = values.into_iter().map(|x| x + 1).collect();
				Tensor::new(*p.shape(), Elements::Fixed(positive)).expect("the same shape")
			}
			_ => p.clone(),
		});
		let q = q.expect("positive weights");
		table.row(
			Opcode::KlDiverge,
			&size,
			Opcode::KlDiverge.gas(work),
			|| {
				black_box(p.divergence(&q).expect("positive weights"));
			},
		);
		table.row(
			Opcode::TensorConvert,
			&size,
			Opcode::TensorConvert.gas(elements),
			|| {
				let scale = Scale {
					multiplier: 77,
					shift: 9,
					rectify: true,
				};
				black_box(
					input
						.convert(ElementType::I8, &scale)
						.expect("a shift below the bound"),
				);
			},
		);
	}
	for (layers, width) in [(1, 8), (2, 64), (3, 256)] {
		let model = model(layers, width);
		let input = tensor(ElementType::I8, &[1, width.into()]);
		let size = format!("{layers} x {width}²");
		table.row(
			Opcode::ModelInfer,
			&size,
			Opcode::ModelInfer.gas(model.work()),
			|| {
				black_box(model.infer(&input).expect("the right width"));
			},
		);
		let bytes = model.encode();
		let cost = Opcode::ModelLoad.gas(bytes.len() as u64);
		table.row(Opcode::ModelLoad, &size, cost, || {
			black_box(Model::decode(&bytes).expect("a model"));
		});
	}
	println!("largest share of what is paid: {:.3}", table.worst);
	if table.worst > 1.0 {
		eprintln!("an opcode takes longer than its gas buys");
		std::process::exit(1);
	}
}
