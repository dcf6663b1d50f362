//! Attacks on the whole market. Each file is an attack, and shows what it brings all accounts of the
//! attacker together: bonds, shares of funds and rewards counted at what they can be redeemed for.

mod first_refund_eats_later_ones;
mod insurer_drained_from_both_sides;
mod last_slot;
mod reservation_sell_back;
mod self_dealing_with_the_controller;
mod slot_stalling_by_reservation;
mod slot_stalling_by_unserved_inputs;
mod wash_jobs;

use crate::{runtime::*, world::*};
use aci_primitives::{AccountId, Balance};
use frame_support::assert_ok;

/// What an attack brings the attacker's accounts, in planck: negative for a loss.
fn profit(attacker: &[AccountId], attack: impl FnOnce()) -> i128 {
	let before = wealth(attacker);
	attack();
	difference(wealth(attacker), before)
}

fn difference(after: Balance, before: Balance) -> i128 {
	let signed = |amount| i128::try_from(amount).expect("the issuance is small");
	signed(after) - signed(before)
}

/// Deposits in the fund of the usual class.
fn provide(who: &AccountId, amount: Balance) {
	assert_ok!(Hmm::provide(signed(who), CLASS, amount));
}
