//! Genuine evidence. Its report data is of its own maker, so at the end it is refused for that alone:
//! all signatures, collateral, times and states before stand.

use crate::{mock::*, vendors::*, CollateralUpdate, CurrentPolicy, Error, Statement};
use aci_attestation::{pem, testing::evidence};
use aci_primitives::evidence::{Evidence, EvidenceError, SevSnpEvidence};
use frame_support::{assert_noop, assert_ok};

/// What a public service hands out for one quote.
struct Sample {
	quote: Vec<u8>,
	json: String,
}

impl Sample {
	fn read(test: &str, name: &str) -> Option<Self> {
		let quote = evidence::read(test, &format!("intel/{name}"))?;
		let json = evidence::read(test, &format!("intel/{name}_collateral.json"))?;
		Some(Self {
			quote,
			json: String::from_utf8(json).expect("text"),
		})
	}

	/// The string of a name. The file is of strings alone.
	fn text(&self, name: &str) -> Vec<u8> {
		let json: serde_json::Value = serde_json::from_str(&self.json).expect("JSON");
		json[name].as_str().expect("a string").as_bytes().to_vec()
	}

	fn bytes(&self, name: &str) -> Vec<u8> {
		let text = String::from_utf8(self.text(name)).expect("text");
		(0..text.len())
			.step_by(2)
			.map(|place| u8::from_str_radix(&text[place..place + 2], 16).expect("hexadecimal"))
			.collect()
	}

	fn statement(&self, name: &str) -> Statement {
		let chain = pem::certificates(&self.text(&format!("{name}_issuer_chain")));
		Statement {
			text: self.text(name).try_into().expect("short"),
			signature: self
				.bytes(&format!("{name}_signature"))
				.try_into()
				.expect("64 bytes"),
			certificate: chain.expect("a chain").remove(0).try_into().expect("short"),
		}
	}

	fn updates(&self) -> [CollateralUpdate; 4] {
		let chain = pem::certificates(&self.text("pck_crl_issuer_chain")).expect("a chain");
		[
			CollateralUpdate::IntelRootList(self.bytes("root_ca_crl").try_into().expect("short")),
			CollateralUpdate::IntelPckList {
				list: self.bytes("pck_crl").try_into().expect("short"),
				authority: chain[0].clone().try_into().expect("short"),
			},
			CollateralUpdate::IntelTcbInfo(self.statement("tcb_info")),
			CollateralUpdate::IntelQeIdentity(self.statement("qe_identity")),
		]
	}
}

/// Goes to a time in which all of a sample stands, and brings its collateral.
fn bring_sample(sample: &Sample) {
	let updates = sample.updates();
	// The latest of the times at which its parts were made: none stands before.
	let mut now = 1_600_000_000;
	for update in updates {
		loop {
			Clock::set(now * 1_000);
			match bring(update.clone()) {
				Ok(_) => break,
				Err(refusal) => {
					assert_eq!(
						refusal.error,
						Error::<Test>::EvidenceNotYetValid.into(),
						"at {now}"
					);
					now += 86_400;
				}
			}
		}
	}
}

#[test]
fn genuine_quotes_stand_but_for_their_report_data() {
	let test = "genuine_quotes_stand_but_for_their_report_data";
	for (name, tdx) in [("sgx_quote", false), ("tdx_quote", true)] {
		let Some(sample) = Sample::read(test, name) else {
			return;
		};
		Genuine::set(true);
		hardware(|| {
			let mut all = policy();
			let accepted = aci_attestation::dcap::Policy {
				accepted: 0xff,
				evaluation: 0,
			};
			all.accepted.sgx = Some(accepted);
			all.accepted.tdx = Some(accepted);
			CurrentPolicy::<Test>::put(all);
			let evidence = |quote: Vec<u8>| {
				let quote = quote.try_into().expect("short");
				if tdx {
					Evidence::Tdx(quote)
				} else {
					Evidence::Sgx(quote)
				}
			};
			let genuine = evidence(sample.quote.clone());
			assert_noop!(
				attest_with(1, 10, genuine.clone()),
				Error::<Test>::CollateralMissing
			);
			bring_sample(&sample);
			assert_noop!(
				attest_with(1, 10, genuine.clone()),
				Error::<Test>::EvidenceWrongReportData
			);
			let mut flipped = sample.quote.clone();
			flipped[300] ^= 1;
			assert_noop!(
				attest_with(1, 10, evidence(flipped)),
				Error::<Test>::EvidenceBadSignature
			);
			Clock::mutate(|now| *now += 400 * 86_400 * 1_000);
			assert_noop!(
				attest_with(1, 10, genuine),
				Error::<Test>::CollateralExpired
			);
			Clock::set(NOW * 1_000);
		});
		Genuine::set(false);
	}
}

#[test]
fn the_genuine_milan_report_stands_but_for_its_report_data() {
	let test = "the_genuine_milan_report_stands_but_for_its_report_data";
	let files = (
		evidence::hexadecimal(test, "amd/report_milan"),
		evidence::read(test, "amd/vcek_milan.der"),
		evidence::certificates(test, "amd/ask_milan.pem"),
	);
	let (Some(report), Some(vcek), Some(ask)) = files else {
		return;
	};
	Genuine::set(true);
	hardware(|| {
		let mut lax = policy();
		if let Some(sev_snp) = &mut lax.accepted.sev_snp {
			// AMD's list is not among the samples.
			sev_snp.revocation_list_required = false;
		}
		CurrentPolicy::<Test>::put(lax);
		let evidence = SevSnpEvidence {
			report: report.try_into().expect("short"),
			vcek: vcek.try_into().expect("short"),
			ask: ask[0].clone().try_into().expect("short"),
		};
		let judge = |evidence: &SevSnpEvidence| {
			let evidence = Evidence::SevSnp(evidence.clone());
			PoAi::judge(&evidence, &registration(1, 10), Clock::get()).map(|_| ())
		};
		assert_eq!(judge(&evidence), Err(EvidenceError::WrongReportData));
		let mut flipped = evidence.clone();
		flipped.report.as_mut()[0x90] ^= 1;
		assert_eq!(judge(&flipped), Err(EvidenceError::BadSignature));
		assert_ok!(attest(1, 10));
	});
	Genuine::set(false);
}
