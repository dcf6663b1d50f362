#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

pub mod delegation;
pub mod election;
pub mod epochs;
mod impls;
pub mod ledger;
#[cfg(test)]
mod mock;
pub mod offences;
mod pots;
pub mod quality;
mod rewards;
mod slashing;
mod state;
#[cfg(test)]
mod tests;
mod try_state;
pub mod types;
mod verifiers;
pub mod weights;

pub use delegation::Delegation;
pub use election::ExposureOf;
pub use epochs::EarningsOf;
pub use ledger::Ledger;
pub use offences::{Disabling, SessionDisabling};
pub use pallet::*;
pub use types::{
	BondView, DelegationView, Delegator, Earner, EpochInfo, EpochSums, Exposure, Paid, Part,
	PendingSlash, Pool, PotView, QualityScore, SessionView, SlashId, SlashState, StoredQuality,
	Unbonding, ValidatorView, VerifierPayout, Yield,
};
pub use weights::WeightInfo;

/// The pallet's storage, calls, events and errors.
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use aci_market::{Offence, QualityRules, SlashTable, StakeRules};
	use aci_primitives::{
		traits::{Claim, Insurer, Pots},
		AccountId, Balance, BlockNumber, BoundedList, Hash, Role,
	};
	use alloc::vec::Vec;
	use frame_support::{
		pallet_prelude::*,
		traits::fungible::{hold, Inspect, Mutate, MutateHold},
		traits::tokens::Precision,
		traits::ValidatorRegistration,
	};
	use frame_system::pallet_prelude::*;
	use sp_runtime::{Perbill, Permill, SaturatedConversion};
	use sp_staking::SessionIndex;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(2);

	/// Most pending slashes that a view function returns.
	pub const MAX_VIEWED_SLASHES: usize = 64;

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Why this pallet holds a part of an account's balance.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// Bond of a validator, active or unbonding.
		#[codec(index = 0)]
		ValidatorBond,
		/// Bond of a verifier, active or unbonding.
		#[codec(index = 1)]
		VerifierBond,
		/// Bond of a worker, active or unbonding.
		#[codec(index = 2)]
		WorkerBond,
		/// Slashed from a bond; waits for the end of the appeal time.
		#[codec(index = 3)]
		Slashed,
		/// Delegated to validators, active or on its way out.
		#[codec(index = 4)]
		Delegation,
		/// Deposit of an appeal against a slash.
		#[codec(index = 5)]
		AppealDeposit,
	}

	impl From<Role> for HoldReason {
		fn from(role: Role) -> Self {
			match role {
				Role::Validator => HoldReason::ValidatorBond,
				Role::Verifier => HoldReason::VerifierBond,
				Role::Worker => HoldReason::WorkerBond,
			}
		}
	}

	/// What the pallet needs of the runtime.
	#[pallet::config]
	pub trait Config:
		frame_system::Config<AccountId = AccountId, RuntimeEvent: From<Event<Self>>>
	{
		/// The runtime's hold reasons, of which this pallet's are a part.
		type RuntimeHoldReason: From<HoldReason>;

		/// The native token.
		type Currency: Mutate<AccountId>
			+ Inspect<AccountId, Balance = Balance>
			+ hold::Mutate<AccountId, Reason = Self::RuntimeHoldReason>;

		/// What the protocol's pots have and pay; this pallet alone pays out of the validators' and the
		/// verifiers'.
		type Pots: Pots;

		/// Refunds what a pot does not cover.
		type Insurer: Insurer;

		/// Whether an account has session keys.
		type Keys: ValidatorRegistration<AccountId>;

		/// Takes a validator that equivocated out of the session's work.
		type Disabling: Disabling;

		/// What others earn, for the yields.
		type Earnings: EarningsOf;

		/// Who decides appeals and may end candidacies: may cancel a slash that is not applied.
		type GovernanceOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Smallest bond of each role. Governed.
		type StakeRules: Get<StakeRules>;

		/// Share of a bond that each offence costs. Governed.
		type SlashTable: Get<SlashTable>;

		/// How quality scores move. Governed.
		type QualityRules: Get<QualityRules>;

		/// Blocks from unbonding to withdrawal; longer than the fraud window. Governed.
		type BondingDuration: Get<BlockNumber>;

		/// Blocks from a slash to its application, in which it can be cancelled. Governed.
		type AppealPeriod: Get<BlockNumber>;

		/// Blocks from a slash for a wrong output, an invalid attestation or a Sybil to its application,
		/// where that is longer than the appeal time: the fraud window, so that all whom the offender
		/// wronged can join the pot. Governed.
		type ClaimPeriod: Get<BlockNumber>;

		/// Held of an offender that appeals; burned if the slash is applied. Governed.
		type AppealDeposit: Get<Balance>;

		/// How many validators are elected for a session, at least one. Governed.
		type ValidatorCount: Get<u32>;

		/// Smallest active delegation of an account to a validator. Governed.
		type MinimumDelegation: Get<Balance>;

		/// Largest commission of a validator. Governed.
		type MaxCommission: Get<Permill>;

		/// Blocks of an epoch. Governed.
		type EpochLength: Get<BlockNumber>;

		/// Blocks of a year, for the yields.
		#[pallet::constant]
		type BlocksPerYear: Get<BlockNumber>;

		/// How many sessions are remembered, for offences of the past: at least those of the unbonding
		/// time.
		#[pallet::constant]
		type SessionHistory: Get<u32>;

		/// Most validators of a session; as many as the consensus takes, at most 256.
		#[pallet::constant]
		type MaxValidators: Get<u32>;

		/// Most candidates.
		#[pallet::constant]
		type MaxCandidates: Get<u32>;

		/// Most delegators of one validator, at most 128.
		#[pallet::constant]
		type MaxDelegators: Get<u32>;

		/// Most validators that one account delegates to, at most 16.
		#[pallet::constant]
		type MaxDelegations: Get<u32>;

		/// Most claims on one pot, at most 64.
		#[pallet::constant]
		type MaxClaims: Get<u32>;

		/// Most verifiers that one block pays, and most scores that one block looks at.
		#[pallet::constant]
		type MaxDuePerBlock: Get<u32>;

		/// Share of what refunds leave of an applied slash that goes to its reporter. Governed.
		type ReporterShare: Get<Permill>;

		/// Most parts of one bond that are on their way out side by side.
		#[pallet::constant]
		type MaxUnbonding: Get<u32>;

		/// Most slashes that one block applies by itself; fewer where they take more than an eighth of it.
		#[pallet::constant]
		type MaxSlashesPerBlock: Get<u32>;

		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// The bonds. Absent where nothing is held and nothing required.
	// Twox: a role is one of three values.
	#[pallet::storage]
	pub type Ledgers<T: Config> = StorageDoubleMap<
		_,
		Blake2_128Concat,
		AccountId,
		Twox64Concat,
		Role,
		Ledger<T::MaxUnbonding>,
		OptionQuery,
	>;

	/// Sum of the active bonds of each role, in planck.
	// Twox: a role is one of three values.
	#[pallet::storage]
	pub type TotalActive<T: Config> = StorageMap<_, Twox64Concat, Role, Balance, ValueQuery>;

	/// Those who want to validate, with their commissions. An election chooses among them.
	#[pallet::storage]
	pub type Candidates<T: Config> =
		CountedStorageMap<_, Blake2_128Concat, AccountId, Permill, OptionQuery>;

	/// Delegations by validator and delegator.
	#[pallet::storage]
	pub type Delegations<T: Config> = StorageDoubleMap<
		_,
		Blake2_128Concat,
		AccountId,
		Blake2_128Concat,
		AccountId,
		Delegation<T::MaxUnbonding>,
		OptionQuery,
	>;

	/// The delegators of each validator, and the rewards that it and they have not claimed.
	#[pallet::storage]
	pub type Pools<T: Config> = StorageMap<_, Blake2_128Concat, AccountId, Pool, ValueQuery>;

	/// The validators that an account has a delegation to.
	#[pallet::storage]
	pub type DelegatedTo<T: Config> = StorageMap<
		_,
		Blake2_128Concat,
		AccountId,
		BoundedList<AccountId, { types::MAX_DELEGATIONS }>,
		OptionQuery,
	>;

	/// The validators elected for each session that is remembered, each with the session under which
	/// what it stood for is stored.
	// Twox: sessions are counted.
	#[pallet::storage]
	pub type Elected<T: Config> = StorageMap<
		_,
		Twox64Concat,
		SessionIndex,
		BoundedList<(AccountId, SessionIndex), { types::MAX_VALIDATORS }>,
		ValueQuery,
	>;

	/// What validators stood for, under the first session that they stood for exactly that.
	#[pallet::storage]
	pub type Exposures<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		SessionIndex,
		Blake2_128Concat,
		AccountId,
		Exposure,
		OptionQuery,
	>;

	/// The oldest session that is remembered.
	#[pallet::storage]
	pub type OldestSession<T: Config> = StorageValue<_, SessionIndex, ValueQuery>;

	/// The present session.
	#[pallet::storage]
	pub type CurrentSession<T: Config> = StorageValue<_, SessionIndex, ValueQuery>;

	/// Blocks of the present session by author.
	#[pallet::storage]
	pub type Points<T: Config> = StorageMap<_, Blake2_128Concat, AccountId, u32, ValueQuery>;

	/// Blocks of the present session that named an author.
	#[pallet::storage]
	pub type SessionBlocks<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// Rewards that are written down and not claimed, in planck. The validators' pool keeps as much.
	#[pallet::storage]
	pub type TotalOwed<T: Config> = StorageValue<_, Balance, ValueQuery>;

	/// The share of its stake that each validator was slashed for its equivocations of a session.
	#[pallet::storage]
	pub type OffenceShares<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		SessionIndex,
		Blake2_128Concat,
		AccountId,
		Perbill,
		ValueQuery,
	>;

	/// The running epoch.
	#[pallet::storage]
	pub type Epoch<T: Config> = StorageValue<_, EpochInfo, ValueQuery>;

	/// What was credited in the running epoch so far.
	#[pallet::storage]
	pub type EpochRunning<T: Config> = StorageValue<_, EpochSums, ValueQuery>;

	/// What was credited in the last completed epoch.
	#[pallet::storage]
	pub type LastEpoch<T: Config> = StorageValue<_, EpochSums, OptionQuery>;

	/// What workers and the classes' funds had earned when the last epoch ended, in planck.
	#[pallet::storage]
	pub type CountedEarnings<T: Config> = StorageValue<_, (Balance, Balance), ValueQuery>;

	/// Tariffs of the verdicts that verifiers delivered, by epoch, until they are paid.
	// Twox: epochs are counted.
	#[pallet::storage]
	pub type Work<T: Config> =
		StorageDoubleMap<_, Twox64Concat, u32, Blake2_128Concat, AccountId, Balance, ValueQuery>;

	/// Sum of the tariffs of each epoch whose payment is not begun, in planck.
	#[pallet::storage]
	pub type WorkTotal<T: Config> = StorageMap<_, Twox64Concat, u32, Balance, ValueQuery>;

	/// The epoch whose verifiers are being paid.
	#[pallet::storage]
	pub type PayingVerifiers<T: Config> = StorageValue<_, VerifierPayout, OptionQuery>;

	/// The oldest epoch whose verifiers are not all paid.
	#[pallet::storage]
	pub type NextPaidEpoch<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// Quality scores of accounts that had a job judged, as they were then.
	#[pallet::storage]
	pub type Quality<T: Config> =
		StorageMap<_, Blake2_128Concat, AccountId, StoredQuality, OptionQuery>;

	/// The scores after the last judged job of each epoch, until they are looked at.
	#[pallet::storage]
	pub type JudgedIn<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		u32,
		Blake2_128Concat,
		AccountId,
		QualityScore,
		OptionQuery,
	>;

	/// The oldest epoch whose scores are not all looked at.
	#[pallet::storage]
	pub type NextJudgedEpoch<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// Slashes that are held and not wholly applied.
	// Twox: the pallet counts the numbers itself.
	#[pallet::storage]
	pub type Slashes<T: Config> = StorageMap<_, Twox64Concat, SlashId, PendingSlash, OptionQuery>;

	/// Whom each of these slashes was taken from.
	#[pallet::storage]
	pub type Parts<T: Config> =
		StorageMap<_, Twox64Concat, SlashId, BoundedList<Part, { types::MAX_PARTS }>, ValueQuery>;

	/// Who is refunded out of each of these slashes.
	#[pallet::storage]
	pub type Claims<T: Config> =
		StorageMap<_, Twox64Concat, SlashId, BoundedList<Claim, { types::MAX_CLAIMS }>, ValueQuery>;

	/// The slashes that took from each account.
	#[pallet::storage]
	pub type SlashesOf<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, AccountId, Twox64Concat, SlashId, (), OptionQuery>;

	/// The pot of each offender's role that is applied last: claims of reports that take nothing
	/// join it.
	#[pallet::storage]
	pub type OpenPot<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, AccountId, Twox64Concat, Role, SlashId, OptionQuery>;

	/// Number of the next slash.
	#[pallet::storage]
	pub type NextSlash<T: Config> = StorageValue<_, SlashId, ValueQuery>;

	/// The slashes by the block that applies them.
	// Twox: the keys are heights and counted numbers.
	#[pallet::storage]
	pub type Agenda<T: Config> =
		StorageDoubleMap<_, Twox64Concat, BlockNumber, Twox64Concat, SlashId, (), OptionQuery>;

	/// The oldest block of the agenda that can have slashes left.
	#[pallet::storage]
	pub type AgendaCursor<T: Config> = StorageValue<_, BlockNumber, OptionQuery>;

	/// All that slashes and refused appeals burned since genesis, in planck.
	#[pallet::storage]
	pub type TotalBurned<T: Config> = StorageValue<_, Balance, ValueQuery>;

	/// Genesis: bonds of accounts that have a balance at genesis.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Account, role and bond in planck.
		pub bonds: Vec<(AccountId, Role, Balance)>,
		/// Candidates with their commissions in parts per million. Each needs a validator's bond.
		pub candidates: Vec<(AccountId, u32)>,
		#[doc(hidden)]
		#[serde(skip)]
		pub _config: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		/// Panics on a bond that the account cannot post or that is below its role's minimum, and on a
		/// candidate without a bond: such a genesis must not start a chain.
		fn build(&self) {
			for (who, role, amount) in &self.bonds {
				if let Err(error) = Pallet::<T>::do_bond(who, *role, *amount) {
					panic!("the genesis bond {who:?}, {role:?}, {amount} is refused: {error:?}");
				}
			}
			for (who, commission) in &self.candidates {
				let commission = Permill::from_parts(*commission);
				if let Err(error) = Pallet::<T>::do_validate(who, commission) {
					panic!("the genesis candidate {who:?} is refused: {error:?}");
				}
			}
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An account bonded. `active` is its active bond now.
		Bonded {
			/// Whose bond.
			who: AccountId,
			/// For which role.
			role: Role,
			/// How much was added.
			amount: Balance,
			/// The active bond afterwards.
			active: Balance,
		},
		/// A part of a bond is on its way out. It can be withdrawn from block `until` on.
		Unbonded {
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
		},
		/// A part that was on its way out is active again.
		Rebonded {
			/// Whose bond.
			who: AccountId,
			/// For which role.
			role: Role,
			/// How much came back.
			amount: Balance,
			/// The active bond afterwards.
			active: Balance,
		},
		/// What was unbonded is back in the account's balance.
		Withdrawn {
			/// Whose bond.
			who: AccountId,
			/// For which role.
			role: Role,
			/// How much.
			amount: Balance,
		},
		/// So much of a bond has to stay from now on; 0 when nothing has to.
		Required {
			/// Whose bond.
			who: AccountId,
			/// For which role.
			role: Role,
			/// How much has to stay.
			required: Balance,
		},
		/// An account is a candidate for validating, or changed its commission.
		Validating {
			/// Who.
			who: AccountId,
			/// The share of rewards that it takes before they are divided.
			commission: Permill,
		},
		/// An account is no candidate any more. It works until the sessions that it is elected for are
		/// over.
		Chilled {
			/// Who.
			who: AccountId,
		},
		/// An account delegated. `active` is its active delegation to this validator now.
		Delegated {
			/// Whose money.
			who: AccountId,
			/// To whom.
			validator: AccountId,
			/// How much was added.
			amount: Balance,
			/// The active delegation afterwards.
			active: Balance,
		},
		/// A part of a delegation is on its way out. It can be withdrawn from block `until` on.
		Undelegated {
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
		},
		/// What was undelegated is back in the account's balance.
		UndelegatedWithdrawn {
			/// Whose money.
			who: AccountId,
			/// From whom.
			validator: AccountId,
			/// How much.
			amount: Balance,
		},
		/// The validators of a session are elected.
		ValidatorsElected {
			/// The session.
			session: SessionIndex,
			/// How many.
			validators: u32,
			/// What all of them stand for, in planck.
			stake: Balance,
		},
		/// No candidate qualifies for a session. The validators of the session before stay.
		NobodyElected {
			/// The session.
			session: SessionIndex,
		},
		/// A validator and its delegators earned. They can claim it.
		Rewarded {
			/// For which session.
			session: SessionIndex,
			/// Which validator.
			validator: AccountId,
			/// What the validator has of it, commission included.
			own: Balance,
			/// The commission.
			commission: Balance,
			/// What its delegators have of it.
			delegators: Balance,
		},
		/// The rewards of a session are written down.
		SessionPaid {
			/// The session.
			session: SessionIndex,
			/// Its blocks that named an author.
			blocks: u32,
			/// What its validators stood for, in planck.
			stake: Balance,
			/// What they and their delegators earned.
			paid: Balance,
			/// What stays in the pool for later sessions.
			kept: Balance,
		},
		/// Rewards were paid.
		RewardsClaimed {
			/// To whom.
			who: AccountId,
			/// For which validator: itself, or one that it delegated to.
			validator: AccountId,
			/// How much.
			amount: Balance,
		},
		/// An epoch is over.
		EpochEnded {
			/// Its number.
			epoch: u32,
			/// What was credited in it, and on what stakes.
			sums: EpochSums,
		},
		/// The payment of an epoch's verifiers begins.
		VerifiersPaying {
			/// The epoch.
			epoch: u32,
			/// The sum of their tariffs.
			tariffs: Balance,
			/// What is paid in all: the tariffs, or what the pool has if that is less.
			budget: Balance,
		},
		/// A verifier was paid.
		VerifierPaid {
			/// For which epoch.
			epoch: u32,
			/// Whom.
			verifier: AccountId,
			/// How much.
			amount: Balance,
		},
		/// A delegation was slashed with its validator.
		DelegationSlashed {
			/// Number of the slash.
			id: SlashId,
			/// Who offended.
			validator: AccountId,
			/// Who loses.
			delegator: AccountId,
			/// How much of the slash is the delegator's.
			amount: Balance,
		},
		/// A client's claim waits for a slash to be applied.
		ClaimJoined {
			/// Number of the slash.
			id: SlashId,
			/// Who claims how much for which job.
			claim: Claim,
		},
		/// A client's claim found no pot with room. The insurer paid what its cap lets it.
		ClaimInsured {
			/// Who offended.
			offender: AccountId,
			/// Who claims how much for which job.
			claim: Claim,
			/// What the insurer paid.
			insured: Balance,
		},
		/// A claim on a slash was paid.
		ClaimPaid {
			/// Number of the slash.
			id: SlashId,
			/// Who was refunded.
			client: AccountId,
			/// For which job.
			job: aci_primitives::JobId,
			/// Out of the pot.
			paid: Balance,
			/// Stays in the pot because the account cannot take it. Apply the slash again when the
			/// account holds the existential deposit.
			waiting: Balance,
			/// Paid by the insurer.
			insured: Balance,
		},
		/// The offender appeals against a slash. Governance can cancel the slash until `applies_at`.
		SlashAppealed {
			/// Number of the slash.
			id: SlashId,
			/// Who appeals.
			offender: AccountId,
			/// Hash of the reasons.
			reason: Hash,
			/// What is held for the appeal; it returns if the slash is cancelled.
			deposit: Balance,
			/// First block in which the slash can be applied now.
			applies_at: BlockNumber,
		},
		/// A bond was slashed, and what is delegated to it. The amount is held until block
		/// `applies_at`; until it is applied, governance can cancel the slash.
		Slashed {
			/// Number of the slash.
			id: SlashId,
			/// Who loses.
			offender: AccountId,
			/// Which of its bonds.
			role: Role,
			/// For what.
			offence: Offence,
			/// How much, the delegators' parts included.
			amount: Balance,
			/// Hash of the evidence.
			evidence: Hash,
			/// Who reported it.
			reporter: Option<AccountId>,
			/// Whom the offence wronged.
			victim: Option<Claim>,
			/// First block in which it can be applied.
			applies_at: BlockNumber,
		},
		/// An offence was reported of an account that has no bond to take.
		NothingToSlash {
			/// Who offended.
			offender: AccountId,
			/// In which role.
			role: Role,
			/// How.
			offence: Offence,
			/// Hash of the evidence.
			evidence: Hash,
		},
		/// A slash was applied: claims were refunded, the reporter got its share of what that left, the
		/// rest is burned.
		SlashApplied {
			/// Number of the slash.
			id: SlashId,
			/// Who lost.
			offender: AccountId,
			/// Which of its bonds.
			role: Role,
			/// Who was paid for the report.
			reporter: Option<AccountId>,
			/// What claims were refunded out of it.
			refunded: Balance,
			/// What stays for refunds that their accounts cannot take yet.
			kept: Balance,
			/// What the reporter got.
			rewarded: Balance,
			/// What left the issuance, the deposit of an appeal included.
			burned: Balance,
		},
		/// A slash was cancelled on appeal. All of it is back where it was taken from, and so is the
		/// deposit of the appeal.
		SlashCancelled {
			/// Number of the slash.
			id: SlashId,
			/// Whose bond it is.
			offender: AccountId,
			/// Which of its bonds.
			role: Role,
			/// Back in active bonds and delegations.
			to_active: Balance,
			/// Back on its way out.
			to_unbonding: Balance,
		},
		/// Jobs were judged.
		QualityUpdated {
			/// Whose jobs.
			who: AccountId,
			/// How many.
			jobs: u32,
			/// The result of the last of them, in parts per million.
			result: u32,
			/// The score afterwards, in parts per million.
			score: u32,
			/// Jobs that were judged since the account's first, these included.
			judged: u32,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The amount is zero. Name a larger one.
		AmountIsZero,
		/// The balance does not cover the amount and the existential deposit. Bond less or send the
		/// account more.
		InsufficientFunds,
		/// The bond would be below the role's minimum. Bond at least the minimum; leave nothing or at
		/// least the minimum.
		BelowMinimum,
		/// The active bond is smaller than that. Unbond at most what is active; before work that
		/// needs a larger bond, bond more.
		InsufficientBond,
		/// Work of this account needs that part of the bond. End the work first, or unbond less.
		BondRequired,
		/// Too many parts are on their way out. Withdraw those whose time has come, or wait.
		TooManyUnbonding,
		/// Less than that is on its way out. Name at most the sum of what is unbonding.
		InsufficientUnbonding,
		/// Nothing can be withdrawn yet. Wait for the block that the unbonding names.
		NothingToWithdraw,
		/// The balance would stay below the existential deposit. Send the account at least the
		/// existential deposit first.
		BelowExistentialDeposit,
		/// There is no such slash: it was applied, cancelled, or never was.
		NoSuchSlash,
		/// The appeal time is not over. Apply the slash at its block or later.
		AppealTimeNotOver,
		/// The slash is applied; only refunds wait in its pot. Nothing can cancel it.
		SlashIsApplied,
		/// Only the offender can appeal against a slash.
		NotOffender,
		/// The slash has been appealed once. Governance decides.
		AlreadyAppealed,
		/// The time to appeal is over. The slash can be applied.
		AppealTimeOver,
		/// The accounts still cannot take the refunds that wait in this pot. Send each of them the
		/// existential deposit first.
		RefundsWait,
		/// The commission is above the largest that is allowed. Name a smaller one.
		CommissionTooHigh,
		/// There is no room for another candidate. Wait until one leaves.
		TooManyCandidates,
		/// The account is no candidate. Delegate to a candidate; there is nothing to chill.
		NotCandidate,
		/// An account cannot delegate to itself. Bond more instead.
		DelegatesToItself,
		/// The delegation would be below the minimum. Delegate at least the minimum; leave nothing or
		/// at least the minimum.
		BelowMinimumDelegation,
		/// The validator's list of delegators is full. Delegate to another one.
		TooManyDelegators,
		/// The account delegates to as many validators as it can. Add to one of these delegations, or
		/// withdraw one first.
		TooManyDelegations,
		/// There is no such delegation.
		NotDelegated,
		/// Nothing is owed. Rewards are written down when a session ends.
		NothingOwed,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(now: BlockNumberFor<T>) -> Weight {
			let now = now.saturated_into();
			let mut weight = Self::apply_due(now);
			if Self::roll_epoch(now) {
				weight.saturating_accrue(T::WeightInfo::roll_epoch());
			}
			let most = T::MaxDuePerBlock::get();
			let (paid, judged) = (Self::pay_verifiers(most), Self::check_quality(most));
			weight
				.saturating_add(T::WeightInfo::pay_verifiers(paid))
				.saturating_add(T::WeightInfo::check_quality(judged))
		}

		fn integrity_test() {
			assert!(T::MaxUnbonding::get() > 0, "a bond must be able to unbond");
			assert!(
				T::MaxSlashesPerBlock::get() > 0 && T::MaxDuePerBlock::get() > 0,
				"a block must be able to apply a slash and to pay a verifier"
			);
			assert!(
				T::MaxDelegators::get() <= types::MAX_DELEGATORS
					&& T::MaxDelegations::get() <= types::MAX_DELEGATIONS
					&& T::MaxClaims::get() <= types::MAX_CLAIMS
					&& T::MaxValidators::get() <= types::MAX_VALIDATORS,
				"a limit is above what the stored lists hold"
			);
			assert!(
				T::MaxValidators::get() > 0 && T::MaxCandidates::get() > 0,
				"a session needs a validator"
			);
			assert!(
				T::SessionHistory::get() >= 2,
				"the present session and the one before it must be remembered"
			);
			let slash = T::WeightInfo::apply_slash(types::MAX_PARTS, types::MAX_CLAIMS);
			let largest = T::WeightInfo::agenda().saturating_add(slash);
			let budget = Self::slash_budget();
			assert!(
				largest.ref_time() <= budget.ref_time(),
				"the largest slash must fit in an eighth of a block"
			);
			let payments = T::WeightInfo::pay_verifiers(T::MaxDuePerBlock::get())
				.saturating_add(T::WeightInfo::check_quality(T::MaxDuePerBlock::get()));
			assert!(
				payments.ref_time() <= budget.ref_time(),
				"the payments and scores of one block must fit in an eighth of it"
			);
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Bond `amount` planck for a role: open a bond or add to it.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the account that takes the role.
		///
		/// ## Details
		///
		/// The amount stays on the account, held under the role's reason. Afterwards the active bond
		/// must reach the role's minimum. Bonds for two roles are separate.
		///
		/// ## Errors
		///
		/// [`Error::AmountIsZero`], [`Error::InsufficientFunds`], [`Error::BelowMinimum`].
		///
		/// ## Events
		///
		/// [`Event::Bonded`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::bond())]
		pub fn bond(origin: OriginFor<T>, role: Role, amount: Balance) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_bond(&who, role, amount)
		}

		/// Start to take `amount` planck out of a bond.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the account whose bond it is.
		///
		/// ## Details
		///
		/// The part no longer backs work, but it can be slashed until it is withdrawn. What is
		/// required for open work cannot be unbonded. Nothing or at least the role's minimum must
		/// stay. A candidate that leaves nothing is no candidate any more.
		///
		/// ## Errors
		///
		/// [`Error::AmountIsZero`], [`Error::InsufficientBond`], [`Error::BondRequired`],
		/// [`Error::BelowMinimum`], [`Error::TooManyUnbonding`].
		///
		/// ## Events
		///
		/// [`Event::Unbonded`]; [`Event::Chilled`] for a candidate that leaves nothing.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::unbond())]
		pub fn unbond(origin: OriginFor<T>, role: Role, amount: Balance) -> DispatchResult {
			let who = ensure_signed(origin)?;
			ensure!(amount > 0, Error::<T>::AmountIsZero);
			let mut ledger = Ledgers::<T>::get(&who, role).ok_or(Error::<T>::InsufficientBond)?;
			let left = ledger
				.active
				.checked_sub(amount)
				.ok_or(Error::<T>::InsufficientBond)?;
			ensure!(left >= ledger.required, Error::<T>::BondRequired);
			ensure!(
				left == 0 || left >= Self::minimum(role),
				Error::<T>::BelowMinimum
			);
			let until = Self::now().saturating_add(T::BondingDuration::get());
			ensure!(
				ledger.add_unbonding(amount, until),
				Error::<T>::TooManyUnbonding
			);
			ledger.active = left;
			Self::store(&who, role, ledger);
			Self::deposit_event(Event::Unbonded {
				who: who.clone(),
				role,
				amount,
				until,
				active: left,
			});
			if role == Role::Validator && left == 0 {
				Self::do_chill(&who);
			}
			Ok(())
		}

		/// Take back to the balance what was unbonded and whose time has come.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the account whose bond it is.
		///
		/// ## Errors
		///
		/// [`Error::NothingToWithdraw`], [`Error::BelowExistentialDeposit`].
		///
		/// ## Events
		///
		/// [`Event::Withdrawn`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::withdraw_unbonded())]
		pub fn withdraw_unbonded(origin: OriginFor<T>, role: Role) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let mut ledger = Ledgers::<T>::get(&who, role).ok_or(Error::<T>::NothingToWithdraw)?;
			let amount = ledger.take_matured(Self::now());
			ensure!(amount > 0, Error::<T>::NothingToWithdraw);
			ensure!(
				Self::can_take(&who, amount),
				Error::<T>::BelowExistentialDeposit
			);
			let reason = HoldReason::from(role).into();
			T::Currency::release(&reason, &who, amount, Precision::Exact)?;
			Self::store(&who, role, ledger);
			Self::deposit_event(Event::Withdrawn { who, role, amount });
			Ok(())
		}

		/// Make `amount` planck that is on its way out active again.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the account whose bond it is.
		///
		/// ## Details
		///
		/// What was unbonded last comes back first. Afterwards the active bond must reach the role's
		/// minimum.
		///
		/// ## Errors
		///
		/// [`Error::AmountIsZero`], [`Error::InsufficientUnbonding`], [`Error::BelowMinimum`].
		///
		/// ## Events
		///
		/// [`Event::Rebonded`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::rebond())]
		pub fn rebond(origin: OriginFor<T>, role: Role, amount: Balance) -> DispatchResult {
			let who = ensure_signed(origin)?;
			ensure!(amount > 0, Error::<T>::AmountIsZero);
			let mut ledger =
				Ledgers::<T>::get(&who, role).ok_or(Error::<T>::InsufficientUnbonding)?;
			let taken = ledger.take_unbonding(amount);
			ensure!(
				taken.from_unbonding == amount,
				Error::<T>::InsufficientUnbonding
			);
			let active = Self::sum(ledger.active, amount)?;
			ensure!(active >= Self::minimum(role), Error::<T>::BelowMinimum);
			ledger.active = active;
			Self::store(&who, role, ledger);
			Self::deposit_event(Event::Rebonded {
				who,
				role,
				amount,
				active,
			});
			Ok(())
		}

		/// Cancel a slash that is not applied: the appeal is granted.
		///
		/// ## Dispatch Origin
		///
		/// The governance origin.
		///
		/// ## Details
		///
		/// All of it returns to the bonds and delegations that it came from: what was active is active,
		/// what was unbonding is unbonding until the time it had. The deposit of an appeal returns too.
		/// The claim that came with the slash ends; claims of other jobs join another pot of the
		/// offender, or go to the insurer.
		///
		/// ## Errors
		///
		/// [`Error::NoSuchSlash`], [`Error::SlashIsApplied`].
		///
		/// ## Events
		///
		/// [`Event::SlashCancelled`], then [`Event::ClaimJoined`] or [`Event::ClaimInsured`] for each
		/// claim of another job.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::cancel_slash())]
		pub fn cancel_slash(
			origin: OriginFor<T>,
			#[pallet::compact] id: SlashId,
		) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			Self::do_cancel(id)
		}

		/// Apply a slash whose time has come.
		///
		/// ## Dispatch Origin
		///
		/// Signed by anyone.
		///
		/// ## Details
		///
		/// The chain does this by itself; the call is for a slash that waits because many are due at
		/// once, and for refunds that wait in a pot until their accounts can take them.
		///
		/// ## Errors
		///
		/// [`Error::NoSuchSlash`], [`Error::AppealTimeNotOver`], [`Error::RefundsWait`].
		///
		/// ## Events
		///
		/// [`Event::ClaimPaid`] for each claim, [`Event::SlashApplied`].
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::apply_slash(types::MAX_PARTS, types::MAX_CLAIMS))]
		pub fn apply_slash(
			origin: OriginFor<T>,
			#[pallet::compact] id: SlashId,
		) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			let slash = Slashes::<T>::get(id).ok_or(Error::<T>::NoSuchSlash)?;
			ensure!(
				Self::now() >= slash.applies_at,
				Error::<T>::AppealTimeNotOver
			);
			let weight = Self::apply_weight(id);
			Self::do_apply(id)?;
			Ok(Some(weight).into())
		}

		/// Become a candidate for validating, or change the commission.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the account that bonded for the role.
		///
		/// ## Details
		///
		/// Elected are the candidates with the highest sums of own bond and delegations that have
		/// session keys. The commission, in parts per million, counts from the next election on.
		///
		/// ## Errors
		///
		/// [`Error::CommissionTooHigh`], [`Error::InsufficientBond`], [`Error::TooManyCandidates`].
		///
		/// ## Events
		///
		/// [`Event::Validating`].
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::validate())]
		pub fn validate(origin: OriginFor<T>, commission: Permill) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_validate(&who, commission)
		}

		/// Be no candidate any more.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the candidate.
		///
		/// ## Details
		///
		/// The account works until the sessions that it is elected for are over. Its bond and its
		/// delegations stay.
		///
		/// ## Errors
		///
		/// [`Error::NotCandidate`].
		///
		/// ## Events
		///
		/// [`Event::Chilled`].
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::validate())]
		pub fn chill(origin: OriginFor<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			ensure!(Self::do_chill(&who), Error::<T>::NotCandidate);
			Ok(())
		}

		/// End another account's candidacy.
		///
		/// ## Dispatch Origin
		///
		/// The governance origin.
		///
		/// ## Errors
		///
		/// [`Error::NotCandidate`].
		///
		/// ## Events
		///
		/// [`Event::Chilled`].
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::validate())]
		pub fn force_chill(origin: OriginFor<T>, who: AccountId) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			ensure!(Self::do_chill(&who), Error::<T>::NotCandidate);
			Ok(())
		}

		/// Delegate `amount` planck to a candidate, or add to a delegation.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the account whose money it is.
		///
		/// ## Details
		///
		/// The amount stays on the account, held. It counts from the next election on, earns with the
		/// validator and is slashed with it.
		///
		/// ## Errors
		///
		/// [`Error::AmountIsZero`], [`Error::DelegatesToItself`], [`Error::NotCandidate`],
		/// [`Error::InsufficientFunds`], [`Error::BelowMinimumDelegation`],
		/// [`Error::TooManyDelegators`], [`Error::TooManyDelegations`].
		///
		/// ## Events
		///
		/// [`Event::Delegated`].
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::delegate())]
		pub fn delegate(
			origin: OriginFor<T>,
			validator: AccountId,
			amount: Balance,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_delegate(&who, &validator, amount)
		}

		/// Start to take `amount` planck out of a delegation.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the account whose money it is.
		///
		/// ## Details
		///
		/// The part can be slashed, for sessions that it was elected with, until it is withdrawn.
		/// Nothing or at least the minimum must stay.
		///
		/// ## Errors
		///
		/// [`Error::AmountIsZero`], [`Error::NotDelegated`], [`Error::InsufficientBond`],
		/// [`Error::BelowMinimumDelegation`], [`Error::TooManyUnbonding`].
		///
		/// ## Events
		///
		/// [`Event::Undelegated`].
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::delegate())]
		pub fn undelegate(
			origin: OriginFor<T>,
			validator: AccountId,
			amount: Balance,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_undelegate(&who, &validator, amount)
		}

		/// Take back to the balance what was undelegated and whose time has come.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the account whose money it is.
		///
		/// ## Errors
		///
		/// [`Error::NotDelegated`], [`Error::NothingToWithdraw`], [`Error::BelowExistentialDeposit`].
		///
		/// ## Events
		///
		/// [`Event::UndelegatedWithdrawn`].
		#[pallet::call_index(11)]
		#[pallet::weight(T::WeightInfo::delegate())]
		pub fn withdraw_undelegated(origin: OriginFor<T>, validator: AccountId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_withdraw_undelegated(&who, &validator)
		}

		/// Be paid what is owed for a validator.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the validator itself, or by one that delegated to it.
		///
		/// ## Details
		///
		/// It is paid out of the validators' pool. What the account cannot take, because it would be
		/// dust, becomes claimable in the escrow.
		///
		/// ## Errors
		///
		/// [`Error::NothingOwed`].
		///
		/// ## Events
		///
		/// [`Event::RewardsClaimed`].
		#[pallet::call_index(12)]
		#[pallet::weight(T::WeightInfo::claim_rewards())]
		pub fn claim_rewards(origin: OriginFor<T>, validator: AccountId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_claim(&who, &validator).map(|_| ())
		}

		/// Appeal against a slash.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the offender.
		///
		/// ## Details
		///
		/// `reason` is the hash of the reasons, which governance reads elsewhere. A deposit is held: it
		/// returns if governance cancels the slash and is burned if not. The slash waits for one more
		/// appeal time, once.
		///
		/// ## Errors
		///
		/// [`Error::NoSuchSlash`], [`Error::SlashIsApplied`], [`Error::NotOffender`],
		/// [`Error::AlreadyAppealed`], [`Error::AppealTimeOver`], [`Error::InsufficientFunds`].
		///
		/// ## Events
		///
		/// [`Event::SlashAppealed`].
		#[pallet::call_index(13)]
		#[pallet::weight(T::WeightInfo::appeal())]
		pub fn appeal(
			origin: OriginFor<T>,
			#[pallet::compact] id: SlashId,
			reason: Hash,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_appeal(&who, id, reason)
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// An account's bond for a role; `None` where there is none.
		pub fn ledger(account: AccountId, role: Role) -> Option<BondView> {
			Ledgers::<T>::get(account, role).map(|ledger| Self::view(role, ledger))
		}

		/// All bonds of an account.
		pub fn bonds(account: AccountId) -> Vec<(Role, BondView)> {
			types::ROLES
				.into_iter()
				.filter_map(|role| Some((role, Self::ledger(account.clone(), role)?)))
				.collect()
		}

		/// Slashes that took from an account, as offender or as delegator, and are not wholly applied;
		/// at most 64.
		pub fn pending_slashes(account: AccountId) -> Vec<(SlashId, PendingSlash)> {
			SlashesOf::<T>::iter_key_prefix(account)
				.take(MAX_VIEWED_SLASHES)
				.filter_map(|id| Some((id, Slashes::<T>::get(id)?)))
				.collect()
		}

		/// A slash's pot, with all that it was taken from and all claims on it; `None` where it is over.
		pub fn pot(id: SlashId) -> Option<PotView> {
			Self::view_pot(id)
		}

		/// The candidates, each with its commission and the sum of its own bond and delegations, the
		/// highest first. Those without session keys or below the minimum are passed over at elections.
		pub fn candidates() -> Vec<(AccountId, Permill, Balance)> {
			Self::view_candidates()
		}

		/// A validator with its bond, delegations and commission; `None` for an account that never was
		/// one.
		pub fn validator(account: AccountId) -> Option<ValidatorView> {
			Self::view_validator(&account)
		}

		/// What a validator stood for in a session that is remembered.
		pub fn exposure_in(session: SessionIndex, account: AccountId) -> Option<Exposure> {
			Self::exposure(session, &account)
		}

		/// An account's delegations, with what it is owed for each.
		pub fn delegations_of(account: AccountId) -> Vec<DelegationView> {
			Self::view_delegations(&account)
		}

		/// The present session and epoch.
		pub fn session_info() -> SessionView {
			Self::view_session()
		}

		/// What each role earned in the last completed epoch, and what that is in a year; empty before
		/// the first epoch is over.
		pub fn yields() -> Vec<Yield> {
			Self::view_yields()
		}

		/// An account's quality, with its absence; the neutral start where no job of it was judged.
		pub fn quality(account: AccountId) -> QualityScore {
			Self::quality_of(&account)
		}

		/// The smallest bond of each role.
		pub fn minima() -> StakeRules {
			T::StakeRules::get()
		}

		/// Whether an account's bond for a role backs work: it reaches the role's minimum and what
		/// is required.
		pub fn is_eligible(account: AccountId, role: Role) -> bool {
			Ledgers::<T>::get(account, role).is_some_and(|ledger| Self::backs_work(role, &ledger))
		}
	}
}
