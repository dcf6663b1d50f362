#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

pub use members::{Identify, Membership, SetKeys, SetRecord};
pub use offence::{ConflictingStatements, Evidence, Moment, Reporting};
pub use pallet::*;
pub use types::PendingChange;
pub use weights::WeightInfo;

mod members;
mod offence;
mod sets;
mod try_state;
mod types;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

/// The pallet's storage, calls, events and errors.
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use aci_finality::{
		faults, AuthorityId, AuthoritySet, BlockHash, OffenceKind, OffenceProof, SetId, View,
		MAX_AUTHORITIES,
	};
	use alloc::boxed::Box;
	use frame_support::{
		dispatch::{DispatchErrorWithPostInfo, DispatchResultWithPostInfo, Pays, PostDispatchInfo},
		pallet_prelude::*,
	};
	use frame_system::pallet_prelude::*;
	use sp_session::{GetSessionNumber, GetValidatorCount};
	use sp_staking::{offence::OffenceReportSystem, SessionIndex};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config:
		frame_system::Config<Hash = BlockHash, RuntimeEvent: From<Event<Self>>>
	{
		/// Most authorities of a set; at most [`MAX_AUTHORITIES`].
		#[pallet::constant]
		type MaxAuthorities: Get<u32>;

		/// How many sets are remembered with their sessions, the one in force included: how far
		/// back an offence can be reported. No further back than bonds are still held.
		#[pallet::constant]
		type SetHistory: Get<u32>;

		/// Most accounts that the slash of one validator touches: its own and its delegators'.
		#[pallet::constant]
		type MaxSlashParts: Get<u32>;

		/// A proof of who held a key in a set's session: [`Membership`].
		type KeyOwnerProof: Parameter + GetSessionNumber + GetValidatorCount;

		/// Checks reports and passes them on: [`Reporting`].
		type Reporting: OffenceReportSystem<Option<Self::AccountId>, Evidence<Self>>;

		/// Weights of the calls and of the hook.
		type WeightInfo: WeightInfo;
	}

	/// The authorities of the set in force, in their order. Empty on a chain that began without
	/// finality keys, until a session has some.
	#[pallet::storage]
	pub type Authorities<T: Config> =
		StorageValue<_, BoundedVec<AuthorityId, T::MaxAuthorities>, ValueQuery>;

	/// The accounts behind the authorities, in the same order.
	#[pallet::storage]
	pub type Validators<T: Config> =
		StorageValue<_, BoundedVec<T::AccountId, T::MaxAuthorities>, ValueQuery>;

	/// The number of the set in force.
	#[pallet::storage]
	pub type CurrentSet<T: Config> = StorageValue<_, SetId, ValueQuery>;

	/// The set that comes into force at the end of this block. Empty between blocks.
	#[pallet::storage]
	pub type Pending<T: Config> = StorageValue<_, PendingChange<T::AccountId, T::MaxAuthorities>>;

	/// Session and members' hash of each of the last `SetHistory` sets. Twox64Concat: the chain
	/// counts sets, nobody chooses a key.
	#[pallet::storage]
	pub type Sets<T: Config> = StorageMap<_, Twox64Concat, SetId, SetRecord>;

	/// The authorities of each remembered set that were reported. A further report of one of them
	/// is not free: each leaves a record with the offences pallet. Twox64Concat: the chain counts
	/// sets, nobody chooses a key.
	#[pallet::storage]
	pub type Reported<T: Config> =
		StorageMap<_, Twox64Concat, SetId, BoundedVec<AuthorityId, T::MaxAuthorities>, ValueQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// Once this block is final, another set votes. The keys are in the block's digest.
		SetChanged {
			/// Its number.
			set: SetId,
			/// The session that it belongs to.
			session: SessionIndex,
			/// How many authorities it has.
			authorities: u32,
		},
		/// A session began whose finality keys make no set: there is none, they are too many, or
		/// one is there twice. The set in force stays until a session has usable keys.
		SetKept {
			/// The set that stays.
			set: SetId,
			/// The session without usable keys.
			session: SessionIndex,
		},
		/// An authority was proven to have made two statements that no honest one makes. The
		/// staking pallet slashes the validator behind the key for that session.
		OffenceReported {
			/// The set in which it happened.
			set: SetId,
			/// The view in which it happened.
			view: View,
			/// The session of the set.
			session: SessionIndex,
			/// What the authority did.
			kind: OffenceKind,
			/// Its key.
			authority: AuthorityId,
			/// Who is paid for the report: the signer, or the block's author for a report without
			/// a signature.
			reporter: Option<T::AccountId>,
		},
	}

	#[pallet::error]
	#[derive(PartialEq, Eq)]
	pub enum Error<T> {
		/// The statements were made for another chain. Report them there.
		OtherChain,
		/// The set is not known: it has not begun, or it is so old that nobody can be slashed for
		/// it any more. There is nothing left to do about an old one.
		UnknownSet,
		/// The proof of the key is of another session than the set's. Take it from a block in
		/// which that set was in force.
		OtherSession,
		/// Nobody is proven to have held the key in that set. Take the proof of the key again, from
		/// a block in which the set was in force.
		KeyNotProven,
		/// An honest authority may have made both statements. They are no offence.
		NoConflict,
		/// A signature is not that of the named authority in that set. Check which key signed.
		WrongSignature,
		/// This authority's offence in this view is known, whatever its kind. Nothing is left to
		/// do.
		AlreadyReported,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		/// Counts what the block's end will do. The session pallet comes before this one, so the
		/// change is planned by now.
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			match Pending::<T>::get() {
				Some(change) => T::WeightInfo::change(change.members.len() as u32),
				None => T::WeightInfo::idle(),
			}
		}

		fn on_finalize(_: BlockNumberFor<T>) {
			Self::enact();
		}

		fn integrity_test() {
			let most = T::MaxAuthorities::get();
			assert!(
				most > 0 && most <= MAX_AUTHORITIES,
				"a set has between one and {MAX_AUTHORITIES} authorities"
			);
			assert!(
				T::SetHistory::get() > 1,
				"an offence of a session can be reported in the next one at least"
			);
			assert!(
				T::MaxSlashParts::get() > 0,
				"a validator's own bond is slashed"
			);
			assert!(
				T::WeightInfo::check(most).all_lt(Self::report_weight()),
				"half a block must be more than the checks of a report"
			);
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Reports an authority that made two conflicting statements.
		///
		/// ## Dispatch Origin
		///
		/// Signed, by anyone. The first right report of an authority in a set is free. Who sent it
		/// is paid as the reporter of a slash.
		///
		/// ## Details
		///
		/// `proof` holds both statements with their signatures, `key_owner` proves whose key it
		/// was in the set's session. The validator is slashed by `min((3k/n)^2, 1)` of what stood
		/// for it in that session, where `k` of the `n` validators are known to have broken a rule
		/// in the same view; those reported earlier pay the difference.
		///
		/// ## Errors
		///
		/// [`Error::OtherChain`], [`Error::UnknownSet`], [`Error::OtherSession`],
		/// [`Error::KeyNotProven`], [`Error::AlreadyReported`], [`Error::NoConflict`],
		/// [`Error::WrongSignature`].
		///
		/// ## Events
		///
		/// [`Event::OffenceReported`].
		#[pallet::call_index(0)]
		#[pallet::weight((Pallet::<T>::report_weight(), DispatchClass::Operational))]
		pub fn report_offence(
			origin: OriginFor<T>,
			proof: Box<OffenceProof>,
			key_owner: Box<T::KeyOwnerProof>,
		) -> DispatchResultWithPostInfo {
			let reporter = ensure_signed(origin)?;
			Self::do_report(Some(reporter), (*proof, *key_owner))
		}

		/// Reports an authority that made two conflicting statements, without a signature.
		///
		/// ## Dispatch Origin
		///
		/// None. A node accepts it from itself and within a block, never from another node, so an
		/// author includes the reports of its own node. Nodes send it by themselves.
		///
		/// ## Details
		///
		/// As [`Call::report_offence`]. The reporter is the block's author. A report that is wrong
		/// or known never enters a block.
		///
		/// ## Errors
		///
		/// As [`Call::report_offence`].
		///
		/// ## Events
		///
		/// [`Event::OffenceReported`].
		#[pallet::call_index(1)]
		#[pallet::weight((Pallet::<T>::report_weight(), DispatchClass::Operational))]
		pub fn report_offence_unsigned(
			origin: OriginFor<T>,
			proof: Box<OffenceProof>,
			key_owner: Box<T::KeyOwnerProof>,
		) -> DispatchResultWithPostInfo {
			ensure_none(origin)?;
			Self::do_report(None, (*proof, *key_owner))
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// The set that finalises the descendants of this block; none on a chain that began
		/// without finality keys.
		pub fn authority_set() -> Option<AuthoritySet> {
			Self::current_set()
		}

		/// The session of a set, while offences of it can be reported.
		pub fn session_of(set: SetId) -> Option<SessionIndex> {
			Sets::<T>::get(set).map(|record| record.session)
		}
	}

	// A transaction extension in its place would be one that wallets do not know.
	#[allow(deprecated)]
	#[pallet::validate_unsigned]
	impl<T: Config> ValidateUnsigned for Pallet<T> {
		type Call = Call<T>;

		fn validate_unsigned(source: TransactionSource, call: &Self::Call) -> TransactionValidity {
			let Call::report_offence_unsigned { proof, key_owner } = call else {
				return InvalidTransaction::Call.into();
			};
			if source == TransactionSource::External {
				return InvalidTransaction::Call.into();
			}
			T::Reporting::check_evidence(((**proof).clone(), (**key_owner).clone()))?;
			ValidTransaction::with_tag_prefix("AciFinalityOffence")
				// Before everything else: the sooner an offender is out, the better.
				.priority(TransactionPriority::MAX)
				.and_provides((&proof.offender, proof.context.set, proof.view()))
				.longevity(<T::Reporting as OffenceReportSystem<_, _>>::Longevity::get())
				.propagate(false)
				.build()
		}

		fn pre_dispatch(call: &Self::Call) -> Result<(), TransactionValidityError> {
			let Call::report_offence_unsigned { proof, key_owner } = call else {
				return Err(InvalidTransaction::Call.into());
			};
			T::Reporting::check_evidence(((**proof).clone(), (**key_owner).clone()))
		}
	}

	impl<T: Config> Pallet<T> {
		/// Weight of a report: that of its largest slash, or half a block where that is more, so
		/// that a report always finds a block. A slash above that takes the block's time once.
		pub fn report_weight() -> Weight {
			let validators = T::MaxAuthorities::get();
			let offenders = (faults(validators as usize) as u32).saturating_add(1);
			let half = T::BlockWeights::get().max_block.saturating_div(2);
			T::WeightInfo::report(validators, offenders, T::MaxSlashParts::get()).min(half)
		}

		fn do_report(
			reporter: Option<T::AccountId>,
			evidence: Evidence<T>,
		) -> DispatchResultWithPostInfo {
			let (set, authority) = (evidence.0.context.set, evidence.0.offender.clone());
			match T::Reporting::process_evidence(reporter, evidence) {
				Ok(()) => Ok(Reported::<T>::mutate(set, |reported| {
					if reported.contains(&authority) {
						return Pays::Yes.into();
					}
					// No more than the set's members, which have the same bound.
					let _ = reported.try_push(authority);
					Pays::No.into()
				})),
				Err(error) => Err(DispatchErrorWithPostInfo {
					post_info: PostDispatchInfo {
						actual_weight: Some(T::WeightInfo::check(T::MaxAuthorities::get())),
						pays_fee: Pays::Yes,
					},
					error,
				}),
			}
		}

		/// Puts a report into the pool of the node that asks, as a transaction without a
		/// signature. `None` where there is no pool. For runtime APIs.
		pub fn submit_report(proof: OffenceProof, key_owner: T::KeyOwnerProof) -> Option<()> {
			T::Reporting::publish_evidence((proof, key_owner)).ok()
		}

		pub(crate) fn note_report(
			moment: Moment,
			session: SessionIndex,
			kind: OffenceKind,
			authority: AuthorityId,
			reporter: Option<T::AccountId>,
		) {
			Self::deposit_event(Event::OffenceReported {
				set: moment.set,
				view: moment.view,
				session,
				kind,
				authority,
				reporter,
			});
		}
	}
}
