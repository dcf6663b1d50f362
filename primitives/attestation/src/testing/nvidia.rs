//! A GPU that signs reports as NVIDIA's do, with keys of ours.

use super::{
	pki::{Key, Template},
	write,
};

/// A GPU of a root of ours.
pub struct Gpu {
	pub firmware: Template,
	pub chip: Template,
	pub authority: Template,
	pub report: Vec<u8>,
}

impl Gpu {
	pub fn new(nonce: [u8; 32]) -> Self {
		let firmware_id = [0xf1; 48];
		let sha384 = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02];
		let extension = write::sequence(&[
			write::number(1),
			write::sequence(&[]),
			write::sequence(&[write::oid(&sha384), write::octets(&firmware_id)]),
		]);
		let mut firmware = Template::leaf("chip", "firmware");
		firmware.extensions = vec![(vec![0x67, 0x81, 0x05, 0x05, 0x04, 0x01], false, extension)];
		let mut record = Vec::new();
		for index in 1..=3u8 {
			record.extend([index, 1, 51, 0, 1, 48, 0]);
			record.extend([index; 48]);
		}
		let mut fields = Vec::new();
		for (kind, value) in [
			(3u16, &b"550.90.07\0"[..]),
			(6, &[9; 8]),
			(20, &firmware_id),
			(99, b""),
		] {
			fields.extend(kind.to_le_bytes());
			fields.extend((value.len() as u16).to_le_bytes());
			fields.extend(value);
		}
		let mut report = vec![0x11, 0xe0, 1, 0xff];
		report.extend(nonce);
		report.extend([0, 0x11, 0x60, 0, 0, 3]);
		report.extend(&(record.len() as u32).to_le_bytes()[..3]);
		report.extend(record);
		report.extend([0x99; 32]);
		report.extend((fields.len() as u16).to_le_bytes());
		report.extend(fields);
		Self {
			firmware,
			chip: Template::authority("authority", "chip"),
			authority: Template::authority("root", "authority"),
			report,
		}
	}

	pub fn root() -> Vec<u8> {
		Key::p384(44).info()
	}

	pub fn signed(&self) -> (Vec<u8>, Vec<Vec<u8>>) {
		let [firmware, chip, authority, root] = [41, 42, 43, 44].map(Key::p384);
		let mut report = self.report.clone();
		report.extend(firmware.sign_raw(&self.report));
		let chain = vec![
			self.firmware.sign(&firmware, &chip),
			self.chip.sign(&chip, &authority),
			self.authority.sign(&authority, &root),
			Template::authority("root", "root").sign(&root, &root),
		];
		(report, chain)
	}
}
