//! The limits of modules and calls. They are rules of the chain: changing one changes what is valid.

/// Bytes that a module may have.
pub const MAX_CODE_BYTES: usize = 256 * 1024;
/// Pages of 64 KiB that a contract's memory may have.
pub const MAX_MEMORY_PAGES: u32 = 64;
/// Bytes of a page.
pub const PAGE_BYTES: usize = 64 * 1024;
/// Elements that a contract's table of functions may have.
pub const MAX_TABLE_ELEMENTS: usize = 1_024;
/// Functions of the module that may be active at once.
pub const MAX_RECURSION: usize = 512;
/// Bytes of the interpreter's stack.
pub const MAX_STACK_BYTES: usize = 512 * 1024;
/// Entry points that a module may export.
pub const MAX_ENTRIES: usize = 64;
/// Bytes of an entry point's name.
pub const MAX_ENTRY_BYTES: usize = 64;
/// Bytes of a call's input.
pub const MAX_INPUT_BYTES: usize = 64 * 1024;
/// Bytes of a call's result, and of the reason of a failure.
pub const MAX_OUTPUT_BYTES: usize = 64 * 1024;
/// Bytes of the input of a job that a contract orders.
pub const MAX_ORDER_BYTES: usize = 4 * 1024;
/// Bytes of a storage key.
pub const MAX_KEY_BYTES: usize = 128;
/// Bytes of a stored value.
pub const MAX_VALUE_BYTES: usize = 16 * 1024;
/// Bytes of an event's topic.
pub const MAX_TOPIC_BYTES: usize = 64;
/// Bytes of an event's data.
pub const MAX_EVENT_BYTES: usize = 4 * 1024;
/// Bytes of an attestation, and of a statement.
pub const MAX_ATTESTATION_BYTES: usize = 32 * 1024;
/// Tensors and models that a call may have at once.
pub const MAX_HANDLES: usize = 256;
/// Bytes of all tensors and models of a call and the calls that it makes, at once.
pub const MAX_TENSOR_BYTES: u64 = 16 * 1024 * 1024;
/// Calls that may be open at once: the first and those that it makes.
pub const MAX_CALL_DEPTH: usize = 6;
/// Types of functions that a module may have.
pub const MAX_TYPES: u32 = 1_024;
/// Imports of a module.
pub const MAX_IMPORTS: u32 = 128;
/// Functions of a module.
pub const MAX_FUNCTIONS: u32 = 4_096;
/// Locals that a function may declare. They are cleared at every call of it, and every call is paid for
/// as if it had so many.
pub const MAX_LOCALS: u32 = 128;
/// Globals of a module.
pub const MAX_GLOBALS: u32 = 256;
/// Exports of a module, entry points and others.
pub const MAX_EXPORTS: u32 = 128;
/// Segments of a module's table.
pub const MAX_ELEMENT_SEGMENTS: u32 = 64;
/// Segments of a module's data.
pub const MAX_DATA_SEGMENTS: u32 = 256;
