use super::*;
use crate::{Authorities, CurrentSet, Pending, Sets};
use aci_finality::{AuthorityId, ConsensusLog, ENGINE_ID};
use codec::Decode;
use sp_runtime::generic::DigestItem;

/// The changes that a block announced.
fn changes(header: &Header) -> Vec<Vec<AuthorityId>> {
	header
		.digest
		.logs()
		.iter()
		.filter_map(|item| match item {
			DigestItem::Consensus(ENGINE_ID, bytes) => {
				let ConsensusLog::Change(authorities) =
					ConsensusLog::decode(&mut &bytes[..]).expect("a log");
				Some(authorities.into_inner())
			}
			_ => None,
		})
		.collect()
}

fn all_keys() -> Vec<AuthorityId> {
	(1..=VALIDATORS).map(key).collect()
}

/// Whether an account's key is in the set in force.
fn votes(number: u8) -> bool {
	Authorities::<Test>::get().contains(&key(number))
}

#[test]
fn the_first_set_is_that_of_the_genesis_session() {
	run(|| {
		let set = Finality::authority_set().expect("finality keys");
		assert_eq!((set.id(), set.authorities()), (0, &all_keys()[..]));
		assert_eq!(Finality::session_of(0), Some(0));
		assert_eq!(Finality::session_of(1), None);
	});
}

#[test]
fn a_chain_without_finality_keys_begins_without_a_set() {
	genesis(0).execute_with(|| {
		check();
		assert_eq!(Finality::authority_set(), None);
		assert_eq!(CurrentSet::<Test>::get(), 0);
	});
}

#[test]
#[should_panic(expected = "make no authority set")]
fn genesis_keys_that_are_there_twice_stop_the_building() {
	genesis(0).execute_with(|| {
		use frame_support::traits::OneSessionHandler;
		let (one, two) = (account(1), account(2));
		Finality::on_genesis_session([(&one, key(1)), (&two, key(1))].into_iter());
	});
}

#[test]
fn every_session_begins_a_set_also_with_the_same_keys() {
	run(|| {
		for session in 1..=6u32 {
			let began = session * SESSION;
			while System::block_number() < began {
				assert_eq!(changes(&next_block()), Vec::<Vec<_>>::new());
			}
			assert_eq!(CurrentSet::<Test>::get(), u64::from(session) - 1);
			let header = next_block();
			assert_eq!(header.number, began);
			assert_eq!(changes(&header), [all_keys()]);
			let set = Finality::authority_set().expect("in force");
			assert_eq!(set.id(), u64::from(session));
			assert_eq!(set.authorities(), all_keys());
			assert_eq!(Finality::session_of(set.id()), Some(session));
			assert_eq!(Session::current_index(), session);
		}
	});
}

#[test]
fn a_node_that_reads_the_digests_knows_the_runtimes_sets() {
	run(|| {
		let mut known = Finality::authority_set().expect("finality keys");
		for _ in 0..4 * SESSION {
			let header = next_block();
			for authorities in changes(&header) {
				let log = ConsensusLog::Change(authorities.try_into().expect("bounded"));
				known = log.next_set(known.id()).expect("a set");
			}
			assert_eq!(Finality::authority_set(), Some(known.clone()));
		}
		assert_eq!(known.id(), 4);
	});
}

#[test]
fn a_change_is_an_event_of_its_block() {
	run(|| {
		while System::block_number() < SESSION {
			next_block();
		}
		Finality::enact();
		System::assert_has_event(
			Event::SetChanged {
				set: 1,
				session: 1,
				authorities: VALIDATORS.into(),
			}
			.into(),
		);
	});
}

#[test]
fn the_last_sets_are_remembered_with_their_sessions_and_no_other() {
	run(|| {
		go_to_set(9);
		let mut sets: Vec<_> = Sets::<Test>::iter()
			.map(|(set, of)| (set, of.session))
			.collect();
		sets.sort();
		assert_eq!(sets, [(6, 6), (7, 7), (8, 8), (9, 9)]);
	});
}

#[test]
fn a_validator_that_leaves_is_out_of_the_set_of_the_session_it_is_not_elected_for() {
	run(|| {
		StakingSlashing::chill(RuntimeOrigin::signed(account(2))).expect("a candidate");
		go_to_set(1);
		assert!(votes(2));
		go_to_set(2);
		assert!(!votes(2) && votes(1));
		assert_eq!(Authorities::<Test>::get().len(), 3);
	});
}

#[test]
fn new_keys_vote_from_the_session_after_the_next_on() {
	run(|| {
		go_to_set(1);
		rotate(3, 30);
		go_to_set(2);
		assert!(votes(3));
		go_to_set(3);
		assert!(!votes(3));
		assert!(votes(30));
	});
}

#[test]
fn a_session_without_usable_keys_keeps_the_set() {
	run(|| {
		next_block();
		let too_many = (1..=9).collect();
		for keys in [vec![], vec![1, 1], too_many] {
			let members = keys
				.into_iter()
				.map(|number| (account(number), key(number)));
			Finality::schedule(1, members.collect());
			System::assert_last_event(Event::SetKept { set: 0, session: 1 }.into());
			assert!(!Pending::<Test>::exists());
		}
		assert_eq!(changes(&next_block()), Vec::<Vec<_>>::new());
		assert_eq!(CurrentSet::<Test>::get(), 0);
		assert_eq!(
			Finality::authority_set().expect("it stays").authorities(),
			all_keys()
		);
	});
}

#[test]
fn a_disabled_validator_stays_in_the_set() {
	run(|| {
		go_to_set(1);
		report(two_first_votes(1, 1, 3), key_owner(1)).expect("it is right");
		assert_eq!(Session::disabled_validators().len(), 1);
		let header = next_block();
		assert_eq!(changes(&header), Vec::<Vec<_>>::new());
		assert!(votes(1));
	});
}

#[test]
fn the_hook_weighs_more_where_the_set_changes() {
	use frame_support::traits::Hooks;
	run(|| {
		let idle = Finality::on_initialize(System::block_number());
		while System::block_number() < SESSION {
			next_block();
		}
		let change = Finality::on_initialize(System::block_number());
		assert!(change.ref_time() > idle.ref_time());
	});
}
