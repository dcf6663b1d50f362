//! Scenarios, each named after what it shows. The mock checks the invariants at the end of every
//! block.

mod arbitrary;
mod broken;
mod changes;
mod report;
mod shares;
mod unsigned;

use crate::{mock::*, Error, Event, Membership};
use aci_finality::{
	offence::Conflict, AuthoritySignature, Context, FirstVote, OffenceProof, Proposal, SecondVote,
	SetId, Statement, Target, Timeout, View,
};
use aci_primitives::AccountId;
use frame_support::dispatch::DispatchResultWithPostInfo;
use sp_core::{Pair, H256};

type KeyOwner = Membership<AccountId>;

/// One of two blocks of the same number.
fn target(block: u8) -> Target {
	Target {
		number: 7,
		hash: H256::repeat_byte(block),
	}
}

fn sign(number: u8, context: &Context, statement: impl Into<Statement>) -> AuthoritySignature {
	pair(number).sign(&context.payload(&statement.into()))
}

fn first_vote(view: View, block: u8) -> FirstVote {
	FirstVote {
		view,
		target: target(block),
		justify_view: 0,
		timeout_digest: None,
	}
}

fn second_vote(view: View, block: u8) -> SecondVote {
	SecondVote {
		view,
		target: target(block),
	}
}

fn proposal(view: View, block: u8) -> Proposal {
	Proposal {
		view,
		target: target(block),
		justify_view: 0,
		timeout_digest: None,
	}
}

fn proof(number: u8, context: Context, conflict: Conflict) -> OffenceProof {
	OffenceProof {
		context,
		offender: key(number),
		conflict,
	}
}

/// First votes for two blocks.
fn two_first_votes(number: u8, set: SetId, view: View) -> OffenceProof {
	let context = context(set);
	let votes = [1, 2]
		.map(|block| first_vote(view, block))
		.map(|vote| (vote, sign(number, &context, vote)));
	proof(number, context, Conflict::FirstVotes(votes))
}

/// Second votes for two blocks.
fn two_second_votes(number: u8, set: SetId, view: View) -> OffenceProof {
	let context = context(set);
	let votes = [1, 2]
		.map(|block| second_vote(view, block))
		.map(|vote| (vote, sign(number, &context, vote)));
	proof(number, context, Conflict::SecondVotes(votes))
}

/// Proposals of two blocks.
fn two_proposals(number: u8, set: SetId, view: View) -> OffenceProof {
	let context = context(set);
	let proposals = [1, 2].map(|block| proposal(view, block)).map(|proposal| {
		let signature = sign(number, &context, proposal.clone());
		(proposal, signature)
	});
	proof(number, context, Conflict::Proposals(proposals))
}

/// A second vote, and a timeout `later` views after it that names a certificate of `high_view`.
fn vote_and_timeout(
	number: u8,
	set: SetId,
	view: View,
	later: View,
	high_view: View,
) -> OffenceProof {
	let context = context(set);
	let vote = second_vote(view, 1);
	let timeout = Timeout {
		view: view + later,
		high_view,
	};
	let conflict = Conflict::Amnesia {
		vote: (vote, sign(number, &context, vote)),
		timeout: (timeout, sign(number, &context, timeout)),
	};
	proof(number, context, conflict)
}

/// A signed report by the outsider.
fn report(proof: OffenceProof, key_owner: KeyOwner) -> DispatchResultWithPostInfo {
	Finality::report_offence(
		RuntimeOrigin::signed(account(OUTSIDER)),
		Box::new(proof),
		Box::new(key_owner),
	)
}

/// Shows that a report is refused and changes nothing.
#[track_caller]
fn refused(proof: OffenceProof, key_owner: KeyOwner, error: Error<Test>) {
	let root = || sp_io::storage::root(sp_runtime::StateVersion::V1);
	let before = root();
	let refusal = report(proof, key_owner).expect_err("it proves nothing");
	assert_eq!(refusal.error, error.into());
	assert_eq!(
		refusal.post_info.pays_fee,
		frame_support::dispatch::Pays::Yes
	);
	assert_eq!(root(), before);
}

fn nobody_is_slashed() {
	assert!((1..=VALIDATORS).all(|number| slashed(number) == 0));
}

fn reports() -> Vec<Event<Test>> {
	System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::Finality(event @ Event::OffenceReported { .. }) => Some(event),
			_ => None,
		})
		.collect()
}

/// Registers the key of another number for an account.
fn rotate(number: u8, other: u8) {
	pallet_session::NextKeys::<Test>::insert(account(number), keys(other));
	pallet_session::KeyOwner::<Test>::insert(
		(
			aci_finality::KEY_TYPE,
			sp_core::crypto::ByteArray::to_raw_vec(&key(other)),
		),
		account(number),
	);
}
