//! Tensors and models of one call, behind handles.
//!
//! A handle is a slot, the slot's generation and the call's number, in one word. It means something
//! only in the call that got it, and only until it is given up: a call has a table of its own, every
//! table another number, and a slot that is used again has another generation.
//!
//! # Guarantees
//!
//! 1. No word that a contract makes up, or got from another call, reaches anything: a look-up compares
//!    all three parts, and zero is never a handle.
//! 2. The bytes of all that is in the table never exceed its budget.

use crate::{limits::MAX_HANDLES, trap::Trap};
use aci_aivm::{Model, Tensor};
use alloc::{rc::Rc, vec::Vec};

/// What a handle stands for.
pub(crate) enum Item {
	Tensor(Rc<Tensor>),
	Model {
		hash_of: Rc<Vec<u8>>,
		model: Rc<Model>,
	},
}

impl Item {
	fn bytes(&self) -> u64 {
		match self {
			Self::Tensor(tensor) => tensor.bytes() as u64,
			// The bytes and the decoded layers.
			Self::Model { hash_of, .. } => 2 * hash_of.len() as u64,
		}
	}
}

struct Slot {
	generation: u16,
	item: Option<Item>,
}

/// The handles of one call.
pub(crate) struct Handles {
	call: u32,
	budget: u64,
	used: u64,
	slots: Vec<Slot>,
}

impl Handles {
	/// An empty table of the call of this number, for items of at most `budget` bytes.
	pub fn new(call: u32, budget: u64) -> Self {
		Self {
			call,
			budget,
			used: 0,
			slots: Vec::new(),
		}
	}

	/// Bytes that may still be added.
	pub fn left(&self) -> u64 {
		self.budget.saturating_sub(self.used)
	}

	/// Whether so many bytes may be added; asked before they are taken.
	pub fn reserve(&self, bytes: u64) -> Result<(), Trap> {
		if bytes > self.left() {
			return Err(Trap::TooManyTensorBytes);
		}
		let free = self.slots.iter().any(|slot| slot.item.is_none());
		if self.slots.len() >= MAX_HANDLES && !free {
			return Err(Trap::TooManyHandles);
		}
		Ok(())
	}

	/// Adds an item.
	pub fn insert(&mut self, item: Item) -> Result<u64, Trap> {
		let bytes = item.bytes();
		self.reserve(bytes)?;
		let index = match self.slots.iter().position(|slot| slot.item.is_none()) {
			Some(index) => index,
			None => {
				self.slots.push(Slot {
					generation: 0,
					item: None,
				});
				self.slots.len() - 1
			}
		};
		let slot = self.slots.get_mut(index).ok_or(Trap::TooManyHandles)?;
		// A slot is used at most 2^16 times: afterwards it could be mistaken for an earlier use.
		slot.generation = slot.generation.checked_add(1).ok_or(Trap::TooManyHandles)?;
		slot.item = Some(item);
		self.used = self.used.saturating_add(bytes);
		let call = u64::from(self.call) << 32;
		Ok(call | u64::from(slot.generation) << 16 | index as u64)
	}

	fn find(&self, handle: u64) -> Result<&Slot, Trap> {
		let slot = self
			.slots
			.get((handle & 0xffff) as usize)
			.ok_or(Trap::Handle)?;
		let same_generation = (handle >> 16 & 0xffff) as u16 == slot.generation;
		if (handle >> 32) as u32 != self.call || !same_generation {
			return Err(Trap::Handle);
		}
		Ok(slot)
	}

	/// The tensor behind a handle.
	pub fn tensor(&self, handle: u64) -> Result<&Rc<Tensor>, Trap> {
		match &self.find(handle)?.item {
			Some(Item::Tensor(tensor)) => Ok(tensor),
			_ => Err(Trap::Handle),
		}
	}

	/// The tensor behind a handle, to be written.
	pub fn tensor_mut(&mut self, handle: u64) -> Result<&mut Tensor, Trap> {
		self.find(handle)?;
		match self
			.slots
			.get_mut((handle & 0xffff) as usize)
			.map(|slot| &mut slot.item)
		{
			// No opcode holds a tensor while another runs, so it is the only reference.
			Some(Some(Item::Tensor(tensor))) => Rc::get_mut(tensor).ok_or(Trap::Handle),
			_ => Err(Trap::Handle),
		}
	}

	/// The model behind a handle, and its bytes.
	pub fn model(&self, handle: u64) -> Result<(&Rc<Model>, &Rc<Vec<u8>>), Trap> {
		match &self.find(handle)?.item {
			Some(Item::Model { model, hash_of }) => Ok((model, hash_of)),
			_ => Err(Trap::Handle),
		}
	}

	/// Gives a handle up.
	pub fn remove(&mut self, handle: u64) -> Result<(), Trap> {
		self.find(handle)?;
		let slot = self
			.slots
			.get_mut((handle & 0xffff) as usize)
			.ok_or(Trap::Handle)?;
		let item = slot.item.take().ok_or(Trap::Handle)?;
		self.used = self.used.saturating_sub(item.bytes());
		Ok(())
	}
}
