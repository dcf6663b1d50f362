//! What people do with a referendum: submit, vote, wait.

use crate::chain::Chain;
use aci_runtime::{
	governance::origins::Origin, AccountId, Balance, OriginCaller, Runtime, RuntimeCall,
	RuntimeEvent, UNIT,
};
use codec::Encode;
use frame_support::traits::{schedule::DispatchTime, Bounded};
use pallet_conviction_voting::{AccountVote, Conviction, Vote};
use pallet_referenda::{ReferendumInfo, ReferendumInfoFor, ReferendumInfoOf};
use sp_io::hashing::blake2_256;
use sp_keyring::Sr25519Keyring::{self, Alice, Bob, Charlie, Dave};
use sp_runtime::{traits::Hash, DispatchResult};

type BlakeTwo256 = sp_runtime::traits::BlakeTwo256;

/// A referendum that acts as root.
pub fn as_root() -> OriginCaller {
	OriginCaller::system(frame_system::RawOrigin::<AccountId>::Root)
}

/// A referendum that acts as the parameters' origin.
pub fn on_parameters() -> OriginCaller {
	OriginCaller::Origins(Origin::Parameters)
}

/// More blocks than any referendum of a development chain takes, from its deposit to its
/// enactment: 2 to prepare, 20 to decide, 2 to confirm, 1 to enact, and some in between.
const MOST: usize = 40;

/// Alice submits a call; a long one by its preimage, which she notes first. Dave places the
/// decision deposit. The referendum's number.
pub fn submit(chain: &mut Chain, origin: OriginCaller, call: impl Into<RuntimeCall>) -> u32 {
	let call = call.into().encode();
	let proposal = match call.clone().try_into() {
		Ok(inline) => Bounded::Inline(inline),
		Err(_) => {
			let proposal = Bounded::Lookup {
				hash: BlakeTwo256::hash(&call),
				len: u32::try_from(call.len()).expect("is short"),
			};
			note(chain, call);
			proposal
		}
	};
	propose(chain, origin, proposal)
}

/// As [`submit`], by a preimage whatever the length.
pub fn submit_preimage(
	chain: &mut Chain,
	origin: OriginCaller,
	call: impl Into<RuntimeCall>,
) -> u32 {
	let call = call.into().encode();
	let proposal = Bounded::Lookup {
		hash: BlakeTwo256::hash(&call),
		len: u32::try_from(call.len()).expect("is short"),
	};
	note(chain, call);
	propose(chain, origin, proposal)
}

fn note(chain: &mut Chain, bytes: Vec<u8>) {
	let note = pallet_preimage::Call::<Runtime>::note_preimage { bytes };
	chain.submit(Alice, note).expect("Alice notes the preimage");
}

fn propose(
	chain: &mut Chain,
	origin: OriginCaller,
	proposal: Bounded<RuntimeCall, BlakeTwo256>,
) -> u32 {
	let submit = pallet_referenda::Call::<Runtime>::submit {
		proposal_origin: Box::new(origin),
		proposal,
		enactment_moment: DispatchTime::After(0),
	};
	let events = chain.submit(Alice, submit).expect("anyone submits");
	let submitted = events.iter().find_map(|event| match event {
		RuntimeEvent::Referenda(pallet_referenda::Event::Submitted { index, .. }) => Some(*index),
		_ => None,
	});
	let index = submitted.expect("the referendum's number is told");
	let deposit = pallet_referenda::Call::<Runtime>::place_decision_deposit { index };
	chain
		.submit(Dave, deposit)
		.expect("anyone places the deposit");
	index
}

/// An account votes with so many ACI, which the vote locks for one period.
fn vote(chain: &mut Chain, index: u32, who: Sr25519Keyring, aye: bool, aci: Balance) {
	let vote = pallet_conviction_voting::Call::<Runtime>::vote {
		poll_index: index,
		vote: AccountVote::Standard {
			vote: Vote {
				aye,
				conviction: Conviction::Locked1x,
			},
			balance: aci * UNIT,
		},
	};
	chain.submit(who, vote).expect("anyone votes");
}

/// Alice and Charlie are for it with ten million ACI, Bob is against it with one.
pub fn vote_for(chain: &mut Chain, index: u32) {
	vote(chain, index, Alice, true, 5_000_000);
	vote(chain, index, Charlie, true, 5_000_000);
	vote(chain, index, Bob, false, 1_000_000);
}

/// Alice is for it with one million ACI, Bob and Charlie are against it with ten.
pub fn vote_against(chain: &mut Chain, index: u32) {
	vote(chain, index, Alice, true, 1_000_000);
	vote(chain, index, Bob, false, 5_000_000);
	vote(chain, index, Charlie, false, 5_000_000);
}

/// What became of a referendum's call, if it was enacted.
pub fn result(chain: &Chain, index: u32) -> Option<DispatchResult> {
	// The name under which the referenda's pallet schedules it.
	let name = (b"assembly", "enactment", index).using_encoded(blake2_256);
	chain.seen().iter().find_map(|event| match event {
		RuntimeEvent::Scheduler(pallet_scheduler::Event::Dispatched {
			id: Some(id),
			result,
			..
		}) if *id == name => Some(*result),
		_ => None,
	})
}

/// Makes blocks until an approved referendum is enacted: its call's result.
pub fn enact(chain: &mut Chain, index: u32) -> DispatchResult {
	for _ in 0..MOST {
		if let Some(result) = result(chain, index) {
			let info = info(chain, index);
			assert!(matches!(info, ReferendumInfo::Approved(..)), "{info:?}");
			return result;
		}
		chain.block();
	}
	panic!(
		"referendum {index} is not enacted: {:?}",
		info(chain, index)
	);
}

/// Makes blocks for longer than any referendum takes.
pub fn outlast(chain: &mut Chain) {
	for _ in 0..MOST {
		chain.block();
	}
}

/// A referendum's record.
pub fn info(chain: &mut Chain, index: u32) -> ReferendumInfoOf<Runtime, ()> {
	let key = ReferendumInfoFor::<Runtime>::hashed_key_for(index);
	chain.stored(&key).expect("a referendum's record is kept")
}
