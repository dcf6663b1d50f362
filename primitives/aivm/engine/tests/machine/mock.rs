//! A host over [`World`] that follows the rules of the trait: one call stack, numbers for handles,
//! everything of a failed call taken back.

use crate::world::{attest, Lock, World, PRICE, WORKER};
use aci_aivm_engine::{
	aci_aivm::Gas, execute, limits::MAX_TENSOR_BYTES, Account, CallRequest, CallResult, CallStack,
	Entry, Execution, Frame, Hash, Host, InferenceRequest, Outcome, Refusal, Trap,
};
use std::{cell::RefCell, rc::Rc};

/// Stored bytes of a transaction, in place of a deposit.
pub const ROOM: usize = 100_000;

/// The client of most tests.
pub const CLIENT: Account = [7; 32];

#[derive(Clone)]
pub struct Mock {
	pub world: Rc<RefCell<World>>,
	pub stack: Rc<RefCell<CallStack>>,
	frame: Frame,
	/// What of the call's value is not locked yet.
	value_left: u128,
}

impl Host for Mock {
	fn storage_read(&mut self, key: &[u8]) -> Option<Vec<u8>> {
		let world = self.world.borrow();
		world
			.storage
			.get(&(self.frame.account, key.to_vec()))
			.cloned()
	}

	fn storage_write(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), Refusal> {
		let mut world = self.world.borrow_mut();
		let place = (self.frame.account, key.to_vec());
		match value {
			Some(value) => {
				world.stored += key.len() + value.len();
				if world.stored > ROOM {
					return Err(Refusal::Deposit);
				}
				world.storage.insert(place, value.to_vec());
			}
			None => {
				world.storage.remove(&place);
			}
		}
		Ok(())
	}

	fn event(&mut self, topic: &[u8], data: &[u8]) -> Result<(), Refusal> {
		let mut world = self.world.borrow_mut();
		if world.events.len() >= 64 {
			return Err(Refusal::TooManyEvents);
		}
		world
			.events
			.push((self.frame.account, topic.to_vec(), data.to_vec()));
		Ok(())
	}

	fn transfer(&mut self, to: &Account, amount: u128) -> bool {
		self.world
			.borrow_mut()
			.transfer(&self.frame.account, to, amount)
	}

	fn call(&mut self, request: CallRequest) -> CallResult {
		let CallRequest {
			contract,
			value,
			gas,
			tensor_bytes,
			entry,
			input,
		} = request;
		let caller = self.frame.account;
		let (result, gas_used) = self.enter(
			caller,
			contract,
			value,
			gas,
			tensor_bytes,
			Entry::Call(&entry),
			input,
		);
		CallResult {
			output: result.ok(),
			gas_used,
		}
	}

	fn model_length(&mut self, hash: &Hash) -> Option<u32> {
		self.world
			.borrow()
			.models
			.get(hash)
			.map(|model| model.len() as u32)
	}

	fn model(&mut self, hash: &Hash) -> Option<Vec<u8>> {
		self.world.borrow().models.get(hash).cloned()
	}

	fn sha256(&mut self, bytes: &[u8]) -> Hash {
		sp_crypto_hashing::sha2_256(bytes)
	}

	fn order_inference(&mut self, request: InferenceRequest) -> Result<Option<Hash>, Refusal> {
		let mut world = self.world.borrow_mut();
		// One model that is not served, and room for one byte of deposits in a planck.
		if request.callback.deposit > ROOM as u128 {
			return Err(Refusal::Deposit);
		}
		if request.model == [0; 32]
			|| !world.transfer(&self.frame.account, &WORKER, request.max_price)
		{
			return Ok(None);
		}
		world.orders.push(request);
		Ok(Some([world.orders.len() as u8; 32]))
	}

	fn tee_verify(&mut self, attestation: &[u8], statement: &[u8]) -> bool {
		attestation == attest(statement)
	}

	fn hmm_quote(&mut self, model: &Hash, length: u64) -> Option<(u128, Account)> {
		// One model that is not served.
		(*model != [0; 32]).then(|| (PRICE + u128::from(length), WORKER))
	}

	fn hmm_swap(
		&mut self,
		class: u32,
		milli_slots: u64,
		blocks: u32,
		limit: u128,
	) -> Option<(u64, u128)> {
		let price = u128::from(milli_slots) * u128::from(blocks);
		let mut world = self.world.borrow_mut();
		if class != 1 || price > limit || !world.transfer(&self.frame.account, &WORKER, price) {
			return None;
		}
		world.reservations += 1;
		Some((world.reservations, price))
	}

	fn escrow_lock(&mut self, client: &Account, amount: u128) -> Option<u64> {
		if *client != self.frame.caller {
			return None;
		}
		self.value_left = self.value_left.checked_sub(amount)?;
		let mut world = self.world.borrow_mut();
		let balance = world
			.balances
			.get(&self.frame.account)
			.copied()
			.unwrap_or(0);
		world
			.balances
			.insert(self.frame.account, balance.checked_sub(amount)?);
		let number = world.locks.len() as u64;
		let lock = Lock {
			contract: self.frame.account,
			client: *client,
			amount,
		};
		world.locks.insert(number, lock);
		Some(number)
	}

	fn escrow_release(&mut self, lock: u64, payee: &Account, amount: u128) -> bool {
		let mut world = self.world.borrow_mut();
		let Some(open) = world.locks.get(&lock).cloned() else {
			return false;
		};
		let Some(rest) = open.amount.checked_sub(amount) else {
			return false;
		};
		if open.contract != self.frame.account || open.amount == 0 {
			return false;
		}
		world.locks.insert(
			lock,
			Lock {
				amount: 0,
				..open.clone()
			},
		);
		*world.balances.entry(*payee).or_default() += amount;
		*world.balances.entry(open.client).or_default() += rest;
		true
	}
}

impl Mock {
	/// An empty world in which the client has money.
	pub fn new() -> Self {
		let world = World {
			balances: [(CLIENT, 1_000_000)].into_iter().collect(),
			block: 5,
			..World::default()
		};
		let frame = Frame {
			account: [0; 32],
			caller: [0; 32],
			value: 0,
			block: 5,
		};
		Self {
			world: Rc::new(RefCell::new(world)),
			stack: Rc::default(),
			frame,
			value_left: 0,
		}
	}

	/// Adds a contract without running its `deploy`.
	pub fn install(&self, number: u8, code: &[u8]) -> Account {
		let account = [number; 32];
		self.world.borrow_mut().code.insert(account, code.to_vec());
		account
	}

	#[allow(clippy::too_many_arguments)]
	fn enter(
		&self,
		caller: Account,
		contract: Account,
		value: u128,
		gas: Gas,
		tensor_bytes: u64,
		entry: Entry<'_>,
		input: Vec<u8>,
	) -> (Result<Vec<u8>, Trap>, Gas) {
		let refused = (Err(Trap::Refused(Refusal::State)), Gas::ZERO);
		if self.stack.borrow_mut().enter(contract).is_err() {
			return refused;
		}
		let before = self.world.borrow().clone();
		let outcome = (|| {
			let code = before.code.get(&contract)?;
			let mut world = self.world.borrow_mut();
			if !world.transfer(&caller, &contract, value) {
				return None;
			}
			world.calls += 1;
			let number = world.calls;
			let frame = Frame {
				account: contract,
				caller,
				value,
				block: world.block,
			};
			drop(world);
			let host = Self {
				frame,
				value_left: value,
				..self.clone()
			};
			let execution = Execution {
				code,
				entry,
				input,
				gas,
				tensor_bytes,
				number,
				frame,
			};
			let Outcome {
				result, gas_used, ..
			} = execute(execution, host);
			Some((result, gas_used))
		})();
		self.stack.borrow_mut().leave();
		let outcome = outcome.unwrap_or(refused);
		if outcome.0.is_err() {
			let calls = self.world.borrow().calls;
			*self.world.borrow_mut() = World { calls, ..before };
		}
		assert!(outcome.1 <= gas, "a call used more gas than it was given");
		outcome
	}

	/// Runs an entry point for an account.
	pub fn run_as(
		&self,
		caller: Account,
		contract: Account,
		value: u128,
		gas: Gas,
		entry: &str,
		input: &[u8],
	) -> (Result<Vec<u8>, Trap>, Gas) {
		let entry = match entry {
			"deploy" => Entry::Deploy,
			name => Entry::Call(name.as_bytes()),
		};
		let money = self.world.borrow().money();
		let outcome = self.enter(
			caller,
			contract,
			value,
			gas,
			MAX_TENSOR_BYTES,
			entry,
			input.to_vec(),
		);
		assert_eq!(self.world.borrow().money(), money, "money was made or lost");
		assert_eq!(self.stack.borrow().depth(), 0, "a contract stayed open");
		outcome
	}

	/// Runs an entry point for the client with much gas.
	pub fn run(&self, contract: Account, entry: &str, input: &[u8]) -> Result<Vec<u8>, Trap> {
		self.run_as(
			CLIENT,
			contract,
			0,
			Gas::from_whole(10_000_000),
			entry,
			input,
		)
		.0
	}
}
