//! A vendor that signs reports as AMD does, with keys of ours.

use super::{
	pki::{Key, Template},
	write,
};
use crate::sev::REPORT_SIZE;

/// A product's chain and a report, all of ours.
pub struct Vendor {
	pub ark: Key,
	pub ask: Key,
	pub vcek: Key,
	pub ask_template: Template,
	pub vcek_template: Template,
	pub report: Vec<u8>,
}

const CHIP: [u8; 64] = [0xc5; 64];

impl Vendor {
	pub fn new() -> Self {
		let part = |number: u8, value: u64| {
			let oid = [0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01, 0x03, number];
			(oid.to_vec(), false, write::number(value))
		};
		let chip = [0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01, 0x04];
		let mut vcek_template = Template::leaf("SEV-Milan", "SEV-VCEK");
		vcek_template.usage = None;
		vcek_template.extensions = vec![
			part(1, 3),
			part(2, 0),
			part(3, 8),
			part(8, 115),
			(chip.to_vec(), false, CHIP.to_vec()),
		];
		let mut report = vec![0; REPORT_SIZE];
		report[0] = 2;
		report[0x08..0x10].copy_from_slice(&0x3_0000u64.to_le_bytes());
		report[0x34] = 1;
		report[0x50..0x90].fill(0xd7);
		report[0x90..0xc0].fill(0x4e);
		report[0x180..0x188].copy_from_slice(&[3, 0, 0, 0, 0, 0, 8, 115]);
		report[0x1a0..0x1e0].copy_from_slice(&CHIP);
		report[0x1e0..0x1e8].copy_from_slice(&[3, 0, 0, 0, 0, 0, 8, 115]);
		Self {
			ark: Key::p384(11),
			ask: Key::p384(12),
			vcek: Key::p384(13),
			ask_template: Template::authority("ARK-Milan", "SEV-Milan"),
			vcek_template,
			report,
		}
	}

	pub fn signed_report(&self) -> Vec<u8> {
		let mut report = self.report.clone();
		let signature = self.vcek.sign_raw(&report[..0x2a0]);
		for (number, place) in signature.chunks(48).zip([0x2a0, 0x2e8]) {
			let reversed: Vec<u8> = number.iter().rev().copied().collect();
			report[place..place + 48].copy_from_slice(&reversed);
		}
		report
	}

	pub fn certificates(&self) -> [Vec<u8>; 2] {
		[
			self.vcek_template.sign(&self.vcek, &self.ask),
			self.ask_template.sign(&self.ask, &self.ark),
		]
	}
}
