use super::*;
use crate::{Call, Evidence};
use codec::{Decode, Encode};
use frame_support::pallet_prelude::*;
use sp_core::offchain::{testing::TestTransactionPoolExt, TransactionPoolExt};
use sp_runtime::testing::TestXt;

fn call(evidence: Evidence<Test>) -> Call<Test> {
	Call::report_offence_unsigned {
		proof: Box::new(evidence.0),
		key_owner: Box::new(evidence.1),
	}
}

fn right() -> Call<Test> {
	call((two_first_votes(1, 1, 5), key_owner(1)))
}

#[allow(deprecated)]
fn validate(source: TransactionSource, call: &Call<Test>) -> TransactionValidity {
	<Finality as ValidateUnsigned>::validate_unsigned(source, call)
}

#[allow(deprecated)]
fn pre_dispatch(call: &Call<Test>) -> Result<(), TransactionValidityError> {
	<Finality as ValidateUnsigned>::pre_dispatch(call)
}

fn send(evidence: Evidence<Test>) -> DispatchResultWithPostInfo {
	Finality::report_offence_unsigned(
		RuntimeOrigin::none(),
		Box::new(evidence.0),
		Box::new(evidence.1),
	)
}

#[test]
fn a_report_without_a_signature_pays_the_blocks_author() {
	run(|| {
		go_to_set(1);
		Author::set(Some(account(OUTSIDER)));
		next_block();
		send((two_first_votes(1, 1, 5), key_owner(1))).expect("it is right");
		assert_eq!(slashed(1), BOND * 9 / 16);
		let [Event::OffenceReported { reporter, .. }] = &reports()[..] else {
			panic!("one report")
		};
		assert_eq!(*reporter, Some(account(OUTSIDER)));
		for _ in 0..=APPEAL {
			next_block();
		}
		assert_eq!(balance(OUTSIDER), START + BOND * 9 / 160);
	});
}

#[test]
fn a_node_takes_it_from_itself_and_within_a_block_only() {
	run(|| {
		go_to_set(1);
		let valid = validate(TransactionSource::Local, &right()).expect("its own");
		assert_eq!(valid.priority, TransactionPriority::MAX);
		assert_eq!(valid.longevity, 20);
		assert!(!valid.propagate);
		assert_eq!(valid.provides.len(), 1);
		assert!(validate(TransactionSource::InBlock, &right()).is_ok());
		assert_eq!(pre_dispatch(&right()), Ok(()));
		assert_eq!(
			validate(TransactionSource::External, &right()),
			InvalidTransaction::Call.into()
		);
	});
}

#[test]
fn two_reports_of_one_offence_provide_the_same_and_of_two_do_not() {
	run(|| {
		go_to_set(1);
		let provides = |proof, number| {
			let call = call((proof, key_owner(number)));
			validate(TransactionSource::Local, &call)
				.expect("right")
				.provides
		};
		let one = provides(two_first_votes(1, 1, 5), 1);
		assert_eq!(one, provides(two_second_votes(1, 1, 5), 2));
		assert_ne!(one, provides(two_first_votes(1, 1, 6), 1));
		assert_ne!(one, provides(two_first_votes(2, 1, 5), 1));
	});
}

#[test]
fn a_wrong_a_known_or_another_call_never_enters_a_block() {
	run(|| {
		go_to_set(1);
		let mut forged = two_first_votes(2, 1, 5);
		forged.offender = key(1);
		report(two_first_votes(3, 1, 5), key_owner(3)).expect("it is right");
		let refusals = [
			(call((forged, key_owner(1))), InvalidTransaction::BadProof),
			(
				call((two_first_votes(3, 1, 5), key_owner(3))),
				InvalidTransaction::Stale,
			),
			(
				call((two_first_votes(1, 2, 5), key_owner(1))),
				InvalidTransaction::Stale,
			),
			(
				Call::report_offence {
					proof: Box::new(two_first_votes(1, 1, 5)),
					key_owner: Box::new(key_owner(1)),
				},
				InvalidTransaction::Call,
			),
		];
		for (call, refusal) in refusals {
			for source in [TransactionSource::Local, TransactionSource::InBlock] {
				assert_eq!(validate(source, &call), refusal.into());
			}
			assert_eq!(pre_dispatch(&call), Err(refusal.into()));
		}
		assert_eq!(slashed(1), 0);
	});
}

#[test]
fn a_signer_cannot_send_it() {
	run(|| {
		go_to_set(1);
		let refusal = Finality::report_offence_unsigned(
			RuntimeOrigin::signed(account(OUTSIDER)),
			Box::new(two_first_votes(1, 1, 5)),
			Box::new(key_owner(1)),
		)
		.expect_err("it is signed");
		assert_eq!(refusal.error, sp_runtime::DispatchError::BadOrigin);
		nobody_is_slashed();
	});
}

#[test]
fn the_runtime_interface_puts_it_into_the_nodes_pool() {
	let mut externalities = genesis(VALIDATORS);
	let (pool, state) = TestTransactionPoolExt::new();
	externalities.register_extension(TransactionPoolExt::new(pool));
	externalities.execute_with(|| {
		let (proof, key_owner) = (two_first_votes(1, 0, 5), key_owner(1));
		assert_eq!(
			Finality::submit_report(proof.clone(), key_owner.clone()),
			Some(())
		);
		let bytes = state.write().transactions.pop().expect("one");
		let transaction = TestXt::<RuntimeCall, ()>::decode(&mut &bytes[..]).expect("ours");
		let sent = RuntimeCall::Finality(call((proof, key_owner)));
		assert_eq!(
			transaction.encode(),
			TestXt::<RuntimeCall, ()>::new_bare(sent).encode()
		);
	});
}
