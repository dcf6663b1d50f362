//! Classes, prices, funds, reservations, slices.

use super::{anybody, mostly, pick, share};
use crate::{
	random::{
		operation::{Kind, Operation},
		play::Game,
	},
	runtime::*,
	world::*,
};
use aci_primitives::{job::Home, traits::Slices, AccountId, Balance, ClassId};
use frame_support::storage::with_storage_layer;
use pallet_aci_hmm::{Call, Swap};

fn class_of(number: u32) -> ClassId {
	u8::from(number % 4 == 3).into()
}

/// A provider of a class's fund.
fn provider(number: u32) -> Option<(ClassId, AccountId)> {
	let mut providers: Vec<(ClassId, AccountId)> =
		pallet_aci_hmm::Providers::<Market>::iter_keys().collect();
	providers.sort_unstable();
	pick(&providers, number)
}

fn slot_home() -> Home {
	Home::Validator(validators()[0].clone())
}

/// Does an operation of this subject.
pub fn apply(operation: &Operation, game: &mut Game<'_>) {
	let Operation { kind, a, b, c } = *operation;
	let result = match kind {
		Kind::CreateClass => {
			let call = Call::create_class {
				class: class(),
				par_price: PAR_PRICE,
				floor_share: b * 1_000_000,
			};
			let few = pallet_aci_hmm::NextClass::<Market>::get() < 4;
			let origin = match few {
				true => RuntimeOrigin::root(),
				false => signed(&anybody(a)),
			};
			game.call(origin, call)
		}
		Kind::SetClass => {
			let mut figures = class();
			figures.name = vec![b'a' + (b % 26) as u8].try_into().expect("short");
			let call = Call::set_class {
				id: class_of(a),
				class: figures,
			};
			game.call(RuntimeOrigin::root(), call)
		}
		Kind::SetPrice => {
			let call = Call::set_price {
				id: class_of(a),
				par_price: PAR_PRICE / 2 + Balance::from(b) * 300,
				floor_share: c * 950_000,
			};
			game.call(RuntimeOrigin::root(), call)
		}
		Kind::Provide => {
			let call = Call::provide {
				class: class_of(b),
				amount: Balance::from(c) * 100,
			};
			game.call(signed(&mostly(&investors(), a)), call)
		}
		Kind::BeginWithdrawal => {
			let Some((class, who)) = provider(a) else {
				return;
			};
			let shares = Hmm::provider(class, who.clone()).map_or(0, |provider| provider.shares);
			let call = Call::begin_withdrawal {
				class,
				shares: share(shares >> 10, b) << 10,
			};
			game.call(signed(&who), call)
		}
		Kind::CancelWithdrawal => {
			let Some((class, who)) = provider(a) else {
				return;
			};
			let out: u128 = Hmm::provider(class, who.clone()).map_or(0, |provider| {
				provider.withdrawals.iter().map(|(out, _)| out.shares).sum()
			});
			let call = Call::cancel_withdrawal {
				class,
				shares: share(out >> 10, b) << 10,
			};
			game.call(signed(&who), call)
		}
		Kind::WithdrawLiquidity => {
			let ready = |(class, who): &(ClassId, AccountId)| {
				let provider = Hmm::provider(*class, who.clone()).expect("it is one");
				let now = System::block_number();
				provider.withdrawals.iter().any(|(out, _)| out.from <= now)
			};
			let found = (a..a + 8).filter_map(provider).find(ready);
			let Some((class, who)) = found.or_else(|| provider(a)) else {
				return;
			};
			game.call(signed(&who), Call::withdraw_liquidity { class })
		}
		Kind::Buy => {
			let action = Swap::Buy {
				class: class_of(b),
				milli_slots: match c % 8 {
					0 => 1_500,
					1 => 10,
					_ => 1_000,
				},
				blocks: MIN_WINDOW + c % 10,
				max_price: Balance::MAX,
			};
			game.call(signed(&mostly(&clients(), a)), Call::swap { action })
		}
		Kind::SellBack => {
			let mut reservations: Vec<_> =
				pallet_aci_hmm::ReservationStates::<Market>::iter().collect();
			reservations.sort_unstable_by_key(|(id, _)| *id);
			let Some((reservation, state)) = pick(&reservations, a) else {
				return;
			};
			let action = Swap::SellBack {
				reservation,
				min_refund: Balance::from(b % 2),
			};
			let owner = state.reservation.owner;
			game.call(signed(&owner), Call::swap { action })
		}
		Kind::SplitSlice => {
			// No call does this yet: the fast path will.
			let amount = u64::from(b) * 2;
			with_storage_layer(|| <Hmm as Slices>::split(class_of(a), &slot_home(), amount))
		}
		_ => {
			let (class, home) = (class_of(a), slot_home());
			let Some(slice) = pallet_aci_hmm::SliceStates::<Market>::get(class, &home) else {
				return;
			};
			with_storage_layer(|| <Hmm as Slices>::merge(class, &home, slice.free))
		}
	};
	let _ = result;
}
