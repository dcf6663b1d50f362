//! Whole blocks of the composed runtime: sets follow sessions, and a report takes an offender's
//! bond.

use super::genesis::externalities;
use crate::{
	config::{consensus::SessionPeriod, market::SessionHistory},
	genesis,
	parameters::governed,
	Block, Executive, Finality, Header, Runtime, RuntimeBlockWeights, RuntimeCall, Session,
	StakingSlashing, UncheckedExtrinsic, BLOCK_TIME, SESSION,
};
use aci_finality::{
	api::{runtime_decl_for_finality_api::FinalityApiV1, OpaqueKeyOwnershipProof},
	offence::Conflict,
	AuthorityId, ConsensusLog, Context, FirstVote, OffenceProof, SetId, Target, ENGINE_ID,
};
use aci_primitives::{traits::Bonds, Role};
use codec::{Decode, Encode};
use frame_support::{dispatch::DispatchClass, storage::with_transaction, traits::Get};
use sp_consensus_aura::AURA_ENGINE_ID;
use sp_core::{Pair, H256};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_runtime::{
	traits::Header as _,
	transaction_validity::{InvalidTransaction, TransactionSource},
	Digest, DigestItem, DispatchError, TransactionOutcome,
};

pub(super) const GENESIS: H256 = H256([7; 32]);

/// Makes blocks, each with its author's slot and time.
pub(super) struct Chain {
	parent: H256,
	pub(super) number: u32,
}

impl Chain {
	pub(super) fn block(&mut self, transactions: Vec<RuntimeCall>) -> Header {
		self.number += 1;
		let slot = u64::from(self.number);
		let digest = Digest {
			logs: vec![DigestItem::PreRuntime(AURA_ENGINE_ID, slot.encode())],
		};
		let begun = Header::new(self.number, H256::zero(), H256::zero(), self.parent, digest);
		Executive::initialize_block(&begun);
		let now = RuntimeCall::Timestamp(pallet_timestamp::Call::set {
			now: slot * BLOCK_TIME,
		});
		for call in [now].into_iter().chain(transactions) {
			Executive::apply_extrinsic(UncheckedExtrinsic::new_bare(call))
				.expect("valid")
				.expect("it succeeds");
		}
		let header = Executive::finalize_block();
		Finality::do_try_state().expect("the invariants hold");
		crate::Fastpath::do_try_state().expect("the fast path's invariants hold");
		self.parent = header.hash();
		header
	}
}

pub(super) fn run(test: impl FnOnce(&mut Chain)) {
	externalities(genesis::LOCAL).execute_with(|| {
		test(&mut Chain {
			parent: GENESIS,
			number: 0,
		})
	});
}

fn key(person: Ed25519Keyring) -> AuthorityId {
	sp_core::ed25519::Public::from_raw(person.to_raw_public()).into()
}

/// First votes for two blocks.
fn two_votes(person: Ed25519Keyring, set: SetId) -> OffenceProof {
	let context = Context {
		genesis: GENESIS,
		set,
	};
	let votes = [1, 2].map(|block| {
		let vote = FirstVote {
			view: 4,
			target: Target {
				number: 1,
				hash: H256::repeat_byte(block),
			},
			justify_view: 0,
			timeout_digest: None,
		};
		let signature = person.pair().sign(&context.payload(&vote.into()));
		(vote, signature.into())
	});
	OffenceProof {
		context,
		offender: key(person),
		conflict: Conflict::FirstVotes(votes),
	}
}

fn key_owner(set: SetId, person: Ed25519Keyring) -> Option<OpaqueKeyOwnershipProof> {
	<Runtime as FinalityApiV1<Block>>::finality_key_ownership_proof(set, key(person))
}

fn report(person: Ed25519Keyring, set: SetId) -> RuntimeCall {
	let key_owner = key_owner(set, person).expect("it votes in this set");
	RuntimeCall::Finality(pallet_aci_finality::Call::report_offence_unsigned {
		proof: Box::new(two_votes(person, set)),
		key_owner: Box::new(Decode::decode(&mut &key_owner.0[..]).expect("a proof")),
	})
}

/// The changes that a block announces.
fn changes(header: &Header) -> Vec<ConsensusLog> {
	let logs = header.digest.logs().iter();
	logs.filter_map(|item| match item {
		DigestItem::Consensus(ENGINE_ID, log) => Some(log),
		_ => None,
	})
	.map(|log| ConsensusLog::decode(&mut &log[..]).expect("a log"))
	.collect()
}

#[test]
fn the_block_that_begins_a_session_announces_the_set_of_its_descendants() {
	run(|chain| {
		let authorities = || <Runtime as FinalityApiV1<Block>>::finality_authorities();
		let first = authorities().expect("a set");
		assert_eq!(first.id(), 0);
		assert!(key_owner(0, Ed25519Keyring::Alice).is_some());
		assert_eq!(key_owner(0, Ed25519Keyring::Eve), None);
		assert_eq!(key_owner(1, Ed25519Keyring::Alice), None);
		while chain.number < SessionPeriod::get() - 1 {
			assert!(changes(&chain.block(vec![])).is_empty());
			assert_eq!(authorities(), Some(first.clone()));
		}
		let [change] = &changes(&chain.block(vec![]))[..] else {
			panic!("one change")
		};
		let second = authorities().expect("a set");
		assert_eq!(change.clone().next_set(0), Ok(second.clone()));
		assert_eq!((second.id(), second.len()), (1, 4));
		assert_eq!(Session::current_index(), 1);
		assert!(key_owner(1, Ed25519Keyring::Alice).is_some());
		assert_eq!(key_owner(0, Ed25519Keyring::Alice), None);
		assert!(changes(&chain.block(vec![])).is_empty());
	});
}

#[test]
fn a_report_of_the_nodes_own_takes_the_offenders_bond_and_pays_the_author() {
	run(|chain| {
		chain.block(vec![]);
		let charlie = Sr25519Keyring::Charlie.to_account_id();
		let bond = StakingSlashing::bonded(&charlie, Role::Validator);
		let report = report(Ed25519Keyring::Charlie, 0);
		let validity = |source| {
			let transaction = UncheckedExtrinsic::new_bare(report.clone());
			// It leaves a block begun, as what the pool asks is not kept.
			with_transaction(|| {
				let validity = Executive::validate_transaction(source, transaction, GENESIS);
				TransactionOutcome::Rollback(Ok::<_, DispatchError>(validity))
			})
			.expect("rolled back")
		};
		assert!(validity(TransactionSource::Local).is_ok());
		assert_eq!(
			validity(TransactionSource::External),
			InvalidTransaction::Call.into()
		);
		chain.block(vec![report.clone()]);
		// One of four: nine sixteenths.
		let left = StakingSlashing::bonded(&charlie, Role::Validator);
		assert_eq!(left, bond - bond * 9 / 16);
		let [(_, slash)] = &StakingSlashing::pending_slashes(charlie)[..] else {
			panic!("one slash")
		};
		// The slot's author is the third of four.
		let validators = pallet_session::Validators::<Runtime>::get();
		assert_eq!(slash.reporter, Some(validators[2].clone()));
		assert_eq!(
			validity(TransactionSource::Local),
			InvalidTransaction::Stale.into()
		);
	});
}

#[test]
fn a_report_finds_room_beside_a_blocks_hooks() {
	let limits = RuntimeBlockWeights::get();
	let most = limits
		.get(DispatchClass::Operational)
		.max_extrinsic
		.expect("limited");
	assert!(Finality::report_weight().all_lte(most));
}

#[test]
fn offences_can_be_reported_for_longer_than_bonds_take_to_unbond() {
	externalities(genesis::PRODUCTION).execute_with(|| {
		let unbonding: u32 = governed::stakes::UnbondingPeriod::get();
		assert!(SessionHistory::get() * SESSION > unbonding);
	});
}
