//! Events of the pallets of the market that are read here, beside those of jobs.
//!
//! Each enum has the variants of its pallet that are used, with their indices. They are read out of
//! an [`Event::Other`].

use crate::{call, contracts::OrderOutcome, Event, SlashId};
use aci_primitives::{
	job::Home, AccountId, Balance, BlockNumber, BoundedBytes, ClassId, Hash, JobId, ModelId,
	ReservationId, Role,
};
use codec::{Decode, DecodeAll, Encode};
use scale_info::TypeInfo;
use sp_runtime::{DispatchError, Permill};

macro_rules! events_of {
	(
		$pallet:path;
		$(#[$enum_doc:meta])*
		$enum:ident;
		$($(#[$doc:meta])* $index:literal $name:ident {
			$($(#[$field_doc:meta])* $field:ident: $type:ty,)*
		})*
	) => {
		$(#[$enum_doc])*
		#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
		#[non_exhaustive]
		pub enum $enum {
			$($(#[$doc])* #[codec(index = $index)] $name {
				$($(#[$field_doc])* $field: $type,)*
			},)*
		}

		impl $enum {
			/// The event, if it is one of these.
			pub fn of(event: &Event) -> Option<Self> {
				const NAMES: &[(&str, u8)] = &[$((stringify!($name), $index),)*];
				let Event::Other { pallet, name, fields } = event else {
					return None;
				};
				if pallet != $pallet {
					return None;
				}
				let (_, index) = NAMES.iter().find(|(known, _)| known == name)?;
				let mut bytes = vec![*index];
				bytes.extend_from_slice(fields);
				Self::decode_all(&mut bytes.as_slice()).ok()
			}

			/// The first of these among events that a function takes.
			pub fn find<T>(events: &[Event], wanted: impl Fn(Self) -> Option<T>) -> Option<T> {
				events.iter().filter_map(Self::of).find_map(wanted)
			}
		}
	};
}

events_of! {
	call::AIVM;
	/// Events of contracts. Amounts are in planck.
	AivmEvent;
	/// A module was uploaded.
	0 CodeUploaded {
		/// Blake2b-256 of the module.
		code: Hash,
		/// Who uploaded it.
		owner: AccountId,
		/// Its bytes.
		length: u32,
		/// Held of the owner.
		deposit: Balance,
	}
	/// A contract was made and its `deploy` has run.
	2 Instantiated {
		/// The contract's account.
		contract: AccountId,
		/// The hash of its module.
		code: Hash,
		/// Who made it.
		creator: AccountId,
		/// What it was sent, beside the existential deposit.
		value: Balance,
		/// The gas that `deploy` used.
		gas_used: u64,
		/// Held of the creator for storage, beyond what came back.
		deposit: Balance,
		/// What `deploy` returned.
		output: Vec<u8>,
	}
	/// A contract was called and has returned.
	3 Called {
		/// The contract.
		contract: AccountId,
		/// Who called it.
		caller: AccountId,
		/// Which entry point.
		entry: BoundedBytes<64>,
		/// What was sent with the call.
		value: Balance,
		/// The gas that was used.
		gas_used: u64,
		/// Held of the caller for storage, beyond what came back.
		deposit: Balance,
		/// What the contract returned.
		output: Vec<u8>,
	}
	/// A contract tells something.
	4 ContractEmitted {
		/// The contract.
		contract: AccountId,
		/// What it is about.
		topic: BoundedBytes<64>,
		/// What it says.
		data: BoundedBytes<4_096>,
	}
	/// A contract locked money that its caller had sent.
	6 MoneyLocked {
		/// The contract, which alone releases it.
		contract: AccountId,
		/// The lock's number.
		lock: u64,
		/// Whose money it is.
		client: AccountId,
		/// How much.
		amount: Balance,
		/// First block in which the client may take it back.
		until: BlockNumber,
	}
	/// A lock has ended.
	7 LockEnded {
		/// The contract.
		contract: AccountId,
		/// The lock's number.
		lock: u64,
		/// Whose money it was.
		client: AccountId,
		/// Who was paid; nobody when the client took it back.
		payee: Option<AccountId>,
		/// What the payee got.
		paid: Balance,
		/// What the client got back.
		refunded: Balance,
	}
	/// A contract ordered a run of a model that workers serve.
	10 InferenceOrdered {
		/// The contract, which is the job's client.
		contract: AccountId,
		/// The job.
		job: JobId,
		/// The model.
		model: ModelId,
		/// The most that the contract pays for it.
		max_price: Balance,
		/// The entry point that is called back.
		entry: BoundedBytes<64>,
		/// The gas that the call back may use; it is paid.
		gas: u64,
		/// Held of whoever signed, until the call back.
		deposit: Balance,
	}
	/// A contract was told of the end of a run that it ordered.
	11 CalledBack {
		/// The contract.
		contract: AccountId,
		/// The job.
		job: JobId,
		/// How it ended.
		outcome: OrderOutcome,
		/// The entry point that was called.
		entry: BoundedBytes<64>,
		/// The gas that was used.
		gas_used: u64,
		/// Held for storage of whoever signed the order, beyond what came back.
		deposit: Balance,
		/// What the contract returned.
		output: Vec<u8>,
	}
	/// A contract was told of the end of a run that it ordered, and its call back failed.
	12 CallbackFailed {
		/// The contract.
		contract: AccountId,
		/// The job.
		job: JobId,
		/// How it ended.
		outcome: OrderOutcome,
		/// The entry point that was called.
		entry: BoundedBytes<64>,
		/// The gas that was used.
		gas_used: u64,
		/// Why it failed.
		error: DispatchError,
	}
}

events_of! {
	call::HMM;
	/// Events of the market. Amounts are in planck.
	HmmEvent;
	/// A class's epoch ended: its par price followed its use, its floor share its fund.
	3 EpochClosed {
		/// The class.
		class: ClassId,
		/// The epoch that ended.
		epoch: u32,
		/// Milliseconds of slots that paid jobs needed at least.
		paid: u128,
		/// Milli-slots times milliseconds that were offered.
		offered: u128,
		/// Paid over offered time in parts per billion; `None` when nothing was offered.
		utilisation: Option<u32>,
		/// The par price from now on, in planck per compute unit.
		par_price: Balance,
		/// The fund's assets.
		fund: Balance,
		/// The floor share from now on, in parts per billion.
		floor_share: u32,
		/// The pool's version.
		version: u32,
	}
	/// An account deposited in a class's fund and has shares of it.
	4 LiquidityProvided {
		/// The class.
		class: ClassId,
		/// Who.
		who: AccountId,
		/// How much.
		amount: Balance,
		/// How many shares it got.
		shares: u128,
	}
	/// Shares are on their way out of a fund.
	5 WithdrawalBegun {
		/// The class.
		class: ClassId,
		/// Whose.
		who: AccountId,
		/// How many.
		shares: u128,
		/// The first block in which they can be withdrawn.
		from: BlockNumber,
		/// The first block in which they can no longer be.
		until: BlockNumber,
	}
	/// Shares that were on their way out stay.
	6 WithdrawalCancelled {
		/// The class.
		class: ClassId,
		/// Whose.
		who: AccountId,
		/// How many.
		shares: u128,
	}
	/// Shares were withdrawn at their value.
	8 LiquidityWithdrawn {
		/// The class.
		class: ClassId,
		/// Whose.
		who: AccountId,
		/// How many.
		shares: u128,
		/// What was paid for them.
		amount: Balance,
	}
	/// An account reserved capacity.
	10 Reserved {
		/// The reservation's number.
		id: ReservationId,
		/// Whose.
		owner: AccountId,
		/// Of which class.
		class: ClassId,
		/// How much, in milli-slots.
		milli_slots: u64,
		/// First block of the window.
		from: BlockNumber,
		/// First block after the window.
		until: BlockNumber,
		/// Operations that are paid for.
		flops: u128,
		/// Price of one compute unit under it.
		unit_price: Balance,
		/// What was prepaid.
		paid: Balance,
		/// The pool's version after it.
		version: u32,
	}
	/// A reservation was sold back.
	11 SoldBack {
		/// Its number.
		id: ReservationId,
		/// Whose it was.
		owner: AccountId,
		/// Of which class.
		class: ClassId,
		/// What its owner got back.
		refund: Balance,
		/// What was burned of the prepayment.
		burned: Balance,
	}
}

events_of! {
	call::ESCROW;
	/// Events of the escrow. Amounts are in planck.
	EscrowEvent;
	/// A credit that had waited was paid.
	7 Claimed {
		/// Whose credit it was.
		who: AccountId,
		/// How much.
		amount: Balance,
	}
	/// A client set money aside for a home to spend.
	12 BudgetOpened {
		/// Who may spend it.
		home: Home,
		/// Whose money it is.
		client: AccountId,
		/// How much was added.
		amount: Balance,
		/// How much of that came out of free escrow.
		from_free: Balance,
		/// The whole budget now.
		budget: Balance,
		/// First block in which the client can close it.
		until: BlockNumber,
	}
	/// A client took what was left of a budget back to its free escrow.
	13 BudgetClosed {
		/// Who could spend it.
		home: Home,
		/// Whose money it is.
		client: AccountId,
		/// How much was left.
		amount: Balance,
		/// Free escrow afterwards.
		free: Balance,
	}
}

events_of! {
	call::STAKING;
	/// Events of bonds and delegations. Amounts are in planck.
	StakingEvent;
	/// A part of a bond is on its way out.
	1 Unbonded {
		/// Whose bond.
		who: AccountId,
		/// For which role.
		role: Role,
		/// How much leaves.
		amount: Balance,
		/// First block in which it can be withdrawn.
		until: BlockNumber,
		/// The active bond afterwards.
		active: Balance,
	}
	/// What was unbonded is back in the account's balance.
	3 Withdrawn {
		/// Whose bond.
		who: AccountId,
		/// For which role.
		role: Role,
		/// How much.
		amount: Balance,
	}
	/// An account is a candidate for validating, or changed its commission.
	5 Validating {
		/// Who.
		who: AccountId,
		/// The share of rewards that it takes before they are divided.
		commission: Permill,
	}
	/// An account delegated.
	7 Delegated {
		/// Whose money.
		who: AccountId,
		/// To whom.
		validator: AccountId,
		/// How much was added.
		amount: Balance,
		/// The active delegation afterwards.
		active: Balance,
	}
	/// A part of a delegation is on its way out.
	8 Undelegated {
		/// Whose money.
		who: AccountId,
		/// From whom.
		validator: AccountId,
		/// How much leaves.
		amount: Balance,
		/// First block in which it can be withdrawn.
		until: BlockNumber,
		/// The active delegation afterwards.
		active: Balance,
	}
	/// What was undelegated is back in the account's balance.
	9 UndelegatedWithdrawn {
		/// Whose money.
		who: AccountId,
		/// From whom.
		validator: AccountId,
		/// How much.
		amount: Balance,
	}
	/// Rewards were paid.
	14 RewardsClaimed {
		/// To whom.
		who: AccountId,
		/// For which validator.
		validator: AccountId,
		/// How much.
		amount: Balance,
	}
	/// The offender appeals against a slash.
	22 SlashAppealed {
		/// Number of the slash.
		id: SlashId,
		/// Who appeals.
		offender: AccountId,
		/// Hash of the reasons.
		reason: Hash,
		/// What is held for the appeal.
		deposit: Balance,
		/// First block in which the slash can be applied now.
		applies_at: BlockNumber,
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn other(pallet: &str, name: &str, event: &impl Encode) -> Event {
		Event::Other {
			pallet: pallet.into(),
			name: name.into(),
			fields: event.encode().split_off(1),
		}
	}

	#[test]
	fn an_event_is_read_by_its_pallet_and_name() {
		let claimed = EscrowEvent::Claimed {
			who: AccountId::new([1; 32]),
			amount: 5,
		};
		let event = other("Escrow", "Claimed", &claimed);
		assert_eq!(EscrowEvent::of(&event), Some(claimed.clone()));
		assert_eq!(HmmEvent::of(&event), None);
		for (pallet, name) in [("Hmm", "Claimed"), ("Escrow", "Deposited")] {
			assert_eq!(EscrowEvent::of(&other(pallet, name, &claimed)), None);
		}
		let amount = EscrowEvent::find(
			&[
				Event::HistoryWritten {
					block: 1,
					root: Hash::zero(),
					jobs: 1,
				},
				event,
			],
			|event| match event {
				EscrowEvent::Claimed { amount, .. } => Some(amount),
				_ => None,
			},
		);
		assert_eq!(amount, Some(5));
	}

	#[test]
	fn fields_that_are_cut_are_no_event() {
		let begun = HmmEvent::WithdrawalBegun {
			class: 1,
			who: AccountId::new([1; 32]),
			shares: 7,
			from: 8,
			until: 9,
		};
		let mut event = other("Hmm", "WithdrawalBegun", &begun);
		assert_eq!(HmmEvent::of(&event), Some(begun));
		if let Event::Other { fields, .. } = &mut event {
			fields.pop();
		}
		assert_eq!(HmmEvent::of(&event), None);
	}
}
