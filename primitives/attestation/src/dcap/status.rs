//! States of a platform's TCB, and how those of its parts become one.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// What Intel says about a TCB.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum TcbStatus {
	/// Nothing is known to be missing.
	#[codec(index = 0)]
	UpToDate,
	/// The software in the TEE must have mitigations.
	#[codec(index = 1)]
	SoftwareHardeningNeeded,
	/// The platform's configuration may make it vulnerable.
	#[codec(index = 2)]
	ConfigurationNeeded,
	/// Both of the above.
	#[codec(index = 3)]
	ConfigurationAndSoftwareHardeningNeeded,
	/// Known vulnerabilities are not fixed.
	#[codec(index = 4)]
	OutOfDate,
	/// They are not, and the configuration may add to them.
	#[codec(index = 5)]
	OutOfDateConfigurationNeeded,
	/// Its keys are not to be trusted.
	#[codec(index = 6)]
	Revoked,
}

impl TcbStatus {
	/// All states.
	pub const ALL: [Self; 7] = [
		Self::UpToDate,
		Self::SoftwareHardeningNeeded,
		Self::ConfigurationNeeded,
		Self::ConfigurationAndSoftwareHardeningNeeded,
		Self::OutOfDate,
		Self::OutOfDateConfigurationNeeded,
		Self::Revoked,
	];

	/// Intel's word.
	pub const fn word(self) -> &'static [u8] {
		match self {
			Self::UpToDate => b"UpToDate",
			Self::SoftwareHardeningNeeded => b"SWHardeningNeeded",
			Self::ConfigurationNeeded => b"ConfigurationNeeded",
			Self::ConfigurationAndSoftwareHardeningNeeded => b"ConfigurationAndSWHardeningNeeded",
			Self::OutOfDate => b"OutOfDate",
			Self::OutOfDateConfigurationNeeded => b"OutOfDateConfigurationNeeded",
			Self::Revoked => b"Revoked",
		}
	}

	/// The state of Intel's word.
	pub fn of_word(word: &[u8]) -> Option<Self> {
		Self::ALL.into_iter().find(|status| status.word() == word)
	}

	/// The platform's state when a part of it, the TDX module or the quoting enclave, has a state
	/// of its own: an outdated part makes the platform outdated, a revoked one revoked.
	pub const fn with(self, part: Self) -> Self {
		match (self, part) {
			(_, Self::Revoked) | (Self::Revoked, _) => Self::Revoked,
			(
				Self::UpToDate | Self::SoftwareHardeningNeeded,
				Self::OutOfDate | Self::OutOfDateConfigurationNeeded,
			) => Self::OutOfDate,
			(
				Self::ConfigurationNeeded | Self::ConfigurationAndSoftwareHardeningNeeded,
				Self::OutOfDate | Self::OutOfDateConfigurationNeeded,
			) => Self::OutOfDateConfigurationNeeded,
			(platform, _) => platform,
		}
	}

	/// The bit of this state in a set of states.
	pub const fn bit(self) -> u8 {
		match self {
			Self::UpToDate => 1,
			Self::SoftwareHardeningNeeded => 2,
			Self::ConfigurationNeeded => 4,
			Self::ConfigurationAndSoftwareHardeningNeeded => 8,
			Self::OutOfDate => 16,
			Self::OutOfDateConfigurationNeeded => 32,
			Self::Revoked => 0,
		}
	}
}
