//! What the view functions of the market's pallets tell. All reads are at the node's best block.
//!
//! A function is known by its identifier in the metadata. What the pallet refuses is a
//! [`ChainError::View`] with the error's name and its documentation.

use crate::{
	call::{ESCROW, HMM, STAKING},
	market::{
		ActivityView, BondView, DelegationView, Dispute, FundView, PendingSlash, Prepayment,
		ProviderView, ReservationQuote, ReservationState, ValidatorView, Yield,
	},
	Chain, ChainError, SlashId,
};
use aci_market::stake::StakeRules;
use aci_primitives::{
	job::Budget, AccountId, Balance, BlockHistory, BlockNumber, ClassId, HistoryLeaf, HistoryProof,
	JobId, ReservationId, Role,
};
use codec::{Decode, DecodeAll, Encode};
use scale_info::{MetaType, TypeInfo};
use sp_runtime::{DispatchError, Permill};

/// The runtime API call that asks view functions.
const VIEW: &str = "RuntimeViewFunction_execute_view_function";

/// A view function: pallet, name, arguments, answer.
pub(crate) type View = (&'static str, &'static str, Vec<MetaType>, MetaType);

fn of<T: TypeInfo + 'static>() -> MetaType {
	MetaType::new::<T>()
}

/// The view functions that are asked here.
pub(crate) fn views() -> Vec<View> {
	let (account, class) = (of::<AccountId>(), of::<ClassId>());
	vec![
		(ESCROW, "budgets_of", vec![account], of::<Vec<Budget>>()),
		(
			ESCROW,
			"prepaid",
			vec![of::<ReservationId>()],
			of::<Option<Prepayment>>(),
		),
		(HMM, "marginal_price", vec![class], of::<Option<Balance>>()),
		(HMM, "fund", vec![class], of::<Option<FundView>>()),
		(
			HMM,
			"provider",
			vec![class, account],
			of::<Option<ProviderView>>(),
		),
		(
			HMM,
			"reservation",
			vec![of::<ReservationId>()],
			of::<Option<ReservationState>>(),
		),
		(
			HMM,
			"reservations_of",
			vec![account],
			of::<Vec<ReservationId>>(),
		),
		(
			HMM,
			"reservation_quote",
			vec![class, of::<u64>(), of::<BlockNumber>()],
			of::<Result<ReservationQuote, DispatchError>>(),
		),
		(
			HMM,
			"refund_quote",
			vec![of::<ReservationId>()],
			of::<Result<Balance, DispatchError>>(),
		),
		(
			HMM,
			"price_curve",
			vec![class, of::<u32>()],
			of::<Vec<(u32, Balance)>>(),
		),
		(HMM, "activity", vec![class], of::<Option<ActivityView>>()),
		(STAKING, "minima", vec![], of::<StakeRules>()),
		(
			STAKING,
			"bonds",
			vec![account],
			of::<Vec<(Role, BondView)>>(),
		),
		(
			STAKING,
			"pending_slashes",
			vec![account],
			of::<Vec<(SlashId, PendingSlash)>>(),
		),
		(
			STAKING,
			"candidates",
			vec![],
			of::<Vec<(AccountId, Permill, Balance)>>(),
		),
		(
			STAKING,
			"validator",
			vec![account],
			of::<Option<ValidatorView>>(),
		),
		(
			STAKING,
			"delegations_of",
			vec![account],
			of::<Vec<DelegationView>>(),
		),
		(STAKING, "yields", vec![], of::<Vec<Yield>>()),
	]
}

impl Chain {
	/// An account's budgets with homes.
	pub async fn budgets_of(&self, account: &AccountId) -> Result<Vec<Budget>, ChainError> {
		self.view(ESCROW, "budgets_of", account).await
	}

	/// What is left of a reservation's prepayment.
	pub async fn prepayment(&self, id: ReservationId) -> Result<Option<Prepayment>, ChainError> {
		self.view(ESCROW, "prepaid", id).await
	}

	/// The present price of a compute unit; `None` without capacity.
	pub async fn marginal_price(&self, class: ClassId) -> Result<Option<Balance>, ChainError> {
		self.view(HMM, "marginal_price", class).await
	}

	/// A class's fund.
	pub async fn fund(&self, class: ClassId) -> Result<Option<FundView>, ChainError> {
		self.view(HMM, "fund", class).await
	}

	/// What an account has in a class's fund; `None` when it has nothing there.
	pub async fn provider(
		&self,
		class: ClassId,
		account: &AccountId,
	) -> Result<Option<ProviderView>, ChainError> {
		self.view(HMM, "provider", (class, account)).await
	}

	/// A reservation, also one that has ended and whose last jobs have not.
	pub async fn reservation(
		&self,
		id: ReservationId,
	) -> Result<Option<ReservationState>, ChainError> {
		self.view(HMM, "reservation", id).await
	}

	/// The numbers of an account's reservations, oldest first.
	pub async fn reservations_of(
		&self,
		account: &AccountId,
	) -> Result<Vec<ReservationId>, ChainError> {
		self.view(HMM, "reservations_of", account).await
	}

	/// What reserving so much of a class for so many blocks would cost now.
	pub async fn reservation_quote(
		&self,
		class: ClassId,
		milli_slots: u64,
		blocks: BlockNumber,
	) -> Result<ReservationQuote, ChainError> {
		let arguments = (class, milli_slots, blocks);
		self.fallible_view(HMM, "reservation_quote", arguments)
			.await
	}

	/// What selling a reservation back would return now, in planck.
	pub async fn refund_quote(&self, id: ReservationId) -> Result<Balance, ChainError> {
		self.fallible_view(HMM, "refund_quote", id).await
	}

	/// A class's price curve from all free to none, at most 32 points: utilisation in parts per
	/// billion, and the price of a compute unit there. Empty for a pool without capacity.
	pub async fn price_curve(
		&self,
		class: ClassId,
		points: u32,
	) -> Result<Vec<(u32, Balance)>, ChainError> {
		self.view(HMM, "price_curve", (class, points)).await
	}

	/// What a class did since its last epoch ended.
	pub async fn activity(&self, class: ClassId) -> Result<Option<ActivityView>, ChainError> {
		self.view(HMM, "activity", class).await
	}

	/// The smallest bonds, as governance has set them.
	pub async fn stake_rules(&self) -> Result<StakeRules, ChainError> {
		self.view(STAKING, "minima", ()).await
	}

	/// An account's bonds, with what is on its way out of them.
	pub async fn bonds(&self, account: &AccountId) -> Result<Vec<(Role, BondView)>, ChainError> {
		self.view(STAKING, "bonds", account).await
	}

	/// Slashes that took from an account and are not wholly applied, at most 64.
	pub async fn pending_slashes(
		&self,
		account: &AccountId,
	) -> Result<Vec<(SlashId, PendingSlash)>, ChainError> {
		self.view(STAKING, "pending_slashes", account).await
	}

	/// The candidates for validating, each with its commission and the sum of its own bond and
	/// delegations, the highest first.
	pub async fn candidates(&self) -> Result<Vec<(AccountId, Permill, Balance)>, ChainError> {
		self.view(STAKING, "candidates", ()).await
	}

	/// A validator; `None` for an account that never was one.
	pub async fn validator(
		&self,
		account: &AccountId,
	) -> Result<Option<ValidatorView>, ChainError> {
		self.view(STAKING, "validator", account).await
	}

	/// An account's delegations, with what it is owed for each.
	pub async fn delegations_of(
		&self,
		account: &AccountId,
	) -> Result<Vec<DelegationView>, ChainError> {
		self.view(STAKING, "delegations_of", account).await
	}

	/// What each role earned in the last completed epoch; empty before the first one is over.
	pub async fn yields(&self) -> Result<Vec<Yield>, ChainError> {
		self.view(STAKING, "yields", ()).await
	}

	/// A job's open dispute. Its deadline is the job's.
	pub async fn dispute(&self, job: JobId) -> Result<Option<Dispute>, ChainError> {
		self.api("dispute", job).await
	}

	/// The reservation that pays for a job.
	pub async fn reservation_of(&self, job: JobId) -> Result<Option<ReservationId>, ChainError> {
		self.api("reservation_of", job).await
	}

	/// Root and number of the jobs that ended in a block.
	pub async fn history(&self, block: BlockNumber) -> Result<Option<BlockHistory>, ChainError> {
		self.api("history", block).await
	}

	/// Whether the chain says that a job ended as the leaf says, at `index` among those of its block.
	pub async fn verify_history(
		&self,
		index: u32,
		leaf: &HistoryLeaf,
		proof: &HistoryProof,
	) -> Result<bool, ChainError> {
		self.api("verify_history", (index, leaf, proof)).await
	}

	/// Asks a view function.
	async fn view<T: Decode>(
		&self,
		pallet: &str,
		name: &str,
		arguments: impl Encode,
	) -> Result<T, ChainError> {
		let runtime = self.current_runtime().await?;
		let id = runtime.view(pallet, name)?;
		let what = format!("{pallet}.{name}");
		let request = (id, arguments.encode()).encode();
		let (asked, request) = (what.as_str(), request.as_slice());
		let answer = self
			.ask(asked, |node| async move {
				node.state_call(VIEW, Some(request), None).await
			})
			.await?;
		// A result: the value's encoding, or why the function was not called.
		let Some((0, value)) = answer.split_first() else {
			return Err(runtime.does_not_fit(format!("the node does not answer {what}")));
		};
		Vec::<u8>::decode_all(&mut &*value)
			.and_then(|value| T::decode_all(&mut value.as_slice()))
			.map_err(|error| ChainError::decode(what, error))
	}

	/// Asks a view function that its pallet may refuse.
	async fn fallible_view<T: Decode>(
		&self,
		pallet: &str,
		name: &str,
		arguments: impl Encode,
	) -> Result<T, ChainError> {
		let answer: Result<T, DispatchError> = self.view(pallet, name, arguments).await?;
		match answer {
			Ok(value) => Ok(value),
			Err(error) => {
				let (pallet, name, explanation) = self.runtime().await.failure(&error.encode())?;
				Err(ChainError::View {
					pallet,
					name,
					explanation,
				})
			}
		}
	}
}
