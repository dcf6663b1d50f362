//! Whether a type of the node has the shape that this program encodes and decodes.
//!
//! Two shapes are equal when every value has the same encoding under both and the parts have the
//! same names. Paths and documentation do not count.

use scale_info::{form::PortableForm, Field, MetaType, PortableRegistry, Registry, TypeDef};
use std::collections::HashSet;

/// Types of this program, registered so that they can be compared.
pub(crate) struct Ours {
	types: PortableRegistry,
	ids: Vec<u32>,
}

impl Ours {
	/// Registers types; [`Ours::id`] gives them by their position.
	pub fn new(types: impl IntoIterator<Item = MetaType>) -> Self {
		let mut registry = Registry::new();
		let ids = types
			.into_iter()
			.map(|meta| registry.register_type(&meta).id)
			.collect();
		Ours {
			types: registry.into(),
			ids,
		}
	}

	/// The registered identity of the type at this position.
	pub fn id(&self, at: usize) -> Option<u32> {
		self.ids.get(at).copied()
	}

	/// The first difference between a type of the node's and one of ours, or `None`.
	///
	/// With `more`, an enum of the node's may have variants that ours has not, at the top level.
	pub fn difference(
		&self,
		node: &PortableRegistry,
		node_id: u32,
		our_id: u32,
		more: bool,
	) -> Option<String> {
		let mut comparison = Comparison {
			node,
			ours: &self.types,
			seen: HashSet::new(),
		};
		comparison.types(node_id, our_id, more).err()
	}
}

struct Comparison<'a> {
	node: &'a PortableRegistry,
	ours: &'a PortableRegistry,
	seen: HashSet<(u32, u32)>,
}

impl Comparison<'_> {
	fn types(&mut self, node_id: u32, our_id: u32, more: bool) -> Result<(), String> {
		// What is being compared already, further up, need not be compared again.
		if !self.seen.insert((node_id, our_id)) {
			return Ok(());
		}
		let (node, ours) = (self.node, self.ours);
		let unknown = || "a type that is not described".to_string();
		let node_type = node.resolve(node_id).ok_or_else(unknown)?;
		let our_type = ours.resolve(our_id).ok_or_else(unknown)?;
		let name = || {
			let path = our_type.path.segments.last();
			path.cloned().unwrap_or_else(|| "a part".into())
		};
		let differs = || Err(format!("{} is of another kind", name()));
		match (&node_type.type_def, &our_type.type_def) {
			(TypeDef::Composite(node), TypeDef::Composite(ours)) => {
				self.fields(&node.fields, &ours.fields, &name())
			}
			(TypeDef::Variant(node), TypeDef::Variant(ours)) => {
				if !more && node.variants.len() != ours.variants.len() {
					return Err(format!("{} has other variants", name()));
				}
				for our in &ours.variants {
					let found = node
						.variants
						.iter()
						.find(|variant| variant.name == our.name && variant.index == our.index)
						.ok_or_else(|| format!("{} is missing or has moved", our.name))?;
					self.fields(&found.fields, &our.fields, &our.name)?;
				}
				Ok(())
			}
			(TypeDef::Sequence(node), TypeDef::Sequence(ours)) => {
				self.types(node.type_param.id, ours.type_param.id, false)
			}
			(TypeDef::Array(node), TypeDef::Array(ours)) if node.len == ours.len => {
				self.types(node.type_param.id, ours.type_param.id, false)
			}
			(TypeDef::Tuple(node), TypeDef::Tuple(ours))
				if node.fields.len() == ours.fields.len() =>
			{
				for (node, ours) in node.fields.iter().zip(&ours.fields) {
					self.types(node.id, ours.id, false)?;
				}
				Ok(())
			}
			(TypeDef::Primitive(node), TypeDef::Primitive(ours)) if node == ours => Ok(()),
			(TypeDef::Compact(node), TypeDef::Compact(ours)) => {
				self.types(node.type_param.id, ours.type_param.id, false)
			}
			_ => differs(),
		}
	}

	fn fields(
		&mut self,
		node: &[Field<PortableForm>],
		ours: &[Field<PortableForm>],
		of: &str,
	) -> Result<(), String> {
		if node.len() != ours.len() {
			return Err(format!("{of} has {} parts, not {}", node.len(), ours.len()));
		}
		for (node, ours) in node.iter().zip(ours) {
			if node.name != ours.name {
				let name = |field: &Field<PortableForm>| field.name.clone().unwrap_or_default();
				return Err(format!(
					"{of} has `{}` where `{}` was",
					name(node),
					name(ours)
				));
			}
			self.types(node.ty.id, ours.ty.id, false)
				.map_err(|inner| format!("{of}: {inner}"))?;
		}
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use scale_info::TypeInfo;

	mod newer {
		use scale_info::TypeInfo;

		#[derive(TypeInfo)]
		#[allow(dead_code)]
		pub enum Call {
			Pay { who: [u8; 32], amount: u128 },
			Stop(Option<u32>),
		}

		#[derive(TypeInfo)]
		#[allow(dead_code)]
		pub struct List {
			pub next: Vec<List>,
			pub value: u64,
		}
	}

	#[derive(TypeInfo)]
	#[allow(dead_code)]
	enum Call {
		Pay { who: [u8; 32], amount: u128 },
	}

	#[derive(TypeInfo)]
	#[allow(dead_code)]
	enum Narrower {
		Pay { who: [u8; 32], amount: u64 },
	}

	#[derive(TypeInfo)]
	#[allow(dead_code)]
	enum Renamed {
		Pay { account: [u8; 32], amount: u128 },
	}

	#[derive(TypeInfo)]
	#[allow(dead_code)]
	enum Moved {
		#[codec(index = 1)]
		Pay { who: [u8; 32], amount: u128 },
	}

	#[derive(TypeInfo)]
	#[allow(dead_code)]
	struct List {
		next: Vec<List>,
		value: u64,
	}

	fn difference<Node: TypeInfo + 'static, Our: TypeInfo + 'static>(more: bool) -> Option<String> {
		let node = Ours::new([MetaType::new::<Node>()]);
		let ours = Ours::new([MetaType::new::<Our>()]);
		let node_id = node.id(0).expect("was registered");
		ours.difference(
			&node.types,
			node_id,
			ours.id(0).expect("was registered"),
			more,
		)
	}

	#[test]
	fn the_same_shape_under_another_path_is_equal() {
		assert_eq!(difference::<newer::List, List>(false), None);
		assert_eq!(difference::<newer::Call, newer::Call>(false), None);
	}

	#[test]
	fn new_variants_count_only_where_none_are_expected() {
		assert_eq!(difference::<newer::Call, Call>(true), None);
		assert!(difference::<newer::Call, Call>(false).is_some());
	}

	#[test]
	fn another_type_name_or_index_of_a_part_is_a_difference() {
		assert!(difference::<newer::Call, Narrower>(true).is_some());
		assert!(difference::<newer::Call, Renamed>(true).is_some());
		assert!(difference::<newer::Call, Moved>(true).is_some());
		assert!(difference::<[u8; 32], [u8; 31]>(false).is_some());
		assert!(difference::<(u8, u16), (u8, u32)>(false).is_some());
	}
}
