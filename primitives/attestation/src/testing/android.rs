//! A device that attests keys as Android does, under a root of ours.

use super::{
	pki::{Key, Template},
	write,
};

/// The extension that describes a key.
pub const DESCRIPTION: [u8; 10] = [0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x01, 0x11];

/// A device under a root of ours.
pub struct Device {
	pub challenge: Vec<u8>,
	pub levels: [u8; 2],
	pub boot_key: Vec<u8>,
	pub locked: bool,
	pub boot: u8,
	pub os_patch: u64,
	pub vendor_patch: u64,
	/// Puts the root of trust where the system writes, not the TEE.
	pub unenforced: bool,
	pub first: Template,
	pub attester: Template,
	pub authority: Template,
}

impl Device {
	pub fn new() -> Self {
		Self {
			challenge: vec![0xd7; 64],
			levels: [1, 1],
			boot_key: vec![0xb0; 32],
			locked: true,
			boot: 0,
			os_patch: 202_405,
			vendor_patch: 20_240_505,
			unenforced: false,
			first: Template::leaf("attester", "Android Keystore Key"),
			attester: Template::authority("authority", "attester"),
			authority: Template::authority("root", "authority"),
		}
	}

	pub fn description(&self) -> Vec<u8> {
		let root_of_trust = write::explicit(
			704,
			&write::sequence(&[
				write::octets(&self.boot_key),
				write::boolean(self.locked),
				write::enumerated(self.boot),
				write::octets(&[0xb4; 32]),
			]),
		);
		let mut software = vec![write::explicit(709, &write::octets(b"application"))];
		let mut enforced = vec![
			write::explicit(1, &write::set(&[write::number(2)])),
			write::explicit(503, &write::element(5, &[])),
		];
		if self.unenforced {
			&mut software
		} else {
			&mut enforced
		}
		.push(root_of_trust);
		for (number, value) in [
			(705, 140_000),
			(706, self.os_patch),
			(718, self.vendor_patch),
			(719, self.vendor_patch),
		] {
			enforced.push(write::explicit(number, &write::number(value)));
		}
		let [attestation, key] = self.levels.map(write::enumerated);
		write::sequence(&[
			write::number(300),
			attestation,
			write::number(300),
			key,
			write::octets(&self.challenge),
			write::octets(&[]),
			write::sequence(&software),
			write::sequence(&enforced),
		])
	}

	pub fn root() -> Vec<u8> {
		Key::p384(54).info()
	}

	pub fn chain(&self) -> Vec<Vec<u8>> {
		let root = Key::p384(54);
		let [first, attester, authority] = [51, 52, 53].map(Key::p256);
		let mut template = self.first.clone();
		template
			.extensions
			.push((DESCRIPTION.to_vec(), false, self.description()));
		vec![
			template.sign(&first, &attester),
			self.attester.sign(&attester, &authority),
			self.authority.sign(&authority, &root),
			Template::authority("root", "root").sign(&root, &root),
		]
	}
}
