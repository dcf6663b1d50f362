//! The slow control: at each epoch's end every class's par price follows its use and its floor share
//! follows its fund.
//!
//! An epoch ends when the epoch's length has passed since its first block, so a length that
//! governance changes counts from the running epoch on. From that block on the former epoch of the
//! classes is closed, a bounded number in each block, in the order of their numbers. A class's sums
//! run from its own last close to its next, so being closed some blocks late loses nothing and counts
//! nothing twice. If one round took longer than an epoch, the next would begin when it is done.

use crate::{
	types::time_of, Activities, ActivityView, Capital, ClassActivity, Config, Epoch, Event,
	NextClass, Pallet, Pools,
};
use aci_market::{control, Activity, Pool};
use aci_primitives::{
	traits::{MarketActivity, Pot, Pots},
	BlockNumber, ClassId, Moment,
};
use frame_support::traits::Get;

impl<T: Config> Pallet<T> {
	/// Closes the epoch of at most [`Config::MaxClosesPerBlock`] classes. Returns how many.
	pub(crate) fn close_epochs(now: BlockNumber) -> u32 {
		let mut epoch = Epoch::<T>::get();
		let length = T::EpochLength::get().max(1);
		// Whole lengths, so that epochs stay where they were when a round of closes took long.
		let passed = now.saturating_sub(epoch.start) / length;
		let mut next = match epoch.next {
			Some(next) => next,
			None if passed > 0 => {
				Self::begin_forgetting();
				epoch.index = epoch.index.saturating_add(passed);
				epoch.start = epoch.start.saturating_add(passed.saturating_mul(length));
				0
			}
			None => return 0,
		};
		let classes = NextClass::<T>::get();
		let mut closed = 0u32;
		while next < classes && closed < T::MaxClosesPerBlock::get() {
			Self::close_epoch(next, epoch.index.saturating_sub(1), now);
			closed = closed.saturating_add(1);
			next = next.saturating_add(1);
		}
		epoch.next = (next < classes).then_some(next);
		Epoch::<T>::put(epoch);
		closed
	}

	fn close_epoch(class: ClassId, epoch: u32, now: BlockNumber) {
		let activity = Self::activity_until(class, now);
		let rules = T::ControlRules::get();
		let fund = T::Pots::balance(Pot::Fund(class));
		let utilisation = activity.activity.utilisation();
		let floor_share = control::floor_share(fund, &rules);
		let changed = Self::change(class, |pool| {
			let par_price = match utilisation {
				Some(utilisation) => control::next_par_price(pool.par_price, utilisation, &rules),
				// Nothing was offered, so nothing is known.
				None => pool.par_price,
			};
			*pool = Pool::new(pool.free, pool.target, par_price, floor_share)?;
			Ok(())
		});
		Capital::<T>::mutate(|capital| {
			// The sum has the former part, and funds are parts of the issuance.
			*capital = capital.saturating_sub(activity.fund).saturating_add(fund);
		});
		Activities::<T>::insert(
			class,
			ClassActivity {
				activity: Activity::default(),
				fund,
				..activity
			},
		);
		// Only a class without a pool, or a pool out of bounds, has no result.
		if let Ok(state) = changed {
			Self::deposit_event(Event::EpochClosed {
				class,
				epoch,
				paid: activity.activity.paid,
				offered: activity.activity.offered,
				utilisation,
				par_price: state.pool.par_price,
				fund,
				floor_share,
				version: state.version,
			});
		}
	}

	/// A class's sums, with the offered time until `now`.
	fn activity_until(class: ClassId, now: BlockNumber) -> ClassActivity {
		let mut state = Activities::<T>::get(class);
		let passed = time_of(now.saturating_sub(state.since), T::BlockTime::get());
		state.activity.elapse(state.registered, passed);
		state.since = now;
		state
	}

	/// Follows a change of a class's registered capacity.
	pub(crate) fn set_registered(class: ClassId, change: impl FnOnce(u64) -> u64) {
		let mut state = Self::activity_until(class, Self::now());
		state.registered = change(state.registered);
		Activities::<T>::insert(class, state);
	}

	pub(crate) fn view_activity(class: ClassId) -> Option<ActivityView> {
		Pools::<T>::contains_key(class).then(|| {
			let now = Self::now();
			let state = Self::activity_until(class, now);
			let epoch = Epoch::<T>::get();
			ActivityView {
				epoch: epoch.index,
				ends: epoch.start.saturating_add(T::EpochLength::get()),
				paid: state.activity.paid,
				offered: state.activity.offered,
				registered: state.registered,
				utilisation: state.activity.utilisation(),
			}
		})
	}
}

impl<T: Config> MarketActivity for Pallet<T> {
	fn paid(class: ClassId, occupied: Moment) {
		if Pools::<T>::contains_key(class) {
			Activities::<T>::mutate(class, |state| state.activity.pay(occupied));
		}
	}
}
