//! What can happen. The numbers of an operation choose its accounts, objects and amounts among those
//! that fit at the time; see [`super::apply`].

use proptest::prelude::*;

/// A kind of operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
	NextBlock,
	// Jobs.
	Submit,
	SubmitReserved,
	Cancel,
	Acknowledge,
	Decline,
	SubmitResult,
	Poke,
	Dispute,
	Decide,
	Convict,
	ConvictAll,
	RegisterWorker,
	UpdateWorker,
	SetActive,
	Deregister,
	// Escrow.
	Deposit,
	Withdraw,
	Claim,
	ClaimFor,
	OpenBudget,
	CloseBudget,
	SpendBudget,
	Transfer,
	// Stakes.
	Bond,
	Unbond,
	WithdrawUnbonded,
	Rebond,
	CancelSlash,
	ApplySlash,
	Appeal,
	Validate,
	Chill,
	ForceChill,
	Delegate,
	Undelegate,
	WithdrawUndelegated,
	ClaimRewards,
	Equivocate,
	VerifierWorks,
	SetKeys,
	PurgeKeys,
	// Market.
	CreateClass,
	SetClass,
	SetPrice,
	Provide,
	BeginWithdrawal,
	CancelWithdrawal,
	WithdrawLiquidity,
	Buy,
	SellBack,
	SplitSlice,
	MergeSlice,
	// Proof.
	RegisterModel,
	RemoveModel,
	Attest,
	Collateral,
	Policy,
	Serials,
	SuspendExpired,
	Recheck,
	MoveGpu,
	ReportSybil,
	AllowMeasurement,
	RevokeMeasurement,
	Suspend,
	Unsuspend,
	SetThresholds,
	Canaries,
	Challenge,
	SetRules,
}

/// How often each kind happens.
const WEIGHTS: [(u32, Kind); 71] = [
	(130, Kind::NextBlock),
	(60, Kind::Submit),
	(12, Kind::SubmitReserved),
	(3, Kind::Cancel),
	(20, Kind::Acknowledge),
	(20, Kind::Decline),
	(20, Kind::SubmitResult),
	(12, Kind::Poke),
	(16, Kind::Dispute),
	(14, Kind::Decide),
	(8, Kind::Convict),
	(4, Kind::ConvictAll),
	(20, Kind::RegisterWorker),
	(2, Kind::UpdateWorker),
	(4, Kind::SetActive),
	(2, Kind::Deregister),
	(6, Kind::Deposit),
	(5, Kind::Withdraw),
	(12, Kind::Claim),
	(20, Kind::ClaimFor),
	(7, Kind::OpenBudget),
	(8, Kind::CloseBudget),
	(2, Kind::SpendBudget),
	(13, Kind::Transfer),
	(7, Kind::Bond),
	(10, Kind::Unbond),
	(10, Kind::WithdrawUnbonded),
	(3, Kind::Rebond),
	(4, Kind::CancelSlash),
	(24, Kind::ApplySlash),
	(4, Kind::Appeal),
	(8, Kind::Validate),
	(3, Kind::Chill),
	(4, Kind::ForceChill),
	(12, Kind::Delegate),
	(12, Kind::Undelegate),
	(12, Kind::WithdrawUndelegated),
	(8, Kind::ClaimRewards),
	(6, Kind::Equivocate),
	(16, Kind::VerifierWorks),
	(3, Kind::SetKeys),
	(1, Kind::PurgeKeys),
	(3, Kind::CreateClass),
	(3, Kind::SetClass),
	(2, Kind::SetPrice),
	(7, Kind::Provide),
	(9, Kind::BeginWithdrawal),
	(9, Kind::CancelWithdrawal),
	(8, Kind::WithdrawLiquidity),
	(10, Kind::Buy),
	(4, Kind::SellBack),
	(2, Kind::SplitSlice),
	(4, Kind::MergeSlice),
	(4, Kind::RegisterModel),
	(5, Kind::RemoveModel),
	(4, Kind::Attest),
	(2, Kind::Collateral),
	(1, Kind::Policy),
	(2, Kind::Serials),
	(4, Kind::SuspendExpired),
	(4, Kind::Recheck),
	(18, Kind::MoveGpu),
	(20, Kind::ReportSybil),
	(8, Kind::AllowMeasurement),
	(1, Kind::RevokeMeasurement),
	(1, Kind::Suspend),
	(8, Kind::Unsuspend),
	(2, Kind::SetThresholds),
	(16, Kind::Canaries),
	(24, Kind::Challenge),
	(1, Kind::SetRules),
];

/// An operation: its kind, and three numbers.
#[derive(Clone, Copy)]
pub struct Operation {
	pub kind: Kind,
	pub a: u32,
	pub b: u32,
	pub c: u32,
}

impl core::fmt::Debug for Operation {
	// On one line even where a list is printed: failures are long lists.
	fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		let Operation { kind, a, b, c } = self;
		write!(formatter, "{kind:?}({a}, {b}, {c})")
	}
}

/// Any operation, by its weight.
pub fn any_operation() -> impl Strategy<Value = Operation> {
	let kinds = prop::sample::select(
		WEIGHTS
			.into_iter()
			.flat_map(|(weight, kind)| vec![kind; weight as usize])
			.collect::<Vec<Kind>>(),
	);
	(kinds, 0..1_000u32, 0..1_000u32, 0..1_000u32).prop_map(|(kind, a, b, c)| Operation {
		kind,
		a,
		b,
		c,
	})
}
