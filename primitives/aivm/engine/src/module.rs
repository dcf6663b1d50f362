//! Which modules are contracts.
//!
//! # Rules
//!
//! 1. At most [`MAX_CODE_BYTES`] of valid WebAssembly: version 1.0 with sign extension, bulk memory and
//!    mutable globals, and without floating point. All other features are off.
//! 2. No start function: nothing runs but entry points.
//! 3. Imports are opcodes of module `aivm`, with their types. No memory, table or global is imported.
//! 4. One memory, exported as `memory`, of at most [`MAX_MEMORY_PAGES`]; one table of at most
//!    [`MAX_TABLE_ELEMENTS`].
//! 5. Every exported function is an entry point: no parameters, no results, a name of at most
//!    [`MAX_ENTRY_BYTES`]; at least one besides `deploy`, at most [`MAX_ENTRIES`].
//! 6. Bounded numbers of types, imports, functions, locals, globals, exports and segments
//!    ([`crate::limits`]), and the interpreter's own limits against modules that are made to be slow to
//!    translate.
//! 7. It can be instantiated: data and elements lie within memory and table.

use crate::{
	execute::DEPLOY,
	fuel,
	handles::Handles,
	host::{Frame, Host, NoHost},
	imports,
	limits::{
		MAX_CODE_BYTES, MAX_ENTRIES, MAX_ENTRY_BYTES, MAX_MEMORY_PAGES, MAX_RECURSION,
		MAX_STACK_BYTES, MAX_TABLE_ELEMENTS, PAGE_BYTES,
	},
	sections,
	state::State,
	trap::Trap,
};
use aci_aivm::Gas;
use alloc::{string::String, vec::Vec};
use core::fmt;
use wasmi::{
	errors::{ErrorKind, InstantiationError},
	AsContextMut, CompilationMode, Config, EnforcedLimits, Engine, ExternType, Linker, Module,
	Store,
};

/// Why a module is no contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModuleError {
	/// Over [`MAX_CODE_BYTES`]. Build it for size.
	TooLarge,
	/// Not valid by the rules: malformed, floating point, another feature that is off, a start
	/// function, or over the limits of functions and globals.
	Invalid,
	/// An import that is no opcode, or has another type than the opcode.
	Import,
	/// No memory is exported as `memory`, or it starts with too many pages.
	Memory,
	/// Something else than functions without parameters and results, the memory, and constants of the
	/// linker is exported; a name is too long; or there are too many, or none.
	Export,
	/// Data or elements lie outside of memory or table, or memory or table are too large.
	Instantiation,
}

impl fmt::Display for ModuleError {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		formatter.write_str(match self {
			Self::TooLarge => "the module is too large",
			Self::Invalid => "the module is not valid, or uses a feature that is off",
			Self::Import => "an import is no opcode of this type",
			Self::Memory => "the module must export one memory within the limits",
			Self::Export => "an export is no entry point",
			Self::Instantiation => "the module cannot be instantiated within the limits",
		})
	}
}

/// What is known of a valid module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleInfo {
	/// The entry points, `deploy` included, in the module's order.
	pub entries: Vec<String>,
	/// Pages of memory that every call starts with.
	pub memory_pages: u32,
}

/// Fuel for bringing a module's data and elements into place when it is only checked: generous, since
/// the module's size bounds it.
const CHECK: Gas = Gas::from_whole(1_000_000);

/// The interpreter with the rules of the machine.
pub(crate) fn interpreter() -> Engine {
	let mut config = Config::default();
	config
		.wasm_mutable_global(true)
		.wasm_sign_extension(true)
		.wasm_bulk_memory(true)
		.wasm_saturating_float_to_int(false)
		.wasm_multi_value(false)
		.wasm_multi_memory(false)
		.wasm_reference_types(false)
		.wasm_tail_call(false)
		.wasm_extended_const(false)
		.wasm_custom_page_sizes(false)
		.wasm_wide_arithmetic(false)
		.floats(false)
		.allow_start_fn(false)
		.ignore_custom_sections(true)
		.consume_fuel(true)
		.operator_cost(fuel::operators())
		.fuel_cost(fuel::bytes())
		// Validation does not depend on what is called, so it is never lazy.
		.compilation_mode(CompilationMode::LazyTranslation)
		.enforced_limits(EnforcedLimits::strict())
		.set_max_recursion_depth(MAX_RECURSION)
		.set_max_stack_height(MAX_STACK_BYTES)
		.set_max_cached_stacks(0);
	Engine::new(&config)
}

/// Reads a module and checks rules 1 to 6.
pub(crate) fn load(engine: &Engine, code: &[u8]) -> Result<(Module, ModuleInfo), ModuleError> {
	if code.len() > MAX_CODE_BYTES {
		return Err(ModuleError::TooLarge);
	}
	sections::check(code).map_err(|_| ModuleError::Invalid)?;
	let module = Module::new(engine, code).map_err(|_| ModuleError::Invalid)?;
	for import in module.imports() {
		let is_function = matches!(import.ty(), ExternType::Func(_));
		if import.module() != imports::MODULE || !is_function {
			return Err(ModuleError::Import);
		}
	}
	let mut memory_pages = None;
	let mut entries = Vec::new();
	for export in module.exports() {
		match export.ty() {
			ExternType::Memory(memory) if export.name() == "memory" => {
				memory_pages = u32::try_from(memory.minimum())
					.ok()
					.filter(|pages| *pages <= MAX_MEMORY_PAGES);
			}
			ExternType::Func(function) => {
				let plain = function.params().is_empty() && function.results().is_empty();
				if !plain || export.name().len() > MAX_ENTRY_BYTES || entries.len() >= MAX_ENTRIES {
					return Err(ModuleError::Export);
				}
				entries.push(String::from(export.name()));
			}
			// Linkers export where data ends and the heap begins.
			ExternType::Global(_) => {}
			_ => return Err(ModuleError::Export),
		}
	}
	if !entries.iter().any(|entry| entry != DEPLOY) {
		return Err(ModuleError::Export);
	}
	let memory_pages = memory_pages.ok_or(ModuleError::Memory)?;
	Ok((
		module,
		ModuleInfo {
			entries,
			memory_pages,
		},
	))
}

/// Brings a module into place in a store: its memory is found and its opcodes are linked.
pub(crate) fn instantiate<H: Host + 'static>(
	store: &mut Store<State<H>>,
	module: &Module,
) -> Result<wasmi::Instance, Trap> {
	let mut linker = Linker::new(store.engine());
	imports::link(&mut linker).map_err(|_| Trap::Module(ModuleError::Import))?;
	store.limiter(|state| &mut state.store_limits);
	let instance = linker
		.instantiate_and_start(&mut *store, module)
		.map_err(|error| match (error.kind(), error.as_trap_code()) {
			(_, Some(wasmi::TrapCode::OutOfFuel)) => Trap::OutOfGas,
			(
				ErrorKind::Linker(_)
				| ErrorKind::Instantiation(
					InstantiationError::ImportTypeMismatch { .. }
					| InstantiationError::FuncTypeMismatch { .. },
				),
				_,
			) => Trap::Module(ModuleError::Import),
			_ => Trap::Module(ModuleError::Instantiation),
		})?;
	let memory = instance.get_memory(&*store, "memory");
	store.data_mut().memory = memory;
	Ok(instance)
}

/// Whether a module is a contract; what a chain asks at upload.
///
/// Time and memory are linear in the code, and bounded by its limits.
///
/// Errors: all of [`ModuleError`].
pub fn validate(code: &[u8]) -> Result<ModuleInfo, ModuleError> {
	let engine = interpreter();
	let (module, info) = load(&engine, code)?;
	let frame = Frame {
		account: [0; 32],
		caller: [0; 32],
		value: 0,
		block: 0,
	};
	let state = State::new(NoHost, frame, Handles::new(0, 0), Vec::new());
	let mut store = Store::new(&engine, state);
	crate::meter::fill(store.as_context_mut(), CHECK);
	match instantiate(&mut store, &module) {
		Ok(_) => Ok(info),
		Err(Trap::Module(error)) => Err(error),
		Err(_) => Err(ModuleError::Instantiation),
	}
}

const _: () = assert!(MAX_MEMORY_PAGES as usize * PAGE_BYTES <= 32 << 20);
const _: () = assert!(MAX_TABLE_ELEMENTS <= 10_000);
