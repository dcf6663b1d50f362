//! Random sequences of calls: the invariants hold after every step, whatever succeeds.

use super::*;
use aci_primitives::job::JobStatus;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
	Make(u8),
	Call {
		who: u8,
		contract: u8,
		value: u16,
		entry: usize,
		input: Vec<u8>,
	},
	Lock {
		who: u8,
		contract: u8,
		value: u16,
		amount: u16,
	},
	Release {
		contract: u8,
		lock: u8,
		payee: u8,
		amount: u16,
	},
	Relay {
		contract: u8,
		to: u8,
		entry: usize,
		input: Vec<u8>,
	},
	Reclaim {
		who: u8,
		contract: u8,
		lock: u8,
	},
	Order {
		who: u8,
		contract: u8,
		max_price: u16,
		room: u16,
		entry: usize,
	},
	/// How the order that is found first ends.
	EndJob(u8),
	Remove(u8),
	Blocks(u8),
}

const ENTRIES: [&str; 10] = [
	"set", "get", "clear", "fail", "emit", "send", "lock", "release", "swap", "infer",
];

fn step() -> impl Strategy<Value = Step> {
	let input = || prop::collection::vec(any::<u8>(), 0..80);
	let (who, contract) = (|| 1u8..5, || 0u8..4);
	prop_oneof![
		contract().prop_map(Step::Make),
		(who(), contract(), any::<u16>(), 0..ENTRIES.len(), input()).prop_map(
			|(who, contract, value, entry, input)| Step::Call {
				who,
				contract,
				value,
				entry,
				input
			}
		),
		(who(), contract(), any::<u16>(), any::<u16>()).prop_map(
			|(who, contract, value, amount)| Step::Lock {
				who,
				contract,
				value,
				amount
			}
		),
		(contract(), 0u8..6, who(), any::<u16>()).prop_map(|(contract, lock, payee, amount)| {
			Step::Release {
				contract,
				lock,
				payee,
				amount,
			}
		}),
		(contract(), contract(), 0..ENTRIES.len(), input()).prop_map(
			|(contract, to, entry, input)| Step::Relay {
				contract,
				to,
				entry,
				input
			}
		),
		(who(), contract(), 0u8..6).prop_map(|(who, contract, lock)| Step::Reclaim {
			who,
			contract,
			lock
		}),
		(
			who(),
			contract(),
			any::<u16>(),
			any::<u16>(),
			0..ENTRIES.len()
		)
			.prop_map(|(who, contract, max_price, room, entry)| Step::Order {
				who,
				contract,
				max_price,
				room,
				entry
			}),
		any::<u8>().prop_map(Step::EndJob),
		contract().prop_map(Step::Remove),
		any::<u8>().prop_map(Step::Blocks),
	]
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(10))]
	#[test]
	fn the_invariants_hold_after_every_step(steps in prop::collection::vec(step(), 1..25)) {
		run(|| {
			let code = uploaded();
			let at = |salt: u8| Aivm::contract_account(account(1), code, [salt; 32]);
			for step in steps {
				let signed = |who: u8| RuntimeOrigin::signed(account(who));
				match step {
					Step::Make(salt) => {
						let input = Vec::new().try_into().unwrap();
						let _ = Aivm::instantiate(signed(1), code, 9, GAS, LIMIT, [salt; 32], input);
					},
					Step::Call { who, contract, value, entry, input } => {
						let _ = call_as(who, &at(contract), value.into(), ENTRIES[entry], &input);
					},
					Step::Lock { who, contract, value, amount } => {
						let amount = Balance::from(amount).to_le_bytes();
						let input = [&[who; 32][..], &amount].concat();
						let _ = call_as(who, &at(contract), value.into(), "lock", &input);
					},
					Step::Release { contract, lock, payee, amount } => {
						let input = [
							&u64::from(lock).to_le_bytes()[..],
							&[payee; 32],
							&Balance::from(amount).to_le_bytes(),
						]
						.concat();
						let _ = call_as(3, &at(contract), 0, "release", &input);
					},
					Step::Relay { contract, to, entry, input } => {
						let to = at(to);
						let to: &[u8] = to.as_ref();
						let mut name = ENTRIES[entry].as_bytes().to_vec();
						let length = name.len() as u8;
						name.resize(15, 0);
						let input = [to, &[length], &name, &input].concat();
						let _ = call_as(2, &at(contract), 3, "relay", &input);
					},
					Step::Reclaim { who, contract, lock } => {
						let _ = Aivm::reclaim(signed(who), at(contract), lock.into());
					},
					Step::Order { who, contract, max_price, room, entry } => {
						let input = super::orders::order_input(
							MODEL,
							max_price.into(),
							room.into(),
							10_000,
							ENTRIES[entry],
						);
						let _ = call_as(who, &at(contract), max_price.into(), "order", &input);
					},
					Step::EndJob(how) => {
						if let Some(job) = crate::Orders::<Test>::iter_keys().next() {
							match how % 3 {
								0 => end_job(job, JobStatus::Settled, PRICE, None),
								1 => end_job(job, JobStatus::TimedOut, 0, None),
								_ => forget_job(job),
							}
						}
						next_block();
					},
					Step::Remove(contract) => {
						let _ = Aivm::remove_contract(signed(1), at(contract));
					},
					Step::Blocks(count) => {
						System::set_block_number(System::block_number() + u64::from(count));
						next_block();
					},
				}
				check();
			}
		});
	}
}
