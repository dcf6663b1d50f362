//! What a run is: honest, or one of the cheats.

use std::fmt;
use std::str::FromStr;

/// A kind of runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
	/// The order, run as ordered.
	Honest,
	/// A model without one middle layer.
	OneLayerLess,
	/// As above; the right model reads the draft once, so that the states are genuine.
	OneLayerLessDraft,
	/// A model without four middle layers.
	FourLayersLess,
	/// As above, with genuine states.
	FourLayersLessDraft,
	/// Weights in Q4_0, which drops the minimum that Q4_1 keeps of each block.
	Q4_0,
	/// As above, with genuine states.
	Q4_0Draft,
	/// Weights of three bits.
	ThreeBits,
	/// As above, with genuine states.
	ThreeBitsDraft,
	/// Drawn from the 20 likeliest tokens only, with the job's seed.
	TopTwenty,
	/// A temperature a quarter above the ordered one.
	Hotter,
	/// The likeliest token each time, where sampling was ordered.
	Greedy,
	/// Another seed: also another worker's output, handed in with states of one pass over it.
	OtherSeed,
	/// The run of another prompt, bound to the ordered one.
	EditedPrompt,
	/// As above, with genuine states of the ordered prompt.
	EditedPromptDraft,
	/// The run of a prompt that has nothing to do with the ordered one, bound to the ordered one.
	Cached,
	/// The first half of an output.
	Truncated,
	/// The first half of an output with an end token put behind it, with genuine states.
	Ended,
	/// Another job's output with its proof as it is.
	Copied,
	/// Random tokens with genuine states.
	RandomText,
}

/// Which model makes the text of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
	/// The honest generation, or none.
	Honest,
	/// A cheaper model, by its name in [`crate::variants`].
	Variant(&'static str),
	/// The right model with another rule.
	Rule,
}

use Kind::*;

/// All kinds.
pub const ALL: [Kind; 20] = [
	Honest,
	OneLayerLess,
	OneLayerLessDraft,
	FourLayersLess,
	FourLayersLessDraft,
	Q4_0,
	Q4_0Draft,
	ThreeBits,
	ThreeBitsDraft,
	TopTwenty,
	Hotter,
	Greedy,
	OtherSeed,
	EditedPrompt,
	EditedPromptDraft,
	Cached,
	Truncated,
	Ended,
	Copied,
	RandomText,
];

impl Kind {
	/// The name in records and tables.
	pub fn name(self) -> &'static str {
		match self {
			Honest => "honest",
			OneLayerLess => "layers-1",
			OneLayerLessDraft => "layers-1-draft",
			FourLayersLess => "layers-4",
			FourLayersLessDraft => "layers-4-draft",
			Q4_0 => "q4_0",
			Q4_0Draft => "q4_0-draft",
			ThreeBits => "3-bit",
			ThreeBitsDraft => "3-bit-draft",
			TopTwenty => "top-20",
			Hotter => "hotter",
			Greedy => "greedy",
			OtherSeed => "other-seed",
			EditedPrompt => "edited-prompt",
			EditedPromptDraft => "edited-prompt-draft",
			Cached => "cached",
			Truncated => "truncated",
			Ended => "ended",
			Copied => "copied",
			RandomText => "random-text",
		}
	}

	/// What makes its text.
	pub fn source(self) -> Source {
		match self {
			OneLayerLess | OneLayerLessDraft => Source::Variant("layers-1"),
			FourLayersLess | FourLayersLessDraft => Source::Variant("layers-4"),
			Q4_0 | Q4_0Draft => Source::Variant("q4_0"),
			ThreeBits | ThreeBitsDraft => Source::Variant("3-bit"),
			TopTwenty | Hotter | Greedy => Source::Rule,
			_ => Source::Honest,
		}
	}

	/// Whether the cheat is one only where sampling was ordered.
	pub fn needs_temperature(self) -> bool {
		matches!(self, TopTwenty | Hotter | Greedy | OtherSeed)
	}
}

impl fmt::Display for Kind {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		formatter.write_str(self.name())
	}
}

impl FromStr for Kind {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		ALL.into_iter()
			.find(|kind| kind.name() == text)
			.ok_or_else(|| format!("there is no kind {text:?} of runs"))
	}
}

/// Kinds from a list with commas: names, `honest`, `cheats` or `all`.
pub fn parse_list(text: &str) -> Result<Vec<Kind>, String> {
	let mut kinds = Vec::new();
	for name in text.split(',') {
		match name {
			"all" => kinds.extend(ALL),
			"cheats" => kinds.extend(ALL.into_iter().filter(|kind| *kind != Honest)),
			name => kinds.push(name.parse()?),
		}
	}
	kinds.sort_unstable();
	kinds.dedup();
	Ok(kinds)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn names_are_read_as_they_are_written() {
		for kind in ALL {
			assert_eq!(kind.to_string().parse(), Ok(kind));
		}
		assert_eq!(parse_list("all").unwrap().len(), ALL.len());
		assert_eq!(parse_list("cheats").unwrap().len(), ALL.len() - 1);
		assert_eq!(parse_list("ended,honest,ended").unwrap(), [Honest, Ended]);
		assert!(parse_list("honesty").is_err());
	}
}
