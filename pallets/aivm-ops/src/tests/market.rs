use super::*;
use codec::Encode;
use frame_support::assert_ok;

#[test]
fn a_swap_that_is_refused_has_paid_nothing() {
	run(|| {
		let contract = contract();
		assert_ok!(call_as(2, &contract, 500, "clear", b""));
		let swap = |limit: Balance, class: u32| {
			call(
				&contract,
				"swap",
				&[&limit.to_le_bytes()[..], &class.to_le_bytes()].concat(),
			)
			.unwrap()
		};
		let no = (-1i64).to_le_bytes();
		assert_eq!(swap(19, 1)[..8], no);
		assert_eq!(swap(20, 2)[..8], no);
		assert_eq!(swap(20, 70_000)[..8], no);
		assert_eq!(balance(&contract), EXISTENTIAL_DEPOSIT + 500);
		let bought = swap(20, 1);
		assert_eq!(bought[..8], 41u64.to_le_bytes());
		assert_eq!(bought[8..], 20u128.to_le_bytes());
		assert_eq!(balance(&contract), EXISTENTIAL_DEPOSIT + 480);
	});
}

#[test]
fn a_statement_stands_when_an_allowed_program_attests_it() {
	run(|| {
		let contract = contract();
		let verify = |statement: &[u8], evidence: &[u8]| {
			let length = (statement.len() as u32).to_le_bytes();
			call(
				&contract,
				"verify",
				&[&length[..], statement, evidence].concat(),
			)
			.unwrap()
		};
		let evidence = attest(MEASUREMENT, b"a statement").encode();
		assert_eq!(verify(b"a statement", &evidence), 1u32.to_le_bytes());
		assert_eq!(verify(b"another", &evidence), [0; 4]);
		assert_eq!(verify(b"a statement", &evidence[1..]), [0; 4]);
		let longer = [&evidence[..], &[0]].concat();
		assert_eq!(verify(b"a statement", &longer), [0; 4]);
		let unknown = attest(Hash::repeat_byte(1), b"a statement").encode();
		assert_eq!(verify(b"a statement", &unknown), [0; 4]);
	});
}
