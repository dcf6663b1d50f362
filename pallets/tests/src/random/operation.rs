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
	MoveGpu,
	ReportSybil,
	AllowMeasurement,
	RevokeMeasurement,
	Suspend,
	Unsuspend,
}

/// How often each kind happens.
const WEIGHTS: [(u32, Kind); 62] = [
	(120, Kind::NextBlock),
	(44, Kind::Submit),
	(12, Kind::SubmitReserved),
	(3, Kind::Cancel),
	(70, Kind::Acknowledge),
	(22, Kind::Decline),
	(60, Kind::SubmitResult),
	(12, Kind::Poke),
	(14, Kind::Dispute),
	(12, Kind::Decide),
	(3, Kind::Convict),
	(4, Kind::ConvictAll),
	(20, Kind::RegisterWorker),
	(2, Kind::UpdateWorker),
	(4, Kind::SetActive),
	(2, Kind::Deregister),
	(4, Kind::Deposit),
	(4, Kind::Withdraw),
	(7, Kind::Claim),
	(8, Kind::ClaimFor),
	(7, Kind::OpenBudget),
	(8, Kind::CloseBudget),
	(2, Kind::SpendBudget),
	(8, Kind::Transfer),
	(7, Kind::Bond),
	(8, Kind::Unbond),
	(6, Kind::WithdrawUnbonded),
	(3, Kind::Rebond),
	(2, Kind::CancelSlash),
	(24, Kind::ApplySlash),
	(4, Kind::Appeal),
	(8, Kind::Validate),
	(3, Kind::Chill),
	(4, Kind::ForceChill),
	(10, Kind::Delegate),
	(5, Kind::Undelegate),
	(7, Kind::WithdrawUndelegated),
	(8, Kind::ClaimRewards),
	(6, Kind::Equivocate),
	(8, Kind::VerifierWorks),
	(3, Kind::SetKeys),
	(1, Kind::PurgeKeys),
	(1, Kind::CreateClass),
	(1, Kind::SetClass),
	(2, Kind::SetPrice),
	(7, Kind::Provide),
	(5, Kind::BeginWithdrawal),
	(3, Kind::CancelWithdrawal),
	(8, Kind::WithdrawLiquidity),
	(7, Kind::Buy),
	(4, Kind::SellBack),
	(2, Kind::SplitSlice),
	(4, Kind::MergeSlice),
	(2, Kind::RegisterModel),
	(3, Kind::RemoveModel),
	(4, Kind::Attest),
	(12, Kind::MoveGpu),
	(14, Kind::ReportSybil),
	(10, Kind::AllowMeasurement),
	(1, Kind::RevokeMeasurement),
	(1, Kind::Suspend),
	(6, Kind::Unsuspend),
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
