//! TCB versions of AMD's products.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// A product line: chips with one ARK.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum Product {
	/// EPYC 7003.
	#[codec(index = 0)]
	Milan,
	/// EPYC 9004, Bergamo and Siena included.
	#[codec(index = 1)]
	Genoa,
	/// EPYC 9005.
	#[codec(index = 2)]
	Turin,
}

impl Product {
	/// The common name of the ARK.
	pub const fn root_name(self) -> &'static [u8] {
		match self {
			Self::Milan => b"ARK-Milan",
			Self::Genoa => b"ARK-Genoa",
			Self::Turin => b"ARK-Turin",
		}
	}

	/// The product whose ARK has this common name.
	pub fn of_root_name(name: &[u8]) -> Option<Self> {
		[Self::Milan, Self::Genoa, Self::Turin]
			.into_iter()
			.find(|product| product.root_name() == name)
	}

	/// Bytes of a report's chip identity that are used; the others are zero.
	pub const fn chip_id_length(self) -> usize {
		match self {
			Self::Milan | Self::Genoa => 64,
			Self::Turin => 8,
		}
	}
}

/// Security versions of a platform's firmware.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Tcb {
	/// FMC; only Turin has one, zero elsewhere.
	pub fmc: u8,
	/// Boot loader.
	pub boot_loader: u8,
	/// Operating system of the secure processor.
	pub tee: u8,
	/// SNP firmware.
	pub snp: u8,
	/// Microcode.
	pub microcode: u8,
}

impl Tcb {
	/// From the eight bytes of a report; `None` if a reserved one is set.
	pub const fn parse(product: Product, bytes: [u8; 8]) -> Option<Self> {
		match product {
			Product::Milan | Product::Genoa => match bytes {
				[boot_loader, tee, 0, 0, 0, 0, snp, microcode] => Some(Self {
					fmc: 0,
					boot_loader,
					tee,
					snp,
					microcode,
				}),
				_ => None,
			},
			Product::Turin => match bytes {
				[fmc, boot_loader, tee, snp, 0, 0, 0, microcode] => Some(Self {
					fmc,
					boot_loader,
					tee,
					snp,
					microcode,
				}),
				_ => None,
			},
		}
	}

	/// Whether no component is below the other's.
	pub const fn is_at_least(&self, other: &Self) -> bool {
		self.fmc >= other.fmc
			&& self.boot_loader >= other.boot_loader
			&& self.tee >= other.tee
			&& self.snp >= other.snp
			&& self.microcode >= other.microcode
	}
}
