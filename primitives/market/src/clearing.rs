//! Clearing of the open jobs of one class in one block, at one unit price.
//!
//! # Rule
//!
//! All cleared jobs pay the same unit price: the curve's average price over the whole piece that
//! they take together. So the order of transactions in a block gives nobody a better price.
//!
//! Orders are sorted by what they would pay at most per compute unit, highest first, ties by their
//! `tie` key, then by their place in the slice. The maxima are compared as exact fractions
//! `max_price / flops`. In that order each one is accepted if its slots are still free and if, at
//! the unit price of everything accepted before it and itself together, it pays at most its own
//! maximum. An order that is not accepted is passed over.
//!
//! # Guarantees
//!
//! 1. Every cleared order pays at most its own maximum, in planck, after rounding. (The unit price
//!    only rises while orders are accepted, and the last accepted one has the lowest maximum.)
//! 2. The pool never loses: the sum of prices is at least the exact curve price of the taken piece
//!    for the cleared work, because each price is rounded up.
//! 3. The taken capacity is at most the free capacity.
//! 4. When all orders have the same slots, as jobs do, the cleared ones are a prefix of the sorted
//!    orders, and the longest one whose last order can still pay. No set of orders that can pay its
//!    own uniform price has more members.
//! 5. When slots differ, the cleared set cannot be extended: each order left out would, on top of
//!    the cleared ones, lack slots or exceed its maximum. A smaller order may then pass a larger
//!    one that offers more per compute unit; an order never passes one of its own size or smaller.
//! 6. Adding an order of the same size never lowers the number of cleared orders or the unit price.
//! 7. The cost is one sort and one pass: O(n log n) with n at most `u32::MAX`, bounded by the
//!    caller's slice.
//!
//! Orders for zero slots or zero operations never clear; the caller should have refused them.

use alloc::vec::Vec;
use core::cmp::Ordering;
use primitive_types::U256;

use crate::curve::{exact_unit_price, CurveError, Pool, UnitPrice};

/// An open job that takes part in a clearing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClearingOrder {
	/// The most that the client pays for the job, in planck.
	pub max_price: u128,
	/// The job's size in floating-point operations, for its maximum of tokens.
	pub flops: u128,
	/// The slots that it occupies, in milli-slots.
	pub milli_slots: u64,
	/// Decides between equal maxima, lowest first: a hash that the client cannot choose, different
	/// for each order.
	pub tie: [u8; 32],
}

/// A cleared order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClearedOrder {
	/// Its place in the slice that was given.
	pub index: usize,
	/// What it pays, in planck: at most its own maximum.
	pub price: u128,
}

/// The result of a clearing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Clearing {
	/// The cleared orders, best offer first.
	pub cleared: Vec<ClearedOrder>,
	/// The capacity that they take together, in milli-slots. The caller takes it from the pool.
	pub milli_slots: u64,
	/// The exact unit price that all of them pay, `None` when none cleared.
	pub unit_price: Option<UnitPrice>,
}

/// Clears `orders` against `pool`. The pool is not changed.
///
/// Errors: a bound that the pool breaks. An empty or used-up pool clears nothing and is no error.
///
/// ```
/// use aci_market::{clearing::{clear, ClearingOrder}, curve::Pool};
/// let pool = Pool::new(10_000, 10_000, 1_000, 0).unwrap();
/// let order = |max_price, tie| ClearingOrder {
///     max_price,
///     flops: 1_000_000_000_000,
///     milli_slots: 1_000,
///     tie: [tie; 32],
/// };
/// let result = clear(&pool, &[order(1_100, 0), order(2_000, 1), order(1_500, 2)]).unwrap();
/// // Two slots cost 1,000 · 200/162 each; the client with 1,100 waits.
/// let cleared: Vec<_> = result.cleared.iter().map(|order| (order.index, order.price)).collect();
/// assert_eq!(cleared, vec![(1, 1_235), (2, 1_235)]);
/// assert_eq!(result.milli_slots, 2_000);
/// ```
pub fn clear(pool: &Pool, orders: &[ClearingOrder]) -> Result<Clearing, CurveError> {
	pool.check()?;
	if pool.free == 0 {
		return Ok(Clearing::default());
	}
	let mut sorted: Vec<(usize, &ClearingOrder)> = orders
		.iter()
		.enumerate()
		.filter(|(_, order)| order.flops > 0 && order.milli_slots > 0)
		.collect();
	sorted.sort_unstable_by(|(i, a), (j, b)| {
		by_limit(b, a)
			.then_with(|| a.tie.cmp(&b.tie))
			.then_with(|| i.cmp(j))
	});

	let mut accepted: Vec<(usize, &ClearingOrder)> = Vec::new();
	let mut taken = 0u64;
	let mut unit_price: Option<UnitPrice> = None;
	for (index, order) in sorted {
		let Some(total) = taken
			.checked_add(order.milli_slots)
			.filter(|t| *t <= pool.free)
		else {
			continue;
		};
		let candidate = exact_unit_price(pool, total)?;
		if candidate.is_affordable(order.flops, order.max_price) {
			accepted.push((index, order));
			taken = total;
			unit_price = Some(candidate);
		}
	}

	let mut cleared = Vec::with_capacity(accepted.len());
	if let Some(unit_price) = unit_price {
		for (index, order) in accepted {
			// At most the order's own maximum, so it fits `u128`.
			cleared.push(ClearedOrder {
				index,
				price: unit_price.price_ceil(order.flops)?,
			});
		}
	}
	Ok(Clearing {
		cleared,
		milli_slots: taken,
		unit_price,
	})
}

/// Compares `max_price / flops` exactly. Both `flops` are above zero.
fn by_limit(a: &ClearingOrder, b: &ClearingOrder) -> Ordering {
	let cross = |x: u128, y: u128| U256::from(x).full_mul(U256::from(y));
	cross(a.max_price, b.flops).cmp(&cross(b.max_price, a.flops))
}
