//! The paper's marketplace (Listing 1), built by `aivm/build.sh`, on the chain's own escrow.

use super::*;
use aci_primitives::traits::JobEscrow;
use codec::Encode;
use frame_support::assert_ok;
use std::{path::Path, process::Command};

fn code() -> Vec<u8> {
	let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../aivm/build.sh");
	let folder = std::env::temp_dir().join(format!("aci-contracts-{}", std::process::id()));
	let output = Command::new(script)
		.arg(&folder)
		.env_remove("RUSTUP_TOOLCHAIN")
		.env_remove("CARGO_ENCODED_RUSTFLAGS")
		.output()
		.expect("the script that builds the contracts runs");
	assert!(
		output.status.success(),
		"{}",
		String::from_utf8_lossy(&output.stderr)
	);
	let code = std::fs::read(folder.join("marketplace.wasm")).expect("the contract was built");
	std::fs::remove_dir_all(folder).expect("the folder was made by the script");
	code
}

fn bytes(bytes: &[u8]) -> Vec<u8> {
	[&(bytes.len() as u32).to_le_bytes()[..], bytes].concat()
}

#[test]
fn a_job_is_ordered_attested_and_paid_out_of_the_escrow() {
	let code = code();
	run(|| {
		let hash = Aivm::hash_of(&code);
		let origin = RuntimeOrigin::signed(account(1));
		assert_ok!(Aivm::upload_code(origin, code.try_into().unwrap()));
		let market = made(hash, 0);
		let model = [3; 32];
		let input = b"a prompt";
		let price = PRICE + input.len() as Balance;

		let order = [&model[..], &bytes(input), &9_000u128.to_le_bytes()].concat();
		assert_ok!(call_as(2, &market, 8_000, "submit_job", &order));
		assert_eq!(returned()[40..], price.to_le_bytes());
		assert_eq!(
			<Escrow as JobEscrow>::locked(&crate::lock_job(&market, 0)),
			price
		);
		let deposits = held(HoldReason::Storage, 2);
		assert!(deposits > 0);
		assert_eq!(balance(&account(2)), START - price - deposits);

		let statement = {
			let market: &[u8] = market.as_ref();
			[market, &0u64.to_le_bytes(), &model, &bytes(b"an answer")].concat()
		};
		let evidence = attest(MEASUREMENT, &statement).encode();
		let attestation = [&model[..], &evidence].concat();
		let settle = |who: u8, output: &[u8]| {
			let input = [
				&0u64.to_le_bytes()[..],
				&bytes(output),
				&bytes(&attestation),
			]
			.concat();
			call_as(who, &market, 0, "settle_job", &input)
		};
		let refused = Error::<Test>::ContractReverted.into();
		assert_eq!(error(settle(3, b"an answer")), refused);
		assert_eq!(error(settle(9, b"another answer")), refused);
		assert_ok!(settle(9, b"an answer"));
		let earned = balance(&worker()) + held(HoldReason::Storage, 9) - START;
		assert_eq!(earned, price);
		assert_eq!(error(settle(9, b"an answer")), refused);
		assert_eq!(
			<Escrow as JobEscrow>::locked(&crate::lock_job(&market, 0)),
			0
		);
	});
}
