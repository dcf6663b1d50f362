//! Origins that only a referendum can take on.

pub use pallet::*;

/// A pallet without calls or storage: it gives the referenda's origins a place in the runtime.
#[frame_support::pallet]
pub mod pallet {
	use frame_support::pallet_prelude::*;

	/// Nothing to configure.
	#[pallet::config]
	pub trait Config: frame_system::Config {}

	/// See the module.
	#[pallet::pallet]
	pub struct Pallet<T>(_);

	/// What a referendum can act as, beside root.
	#[derive(
		PartialEq, Eq, Clone, MaxEncodedLen, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug,
	)]
	#[pallet::origin]
	pub enum Origin {
		/// May change governed parameters.
		#[codec(index = 0)]
		Parameters,
		/// May spend from the treasury.
		#[codec(index = 1)]
		Treasurer,
	}

	macro_rules! ensure_origin {
		($name:ident, $variant:ident, $doc:literal) => {
			#[doc = $doc]
			pub struct $name;

			impl<O: OriginTrait + From<Origin>> EnsureOrigin<O> for $name
			where
				for<'a> &'a O::PalletsOrigin: TryInto<&'a Origin>,
			{
				type Success = ();

				fn try_origin(origin: O) -> Result<(), O> {
					let allowed = matches!(origin.caller().try_into(), Ok(Origin::$variant));
					if allowed {
						Ok(())
					} else {
						Err(origin)
					}
				}
			}
		};
	}

	use frame_support::traits::OriginTrait;
	ensure_origin!(
		EnsureParameters,
		Parameters,
		"Lets a referendum on parameters through."
	);
	ensure_origin!(
		EnsureTreasurer,
		Treasurer,
		"Lets a referendum on the treasury through."
	);
}
