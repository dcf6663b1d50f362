//! A classifier whose weights are on chain: pictures in, classes and probabilities out.
//!
//! # Entry points
//!
//! | entry | arguments | returns |
//! | --- | --- | --- |
//! | `deploy` | model hash, length of an input u32, number of classes u32 | nothing |
//! | `classify` | rows of 8-bit inputs | for each row: class u32, probability in units of 2^-16 u32 |
//! | `agreement` | two rows of 8-bit inputs | divergence of their distributions in units of 2^-16 u32 |
//! | `linear` | rows u32, inputs u32, outputs u32, inputs, weights (8 bits) | rows of outputs, normalised, in units of 2^-16 |
//!
//! `classify` loads the model, runs it on all rows at once and takes the softmax. `linear` brings its
//! own weights: a product, a conversion to fixed point and a norm. No tensor leaves the machine
//! before the result is read.

#![no_std]

extern crate alloc;

use aivm_sdk::{
	entry::require, entry_points, env, storage, verify, Arguments, ElementType, Failure, Hash,
	Model, Output, Results, Tensor,
};
use alloc::vec::Vec;

entry_points!(deploy, classify, agreement, linear);

struct Settings {
	model: Hash,
	inputs: u32,
	classes: u32,
}

impl Settings {
	fn read() -> Result<Self, Failure> {
		let bytes = storage::read(b"settings").ok_or(Failure("not deployed"))?;
		let mut reader = Arguments::new(&bytes);
		Ok(Self {
			model: reader.hash()?,
			inputs: reader.u32()?,
			classes: reader.u32()?,
		})
	}

	/// Distributions over the classes for rows of inputs, and how many.
	fn distributions(&self, rows: &[u8]) -> Result<(Tensor, u32), Failure> {
		let length = rows.len() as u32;
		require(
			length > 0 && length % self.inputs == 0,
			"rows of another length",
		)?;
		let count = length / self.inputs;
		let model = Model::load(&self.model).ok_or(Failure("the model is not on chain"))?;
		let input = Tensor::from_i8(&[count, self.inputs], rows);
		Ok((model.infer(&input).softmax(), count))
	}
}

fn deploy(arguments: &mut Arguments) -> Results {
	let model = arguments.hash()?;
	let inputs = arguments.u32()?;
	let classes = arguments.u32()?;
	arguments.end()?;
	require(inputs > 0 && classes > 0, "no inputs or no classes")?;
	let loaded = Model::load(&model).ok_or(Failure("the model is not on chain"))?;
	require(
		verify::same_hash(&loaded.hash(), &model),
		"the weights have another hash",
	)?;
	let settings = Output::new()
		.raw(&model)
		.raw(&inputs.to_le_bytes())
		.raw(&classes.to_le_bytes())
		.end();
	storage::write(b"settings", &settings);
	Ok(Vec::new())
}

fn classify(arguments: &mut Arguments) -> Results {
	let settings = Settings::read()?;
	let (distributions, rows) = settings.distributions(arguments.rest())?;
	let words = distributions.words(rows.saturating_mul(settings.classes));
	let mut output = Output::new();
	for row in words.chunks(settings.classes as usize) {
		let (mut class, mut probability) = (0u32, -1);
		for (index, value) in (0u32..).zip(row) {
			if *value > probability {
				(class, probability) = (index, *value);
			}
		}
		output = output
			.raw(&class.to_le_bytes())
			.raw(&probability.to_le_bytes());
	}
	let output = output.end();
	env::event(b"classified", &output);
	Ok(output)
}

fn agreement(arguments: &mut Arguments) -> Results {
	let settings = Settings::read()?;
	let first = arguments.take(settings.inputs as usize)?;
	let second = arguments.take(settings.inputs as usize)?;
	arguments.end()?;
	let (first, _) = settings.distributions(first)?;
	let (second, _) = settings.distributions(second)?;
	Ok(verify::divergence(&first, &second).to_le_bytes().to_vec())
}

fn linear(arguments: &mut Arguments) -> Results {
	let rows = arguments.u32()?;
	let inputs = arguments.u32()?;
	let outputs = arguments.u32()?;
	let size = |a: u32, b: u32| a.checked_mul(b).ok_or(Failure("too large"));
	let values = arguments.take(size(rows, inputs)? as usize)?;
	let weights = arguments.take(size(inputs, outputs)? as usize)?;
	arguments.end()?;
	let product = Tensor::from_i8(&[rows, inputs], values)
		.matmul(&Tensor::from_i8(&[inputs, outputs], weights));
	let normal = product
		.convert(ElementType::Fixed, 1 << 8, 0, false)
		.norm(None, None, 42_950);
	Ok(normal.read(0, size(size(rows, outputs)?, 4)?))
}
