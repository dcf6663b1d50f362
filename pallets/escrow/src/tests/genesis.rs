use super::*;
use aci_primitives::traits::Pot;

#[test]
fn the_pallets_account_has_the_existential_deposit_and_no_more() {
	run(|| {
		assert_eq!(balance(&Escrow::account()), EXISTENTIAL_DEPOSIT);
		assert_eq!(Balances::total_issuance(), 3 * START + EXISTENTIAL_DEPOSIT);
	});
}

#[test]
fn an_endowment_by_the_genesis_of_balances_is_completed_not_doubled() {
	run(|| {
		Escrow::endow_account();
		assert_eq!(balance(&Escrow::account()), EXISTENTIAL_DEPOSIT);
	});
}

#[test]
fn every_pot_has_an_account_of_its_own() {
	run(|| {
		let accounts = [
			Escrow::account(),
			Escrow::validators_account(),
			Escrow::verifiers_account(),
			Escrow::fund_account(0),
			Escrow::fund_account(1),
			Escrow::fund_account(u16::MAX),
		];
		let distinct = accounts.iter().collect::<std::collections::BTreeSet<_>>();
		assert_eq!(distinct.len(), accounts.len());
		assert_eq!(
			Escrow::pools().validators.account,
			Escrow::pot_account(Pot::Validators)
		);
		assert_eq!(
			Escrow::payee_account(&Payee::Fund(7)),
			Some(Escrow::fund_account(7))
		);
		assert_eq!(Escrow::payee_account(&Payee::Burn), None);
	});
}
