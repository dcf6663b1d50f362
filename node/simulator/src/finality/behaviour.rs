//! How dishonest authorities behave, by name.

use std::{fmt, str::FromStr};

/// A dishonest authority's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Behaviour {
	/// Makes two proposals in its views, each for a part of the nodes, and votes for all it sees.
	Equivocator,
	/// Proposes and votes nothing, and gives every view up at once.
	Nuller,
	/// Forgets: its timeouts name old certificates, and so do its proposals.
	Amnesiac,
	/// Proposes blocks of other branches, with fitting and with old certificates, and votes for
	/// all it sees.
	Conflicter,
	/// Follows the rules but holds its messages and certificates back.
	Late,
	/// Any of these from one moment to the next.
	Chaos,
	/// Divides the others: makes two proposals that all hear of, gives each side the certificate of
	/// one of them, and tells its second votes to few, so that a block may be final for one node
	/// alone.
	Ambusher,
}

/// Chances, of a thousand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Habits {
	/// A proposal as the rules want it.
	pub proper: u32,
	/// A target off the branch of its certificate.
	pub fork: u32,
	/// An old certificate, and a target that conflicts with newer ones.
	pub stale: u32,
	/// Two proposals.
	pub twofold: u32,
	/// A vote for what is seen.
	pub vote: u32,
	/// A timeout without need, each time it looks.
	pub hasty: u32,
	/// A timeout that names no certificate.
	pub lie: u32,
	/// A receiver is left out.
	pub skip: u32,
	/// A packet is held back.
	pub late: u32,
	/// What one side was told the other side hears too, sooner or later.
	pub cross: u32,
	/// A first vote is kept for certificates, and a second vote told to one node.
	pub whisper: u32,
}

impl Behaviour {
	/// All of them.
	pub const ALL: [Behaviour; 7] = [
		Behaviour::Equivocator,
		Behaviour::Nuller,
		Behaviour::Amnesiac,
		Behaviour::Conflicter,
		Behaviour::Late,
		Behaviour::Chaos,
		Behaviour::Ambusher,
	];

	/// Its name.
	pub fn name(&self) -> &'static str {
		match self {
			Behaviour::Equivocator => "equivocator",
			Behaviour::Nuller => "nuller",
			Behaviour::Amnesiac => "amnesiac",
			Behaviour::Conflicter => "conflicter",
			Behaviour::Late => "late",
			Behaviour::Chaos => "chaos",
			Behaviour::Ambusher => "ambusher",
		}
	}

	pub(super) fn habits(&self) -> Habits {
		let proper = Habits {
			proper: 1_000,
			fork: 0,
			stale: 0,
			twofold: 0,
			vote: 1_000,
			hasty: 0,
			lie: 0,
			skip: 0,
			late: 0,
			cross: 0,
			whisper: 0,
		};
		match self {
			Behaviour::Equivocator => Habits {
				proper: 600,
				fork: 200,
				stale: 200,
				twofold: 1_000,
				..proper
			},
			Behaviour::Nuller => Habits {
				proper: 0,
				vote: 0,
				hasty: 900,
				..proper
			},
			Behaviour::Amnesiac => Habits {
				proper: 300,
				stale: 700,
				hasty: 300,
				lie: 1_000,
				..proper
			},
			Behaviour::Conflicter => Habits {
				proper: 100,
				fork: 400,
				stale: 500,
				twofold: 300,
				lie: 700,
				..proper
			},
			Behaviour::Late => Habits {
				skip: 200,
				late: 700,
				..proper
			},
			Behaviour::Chaos => Habits {
				proper: 250,
				fork: 300,
				stale: 400,
				twofold: 400,
				vote: 950,
				hasty: 60,
				lie: 900,
				skip: 150,
				late: 250,
				cross: 100,
				whisper: 100,
			},
			Behaviour::Ambusher => Habits {
				proper: 500,
				fork: 300,
				stale: 300,
				twofold: 1_000,
				lie: 1_000,
				hasty: 60,
				cross: 900,
				whisper: 800,
				..proper
			},
		}
	}
}

impl fmt::Display for Behaviour {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(self.name())
	}
}

impl FromStr for Behaviour {
	type Err = String;

	fn from_str(name: &str) -> Result<Self, String> {
		Behaviour::ALL
			.into_iter()
			.find(|behaviour| behaviour.name() == name)
			.ok_or_else(|| format!("'{name}' is no behaviour"))
	}
}
