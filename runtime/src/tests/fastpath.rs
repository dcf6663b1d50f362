//! The fast path in whole blocks of the composed runtime.

use super::finality::{run, GENESIS};
use crate::{
	config::consensus::SessionPeriod, Balances, Block, Escrow, Executive, Fastpath, Runtime,
	RuntimeCall, RuntimeOrigin, StakingSlashing, UncheckedExtrinsic, UNIT,
};
use aci_fastpath::{
	api::runtime_decl_for_fastpath_api::FastpathApiV1,
	checkpoint::{Certificate, Certified, Checkpoint, Effects, Payee},
	equivocation::Equivocation,
	lane::grant::LaneGrant,
	scheme::PublicKey,
	transaction::registration_hash,
	types::Bitmap,
	vertex::{Header, OwnParent, Reference, SignedHeader},
};
use aci_finality::Context;
use aci_primitives::{traits::Bonds, Role};
use codec::Encode;
use frame_support::{assert_ok, traits::Get};
use sp_core::{Pair, H256};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_runtime::traits::Header as _;
use sp_runtime::transaction_validity::InvalidTransaction;

fn key(person: Ed25519Keyring) -> PublicKey {
	PublicKey::from_raw(person.to_raw_public())
}

/// The next checkpoint with these effects, signed by three of the four, as the call of a block.
fn checkpoint(effects: Effects, open_locks: u128) -> RuntimeCall {
	let set = Fastpath::current_set().expect("a set");
	let last = Fastpath::last_checkpoint();
	let checkpoint = Checkpoint {
		context: Context {
			genesis: GENESIS,
			set: set.set,
		},
		number: last.number + 1,
		previous: last.hash,
		anchor: Reference {
			author: 0,
			round: last.anchor_round + set.parameters.interval,
			hash: H256::repeat_byte(1),
		},
		transactions_root: H256::zero(),
		transactions: 0,
		state_root: H256::zero(),
		effects: effects.hash(),
		open_locks,
		moment: 0,
		closing: false,
	};
	let committee = set.committee(GENESIS).expect("a committee");
	let hash = checkpoint.hash();
	let people = [
		Ed25519Keyring::Alice,
		Ed25519Keyring::Bob,
		Ed25519Keyring::Charlie,
	];
	let signatures = people.map(|person| {
		let place = committee
			.indices()
			.find(|place| committee.key(*place) == Some(&key(person)))
			.expect("it is in the set");
		(place, person.pair().sign(&hash.0))
	});
	RuntimeCall::Fastpath(pallet_aci_fastpath::Call::checkpoint {
		certified: Box::new(Certified {
			certificate: Certificate::new(&committee, signatures),
			checkpoint,
			effects,
		}),
	})
}

#[test]
fn a_ticket_is_granted_spent_and_settled() {
	run(|chain| {
		chain.block(vec![]);
		let ferdie = Sr25519Keyring::Ferdie.to_account_id();
		let bob = Sr25519Keyring::Bob.to_account_id();
		let origin = || RuntimeOrigin::signed(ferdie.clone());
		let signer = Ed25519Keyring::Ferdie;
		let consent = signer.pair().sign(&registration_hash(&GENESIS, &ferdie).0);
		assert_ok!(Fastpath::set_order_key(origin(), key(signer), consent));
		assert_ok!(Fastpath::fund_ticket(origin(), bob.clone(), 10 * UNIT, 0));

		let first = checkpoint(Effects::default(), 0);
		chain.block(vec![first.clone()]);
		let grants = <Runtime as FastpathApiV1<Block>>::fastpath_grants().expect("a checkpoint");
		let terms = grants.terms.expect("each time");
		assert_eq!((terms.classes.len(), terms.models.len()), (3, 2));
		let [(
			home,
			LaneGrant::Budget {
				amount, ticket: 1, ..
			},
		)] = grants.lanes[..]
		else {
			panic!("one budget")
		};
		assert_eq!(amount, 10 * UNIT);
		assert_eq!(Fastpath::homes()[usize::from(home)], bob);
		let body = vec![UncheckedExtrinsic::new_bare(first)];
		let found = <Runtime as FastpathApiV1<Block>>::fastpath_checkpoint_in(body);
		assert_eq!(found.expect("it is there").checkpoint.number, 1);

		let effects = Effects {
			debits: vec![(ferdie.clone(), 1, 4 * UNIT)],
			credits: vec![(Payee::Worker(bob.clone()), UNIT)],
			..Default::default()
		};
		let before = Balances::free_balance(&bob);
		chain.block(vec![checkpoint(effects, 3 * UNIT)]);
		assert_eq!(Balances::free_balance(&bob), before + UNIT);
		assert_eq!(Escrow::leased_of(ferdie.clone()), 6 * UNIT);
		assert_eq!(
			<Runtime as FastpathApiV1<Block>>::fastpath_last().open_locks,
			3 * UNIT
		);
		let tickets = <Runtime as FastpathApiV1<Block>>::fastpath_tickets(ferdie);
		assert_eq!(tickets[0].amount, 6 * UNIT);
	});
}

#[test]
fn a_block_with_a_lying_checkpoint_is_invalid() {
	run(|chain| {
		chain.block(vec![]);
		let lie = Effects {
			credits: vec![(Payee::Validators, UNIT)],
			..Default::default()
		};
		let lie = UncheckedExtrinsic::new_bare(checkpoint(lie, 0));
		let result = frame_support::storage::with_transaction(|| {
			let header = crate::Header::new(
				2,
				H256::zero(),
				H256::zero(),
				GENESIS,
				sp_runtime::Digest {
					logs: vec![sp_runtime::DigestItem::PreRuntime(
						sp_consensus_aura::AURA_ENGINE_ID,
						2u64.encode(),
					)],
				},
			);
			Executive::initialize_block(&header);
			let now = RuntimeCall::Timestamp(pallet_timestamp::Call::set { now: 4_000 });
			let time = Executive::apply_extrinsic(UncheckedExtrinsic::new_bare(now));
			time.expect("valid").expect("it succeeds");
			let result = Executive::apply_extrinsic(lie);
			sp_runtime::TransactionOutcome::Rollback(Ok::<_, sp_runtime::DispatchError>(result))
		});
		assert_eq!(
			result.expect("rolled back"),
			Err(InvalidTransaction::BadMandatory.into())
		);
	});
}

#[test]
fn without_nodes_of_the_fast_path_sets_lapse_and_follow_the_sessions() {
	run(|chain| {
		assert_eq!(Fastpath::homes().len(), 4);
		while chain.number < SessionPeriod::get() {
			chain.block(vec![]);
		}
		let set = Fastpath::current_set().expect("a set");
		assert_eq!((set.set, set.ending), (0, true));
		for _ in 0..17 {
			chain.block(vec![]);
		}
		let set = Fastpath::current_set().expect("a set");
		assert_eq!((set.set, set.start), (1, 0));
	});
}

#[test]
fn signing_two_chains_costs_the_bond() {
	run(|chain| {
		chain.block(vec![]);
		let set = Fastpath::current_set().expect("a set");
		let charlie = Sr25519Keyring::Charlie.to_account_id();
		let signer = Ed25519Keyring::Charlie;
		let context = Context {
			genesis: GENESIS,
			set: 0,
		};
		let author = set
			.validators
			.iter()
			.position(|home| *home == charlie)
			.expect("a home") as u16;
		let vertex = |time| {
			let header = Header {
				round: 1,
				author,
				own_parent: OwnParent::default(),
				parents: Bitmap::empty(4),
				control: H256::zero(),
				late: Default::default(),
				base: 0,
				finalised: 0,
				closing: false,
				accused: Bitmap::empty(4),
				time,
				transactions: H256::zero(),
			};
			SignedHeader {
				signature: signer.pair().sign(&header.hash(&context).0),
				header,
			}
		};
		let proof = Equivocation {
			context,
			offender: key(signer),
			first: vertex(1),
			second: vertex(2),
		};
		let bond = StakingSlashing::bonded(&charlie, Role::Validator);
		assert_ok!(Fastpath::report_equivocation(
			RuntimeOrigin::signed(Sr25519Keyring::Ferdie.to_account_id()),
			Box::new(proof),
			Box::new(Fastpath::membership()),
		));
		let left = StakingSlashing::bonded(&charlie, Role::Validator);
		assert_eq!(left, bond - bond * 9 / 16);
	});
}
