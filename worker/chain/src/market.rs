//! Values of the market's pallets, as their calls take them and their view functions return them.
//!
//! They mirror the types of the pallets: same names, same order. [`crate::Chain::connect`] compares
//! them with the node's metadata. Amounts are in planck.

use aci_market::Offence;
use aci_primitives::{
	AccountId, Balance, BlockNumber, BoundedList, ClassId, Deadline, Hash, JobId, Reservation,
	ReservationId, Role,
};
use codec::{Decode, Encode};
use scale_info::TypeInfo;
use sp_runtime::Permill;

/// Number of a slash.
pub type SlashId = u64;

/// Buying and selling capacity.
#[derive(Clone, Debug, PartialEq, Eq, Encode, TypeInfo)]
pub enum Swap {
	/// Reserves capacity of a class from the next block on.
	#[codec(index = 0)]
	Buy {
		/// Of which class.
		class: ClassId,
		/// How much, in milli-slots; a job occupies 1,000.
		milli_slots: u64,
		/// For how many blocks.
		blocks: BlockNumber,
		/// The most to pay for all of it.
		max_price: Balance,
	},
	/// Gives back a whole reservation for a part of what it cost.
	#[codec(index = 1)]
	SellBack {
		/// Which one.
		reservation: ReservationId,
		/// The least to get for it.
		min_refund: Balance,
	},
}

/// A reservation with what ends it.
#[derive(Clone, Debug, PartialEq, Eq, Decode, TypeInfo)]
pub struct ReservationState {
	/// The reservation.
	pub reservation: Reservation,
	/// Operations that its prepayment buys.
	pub flops: u128,
	/// Whether it has ended and only waits for its last jobs.
	pub ended: bool,
}

/// What reserving would cost now.
#[derive(Clone, Debug, PartialEq, Eq, Decode, TypeInfo)]
pub struct ReservationQuote {
	/// Operations that are paid for.
	pub flops: u128,
	/// For a compute unit, rounded up.
	pub unit_price: Balance,
	/// For all of it.
	pub price: Balance,
	/// The pool's version.
	pub version: u32,
}

/// What is left of a reservation's prepayment and not locked for jobs.
#[derive(Clone, Debug, PartialEq, Eq, Decode, TypeInfo)]
pub struct Prepayment {
	/// Whose money it is.
	pub owner: AccountId,
	/// How much is left.
	pub amount: Balance,
	/// How much of it came from the owner's free escrow.
	pub from_free: Balance,
}

/// A class's fund.
#[derive(Clone, Debug, PartialEq, Eq, Decode, TypeInfo)]
pub struct FundView {
	/// What is in it.
	pub assets: Balance,
	/// Shares that providers have.
	pub shares: u128,
	/// What these shares are worth together. The rest of the assets is nobody's.
	pub value: Balance,
	/// The pool's floor share now, in parts per billion.
	pub floor_share: u32,
	/// The floor share that the present assets would give at the epoch's end.
	pub next_floor_share: u32,
}

/// Shares on their way out of a fund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode, TypeInfo)]
pub struct Withdrawal {
	/// How many.
	pub shares: u128,
	/// The first block in which they can be withdrawn.
	pub from: BlockNumber,
	/// The first block in which they can no longer be withdrawn: they are bound again then.
	pub until: BlockNumber,
}

/// What an account has in a fund.
#[derive(Clone, Debug, PartialEq, Eq, Decode, TypeInfo)]
pub struct ProviderView {
	/// Shares that are not on their way out.
	pub shares: u128,
	/// What they are worth now.
	pub value: Balance,
	/// Shares on their way out, oldest first, each with its present value.
	pub withdrawals: Vec<(Withdrawal, Balance)>,
}

/// What a class did since its last epoch ended.
#[derive(Clone, Debug, PartialEq, Eq, Decode, TypeInfo)]
pub struct ActivityView {
	/// The running epoch.
	pub epoch: u32,
	/// The first block after it.
	pub ends: BlockNumber,
	/// Milliseconds of slots that paid jobs needed at least.
	pub paid: u128,
	/// Milli-slots times milliseconds that were offered until now.
	pub offered: u128,
	/// Registered capacity in milli-slots.
	pub registered: u64,
	/// Paid over offered time in parts per billion; `None` when nothing was offered.
	pub utilisation: Option<u32>,
}

/// An open dispute.
#[derive(Clone, Debug, PartialEq, Eq, Decode, TypeInfo)]
pub struct Dispute {
	/// The client's bond.
	pub bond: Balance,
	/// How many committees were drawn for it.
	pub draws: u8,
	/// Block in which it was opened.
	pub opened: BlockNumber,
	/// The end of the job's fraud window, when the job had been paid before.
	pub paid: Option<Deadline>,
}

/// A part of a bond or a delegation that is on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode, TypeInfo)]
pub struct Unbonding {
	/// How much.
	pub amount: Balance,
	/// First block in which it can be withdrawn.
	pub until: BlockNumber,
}

/// A bond.
#[derive(Clone, Debug, PartialEq, Eq, Decode, TypeInfo)]
pub struct BondView {
	/// What backs the account's work.
	pub active: Balance,
	/// What has to stay bonded.
	pub required: Balance,
	/// What is on its way out.
	pub unbonding: Vec<Unbonding>,
	/// Whether the active bond reaches the role's minimum and what is required.
	pub eligible: bool,
}

/// Where a slash is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode, TypeInfo)]
pub enum SlashState {
	/// Waits for its time. The offender can appeal, governance can cancel.
	#[codec(index = 0)]
	Pending,
	/// The offender appealed and left a deposit. Governance can cancel.
	#[codec(index = 1)]
	Appealed {
		/// What is held of the offender for the appeal.
		deposit: Balance,
	},
	/// Applied, but for refunds that their accounts cannot take yet.
	#[codec(index = 2)]
	Unclaimed,
}

/// A slash that is held and not wholly applied.
#[derive(Clone, Debug, PartialEq, Eq, Decode, TypeInfo)]
pub struct PendingSlash {
	/// Who offended.
	pub offender: AccountId,
	/// Which of its bonds.
	pub role: Role,
	/// For what.
	pub offence: Offence,
	/// How much, the delegators' parts included.
	pub amount: Balance,
	/// Hash of the evidence.
	pub evidence: Hash,
	/// Who reported it.
	pub reporter: Option<AccountId>,
	/// The job of the claim that came with the report.
	pub job: Option<JobId>,
	/// First block in which it can be applied; until then it can be cancelled.
	pub applies_at: BlockNumber,
	/// Where it is on its way.
	pub state: SlashState,
}

/// A delegator in the list of its validator.
#[derive(Clone, Debug, PartialEq, Eq, Decode, TypeInfo)]
pub struct Delegator {
	/// The delegator.
	pub who: AccountId,
	/// What stands behind the validator.
	pub active: Balance,
	/// Rewards that the delegator has not claimed.
	pub owed: Balance,
}

/// What stood behind a validator when it was elected.
#[derive(Clone, Debug, PartialEq, Eq, Decode, TypeInfo)]
pub struct Exposure {
	/// Own bond and delegations.
	pub total: Balance,
	/// The validator's own bond.
	pub own: Balance,
	/// The share of a reward that the validator takes before it is divided.
	pub commission: Permill,
	/// Each delegator with its delegation.
	pub delegators: BoundedList<(AccountId, Balance), 128>,
}

/// A validator.
#[derive(Clone, Debug, PartialEq, Eq, Decode, TypeInfo)]
pub struct ValidatorView {
	/// Whether it can be elected, as far as it declared so and its bond reaches the minimum.
	pub candidate: bool,
	/// Its commission, where it is a candidate.
	pub commission: Permill,
	/// Its own active bond.
	pub own: Balance,
	/// Own bond and delegations.
	pub total: Balance,
	/// Rewards that it has not claimed.
	pub owed: Balance,
	/// Its delegators.
	pub delegators: Vec<Delegator>,
	/// What it is elected with in the present session, if it is.
	pub exposure: Option<Exposure>,
	/// Blocks that it authored in the present session.
	pub blocks: u32,
}

/// A delegation.
#[derive(Clone, Debug, PartialEq, Eq, Decode, TypeInfo)]
pub struct DelegationView {
	/// To whom.
	pub validator: AccountId,
	/// What stands behind the validator.
	pub active: Balance,
	/// What is on its way out.
	pub unbonding: Vec<Unbonding>,
	/// Rewards that are not claimed.
	pub owed: Balance,
}

/// Who earns a yield.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode, TypeInfo)]
pub enum Earner {
	/// Validators, on their own bonds; commission included.
	#[codec(index = 0)]
	Validators,
	/// Those who delegate to validators.
	#[codec(index = 1)]
	Delegators,
	/// Verifiers.
	#[codec(index = 2)]
	Verifiers,
	/// Workers.
	#[codec(index = 3)]
	Workers,
	/// Those whose capital is in the classes' funds.
	#[codec(index = 4)]
	LiquidityProviders,
}

/// What one kind of earner was paid in an epoch, and on what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode, TypeInfo)]
pub struct Paid {
	/// What was credited.
	pub amount: Balance,
	/// What was bonded for it.
	pub stake: Balance,
}

/// A yearly yield.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode, TypeInfo)]
pub struct Yield {
	/// Whose.
	pub earner: Earner,
	/// What was credited in the last completed epoch, and on what.
	pub paid: Paid,
	/// Parts per million of the stake in a year, if every epoch were like that one; `None` without
	/// a stake.
	pub yearly: Option<u64>,
}
