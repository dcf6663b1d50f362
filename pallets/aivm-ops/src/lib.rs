#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

mod host;
mod machine;
#[cfg(test)]
mod mock;
mod orders;
pub mod runtime_api;
#[cfg(test)]
mod tests;
mod transaction;
mod try_state;
pub mod types;
pub mod weights;

pub use host::{lock_job, statement_report_data};
pub use orders::callback_input;
pub use pallet::*;
pub use types::{
	CodeInfo, Contract, ContractLock, ContractMarket, DryRun, DryRunMeans, ModelOrder,
	OnChainModel, OrderOutcome, StoredValue,
};
pub use weights::WeightInfo;

/// The pallet's storage, calls, events and errors.
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use crate::{
		machine::{Ended, Means},
		types::{Code, EntryName, Input, Key, Weights, MAX_EVENT_BYTES, MAX_TOPIC_BYTES},
	};
	use aci_aivm_engine::{
		aci_aivm::{Gas, Model, Opcode},
		validate, Entry,
	};
	use aci_primitives::{
		traits::{AttestationVerifier, InferenceJobs, JobEscrow, Settlement},
		AccountId, Balance, BlockNumber, BoundedBytes, Hash, JobId, ModelId,
	};
	use alloc::vec::Vec;
	use frame_support::{
		dispatch::{DispatchErrorWithPostInfo, PostDispatchInfo},
		pallet_prelude::*,
		traits::{
			fungible::{hold, Inspect, InspectHold, Mutate, MutateHold},
			tokens::{Fortitude, Precision, Preservation},
			Contains,
		},
	};
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Why this pallet holds a part of an account's balance.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// For code that you uploaded. It comes back when you remove the code.
		#[codec(index = 0)]
		Code,
		/// For entries of contracts' storage that your transactions wrote. Each comes back when the
		/// entry is removed or replaced.
		#[codec(index = 1)]
		Storage,
		/// For models whose weights you put on chain. It comes back when you remove the model.
		#[codec(index = 2)]
		Model,
		/// For runs of models that contracts ordered in your transactions. Each comes back when the
		/// contract is called back; what the call back then stores is held for storage.
		#[codec(index = 3)]
		Order,
	}

	/// What the pallet needs of the runtime.
	#[pallet::config]
	pub trait Config:
		frame_system::Config<AccountId = AccountId, RuntimeEvent: From<Event<Self>>>
	{
		/// The runtime's hold reasons, of which this pallet's are a part.
		type RuntimeHoldReason: From<HoldReason>;

		/// The native token.
		type Currency: Mutate<AccountId>
			+ Inspect<AccountId, Balance = Balance>
			+ hold::Mutate<AccountId, Reason = Self::RuntimeHoldReason>;

		/// Locks of clients' money.
		type Escrow: JobEscrow + Settlement;

		/// Quotes and capacity.
		type Market: ContractMarket;

		/// Jobs, for models that are not on chain.
		type Jobs: InferenceJobs;

		/// Evidence of TEEs.
		type Attestation: AttestationVerifier;

		/// Programs whose attestations contracts are told of.
		type Measurements: Contains<Hash>;

		/// Held for each code, model and entry of storage, in planck.
		#[pallet::constant]
		type DepositPerItem: Get<Balance>;

		/// Held for each byte of code, of models, and of keys and values in storage, in planck.
		#[pallet::constant]
		type DepositPerByte: Get<Balance>;

		/// Blocks after which a client may take back what a contract locked and did not release.
		#[pallet::constant]
		type LockPeriod: Get<BlockNumber>;

		/// Events that contracts may emit in one transaction.
		#[pallet::constant]
		type MaxEvents: Get<u32>;

		/// The most gas that a dry run is given: what fits a block.
		#[pallet::constant]
		type MaxGas: Get<u64>;

		/// Runs of models that contracts wait for at once, all contracts together. When every call back
		/// takes all gas of a block, the last one comes after so many blocks; jobs must be on record
		/// for longer.
		#[pallet::constant]
		type MaxOrders: Get<u32>;

		/// Ordered runs that the start of a block looks at.
		#[pallet::constant]
		type MaxVisitsPerBlock: Get<u32>;

		/// The whole gas of all call backs of a block, and so the most that one may be given.
		#[pallet::constant]
		type CallbackGasPerBlock: Get<u64>;

		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// The modules that were uploaded, by Blake2b-256 of their bytes.
	// Twox: the key is a hash already, so nobody chooses where it lands.
	#[pallet::storage]
	pub type Codes<T: Config> = StorageMap<_, Twox64Concat, Hash, CodeInfo, OptionQuery>;

	/// The bytes of the modules, apart from what is read more often.
	#[pallet::storage]
	pub type CodeBytes<T: Config> = StorageMap<_, Twox64Concat, Hash, Code, OptionQuery>;

	/// The contracts, by their accounts.
	#[pallet::storage]
	pub type Contracts<T: Config> =
		StorageMap<_, Blake2_128Concat, AccountId, Contract, OptionQuery>;

	/// The contracts' storage. Contracts and their callers choose keys, so they are hashed.
	#[pallet::storage]
	pub type ContractStorage<T: Config> = StorageDoubleMap<
		_,
		Blake2_128Concat,
		AccountId,
		Blake2_128Concat,
		Key,
		StoredValue,
		OptionQuery,
	>;

	/// The models whose weights are on chain, by SHA-256 of their weights.
	// Twox: as for codes.
	#[pallet::storage]
	pub type Models<T: Config> = StorageMap<_, Twox64Concat, ModelId, OnChainModel, OptionQuery>;

	/// The weights of the models.
	#[pallet::storage]
	pub type ModelWeights<T: Config> = StorageMap<_, Twox64Concat, ModelId, Weights, OptionQuery>;

	/// Money of clients that contracts have locked, by contract and number.
	#[pallet::storage]
	pub type Locks<T: Config> = StorageDoubleMap<
		_,
		Blake2_128Concat,
		AccountId,
		Twox64Concat,
		u64,
		ContractLock,
		OptionQuery,
	>;

	/// The number of the next lock.
	#[pallet::storage]
	pub type NextLock<T: Config> = StorageValue<_, u64, ValueQuery>;

	/// Runs of models that contracts have ordered, by their jobs, until the contracts are called back.
	// Twox: the key is a hash that covers a number that nobody chooses.
	#[pallet::storage]
	pub type Orders<T: Config> = CountedStorageMap<_, Twox64Concat, JobId, ModelOrder, OptionQuery>;

	/// How many runs each contract waits for. No entry without one.
	#[pallet::storage]
	pub type OrdersOf<T: Config> = StorageMap<_, Blake2_128Concat, AccountId, u32, ValueQuery>;

	/// The order that was looked at last; the next block goes on after it.
	#[pallet::storage]
	pub type OrderCursor<T: Config> = StorageValue<_, JobId, OptionQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A module was uploaded. Anyone can make contracts of it by its hash.
		CodeUploaded {
			/// Blake2b-256 of the module.
			code: Hash,
			/// Who uploaded it.
			owner: AccountId,
			/// Its bytes.
			length: u32,
			/// Held of the owner.
			deposit: Balance,
		},
		/// A module was removed, and its deposit came back.
		CodeRemoved {
			/// Blake2b-256 of the module.
			code: Hash,
			/// Who had uploaded it.
			owner: AccountId,
			/// What came back.
			deposit: Balance,
		},
		/// A contract was made and its `deploy` has run.
		Instantiated {
			/// The contract's account.
			contract: AccountId,
			/// The hash of its module.
			code: Hash,
			/// Who made it.
			creator: AccountId,
			/// What it was sent, beside the existential deposit.
			value: Balance,
			/// The gas that `deploy` used.
			gas_used: u64,
			/// Held of the creator for storage, beyond what came back.
			deposit: Balance,
			/// What `deploy` returned.
			output: Vec<u8>,
		},
		/// A contract was called and has returned.
		Called {
			/// The contract.
			contract: AccountId,
			/// Who called it.
			caller: AccountId,
			/// Which entry point.
			entry: EntryName,
			/// What was sent with the call.
			value: Balance,
			/// The gas that was used.
			gas_used: u64,
			/// Held of the caller for storage, beyond what came back.
			deposit: Balance,
			/// What the contract returned.
			output: Vec<u8>,
		},
		/// A contract tells something.
		ContractEmitted {
			/// The contract.
			contract: AccountId,
			/// What it is about, as the contract names it.
			topic: BoundedBytes<MAX_TOPIC_BYTES>,
			/// What it says, in the contract's own encoding.
			data: BoundedBytes<MAX_EVENT_BYTES>,
		},
		/// An empty contract was removed. What it had went to its creator.
		ContractRemoved {
			/// The contract.
			contract: AccountId,
			/// Who had made it.
			creator: AccountId,
			/// What it had.
			amount: Balance,
		},
		/// A contract locked money that its caller had sent. It is held on the caller's account.
		MoneyLocked {
			/// The contract, which alone releases it.
			contract: AccountId,
			/// The lock's number.
			lock: u64,
			/// Whose money it is.
			client: AccountId,
			/// How much.
			amount: Balance,
			/// First block in which the client may take it back by `reclaim`.
			until: BlockNumber,
		},
		/// A lock has ended.
		LockEnded {
			/// The contract.
			contract: AccountId,
			/// The lock's number.
			lock: u64,
			/// Whose money it was.
			client: AccountId,
			/// Who was paid; nobody when the client took it back.
			payee: Option<AccountId>,
			/// What the payee got.
			paid: Balance,
			/// What the client got back.
			refunded: Balance,
		},
		/// The weights of a model were put on chain. Contracts can run it.
		ModelUploaded {
			/// SHA-256 of the weights.
			model: ModelId,
			/// Who put them there.
			owner: AccountId,
			/// Their bytes.
			length: u32,
			/// Held of the owner.
			deposit: Balance,
		},
		/// The weights of a model were removed. Contracts that run it are told that there are none.
		ModelRemoved {
			/// SHA-256 of the weights.
			model: ModelId,
			/// Who had put them there.
			owner: AccountId,
			/// What came back.
			deposit: Balance,
		},
		/// A contract ordered a run of a model that workers serve. It follows the job's own event.
		InferenceOrdered {
			/// The contract, which is the job's client.
			contract: AccountId,
			/// The job.
			job: JobId,
			/// The model.
			model: ModelId,
			/// The most that the contract pays for it.
			max_price: Balance,
			/// The entry point that is called back.
			entry: EntryName,
			/// The gas that the call back may use; it is paid.
			gas: u64,
			/// Held of whoever signed, until the call back.
			deposit: Balance,
		},
		/// A contract was told of the end of a run that it ordered.
		CalledBack {
			/// The contract.
			contract: AccountId,
			/// The job.
			job: JobId,
			/// How it ended.
			outcome: OrderOutcome,
			/// The entry point that was called.
			entry: EntryName,
			/// The gas that was used, of what was paid.
			gas_used: u64,
			/// Held for storage of whoever signed the order, beyond what came back.
			deposit: Balance,
			/// What the contract returned.
			output: Vec<u8>,
		},
		/// A contract was told of the end of a run that it ordered, and its call back failed: all that
		/// it did is undone. The job and its money are not touched, and the output can be read of the
		/// job.
		CallbackFailed {
			/// The contract.
			contract: AccountId,
			/// The job.
			job: JobId,
			/// How it ended.
			outcome: OrderOutcome,
			/// The entry point that was called.
			entry: EntryName,
			/// The gas that was used, of what was paid.
			gas_used: u64,
			/// Why it failed.
			error: DispatchError,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The module is no contract: it is malformed, uses floating point or another feature that is
		/// off, imports what is no opcode, or is over a limit. Build it with `aivm-sdk`.
		InvalidCode,
		/// This code is uploaded already. Make contracts of it by its hash.
		CodeExists,
		/// No code of this hash is uploaded. Upload it first.
		NoCode,
		/// Only the account that uploaded the code removes it.
		NotCodeOwner,
		/// Contracts run this code. It can be removed when all of them are.
		CodeInUse,
		/// You have made a contract of this code with this salt already. Choose another salt.
		ContractExists,
		/// There is no contract at this account.
		NotAContract,
		/// Only the account that made the contract removes it.
		NotCreator,
		/// The contract still has storage, locks of clients' money, money on hold, or a run of a model
		/// that it waits for. Let it clear them first.
		ContractNotEmpty,
		/// The gas is used up. Give more: a dry run tells how much the call needs.
		OutOfGas,
		/// The contract says no, and everything it did is undone. A dry run shows its reason.
		ContractReverted,
		/// The contract's code broke a rule (it divided by zero, left its memory, or has a bug of its
		/// own), and everything it did is undone. Tell its author.
		ContractTrapped,
		/// The contract gave an opcode a pointer, a handle or a length that it does not allow. Tell
		/// its author.
		OpcodeRefused,
		/// An operation on tensors was refused: shapes or types that do not fit, or numbers too large.
		/// A dry run shows which. Try a smaller input.
		TensorRefused,
		/// The contract wanted more tensors at once than a call may have. Try a smaller input.
		TooManyTensors,
		/// The call needs a larger deposit for storage than your limit allows or your balance covers.
		/// A dry run tells how much.
		DepositLimit,
		/// Contracts emitted as many events as one transaction may have. Ask for less at once.
		TooManyEvents,
		/// The chain's own state did not allow what the contract wanted. Try again later.
		StateRefused,
		/// The contract has no entry point of this name. `entry_points` lists those that it has;
		/// `deploy` runs only when a contract is made.
		NoEntry,
		/// Too many calls of contracts are open.
		CallTooDeep,
		/// A contract cannot be called while it waits for another call.
		Reentered,
		/// There is no such lock: it was never made, it has ended, or the payment is more than it.
		NoLock,
		/// Only the client whose money is locked takes it back.
		NotLockClient,
		/// The contract still has time to release the money. The lock tells until when.
		LockNotExpired,
		/// The weights are no model of the on-chain format.
		InvalidModel,
		/// The weights of this model are on chain already.
		ModelExists,
		/// No weights are on chain for this hash.
		NoModel,
		/// Only the account that put the weights on chain removes them.
		NotModelOwner,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		/// Looks at runs that contracts ordered, and calls the contracts back whose runs have ended.
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			Self::visit_orders()
		}

		fn integrity_test() {
			assert!(
				T::Currency::minimum_balance() > 0,
				"a contract's account needs an existential deposit above zero"
			);
			assert!(
				T::DepositPerItem::get() > 0 && T::DepositPerByte::get() > 0,
				"storage without a deposit has no bound"
			);
			assert!(
				T::LockPeriod::get() > 0,
				"a contract needs time to release a lock"
			);
			assert!(
				T::MaxEvents::get() > 0,
				"contracts must be able to emit an event"
			);
			assert!(
				T::MaxOrders::get() > 0 && T::MaxVisitsPerBlock::get() > 0,
				"contracts must be able to order, and be called back"
			);
			assert!(
				T::CallbackGasPerBlock::get() > 0,
				"a call back must be able to run"
			);
			// The table's prices of what reaches the database cover the runtime's own.
			let covers = |opcode: Opcode, reads: u64, writes: u64| {
				let price = T::DbWeight::get().reads_writes(reads, writes).ref_time();
				assert!(
					opcode.gas(0).picoseconds() >= price,
					"{} costs less than its reads and writes",
					opcode.name()
				);
			};
			covers(Opcode::StorageRead, 1, 0);
			covers(Opcode::StorageWrite, 4, 4);
			covers(Opcode::ModelLoad, 2, 0);
			covers(Opcode::Transfer, 3, 3);
			covers(Opcode::Call, 5, 3);
			covers(Opcode::EscrowLock, 10, 10);
			covers(Opcode::EscrowRelease, 12, 12);
			// The choice of a class, the job, the deposit, and a call back without its gas.
			covers(Opcode::ModelOrder, 90, 40);
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Upload a module, so that contracts can be made of it.
		///
		/// ## Dispatch Origin
		///
		/// Signed, by whoever becomes the code's owner.
		///
		/// ## Details
		///
		/// The module is validated: no floating point, no imports but opcodes, within all limits. A
		/// deposit for its bytes is held until you remove it.
		///
		/// ## Errors
		///
		/// [`Error::InvalidCode`], [`Error::CodeExists`]; the currency's error when the deposit cannot
		/// be held.
		///
		/// ## Events
		///
		/// [`Event::CodeUploaded`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::upload_code(code.len() as u32))]
		pub fn upload_code(origin: OriginFor<T>, code: Code) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			let hash = Self::hash_of(&code);
			ensure!(!Codes::<T>::contains_key(hash), Error::<T>::CodeExists);
			let info = validate(&code).map_err(|_| Error::<T>::InvalidCode)?;
			let length = code.len() as u32;
			let deposit = Self::deposit_for(2, length.into());
			T::Currency::hold(&HoldReason::Code.into(), &owner, deposit)?;
			Codes::<T>::insert(
				hash,
				CodeInfo {
					owner: owner.clone(),
					deposit,
					references: 0,
					length,
					memory_pages: info.memory_pages,
				},
			);
			CodeBytes::<T>::insert(hash, code);
			Self::deposit_event(Event::CodeUploaded {
				code: hash,
				owner,
				length,
				deposit,
			});
			Ok(())
		}

		/// Remove a module that no contract runs.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the code's owner.
		///
		/// ## Details
		///
		/// The deposit comes back.
		///
		/// ## Errors
		///
		/// [`Error::NoCode`], [`Error::NotCodeOwner`], [`Error::CodeInUse`].
		///
		/// ## Events
		///
		/// [`Event::CodeRemoved`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::remove_code())]
		pub fn remove_code(origin: OriginFor<T>, code: Hash) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let CodeInfo {
				owner,
				deposit,
				references,
				..
			} = Codes::<T>::get(code).ok_or(Error::<T>::NoCode)?;
			ensure!(who == owner, Error::<T>::NotCodeOwner);
			ensure!(references == 0, Error::<T>::CodeInUse);
			T::Currency::release(&HoldReason::Code.into(), &owner, deposit, Precision::Exact)?;
			Codes::<T>::remove(code);
			CodeBytes::<T>::remove(code);
			Self::deposit_event(Event::CodeRemoved {
				code,
				owner,
				deposit,
			});
			Ok(())
		}

		/// Make a contract of an uploaded module and run its `deploy`.
		///
		/// ## Dispatch Origin
		///
		/// Signed, by whoever becomes the contract's creator.
		///
		/// ## Details
		///
		/// The contract's account is a hash of you, the code and the salt. It gets the existential
		/// deposit and `value` of you. `gas_limit` is in whole gas, a microsecond each; what is not
		/// used is not paid for. `deposit_limit` is the most that may be held of you for storage. When
		/// `deploy` fails there is no contract.
		///
		/// ## Errors
		///
		/// [`Error::NoCode`], [`Error::ContractExists`], the currency's error when you have too little,
		/// and those of `call` besides [`Error::NotAContract`] and [`Error::NoEntry`].
		///
		/// ## Events
		///
		/// [`Event::Instantiated`], after those of the contract.
		#[pallet::call_index(2)]
		#[pallet::weight(
			T::WeightInfo::instantiate(input.len() as u32)
				.saturating_add(Pallet::<T>::gas_weight(*gas_limit))
		)]
		pub fn instantiate(
			origin: OriginFor<T>,
			code: Hash,
			#[pallet::compact] value: Balance,
			#[pallet::compact] gas_limit: u64,
			#[pallet::compact] deposit_limit: Balance,
			salt: [u8; 32],
			input: Input,
		) -> DispatchResultWithPostInfo {
			let creator = ensure_signed(origin)?;
			let base = T::WeightInfo::instantiate(input.len() as u32);
			let means = Means {
				value,
				gas: gas_limit,
				deposit_limit,
			};
			let (contract, ended) = Self::make(&creator, code, &means, &salt, input.into_inner())
				.map_err(|error| Self::failed(error, base, Gas::ZERO))?;
			let (output, gas_used, deposit, post) = Self::post(ended, base)?;
			Self::deposit_event(Event::Instantiated {
				contract,
				code,
				creator,
				value,
				gas_used,
				deposit,
				output,
			});
			Ok(post)
		}

		/// Call an entry point of a contract.
		///
		/// ## Dispatch Origin
		///
		/// Signed by anyone.
		///
		/// ## Details
		///
		/// `value` goes to the contract; `gas_limit` is in whole gas, a microsecond each, and what is
		/// not used is not paid for; `deposit_limit` is the most that may be held of you for storage.
		/// What the contract locks for you comes out of `value`. When the call fails, everything that it
		/// and the calls that it made did is undone, and the gas that was used is paid.
		///
		/// ## Errors
		///
		/// [`Error::NotAContract`], [`Error::NoEntry`], [`Error::OutOfGas`],
		/// [`Error::ContractReverted`], [`Error::ContractTrapped`], [`Error::OpcodeRefused`],
		/// [`Error::TensorRefused`], [`Error::TooManyTensors`], [`Error::DepositLimit`],
		/// [`Error::TooManyEvents`], [`Error::StateRefused`]; the currency's error when `value` cannot
		/// be paid.
		///
		/// ## Events
		///
		/// [`Event::Called`], after those of the contracts.
		#[pallet::call_index(3)]
		#[pallet::weight(
			T::WeightInfo::call(input.len() as u32)
				.saturating_add(Pallet::<T>::gas_weight(*gas_limit))
		)]
		pub fn call(
			origin: OriginFor<T>,
			contract: AccountId,
			#[pallet::compact] value: Balance,
			#[pallet::compact] gas_limit: u64,
			#[pallet::compact] deposit_limit: Balance,
			entry: EntryName,
			input: Input,
		) -> DispatchResultWithPostInfo {
			let caller = ensure_signed(origin)?;
			let base = T::WeightInfo::call(input.len() as u32);
			let means = Means {
				value,
				gas: gas_limit,
				deposit_limit,
			};
			let ended = Self::run(
				&caller,
				&contract,
				&means,
				Entry::Call(&entry),
				input.into_inner(),
			);
			let (output, gas_used, deposit, post) = Self::post(ended, base)?;
			Self::deposit_event(Event::Called {
				contract,
				caller,
				entry,
				value,
				gas_used,
				deposit,
				output,
			});
			Ok(post)
		}

		/// Remove a contract that has nothing left.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the contract's creator.
		///
		/// ## Details
		///
		/// The contract must have cleared its storage, have no open locks, nothing on hold, and wait for
		/// no run of a model. Its balance goes to you.
		///
		/// ## Errors
		///
		/// [`Error::NotAContract`], [`Error::NotCreator`], [`Error::ContractNotEmpty`].
		///
		/// ## Events
		///
		/// [`Event::ContractRemoved`].
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::remove_contract())]
		pub fn remove_contract(origin: OriginFor<T>, contract: AccountId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let Contract {
				code,
				creator,
				items,
				open_locks,
				..
			} = Contracts::<T>::get(&contract).ok_or(Error::<T>::NotAContract)?;
			ensure!(who == creator, Error::<T>::NotCreator);
			let on_hold = T::Currency::total_balance_on_hold(&contract);
			ensure!(
				items == 0
					&& open_locks == 0
					&& on_hold == 0 && !OrdersOf::<T>::contains_key(&contract),
				Error::<T>::ContractNotEmpty
			);
			let amount = T::Currency::reducible_balance(
				&contract,
				Preservation::Expendable,
				Fortitude::Polite,
			);
			T::Currency::transfer(&contract, &creator, amount, Preservation::Expendable)?;
			Contracts::<T>::remove(&contract);
			Codes::<T>::mutate(code, |info| {
				if let Some(info) = info {
					info.references = info.references.saturating_sub(1);
				}
			});
			Self::deposit_event(Event::ContractRemoved {
				contract,
				creator,
				amount,
			});
			Ok(())
		}

		/// Take back your money that a contract locked and did not release in time.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the client.
		///
		/// ## Details
		///
		/// From the block on that the lock names. The whole lock comes back to you. The contract is not
		/// told; when it releases the lock later, it gets the answer that there is none.
		///
		/// ## Errors
		///
		/// [`Error::NoLock`], [`Error::NotLockClient`], [`Error::LockNotExpired`].
		///
		/// ## Events
		///
		/// [`Event::LockEnded`].
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::reclaim())]
		pub fn reclaim(origin: OriginFor<T>, contract: AccountId, lock: u64) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let ContractLock { client, until, .. } =
				Locks::<T>::get(&contract, lock).ok_or(Error::<T>::NoLock)?;
			ensure!(who == client, Error::<T>::NotLockClient);
			ensure!(Self::now() >= until, Error::<T>::LockNotExpired);
			Self::end_lock(&contract, lock, None)
		}

		/// Put the weights of a small model on chain, so that contracts can run it.
		///
		/// ## Dispatch Origin
		///
		/// Signed, by whoever becomes the owner.
		///
		/// ## Details
		///
		/// The weights are in the on-chain format: dense layers of 8-bit weights. Contracts load the
		/// model by SHA-256 of these bytes. A deposit for them is held until you remove it.
		///
		/// ## Errors
		///
		/// [`Error::InvalidModel`], [`Error::ModelExists`]; the currency's error when the deposit cannot
		/// be held.
		///
		/// ## Events
		///
		/// [`Event::ModelUploaded`].
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::upload_model(weights.len() as u32))]
		pub fn upload_model(origin: OriginFor<T>, weights: Weights) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			let model = ModelId::from(sp_io::hashing::sha2_256(&weights));
			ensure!(!Models::<T>::contains_key(model), Error::<T>::ModelExists);
			let decoded = Model::decode(&weights).map_err(|_| Error::<T>::InvalidModel)?;
			let length = weights.len() as u32;
			let deposit = Self::deposit_for(2, length.into());
			T::Currency::hold(&HoldReason::Model.into(), &owner, deposit)?;
			Models::<T>::insert(
				model,
				OnChainModel {
					owner: owner.clone(),
					deposit,
					length,
					inputs: decoded.inputs(),
					outputs: decoded.outputs(),
					work: decoded.work(),
				},
			);
			ModelWeights::<T>::insert(model, weights);
			Self::deposit_event(Event::ModelUploaded {
				model,
				owner,
				length,
				deposit,
			});
			Ok(())
		}

		/// Remove the weights of a model.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the owner.
		///
		/// ## Details
		///
		/// The deposit comes back. Contracts that run the model are told that there is none, until
		/// somebody puts the same weights on chain again.
		///
		/// ## Errors
		///
		/// [`Error::NoModel`], [`Error::NotModelOwner`].
		///
		/// ## Events
		///
		/// [`Event::ModelRemoved`].
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::remove_model())]
		pub fn remove_model(origin: OriginFor<T>, model: ModelId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let OnChainModel { owner, deposit, .. } =
				Models::<T>::get(model).ok_or(Error::<T>::NoModel)?;
			ensure!(who == owner, Error::<T>::NotModelOwner);
			T::Currency::release(&HoldReason::Model.into(), &owner, deposit, Precision::Exact)?;
			Models::<T>::remove(model);
			ModelWeights::<T>::remove(model);
			Self::deposit_event(Event::ModelRemoved {
				model,
				owner,
				deposit,
			});
			Ok(())
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// A contract.
		pub fn contract(account: AccountId) -> Option<Contract> {
			Contracts::<T>::get(account)
		}

		/// The names of the entry points that a contract can be called by; empty where there is none.
		pub fn entry_points(account: AccountId) -> Vec<Vec<u8>> {
			Contracts::<T>::get(account)
				.and_then(|contract| CodeBytes::<T>::get(contract.code))
				.and_then(|code| validate(&code).ok())
				.map(|info| info.entries)
				.unwrap_or_default()
				.into_iter()
				.filter(|entry| entry != aci_aivm_engine::DEPLOY)
				.map(|entry| entry.into_bytes())
				.collect()
		}

		/// A value of a contract's storage.
		pub fn contract_storage(account: AccountId, key: Vec<u8>) -> Option<Vec<u8>> {
			let key: Key = key.try_into().ok()?;
			ContractStorage::<T>::get(account, key).map(|stored| stored.value.into_inner())
		}

		/// A lock of a client's money by a contract.
		pub fn contract_lock(account: AccountId, lock: u64) -> Option<ContractLock> {
			Locks::<T>::get(account, lock)
		}

		/// A run of a model that a contract waits for, by its job.
		pub fn model_order(job: JobId) -> Option<ModelOrder> {
			Orders::<T>::get(job)
		}

		/// An uploaded module.
		pub fn code(hash: Hash) -> Option<CodeInfo> {
			Codes::<T>::get(hash)
		}

		/// A model whose weights are on chain.
		pub fn on_chain_model(hash: ModelId) -> Option<OnChainModel> {
			Models::<T>::get(hash)
		}

		/// The account that a contract would have.
		pub fn contract_account(creator: AccountId, code: Hash, salt: [u8; 32]) -> AccountId {
			Self::account_of(&creator, &code, &salt)
		}
	}

	impl<T: Config> Pallet<T> {
		/// What a module is known by: Blake2b-256 of its bytes.
		pub fn hash_of(code: &[u8]) -> Hash {
			Hash::from(sp_io::hashing::blake2_256(code))
		}

		/// An extrinsic's error, with the weight of what was done until then.
		fn failed(error: DispatchError, base: Weight, gas_used: Gas) -> DispatchErrorWithPostInfo {
			let actual = base.saturating_add(Self::gas_weight(gas_used.whole()));
			DispatchErrorWithPostInfo {
				post_info: PostDispatchInfo {
					actual_weight: Some(actual),
					pays_fee: Pays::Yes,
				},
				error,
			}
		}

		/// What an ended call returns to its extrinsic: output, whole gas, deposit, weight.
		#[allow(clippy::type_complexity)]
		fn post(
			ended: Ended,
			base: Weight,
		) -> Result<(Vec<u8>, u64, Balance, PostDispatchInfo), DispatchErrorWithPostInfo> {
			let Ended {
				result,
				gas_used,
				deposit,
			} = ended;
			let output =
				result.map_err(|failure| Self::failed(failure.error::<T>(), base, gas_used))?;
			let actual = base.saturating_add(Self::gas_weight(gas_used.whole()));
			let post = PostDispatchInfo {
				actual_weight: Some(actual),
				pays_fee: Pays::Yes,
			};
			Ok((output, gas_used.whole(), deposit, post))
		}
	}
}
