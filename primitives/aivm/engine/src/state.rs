//! What one call has beside the contract's own memory.

use crate::{
	handles::Handles,
	host::{Frame, Host},
	limits::{MAX_MEMORY_PAGES, MAX_TABLE_ELEMENTS, PAGE_BYTES},
	trap::Trap,
};
use alloc::vec::Vec;
use wasmi::{Memory, StoreLimits, StoreLimitsBuilder};

/// What one call has beside the contract's own memory.
pub(crate) struct State<H: Host> {
	pub host: H,
	pub frame: Frame,
	pub handles: Handles,
	pub input: Vec<u8>,
	pub output: Vec<u8>,
	/// What the last call of another contract returned.
	pub returned: Vec<u8>,
	/// Why an opcode ended the call; the interpreter itself only knows that one did.
	pub trap: Option<Trap>,
	/// Thousandths of gas that are left beyond whole units of fuel; less than one unit's.
	pub spare: u64,
	pub memory: Option<Memory>,
	pub store_limits: StoreLimits,
}

impl<H: Host> State<H> {
	pub fn new(host: H, frame: Frame, handles: Handles, input: Vec<u8>) -> Self {
		Self {
			host,
			frame,
			handles,
			input,
			output: Vec::new(),
			returned: Vec::new(),
			trap: None,
			spare: 0,
			memory: None,
			store_limits: StoreLimitsBuilder::new()
				.memory_size(MAX_MEMORY_PAGES as usize * PAGE_BYTES)
				.table_elements(MAX_TABLE_ELEMENTS)
				.instances(1)
				.tables(1)
				.memories(1)
				.build(),
		}
	}
}
