//! What clients see of the runtime.

use crate::{Runtime, RuntimeBlockLength, RuntimeBlockWeights, SS58_PREFIX};
use frame_support::{dispatch::DispatchClass, traits::Get};

#[test]
fn metadata_is_served_in_versions_14_to_16() {
	assert_eq!(Runtime::metadata_versions(), vec![14, 15, 16]);
}

#[test]
fn the_prefix_in_the_metadata_is_that_of_the_specification() {
	let prefix: u16 = <Runtime as frame_system::Config>::SS58Prefix::get();
	assert_eq!(prefix, SS58_PREFIX);
}

#[test]
fn transaction_extensions_are_known_to_wallets() {
	// What polkadot.js handles without being told; `EthSetOrigin` and the like are not.
	const KNOWN: [&str; 10] = [
		"CheckNonZeroSender",
		"CheckSpecVersion",
		"CheckTxVersion",
		"CheckGenesis",
		"CheckMortality",
		"CheckNonce",
		"CheckWeight",
		"ChargeTransactionPayment",
		"CheckMetadataHash",
		"WeightReclaim",
	];
	let metadata = <crate::TxExtension as sp_runtime::traits::TransactionExtension<
		crate::RuntimeCall,
	>>::metadata();
	for extension in metadata {
		assert!(
			KNOWN.contains(&extension.identifier),
			"{}",
			extension.identifier
		);
	}
}

#[test]
fn normal_transactions_leave_room_for_operational_ones() {
	let weights = RuntimeBlockWeights::get();
	let normal = weights
		.get(DispatchClass::Normal)
		.max_total
		.expect("limited");
	assert!(normal.ref_time() < weights.max_block.ref_time());
	let length = RuntimeBlockLength::get();
	assert!(length.max.get(DispatchClass::Normal) < length.max.get(DispatchClass::Operational));
}
