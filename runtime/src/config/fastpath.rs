//! The fast path: leases, checkpoints, and what lanes price by.

use crate::{
	config::{
		consensus::{ReportLongevity, Stakes, MAX_AUTHORITIES},
		market::{BlockTime, PaymentShares, SessionHistory, MAX_DELEGATORS},
	},
	parameters::governed::{jobs, stakes},
	AccountId, Authorship, Escrow, Hmm, Jobs, Offences, Runtime, StakingSlashing, Timestamp, UNIT,
};
use aci_fastpath::{
	lane::terms::{ClassTerms, Terms},
	types::Parameters,
};
use aci_primitives::{
	traits::{Bonds, MarketQuote},
	Balance, ClassId, Moment, Role,
};
use frame_support::{
	parameter_types,
	traits::{ConstU32, Get},
};
use pallet_aci_finality::Identify;
use sp_runtime::{traits::Convert, Perbill};
use sp_staking::SessionIndex;

parameter_types! {
	/// What the members of a set have in common: the crate's defaults, which are the paper's.
	pub SetParameters: Parameters = Parameters {
		acknowledge: jobs::AcknowledgePeriod::get(),
		..Parameters::default()
	};
	/// What an ended session's set has for its closing checkpoint: half a minute.
	pub const ClosingGrace: Moment = 30_000;
	/// What a broken promise costs a home: as much as a worker loses that does not finish.
	pub const PromiseShare: Perbill = Perbill::from_percent(10);
	/// Least amount of a ticket.
	pub const MinTicket: Balance = UNIT;
}

/// What the chain tells lanes besides leases.
pub struct ChainTerms;

impl Get<Terms> for ChainTerms {
	fn get() -> Terms {
		let class = |id: ClassId| {
			let pool = Hmm::pool(id)?;
			let terms = ClassTerms {
				class: <Hmm as MarketQuote>::class(id)?,
				par_price: pool.par_price,
				floor_share: pool.floor_share,
				free_weight: pool.free_weight,
			};
			Some((id, terms))
		};
		let bond = stakes::VerifierBond::get();
		Terms {
			classes: (0..pallet_aci_hmm::NextClass::<Runtime>::get())
				.filter_map(class)
				.collect(),
			models: pallet_aci_poai::Models::<Runtime>::iter()
				.map(|(id, model)| (id, model.manifest))
				.collect(),
			fees: PaymentShares::get(),
			verifiers: pallet_aci_fastpath::KeyOwners::<Runtime>::iter()
				.filter(|(_, account)| {
					<StakingSlashing as Bonds>::bonded(account, Role::Verifier) >= bond
				})
				.collect(),
		}
	}
}

impl Convert<(SessionIndex, AccountId), pallet_aci_staking_slashing::Exposure> for Stakes {
	fn convert(
		(session, validator): (SessionIndex, AccountId),
	) -> pallet_aci_staking_slashing::Exposure {
		Stakes::identify(session, &validator)
	}
}

/// The author of the present block.
pub struct BlockAuthor;

impl Get<Option<AccountId>> for BlockAuthor {
	fn get() -> Option<AccountId> {
		Authorship::author()
	}
}

impl pallet_aci_fastpath::Config for Runtime {
	type Escrow = Escrow;
	type Workers = Jobs;
	type Slices = Hmm;
	type Jobs = Jobs;
	type Slasher = StakingSlashing;
	type Quality = StakingSlashing;
	type Insurer = Hmm;
	type Terms = ChainTerms;
	type FeeShares = PaymentShares;
	type Parameters = SetParameters;
	type Time = Timestamp;
	type BlockTime = BlockTime;
	type ClosingGrace = ClosingGrace;
	type FraudWindow = jobs::FraudWindow;
	type Identification = pallet_aci_staking_slashing::Exposure;
	type Stood = Stakes;
	type Reports = Offences;
	type PromiseShare = PromiseShare;
	type Author = BlockAuthor;
	type ReportLongevity = ReportLongevity;
	type WeightInfo = pallet_aci_fastpath::weights::SubstrateWeight<Runtime>;
	type MaxAuthorities = ConstU32<MAX_AUTHORITIES>;
	type SetHistory = SessionHistory;
	type MaxTicketsOfClient = ConstU32<16>;
	type MaxTickets = ConstU32<4_096>;
	type MaxLeasesOfWorker = ConstU32<16>;
	type MaxLeases = ConstU32<4_096>;
	type MinTicket = MinTicket;
	type MaxRequests = ConstU32<128>;
	type MaxSwept = ConstU32<8>;
	type MaxEffects = ConstU32<1_500>;
	// A validator's own bond and its delegators'.
	type MaxSlashParts = ConstU32<{ MAX_DELEGATORS + 1 }>;
}
