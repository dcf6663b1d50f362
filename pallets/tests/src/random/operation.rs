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
	(90, Kind::NextBlock),
	(34, Kind::Submit),
	(12, Kind::SubmitReserved),
	(3, Kind::Cancel),
	(34, Kind::Acknowledge),
	(10, Kind::Decline),
	(34, Kind::SubmitResult),
	(5, Kind::Poke),
	(10, Kind::Dispute),
	(6, Kind::Decide),
	(3, Kind::Convict),
	(2, Kind::ConvictAll),
	(14, Kind::RegisterWorker),
	(2, Kind::UpdateWorker),
	(4, Kind::SetActive),
	(3, Kind::Deregister),
	(4, Kind::Deposit),
	(3, Kind::Withdraw),
	(4, Kind::Claim),
	(4, Kind::ClaimFor),
	(4, Kind::OpenBudget),
	(4, Kind::CloseBudget),
	(2, Kind::SpendBudget),
	(4, Kind::Transfer),
	(7, Kind::Bond),
	(8, Kind::Unbond),
	(8, Kind::WithdrawUnbonded),
	(3, Kind::Rebond),
	(2, Kind::CancelSlash),
	(5, Kind::ApplySlash),
	(4, Kind::Appeal),
	(6, Kind::Validate),
	(2, Kind::Chill),
	(2, Kind::ForceChill),
	(8, Kind::Delegate),
	(5, Kind::Undelegate),
	(6, Kind::WithdrawUndelegated),
	(6, Kind::ClaimRewards),
	(2, Kind::Equivocate),
	(8, Kind::VerifierWorks),
	(3, Kind::SetKeys),
	(1, Kind::PurgeKeys),
	(1, Kind::CreateClass),
	(1, Kind::SetClass),
	(2, Kind::SetPrice),
	(7, Kind::Provide),
	(5, Kind::BeginWithdrawal),
	(2, Kind::CancelWithdrawal),
	(5, Kind::WithdrawLiquidity),
	(9, Kind::Buy),
	(3, Kind::SellBack),
	(2, Kind::SplitSlice),
	(4, Kind::MergeSlice),
	(2, Kind::RegisterModel),
	(2, Kind::RemoveModel),
	(4, Kind::Attest),
	(6, Kind::MoveGpu),
	(5, Kind::ReportSybil),
	(4, Kind::AllowMeasurement),
	(1, Kind::RevokeMeasurement),
	(1, Kind::Suspend),
	(4, Kind::Unsuspend),
];

/// An operation: its kind, and three numbers.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
	pub kind: Kind,
	pub a: u32,
	pub b: u32,
	pub c: u32,
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
