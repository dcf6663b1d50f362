//! The machine's imports as they are. Pointers are addresses in this module's memory.

#[cfg(target_arch = "wasm32")]
#[link(wasm_import_module = "aivm")]
unsafe extern "C" {
	pub fn input_length() -> u32;
	pub fn input_read(offset: u32, pointer: *mut u8, length: u32);
	pub fn output(pointer: *const u8, length: u32);
	pub fn revert(pointer: *const u8, length: u32);
	pub fn caller(pointer: *mut u8);
	pub fn account(pointer: *mut u8);
	pub fn value(pointer: *mut u8);
	pub fn block() -> u64;
	pub fn gas_left() -> u64;
	pub fn storage_read(key: *const u8, key_length: u32, pointer: *mut u8, capacity: u32) -> i32;
	pub fn storage_write(key: *const u8, key_length: u32, pointer: *const u8, length: u32);
	pub fn storage_remove(key: *const u8, key_length: u32);
	pub fn event(topic: *const u8, topic_length: u32, pointer: *const u8, length: u32);
	pub fn transfer(account: *const u8, amount: *const u8) -> i32;
	pub fn call(
		account: *const u8,
		amount: *const u8,
		gas: u64,
		entry: *const u8,
		entry_length: u32,
		input: *const u8,
		input_length: u32,
	) -> i32;
	pub fn returned_length() -> u32;
	pub fn returned_read(offset: u32, pointer: *mut u8, length: u32);
	pub fn tensor_alloc(element: u32, rank: u32, dimensions: *const u32) -> u64;
	pub fn tensor_free(tensor: u64);
	pub fn tensor_write(tensor: u64, offset: u32, pointer: *const u8, length: u32);
	pub fn tensor_read(tensor: u64, offset: u32, pointer: *mut u8, length: u32);
	pub fn tensor_shape(tensor: u64, dimensions: *mut u32) -> u32;
	pub fn tensor_matmul(a: u64, b: u64) -> u64;
	pub fn tensor_norm(tensor: u64, gain: u64, bias: u64, epsilon: u32) -> u64;
	pub fn tensor_softmax(tensor: u64) -> u64;
	pub fn tensor_convert(
		tensor: u64,
		element: u32,
		multiplier: i32,
		shift: u32,
		rectify: u32,
	) -> u64;
	pub fn model_load(hash: *const u8) -> u64;
	pub fn model_infer(model: u64, input: u64) -> u64;
	pub fn model_hash(model: u64, pointer: *mut u8);
	pub fn model_order(
		terms: *const u8,
		input: *const u8,
		input_length: u32,
		entry: *const u8,
		entry_length: u32,
		gas: u64,
		job: *mut u8,
	) -> u32;
	pub fn tee_verify(
		attestation: *const u8,
		attestation_length: u32,
		statement: *const u8,
		statement_length: u32,
	) -> u32;
	pub fn hash_compare(a: *const u8, b: *const u8) -> u32;
	pub fn kl_diverge(p: u64, q: u64) -> u32;
	pub fn hmm_quote(model: *const u8, length: u64, price: *mut u8, worker: *mut u8) -> u32;
	pub fn hmm_swap(
		class: u32,
		milli_slots: u64,
		blocks: u32,
		limit: *const u8,
		paid: *mut u8,
	) -> i64;
	pub fn escrow_lock(client: *const u8, amount: *const u8) -> i64;
	pub fn escrow_release(lock: u64, payee: *const u8, amount: *const u8) -> i32;
}

/// Stand-ins that let the crate be checked and documented on other targets, where nothing runs.
#[cfg(not(target_arch = "wasm32"))]
#[allow(clippy::too_many_arguments, clippy::missing_safety_doc)]
mod elsewhere {
	macro_rules! imports {
		($($name:ident($($argument:ty),*) $(-> $result:ty)?;)*) => {
			$(pub unsafe fn $name($(_: $argument),*) $(-> $result)? {
				panic!("the opcodes exist only in the machine")
			})*
		};
	}
	type In = *const u8;
	type Out = *mut u8;
	imports! {
		input_length() -> u32;
		input_read(u32, Out, u32);
		output(In, u32);
		revert(In, u32);
		caller(Out);
		account(Out);
		value(Out);
		block() -> u64;
		gas_left() -> u64;
		storage_read(In, u32, Out, u32) -> i32;
		storage_write(In, u32, In, u32);
		storage_remove(In, u32);
		event(In, u32, In, u32);
		transfer(In, In) -> i32;
		call(In, In, u64, In, u32, In, u32) -> i32;
		returned_length() -> u32;
		returned_read(u32, Out, u32);
		tensor_alloc(u32, u32, *const u32) -> u64;
		tensor_free(u64);
		tensor_write(u64, u32, In, u32);
		tensor_read(u64, u32, Out, u32);
		tensor_shape(u64, *mut u32) -> u32;
		tensor_matmul(u64, u64) -> u64;
		tensor_norm(u64, u64, u64, u32) -> u64;
		tensor_softmax(u64) -> u64;
		tensor_convert(u64, u32, i32, u32, u32) -> u64;
		model_load(In) -> u64;
		model_infer(u64, u64) -> u64;
		model_hash(u64, Out);
		model_order(In, In, u32, In, u32, u64, Out) -> u32;
		tee_verify(In, u32, In, u32) -> u32;
		hash_compare(In, In) -> u32;
		kl_diverge(u64, u64) -> u32;
		hmm_quote(In, u64, Out, Out) -> u32;
		hmm_swap(u32, u64, u32, In, Out) -> i64;
		escrow_lock(In, In) -> i64;
		escrow_release(u64, In, In) -> i32;
	}
}
#[cfg(not(target_arch = "wasm32"))]
pub use elsewhere::*;
