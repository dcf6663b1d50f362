//! SGX and TDX: quotes and collateral that Intel signed.

use crate::{
	bytes::from_hex,
	dcap::{verify, Body, Collateral, Policy, TcbStatus, VerifiedQuote},
	error::{Error, Part},
	pem,
	roots::VENDORS,
	testing::evidence,
};

const ALL: Policy = Policy {
	accepted: 0xff,
	evaluation: 0,
};

/// A quote and its collateral, as one public service hands it out.
struct Sample {
	quote: Vec<u8>,
	tcb_info: Vec<u8>,
	tcb_info_signature: [u8; 64],
	qe_identity: Vec<u8>,
	qe_identity_signature: [u8; 64],
	signing_certificate: Vec<u8>,
	root_list: Vec<u8>,
	pck_list: Vec<u8>,
}

impl Sample {
	fn read(test: &str, name: &str) -> Option<Self> {
		let quote = evidence::read(test, &format!("intel/{name}"))?;
		let json = evidence::read(test, &format!("intel/{name}_collateral.json"))?;
		let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
		let text = |name: &str| json[name].as_str().unwrap().as_bytes().to_vec();
		let bytes = |name: &str| {
			let text = text(name);
			text.chunks(2)
				.map(|digits| from_hex::<1>(digits).unwrap()[0])
				.collect::<Vec<_>>()
		};
		Some(Self {
			quote,
			tcb_info: text("tcb_info"),
			tcb_info_signature: bytes("tcb_info_signature").try_into().unwrap(),
			qe_identity: text("qe_identity"),
			qe_identity_signature: bytes("qe_identity_signature").try_into().unwrap(),
			signing_certificate: pem::certificates(&text("tcb_info_issuer_chain"))
				.unwrap()
				.remove(0),
			root_list: bytes("root_ca_crl"),
			pck_list: bytes("pck_crl"),
		})
	}

	fn collateral(&self) -> Collateral<'_> {
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

	fn judge(&self, now: u64, policy: &Policy) -> Result<VerifiedQuote, Error> {
		verify(&self.quote, &self.collateral(), now, policy, &VENDORS)
	}
}

#[test]
fn the_genuine_sgx_quote_stands_in_its_time() {
	let Some(sample) = Sample::read("the_genuine_sgx_quote_stands_in_its_time", "sgx_quote") else {
		return;
	};
	let verified = sample.judge(1_750_400_000, &ALL).unwrap();
	assert_eq!(
		verified.status,
		TcbStatus::ConfigurationAndSoftwareHardeningNeeded
	);
	let Body::Sgx(report) = verified.body else {
		panic!("an enclave")
	};
	assert_eq!(&report.report_data[..13], b"Hello, world!");
	assert_eq!(verified.validity.from, 1_750_330_571);
	assert_eq!(verified.validity.until, 1_752_919_278);
	assert!(sample.judge(1_752_919_278, &ALL).is_ok());
	assert!(matches!(
		sample.judge(1_752_919_279, &ALL),
		Err(Error::Expired(_))
	));
	assert!(matches!(
		sample.judge(1_750_330_570, &ALL),
		Err(Error::NotYetValid(_))
	));
	let strict = Policy {
		accepted: TcbStatus::UpToDate.bit(),
		..ALL
	};
	assert_eq!(
		sample.judge(1_750_400_000, &strict).map(|_| ()),
		Err(Error::TcbNotAccepted)
	);
}

#[test]
fn the_genuine_tdx_quotes_stand_in_their_time() {
	let test = "the_genuine_tdx_quotes_stand_in_their_time";
	for (name, from, until) in [
		("tdx_quote", 1_750_329_147, 1_752_919_235),
		("tdx_quote_td15ex", 1_791_419_306, 1_794_008_711),
	] {
		let Some(sample) = Sample::read(test, name) else {
			return;
		};
		let verified = sample.judge(from, &ALL).unwrap();
		assert_eq!(verified.status, TcbStatus::UpToDate, "{name}");
		assert_eq!(
			(verified.validity.from, verified.validity.until),
			(from, until),
			"{name}"
		);
		assert!(
			matches!(sample.judge(until + 1, &ALL), Err(Error::Expired(_))),
			"{name}"
		);
	}
}

#[test]
fn the_genuine_quote_below_every_level_is_refused() {
	let test = "the_genuine_quote_below_every_level_is_refused";
	let Some(sample) = Sample::read(test, "tdx_quote_outdated") else {
		return;
	};
	assert_eq!(
		sample.judge(1_771_412_331, &ALL).map(|_| ()),
		Err(Error::TcbUnknown)
	);
}

#[test]
fn genuine_collateral_of_another_platform_is_refused() {
	let test = "genuine_collateral_of_another_platform_is_refused";
	let (Some(sgx), Some(tdx)) = (
		Sample::read(test, "sgx_quote"),
		Sample::read(test, "tdx_quote"),
	) else {
		return;
	};
	let result = verify(&sgx.quote, &tdx.collateral(), 1_750_400_000, &ALL, &VENDORS).map(|_| ());
	assert!(
		matches!(result, Err(Error::CollateralMismatch(_))),
		"{result:?}"
	);
}

#[test]
fn no_byte_of_a_genuine_quote_may_change() {
	let test = "no_byte_of_a_genuine_quote_may_change";
	let Some(mut sample) = Sample::read(test, "tdx_quote") else {
		return;
	};
	// Up to the certificates in PEM; then a digit of each kind of place.
	let text = sample
		.quote
		.windows(5)
		.position(|window| window == b"-----")
		.unwrap();
	for place in (0..text)
		.step_by(37)
		.chain([text + 200, text + 2000, text + 3000])
	{
		sample.quote[place] ^= 1;
		assert!(sample.judge(1_750_400_000, &ALL).is_err(), "byte {place}");
		sample.quote[place] ^= 1;
	}
	assert!(sample.judge(1_750_400_000, &ALL).is_ok());
}

#[test]
fn no_byte_of_genuine_collateral_may_change() {
	let test = "no_byte_of_genuine_collateral_may_change";
	let Some(mut sample) = Sample::read(test, "sgx_quote") else {
		return;
	};
	type Part_ = fn(&mut Sample) -> &mut [u8];
	let parts: [(Part_, usize); 7] = [
		(|sample| &mut sample.tcb_info, 331),
		(|sample| &mut sample.qe_identity, 61),
		(|sample| &mut sample.tcb_info_signature, 9),
		(|sample| &mut sample.qe_identity_signature, 9),
		(|sample| &mut sample.signing_certificate, 61),
		(|sample| &mut sample.root_list, 29),
		(|sample| &mut sample.pck_list, 211),
	];
	for (number, (part, step)) in parts.into_iter().enumerate() {
		for place in (0..part(&mut sample).len()).step_by(step) {
			part(&mut sample)[place] ^= 4;
			assert!(
				sample.judge(1_750_400_000, &ALL).is_err(),
				"byte {place} of part {number}"
			);
			part(&mut sample)[place] ^= 4;
		}
	}
	assert!(sample.judge(1_750_400_000, &ALL).is_ok());
	assert_eq!(
		sample.judge(1_850_000_000, &ALL).map(|_| ()),
		Err(Error::Expired(Part::RevocationList))
	);
}
