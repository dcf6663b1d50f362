//! Memory of a contract: taken from the front, never given back. A call is short, and its memory
//! goes with it.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::{memory_grow, memory_size};
use core::cell::UnsafeCell;

const PAGE: usize = 65_536;

struct Allocator {
	/// Next free address and end of the memory that was taken; zero before the first use.
	free: UnsafeCell<(usize, usize)>,
}

// SAFETY: a contract has one thread.
unsafe impl Sync for Allocator {}

// SAFETY: every piece lies in pages that were grown for it, is aligned, and is handed out once,
// because `free` only moves forward.
unsafe impl GlobalAlloc for Allocator {
	unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
		// SAFETY: one thread, and no reference outlives this function.
		let (free, end) = unsafe { &mut *self.free.get() };
		if *end == 0 {
			*free = memory_size(0) * PAGE;
			*end = *free;
		}
		let Some(start) = free.checked_next_multiple_of(layout.align()) else {
			return core::ptr::null_mut();
		};
		let Some(next) = start.checked_add(layout.size()) else {
			return core::ptr::null_mut();
		};
		if next > *end {
			let pages = (next - *end).div_ceil(PAGE);
			if memory_grow(0, pages) == usize::MAX {
				return core::ptr::null_mut();
			}
			*end += pages * PAGE;
		}
		*free = next;
		start as *mut u8
	}

	unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static ALLOCATOR: Allocator = Allocator {
	free: UnsafeCell::new((0, 0)),
};
