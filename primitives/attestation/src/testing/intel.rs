//! A vendor that signs quotes and collateral as Intel does, with keys of ours.

use super::{
	pki::{list, Key, Template, NOW},
	write,
};
use crate::{dcap::Collateral, roots::Roots};
use sha2::{Digest, Sha256};

const SGX: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01];
const PLATFORM_CA: &str = "Intel SGX PCK Platform CA";

/// All that one verification needs. A test changes one field and signs.
pub struct Intel {
	pub tdx: bool,
	pub version: u16,
	/// Kind of body, for version 5.
	pub body_kind: u16,
	/// The enclave's or domain's report.
	pub body: Vec<u8>,
	pub components: [u8; 16],
	pub pce_svn: u16,
	pub fmspc: [u8; 6],
	pub pck_template: Template,
	pub authority_template: Template,
	pub signing_template: Template,
	pub qe_report: Vec<u8>,
	pub tcb_info: String,
	pub qe_identity: String,
	pub root_revoked: Vec<Vec<u8>>,
	pub pck_revoked: Vec<Vec<u8>>,
	pub lists_until: u64,
}

/// A quote and its collateral, signed.
pub struct Signed {
	pub quote: Vec<u8>,
	pub tcb_info: Vec<u8>,
	pub tcb_info_signature: [u8; 64],
	pub qe_identity: Vec<u8>,
	pub qe_identity_signature: [u8; 64],
	pub signing_certificate: Vec<u8>,
	pub root_list: Vec<u8>,
	pub pck_list: Vec<u8>,
	pub root: Vec<u8>,
}

impl Signed {
	pub fn collateral(&self) -> Collateral<'_> {
		Collateral {
			tcb_info: &self.tcb_info,
			tcb_info_signature: &self.tcb_info_signature,
			qe_identity: &self.qe_identity,
			qe_identity_signature: &self.qe_identity_signature,
			signing_certificate: &self.signing_certificate,
			qe_identity_certificate: &self.signing_certificate,
			root_revocation_list: &self.root_list,
			pck_revocation_list: &self.pck_list,
		}
	}

	pub fn roots(&self) -> Roots<'_> {
		Roots {
			intel: &self.root,
			..crate::roots::VENDORS
		}
	}
}

fn components(values: [u8; 16]) -> String {
	let all: Vec<String> = values
		.iter()
		.map(|svn| format!(r#"{{"svn":{svn}}}"#))
		.collect();
	format!("[{}]", all.join(","))
}

impl Intel {
	pub fn sgx() -> Self {
		let mut body = vec![0u8; 384];
		body[48] = 5;
		body[64..96].fill(0xe1);
		body[128..160].fill(0x51);
		body[320..384].fill(0xd7);
		let level = |svn: u8, status: &str| {
			let sgx = components([svn; 16]);
			format!(
				r#"{{"tcb":{{"sgxtcbcomponents":{sgx},"pcesvn":13}},"tcbDate":"2023-01-01T00:00:00Z","tcbStatus":"{status}","advisoryIDs":["INTEL-SA-1"]}}"#
			)
		};
		let tcb_info = format!(
			r#"{{"id":"SGX","version":3,"issueDate":"2023-11-01T00:00:00Z","nextUpdate":"2023-12-01T00:00:00Z","fmspc":"0102030405A6","pceId":"0000","tcbType":0,"tcbEvaluationDataNumber":16,"tcbLevels":[{},{},{}]}}"#,
			level(9, "UpToDate"),
			level(5, "OutOfDate"),
			level(2, "Revoked"),
		);
		Self::new(false, 3, body, tcb_info, "QE")
	}

	pub fn tdx(version: u16) -> Self {
		let mut body = vec![0u8; 584];
		body[..2].copy_from_slice(&[5, 1]);
		body[123] = 0x10;
		body[136..184].fill(0x3d);
		body[520..584].fill(0xd7);
		let level = |svn: u8, status: &str| {
			let (sgx, mut tdx) = (components([svn; 16]), [0; 16]);
			// Only counted where modules have no version.
			tdx[0] = 255;
			let tdx = components(tdx);
			format!(
				r#"{{"tcb":{{"sgxtcbcomponents":{sgx},"pcesvn":13,"tdxtcbcomponents":{tdx}}},"tcbDate":"2023-01-01T00:00:00Z","tcbStatus":"{status}"}}"#
			)
		};
		let zeros = "00".repeat(48);
		let module = format!(
			r#""mrsigner":"{zeros}","attributes":"0000000000000000","attributesMask":"FFFFFFFFFFFFFFFF""#
		);
		let tcb_info = format!(
			r#"{{"id":"TDX","version":3,"issueDate":"2023-11-01T00:00:00Z","nextUpdate":"2023-12-01T00:00:00Z","fmspc":"0102030405A6","pceId":"0000","tcbType":0,"tcbEvaluationDataNumber":16,"tdxModule":{{{module}}},"tdxModuleIdentities":[{{"id":"TDX_01",{module},"tcbLevels":[{{"tcb":{{"isvsvn":4}},"tcbDate":"2023-01-01T00:00:00Z","tcbStatus":"UpToDate"}},{{"tcb":{{"isvsvn":2}},"tcbDate":"2023-01-01T00:00:00Z","tcbStatus":"OutOfDate"}}]}}],"tcbLevels":[{},{}]}}"#,
			level(9, "UpToDate"),
			level(5, "OutOfDate"),
		);
		Self::new(true, version, body, tcb_info, "TD_QE")
	}

	fn new(tdx: bool, version: u16, body: Vec<u8>, tcb_info: String, qe: &str) -> Self {
		let mut qe_report = vec![0u8; 384];
		qe_report[48] = 0x11;
		qe_report[128..160].fill(0xaa);
		qe_report[256] = 1;
		qe_report[258] = 8;
		let signer = "AA".repeat(32);
		let attributes = format!("11{}", "00".repeat(15));
		let mask = format!("FB{}", "FF".repeat(7) + &"00".repeat(8));
		let qe_identity = format!(
			r#"{{"id":"{qe}","version":2,"issueDate":"2023-11-01T00:00:00Z","nextUpdate":"2023-12-01T00:00:00Z","tcbEvaluationDataNumber":16,"miscselect":"00000000","miscselectMask":"FFFFFFFF","attributes":"{attributes}","attributesMask":"{mask}","mrsigner":"{signer}","isvprodid":1,"tcbLevels":[{{"tcb":{{"isvsvn":8}},"tcbDate":"2023-01-01T00:00:00Z","tcbStatus":"UpToDate"}},{{"tcb":{{"isvsvn":4}},"tcbDate":"2023-01-01T00:00:00Z","tcbStatus":"OutOfDate"}}]}}"#
		);
		Self {
			tdx,
			version,
			body_kind: if tdx { 2 } else { 1 },
			body,
			components: [9; 16],
			pce_svn: 13,
			fmspc: [1, 2, 3, 4, 5, 0xa6],
			pck_template: Template::leaf(PLATFORM_CA, "Intel SGX PCK Certificate"),
			authority_template: Template::authority("Intel SGX Root CA", PLATFORM_CA),
			signing_template: Template::leaf("Intel SGX Root CA", "Intel SGX TCB Signing"),
			qe_report,
			tcb_info,
			qe_identity,
			root_revoked: Vec::new(),
			pck_revoked: Vec::new(),
			lists_until: NOW + 1000,
		}
	}

	pub fn extension(&self) -> Vec<u8> {
		let item = |numbers: &[u8], value: Vec<u8>| {
			write::sequence(&[write::oid(&[&SGX[..], numbers].concat()), value])
		};
		let mut tcb: Vec<Vec<u8>> = (1..=16u8)
			.zip(self.components)
			.map(|(number, svn)| item(&[2, number], write::number(svn.into())))
			.collect();
		tcb.push(item(&[2, 17], write::number(self.pce_svn.into())));
		tcb.push(item(&[2, 18], write::octets(&self.components)));
		write::sequence(&[
			item(&[1], write::octets(&[0x99; 16])),
			item(&[2], write::sequence(&tcb)),
			item(&[3], write::octets(&[0, 0])),
			item(&[4], write::octets(&self.fmspc)),
			item(&[5], write::enumerated(1)),
		])
	}

	pub fn sign(&self) -> Signed {
		let [root, authority, pck, signing, attestation] = [21, 22, 23, 24, 25].map(Key::p256);
		let mut pck_template = self.pck_template.clone();
		pck_template
			.extensions
			.push((SGX.to_vec(), false, self.extension()));
		let pem: String = [
			pck_template.sign(&pck, &authority),
			self.authority_template.sign(&authority, &root),
			Template::authority("Intel SGX Root CA", "Intel SGX Root CA").sign(&root, &root),
		]
		.iter()
		.map(|der| super::pki::pem(der))
		.collect();

		let mut signed = Vec::new();
		signed.extend(self.version.to_le_bytes());
		signed.extend(2u16.to_le_bytes());
		signed.extend((if self.tdx { 0x81u32 } else { 0 }).to_le_bytes());
		signed.extend([0; 4]);
		signed.extend([
			0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f,
			0x06, 0x07,
		]);
		signed.extend([0; 20]);
		if self.version == 5 {
			signed.extend(self.body_kind.to_le_bytes());
			signed.extend((self.body.len() as u32).to_le_bytes());
		}
		signed.extend(&self.body);

		let authentication = [7u8; 32];
		let mut qe_report = self.qe_report.clone();
		if qe_report[320..] == [0; 64] {
			let hash = Sha256::new()
				.chain_update(attestation.point())
				.chain_update(authentication)
				.finalize();
			qe_report[320..352].copy_from_slice(&hash);
		}
		let mut certification = qe_report.clone();
		certification.extend(pck.sign_raw(&qe_report));
		certification.extend((authentication.len() as u16).to_le_bytes());
		certification.extend(authentication);
		certification.extend(5u16.to_le_bytes());
		certification.extend((pem.len() as u32).to_le_bytes());
		certification.extend(pem.as_bytes());

		let mut data = attestation.sign_raw(&signed);
		data.extend(attestation.point());
		if self.version > 3 {
			data.extend(6u16.to_le_bytes());
			data.extend((certification.len() as u32).to_le_bytes());
		}
		data.extend(certification);
		let mut quote = signed;
		quote.extend((data.len() as u32).to_le_bytes());
		quote.extend(data);

		let root_revoked: Vec<&[u8]> = self.root_revoked.iter().map(Vec::as_slice).collect();
		let pck_revoked: Vec<&[u8]> = self.pck_revoked.iter().map(Vec::as_slice).collect();
		let raw = |text: &str| signing.sign_raw(text.as_bytes()).try_into().unwrap();
		Signed {
			quote,
			tcb_info: self.tcb_info.clone().into_bytes(),
			tcb_info_signature: raw(&self.tcb_info),
			qe_identity: self.qe_identity.clone().into_bytes(),
			qe_identity_signature: raw(&self.qe_identity),
			signing_certificate: self.signing_template.sign(&signing, &root),
			root_list: list(
				"Intel SGX Root CA",
				&root,
				NOW - 5,
				self.lists_until,
				&root_revoked,
			),
			pck_list: list(
				PLATFORM_CA,
				&authority,
				NOW - 5,
				self.lists_until,
				&pck_revoked,
			),
			root: root.info(),
		}
	}
}
